/* Breakpoints and filters: what they match, and where a wrong one is wrong. */
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/expression.h"

static struct expression parsed(const char *text)
{
    struct expression expression;
    struct err err = {{0}};
    int column;
    if (expression_parse(text, &expression, &column, &err) < 0)
        fail_msg("%s: column %d: %s", text, column, err.text);
    return expression;
}

static bool matches(const char *text, const struct event *event, const struct change *change)
{
    struct expression expression = parsed(text);
    return expression_matches(&expression, event, change, change != NULL);
}

static void test_calls(void **state)
{
    struct event event = {.kind = EVENT_CALL_EXIT, .lane = "client", .host = "client"};
    (void)state;
    event.call.call = CALL_connect;
    event.call.result = -1;
    event.call.error_number = ECONNREFUSED;
    event.call.line = 47;
    assert_true(matches("call=connect errno=ECONNREFUSED", &event, NULL));
    assert_true(matches("client: call=connect", &event, NULL));
    assert_true(matches("client:", &event, NULL));
    assert_false(matches("server: call=connect", &event, NULL));
    assert_false(matches("call=connect errno=ETIMEDOUT", &event, NULL));
    assert_true(matches("call!=send result<0 line>46", &event, NULL));
    assert_false(matches("line>47", &event, NULL));
    assert_false(matches("flags=SYN", &event, NULL));
    assert_true(matches("kind=call-exit", &event, NULL));
    event.kind = EVENT_CALL_ENTER;
    assert_true(matches("call=connect", &event, NULL));
    assert_false(matches("call=connect result=-1", &event, NULL));
    snprintf(event.lane, sizeof event.lane, "server.2");
    assert_true(matches("server: call=connect", &event, NULL));
    assert_false(matches("serve: call=connect", &event, NULL));
}

static void test_packets(void **state)
{
    struct event event = {.kind = EVENT_PACKET_SENT, .host = "server"};
    (void)state;
    event.packet.id = 2;
    event.packet.packet = (struct packet){.protocol = PROTOCOL_TCP,
                                          .tcp.flags = TCP_SYN | TCP_ACK,
                                          .source.port = 7001,
                                          .payload_bytes = 4,
                                          .payload_offset = 2,
                                          .payload_present = 4};
    event_set_data(&event, "..GET ", 6);
    assert_true(matches("flags=SYN,ACK", &event, NULL));
    assert_false(matches("flags=SYN", &event, NULL));
    assert_false(matches("flags=ACK", &event, NULL));
    assert_true(matches("flags!=FIN", &event, NULL));
    assert_true(matches("server: packet=2 port=7001 bytes>3 protocol=tcp", &event, NULL));
    assert_true(matches("payload=\"GET \"", &event, NULL));
    assert_false(matches("payload=POST", &event, NULL));
    event.kind = EVENT_PACKET_DROPPED;
    snprintf(event.packet.fault, sizeof event.packet.fault, "drop > SYN");
    assert_false(matches("flags=SYN,ACK", &event, NULL)); /* of those that leave */
    assert_true(matches("kind=packet-dropped flags=SYN,ACK", &event, NULL));
    assert_true(matches("fault=drop", &event, NULL));
    event_release(&event);
}

static void test_changes(void **state)
{
    struct event event = {.kind = EVENT_STATE, .host = "server"};
    struct change change = {.witness = WITNESS_KERNEL,
                            .old_state = STATE_ESTABLISHED,
                            .new_state = STATE_CLOSE_WAIT,
                            .name = "server"};
    (void)state;
    assert_true(matches("server: state=CLOSE_WAIT", &event, &change));
    assert_true(matches("state=CLOSE_WAIT was=ESTABLISHED witness=kernel", &event, &change));
    assert_false(matches("client: state=CLOSE_WAIT", &event, &change));
    assert_false(matches("witness=wire state=CLOSE_WAIT", &event, &change));
    assert_false(matches("state=CLOSE_WAIT", &event, NULL));
    assert_false(matches("disagreement", &event, &change));
    change.disagreement = true;
    assert_true(matches("disagreement", &event, &change));
}

static void test_nth(void **state)
{
    struct expression expression = parsed("kind=mark nth=2");
    struct event event = {.kind = EVENT_MARK};
    int seen = 0;
    (void)state;
    assert_false(expression_hit(&expression, &seen, &event, NULL, 0));
    assert_true(expression_hit(&expression, &seen, &event, NULL, 0));
    assert_false(expression_hit(&expression, &seen, &event, NULL, 0));
}

static void test_wrong(void **state)
{
    static const struct {
        const char *text;
        int column;
        const char *what;
    } rows[] = {
        {"", 1, "nothing is written"},
        {"server: stat=LISTEN", 9, "nothing is called 'stat'"},
        {"state=LISTENING", 7, "is no state"},
        {"call=connect errno=EWHAT", 20, "is no error"},
        {"call=conect", 6, "is no call"},
        {"call<connect", 5, "is no number"},
        {"call", 5, "comes ="},
        {"call=", 6, "missing"},
        {"bytes>many", 7, "is no number"},
        {"flags=SNY", 7, "no TCP flags"},
        {"payload=\"GET", 9, "not closed"},
        {"payload=\"a\"b", 12, "blank is missing"},
        {"kind=packet", 6, "no kind"},
        {"nth=0", 5, "from 1"},
        {"=3", 1, "a name must stand"},
        {"a-name-that-is-too-long: nth=1", 1, "too long"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct expression expression;
        struct err err = {{0}};
        int column = 0;
        assert_int_equal(expression_parse(rows[i].text, &expression, &column, &err), -EINVAL);
        if (column != rows[i].column || strstr(err.text, rows[i].what) == NULL)
            fail_msg("'%s' gives column %d: %s", rows[i].text, column, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls), cmocka_unit_test(test_packets), cmocka_unit_test(test_changes),
        cmocka_unit_test(test_nth),   cmocka_unit_test(test_wrong),
    };
    return cmocka_run_group_tests_name("expression", tests, NULL, NULL);
}

/* The stepper's list: what waits, in which order, and what goes from it; and scripts: what is wrong in them.
 */
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/stepper.h"
#include "scenario/script.h"

static void tell_call(struct stepper *stepper, int kind, int pid, uint32_t call_id, const char *lane)
{
    struct event event = {.kind = (uint8_t)kind, .pid = pid};
    event.call.call = CALL_socket;
    event.call.call_id = call_id;
    snprintf(event.lane, sizeof event.lane, "%s", lane);
    stepper_seen(stepper, &event);
}

static void tell_packet(struct stepper *stepper, int kind, uint64_t id, const char *fault)
{
    struct event event = {.kind = (uint8_t)kind, .host = "client"};
    event.packet.id = id;
    event.packet.packet.protocol = PROTOCOL_TCP;
    event.packet.packet.tcp.flags = TCP_SYN;
    snprintf(event.packet.fault, sizeof event.packet.fault, "%s", fault);
    stepper_seen(stepper, &event);
}

/* "server client:SYN ..." */
static void assert_list(const struct stepper *stepper, const char *expected)
{
    const struct pending *items;
    char text[256] = "";
    size_t count = stepper_pending(stepper, &items);
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s%s%s", i != 0 ? " " : "", items[i].lane,
                 items[i].is_packet ? ":" : "", items[i].is_packet ? items[i].text : "");
    }
    assert_string_equal(text, expected);
}

static void test_what_waits(void **state)
{
    struct stepper *stepper = stepper_new(NULL, NULL, STEP_BOTH);
    const struct pending *items;
    (void)state;
    assert_null(stepper_suggested(stepper));
    tell_call(stepper, EVENT_CALL_ENTER, 10, 1, "server");
    tell_call(stepper, EVENT_CALL_ENTER, 11, 1, "client");
    tell_packet(stepper, EVENT_PACKET_SENT, 1, "");
    assert_list(stepper, "server client");
    tell_packet(stepper, EVENT_PACKET_HELD, 1, "");
    assert_list(stepper, "server client client:SYN");
    assert_string_equal(stepper_suggested(stepper)->lane, "server");
    tell_packet(stepper, EVENT_PACKET_HELD, 1, "copy 1 absorbed");
    stepper_pending(stepper, &items);
    assert_int_equal(items[2].copies, 1);
    tell_call(stepper, EVENT_CALL_EXIT, 10, 1, "server");
    assert_list(stepper, "client client:SYN");
    tell_packet(stepper, EVENT_PACKET_DROPPED, 1, "drop by hand");
    assert_list(stepper, "client");
    tell_packet(stepper, EVENT_PACKET_SENT, 2, "");
    tell_packet(stepper, EVENT_PACKET_HELD, 2, "hold > SYN"); /* by a rule: not ours */
    assert_list(stepper, "client");
    struct event end = {.kind = EVENT_PROCESS, .pid = 11};
    end.process.what = PROCESS_EXIT;
    stepper_seen(stepper, &end);
    assert_list(stepper, "");
    assert_false(stepper_rests(stepper));
    stepper_free(stepper);
}

static void test_packets_only(void **state)
{
    struct stepper *stepper = stepper_new(NULL, NULL, STEP_PACKETS);
    (void)state;
    tell_call(stepper, EVENT_CALL_ENTER, 10, 1, "server");
    tell_packet(stepper, EVENT_PACKET_SENT, 1, "");
    tell_packet(stepper, EVENT_PACKET_HELD, 1, "");
    assert_list(stepper, "client:SYN");
    stepper_free(stepper);
}

static void test_scripts(void **state)
{
    static const struct {
        const char *text, *message; /* NULL: it is right */
    } rows[] = {
        {"", NULL},
        {"# nothing\n\n  next\nnext 3\nrelease client connect # no comment here\n", "s:5:24: nothing more"},
        {"release packet 3\nrelease packet from client\nrelease client\n", NULL},
        {"drop packet 1\ndelay packet 2 200\nunreachable packet from client port\nswap packet 1", NULL},
        {"break server: state=LISTEN\nrun\nuntil call=connect\nexpect kind=packet-held\nbeat\nstop\n", NULL},
        {"fail client EINTR\ncut client\nmend client\nhold both\nwait 10\nmark here\n", NULL},
        {"nxt", "s:1:1: there is no such command (did you mean 'next'?)"},
        {"next 0", "s:1:6: here a number"},
        {"\nbreak  server: call=conect", "s:2:21: 'conect' is no call"},
        {"delay packet 2", "s:1:15: here a number is missing"},
        {"unreachable packet 2 net", "s:1:22: what is unreachable"},
        {"release", "s:1:8: here a name is missing"},
        {"release client conect", "s:1:16: there is no call"},
        {"hold", "s:1:5: hold what"},
        {"mark", "s:1:5: here a text"},
        {"drop packet x", "s:1:13: which packet"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct script *script = NULL;
        struct err err = {{0}};
        int result = script_parse("s", rows[i].text, &script, &err);
        if ((result == 0) != (rows[i].message == NULL) ||
            (rows[i].message != NULL && strncmp(err.text, rows[i].message, strlen(rows[i].message)) != 0))
            fail_msg("'%s' gives: %s", rows[i].text, err.text);
        script_free(script);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_waits),
        cmocka_unit_test(test_packets_only),
        cmocka_unit_test(test_scripts),
    };
    return cmocka_run_group_tests_name("stepper", tests, NULL, NULL);
}

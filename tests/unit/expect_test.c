#include "tests/support/cmocka_all.h"

#undef expect_check /* of cmocka: it is not used here, and ours has the name too */

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "model/model.h"
#include "scenario/expect.h"
#include "scenario/expect_align.h"
#include "tests/support/hello.h"

/* What TCP_INFO says of a stream socket that was just made; the fixture leaves it open. */
static void fill_in_new_sockets(struct event *event)
{
    if (event->kind == EVENT_CALL_EXIT && event->call.call == CALL_socket && !event->call.is_datagram &&
        event->call.tcp_state == STATE_NONE)
        event->call.tcp_state = STATE_CLOSED;
}

static void play(struct timeline *timeline, size_t (*make)(struct event **))
{
    struct event *events = NULL;
    size_t count = make(&events);
    struct model *model = model_new();
    timeline->info = hello_session();
    for (size_t i = 0; i < count; i++) {
        change_list changes = {0};
        fill_in_new_sockets(&events[i]);
        model_apply(model, &events[i], &changes);
        timeline_append(timeline, &events[i], changes.items, changes.count);
        array_release(&changes);
    }
    timeline->complete = true;
    model_free(model);
    hello_free(events, count);
}

static char *file_text(const char *path)
{
    struct buf text = {0};
    char block[4096];
    size_t count;
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while ((count = fread(block, 1, sizeof block, file)) > 0)
        buf_add(&text, block, count);
    fclose(file);
    return buf_detach(&text);
}

static void replace(char **text, const char *from, const char *to)
{
    struct buf result = {0};
    const char *at = strstr(*text, from);
    if (at == NULL)
        fail_msg("the scenario has no '%s'", from);
    buf_add(&result, *text, (size_t)(at - *text));
    buf_puts(&result, to);
    buf_puts(&result, at + strlen(from));
    free(*text);
    *text = buf_detach(&result);
}

static struct scenario *load(const char *text)
{
    struct scenario *scenario = NULL;
    struct err err = {0};
    if (scenario_load_memory("test.yaml", text, strlen(text), &scenario, &err) < 0)
        fail_msg("%s", err.text);
    return scenario;
}

static int check(const char *text, const struct timeline *timeline, struct buf *report)
{
    struct scenario *scenario = load(text);
    int differing = expect_check(scenario, timeline, report);
    scenario_free(scenario);
    return differing;
}

static void hello_is_as_its_scenario_says(void **state)
{
    (void)state;
    struct timeline timeline = {0};
    struct buf report = {0};
    char *text = file_text("demo/scenarios/tcp-hello.yaml");
    play(&timeline, hello_events);
    assert_int_equal(check(text, &timeline, &report), 0);
    assert_null(strstr(buf_text(&report), "differs"));
    assert_non_null(strstr(buf_text(&report), "holds    states of server by the kernel\n"));
    assert_non_null(strstr(buf_text(&report), "holds    cause of server recv = 5: > data 5\n"));
    buf_release(&report);
    timeline_release(&timeline);
    free(text);
}

/* The fixture sends its empty datagram last. */
static void datagrams_are_as_their_scenario_says(void **state)
{
    (void)state;
    struct timeline timeline = {0};
    struct buf report = {0};
    char *text = file_text("demo/scenarios/udp-hello.yaml");
    play(&timeline, udp_hello_events);
    assert_int_equal(check(text, &timeline, &report), 3);
    replace(&text, "recvfrom = 0, recvfrom = 3", "recvfrom = 3, recvfrom = 0");
    replace(&text, "sendto 0 = 0, sendto 3 = 3", "sendto 3 = 3, sendto 0 = 0");
    replace(&text, "    - \"> UDP 0\"\n    - \"> UDP 3\"", "    - \"> UDP 3\"\n    - \"> UDP 0\"");
    assert_int_equal(check(text, &timeline, &report), 0);
    buf_release(&report);
    timeline_release(&timeline);
    free(text);
}

/* One expectation altered; the one line of the report that must show it. */
static const struct alteration {
    const char *from, *to, *title, *line;
} alterations[] = {
    {"send 9 = 9", "send 8 = 8", "calls of server",
     "  ! send 8 = 8            send 9 = 9   <- the first difference\n"},
    {"connect = 0, ", "connect = ECONNREFUSED, ", "calls of client",
     "  ! connect = ECONNREFUSED  connect = 0   <- the first difference\n"},
    {"listen 5 = 0, ", "", "calls of server",
     "  !                       listen 5 = 0   <- the first difference\n"},
    {"recv = 9, close = 0]", "recv = 9, shutdown = 0, close = 0]", "calls of client",
     "  ! shutdown = 0             <- the first difference\n"},
    {"    - \"> data 5\"\n", "    - \"> data 6\"\n", "packets",
     "  ! > data 6              > data 5   <- the first difference\n"},
    {"    - \"< SYN,ACK\"\n", "", "packets",
     "  !                       < SYN,ACK   <- the first difference\n"},
    {"    - \"> SYN\"\n", "    - \"> SYN x\"\n    - \"> SYN\"\n", "packets",
     "  ! > SYN x                  <- the first difference\n"},
    {"\"> FIN\"\n    - \"< ACK ?\"", "\"> FIN\"\n    - \"< ACK\"", "packets",
     "  ! < ACK                    <- the first difference\n"},
    {"    - \"< data 9\"\n", "    - \"> data 9\"\n", "packets",
     "  ! > data 9              < data 9   <- the first difference\n"},
    {"FIN_WAIT_2 ?,", "FIN_WAIT_2,", "states of client by the kernel",
     "  ! FIN_WAIT_2               <- the first difference\n"},
    {"CLOSE_WAIT, LAST_ACK", "LAST_ACK", "states of server by the kernel",
     "  !                       CLOSE_WAIT   <- the first difference\n"},
    {"[LISTEN, SYN_RECEIVED", "[LISTEN, ESTABLISHED", "states of server by the kernel",
     "  ! ESTABLISHED           SYN_RECEIVED   <- the first difference\n"},
    {"{lane: server, code: 0}", "{lane: server, code: 1}", "exit code of server",
     "  ! 1                     0   <- the first difference\n"},
    {"because: client send 5", "because: client close", "cause of > data 5: client close",
     "  ! client close          client send 5 = 5   <- the first difference\n"},
    {"{what: \"> data 5\"", "{what: \"> data 7\"", "cause of > data 7: client send 5",
     "  ! > data 7              it did not happen   <- the first difference\n"},
    {"server recv = 0, because: \"> FIN\"", "server recv = 0, because: \"> data 5\"",
     "cause of server recv = 0: > data 5", "<- the first difference\n"},
};

static void each_expectation_can_fail(void **state)
{
    (void)state;
    struct timeline timeline = {0};
    play(&timeline, hello_events);
    for (size_t i = 0; i < sizeof alterations / sizeof alterations[0]; i++) {
        const struct alteration *a = &alterations[i];
        struct buf report = {0}, heading = {0};
        char *text = file_text("demo/scenarios/tcp-hello.yaml");
        replace(&text, a->from, a->to);
        assert_int_equal(check(text, &timeline, &report), 1);
        buf_printf(&heading, "differs  %s\n", a->title);
        if (strstr(buf_text(&report), buf_text(&heading)) == NULL ||
            strstr(buf_text(&report), a->line) == NULL)
            fail_msg("%s -> %s:\n%s", a->from, a->to, buf_text(&report));
        buf_release(&report);
        buf_release(&heading);
        free(text);
    }
    timeline_release(&timeline);
}

static void spoil_call(struct event *event)
{
    if (event->kind == EVENT_CALL_EXIT && event->call.call == CALL_connect) {
        event->call.result = -1;
        event->call.error_number = ECONNREFUSED;
    }
}

static void spoil_packet(struct event *event)
{
    if (event->kind == EVENT_PACKET_DELIVERED && event->packet.id == 4)
        event->kind = EVENT_PACKET_DROPPED;
}

static void spoil_exit(struct event *event)
{
    if (event->kind == EVENT_PROCESS && event->process.what == PROCESS_EXIT) {
        event->process.exit_code = -1;
        event->process.signal = 13;
    }
}

static void spoil_causes(struct event *event)
{
    if (event->kind == EVENT_CALL_EXIT && event->call.call == CALL_recv)
        event->context.cause_count = 0;
}

/* The other way round: what was seen is altered. */
static void each_fact_can_fail(void **state)
{
    (void)state;
    static const struct {
        void (*spoil)(struct event *);
        int differing;
        const char *line;
    } cases[] = {
        {spoil_call, 2, "connect = ECONNREFUSED"},
        {spoil_packet, 3, "> data 5 x   <- the first difference"},
        {spoil_exit, 2, "  ! 0                     141   <- the first difference"},
        {spoil_causes, 3, "differs  cause of client recv = 9: < data 9"},
    };
    char *text = file_text("demo/scenarios/tcp-hello.yaml");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct timeline timeline = {0};
        struct buf report = {0};
        play(&timeline, hello_events);
        array_each (struct record, record, &timeline.records)
            cases[i].spoil(&record->event);
        int differing = check(text, &timeline, &report);
        if (differing != cases[i].differing || strstr(buf_text(&report), cases[i].line) == NULL)
            fail_msg("case %zu: %d differ:\n%s", i, differing, buf_text(&report));
        buf_release(&report);
        timeline_release(&timeline);
    }
    free(text);
}

static void nothing_seen_is_all_different(void **state)
{
    (void)state;
    struct timeline timeline = {0};
    struct buf report = {0};
    char *text = file_text("demo/scenarios/tcp-hello.yaml");
    struct scenario *scenario = load(text);
    int all = scenario->expect.call_count + 1 + scenario->expect.state_count + scenario->expect.exit_count +
              scenario->expect.cause_count;
    assert_int_equal(expect_check(scenario, &timeline, &report), all);
    assert_non_null(strstr(buf_text(&report), "still running"));
    buf_release(&report);
    scenario_free(scenario);
    free(text);
}

static void lost_packets_are_marked(void **state)
{
    (void)state;
    struct timeline timeline = {0};
    struct buf report = {0};
    char *text = file_text("demo/scenarios/tcp-hello.yaml");
    replace(&text, "    - \"> SYN\"\n", "    - \"> SYN x\"\n    - \"> SYN\"\n");
    replace(&text, "    - \"> data 5\"\n", "    - ...\n    - \"> data 5 ?\"\n");
    replace(&text, "    - \"< data 9\"\n", "    - \"< data 9 ?\"\n");
    replace(&text, "    - \"> FIN\"\n", "    - \"> FIN ?\"\n");
    replace(&text, "    - \"< FIN,ACK\"\n    - \"> ACK\"\n", "    - \"< FIN,ACK ?\"\n");
    play(&timeline, syn_lost_events);
    check(text, &timeline, &report);
    assert_non_null(strstr(buf_text(&report), "holds    packets\n"));
    buf_release(&report);
    timeline_release(&timeline);
    free(text);
}

/* A blocked call, a failed one and one of another lane, by hand. */
static struct event *add(struct timeline *timeline, enum event_kind kind, const char *lane, enum call call,
                         uint32_t id)
{
    struct event event = {.kind = (uint8_t)kind, .pid = 7, .seq = timeline->records.count + 1};
    snprintf(event.lane, sizeof event.lane, "%s", lane);
    event.call.call = (uint8_t)call;
    event.call.call_id = id;
    timeline_append(timeline, &event, NULL, 0);
    return &array_last(&timeline->records)->event;
}

static void calls_are_joined_by_number(void **state)
{
    (void)state;
    struct timeline timeline = {0};
    seen_calls calls = {0};
    struct buf text = {0};
    add(&timeline, EVENT_CALL_ENTER, "a", CALL_accept, 1);
    add(&timeline, EVENT_CALL_ENTER, "a", CALL_send, 2)->call.arguments[2] = 5;
    add(&timeline, EVENT_CALL_ENTER, "b", CALL_close, 9);
    struct event *exit = add(&timeline, EVENT_CALL_EXIT, "a", CALL_send, 2);
    exit->call.result = -1;
    exit->call.error_number = EPIPE;
    seen_calls_collect(&calls, &timeline, "a");
    assert_int_equal(calls.count, 2);
    array_each (const struct seen_call, call, &calls) {
        seen_call_text(&text, call);
        buf_putc(&text, ';');
    }
    assert_string_equal(buf_text(&text), "accept = blocked;send 5 = EPIPE;");
    struct pattern pattern;
    assert_int_equal(pattern_parse_call("accept = blocked", &pattern, NULL), 0);
    assert_true(pattern_matches_call(&pattern, &calls.items[0]));
    assert_int_equal(pattern_parse_call("send 5 = -1 EPIPE", &pattern, NULL), 0);
    assert_true(pattern_matches_call(&pattern, &calls.items[1]));
    assert_int_equal(pattern_parse_event("b send", &pattern, NULL), 0);
    assert_false(pattern_matches_call(&pattern, &calls.items[1]));
    assert_int_equal(pattern_find(&pattern, &timeline, "", 1, false), -1);
    assert_int_equal(pattern_parse_event("a send", &pattern, NULL), 0);
    assert_int_equal(pattern_find(&pattern, &timeline, "", 1, false), 3);
    assert_int_equal(pattern_find(&pattern, &timeline, "", 1, true), 1);
    assert_int_equal(pattern_find(&pattern, &timeline, "", 2, true), -1);
    array_release(&calls);
    buf_release(&text);
    timeline_release(&timeline);
}

static void packet_notation_matches_what_it_says(void **state)
{
    (void)state;
    enum { S = TCP_SYN, A = TCP_ACK, F = TCP_FIN, R = TCP_RST, P = TCP_PSH };
    static const struct {
        const char *text;
        uint8_t flags;
        uint32_t payload;
        bool lost, matches;
    } cases[] = {
        {"> SYN", S, 0, false, true},          {"> SYN", S | A, 0, false, false},
        {"> SYN,ACK", S | A, 0, false, true},  {"> SYN,ACK", S, 0, false, false},
        {"> ACK", A, 0, false, true},          {"> ACK", A | P, 5, false, false},
        {"> ACK", F | A, 0, false, false},     {"> ACK", R | A, 0, false, false},
        {"> FIN", F | A, 0, false, true},      {"> FIN,ACK", F | A, 0, false, true},
        {"> FIN,ACK", F, 0, false, false},     {"> FIN", F | A, 3, false, false},
        {"> RST", R | A, 0, false, true},      {"> RST", R, 0, false, true},
        {"> RST,ACK", R, 0, false, false},     {"> data 5", A | P, 5, false, true},
        {"> data 5", A, 5, false, true},       {"> data 5", A, 6, false, false},
        {"> data", A, 6, false, true},         {"> data", A, 0, false, false},
        {"> data 5", F | A, 5, false, false},  {"> data 5,FIN", F | A, 5, false, true},
        {"> data,FIN", F | A, 9, false, true}, {"< SYN", S, 0, false, false},
        {"> SYN x", S, 0, true, true},         {"> SYN", S, 0, true, false},
        {"> SYN x", S, 0, false, false},       {">SYN", S, 0, false, true},
        {"  >  SYN  ", S, 0, false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pattern pattern;
        struct event sent = {.kind = EVENT_PACKET_SENT, .host = "client"};
        sent.packet.packet.protocol = PROTOCOL_TCP;
        sent.packet.packet.tcp.flags = cases[i].flags;
        sent.packet.packet.payload_bytes = cases[i].payload;
        assert_int_equal(pattern_parse_packet(cases[i].text, &pattern, NULL), 0);
        if (pattern_matches_packet(&pattern, &sent, cases[i].lost, "client") != cases[i].matches)
            fail_msg("%s against flags %x, %u bytes", cases[i].text, cases[i].flags, cases[i].payload);
    }
}

static void datagram_words_match_whole(void **state)
{
    (void)state;
    struct pattern pattern;
    struct event sent = {.kind = EVENT_PACKET_SENT, .host = "server"};
    sent.packet.packet.protocol = PROTOCOL_UDP;
    sent.packet.packet.payload_bytes = 12;
    assert_int_equal(pattern_parse_packet("< UDP 12", &pattern, NULL), 0);
    assert_true(pattern_matches_packet(&pattern, &sent, false, "client"));
    assert_int_equal(pattern_parse_packet("< UDP", &pattern, NULL), 0);
    assert_true(pattern_matches_packet(&pattern, &sent, false, "client"));
    assert_int_equal(pattern_parse_packet("< UDP 1", &pattern, NULL), 0);
    assert_false(pattern_matches_packet(&pattern, &sent, false, "client"));
    assert_int_equal(pattern_parse_packet("< data 12", &pattern, NULL), 0);
    assert_false(pattern_matches_packet(&pattern, &sent, false, "client"));
}

/* Lists of letters, so that the pairing can be compared with plain searching. */
static bool letter_matches(const void *context, const struct pattern *pattern, size_t seen)
{
    return pattern->number == ((const char *)context)[seen];
}

static void letter_text(struct buf *out, const void *context, size_t seen)
{
    buf_putc(out, ((const char *)context)[seen]);
}

static bool search(const struct pattern *patterns, size_t count, const char *seen)
{
    if (count == 0)
        return *seen == '\0';
    bool gap = patterns->kind == PATTERN_GAP;
    if ((gap || patterns->optional) && search(patterns + 1, count - 1, seen))
        return true;
    if (*seen == '\0' || (!gap && patterns->number != *seen))
        return false;
    return search(gap ? patterns : patterns + 1, gap ? count : count - 1, seen + 1);
}

static void pairing_agrees_with_searching(void **state)
{
    (void)state;
    unsigned seed = 4711;
    print_message("seed %u\n", seed);
    srandom(seed);
    int held = 0;
    for (int round = 0; round < 20000; round++) {
        struct pattern patterns[5];
        char letters[5][2] = {"", "", "", "", ""}, *expected[5], seen[7] = "";
        size_t count = (size_t)random() % 6, length = (size_t)random() % 6;
        for (size_t i = 0; i < count; i++) {
            letters[i][0] = (char)('a' + random() % 2);
            expected[i] = letters[i];
            patterns[i] = (struct pattern){
                .kind = random() % 5 == 0 ? PATTERN_GAP : PATTERN_CALL,
                .optional = random() % 4 == 0,
                .number = letters[i][0],
            };
        }
        for (size_t i = 0; i < length; i++)
            seen[i] = (char)('a' + random() % 2);
        struct buf report = {0};
        struct comparison comparison = {
            .title = "letters",
            .expected = expected,
            .patterns = patterns,
            .expected_count = count,
            .seen_count = length,
            .context = seen,
            .matches = letter_matches,
            .text = letter_text,
        };
        bool holds = search(patterns, count, seen);
        assert_int_equal(comparison_report(&comparison, &report), !holds);
        assert_int_equal(strstr(buf_text(&report), "<- the first difference") == NULL, holds);
        held += holds;
        buf_release(&report);
    }
    assert_in_range(held, 1000, 19000);
}

static void report_is_side_by_side(void **state)
{
    (void)state;
    static const char golden[] = "differs  letters\n"
                                 "    expected              seen\n"
                                 "    a                     a\n"
                                 "    ...                   (3)\n"
                                 "    b                     b\n"
                                 "  ! c                     d   <- the first difference\n"
                                 "    e ?\n"
                                 "  !                       f\n";
    char a[] = "a", dots[] = "...", b[] = "b", c[] = "c", e[] = "e ?";
    char *const expected[] = {a, dots, b, c, e};
    static const struct pattern patterns[] = {
        {.kind = PATTERN_CALL, .number = 'a'},
        {.kind = PATTERN_GAP},
        {.kind = PATTERN_CALL, .number = 'b'},
        {.kind = PATTERN_CALL, .number = 'c'},
        {.kind = PATTERN_CALL, .number = 'e', .optional = true},
    };
    struct buf report = {0};
    struct comparison comparison = {
        .title = "letters",
        .expected = expected,
        .patterns = patterns,
        .expected_count = 5,
        .seen_count = 7,
        .context = "axxxbdf",
        .matches = letter_matches,
        .text = letter_text,
    };
    assert_int_equal(comparison_report(&comparison, &report), 1);
    assert_string_equal(buf_text(&report), golden);
    buf_release(&report);
}

static void long_surprises_are_cut(void **state)
{
    (void)state;
    struct buf report = {0};
    char a[] = "a";
    char *const expected[] = {a};
    static const struct pattern patterns[] = {{.kind = PATTERN_CALL, .number = 'a'}};
    struct comparison comparison = {
        .title = "letters",
        .expected = expected,
        .patterns = patterns,
        .expected_count = 1,
        .seen_count = 31,
        .context = "abbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        .matches = letter_matches,
        .text = letter_text,
    };
    assert_int_equal(comparison_report(&comparison, &report), 1);
    assert_non_null(strstr(buf_text(&report), "  !                       (18 more)\n"));
    buf_release(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_is_as_its_scenario_says),
        cmocka_unit_test(datagrams_are_as_their_scenario_says),
        cmocka_unit_test(each_expectation_can_fail),
        cmocka_unit_test(each_fact_can_fail),
        cmocka_unit_test(nothing_seen_is_all_different),
        cmocka_unit_test(lost_packets_are_marked),
        cmocka_unit_test(calls_are_joined_by_number),
        cmocka_unit_test(packet_notation_matches_what_it_says),
        cmocka_unit_test(datagram_words_match_whole),
        cmocka_unit_test(pairing_agrees_with_searching),
        cmocka_unit_test(report_is_side_by_side),
        cmocka_unit_test(long_surprises_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "event/json.h"
#include "model/model.h"
#include "tests/support/hello.h"
#include "tests/support/packet_builder.h"

/* Equality of everything: facts, context, what is owned. */
static void assert_same(const struct event *a, const struct event *b)
{
    struct event plain_a, plain_b;
    memcpy(&plain_a, a, sizeof *a);
    memcpy(&plain_b, b, sizeof *b);
    plain_a.data = plain_b.data = NULL;
    plain_a.extra = plain_b.extra = NULL;
    assert_int_equal(a->data_bytes, b->data_bytes);
    if (a->data_bytes != 0)
        assert_memory_equal(a->data, b->data, a->data_bytes);
    assert_int_equal(a->extra != NULL, b->extra != NULL);
    if (a->extra != NULL)
        assert_string_equal(a->extra, b->extra);
    if (a->kind >= EVENT_PACKET_SENT && a->kind <= EVENT_PACKET_HELD) {
        assert_int_equal(a->packet.packet.damage != NULL, b->packet.packet.damage != NULL);
        if (a->packet.packet.damage != NULL)
            assert_string_equal(a->packet.packet.damage, b->packet.packet.damage);
        plain_a.packet.packet.damage = plain_b.packet.packet.damage = NULL;
    }
    assert_memory_equal(&plain_a, &plain_b, sizeof plain_a);
}

static void assert_round_trip(const struct event *event, const struct change *changes, size_t count)
{
    struct buf text = {0}, again = {0};
    struct event back;
    struct err err = {{0}};
    event_to_json(&text, event, changes, count);
    assert_null(strchr(buf_text(&text), '\n'));
    if (event_from_json(text.text, text.length, &back, &err) != 0)
        fail_msg("%s in %s", err.text, text.text);
    assert_same(event, &back);
    event_to_json(&again, &back, changes, count);
    assert_string_equal(text.text, again.text);
    event_release(&back);
    buf_release(&text);
    buf_release(&again);
}

static void check_play(size_t (*play)(struct event **))
{
    struct event *events;
    size_t count = play(&events);
    struct model *model = model_new();
    for (size_t i = 0; i < count; i++) {
        change_list changes = {0};
        assert_round_trip(&events[i], NULL, 0);
        model_apply(model, &events[i], &changes);
        assert_round_trip(&events[i], changes.items, changes.count);
        array_release(&changes);
    }
    model_free(model);
    hello_free(events, count);
}

static void real_events_round_trip(void **state)
{
    (void)state;
    check_play(hello_events);
    check_play(udp_hello_events);
    check_play(syn_lost_events);
}

/* Random events: every field of every kind, with a liking for the ends of its range. */

static uint64_t random_state;

static uint64_t random64(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 2685821657736338717ULL;
}

static uint64_t below(uint64_t limit)
{
    return (random64() >> 11) % limit;
}

/* Zero, one, all ones, the highest bit, or anything; the caller narrows it. */
static uint64_t any(void)
{
    switch (below(6)) {
    case 0: return 0;
    case 1: return 1;
    case 2: return UINT64_MAX;
    case 3: return 1ULL << 63;
    case 4: return below(1000);
    default: return random64();
    }
}

static void any_text(char *to, size_t size)
{
    static const char *const pieces[] = {"client", ".2",   "\xc3\xa9", "\xff\xfe", "\"\\",
                                         "\t",     "\x01", " ",        "\x7f"};
    struct buf text = {0};
    while (below(3) != 0)
        buf_puts(&text, pieces[below(sizeof pieces / sizeof *pieces)]);
    snprintf(to, size, "%s", buf_text(&text));
    size_t length = strlen(to);
    memset(to + length, 0, size - length);
    buf_release(&text);
}

static struct address any_address(void)
{
    struct address address = {.port = (uint16_t)any()};
    switch (below(4)) {
    case 0: return (struct address){0};
    case 1: return (struct address){.family = ADDRESS_UNIX};
    case 2:
        address.family = ADDRESS_IPV4;
        for (int i = 0; i < 4; i++)
            address.ip[i] = (uint8_t)any();
        return address;
    default:
        address.family = ADDRESS_IPV6;
        for (int i = 0; i < 16; i++)
            address.ip[i] = (uint8_t)any();
        return address;
    }
}

static void any_data(struct event *event)
{
    uint8_t bytes[40];
    size_t count = below(sizeof bytes + 1);
    bool printable = below(2) == 0;
    for (size_t i = 0; i < count; i++)
        bytes[i] = printable ? (uint8_t)('a' + below(26)) : (uint8_t)any();
    event_set_data(event, bytes, count);
}

static void any_call(struct event *event)
{
    struct event_call *call = &event->call;
    call->call = (uint8_t)below(CALL_COUNT);
    call->tcp_state = (uint8_t)below(STATE_COUNT);
    call->is_datagram = below(2) != 0;
    call->call_id = (uint32_t)any();
    call->fd = (int32_t)any();
    call->error_number = (int32_t)any();
    call->result = (int64_t)any();
    call->duration_ns = (int64_t)any();
    call->cookie = any();
    call->new_cookie = any();
    for (int i = 0; i < CALL_ARGUMENTS_MAX; i++) {
        char type = 'b';
        if (call_argument((enum call)call->call, i, &type) != NULL && strchr("abps", type) == NULL)
            call->arguments[i] = (int64_t)any();
    }
    call->payload_bytes = (uint32_t)any();
    call->address = any_address();
    call->local = any_address();
    call->remote = any_address();
    any_text(call->path, sizeof call->path);
    any_text(call->set, sizeof call->set);
    any_text(call->file, sizeof call->file);
    call->line = (int32_t)any();
    call->has_payload = below(2) != 0;
    any_data(event);
}

static void any_tcp(struct packet_tcp *tcp)
{
    tcp->sequence = (uint32_t)any();
    tcp->acknowledgment = (uint32_t)any();
    tcp->window = (uint16_t)any();
    tcp->urgent = (uint16_t)any();
    tcp->flags = (uint8_t)any();
    tcp->option_mss = (uint16_t)any();
    tcp->option_window_shift = (int8_t)any();
    tcp->option_sack_permitted = below(2) != 0;
    tcp->option_timestamps = below(2) != 0;
    tcp->timestamp_value = (uint32_t)any();
    tcp->timestamp_echo = (uint32_t)any();
    tcp->sack_count = (uint8_t)below(5);
    for (int i = 0; i < tcp->sack_count; i++) {
        tcp->sack_left[i] = (uint32_t)any();
        tcp->sack_right[i] = (uint32_t)any();
    }
}

static void any_icmp(struct packet_icmp *icmp)
{
    icmp->type = (uint8_t)any();
    icmp->code = (uint8_t)any();
    icmp->rest = (uint32_t)any();
    icmp->quoted_protocol = (uint8_t)any();
    icmp->quoted_source = any_address();
    icmp->quoted_destination = any_address();
    icmp->quoted_sequence = (uint32_t)any();
}

static void any_packet(struct event *event)
{
    static const char *const damages[] = {NULL, "a header is cut short",
                                          "an option is longer than its header"};
    struct packet *packet = &event->packet.packet;
    event->packet.id = any();
    event->packet.link = (uint32_t)any();
    event->packet.delay_ns = (int64_t)any();
    any_text(event->packet.to, sizeof event->packet.to);
    any_text(event->packet.fault, sizeof event->packet.fault);
    packet->source = any_address();
    packet->destination = any_address();
    packet->ip_id = (uint16_t)any();
    packet->fragment_offset = (uint16_t)any();
    packet->more_fragments = below(2) != 0;
    packet->hop_limit = (uint8_t)any();
    packet->protocol = below(2) != 0 ? (uint8_t)PROTOCOL_TCP : (uint8_t)any();
    packet->wire_bytes = (uint32_t)any();
    packet->payload_bytes = (uint32_t)any();
    packet->payload_offset = (uint32_t)any();
    packet->payload_present = (uint32_t)any();
    any_tcp(&packet->tcp);
    any_icmp(&packet->icmp);
    packet->checksum_bad = below(2) != 0;
    packet->checksum_judged = below(2) != 0;
    packet->damage = damages[below(3)];
    any_data(event);
}

static void any_state(struct event *event)
{
    struct event_state *state = &event->state;
    state->state = (uint8_t)below(STATE_COUNT);
    state->protocol = (uint8_t)any();
    state->timer = (uint8_t)any();
    state->retransmits = (uint8_t)any();
    state->timer_ms = (uint32_t)any();
    state->receive_queue = (uint32_t)any();
    state->send_queue = (uint32_t)any();
    state->inode = (uint32_t)any();
    state->cookie = any();
    state->after_packet = any();
    state->after_delivery = below(2) != 0;
    state->local = any_address();
    state->remote = any_address();
}

static void any_process(struct event *event)
{
    event->process.what = (uint8_t)below(PROCESS_EXIT + 1);
    event->process.parent = (int32_t)any();
    event->process.exit_code = (int32_t)any();
    event->process.signal = (int32_t)any();
    any_text(event->process.program, sizeof event->process.program);
}

static void any_note(struct event *event)
{
    event->note.stream = (uint8_t)any();
    event->note.count = (int32_t)any();
    any_data(event);
}

static void any_gap(struct event *event)
{
    event->gap.lost = any();
    any_text(event->gap.reason, sizeof event->gap.reason);
    any_data(event);
}

static void any_side(struct endpoint_note *side)
{
    any_text(side->name, sizeof side->name);
    side->state = (uint8_t)below(STATE_COUNT);
    side->witness = (uint8_t)below(WITNESS_COUNT);
    side->blocked = (uint8_t)below(CALL_COUNT + 1);
    side->half_open = (uint16_t)any();
}

static void any_context(struct event_context *context)
{
    context->beat = (uint32_t)any();
    context->endpoint = (uint32_t)any();
    context->peer = (uint32_t)any();
    context->flow = (uint32_t)any();
    context->cause_count = (uint8_t)below(CAUSES_MAX + 1);
    for (int i = 0; i < context->cause_count; i++)
        context->causes[i] =
            (struct cause){.seq = any(), .rule = (uint8_t)below(RULE_COUNT), .guessed = below(2) != 0};
    context->has_relative = below(2) != 0;
    if (context->has_relative) {
        context->sequence = (uint32_t)any();
        context->acknowledgment = (uint32_t)any();
        context->window = (uint32_t)any();
    }
    context->copy = (uint32_t)any();
    any_side(&context->sides[0]);
    any_side(&context->sides[1]);
    context->cause_line = (uint32_t)any();
    context->cause_call = (uint8_t)below(CALL_COUNT + 1);
    any_text(context->cause_lane, sizeof context->cause_lane);
    any_text(context->cause_file, sizeof context->cause_file);
}

static void any_event(struct event *event)
{
    static void (*const fill[])(struct event * event) = {
#define EVENT(name, text, member, what) any_##member,
#include "event/event.def"
#undef EVENT
    };
    memset(event, 0, sizeof *event);
    event->kind = (uint8_t)below(EVENT_KIND_COUNT);
    event->seq = any();
    event->time_ns = (int64_t)any();
    event->order_ns = (int64_t)any();
    event->pid = (int32_t)any();
    event->tid = (int32_t)any();
    any_text(event->host, sizeof event->host);
    any_text(event->lane, sizeof event->lane);
    fill[event->kind](event);
    any_context(&event->context);
    if (below(4) == 0)
        event->extra = xstrdup("{\"colour\":\"blue\",\"later\":[1,{\"x\":null}]}");
}

static void random_events_round_trip(void **state)
{
    (void)state;
    const char *wish = getenv("SOCKSTEP_SEED");
    unsigned long long seed = wish != NULL ? strtoull(wish, NULL, 0) : 1;
    print_message("seed %llu\n", seed);
    random_state = seed * 0x9e3779b97f4a7c15ULL + 1;
    for (int i = 0; i < 4000; i++) {
        struct event event;
        any_event(&event);
        assert_round_trip(&event, NULL, 0);
        event_release(&event);
    }
}

static struct event read_ok(const char *text)
{
    struct event event;
    struct err err = {{0}};
    if (event_from_json(text, strlen(text), &event, &err) != 0)
        fail_msg("%s: %s", text, err.text);
    return event;
}

static void unknown_members_are_kept(void **state)
{
    (void)state;
    struct event event = read_ok(
        "{\"seq\":3,\"t\":5,\"kind\":\"gap\",\"lost\":2,\"weather\":{\"rain\":1.5},\"text\":\"old\"}");
    assert_string_equal(event.extra, "{\"weather\":{\"rain\":1.5}}");
    assert_int_equal(event.gap.lost, 2);
    struct buf text = {0};
    event_to_json(&text, &event, NULL, 0);
    assert_non_null(strstr(buf_text(&text), "\"weather\":{\"rain\":1.5}"));
    assert_null(strstr(buf_text(&text), "\"old\""));
    buf_release(&text);
    event_release(&event);
}

static void unknown_arguments_are_kept(void **state)
{
    (void)state;
    struct event event = read_ok(
        "{\"kind\":\"call-enter\",\"call\":\"listen\",\"arguments\":{\"fd\":3,\"backlog\":5,\"x\":1}}");
    assert_int_equal(event.call.arguments[0], 3);
    assert_int_equal(event.call.arguments[1], 5);
    assert_int_equal(event.call.fd, -1);
    assert_string_equal(event.extra, "{\"arguments\":{\"x\":1}}");
    event_release(&event);
}

static void readable_forms(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_CALL_ENTER, .seq = UINT64_MAX, .time_ns = 5, .order_ns = 5};
    event.call = (struct event_call){.call = CALL_connect, .fd = 3, .cookie = 0x1f, .arguments = {3}};
    event.call.address = address_make("192.0.2.2", 7001);
    struct buf text = {0};
    event_to_json(&text, &event, NULL, 0);
    assert_string_equal(
        buf_text(&text),
        "{\"seq\":\"18446744073709551615\",\"t\":5,\"kind\":\"call-enter\",\"text\":\"process 0 calls "
        "connect(3, 192.0.2.2:7001).\",\"call\":\"connect\",\"fd\":3,\"cookie\":\"0x1f\",\"call_text\":"
        "\"connect(3, 192.0.2.2:7001)\",\"arguments\":{\"fd\":3,\"address\":\"192.0.2.2:7001\"}}");
    buf_release(&text);
}

static void broken_lines_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"", "column 0: '[' or '{' expected near end of file"},
        {"[1]", "not a JSON object"},
        {"{\"seq\":1}", "kind: missing"},
        {"{\"kind\":\"dance\"}", "kind: \"dance\" is not known"},
        {"{\"kind\":\"gap\",\"seq\":-1}", "seq: not a number of 64 bits"},
        {"{\"kind\":\"gap\",\"seq\":\"-1\"}", "seq: not a number of 64 bits"},
        {"{\"kind\":\"gap\",\"seq\":\"18446744073709551616\"}", "seq: not a number of 64 bits"},
        {"{\"kind\":\"gap\",\"pid\":2147483648}", "pid: not a number of 32 bits with a sign"},
        {"{\"kind\":\"gap\",\"lane\":\"0123456789abcdef\"}", "lane: not text of at most 15 bytes"},
        {"{\"kind\":\"gap\",\"lane_hex\":\"610062\"}", "lane: not text of at most 15 bytes"},
        {"{\"kind\":\"gap\",\"lane_hex\":\"6\"}", "lane_hex: not hexadecimal"},
        {"{\"kind\":\"gap\",\"lane\":7}", "lane: not a string"},
        {"{\"kind\":\"gap\",\"data_hex\":\"zz\"}", "data_hex: not hexadecimal"},
        {"{\"kind\":\"call-enter\"}", "call: missing"},
        {"{\"kind\":\"call-enter\",\"call\":\"dance\"}", "call: not a call"},
        {"{\"kind\":\"call-enter\",\"call\":\"bind\",\"arguments\":[]}", "arguments: not an object"},
        {"{\"kind\":\"call-exit\",\"call\":\"bind\",\"errno\":\"EWHAT\"}", "errno: not the name of an error"},
        {"{\"kind\":\"packet-sent\",\"source\":\"192.0.2\"}",
         "source: not an address such as \"192.0.2.1:42002\""},
        {"{\"kind\":\"packet-sent\",\"flags\":\"SYN,FOO\"}", "flags: not TCP flags"},
        {"{\"kind\":\"packet-sent\",\"sack_raw\":[[1,2],[3]]}", "sack_raw: not a list of at most 4 pairs"},
        {"{\"kind\":\"packet-sent\",\"option_window_shift\":200}", "option_window_shift: not a small number"},
        {"{\"kind\":\"state\",\"state\":\"ASLEEP\"}", "state: not a state"},
        {"{\"kind\":\"gap\",\"causes\":[1]}", "causes: number 1 is not an object"},
        {"{\"kind\":\"gap\",\"causes\":[{},{},{},{},{},{},{}]}", "causes: not a list of at most 6"},
        {"{\"kind\":\"gap\",\"sides\":[{},{},{}]}", "sides: not a list of at most 2"},
        {"{\"kind\":\"gap\",\"kind\":\"gap\"}", "column 20: duplicate object key near '\"kind\"'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct event event;
        memset(&event, 0x55, sizeof event);
        struct event before = event;
        struct err err = {{0}};
        assert_int_equal(event_from_json(rows[i].text, strlen(rows[i].text), &event, &err), -EINVAL);
        assert_string_equal(err.text, rows[i].error);
        assert_memory_equal(&event, &before, sizeof event);
    }
}

static void sessions_round_trip(void **state)
{
    (void)state;
    struct session_info info = hello_session(), back = {0};
    struct err err;
    struct buf text = {0};
    strcpy(info.sysctls, "net.ipv4.tcp_early_retrans=0");
    strcpy(info.note, "textbook timers");
    session_to_json(&text, &info);
    assert_int_equal(
        strncmp(buf_text(&text), "{\"format\":\"sockstep\",\"version\":1,\"kernel\":\"6.1.0\"", 46), 0);
    assert_int_equal(session_from_json(text.text, text.length, &back, &err), 0);
    assert_string_equal(back.scenario, info.scenario);
    assert_string_equal(back.title, info.title);
    assert_string_equal(back.sysctls, info.sysctls);
    assert_string_equal(back.note, info.note);
    assert_int_equal(back.delay_ns, info.delay_ns);
    assert_int_equal(back.start_ns, info.start_ns);
    assert_int_equal(back.host_count, 2);
    assert_string_equal(back.hosts[1], "server");
    assert_true(address_equal(&back.addresses[1], &info.addresses[1]));
    assert_true(back.live);
    assert_int_equal(back.link, LINK_ETHERNET);
    buf_release(&text);
}

static void other_sessions_are_refused(void **state)
{
    (void)state;
    struct session_info info = {.host_count = 77};
    struct err err;
    const char *newer = "{\"format\":\"sockstep\",\"version\":2}";
    const char *other = "{\"format\":\"other\",\"version\":1}";
    const char *crowd = "{\"format\":\"sockstep\",\"version\":1,\"hosts\":[{},{},{},{},{},{},{},{},{}]}";
    assert_int_equal(session_from_json(newer, strlen(newer), &info, &err), -ENOTSUP);
    assert_int_equal(session_from_json(other, strlen(other), &info, &err), -EINVAL);
    assert_int_equal(session_from_json(crowd, strlen(crowd), &info, &err), -EINVAL);
    assert_string_equal(err.text, "hosts: more than 8");
    assert_int_equal(session_from_json("{}", 2, &info, &err), -EINVAL);
    assert_int_equal(info.host_count, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_events_round_trip),   cmocka_unit_test(random_events_round_trip),
        cmocka_unit_test(unknown_members_are_kept), cmocka_unit_test(unknown_arguments_are_kept),
        cmocka_unit_test(readable_forms),           cmocka_unit_test(broken_lines_are_refused),
        cmocka_unit_test(sessions_round_trip),      cmocka_unit_test(other_sessions_are_refused),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}

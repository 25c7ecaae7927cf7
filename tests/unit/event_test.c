#include "tests/support/cmocka_all.h"

#include <string.h>

#include "base/xalloc.h"
#include "event/event.h"
#include "tests/support/hello.h"
#include "tests/support/packet_builder.h"

static void data_is_copied(void **state)
{
    (void)state;
    char text[] = "hello";
    struct event event = {.kind = EVENT_MARK};
    event_set_data(&event, text, 5);
    text[0] = 'j';
    assert_int_equal(event.data_bytes, 5);
    assert_memory_equal(event.data, "hello", 5);
    event_set_data(&event, event.data + 1, 3); /* a part of itself */
    assert_memory_equal(event.data, "ell", 3);
    event_set_data(&event, NULL, 0);
    assert_null(event.data);
    assert_int_equal(event.data_bytes, 0);
    event_release(&event);
}

static void copies_are_deep(void **state)
{
    (void)state;
    struct event event = {.seq = 7, .kind = EVENT_GAP}, copy;
    event_set_data(&event, "abc", 3);
    event.extra = xstrdup("{\"x\":1}");
    event.gap.lost = 3;
    memset(&copy, 0xff, sizeof copy);
    event_copy(&copy, &event);
    event_release(&event);
    assert_int_equal(event.seq, 0);
    assert_null(event.extra);
    assert_int_equal(copy.seq, 7);
    assert_int_equal(copy.gap.lost, 3);
    assert_memory_equal(copy.data, "abc", 3);
    assert_string_equal(copy.extra, "{\"x\":1}");
    event_release(&copy);
}

typedef size_t events_of(struct event **ret_events);

/* The plays that other tests build on: packets decode, checksums are right, time does not run backwards. */
static void check_play(events_of *play)
{
    struct event *events;
    size_t count = play(&events);
    assert_true(count > 20);
    for (size_t i = 0; i < count; i++) {
        const struct event *event = &events[i];
        assert_int_equal(event->seq, 0);
        assert_true(event->time_ns >= event->order_ns);
        assert_true(i == 0 || event->order_ns >= events[i - 1].order_ns);
        if (event->kind != EVENT_PACKET_SENT)
            continue;
        struct packet packet;
        assert_int_equal(
            packet_decode(LINK_ETHERNET, event->data, event->data_bytes, event->data_bytes, &packet), 0);
        assert_true(packet.checksum_judged);
        assert_false(packet.checksum_bad);
    }
    hello_free(events, count);
}

static void plays_make_sense(void **state)
{
    (void)state;
    check_play(hello_events);
    check_play(udp_hello_events);
    check_play(syn_lost_events);
}

static void built_packets_decode(void **state)
{
    (void)state;
    struct packet_plan plan = {
        .source = address_make("2001:db8::1", 1000),
        .destination = address_make("2001:db8::2", 2000),
        .protocol = PROTOCOL_UDP,
        .payload = "abc",
        .payload_bytes = 3,
    };
    struct frame frame;
    struct packet packet;
    packet_build(&frame, &plan);
    assert_int_equal(packet_decode(LINK_ETHERNET, frame.bytes, frame.count, frame.count, &packet), 0);
    assert_true(packet.checksum_judged && !packet.checksum_bad);
    assert_int_equal(packet.payload_bytes, 3);
    assert_int_equal(packet.payload_offset, frame.payload_offset);
    assert_true(address_equal(&packet.source, &plan.source));
    plan.spoil_checksum = true;
    packet_build(&frame, &plan);
    assert_int_equal(packet_decode(LINK_ETHERNET, frame.bytes, frame.count, frame.count, &packet), 0);
    assert_true(packet.checksum_bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_is_copied),
        cmocka_unit_test(copies_are_deep),
        cmocka_unit_test(plays_make_sense),
        cmocka_unit_test(built_packets_decode),
    };
    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}

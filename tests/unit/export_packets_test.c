/* Captures at one place: who sees what, when, in which order; read back by our own reader. */
#include "tests/support/cmocka_all.h"

#include <string.h>

#include "base/buf.h"
#include "tests/support/hello.h"
#include "tests/support/plays.h"
#include "trace/trace.h"

static void feed(struct sink *sink, const struct timeline *timeline)
{
    struct err err = {0};
    assert_int_equal(sink->ops->begin(sink, &timeline->info, &err), 0);
    array_each (const struct record, record, &timeline->records)
        assert_int_equal(sink->ops->event(sink, &record->event, timeline_changes(timeline, record),
                                          record->change_count, &err),
                         0);
    assert_int_equal(sink->ops->end(sink, &err), 0);
    sink->ops->free(sink);
}

struct seen {
    size_t count, by_flags[256];
    int64_t times[64];
    bool ordered;
};

static void note(void *context, struct event *event)
{
    struct seen *seen = context;
    assert_int_equal(event->kind, EVENT_PACKET_SENT);
    assert_true(seen->count < 64);
    seen->by_flags[event->packet.packet.tcp.flags]++;
    seen->ordered = seen->count == 0 || (seen->ordered && event->time_ns >= seen->times[seen->count - 1]);
    seen->times[seen->count++] = event->time_ns;
    event_release(event);
}

static struct seen read_back(const struct buf *file)
{
    struct seen seen = {0};
    struct session_info info;
    struct err warning, err = {0};
    struct source *source =
        trace_reader_from_memory((const uint8_t *)file->text, file->length, &info, &warning, &err);
    if (source == NULL)
        fail_msg("%s", err.text);
    while (source->ops->drain(source, note, &seen, &err) > 0)
        ;
    source->ops->free(source);
    return seen;
}

static struct seen capture_at(const struct timeline *timeline, enum capture_format format, const char *host)
{
    struct buf file = {0};
    feed(capture_writer_to_memory(&file, format, host), timeline);
    struct seen seen = read_back(&file);
    buf_release(&file);
    assert_true(seen.count == 0 || seen.ordered);
    return seen;
}

/* The first SYN is lost: its sender and the wire saw it, its receiver did not. The last ACK was still on its
 * way. */
static void a_lost_packet_is_absent_at_its_receiver(void **state)
{
    (void)state;
    struct timeline timeline = play_timeline(syn_lost_events, "syn-lost");
    for (int format = CAPTURE_FORMAT_PCAPNG; format <= CAPTURE_FORMAT_PCAP; format++) {
        struct seen client = capture_at(&timeline, (enum capture_format)format, "client");
        struct seen server = capture_at(&timeline, (enum capture_format)format, "server");
        struct seen wire = capture_at(&timeline, (enum capture_format)format, NULL);
        assert_int_equal(client.by_flags[TCP_SYN], 2);
        assert_int_equal(server.by_flags[TCP_SYN], 1);
        assert_int_equal(wire.by_flags[TCP_SYN], 2);
        assert_int_equal(client.by_flags[TCP_ACK], 1);
        assert_int_equal(server.by_flags[TCP_ACK], 0);
        assert_int_equal(wire.count, 4);
    }
    timeline_release(&timeline);
}

/* One way takes 50 ms: what the client sent the server saw so much later, and the other way round. */
static void times_are_those_of_the_place(void **state)
{
    (void)state;
    struct timeline timeline = play_timeline(hello_events, "tcp-hello");
    struct seen client = capture_at(&timeline, CAPTURE_FORMAT_PCAPNG, "client");
    struct seen server = capture_at(&timeline, CAPTURE_FORMAT_PCAPNG, "server");
    assert_int_equal(client.count, server.count);
    assert_int_equal(server.times[0] - client.times[0], 50000000);
    assert_true(client.times[1] - server.times[1] >= 49000000);
    timeline_release(&timeline);
}

static void packets_of_two_links(void **state)
{
    (void)state;
    struct timeline timeline = capture_timeline();
    struct buf file = {0};
    struct err err = {0};
    array_last(&timeline.records)->event.packet.link = LINK_RAW;
    assert_int_equal(capture_at(&timeline, CAPTURE_FORMAT_PCAPNG, NULL).count, timeline.records.count);
    struct sink *sink = capture_writer_to_memory(&file, CAPTURE_FORMAT_PCAP, NULL);
    sink->ops->begin(sink, &timeline.info, &err);
    array_each (const struct record, record, &timeline.records)
        sink->ops->event(sink, &record->event, NULL, 0, &err);
    assert_int_not_equal(sink->ops->end(sink, &err), 0);
    assert_non_null(strstr(err.text, "link types"));
    sink->ops->free(sink);
    buf_release(&file);
    timeline_release(&timeline);
}

static void nothing_is_a_capture_too(void **state)
{
    (void)state;
    struct timeline timeline = {.info = {.link = LINK_ETHERNET}};
    assert_int_equal(capture_at(&timeline, CAPTURE_FORMAT_PCAP, NULL).count, 0);
    assert_int_equal(capture_at(&timeline, CAPTURE_FORMAT_PCAPNG, NULL).count, 0);
}

static void count_events(void *context, struct event *event)
{
    ++*(size_t *)context;
    event_release(event);
}

/* The trace in memory is the trace: read back, every event is there. */
static void the_whole_trace_in_memory(void **state)
{
    (void)state;
    struct timeline timeline = play_timeline(hello_events, "tcp-hello");
    struct buf file = {0};
    struct session_info info;
    struct err warning = {0}, err = {0};
    size_t count = 0;
    feed(trace_writer_to_memory(&file), &timeline);
    struct source *source =
        trace_reader_from_memory((const uint8_t *)file.text, file.length, &info, &warning, &err);
    assert_non_null(source);
    while (source->ops->drain(source, count_events, &count, &err) > 0)
        ;
    source->ops->free(source);
    assert_int_equal(count, timeline.records.count);
    assert_string_equal(info.scenario, "tcp-hello");
    assert_string_equal(warning.text, "");
    buf_release(&file);
    timeline_release(&timeline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_packet_is_absent_at_its_receiver),
        cmocka_unit_test(times_are_those_of_the_place),
        cmocka_unit_test(packets_of_two_links),
        cmocka_unit_test(nothing_is_a_capture_too),
        cmocka_unit_test(the_whole_trace_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

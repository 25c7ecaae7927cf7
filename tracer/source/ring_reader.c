#include "source/ring_reader.h"

#include <string.h>

#include "base/clock.h"

static int64_t now_ns(void)
{
    struct clock clock = clock_real();

    return clock_now_ns(&clock);
}

static void hand_on(struct ring_reader *reader, struct event *event, source_emit *emit, void *context)
{
    if (reader->complete != NULL)
        reader->complete(reader->context, event);
    emit(context, event);
}

static void tell_gap(struct ring_reader *reader, uint64_t lost, const char *reason, source_emit *emit,
                     void *context)
{
    struct event event = {.kind = EVENT_GAP, .time_ns = now_ns()};

    event.order_ns = event.time_ns;
    event.gap.lost = lost;
    copy_text(event.gap.reason, sizeof event.gap.reason, reason, strlen(reason));
    hand_on(reader, &event, emit, context);
}

static void tell_lost(struct ring_reader *reader, source_emit *emit, void *context)
{
    uint64_t lost = atomic_load(&reader->ring.header->lost);

    if (lost > reader->lost)
        tell_gap(reader, lost - reader->lost, "the ring was full", emit, context);
    reader->lost = lost;
}

static void tell_broken(struct ring_reader *reader, source_emit *emit, void *context)
{
    reader->broken = true;
    atomic_store(&reader->ring.header->reader_gone, 1);
    tell_gap(reader, 0, "the ring of this program makes no sense", emit, context);
}

void ring_reader_drain(struct ring_reader *reader, source_emit *emit, void *context)
{
    uint32_t budget = reader->ring.bytes;
    struct ring_view view;
    int got = 0;

    while (!reader->broken && budget > 0 && (got = ring_next(&reader->ring, &view)) > 0) {
        uint32_t cost = view.bytes + (uint32_t)sizeof(struct ring_record);
        struct event event;

        if (event_from_record(view.kind, view.body, view.bytes, reader->hosts, reader->host_count, &event) ==
            0)
            hand_on(reader, &event, emit, context);
        else
            tell_gap(reader, 1, "a record made no sense", emit, context);
        ring_consume(&reader->ring);
        budget -= cost < budget ? cost : budget;
    }
    if (got < 0)
        tell_broken(reader, emit, context);
    if (!reader->broken)
        tell_lost(reader, emit, context);
}

void ring_reader_finish(struct ring_reader *reader, source_emit *emit, void *context)
{
    ring_reader_drain(reader, emit, context);
    while (!reader->broken && ring_skip_unfinished(&reader->ring)) {
        tell_gap(reader, 1, "the program ended in the middle of an event", emit, context);
        ring_reader_drain(reader, emit, context);
    }
}

bool ring_reader_arm(struct ring_reader *reader)
{
    struct ring_view view;

    if (reader->broken)
        return false;
    atomic_store(&reader->ring.header->reader_sleeps, 1);
    return ring_next(&reader->ring, &view) != 0;
}

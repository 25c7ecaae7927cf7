#include "timeline/timeline.h"

#include <string.h>

void timeline_release(struct timeline *timeline)
{
    array_each (struct record, record, &timeline->records)
        event_release(&record->event);
    array_release(&timeline->records);
    array_release(&timeline->changes);
    array_release(&timeline->beats);
    memset(timeline, 0, sizeof *timeline);
}

void timeline_append(struct timeline *timeline, struct event *event, const struct change *changes,
                     size_t count)
{
    uint32_t first = (uint32_t)timeline->changes.count;
    for (size_t i = 0; i < count; i++)
        *array_push(&timeline->changes) = changes[i];

    while (timeline->beats.count < event->context.beat)
        *array_push(&timeline->beats) = (uint32_t)timeline->records.count;

    struct record *record = array_push(&timeline->records);
    *record = (struct record){.event = *event, .first_change = first, .change_count = (uint32_t)count};
    memset(event, 0, sizeof *event);
}

const struct change *timeline_changes(const struct timeline *timeline, const struct record *record)
{
    return record->change_count != 0 ? &timeline->changes.items[record->first_change] : NULL;
}

/* In a whole record seqs have no holes; in a part of one they still ascend. */
const struct record *timeline_find(const struct timeline *timeline, uint64_t seq)
{
    size_t low = 0, high = timeline->records.count;
    const struct record *records = timeline->records.items;
    if (high == 0 || seq < records[0].event.seq)
        return NULL;
    if (seq - records[0].event.seq < high && records[seq - records[0].event.seq].event.seq == seq)
        return &records[seq - records[0].event.seq];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (records[middle].event.seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low < timeline->records.count && records[low].event.seq == seq ? &records[low] : NULL;
}

uint32_t timeline_beat_count(const struct timeline *timeline)
{
    return (uint32_t)timeline->beats.count;
}

void timeline_beat_range(const struct timeline *timeline, uint32_t beat, size_t *ret_first, size_t *ret_end)
{
    *ret_first = *ret_end = 0;
    if (beat == 0 || beat > timeline->beats.count)
        return;
    *ret_first = timeline->beats.items[beat - 1];
    *ret_end = beat < timeline->beats.count ? timeline->beats.items[beat] : timeline->records.count;
}

double timeline_seconds(const struct timeline *timeline, const struct event *event)
{
    return (double)(event->time_ns - timeline->info.start_ns) / 1e9;
}

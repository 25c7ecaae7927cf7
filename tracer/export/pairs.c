#include "export/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "export/ladder_lane.h"
#include "export/ladder_sides.h"

struct key {
    bool is_packet;
    int32_t pid;
    uint64_t id;
    uint32_t index;
};

static bool is_call(const struct event *event)
{
    return event->kind == EVENT_CALL_ENTER || event->kind == EVENT_CALL_EXIT;
}

static int key_compare(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    if (x->is_packet != y->is_packet)
        return x->is_packet ? 1 : -1;
    if (x->pid != y->pid)
        return x->pid < y->pid ? -1 : 1;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static bool same_thing(const struct key *a, const struct key *b)
{
    return a->is_packet == b->is_packet && a->pid == b->pid && a->id == b->id;
}

static size_t collect(const struct timeline *timeline, struct key *keys)
{
    size_t count = 0;
    for (uint32_t i = 0; i < timeline->records.count; i++) {
        const struct event *event = &timeline->records.items[i].event;
        if (is_call(event))
            keys[count++] = (struct key){false, event->pid, event->call.call_id, i};
        else if (ladder_is_packet(event))
            keys[count++] = (struct key){true, 0, event->packet.id, i};
    }
    return count;
}

static void join_calls(struct pair *items, const struct timeline *timeline, const struct key *keys,
                       size_t count)
{
    for (size_t i = 0; i + 1 < count; i++) {
        uint32_t enter = keys[i].index, exit = keys[i + 1].index;
        if (timeline->records.items[enter].event.kind == EVENT_CALL_ENTER &&
            timeline->records.items[exit].event.kind == EVENT_CALL_EXIT) {
            items[enter].other = exit;
            items[exit].other = enter;
        }
    }
}

static void join_packets(struct pair *items, const struct timeline *timeline, const struct key *keys,
                         size_t count)
{
    uint32_t sent = PAIR_NONE;
    for (size_t i = 0; i < count; i++) {
        uint32_t index = keys[i].index;
        const struct event *event = &timeline->records.items[index].event;
        if (event->kind == EVENT_PACKET_SENT)
            sent = index;
        if (event->kind == EVENT_PACKET_SENT || sent == PAIR_NONE)
            continue;
        items[index].other = sent;
        items[sent].held = items[sent].held || event->kind == EVENT_PACKET_HELD;
        items[sent].dropped = items[sent].dropped || event->kind == EVENT_PACKET_DROPPED;
        if (event->kind == EVENT_PACKET_DELIVERED && items[sent].arrivals++ == 0)
            items[sent].other = index;
    }
}

static bool is_quick(const struct timeline *timeline, uint32_t enter, uint32_t exit)
{
    const struct record *records = timeline->records.items;
    if (records[exit].event.call.duration_ns >= QUICK_CALL_NS)
        return false;
    for (uint32_t i = enter + 1; i < exit; i++)
        if (records[i].event.kind == EVENT_PACKET_DELIVERED &&
            strcmp(records[i].event.host, records[enter].event.host) == 0)
            return false;
    return true;
}

static void find_quick(struct pair *items, const struct timeline *timeline)
{
    for (uint32_t i = 0; i < timeline->records.count; i++) {
        if (timeline->records.items[i].event.kind != EVENT_CALL_ENTER || items[i].other == PAIR_NONE)
            continue;
        items[i].quick = is_quick(timeline, i, items[i].other);
        items[items[i].other].quick = items[i].quick;
    }
}

void pairs_init(struct pairs *pairs, const struct timeline *timeline)
{
    size_t count = timeline->records.count, used, end;
    struct key *keys = xcalloc(count + 1, sizeof *keys);
    *pairs = (struct pairs){.items = xcalloc(count + 1, sizeof *pairs->items)};
    for (size_t i = 0; i < count; i++)
        pairs->items[i].other = PAIR_NONE;
    used = collect(timeline, keys);
    qsort(keys, used, sizeof *keys, key_compare);
    for (size_t first = 0; first < used; first = end) {
        for (end = first + 1; end < used && same_thing(&keys[first], &keys[end]);)
            end++;
        (keys[first].is_packet ? join_packets : join_calls)(pairs->items, timeline, keys + first,
                                                            end - first);
    }
    find_quick(pairs->items, timeline);
    free(keys);
    array_each (const struct record, record, &timeline->records)
        pairs->has_arrivals = pairs->has_arrivals || record->event.kind == EVENT_PACKET_DELIVERED;
    array_each (const struct change, change, &timeline->changes)
        pairs->has_kernel = pairs->has_kernel || change->witness == WITNESS_KERNEL;
}

void pairs_release(struct pairs *pairs)
{
    free(pairs->items);
    *pairs = (struct pairs){0};
}

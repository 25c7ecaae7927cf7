/*
 * A binary heap of waiting events. The key is order_ns; among equals the rank of the kind (cause before
 * effect: call entry < packet sent < packet delivered < state < call return), then arrival.
 */
#include "source/merge.h"
#include "base/array.h"
#include "base/xalloc.h"

#include <string.h>

struct waiting {
    int64_t order_ns;
    uint64_t arrival;
    uint8_t rank;
    struct event *event; /* owned */
};

struct merge {
    ARRAY(struct waiting) heap;
    int64_t window_ns, released_ns;
    uint64_t arrivals, late;
};

static const uint8_t ranks[EVENT_KIND_COUNT] = {
    [EVENT_PROCESS] = 0,     [EVENT_CALL_ENTER] = 1,     [EVENT_PACKET_SENT] = 2,
    [EVENT_PACKET_HELD] = 3, [EVENT_PACKET_DROPPED] = 3, [EVENT_PACKET_DELIVERED] = 4,
    [EVENT_STATE] = 5,       [EVENT_QUEUE] = 6,          [EVENT_TIMER] = 6,
    [EVENT_CALL_EXIT] = 7,   [EVENT_OUTPUT] = 8,         [EVENT_GAP] = 9,
    [EVENT_MARK] = 9,        [EVENT_CAPTION] = 9,        [EVENT_QUESTION] = 9,
    [EVENT_VOTE] = 9,
};

struct merge *merge_new(int64_t window_ns)
{
    struct merge *merge = xcalloc(1, sizeof *merge);
    merge->window_ns = window_ns;
    merge->released_ns = INT64_MIN;
    return merge;
}

void merge_free(struct merge *merge)
{
    if (merge == NULL)
        return;
    array_each (struct waiting, waiting, &merge->heap) {
        event_release(waiting->event);
        free(waiting->event);
    }
    array_release(&merge->heap);
    free(merge);
}

static bool comes_before(const struct waiting *a, const struct waiting *b)
{
    if (a->order_ns != b->order_ns)
        return a->order_ns < b->order_ns;
    if (a->rank != b->rank)
        return a->rank < b->rank;
    return a->arrival < b->arrival;
}

static void swap(struct waiting *a, struct waiting *b)
{
    struct waiting t = *a;
    *a = *b;
    *b = t;
}

void merge_add(void *context, struct event *event)
{
    struct merge *merge = context;
    struct event *kept = xmemdup(event, sizeof *event);
    memset(event, 0, sizeof *event);
    if (kept->order_ns < merge->released_ns)
        merge->late++;

    size_t i = merge->heap.count;
    *array_push(&merge->heap) = (struct waiting){
        .order_ns = kept->order_ns,
        .arrival = merge->arrivals++,
        .rank = kept->kind < EVENT_KIND_COUNT ? ranks[kept->kind] : 0,
        .event = kept,
    };
    struct waiting *heap = merge->heap.items;
    for (; i > 0 && comes_before(&heap[i], &heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&heap[i], &heap[(i - 1) / 2]);
}

static struct event *take_first(struct merge *merge)
{
    struct waiting *heap = merge->heap.items;
    struct event *first = heap[0].event;
    size_t count = --merge->heap.count;
    heap[0] = heap[count];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < count; child++)
            if (comes_before(&heap[child], &heap[least]))
                least = child;
        if (least == i)
            return first;
        swap(&heap[i], &heap[least]);
        i = least;
    }
}

void merge_release(struct merge *merge, int64_t now_ns, source_emit *emit, void *context)
{
    int64_t limit = now_ns == INT64_MAX ? INT64_MAX : now_ns - merge->window_ns;
    while (merge->heap.count != 0 && merge->heap.items[0].order_ns <= limit) {
        struct event *event = take_first(merge);
        if (event->order_ns > merge->released_ns)
            merge->released_ns = event->order_ns;
        emit(context, event);
        event_release(event);
        free(event);
    }
}

size_t merge_waiting(const struct merge *merge)
{
    return merge->heap.count;
}

uint64_t merge_late(const struct merge *merge)
{
    return merge->late;
}

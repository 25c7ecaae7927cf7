/*
 * From a key to the finished frame, at 200x60 on a record of 100,000 events: steps, jumps to anywhere, every
 * page. Times are of the processor, so that other work on the machine does not count. Frames are drawn, not
 * sent to a terminal; how many cells change says what would be sent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "model/model.h"
#include "tests/support/hello.h"
#include "tui/view.h"

#define EVENTS 100000
#define KEYS   2000
#define SEED   42

static double now_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void append_hello(struct timeline *timeline, struct model *model, uint64_t round)
{
    struct event *events;
    size_t count = hello_events(&events);
    change_list changes = {0};

    for (size_t i = 0; i < count; i++) {
        changes.count = 0;
        if (events[i].kind >= EVENT_PACKET_SENT && events[i].kind <= EVENT_PACKET_HELD)
            events[i].packet.id += round * 100;
        model_apply(model, &events[i], &changes);
        timeline_append(timeline, &events[i], changes.items, changes.count);
    }
    array_release(&changes);
    hello_free(events, count);
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return left < right ? -1 : left > right;
}

static size_t changed_cells(const struct frame *before, const struct frame *after)
{
    size_t changed = 0;

    for (int i = 0; i < after->columns * after->rows; i++)
        changed +=
            before->cells[i].code != after->cells[i].code || before->cells[i].role != after->cells[i].role;
    return changed;
}

static void measure(const char *name, struct view *view, const struct timeline *timeline, const char *keys)
{
    static double times[KEYS];
    struct frame frames[2];
    size_t cells = 0;

    for (int i = 0; i < 2; i++)
        frame_init(&frames[i], view->columns, view->rows);
    for (int i = 0; i < KEYS; i++) {
        double from = now_ms();

        view_key(view, timeline, (uint32_t)keys[(size_t)rand() % strlen(keys)], 0);
        draw(view, timeline, &frames[i % 2]);
        times[i] = now_ms() - from;
        cells += changed_cells(&frames[1 - i % 2], &frames[i % 2]);
    }
    qsort(times, KEYS, sizeof *times, by_size);
    printf("  %-28s median %6.3f ms   99 %% %6.3f ms   maximum %6.3f ms   %zu cells a key\n", name,
           times[KEYS / 2], times[KEYS * 99 / 100], times[KEYS - 1], cells / KEYS);
    for (int i = 0; i < 2; i++)
        frame_release(&frames[i]);
}

int main(void)
{
    struct timeline timeline = {.info = hello_session()};
    struct model *model = model_new();
    struct picture picture = {0};
    struct view view = {.columns = 200, .rows = 60, .detail = 2, .recorded = true, .picture = &picture};
    double from;

    for (uint64_t round = 0; timeline.records.count < EVENTS; round++)
        append_hello(&timeline, model, round);
    timeline.complete = true;
    srand(SEED);
    printf("screen: %zu events, %u beats, 200x60, seed %d\n", timeline.records.count,
           timeline_beat_count(&timeline), SEED);
    from = now_ms();
    picture_seek(&picture, &timeline, timeline.records.count);
    printf("  first way to the end: %.1f ms\n", now_ms() - from);
    measure("steps", &view, &timeline, "nNjklh");
    measure("jumps", &view, &timeline, "0123456789gG");
    measure("pages and steps", &view, &timeline, "stvudwnNz");
    measure("all", &view, &timeline, "nN0123456789gGstvudwzc[]m");
    picture_release(&picture);
    model_free(model);
    timeline_release(&timeline);
    return 0;
}

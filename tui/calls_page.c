/* The calls of all processes in the order of their beginning, as strace(1) prints them: result, errno, time,
 * line. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "event/sentence.h"
#include "tui/pages.h"

#define ROWS_MAX 128

/* The newest calls, the oldest first. */
struct newest {
    struct picture_call calls[ROWS_MAX];
    int count;
};

/* The newest call of all lanes that began before `before`; false: none. */
static bool newest_before(const struct picture *picture, size_t *places, uint32_t *ret_lane)
{
    uint32_t best = PICTURE_NONE;

    for (uint32_t i = 0; i < picture->lanes.count; i++) {
        const struct picture_lane *lane = &picture->lanes.items[i];

        if (places[i] == 0)
            continue;
        if (best == PICTURE_NONE || lane->calls.items[places[i] - 1].enter >
                                        picture->lanes.items[best].calls.items[places[best] - 1].enter)
            best = i;
    }
    *ret_lane = best;
    return best != PICTURE_NONE;
}

static void find_newest(const struct picture *picture, struct newest *newest, int room)
{
    ARRAY(size_t) places = {0};
    uint32_t lane;

    array_each (const struct picture_lane, item, &picture->lanes)
        *array_push(&places) = item->calls.count;
    room = room < ROWS_MAX ? room : ROWS_MAX;
    newest->count = 0;
    while (newest->count < room && picture->lanes.count > 0 && newest_before(picture, places.items, &lane)) {
        newest->calls[newest->count++] = picture->lanes.items[lane].calls.items[places.items[lane] - 1];
        places.items[lane]--;
    }
    for (int i = 0; i < newest->count / 2; i++) {
        struct picture_call swap = newest->calls[i];

        newest->calls[i] = newest->calls[newest->count - 1 - i];
        newest->calls[newest->count - 1 - i] = swap;
    }
    array_release(&places);
}

static enum role lane_role(const struct stage *stage, const struct event *event)
{
    return strcmp(event->host, stage_side(stage, SIDE_RIGHT).host) == 0 ? ROLE_SERVER : ROLE_CLIENT;
}

static void result_text(struct buf *out, const struct stage *stage, const struct event *enter,
                        const struct event *exit)
{
    if (exit == NULL) {
        buf_puts(out, "BLOCKED ");
        moment_text(out, stage->now_ns - enter->time_ns, false);
        return;
    }
    call_result_text(out, exit);
    buf_puts(out, "  ");
    duration_text(out, exit->call.duration_ns);
}

/* "client   connect(3, 192.0.2.2:7001)        = 0  50.1 ms   stream_client.c:31" */
static void put_call(const struct stage *stage, const struct area *area, int row,
                     const struct picture_call *call)
{
    const struct record *records = stage->timeline->records.items;
    const struct record *enter = &records[call->enter];
    const struct record *exit = call->exit != PICTURE_NONE ? &records[call->exit] : NULL;
    const struct event *event = exit != NULL && !enter->event.call.has_payload ? &exit->event : &enter->event;
    bool wide = area->columns >= 100;
    int place = wide ? 26 : 9, result = wide ? 28 : 17, name = wide ? 10 : 8, time = 8;
    int text_column = area->column + 1 + time + 1 + name,
        room = area->columns - place - result - time - name - 3;
    struct buf text = {0}, note = {0}, when = {0};
    enum role role = exit == NULL ? ROLE_BLOCKED : exit->event.call.result < 0 ? ROLE_FAILED : ROLE_PLAIN;

    moment_text(&when, enter->event.time_ns - stage->timeline->info.start_ns, false);
    frame_text_right(stage->frame, row, area->column, time, ROLE_TIME, buf_text(&when));
    frame_text(stage->frame, row, area->column + time + 2, name - 1, lane_role(stage, event), event->lane);
    call_text(&text, event);
    frame_text(stage->frame, row, text_column, room - 1, ROLE_PLAIN, buf_text(&text));
    if (text_columns(buf_text(&text)) > room - 1)
        frame_text(stage->frame, row, text_column + room - 4, 3, ROLE_TIME, "...");
    result_text(&note, stage, &enter->event, exit != NULL ? &exit->event : NULL);
    frame_text(stage->frame, row, text_column + room, result - 1, role, buf_text(&note));
    if (event->call.line > 0)
        frame_printf(stage->frame, row, text_column + room + result, place, ROLE_TIME, "%s%s%d",
                     wide ? event->call.file : "line", wide ? ":" : " ", event->call.line);
    if (stage->focus != NULL && (stage->focus == enter || stage->focus == exit))
        frame_paint(stage->frame, row, text_column, room - 1, ROLE_NOW);
    buf_release(&text);
    buf_release(&note);
    buf_release(&when);
}

static void draw_calls(const struct stage *stage, const struct area *area)
{
    struct newest newest;

    find_newest(stage->picture, &newest, area->rows);
    if (newest.count == 0)
        frame_text(stage->frame, area->row, area->column + 1, area->columns - 2, ROLE_TIME,
                   stage->timeline->info.host_count == 0 && stage->timeline->records.count > 0
                       ? "A capture holds packets; no program was watched, so there are no calls."
                       : "No program has made a call yet.");
    for (int i = 0; i < newest.count; i++)
        put_call(stage, area, area->row + i, &newest.calls[i]);
}

const struct page_ops page_calls = {.draw = draw_calls, .rows_wanted = 8};

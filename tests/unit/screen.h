/*
 * For tests of the screen: conversations of tests/support/hello.h as timelines, views of them, what is drawn
 * as text.
 */
#ifndef SOCKSTEP_TESTS_SCREEN_H
#define SOCKSTEP_TESTS_SCREEN_H

#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "model/model.h"
#include "tests/support/golden.h"
#include "tests/support/hello.h"
#include "tui/layout.h"
#include "tui/pages.h"
#include "tui/view.h"

/* The lecture deck's. */
static const struct tui_step client_steps[] = {
    {"create a socket", "socket"},         {"set up the server address", NULL},
    {"connect to the server", "connect"},  {"read/write data", "send recv"},
    {"shut down the connection", "close"},
};

static const struct tui_step server_steps[] = {
    {"create a socket", "socket setsockopt"},
    {"bind the socket", "bind"},
    {"listen for connections", "listen"},
    {"accept new client connections", "accept"},
    {"read/write to client connections", "recv send"},
    {"shut down the connection", "close"},
};

static const struct tui_checklist checklists[] = {
    {"client", client_steps, 5},
    {"server", server_steps, 6},
};

static inline struct timeline timeline_from(size_t (*make)(struct event **ret_events), bool complete)
{
    struct timeline timeline = {.info = hello_session()};
    struct model *model = model_new();
    struct event *events;
    size_t count = make(&events);
    change_list changes = {0};

    for (size_t i = 0; i < count; i++) {
        changes.count = 0;
        model_apply(model, &events[i], &changes);
        timeline_append(&timeline, &events[i], changes.items, changes.count);
    }
    timeline.complete = complete;
    array_release(&changes);
    hello_free(events, count);
    model_free(model);
    return timeline;
}

static inline struct view view_of(int columns, int rows)
{
    return (struct view){
        .columns = columns,
        .rows = rows,
        .recorded = true,
        .detail = 2,
        .number = "01",
        .checklists = checklists,
        .checklist_count = 2,
    };
}

static inline void go_to_beat(struct view *view, const struct timeline *timeline, uint32_t beat)
{
    size_t first;

    timeline_beat_range(timeline, beat, &first, &view->position);
}

/* Every row is as wide as the screen, and ASCII is ASCII. */
static inline void assert_rows(const struct frame *frame)
{
    for (int row = 0; row < frame->rows; row++) {
        struct buf text = {0};

        frame_row_text(&text, frame, row);
        assert_int_equal(text_columns(buf_text(&text)), frame->columns);
        for (size_t i = 0; frame->ascii && i < text.length; i++)
            assert_in_range(text.text[i], ' ', '~');
        buf_release(&text);
    }
}

static inline struct buf screen_text(const struct view *view, const struct timeline *timeline,
                                     void (*to_text)(struct buf *, const struct frame *))
{
    struct buf text = {0};
    struct frame frame;

    frame_init(&frame, view->columns, view->rows);
    draw(view, timeline, &frame);
    assert_rows(&frame);
    to_text(&text, &frame);
    frame_release(&frame);
    return text;
}

static inline void assert_screen(const char *name, const struct view *view, const struct timeline *timeline)
{
    char path[128];
    struct buf text = screen_text(view, timeline, frame_to_text);

    snprintf(path, sizeof path, "frame/%s-%dx%d%s.txt", name, view->columns, view->rows,
             view->ascii ? "-ascii" : "");
    assert_golden(path, buf_text(&text));
    buf_release(&text);
}

static inline void press(struct view *view, const struct timeline *timeline, uint32_t key)
{
    assert_int_equal(view_key(view, timeline, key, 0), CONSEQUENCE_DRAW);
}

static inline void assert_shows(const struct view *view, const struct timeline *timeline, const char *words,
                                bool shown)
{
    struct buf text = screen_text(view, timeline, frame_to_text);

    if ((strstr(buf_text(&text), words) != NULL) != shown)
        fail_msg("\"%s\" is %son the screen:\n%s", words, shown ? "not " : "", buf_text(&text));
    buf_release(&text);
}

#endif

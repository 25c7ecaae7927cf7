/*
 * What the files of the view share: moving on the timeline, and the parts of a view that keys change.
 */
#ifndef SOCKSTEP_TUI_VIEW_PART_H
#define SOCKSTEP_TUI_VIEW_PART_H

#include "tui/view.h"

/* view.c */
void view_move_to(struct view *view, size_t position);
void view_next_beat(struct view *view, const struct timeline *timeline);
void view_previous_beat(struct view *view, const struct timeline *timeline);
void view_go_to_beat(struct view *view, const struct timeline *timeline, uint32_t beat);
int64_t view_step_ns(const struct view *view, const struct timeline *timeline);
void view_play_or_pause(struct view *view, const struct timeline *timeline, int64_t now_ns);

/* flight.c: what has come since `from` flies, when motion is on and packets are among it. */
void flight_begin(struct view *view, const struct timeline *timeline, size_t from, int64_t now_ns);
void flight_end(struct view *view);
bool flight_tick(struct view *view, int64_t now_ns); /* true: something has moved */

/* find.c */
void find_next(struct view *view, const struct timeline *timeline, bool forward);
void mark_scan(struct view *view, const struct timeline *timeline); /* takes new EVENT_MARKs in */
void mark_set(struct view *view);
void mark_go(struct view *view, bool forward);

/* ask.c: the question in the overlay */
void ask_open(struct view *view, const struct timeline *timeline);
enum consequence ask_key(struct view *view, const struct timeline *timeline, uint32_t key, int64_t now_ns);
/* One past the last record that may be shown before the question is answered. */
size_t ask_place(const struct view *view, const struct timeline *timeline, int question);

/* select.c: packets of BYTES, lines of FLOWS. False when the page has nothing to select. */
bool select_move(struct view *view, const struct timeline *timeline, int by);
bool select_choose(struct view *view, const struct timeline *timeline, bool back);

#endif

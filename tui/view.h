/*
 * The view: what is looked at and how. Keys and time change it (view_key(), view_tick()); draw() shows it.
 * All of this is pure: the same view and timeline give the same frame, and a handler only says what should
 * follow.
 *
 * A position is the number of records that have happened, 0..count; a beat is complete when its last record
 * has.
 */
#ifndef SOCKSTEP_TUI_VIEW_H
#define SOCKSTEP_TUI_VIEW_H

#include "timeline/picture.h"
#include "timeline/timeline.h"
#include "tui/frame.h"
#include "tui/keys.h"

#define VIEW_COLUMNS_MIN 80
#define VIEW_ROWS_MIN    24

/* One step of the lecture deck, in one lane. */
struct tui_step {
    const char *text;  /* in the deck's words: "create a socket" */
    const char *calls; /* its calls in the order in which they are made, separated by spaces: "send recv";
                          each has a row.
                          "" or NULL: a step that is ticked when a later one begins */
};

struct tui_checklist {
    const char *lane; /* "client"; also for its children "client.2" */
    const struct tui_step *steps;
    int step_count;
};

enum overlay { OVERLAY_NONE, OVERLAY_HELP, OVERLAY_QUIT };

struct view {
    int columns, rows;
    bool ascii;
    int detail;    /* what a packet's label says; 1: flags, 2: and sequence numbers, 3: and window */
    bool recorded; /* the whole is a recording, not something that happens now */
    bool running;  /* programs still run: quitting is confirmed */
    bool motion;   /* in play, the events of a beat appear one after the other */

    size_t position;
    bool following;     /* stays at the end while the timeline grows */
    bool at_first_beat; /* stays at the end of beat 1 while it grows, until a key moves it */
    bool playing;
    int speed;           /* index; see view_speed() */
    int64_t next_due_ns; /* playing: when view_tick() moves on */

    enum overlay overlay;
    bool interrupted;   /* ^C was pressed once */
    const char *notice; /* stands in the key line until the next key; NULL: nothing */

    const char *number, *name,
        *title; /* "01", "tcp-hello", "The three-way handshake"; NULL: from the session */
    const struct tui_checklist *checklists;
    int checklist_count;
    struct picture *picture; /* a cache of the last picture drawn, may be NULL */
};

/* What the app should do after a key. */
enum consequence {
    CONSEQUENCE_NONE,
    CONSEQUENCE_DRAW,
    CONSEQUENCE_REDRAW,
    CONSEQUENCE_THEME,
    CONSEQUENCE_SUSPEND,
    CONSEQUENCE_QUIT
};

enum consequence view_key(struct view *view, const struct timeline *timeline, uint32_t key, int64_t now_ns);
enum consequence view_act(struct view *view, const struct timeline *timeline, enum action action,
                          int64_t now_ns);

/* The timeline has grown or is complete. */
void view_grow(struct view *view, const struct timeline *timeline);

/* Moves on when playing and it is time. Returns true when the position has changed. */
bool view_tick(struct view *view, const struct timeline *timeline, int64_t now_ns);

/* The beat that stands on the stage: 0 when nothing has happened. */
uint32_t view_beat(const struct view *view, const struct timeline *timeline);

double view_speed(const struct view *view); /* 1.0 is one beat a second */

/* "LIVE", "RECORDED", "PAUSED VIEW" or "REPLAY"; LIVE only while it happens and the end is looked at. */
const char *view_source_word(const struct view *view, const struct timeline *timeline);
/* "PAUSED", "PLAYING", or "" where the word above says it all. */
const char *view_mode_word(const struct view *view, const struct timeline *timeline);

/* Draws the whole screen; the frame's size is the view's. */
void draw(const struct view *view, const struct timeline *timeline, struct frame *frame);

#endif

/*
 * The loop of the full screen: waits for keys and sources, steps the engine, and shows the view. Handlers say
 * what should follow; only the app does it.
 */
#ifndef SOCKSTEP_TUI_APP_H
#define SOCKSTEP_TUI_APP_H

#include <stdbool.h>

#include "base/err.h"
#include "tui/view.h"

struct engine;

/* Where the text of a lane's program lies: "server", "demo/stream_server.c". What cannot be read is not
 * shown. */
struct tui_source_file {
    const char *lane, *path;
};

/* A zeroed one is valid: a live session that is followed. Strings are borrowed. */
struct tui_options {
    bool recorded;                     /* it is a file: RECORDED, never LIVE */
    bool start_at_first_beat;          /* paused there; else the end is followed */
    bool ascii;                        /* also where the terminal could do better */
    bool motion_off;                   /* in play a beat appears as a whole */
    const char *theme;                 /* a name of theme_parse(); NULL: by NO_COLOR */
    int detail;                        /* 1 flags, 2 and numbers (0: this), 3 and window */
    const char *number, *name, *title; /* for the title row; NULL: from the session */
    const struct tui_checklist *checklists;
    int checklist_count;
    const struct tui_source_file *sources; /* for the page of the programs */
    int source_count;
    const struct tui_caption *captions; /* ascending seq; those in the record (EVENT_CAPTION) need none */
    int caption_count;
    const struct tui_question
        *questions; /* ascending seq; without any, those in the record (EVENT_QUESTION) */
    int question_count;
    bool no_mouse; /* the terminal keeps its mouse: for copy and paste */
};

/*
 * Runs until the user leaves. When the sources end before that the engine is finished (engine_finish) and can
 * be looked at further; when the user leaves first, finishing it is the caller's affair (timeline->complete
 * tells). Returns 0; or the number of the signal that asked the program to end, the terminal restored; or
 * -errno with err: before the screen was opened (-ENOTTY, -ENOTSUP, -EINVAL for the theme), or for a sink
 * that failed, and the screen went on to the end.
 */
int tui_run(struct engine *engine, const struct tui_options *options, struct err *err);

#endif

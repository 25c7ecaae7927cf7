/*
 * The parts of the main screen. Each draws from a stage (what is looked at, the picture at that moment, where
 * things go) into the frame; none keeps anything.
 */
#ifndef SOCKSTEP_TUI_DRAW_H
#define SOCKSTEP_TUI_DRAW_H

#include "tui/layout.h"
#include "tui/view.h"

enum side { SIDE_LEFT, SIDE_RIGHT, SIDE_COUNT };

struct stage {
    const struct view *view;
    const struct timeline *timeline;
    const struct picture *picture; /* at the view's position */
    struct layout layout;
    struct frame *frame;
    const struct record
        *focus;     /* what has just happened and is highlighted: a call or a packet; may be NULL */
    int64_t now_ns; /* time of the newest record on the stage; the session's start before it */
};

/* Who stands on a side: a host of the session, or an address of a foreign capture. */
struct side_info {
    const char *host;       /* "" when not known */
    struct address address; /* family ADDRESS_NONE when not known */
};
struct side_info stage_side(const struct stage *stage, enum side side);

/* Those on a side whose states and calls are shown; each may be NULL. */
struct actors {
    struct side_info info;
    const struct picture_lane *process;      /* NULL: not begun */
    const struct picture_endpoint *main;     /* of the badge */
    const struct picture_endpoint *listener; /* may be the same */
    const struct picture_endpoint *child;    /* the first connection that waits at its door */
    int children;
};
struct actors stage_actors(const struct stage *stage, enum side side);

/* True for a packet that goes from left to right. */
bool stage_is_forward(const struct stage *stage, const struct event *event);

/* The layout of a view: its size, the page, what is maximised, the size of the caption. */
struct layout view_layout(const struct view *view);

void draw_title(const struct stage *stage);
void draw_headers(const struct stage *stage);
void draw_lane(const struct stage *stage, enum side side);
void draw_wire(const struct stage *stage);
void draw_caption(const struct stage *stage);
void draw_timeline_bar(const struct stage *stage);
void draw_key_line(const struct stage *stage);
void draw_help(const struct stage *stage);
void draw_question(const struct stage *stage);
void draw_quit_question(struct frame *frame);

/* Breaks text into lines of `columns`, and draws the first `rows` of them. Returns how many lines there are.
 */
int draw_wrapped(struct frame *frame, int row, int column, int rows, int columns, enum role role,
                 const char *text);

/* What the scenario says at the moment, from options or the record; false: nothing. Texts may be NULL. */
struct said {
    char *what, *why, *see;
};
bool caption_said(const struct stage *stage, struct said *ret_said); /* for said_release() */
void said_release(struct said *said);

/* WHAT by the sentences of the beat, as much as `rows` lines hold. */
void caption_what(struct buf *out, const struct stage *stage, int columns, int rows);
/* WHAT, WHY, SEE, NEXT, and below a line BELIEF and DECK: the caption of large screens. */
void draw_explanation(const struct stage *stage, const struct said *said);

/* A bar, "[######....]": `part` of `whole`. */
void bar_text(struct buf *out, int64_t part, int64_t whole, int columns);

/* One call of a lane's list. */
enum check_mark { CHECK_PENDING, CHECK_CURRENT, CHECK_DONE, CHECK_FAILED };
struct check_row {
    enum check_mark mark;
    const struct tui_step *step; /* NULL: a call outside the list */
    int number;                  /* of the step, from 1; 0: none */
    bool head;                   /* the first row of its step */
    enum call call;              /* CALL_COUNT: a step without calls */
    const struct record *enter;  /* the newest call of this row, or NULL */
    const struct record *exit;   /* NULL while it has not returned */
    int count;                   /* calls of this row so far */
    bool blocked;                /* it waits in the kernel */
};

#define CHECK_ROWS_MAX 40

/* Fills rows[] for a lane: the calls of its checklist in order, else those it has made, the newest last.
 * Returns how many. A lane that has not begun is NULL and has only a name. */
int check_rows(const struct stage *stage, const char *name, const struct picture_lane *lane,
               struct check_row rows[CHECK_ROWS_MAX]);

/* Where a lane's lines go. */
struct place {
    int column, columns, indent;
    enum role role; /* of the lane */
};

/* Draws the list between two rows (end_row excluded), and parks the cursor on the current call. */
void draw_checks(const struct stage *stage, const struct place *place, const char *name,
                 const struct picture_lane *lane, int first_row, int end_row);

/* The role that packets of this kind have. */
enum role packet_role(const struct packet *packet);

/* What stands on a packet's line, in at most `columns` columns: as much as `detail` allows and there is room
 * for. */
void screen_label(struct buf *out, const struct event *event, int detail, int columns);

/* "50 ms", "1.05 s": a moment in at most 7 columns, or with `fine` "50.1 ms" in at most 8. */
void moment_text(struct buf *out, int64_t ns, bool fine);

#endif

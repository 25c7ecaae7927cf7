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

/* The text of a program, for the page SOURCE. */
struct tui_source {
    const char *lane; /* "server"; also for its children */
    const char *file; /* base name, as in event_call.file */
    const char *text;
};

/* What the scenario says at an event; why and see may be NULL. */
struct tui_caption {
    uint64_t seq; /* of the event: stands from there to the end of its beat */
    const char *what, *why, *see;
};

#define CHOICES_MAX 4

/* What the class is asked just before an event. */
struct tui_question {
    uint64_t seq; /* of that event; 0: before the start */
    const char *ask;
    const char *choices[CHOICES_MAX];
    int choice_count;
    int answer;               /* index into choices; -1: not known */
    const char *why, *belief; /* may be NULL */
};

enum overlay { OVERLAY_NONE, OVERLAY_HELP, OVERLAY_QUIT, OVERLAY_QUESTION };

/* What the body of the screen shows; page.def is the list. */
enum page {
#define PAGE(name, text, title, action) PAGE_##name,
#include "tui/page.def"
#undef PAGE
    PAGE_COUNT
};

enum caption_size { CAPTION_FULL, CAPTION_LINE, CAPTION_OFF, CAPTION_SIZES };
enum freeze { FREEZE_OFF, FREEZE_HELD, FREEZE_BLANK };

#define SEARCH_MAX      48
#define MARKS_MAX       64
#define QUESTIONS_MAX   32
#define FLIGHT_COMPLETE 1000

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

    enum page page;
    bool maximised; /* the body has the room of caption and timeline; on the ladder: of the lanes */
    enum caption_size caption_size;
    enum freeze freeze;
    size_t selected;      /* BYTES: 1 + record of the packet; 0: the newest. */
    int field;            /* BYTES: the field that is explained; 0: the one that says most */
    uint32_t flow;        /* only this one is shown; 0: all */
    uint32_t flow_cursor; /* FLOWS: index of the line that is chosen */

    bool prompting; /* the text of a search is being typed */
    char search[SEARCH_MAX];

    uint32_t marks[MARKS_MAX]; /* positions, ascending */
    int mark_count;
    int marks_noted; /* EVENT_MARKs of ours on their way into the record: they are among the marks already */
    size_t scanned;  /* records that view_grow() has looked at for marks */

    /* A packet that flies: the records from flight_from up to the position appear one after the other. */
    size_t flight_from;
    int64_t flight_start_ns, flight_end_ns;
    int flight; /* 0..FLIGHT_COMPLETE */
    bool flying;

    int64_t clock_ns; /* live: the time now, for the clocks of calls that wait; 0: that of the newest event */

    enum overlay overlay;
    int question;  /* the one in the overlay */
    bool revealed; /* and its answer */
    int votes[QUESTIONS_MAX][CHOICES_MAX];
    bool answered[QUESTIONS_MAX]; /* has been revealed */

    bool interrupted;   /* ^C was pressed once */
    const char *notice; /* stands in the key line until the next key; NULL: nothing */

    const char *number, *name,
        *title; /* "01", "tcp-hello", "The three-way handshake"; NULL: from the session */
    const struct tui_checklist *checklists;
    int checklist_count;
    const struct tui_source *sources;
    int source_count;
    const struct tui_caption *captions; /* ascending seq */
    int caption_count;
    const struct tui_question *questions; /* ascending seq; at most QUESTIONS_MAX are asked */
    int question_count;
    struct picture *picture; /* a cache of the last picture drawn, may be NULL */
};

/* What the app should do after a key. */
enum consequence {
    CONSEQUENCE_NONE,
    CONSEQUENCE_DRAW,
    CONSEQUENCE_REDRAW,
    CONSEQUENCE_THEME,
    CONSEQUENCE_SUSPEND,
    CONSEQUENCE_MARK,  /* note it in the record when live */
    CONSEQUENCE_VOTES, /* note the votes of view->question when live */
    CONSEQUENCE_QUIT
};

enum consequence view_key(struct view *view, const struct timeline *timeline, uint32_t key, int64_t now_ns);
enum consequence view_act(struct view *view, const struct timeline *timeline, enum action action,
                          int64_t now_ns);

/*
 * The question in an EVENT_QUESTION, asked before the event behind it. Its text: a line that asks, then a
 * line for each choice, then, as far as known, "answer: b", "why: ..." and "belief: ...". *ret_own is memory
 * that the question points into, for free(). Returns 0, or -EINVAL when there are not at least two choices.
 */
int question_parse(const struct event *event, struct tui_question *ret_question, char **ret_own);

/* A click, or a turn of the wheel, at a place of the frame. */
enum consequence view_click(struct view *view, const struct timeline *timeline, int row, int column,
                            int64_t now_ns);

/* The timeline has grown or is complete. */
void view_grow(struct view *view, const struct timeline *timeline);

/* Moves on when playing and it is time, and what flies. Returns true when there is something new to draw. */
bool view_tick(struct view *view, const struct timeline *timeline, int64_t now_ns);

/* When view_tick() has something to do; INT64_MAX: never. */
int64_t view_due_ns(const struct view *view);

/* The question that lies ahead: the index of the next one that has not been revealed, at or behind the
 * position; -1: none. */
int view_question_ahead(const struct view *view, const struct timeline *timeline);
/* That question is about the very next beat, or is being asked: what comes next must not be seen. */
bool view_next_hidden(const struct view *view, const struct timeline *timeline);

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

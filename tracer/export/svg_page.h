/*
 * The paper of the figure: its measures, and the shapes that are put on it. Layers are kept apart, so that
 * lifelines lie under arrows and arrows under words.
 *
 *      6..46 time   56..282 left lane   290 left lifeline   290..518 wire   518 right lifeline   526..752
 * right lane
 */
#ifndef SOCKSTEP_EXPORT_SVG_PAGE_H
#define SOCKSTEP_EXPORT_SVG_PAGE_H

#include <stdbool.h>

#include "base/buf.h"
#include "export/ladder_sides.h"

#define PAGE_WIDTH    760
#define PAGE_WIDTH_MM 190 /* A4 with margins of 10 mm */
#define TIME_RIGHT    46
#define LEFT_X        290
#define RIGHT_X       518
#define WORD_GAP      9
#define LANE_CHARS    35
#define LINE_HEIGHT   13.5
#define PILL_HEIGHT   13
#define LOST_PART     0.62 /* how far along the wire a packet is drawn that does not arrive */

/* Looks of arrows: a class for the colour, and a shape that tells without it. */
enum look {
    LOOK_SYN,
    LOOK_DATA,
    LOOK_ACK,
    LOOK_FIN,
    LOOK_RST,
    LOOK_DATAGRAM,
    LOOK_ICMP,
    LOOK_OTHER,
    LOOK_COUNT
};

enum arrow_end { ARROW_ARRIVES, ARROW_LOST, ARROW_OPEN, ARROW_ELSEWHERE };

struct arrow {
    enum look look;
    enum side from;
    double from_y, to_y; /* to_y: where it would arrive, also when it does not */
    enum arrow_end end;
    bool again; /* a retransmission: dashed */
    bool copy;  /* a second arrival: without a label */
    bool held;  /* with the sign for a hold */
    const char *label;
};

struct page {
    struct buf under, arrows, words;
};

void page_release(struct page *page);

double side_x(enum side side);

/* A <title> for what follows, as browsers show it over a shape. */
void page_open(struct buf *out, const char *class, const char *title);
void page_close(struct buf *out);

/* One line of text; beside a lifeline, on the outer side. `class` may be NULL. */
void page_beside(struct buf *out, enum side side, double y, const char *text);
void page_text(struct buf *out, double x, double y, const char *anchor, const char *class, const char *text);

/* The state of an end, in a box on the outer side of its lifeline; inferred ones have a dashed border. */
void page_pill(struct buf *out, enum side side, double y, const char *state, bool observed);

void page_arrow(struct buf *out, const struct arrow *arrow);
/* A sample for the legend: 34 wide. */
void page_sample(struct buf *out, enum look look, double x, double y);

/* A call that waits: a bar on the lifeline. `place` 0 is on the line, others are beside it. */
void page_bar(struct buf *out, enum side side, int place, double from_y, double to_y);

/* Time that was left out, on both lifelines. */
void page_break(struct page *page, double y, const char *text);

const char *look_word(enum look look); /* "data" */

/* How many bytes of `text` go on a line of LANE_CHARS characters: up to a space if there is one. */
size_t page_wrap(const char *text, size_t limit);
size_t page_lines(const char *text, size_t limit);

#endif

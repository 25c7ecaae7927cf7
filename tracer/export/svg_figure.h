/*
 * The figure while it is being drawn: what its parts (layout, arrows, frame) tell each other.
 */
#ifndef SOCKSTEP_EXPORT_SVG_FIGURE_H
#define SOCKSTEP_EXPORT_SVG_FIGURE_H

#include "export/pairs.h"
#include "export/svg_page.h"

#define DELAY_HEIGHT 56.0 /* of a usual delay */

struct figure {
    const struct timeline *timeline;
    struct pairs pairs;
    struct ladder_sides sides;
    struct page page;
    double *heights;    /* of each record */
    double top;         /* of the lifelines */
    double y, scale;    /* px per ns */
    double unarrived_y; /* how far down the arrows reach that never arrive */
    int64_t last_ns;    /* 0: nothing yet */
    double lane_free[2], depart_free[2], arrive_free[2], time_free;
    char time_text[16];
    bool looks[LOOK_COUNT], again, copied, lost, held, waits, cut, in_flight, observed, inferred, objections;
    unsigned not_shown;
};

/* svg_arrows.c: packets and waiting calls, once all heights are known. */
void figure_draw_arrows(struct figure *figure);

/* svg_frame.c: what stands around it. */
void figure_write_heading(struct figure *figure);                   /* sets top and y */
void figure_write_legend(struct figure *figure);                    /* with the lifelines above it */
void figure_write_document(struct buf *out, struct figure *figure); /* with the notes below */

void figure_sentence(const struct figure *figure, const struct record *record, struct buf *out);

/* Takes the next line of at most `limit` characters off a text; false at its end. */
bool figure_next_line(const char **rest, size_t limit, struct buf *line);

double figure_maximum(double a, double b);

#endif

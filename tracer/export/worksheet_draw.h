/*
 * The ladder of a worksheet: a drawing in SVG in which states, packets or calls can be left blank, each blank
 * with a number. It comes in pieces that each fit on a page.
 */
#ifndef SOCKSTEP_EXPORT_WORKSHEET_DRAW_H
#define SOCKSTEP_EXPORT_WORKSHEET_DRAW_H

#include "base/buf.h"
#include "timeline/timeline.h"

struct worksheet_ladder {
    const struct timeline *timeline;
    const char *name; /* of the drawing in the page, unique: "states" */
    bool blank_states, blank_packets, blank_calls;
    bool answers; /* what was left blank is filled in */
};

/* Returns how many blanks there are. */
int worksheet_ladder(struct buf *out, const struct worksheet_ladder *ladder);

#endif

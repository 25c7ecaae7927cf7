/*
 * Which events belong together: the two halves of a call, and a packet's departure with what became of it.
 * For formats that draw a thing once that the record tells in pieces.
 */
#ifndef SOCKSTEP_EXPORT_PAIRS_H
#define SOCKSTEP_EXPORT_PAIRS_H

#include "timeline/timeline.h"

#define PAIR_NONE 0xffffffffu

/* By index of the record. */
struct pair {
    uint32_t other;    /* enter <-> exit; sent -> its first arrival; delivered, dropped, held -> sent */
    uint32_t arrivals; /* of sent */
    bool dropped;      /* of sent: the wire lost it (a copy may have arrived all the same) */
    bool held;         /* of sent: the wire held it for a while */
    bool quick;        /* of enter and exit: it came back at once, without news from outside */
};

struct pairs {
    struct pair *items; /* as many as there are records */
    bool has_arrivals;  /* somebody watched packets arrive */
    bool has_kernel;    /* some kernel was asked for its states */
};

void pairs_init(struct pairs *pairs, const struct timeline *timeline);
void pairs_release(struct pairs *pairs);

#endif

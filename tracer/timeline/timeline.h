/*
 * The timeline: the append-only record of events and changes in causal order. Everything that is shown or
 * exported is read from here. Positions are 0-based indexes of records; beats are numbered from 1.
 */
#ifndef SOCKSTEP_TIMELINE_TIMELINE_H
#define SOCKSTEP_TIMELINE_TIMELINE_H

#include "base/array.h"
#include "event/event.h"

struct record {
    struct event event;
    uint32_t first_change, change_count; /* into timeline->changes */
};

struct timeline {
    struct session_info info;
    ARRAY(struct record) records;
    ARRAY(struct change) changes;
    ARRAY(uint32_t) beats; /* index of the first record of beat i + 1 */
    bool complete;         /* nothing more will come */
};

/* Valid when zeroed. */
void timeline_release(struct timeline *timeline);

/* Takes the event over; copies the changes. */
void timeline_append(struct timeline *timeline, struct event *event, const struct change *changes,
                     size_t count);

const struct change *timeline_changes(const struct timeline *timeline, const struct record *record);

/* The record with this seq, or NULL. */
const struct record *timeline_find(const struct timeline *timeline, uint64_t seq);

uint32_t timeline_beat_count(const struct timeline *timeline);
/* First and one past the last record of a beat (1-based). An unknown beat gives 0, 0. */
void timeline_beat_range(const struct timeline *timeline, uint32_t beat, size_t *ret_first, size_t *ret_end);

/* Seconds since the session began, of an event: for "t=0.050 s". */
double timeline_seconds(const struct timeline *timeline, const struct event *event);

#endif

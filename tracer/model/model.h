/*
 * The model: what we believe, from what was observed. It knows lanes, endpoints (by cookie) and flows, runs a
 * state table for each witness, and ties every event to its cause. The same events in give the same context
 * and changes out: no clock, no randomness, no I/O.
 */
#ifndef SOCKSTEP_MODEL_MODEL_H
#define SOCKSTEP_MODEL_MODEL_H

#include "base/array.h"
#include "event/event.h"

typedef ARRAY(struct change) change_list;

struct model;

struct model *model_new(void); /* the caller gives it to model_free() */
void model_free(struct model *model);

/* The only door. Takes the next event in causal order, gives it its seq (1, 2, ...), fills event->context,
 * completes packet events that carry only an id, and appends to *changes what it now believes (the list is
 * the caller's and is not emptied first). */
void model_apply(struct model *model, struct event *event, change_list *changes);

/* True when nothing more can be expected of the wire and the kernels: no packet in flight, no endpoint in a
 * state that has a next step of its own (TIME_WAIT counts as an end). */
bool model_quiet(const struct model *model);

#endif

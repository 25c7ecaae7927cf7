/*
 * The engine: sources -> merge -> model -> timeline -> sinks, in one thread. Whoever owns the loop (the
 * command line, the screen) polls engine_poll_fds() and calls engine_step().
 */
#ifndef SOCKSTEP_CONTROL_ENGINE_H
#define SOCKSTEP_CONTROL_ENGINE_H

#include "event/sink.h"
#include "source/source.h"
#include "timeline/timeline.h"

struct engine;

/* Who runs the session: starts the programs, knows when it is over. The first member of the owner's struct.
 */
struct director {
    /* A fact has come in, not yet in its place in the order. May be NULL. */
    void (*seen)(struct director *director, const struct event *event);
    /* After each step. Returns 1 while the session goes on, 0 when it is over, -errno with err when it
     * failed. */
    int (*step)(struct director *director, struct engine *engine, struct err *err);
};

/* window_ns: see merge.h. 0 for a recording (its order is kept as it is). */
struct engine *engine_new(const struct session_info *info, int64_t window_ns);
void engine_free(struct engine *engine); /* frees sources and sinks too */

void engine_set_director(struct engine *engine, struct director *director); /* borrowed */
void engine_add_source(struct engine *engine, struct source *source);       /* takes it over */

/* Takes the sink over and begins it. Returns 0 or -errno with err. */
int engine_add_sink(struct engine *engine, struct sink *sink, struct err *err);

int engine_poll_fds(const struct engine *engine, struct pollfd *fds, int room);

/* How long the loop may sleep, in ms; -1: until a descriptor is ready. */
int engine_timeout_ms(struct engine *engine);

/* Drains, merges, applies, records. Returns 1 while something may still come, 0 when the director says that
 * it is over or all sources have ended, and all is recorded, -errno with err when a sink failed (it is
 * dropped; the rest goes on: call again). */
int engine_step(struct engine *engine, struct err *err);

/* Records an event of our own now (a mark, a caption); takes it over. */
void engine_note(struct engine *engine, struct event *event);

/* Everything still held back is recorded, the timeline marked complete, the sinks ended. 0 or -errno with
 * err. */
int engine_finish(struct engine *engine, struct err *err);

const struct timeline *engine_timeline(const struct engine *engine);
bool engine_all_recorded(const struct engine *engine); /* nothing waits in the merge */
bool engine_quiet(const struct engine *engine);        /* model_quiet() and nothing waits in the merge */

#endif

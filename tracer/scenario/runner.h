/*
 * Runs a scenario for real: makes the lab, starts each program when its time has come, and knows when all is
 * over. It directs an engine (control/engine.h); whoever owns the loop steps that.
 */
#ifndef SOCKSTEP_SCENARIO_RUNNER_H
#define SOCKSTEP_SCENARIO_RUNNER_H

#include "base/err.h"
#include "control/engine.h"
#include "control/stepper.h"
#include "scenario/scenario.h"

struct runner_options {
    int family;        /* ADDRESS_IPV4, ADDRESS_IPV6; 0: as the scenario says */
    int delay_ms;      /* one way; -1: as the scenario says */
    bool stepped;      /* every call and every packet is held: runner_stepper() */
    bool real_timers;  /* stepped: with the kernel's own timers, not the textbook's */
    int64_t window_ns; /* how long the merge waits (source/merge.h); 0: as fits a session without a screen */
};

/* On a screen people wait for what they see; elsewhere a little more certainty about the order costs nobody
 * anything. */
#define RUNNER_WINDOW_SCREEN_NS (60 * 1000000LL)
#define RUNNER_WINDOW_NS        (250 * 1000000LL)

struct runner;

/* Makes the lab. 0 and *ret_runner for runner_free(); or -errno with one line in err. The scenario is
 * borrowed. Add sinks to runner_engine(), then step it: the programs start with the first step. */
int runner_new(const struct scenario *scenario, const struct runner_options *options,
               struct runner **ret_runner, struct err *err);

/* Ends the lab with all its programs, and the engine. NULL is allowed. */
void runner_free(struct runner *runner);

struct engine *runner_engine(const struct runner *runner); /* borrowed */

struct stepper *runner_stepper(const struct runner *runner); /* borrowed; NULL: not stepped */

/* Somebody who acts after each step: a script. The director is stepped, with its seen() unused; when it
 * fails, so does the session, when it returns 0 the session ends, and while it returns
 * 1 a session that is over stays open (2: no opinion). Borrowed. */
void runner_set_hand(struct runner *runner, struct director *hand);

/* Cuts the wire for what a host (by name) sends, or mends it. 0 or -ENOENT. */
int runner_cut(struct runner *runner, const char *host, bool cut);

/* The next rule of the scenario's faults that no packet has met so far, from *cursor (0 at first) on: its
 * text, borrowed; NULL when there is none left. At the end of a session each is told by a MARK. */
const char *runner_idle_rule(const struct runner *runner, int *cursor);

#endif

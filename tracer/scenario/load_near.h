/*
 * "did you mean": of many names, the one nearest to what somebody typed.
 */
#ifndef SOCKSTEP_SCENARIO_LOAD_NEAR_H
#define SOCKSTEP_SCENARIO_LOAD_NEAR_H

#include <stddef.h>

struct near {
    const char *wanted;
    const char *best; /* NULL: none is near enough; borrowed from near_offer() */
    size_t distance;
};

#define NEAR_HINT_MAX 80

struct near near_to(const char *wanted);
void near_offer(struct near *near, const char *name);

/* " (did you mean 'delay_ms'?)" or ""; returns hint. */
const char *near_hint(const struct near *near, char hint[NEAR_HINT_MAX]);

#endif

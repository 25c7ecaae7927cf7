/*
 * What a scenario says must be seen, against what the record holds.
 */
#ifndef SOCKSTEP_SCENARIO_EXPECT_H
#define SOCKSTEP_SCENARIO_EXPECT_H

#include "scenario/scenario.h"
#include "timeline/timeline.h"

struct buf;

/* Returns how many expectations do not hold. The report has a line for each that holds and, for each that
 * does not, expected and seen side by side; it never contains times, so equal runs give equal reports. */
int expect_check(const struct scenario *scenario, const struct timeline *timeline, struct buf *report);

#endif

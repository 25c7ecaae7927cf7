/*
 * What the schema cannot say: ranges, names that refer to each other, the notation of expectations.
 */
#ifndef SOCKSTEP_SCENARIO_LOAD_MEANING_H
#define SOCKSTEP_SCENARIO_LOAD_MEANING_H

#include "scenario/load_check.h"
#include "scenario/scenario.h"

/* Puts in what an absent key stands for. */
void scenario_defaults(struct scenario *scenario, const place_list *places);

/* 0, or -EINVAL with "LINE:COLUMN: ..." of the first thing that is wrong. */
int scenario_meaning(const struct scenario *scenario, const place_list *places, struct err *err);

#endif

/*
 * The screen, for demo and open: what it needs to know of a scenario.
 */
#ifndef SOCKSTEP_CLI_STAGE_H
#define SOCKSTEP_CLI_STAGE_H

#include "cli/output.h"
#include "scenario/scenario.h"

/* Opens the screen over an engine until the person leaves, then finishes the record. scenario may be NULL (a
 * foreign capture). Returns 0, or -errno with err. */
int stage_run(struct engine *engine, const struct scenario *scenario, const struct output *output,
              bool recorded, struct err *err);

#endif

/*
 * The `faults:` of a scenario as rules for the wire (lab/rules.h).
 */
#ifndef SOCKSTEP_SCENARIO_FAULTS_H
#define SOCKSTEP_SCENARIO_FAULTS_H

#include "lab/rules.h"
#include "scenario/scenario.h"

/* Rule number `index`. 0; or -EINVAL with what is wrong in err and, in *ret_key, the key that it is wrong in
 * (static;
 * "" for the rule as a whole). Strings in the rule are borrowed from the scenario. */
int fault_compile(const struct scenario *scenario, int index, struct fault_rule *ret_rule,
                  const char **ret_key, struct err *err);

#endif

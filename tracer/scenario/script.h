/*
 * A script drives a stepped session without anybody at the keys: one command on a line, # begins a comment.
 *
 *     next [N]                        the suggested call or packet goes; N times
 *     release LANE [CALL]             the call in which this lane waits
 *     release packet N                a packet by its number on the wire; or: packet from HOST, the oldest
 * from there drop | duplicate | swap | corrupt packet ... delay packet ... MS             and: unreachable
 * packet ... port|host fail LANE ERRNO                 its call returns -1 with this error, and the kernel is
 * not asked cut HOST, mend HOST             the wire, for what this host sends hold
 * calls|packets|both|nothing what is held from now on break EXPRESSION                a breakpoint
 * (control/expression.h) for `run` until EXPRESSION                suggested ones go until this has happened
 *     beat                            ... until the next beat
 *     run                             ... until a breakpoint, or to the end
 *     expect EXPRESSION               this has happened since the last thing that went; a state: or it is so
 * now wait MS stop                            the session ends here, with its programs mark TEXT
 *
 * After the last line the rest of the session runs.
 */
#ifndef SOCKSTEP_SCENARIO_SCRIPT_H
#define SOCKSTEP_SCENARIO_SCRIPT_H

#include "scenario/runner.h"

struct script;

/* From memory; `name` stands for the file in messages. 0 and *ret_script for script_free(); or -EINVAL with
 * "NAME:LINE:COLUMN: what is wrong" in err. */
int script_parse(const char *name, const char *text, struct script **ret_script, struct err *err);
int script_load(const char *path, struct script **ret_script, struct err *err);
void script_free(struct script *script); /* NULL is allowed */

/* It drives this session from now on: give the result to runner_set_hand(). Borrows the runner. */
struct director *script_drive(struct script *script, struct runner *runner);

/* After the session: 0; or -ECANCELED with err when it was over before the script was. */
int script_finish(const struct script *script, struct err *err);

#endif

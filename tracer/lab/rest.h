/*
 * Whether a process sleeps: asked of /proc before the next packet is delivered, so that on a busy machine too
 * a program has done with one packet before the next one comes.
 */
#ifndef SOCKSTEP_LAB_REST_H
#define SOCKSTEP_LAB_REST_H

#include <stdbool.h>
#include <sys/types.h>

/* False when the process, one of its threads or one of its descendants runs, is about to run, or has ended
 * and was not yet taken leave of (proc(5): state R or Z). True when it sleeps, is stopped, or /proc does not
 * tell. */
bool process_at_rest(pid_t pid);

#endif

/*
 * The names that C programs write for numbers: AF_INET, SOCK_STREAM|SOCK_NONBLOCK, MSG_PEEK, SO_REUSEADDR.
 * Those of this machine's headers.
 */
#ifndef SOCKSTEP_EVENT_CALL_SYMBOL_H
#define SOCKSTEP_EVENT_CALL_SYMBOL_H

#include "event/event.h"

struct buf;

/* Adds argument `index` of the call, a number by its letter in call.def; the plain number when it has no
 * name. */
void call_symbol(struct buf *out, const struct event_call *call, int index);

#endif

/*
 * The kernel witness: what one host's kernel says of its TCP sockets (sock_diag(7)). Each host has a table of
 * what it said last; asking again gives the differences only.
 */
#ifndef SOCKSTEP_LAB_DIAG_H
#define SOCKSTEP_LAB_DIAG_H

#include <stdbool.h>
#include <stdint.h>

#include "event/record.h"

struct mnl_socket;
struct known_socket;

/* Valid when zeroed (not open). */
struct diag {
    struct mnl_socket *socket;
    uint32_t sequence;
    struct known_socket *table; /* by cookie */
    uint64_t round;             /* counts the times it was asked */
    int unsettled;              /* connections in a state other than ESTABLISHED and LISTEN */
    int64_t asked_ns;           /* when it was last asked; all that had happened by then is known */
};

/* Opens it in the network namespace we are in, and keeps it. 0 or -errno. */
int diag_open(struct diag *diag);
void diag_close(struct diag *diag);

/* A socket as it is now; event_kind says what has changed: EVENT_STATE also for a socket that was not known,
 * and for one that is gone (then in state CLOSED). Times, host and packet are not set. */
typedef void diag_changed(void *context, const struct record_state *socket);

/* Asks the kernel for all TCP sockets, IPv4 and IPv6, and hands over what has changed since it was last
 * asked. 0 or -errno: nothing was concluded from sockets that were not mentioned. Only with doors_too is it
 * told that a listening socket is gone: no packet explains that, so it is left for a question that no packet
 * gave rise to. */
int diag_ask(struct diag *diag, bool doors_too, diag_changed *changed, void *context);

#endif

/*
 * Conversations for tests: the raw facts that the sources would give, in causal order, without context and
 * with seq 0; real packets inside. Client 192.0.2.1, server 192.0.2.2, one-way delay 50 ms.
 */
#ifndef SOCKSTEP_TESTS_HELLO_H
#define SOCKSTEP_TESTS_HELLO_H

#include "event/event.h"

#define HELLO_START_NS      1700000000000000000LL
#define HELLO_CLIENT_PORT   42002
#define HELLO_SERVER_PORT   7001
#define HELLO_CLIENT_PID    4711
#define HELLO_SERVER_PID    4712
#define HELLO_CLIENT_COOKIE 0x2001u
#define HELLO_LISTEN_COOKIE 0x1001u
#define HELLO_SERVER_COOKIE 0x1002u

/* Scenario 1, tcp-hello. Returns the count; the caller gives the array to hello_free(). */
size_t hello_events(struct event **ret_events);

/* Scenario 43, udp-hello: "one", "two" and an empty datagram. */
size_t udp_hello_events(struct event **ret_events);

/* Scenario 4, syn-lost: the first SYN is dropped and sent again a second later; up to the return of
 * connect(). */
size_t syn_lost_events(struct event **ret_events);

void hello_free(struct event *events, size_t count);

/* The session that these events belong to. */
struct session_info hello_session(void);

#endif

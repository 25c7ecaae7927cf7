/*
 * The session: this process's connection to sockstep. It begins before main() (or at the first call), says
 * hello on the inherited socket, and ends without a word when nobody listens any more. Nothing here takes a
 * lock, allocates, or changes errno; the descriptors that it holds live at high numbers, so that the
 * program's own start at 3.
 */
#ifndef SOCKSTEP_PROBE_SESSION_H
#define SOCKSTEP_PROBE_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "event/record.h"
#include "event/ring.h"

enum session_state { SESSION_OFF = 0, SESSION_ON = 1, SESSION_UNDECIDED = 2, SESSION_STARTING = 3 };

struct session {
    struct ring ring;
    int32_t pid;
    int control; /* our end of the pair: end of file when the listener is gone; doorbells go in here */
    uint64_t control_inode;
    int hello; /* inherited, kept for the programs that this one executes */
    uint32_t payload_max;
    _Atomic uint32_t calls;           /* call ids given out */
    const struct settle_page *settle; /* NULL: none */
    uint32_t settle_index;
    int settle_fd;
    _Atomic uint32_t *alive; /* 1, on a page that fork() gives to the child as zeroes */
};

extern struct session session;
extern _Atomic int session_state;

/* The one branch of a program that nobody watches. */
static inline bool session_off(void)
{
    return __builtin_expect(atomic_load_explicit(&session_state, memory_order_relaxed) == SESSION_OFF, 1);
}

bool session_ready_slowly(void);

/* Whether calls of this process are to be recorded; begins the session when that is still undecided, and a
 * new one in a child that was forked behind our back. */
static inline bool session_ready(void)
{
    if (__builtin_expect(atomic_load_explicit(&session_state, memory_order_acquire) == SESSION_ON, 1) &&
        __builtin_expect(atomic_load_explicit(session.alive, memory_order_relaxed) != 0, 1))
        return true;
    return session_ready_slowly();
}

/* False in the child of vfork(), which borrows our memory and is another process. Costs a system call. */
bool session_is_ours(void);

/* From here on the program runs as if there were no probe. */
void session_quiet(void);

/* True when `fd` is one of the probe's own. */
bool session_owns(int fd);

/* False when the listener has gone; the session is quiet then. */
bool session_listener_lives(void);

/* Wakes the reader. */
void session_ring_doorbell(void);

/* A probe of finer grain (linked, with source lines) has taken over; see preload.c. */
void session_yield(void);

#endif

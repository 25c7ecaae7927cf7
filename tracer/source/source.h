/*
 * A source gives events: the rings of probes and lab, a trace file. All behind one ops struct.
 */
#ifndef SOCKSTEP_SOURCE_SOURCE_H
#define SOCKSTEP_SOURCE_SOURCE_H

#include <poll.h>

#include "base/err.h"
#include "event/event.h"

/* Takes the event over (it owns what event points to). */
typedef void source_emit(void *context, struct event *event);

struct source;

struct source_ops {
    const char *name;
    /* Fills at most `room` descriptors to wait for (POLLIN); returns how many. */
    int (*poll_fds)(const struct source *source, struct pollfd *fds, int room);
    /* Emits all that is there now, without waiting. Returns 1 when more may come, 0 when it has ended, -errno
     * with err when it is broken. */
    int (*drain)(struct source *source, source_emit *emit, void *context, struct err *err);
    /* Before the loop sleeps: asks writers for a doorbell. Returns true when something has come
     * meanwhile, or may have: drain again. May be NULL. */
    bool (*arm)(struct source *source);
    void (*free)(struct source *source);
};

/* The first member of every source. */
struct source {
    const struct source_ops *ops;
};

/* The lab's ring. Borrows both descriptors: the ring's memfd and the doorbell that becomes readable. `hosts`
 * are the names that records refer to by index; copied. NULL with err on failure. */
struct source *source_lab_ring(int ring_fd, int doorbell_fd, const char (*hosts)[NAME_MAX_BYTES],
                               int host_count, struct err *err);

/* All probes that say hello on `hello_fd` (borrowed, SOCK_SEQPACKET, SO_PASSCRED set here). New processes
 * become PROCESS events (start, fork, exec); the end of one with a broken or unfinished record becomes a GAP.
 * pids in events are those that the kernel vouches for (SCM_CREDENTIALS). `hosts` as above: the lane name up
 * to a dot is the host when it is one of them. */
struct source *source_probes(int hello_fd, const char (*hosts)[NAME_MAX_BYTES], int host_count,
                             struct err *err);

/* Opens or closes the gates of all probes, now and later (enum ring_gate_mode). */
void source_probes_gate_mode(struct source *probes, int mode);

/* Lets the waiting call go on: order 0, or 1 + errno to make it fail. -ESRCH when no such call waits. */
int source_probes_release(struct source *probes, int pid, uint32_t call_id, uint32_t order);

/* One ring record -> event; exposed for tests and the fuzz harness. Returns 0, or -EPROTO with *ret_event
 * untouched when the record does not make sense. `pid` and `lane` fill what the record does not say. */
int event_from_record(uint32_t kind, const uint8_t *body, size_t bytes, const char (*hosts)[NAME_MAX_BYTES],
                      int host_count, struct event *ret_event);

#endif

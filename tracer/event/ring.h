/*
 * The ring: how events leave a process that must not wait. A piece of shared memory (memfd) with one reader
 * and any number of writers (threads); one format for probes and for the lab. A record is reserved, written
 * in place, committed. This file is linked into other people's programs: it never allocates, never blocks
 * for long, never touches errno.
 *
 * Layout: struct ring_header, then `bytes` bytes (a power of two) of records. Positions count bytes for ever
 * and never wrap (64 bits); position modulo `bytes` is the place. Every record starts on a multiple of
 * RING_ALIGN with struct ring_record and does not cross the end: a RING_PAD record fills what is left.
 * A record is complete when its `commit` equals its own position + 1 (so old bytes can never look complete).
 */
#ifndef SOCKSTEP_EVENT_RING_H
#define SOCKSTEP_EVENT_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_MAGIC   0x736b7374u /* "skst" */
#define RING_VERSION 1u
#define RING_ALIGN                                                                                           \
    16u /* the size of struct ring_record, so that whatever is left before the end can hold a pad */
#define RING_GATE_ANSWERED 0xffffffffu
#define RING_GATE_SLOTS    64 /* threads of one process that can wait at a gate at once */
#define RING_BYTES_DEFAULT (1u << 21)

enum ring_gate_mode { RING_GATE_OPEN = 0, RING_GATE_CLOSED = 1 };

struct ring_header {
    uint32_t magic, version;
    uint32_t bytes;                              /* of the record area; a power of two */
    int32_t pid;                                 /* of the writer, as it sees itself */
    _Alignas(64) _Atomic uint64_t head;          /* next position to reserve: writers */
    _Alignas(64) _Atomic uint64_t tail;          /* next position to read: the reader */
    _Alignas(64) _Atomic uint32_t reader_sleeps; /* 1: the reader wants one doorbell */
    _Atomic uint32_t reader_gone;                /* 1: nobody reads any more; writers stop writing */
    _Alignas(64) _Atomic uint64_t lost;          /* records that found no room, ever */
    _Atomic uint32_t gate_mode;                  /* enum ring_gate_mode, set by the reader */
    struct ring_gate {
        /* call_id that waits at this gate; 0: free; RING_GATE_ANSWERED: `order` is there, not yet read. A
         * futex */
        _Atomic uint32_t waiting;
        _Atomic uint32_t
            order; /* see docs/ARCHITECTURE.md: 0 go on, else 1 + errno the call shall fail with */
    } gates[RING_GATE_SLOTS];
};

struct ring_record {
    _Atomic uint64_t commit;
    uint32_t bytes; /* of the whole record, this header included, a multiple of RING_ALIGN */
    uint32_t kind;  /* enum record_kind, or RING_PAD */
};

#define RING_PAD 0xffffffffu

/* The two sides of a mapped ring. Valid when zeroed (not mapped). */
struct ring {
    struct ring_header *header;
    uint8_t *records;
    uint32_t bytes;
    _Atomic uint64_t
        seen_tail; /* writers: the tail as last looked at, so as to leave the reader's line alone */
    _Atomic uint64_t
        stuck_at;          /* writers: the tail that waiting was in vain at, and how often: a reader that */
    _Atomic uint32_t vain; /* has stopped costs about 100 ms, not 2 ms for ever */
};

/* Makes a memfd with an empty ring and maps it. Returns the descriptor (CLOEXEC), or -errno. */
int ring_create(struct ring *ring, uint32_t bytes);

/* Maps a ring that another process made, after checking that it is one and that its size is true (the memfd
 * is sealed against shrinking). The descriptor stays the caller's. Returns 0 or -errno (-EPROTO: not a ring).
 */
int ring_map(struct ring *ring, int fd);

void ring_unmap(struct ring *ring);

/* Writer: room for a record of `bytes` body bytes. Returns the body, and in *ret_position what ring_commit()
 * wants; NULL when the ring stays full for more than about 2 ms (counted in `lost`) or nobody reads. Safe in
 * signal handlers. */
void *ring_reserve(struct ring *ring, uint32_t kind, uint32_t bytes, uint64_t *ret_position);

/* Writer: the record is complete. Returns true when the reader sleeps and wants a doorbell (once). */
bool ring_commit(struct ring *ring, uint64_t position);

struct ring_view {
    uint32_t kind;
    const uint8_t *body; /* borrowed until ring_consume() */
    uint32_t bytes;
};

/* Reader: the next complete record. Returns 1 and the view; 0 when there is none; -EPROTO when the memory
 * makes no sense (the writer is broken or hostile): read no further. Trusts no value in the ring. */
int ring_next(const struct ring *ring, struct ring_view *ret_view);
void ring_consume(struct ring *ring);

/* Reader, when the writer is dead: steps over a reservation that was never committed. True when there was
 * one. */
bool ring_skip_unfinished(struct ring *ring);

#endif

/* Reading a ring: what the sources of the probes and of the lab share. */
#ifndef SOCKSTEP_SOURCE_RING_READER_H
#define SOCKSTEP_SOURCE_RING_READER_H

#include "event/ring.h"
#include "source/source.h"

/* Looks at each event of a ring before it is handed on: fills what the record does not say. */
typedef void ring_complete(void *context, struct event *event);

struct ring_reader {
    struct ring ring;
    uint64_t lost; /* already told */
    bool broken;   /* told; nothing more is read */
    const char (*hosts)[NAME_MAX_BYTES];
    int host_count;
    ring_complete *complete; /* may be NULL */
    void *context;
};

/* Emits what is in the ring now (one lap at most, so that a busy writer cannot keep us), then a GAP for
 * records that were lost, or for a ring that makes no sense. */
void ring_reader_drain(struct ring_reader *reader, source_emit *emit, void *context);

/* When the writer is dead: steps over what it left unfinished, with a GAP, and reads on. */
void ring_reader_finish(struct ring_reader *reader, source_emit *emit, void *context);

/* True when a record is there. Otherwise the writer will ring the doorbell at the next one. */
bool ring_reader_arm(struct ring_reader *reader);

/* A copy of up to `room` bytes of text that may lack its NUL, cut to `to_bytes` - 1. */
void copy_text(char *to, size_t to_bytes, const char *from, size_t room);

#endif

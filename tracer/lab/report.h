/*
 * What the lab tells: records written into the lab's ring, with a doorbell when the reader sleeps. All text
 * that is handed in is copied.
 */
#ifndef SOCKSTEP_LAB_REPORT_H
#define SOCKSTEP_LAB_REPORT_H

#include <stdint.h>

#include "event/record.h"
#include "event/ring.h"

struct report {
    struct ring ring;
    int doorbell_fd; /* a byte rings */
};

/* CLOCK_REALTIME, the clock of packet stamps. */
int64_t report_now_ns(void);

/* A record of a fixed part and `kept_bytes` of variable part behind it. What finds no room is counted by the
 * ring. */
void report_record(struct report *report, enum record_kind kind, const void *body, uint32_t body_bytes,
                   const void *kept, uint32_t kept_bytes);

void report_gap(struct report *report, uint64_t lost, const char *reason);

#endif

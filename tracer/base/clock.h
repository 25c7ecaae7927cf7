/*
 * Time, in nanoseconds. Events carry CLOCK_REALTIME, the clock of packet
 * stamps (packet(7), SIOCGSTAMP), so that calls and packets can be compared.
 * A clock is a value that is handed in, so that tests can hold it still.
 */
#ifndef SOCKSTEP_BASE_CLOCK_H
#define SOCKSTEP_BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_US 1000LL
#define NS_PER_MS 1000000LL
#define NS_PER_S  1000000000LL

struct clock {
    int64_t (*now_ns)(const struct clock *clock);
    int64_t fixed_ns; /* what clock_fixed() answers */
};

int64_t clock_now_ns(const struct clock *clock);

struct clock clock_real(void);      /* CLOCK_REALTIME, since the epoch */
struct clock clock_monotonic(void); /* CLOCK_MONOTONIC, for waiting */
struct clock clock_fixed(int64_t ns);

#endif

#include "base/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int64_t real_now_ns(const struct clock *clock)
{
    (void)clock;
    return read_clock(CLOCK_REALTIME);
}

static int64_t monotonic_now_ns(const struct clock *clock)
{
    (void)clock;
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t fixed_now_ns(const struct clock *clock)
{
    return clock->fixed_ns;
}

int64_t clock_now_ns(const struct clock *clock)
{
    return clock->now_ns(clock);
}

struct clock clock_real(void)
{
    return (struct clock){.now_ns = real_now_ns};
}

struct clock clock_monotonic(void)
{
    return (struct clock){.now_ns = monotonic_now_ns};
}

struct clock clock_fixed(int64_t ns)
{
    return (struct clock){.now_ns = fixed_now_ns, .fixed_ns = ns};
}

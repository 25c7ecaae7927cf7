/*
 * Arithmetic of 32-bit sequence numbers that wrap (RFC 9293 3.4).
 */
#ifndef SOCKSTEP_NET_SEQUENCE_H
#define SOCKSTEP_NET_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

/* How far b lies behind a, as a signed distance: negative when a is before b. */
static inline int32_t sequence_distance(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

static inline bool sequence_before(uint32_t a, uint32_t b)
{
    return sequence_distance(a, b) < 0;
}

static inline bool sequence_after(uint32_t a, uint32_t b)
{
    return sequence_distance(a, b) > 0;
}

#endif

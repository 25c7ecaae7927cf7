/* Waiting before a call: for the lab to settle, and at the gate. */
#ifndef SOCKSTEP_PROBE_GATES_H
#define SOCKSTEP_PROBE_GATES_H

#include <stdatomic.h>
#include <stdint.h>

#include "probe/session.h"

void gates_settle_slowly(void);
uint32_t gates_wait_slowly(uint32_t call_id);

/* Waits while the lab asks the kernel about a packet that has just been delivered; 50 ms at most. */
static inline void gates_settle(void)
{
    if (session.settle != NULL &&
        (atomic_load_explicit(&session.settle->settle[session.settle_index], memory_order_acquire) & 1) != 0)
        gates_settle_slowly();
}

/* Waits at the gate when it is closed. Returns 0 to go on, or 1 + the errno that the call shall fail with. */
static inline uint32_t gates_wait(uint32_t call_id)
{
    if (__builtin_expect(
            atomic_load_explicit(&session.ring.header->gate_mode, memory_order_relaxed) == RING_GATE_OPEN, 1))
        return 0;
    return gates_wait_slowly(call_id);
}

#endif

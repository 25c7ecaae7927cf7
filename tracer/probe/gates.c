#include "probe/gates.h"

#include <stdbool.h>
#include <stddef.h>

#include "probe/raw.h"

#define SETTLE_MAX_NS 50000000
#define SETTLE_NS     50000L
#define SLICE_MS      100
#define SLOT_NS       1000000L

/* A value that was waited for in vain: the lab is gone, or slow; nobody waits for it twice. */
static _Atomic uint32_t vain;

void gates_settle_slowly(void)
{
    const _Atomic uint32_t *word = &session.settle->settle[session.settle_index];
    uint32_t value = atomic_load(word);

    if (value == atomic_load(&vain))
        return;
    for (int64_t start = raw_now_ns(); raw_now_ns() - start < SETTLE_MAX_NS;) {
        raw_sleep_ns(SETTLE_NS);
        if (atomic_load(word) != value)
            return;
    }
    atomic_store(&vain, value);
}

static struct ring_gate *take_slot(uint32_t call_id)
{
    for (int i = 0; i < RING_GATE_SLOTS; i++) {
        struct ring_gate *gate = &session.ring.header->gates[i];
        uint32_t nobody = 0;

        if (atomic_compare_exchange_strong(&gate->waiting, &nobody, call_id))
            return gate;
    }
    return NULL;
}

static bool closed(void)
{
    return atomic_load(&session.ring.header->gate_mode) != RING_GATE_OPEN && session_listener_lives();
}

static uint32_t leave(struct ring_gate *gate, uint32_t call_id)
{
    uint32_t order = 0;

    if (!atomic_compare_exchange_strong(&gate->waiting, &call_id, 0)) {
        order = atomic_load(&gate->order);
        atomic_store(&gate->waiting, 0);
    }
    return order;
}

uint32_t gates_wait_slowly(uint32_t call_id)
{
    struct ring_gate *gate = take_slot(call_id);

    while (gate == NULL && closed()) {
        raw_sleep_ns(SLOT_NS);
        gate = take_slot(call_id);
    }
    if (gate == NULL)
        return 0;
    while (atomic_load(&gate->waiting) == call_id && closed())
        raw_futex_wait(&gate->waiting, call_id, SLICE_MS);
    return leave(gate, call_id);
}

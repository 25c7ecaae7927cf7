/*
 * Where flows are kept: blocks that never move, found through open addressing. A slot is a flow's number and
 * eight bits of its hash, so that most strangers are passed by without a look at the flow.
 */
#ifndef SOCKSTEP_FLOW_TABLE_H
#define SOCKSTEP_FLOW_TABLE_H

#include "flow/internal.h"

#define BLOCK_FLOWS 4096
#define SLOT_EMPTY  0xffffffffU
#define NUMBER_BITS 24
#define NUMBER_MASK ((1U << NUMBER_BITS) - 1)

struct store {
    struct flow **blocks; /* of BLOCK_FLOWS each */
    uint32_t block_count;
    uint32_t count; /* numbers given out; up to `max` */
    uint32_t max;
    uint32_t *slots; /* hash bits << 24 | number */
    uint32_t slot_mask, slots_used;
    uint32_t rare_count; /* flows with a struct flow_rare */
    uint32_t hand;       /* of the clock that finds the flow to put out */
};

void store_init(struct store *store, uint32_t max);
void store_release(struct store *store);

static inline struct flow *store_flow(const struct store *store, uint32_t number)
{
    return &store->blocks[number / BLOCK_FLOWS][number % BLOCK_FLOWS];
}

static inline bool store_is(const struct flow *flow, const struct flow_key *key)
{
    const uint64_t *a = flow->key, *b = key->words;
    return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) | (a[4] ^ b[4])) == 0;
}

struct flow *store_search(const struct store *store, const struct flow_key *key);

/* The flow with this key that is not replaced, or NULL. */
static inline struct flow *store_find(const struct store *store, const struct flow_key *key)
{
    if (key->guess < store->count) {
        struct flow *guess = store_flow(store, key->guess);
        if ((guess->marks & FLOW_REPLACED) == 0 && store_is(guess, key))
            return guess;
    }
    return store_search(store, key);
}

/* The number of a flow that may be the one with this hash, to fetch its memory early; or SLOT_EMPTY. */
static inline uint32_t store_guess(const struct store *store, uint32_t hash)
{
    uint32_t at = hash & store->slot_mask;
    for (; store->slots[at] != SLOT_EMPTY; at = (at + 1) & store->slot_mask)
        if (((store->slots[at] ^ hash) & ~NUMBER_MASK) == 0)
            return store->slots[at] & NUMBER_MASK;
    return SLOT_EMPTY;
}

/* The number of the next flow that has to make room for a new one, or SLOT_EMPTY while there is room. */
uint32_t store_victim(struct store *store);

/* Puts a zeroed flow with this key into place `number` (of a victim that was told of) or, with SLOT_EMPTY,
 * into a new one. A flow with the same key is marked as replaced. */
struct flow *store_add(struct store *store, const struct flow_key *key, uint32_t number);

size_t store_bytes(const struct store *store);

#endif

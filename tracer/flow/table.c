#include "flow/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define SLOTS_FIRST 1024

void store_init(struct store *store, uint32_t max)
{
    *store = (struct store){.max = max < NUMBER_MASK ? max : NUMBER_MASK};
    store->slots = xmalloc(SLOTS_FIRST * sizeof *store->slots);
    memset(store->slots, 0xff, SLOTS_FIRST * sizeof *store->slots);
    store->slot_mask = SLOTS_FIRST - 1;
}

void store_release(struct store *store)
{
    for (uint32_t i = 0; i < store->count && store->rare_count != 0; i++) {
        store->rare_count -= store_flow(store, i)->rare != NULL;
        free(store_flow(store, i)->rare);
    }
    for (uint32_t i = 0; i < store->block_count; i++)
        free(store->blocks[i]);
    free(store->blocks);
    free(store->slots);
    *store = (struct store){0};
}

static uint32_t slot_of(uint32_t hash, uint32_t number)
{
    return (hash & ~NUMBER_MASK) | number;
}

/* Made again when it is needed: the slot has only eight bits of it. */
static uint32_t hash_of(const struct flow *flow)
{
    return flow_key_hash(flow->key);
}

/* The slot that holds the key's flow, or the empty one where it would go. */
static uint32_t find_slot(const struct store *store, const struct flow_key *key)
{
    uint32_t at = key->hash & store->slot_mask;
    for (; store->slots[at] != SLOT_EMPTY; at = (at + 1) & store->slot_mask) {
        uint32_t slot = store->slots[at];
        if (((slot ^ key->hash) & ~NUMBER_MASK) == 0 && store_is(store_flow(store, slot & NUMBER_MASK), key))
            break;
    }
    return at;
}

struct flow *store_search(const struct store *store, const struct flow_key *key)
{
    uint32_t slot = store->slots[find_slot(store, key)];
    return slot == SLOT_EMPTY ? NULL : store_flow(store, slot & NUMBER_MASK);
}

static void put_slot(uint32_t *slots, uint32_t mask, uint32_t hash, uint32_t slot)
{
    uint32_t at = hash & mask;
    while (slots[at] != SLOT_EMPTY)
        at = (at + 1) & mask;
    slots[at] = slot;
}

static void grow_slots(struct store *store)
{
    uint32_t mask = store->slot_mask * 2 + 1;
    uint32_t *slots = xmalloc(((size_t)mask + 1) * sizeof *slots);
    memset(slots, 0xff, ((size_t)mask + 1) * sizeof *slots);
    for (uint32_t i = 0; i <= store->slot_mask; i++)
        if (store->slots[i] != SLOT_EMPTY)
            put_slot(slots, mask, hash_of(store_flow(store, store->slots[i] & NUMBER_MASK)), store->slots[i]);
    free(store->slots);
    store->slots = slots;
    store->slot_mask = mask;
}

/* What lies behind in the same run moves up, so that no search ends too early. */
static void remove_slot(struct store *store, uint32_t at)
{
    uint32_t mask = store->slot_mask, hole = at;
    for (uint32_t i = (at + 1) & mask; store->slots[i] != SLOT_EMPTY; i = (i + 1) & mask) {
        uint32_t home = hash_of(store_flow(store, store->slots[i] & NUMBER_MASK)) & mask;
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        store->slots[hole] = store->slots[i];
        hole = i;
    }
    store->slots[hole] = SLOT_EMPTY;
    store->slots_used--;
}

static void forget(struct store *store, uint32_t number)
{
    struct flow *flow = store_flow(store, number);
    if ((flow->marks & FLOW_REPLACED) == 0) {
        struct flow_key key = {.hash = hash_of(flow)};
        memcpy(key.words, flow->key, sizeof key.words);
        remove_slot(store, find_slot(store, &key));
    }
    store->rare_count -= flow->rare != NULL;
    free(flow->rare);
}

uint32_t store_victim(struct store *store)
{
    if (store->count < store->max)
        return SLOT_EMPTY;
    for (;;) {
        uint32_t number = store->hand;
        struct flow *flow = store_flow(store, number);
        store->hand = number + 1 < store->count ? number + 1 : 0;
        if ((flow->marks & FLOW_TOUCHED) == 0)
            return number;
        flow->marks &= (uint8_t)~FLOW_TOUCHED;
    }
}

static uint32_t new_number(struct store *store)
{
    if (store->count == store->block_count * BLOCK_FLOWS) {
        store->blocks = xrealloc(store->blocks, (store->block_count + 1) * sizeof *store->blocks);
        store->blocks[store->block_count++] = xmalloc(BLOCK_FLOWS * sizeof(struct flow));
    }
    return store->count++;
}

struct flow *store_add(struct store *store, const struct flow_key *key, uint32_t number)
{
    if (number != SLOT_EMPTY)
        forget(store, number);
    else
        number = new_number(store);
    if (store->slots_used >= store->slot_mask - store->slot_mask / 3)
        grow_slots(store);
    uint32_t at = find_slot(store, key);
    if (store->slots[at] == SLOT_EMPTY)
        store->slots_used++;
    else
        store_flow(store, store->slots[at] & NUMBER_MASK)->marks |= FLOW_REPLACED;
    store->slots[at] = slot_of(key->hash, number);
    struct flow *flow = store_flow(store, number);
    memset(flow, 0, sizeof *flow);
    memcpy(flow->key, key->words, sizeof flow->key);
    return flow;
}

size_t store_bytes(const struct store *store)
{
    return (size_t)store->count * sizeof(struct flow) + store->block_count * sizeof *store->blocks +
           ((size_t)store->slot_mask + 1) * sizeof *store->slots +
           store->rare_count * sizeof(struct flow_rare);
}

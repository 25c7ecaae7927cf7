/*
 * Addresses for addresses: two that share their first n bits become two that share exactly n, so that
 * networks stay networks (Xu, Fan, Ammar, Moon: Prefix-preserving IP address anonymization, ICNP 2002).
 * 0.0.0.0/8, 127.0.0.0/8, 224.0.0.0/3, ::/96 and ff00::/8 stay what they are, so do ports and the prefixes
 * ::ffff:0:0/96 and fe80::/10.
 *
 * The key is made from the record itself, so that the same record gives the same file. Who has the record can
 * make it again; who has only the file cannot.
 */
#ifndef SOCKSTEP_EXPORT_ADDRESS_MAP_H
#define SOCKSTEP_EXPORT_ADDRESS_MAP_H

#include <stddef.h>

#include "timeline/timeline.h"

struct address_map {
    uint64_t key[2];
};

struct address_map address_map_for(const struct timeline *timeline);

struct address address_map_apply(const struct address_map *map, const struct address *address);

/* `bytes` in network order: 4 or 16, or the 6 of an Ethernet address. */
void address_map_bytes(const struct address_map *map, uint8_t *bytes, size_t count);

/* The text with every address in it replaced, for the caller to free. */
char *address_map_text(const struct address_map *map, const char *text, size_t count);

#endif

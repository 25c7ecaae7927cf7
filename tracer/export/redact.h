/*
 * What may not leave the house: payload, addresses. Works on a timeline of one's own (export_select()), in
 * place, on every field that reaches a file: bytes, decoded packets, calls, names, words.
 *
 * Payload: what programs handed over, what follows the headers of a packet, and what programs printed goes;
 * lengths stay.
 *
 * Addresses: each becomes another, the same one everywhere. What they look like is in address_map.h. Of
 * Ethernet addresses only the group bit stays; hosts of captures that are not from the lab lose their names.
 * Bytes that could hide more addresses (IP options, tunnels, ARP, protocols that are not TCP, UDP or ICMP)
 * go. Checksums stay right or wrong as they were. Payload is not searched for addresses: ask for both.
 */
#ifndef SOCKSTEP_EXPORT_REDACT_H
#define SOCKSTEP_EXPORT_REDACT_H

#include "export/address_map.h"
#include "export/export.h"

/* Does what the options say and says so at the head of timeline->info.note. */
void redact_timeline(struct timeline *timeline, const struct export_options *options);

/* One packet's bytes and what was decoded of them. */
void redact_packet_payload(struct event *event);
void redact_packet_addresses(struct event *event, const struct address_map *map);

#endif

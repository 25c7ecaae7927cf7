/* For packet_fuzz.c: whether two ways of decoding say the same of a packet. */
#ifndef SOCKSTEP_TESTS_PACKET_SAME_H
#define SOCKSTEP_TESTS_PACKET_SAME_H

#include <stdlib.h>
#include <string.h>

#include "net/packet.h"

enum { WRAPPED_BYTES = 8 };

static inline void must(bool sound)
{
    if (!sound)
        abort();
}

static inline void expect_same_tcp(const struct packet_tcp *a, const struct packet_tcp *b)
{
    must(a->sequence == b->sequence && a->acknowledgment == b->acknowledgment && a->window == b->window);
    must(a->urgent == b->urgent && a->flags == b->flags && a->option_mss == b->option_mss);
    must(a->option_window_shift == b->option_window_shift && a->option_timestamps == b->option_timestamps);
    must(a->option_sack_permitted == b->option_sack_permitted && a->sack_count == b->sack_count);
    must(memcmp(a->sack_left, b->sack_left, a->sack_count * sizeof a->sack_left[0]) == 0);
    must(memcmp(a->sack_right, b->sack_right, a->sack_count * sizeof a->sack_right[0]) == 0);
    if (a->option_timestamps)
        must(a->timestamp_value == b->timestamp_value && a->timestamp_echo == b->timestamp_echo);
}

/* `b` was told of the same packet behind WRAPPED_BYTES more. */
static inline void expect_same(const struct packet *a, const struct packet *b)
{
    must(address_equal(&a->source, &b->source) && address_equal(&a->destination, &b->destination));
    must(memcmp(a->source.ip, b->source.ip, 16) == 0 &&
         memcmp(a->destination.ip, b->destination.ip, 16) == 0);
    must(a->protocol == b->protocol && a->has_transport == b->has_transport && a->tunnels == b->tunnels);
    must(a->ip_id == b->ip_id && a->hop_limit == b->hop_limit && a->damage == b->damage);
    must(a->fragment_offset == b->fragment_offset && a->more_fragments == b->more_fragments);
    must(a->wire_bytes + WRAPPED_BYTES == b->wire_bytes && a->payload_bytes == b->payload_bytes);
    must(a->payload_present == b->payload_present && a->reassembled == b->reassembled);
    must(a->checksum_bad == b->checksum_bad && a->checksum_judged == b->checksum_judged);
    if (!a->has_transport)
        return;
    must(a->payload_offset + WRAPPED_BYTES == b->payload_offset);
    must(a->ip_offset + WRAPPED_BYTES == b->ip_offset);
    if (a->protocol == PROTOCOL_TCP)
        expect_same_tcp(&a->tcp, &b->tcp);
}

#endif

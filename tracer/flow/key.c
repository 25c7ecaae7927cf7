/*
 * The key of a flow: protocol and both ends, the smaller first, so that both directions have the same key.
 * Words 0 and 1 are the smaller address, 2 and 3 the greater, 4 the ports, the address family and the
 * protocol.
 */
#include "flow/internal.h"

#include <string.h>

static void finish(struct flow_key *key, uint8_t protocol, const struct address *source,
                   const struct address *destination, bool swapped)
{
    uint16_t low = swapped ? destination->port : source->port;
    uint16_t high = swapped ? source->port : destination->port;
    key->words[4] =
        (uint64_t)low | (uint64_t)high << 16 | (uint64_t)source->family << 32 | (uint64_t)protocol << 40;
    key->swapped = swapped;
    key->usable = true;
    key->hash = flow_key_hash(key->words);
}

/* Four bytes are read as they were written: as one word. */
static void make_ipv4(uint8_t protocol, const struct address *source, const struct address *destination,
                      struct flow_key *key)
{
    uint32_t a, b;
    memcpy(&a, source->ip, sizeof a);
    memcpy(&b, destination->ip, sizeof b);
    bool swapped = a != b ? a > b : source->port > destination->port;
    key->words[0] = swapped ? b : a;
    key->words[2] = swapped ? a : b;
    key->words[1] = key->words[3] = 0;
    finish(key, protocol, source, destination, swapped);
}

static void make(uint8_t protocol, const struct address *source, const struct address *destination,
                 struct flow_key *key)
{
    uint64_t a[2], b[2];
    if (source->family == ADDRESS_IPV4) {
        make_ipv4(protocol, source, destination, key);
        return;
    }
    memcpy(a, source->ip, sizeof a);
    memcpy(b, destination->ip, sizeof b);
    bool swapped = a[0] != b[0] ? a[0] > b[0] : a[1] != b[1] ? a[1] > b[1] : source->port > destination->port;
    memcpy(&key->words[0], swapped ? b : a, sizeof a);
    memcpy(&key->words[2], swapped ? a : b, sizeof a);
    finish(key, protocol, source, destination, swapped);
}

/* An ICMP error belongs to the flow of the packet that it quotes. */
void flow_key_make(const struct packet *packet, struct flow_key *ret_key)
{
    ret_key->usable = false;
    ret_key->quoted = false;
    ret_key->guess = UINT32_MAX;
    if (packet->protocol == PROTOCOL_TCP || packet->protocol == PROTOCOL_UDP) {
        if (packet->has_transport)
            make(packet->protocol, &packet->source, &packet->destination, ret_key);
        return;
    }
    uint8_t quoted = packet->icmp.quoted_protocol;
    bool is_icmp = packet->protocol == PROTOCOL_ICMP || packet->protocol == PROTOCOL_ICMPV6;
    if (!is_icmp || (quoted != PROTOCOL_TCP && quoted != PROTOCOL_UDP))
        return;
    make(quoted, &packet->icmp.quoted_source, &packet->icmp.quoted_destination, ret_key);
    ret_key->quoted = true;
}

void flow_key_ends(const uint64_t key[5], struct address ret_ends[2])
{
    for (int i = 0; i < 2; i++) {
        ret_ends[i] =
            (struct address){.family = (uint8_t)(key[4] >> 32), .port = (uint16_t)(key[4] >> (16 * i))};
        memcpy(ret_ends[i].ip, &key[2 * i], sizeof ret_ends[i].ip);
    }
}

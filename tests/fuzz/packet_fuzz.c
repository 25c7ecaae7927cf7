/* Any bytes as a packet: the first two choose the link type and how much longer the packet was on the wire.
 */
#include "tests/fuzz/fuzz_main.h"

#include <stdlib.h>
#include <string.h>

#include "net/packet.h"

static const enum link_type links[] = {
    LINK_ETHERNET,    LINK_RAW,
    LINK_NULL,        LINK_LINUX_SLL,
    LINK_LINUX_SLL2,  LINK_PPP,
    LINK_RAW_OPENBSD, LINK_LOOP,
    LINK_IPV4,        LINK_IPV6,
    LINK_RAW_BSD,     LINK_IEEE802_11,
    LINK_RADIOTAP,    LINK_PRISM,
    LINK_AVS,         LINK_PPI,
    LINK_PKTAP,       LINK_PPPOE,
    LINK_PPP_HDLC,    LINK_CISCO_HDLC,
    LINK_FRAME_RELAY, LINK_NFLOG,
    LINK_INFINIBAND,  LINK_FDDI,
    LINK_ATM_RFC1483, LINK_PPP_WITH_DIRECTION,
};

enum { WRAPPED_BYTES = 8 };

static void must(bool sound)
{
    if (!sound)
        abort();
}

static void expect_sound(const struct packet *packet, int result, size_t captured)
{
    must(packet->payload_present <= packet->payload_bytes);
    must(packet->payload_offset + (size_t)packet->payload_present <= captured);
    must(packet->ip_offset <= captured);
    must((result == 0) == (packet->damage == NULL));
    must(!packet->checksum_bad || packet->checksum_judged);
    if (packet->has_transport && packet->protocol == PROTOCOL_TCP)
        must(packet->tcp.sack_count <= 4);
}

static void expect_same_tcp(const struct packet_tcp *a, const struct packet_tcp *b)
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
static void expect_same(const struct packet *a, const struct packet *b)
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

/* Inside a PPI header no packet goes the quick way; the answer must be the same. */
static void read_wrapped(uint32_t link, const uint8_t *bytes, size_t captured, size_t wire, unsigned options,
                         const struct packet *expected)
{
    uint8_t *wrapped = malloc(WRAPPED_BYTES + captured);
    struct packet packet;
    must(wrapped != NULL);
    const uint8_t header[WRAPPED_BYTES] = {0, 0, WRAPPED_BYTES, 0, (uint8_t)link, (uint8_t)(link >> 8), 0, 0};
    memcpy(wrapped, header, sizeof header);
    memcpy(wrapped + WRAPPED_BYTES, bytes, captured);
    packet_read(LINK_PPI, wrapped, captured + WRAPPED_BYTES, wire + WRAPPED_BYTES, options, &packet);
    expect_same(expected, &packet);
    free(wrapped);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static const unsigned options[] = {PACKET_OUTER, PACKET_INNERMOST | PACKET_CHECKSUM, 1 | PACKET_CHECKSUM};
    if (count < 2)
        return 0;
    enum link_type link = links[bytes[0] % (sizeof links / sizeof links[0])];
    size_t captured = count - 2, wire = captured + bytes[1];
    struct packet packet;
    int result = packet_decode(link, bytes + 2, captured, wire, &packet);
    expect_sound(&packet, result, captured);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        memset(&packet, 0xa5, sizeof packet);
        result = packet_read(link, bytes + 2, captured, wire, options[i], &packet);
        expect_sound(&packet, result, captured);
        if (link == LINK_ETHERNET || link == LINK_LINUX_SLL || link == LINK_RAW)
            read_wrapped(link, bytes + 2, captured, wire, options[i], &packet);
    }
    return 0;
}

/* Any bytes as a packet: the first two choose the link type and how much longer the packet was on the wire.
 */
#include "tests/fuzz/fuzz_main.h"

#include <stdlib.h>
#include <string.h>

#include "net/packet.h"
#include "tests/fuzz/packet_same.h"

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

#include <stdint.h>
#include <string.h>

#include "net/decode.h"

static void ip_take(const struct ip_header *ip, size_t ip_offset, struct packet *packet)
{
    packet->source = ip->source;
    packet->destination = ip->destination;
    packet->ip_id = (uint16_t)ip->id;
    packet->fragment_offset = ip->fragment_offset;
    packet->more_fragments = ip->more_fragments;
    packet->hop_limit = ip->hop_limit;
    packet->protocol = ip->protocol;
    packet->ip_offset = (uint32_t)ip_offset;
}

/* One IP header and what it carries. The span is left at the IP payload, or at the payload of UDP. */
static int datagram_decode(int version, unsigned options, struct span *span, struct ip_header *ip,
                           struct packet *packet)
{
    size_t ip_offset = span->offset;
    int result = ip_decode(version, span, ip, &packet->damage);
    ip_take(ip, ip_offset, packet);
    if (result != 0)
        return result;
    struct span transport = *span;
    result = transport_decode(ip, &transport, options, packet);
    if (packet->protocol == PROTOCOL_UDP && packet->has_transport)
        *span = transport;
    if (result == 0 && ip->longer_than_frame)
        result = decode_damage(&packet->damage, EPROTO, "the IP packet is longer than the frame");
    return result;
}

static bool enter(const struct packet *packet, struct span *span, int *version)
{
    if (packet->fragment_offset != 0 || packet->more_fragments)
        return false;
    if (packet->protocol == PROTOCOL_UDP)
        return packet->has_transport &&
               tunnel_enter_udp(packet->source.port, packet->destination.port, span, version);
    return tunnel_enter(packet->protocol, span, version);
}

/* A tunnel counts as one only if an IP header is found in it. */
static bool inner_decode(unsigned options, struct span *span, struct packet *packet, int *ret_result)
{
    int version;
    struct span inside = *span;
    struct ip_header ip;
    struct packet inner = {
        .wire_bytes = packet->wire_bytes,
        .tunnels = (uint8_t)(packet->tunnels + 1),
        .tcp = {.option_window_shift = -1},
    };
    const char *ignored;
    if (!enter(packet, &inside, &version))
        return false;
    struct span probe = inside;
    if (ip_decode(version, &probe, &ip, &ignored) != 0)
        return false;
    *ret_result = datagram_decode(version, options, &inside, &ip, &inner);
    *packet = inner;
    *span = inside;
    return true;
}

static int layers_decode(enum link_type link, unsigned options, struct span *span, struct packet *packet)
{
    int version = 0;
    int result = link_decode(link, span, &version, &packet->damage);
    if (result != 0)
        return result;
    struct ip_header ip;
    result = datagram_decode(version, options, span, &ip, packet);
    unsigned depth = options & PACKET_INNERMOST;
    while (ip.is_sound && packet->tunnels < depth && inner_decode(options, span, packet, &result))
        continue;
    return result;
}

int packet_read(enum link_type link, const uint8_t *bytes, size_t captured, size_t wire_bytes,
                unsigned options, struct packet *ret_packet)
{
    if (packet_quick(link, bytes, captured, wire_bytes, options, ret_packet))
        return 0;
    if (wire_bytes < captured)
        wire_bytes = captured;
    if (wire_bytes > UINT32_MAX)
        wire_bytes = UINT32_MAX;
    if (captured > wire_bytes)
        captured = wire_bytes;
    memset(ret_packet, 0, sizeof *ret_packet);
    ret_packet->wire_bytes = (uint32_t)wire_bytes;
    ret_packet->tcp.option_window_shift = -1;
    struct span span = {.bytes = bytes, .captured = captured, .wire = wire_bytes};
    return layers_decode(link, options, &span, ret_packet);
}

int packet_decode(enum link_type link, const uint8_t *bytes, size_t captured, size_t wire_bytes,
                  struct packet *ret_packet)
{
    memset(ret_packet, 0, sizeof *ret_packet);
    ret_packet->tcp.option_window_shift = -1;
    return packet_read(link, bytes, captured, wire_bytes, PACKET_OUTER | PACKET_CHECKSUM, ret_packet);
}

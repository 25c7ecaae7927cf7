#include <stdint.h>

#include "net/decode.h"

static int layers_decode(enum link_type link, struct span *span, struct packet *packet)
{
    int version = 0;
    int result = link_decode(link, span, &version, &packet->damage);
    if (result != 0)
        return result;
    struct ip_header ip;
    result = ip_decode(version, span, &ip, &packet->damage);
    packet->source = ip.source;
    packet->destination = ip.destination;
    packet->ip_id = ip.id;
    packet->fragment_offset = ip.fragment_offset;
    packet->more_fragments = ip.more_fragments;
    packet->hop_limit = ip.hop_limit;
    packet->protocol = ip.protocol;
    if (result == 0)
        result = transport_decode(&ip, span, packet);
    if (result == 0 && ip.longer_than_frame)
        result = decode_damage(&packet->damage, EPROTO, "the IP packet is longer than the frame");
    return result;
}

int packet_decode(enum link_type link, const uint8_t *bytes, size_t captured, size_t wire_bytes,
                  struct packet *ret_packet)
{
    if (wire_bytes < captured)
        wire_bytes = captured;
    if (wire_bytes > UINT32_MAX)
        wire_bytes = UINT32_MAX;
    if (captured > wire_bytes)
        captured = wire_bytes;
    struct packet packet = {.wire_bytes = (uint32_t)wire_bytes, .tcp = {.option_window_shift = -1}};
    struct span span = {.bytes = bytes, .captured = captured, .wire = wire_bytes};
    int result = layers_decode(link, &span, &packet);
    *ret_packet = packet;
    return result;
}

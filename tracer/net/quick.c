/*
 * The packets that nearly all are: Ethernet, cooked or raw; IPv4 without options or IPv6 without extension
 * headers, no fragment; TCP or UDP with a whole header. Each is written straight to where it is wanted.
 * Whatever is odd in the least is left to the layers, which say the same of these packets (a test compares
 * them).
 */
#include <string.h>

#include "net/decode.h"

struct quick {
    const uint8_t *bytes;
    size_t captured, wire;
    size_t transport; /* where the transport header begins */
    size_t end;       /* of the IP packet; never behind `wire` */
};

/* Where the IP header begins; SIZE_MAX when it is not for us. *ret_version is 0 when its first bits tell. */
static inline size_t ip_begins(enum link_type link, const uint8_t *bytes, size_t captured)
{
    size_t at = link == LINK_ETHERNET ? 14 : link == LINK_LINUX_SLL ? 16 : link == LINK_RAW ? 0 : SIZE_MAX;
    if (at == SIZE_MAX || captured < at + 20)
        return SIZE_MAX;
    if (at == 0)
        return at;
    uint16_t ethertype = read_be16(bytes + at - 2);
    bool agrees = bytes[at] >> 4 == 4 ? ethertype == 0x0800 : ethertype == 0x86dd;
    return agrees ? at : SIZE_MAX;
}

static inline bool ipv4_take(struct quick *quick, size_t at, struct packet *packet)
{
    const uint8_t *ip = quick->bytes + at;
    size_t total = read_be16(ip + 2);
    if (ip[0] != 0x45 || (read_be16(ip + 6) & 0x3fff) != 0 || total < 28 || total > quick->wire - at)
        return false;
    packet->source.family = packet->destination.family = ADDRESS_IPV4;
    memcpy(packet->source.ip, ip + 12, 4);
    memset(packet->source.ip + 4, 0, 12);
    memcpy(packet->destination.ip, ip + 16, 4);
    memset(packet->destination.ip + 4, 0, 12);
    packet->ip_id = read_be16(ip + 4);
    packet->hop_limit = ip[8];
    packet->protocol = ip[9];
    quick->transport = at + 20;
    quick->end = at + total;
    return true;
}

static inline bool ipv6_take(struct quick *quick, size_t at, struct packet *packet)
{
    const uint8_t *ip = quick->bytes + at;
    if (quick->captured < at + 40 || ip[0] >> 4 != 6)
        return false;
    size_t payload = read_be16(ip + 4);
    if (payload < 8 || payload > quick->wire - at - 40)
        return false;
    packet->source.family = packet->destination.family = ADDRESS_IPV6;
    memcpy(packet->source.ip, ip + 8, 16);
    memcpy(packet->destination.ip, ip + 24, 16);
    packet->ip_id = 0;
    packet->protocol = ip[6];
    packet->hop_limit = ip[7];
    quick->transport = at + 40;
    quick->end = at + 40 + payload;
    return true;
}

/* What Linux sends on every segment: two NOPs and the timestamps. */
static inline bool options_take(const uint8_t *options, size_t count, struct packet_tcp *tcp)
{
    tcp->option_mss = 0;
    tcp->option_window_shift = -1;
    tcp->option_sack_permitted = false;
    tcp->option_timestamps = false;
    tcp->sack_count = 0;
    if (count == 0)
        return true;
    if (count == 12 && memcmp(options, "\x01\x01\x08\x0a", 4) == 0) {
        tcp->option_timestamps = true;
        tcp->timestamp_value = read_be32(options + 4);
        tcp->timestamp_echo = read_be32(options + 8);
        return true;
    }
    return tcp_options_decode(options, count, tcp) == 0;
}

static inline bool tcp_take(const struct quick *quick, struct packet *packet, size_t *ret_header_bytes)
{
    const uint8_t *header = quick->bytes + quick->transport;
    if (quick->captured < quick->transport + 20)
        return false;
    size_t bytes = (size_t)(header[12] >> 4) * 4;
    if (bytes < 20 || quick->transport + bytes > quick->captured || quick->transport + bytes > quick->end)
        return false;
    packet->tcp.sequence = read_be32(header + 4);
    packet->tcp.acknowledgment = read_be32(header + 8);
    packet->tcp.flags = header[13];
    packet->tcp.window = read_be16(header + 14);
    packet->tcp.urgent = read_be16(header + 18);
    *ret_header_bytes = bytes;
    return options_take(header + 20, bytes - 20, &packet->tcp);
}

static inline bool udp_take(const struct quick *quick, unsigned options, size_t *ret_header_bytes)
{
    const uint8_t *header = quick->bytes + quick->transport;
    if (quick->captured < quick->transport + 8 || read_be16(header + 4) != quick->end - quick->transport)
        return false;
    *ret_header_bytes = 8;
    return (options & PACKET_INNERMOST) == 0 ||
           (!tunnel_port(read_be16(header)) && !tunnel_port(read_be16(header + 2)));
}

/* As transport_decode() judges; that the packet is whole is all that is left to ask. */
static void checksum_take(const struct quick *quick, struct packet *packet)
{
    const uint8_t *header = quick->bytes + quick->transport;
    if (quick->captured < quick->end)
        return;
    bool is_udp = packet->protocol == PROTOCOL_UDP;
    bool has_none = is_udp && read_be16(header + 6) == 0;
    if (has_none && packet->source.family == ADDRESS_IPV4)
        return;
    packet->checksum_judged = true;
    packet->checksum_bad = has_none || checksum_is_bad(packet, header, quick->end - quick->transport);
}

static inline void rest_take(const struct quick *quick, size_t header_bytes, struct packet *packet)
{
    const uint8_t *header = quick->bytes + quick->transport;
    size_t payload = quick->transport + header_bytes;
    size_t seen = quick->captured < quick->end ? quick->captured : quick->end;
    packet->source.port = read_be16(header);
    packet->destination.port = read_be16(header + 2);
    packet->fragment_offset = 0;
    packet->more_fragments = false;
    packet->has_transport = true;
    packet->reassembled = false;
    packet->tunnels = 0;
    packet->wire_bytes = (uint32_t)quick->wire;
    packet->payload_bytes = (uint32_t)(quick->end - payload);
    packet->payload_offset = (uint32_t)payload;
    packet->payload_present = (uint32_t)(seen - payload);
    packet->checksum_bad = packet->checksum_judged = false;
    packet->damage = NULL;
}

bool packet_quick(enum link_type link, const uint8_t *bytes, size_t captured, size_t wire_bytes,
                  unsigned options, struct packet *packet)
{
    size_t at = ip_begins(link, bytes, captured), header_bytes;
    if (at == SIZE_MAX || wire_bytes < captured || wire_bytes > UINT32_MAX)
        return false;
    struct quick quick = {.bytes = bytes, .captured = captured, .wire = wire_bytes};
    if (!ipv4_take(&quick, at, packet) && !ipv6_take(&quick, at, packet))
        return false;
    bool is_tcp = packet->protocol == PROTOCOL_TCP;
    if (!is_tcp && packet->protocol != PROTOCOL_UDP)
        return false;
    if (!(is_tcp ? tcp_take(&quick, packet, &header_bytes) : udp_take(&quick, options, &header_bytes)))
        return false;
    packet->ip_offset = (uint32_t)at;
    rest_take(&quick, header_bytes, packet);
    if ((options & PACKET_CHECKSUM) != 0)
        checksum_take(&quick, packet);
    return true;
}

/* TCP (RFC 9293), UDP (RFC 768, RFC 2675), ICMP (RFC 792, RFC 4443). */
#include "net/decode.h"

static int damage(struct packet *packet, const char *text)
{
    return decode_damage(&packet->damage, EPROTO, text);
}

static void payload_set(struct packet *packet, const struct span *span)
{
    packet->payload_offset = (uint32_t)span->offset;
    packet->payload_bytes = (uint32_t)span->wire;
    packet->payload_present = (uint32_t)span->captured;
}

static uint32_t pseudo_header_sum(const struct packet *packet, size_t length)
{
    int address_words = packet->source.family == ADDRESS_IPV4 ? 2 : 8;
    uint32_t sum = packet->protocol + (uint32_t)(length >> 16) + (uint32_t)(length & 0xffff);
    for (int i = 0; i < address_words; i++) {
        sum += read_be16(packet->source.ip + (size_t)i * 2);
        sum += read_be16(packet->destination.ip + (size_t)i * 2);
    }
    return sum;
}

bool checksum_is_bad(const struct packet *packet, const uint8_t *segment, size_t count)
{
    uint32_t sum = packet->protocol == PROTOCOL_ICMP ? 0 : pseudo_header_sum(packet, count);
    return checksum_finish(checksum_add(sum, segment, count)) != 0;
}

/* `segment` is the transport header with its payload. */
static void checksum_judge(const struct ip_header *ip, const struct span *segment, struct packet *packet)
{
    bool whole = segment->captured == segment->wire && !ip->more_fragments && ip->fragment_offset == 0;
    if (!whole || !ip->length_known || ip->routed)
        return;
    packet->checksum_judged = true;
    packet->checksum_bad = checksum_is_bad(packet, segment->bytes, segment->captured);
}

static void tcp_fixed(const uint8_t *bytes, struct packet *packet)
{
    packet->tcp.sequence = read_be32(bytes + 4);
    packet->tcp.acknowledgment = read_be32(bytes + 8);
    packet->tcp.flags = bytes[13];
    packet->tcp.window = read_be16(bytes + 14);
    packet->tcp.urgent = read_be16(bytes + 18);
}

static int tcp_decode(const struct ip_header *ip, struct span *span, unsigned options, struct packet *packet)
{
    if (span->captured < 20)
        return damage(packet, "the TCP header is cut short");
    tcp_fixed(span->bytes, packet);
    size_t header_bytes = (size_t)(span->bytes[12] >> 4) * 4;
    if (header_bytes < 20)
        return damage(packet, "the TCP header length is below 20");
    if (header_bytes > span->wire)
        return damage(packet, "the TCP header is longer than the packet");
    packet->has_transport = true;
    if ((options & PACKET_CHECKSUM) != 0)
        checksum_judge(ip, span, packet);
    size_t present = header_bytes < span->captured ? header_bytes : span->captured;
    bool options_sound = tcp_options_decode(span->bytes + 20, present - 20, &packet->tcp) == 0;
    if (present < header_bytes) {
        packet->payload_bytes = (uint32_t)(span->wire - header_bytes);
        packet->payload_offset = (uint32_t)(span->offset + span->captured);
        return damage(packet, "the TCP options are cut short");
    }
    span_skip(span, header_bytes);
    payload_set(packet, span);
    return options_sound ? 0 : damage(packet, "a TCP option is damaged");
}

/* Length 0 means "what IP says", for jumbograms only. */
static int udp_length_apply(const struct ip_header *ip, struct span *span, struct packet *packet)
{
    size_t length = read_be16(span->bytes + 4);
    if (length == 0 && (ip->source.family == ADDRESS_IPV6 || !ip->length_known))
        return 0;
    if (length < 8)
        return damage(packet, "the UDP length is below 8");
    if (length <= span->wire)
        span_trim(span, length);
    else if (!ip->more_fragments)
        return damage(packet, "the UDP length is larger than the packet");
    return 0;
}

static int udp_decode(const struct ip_header *ip, struct span *span, unsigned options, struct packet *packet)
{
    if (span->captured < 8)
        return damage(packet, "the UDP header is cut short");
    int result = udp_length_apply(ip, span, packet);
    bool has_checksum = read_be16(span->bytes + 6) != 0 || ip->source.family == ADDRESS_IPV6;
    packet->has_transport = true;
    if (has_checksum && result == 0 && (options & PACKET_CHECKSUM) != 0)
        checksum_judge(ip, span, packet);
    /* RFC 8200 8.1: no checksum is not allowed over IPv6, even if 0 happens to be the sum. */
    if (packet->checksum_judged && read_be16(span->bytes + 6) == 0)
        packet->checksum_bad = true;
    span_skip(span, 8);
    payload_set(packet, span);
    return result;
}

static bool icmp_quotes(uint8_t protocol, uint8_t type)
{
    if (protocol == PROTOCOL_ICMPV6)
        return type >= 1 && type <= 4;
    return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static int icmp_decode(const struct ip_header *ip, struct span *span, unsigned options, struct packet *packet)
{
    if (span->captured < 8)
        return damage(packet, "the ICMP header is cut short");
    packet->icmp.type = span->bytes[0];
    packet->icmp.code = span->bytes[1];
    packet->icmp.rest = read_be32(span->bytes + 4);
    packet->has_transport = true;
    if ((options & PACKET_CHECKSUM) != 0)
        checksum_judge(ip, span, packet);
    span_skip(span, 8);
    payload_set(packet, span);
    if (icmp_quotes(ip->protocol, packet->icmp.type))
        icmp_quote_decode(ip->protocol == PROTOCOL_ICMPV6 ? 6 : 4, *span, packet);
    return 0;
}

static bool has_ports(uint8_t protocol)
{
    return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_DCCP ||
           protocol == PROTOCOL_SCTP || protocol == PROTOCOL_UDP_LITE;
}

void icmp_quote_decode(int version, struct span quote, struct packet *packet)
{
    struct packet_icmp *icmp = &packet->icmp;
    struct ip_header ip;
    const char *ignored;
    if (ip_decode(version, &quote, &ip, &ignored) != 0)
        return;
    icmp->quoted_protocol = ip.protocol;
    icmp->quoted_source = ip.source;
    icmp->quoted_destination = ip.destination;
    if (!has_ports(ip.protocol) || ip.fragment_offset != 0 || quote.captured < 4)
        return;
    icmp->quoted_source.port = read_be16(quote.bytes);
    icmp->quoted_destination.port = read_be16(quote.bytes + 2);
    if (ip.protocol == PROTOCOL_TCP && quote.captured >= 8)
        icmp->quoted_sequence = read_be32(quote.bytes + 4);
}

static void ports_set(const struct span *span, struct packet *packet)
{
    if (span->captured < 4)
        return;
    packet->source.port = read_be16(span->bytes);
    packet->destination.port = read_be16(span->bytes + 2);
}

int transport_decode(const struct ip_header *ip, struct span *span, unsigned options, struct packet *packet)
{
    switch (ip->fragment_offset == 0 ? ip->protocol : PROTOCOL_NONE) {
    case PROTOCOL_TCP: ports_set(span, packet); return tcp_decode(ip, span, options, packet);
    case PROTOCOL_UDP: ports_set(span, packet); return udp_decode(ip, span, options, packet);
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6: return icmp_decode(ip, span, options, packet);
    case PROTOCOL_DCCP:
    case PROTOCOL_SCTP:
    case PROTOCOL_UDP_LITE: ports_set(span, packet); break;
    }
    payload_set(packet, span);
    return 0;
}

#include "lab/damage.h"

#include <stdlib.h>
#include <string.h>

#define ETHERNET_BYTES 14
#define IPV4_BYTES     20
#define IPV6_BYTES     40
#define ICMP_BYTES     8
#define QUOTE_IPV4_MAX 548  /* RFC 1812 4.3.2.3: the message is at most 576 bytes */
#define QUOTE_IPV6_MAX 1232 /* RFC 4443 2.4: at most 1280 */
#define ROUTER_LAST    254

/* In the fixed header, a field that may be wrong without consequences before the checksum is judged. */
static uint32_t harmless_byte(const struct packet *packet)
{
    switch (packet->protocol) {
    case PROTOCOL_TCP: return 18; /* urgent pointer */
    case PROTOCOL_UDP: return 6;  /* the checksum itself */
    default: return 2;            /* ICMP: the checksum itself */
    }
}

static uint32_t transport_offset(const struct frame *frame)
{
    const struct packet *packet = &frame->packet;
    const uint8_t *ip = frame->bytes + ETHERNET_BYTES;
    return ETHERNET_BYTES + (packet->source.family == ADDRESS_IPV6 ? IPV6_BYTES : (uint32_t)(ip[0] & 15) * 4);
}

bool frame_corrupt(struct frame *frame, int at)
{
    const struct packet *packet = &frame->packet;
    if (packet->damage != NULL || packet->fragment_offset != 0)
        return false;
    uint32_t place = transport_offset(frame) + harmless_byte(packet);
    if (packet->payload_present != 0) {
        uint32_t byte = (uint32_t)at < packet->payload_present ? (uint32_t)at : packet->payload_present - 1;
        place = packet->payload_offset + byte;
    }
    if (place >= frame->kept_bytes)
        return false;
    frame->bytes[place] ^= 1;
    return true;
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

struct icmp_kind {
    uint8_t type, code;
};

static const struct icmp_kind kinds_ipv4[] = {
    [FAULT_ICMP_PORT] = {3, 3}, [FAULT_ICMP_HOST] = {3, 1}, [FAULT_ICMP_TOO_BIG] = {3, 4}};
static const struct icmp_kind kinds_ipv6[] = {
    [FAULT_ICMP_PORT] = {1, 4}, [FAULT_ICMP_HOST] = {1, 3}, [FAULT_ICMP_TOO_BIG] = {2, 0}};

/* Behind the IP header; `sum` covers what else the checksum does. */
static void put_message(uint8_t *at, struct icmp_kind kind, uint16_t mtu, const uint8_t *quote,
                        uint32_t quote_bytes, uint32_t sum)
{
    at[0] = kind.type;
    at[1] = kind.code;
    put16(at + 6, mtu); /* in both families the low half of the four bytes behind the checksum */
    memcpy(at + ICMP_BYTES, quote, quote_bytes);
    put16(at + 2, checksum_finish(checksum_add(sum, at, ICMP_BYTES + quote_bytes)));
}

static void put_ipv4(uint8_t *ip, const uint8_t *about, bool router, uint32_t message_bytes)
{
    ip[0] = 0x45;
    put16(ip + 2, IPV4_BYTES + message_bytes);
    ip[8] = 64;
    ip[9] = PROTOCOL_ICMP;
    memcpy(ip + 12, about + 16, 4);
    memcpy(ip + 16, about + 12, 4);
    if (router)
        ip[15] = ROUTER_LAST;
    put16(ip + 10, checksum_finish(checksum_add(0, ip, IPV4_BYTES)));
}

/* Returns the sum over the pseudo header (RFC 8200 8.1). */
static uint32_t put_ipv6(uint8_t *ip, const uint8_t *about, bool router, uint32_t message_bytes)
{
    uint8_t end[8] = {[7] = PROTOCOL_ICMPV6};
    ip[0] = 0x60;
    put16(ip + 4, message_bytes);
    ip[6] = PROTOCOL_ICMPV6;
    ip[7] = 64;
    memcpy(ip + 8, about + 24, 16);
    memcpy(ip + 24, about + 8, 16);
    if (router)
        ip[23] = ROUTER_LAST;
    put16(end + 2, message_bytes);
    return checksum_add(checksum_add(0, ip + 8, 32), end, sizeof end);
}

struct frame *frame_icmp_about(const struct frame *about, enum fault_icmp what, uint16_t mtu)
{
    const struct packet *packet = &about->packet;
    bool six = packet->source.family == ADDRESS_IPV6, router = what != FAULT_ICMP_PORT;
    if (packet->protocol == PROTOCOL_ICMP || packet->protocol == PROTOCOL_ICMPV6 ||
        packet->fragment_offset != 0 || about->kept_bytes < ETHERNET_BYTES + (six ? IPV6_BYTES : IPV4_BYTES))
        return NULL;
    const uint8_t *quote = about->bytes + ETHERNET_BYTES;
    uint32_t quote_bytes = about->kept_bytes - ETHERNET_BYTES, most = six ? QUOTE_IPV6_MAX : QUOTE_IPV4_MAX;
    if (quote_bytes > most)
        quote_bytes = most;
    uint8_t bytes[ETHERNET_BYTES + IPV6_BYTES + ICMP_BYTES + QUOTE_IPV6_MAX] = {0};
    uint32_t ip_bytes = six ? IPV6_BYTES : IPV4_BYTES, sum = 0;
    memcpy(bytes, about->bytes + 6, 6);
    memcpy(bytes + 6, about->bytes, 6);
    memcpy(bytes + 12, about->bytes + 12, 2);
    if (six)
        sum = put_ipv6(bytes + ETHERNET_BYTES, quote, router, ICMP_BYTES + quote_bytes);
    else
        put_ipv4(bytes + ETHERNET_BYTES, quote, router, ICMP_BYTES + quote_bytes);
    put_message(bytes + ETHERNET_BYTES + ip_bytes, (six ? kinds_ipv6 : kinds_ipv4)[what],
                what == FAULT_ICMP_TOO_BIG ? mtu : 0, quote, quote_bytes, sum);
    uint32_t total = ETHERNET_BYTES + ip_bytes + ICMP_BYTES + quote_bytes;
    struct frame *frame = frame_new(bytes, total, total);
    frame->host = about->to;
    frame->to = about->host;
    (void)packet_decode(LINK_ETHERNET, frame->bytes, total, total, &frame->packet);
    return frame;
}

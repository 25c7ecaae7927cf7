/* The bytes of a packet, and what was decoded of them. */
#include <string.h>

#include "export/redact.h"

#define ETHERNET_HEADER 14
#define ICMP_HEADER     8
#define ARP_TYPE        0x0806

/* Where the headers lie; 0 where there is none. */
struct layout {
    uint32_t ip, transport;
    bool is_ipv4, strange; /* strange: extension headers that may hold addresses, or a header cut short */
};

static uint16_t word_at(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* The first header behind IPv6's own that is no extension. */
static void walk_extensions(const struct event *event, struct layout *layout)
{
    uint32_t at = layout->ip + 40;
    uint8_t next = event->data[layout->ip + 6];
    while (next == 0 || next == 60 || next == 44) {
        if (at + 8 > event->data_bytes) {
            layout->strange = true;
            return;
        }
        uint32_t length = next == 44 ? 8 : 8 + 8u * event->data[at + 1];
        next = event->data[at];
        at += length;
    }
    layout->strange = next == 43 || at > event->data_bytes;
    layout->transport = at;
}

static bool find_layout(const struct event *event, struct layout *ret_layout)
{
    const struct packet *packet = &event->packet.packet;
    struct layout layout = {.ip = packet->ip_offset};
    if (packet->source.family != ADDRESS_IPV4 && packet->source.family != ADDRESS_IPV6)
        return false;
    layout.is_ipv4 = packet->source.family == ADDRESS_IPV4;
    if (layout.ip + (layout.is_ipv4 ? 20u : 40u) > event->data_bytes)
        return false;
    if (layout.is_ipv4)
        layout.transport = layout.ip + 4u * (event->data[layout.ip] & 0x0fu);
    else
        walk_extensions(event, &layout);
    *ret_layout = layout;
    return true;
}

static void cut(struct event *event, uint32_t length)
{
    struct packet *packet = &event->packet.packet;
    if (length < event->data_bytes)
        event->data_bytes = length;
    uint32_t left =
        event->data_bytes > packet->payload_offset ? event->data_bytes - packet->payload_offset : 0;
    if (packet->payload_present > left)
        packet->payload_present = left;
}

static bool is_icmp_error(const struct packet *packet)
{
    uint8_t type = packet->icmp.type;
    if (packet->protocol == PROTOCOL_ICMP)
        return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
    return packet->protocol == PROTOCOL_ICMPV6 && type < 128;
}

/* An error quotes the headers of the packet that it is about: these stay, with the first eight bytes behind.
 */
static uint32_t icmp_end(const struct event *event, const struct layout *layout)
{
    uint32_t quote = layout->transport + ICMP_HEADER;
    if (!is_icmp_error(&event->packet.packet) || quote >= event->data_bytes)
        return quote;
    uint32_t header = event->data[quote] >> 4 == 4 ? 4u * (event->data[quote] & 0x0fu) : 40;
    return quote + header + 8;
}

static uint32_t headers_end(const struct event *event)
{
    const struct packet *packet = &event->packet.packet;
    struct layout layout;
    bool is_arp = event->packet.link == LINK_ETHERNET && event->data_bytes >= ETHERNET_HEADER &&
                  word_at(event->data + 12) == ARP_TYPE;
    if (is_arp)
        return event->data_bytes;
    if (!find_layout(event, &layout))
        return event->packet.link == LINK_ETHERNET ? ETHERNET_HEADER : 0;
    if (!packet->has_transport || packet->fragment_offset != 0)
        return layout.transport;
    if (packet->protocol == PROTOCOL_ICMP || packet->protocol == PROTOCOL_ICMPV6)
        return icmp_end(event, &layout);
    bool known = packet->protocol == PROTOCOL_TCP || packet->protocol == PROTOCOL_UDP;
    return known ? packet->payload_offset : layout.transport;
}

void redact_packet_payload(struct event *event)
{
    if (event->data != NULL)
        cut(event, headers_end(event));
    event->packet.packet.payload_present = 0;
}

/* Addresses. */

/* New words for old under an Internet checksum that stays as right or wrong as it was (RFC 1624). */
static void adjust(uint8_t *sum, const uint8_t *old, const uint8_t *new, size_t count)
{
    uint32_t value = (uint16_t)~word_at(sum);
    for (size_t i = 0; i < count; i += 2)
        value += (uint16_t)~word_at(old + i) + (uint32_t)word_at(new + i);
    while (value > 0xffff)
        value = (value & 0xffff) + (value >> 16);
    value = (uint16_t)~value;
    sum[0] = (uint8_t)(value >> 8);
    sum[1] = (uint8_t)value;
}

static uint8_t *field(struct event *event, uint32_t offset)
{
    return offset + 2 <= event->data_bytes ? event->data + offset : NULL;
}

/* The checksum that covers the addresses, of the transport header at `at`; NULL: there is none. */
static uint8_t *transport_sum(struct event *event, const struct layout *layout)
{
    const struct packet *packet = &event->packet.packet;
    uint8_t *sum = NULL;
    if (packet->fragment_offset != 0)
        return NULL;
    if (packet->protocol == PROTOCOL_TCP)
        sum = field(event, layout->transport + 16);
    else if (packet->protocol == PROTOCOL_UDP)
        sum = field(event, layout->transport + 6);
    else if (packet->protocol == PROTOCOL_ICMPV6)
        sum = field(event, layout->transport + 2);
    bool none = packet->protocol == PROTOCOL_UDP && sum != NULL && word_at(sum) == 0;
    return none ? NULL : sum;
}

static void map_one(const struct address_map *map, uint8_t *at, size_t count, uint8_t *sum,
                    uint8_t *other_sum)
{
    uint8_t old[16];
    memcpy(old, at, count);
    address_map_bytes(map, at, count);
    if (sum != NULL)
        adjust(sum, old, at, count);
    if (other_sum != NULL)
        adjust(other_sum, old, at, count);
}

/* Both addresses of an IP header; `sum` is a checksum beyond the header's own. */
static void map_header(const struct address_map *map, struct event *event, uint32_t ip, uint8_t *sum)
{
    bool is_ipv4 = event->data[ip] >> 4 == 4;
    size_t count = is_ipv4 ? 4 : 16;
    uint8_t *source = event->data + ip + (is_ipv4 ? 12 : 8);
    uint8_t *own = is_ipv4 ? event->data + ip + 10 : NULL;
    map_one(map, source, count, sum, own);
    map_one(map, source + count, count, sum, own);
}

static void blank_options(struct event *event, const struct layout *layout)
{
    uint8_t *own = event->data + layout->ip + 10;
    for (uint32_t at = layout->ip + 20; at + 2 <= layout->transport && at + 2 <= event->data_bytes; at += 2) {
        static const uint8_t no_operation[2] = {1, 1};
        uint8_t old[2];
        memcpy(old, event->data + at, 2);
        memcpy(event->data + at, no_operation, 2);
        adjust(own, old, no_operation, 2);
    }
}

static void map_icmp(const struct address_map *map, struct event *event, const struct layout *layout)
{
    const struct packet *packet = &event->packet.packet;
    uint32_t quote = layout->transport + ICMP_HEADER;
    uint8_t *sum = packet->protocol == PROTOCOL_ICMPV6 ? field(event, layout->transport + 2) : NULL;
    bool redirect = packet->protocol == PROTOCOL_ICMP && packet->icmp.type == 5;
    if (redirect && quote <= event->data_bytes)
        map_one(map, event->data + layout->transport + 4, 4, field(event, layout->transport + 2), NULL);
    bool is_echo = packet->protocol == PROTOCOL_ICMP ? packet->icmp.type == 0 || packet->icmp.type == 8
                                                     : packet->icmp.type == 128 || packet->icmp.type == 129;
    if (is_echo)
        return;
    bool whole =
        quote < event->data_bytes && quote + (event->data[quote] >> 4 == 4 ? 20u : 40u) <= event->data_bytes;
    if (!is_icmp_error(packet) || !whole)
        cut(event, quote);
    else
        map_header(map, event, quote, sum);
}

static void map_link(const struct address_map *map, struct event *event)
{
    if (event->packet.link == LINK_ETHERNET && event->data_bytes >= ETHERNET_HEADER) {
        address_map_bytes(map, event->data, 6);
        address_map_bytes(map, event->data + 6, 6);
    }
    if (event->packet.link == LINK_LINUX_SLL && event->data_bytes >= 16)
        address_map_bytes(map, event->data + 6, 6);
    if (event->packet.link == LINK_LINUX_SLL2 && event->data_bytes >= 20)
        address_map_bytes(map, event->data + 12, 6);
}

/* Links whose headers hold no addresses but those that map_link() knows. */
static bool link_is_plain(uint32_t link)
{
    static const uint32_t plain[] = {LINK_ETHERNET, LINK_LINUX_SLL, LINK_LINUX_SLL2, LINK_NULL,
                                     LINK_LOOP,     LINK_RAW,       LINK_RAW_BSD,    LINK_RAW_OPENBSD,
                                     LINK_PPP,      LINK_IPV4,      LINK_IPV6};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (plain[i] == link)
            return true;
    return false;
}

static void map_bytes(const struct address_map *map, struct event *event)
{
    const struct packet *packet = &event->packet.packet;
    struct layout layout;
    if (!link_is_plain(event->packet.link) || packet->tunnels != 0 || packet->reassembled) {
        cut(event, 0);
        return;
    }
    map_link(map, event);
    if (!find_layout(event, &layout) || layout.strange) {
        cut(event, event->packet.link == LINK_ETHERNET ? ETHERNET_HEADER : 0);
        return;
    }
    map_header(map, event, layout.ip, transport_sum(event, &layout));
    if (layout.is_ipv4)
        blank_options(event, &layout);
    if (packet->protocol == PROTOCOL_ICMP || packet->protocol == PROTOCOL_ICMPV6)
        map_icmp(map, event, &layout);
    else if (packet->protocol != PROTOCOL_TCP && packet->protocol != PROTOCOL_UDP)
        cut(event, layout.transport);
}

void redact_packet_addresses(struct event *event, const struct address_map *map)
{
    struct packet *packet = &event->packet.packet;
    if (event->data != NULL)
        map_bytes(map, event);
    packet->source = address_map_apply(map, &packet->source);
    packet->destination = address_map_apply(map, &packet->destination);
    if (packet->protocol == PROTOCOL_ICMP || packet->protocol == PROTOCOL_ICMPV6) {
        packet->icmp.quoted_source = address_map_apply(map, &packet->icmp.quoted_source);
        packet->icmp.quoted_destination = address_map_apply(map, &packet->icmp.quoted_destination);
    }
}

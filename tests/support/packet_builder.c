/* Writes headers front to back with a cursor, then fills in lengths and checksums. */
#include "tests/support/packet_builder.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define IPV6_FRAGMENT  44

static void put(struct frame *frame, const void *bytes, size_t count)
{
    if (count > sizeof frame->bytes - frame->count)
        abort();
    if (count > 0)
        memcpy(frame->bytes + frame->count, bytes, count);
    frame->count += count;
}

static void put8(struct frame *frame, unsigned value)
{
    uint8_t byte = (uint8_t)value;
    put(frame, &byte, 1);
}

static void put16(struct frame *frame, unsigned value)
{
    put8(frame, value >> 8);
    put8(frame, value & 0xff);
}

static void put32(struct frame *frame, uint32_t value)
{
    put16(frame, value >> 16);
    put16(frame, value & 0xffff);
}

static void set16(struct frame *frame, size_t at, unsigned value)
{
    frame->bytes[at] = (uint8_t)(value >> 8);
    frame->bytes[at + 1] = (uint8_t)value;
}

static uint32_t sum16(uint32_t sum, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
    return sum;
}

static uint16_t fold(uint32_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put_ethernet(struct frame *frame, const struct packet_plan *plan)
{
    const uint8_t from = plan->source.ip[plan->source.family == ADDRESS_IPV4 ? 3 : 15];
    const uint8_t to = plan->destination.ip[plan->source.family == ADDRESS_IPV4 ? 3 : 15];
    put(frame, (const uint8_t[]){0x02, 0, 0, 0, 0, to}, 6);
    put(frame, (const uint8_t[]){0x02, 0, 0, 0, 0, from}, 6);
    put16(frame, plan->source.family == ADDRESS_IPV4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
    frame->ip_offset = frame->count;
}

static unsigned hop_limit(const struct packet_plan *plan)
{
    return plan->hop_limit != 0 ? plan->hop_limit : 64;
}

static void put_ipv4(struct frame *frame, const struct packet_plan *plan)
{
    bool fragment = plan->more_fragments || plan->fragment_offset != 0;
    unsigned flags = fragment ? (plan->more_fragments ? 0x2000 : 0) : 0x4000; /* else: do not fragment */
    put16(frame, 0x4500);
    put16(frame, 0); /* length, later */
    put16(frame, plan->ip_id);
    put16(frame, flags | plan->fragment_offset / 8);
    put8(frame, hop_limit(plan));
    put8(frame, plan->protocol);
    put16(frame, 0); /* checksum, later */
    put(frame, plan->source.ip, 4);
    put(frame, plan->destination.ip, 4);
}

static void put_ipv6(struct frame *frame, const struct packet_plan *plan)
{
    bool fragment = plan->more_fragments || plan->fragment_offset != 0;
    put32(frame, 0x60000000);
    put16(frame, 0); /* length, later */
    put8(frame, fragment ? IPV6_FRAGMENT : plan->protocol);
    put8(frame, hop_limit(plan));
    put(frame, plan->source.ip, 16);
    put(frame, plan->destination.ip, 16);
    if (fragment) {
        put8(frame, plan->protocol);
        put8(frame, 0);
        put16(frame, plan->fragment_offset | (plan->more_fragments ? 1u : 0u));
        put32(frame, plan->ip_id);
    }
}

/* Each writes a header and returns the offset of its checksum within it. */
static size_t put_tcp(struct frame *frame, const struct packet_plan *plan)
{
    static const uint8_t padding[3];
    size_t option_bytes = (plan->option_bytes + 3) / 4 * 4;
    if (option_bytes > 40)
        abort();
    put16(frame, plan->source.port);
    put16(frame, plan->destination.port);
    put32(frame, plan->sequence);
    put32(frame, plan->acknowledgment);
    put8(frame, (unsigned)(20 + option_bytes) / 4 << 4);
    put8(frame, plan->tcp_flags);
    put16(frame, plan->window);
    put16(frame, 0);
    put16(frame, plan->urgent);
    put(frame, plan->options, plan->option_bytes);
    put(frame, padding, option_bytes - plan->option_bytes);
    return 16;
}

static size_t put_udp(struct frame *frame, const struct packet_plan *plan)
{
    put16(frame, plan->source.port);
    put16(frame, plan->destination.port);
    put16(frame, (unsigned)(8 + plan->payload_bytes));
    put16(frame, 0);
    return 6;
}

static size_t put_icmp(struct frame *frame, const struct packet_plan *plan)
{
    put8(frame, plan->icmp_type);
    put8(frame, plan->icmp_code);
    put16(frame, 0);
    put32(frame, plan->icmp_rest);
    return 2;
}

static size_t put_transport(struct frame *frame, const struct packet_plan *plan)
{
    if (plan->protocol == PROTOCOL_TCP)
        return put_tcp(frame, plan);
    if (plan->protocol == PROTOCOL_UDP)
        return put_udp(frame, plan);
    return put_icmp(frame, plan);
}

static void finish_checksum(struct frame *frame, const struct packet_plan *plan, size_t at)
{
    size_t count = frame->count - frame->transport_offset;
    size_t ip_bytes = plan->source.family == ADDRESS_IPV4 ? 4 : 16;
    uint32_t sum = sum16(0, frame->bytes + frame->transport_offset, count);
    if (plan->protocol != PROTOCOL_ICMP) {
        sum = sum16(sum, plan->source.ip, ip_bytes);
        sum = sum16(sum, plan->destination.ip, ip_bytes);
        sum += plan->protocol + (uint32_t)count;
    }
    uint16_t checksum = fold(sum);
    if (checksum == 0 && plan->protocol == PROTOCOL_UDP)
        checksum = 0xffff;
    set16(frame, at, plan->spoil_checksum ? checksum ^ 0x5555u : checksum);
}

void packet_build(struct frame *ret_frame, const struct packet_plan *plan)
{
    struct frame *frame = ret_frame;
    bool ipv4 = plan->source.family == ADDRESS_IPV4;
    frame->count = 0;
    put_ethernet(frame, plan);
    if (ipv4)
        put_ipv4(frame, plan);
    else
        put_ipv6(frame, plan);
    frame->transport_offset = frame->count;
    size_t checksum_offset = plan->fragment_offset == 0 ? put_transport(frame, plan) : 0;
    frame->payload_offset = frame->count;
    put(frame, plan->payload, plan->payload_bytes);
    if (checksum_offset != 0)
        finish_checksum(frame, plan, frame->transport_offset + checksum_offset);
    size_t ip_bytes = frame->count - frame->ip_offset;
    if (ipv4) {
        set16(frame, frame->ip_offset + 2, (unsigned)ip_bytes);
        set16(frame, frame->ip_offset + 10, fold(sum16(0, frame->bytes + frame->ip_offset, 20)));
    } else {
        set16(frame, frame->ip_offset + 4, (unsigned)(ip_bytes - 40));
    }
}

void syn_options(uint8_t to[SYN_OPTION_BYTES], uint16_t mss, uint32_t timestamp, uint32_t echo,
                 uint8_t window_shift)
{
    struct frame options = {.count = 0};
    put16(&options, 0x0204);
    put16(&options, mss);
    put16(&options, 0x0402); /* SACK permitted */
    put16(&options, 0x080a);
    put32(&options, timestamp);
    put32(&options, echo);
    put8(&options, 1); /* no operation */
    put16(&options, 0x0303);
    put8(&options, window_shift);
    memcpy(to, options.bytes, SYN_OPTION_BYTES);
}

struct address address_make(const char *ip, uint16_t port)
{
    struct address address = {.port = port};
    if (inet_pton(AF_INET, ip, address.ip) == 1)
        address.family = ADDRESS_IPV4;
    else if (inet_pton(AF_INET6, ip, address.ip) == 1)
        address.family = ADDRESS_IPV6;
    else
        abort();
    return address;
}

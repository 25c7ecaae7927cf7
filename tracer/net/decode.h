/*
 * Shared by the layers of packet_decode() and by nobody else. A span is what is left of a packet behind the
 * headers read so far: how much of it was on the wire, and how much of that was captured.
 */
#ifndef SOCKSTEP_NET_DECODE_H
#define SOCKSTEP_NET_DECODE_H

#include <errno.h>

#include "net/packet.h"

struct span {
    const uint8_t *bytes;
    size_t captured; /* bytes that may be read */
    size_t wire;     /* bytes on the wire; never less than captured */
    size_t offset;   /* of bytes[0] in the whole packet */
};

static inline uint16_t read_be16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t read_be32(const uint8_t *bytes)
{
    return (uint32_t)read_be16(bytes) << 16 | read_be16(bytes + 2);
}

/* Steps over `count` bytes, which must be captured. */
static inline void span_skip(struct span *span, size_t count)
{
    span->bytes += count;
    span->captured -= count;
    span->wire -= count;
    span->offset += count;
}

/* Makes the span `count` bytes long on the wire: what lies behind is padding or a trailer. */
static inline void span_trim(struct span *span, size_t count)
{
    span->wire = count;
    if (span->captured > count)
        span->captured = count;
}

/* An IP header with its options or extension headers. */
struct ip_header {
    struct address source, destination; /* port 0 */
    uint16_t id;
    uint16_t fragment_offset; /* bytes */
    bool more_fragments;
    uint8_t hop_limit;
    uint8_t protocol;
    bool length_known; /* false: the length field is 0, as in captures of segments that the card will split */
    bool longer_than_frame;
    bool routed; /* the destination is only the next stop: a checksum over it says nothing */
};

/* Leaves the span at the IP header. *ret_version is 4 or 6, from the link header where it says so. */
int link_decode(enum link_type link, struct span *span, int *ret_version, const char **ret_damage);

/* Reads an IP header of that version and leaves the span, trimmed to the IP length, at what follows it. All
 * functions return 0 or -EPROTO, or -EPROTONOSUPPORT, with *ret_damage. */
int ip_decode(int version, struct span *span, struct ip_header *ret_header, const char **ret_damage);

/* Reads the transport header and sets ports, payload, checksum and the protocol's own fields. */
int transport_decode(const struct ip_header *ip, struct span *span, struct packet *packet);

/* Sets packet->icmp.quoted_*, as far as the quote goes. A short quote is no damage. */
void icmp_quote_decode(int version, struct span quote, struct packet *packet);

/* Sets the option fields; -EPROTO when an option runs over the end. */
int tcp_options_decode(const uint8_t *bytes, size_t count, struct packet_tcp *tcp);

static inline int decode_damage(const char **ret_damage, int error_number, const char *text)
{
    *ret_damage = text;
    return -error_number;
}

#endif

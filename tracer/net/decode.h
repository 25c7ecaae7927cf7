/*
 * Shared by the layers of packet_read() and by nobody else. A span is what is left of a packet behind the
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
    unsigned nested; /* link headers inside each other, so far */
};

/* More link headers inside each other are made up to hurt. */
#define LINK_NESTED_MAX 16

static inline uint16_t read_be16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t read_be32(const uint8_t *bytes)
{
    return (uint32_t)read_be16(bytes) << 16 | read_be16(bytes + 2);
}

static inline uint16_t read_le16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[1] << 8 | bytes[0]);
}

static inline uint32_t read_le32(const uint8_t *bytes)
{
    return (uint32_t)read_le16(bytes + 2) << 16 | read_le16(bytes);
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
    uint32_t id;
    uint16_t fragment_offset; /* bytes */
    bool more_fragments;
    uint8_t hop_limit;
    uint8_t protocol;
    bool length_known; /* false: the length field is 0, as in captures of segments that the card will split */
    bool longer_than_frame;
    bool is_sound; /* all of it was read */
    bool routed;   /* the destination is only the next stop: a checksum over it says nothing */

    /* Of a fragment, counted from the IP header: where the fragmented part begins. IPv6 only: what it is,
     * where that is said in front of the fragment header, and where the fragment header lies. */
    uint32_t fragmented_at;
    uint8_t fragmented_protocol;
    uint32_t next_header_at, fragment_header_at;
};

/* Leaves the span at the IP header. *ret_version is 4 or 6, from the link header where it says so. */
int link_decode(enum link_type link, struct span *span, int *ret_version, const char **ret_damage);

/* Parts of link_decode() that also lie inside tunnels. The span stands behind the field that held
 * `ethertype`. */
int ethertype_decode(struct span *span, uint16_t ethertype, int *ret_version, const char **ret_damage);
int ethernet_decode(struct span *span, int *ret_version, const char **ret_damage);
int mpls_decode(struct span *span, int *ret_version, const char **ret_damage);
int nsh_decode(struct span *span, int *ret_version, const char **ret_damage);
int ppp_decode(struct span *span, int *ret_version, const char **ret_damage);
int llc_decode(struct span *span, int *ret_version, const char **ret_damage);

/* IEEE 802.11 and the headers that capture programs put in front of it. */
int wireless_decode(struct span *span, bool padded, int *ret_version, const char **ret_damage);
int radiotap_decode(struct span *span, int *ret_version, const char **ret_damage);
int prism_decode(struct span *span, int *ret_version, const char **ret_damage);

/* Reads an IP header of that version and leaves the span, trimmed to the IP length, at what follows it. All
 * functions return 0 or -EPROTO, or -EPROTONOSUPPORT, with *ret_damage. */
int ip_decode(int version, struct span *span, struct ip_header *ret_header, const char **ret_damage);

/* Leaves the span at an IP header inside a tunnel: inside the IP payload, or inside the payload of a UDP
 * datagram. False when there is none; the span is of no use then. */
bool tunnel_enter(uint8_t protocol, struct span *span, int *ret_version);
bool tunnel_enter_udp(uint16_t source_port, uint16_t destination_port, struct span *span, int *ret_version);

/* Whether datagrams of this port may be tunnels. */
bool tunnel_port(uint16_t port);

/* Reads the transport header and sets ports, payload, checksum (if asked) and the protocol's own fields. */
int transport_decode(const struct ip_header *ip, struct span *span, unsigned options, struct packet *packet);

/* Sets packet->icmp.quoted_*, as far as the quote goes. A short quote is no damage. */
void icmp_quote_decode(int version, struct span quote, struct packet *packet);

/* Sets the option fields; -EPROTO when an option runs over the end. */
int tcp_options_decode(const uint8_t *bytes, size_t count, struct packet_tcp *tcp);

/* `segment` is a whole transport header with its payload. */
bool checksum_is_bad(const struct packet *packet, const uint8_t *segment, size_t count);

/* packet_read() of the packets that nearly all are: true when it was one and *packet is set. */
bool packet_quick(enum link_type link, const uint8_t *bytes, size_t captured, size_t wire_bytes,
                  unsigned options, struct packet *packet);

static inline int decode_damage(const char **ret_damage, int error_number, const char *text)
{
    *ret_damage = text;
    return -error_number;
}

static inline int decode_not_ip(const char **ret_damage)
{
    return decode_damage(ret_damage, EPROTONOSUPPORT, "not an IP packet");
}

static inline int decode_link_cut_short(const char **ret_damage)
{
    return decode_damage(ret_damage, EPROTO, "the link header is cut short");
}

#endif

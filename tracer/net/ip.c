/* IPv4 (RFC 791) and IPv6 (RFC 8200) headers, with options and extension headers. */
#include <string.h>

#include "net/decode.h"

enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, AUTHENTICATION = 51, DESTINATION = 60, MOBILITY = 135 };

static int cut_short(const char **ret_damage)
{
    return decode_damage(ret_damage, EPROTO, "the IP header is cut short");
}

static struct address address_of(enum address_family family, const uint8_t *bytes)
{
    struct address address = {.family = (uint8_t)family};
    memcpy(address.ip, bytes, family == ADDRESS_IPV4 ? 4 : 16);
    return address;
}

/* The IP length rules: what the frame has more is padding, what it has less never was on the wire. */
static void length_apply(struct span *span, size_t total, struct ip_header *header)
{
    header->longer_than_frame = total > span->wire;
    span_trim(span, total);
}

/* True when a source route (loose 131, strict 137) still has stops to come. */
static bool ipv4_routed(const uint8_t *options, size_t count)
{
    for (size_t at = 0; at < count && options[at] != 0;) {
        if (options[at] == 1) {
            at++;
            continue;
        }
        if (count - at < 3 || options[at + 1] < 2)
            return false;
        if ((options[at] == 131 || options[at] == 137) && options[at + 2] <= options[at + 1])
            return true;
        at += options[at + 1];
    }
    return false;
}

static int ipv4_decode(struct span *span, struct ip_header *header, const char **ret_damage)
{
    const uint8_t *bytes = span->bytes;
    if (span->captured < 20)
        return cut_short(ret_damage);
    if (bytes[0] >> 4 != 4)
        return decode_damage(ret_damage, EPROTO, "the IP version is not 4");
    size_t header_bytes = (size_t)(bytes[0] & 15) * 4, total = read_be16(bytes + 2);
    header->length_known = total != 0;
    header->id = read_be16(bytes + 4);
    header->fragment_offset = (uint16_t)((read_be16(bytes + 6) & 0x1fff) * 8);
    header->more_fragments = (bytes[6] & 0x20) != 0;
    header->hop_limit = bytes[8];
    header->protocol = bytes[9];
    header->source = address_of(ADDRESS_IPV4, bytes + 12);
    header->destination = address_of(ADDRESS_IPV4, bytes + 16);
    if (header_bytes < 20)
        return decode_damage(ret_damage, EPROTO, "the IPv4 header length is below 20");
    if (header->length_known && total < header_bytes)
        return decode_damage(ret_damage, EPROTO, "the IPv4 total length is below the header length");
    if (span->captured < header_bytes)
        return cut_short(ret_damage);
    if (header->length_known)
        length_apply(span, total, header);
    header->routed = ipv4_routed(bytes + 20, header_bytes - 20);
    header->fragmented_at = (uint32_t)header_bytes;
    header->fragmented_protocol = header->protocol;
    span_skip(span, header_bytes);
    return 0;
}

static bool is_extension(uint8_t protocol)
{
    return protocol == HOP_BY_HOP || protocol == ROUTING || protocol == FRAGMENT ||
           protocol == AUTHENTICATION || protocol == DESTINATION || protocol == MOBILITY;
}

static void fragment_decode(const uint8_t *bytes, uint32_t at, uint32_t next_header_at,
                            struct ip_header *header)
{
    header->fragment_offset = read_be16(bytes + 2) & 0xfff8;
    header->more_fragments = (bytes[3] & 1) != 0;
    header->id = read_be32(bytes + 4);
    header->fragmented_at = at + 8;
    header->fragmented_protocol = bytes[0];
    header->fragment_header_at = at;
    header->next_header_at = next_header_at;
}

/* RFC 8200 4. Behind a fragment header with an offset come bytes of something that began elsewhere. */
static int extensions_decode(struct span *span, uint32_t at, struct ip_header *header,
                             const char **ret_damage)
{
    uint32_t next_header_at = 6;
    while (is_extension(header->protocol) && header->fragment_offset == 0) {
        uint8_t protocol = header->protocol;
        header->protocol = PROTOCOL_NONE;
        if (span->captured < 8)
            return decode_damage(ret_damage, EPROTO, "an IPv6 extension header is cut short");
        const uint8_t *bytes = span->bytes;
        size_t header_bytes = ((size_t)bytes[1] + 1) * 8;
        if (protocol == AUTHENTICATION)
            header_bytes = ((size_t)bytes[1] + 2) * 4;
        if (protocol == FRAGMENT) {
            fragment_decode(bytes, at, next_header_at, header);
            header_bytes = 8;
        }
        if (protocol == ROUTING && bytes[3] != 0)
            header->routed = true;
        if (span->captured < header_bytes)
            return decode_damage(ret_damage, EPROTO, "an IPv6 extension header is cut short");
        header->protocol = bytes[0];
        next_header_at = at;
        at += (uint32_t)header_bytes;
        span_skip(span, header_bytes);
    }
    return 0;
}

static int ipv6_decode(struct span *span, struct ip_header *header, const char **ret_damage)
{
    const uint8_t *bytes = span->bytes;
    if (span->captured < 40)
        return cut_short(ret_damage);
    if (bytes[0] >> 4 != 6)
        return decode_damage(ret_damage, EPROTO, "the IP version is not 6");
    size_t payload_bytes = read_be16(bytes + 4);
    header->length_known = payload_bytes != 0;
    header->protocol = bytes[6];
    header->hop_limit = bytes[7];
    header->source = address_of(ADDRESS_IPV6, bytes + 8);
    header->destination = address_of(ADDRESS_IPV6, bytes + 24);
    if (header->length_known)
        length_apply(span, 40 + payload_bytes, header);
    span_skip(span, 40);
    return extensions_decode(span, 40, header, ret_damage);
}

static int any_decode(int version, struct span *span, struct ip_header *header, const char **ret_damage)
{
    if (version == 6)
        return ipv6_decode(span, header, ret_damage);
    int result = ipv4_decode(span, header, ret_damage);
    bool is_fragment = header->more_fragments || header->fragment_offset != 0;
    if (result == 0 && header->protocol == AUTHENTICATION && !is_fragment)
        result = extensions_decode(span, header->fragmented_at, header, ret_damage);
    return result;
}

int ip_decode(int version, struct span *span, struct ip_header *ret_header, const char **ret_damage)
{
    *ret_header = (struct ip_header){0};
    int result = any_decode(version, span, ret_header, ret_damage);
    ret_header->is_sound = result == 0;
    return result;
}

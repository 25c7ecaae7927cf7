/* Link layers: from the first byte of a frame to its IP header. */
#include "net/decode.h"

enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86dd, ETHERTYPE_LLC_MAX = 1500 };

static int cut_short(const char **ret_damage)
{
    return decode_damage(ret_damage, EPROTO, "the link header is cut short");
}

static int not_ip(const char **ret_damage)
{
    return decode_damage(ret_damage, EPROTONOSUPPORT, "not an IP packet");
}

static bool is_vlan(uint16_t ethertype)
{
    return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100;
}

/* The span stands behind the field that held `ethertype`. */
static int ethertype_decode(struct span *span, uint16_t ethertype, int *ret_version, const char **ret_damage)
{
    while (is_vlan(ethertype)) {
        if (span->captured < 4)
            return cut_short(ret_damage);
        ethertype = read_be16(span->bytes + 2);
        span_skip(span, 4);
    }
    if (ethertype == ETHERTYPE_IPV4)
        *ret_version = 4;
    else if (ethertype == ETHERTYPE_IPV6)
        *ret_version = 6;
    else
        return not_ip(ret_damage);
    return 0;
}

/* IEEE 802.2 with SNAP: AA AA 03, organisation 0, ethertype. */
static int snap_decode(struct span *span, size_t length, int *ret_version, const char **ret_damage)
{
    static const uint8_t snap[] = {0xaa, 0xaa, 0x03, 0, 0, 0};
    if (span->captured < sizeof snap + 2)
        return cut_short(ret_damage);
    for (size_t i = 0; i < sizeof snap; i++)
        if (span->bytes[i] != snap[i])
            return not_ip(ret_damage);
    if (length < sizeof snap + 2)
        return decode_damage(ret_damage, EPROTO, "the 802.3 length is too small");
    if (length < span->wire)
        span_trim(span, length);
    uint16_t ethertype = read_be16(span->bytes + sizeof snap);
    span_skip(span, sizeof snap + 2);
    return ethertype_decode(span, ethertype, ret_version, ret_damage);
}

static int ethernet_decode(struct span *span, int *ret_version, const char **ret_damage)
{
    if (span->captured < 14)
        return cut_short(ret_damage);
    uint16_t ethertype = read_be16(span->bytes + 12);
    span_skip(span, 14);
    if (ethertype <= ETHERTYPE_LLC_MAX)
        return snap_decode(span, ethertype, ret_version, ret_damage);
    return ethertype_decode(span, ethertype, ret_version, ret_damage);
}

/* pcap-linktype(7): Linux "cooked" capture, as from the device "any". */
static int sll_decode(struct span *span, size_t header_bytes, size_t ethertype_at, int *ret_version,
                      const char **ret_damage)
{
    if (span->captured < header_bytes)
        return cut_short(ret_damage);
    uint16_t ethertype = read_be16(span->bytes + ethertype_at);
    span_skip(span, header_bytes);
    return ethertype_decode(span, ethertype, ret_version, ret_damage);
}

/* Four bytes with the address family, in the byte order and the numbers of whoever captured. */
static int null_decode(struct span *span, int *ret_version, const char **ret_damage)
{
    if (span->captured < 4)
        return cut_short(ret_damage);
    uint32_t family = read_be32(span->bytes);
    if (family > 0xffff)
        family = __builtin_bswap32(family);
    span_skip(span, 4);
    if (family == 2)
        *ret_version = 4;
    else if (family == 10 || family == 24 || family == 28 || family == 30)
        *ret_version = 6;
    else
        return not_ip(ret_damage);
    return 0;
}

/* RFC 1661 and 1662: FF 03 may be left out, and so may the first byte of the protocol. */
static int ppp_decode(struct span *span, int *ret_version, const char **ret_damage)
{
    if (span->captured >= 2 && span->bytes[0] == 0xff && span->bytes[1] == 0x03)
        span_skip(span, 2);
    if (span->captured < 2)
        return cut_short(ret_damage);
    size_t header_bytes = span->bytes[0] % 2 != 0 ? 1 : 2;
    uint16_t protocol = header_bytes == 1 ? span->bytes[0] : read_be16(span->bytes);
    span_skip(span, header_bytes);
    if (protocol == 0x0021)
        *ret_version = 4;
    else if (protocol == 0x0057)
        *ret_version = 6;
    else
        return not_ip(ret_damage);
    return 0;
}

static int raw_decode(const struct span *span, int *ret_version, const char **ret_damage)
{
    if (span->captured < 1)
        return cut_short(ret_damage);
    int version = span->bytes[0] >> 4;
    if (version != 4 && version != 6)
        return not_ip(ret_damage);
    *ret_version = version;
    return 0;
}

int link_decode(enum link_type link, struct span *span, int *ret_version, const char **ret_damage)
{
    switch (link) {
    case LINK_ETHERNET: return ethernet_decode(span, ret_version, ret_damage);
    case LINK_LINUX_SLL: return sll_decode(span, 16, 14, ret_version, ret_damage);
    case LINK_LINUX_SLL2: return sll_decode(span, 20, 0, ret_version, ret_damage);
    case LINK_NULL:
    case LINK_LOOP: return null_decode(span, ret_version, ret_damage);
    case LINK_PPP: return ppp_decode(span, ret_version, ret_damage);
    case LINK_RAW_BSD:
    case LINK_RAW_OPENBSD:
    case LINK_RAW: return raw_decode(span, ret_version, ret_damage);
    case LINK_IPV4: *ret_version = 4; return 0;
    case LINK_IPV6: *ret_version = 6; return 0;
    }
    return decode_damage(ret_damage, EPROTONOSUPPORT, "a link layer that is not understood");
}

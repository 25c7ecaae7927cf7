/* Link layers: from the first byte of a frame to its IP header. */
#include <string.h>

#include "net/decode.h"

enum {
    ETHERTYPE_LLC_MAX = 1500,
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_ETHERNET = 0x6558, /* RFC 1701: "transparent Ethernet bridging" */
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_MPLS = 0x8847,
    ETHERTYPE_MPLS_UPSTREAM = 0x8848,
    ETHERTYPE_PPPOE = 0x8864,
    ETHERTYPE_QINQ = 0x88a8,
    ETHERTYPE_FABRIC_PATH = 0x8903,
    ETHERTYPE_TRUSTSEC = 0x8909,
    ETHERTYPE_VN_TAG = 0x8926, /* IEEE 802.1BR's forerunner */
    ETHERTYPE_NSH = 0x894f,
    ETHERTYPE_QINQ_OLD = 0x9100,
};

/* Bytes between an ethertype and the next one. */
static size_t tag_bytes(uint16_t ethertype)
{
    switch (ethertype) {
    case ETHERTYPE_VLAN:
    case ETHERTYPE_QINQ:
    case ETHERTYPE_QINQ_OLD: return 2;
    case ETHERTYPE_VN_TAG: return 4;
    case ETHERTYPE_TRUSTSEC: return 6;
    }
    return 0;
}

/* RFC 3032: labels up to the last; what follows is known by its first four bits (RFC 4928). */
int mpls_decode(struct span *span, int *ret_version, const char **ret_damage)
{
    bool is_last;
    do {
        if (span->captured < 5)
            return decode_link_cut_short(ret_damage);
        is_last = (span->bytes[2] & 1) != 0;
        span_skip(span, 4);
    } while (!is_last);
    int first = span->bytes[0] >> 4;
    if (first == 4 || first == 6) {
        *ret_version = first;
        return 0;
    }
    if (first != 0 || span->captured < 4) /* 0: the control word of an Ethernet pseudowire (RFC 4448) */
        return decode_not_ip(ret_damage);
    span_skip(span, 4);
    return ethernet_decode(span, ret_version, ret_damage);
}

/* RFC 1661 and 1662: FF 03 may be left out, and so may the first byte of the protocol. */
int ppp_decode(struct span *span, int *ret_version, const char **ret_damage)
{
    if (span->captured >= 2 && span->bytes[0] == 0xff && span->bytes[1] == 0x03)
        span_skip(span, 2);
    if (span->captured < 2)
        return decode_link_cut_short(ret_damage);
    size_t header_bytes = span->bytes[0] % 2 != 0 ? 1 : 2;
    uint16_t protocol = header_bytes == 1 ? span->bytes[0] : read_be16(span->bytes);
    span_skip(span, header_bytes);
    if (protocol == 0x0281)
        return mpls_decode(span, ret_version, ret_damage);
    if (protocol != 0x0021 && protocol != 0x0057)
        return decode_not_ip(ret_damage);
    *ret_version = protocol == 0x0021 ? 4 : 6;
    return 0;
}

/* RFC 2516: version and type 1, code 0 (session data), session, length. */
static int pppoe_decode(struct span *span, int *ret_version, const char **ret_damage)
{
    if (span->captured < 6)
        return decode_link_cut_short(ret_damage);
    size_t length = read_be16(span->bytes + 4);
    if (span->bytes[0] != 0x11 || span->bytes[1] != 0)
        return decode_not_ip(ret_damage);
    span_skip(span, 6);
    if (length < span->wire)
        span_trim(span, length);
    return ppp_decode(span, ret_version, ret_damage);
}

/* RFC 8300: a service header that names what follows it. */
int nsh_decode(struct span *span, int *ret_version, const char **ret_damage)
{
    enum { NEXT_IPV4 = 1, NEXT_IPV6 = 2, NEXT_ETHERNET = 3, NEXT_MPLS = 5 };
    size_t bytes = span->captured < 8 ? SIZE_MAX : (size_t)(span->bytes[1] & 0x3f) * 4;
    if (bytes > span->captured || bytes < 8)
        return decode_link_cut_short(ret_damage);
    uint8_t next = span->bytes[3];
    span_skip(span, bytes);
    switch (next) {
    case NEXT_IPV4: *ret_version = 4; return 0;
    case NEXT_IPV6: *ret_version = 6; return 0;
    case NEXT_ETHERNET: return ethernet_decode(span, ret_version, ret_damage);
    case NEXT_MPLS: return mpls_decode(span, ret_version, ret_damage);
    }
    return decode_not_ip(ret_damage);
}

static int skip_and(struct span *span, size_t count,
                    int (*decode)(struct span *span, int *ret_version, const char **ret_damage),
                    int *ret_version, const char **ret_damage)
{
    if (span->captured < count)
        return decode_link_cut_short(ret_damage);
    span_skip(span, count);
    return decode(span, ret_version, ret_damage);
}

int ethertype_decode(struct span *span, uint16_t ethertype, int *ret_version, const char **ret_damage)
{
    for (size_t bytes; (bytes = tag_bytes(ethertype)) != 0;) {
        if (span->captured < bytes + 2)
            return decode_link_cut_short(ret_damage);
        ethertype = read_be16(span->bytes + bytes);
        span_skip(span, bytes + 2);
    }
    switch (ethertype) {
    case ETHERTYPE_ETHERNET: return ethernet_decode(span, ret_version, ret_damage);
    case ETHERTYPE_FABRIC_PATH: return skip_and(span, 2, ethernet_decode, ret_version, ret_damage);
    case ETHERTYPE_NSH: return nsh_decode(span, ret_version, ret_damage);
    case ETHERTYPE_IPV4: *ret_version = 4; return 0;
    case ETHERTYPE_IPV6: *ret_version = 6; return 0;
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_UPSTREAM: return mpls_decode(span, ret_version, ret_damage);
    case ETHERTYPE_PPPOE: return pppoe_decode(span, ret_version, ret_damage);
    }
    if (ethertype > ETHERTYPE_LLC_MAX)
        return decode_not_ip(ret_damage);
    if (ethertype < span->wire)
        span_trim(span, ethertype);
    return llc_decode(span, ret_version, ret_damage);
}

/* IEEE 802.2: with SNAP AA AA 03, organisation 0 (or 0000F8, RFC 1042 bridges), ethertype; or IP's own
 * number. */
int llc_decode(struct span *span, int *ret_version, const char **ret_damage)
{
    static const uint8_t plain[] = {0xaa, 0xaa, 0x03, 0, 0, 0}, bridged[] = {0xaa, 0xaa, 0x03, 0, 0, 0xf8};
    if (span->captured >= 3 && memcmp(span->bytes, "\x06\x06\x03", 3) == 0) {
        span_skip(span, 3);
        *ret_version = 4;
        return 0;
    }
    if (span->captured < sizeof plain + 2)
        return decode_link_cut_short(ret_damage);
    bool is_snap =
        memcmp(span->bytes, plain, sizeof plain) == 0 || memcmp(span->bytes, bridged, sizeof bridged) == 0;
    uint16_t ethertype = read_be16(span->bytes + sizeof plain);
    if (!is_snap || ethertype <= ETHERTYPE_LLC_MAX)
        return decode_not_ip(ret_damage);
    span_skip(span, sizeof plain + 2);
    return ethertype_decode(span, ethertype, ret_version, ret_damage);
}

int ethernet_decode(struct span *span, int *ret_version, const char **ret_damage)
{
    if (++span->nested > LINK_NESTED_MAX)
        return decode_damage(ret_damage, EPROTO, "too many link headers inside each other");
    if (span->captured < 14)
        return decode_link_cut_short(ret_damage);
    uint16_t ethertype = read_be16(span->bytes + 12);
    span_skip(span, 14);
    return ethertype_decode(span, ethertype, ret_version, ret_damage);
}

/* A header of known length with an ethertype in it: Linux "cooked" capture, Cisco HDLC (RFC 4349). */
static int fixed_decode(struct span *span, size_t header_bytes, size_t ethertype_at, int *ret_version,
                        const char **ret_damage)
{
    if (span->captured < header_bytes)
        return decode_link_cut_short(ret_damage);
    uint16_t ethertype = read_be16(span->bytes + ethertype_at);
    span_skip(span, header_bytes);
    if (ethertype == 4) /* of cooked capture: 802.2 without a length */
        return llc_decode(span, ret_version, ret_damage);
    if (ethertype <= ETHERTYPE_LLC_MAX)
        return decode_not_ip(ret_damage);
    return ethertype_decode(span, ethertype, ret_version, ret_damage);
}

/* Four bytes with the address family, in the byte order and the numbers of whoever captured. */
static int null_decode(struct span *span, int *ret_version, const char **ret_damage)
{
    if (span->captured < 4)
        return decode_link_cut_short(ret_damage);
    uint32_t family = read_be32(span->bytes);
    if (family > 0xffff)
        family = __builtin_bswap32(family);
    span_skip(span, 4);
    if (family == 2)
        *ret_version = 4;
    else if (family == 10 || family == 24 || family == 28 || family == 30)
        *ret_version = 6;
    else
        return decode_not_ip(ret_damage);
    return 0;
}

/* PPP in HDLC framing, or Cisco HDLC: told by the first byte. */
static int hdlc_decode(struct span *span, int *ret_version, const char **ret_damage)
{
    if (span->captured < 1)
        return decode_link_cut_short(ret_damage);
    if (span->bytes[0] == 0x0f || span->bytes[0] == 0x8f)
        return fixed_decode(span, 4, 2, ret_version, ret_damage);
    return ppp_decode(span, ret_version, ret_damage);
}

/* RFC 2427: address of two to four bytes, 03, padding, then a network layer number; Cisco puts an ethertype.
 */
static int frame_relay_decode(struct span *span, int *ret_version, const char **ret_damage)
{
    size_t address_bytes = 1;
    while (address_bytes < 4 && address_bytes < span->captured && (span->bytes[address_bytes - 1] & 1) == 0)
        address_bytes++;
    if (span->captured < address_bytes + 3)
        return decode_link_cut_short(ret_damage);
    span_skip(span, address_bytes);
    if (span->bytes[0] != 0x03)
        return fixed_decode(span, 2, 0, ret_version, ret_damage);
    span_skip(span, span->bytes[1] == 0 ? 2 : 1);
    uint8_t number = span->bytes[0];
    if (number == 0x80 && span->captured >= 6 && memcmp(span->bytes, "\x80\0\0\0", 4) == 0)
        return fixed_decode(span, 6, 4, ret_version, ret_damage);
    if (number != 0xcc && number != 0x8e)
        return decode_not_ip(ret_damage);
    span_skip(span, 1);
    *ret_version = number == 0xcc ? 4 : 6;
    return 0;
}

/* linux/netfilter/nfnetlink_log.h: attributes in the byte order of whoever captured; 9 is the packet. */
static int nflog_decode(struct span *span, int *ret_version, const char **ret_damage)
{
    if (span->captured < 4)
        return decode_link_cut_short(ret_damage);
    *ret_version = span->bytes[0] == 2 ? 4 : 6;
    if (span->bytes[0] != 2 && span->bytes[0] != 10)
        return decode_not_ip(ret_damage);
    span_skip(span, 4);
    while (span->captured >= 4) {
        bool swapped = span->bytes[2] == 0 && span->bytes[3] != 0;
        size_t length = swapped ? read_be16(span->bytes) : read_le16(span->bytes);
        uint16_t type = (swapped ? read_be16(span->bytes + 2) : read_le16(span->bytes + 2)) & 0x7fff;
        if (length < 4 || (type != 9 && (length + 3) / 4 * 4 > span->captured))
            break;
        if (type == 9) {
            span_skip(span, 4);
            return 0;
        }
        span_skip(span, (length + 3) / 4 * 4);
    }
    return decode_link_cut_short(ret_damage);
}

static int raw_decode(const struct span *span, int *ret_version, const char **ret_damage)
{
    if (span->captured < 1)
        return decode_link_cut_short(ret_damage);
    int version = span->bytes[0] >> 4;
    if (version != 4 && version != 6)
        return decode_not_ip(ret_damage);
    *ret_version = version;
    return 0;
}

/* A header of the capture program that names its own length and the real link type. */
static int wrapped_decode(struct span *span, size_t length, uint32_t link, int *ret_version,
                          const char **ret_damage)
{
    if (length > span->captured || ++span->nested > LINK_NESTED_MAX)
        return decode_link_cut_short(ret_damage);
    span_skip(span, length);
    return link_decode((enum link_type)link, span, ret_version, ret_damage);
}

int link_decode(enum link_type link, struct span *span, int *ret_version, const char **ret_damage)
{
    switch (link) {
    case LINK_ETHERNET: return ethernet_decode(span, ret_version, ret_damage);
    case LINK_LINUX_SLL: return fixed_decode(span, 16, 14, ret_version, ret_damage);
    case LINK_LINUX_SLL2: return fixed_decode(span, 20, 0, ret_version, ret_damage);
    case LINK_INFINIBAND: return fixed_decode(span, 44, 40, ret_version, ret_damage);
    case LINK_CISCO_HDLC: return fixed_decode(span, 4, 2, ret_version, ret_damage);
    case LINK_NULL:
    case LINK_LOOP: return null_decode(span, ret_version, ret_damage);
    case LINK_PPP:
    case LINK_PPP_HDLC: return hdlc_decode(span, ret_version, ret_damage);
    case LINK_PPP_WITH_DIRECTION: return skip_and(span, 1, ppp_decode, ret_version, ret_damage);
    case LINK_PPPOE: return pppoe_decode(span, ret_version, ret_damage);
    case LINK_FRAME_RELAY: return frame_relay_decode(span, ret_version, ret_damage);
    case LINK_FDDI: return skip_and(span, 13, llc_decode, ret_version, ret_damage);
    case LINK_ATM_RFC1483: return llc_decode(span, ret_version, ret_damage);
    case LINK_IEEE802_11: return wireless_decode(span, false, ret_version, ret_damage);
    case LINK_RADIOTAP: return radiotap_decode(span, ret_version, ret_damage);
    case LINK_PRISM:
    case LINK_AVS: return prism_decode(span, ret_version, ret_damage);
    case LINK_PPI:
        if (span->captured < 8)
            return decode_link_cut_short(ret_damage);
        return wrapped_decode(span, read_le16(span->bytes + 2), read_le32(span->bytes + 4), ret_version,
                              ret_damage);
    case LINK_PKTAP:
        if (span->captured < 12)
            return decode_link_cut_short(ret_damage);
        return wrapped_decode(span, read_le32(span->bytes), read_le32(span->bytes + 8), ret_version,
                              ret_damage);
    case LINK_NFLOG: return nflog_decode(span, ret_version, ret_damage);
    case LINK_RAW_BSD:
    case LINK_RAW_OPENBSD:
    case LINK_RAW: return raw_decode(span, ret_version, ret_damage);
    case LINK_IPV4: *ret_version = 4; return 0;
    case LINK_IPV6: *ret_version = 6; return 0;
    }
    return decode_damage(ret_damage, EPROTONOSUPPORT, "a link layer that is not understood");
}

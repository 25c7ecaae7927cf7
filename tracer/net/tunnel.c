/* IP packets inside IP packets: what lies between the two IP headers. */
#include "net/decode.h"

enum {
    PROTOCOL_IPV4 = 4,
    PROTOCOL_IPV6 = 41,
    PROTOCOL_GRE = 47,
    PROTOCOL_ETHERIP = 97,
    PROTOCOL_PIM = 103,
    PROTOCOL_MPLS = 137,
    PORT_L2TP = 1701,
    PORT_GTP_U = 2152,
    PORT_TEREDO = 3544,
    PORT_GRE = 4754,
    PORT_VXLAN = 4789,
    PORT_VXLAN_GPE = 4790,
    PORT_AYIYA = 5072,
    PORT_GENEVE = 6081,
    PORT_MPLS = 6635,
    GRE_ETHERNET = 0x6558,
    GRE_PPP = 0x880b,
    GRE_WCCP = 0x883e,
    GRE_ERSPAN = 0x88be,
};

static bool skip(struct span *span, size_t count)
{
    if (span->captured < count)
        return false;
    span_skip(span, count);
    return true;
}

static bool ethernet_inside(struct span *span, int *version)
{
    const char *ignored;
    return ethernet_decode(span, version, &ignored) == 0;
}

static bool ppp_inside(struct span *span, int *version)
{
    const char *ignored;
    return ppp_decode(span, version, &ignored) == 0;
}

static bool ethertype_inside(struct span *span, uint16_t ethertype, int *version)
{
    const char *ignored;
    return ethertype > 1500 && ethertype_decode(span, ethertype, version, &ignored) == 0;
}

static bool mpls_inside(struct span *span, int *version)
{
    const char *ignored;
    return mpls_decode(span, version, &ignored) == 0;
}

static bool ip_inside(struct span *span, int *version)
{
    if (span->captured < 1)
        return false;
    *version = span->bytes[0] >> 4;
    return *version == 4 || *version == 6;
}

/* RFC 2784, RFC 2890; version 1 for PPTP, RFC 2637. */
static bool gre_enter(struct span *span, int *version)
{
    enum { CHECKSUM = 0x8000, ROUTING = 0x4000, KEY = 0x2000, SEQUENCE = 0x1000, ACKNOWLEDGMENT = 0x0080 };
    if (span->captured < 4)
        return false;
    uint16_t flags = read_be16(span->bytes), type = read_be16(span->bytes + 2);
    bool is_pptp = (flags & 7) == 1;
    if ((flags & ROUTING) != 0 || (flags & 7) > 1)
        return false;
    size_t bytes = 4;
    bytes += (flags & CHECKSUM) != 0 ? 4 : 0;
    bytes += (flags & KEY) != 0 ? 4 : 0;
    bytes += (flags & SEQUENCE) != 0 ? 4 : 0;
    bytes += is_pptp && (flags & ACKNOWLEDGMENT) != 0 ? 4 : 0;
    if (type == GRE_ERSPAN && (flags & SEQUENCE) != 0) /* type II has a header of its own, type I has none */
        bytes += 8;
    if (!skip(span, bytes))
        return false;
    if (type == GRE_PPP)
        return ppp_inside(span, version);
    if (type == GRE_WCCP) /* version 2 has a redirect header, which cannot begin as IP does */
        return ip_inside(span, version) || (skip(span, 4) && ip_inside(span, version));
    return ethertype_inside(span, type == GRE_ERSPAN ? GRE_ETHERNET : type, version);
}

/* RFC 7761 4.9.3: version 2, type 1; a whole IP packet follows. */
static bool pim_enter(struct span *span, int *version)
{
    bool is_register = span->captured >= 8 && span->bytes[0] == 0x21;
    return is_register && skip(span, 8) && ip_inside(span, version);
}

bool tunnel_enter(uint8_t protocol, struct span *span, int *ret_version)
{
    switch (protocol) {
    case PROTOCOL_IPV4: *ret_version = 4; return true;
    case PROTOCOL_IPV6: *ret_version = 6; return true;
    case PROTOCOL_GRE: return gre_enter(span, ret_version);
    case PROTOCOL_ETHERIP: return skip(span, 2) && ethernet_inside(span, ret_version); /* RFC 3378 */
    case PROTOCOL_PIM: return pim_enter(span, ret_version);
    case PROTOCOL_MPLS: return mpls_inside(span, ret_version); /* RFC 4023 */
    }
    return false;
}

/* RFC 7348 */
static bool vxlan_enter(struct span *span, int *version)
{
    bool is_valid = span->captured >= 8 && (span->bytes[0] & 0x08) != 0;
    return is_valid && skip(span, 8) && ethernet_inside(span, version);
}

/* draft-ietf-nvo3-vxlan-gpe: the flag P, and what follows. */
static bool vxlan_gpe_enter(struct span *span, int *version)
{
    enum { NEXT_IPV4 = 1, NEXT_IPV6 = 2, NEXT_ETHERNET = 3, NEXT_NSH = 4 };
    const char *ignored;
    if (span->captured < 8 || (span->bytes[0] & 0x04) == 0)
        return false;
    uint8_t next = span->bytes[3];
    span_skip(span, 8);
    if (next == NEXT_ETHERNET)
        return ethernet_inside(span, version);
    if (next == NEXT_NSH)
        return nsh_decode(span, version, &ignored) == 0;
    return (next == NEXT_IPV4 || next == NEXT_IPV6) && ip_inside(span, version);
}

/* RFC 8926 */
static bool geneve_enter(struct span *span, int *version)
{
    if (span->captured < 8 || span->bytes[0] >> 6 != 0)
        return false;
    uint16_t type = read_be16(span->bytes + 2);
    return skip(span, 8 + (size_t)(span->bytes[0] & 0x3f) * 4) && ethertype_inside(span, type, version);
}

/* 3GPP TS 29.281 5.1: version 1, GTP and not GTP', a T-PDU; then optional fields and a chain of headers. */
static bool gtp_enter(struct span *span, int *version)
{
    enum { EXTENSION = 0x04, ANY_OPTIONAL = 0x07, T_PDU = 255 };
    if (span->captured < 12 || (span->bytes[0] & 0xf0) != 0x30 || span->bytes[1] != T_PDU)
        return false;
    uint8_t flags = span->bytes[0], next = 0;
    span_skip(span, 8);
    if ((flags & ANY_OPTIONAL) != 0) {
        next = (flags & EXTENSION) != 0 ? span->bytes[3] : 0;
        span_skip(span, 4);
    }
    while (next != 0) {
        size_t bytes = span->captured > 0 ? (size_t)span->bytes[0] * 4 : 0;
        if (bytes == 0 || bytes > span->captured)
            return false;
        next = span->bytes[bytes - 1];
        span_skip(span, bytes);
    }
    return ip_inside(span, version);
}

/* RFC 4380 5.1.1: authentication and origin may come first. */
static bool teredo_enter(struct span *span, int *version)
{
    if (span->captured >= 4 && read_be16(span->bytes) == 1) {
        if (!skip(span, 13 + (size_t)span->bytes[2] + span->bytes[3]))
            return false;
    }
    if (span->captured >= 2 && read_be16(span->bytes) == 0 && !skip(span, 8))
        return false;
    return ip_inside(span, version) && *version == 6;
}

/* RFC 2661 3.1: a data message of version 2. */
static bool l2tp_enter(struct span *span, int *version)
{
    enum { CONTROL = 0x8000, LENGTH = 0x4000, SEQUENCE = 0x0800, OFFSET = 0x0200 };
    if (span->captured < 6)
        return false;
    uint16_t flags = read_be16(span->bytes);
    if ((flags & CONTROL) != 0 || (flags & 0x000f) != 2)
        return false;
    size_t bytes = 6;
    bytes += (flags & LENGTH) != 0 ? 2 : 0;
    bytes += (flags & SEQUENCE) != 0 ? 4 : 0;
    if ((flags & OFFSET) != 0) {
        if (span->captured < bytes + 2)
            return false;
        bytes += 2 + (size_t)read_be16(span->bytes + bytes);
    }
    return skip(span, bytes) && ppp_inside(span, version);
}

/* draft-massar-v6ops-ayiya: lengths of identity and signature, then what is inside. */
static bool ayiya_enter(struct span *span, int *version)
{
    enum { FORWARD = 1 };
    if (span->captured < 8 || span->bytes[3] != PROTOCOL_IPV6 || (span->bytes[2] & 0x0f) != FORWARD)
        return false;
    size_t identity = (size_t)1 << (span->bytes[0] >> 4), signature = (size_t)(span->bytes[1] >> 4) * 4;
    *version = 6;
    return skip(span, 8 + identity + signature);
}

static const struct tunnel {
    uint16_t port;
    bool (*enter)(struct span *span, int *version);
} tunnels[] = {
    {PORT_VXLAN, vxlan_enter},   {PORT_GENEVE, geneve_enter}, {PORT_GTP_U, gtp_enter},
    {PORT_TEREDO, teredo_enter}, {PORT_L2TP, l2tp_enter},     {PORT_AYIYA, ayiya_enter},
    {PORT_MPLS, mpls_inside},    {PORT_GRE, gre_enter},       {PORT_VXLAN_GPE, vxlan_gpe_enter},
};

static const struct tunnel *tunnel_of(uint16_t port)
{
    for (size_t i = 0; i < sizeof tunnels / sizeof tunnels[0]; i++)
        if (tunnels[i].port == port)
            return &tunnels[i];
    return NULL;
}

bool tunnel_port(uint16_t port)
{
    return port >= PORT_L2TP && port <= PORT_MPLS && tunnel_of(port) != NULL;
}

bool tunnel_enter_udp(uint16_t source_port, uint16_t destination_port, struct span *span, int *ret_version)
{
    const struct tunnel *tunnel = tunnel_of(destination_port);
    if (tunnel == NULL)
        tunnel = tunnel_of(source_port);
    return tunnel != NULL && tunnel->enter(span, ret_version);
}

/* IEEE 802.11 data frames that are not encrypted, and what capture programs put in front of them. */
#include "net/decode.h"

enum {
    CONTROL_TYPE = 0x0c, /* first byte of frame control */
    CONTROL_TYPE_DATA = 0x08,
    CONTROL_NO_DATA = 0x40,
    CONTROL_QOS = 0x80,
    CONTROL_BOTH_DS = 0x03, /* second byte */
    CONTROL_MORE_FRAGMENTS = 0x04,
    CONTROL_PROTECTED = 0x40,
    CONTROL_ORDER = 0x80,
    QOS_AGGREGATE = 0x80, /* an A-MSDU: of its frames, the first is told */
};

static size_t header_length(const uint8_t *frame)
{
    size_t bytes = (frame[1] & CONTROL_BOTH_DS) == CONTROL_BOTH_DS ? 30 : 24;
    if ((frame[0] & CONTROL_QOS) != 0)
        bytes += (frame[1] & CONTROL_ORDER) != 0 ? 6 : 2;
    return bytes;
}

static bool is_plain_data(const uint8_t *frame)
{
    return (frame[0] & CONTROL_TYPE) == CONTROL_TYPE_DATA && (frame[0] & CONTROL_NO_DATA) == 0 &&
           (frame[1] & (CONTROL_PROTECTED | CONTROL_MORE_FRAGMENTS)) == 0;
}

int wireless_decode(struct span *span, bool padded, int *ret_version, const char **ret_damage)
{
    if (span->captured < 2)
        return decode_link_cut_short(ret_damage);
    const uint8_t *frame = span->bytes;
    size_t header_bytes = header_length(frame);
    if (!is_plain_data(frame))
        return decode_not_ip(ret_damage);
    if (padded)
        header_bytes = (header_bytes + 3) / 4 * 4;
    if (span->captured < header_bytes)
        return decode_link_cut_short(ret_damage);
    bool is_fragment = (frame[22] & 0x0f) != 0;
    size_t qos_at = (frame[1] & CONTROL_BOTH_DS) == CONTROL_BOTH_DS ? 30 : 24;
    bool is_aggregate = (frame[0] & CONTROL_QOS) != 0 && (frame[qos_at] & QOS_AGGREGATE) != 0;
    if (is_fragment)
        return decode_not_ip(ret_damage);
    span_skip(span, header_bytes);
    if (is_aggregate && span->captured < 14)
        return decode_link_cut_short(ret_damage);
    if (is_aggregate)
        span_skip(span, 14);
    return llc_decode(span, ret_version, ret_damage);
}

/* www.radiotap.org: the flags, behind the clock if that is there, say whether the header is padded. */
static uint8_t radiotap_flags(const uint8_t *bytes, size_t length)
{
    size_t at = 4;
    uint32_t first = read_le32(bytes + 4);
    while (at + 8 <= length && (read_le32(bytes + at) & 0x80000000) != 0)
        at += 4;
    at += 4;
    if ((first & 1) != 0)
        at = (at + 7) / 8 * 8 + 8;
    return (first & 2) != 0 && at < length ? bytes[at] : 0;
}

int radiotap_decode(struct span *span, int *ret_version, const char **ret_damage)
{
    enum { DATA_PADDED = 0x20, BAD_FRAME_CHECK = 0x40 };
    size_t length = span->captured < 8 ? SIZE_MAX : read_le16(span->bytes + 2);
    if (length > span->captured || length < 8)
        return decode_link_cut_short(ret_damage);
    uint8_t flags = radiotap_flags(span->bytes, length);
    span_skip(span, length);
    if ((flags & BAD_FRAME_CHECK) != 0)
        return decode_damage(ret_damage, EPROTO, "the radio received the frame damaged");
    return wireless_decode(span, (flags & DATA_PADDED) != 0, ret_version, ret_damage);
}

/* Either of two headers: Prism in the byte order of whoever captured, AVS in network order. */
int prism_decode(struct span *span, int *ret_version, const char **ret_damage)
{
    if (span->captured < 8)
        return decode_link_cut_short(ret_damage);
    bool big_endian = span->bytes[0] == 0x80 || span->bytes[3] == 0x44;
    size_t length = big_endian ? read_be32(span->bytes + 4) : read_le32(span->bytes + 4);
    if (length > span->captured)
        return decode_link_cut_short(ret_damage);
    span_skip(span, length);
    return wireless_decode(span, false, ret_version, ret_damage);
}

/* Small texts: payload, durations, the word for a packet. */
#include "event/sentence.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "base/clock.h"
#include "event/text_part.h"

static void put_escaped(struct buf *out, uint8_t byte)
{
    switch (byte) {
    case '\n': buf_puts(out, "\\n"); break;
    case '\r': buf_puts(out, "\\r"); break;
    case '\t': buf_puts(out, "\\t"); break;
    case '"': buf_puts(out, "\\\""); break;
    case '\\': buf_puts(out, "\\\\"); break;
    default:
        if (byte >= 0x20 && byte < 0x7f)
            buf_putc(out, (char)byte);
        else
            buf_printf(out, "\\x%02x", byte);
        break;
    }
}

void payload_text(struct buf *out, const uint8_t *bytes, size_t count, size_t limit)
{
    for (size_t i = 0; i < count && i < limit; i++)
        put_escaped(out, bytes[i]);
    if (count > limit)
        buf_puts(out, "...");
}

/* Bytes of the character that starts here, 0: none does. Control characters do not count. */
static size_t shown_length(const uint8_t *at, size_t room)
{
    uint32_t value = 0;
    size_t length = utf8_character(at, room, &value);
    return value >= 0x20 && (value < 0x7f || value >= 0xa0) ? length : 0;
}

void utf8_text(struct buf *out, const char *text, size_t count)
{
    const uint8_t *bytes = (const uint8_t *)text;
    for (size_t i = 0; i < count;) {
        size_t length = shown_length(bytes + i, count - i);
        if (length != 0)
            buf_add(out, bytes + i, length);
        else
            put_escaped(out, bytes[i]);
        i += length != 0 ? length : 1;
    }
}

void name_text(struct buf *out, const char name[NAME_MAX_BYTES])
{
    utf8_text(out, name, strnlen(name, NAME_MAX_BYTES));
}

/* Three significant digits of value / unit. */
static void put_scaled(struct buf *out, int64_t value, int64_t unit, const char *name)
{
    double scaled = (double)value / (double)unit;
    int decimals = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
    buf_printf(out, "%.*f %s", decimals, scaled, name);
}

void duration_text(struct buf *out, int64_t ns)
{
    if (ns < 0) {
        buf_putc(out, '-');
        ns = ns == INT64_MIN ? INT64_MAX : -ns;
    }
    if (ns < NS_PER_US)
        buf_printf(out, "%d ns", (int)ns);
    else if (ns < NS_PER_MS - NS_PER_US / 2) /* above, it would be rounded to 1000 us */
        buf_printf(out, "%d us", (int)((ns + NS_PER_US / 2) / NS_PER_US));
    else if (ns < NS_PER_S - NS_PER_MS / 2)
        put_scaled(out, ns, NS_PER_MS, "ms");
    else
        put_scaled(out, ns, NS_PER_S, "s");
}

static void put_flags(struct buf *out, uint8_t flags, const char *separator)
{
    static const struct {
        uint8_t flag;
        const char *text;
    } words[] = {
        {TCP_SYN, "SYN"}, {TCP_FIN, "FIN"}, {TCP_RST, "RST"}, {TCP_ACK, "ACK"},
        {TCP_URG, "URG"}, {TCP_ECE, "ECE"}, {TCP_CWR, "CWR"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if ((flags & words[i].flag) == 0)
            continue;
        buf_printf(out, "%s%s", separator, words[i].text);
        separator = ",";
    }
}

static void put_tcp_word(struct buf *out, const struct packet *packet)
{
    uint8_t flags = packet->tcp.flags;
    if (packet->payload_bytes != 0) {
        buf_printf(out, "data %" PRIu32, packet->payload_bytes);
        put_flags(out, flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_URG), ",");
    } else if ((flags & ~TCP_PSH) == 0) {
        buf_puts(out, "no flags");
    } else {
        put_flags(out, flags, "");
    }
}

void packet_word(struct buf *out, const struct packet *packet)
{
    char text[PROTOCOL_TEXT_MAX];
    if (packet->fragment_offset != 0) {
        buf_printf(out, "fragment at %d", packet->fragment_offset);
    } else if (packet->damage != NULL && packet->protocol == PROTOCOL_NONE) {
        buf_puts(out, "damaged packet");
    } else if (packet->protocol == PROTOCOL_TCP) {
        put_tcp_word(out, packet);
    } else if (packet->protocol == PROTOCOL_UDP) {
        buf_printf(out, "UDP %" PRIu32, packet->payload_bytes);
    } else if (packet->protocol == PROTOCOL_ICMP || packet->protocol == PROTOCOL_ICMPV6) {
        buf_printf(out, "%s %s", packet->protocol == PROTOCOL_ICMP ? "ICMP" : "ICMPv6",
                   icmp_text(packet->protocol, packet->icmp.type, packet->icmp.code));
    } else if (packet->protocol == PROTOCOL_NONE) {
        buf_puts(out, "packet");
    } else {
        buf_puts(out, protocol_text(packet->protocol, text));
    }
}

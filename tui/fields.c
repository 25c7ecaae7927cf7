/* Each header in its own function; a cursor says how far the captured bytes reach. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "event/sentence.h"
#include "tui/fields.h"

struct cursor {
    field_list *list;
    const struct event *event;
    const uint8_t *bytes;
    size_t count;
    const char *layer;
};

static bool has(const struct cursor *cursor, size_t offset, size_t bytes)
{
    return offset <= cursor->count && bytes <= cursor->count - offset;
}

static uint32_t number(const struct cursor *cursor, size_t offset, size_t bytes)
{
    uint32_t value = 0;

    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | cursor->bytes[offset + i];
    return value;
}

/* NULL when the bytes were not captured; else the field, its value still empty. */
static struct field *add(const struct cursor *cursor, size_t offset, size_t bytes, const char *name,
                         const char *words)
{
    struct field *field;

    if (!has(cursor, offset, bytes))
        return NULL;
    field = array_push(cursor->list);
    *field = (struct field){
        .offset = (uint32_t)offset, .bytes = (uint32_t)bytes, .layer = cursor->layer, .name = name};
    snprintf(field->words, sizeof field->words, "%s", words);
    return field;
}

__attribute__((format(printf, 2, 3))) static void value(struct field *field, const char *format, ...)
{
    va_list arguments;

    if (field == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(field->value, sizeof field->value, format, arguments);
    va_end(arguments);
}

__attribute__((format(printf, 2, 3))) static void words(struct field *field, const char *format, ...)
{
    va_list arguments;

    if (field == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(field->words, sizeof field->words, format, arguments);
    va_end(arguments);
}

static void add_number(const struct cursor *cursor, size_t offset, size_t bytes, const char *name,
                       const char *text)
{
    if (has(cursor, offset, bytes))
        value(add(cursor, offset, bytes, name, text), "%u", number(cursor, offset, bytes));
}

static void add_hex(const struct cursor *cursor, size_t offset, size_t bytes, const char *name,
                    const char *text)
{
    if (has(cursor, offset, bytes))
        value(add(cursor, offset, bytes, name, text), "0x%0*x", (int)bytes * 2,
              number(cursor, offset, bytes));
}

static void add_mac(const struct cursor *cursor, size_t offset, const char *name, const char *text)
{
    const uint8_t *b = cursor->bytes + offset;

    if (has(cursor, offset, 6))
        value(add(cursor, offset, 6, name, text), "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3],
              b[4], b[5]);
}

static void add_address(const struct cursor *cursor, size_t offset, size_t bytes, const char *name,
                        const char *text, const struct address *address)
{
    char buffer[ADDRESS_TEXT_MAX];

    value(add(cursor, offset, bytes, name, text), "%s", address_ip_text(address, buffer));
}

/* --- link --- */

static void link_fields(struct cursor *cursor)
{
    uint32_t ip = cursor->event->packet.packet.ip_offset;

    cursor->layer = "link";
    if (cursor->event->packet.link != LINK_ETHERNET || ip < 14) {
        if (ip > 0)
            value(add(cursor, 0, ip, "link header", "what the link itself puts in front of the packet"),
                  "%u bytes", ip);
        return;
    }
    cursor->layer = "Ethernet";
    add_mac(cursor, 0, "destination", "the network card that shall take it: the next hop, not the far end");
    add_mac(cursor, 6, "source", "the network card that sent it");
    add_hex(cursor, 12, 2, "type", "what is inside: 0x0800 IPv4, 0x86dd IPv6");
}

/* --- network --- */

static const char *protocol_words(uint8_t protocol)
{
    switch (protocol) {
    case PROTOCOL_TCP: return "what is inside: TCP, a stream of bytes";
    case PROTOCOL_UDP: return "what is inside: UDP, one datagram";
    case PROTOCOL_ICMP: return "what is inside: ICMP, a message about the network";
    case PROTOCOL_ICMPV6: return "what is inside: ICMPv6, a message about the network";
    default: return "what is inside, by IANA's list of protocol numbers";
    }
}

static void add_fragment(const struct cursor *cursor, size_t at)
{
    uint32_t bits;

    if (!has(cursor, at, 2))
        return;
    bits = number(cursor, at, 2);
    value(add(cursor, at, 2, "fragment",
              (bits & 0x4000) != 0 ? "DF: no router may cut it" : "may be cut on the way"),
          "%s%soffset %u", (bits & 0x4000) != 0 ? "DF " : "", (bits & 0x2000) != 0 ? "MF " : "",
          (bits & 0x1FFF) * 8);
}

/* Returns where the transport header begins. */
static size_t ipv4_fields(struct cursor *cursor, size_t at)
{
    const struct packet *packet = &cursor->event->packet.packet;
    size_t header = has(cursor, at, 1) ? (size_t)(cursor->bytes[at] & 15u) * 4 : 20;
    char protocol[PROTOCOL_TEXT_MAX];

    cursor->layer = "IPv4";
    if (has(cursor, at, 1))
        value(add(cursor, at, 1, "version, length", "IPv4; its header has so many bytes"), "4, %zu bytes",
              header);
    add_hex(cursor, at + 1, 1, "DSCP, ECN", "a wish for treatment, and marks of congestion");
    add_number(cursor, at + 2, 2, "total length", "bytes from here to the end of the packet");
    add_hex(cursor, at + 4, 2, "identification", "the same in all fragments of a packet");
    add_fragment(cursor, at + 6);
    add_number(cursor, at + 8, 1, "TTL", "routers it may still pass; each takes one off");
    value(add(cursor, at + 9, 1, "protocol", protocol_words(packet->protocol)), "%u (%s)", packet->protocol,
          protocol_text(packet->protocol, protocol));
    add_hex(cursor, at + 10, 2, "checksum", "over this header only");
    add_address(cursor, at + 12, 4, "source", "the host that sent it", &packet->source);
    add_address(cursor, at + 16, 4, "destination", "the host it goes to", &packet->destination);
    if (header > 20)
        value(add(cursor, at + 20, header - 20, "options", "rare: of the IPv4 header"), "%zu bytes",
              header - 20);
    return at + header;
}

static size_t ipv6_fields(struct cursor *cursor, size_t at)
{
    const struct packet *packet = &cursor->event->packet.packet;
    char protocol[PROTOCOL_TEXT_MAX];

    cursor->layer = "IPv6";
    add_hex(cursor, at, 4, "version, flow", "IPv6; traffic class and flow label");
    add_number(cursor, at + 4, 2, "payload length", "bytes behind this header");
    if (has(cursor, at + 6, 1))
        value(add(cursor, at + 6, 1, "next header", protocol_words(cursor->bytes[at + 6])), "%u (%s)",
              cursor->bytes[at + 6], protocol_text(cursor->bytes[at + 6], protocol));
    add_number(cursor, at + 7, 1, "hop limit", "routers it may still pass; each takes one off");
    add_address(cursor, at + 8, 16, "source", "the host that sent it", &packet->source);
    add_address(cursor, at + 24, 16, "destination", "the host it goes to", &packet->destination);
    return at + 40;
}

/* --- transport --- */

static void flags_field(const struct cursor *cursor, size_t at)
{
    static const struct {
        uint8_t flag;
        const char *text;
    } says[] = {
        {TCP_SYN, "SYN: asks for a connection"},  {TCP_RST, "RST: ends it at once"},
        {TCP_FIN, "FIN: says goodbye"},           {TCP_ACK, "ACK: the acknowledgment number holds"},
        {TCP_PSH, "PSH: give it to the program"}, {TCP_URG, "URG: urgent data"},
        {TCP_ECE, "ECE: congestion was seen"},    {TCP_CWR, "CWR: has slowed down"},
    };
    uint8_t flags = cursor->event->packet.packet.tcp.flags;
    struct buf text = {0};
    char names[TCP_FLAGS_TEXT_MAX];
    struct field *field = add(cursor, at, 1, "flags", "");

    for (size_t i = 0; i < sizeof says / sizeof *says; i++)
        if ((flags & says[i].flag) != 0)
            buf_printf(&text, "%s%s", text.length > 0 ? "; " : "", says[i].text);
    value(field, "%s", tcp_flags_text(flags, names));
    words(field, "%s", buf_text(&text));
    buf_release(&text);
}

static void option_words(struct field *field, const struct packet_tcp *tcp, uint8_t kind)
{
    switch (kind) {
    case 2:
        value(field, "%u", tcp->option_mss);
        words(field, "the largest segment it wants to get, in bytes");
        break;
    case 3:
        value(field, "%d", tcp->option_window_shift);
        words(field, "from now on its window counts times %u",
              tcp->option_window_shift >= 0 && tcp->option_window_shift < 15 ? 1u << tcp->option_window_shift
                                                                             : 1u);
        break;
    case 4: words(field, "it understands selective acknowledgments"); break;
    case 5:
        value(field, "%u block%s", tcp->sack_count, tcp->sack_count == 1 ? "" : "s");
        words(field, "has got these bytes behind a hole");
        break;
    case 8:
        value(field, "%u, echo %u", tcp->timestamp_value, tcp->timestamp_echo);
        words(field, "a clock of the sender, and the other's clock sent back: measures the round trip");
        break;
    default: words(field, "an option that is not explained here"); break;
    }
}

static void tcp_options(const struct cursor *cursor, size_t at, size_t end)
{
    static const char *const names[] = {
        [2] = "MSS", [3] = "window scale", [4] = "SACK permitted", [5] = "SACK", [8] = "timestamps"};

    while (at < end && has(cursor, at, 1)) {
        uint8_t kind = cursor->bytes[at];
        size_t length = kind <= 1 ? 1 : has(cursor, at + 1, 1) ? cursor->bytes[at + 1] : 0;

        if (kind == 0 || length == 0 || (kind > 1 && length < 2) || at + length > end)
            return;
        if (kind > 1) {
            const char *name =
                kind < sizeof names / sizeof *names && names[kind] != NULL ? names[kind] : "option";

            struct field *field = add(cursor, at, length, name, "");

            if (field != NULL)
                option_words(field, &cursor->event->packet.packet.tcp, kind);
        }
        at += length;
    }
}

static void sequence_fields(const struct cursor *cursor, size_t at)
{
    const struct event *event = cursor->event;
    const struct packet_tcp *tcp = &event->packet.packet.tcp;
    struct field *field = add(cursor, at + 4, 4, "sequence", "the number of its first byte");

    value(field, "%u", tcp->sequence);
    if (event->context.has_relative)
        words(field, "the number of its first byte: %u behind the start", event->context.sequence);
    field = add(cursor, at + 8, 4, "acknowledgment", "not in use: the ACK flag is not set");
    value(field, "%u", tcp->acknowledgment);
    if ((tcp->flags & TCP_ACK) != 0)
        words(field, "the byte that it waits for");
    if ((tcp->flags & TCP_ACK) != 0 && event->context.has_relative)
        words(field, "the byte that it waits for: %u behind the start", event->context.acknowledgment);
}

static void tcp_fields(struct cursor *cursor, size_t at)
{
    const struct packet *packet = &cursor->event->packet.packet;
    size_t header = has(cursor, at + 12, 1) ? (size_t)(cursor->bytes[at + 12] >> 4) * 4 : 20;
    struct field *field;

    cursor->layer = "TCP";
    add_number(cursor, at, 2, "source port", "which socket of the sender");
    add_number(cursor, at + 2, 2, "destination port", "which socket of the receiver");
    sequence_fields(cursor, at);
    value(add(cursor, at + 12, 1, "header length", "with its options"), "%zu bytes", header);
    flags_field(cursor, at + 13);
    field = add(cursor, at + 14, 2, "window", "so much it has room for");
    value(field, "%u", packet->tcp.window);
    if (cursor->event->context.has_relative)
        words(field, "it has room for %u more bytes", cursor->event->context.window);
    add_hex(cursor, at + 16, 2, "checksum",
            !packet->checksum_judged ? "over header, data and addresses; not judged here"
            : packet->checksum_bad   ? "WRONG: the receiver throws it away"
                                     : "over header, data and addresses; it is right");
    add_number(cursor, at + 18, 2, "urgent pointer", "only holds with the flag URG");
    tcp_options(cursor, at + 20, at + header);
}

static void udp_fields(struct cursor *cursor, size_t at)
{
    cursor->layer = "UDP";
    add_number(cursor, at, 2, "source port", "which socket of the sender");
    add_number(cursor, at + 2, 2, "destination port", "which socket of the receiver");
    add_number(cursor, at + 4, 2, "length", "this header, 8 bytes, and the data");
    add_hex(cursor, at + 6, 2, "checksum", "over header, data and addresses; 0: none");
}

static void icmp_fields(struct cursor *cursor, size_t at)
{
    const struct packet *packet = &cursor->event->packet.packet;

    cursor->layer = packet->protocol == PROTOCOL_ICMP ? "ICMP" : "ICMPv6";
    add_number(cursor, at, 1, "type", icmp_text(packet->protocol, packet->icmp.type, packet->icmp.code));
    add_number(cursor, at + 1, 1, "code", "which of the kind");
    add_hex(cursor, at + 2, 2, "checksum", "over the message");
    add_hex(cursor, at + 4, 4, "rest", "identifier and number, or the largest size that passes");
}

static void payload_field(struct cursor *cursor)
{
    const struct packet *packet = &cursor->event->packet.packet;
    struct buf text = {0};
    struct field *field;

    cursor->layer = "data";
    if (packet->payload_present == 0)
        return;
    field =
        add(cursor, packet->payload_offset, packet->payload_present, "data", "what the program handed over");
    if (field == NULL)
        return;
    payload_text(&text, cursor->bytes + packet->payload_offset, packet->payload_present, 24);
    value(field, "%s", buf_text(&text));
    words(field, "%u bytes that the program handed over", packet->payload_bytes);
    buf_release(&text);
}

void fields_of(field_list *list, const struct event *event)
{
    const struct packet *packet = &event->packet.packet;
    struct cursor cursor = {.list = list,
                            .event = event,
                            .bytes = event->data,
                            .count = event->data != NULL ? event->data_bytes : 0};
    size_t at;

    link_fields(&cursor);
    if (!has(&cursor, packet->ip_offset, 1))
        return;
    at = cursor.bytes[packet->ip_offset] >> 4 == 6 ? ipv6_fields(&cursor, packet->ip_offset)
                                                   : ipv4_fields(&cursor, packet->ip_offset);
    if (packet->has_transport) {
        if (packet->protocol == PROTOCOL_TCP)
            tcp_fields(&cursor, at);
        else if (packet->protocol == PROTOCOL_UDP)
            udp_fields(&cursor, at);
        else
            icmp_fields(&cursor, at);
    }
    payload_field(&cursor);
}

int field_that_matters(const field_list *list)
{
    static const char *const most[][2] = {
        {"TCP", "flags"}, {"UDP", "length"}, {"ICMP", "type"}, {"ICMPv6", "type"}};

    for (size_t i = 0; i < list->count; i++)
        for (size_t k = 0; k < sizeof most / sizeof *most; k++)
            if (strcmp(list->items[i].layer, most[k][0]) == 0 && strcmp(list->items[i].name, most[k][1]) == 0)
                return (int)i + 1;
    return list->count > 0 ? 1 : 0;
}

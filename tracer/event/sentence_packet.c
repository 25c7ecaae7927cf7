/* Sentences about packets: "server kernel sends SYN,ACK (seq 0, ack 1) to client." */
#include "event/sentence.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "event/text_part.h"

#define PAYLOAD_LIMIT 32

static void tell_payload(const struct telling *telling)
{
    const struct event *event = telling->event;
    const struct packet *packet = &event->packet.packet;
    bool readable = packet->protocol == PROTOCOL_TCP || packet->protocol == PROTOCOL_UDP;
    if (!readable || packet->payload_bytes == 0 || packet->payload_present == 0)
        return;
    if (packet->payload_offset > event->data_bytes ||
        packet->payload_present > event->data_bytes - packet->payload_offset)
        return;
    buf_puts(telling->out, " \"");
    payload_text(telling->out, event->data + packet->payload_offset, packet->payload_present, PAYLOAD_LIMIT);
    buf_putc(telling->out, '"');
}

static void tell_numbers(const struct telling *telling)
{
    const struct event_context *context = &telling->event->context;
    const struct packet_tcp *tcp = &telling->event->packet.packet.tcp;
    const char *raw = context->has_relative ? "" : "raw ";
    buf_printf(telling->out, " (%sseq %" PRIu32, raw,
               context->has_relative ? context->sequence : tcp->sequence);
    if ((tcp->flags & TCP_ACK) != 0)
        buf_printf(telling->out, ", %sack %" PRIu32, raw,
                   context->has_relative ? context->acknowledgment : tcp->acknowledgment);
    if ((tcp->flags & TCP_ACK) != 0 && tcp->window == 0 && (tcp->flags & TCP_RST) == 0)
        buf_puts(telling->out, ", window 0");
    buf_putc(telling->out, ')');
}

static const char *ordinal_ending(uint32_t number)
{
    static const char *const endings[] = {"th", "st", "nd", "rd"};
    bool teen = number % 100 >= 11 && number % 100 <= 13;
    return !teen && number % 10 <= 3 ? endings[number % 10] : "th";
}

static void tell_packet(const struct telling *telling)
{
    const struct packet *packet = &telling->event->packet.packet;
    uint32_t copy = telling->event->context.copy;
    packet_word(telling->out, packet);
    tell_payload(telling);
    if (packet->protocol == PROTOCOL_TCP && packet->fragment_offset == 0)
        tell_numbers(telling);
    if (copy > 1)
        buf_printf(telling->out, " for the %" PRIu32 "%s time", copy, ordinal_ending(copy));
    if (packet->checksum_bad)
        buf_puts(telling->out, " with a wrong checksum");
}

static void tell_host(const struct telling *telling, const char *name, const struct address *address)
{
    char text[ADDRESS_TEXT_MAX];
    if (name[0] != '\0')
        utf8_text(telling->out, name, strnlen(name, NAME_MAX_BYTES));
    else if (address->family != ADDRESS_NONE)
        buf_puts(telling->out, address_text(address, text));
    else
        buf_puts(telling->out, "somebody");
}

/* Who sent it, in an event that was seen at the receiver. */
static void tell_source(const struct telling *telling)
{
    const struct endpoint_note *sender = &telling->event->context.sides[0];
    tell_host(telling, sender->name, &telling->event->packet.packet.source);
}

static void tell_destination(const struct telling *telling)
{
    tell_host(telling, telling->event->packet.to, &telling->event->packet.packet.destination);
}

static void tell_fault(const struct telling *telling)
{
    const struct event_packet *packet = &telling->event->packet;
    if (packet->fault[0] == '\0')
        return;
    buf_puts(telling->out, ", by the rule \"");
    utf8_text(telling->out, packet->fault, strnlen(packet->fault, sizeof packet->fault));
    buf_putc(telling->out, '"');
}

static void tell_rest(const struct telling *telling)
{
    buf_putc(telling->out, '.');
    tell_sides(telling);
    tell_objections(telling);
}

void tell_packet_sent(const struct telling *telling)
{
    if (packet_is_of_wire(&telling->event->packet))
        buf_puts(telling->out, "the wire");
    else if (telling->event->host[0] != '\0')
        tell_kernel(telling);
    else
        tell_host(telling, "", &telling->event->packet.packet.source);
    buf_puts(telling->out, " sends ");
    tell_packet(telling);
    buf_puts(telling->out, " to ");
    tell_destination(telling);
    tell_causes(telling, RULE_NONE);
    tell_fault(telling);
    tell_rest(telling);
}

void tell_packet_delivered(const struct telling *telling)
{
    tell_packet(telling);
    buf_puts(telling->out, " from ");
    tell_source(telling);
    buf_puts(telling->out, " arrives at ");
    tell_host(telling, telling->event->host, &telling->event->packet.packet.destination);
    tell_causes(telling, RULE_NONE);
    tell_fault(telling);
    tell_rest(telling);
}

static void tell_stopped(const struct telling *telling, const char *what)
{
    buf_puts(telling->out, what);
    tell_packet(telling);
    buf_puts(telling->out, " from ");
    tell_host(telling, telling->event->host, &telling->event->packet.packet.source);
    buf_puts(telling->out, " to ");
    tell_destination(telling);
    tell_causes(telling, RULE_NONE);
    tell_fault(telling);
    tell_rest(telling);
}

void tell_packet_dropped(const struct telling *telling)
{
    tell_stopped(telling, "the wire loses ");
}

void tell_packet_held(const struct telling *telling)
{
    unsigned copies;
    const struct event *event = telling->event;
    if (sscanf(event->packet.fault, "copy %u absorbed", &copies) == 1) {
        tell_kernel(telling);
        buf_puts(telling->out, " sends ");
        packet_word(telling->out, &event->packet.packet);
        buf_printf(
            telling->out,
            " again, since no answer comes: copy %u of a packet that the wire still holds. It is absorbed.",
            copies);
        return;
    }
    tell_stopped(telling, "the wire holds ");
}

/* Short texts for packets and moments. */
#include "base/clock.h"
#include "event/sentence.h"
#include "tui/draw.h"

enum role packet_role(const struct packet *packet)
{
    if (packet->protocol == PROTOCOL_ICMP || packet->protocol == PROTOCOL_ICMPV6)
        return ROLE_RST;
    if (packet->protocol != PROTOCOL_TCP)
        return ROLE_DATA;
    if ((packet->tcp.flags & TCP_RST) != 0)
        return ROLE_RST;
    if ((packet->tcp.flags & TCP_SYN) != 0)
        return ROLE_SYN;
    if (packet->payload_bytes > 0)
        return ROLE_DATA;
    return (packet->tcp.flags & TCP_FIN) != 0 ? ROLE_FIN : ROLE_ACK;
}

static void add_try(struct buf *out, const struct event *event)
{
    static const char *const endings[] = {"th", "st", "nd", "rd"};
    unsigned copy = event->context.copy;

    if (copy > 1)
        buf_printf(out, " (%u%s try)", copy, copy % 10 < 4 && copy / 10 != 1 ? endings[copy % 10] : "th");
}

/* A packet that only acknowledges is about its acknowledgment number, any other about its sequence number. */
static void add_numbers(struct buf *out, const struct event *event, bool both)
{
    const struct packet *packet = &event->packet.packet;
    const struct event_context *context = &event->context;
    bool has_ack = (packet->tcp.flags & TCP_ACK) != 0;
    bool answers = has_ack && packet->payload_bytes == 0 && (packet->tcp.flags & TCP_FIN) == 0;

    if (packet->protocol != PROTOCOL_TCP || !context->has_relative)
        return;
    if (both || !answers)
        buf_printf(out, " seq=%u", context->sequence);
    if (has_ack && (both || answers))
        buf_printf(out, " ack=%u", context->acknowledgment);
}

static void label_variant(struct buf *out, const struct event *event, int variant)
{
    buf_clear(out);
    packet_word(out, &event->packet.packet);
    switch (variant) {
    case 0:
        add_try(out, event);
        add_numbers(out, event, true);
        if (event->context.has_relative)
            buf_printf(out, " win=%u", event->context.window);
        break;
    case 1:
        add_try(out, event);
        add_numbers(out, event, true);
        break;
    case 2:
        add_try(out, event);
        add_numbers(out, event, false);
        break;
    case 3: add_try(out, event); break;
    default: break;
    }
}

void screen_label(struct buf *out, const struct event *event, int detail, int columns)
{
    struct buf label = {0};

    for (int variant = detail >= 3 ? 0 : detail == 2 ? 1 : 3; variant <= 4; variant++) {
        label_variant(&label, event, variant);
        if (text_columns(buf_text(&label)) <= columns)
            break;
    }
    buf_puts(out, buf_text(&label));
    buf_release(&label);
}

void moment_text(struct buf *out, int64_t ns, bool fine)
{
    double ms = (double)ns / NS_PER_MS;

    if (ns < 0)
        buf_puts(out, "-");
    else if (ms < 999.5)
        buf_printf(out, "%.*f ms", fine ? 1 : 0, ms);
    else if (ms < 99995)
        buf_printf(out, "%.2f s", ms / 1000);
    else
        buf_printf(out, "%.0f s", ms / 1000);
}

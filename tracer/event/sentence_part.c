/* What many sentences share: who, why, in which state, and what does not fit. */
#include "event/text_part.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"

void tell_kernel(const struct telling *telling)
{
    if (telling->event->host[0] == '\0') {
        buf_puts(telling->out, "the kernel");
        return;
    }
    name_text(telling->out, telling->event->host);
    buf_puts(telling->out, " kernel");
}

/* How a cause is told when it is no call whose place we know. */
static const char *const reasons[RULE_COUNT] = {
    [RULE_NONE] = "because of something",
    [RULE_ENTER_EXIT] = "which began",
    [RULE_CONNECT_SYN] = "because of connect()",
    [RULE_SYN_SYNACK] = "because a SYN arrived",
    [RULE_SYNACK_ACK] = "because the SYN,ACK arrived",
    [RULE_SYNACK_CONNECT] = "because the SYN,ACK arrived",
    [RULE_HANDSHAKE_ACCEPT] = "because the handshake was completed",
    [RULE_SEND_BYTES] = "because of the call that handed over the bytes",
    [RULE_BYTES_RECV] = "fed by bytes that arrived",
    [RULE_CLOSE_FIN] = "because of close() or shutdown()",
    [RULE_EXIT_FIN] = "because its process ended",
    [RULE_FIN_EOF] = "because the FIN arrived",
    [RULE_CLOSE_RST] = "because of close()",
    [RULE_RST_ANSWER] = "in answer to what arrived",
    [RULE_RST_ERROR] = "because an RST arrived",
    [RULE_ACK_OF] = "to acknowledge what arrived",
    [RULE_RETRANSMIT] = "because no acknowledgment came for the try before",
    [RULE_SENT_DELIVERED] = "sent",
    [RULE_SENT_DROPPED] = "sent",
    [RULE_SENT_HELD] = "sent",
    [RULE_PACKET_STATE] = "because of a packet",
    [RULE_CALL_STATE] = "because of a call",
    [RULE_DATAGRAM_SEND] = "because of the call that sent it",
    [RULE_DATAGRAM_RECV] = "fed by the datagram that arrived",
    [RULE_ICMP_ABOUT] = "about a packet",
    [RULE_ICMP_ERROR] = "because an ICMP message arrived",
    [RULE_LOCAL_PEER] = "because of the other end",
    [RULE_READY] = "because the socket became ready",
    [RULE_PARENT] = "made by its parent",
};

static void tell_place(const struct telling *telling)
{
    const struct event_context *context = &telling->event->context;
    if (context->cause_file[0] != '\0' && context->cause_line != 0) {
        buf_puts(telling->out, " at ");
        utf8_text(telling->out, context->cause_file, strnlen(context->cause_file, SOURCE_FILE_MAX));
        buf_printf(telling->out, ":%" PRIu32, context->cause_line);
    }
}

/* The packet that made us ask the kernel. */
static const char *packet_reason(const struct event *event)
{
    if (event->kind != EVENT_STATE && event->kind != EVENT_QUEUE && event->kind != EVENT_TIMER)
        return reasons[RULE_PACKET_STATE];
    return event->state.after_delivery ? "because a packet arrived" : "because a packet left";
}

/* The rules whose cause is a call; context.cause_call speaks of the first cause by one of these. */
static const bool by_call[RULE_COUNT] = {
    [RULE_ENTER_EXIT] = true, [RULE_CONNECT_SYN] = true, [RULE_SEND_BYTES] = true,    [RULE_CLOSE_FIN] = true,
    [RULE_CLOSE_RST] = true,  [RULE_CALL_STATE] = true,  [RULE_DATAGRAM_SEND] = true,
};

static bool is_the_call(const struct event_context *context, size_t index)
{
    size_t first = 0;
    while (first < index && !by_call[context->causes[first].rule])
        first++;
    return context->cause_call != 0 && first == index && by_call[context->causes[index].rule];
}

static void tell_reason(const struct telling *telling, size_t index)
{
    const struct event_context *context = &telling->event->context;
    const struct cause *cause = &context->causes[index];
    buf_puts(telling->out, cause->guessed ? ", probably " : ", ");
    if (is_the_call(context, index)) {
        buf_printf(telling->out, "because of %s()", call_name((enum call)(context->cause_call - 1)));
        tell_place(telling);
    } else if (cause->rule == RULE_PACKET_STATE) {
        buf_puts(telling->out, packet_reason(telling->event));
    } else {
        buf_puts(telling->out, reasons[cause->rule]);
    }
}

/* Causes [first, end), all by one rule: "(events 12, 14 and 15)", "as event 12". */
static void tell_events(const struct telling *telling, size_t first, size_t end)
{
    const struct cause *causes = telling->event->context.causes;
    bool plain = strcmp(reasons[causes[first].rule], "sent") == 0;
    buf_puts(telling->out, plain ? " as event" : " (event");
    buf_printf(telling->out, end - first > 1 ? "s %" PRIu64 : " %" PRIu64, causes[first].seq);
    for (size_t i = first + 1; i < end; i++)
        buf_printf(telling->out, i + 1 < end ? ", %" PRIu64 : " and %" PRIu64, causes[i].seq);
    buf_puts(telling->out, plain ? "" : ")");
}

void tell_causes(const struct telling *telling, enum rule skipped)
{
    const struct cause *causes = telling->event->context.causes;
    size_t count = telling->event->context.cause_count;
    if (count > CAUSES_MAX)
        count = CAUSES_MAX;
    size_t end;
    for (size_t first = 0; first < count; first = end) {
        end = first + 1;
        while (end < count && causes[end].rule == causes[first].rule &&
               causes[end].guessed == causes[first].guessed)
            end++;
        if (causes[first].rule == skipped || causes[first].rule >= RULE_COUNT)
            continue;
        tell_reason(telling, first);
        tell_events(telling, first, end);
    }
}

/* How much an outsider knows about it: the kernel's word stands alone. */
static const char *const by_witness[WITNESS_COUNT] = {
    [WITNESS_NONE] = "",
    [WITNESS_API] = " (by its calls)",
    [WITNESS_KERNEL] = "",
    [WITNESS_WIRE] = " (inferred from packets)",
};

static void tell_half_open(struct buf *out, unsigned count)
{
    if (count == 1)
        buf_puts(out, ", one half-open connection");
    else if (count > 1)
        buf_printf(out, ", %u half-open connections", count);
}

/* The packets say more than the kernel has been asked for yet. */
static void tell_news(const struct telling *telling, const struct endpoint_note *side, uint32_t endpoint)
{
    const struct change *change = NULL;
    for (size_t i = 0; i < telling->change_count; i++)
        if (telling->changes[i].witness == WITNESS_WIRE && telling->changes[i].endpoint == endpoint)
            change = &telling->changes[i];
    if (change == NULL || change->impossible || change->new_state == side->state)
        return;
    if (change->new_state == STATE_SYN_RECEIVED && side->half_open != 0)
        return;
    buf_printf(telling->out, ", by the packets now %s", state_name((enum state)change->new_state));
}

static void tell_side(const struct telling *telling, const struct endpoint_note *side, uint32_t endpoint)
{
    if (side->name[0] == '\0')
        return;
    buf_putc(telling->out, ' ');
    size_t start = telling->out->length;
    name_text(telling->out, side->name);
    telling->out->text[start] = (char)toupper((unsigned char)telling->out->text[start]);
    const char *state = side->state == STATE_NONE ? "state not known" : state_name((enum state)side->state);
    buf_printf(telling->out, ": %s%s", state, by_witness[side->witness < WITNESS_COUNT ? side->witness : 0]);
    tell_half_open(telling->out, side->half_open);
    if (endpoint != 0)
        tell_news(telling, side, endpoint);
    if (side->blocked != 0)
        buf_printf(telling->out, ", blocked in %s()", call_name((enum call)(side->blocked - 1)));
    buf_putc(telling->out, '.');
}

void tell_sides(const struct telling *telling)
{
    const struct event_context *context = &telling->event->context;
    bool arrives = telling->event->kind == EVENT_PACKET_DELIVERED;
    tell_side(telling, &context->sides[0], arrives ? context->peer : context->endpoint);
    tell_side(telling, &context->sides[1], arrives ? context->endpoint : context->peer);
}

static void tell_objection(const struct telling *telling, const struct change *change)
{
    const char *reason = change->reason != NULL ? change->reason : "no reason is known";
    struct buf *out = telling->out;
    if (change->impossible && change->witness == WITNESS_API) {
        buf_puts(out, " Impossible: ");
        name_text(out, change->name);
        buf_printf(out, " is %s, but %s.", state_name((enum state)change->old_state), reason);
    } else if (change->impossible) {
        buf_puts(out, " Impossible by RFC 9293: ");
        name_text(out, change->name);
        buf_printf(out, " %s in %s.", reason, state_name((enum state)change->old_state));
    } else if (change->disagreement) {
        buf_printf(out, " The witnesses disagree: the %s says ", witness_name((enum witness)change->witness));
        name_text(out, change->name);
        buf_printf(out, " is %s, %s.", state_name((enum state)change->new_state),
                   change->witness == WITNESS_WIRE ? "the kernel does not" : "the packets do not");
    }
}

void tell_objections(const struct telling *telling)
{
    for (size_t i = 0; i < telling->change_count; i++)
        tell_objection(telling, &telling->changes[i]);
}

const struct change *telling_change(const struct telling *telling, enum witness witness)
{
    for (size_t i = 0; i < telling->change_count; i++)
        if (telling->changes[i].witness == witness && !telling->changes[i].impossible)
            return &telling->changes[i];
    return NULL;
}

/*
 * TCP segments: tied to the calls by bytes and numbers, never by time; and what they do to both ends (RFC
 * 9293).
 */
#include "model/internal.h"

static bool has(const struct packet *packet, uint8_t flags)
{
    return (packet->tcp.flags & flags) == flags;
}

static void learn_from_syn(struct endpoint *endpoint, const struct packet *packet)
{
    endpoint->initial_known = true;
    endpoint->initial_sequence = packet->tcp.sequence;
    endpoint->window_shift_offered = packet->tcp.option_window_shift >= 0;
    endpoint->window_shift = endpoint->window_shift_offered ? (uint8_t)packet->tcp.option_window_shift : 0;
}

/* --- leaving --- */

static void relative_numbers(struct event *event, const struct endpoint *sender)
{
    const struct packet_tcp *tcp = &event->packet.packet.tcp;
    struct event_context *context = &event->context;
    const struct endpoint *peer = sender->peer;
    bool scaled = sender->window_shift_offered && peer != NULL && peer->window_shift_offered &&
                  (tcp->flags & TCP_SYN) == 0;
    context->window = scaled ? (uint32_t)tcp->window << sender->window_shift : tcp->window;
    if (!sender->initial_known)
        return;
    context->sequence = tcp->sequence - sender->initial_sequence;
    bool peer_known = peer != NULL && peer->initial_known && (tcp->flags & TCP_ACK) != 0;
    context->acknowledgment = peer_known ? tcp->acknowledgment - peer->initial_sequence : 0;
    context->has_relative = (tcp->flags & TCP_ACK) == 0 || peer_known;
}

/* The calls that handed over bytes [start, end). */
static void conclude_handed(struct event *event, const struct endpoint *sender, uint64_t start, uint64_t end)
{
    size_t count = sender->handed.count;
    for (size_t i = spans_first(sender->handed.items, count, start); i < count; i++) {
        const struct span *span = &sender->handed.items[i];
        if (span->start >= end)
            break;
        if (span->end > span->start)
            conclude_cause(event, span->seq, RULE_SEND_BYTES, false);
    }
}

static void sent_payload(struct event *event, struct endpoint *sender)
{
    const struct packet *packet = &event->packet.packet;
    uint64_t start = stream_place(packet->tcp.sequence, sender->initial_sequence, sender->sent_end);
    uint64_t end = start + packet->payload_bytes;
    if (start < sender->sent_end) {
        size_t i = spans_first(sender->segments.items, sender->segments.count, start);
        if (i < sender->segments.count) {
            struct span *before = &sender->segments.items[i];
            event->context.copy = ++before->copies;
            conclude_cause(event, before->seq, RULE_RETRANSMIT, false);
        }
    }
    if (end > sender->sent_end) {
        uint64_t first = start > sender->sent_end ? start : sender->sent_end;
        *array_push(&sender->segments) =
            (struct span){.start = first, .end = end, .seq = event->seq, .copies = 1};
        sender->sent_end = end;
    }
    conclude_handed(event, sender, start, end);
}

static void sent_fin(struct event *event, struct endpoint *sender)
{
    const struct packet *packet = &event->packet.packet;
    if (sender->fin_sent) {
        sender->fin_copies++;
        if (event->context.copy < sender->fin_copies)
            event->context.copy = sender->fin_copies;
        conclude_cause(event, sender->fin_seq, RULE_RETRANSMIT, false);
    } else {
        sender->fin_sent = true;
        sender->fin_copies = 1;
        sender->fin_seq = event->seq;
        sender->fin_byte = stream_place(packet->tcp.sequence, sender->initial_sequence, sender->sent_end) +
                           packet->payload_bytes;
    }
    conclude_cause(event, sender->close_enter, RULE_CLOSE_FIN, false);
}

static void sent_syn(struct model *model, struct event *event, struct endpoint *sender)
{
    const struct packet *packet = &event->packet.packet;
    bool again = sender->syn_seq != 0 && sender->initial_sequence == packet->tcp.sequence;
    if (again) {
        event->context.copy = ++sender->syn_copies;
        conclude_cause(event, sender->syn_seq, RULE_RETRANSMIT, false);
    } else {
        learn_from_syn(sender, packet);
        sender->syn_seq = event->seq;
        sender->syn_copies = 1;
    }
    if (has(packet, TCP_ACK))
        conclude_cause(event, sender->syn_arrival, RULE_SYN_SYNACK, false);
    else
        conclude_cause(event, sender->connect_enter, RULE_CONNECT_SYN, false);
    conclude_tcp(model, sender, has(packet, TCP_ACK) ? SENT_SYN_ACK : SENT_SYN);
}

/* What an ACK without anything else answers. */
static void sent_pure_ack(struct event *event, struct endpoint *sender, uint64_t acknowledged)
{
    uint64_t before = sender->acknowledged;
    if (acknowledged <= before) {
        conclude_cause(event, sender->latest_arrival, RULE_ACK_OF, true);
        return;
    }
    if (before == 0)
        conclude_cause(event, sender->syn_arrival, RULE_SYNACK_ACK, false);
    for (size_t i = sender->arrived.count; i > 0; i--) {
        const struct span *span = &sender->arrived.items[i - 1];
        if (span->end + 1 > before && span->start + 1 < acknowledged)
            conclude_cause(event, span->seq, RULE_ACK_OF, false);
        if (span->end + 1 <= before)
            break;
    }
    if (sender->fin_known && acknowledged > sender->fin_place + 1)
        conclude_cause(event, sender->fin_arrival, RULE_ACK_OF, false);
}

static void sent_acknowledgment(struct event *event, struct endpoint *sender)
{
    const struct packet *packet = &event->packet.packet;
    const struct endpoint *peer = sender->peer;
    if (!has(packet, TCP_ACK) || peer == NULL || !peer->initial_known)
        return;
    uint64_t acknowledged =
        1 + stream_place(packet->tcp.acknowledgment, peer->initial_sequence, sender->acknowledged);
    if (packet->tcp.acknowledgment == peer->initial_sequence)
        acknowledged = 0;
    bool pure = packet->payload_bytes == 0 && (packet->tcp.flags & (TCP_SYN | TCP_FIN | TCP_RST)) == 0;
    if (pure)
        sent_pure_ack(event, sender, acknowledged);
    if (acknowledged > sender->acknowledged)
        sender->acknowledged = acknowledged;
}

static void sent_rst(struct model *model, struct event *event, struct endpoint *sender)
{
    const struct packet *packet = &event->packet.packet;
    const struct packet_memory *asked =
        memory_delivered(model, PROTOCOL_TCP, &packet->destination, &packet->source);
    bool closing = sender != NULL && sender->close_enter != 0 && !sender->fin_sent;
    if (closing)
        conclude_cause(event, sender->close_enter, RULE_CLOSE_RST, false);
    else if (asked != NULL)
        conclude_cause(event, asked->delivered_seq, RULE_RST_ANSWER, false);
    if (sender != NULL)
        conclude_tcp(model, sender, SENT_RST);
}

void tcp_sent(struct model *model, struct event *event, struct endpoint *sender)
{
    const struct packet *packet = &event->packet.packet;
    event->context.copy = 1;
    if (has(packet, TCP_RST)) {
        sent_rst(model, event, sender);
    } else if (sender != NULL) {
        if (has(packet, TCP_SYN))
            sent_syn(model, event, sender);
        if (packet->payload_bytes != 0)
            sent_payload(event, sender);
        if (has(packet, TCP_FIN))
            sent_fin(event, sender);
        if (!has(packet, TCP_SYN))
            conclude_tcp(model, sender, has(packet, TCP_FIN) ? SENT_FIN : SENT_OTHER);
        sent_acknowledgment(event, sender);
    }
    if (sender != NULL)
        relative_numbers(event, sender);
}

/* --- arriving --- */

static bool acknowledges_fin(const struct endpoint *receiver, const struct packet *packet)
{
    if (!has(packet, TCP_ACK) || !receiver->fin_sent)
        return false;
    uint64_t place =
        stream_place(packet->tcp.acknowledgment, receiver->initial_sequence, receiver->fin_byte + 1);
    return place > receiver->fin_byte;
}

/* Bytes behind a hole wait; when the hole is filled, they count (RFC 9293 3.10.7.4, seventh). */
static void extend_arrived(struct endpoint *receiver)
{
    for (bool grown = true; grown;) {
        grown = false;
        for (size_t i = receiver->arrived.count; i > receiver->read_from; i--) {
            const struct span *span = &receiver->arrived.items[i - 1];
            if (span->start <= receiver->arrived_end && span->end > receiver->arrived_end) {
                receiver->arrived_end = span->end;
                grown = true;
            }
        }
    }
}

static void got_payload(struct event *event, struct endpoint *receiver, const struct endpoint *sender)
{
    const struct packet *packet = &event->packet.packet;
    uint64_t start = stream_place(packet->tcp.sequence, sender->initial_sequence, receiver->arrived_end);
    uint64_t end = start + packet->payload_bytes;
    if (end <= receiver->arrived_end)
        return;
    uint64_t first = start > receiver->arrived_end ? start : receiver->arrived_end;
    *array_push(&receiver->arrived) = (struct span){.start = first, .end = end, .seq = event->seq};
    if (first == receiver->arrived_end && first + packet->payload_bytes >= end)
        receiver->arrived_end = end;
    extend_arrived(receiver);
}

static void got_fin(struct event *event, struct endpoint *receiver, const struct endpoint *sender)
{
    const struct packet *packet = &event->packet.packet;
    if (receiver->fin_known)
        return;
    receiver->fin_known = true;
    receiver->fin_arrival = event->seq;
    receiver->fin_place =
        stream_place(packet->tcp.sequence, sender->initial_sequence, receiver->arrived_end) +
        packet->payload_bytes;
}

static void got_syn(struct model *model, struct event *event, struct endpoint *receiver)
{
    const struct packet *packet = &event->packet.packet;
    if (receiver->syn_arrival == 0)
        receiver->syn_arrival = event->seq;
    conclude_tcp(model, receiver, has(packet, TCP_ACK) ? GOT_SYN_ACK : GOT_SYN);
}

static void got_segment(struct model *model, struct event *event, struct endpoint *receiver,
                        const struct endpoint *sender)
{
    const struct packet *packet = &event->packet.packet;
    bool fin_before = receiver->fin_taken;
    if (has(packet, TCP_ACK) && receiver->states[WITNESS_WIRE] == STATE_SYN_RECEIVED) {
        receiver->handshake_arrival = event->seq;
        conclude_tcp(model, receiver, GOT_ACK_OF_SYN);
    }
    if (sender != NULL && sender->initial_known) {
        if (packet->payload_bytes != 0)
            got_payload(event, receiver, sender);
        if (has(packet, TCP_FIN))
            got_fin(event, receiver, sender);
        receiver->fin_taken = receiver->fin_known && receiver->arrived_end >= receiver->fin_place;
    }
    bool repeated = has(packet, TCP_FIN) && fin_before;
    bool fin = repeated || (receiver->fin_taken && !fin_before);
    bool acked = acknowledges_fin(receiver, packet);
    conclude_tcp(model, receiver,
                 fin && acked ? GOT_FIN_AND_ACK
                 : fin        ? GOT_FIN
                 : acked      ? GOT_ACK_OF_FIN
                              : GOT_OTHER);
}

void tcp_arrived(struct model *model, struct event *event, struct endpoint *receiver)
{
    const struct packet *packet = &event->packet.packet;
    if (receiver == NULL)
        return;
    receiver->latest_arrival = event->seq;
    if (has(packet, TCP_RST)) {
        receiver->rst_arrival = event->seq;
        conclude_tcp(model, receiver, GOT_RST);
    } else if (has(packet, TCP_SYN)) {
        got_syn(model, event, receiver);
    } else {
        got_segment(model, event, receiver, receiver->peer);
    }
}

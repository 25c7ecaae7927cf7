/*
 * Packets as they leave, arrive, or are lost: which socket they belong to, and what is remembered of them.
 */
#include "model/internal.h"

#include <string.h>

/* --- whose segment it is --- */

static struct endpoint *tcp_sender(struct model *model, struct event *event)
{
    struct world *world = &model->world;
    const struct packet *packet = &event->packet.packet;
    uint8_t flags = packet->tcp.flags;
    bool syn = (flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
    struct endpoint *endpoint =
        world_by_addresses(world, PROTOCOL_TCP, &packet->source, &packet->destination);
    bool over = endpoint != NULL && syn && endpoint->initial_known &&
                endpoint->initial_sequence != packet->tcp.sequence;
    if (endpoint != NULL && !over)
        return endpoint;

    int candidates = 0;
    endpoint = syn ? world_connecting(world, event->host, &packet->destination, &candidates) : NULL;
    if (endpoint == NULL && (flags & TCP_RST) != 0)
        return NULL;
    if (endpoint == NULL)
        endpoint = world_new_endpoint(world, event->host, PROTOCOL_TCP);
    if (candidates > 1)
        event->context.causes[CAUSES_MAX - 1].guessed = true;
    endpoint_set_addresses(world, endpoint, &packet->source, &packet->destination);
    return endpoint;
}

static struct endpoint *tcp_receiver(struct model *model, const struct event *event)
{
    struct world *world = &model->world;
    const struct packet *packet = &event->packet.packet;
    bool syn = (packet->tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
    struct endpoint *endpoint =
        world_by_addresses(world, PROTOCOL_TCP, &packet->destination, &packet->source);
    bool over = endpoint != NULL && syn && endpoint->listener != NULL &&
                endpoint->states[WITNESS_WIRE] == STATE_CLOSED;
    if ((endpoint != NULL && !over) || !syn)
        return endpoint;

    struct endpoint *listener = world_listener(world, event->host, &packet->destination);
    if (listener == NULL)
        return NULL;
    endpoint = world_new_endpoint(world, event->host, PROTOCOL_TCP);
    endpoint->listener = listener;
    endpoint->states[WITNESS_WIRE] = STATE_LISTEN;
    endpoint_set_addresses(world, endpoint, &packet->destination, &packet->source);
    return endpoint;
}

/* --- leaving --- */

static void remember_packet(struct model *model, const struct event *event)
{
    struct packet_memory *memory = array_push(&model->packets);
    *memory = (struct packet_memory){
        .id = event->packet.id,
        .sent_seq = event->seq,
        .sender = event->context.endpoint,
        .link = event->packet.link,
        .packet = event->packet.packet,
        .context = event->context,
    };
    memcpy(memory->host, event->host, sizeof memory->host);
    memcpy(memory->to, event->packet.to, sizeof memory->to);
}

static void arrive(struct model *model, struct event *event)
{
    switch (event->packet.packet.protocol) {
    case PROTOCOL_TCP: {
        struct endpoint *receiver = tcp_receiver(model, event);
        if (receiver != NULL)
            event->context.endpoint = receiver->number;
        tcp_arrived(model, event, receiver);
        break;
    }
    case PROTOCOL_UDP: datagram_arrived(model, event); break;
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6: icmp_arrived(model, event); break;
    default: break;
    }
}

/* A foreign capture shows a packet once, somewhere on its way: it is taken to have arrived as well. */
static void arrive_at_once(struct model *model, struct event *event)
{
    struct event_context kept = event->context;
    arrive(model, event);
    uint32_t receiver = event->context.endpoint;
    event->context = kept;
    if (receiver != kept.endpoint)
        event->context.peer = receiver;
}

void apply_packet_sent(struct model *model, struct event *event)
{
    switch (event->packet.packet.protocol) {
    case PROTOCOL_TCP: {
        struct endpoint *sender = tcp_sender(model, event);
        bool guessed = event->context.causes[CAUSES_MAX - 1].guessed;
        event->context.causes[CAUSES_MAX - 1].guessed = false;
        if (sender != NULL)
            event->context.endpoint = sender->number;
        tcp_sent(model, event, sender);
        if (guessed && event->context.cause_count != 0)
            event->context.causes[0].guessed = true;
        break;
    }
    case PROTOCOL_UDP: datagram_sent(model, event); break;
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6: icmp_sent(model, event); break;
    default: break;
    }
    if (event->host[0] == '\0') {
        arrive_at_once(model, event);
    } else {
        model->in_flight++;
        remember_packet(model, event);
    }
}

/* --- what becomes of it --- */

static struct packet_memory *recall(struct model *model, struct event *event, enum rule rule)
{
    struct packet_memory *memory = memory_packet(model, event->packet.id);
    if (memory == NULL)
        return NULL;
    event->packet.packet = memory->packet;
    event->packet.link = memory->link;
    memcpy(event->packet.to, memory->to, sizeof event->packet.to);
    event->context.has_relative = memory->context.has_relative;
    event->context.sequence = memory->context.sequence;
    event->context.acknowledgment = memory->context.acknowledgment;
    event->context.window = memory->context.window;
    event->context.copy = memory->context.copy;
    conclude_cause(event, memory->sent_seq, rule, false);
    return memory;
}

static void end_flight(struct model *model, struct packet_memory *memory)
{
    if (!memory->ended && model->in_flight > 0)
        model->in_flight--;
    memory->ended = true;
}

void apply_packet_delivered(struct model *model, struct event *event)
{
    struct packet_memory *memory = recall(model, event, RULE_SENT_DELIVERED);
    if (memory == NULL)
        return;
    memory->delivered_seq = event->seq;
    end_flight(model, memory);
    uint32_t sender = memory->sender;
    /* The receiving kernel throws away what fails its checksum: no end learns anything from it. */
    if (packet_was_corrupted(&event->packet))
        event->packet.packet.checksum_bad = true;
    else
        arrive(model, event);
    event->context.peer = sender;
}

void apply_packet_stopped(struct model *model, struct event *event)
{
    bool dropped = event->kind == EVENT_PACKET_DROPPED;
    struct packet_memory *memory = recall(model, event, dropped ? RULE_SENT_DROPPED : RULE_SENT_HELD);
    if (memory == NULL)
        return;
    event->context.endpoint = memory->sender;
    if (dropped)
        end_flight(model, memory);
}

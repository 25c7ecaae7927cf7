/*
 * Datagrams and ICMP. A datagram is tied to its calls by socket, address and length, in the order of the
 * queue.
 */
#include "model/internal.h"

#include <string.h>

void datagram_handed(struct endpoint *endpoint, const struct event *event, struct open_call *call)
{
    const struct address *to =
        event->call.address.family != ADDRESS_NONE ? &event->call.address : &endpoint->remote;
    *array_push(&endpoint->datagrams_out) =
        (struct datagram){.seq = event->seq, .bytes = event->call.payload_bytes, .other = *to};
    call->datagram = endpoint->datagrams_out.count;
}

static struct datagram *oldest_unused(struct datagram *items, size_t count, const struct address *other,
                                      uint32_t bytes)
{
    for (size_t i = 0; i < count; i++)
        if (!items[i].used && items[i].bytes == bytes && address_equal(&items[i].other, other))
            return &items[i];
    return NULL;
}

/* The local port of a socket that was never bound is known only when its first sendto() is over: until then
 * it is recognised by the datagram that it is sending. */
static struct endpoint *datagram_sender(struct model *model, const struct event *event)
{
    const struct packet *packet = &event->packet.packet;
    struct endpoint *bound = world_bound_datagram(&model->world, event->host, &packet->source);
    if (bound != NULL)
        return bound;
    array_each (struct endpoint *, each, &model->world.endpoints) {
        struct endpoint *endpoint = *each;
        if (endpoint->protocol == PROTOCOL_UDP && endpoint->local.port == 0 &&
            strcmp(endpoint->host, event->host) == 0 &&
            oldest_unused(endpoint->datagrams_out.items, endpoint->datagrams_out.count, &packet->destination,
                          packet->payload_bytes) != NULL) {
            endpoint_set_addresses(&model->world, endpoint, &packet->source, NULL);
            return endpoint;
        }
    }
    return NULL;
}

void datagram_sent(struct model *model, struct event *event)
{
    const struct packet *packet = &event->packet.packet;
    event->context.copy = 1;
    struct endpoint *sender = datagram_sender(model, event);
    if (sender == NULL)
        return;
    event->context.endpoint = sender->number;
    struct datagram *datagram = oldest_unused(sender->datagrams_out.items, sender->datagrams_out.count,
                                              &packet->destination, packet->payload_bytes);
    if (datagram == NULL)
        return;
    datagram->used = true;
    conclude_cause(event, datagram->seq, RULE_DATAGRAM_SEND, false);
}

void datagram_arrived(struct model *model, struct event *event)
{
    const struct packet *packet = &event->packet.packet;
    struct endpoint *receiver = world_bound_datagram(&model->world, event->host, &packet->destination);
    if (receiver == NULL)
        return;
    event->context.endpoint = receiver->number;
    *array_push(&receiver->datagrams_in) =
        (struct datagram){.seq = event->seq, .bytes = packet->payload_bytes, .other = packet->source};
}

/* The queue is first in, first out; a call may return less than the datagram held, never more. */
void datagram_received(struct endpoint *endpoint, struct event *event)
{
    const struct event_call *call = &event->call;
    bool sender_known = call->address.family != ADDRESS_NONE;
    for (size_t i = 0; i < endpoint->datagrams_in.count; i++) {
        struct datagram *datagram = &endpoint->datagrams_in.items[i];
        if (datagram->used || (sender_known && !address_equal(&datagram->other, &call->address)))
            continue;
        datagram->used = true;
        bool guessed = call->result > (int64_t)datagram->bytes;
        conclude_cause(event, datagram->seq, RULE_DATAGRAM_RECV, guessed);
        return;
    }
}

void icmp_sent(struct model *model, struct event *event)
{
    const struct packet_icmp *icmp = &event->packet.packet.icmp;
    event->context.copy = 1;
    const struct packet_memory *about =
        memory_delivered(model, icmp->quoted_protocol, &icmp->quoted_source, &icmp->quoted_destination);
    if (icmp->quoted_protocol == PROTOCOL_NONE)
        return;
    if (packet_is_of_wire(&event->packet))
        about = memory_sent(model, icmp->quoted_protocol, &icmp->quoted_source, &icmp->quoted_destination);
    if (about != NULL)
        conclude_cause(event, about->delivered_seq != 0 ? about->delivered_seq : about->sent_seq,
                       RULE_ICMP_ABOUT, false);
}

void icmp_arrived(struct model *model, struct event *event)
{
    const struct packet_icmp *icmp = &event->packet.packet.icmp;
    struct endpoint *endpoint = NULL;
    if (icmp->quoted_protocol == PROTOCOL_TCP)
        endpoint =
            world_by_addresses(&model->world, PROTOCOL_TCP, &icmp->quoted_source, &icmp->quoted_destination);
    else if (icmp->quoted_protocol == PROTOCOL_UDP)
        endpoint = world_bound_datagram(&model->world, event->host, &icmp->quoted_source);
    if (endpoint == NULL)
        return;
    event->context.endpoint = endpoint->number;
    endpoint->icmp_arrival = event->seq;
}

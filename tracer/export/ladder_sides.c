#include "export/ladder_sides.h"

#include <stdio.h>
#include <string.h>

enum side side_of_name(const struct ladder_sides *sides, const char *name)
{
    for (int side = LEFT; side <= RIGHT; side++)
        if (name[0] != '\0' && strcmp(sides->names[side], name) == 0)
            return (enum side)side;
    return NOWHERE;
}

static enum side side_of_address(const struct ladder_sides *sides, const struct address *address)
{
    for (int side = LEFT; side <= RIGHT; side++)
        if (address->family != ADDRESS_NONE && address_equal(&sides->addresses[side], address))
            return (enum side)side;
    if (address_ip_equal(&sides->addresses[LEFT], &sides->addresses[RIGHT]))
        return NOWHERE; /* both on one machine: only the ports tell them apart */
    for (int side = LEFT; side <= RIGHT; side++)
        if (address->family != ADDRESS_NONE && address_ip_equal(&sides->addresses[side], address))
            return (enum side)side;
    return NOWHERE;
}

bool ladder_is_packet(const struct event *event)
{
    return event->kind >= EVENT_PACKET_SENT && event->kind <= EVENT_PACKET_HELD;
}

enum side side_of(const struct ladder_sides *sides, const struct event *event)
{
    enum side side = side_of_name(sides, sides->by_lane ? event->lane : event->host);
    if (side != NOWHERE || !ladder_is_packet(event) || event->host[0] != '\0')
        return side;
    const struct packet *packet = &event->packet.packet;
    bool arrives = event->kind == EVENT_PACKET_DELIVERED;
    return side_of_address(sides, arrives ? &packet->destination : &packet->source);
}

enum side side_opposite(enum side side)
{
    return side == LEFT ? RIGHT : LEFT;
}

enum side side_of_change(const struct ladder_sides *sides, const struct event *event,
                         const struct change *change)
{
    enum side here = side_of(sides, event), named = side_of_name(sides, change->name);
    if (ladder_is_packet(event) && here != NOWHERE && change->endpoint == event->context.endpoint)
        return here;
    if (ladder_is_packet(event) && here != NOWHERE && change->endpoint == event->context.peer)
        return side_opposite(here);
    return named != NOWHERE ? named : here;
}

enum side side_of_goal(const struct ladder_sides *sides, const struct event *event)
{
    if (event->packet.to[0] != '\0')
        return side_of_name(sides, event->packet.to);
    return side_of_address(sides, &event->packet.packet.destination);
}

static void name_by_packet(struct ladder_sides *sides, const struct packet *packet)
{
    char text[ADDRESS_TEXT_MAX];
    sides->addresses[LEFT] = packet->source;
    sides->addresses[RIGHT] = packet->destination;
    for (int side = LEFT; side <= RIGHT; side++)
        snprintf(sides->names[side], NAME_MAX_BYTES, "%.15s", address_ip_text(&sides->addresses[side], text));
}

static void name_by_lanes(struct ladder_sides *sides, const struct timeline *timeline)
{
    int found = 0;
    sides->by_lane = true;
    array_each (const struct record, record, &timeline->records) {
        const char *lane = record->event.lane;
        if (lane[0] != '\0' && found < 2 && side_of_name(sides, lane) == NOWHERE)
            memcpy(sides->names[found++], lane, NAME_MAX_BYTES);
    }
}

void sides_find(struct ladder_sides *sides, const struct timeline *timeline)
{
    const struct session_info *info = &timeline->info;
    if (info->host_count >= 2) {
        for (int side = LEFT; side <= RIGHT; side++) {
            memcpy(sides->names[side], info->hosts[side], NAME_MAX_BYTES);
            sides->addresses[side] = info->addresses[side];
        }
        return;
    }
    array_each (const struct record, record, &timeline->records) {
        const struct packet *packet = &record->event.packet.packet;
        if (ladder_is_packet(&record->event) && packet->source.family != ADDRESS_NONE) {
            name_by_packet(sides, packet);
            return;
        }
    }
    name_by_lanes(sides, timeline);
}

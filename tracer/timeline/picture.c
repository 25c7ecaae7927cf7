/*
 * The fold: each kind of event moves a few things on the stage. Nothing is concluded here; the model has done that
 * and says so in the event's context and the changes.
 */
#include "timeline/picture.h"

#include <stdio.h>
#include <string.h>

static void forget(struct picture *picture)
{
    array_each (struct picture_lane, lane, &picture->lanes)
        array_release(&lane->calls);
    picture->lanes.count = picture->endpoints.count = picture->packets.count = 0;
    picture->position = 0;
    picture->in_flight = 0;
}

void picture_release(struct picture *picture)
{
    forget(picture);
    array_release(&picture->lanes);
    array_release(&picture->endpoints);
    array_release(&picture->packets);
}

/* --- finding --- */

static struct picture_lane *find_lane(const struct picture *picture, const char *name)
{
    array_each (struct picture_lane, lane, &picture->lanes)
        if (strcmp(lane->name, name) == 0)
            return lane;
    return NULL;
}

const struct picture_lane *picture_lane(const struct picture *picture, const char *name)
{
    return find_lane(picture, name);
}

static struct picture_endpoint *find_endpoint(const struct picture *picture, uint32_t number)
{
    array_each (struct picture_endpoint, endpoint, &picture->endpoints)
        if (endpoint->number == number)
            return endpoint;
    return NULL;
}

const struct picture_endpoint *picture_endpoint(const struct picture *picture, uint32_t number)
{
    return find_endpoint(picture, number);
}

enum state picture_state(const struct picture_endpoint *endpoint, enum witness *ret_witness)
{
    static const enum witness order[] = {WITNESS_KERNEL, WITNESS_WIRE, WITNESS_API};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        *ret_witness = order[i];
        if (endpoint->states[order[i]] != STATE_NONE)
            return endpoint->states[order[i]];
    }
    *ret_witness = WITNESS_NONE;
    return STATE_NONE;
}

static struct picture_lane *lane_for(struct picture *picture, const struct event *event)
{
    struct picture_lane *lane = find_lane(picture, event->lane);
    if (lane != NULL)
        return lane;
    lane = array_push(&picture->lanes);
    *lane = (struct picture_lane){.pid = event->pid};
    memcpy(lane->name, event->lane, sizeof lane->name);
    memcpy(lane->host, event->host, sizeof lane->host);
    return lane;
}

static struct picture_endpoint *endpoint_for(struct picture *picture, uint32_t number, const char *host)
{
    struct picture_endpoint *endpoint = find_endpoint(picture, number);
    if (endpoint != NULL)
        return endpoint;
    endpoint = array_push(&picture->endpoints);
    *endpoint = (struct picture_endpoint){.number = number, .lane = PICTURE_NONE, .fd = -1};
    snprintf(endpoint->host, sizeof endpoint->host, "%s", host);
    return endpoint;
}

static void learn(struct address *known, const struct address *news)
{
    if (news->family != ADDRESS_NONE && (news->port != 0 || known->family == ADDRESS_NONE))
        *known = *news;
}

/* --- calls --- */

static void begin_call(struct picture *picture, const struct event *event)
{
    struct picture_lane *lane = lane_for(picture, event);
    *array_push(&lane->calls) =
        (struct picture_call){.enter = (uint32_t)picture->position, .exit = PICTURE_NONE};
}

static void end_call(struct picture *picture, const struct timeline *timeline, const struct event *event)
{
    struct picture_lane *lane = lane_for(picture, event);
    for (size_t i = lane->calls.count; i > 0; i--) {
        struct picture_call *call = &lane->calls.items[i - 1];
        const struct event *enter = &timeline->records.items[call->enter].event;
        if (call->exit == PICTURE_NONE && enter->call.call_id == event->call.call_id) {
            call->exit = (uint32_t)picture->position;
            return;
        }
    }
}

/* The badge shows the newest socket, but a listening one gives way to a connection, not to a fresh listening one. */
static void follow_endpoint(struct picture *picture, const struct event *event)
{
    struct picture_lane *lane = lane_for(picture, event);
    if (event->context.endpoint == 0)
        return;
    struct picture_endpoint *endpoint = endpoint_for(picture, event->context.endpoint, event->host);
    endpoint->lane = (uint32_t)(lane - picture->lanes.items);
    const struct picture_endpoint *shown = find_endpoint(picture, lane->main_endpoint);
    bool closing_listener = endpoint->listening && shown != NULL && !shown->listening;
    if (!closing_listener)
        lane->main_endpoint = endpoint->number;
    learn(&endpoint->local, &event->call.local);
    learn(&endpoint->remote, &event->call.remote);
}

static void note_descriptor(struct picture *picture, const struct event *event)
{
    struct picture_endpoint *endpoint = find_endpoint(picture, event->context.endpoint);
    if (endpoint == NULL)
        return;
    if (event->call.call == CALL_connect)
        learn(&endpoint->remote, &event->call.address);
    if (event->call.result < 0)
        return;
    enum call call = event->call.call;
    if (call == CALL_socket || call == CALL_accept || call == CALL_accept4)
        endpoint->fd = (int32_t)event->call.result;
    else if (call == CALL_close)
        endpoint->fd = -1;
    else if (endpoint->fd < 0)
        endpoint->fd = event->call.fd;
    if (call == CALL_bind && event->call.local.family == ADDRESS_NONE)
        learn(&endpoint->local, &event->call.address);
    if (call == CALL_listen)
        endpoint->listening = true;
}

/* --- packets and kernels --- */

static struct picture_packet *find_packet(struct picture *picture, const struct timeline *timeline, uint64_t id)
{
    for (size_t i = picture->packets.count; i > 0; i--) {
        struct picture_packet *packet = &picture->packets.items[i - 1];
        if (timeline->records.items[packet->sent].event.packet.id == id)
            return packet;
    }
    return NULL;
}

static void send_packet(struct picture *picture, const struct event *event)
{
    bool seen_once = event->host[0] == '\0'; /* a foreign capture: it left and arrived in one event */
    uint32_t here = (uint32_t)picture->position;
    *array_push(&picture->packets) =
        (struct picture_packet){.sent = here, .delivered = seen_once ? here : PICTURE_NONE};
    picture->in_flight += !seen_once;
    if (event->context.endpoint != 0) {
        struct picture_endpoint *sender = endpoint_for(picture, event->context.endpoint, event->host);
        learn(&sender->local, &event->packet.packet.source);
        learn(&sender->remote, &event->packet.packet.destination);
    }
}

static void end_packet(struct picture *picture, const struct timeline *timeline, const struct event *event)
{
    struct picture_packet *packet = find_packet(picture, timeline, event->packet.id);
    if (packet == NULL)
        return;
    packet->held = event->kind == EVENT_PACKET_HELD;
    if (packet->held)
        return;
    if (packet->delivered == PICTURE_NONE && picture->in_flight > 0)
        picture->in_flight--;
    packet->delivered = (uint32_t)picture->position;
    packet->dropped = event->kind == EVENT_PACKET_DROPPED;
}

static void ask_kernel(struct picture *picture, const struct event *event)
{
    struct picture_endpoint *endpoint = endpoint_for(picture, event->context.endpoint, event->host);
    const struct event_state *state = &event->state;
    learn(&endpoint->local, &state->local);
    if (state->remote.port != 0)
        learn(&endpoint->remote, &state->remote);
    endpoint->receive_queue = state->receive_queue;
    endpoint->send_queue = state->send_queue;
    endpoint->timer = state->timer;
    endpoint->timer_ms = state->timer_ms;
    endpoint->listening = endpoint->listening || state->state == STATE_LISTEN;
}

static void note_process(struct picture *picture, const struct event *event)
{
    struct picture_lane *lane = lane_for(picture, event);
    if (event->process.program[0] != '\0')
        memcpy(lane->program, event->process.program, sizeof lane->program);
    if (event->process.what != PROCESS_EXIT)
        return;
    lane->ended = true;
    lane->exit_code = event->process.exit_code;
    lane->signal = event->process.signal;
}

static void change_states(struct picture *picture, const struct timeline *timeline, const struct record *record)
{
    const struct change *changes = timeline_changes(timeline, record);
    for (uint32_t i = 0; i < record->change_count; i++) {
        struct picture_endpoint *endpoint =
            endpoint_for(picture, changes[i].endpoint, record->event.host);
        endpoint->states[changes[i].witness] = changes[i].new_state;
    }
}

/* The queues of a listening socket, counted from the connections that lie before its door. */
static void count_waiting(struct picture *picture)
{
    array_each (struct picture_endpoint, door, &picture->endpoints) {
        door->half_open = door->unaccepted = 0;
        array_each (const struct picture_endpoint, other, &picture->endpoints) {
            if (!door->listening || other->lane != PICTURE_NONE || other->local.port != door->local.port ||
                strcmp(other->host, door->host) != 0)
                continue;
            enum witness witness;
            enum state state = picture_state(other, &witness);
            if (state == STATE_SYN_RECEIVED)
                door->half_open++;
            else if (state == STATE_ESTABLISHED || state == STATE_CLOSE_WAIT)
                door->unaccepted++;
        }
    }
}

static void fold(struct picture *picture, const struct timeline *timeline)
{
    const struct record *record = &timeline->records.items[picture->position];
    const struct event *event = &record->event;
    switch ((enum event_kind)event->kind) {
    case EVENT_CALL_ENTER:
        begin_call(picture, event);
        follow_endpoint(picture, event);
        break;
    case EVENT_CALL_EXIT:
        end_call(picture, timeline, event);
        follow_endpoint(picture, event);
        note_descriptor(picture, event);
        break;
    case EVENT_PACKET_SENT: send_packet(picture, event); break;
    case EVENT_PACKET_DELIVERED:
    case EVENT_PACKET_DROPPED:
    case EVENT_PACKET_HELD: end_packet(picture, timeline, event); break;
    case EVENT_STATE:
    case EVENT_QUEUE:
    case EVENT_TIMER: ask_kernel(picture, event); break;
    case EVENT_PROCESS: note_process(picture, event); break;
    case EVENT_OUTPUT:
    case EVENT_GAP:
    case EVENT_MARK:
    case EVENT_CAPTION:
    case EVENT_QUESTION:
    case EVENT_VOTE:
    case EVENT_KIND_COUNT: break;
    }
    change_states(picture, timeline, record);
    picture->position++;
}

void picture_seek(struct picture *picture, const struct timeline *timeline, size_t position)
{
    if (position > timeline->records.count)
        position = timeline->records.count;
    if (position < picture->position)
        forget(picture);
    while (picture->position < position)
        fold(picture, timeline);
    count_waiting(picture);
}

/*
 * The fold: each kind of event moves a few things on the stage. Nothing is concluded here; the model has done
 * that and says so in the event's context and the changes.
 */
#include "timeline/picture.h"

#include "base/xalloc.h"

#include <stdio.h>
#include <string.h>

static uint32_t index_get(const picture_index *index, uint32_t number)
{
    return number < index->count ? index->items[number] : 0;
}

static void index_set(picture_index *index, uint32_t number, size_t place)
{
    while (index->count <= number)
        *array_push(index) = 0;
    index->items[number] = (uint32_t)place + 1;
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
    uint32_t place = index_get(&picture->endpoint_index, number);
    return number != 0 && place != 0 ? &picture->endpoints.items[place - 1] : NULL;
}

const struct picture_endpoint *picture_endpoint(const struct picture *picture, uint32_t number)
{
    return find_endpoint(picture, number);
}

const struct picture_flow *picture_flow(const struct picture *picture, uint32_t number)
{
    return number != 0 && number <= picture->flows.count ? &picture->flows.items[number - 1] : NULL;
}

enum state picture_state(const struct picture_endpoint *endpoint, enum witness *ret_witness)
{
    return state_believed(endpoint->states, ret_witness);
}

static struct picture_lane *lane_for(struct picture *picture, const struct event *event)
{
    struct picture_lane *lane = find_lane(picture, event->lane);
    if (lane != NULL)
        return lane;
    bool known = picture->lanes.count < picture->known_lanes;
    lane = array_push(&picture->lanes);
    struct picture_lane fresh = {.pid = event->pid};
    if (known) {
        fresh.calls.items = lane->calls.items;
        fresh.calls.room = lane->calls.room;
        fresh.known_calls = lane->known_calls;
    } else {
        picture->known_lanes++;
    }
    *lane = fresh;
    memcpy(lane->name, event->lane, sizeof lane->name);
    memcpy(lane->host, event->host, sizeof lane->host);
    return lane;
}

static struct picture_endpoint *endpoint_for(struct picture *picture, uint32_t number, const char *host)
{
    struct picture_endpoint *endpoint = find_endpoint(picture, number);
    if (endpoint != NULL)
        return endpoint;
    index_set(&picture->endpoint_index, number, picture->endpoints.count);
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
    bool known = lane->calls.count < lane->known_calls;
    struct picture_call *call = array_push(&lane->calls);
    uint32_t known_exit = known ? call->known_exit : PICTURE_NONE;
    lane->known_calls += !known;
    *call = (struct picture_call){
        .enter = (uint32_t)picture->position, .exit = PICTURE_NONE, .known_exit = known_exit};
}

static void end_call(struct picture *picture, const struct timeline *timeline, const struct event *event)
{
    struct picture_lane *lane = lane_for(picture, event);
    for (size_t i = lane->calls.count; i > 0; i--) {
        struct picture_call *call = &lane->calls.items[i - 1];
        const struct event *enter = &timeline->records.items[call->enter].event;
        if (call->exit == PICTURE_NONE && enter->call.call_id == event->call.call_id) {
            call->exit = call->known_exit = (uint32_t)picture->position;
            return;
        }
    }
}

/* The badge shows the newest socket, but a listening one gives way to a connection, not to a fresh listening
 * one. */
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
    if (event->call.is_datagram)
        endpoint->protocol = PROTOCOL_UDP;
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

static struct picture_packet *find_packet(struct picture *picture, const struct timeline *timeline,
                                          uint64_t id)
{
    for (size_t i = picture->packets.count; i > 0; i--) {
        struct picture_packet *packet = &picture->packets.items[i - 1];
        if (timeline->records.items[packet->sent].event.packet.id == id)
            return packet;
    }
    return NULL;
}

/* --- flows: by protocol and both ends, whichever sends --- */

static uint32_t flow_hash(const struct packet *packet)
{
    /* FNV-1a over both ends, added so that the direction makes no difference. */
    uint32_t sums[2];
    const struct address *ends[2] = {&packet->source, &packet->destination};
    for (int end = 0; end < 2; end++) {
        sums[end] = 2166136261u ^ ends[end]->port;
        for (size_t i = 0; i < sizeof ends[end]->ip; i++)
            sums[end] = (sums[end] ^ ends[end]->ip[i]) * 16777619u;
        sums[end] = (sums[end] ^ ends[end]->port) * 16777619u;
    }
    return (sums[0] + sums[1]) * 2654435761u ^ packet->protocol;
}

static bool is_of_flow(const struct picture_flow *flow, const struct packet *packet)
{
    bool forward =
        address_equal(&packet->source, &flow->ends[0]) && address_equal(&packet->destination, &flow->ends[1]);
    bool backward =
        address_equal(&packet->source, &flow->ends[1]) && address_equal(&packet->destination, &flow->ends[0]);
    return flow->protocol == packet->protocol && (forward || backward);
}

/* The slot of a flow in the table: its place + 1, or 0. The table is a power of two and at most half full. */
static uint32_t *flow_slot(struct picture *picture, const struct packet *packet)
{
    size_t mask = picture->flow_index.count - 1, at = flow_hash(packet) & mask;
    while (picture->flow_index.items[at] != 0 &&
           !is_of_flow(&picture->flows.items[picture->flow_index.items[at] - 1], packet))
        at = (at + 1) & mask;
    return &picture->flow_index.items[at];
}

static void index_flows(struct picture *picture, size_t slots)
{
    while (picture->flow_index.count < slots)
        *array_push(&picture->flow_index) = 0;
    for (size_t i = 0; i < picture->flow_index.count; i++)
        picture->flow_index.items[i] = 0;
    for (size_t i = 0; i < picture->flows.count; i++) {
        const struct picture_flow *flow = &picture->flows.items[i];
        struct packet packet = {
            .source = flow->ends[0], .destination = flow->ends[1], .protocol = flow->protocol};
        *flow_slot(picture, &packet) = (uint32_t)i + 1;
    }
}

static uint32_t count_flow(struct picture *picture, const struct packet *packet)
{
    if (picture->flows.count * 2 >= picture->flow_index.count)
        index_flows(picture, picture->flow_index.count == 0 ? 64 : picture->flow_index.count * 2);
    uint32_t *slot = flow_slot(picture, packet);
    if (*slot == 0) {
        *slot = (uint32_t)picture->flows.count + 1;
        *array_push(&picture->flows) = (struct picture_flow){
            .number = *slot,
            .protocol = packet->protocol,
            .ends = {packet->source, packet->destination},
            .first = (uint32_t)picture->position,
        };
    }
    struct picture_flow *flow = &picture->flows.items[*slot - 1];
    flow->packets++;
    flow->payload_bytes += packet->payload_bytes;
    flow->last = (uint32_t)picture->position;
    return flow->number;
}

static void send_packet(struct picture *picture, const struct event *event)
{
    bool seen_once = event->host[0] == '\0'; /* a foreign capture: it left and arrived in one event */
    uint32_t here = (uint32_t)picture->position;
    bool known = picture->packets.count < picture->known_packets;
    struct picture_packet *packet = array_push(&picture->packets);
    uint32_t end = seen_once ? here : known ? packet->known_end : PICTURE_NONE;
    picture->known_packets += !known;
    *packet = (struct picture_packet){
        .sent = here,
        .delivered = seen_once ? here : PICTURE_NONE,
        .known_end = end,
        .stopped = known ? packet->stopped : PICTURE_NONE,
        .known_drop = known && packet->known_drop,
        .flow = count_flow(picture, &event->packet.packet),
    };
    picture->in_flight += !seen_once;
    if (event->context.endpoint != 0) {
        struct picture_endpoint *sender = endpoint_for(picture, event->context.endpoint, event->host);
        sender->protocol = event->packet.packet.protocol;
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
    if (packet->held) {
        packet->stopped = (uint32_t)picture->position;
        return;
    }
    if (packet->delivered != PICTURE_NONE)
        return; /* a second copy */
    picture->in_flight -= picture->in_flight > 0;
    packet->delivered = packet->known_end = (uint32_t)picture->position;
    packet->dropped = packet->known_drop = event->kind == EVENT_PACKET_DROPPED;
}

static void ask_kernel(struct picture *picture, const struct event *event)
{
    struct picture_endpoint *endpoint = endpoint_for(picture, event->context.endpoint, event->host);
    const struct event_state *state = &event->state;
    endpoint->protocol = state->protocol;
    learn(&endpoint->local, &state->local);
    if (state->remote.port != 0)
        learn(&endpoint->remote, &state->remote);
    endpoint->receive_queue = state->receive_queue;
    endpoint->send_queue = state->send_queue;
    endpoint->asked_ns = event->time_ns;
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

static void change_states(struct picture *picture, const struct timeline *timeline,
                          const struct record *record)
{
    const struct change *changes = timeline_changes(timeline, record);
    for (uint32_t i = 0; i < record->change_count; i++) {
        struct picture_endpoint *endpoint = endpoint_for(picture, changes[i].endpoint, record->event.host);
        enum witness witness;
        enum state old = picture_state(endpoint, &witness);
        endpoint->states[changes[i].witness] = changes[i].new_state;
        enum state new = picture_state(endpoint, &witness);
        if (old == new)
            continue;
        *array_push(&picture->steps) = (struct picture_step){
            .record = (uint32_t)picture->position,
            .change = record->first_change + i,
            .endpoint = changes[i].endpoint,
            .old_state = (uint8_t)old,
            .new_state = (uint8_t) new,
        };
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

/* --- there and back --- */

#define SNAPSHOT_DISTANCE  1024
#define SNAPSHOT_BYTES_MAX ((size_t)64 << 20)

static size_t snapshot_size(const struct picture_snapshot *snapshot)
{
    return snapshot->lane_count * sizeof *snapshot->lanes +
           snapshot->endpoint_count * sizeof *snapshot->endpoints +
           snapshot->flow_count * sizeof *snapshot->flows;
}

static void release_snapshot(struct picture *picture, struct picture_snapshot *snapshot)
{
    picture->snapshot_bytes -= snapshot_size(snapshot);
    free(snapshot->lanes);
    free(snapshot->endpoints);
    free(snapshot->flows);
}

/* Every second one goes; from now on they lie twice as far apart. */
static void thin_snapshots(struct picture *picture)
{
    size_t kept = 0;
    for (size_t i = 0; i < picture->snapshots.count; i++) {
        if (i % 2 == 0)
            release_snapshot(picture, &picture->snapshots.items[i]);
        else
            picture->snapshots.items[kept++] = picture->snapshots.items[i];
    }
    picture->snapshots.count = kept;
    picture->snapshot_distance *= 2;
}

static void take_snapshot(struct picture *picture)
{
    size_t latest = picture->snapshots.count > 0 ? array_last(&picture->snapshots)->position : 0;
    if (picture->snapshot_distance == 0)
        picture->snapshot_distance = SNAPSHOT_DISTANCE;
    if (picture->position < latest + picture->snapshot_distance)
        return;
    struct picture_snapshot *snapshot = array_push(&picture->snapshots);
    *snapshot = (struct picture_snapshot){
        .position = picture->position,
        .lane_count = picture->lanes.count,
        .endpoint_count = picture->endpoints.count,
        .packet_count = picture->packets.count,
        .step_count = picture->steps.count,
        .flow_count = picture->flows.count,
        .in_flight = picture->in_flight,
        .lanes = xmemdup(picture->lanes.items, picture->lanes.count * sizeof *picture->lanes.items),
        .endpoints =
            xmemdup(picture->endpoints.items, picture->endpoints.count * sizeof *picture->endpoints.items),
        .flows = xmemdup(picture->flows.items, picture->flows.count * sizeof *picture->flows.items),
    };
    picture->snapshot_bytes += snapshot_size(snapshot);
    if (picture->snapshot_bytes > SNAPSHOT_BYTES_MAX)
        thin_snapshots(picture);
}

/* Lanes and packets stay in memory behind the counts, with what is known of their ends: so a snapshot before
 * or behind the position restores them by what had ended by then. */
static void restore_lanes(struct picture *picture, const struct picture_snapshot *snapshot)
{
    picture->lanes.count = snapshot->lane_count;
    for (size_t i = 0; i < snapshot->lane_count; i++) {
        struct picture_lane *lane = &picture->lanes.items[i];
        struct picture_lane old = snapshot->lanes[i];
        old.calls.items = lane->calls.items;
        old.calls.room = lane->calls.room;
        old.known_calls = lane->known_calls;
        *lane = old;
        array_each (struct picture_call, call, &lane->calls)
            call->exit = call->known_exit < snapshot->position ? call->known_exit : PICTURE_NONE;
    }
}

static void restore_packets(struct picture *picture, const struct picture_snapshot *snapshot)
{
    picture->packets.count = snapshot->packet_count;
    array_each (struct picture_packet, packet, &picture->packets) {
        bool ended = packet->known_end < snapshot->position;
        packet->delivered = ended ? packet->known_end : PICTURE_NONE;
        packet->dropped = ended && packet->known_drop;
        packet->held = !ended && packet->stopped < snapshot->position;
    }
}

static void index_endpoints(struct picture *picture)
{
    for (size_t i = 0; i < picture->endpoint_index.count; i++)
        picture->endpoint_index.items[i] = 0;
    for (size_t i = 0; i < picture->endpoints.count; i++)
        index_set(&picture->endpoint_index, picture->endpoints.items[i].number, i);
}

static void restore(struct picture *picture, const struct picture_snapshot *snapshot)
{
    restore_lanes(picture, snapshot);
    restore_packets(picture, snapshot);
    picture->endpoints.count = snapshot->endpoint_count;
    picture->flows.count = snapshot->flow_count;
    picture->steps.count = snapshot->step_count;
    if (snapshot->endpoint_count > 0)
        memcpy(picture->endpoints.items, snapshot->endpoints,
               snapshot->endpoint_count * sizeof *snapshot->endpoints);
    if (snapshot->flow_count > 0)
        memcpy(picture->flows.items, snapshot->flows, snapshot->flow_count * sizeof *snapshot->flows);
    index_endpoints(picture);
    index_flows(picture, picture->flow_index.count);
    picture->in_flight = snapshot->in_flight;
    picture->position = snapshot->position;
}

/* The nearest snapshot, unless folding on from here is nearer. */
static void go_near(struct picture *picture, size_t position)
{
    static const struct picture_snapshot nothing;
    const struct picture_snapshot *nearest = &nothing;
    array_each (const struct picture_snapshot, snapshot, &picture->snapshots)
        if (snapshot->position <= position)
            nearest = snapshot;
    if (position < picture->position || nearest->position > picture->position)
        restore(picture, nearest);
}

void picture_release(struct picture *picture)
{
    array_each (struct picture_snapshot, snapshot, &picture->snapshots)
        release_snapshot(picture, snapshot);
    picture->lanes.count = picture->known_lanes;
    array_each (struct picture_lane, lane, &picture->lanes)
        array_release(&lane->calls);
    array_release(&picture->snapshots);
    array_release(&picture->lanes);
    array_release(&picture->endpoints);
    array_release(&picture->packets);
    array_release(&picture->steps);
    array_release(&picture->flows);
    array_release(&picture->endpoint_index);
    array_release(&picture->flow_index);
    memset(picture, 0, sizeof *picture);
}

void picture_seek(struct picture *picture, const struct timeline *timeline, size_t position)
{
    if (position > timeline->records.count)
        position = timeline->records.count;
    if (position == picture->position)
        return;
    go_near(picture, position);
    while (picture->position < position) {
        fold(picture, timeline);
        take_snapshot(picture);
    }
    count_waiting(picture);
}

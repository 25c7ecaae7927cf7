/*
 * The only door of the model: every event goes to the function of its kind; then its beat and its notes are
 * set.
 */
#include "model/model.h"
#include "base/xalloc.h"
#include "model/internal.h"

#include <string.h>

struct model *model_new(void)
{
    return xcalloc(1, sizeof(struct model));
}

void model_free(struct model *model)
{
    if (model == NULL)
        return;
    world_release(&model->world);
    array_release(&model->packets);
    array_release(&model->calls);
    free(model);
}

void apply_nothing(struct model *model, struct event *event)
{
    (void)model, (void)event;
}

/* The child has its parent's descriptors; the endpoints stay the parent's until the child uses them. */
static void apply_fork(struct model *model, const struct event *event)
{
    struct world *world = &model->world;
    array_each (struct endpoint *, each, &world->endpoints) {
        struct endpoint *endpoint = *each;
        struct lane *owner = endpoint->lane;
        if (owner == NULL || owner->pid != event->process.parent || endpoint->fd < 0)
            continue;
        struct lane *child = world_find_lane(world, event->pid);
        endpoint_set_descriptor(world, endpoint, child, endpoint->fd);
        endpoint->lane = owner;
    }
}

/* The end of a process closes what nobody else has open. */
static void close_endpoints(struct model *model, const struct lane *lane)
{
    array_each (struct endpoint *, each, &model->world.endpoints) {
        struct endpoint *endpoint = *each;
        if (endpoint->lane != lane || endpoint->fd < 0 ||
            world_has_other_owner(&model->world, endpoint, lane->pid))
            continue;
        conclude_state(model, endpoint, WITNESS_API, STATE_API_CLOSED, "its process has ended", false);
        endpoint_drop_descriptor(&model->world, endpoint);
    }
}

static void apply_exit(struct model *model, struct event *event)
{
    struct world *world = &model->world;
    struct lane *lane = world_find_lane(world, event->pid);
    if (lane != NULL) {
        lane->ended = true;
        lane->open_calls = 0;
        close_endpoints(model, lane);
    }
    for (size_t i = 0; i < world->open_calls.count;) {
        if (world->open_calls.items[i].pid != event->pid) {
            i++;
            continue;
        }
        world->open_calls.items[i] = *array_last(&world->open_calls);
        world->open_calls.count--;
    }
}

void apply_process(struct model *model, struct event *event)
{
    switch ((enum process_what)event->process.what) {
    case PROCESS_START:
    case PROCESS_EXEC: world_lane(&model->world, event->pid, event->lane, event->host); break;
    case PROCESS_FORK:
        world_lane(&model->world, event->pid, event->lane, event->host);
        apply_fork(model, event);
        break;
    case PROCESS_EXIT: apply_exit(model, event); break;
    }
}

static struct endpoint *state_endpoint(struct model *model, const struct event *event)
{
    struct world *world = &model->world;
    const struct event_state *state = &event->state;
    struct endpoint *endpoint = world_by_cookie(world, state->cookie);
    if (endpoint == NULL) {
        endpoint = world_by_addresses(world, state->protocol, &state->local, &state->remote);
        if (endpoint != NULL && endpoint->cookie != 0)
            endpoint = NULL;
    }
    if (endpoint == NULL)
        endpoint = world_new_endpoint(world, event->host, state->protocol);
    endpoint_set_cookie(world, endpoint, state->cookie);
    endpoint_set_addresses(world, endpoint, &state->local, &state->remote);
    return endpoint;
}

static void state_cause(struct model *model, struct event *event, const struct endpoint *endpoint)
{
    const struct packet_memory *memory = memory_packet(model, event->state.after_packet);
    if (memory != NULL)
        conclude_cause(event, event->state.after_delivery ? memory->delivered_seq : memory->sent_seq,
                       RULE_PACKET_STATE, false);
    else
        conclude_cause(event, endpoint->latest_exit, RULE_CALL_STATE, true);
}

/* STATE, QUEUE and TIMER are one answer of the kernel about one socket. */
void apply_state(struct model *model, struct event *event)
{
    struct endpoint *endpoint = state_endpoint(model, event);
    event->context.endpoint = endpoint->number;
    if (endpoint->listener == NULL && event->state.state == STATE_SYN_RECEIVED)
        endpoint->listener = world_listener(&model->world, event->host, &event->state.local);
    state_cause(model, event, endpoint);
    conclude_kernel(model, endpoint, event->state.state);
}

static void (*const doors[EVENT_KIND_COUNT])(struct model *model, struct event *event) = {
    [EVENT_CALL_ENTER] = apply_call_enter,
    [EVENT_CALL_EXIT] = apply_call_exit,
    [EVENT_PACKET_SENT] = apply_packet_sent,
    [EVENT_PACKET_DELIVERED] = apply_packet_delivered,
    [EVENT_PACKET_DROPPED] = apply_packet_stopped,
    [EVENT_PACKET_HELD] = apply_packet_stopped,
    [EVENT_STATE] = apply_state,
    [EVENT_QUEUE] = apply_state,
    [EVENT_TIMER] = apply_state,
    [EVENT_PROCESS] = apply_process,
    [EVENT_OUTPUT] = apply_nothing,
    [EVENT_GAP] = apply_nothing,
    [EVENT_MARK] = apply_nothing,
    [EVENT_CAPTION] = apply_nothing,
    [EVENT_QUESTION] = apply_nothing,
    [EVENT_VOTE] = apply_nothing,
};

/* A beat is one thought: a call begins, a packet arrives, or a packet leaves for a reason that lies further
 * back (a timer). What follows at once belongs to it. */
static bool begins_beat(const struct model *model, const struct event *event)
{
    switch ((enum event_kind)event->kind) {
    case EVENT_CALL_ENTER:
    case EVENT_PACKET_DELIVERED:
    case EVENT_PACKET_DROPPED:
    case EVENT_PACKET_HELD: return true;
    case EVENT_PROCESS: return event->process.what != PROCESS_EXIT;
    case EVENT_PACKET_SENT:
        for (int i = 0; i < event->context.cause_count; i++)
            if (event->context.causes[i].seq >= model->beat_first_seq)
                return false;
        return true;
    case EVENT_CALL_EXIT:
    case EVENT_STATE:
    case EVENT_QUEUE:
    case EVENT_TIMER:
    case EVENT_OUTPUT:
    case EVENT_GAP:
    case EVENT_MARK:
    case EVENT_CAPTION:
    case EVENT_QUESTION:
    case EVENT_VOTE:
    case EVENT_KIND_COUNT: break;
    }
    return false;
}

void model_apply(struct model *model, struct event *event, change_list *changes)
{
    event->seq = ++model->latest_seq;
    memset(&event->context, 0, sizeof event->context);
    model->changes = changes;
    if (event->kind < EVENT_KIND_COUNT)
        doors[event->kind](model, event);
    if (model->beat == 0 || begins_beat(model, event)) {
        model->beat++;
        model->beat_first_seq = event->seq;
    }
    event->context.beat = model->beat;
    conclude_context(model, event);
    model->changes = NULL;
}

/* The states of the kernel that have a next step of their own. */
static const bool goes_on[STATE_COUNT] = {
    [STATE_SYN_SENT] = true,   [STATE_SYN_RECEIVED] = true, [STATE_ESTABLISHED] = true,
    [STATE_FIN_WAIT_1] = true, [STATE_FIN_WAIT_2] = true,   [STATE_CLOSE_WAIT] = true,
    [STATE_LAST_ACK] = true,   [STATE_CLOSING] = true,
};

bool model_quiet(const struct model *model)
{
    if (model->in_flight != 0)
        return false;
    array_each (struct endpoint *const, each, &model->world.endpoints)
        if (goes_on[(*each)->states[WITNESS_KERNEL]])
            return false;
    return true;
}

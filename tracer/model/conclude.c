/*
 * How the model says what it concluded: causes, changes of state, and the notes on both ends that travel with
 * an event.
 */
#include "model/internal.h"

#include <stdio.h>
#include <string.h>

void conclude_cause(struct event *event, uint64_t seq, enum rule rule, bool guessed)
{
    struct event_context *context = &event->context;
    if (seq == 0 || seq >= event->seq || context->cause_count == CAUSES_MAX)
        return;
    for (int i = 0; i < context->cause_count; i++)
        if (context->causes[i].seq == seq && context->causes[i].rule == rule)
            return;
    context->causes[context->cause_count++] =
        (struct cause){.seq = seq, .rule = (uint8_t)rule, .guessed = guessed};
}

static const char *endpoint_name(const struct endpoint *endpoint)
{
    if (endpoint->lane != NULL)
        return endpoint->lane->name;
    if (endpoint->listener != NULL && endpoint->listener->lane != NULL)
        return endpoint->listener->lane->name;
    return endpoint->host;
}

void conclude_state(struct model *model, struct endpoint *endpoint, enum witness witness, enum state state,
                    const char *reason, bool impossible)
{
    enum state old = endpoint->states[witness];
    if (old == state && !impossible)
        return;
    endpoint->states[witness] = (uint8_t)state;
    struct change *change = array_push(model->changes);
    *change = (struct change){
        .endpoint = endpoint->number,
        .witness = (uint8_t)witness,
        .old_state = (uint8_t)old,
        .new_state = (uint8_t)state,
        .impossible = impossible,
        .reason = reason,
    };
    snprintf(change->name, sizeof change->name, "%s", endpoint_name(endpoint));
}

static void take_step(struct model *model, struct endpoint *endpoint, enum witness witness,
                      const struct cell *cell, const char *otherwise)
{
    enum state now = endpoint->states[witness];
    if (cell->verdict == IMPOSSIBLE)
        conclude_state(model, endpoint, witness, now, otherwise, true);
    else if (cell->verdict == STEP)
        conclude_state(model, endpoint, witness, cell->next, cell->reason, false);
}

void conclude_tcp(struct model *model, struct endpoint *endpoint, enum tcp_stimulus stimulus)
{
    const struct cell *cell = tcp_cell(endpoint->states[WITNESS_WIRE], stimulus);
    if (cell->verdict == STEP)
        endpoint->wire_reason = cell->reason;
    take_step(model, endpoint, WITNESS_WIRE, cell, tcp_stimulus_name(stimulus));
}

void conclude_api(struct model *model, struct endpoint *endpoint, enum api_stimulus stimulus)
{
    enum state now = endpoint->states[WITNESS_API];
    const struct cell *cell =
        endpoint->protocol == PROTOCOL_UDP ? udp_cell(now, stimulus) : api_cell(now, stimulus);
    take_step(model, endpoint, WITNESS_API, cell, "the calls do not fit together");
}

static const char *kernel_reason(const struct endpoint *endpoint, enum state state)
{
    if (endpoint->states[WITNESS_WIRE] == state && endpoint->wire_reason != NULL)
        return endpoint->wire_reason;
    if (state == STATE_LISTEN)
        return "listen() opened the door";
    if (state == STATE_CLOSED && endpoint->states[WITNESS_KERNEL] == STATE_NONE)
        return "a new socket has no connection";
    if (state == STATE_CLOSED)
        return "the kernel has no such socket any more";
    return "the kernel says so";
}

void conclude_kernel(struct model *model, struct endpoint *endpoint, enum state state)
{
    enum state wire = endpoint->states[WITNESS_WIRE];
    if (endpoint->states[WITNESS_KERNEL] == state)
        return;
    conclude_state(model, endpoint, WITNESS_KERNEL, state, kernel_reason(endpoint, state), false);
    array_last(model->changes)->disagreement = wire != STATE_NONE && wire != state;
}

/* The calls that wait for the other side. */
static bool call_waits(enum call call)
{
    static const bool waits[CALL_COUNT] = {
        [CALL_accept] = true,     [CALL_accept4] = true, [CALL_connect] = true, [CALL_recv] = true,
        [CALL_recvfrom] = true,   [CALL_recvmsg] = true, [CALL_read] = true,    [CALL_readv] = true,
        [CALL_poll] = true,       [CALL_ppoll] = true,   [CALL_select] = true,  [CALL_pselect] = true,
        [CALL_epoll_wait] = true,
    };
    return waits[call];
}

struct endpoint_note conclude_note(const struct model *model, const struct endpoint *endpoint)
{
    struct endpoint_note note = {0};
    if (endpoint == NULL)
        return note;
    snprintf(note.name, sizeof note.name, "%s", endpoint_name(endpoint));
    enum witness witness;
    note.state = (uint8_t)endpoint_state(endpoint, &witness);
    note.witness = (uint8_t)witness;

    const struct endpoint *owner = endpoint->lane != NULL ? endpoint : endpoint->listener;
    if (owner == endpoint->listener && owner != NULL && note.state == STATE_SYN_RECEIVED) {
        note.half_open = world_half_open(&model->world, owner);
        note.state = (uint8_t)endpoint_state(owner, &witness);
        note.witness = (uint8_t)witness;
    }
    const struct lane *lane = owner != NULL ? owner->lane : NULL;
    if (lane != NULL && lane->open_calls != 0 && call_waits(lane->latest_call))
        note.blocked = (uint8_t)(1 + lane->latest_call);
    return note;
}

/* The call that it all goes back to: the first cause that is one. */
static void conclude_call(const struct model *model, struct event_context *context)
{
    const struct call_memory *call = NULL;
    for (int i = 0; i < context->cause_count && call == NULL; i++)
        call = memory_call(model, context->causes[i].seq);
    if (call == NULL)
        return;
    context->cause_call = (uint8_t)(1 + call->call);
    context->cause_line = call->line > 0 ? (uint32_t)call->line : 0;
    memcpy(context->cause_file, call->file, sizeof context->cause_file);
    memcpy(context->cause_lane, call->lane, sizeof context->cause_lane);
}

void conclude_context(const struct model *model, struct event *event)
{
    struct event_context *context = &event->context;
    const struct endpoint *endpoint = world_endpoint(&model->world, context->endpoint);
    if (endpoint != NULL && context->peer == 0 && endpoint->peer != NULL)
        context->peer = endpoint->peer->number;
    if (endpoint != NULL && context->flow == 0)
        context->flow = endpoint->flow;
    const struct endpoint *peer = world_endpoint(&model->world, context->peer);
    bool arrives = event->kind == EVENT_PACKET_DELIVERED;
    context->sides[0] = conclude_note(model, arrives ? peer : endpoint);
    context->sides[1] = conclude_note(model, arrives ? endpoint : peer);

    conclude_call(model, context);
}

/*
 * Calls: what a program asked for and what it got. Each call that teaches us something has a row in `rows`.
 */
#include "model/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct call_row {
    void (*enter)(struct model *model, struct event *event, struct endpoint *endpoint,
                  struct open_call *open);
    void (*exit)(struct model *model, struct event *event, struct endpoint *endpoint, struct open_call *open);
};

/* --- sockets come and go --- */

static uint8_t protocol_of(int64_t domain, int64_t type)
{
    if (domain != AF_INET && domain != AF_INET6)
        return PROTOCOL_NONE;
    int64_t kind = type & ~(int64_t)(SOCK_NONBLOCK | SOCK_CLOEXEC);
    return kind == SOCK_STREAM ? PROTOCOL_TCP : kind == SOCK_DGRAM ? PROTOCOL_UDP : PROTOCOL_NONE;
}

static void exit_socket(struct model *model, struct event *event, struct endpoint *none,
                        struct open_call *open)
{
    (void)none, (void)open;
    const struct event_call *call = &event->call;
    if (call->result < 0)
        return;
    struct world *world = &model->world;
    struct endpoint *endpoint =
        world_new_endpoint(world, event->host, protocol_of(call->arguments[0], call->arguments[1]));
    endpoint_set_cookie(world, endpoint, call->new_cookie);
    endpoint_set_descriptor(world, endpoint, world_find_lane(world, event->pid), (int32_t)call->result);
    event->context.endpoint = endpoint->number;
    conclude_api(model, endpoint, CALLED_SOCKET);
}

static void exit_bind(struct model *model, struct event *event, struct endpoint *endpoint,
                      struct open_call *open)
{
    (void)open;
    if (event->call.result < 0)
        return;
    const struct address *local =
        event->call.local.family != ADDRESS_NONE ? &event->call.local : &event->call.address;
    endpoint_set_addresses(&model->world, endpoint, local, NULL);
    conclude_api(model, endpoint, CALLED_BIND);
}

static void exit_listen(struct model *model, struct event *event, struct endpoint *endpoint,
                        struct open_call *open)
{
    (void)open;
    if (event->call.result < 0)
        return;
    endpoint_set_addresses(&model->world, endpoint, &event->call.local, NULL);
    conclude_api(model, endpoint, CALLED_LISTEN);
}

static struct endpoint *accepted_endpoint(struct model *model, const struct event *event,
                                          const struct endpoint *listener)
{
    struct world *world = &model->world;
    const struct event_call *call = &event->call;
    const struct address *remote = call->remote.family != ADDRESS_NONE ? &call->remote : &call->address;
    struct endpoint *endpoint = world_by_cookie(world, call->new_cookie);
    if (endpoint == NULL && call->local.port != 0)
        endpoint = world_by_addresses(world, PROTOCOL_TCP, &call->local, remote);
    if (endpoint == NULL)
        endpoint =
            world_new_endpoint(world, event->host, listener != NULL ? listener->protocol : PROTOCOL_TCP);
    endpoint_set_cookie(world, endpoint, call->new_cookie);
    endpoint_set_addresses(world, endpoint, &call->local, remote);
    return endpoint;
}

static void exit_accept(struct model *model, struct event *event, struct endpoint *listener,
                        struct open_call *open)
{
    (void)open;
    if (event->call.result < 0)
        return;
    struct endpoint *endpoint = accepted_endpoint(model, event, listener);
    if (listener != NULL)
        listener->latest_exit = event->seq;
    endpoint->listener = listener;
    endpoint_set_descriptor(&model->world, endpoint, world_find_lane(&model->world, event->pid),
                            (int32_t)event->call.result);
    event->context.endpoint = endpoint->number;
    conclude_cause(event, endpoint->handshake_arrival, RULE_HANDSHAKE_ACCEPT, false);
    conclude_api(model, endpoint, CALLED_ACCEPT);
}

static void exit_dup(struct model *model, struct event *event, struct endpoint *endpoint,
                     struct open_call *open)
{
    (void)open;
    int32_t fd = endpoint->fd;
    if (event->call.result < 0)
        return;
    endpoint_set_descriptor(&model->world, endpoint, world_find_lane(&model->world, event->pid),
                            (int32_t)event->call.result);
    endpoint->fd = fd;
}

static void enter_close(struct model *model, struct event *event, struct endpoint *endpoint,
                        struct open_call *open)
{
    (void)model, (void)open;
    endpoint->close_enter = event->seq;
}

static void exit_close(struct model *model, struct event *event, struct endpoint *endpoint,
                       struct open_call *open)
{
    (void)open;
    if (event->call.result < 0 && event->call.error_number == EBADF)
        return;
    conclude_api(model, endpoint, CALLED_CLOSE);
    if (endpoint->lane != NULL && endpoint->lane->pid == event->pid && endpoint->fd == event->call.fd)
        endpoint_drop_descriptor(&model->world, endpoint);
}

static void enter_shutdown(struct model *model, struct event *event, struct endpoint *endpoint,
                           struct open_call *open)
{
    (void)model, (void)open;
    if (event->call.arguments[1] != SHUT_RD)
        endpoint->close_enter = event->seq;
}

static void exit_shutdown(struct model *model, struct event *event, struct endpoint *endpoint,
                          struct open_call *open)
{
    (void)open;
    int64_t how = event->call.arguments[1];
    if (event->call.result == 0)
        conclude_api(model, endpoint,
                     how == SHUT_RD   ? CALLED_SHUT_READ
                     : how == SHUT_WR ? CALLED_SHUT_WRITE
                                      : CALLED_SHUT_BOTH);
}

/* --- connecting --- */

static void enter_connect(struct model *model, struct event *event, struct endpoint *endpoint,
                          struct open_call *open)
{
    (void)open;
    endpoint->connect_enter = event->seq;
    if (endpoint->protocol != PROTOCOL_UDP && endpoint->remote.port == 0)
        endpoint->remote = event->call.address;
    conclude_api(model, endpoint, ENTERED_CONNECT);
}

/* Why a call failed, if a packet told the kernel. */
static void conclude_error(struct event *event, const struct endpoint *endpoint)
{
    switch (event->call.error_number) {
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE: conclude_cause(event, endpoint->rst_arrival, RULE_RST_ERROR, false); break;
    default: break;
    }
    if (endpoint->rst_arrival == 0 && event->call.error_number != EAGAIN)
        conclude_cause(event, endpoint->icmp_arrival, RULE_ICMP_ERROR, false);
}

static void exit_connect(struct model *model, struct event *event, struct endpoint *endpoint,
                         struct open_call *open)
{
    (void)open;
    const struct event_call *call = &event->call;
    if (call->result == 0) {
        endpoint_set_addresses(&model->world, endpoint, &call->local, &call->address);
        conclude_cause(event, endpoint->syn_arrival, RULE_SYNACK_CONNECT, false);
        conclude_api(model, endpoint, CONNECT_DONE);
    } else if (call->error_number == EINPROGRESS || call->error_number == EALREADY) {
        endpoint_set_addresses(&model->world, endpoint, &call->local, &call->address);
        conclude_api(model, endpoint, CONNECT_STARTED);
    } else {
        conclude_error(event, endpoint);
        conclude_api(model, endpoint, CONNECT_FAILED);
    }
}

/* --- sending and receiving --- */

static void enter_send(struct model *model, struct event *event, struct endpoint *endpoint,
                       struct open_call *open)
{
    (void)model;
    if (endpoint->protocol == PROTOCOL_UDP || event->call.is_datagram) {
        datagram_handed(endpoint, event, open);
        return;
    }
    uint64_t start = endpoint->handed_bytes;
    endpoint->handed_bytes += event->call.payload_bytes;
    *array_push(&endpoint->handed) =
        (struct span){.start = start, .end = endpoint->handed_bytes, .seq = event->seq};
    open->span = endpoint->handed.count;
}

/* Until the call returned, all it offered counted as handed over; now we know how much the kernel took. */
static void exit_send(struct model *model, struct event *event, struct endpoint *endpoint,
                      struct open_call *open)
{
    (void)model;
    if (event->call.result < 0)
        conclude_error(event, endpoint);
    if (open->span == 0)
        return;
    struct span *span = &endpoint->handed.items[open->span - 1];
    uint64_t taken = event->call.result > 0 ? (uint64_t)event->call.result : 0;
    bool newest = open->span == endpoint->handed.count;
    if (newest && span->start + taken < span->end) {
        span->end = span->start + taken;
        endpoint->handed_bytes = span->end;
    }
}

/* The packets that carried bytes [read, read + count) of the other's stream. */
static void conclude_fed(struct event *event, struct endpoint *endpoint, uint64_t count, bool peek)
{
    uint64_t start = endpoint->read_bytes, end = start + count;
    for (size_t i = endpoint->read_from; i < endpoint->arrived.count; i++) {
        const struct span *span = &endpoint->arrived.items[i];
        if (span->start < end && span->end > start)
            conclude_cause(event, span->seq, RULE_BYTES_RECV, false);
    }
    if (peek)
        return;
    endpoint->read_bytes = end;
    while (endpoint->read_from < endpoint->arrived.count &&
           endpoint->arrived.items[endpoint->read_from].end <= end)
        endpoint->read_from++;
}

static bool is_peek(const struct event *event)
{
    bool has_flags = event->call.call == CALL_recv || event->call.call == CALL_recvfrom ||
                     event->call.call == CALL_recvmsg;
    return has_flags && (event->call.arguments[3] & MSG_PEEK) != 0;
}

static void exit_receive(struct model *model, struct event *event, struct endpoint *endpoint,
                         struct open_call *open)
{
    (void)model, (void)open;
    const struct event_call *call = &event->call;
    if (call->result < 0)
        conclude_error(event, endpoint);
    else if (endpoint->protocol == PROTOCOL_UDP)
        datagram_received(endpoint, event);
    else if (endpoint->protocol == PROTOCOL_TCP && call->result > 0)
        conclude_fed(event, endpoint, (uint64_t)call->result, is_peek(event));
    else if (endpoint->protocol == PROTOCOL_TCP && call->payload_bytes == 0)
        conclude_cause(event, endpoint->fin_arrival, RULE_FIN_EOF, false);
}

static const struct call_row rows[CALL_COUNT] = {
    [CALL_socket] = {.exit = exit_socket},
    [CALL_bind] = {.exit = exit_bind},
    [CALL_listen] = {.exit = exit_listen},
    [CALL_accept] = {.exit = exit_accept},
    [CALL_accept4] = {.exit = exit_accept},
    [CALL_connect] = {.enter = enter_connect, .exit = exit_connect},
    [CALL_send] = {.enter = enter_send, .exit = exit_send},
    [CALL_sendto] = {.enter = enter_send, .exit = exit_send},
    [CALL_sendmsg] = {.enter = enter_send, .exit = exit_send},
    [CALL_write] = {.enter = enter_send, .exit = exit_send},
    [CALL_writev] = {.enter = enter_send, .exit = exit_send},
    [CALL_sendfile] = {.enter = enter_send, .exit = exit_send},
    [CALL_recv] = {.exit = exit_receive},
    [CALL_recvfrom] = {.exit = exit_receive},
    [CALL_recvmsg] = {.exit = exit_receive},
    [CALL_read] = {.exit = exit_receive},
    [CALL_readv] = {.exit = exit_receive},
    [CALL_shutdown] = {.enter = enter_shutdown, .exit = exit_shutdown},
    [CALL_close] = {.enter = enter_close, .exit = exit_close},
    [CALL_dup] = {.exit = exit_dup},
    [CALL_dup2] = {.exit = exit_dup},
};

/* --- every call --- */

struct endpoint *call_endpoint(struct model *model, const struct event *event)
{
    const struct event_call *call = &event->call;
    if (call->fd < 0)
        return NULL;
    struct world *world = &model->world;
    struct endpoint *endpoint = world_by_cookie(world, call->cookie);
    if (endpoint == NULL && call->cookie == 0)
        endpoint = world_by_descriptor(world, event->pid, call->fd);
    if (endpoint == NULL && call->cookie == 0)
        return NULL;
    if (endpoint == NULL) {
        uint8_t family = call->local.family != ADDRESS_NONE ? call->local.family : call->address.family;
        bool internet = family == ADDRESS_IPV4 || family == ADDRESS_IPV6;
        uint8_t protocol = call->is_datagram ? PROTOCOL_UDP : PROTOCOL_TCP;
        endpoint = world_new_endpoint(world, event->host, internet ? protocol : PROTOCOL_NONE);
        endpoint_set_cookie(world, endpoint, call->cookie);
    }
    if (endpoint->lane == NULL)
        endpoint_set_descriptor(world, endpoint, world_find_lane(world, event->pid), call->fd);
    return endpoint;
}

static void remember_call(struct model *model, const struct event *event)
{
    struct call_memory *memory = array_push(&model->calls);
    *memory = (struct call_memory){.seq = event->seq, .call = event->call.call, .line = event->call.line};
    memcpy(memory->file, event->call.file, sizeof memory->file);
    memcpy(memory->lane, event->lane, sizeof memory->lane);
}

void apply_call_enter(struct model *model, struct event *event)
{
    struct lane *lane = world_lane(&model->world, event->pid, event->lane, event->host);
    remember_call(model, event);
    lane->open_calls++;
    lane->latest_call = event->call.call;
    lane->latest_enter = event->seq;

    struct endpoint *endpoint = call_endpoint(model, event);
    struct open_call open = {
        .pid = event->pid,
        .call_id = event->call.call_id,
        .enter_seq = event->seq,
        .call = event->call.call,
        .endpoint = endpoint != NULL ? endpoint->number : 0,
    };
    if (endpoint != NULL) {
        event->context.endpoint = endpoint->number;
        if (event->call.call == CALL_close && event->call.tcp_state != STATE_NONE)
            conclude_kernel(model, endpoint, event->call.tcp_state);
        if (rows[event->call.call].enter != NULL)
            rows[event->call.call].enter(model, event, endpoint, &open);
    }
    *array_push(&model->world.open_calls) = open;
}

static struct open_call take_open_call(struct model *model, const struct event *event)
{
    struct world *world = &model->world;
    for (size_t i = 0; i < world->open_calls.count; i++) {
        struct open_call open = world->open_calls.items[i];
        if (open.pid != event->pid || open.call_id != event->call.call_id)
            continue;
        world->open_calls.items[i] = *array_last(&world->open_calls);
        world->open_calls.count--;
        return open;
    }
    return (struct open_call){0};
}

void apply_call_exit(struct model *model, struct event *event)
{
    struct lane *lane = world_lane(&model->world, event->pid, event->lane, event->host);
    if (lane->open_calls > 0)
        lane->open_calls--;
    struct open_call open = take_open_call(model, event);

    const struct call_row *row = &rows[event->call.call];
    struct endpoint *endpoint = world_endpoint(&model->world, open.endpoint);
    if (endpoint == NULL)
        endpoint = call_endpoint(model, event);
    if (endpoint != NULL)
        event->context.endpoint = endpoint->number;
    if (row->exit != NULL && (endpoint != NULL || event->call.call == CALL_socket))
        row->exit(model, event, endpoint, &open);
    conclude_cause(event, open.enter_seq, RULE_ENTER_EXIT, false);

    endpoint = world_endpoint(&model->world, event->context.endpoint);
    if (endpoint == NULL)
        return;
    endpoint->latest_exit = event->seq;
    if (event->call.call != CALL_close && event->call.tcp_state != STATE_NONE)
        conclude_kernel(model, endpoint, event->call.tcp_state);
    if (endpoint->local.port == 0)
        endpoint_set_addresses(&model->world, endpoint, &event->call.local, NULL);
}

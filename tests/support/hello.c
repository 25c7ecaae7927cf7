/* Three small plays, written down step by step. Times are microseconds since the session began. */
#include "tests/support/hello.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/clock.h"
#include "tests/support/packet_builder.h"

#define DELAY_US     50000
#define CLIENT_ISN   0x1a2b3c4du
#define SERVER_ISN   0xfffffffdu /* wraps after three bytes */
#define LINGER_MS    60000
#define DIAG_US      40 /* from a packet's arrival to the kernel's answer about it */
#define CLIENT_SHIFT 7
#define SERVER_SHIFT 7

struct player {
    const char *name, *file, *program;
    int pid;
    uint32_t calls;
    int64_t enter_ns;     /* of the call it is in */
    struct event_call in; /* the call it is in */
    uint32_t next_sequence, next_acknowledgment;
    struct address address;
};

struct play {
    ARRAY(struct event) events;
    int64_t now_us;
    uint64_t packets;
    struct player client, server;
};

static struct play play_new(const char *client, const char *server)
{
    struct play play = {
        .client = {.name = "client", .pid = HELLO_CLIENT_PID, .next_sequence = CLIENT_ISN},
        .server = {.name = "server", .pid = HELLO_SERVER_PID, .next_sequence = SERVER_ISN},
    };
    play.client.file = client;
    play.server.file = server;
    play.client.address = address_make("192.0.2.1", HELLO_CLIENT_PORT);
    play.server.address = address_make("192.0.2.2", HELLO_SERVER_PORT);
    return play;
}

static size_t play_end(struct play *play, struct event **ret_events)
{
    *ret_events = play->events.items;
    return play->events.count;
}

static struct player *other(struct play *play, const struct player *player)
{
    return player == &play->client ? &play->server : &play->client;
}

static struct event *add(struct play *play, enum event_kind kind, const char *host)
{
    struct event *event = array_push(&play->events);
    memset(event, 0, sizeof *event);
    event->kind = (uint8_t)kind;
    event->time_ns = event->order_ns = HELLO_START_NS + play->now_us * NS_PER_US;
    snprintf(event->host, sizeof event->host, "%s", host);
    return event;
}

static struct event *add_of(struct play *play, enum event_kind kind, const struct player *player)
{
    struct event *event = add(play, kind, player->name);
    snprintf(event->lane, sizeof event->lane, "%s", player->name);
    event->pid = event->tid = player->pid;
    return event;
}

static void process(struct play *play, const struct player *player, enum process_what what)
{
    struct event *event = add_of(play, EVENT_PROCESS, player);
    event->process.what = (uint8_t)what;
    event->process.parent = 4700;
    size_t length = strcspn(player->file, ".");
    snprintf(event->process.program, sizeof event->process.program, "%.*s", (int)length, player->file);
}

/* The caller fills in what else the call says, in the returned event, before it calls entered(). */
static struct event *enter(struct play *play, struct player *player, enum call call, int line, int fd,
                           uint64_t cookie)
{
    struct event *event = add_of(play, EVENT_CALL_ENTER, player);
    player->enter_ns = event->time_ns;
    event->call.call = (uint8_t)call;
    event->call.call_id = ++player->calls;
    event->call.fd = fd;
    event->call.cookie = cookie;
    event->call.line = line;
    char type = 0;
    if (call_argument(call, 0, &type) != NULL && type == 'd')
        event->call.arguments[0] = fd;
    snprintf(event->call.file, sizeof event->call.file, "%s", player->file);
    return event;
}

static void entered(struct play *play, struct player *player)
{
    player->in = array_last(&play->events)->call;
    play->now_us += 20;
}

static struct event *leave(struct play *play, struct player *player, int64_t result)
{
    struct event *event = add_of(play, EVENT_CALL_EXIT, player);
    event->call = player->in;
    event->call.has_payload = false;
    event->call.result = result;
    event->call.duration_ns = event->time_ns - player->enter_ns;
    play->now_us += 20;
    return event;
}

/* A call that comes back at once and of which there is little to say. */
static void quick(struct play *play, struct player *player, enum call call, int line, int fd, uint64_t cookie,
                  int64_t result)
{
    enter(play, player, call, line, fd, cookie);
    entered(play, player);
    leave(play, player, result);
}

/* Just before close() the probe asks for the state once more. */
static void enter_close(struct play *play, struct player *player, int line, int fd, uint64_t cookie,
                        enum state state)
{
    enter(play, player, CALL_close, line, fd, cookie)->call.tcp_state = (uint8_t)state;
    entered(play, player);
    player->in.tcp_state = STATE_NONE;
}

static void make_socket(struct play *play, struct player *player, int type, int line, uint64_t cookie)
{
    struct event *event = enter(play, player, CALL_socket, line, -1, 0);
    event->call.is_datagram = type == SOCK_DGRAM;
    event->call.arguments[0] = AF_INET;
    event->call.arguments[1] = type;
    entered(play, player);
    leave(play, player, 3)->call.new_cookie = cookie;
}

static void bind_socket(struct play *play, int type, int line, uint64_t cookie)
{
    struct player *server = &play->server;
    struct event *event = enter(play, server, CALL_bind, line, 3, cookie);
    event->call.is_datagram = type == SOCK_DGRAM;
    event->call.address = address_make("0.0.0.0", HELLO_SERVER_PORT);
    entered(play, server);
    event = leave(play, server, 0);
    event->call.local = address_make("0.0.0.0", HELLO_SERVER_PORT);
}

static void put_payload(struct event *event, const void *bytes, size_t count)
{
    event->call.has_payload = true;
    event->call.payload_bytes = (uint32_t)count;
    event_set_data(event, bytes, count);
}

static void enter_send(struct play *play, struct player *player, int line, int fd, uint64_t cookie,
                       const char *text)
{
    struct event *event = enter(play, player, CALL_send, line, fd, cookie);
    event->call.arguments[2] = (int64_t)strlen(text);
    put_payload(event, text, strlen(text));
    entered(play, player);
}

static void enter_recv(struct play *play, struct player *player, int line, int fd, uint64_t cookie)
{
    struct event *event = enter(play, player, CALL_recv, line, fd, cookie);
    event->call.arguments[2] = 100;
    entered(play, player);
}

static void leave_recv(struct play *play, struct player *player, const char *text, enum state state)
{
    struct event *event = leave(play, player, (int64_t)strlen(text));
    event->call.tcp_state = (uint8_t)state;
    put_payload(event, text, strlen(text));
}

static void put_frame(struct play *play, struct player *from, const struct packet_plan *plan)
{
    struct frame frame;
    packet_build(&frame, plan);
    struct event *event = add(play, EVENT_PACKET_SENT, from->name);
    event->packet.id = ++play->packets;
    event->packet.link = LINK_ETHERNET;
    event->packet.delay_ns = DELAY_US * NS_PER_US;
    snprintf(event->packet.to, sizeof event->packet.to, "%s", other(play, from)->name);
    event_set_data(event, frame.bytes, frame.count);
    if (packet_decode(LINK_ETHERNET, frame.bytes, frame.count, frame.count, &event->packet.packet) != 0)
        abort();
    play->now_us += 10;
}

static void transmit_tcp(struct play *play, struct player *from, uint8_t flags, const char *text)
{
    uint8_t options[SYN_OPTION_BYTES];
    size_t length = strlen(text);
    bool syn = (flags & TCP_SYN) != 0;
    bool is_client = from == &play->client;
    syn_options(options, 1460, 1000 + (uint32_t)(play->now_us / 1000), 0,
                is_client ? CLIENT_SHIFT : SERVER_SHIFT);
    struct packet_plan plan = {
        .source = from->address,
        .destination = other(play, from)->address,
        .protocol = PROTOCOL_TCP,
        .ip_id = (uint16_t)(0x1000 + play->packets),
        .tcp_flags = flags,
        .sequence = from->next_sequence,
        .acknowledgment = (flags & TCP_ACK) != 0 ? from->next_acknowledgment : 0,
        .window = syn ? (is_client ? 64240 : 65160) : (is_client ? 502 : 509),
        .options = options,
        .option_bytes = syn ? SYN_OPTION_BYTES : 0,
        .payload = text,
        .payload_bytes = length,
    };
    put_frame(play, from, &plan);
    from->next_sequence += (uint32_t)length + (syn ? 1u : 0u) + ((flags & TCP_FIN) != 0 ? 1u : 0u);
}

static const struct event *sent(const struct play *play, uint64_t id)
{
    for (size_t i = play->events.count; i-- > 0;) {
        const struct event *event = &play->events.items[i];
        if (event->kind == EVENT_PACKET_SENT && event->packet.id == id)
            return event;
    }
    abort();
}

/* Moves the clock to the packet's arrival. */
static void deliver(struct play *play, struct player *to, uint64_t id)
{
    const struct packet packet = sent(play, id)->packet.packet;
    int64_t due_us = (sent(play, id)->time_ns - HELLO_START_NS) / NS_PER_US + DELAY_US;
    play->now_us = due_us > play->now_us ? due_us : play->now_us;
    struct event *event = add(play, EVENT_PACKET_DELIVERED, to->name);
    event->packet.id = id;
    event->packet.link = LINK_ETHERNET;
    snprintf(event->packet.to, sizeof event->packet.to, "%s", to->name);
    if (packet.protocol == PROTOCOL_TCP) {
        bool advances = (packet.tcp.flags & (TCP_SYN | TCP_FIN)) != 0;
        uint32_t next = packet.tcp.sequence + packet.payload_bytes + (advances ? 1u : 0u);
        to->next_acknowledgment = next;
    }
    play->now_us += 10;
}

/* The kernel's answer about a socket, asked because of the newest packet. */
static struct event *kernel_says(struct play *play, const struct player *player, enum state state,
                                 uint64_t cookie)
{
    const struct event *last = array_last(&play->events);
    bool delivery = last->kind == EVENT_PACKET_DELIVERED;
    uint64_t id = delivery || last->kind == EVENT_PACKET_SENT ? last->packet.id : 0;
    struct event *event = add(play, EVENT_STATE, player->name);
    event->order_ns = play->events.items[play->events.count - 2].order_ns;
    event->time_ns = event->order_ns + DIAG_US * NS_PER_US;
    event->state.state = (uint8_t)state;
    event->state.protocol = PROTOCOL_TCP;
    event->state.cookie = cookie;
    event->state.after_packet = id;
    event->state.after_delivery = delivery;
    event->state.local = player->address;
    event->state.remote = other(play, player)->address;
    event->state.inode = 0x8000u + (uint32_t)cookie;
    play->now_us += 60;
    return event;
}

static void server_listens(struct play *play)
{
    struct player *server = &play->server;
    process(play, server, PROCESS_START);
    play->now_us += 400;
    make_socket(play, server, SOCK_STREAM, 21, HELLO_LISTEN_COOKIE);
    struct event *event = enter(play, server, CALL_setsockopt, 24, 3, HELLO_LISTEN_COOKIE);
    event->call.arguments[1] = SOL_SOCKET;
    event->call.arguments[2] = SO_REUSEADDR;
    event->call.arguments[3] = 1;
    entered(play, server);
    leave(play, server, 0);
    bind_socket(play, SOCK_STREAM, 29, HELLO_LISTEN_COOKIE);
    event = enter(play, server, CALL_listen, 31, 3, HELLO_LISTEN_COOKIE);
    event->call.arguments[1] = 5;
    entered(play, server);
    leave(play, server, 0)->call.tcp_state = STATE_LISTEN;
    event = kernel_says(play, server, STATE_LISTEN, HELLO_LISTEN_COOKIE);
    event->state.local = address_make("0.0.0.0", HELLO_SERVER_PORT);
    event->state.remote = address_make("0.0.0.0", 0);
    event->state.send_queue = 5;
    enter(play, server, CALL_accept, 34, 3, HELLO_LISTEN_COOKIE);
    entered(play, server);
}

static void client_calls(struct play *play)
{
    struct player *client = &play->client;
    play->now_us = 20000;
    process(play, client, PROCESS_START);
    play->now_us += 300;
    make_socket(play, client, SOCK_STREAM, 22, HELLO_CLIENT_COOKIE);
    struct event *event = enter(play, client, CALL_connect, 31, 3, HELLO_CLIENT_COOKIE);
    event->call.address = play->server.address;
    entered(play, client);
    transmit_tcp(play, client, TCP_SYN, "");
    kernel_says(play, client, STATE_SYN_SENT, HELLO_CLIENT_COOKIE);
}

static void connect_returns(struct play *play)
{
    struct event *event = leave(play, &play->client, 0);
    event->call.tcp_state = STATE_ESTABLISHED;
    event->call.local = play->client.address;
    event->call.remote = play->server.address;
}

static void server_answers(struct play *play, uint64_t syn)
{
    deliver(play, &play->server, syn);
    kernel_says(play, &play->server, STATE_SYN_RECEIVED, HELLO_SERVER_COOKIE)->state.inode = 0;
    transmit_tcp(play, &play->server, TCP_SYN | TCP_ACK, "");
    deliver(play, &play->client, play->packets);
    kernel_says(play, &play->client, STATE_ESTABLISHED, HELLO_CLIENT_COOKIE);
    transmit_tcp(play, &play->client, TCP_ACK, "");
    connect_returns(play);
}

static void server_accepts(struct play *play, uint64_t ack)
{
    deliver(play, &play->server, ack);
    kernel_says(play, &play->server, STATE_ESTABLISHED, HELLO_SERVER_COOKIE)->state.inode = 0;
    struct event *event = leave(play, &play->server, 4);
    event->call.tcp_state = STATE_ESTABLISHED;
    event->call.new_cookie = HELLO_SERVER_COOKIE;
    event->call.address = play->client.address;
    event->call.local = play->server.address;
    event->call.remote = play->client.address;
    enter_recv(play, &play->server, 40, 4, HELLO_SERVER_COOKIE);
}

static void talk(struct play *play)
{
    struct player *client = &play->client, *server = &play->server;
    uint64_t ack = play->packets;
    enter_send(play, client, 38, 3, HELLO_CLIENT_COOKIE, "hello");
    transmit_tcp(play, client, TCP_PSH | TCP_ACK, "hello");
    leave(play, client, 5);
    enter_recv(play, client, 41, 3, HELLO_CLIENT_COOKIE);
    server_accepts(play, ack);
    deliver(play, server, ack + 1);
    transmit_tcp(play, server, TCP_ACK, "");
    leave_recv(play, server, "hello", STATE_ESTABLISHED);
    enter_send(play, server, 43, 4, HELLO_SERVER_COOKIE, "hi client");
    transmit_tcp(play, server, TCP_PSH | TCP_ACK, "hi client");
    leave(play, server, 9);
    enter_recv(play, server, 46, 4, HELLO_SERVER_COOKIE);
    deliver(play, client, ack + 2);
    deliver(play, client, ack + 3);
    transmit_tcp(play, client, TCP_ACK, "");
    leave_recv(play, client, "hi client", STATE_ESTABLISHED);
}

static void close_client(struct play *play)
{
    struct player *client = &play->client;
    play->now_us += 200;
    enter_close(play, client, 45, 3, HELLO_CLIENT_COOKIE, STATE_ESTABLISHED);
    transmit_tcp(play, client, TCP_FIN | TCP_ACK, "");
    kernel_says(play, client, STATE_FIN_WAIT_1, HELLO_CLIENT_COOKIE)->state.inode = 0;
    leave(play, client, 0);
    play->now_us += 200;
    process(play, client, PROCESS_EXIT);
}

static void close_server(struct play *play, uint64_t client_ack)
{
    struct player *client = &play->client, *server = &play->server;
    deliver(play, server, client_ack);
    deliver(play, server, client_ack + 1);
    leave_recv(play, server, "", STATE_CLOSE_WAIT);
    enter_close(play, server, 48, 4, HELLO_SERVER_COOKIE, STATE_CLOSE_WAIT);
    transmit_tcp(play, server, TCP_FIN | TCP_ACK, "");
    kernel_says(play, server, STATE_LAST_ACK, HELLO_SERVER_COOKIE)->state.inode = 0;
    leave(play, server, 0);
    enter_close(play, server, 49, 3, HELLO_LISTEN_COOKIE, STATE_LISTEN);
    leave(play, server, 0);
    play->now_us += 200;
    process(play, server, PROCESS_EXIT);
    deliver(play, client, play->packets);
    struct event *event = kernel_says(play, client, STATE_TIME_WAIT, HELLO_CLIENT_COOKIE);
    event->state.inode = 0;
    event->state.timer = 3;
    event->state.timer_ms = LINGER_MS;
    transmit_tcp(play, client, TCP_ACK, "");
    deliver(play, server, play->packets);
    kernel_says(play, server, STATE_CLOSED, HELLO_SERVER_COOKIE)->state.inode = 0;
}

size_t hello_events(struct event **ret_events)
{
    struct play play = play_new("stream_client.c", "stream_server.c");
    server_listens(&play);
    client_calls(&play);
    server_answers(&play, 1);
    talk(&play);
    uint64_t client_ack = play.packets;
    close_client(&play);
    close_server(&play, client_ack);
    return play_end(&play, ret_events);
}

size_t syn_lost_events(struct event **ret_events)
{
    struct play play = play_new("stream_client.c", "stream_server.c");
    server_listens(&play);
    client_calls(&play);
    struct event *event = add(&play, EVENT_PACKET_DROPPED, "client");
    event->order_ns = event->time_ns = event->order_ns - 60 * NS_PER_US;
    event->packet.id = 1;
    event->packet.link = LINK_ETHERNET;
    snprintf(event->packet.to, sizeof event->packet.to, "server");
    snprintf(event->packet.fault, sizeof event->packet.fault, "drop flags=SYN nth=1");
    play.now_us += 1000000;
    play.client.next_sequence = CLIENT_ISN;
    transmit_tcp(&play, &play.client, TCP_SYN, "");
    server_answers(&play, 2);
    return play_end(&play, ret_events);
}

static void transmit_udp(struct play *play, struct player *from, const char *text)
{
    struct packet_plan plan = {
        .source = from->address,
        .destination = other(play, from)->address,
        .protocol = PROTOCOL_UDP,
        .ip_id = (uint16_t)(0x2000 + play->packets),
        .payload = text,
        .payload_bytes = strlen(text),
    };
    put_frame(play, from, &plan);
}

static void send_datagram(struct play *play, int line, const char *text)
{
    struct player *client = &play->client;
    struct event *event = enter(play, client, CALL_sendto, line, 3, HELLO_CLIENT_COOKIE);
    event->call.is_datagram = true;
    event->call.arguments[2] = (int64_t)strlen(text);
    event->call.address = play->server.address;
    put_payload(event, text, strlen(text));
    entered(play, client);
    transmit_udp(play, client, text);
    leave(play, client, (int64_t)strlen(text));
}

static void enter_recvfrom(struct play *play)
{
    struct event *event = enter(play, &play->server, CALL_recvfrom, 27, 3, HELLO_LISTEN_COOKIE);
    event->call.is_datagram = true;
    event->call.arguments[2] = 100;
    entered(play, &play->server);
}

size_t udp_hello_events(struct event **ret_events)
{
    static const char *const texts[] = {"one", "two", ""};
    struct play play = play_new("datagram_client.c", "datagram_server.c");
    process(&play, &play.server, PROCESS_START);
    play.now_us += 400;
    make_socket(&play, &play.server, SOCK_DGRAM, 18, HELLO_LISTEN_COOKIE);
    bind_socket(&play, SOCK_DGRAM, 23, HELLO_LISTEN_COOKIE);
    enter_recvfrom(&play);
    play.now_us = 20000;
    process(&play, &play.client, PROCESS_START);
    make_socket(&play, &play.client, SOCK_DGRAM, 19, HELLO_CLIENT_COOKIE);
    for (int i = 0; i < 3; i++)
        send_datagram(&play, 25 + i, texts[i]);
    quick(&play, &play.client, CALL_close, 29, 3, HELLO_CLIENT_COOKIE, 0);
    process(&play, &play.client, PROCESS_EXIT);
    for (uint64_t i = 0; i < 3; i++) {
        deliver(&play, &play.server, i + 1);
        leave_recv(&play, &play.server, texts[i], STATE_NONE);
        array_last(&play.events)->call.address = play.client.address;
        if (i < 2)
            enter_recvfrom(&play);
    }
    quick(&play, &play.server, CALL_close, 31, 3, HELLO_LISTEN_COOKIE, 0);
    process(&play, &play.server, PROCESS_EXIT);
    return play_end(&play, ret_events);
}

void hello_free(struct event *events, size_t count)
{
    for (size_t i = 0; i < count; i++)
        event_release(&events[i]);
    free(events);
}

struct session_info hello_session(void)
{
    struct session_info info = {
        .scenario = "tcp-hello",
        .title = "The three-way handshake",
        .kernel = "6.1.0",
        .tool = "sockstep 0.1.0",
        .delay_ns = DELAY_US * NS_PER_US,
        .start_ns = HELLO_START_NS,
        .live = true,
        .link = LINK_ETHERNET,
        .hosts = {"client", "server"},
        .host_count = 2,
    };
    info.addresses[0] = address_make("192.0.2.1", 0);
    info.addresses[1] = address_make("192.0.2.2", 0);
    return info;
}

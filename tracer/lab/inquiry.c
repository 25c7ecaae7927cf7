/*
 * When a host's kernel is asked for its sockets, and where its answer belongs. The answer comes a moment
 * after the packet that it is about; order_ns puts it right behind that packet, as long as the packet can
 * have made the difference. time_ns is always the time of the answer.
 *
 * A finding waits until all that had left the host by the time of the answer is read: another departure may
 * be the better explanation (a FIN that left right behind the data which made us ask).
 */
#include "base/clock.h"
#include "event/names.h"
#include "lab/child.h"

#include <sched.h>
#include <string.h>

#define QUEUES_EVERY_NS (10 * NS_PER_MS)
#define MILESTONES      (TCP_SYN | TCP_FIN | TCP_RST)

/* One time of asking. */
struct inquiry {
    struct lab_child *child;
    int host;
    const struct frame *frame; /* NULL: no packet made us ask */
    bool delivery;
    bool doors_too;    /* see diag_ask() */
    int64_t packet_ns; /* when the frame departed or arrived */
    int64_t order_ns;  /* without a frame; 0: the time of the answer */
    int64_t answered_ns;
};

/* An IPv4 address that an IPv6 socket shows as ::ffff:a.b.c.d is the IPv4 address of the packet. */
static bool same_end(const struct record_address *socket, const struct address *packet)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (socket->port != packet->port)
        return false;
    if (socket->family == packet->family)
        return memcmp(socket->ip, packet->ip, socket->family == ADDRESS_IPV6 ? 16 : 4) == 0;
    return socket->family == ADDRESS_IPV6 && packet->family == ADDRESS_IPV4 &&
           memcmp(socket->ip, mapped, sizeof mapped) == 0 && memcmp(socket->ip + 12, packet->ip, 4) == 0;
}

static bool same_pair(const struct record_state *socket, const struct address *local,
                      const struct address *remote)
{
    return same_end(&socket->local, local) && same_end(&socket->remote, remote);
}

static enum state state_of(const struct record_state *socket)
{
    return state_from_kernel(socket->kernel_state);
}

/* The flag whose leaving brings a socket into this state; 0: this state is never reached by sending. */
static uint8_t flag_towards(enum state state)
{
    static const uint8_t flags[STATE_COUNT] = {
        [STATE_SYN_SENT] = TCP_SYN, [STATE_SYN_RECEIVED] = TCP_SYN, [STATE_FIN_WAIT_1] = TCP_FIN,
        [STATE_LAST_ACK] = TCP_FIN, [STATE_CLOSING] = TCP_FIN,      [STATE_CLOSED] = TCP_RST,
    };
    return flags[state];
}

/* States that only a call of the host's own program leads to, whatever is delivered meanwhile. */
static bool is_by_call(enum state state)
{
    return state == STATE_SYN_SENT || state == STATE_FIN_WAIT_1 || state == STATE_LAST_ACK;
}

static bool made_by_departure(const struct frame *frame, const struct record_state *socket)
{
    const struct packet *packet = &frame->packet;
    return socket->event_kind == EVENT_STATE && packet->protocol == PROTOCOL_TCP &&
           (packet->tcp.flags & flag_towards(state_of(socket))) != 0 &&
           same_pair(socket, &packet->source, &packet->destination);
}

static bool made_by_delivery(const struct frame *frame, const struct record_state *socket)
{
    const struct packet *packet = &frame->packet;
    if (state_of(socket) == STATE_LISTEN) /* its queue of connections not yet accepted */
        return socket->event_kind == EVENT_QUEUE && packet->protocol == PROTOCOL_TCP &&
               socket->local.port == packet->destination.port;
    if (socket->event_kind == EVENT_STATE && is_by_call(state_of(socket)))
        return false;
    if (packet->protocol == PROTOCOL_TCP)
        return same_pair(socket, &packet->destination, &packet->source);
    return packet->icmp.quoted_protocol == PROTOCOL_TCP &&
           same_pair(socket, &packet->icmp.quoted_source, &packet->icmp.quoted_destination);
}

static void place_behind(struct record_state *socket, const struct frame *frame, int64_t packet_ns,
                         bool delivery)
{
    socket->order_ns = packet_ns + 1;
    socket->after_packet = frame->id;
    socket->after_delivery = delivery;
}

static void place(const struct inquiry *inquiry, struct record_state *socket)
{
    const struct frame *frame = inquiry->frame;
    socket->order_ns = inquiry->answered_ns;
    if (frame == NULL) {
        if (inquiry->order_ns != 0)
            socket->order_ns = inquiry->order_ns;
    } else if (inquiry->delivery ? made_by_delivery(frame, socket) : made_by_departure(frame, socket)) {
        place_behind(socket, frame, inquiry->packet_ns, inquiry->delivery);
    } else if (inquiry->delivery && !is_by_call(state_of(socket))) {
        /* Programs begin no calls between a delivery and our question: it was so before the packet came. */
        socket->order_ns = inquiry->packet_ns - 1;
    }
}

static void find(void *context, const struct record_state *socket)
{
    struct lab_host *host = context;
    *array_push(&host->findings) = *socket;
}

/* Returns how many findings there were. */
static size_t ask(struct inquiry *inquiry)
{
    struct lab_host *host = &inquiry->child->hosts[inquiry->host];
    size_t first = host->findings.count;
    host->queues_due = false;
    if (diag_ask(&host->diag, inquiry->doors_too, find, host) < 0)
        report_gap(&inquiry->child->report, 0, "the kernel did not say what its sockets are");
    inquiry->answered_ns = report_now_ns();
    for (size_t i = first; i < host->findings.count; i++) {
        struct record_state *socket = &host->findings.items[i];
        socket->time_ns = inquiry->answered_ns;
        socket->host = (uint8_t)inquiry->host;
        place(inquiry, socket);
    }
    return host->findings.count - first;
}

/* A departure explains findings that nothing explains, or that were ascribed to something later. */
static void explain(struct lab_host *host, const struct frame *frame)
{
    array_each (struct record_state, socket, &host->findings) {
        bool later = socket->after_packet == 0 || socket->order_ns > frame->stamp_ns + 1;
        if (later && made_by_departure(frame, socket))
            place_behind(socket, frame, frame->stamp_ns, false);
    }
}

bool inquiry_waits(const struct lab_child *child)
{
    for (int i = 0; i < child->config->host_count; i++) {
        if (child->hosts[i].findings.count != 0)
            return true;
    }
    return false;
}

void inquiry_tell(struct lab_child *child, int64_t until_ns)
{
    for (int i = 0; i < child->config->host_count; i++) {
        struct lab_host *host = &child->hosts[i];
        size_t kept = 0;
        array_each (const struct record_state, socket, &host->findings) {
            if (socket->time_ns <= until_ns)
                report_record(&child->report, RECORD_STATE, socket, sizeof *socket, NULL, 0);
            else
                host->findings.items[kept++] = *socket;
        }
        host->findings.count = kept;
    }
}

static bool is_milestone(const struct packet *packet)
{
    return (packet->protocol == PROTOCOL_TCP && (packet->tcp.flags & MILESTONES) != 0) ||
           packet->icmp.quoted_protocol == PROTOCOL_TCP;
}

static bool queues_may_be_asked(const struct lab_host *host, int64_t now_ns)
{
    return now_ns - host->diag.asked_ns >= QUEUES_EVERY_NS;
}

bool inquiry_after_delivery(const struct lab_child *child, const struct frame *frame)
{
    const struct lab_host *host = &child->hosts[frame->to];
    if (is_milestone(&frame->packet))
        return true;
    return frame->packet.protocol == PROTOCOL_TCP &&
           (host->diag.unsettled > 0 || queues_may_be_asked(host, report_now_ns()));
}

void inquiry_departure(struct lab_child *child, const struct frame *frame)
{
    struct lab_host *host = &child->hosts[frame->host];
    if (frame->packet.protocol != PROTOCOL_TCP)
        return;
    explain(host, frame);
    /* What left before the kernel was last asked is in that answer. */
    if (frame->stamp_ns < host->diag.asked_ns)
        return;
    if (!is_milestone(&frame->packet) && !queues_may_be_asked(host, report_now_ns())) {
        host->queues_due = true;
        return;
    }
    ask(&(struct inquiry){.child = child, .host = frame->host, .frame = frame, .packet_ns = frame->stamp_ns});
}

void inquiry_delivery(struct lab_child *child, const struct frame *frame, int64_t delivered_ns)
{
    struct inquiry inquiry = {
        .child = child, .host = frame->to, .frame = frame, .delivery = true, .packet_ns = delivered_ns};
    if (ask(&inquiry) == 0 && is_milestone(&frame->packet)) {
        /* The kernel may have put off receiving to a thread of its own, on this processor: let that run. */
        sched_yield();
        ask(&inquiry);
    }
}

void inquiry_plain(struct lab_child *child, int host, int64_t order_ns)
{
    ask(&(struct inquiry){.child = child, .host = host, .doors_too = true, .order_ns = order_ns});
}

void inquiry_queues(struct lab_child *child, int64_t now_ns)
{
    for (int i = 0; i < child->config->host_count; i++) {
        if (child->hosts[i].queues_due && queues_may_be_asked(&child->hosts[i], now_ns))
            ask(&(struct inquiry){.child = child, .host = i});
    }
}

int64_t inquiry_next_ns(const struct lab_child *child)
{
    int64_t next_ns = INT64_MAX;
    for (int i = 0; i < child->config->host_count; i++) {
        int64_t due_ns = child->hosts[i].diag.asked_ns + QUEUES_EVERY_NS;
        if (child->hosts[i].queues_due && due_ns < next_ns)
            next_ns = due_ns;
    }
    return next_ns;
}

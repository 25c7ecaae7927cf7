/*
 * A packet's way: captured as it leaves its sender, judged, kept, delivered. Everything that a delivery
 * causes must be later than the delivery; hence the order of the steps in deliver().
 */
#include "lab/child.h"
#include "base/clock.h"
#include "event/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DELIVERIES_AT_ONCE 64
#define ROUNDS_AT_ONCE     4
#define REST_MAX_NS        (250 * NS_PER_MS)
#define REST_AGAIN_NS      (1 * NS_PER_MS)
#define LOST_EVERY_NS      (100 * NS_PER_MS)

void traffic_report(struct lab_child *child, const struct frame *frame, int kind, int64_t time_ns,
                    const char *fault)
{
    bool sent = kind == EVENT_PACKET_SENT, delivered = kind == EVENT_PACKET_DELIVERED;
    struct record_packet record = {.time_ns = time_ns,
                                   .order_ns = time_ns,
                                   .id = frame->id,
                                   .delay_ns = sent && !child->holding ? frame->delay_ns : 0,
                                   .wire_bytes = frame->wire_bytes,
                                   .kept_bytes = sent ? frame->kept_bytes : 0,
                                   .link = LINK_ETHERNET,
                                   .event_kind = (uint8_t)kind,
                                   .host = (uint8_t)(delivered ? frame->to : frame->host),
                                   .to = (uint8_t)frame->to};
    snprintf(record.fault, sizeof record.fault, "%s", fault);
    report_record(&child->report, RECORD_PACKET, &record, sizeof record, frame->bytes, record.kept_bytes);
}

void traffic_drop(struct lab_child *child, struct frame *frame, const char *fault)
{
    traffic_report(child, frame, EVENT_PACKET_DROPPED, report_now_ns(), fault);
    free(frame);
}

/* The receiver by hardware address (see lab/hosts.c), -1 for all (broadcast and multicast), -2 for nobody. */
static int receiver_of(const struct lab_child *child, const struct frame *frame)
{
    static const uint8_t prefix[5] = {0x02};
    if ((frame->bytes[0] & 1) != 0)
        return -1;
    int host = frame->bytes[5] - 1;
    bool ours = memcmp(frame->bytes, prefix, sizeof prefix) == 0 && host >= 0 &&
                host < child->config->host_count && host != frame->host;
    return ours ? host : -2;
}

static void enqueue(struct lab_child *child, struct frame *frame, int to)
{
    frame->to = to;
    if (queue_add(&child->queue, frame) < 0)
        traffic_drop(child, frame, "too many packets on the wire");
    else
        queue_overtake(&child->queue, frame);
}

static void enqueue_for_all(struct lab_child *child, struct frame *frame)
{
    int first = frame->to;
    for (int i = first + 1; i < child->config->host_count; i++) {
        if (i != frame->host)
            enqueue(child, frame_copy(frame), i);
    }
    enqueue(child, frame, first);
}

void traffic_forward(struct lab_child *child, struct frame *frame)
{
    if (frame->to_all)
        enqueue_for_all(child, frame);
    else
        enqueue(child, frame, frame->to);
}

/* What becomes of a packet that arrives is told when it arrives. */
static const char *fault_of_departure(const struct frame *frame)
{
    const struct fate *fate = &frame->fate;
    bool now = fate->rule != NULL && fate->stop == FAULT_NONE && (fate->delay_ns != 0 || fate->swapped);
    return now ? fate->rule->text : "";
}

static void depart(void *context, struct frame *frame)
{
    struct lab_child *child = context;
    int receiver = receiver_of(child, frame);
    if (receiver == -2 || wire_is_housekeeping(&frame->packet)) {
        free(frame);
        return;
    }
    frame->to_all = receiver < 0;
    frame->to = receiver >= 0 ? receiver : frame->host == 0;
    if (holds_absorb(child, frame)) {
        free(frame);
        return;
    }
    frame->id = ++child->last_packet;
    frame->fate = fate_judge(child, frame);
    frame->delay_ns = child->config->delay_ns + frame->fate.delay_ns;
    traffic_report(child, frame, EVENT_PACKET_SENT, frame->stamp_ns, fault_of_departure(frame));
    inquiry_departure(child, frame);
    fate_carry_out(child, frame);
}

static void look_for_losses(struct lab_child *child)
{
    int64_t now_ns = report_now_ns();
    if (!child->lost_due || now_ns - child->lost_asked_ns < LOST_EVERY_NS)
        return;
    child->lost_asked_ns = now_ns;
    child->lost_due = false;
    uint64_t lost = wire_lost(child->wire);
    if (lost != 0)
        report_gap(&child->report, lost, "the wire could not keep up; packets lost");
}

void traffic_read(struct lab_child *child)
{
    child->lost_due |= wire_read(child->wire, depart, child) > 0;
    for (int i = 0; i < ROUNDS_AT_ONCE && inquiry_waits(child); i++) {
        int64_t until_ns = report_now_ns();
        (void)wire_read(child->wire, depart, child);
        inquiry_tell(child, until_ns);
    }
    inquiry_tell(child, INT64_MAX);
    look_for_losses(child);
}

/* Odd from here on: no program of this host begins a call until settle_end(). */
static void settle_begin(struct lab_child *child, int host)
{
    atomic_fetch_add(&child->settle->settle[host], 1);
}

static void settle_end(struct lab_child *child, int host)
{
    atomic_fetch_add(&child->settle->settle[host], 1);
}

static int inject(struct lab_child *child, struct frame *frame)
{
    int64_t now_ns = report_now_ns();
    int result = wire_send(child->wire, frame->to, frame);
    if (result < 0) {
        char fault[32];
        snprintf(fault, sizeof fault, "lab: %s", strerror(-result));
        traffic_report(child, frame, EVENT_PACKET_DROPPED, now_ns, fault);
        return result;
    }
    traffic_report(child, frame, EVENT_PACKET_DELIVERED, now_ns, frame->fault);
    frame->due_ns = now_ns;
    if (child->holding && frame->fault[0] == '\0')
        holds_arrived(child, frame);
    return 0;
}

static void deliver(struct lab_child *child, struct frame *frame)
{
    int to = frame->to;
    if (inquiry_after_delivery(child, frame)) {
        settle_begin(child, to);
        traffic_read(child); /* what has left by now has not been caused by this packet */
        if (inject(child, frame) == 0)
            inquiry_delivery(child, frame, frame->due_ns);
        settle_end(child, to);
        traffic_read(child); /* what has left meanwhile, and what the kernel said */
    } else {
        traffic_read(child);
        if (inject(child, frame) == 0)
            child->hosts[to].queues_due |= frame->packet.protocol == PROTOCOL_TCP;
    }
    free(frame);
}

/* Where deliveries are spaced, a program has done with one packet before the next one comes, however busy the
 * machine is: the order of things is then the same each time. A program that never rests delays a packet by
 * REST_MAX_NS. */
static bool wait_for_rest(struct lab_child *child, int64_t now_ns)
{
    if (child->config->spacing_ns == 0 || queue_next_ns(&child->queue) > now_ns)
        return false;
    if (child->restless_ns == 0)
        child->restless_ns = now_ns;
    if (now_ns - child->restless_ns > REST_MAX_NS || programs_at_rest(&child->programs)) {
        child->restless_ns = 0;
        return false;
    }
    queue_pause(&child->queue, now_ns + REST_AGAIN_NS);
    return true;
}

void traffic_deliver(struct lab_child *child)
{
    for (int i = 0; i < DELIVERIES_AT_ONCE; i++) {
        if (wait_for_rest(child, report_now_ns()))
            return;
        struct frame *frame = queue_take(&child->queue, report_now_ns());
        if (frame == NULL)
            return;
        deliver(child, frame);
    }
}

int64_t traffic_next_ns(const struct lab_child *child)
{
    int64_t queue_ns = queue_next_ns(&child->queue);
    int64_t lost_ns = child->lost_due ? child->lost_asked_ns + LOST_EVERY_NS : INT64_MAX;
    return queue_ns < lost_ns ? queue_ns : lost_ns;
}

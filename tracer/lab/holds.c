/*
 * Held packets. Their senders' kernels know nothing of that, and send some of them again: copies of a packet
 * that is held by hand are absorbed and counted.
 */
#include "base/clock.h"
#include "event/names.h"
#include "lab/child.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define BY_HAND (-1)

static bool same_ends(const struct packet *a, const struct packet *b)
{
    return address_equal(&a->source, &b->source) && address_equal(&a->destination, &b->destination);
}

/* The same segment again; the acknowledgment may have moved on. Datagrams are never sent again by a kernel.
 */
static bool is_copy(int host, const struct packet *a, const struct frame *frame)
{
    const struct packet *b = &frame->packet;
    const uint8_t shape = TCP_SYN | TCP_FIN | TCP_RST;
    if (host != frame->host || a->protocol != PROTOCOL_TCP || b->protocol != PROTOCOL_TCP)
        return false;
    bool takes_room = a->payload_bytes != 0 || (a->tcp.flags & (TCP_SYN | TCP_FIN)) != 0;
    return takes_room && same_ends(a, b) && a->tcp.sequence == b->tcp.sequence &&
           a->payload_bytes == b->payload_bytes && (a->tcp.flags & shape) == (b->tcp.flags & shape);
}

/* Of a packet that is held. */
static bool absorb_copy(struct lab_child *child, const struct frame *frame)
{
    struct frame *held;
    char fault[FAULT_TEXT_MAX];
    DL_FOREACH (child->held, held) {
        if (held->held_by != BY_HAND || !is_copy(held->host, &held->packet, frame))
            continue;
        held->absorbed++;
        snprintf(fault, sizeof fault, "copy %u absorbed", held->absorbed);
        traffic_report(child, held, EVENT_PACKET_HELD, frame->stamp_ns, fault);
        return true;
    }
    return false;
}

static bool conversation_is_held(const struct lab_child *child, const struct packet *packet)
{
    const struct frame *held;
    struct packet back = {.source = packet->destination, .destination = packet->source};
    DL_FOREACH (child->held, held) {
        if (held->held_by == BY_HAND && (same_ends(&held->packet, packet) || same_ends(&held->packet, &back)))
            return true;
    }
    return false;
}

static void tell_needless(struct lab_child *child, const struct frame *frame, const char *why)
{
    char flags[TCP_FLAGS_TEXT_MAX], text[160];
    struct record_note note = {
        .time_ns = frame->stamp_ns, .event_kind = EVENT_MARK, .host = (uint8_t)frame->host};
    int length =
        snprintf(text, sizeof text, "%s kernel sends %s again, since %s: the copy is absorbed",
                 child->config->host_names[frame->host], tcp_flags_text(frame->packet.tcp.flags, flags), why);
    note.kept_bytes = (uint32_t)length;
    report_record(&child->report, RECORD_NOTE, &note, sizeof note, text, note.kept_bytes);
}

/* Of a packet that has arrived; it is sent again because its answer is held. */
static bool absorb_needless(struct lab_child *child, const struct frame *frame)
{
    if (!conversation_is_held(child, &frame->packet))
        return false;
    for (uint32_t i = 0; i < LAB_ARRIVED_MAX; i++) {
        if (!is_copy(child->arrived[i].host, &child->arrived[i].packet, frame))
            continue;
        tell_needless(child, frame, "the answer to it is held");
        return true;
    }
    return false;
}

/* Of a packet that was let go a moment ago. */
static bool absorb_late(struct lab_child *child, const struct frame *frame)
{
    const struct frame *each;
    DL_FOREACH (child->queue.lines[frame->to].frames, each) {
        if (each->held_by != BY_HAND || !is_copy(each->host, &each->packet, frame))
            continue;
        tell_needless(child, frame, "it is still on its way");
        return true;
    }
    return false;
}

bool holds_absorb(struct lab_child *child, const struct frame *frame)
{
    if (child->held != NULL && (absorb_copy(child, frame) || absorb_needless(child, frame)))
        return true;
    return child->holding && absorb_late(child, frame);
}

void holds_arrived(struct lab_child *child, const struct frame *frame)
{
    uint32_t place = child->arrived_count++ % LAB_ARRIVED_MAX;
    child->arrived[place].host = frame->host;
    child->arrived[place].packet = frame->packet;
}

void holds_add(struct lab_child *child, struct frame *frame, const struct fault_rule *rule)
{
    frame->held_by = rule != NULL ? (int)(rule - child->config->rules) : BY_HAND;
    DL_APPEND(child->held, frame);
    traffic_report(child, frame, EVENT_PACKET_HELD, frame->stamp_ns, rule != NULL ? rule->text : "");
}

/* It begins its way now. */
static void let_go(struct lab_child *child, struct frame *frame)
{
    bool holding = child->holding;
    DL_DELETE(child->held, frame);
    frame->next = frame->prev = NULL;
    frame->delay_ns += report_now_ns() - frame->stamp_ns;
    if (frame->fate.stop == FAULT_HOLD)
        frame->fate.stop = FAULT_NONE;
    child->holding = false;
    fate_carry_out(child, frame);
    child->holding = holding;
}

static void let_all_go(struct lab_child *child, int held_by)
{
    struct frame *frame, *next;
    DL_FOREACH_SAFE(child->held, frame, next)
    {
        if (frame->held_by == held_by)
            let_go(child, frame);
    }
}

void holds_mode(struct lab_child *child, bool on)
{
    child->holding = on;
    if (!on)
        let_all_go(child, BY_HAND);
}

void holds_release_rule(struct lab_child *child, int rule)
{
    if (rule < 0 || rule >= child->config->rule_count)
        return;
    child->let_go[rule] = true;
    let_all_go(child, rule);
}

/* The order becomes a rule of its own that this packet alone has met. */
static int obey(struct frame *frame, const struct lab_order *order, struct fault_rule *rule)
{
    long long ms = (long long)(order->delay_ns / NS_PER_MS);
    struct fate *fate = &frame->fate;
    *rule = (struct fault_rule){.action = order->action, .icmp = order->icmp, .mtu = order->mtu};
    switch (order->action) {
    case FAULT_NONE: return 0;
    case FAULT_HOLD: /* it is held already */
    case FAULT_PACE: return -EINVAL;
    case FAULT_DROP: snprintf(rule->text, sizeof rule->text, "drop by hand"); break;
    case FAULT_ICMP: snprintf(rule->text, sizeof rule->text, "icmp by hand"); break;
    case FAULT_DELAY:
        snprintf(rule->text, sizeof rule->text, "delay %lld ms by hand", ms);
        snprintf(frame->fault, sizeof frame->fault, "%s", rule->text);
        frame->delay_ns += order->delay_ns;
        break;
    case FAULT_DUPLICATE:
        snprintf(rule->text, sizeof rule->text, "duplicate by hand");
        fate->copied = true;
        fate->copy_ns = order->delay_ns;
        break;
    case FAULT_SWAP:
        snprintf(rule->text, sizeof rule->text, "swap by hand");
        snprintf(frame->fault, sizeof frame->fault, "%s", rule->text);
        fate->swapped = true;
        break;
    case FAULT_CORRUPT:
        snprintf(rule->text, sizeof rule->text, "corrupt by hand");
        fate->corrupted = true;
        fate->corrupt_byte = order->corrupt_byte;
        break;
    }
    if (order->action == FAULT_DROP || order->action == FAULT_ICMP)
        fate->stop = order->action;
    fate->rule = rule;
    return 0;
}

int holds_order(struct lab_child *child, uint64_t id, const struct lab_order *order)
{
    struct frame *frame;
    struct fault_rule rule;
    if (order->action > FAULT_PACE)
        return -EINVAL;
    DL_FOREACH (child->held, frame) {
        if (frame->id != id)
            continue;
        int result = obey(frame, order, &rule);
        if (result == 0)
            let_go(child, frame);
        return result;
    }
    return -ESRCH;
}

/* What the rules say of a packet, and doing so. */
#include "base/clock.h"
#include "event/names.h"
#include "lab/child.h"
#include "lab/damage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So long a packet waits for the next one to overtake it. */
#define OVERTAKE_MAX_NS         (1 * NS_PER_S)
#define OVERTAKE_BY_HAND_MAX_NS (600 * NS_PER_S)

static const struct fault_rule cut_rule = {.text = "cut", .action = FAULT_DROP};

struct fate fate_judge(struct lab_child *child, const struct frame *frame)
{
    if (child->first_ns == 0)
        child->first_ns = frame->stamp_ns;
    if (child->cut[frame->host])
        return (struct fate){.stop = FAULT_DROP, .rule = &cut_rule};
    struct fault_packet packet = {.from = frame->host,
                                  .to = frame->to,
                                  .packet = &frame->packet,
                                  .bytes = frame->bytes,
                                  .stamp_ns = frame->stamp_ns,
                                  .since_ns = frame->stamp_ns - child->first_ns};
    return rules_judge(child->config->rules, child->memories, child->config->rule_count, &packet);
}

/* The message goes its own way to the sender, by no rule. */
static void answer_with_icmp(struct lab_child *child, const struct frame *frame,
                             const struct fault_rule *rule)
{
    struct frame *message = frame_icmp_about(frame, rule->icmp, rule->mtu);
    if (message == NULL)
        return;
    message->id = ++child->last_packet;
    message->stamp_ns = report_now_ns();
    message->delay_ns = child->config->delay_ns;
    traffic_report(child, message, EVENT_PACKET_SENT, message->stamp_ns, rule->text);
    traffic_forward(child, message);
}

static void stop(struct lab_child *child, struct frame *frame)
{
    const struct fault_rule *rule = frame->fate.rule;
    if (frame->fate.stop == FAULT_ICMP) {
        struct frame *about = frame_copy(frame);
        traffic_drop(child, frame, rule->text);
        answer_with_icmp(child, about, rule);
        free(about);
    } else {
        traffic_drop(child, frame, rule->text);
    }
}

static void note_fault(struct frame *frame)
{
    if (frame->fate.rule != NULL)
        memcpy(frame->fault, frame->fate.rule->text, sizeof frame->fault);
}

static void let_pass(struct lab_child *child, struct frame *frame)
{
    struct frame *copy = frame->fate.copied ? frame_copy(frame) : NULL;
    if (copy != NULL) {
        copy->delay_ns += copy->fate.copy_ns;
        note_fault(copy);
    }
    if (frame->fate.corrupted && frame_corrupt(frame, frame->fate.corrupt_byte))
        note_fault(frame);
    if (frame->fate.swapped) {
        frame->waits_for_next = true;
        frame->delay_ns += frame->held_by < 0 ? OVERTAKE_BY_HAND_MAX_NS : OVERTAKE_MAX_NS;
    }
    traffic_forward(child, frame);
    if (copy != NULL)
        traffic_forward(child, copy);
}

static bool holds_still(const struct lab_child *child, const struct fault_rule *rule)
{
    return !child->let_go[rule - child->config->rules];
}

void fate_carry_out(struct lab_child *child, struct frame *frame)
{
    const struct fate *fate = &frame->fate;
    if (fate->stop == FAULT_DROP || fate->stop == FAULT_ICMP)
        stop(child, frame);
    else if (fate->stop == FAULT_HOLD && holds_still(child, fate->rule))
        holds_add(child, frame, fate->rule);
    else if (child->holding)
        holds_add(child, frame, NULL);
    else
        let_pass(child, frame);
}

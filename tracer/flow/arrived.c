/*
 * Which bytes of one end the other has: without a hole up to `arrived`, and a few pieces behind holes (RFC
 * 9293 3.10.7.4, seventh: what comes out of order waits). An acknowledgment fills holes that the capture has
 * and the receiver had not.
 */
#include "flow/internal.h"

/* Moves `arrived` over the pieces that it touches. */
static void join_spans(struct flow *flow, enum flow_end from)
{
    struct flow_rare *rare = flow->rare;
    struct flow_side *side = &flow->sides[from];
    for (int i = 0; i < rare->span_count[from];) {
        struct flow_span *span = &rare->spans[from][i];
        if (sequence_after(span->left, side->arrived)) {
            i++;
            continue;
        }
        if (sequence_after(span->right, side->arrived))
            side->arrived = span->right;
        *span = rare->spans[from][--rare->span_count[from]];
        i = 0;
    }
}

static void keep_span(struct flow *flow, enum flow_end from, uint32_t left, uint32_t right)
{
    struct flow_rare *rare = flow_rare(flow);
    struct flow_span *spans = rare->spans[from];
    for (int i = 0; i < rare->span_count[from]; i++) {
        if (sequence_after(left, spans[i].right) || sequence_after(spans[i].left, right))
            continue;
        if (sequence_before(left, spans[i].left))
            spans[i].left = left;
        if (sequence_after(right, spans[i].right))
            spans[i].right = right;
        return;
    }
    if (rare->span_count[from] < SPANS_MAX)
        spans[rare->span_count[from]++] = (struct flow_span){.left = left, .right = right};
}

void arrived_segment(struct flow *flow, enum flow_end from, const struct segment *segment)
{
    struct flow_side *side = &flow->sides[from];
    bool opens =
        segment_has(segment, TCP_SYN); /* whether its bytes are taken, the acknowledgment will tell */
    uint32_t left = segment->sequence + opens, right = opens ? left : segment->end;
    if ((side->life & LIFE_ARRIVED) == 0) {
        side->life |= LIFE_ARRIVED;
        side->arrived = left;
    }
    if (!sequence_after(right, side->arrived))
        return;
    if (sequence_after(left, side->arrived)) {
        keep_span(flow, from, left, right);
        return;
    }
    side->arrived = right;
    if (flow->rare != NULL)
        join_spans(flow, from);
}

/* How much of [arrived, acknowledged) was captured behind holes. */
static uint32_t captured_between(const struct flow *flow, enum flow_end sender, uint32_t acknowledged)
{
    const struct flow_rare *rare = flow->rare;
    uint32_t sum = 0;
    for (int i = 0; rare != NULL && i < rare->span_count[sender]; i++) {
        const struct flow_span *span = &rare->spans[sender][i];
        uint32_t right = sequence_after(span->right, acknowledged) ? acknowledged : span->right;
        if (sequence_after(right, span->left))
            sum += right - span->left;
    }
    return sum;
}

uint32_t arrived_acknowledged(struct flow *flow, enum flow_end sender, uint32_t acknowledged)
{
    struct flow_side *side = &flow->sides[sender];
    if ((side->life & LIFE_ARRIVED) == 0 || !sequence_after(acknowledged, side->arrived))
        return 0;
    uint32_t missing = acknowledged - side->arrived - captured_between(flow, sender, acknowledged);
    side->arrived = acknowledged;
    if (flow->rare != NULL)
        join_spans(flow, sender);
    return missing;
}

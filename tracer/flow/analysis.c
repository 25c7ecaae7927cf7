/*
 * What is remarkable about a segment, by what its stream had sent and got before. docs/ANALYSIS.md has the
 * definitions.
 */
#include "flow/internal.h"

#include "base/clock.h"

#define CONTROLS            (TCP_SYN | TCP_FIN | TCP_RST)
#define FAST_WITHIN_NS      (20 * NS_PER_MS)
#define REORDERED_WITHIN_NS (3 * NS_PER_MS)

static bool knows(const struct flow_side *side, uint8_t what)
{
    return (side->known & what) == what;
}

static bool is_at_next(const struct flow_side *own, const struct segment *segment)
{
    return knows(own, KNOWS_NEXT) && segment->sequence == own->next;
}

/* The same acknowledgment as in the segment before, and no bytes. */
static bool repeats_ack(const struct flow_side *own, const struct segment *segment)
{
    return segment->bytes == 0 && !segment_has_any(segment, CONTROLS) && is_at_next(own, segment) &&
           segment->acknowledgment == own->acknowledged && knows(own, KNOWS_WINDOW);
}

static bool is_window_closed(const struct flow_side *peer)
{
    return knows(peer, KNOWS_WINDOW) && peer->window == 0;
}

/* One byte at, or nothing just before, the edge of a closed window (RFC 9293 3.8.6.1). */
static bool is_window_probe(const struct flow_side *own, const struct flow_side *peer,
                            const struct segment *segment)
{
    if (segment->bytes > 1 || segment_has_any(segment, CONTROLS) || !is_window_closed(peer))
        return false;
    return segment->bytes == 1 && is_at_next(own, segment);
}

static bool is_keep_alive(const struct flow_side *own, const struct segment *segment)
{
    return segment->bytes <= 1 && !segment_has_any(segment, CONTROLS) && knows(own, KNOWS_NEXT) &&
           segment->sequence == own->next - 1;
}

static uint32_t window_bytes(const struct flow_side *side)
{
    bool scaled = side->shift > 0 && !knows(side, WINDOW_UNSCALED);
    return scaled ? (uint32_t)side->window << side->shift : side->window;
}

static bool fills_window(const struct flow_side *peer, const struct segment *segment)
{
    return segment->bytes != 0 && !segment_has_any(segment, CONTROLS) && peer->shift != SHIFT_UNKNOWN &&
           segment->sequence + segment->bytes == peer->acknowledged + window_bytes(peer);
}

/* What a segment without bytes says by its acknowledgment and its window. */
static uint32_t analyze_ack(const struct flow_side *own, const struct flow_side *peer,
                            const struct segment *segment)
{
    if (!repeats_ack(own, segment))
        return 0;
    if (segment->window != own->window)
        return segment->window != 0 ? ANALYSIS_BIT(WINDOW_UPDATE) : 0;
    if (segment->window == 0)
        return 0;
    if (peer->latest_analysis & ANALYSIS_BIT(KEEP_ALIVE))
        return ANALYSIS_BIT(KEEP_ALIVE_ACK);
    return ANALYSIS_BIT(DUPLICATE_ACK);
}

static bool is_fast(const struct flow_side *peer, const struct segment *segment)
{
    return peer->duplicates >= 2 && peer->acknowledged == segment->sequence &&
           segment->time_ns - peer->latest_ns < FAST_WITHIN_NS;
}

static bool is_reordered(const struct flow *flow, const struct flow_side *own, const struct segment *segment)
{
    int64_t within_ns = flow->round_trip_us != 0 ? flow->round_trip_us * NS_PER_US : REORDERED_WITHIN_NS;
    return segment->time_ns - own->highest_ns < within_ns && own->next != segment->end;
}

/* Bytes, a SYN or a FIN that were here before. */
static uint32_t analyze_repeated(const struct flow *flow, const struct flow_side *own,
                                 const struct flow_side *peer, const struct segment *segment)
{
    if (segment->bytes != 0 && knows(peer, KNOWS_ACK) &&
        !sequence_after(segment->sequence + segment->bytes, peer->acknowledged))
        return ANALYSIS_BIT(RETRANSMISSION) | ANALYSIS_BIT(SPURIOUS_RETRANSMISSION);
    bool before = knows(own, KNOWS_NEXT) && sequence_before(segment->sequence, own->next);
    if (!before || (segment->bytes > 1 && segment->sequence == own->next - 1))
        return 0;
    if (is_fast(peer, segment))
        return ANALYSIS_BIT(RETRANSMISSION) | ANALYSIS_BIT(FAST_RETRANSMISSION);
    if (is_reordered(flow, own, segment))
        return ANALYSIS_BIT(OUT_OF_ORDER);
    return ANALYSIS_BIT(RETRANSMISSION);
}

uint32_t analyze(const struct flow *flow, enum flow_end from, const struct segment *segment)
{
    const struct flow_side *own = &flow->sides[from], *peer = &flow->sides[!from];
    uint32_t analysis = segment->checksum_bad ? ANALYSIS_BIT(BAD_CHECKSUM) : 0;
    if (is_window_probe(own, peer, segment))
        return analysis | ANALYSIS_BIT(WINDOW_PROBE);
    if (segment->window == 0 && !segment_has_any(segment, CONTROLS))
        analysis |= ANALYSIS_BIT(ZERO_WINDOW);
    if (knows(own, KNOWS_NEXT) && sequence_after(segment->sequence, own->next) &&
        !segment_has(segment, TCP_RST))
        analysis |= ANALYSIS_BIT(LOST_SEGMENT);
    if (is_keep_alive(own, segment))
        analysis |= ANALYSIS_BIT(KEEP_ALIVE);
    if (fills_window(peer, segment))
        analysis |= ANALYSIS_BIT(WINDOW_FULL);
    analysis |= analyze_ack(own, peer, segment);
    bool consumes = segment->bytes != 0 || segment_has_any(segment, TCP_SYN | TCP_FIN);
    if (consumes && (analysis & ANALYSIS_BIT(KEEP_ALIVE)) == 0)
        analysis |= analyze_repeated(flow, own, peer, segment);
    return analysis;
}

static void count_duplicates(struct flow_side *own, const struct segment *segment, uint32_t analysis)
{
    if (analysis & ANALYSIS_BIT(DUPLICATE_ACK))
        own->duplicates = own->duplicates < 0 ? 1 : own->duplicates + 1;
    if (segment->acknowledgment != own->acknowledged)
        own->duplicates = 0;
}

/* An acknowledgment of what was not captured: duplicates of it say nothing about holes on the wire. */
static void note_unseen(struct flow_side *peer, const struct segment *segment)
{
    if (!knows(peer, KNOWS_LIMIT) || !segment_has(segment, TCP_ACK) ||
        !sequence_after(segment->acknowledgment, peer->limit))
        return;
    if (peer->limit > peer->next)
        peer->limit = peer->next;
    else
        peer->duplicates = -1;
}

/* An end that knows of no connection answers a SYN with number 0, which belongs to no stream (RFC
 * 9293 3.10.7.1). */
static void update_next(struct flow_side *own, const struct segment *segment, uint32_t analysis)
{
    bool stray = segment_has(segment, TCP_RST | TCP_ACK) && segment->sequence == 0 && !knows(own, KNOWS_NEXT);
    if (stray || (analysis & ANALYSIS_BIT(WINDOW_PROBE)) != 0)
        return;
    if (!knows(own, KNOWS_NEXT) || sequence_after(segment->end, own->next)) {
        own->next = segment->end;
        own->highest_ns = segment->time_ns;
    }
    if (!knows(own, KNOWS_LIMIT) || segment->sequence == own->limit)
        own->limit = own->next;
    own->known |= KNOWS_NEXT | KNOWS_LIMIT;
}

void analyze_update(struct flow *flow, enum flow_end from, const struct segment *segment, uint32_t analysis)
{
    struct flow_side *own = &flow->sides[from];
    count_duplicates(own, segment, analysis);
    note_unseen(&flow->sides[!from], segment);
    update_next(own, segment, analysis);
    own->window = segment->window;
    own->acknowledged = segment->acknowledgment;
    own->latest_ns = segment->time_ns;
    own->latest_analysis = (uint16_t)analysis;
    own->known |= KNOWS_WINDOW;
    if (segment_has(segment, TCP_ACK))
        own->known |= KNOWS_ACK;
    own->known = segment_has(segment, TCP_SYN) ? own->known | WINDOW_UNSCALED
                                               : (uint8_t)(own->known & ~WINDOW_UNSCALED);
}

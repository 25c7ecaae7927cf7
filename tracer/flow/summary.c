/*
 * A packed flow, spread out for those who tell of it.
 */
#include "flow/internal.h"

#include <string.h>

static int64_t latest_ns(const struct flow *flow)
{
    int64_t latest = flow->start_ns;
    for (int i = 0; i < FLOW_ENDS; i++)
        if (flow->sides[i].packets != 0 && flow->sides[i].latest_ns > latest)
            latest = flow->sides[i].latest_ns;
    return latest;
}

static void spread_path(const struct flow *flow, int end, struct flow_summary *summary)
{
    const struct flow_side *side = &flow->sides[end];
    summary->path_count[end] = side->path_count;
    for (int i = 0; i < side->path_count && i < PATH_PACKED; i++)
        summary->path[end][i] = side->path >> (4 * i) & 0xf;
    for (int i = PATH_PACKED; i < side->path_count; i++)
        summary->path[end][i] = flow->rare->path[end][i - PATH_PACKED];
    summary->inferred[end] = (side->life & LIFE_INFERRED) != 0;
}

static void spread_side(const struct flow *flow, int end, struct flow_summary *summary)
{
    struct address ends[2];
    flow_key_ends(flow->key, ends);
    bool client_is_high = (flow->marks & FLOW_CLIENT_IS_HIGH) != 0;
    summary->ends[end] = ends[(end == FLOW_CLIENT) == client_is_high];
    summary->packets[end] = flow->sides[end].packets;
    summary->bytes[end] = flow->sides[end].bytes;
    if (flow_protocol(flow) == PROTOCOL_TCP)
        spread_path(flow, end, summary);
}

void flow_summarize(const struct flow *flow, struct flow_summary *ret_summary)
{
    *ret_summary = (struct flow_summary){
        .stream = flow->stream,
        .protocol = flow_protocol(flow),
        .opener_known = (flow->marks & FLOW_OPENER_KNOWN) != 0,
        .start_ns = flow->start_ns,
        .duration_ns = latest_ns(flow) - flow->start_ns,
        .conn_state = words_conn_state(flow),
        .handshake_ns = flow->marks & FLOW_HANDSHAKE ? flow->handshake_ns : -1,
    };
    for (int end = 0; end < FLOW_ENDS; end++)
        spread_side(flow, end, ret_summary);
    words_history(flow, ret_summary->history);
    if (flow->rare == NULL)
        return;
    ret_summary->remarkable = true;
    memcpy(ret_summary->analysis, flow->rare->analysis, sizeof ret_summary->analysis);
    ret_summary->icmp_errors = flow->rare->icmp_errors;
    ret_summary->duplicates = flow->rare->duplicates;
}

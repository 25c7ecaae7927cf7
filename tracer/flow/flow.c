/*
 * The pass of a packet: find its flow or begin one, let each part say its word, update both sides.
 */
#include "flow/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"

struct flow_table {
    struct store store;
    struct flow_options options;
    uint32_t tcp_streams, udp_streams;
    struct flow_counts counts;
};

struct flow_table *flow_table_new(const struct flow_options *options)
{
    struct flow_table *table = xcalloc(1, sizeof *table);
    table->options = *options;
    store_init(&table->store, options->flows_max != 0 ? options->flows_max : FLOWS_MAX_DEFAULT);
    return table;
}

void flow_table_free(struct flow_table *table)
{
    if (table == NULL)
        return;
    store_release(&table->store);
    free(table);
}

struct flow_rare *flow_rare(struct flow *flow)
{
    if (flow->rare == NULL)
        flow->rare = xcalloc(1, sizeof *flow->rare);
    return flow->rare;
}

/* --- finding --- */

static struct flow *begin_flow(struct flow_table *table, const struct flow_key *key, int64_t time_ns,
                               bool server_first)
{
    uint32_t victim = store_victim(&table->store);
    if (victim != SLOT_EMPTY) {
        table->counts.evicted++;
        if (table->options.evicted != NULL)
            table->options.evicted(table->options.context, store_flow(&table->store, victim));
    }
    struct flow *flow = store_add(&table->store, key, victim);
    flow->stream = flow_protocol(flow) == PROTOCOL_TCP ? table->tcp_streams++ : table->udp_streams++;
    flow->start_ns = time_ns;
    flow->marks = FLOW_IN_USE;
    if (key->swapped != server_first)
        flow->marks |= FLOW_CLIENT_IS_HIGH;
    flow->sides[FLOW_CLIENT].shift = flow->sides[FLOW_SERVER].shift = SHIFT_UNKNOWN;
    table->counts.flows++;
    return flow;
}

static enum flow_end sender_of(const struct flow *flow, const struct flow_key *key)
{
    bool client_is_high = (flow->marks & FLOW_CLIENT_IS_HIGH) != 0;
    return key->swapped == client_is_high ? FLOW_CLIENT : FLOW_SERVER;
}

static void count_side(struct flow_side *side, uint32_t bytes)
{
    side->packets += side->packets != UINT32_MAX;
    side->bytes += bytes;
}

static void count_analysis(struct flow *flow, uint32_t analysis)
{
    if (analysis == 0)
        return;
    struct flow_rare *rare = flow_rare(flow);
    for (int i = 0; i < ANALYSIS_COUNT; i++)
        rare->analysis[i] += analysis >> i & 1;
}

static void note_states(const struct flow *flow, struct flow_note *note)
{
    for (int i = 0; i < FLOW_ENDS; i++) {
        note->state[i] = flow->sides[i].state;
        note->inferred[i] = (flow->sides[i].life & LIFE_INFERRED) != 0;
    }
}

/* An end whose checksums were never right is captured before its network card fills them in, or was made
 * anonymous. */
static bool is_checksum_bad(struct flow_side *own, const struct packet *packet)
{
    if (packet->checksum_judged && !packet->checksum_bad)
        own->life |= LIFE_CHECKSUM_GOOD;
    return packet->checksum_bad && (own->life & LIFE_CHECKSUM_GOOD) != 0;
}

/* --- TCP --- */

/* The FIN of a segment with a SYN is not processed where it arrives (RFC 9293 3.10.7.2, 3.10.7.3, eighth) and
 * does not count. */
static struct segment segment_of(const struct packet *packet, int64_t time_ns)
{
    uint8_t flags = packet->tcp.flags;
    return (struct segment){
        .sequence = packet->tcp.sequence,
        .acknowledgment = packet->tcp.acknowledgment,
        .bytes = packet->payload_bytes,
        .end = packet->tcp.sequence + packet->payload_bytes + ((flags & (TCP_SYN | TCP_FIN)) != 0),
        .window = packet->tcp.window,
        .flags = flags,
        .shift_offered = packet->tcp.option_window_shift,
        .time_ns = time_ns,
    };
}

static bool is_opening(const struct segment *segment)
{
    return (segment->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* The same ends with another initial number: a new connection (RFC 9293 3.4.1, 3.6.1). */
static bool is_reuse(const struct flow *flow, enum flow_end from, const struct segment *segment)
{
    const struct flow_side *own = &flow->sides[from];
    return segment_has(segment, TCP_SYN) && (own->known & KNOWS_INITIAL) != 0 &&
           segment->sequence != own->initial;
}

/* Without a SYN the first byte seen counts as number one; of several SYN,ACKs with different numbers the
 * latest counts. */
static void learn_initial(struct flow *flow, enum flow_end from, const struct segment *segment)
{
    struct flow_side *own = &flow->sides[from], *peer = &flow->sides[!from];
    bool answers_anew = segment_has(segment, TCP_SYN | TCP_ACK) && segment->sequence != own->initial;
    if ((own->known & KNOWS_INITIAL) == 0 || answers_anew) {
        own->known |= KNOWS_INITIAL;
        own->initial = segment_has(segment, TCP_SYN) ? segment->sequence : segment->sequence - 1;
    }
    if ((peer->known & KNOWS_INITIAL) == 0 && segment_has(segment, TCP_ACK)) {
        peer->known |= KNOWS_INITIAL;
        peer->initial = segment->acknowledgment - 1;
    }
}

/* RFC 7323 2.2: windows are scaled when both SYNs offer it. */
static void learn_shift(struct flow *flow, enum flow_end from, const struct segment *segment)
{
    struct flow_side *own = &flow->sides[from], *peer = &flow->sides[!from];
    if (!segment_has(segment, TCP_SYN))
        return;
    int8_t offered = segment->shift_offered;
    own->shift = offered < 0 ? SHIFT_OFF : offered > 14 ? 14 : offered;
    if (segment_has(segment, TCP_ACK) && (own->shift == SHIFT_OFF || peer->shift == SHIFT_OFF))
        own->shift = peer->shift = SHIFT_OFF;
}

/* From the latest SYN to the first ACK of either end: a round trip, by which reordered segments are told from
 * repeated ones. */
static void measure_round_trip(struct flow *flow, const struct segment *segment)
{
    int64_t passed_ns = segment->time_ns - flow->syn_ns;
    if (flow->round_trip_us == 0 && passed_ns > 0)
        flow->round_trip_us =
            passed_ns / NS_PER_US < UINT32_MAX ? (uint32_t)(passed_ns / NS_PER_US) : UINT32_MAX;
}

/* From the latest SYN to the client's ACK of the SYN,ACK. */
static void time_handshake(struct flow *flow, enum flow_end from, const struct segment *segment)
{
    if (is_opening(segment)) {
        flow->syn_ns = segment->time_ns;
        flow->marks |= FLOW_SYN_SEEN;
        return;
    }
    if ((flow->marks & FLOW_SYN_SEEN) == 0 || (segment->flags & (TCP_SYN | TCP_ACK)) != TCP_ACK)
        return;
    measure_round_trip(flow, segment);
    bool done = (flow->marks & FLOW_HANDSHAKE) != 0;
    bool answered = (flow->sides[FLOW_SERVER].known & SENT_ITS_SYN) != 0;
    if (!done && from == FLOW_CLIENT && answered && !segment_has(segment, TCP_RST)) {
        flow->handshake_ns = segment->time_ns - flow->syn_ns;
        flow->marks |= FLOW_HANDSHAKE;
    }
}

static uint32_t scaled_window(const struct flow_side *own, const struct segment *segment)
{
    bool scaled = own->shift > 0 && !segment_has(segment, TCP_SYN);
    return scaled ? (uint32_t)segment->window << own->shift : segment->window;
}

static void note_segment(const struct flow *flow, enum flow_end from, const struct segment *segment,
                         struct flow_note *note)
{
    const struct flow_side *own = &flow->sides[from], *peer = &flow->sides[!from];
    note->sequence = segment->sequence - own->initial;
    note->acknowledgment = segment_has(segment, TCP_ACK) ? segment->acknowledgment - peer->initial : 0;
    note->window = scaled_window(own, segment);
    note_states(flow, note);
}

static void segment_take(struct flow *flow, enum flow_end from, const struct segment *segment, bool reuse,
                         struct flow_note *note)
{
    struct flow_side *own = &flow->sides[from];
    learn_initial(flow, from, segment);
    if (is_opening(segment))
        life_restart(flow, from);
    uint32_t missing = 0;
    if (segment_has(segment, TCP_ACK) && !segment_has(segment, TCP_RST) &&
        life_trusts_ack(flow, from, segment))
        missing = arrived_acknowledged(flow, !from, segment->acknowledgment);
    uint32_t analysis = analyze(flow, from, segment) | (reuse ? ANALYSIS_BIT(REUSED_PORTS) : 0);
    words_take(flow, from, segment, missing != 0);
    life_take(flow, from, segment, note);
    learn_shift(flow, from, segment);
    time_handshake(flow, from, segment);
    analyze_update(flow, from, segment, analysis);
    count_side(own, segment->bytes);
    count_analysis(flow, analysis);
    note->analysis = analysis;
    note->duplicate_ack = analysis & ANALYSIS_BIT(DUPLICATE_ACK) ? (uint32_t)own->duplicates : 0;
    note_segment(flow, from, segment, note);
}

/* The usual: both ends open, bytes or an ACK in order, nothing to be said of it. All that the parts would do
 * then. */
static bool is_ordinary(const struct flow *flow, enum flow_end from, const struct segment *segment)
{
    const struct flow_side *own = &flow->sides[from], *peer = &flow->sides[!from];
    if (own->state != STATE_ESTABLISHED || peer->state != STATE_ESTABLISHED || segment->checksum_bad)
        return false;
    uint32_t edge = peer->acknowledged + ((uint32_t)peer->window << (peer->shift > 0 ? peer->shift : 0));
    unsigned unlike = (segment->flags & (uint8_t)~TCP_PSH) ^ TCP_ACK;
    unlike |= ((own->life | peer->life) & (uint8_t) ~(LIFE_INFERRED | LIFE_CHECKSUM_GOOD)) ^ LIFE_ARRIVED;
    unlike |=
        (unsigned)((own->known & peer->known & KNOWS_ALL) ^ KNOWS_ALL) | (peer->known & WINDOW_UNSCALED);
    unlike |= (segment->sequence ^ own->next) | (own->next ^ own->arrived) | (own->next ^ own->limit);
    unlike |=
        (own->word_last ^ segment->sequence) | (peer->next ^ peer->arrived) | (peer->next ^ peer->limit);
    unlike |= (own->word_state ^ WORD_ESTABLISHED) | (peer->word_state ^ WORD_ESTABLISHED);
    if (unlike != 0 || segment->window == 0 || peer->window == 0 || flow->round_trip_us == 0 ||
        (flow->marks & FLOW_HANDSHAKE) == 0)
        return false;
    bool acks_more = sequence_after(segment->acknowledgment, own->acknowledged);
    return !sequence_after(segment->acknowledgment, peer->next) &&
           !sequence_after(peer->acknowledged, own->next) &&
           (segment->bytes != 0 ? segment->end != edge : acks_more);
}

static void ordinary_take(struct flow *flow, enum flow_end from, const struct segment *segment)
{
    struct flow_side *own = &flow->sides[from], *peer = &flow->sides[!from];
    words_take_ordinary(flow, from, segment->bytes != 0);
    if (segment->bytes != 0)
        own->highest_ns = segment->time_ns;
    own->next = own->arrived = own->limit = own->word_last = segment->end;
    if (segment->acknowledgment != own->acknowledged)
        own->duplicates = 0;
    if (sequence_after(segment->acknowledgment, peer->word_ack))
        peer->word_ack = segment->acknowledgment;
    own->acknowledged = segment->acknowledgment;
    own->window = segment->window;
    own->latest_ns = segment->time_ns;
    own->latest_analysis = 0;
    own->known &= (uint8_t)~WINDOW_UNSCALED;
    count_side(own, segment->bytes);
}

static struct flow *take_tcp(struct flow_table *table, const struct flow_key *key,
                             const struct packet *packet, int64_t time_ns, struct flow_note *note)
{
    struct segment segment = segment_of(packet, time_ns);
    struct flow *flow = store_find(&table->store, key);
    bool reuse = flow != NULL && is_reuse(flow, sender_of(flow, key), &segment);
    if (flow == NULL || (reuse && is_opening(&segment))) {
        const struct flow *before = flow;
        enum flow_end before_from = before != NULL ? sender_of(before, key) : FLOW_CLIENT;
        flow = begin_flow(table, key, time_ns, segment_has(&segment, TCP_SYN | TCP_ACK));
        if (before != NULL && before != flow)
            life_inherit(flow, FLOW_CLIENT, before, before_from);
        table->store.rare_count += flow->rare != NULL;
        if (segment_has(&segment, TCP_SYN))
            flow->marks |= FLOW_OPENER_KNOWN;
        words_begin(flow, &segment, &packet->source, &packet->destination);
        note->is_new = true;
    }
    note->from = sender_of(flow, key);
    segment.checksum_bad = is_checksum_bad(&flow->sides[note->from], packet);
    if (is_ordinary(flow, note->from, &segment)) {
        ordinary_take(flow, note->from, &segment);
        if (note->wanted)
            note_segment(flow, note->from, &segment, note);
        return flow;
    }
    bool had_rare = flow->rare != NULL;
    segment_take(flow, note->from, &segment, reuse, note);
    table->store.rare_count += !had_rare && flow->rare != NULL;
    return flow;
}

/* --- UDP --- */

static struct flow *take_udp(struct flow_table *table, const struct flow_key *key,
                             const struct packet *packet, int64_t time_ns, struct flow_note *note)
{
    struct flow *flow = store_find(&table->store, key);
    if (flow == NULL) {
        flow = begin_flow(table, key, time_ns, false);
        words_begin(flow, NULL, &packet->source, &packet->destination);
        note->is_new = true;
    }
    note->from = sender_of(flow, key);
    struct flow_side *own = &flow->sides[note->from];
    bool had_rare = flow->rare != NULL;
    bool again = own->packets != 0 && packet->ip_id != 0 && own->next == packet->ip_id &&
                 own->limit == packet->payload_bytes;
    if (again)
        flow_rare(flow)->duplicates++;
    own->next = packet->ip_id;
    own->limit = packet->payload_bytes;
    own->latest_ns = time_ns;
    bool bad = is_checksum_bad(own, packet);
    words_take_datagram(flow, note->from, bad);
    count_side(own, packet->payload_bytes);
    note->analysis = bad ? ANALYSIS_BIT(BAD_CHECKSUM) : 0;
    count_analysis(flow, note->analysis);
    table->store.rare_count += !had_rare && flow->rare != NULL;
    return flow;
}

/* --- ICMP --- */

/* A datagram that is only known by the error about it is a flow too: the quote has its whole header. */
static struct flow *take_quote(struct flow_table *table, const struct flow_key *key,
                               const struct packet *packet, int64_t time_ns, struct flow_note *note)
{
    struct flow *flow = store_find(&table->store, key);
    if (flow == NULL && packet->icmp.quoted_protocol == PROTOCOL_UDP) {
        flow = begin_flow(table, key, time_ns, false);
        words_begin(flow, NULL, &packet->icmp.quoted_source, &packet->icmp.quoted_destination);
        note->is_new = true;
    }
    if (flow == NULL)
        return NULL;
    note->quoted = true;
    note->from = sender_of(flow, key);
    table->store.rare_count += flow->rare == NULL;
    flow_rare(flow)->icmp_errors++;
    note_states(flow, note);
    return flow;
}

bool flow_table_take_keyed(struct flow_table *table, const struct flow_key *key, const struct packet *packet,
                           int64_t time_ns, struct flow_note *ret_note)
{
    struct flow_note unwanted;
    table->counts.packets++;
    bool wanted = ret_note != NULL;
    if (!wanted)
        ret_note = &unwanted;
    *ret_note = (struct flow_note){.wanted = wanted};
    struct flow *flow = NULL;
    if (key->usable)
        flow = key->quoted                        ? take_quote(table, key, packet, time_ns, ret_note)
               : packet->protocol == PROTOCOL_TCP ? take_tcp(table, key, packet, time_ns, ret_note)
                                                  : take_udp(table, key, packet, time_ns, ret_note);
    if (flow == NULL) {
        table->counts.other++;
        return false;
    }
    flow->marks |= FLOW_TOUCHED;
    ret_note->flow = flow;
    ret_note->stream = flow->stream;
    ret_note->protocol = flow_protocol(flow);
    return true;
}

bool flow_table_take(struct flow_table *table, const struct packet *packet, int64_t time_ns,
                     struct flow_note *ret_note)
{
    struct flow_key key;
    flow_key_make(packet, &key);
    return flow_table_take_keyed(table, &key, packet, time_ns, ret_note);
}

void flow_table_fetch_slot(const struct flow_table *table, const struct flow_key *key)
{
    if (key->usable)
        __builtin_prefetch(&table->store.slots[key->hash & table->store.slot_mask]);
}

void flow_table_fetch_flow(const struct flow_table *table, struct flow_key *key)
{
    if (!key->usable)
        return;
    key->guess = store_guess(&table->store, key->hash);
    if (key->guess == SLOT_EMPTY)
        return;
    const char *flow = (const char *)store_flow(&table->store, key->guess);
    for (size_t i = 0; i < sizeof(struct flow); i += 64)
        __builtin_prefetch(flow + i, 1);
}

/* --- the end --- */

static int by_appearance(const void *a, const void *b)
{
    const struct flow *left = *(const struct flow *const *)a, *right = *(const struct flow *const *)b;
    if (left->start_ns != right->start_ns && flow_protocol(left) != flow_protocol(right))
        return left->start_ns < right->start_ns ? -1 : 1;
    if (flow_protocol(left) != flow_protocol(right))
        return flow_protocol(left) < flow_protocol(right) ? -1 : 1;
    return left->stream < right->stream ? -1 : left->stream > right->stream;
}

void flow_table_each(const struct flow_table *table, void (*tell)(void *context, const struct flow *flow),
                     void *context)
{
    const struct store *store = &table->store;
    if (table->counts.evicted == 0) {
        for (uint32_t i = 0; i < store->count; i++)
            tell(context, store_flow(store, i));
        return;
    }
    const struct flow **flows = xmalloc(store->count * sizeof *flows);
    for (uint32_t i = 0; i < store->count; i++)
        flows[i] = store_flow(store, i);
    qsort(flows, store->count, sizeof *flows, by_appearance);
    for (uint32_t i = 0; i < store->count; i++)
        tell(context, flows[i]);
    free(flows);
}

struct flow_counts flow_table_counts(const struct flow_table *table)
{
    struct flow_counts counts = table->counts;
    counts.bytes = store_bytes(&table->store) + sizeof *table;
    return counts;
}

/*
 * The state of both ends after each segment, by RFC 9293 3.10: first what sending it says about its sender,
 * then what its arrival does to the receiver. The tables are model/'s; here it is decided which stimulus a
 * segment is, and whether the receiver takes it at all (3.10.7.4 with the sequence checks of RFC 5961).
 */
#include "flow/internal.h"
#include "model/machine.h"

#include <stddef.h>

/* One end and what it sees of the other. */
struct party {
    struct flow *flow;
    struct flow_side *own, *peer;
    enum flow_end end;
    struct flow_note *note;
};

static bool is_open(enum state state)
{
    return state != STATE_NONE && state != STATE_CLOSED && state != STATE_LISTEN;
}

static bool is_synchronized(enum state state)
{
    return is_open(state) && state != STATE_SYN_SENT && state != STATE_SYN_RECEIVED;
}

static bool is_over(enum state state)
{
    return state == STATE_CLOSED || state == STATE_TIME_WAIT || state == STATE_LAST_ACK ||
           state == STATE_CLOSING;
}

static void remember_state(struct party *party, enum state state)
{
    struct flow_side *own = party->own;
    own->state = (uint8_t)state;
    if (own->path_count < PATH_PACKED) {
        own->path |= (uint32_t)state << (4 * own->path_count++);
        return;
    }
    int place = own->path_count - PATH_PACKED;
    if (place < FLOW_PATH_MAX - PATH_PACKED)
        own->path_count++;
    else
        place = FLOW_PATH_MAX - PATH_PACKED - 1;
    flow_rare(party->flow)->path[party->end][place] = (uint8_t)state;
}

static void conclude(struct party *party, enum tcp_stimulus stimulus)
{
    const struct cell *cell = tcp_cell(party->own->state, stimulus);
    if (cell->verdict == IMPOSSIBLE) {
        party->note->reason[party->end] = "does not fit the state that it was thought to be in";
        return;
    }
    party->note->reason[party->end] = cell->reason;
    if (cell->verdict == STEP && cell->next != party->own->state)
        remember_state(party, cell->next);
}

static void step_to(struct party *party, enum state state, const char *reason)
{
    party->note->reason[party->end] = reason;
    if (state != party->own->state)
        remember_state(party, state);
}

static void infer(struct party *party, enum state state, const char *reason)
{
    party->own->life |= LIFE_INFERRED;
    step_to(party, state, reason);
}

/* --- the sender --- */

/* An end that is asked to acknowledge what it never sent answers with RST and stays what it is. */
static bool is_mere_refusal(const struct party *sender, const struct segment *segment)
{
    return (sender->own->life & LIFE_REFUSES_NEXT) != 0 && !segment_has(segment, TCP_ACK) &&
           segment->sequence == sender->peer->acknowledged;
}

static void sent_rst(struct party *sender, const struct segment *segment)
{
    struct flow_side *own = sender->own;
    if (is_mere_refusal(sender, segment)) {
        sender->note->reason[sender->end] =
            "the acknowledgment that came is of nothing it sent: answered with RST (3.10.7.3, 3.10.7.4)";
        return;
    }
    if (is_open(own->state)) {
        own->state_before = own->state;
        own->life |= LIFE_SENT_RST;
    }
    if (own->state == STATE_TIME_WAIT)
        step_to(sender, STATE_CLOSED, "it has sent RST and forgets the connection (3.5.2)");
    else
        conclude(sender, SENT_RST);
}

/* A closed end sends nothing but RST (3.10.7.1): the RST was not the end, or not its own. */
static void take_back_rst(struct party *sender)
{
    struct flow_side *own = sender->own;
    if ((own->life & LIFE_SENT_RST) == 0 || own->state != STATE_CLOSED)
        return;
    own->life &= (uint8_t)~LIFE_SENT_RST;
    infer(sender, (enum state)own->state_before,
          "it goes on after its RST: the connection was not forgotten");
}

/* The capture began later than the connection, or lost the packets between. */
static void infer_from_sending(struct party *sender, const struct segment *segment)
{
    const struct flow_side *own = sender->own, *peer = sender->peer;
    bool fin_known = (peer->life & LIFE_FIN_TAKEN) != 0;
    if (!segment_has(segment, TCP_ACK))
        return;
    if (own->state == STATE_SYN_SENT && (peer->known & SENT_ITS_SYN) == 0)
        infer(sender, STATE_ESTABLISHED, "it acknowledges: a SYN,ACK came that was not captured");
    else if (own->state == STATE_SYN_RECEIVED && sequence_after(segment->sequence, own->initial + 1) &&
             segment->sequence == own->next)
        infer(sender, STATE_ESTABLISHED, "it goes on: an ACK came that was not captured");
    else if (own->state == STATE_NONE && peer->packets != 0 && (peer->known & KNOWS_NEXT) != 0 &&
             segment->acknowledgment - peer->initial <= peer->next - peer->initial)
        infer(sender, fin_known ? STATE_CLOSE_WAIT : STATE_ESTABLISHED,
              "it acknowledges what the other sent: the connection began before we looked");
}

static void sent_fin(struct party *sender, const struct segment *segment)
{
    struct flow_side *own = sender->own;
    own->known |= SENT_ITS_FIN;
    own->fin = segment->end;
    if (own->state == STATE_NONE)
        infer(sender, (sender->peer->life & LIFE_FIN_TAKEN) ? STATE_LAST_ACK : STATE_FIN_WAIT_1,
              "it says goodbye: the connection began before we looked");
    else
        conclude(sender, SENT_FIN);
}

/* It takes the new connection: what was before is over. */
static void disinherit(struct party *sender)
{
    struct flow *flow = sender->flow;
    if ((sender->own->life & LIFE_INHERITED) == 0)
        return;
    for (int i = 0; i < FLOW_ENDS; i++) {
        flow->sides[i].life &= LIFE_CHECKSUM_GOOD;
        flow->sides[i].known &= (uint8_t)~SENT_ITS_FIN;
    }
    flow->rare->span_count[0] = flow->rare->span_count[1] = 0;
    sender->own->state = STATE_NONE;
    sender->own->path = 0;
    sender->own->path_count = 0;
    sender->peer->life |= LIFE_ARRIVED;
    sender->peer->arrived = sender->peer->initial + 1;
}

static void sent_syn(struct party *sender, const struct segment *segment)
{
    bool answers = segment_has(segment, TCP_ACK);
    if (answers)
        disinherit(sender);
    sender->own->known |= SENT_ITS_SYN;
    conclude(sender, answers ? SENT_SYN_ACK : SENT_SYN);
}

static void life_sent(struct party *sender, const struct segment *segment)
{
    if (segment_has(segment, TCP_RST))
        sent_rst(sender, segment);
    else if (segment_has(segment, TCP_SYN))
        sent_syn(sender, segment);
    else {
        take_back_rst(sender);
        infer_from_sending(sender, segment);
        if (segment_has(segment, TCP_FIN))
            sent_fin(sender, segment);
        else if (sender->note->reason[sender->end] == NULL)
            conclude(sender, SENT_OTHER);
    }
    sender->own->life &= (uint8_t)~LIFE_REFUSES_NEXT;
}

/* --- the receiver --- */

static uint32_t receive_window(const struct flow_side *own)
{
    bool scaled = own->shift > 0 && (own->known & WINDOW_UNSCALED) == 0;
    return scaled ? (uint32_t)own->window << own->shift : own->window;
}

/* RCV.NXT and the window are known as soon as it has sent an ACK and the other's stream has a beginning. */
static bool knows_window(const struct party *receiver)
{
    return (receiver->own->known & KNOWS_ACK) != 0 && (receiver->peer->life & LIFE_ARRIVED) != 0;
}

/* A segment none of which is new (left of the window) is not taken (3.10.7.4, first). What lies right of the
 * window is taken: an ACK that opened the window may not have been captured. */
static bool is_left_of_window(const struct party *receiver, const struct segment *segment)
{
    if (!knows_window(receiver))
        return false;
    uint32_t expected = receiver->peer->arrived;
    return segment->end == segment->sequence ? sequence_before(segment->sequence, expected)
                                             : !sequence_after(segment->end, expected);
}

/* SND.UNA is taken for the initial number: a late ACK is as good as a new one. */
static bool acknowledges_within(const struct party *receiver, const struct segment *segment)
{
    const struct flow_side *own = receiver->own;
    uint32_t initial = own->initial, next = own->next;
    if (own->life & LIFE_INHERITED) {
        initial = receiver->flow->rare->former[receiver->end].initial;
        next = receiver->flow->rare->former[receiver->end].next;
    } else if ((own->known & KNOWS_NEXT) == 0) {
        return false;
    }
    return segment_has(segment, TCP_ACK) && sequence_after(segment->acknowledgment, initial) &&
           !sequence_after(segment->acknowledgment, next);
}

static void got_rst(struct party *receiver, const struct segment *segment)
{
    const struct flow_side *own = receiver->own;
    const char **reason = &receiver->note->reason[receiver->end];
    if (own->state == STATE_SYN_SENT) {
        if (acknowledges_within(receiver, segment))
            conclude(receiver, GOT_RST);
        else
            *reason = "an RST that does not acknowledge the SYN is ignored (3.10.7.3)";
    } else if (is_open(own->state) && knows_window(receiver) &&
               segment->sequence != receiver->peer->arrived) {
        bool inside = segment->sequence - receiver->peer->arrived < receive_window(own);
        *reason = inside ? "an RST that is not exactly next is answered with an ACK (3.10.7.4, RFC 5961 3.2)"
                         : "an RST outside the window is ignored (3.10.7.4)";
    } else if (own->state == STATE_NONE && !is_open(receiver->peer->state) && receiver->peer->packets == 0) {
        *reason = "an RST without anything before it: what it is about was not captured";
    } else {
        conclude(receiver, GOT_RST);
    }
}

static void got_fin_of_syn(struct party *receiver, const struct segment *segment)
{
    struct flow_side *peer = receiver->peer;
    if (!segment_has(segment, TCP_FIN))
        return;
    peer->fin = segment->end + 1;
    if (receiver->own->state != STATE_ESTABLISHED)
        return;
    peer->life |= LIFE_FIN_TAKEN;
    conclude(receiver, GOT_FIN);
}

/* RFC 9293 3.10.7.3 */
static void got_in_syn_sent(struct party *receiver, const struct segment *segment)
{
    struct flow_side *own = receiver->own;
    if (segment_has(segment, TCP_ACK) && !acknowledges_within(receiver, segment)) {
        own->life |= LIFE_REFUSES_NEXT;
        receiver->note->reason[receiver->end] =
            "acknowledges what was never sent: no answer to its SYN (3.10.7.3)";
    } else if (segment_has(segment, TCP_SYN)) {
        arrived_segment(receiver->flow, !receiver->end, segment);
        conclude(receiver, segment_has(segment, TCP_ACK) ? GOT_SYN_ACK : GOT_SYN);
        got_fin_of_syn(receiver, segment);
    } else {
        conclude(receiver, segment_has(segment, TCP_ACK) ? GOT_ACK_OF_SYN : GOT_OTHER);
    }
}

static void got_syn(struct party *receiver, const struct segment *segment)
{
    struct flow_side *own = receiver->own;
    bool answers = segment_has(segment, TCP_ACK) && own->state == STATE_SYN_RECEIVED;
    arrived_segment(receiver->flow, !receiver->end, segment);
    if (answers && acknowledges_within(receiver, segment))
        conclude(receiver, GOT_SYN_ACK);
    else
        conclude(receiver, segment_has(segment, TCP_ACK) ? GOT_SYN_ACK : GOT_SYN);
}

/* The other's FIN counts when everything before it is here. */
static bool takes_fin(struct party *receiver, const struct segment *segment)
{
    struct flow_side *peer = receiver->peer;
    bool known = (peer->known & SENT_ITS_FIN) != 0;
    bool before = (peer->life & LIFE_FIN_TAKEN) != 0;
    if (!before && known && !sequence_before(peer->arrived, peer->fin)) {
        peer->life |= LIFE_FIN_TAKEN;
        return true;
    }
    return before && segment_has(segment, TCP_FIN);
}

static bool acknowledges_fin(const struct flow_side *own, const struct segment *segment)
{
    return (own->known & SENT_ITS_FIN) != 0 && segment_has(segment, TCP_ACK) &&
           segment->acknowledgment == own->fin;
}

/* RFC 9293 3.10.7.4, fifth and later. */
static void got_text(struct party *receiver, const struct segment *segment)
{
    struct flow_side *own = receiver->own;
    bool fin = takes_fin(receiver, segment);
    bool acked = acknowledges_fin(own, segment);
    enum tcp_stimulus stimulus = fin && acked ? GOT_FIN_AND_ACK
                                 : fin        ? GOT_FIN
                                 : acked      ? GOT_ACK_OF_FIN
                                              : GOT_OTHER;
    if (tcp_cell(own->state, stimulus)->verdict == IMPOSSIBLE)
        stimulus = fin ? GOT_FIN : GOT_OTHER;
    if (stimulus != GOT_OTHER || receiver->note->reason[receiver->end] == NULL)
        conclude(receiver, stimulus);
}

/* What is no answer to its SYN,ACK. */
static bool fails_handshake(struct party *receiver, const struct segment *segment)
{
    if (receiver->own->state != STATE_SYN_RECEIVED || acknowledges_within(receiver, segment))
        return false;
    receiver->own->life |= LIFE_REFUSES_NEXT;
    receiver->note->reason[receiver->end] = "acknowledges what was never sent: answered with RST (3.10.7.4)";
    return true;
}

static void got_old(struct party *receiver, const struct segment *segment)
{
    if (segment_has(segment, TCP_FIN) && (receiver->peer->life & LIFE_FIN_TAKEN) != 0)
        conclude(receiver, GOT_FIN);
    else
        receiver->note->reason[receiver->end] = "nothing of it is new: only an ACK answers it (3.10.7.4)";
}

static void got_segment(struct party *receiver, const struct segment *segment)
{
    struct flow_side *own = receiver->own;
    if (is_open(own->state) && is_left_of_window(receiver, segment)) {
        got_old(receiver, segment);
    } else if (is_open(own->state) && !segment_has(segment, TCP_ACK)) {
        receiver->note->reason[receiver->end] = "a segment without ACK is dropped (3.10.7.4)";
    } else if (!fails_handshake(receiver, segment)) {
        arrived_segment(receiver->flow, !receiver->end, segment);
        if (own->state == STATE_SYN_RECEIVED)
            conclude(receiver, GOT_ACK_OF_SYN);
        got_text(receiver, segment);
    }
}

static void life_got(struct party *receiver, const struct segment *segment)
{
    if (segment_has(segment, TCP_RST))
        got_rst(receiver, segment);
    else if (receiver->own->state == STATE_SYN_SENT)
        got_in_syn_sent(receiver, segment);
    else if (segment_has(segment, TCP_SYN))
        got_syn(receiver, segment);
    else
        got_segment(receiver, segment);
}

/* --- both --- */

#define MISSED_MAX (1U << 24)

bool life_trusts_ack(const struct flow *flow, enum flow_end from, const struct segment *segment)
{
    const struct flow_side *own = &flow->sides[from], *peer = &flow->sides[!from];
    if (!sequence_after(segment->acknowledgment, peer->next))
        return true;
    bool open =
        own->state == STATE_ESTABLISHED || own->state == STATE_FIN_WAIT_1 || own->state == STATE_FIN_WAIT_2;
    return open && (peer->known & KNOWS_NEXT) != 0 && segment->acknowledgment - peer->next < MISSED_MAX;
}

void life_inherit(struct flow *flow, enum flow_end from, const struct flow *before, enum flow_end before_from)
{
    const struct flow_side *old = &before->sides[!before_from];
    if (!is_open(old->state))
        return;
    struct flow_rare *rare = flow_rare(flow);
    for (int i = 0; i < FLOW_ENDS; i++) {
        enum flow_end end = i == 0 ? from : !from, before_end = i == 0 ? before_from : !before_from;
        const struct flow_side *former = &before->sides[before_end];
        struct flow_side *side = &flow->sides[end];
        bool twice = (former->life & LIFE_INHERITED) != 0;
        rare->former[end] = twice ? before->rare->former[before_end]
                                  : (struct flow_former){.initial = former->initial, .next = former->next};
        side->life = former->life | LIFE_INHERITED;
        side->known |= former->known & SENT_ITS_FIN;
        side->arrived = former->arrived;
        side->fin = former->fin;
    }
    struct party heir = {.flow = flow, .own = &flow->sides[!from], .end = !from};
    remember_state(&heir, old->state);
}

void life_restart(struct flow *flow, enum flow_end from)
{
    struct flow_side *own = &flow->sides[from], *peer = &flow->sides[!from];
    if (!is_over(own->state) && !(is_synchronized(own->state) && peer->state == STATE_CLOSED))
        return;
    for (int i = 0; i < FLOW_ENDS; i++) {
        flow->sides[i].life &= LIFE_CHECKSUM_GOOD;
        flow->sides[i].known &= (uint8_t) ~(SENT_ITS_SYN | SENT_ITS_FIN);
        flow->sides[i].state = STATE_NONE;
    }
    if (flow->rare != NULL)
        flow->rare->span_count[0] = flow->rare->span_count[1] = 0;
}

/* Its ACK shows that it has the FIN although the capture has a hole before it. */
static void learn_from_acknowledgment(struct party *sender)
{
    struct flow_side *peer = sender->peer;
    if ((peer->known & SENT_ITS_FIN) == 0 || (peer->life & LIFE_FIN_TAKEN) != 0 ||
        sequence_before(peer->arrived, peer->fin) || !is_open(sender->own->state))
        return;
    peer->life |= LIFE_FIN_TAKEN;
    conclude(sender, GOT_FIN);
}

void life_take(struct flow *flow, enum flow_end from, const struct segment *segment, struct flow_note *note)
{
    struct party sender = {flow, &flow->sides[from], &flow->sides[!from], from, note};
    struct party receiver = {flow, &flow->sides[!from], &flow->sides[from], !from, note};
    if (segment_has(segment, TCP_ACK) && !segment_has(segment, TCP_RST))
        learn_from_acknowledgment(&sender);
    life_sent(&sender, segment);
    life_got(&receiver, segment);
}

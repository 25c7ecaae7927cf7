/*
 * Zeek's two words for a connection, by its documentation (conn.log: conn_state and history) and the
 * semantics behind it: one simple machine an end, for originator and responder. They are one view of the
 * whole connection, when it is over; the states of each end are life.c's.
 */
#include "flow/internal.h"

#include <stddef.h>
#include <string.h>

/* Letters that are written once for each end; the bits of the responder lie 8 higher. */
enum letter_once {
    ONCE_SYN = 0x01,
    ONCE_FIN = 0x02,
    ONCE_RST = 0x04,
    ONCE_DATA = 0x08,
    ONCE_ACK = 0x10,
    ONCE_MULTI = 0x20,
    ONCE_FIN_RST = 0x40,
};

enum repeated { REPEATED_CHECKSUM, REPEATED_BYTES, REPEATED_ZERO_WINDOW, REPEATED_GAP };

#define TRUSTED_DISTANCE (1 << 20) /* a SYN or RST farther off than this says nothing about the stream */

/* One segment and who sent it, in Zeek's words. */
struct telling {
    struct flow *flow;
    struct flow_side *own, *peer;
    bool by_responder;
    const struct segment *segment;
};

static void add_letter(struct telling *telling, char letter)
{
    struct flow *flow = telling->flow;
    char written = telling->by_responder ? (char)(letter | 0x20) : letter;
    if (flow->history_count < HISTORY_PACKED) {
        flow->history[flow->history_count++] = written;
        return;
    }
    struct flow_rare *rare = flow_rare(flow);
    size_t used = strlen(rare->history);
    if (used < FLOW_HISTORY_MAX - HISTORY_PACKED - 2)
        rare->history[used] = written;
    else
        rare->history[used < FLOW_HISTORY_MAX - HISTORY_PACKED - 1 ? used : used - 1] = '~';
}

/* Returns whether the letter was there before. */
static bool letter_once(struct telling *telling, enum letter_once once, char letter)
{
    unsigned bit = (unsigned)once << (telling->by_responder ? 8 : 0);
    if (telling->flow->history_seen & bit)
        return true;
    telling->flow->history_seen = (uint16_t)(telling->flow->history_seen | bit);
    add_letter(telling, letter);
    return false;
}

/* Written the first time, the tenth, the hundredth ... */
static void letter_repeated(struct telling *telling, enum repeated repeated, char letter)
{
    enum flow_end end = (enum flow_end)(telling->own - telling->flow->sides);
    uint32_t count = ++flow_rare(telling->flow)->repeated[end][repeated];
    while (count % 10 == 0)
        count /= 10;
    if (count == 1)
        add_letter(telling, letter);
}

/* Zeek's likely_server_ports: the ports that its analyzers register for. */
static bool is_server_port(uint8_t protocol, uint16_t port)
{
    static const uint16_t tcp[] = {20,   21,   22,   25,   53,   80,   81,   88,   102,  110,  135,
                                   139,  143,  389,  443,  445,  502,  514,  563,  585,  587,  614,
                                   631,  636,  989,  990,  992,  993,  995,  1080, 1433, 1434, 1883,
                                   2811, 3128, 3268, 3306, 3389, 5060, 5222, 5223, 5269, 5432, 6379,
                                   6666, 6667, 6668, 6669, 8000, 8080, 8888, 20000};
    static const uint16_t udp[] = {53,   67,   88,   123,  137,  161,  162,  389,  443,  514,  1194, 1812,
                                   2123, 2152, 3544, 4789, 5060, 5072, 5353, 5355, 6081, 8472, 20000};
    const uint16_t *ports = protocol == PROTOCOL_TCP ? tcp : udp;
    size_t count = protocol == PROTOCOL_TCP ? sizeof tcp / sizeof *tcp : sizeof udp / sizeof *udp;
    for (size_t i = 0; i < count; i++)
        if (ports[i] == port)
            return true;
    return false;
}

/* Nobody asks from there. */
static bool is_group(const struct address *address)
{
    return address->family == ADDRESS_IPV4 ? address->ip[0] >= 224 : address->ip[0] == 0xff;
}

/* The end that answers may be the one that is seen first. */
static bool is_likely_flipped(uint8_t protocol, bool syn, const struct address *source,
                              const struct address *destination)
{
    if (!is_server_port(protocol, source->port) || is_group(destination))
        return false;
    if (!is_server_port(protocol, destination->port))
        return true;
    return protocol == PROTOCOL_TCP && (syn || source->port < destination->port);
}

void words_begin(struct flow *flow, const struct segment *segment, const struct address *source,
                 const struct address *destination)
{
    uint8_t protocol = flow_protocol(flow);
    bool syn = segment != NULL && segment_has(segment, TCP_SYN);
    bool opens = syn && !segment_has(segment, TCP_ACK);
    bool flipped = !opens && is_likely_flipped(protocol, syn, source, destination);
    bool client_first = !syn || opens;
    if (flipped) {
        flow->history[flow->history_count++] = '^';
    }
    if (flipped == client_first)
        flow->marks |= FLOW_WORDS_FLIPPED;
}

/* --- history --- */

static void tell_controls(struct telling *telling)
{
    const struct segment *segment = telling->segment;
    struct flow_side *own = telling->own;
    uint32_t place = segment->sequence - own->word_start;
    if (segment_has(segment, TCP_SYN)) {
        char letter = segment_has(segment, TCP_ACK) ? 'H' : 'S';
        if (letter_once(telling, ONCE_SYN, letter) && place != 0)
            add_letter(telling, letter);
    } else if (segment_has(segment, TCP_FIN)) {
        if (letter_once(telling, ONCE_FIN, 'F') && segment->end != own->fin)
            add_letter(telling, 'F');
    } else {
        if (letter_once(telling, ONCE_RST, 'R') && place != own->word_rst)
            add_letter(telling, 'R');
        own->word_rst = place;
    }
}

static void tell_flags(struct telling *telling)
{
    const struct segment *segment = telling->segment;
    uint8_t controls = segment->flags & (TCP_SYN | TCP_FIN | TCP_RST);
    if (segment_has(segment, TCP_FIN | TCP_RST))
        letter_once(telling, ONCE_FIN_RST, 'I');
    else if ((controls & (controls - 1)) != 0)
        letter_once(telling, ONCE_MULTI, 'Q');
    else if (controls != 0)
        tell_controls(telling);
    else if (segment->bytes != 0)
        letter_once(telling, ONCE_DATA, 'D');
    else if (segment_has(segment, TCP_ACK))
        letter_once(telling, ONCE_ACK, 'A');
}

/* --- sequence numbers --- */

/* The segment's place in the stream; an RST's bytes are not part of it. */
static uint32_t word_end(const struct segment *segment)
{
    return segment_has(segment, TCP_RST) ? segment->end - segment->bytes : segment->end;
}

static void begin_at(struct flow_side *side, uint32_t start, uint32_t last)
{
    side->word_start = side->word_ack = start;
    side->word_last = last;
}

static void place_own(struct telling *telling)
{
    const struct segment *segment = telling->segment;
    struct flow_side *own = telling->own;
    bool syn = segment_has(segment, TCP_SYN);
    bool moved = segment->sequence != own->word_start;
    switch ((enum word_state)own->word_state) {
    case WORD_INACTIVE:
        if (syn)
            begin_at(own, segment->sequence, word_end(segment));
        else
            begin_at(own, segment->sequence - 1, segment->sequence);
        break;
    case WORD_SYN_SENT:
    case WORD_SYN_ACK_SENT:
        if (syn && moved)
            begin_at(own, segment->sequence, word_end(segment));
        break;
    case WORD_PARTIAL:
    case WORD_ESTABLISHED:
        if (syn)
            begin_at(own, segment->sequence, word_end(segment));
        break;
    case WORD_RESET:
        if (syn && own->word_before == WORD_INACTIVE)
            begin_at(own, segment->sequence, word_end(segment));
        break;
    case WORD_CLOSED: break;
    }
}

static void place_peer(struct telling *telling)
{
    const struct segment *segment = telling->segment;
    struct flow_side *peer = telling->peer;
    if (!segment_has(segment, TCP_ACK))
        return;
    if (peer->word_state == WORD_INACTIVE)
        begin_at(peer, segment->acknowledgment - 1, segment->acknowledgment - 1);
    else if (!segment_has(segment, TCP_RST) && sequence_after(segment->acknowledgment, peer->word_ack) &&
             !sequence_before(segment->acknowledgment, peer->word_start))
        peer->word_ack = segment->acknowledgment;
}

static void advance_own(struct telling *telling)
{
    const struct segment *segment = telling->segment;
    struct flow_side *own = telling->own;
    int32_t ahead = sequence_distance(word_end(segment), own->word_last);
    bool control = segment_has_any(segment, TCP_SYN | TCP_RST);
    if (control && (ahead > TRUSTED_DISTANCE || ahead < -TRUSTED_DISTANCE))
        return;
    if (segment_has(segment, TCP_FIN) && own->word_last == own->word_start + 1)
        own->word_last = word_end(segment);
    else if (own->word_state == WORD_RESET)
        return;
    else if (ahead > 0)
        own->word_last = word_end(segment);
    else if (segment->bytes != 0)
        letter_repeated(telling, REPEATED_BYTES, 'T');
}

static void tell_window(struct telling *telling)
{
    if (telling->segment->window == 0 && !segment_has(telling->segment, TCP_RST) &&
        telling->peer->word_state != WORD_CLOSED && telling->own->word_state != WORD_RESET)
        letter_repeated(telling, REPEATED_ZERO_WINDOW, 'W');
}

/* --- the machine --- */

static void become(struct flow_side *side, enum word_state state)
{
    if (side->word_state == state)
        return;
    side->word_before = side->word_state;
    side->word_state = (uint8_t)state;
}

static void flip(struct telling *telling)
{
    struct flow *flow = telling->flow;
    flow->marks ^= FLOW_WORDS_FLIPPED;
    flow->history_seen = (uint16_t)(flow->history_seen << 8 | flow->history_seen >> 8);
    add_letter(&(struct telling){.flow = flow}, '^');
}

static void syn_from_inactive(struct telling *telling)
{
    struct flow_side *own = telling->own, *peer = telling->peer;
    bool ack = segment_has(telling->segment, TCP_ACK);
    if (!telling->by_responder) {
        become(own, ack ? WORD_SYN_ACK_SENT : WORD_SYN_SENT);
        return;
    }
    if (!ack && peer->word_state == WORD_SYN_ACK_SENT && telling->segment->sequence == own->word_start) {
        flip(telling);
        become(peer, WORD_ESTABLISHED);
    }
    if (peer->word_state == WORD_SYN_SENT)
        become(peer, WORD_ESTABLISHED);
    become(own, WORD_ESTABLISHED);
}

static void plain_from_inactive(struct telling *telling)
{
    struct flow_side *own = telling->own, *peer = telling->peer;
    if (telling->by_responder && telling->segment->bytes == 0 && peer->word_state == WORD_SYN_SENT)
        return;
    bool answers = segment_has(telling->segment, TCP_ACK) && peer->word_state == WORD_ESTABLISHED;
    become(own, answers ? WORD_ESTABLISHED : WORD_PARTIAL);
}

static void from_inactive(struct telling *telling)
{
    const struct segment *segment = telling->segment;
    if (segment_has(segment, TCP_SYN))
        syn_from_inactive(telling);
    if (segment_has(segment, TCP_FIN))
        become(telling->own, WORD_CLOSED);
    if (segment_has(segment, TCP_RST))
        become(telling->own, WORD_RESET);
    if (telling->own->word_state == WORD_INACTIVE)
        plain_from_inactive(telling);
}

static void from_established(struct telling *telling)
{
    const struct segment *segment = telling->segment;
    struct flow_side *own = telling->own, *peer = telling->peer;
    if (segment_has(segment, TCP_SYN) && !segment_has(segment, TCP_ACK) && own->word_state == WORD_PARTIAL &&
        peer->word_state == WORD_INACTIVE)
        become(own, WORD_SYN_SENT);
    if (segment_has(segment, TCP_FIN) && !segment_has(segment, TCP_RST)) {
        become(own, WORD_CLOSED);
        if (peer->word_state == WORD_RESET && peer->word_before == WORD_CLOSED)
            become(peer, WORD_CLOSED);
    }
    if (segment_has(segment, TCP_RST))
        become(own, WORD_RESET);
}

static void step(struct telling *telling)
{
    const struct segment *segment = telling->segment;
    struct flow_side *own = telling->own;
    switch ((enum word_state)own->word_state) {
    case WORD_INACTIVE: from_inactive(telling); break;
    case WORD_SYN_SENT:
    case WORD_SYN_ACK_SENT:
        if (segment_has(segment, TCP_FIN))
            become(own, WORD_CLOSED);
        if (segment_has(segment, TCP_RST))
            become(own, WORD_RESET);
        break;
    case WORD_PARTIAL:
    case WORD_ESTABLISHED: from_established(telling); break;
    case WORD_CLOSED:
        if (segment_has(segment, TCP_RST) && telling->peer->word_state != WORD_CLOSED)
            become(own, WORD_RESET);
        break;
    case WORD_RESET: break;
    }
}

static struct telling telling_of(struct flow *flow, enum flow_end from, const struct segment *segment)
{
    bool flipped = (flow->marks & FLOW_WORDS_FLIPPED) != 0;
    return (struct telling){
        .flow = flow,
        .own = &flow->sides[from],
        .peer = &flow->sides[!from],
        .by_responder = (from == FLOW_SERVER) != flipped,
        .segment = segment,
    };
}

/* A hole in the bytes counts while both ends are open or say goodbye in order. */
static bool is_orderly(const struct flow_side *side)
{
    return side->word_state == WORD_ESTABLISHED ||
           (side->word_state == WORD_CLOSED && side->word_before == WORD_ESTABLISHED);
}

static void tell_gap(struct telling *telling)
{
    struct telling other = *telling;
    other.own = telling->peer;
    other.peer = telling->own;
    other.by_responder = !telling->by_responder;
    if (is_orderly(telling->own) && is_orderly(telling->peer))
        letter_repeated(&other, REPEATED_GAP, 'G');
}

void words_take(struct flow *flow, enum flow_end from, const struct segment *segment, bool gap)
{
    struct telling telling = telling_of(flow, from, segment);
    if (segment->checksum_bad)
        letter_repeated(&telling, REPEATED_CHECKSUM, 'C');
    place_own(&telling);
    tell_flags(&telling);
    tell_window(&telling);
    place_peer(&telling);
    advance_own(&telling);
    step(&telling);
    if (gap)
        tell_gap(&telling);
}

void words_take_ordinary(struct flow *flow, enum flow_end from, bool has_bytes)
{
    bool by_responder = (from == FLOW_SERVER) != ((flow->marks & FLOW_WORDS_FLIPPED) != 0);
    unsigned once = (unsigned)(has_bytes ? ONCE_DATA : ONCE_ACK) << (by_responder ? 8 : 0);
    if (flow->history_seen & once)
        return;
    struct telling telling = telling_of(flow, from, NULL);
    letter_once(&telling, has_bytes ? ONCE_DATA : ONCE_ACK, has_bytes ? 'D' : 'A');
}

void words_take_datagram(struct flow *flow, enum flow_end from, bool checksum_bad)
{
    struct telling telling = telling_of(flow, from, NULL);
    if (checksum_bad)
        letter_repeated(&telling, REPEATED_CHECKSUM, 'C');
    letter_once(&telling, ONCE_DATA, 'D');
}

/* --- the outcome --- */

static uint32_t word_bytes(const struct flow_side *side)
{
    uint32_t last = sequence_after(side->word_ack, side->word_last) ? side->word_ack : side->word_last;
    uint32_t bytes = last - side->word_start;
    if (bytes != 0)
        bytes--;
    if (bytes != 0 && (side->known & SENT_ITS_FIN))
        bytes--;
    return bytes;
}

/* A SYN and then an RST of the originator, and nothing else of it that matters. */
static bool is_given_up(const struct flow *flow)
{
    char text[FLOW_HISTORY_MAX];
    words_history(flow, text);
    const char *letters = text[0] == '^' ? text + 1 : text;
    const char *rst = strchr(letters, 'R');
    return letters[0] == 'S' && rst != NULL && strcspn(letters, "HAFGIQ") > (size_t)(rst - letters);
}

static const char *tcp_word(const struct flow *flow, const struct flow_side *originator,
                            const struct flow_side *responder)
{
    enum word_state o = originator->word_state, r = responder->word_state;
    bool o_quiet = o == WORD_INACTIVE || o == WORD_PARTIAL, r_quiet = r == WORD_INACTIVE || r == WORD_PARTIAL;
    if (r == WORD_RESET) {
        if (o == WORD_SYN_SENT || o == WORD_SYN_ACK_SENT ||
            (o == WORD_RESET && word_bytes(originator) == 0 && word_bytes(responder) == 0))
            return "REJ";
        return o_quiet ? "RSTRH" : "RSTR";
    }
    if (o == WORD_RESET)
        return !r_quiet ? "RSTO" : is_given_up(flow) ? "RSTOS0" : "OTH";
    if (o == WORD_CLOSED && r == WORD_CLOSED)
        return "SF";
    if (o == WORD_CLOSED)
        return r_quiet ? "SH" : "S2";
    if (r == WORD_CLOSED)
        return o_quiet ? "SHR" : "S3";
    if (o == WORD_SYN_SENT && r == WORD_INACTIVE)
        return "S0";
    return o == WORD_ESTABLISHED && r == WORD_ESTABLISHED ? "S1" : "OTH";
}

const char *words_conn_state(const struct flow *flow)
{
    bool flipped = (flow->marks & FLOW_WORDS_FLIPPED) != 0;
    const struct flow_side *originator = &flow->sides[flipped], *responder = &flow->sides[!flipped];
    if (flow_protocol(flow) == PROTOCOL_TCP)
        return tcp_word(flow, originator, responder);
    if (originator->packets != 0)
        return responder->packets != 0 ? "SF" : "S0";
    return responder->packets != 0 ? "SHR" : "OTH";
}

void words_history(const struct flow *flow, char text[FLOW_HISTORY_MAX])
{
    memcpy(text, flow->history, flow->history_count);
    text[flow->history_count] = '\0';
    if (flow->rare != NULL)
        strcat(text, flow->rare->history);
}

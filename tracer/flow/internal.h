/*
 * Shared by the files of flow/ and by nobody else: what is kept of a flow, packed.
 */
#ifndef SOCKSTEP_FLOW_INTERNAL_H
#define SOCKSTEP_FLOW_INTERNAL_H

#include "flow/flow.h"
#include "net/sequence.h"

/* What is known of one end's stream. */
enum side_known {
    KNOWS_INITIAL = 0x01,   /* `initial` */
    KNOWS_NEXT = 0x02,      /* `next` */
    KNOWS_LIMIT = 0x04,     /* `limit` */
    KNOWS_ACK = 0x08,       /* `acknowledged`: it has sent an ACK */
    KNOWS_WINDOW = 0x10,    /* `window` */
    WINDOW_UNSCALED = 0x20, /* `window` came with a SYN (RFC 7323 2.2) */
    SENT_ITS_SYN = 0x40,
    SENT_ITS_FIN = 0x80,
};
#define KNOWS_ALL (KNOWS_INITIAL | KNOWS_NEXT | KNOWS_LIMIT | KNOWS_ACK | KNOWS_WINDOW)

enum side_life {
    LIFE_INFERRED = 0x01,      /* the state needed a packet that was not captured */
    LIFE_FIN_TAKEN = 0x02,     /* the other end has its FIN, in order */
    LIFE_ARRIVED = 0x04,       /* `arrived` */
    LIFE_INHERITED = 0x10,     /* the state is still that of the connection before (life_inherit()) */
    LIFE_SENT_RST = 0x20,      /* and was closed by it */
    LIFE_CHECKSUM_GOOD = 0x40, /* a checksum of it was right: a wrong one means something */
    LIFE_REFUSES_NEXT =
        0x08, /* it has got an acknowledgment that it answers with RST and stays (RFC 9293 3.10.7.3) */
};

/* One end: what it sent. Sequence numbers are as on the wire. */
struct flow_side {
    uint64_t bytes;
    int64_t highest_ns; /* when `next` was reached */
    int64_t latest_ns;  /* of its latest segment */
    uint32_t packets;
    uint32_t initial;
    uint32_t next;         /* SND.NXT: one past the highest that it sent */
    uint32_t limit;        /* what the other may acknowledge without a hole in the capture */
    uint32_t acknowledged; /* the acknowledgment field of its latest segment */
    uint32_t arrived;      /* what the other has without a hole: the other's RCV.NXT */
    uint32_t fin;          /* one past its FIN */
    int32_t duplicates;    /* ACKs like the last; -1: the last acknowledged what was not captured */
    uint32_t path;         /* four bits a state, the first lowest */

    /* Zeek's view of this end (words.c). */
    uint32_t word_start, word_last, word_ack, word_rst;

    uint16_t latest_analysis;
    uint16_t window; /* as on the wire */
    int8_t shift;    /* of the window; SHIFT_UNKNOWN, SHIFT_OFF */
    uint8_t known;   /* enum side_known */
    uint8_t life;    /* enum side_life */
    uint8_t state;   /* enum state */
    uint8_t path_count;
    uint8_t state_before;            /* the RST that it sent */
    uint8_t word_state, word_before; /* enum word_state */
};

/* Zeek's states of one end. */
enum word_state {
    WORD_INACTIVE,
    WORD_SYN_SENT,
    WORD_SYN_ACK_SENT,
    WORD_PARTIAL, /* it sent something, and no SYN before */
    WORD_ESTABLISHED,
    WORD_CLOSED,
    WORD_RESET,
};

#define SHIFT_UNKNOWN (-1) /* no SYN was seen */
#define SHIFT_OFF     (-2) /* one of the two SYNs did not offer it */
#define PATH_PACKED   8

enum flow_mark {
    FLOW_CLIENT_IS_HIGH = 0x01, /* the client is the greater end of the key */
    FLOW_OPENER_KNOWN = 0x02,
    FLOW_REPLACED = 0x04, /* a newer stream has its key */
    FLOW_TOUCHED = 0x08,  /* had a packet since the hand of the clock passed */
    FLOW_IN_USE = 0x10,
    FLOW_HANDSHAKE = 0x20,
    FLOW_SYN_SEEN = 0x40,
    FLOW_WORDS_FLIPPED = 0x80, /* Zeek's originator is our server */
};

struct flow_span {
    uint32_t left, right;
};

#define SPANS_MAX 8

/* The numbers of one end in the connection that this stream's SYN came upon (life_inherit()). */
struct flow_former {
    uint32_t initial, next;
};

/* What few flows need. */
struct flow_rare {
    uint32_t analysis[ANALYSIS_COUNT];
    uint32_t repeated[FLOW_ENDS][4]; /* bad checksums, retransmissions, zero windows, gaps: words.c */
    uint32_t icmp_errors, duplicates;
    uint8_t path[FLOW_ENDS][FLOW_PATH_MAX]; /* after the packed ones */
    char history[FLOW_HISTORY_MAX];         /* after the packed ones */
    struct flow_span spans[FLOW_ENDS][SPANS_MAX];
    uint8_t span_count[FLOW_ENDS];
    struct flow_former former[FLOW_ENDS]; /* while LIFE_INHERITED */
};

#define HISTORY_PACKED 16

struct flow {
    struct flow_side sides[FLOW_ENDS];
    uint64_t key[5];
    struct flow_rare *rare;
    int64_t start_ns;
    int64_t syn_ns;         /* of the latest SYN */
    int64_t handshake_ns;   /* with FLOW_HANDSHAKE */
    uint32_t round_trip_us; /* 0: not known */
    uint32_t stream;
    uint16_t history_seen; /* letters that are written once: words.c */
    uint8_t history_count;
    uint8_t marks;                /* enum flow_mark */
    char history[HISTORY_PACKED]; /* not ended by a NUL */
};

_Static_assert(sizeof(struct flow) <= FLOW_BYTES_MAX, "a flow is no larger than is promised");

/* A TCP segment on its way through. */
struct segment {
    uint32_t sequence, acknowledgment, bytes, end; /* end: one past it, SYN or FIN counted */
    uint16_t window;
    uint8_t flags;
    int8_t shift_offered; /* -1: none */
    bool checksum_bad;
    int64_t time_ns;
};

static inline bool segment_has(const struct segment *segment, uint8_t flags)
{
    return (segment->flags & flags) == flags;
}

static inline bool segment_has_any(const struct segment *segment, uint8_t flags)
{
    return (segment->flags & flags) != 0;
}

static inline uint8_t flow_protocol(const struct flow *flow)
{
    return (uint8_t)(flow->key[4] >> 40);
}

struct flow_rare *flow_rare(struct flow *flow); /* made when it is asked for the first time */

/* Of the key that flow_key_make() made: the two ends, the smaller first. */
void flow_key_ends(const uint64_t key[5], struct address ret_ends[2]);

/* Sums of products that do not wait for each other; the high bits depend on every bit of the key. */
static inline uint32_t flow_key_hash(const uint64_t key[5])
{
    uint64_t sum =
        key[0] * 0x9e3779b97f4a7c15ULL + key[2] * 0x165667b19e3779f9ULL + key[4] * 0xff51afd7ed558ccdULL;
    if ((key[1] | key[3]) != 0)
        sum += key[1] * 0xc2b2ae3d27d4eb4fULL + key[3] * 0xd6e8feb86659fd93ULL;
    sum = (sum ^ sum >> 31) * 0xbf58476d1ce4e5b9ULL;
    return (uint32_t)(sum >> 32);
}

/* analysis.c: the flags of a segment, before the sides are updated; then the update. */
uint32_t analyze(const struct flow *flow, enum flow_end from, const struct segment *segment);
void analyze_update(struct flow *flow, enum flow_end from, const struct segment *segment, uint32_t analysis);

/* life.c: the states of both ends (RFC 9293 3.10). Comes before analyze_update(). */
void life_take(struct flow *flow, enum flow_end from, const struct segment *segment, struct flow_note *note);
/* Whether the acknowledgment says what the other end has got: of what was sent, or, in an open connection,
 * what the capture may have missed. */
bool life_trusts_ack(const struct flow *flow, enum flow_end from, const struct segment *segment);

/* `flow` begins with a SYN of `from` for the four-tuple that `before` had: the other end has one connection
 * for both, and it lives on until it answers with its own SYN (RFC 9293 3.10.7.4, fourth; 3.6.1). */
void life_inherit(struct flow *flow, enum flow_end from, const struct flow *before,
                  enum flow_end before_from);

/* Before a SYN: when the connection before it is over, a new life begins, though with the same initial
 * number. */
void life_restart(struct flow *flow, enum flow_end from);

/* arrived.c: which bytes of `side` the other end has. Returns how many bytes an acknowledgment stepped over
 * that were not captured, 0 for none. */
void arrived_segment(struct flow *flow, enum flow_end from, const struct segment *segment);
uint32_t arrived_acknowledged(struct flow *flow, enum flow_end sender, uint32_t acknowledgment);

/* words.c: Zeek's conn_state and history. */
void words_begin(struct flow *flow, const struct segment *segment, const struct address *source,
                 const struct address *destination);
void words_take(struct flow *flow, enum flow_end from, const struct segment *segment, bool gap);
void words_take_datagram(struct flow *flow, enum flow_end from, bool checksum_bad);
/* For a segment in order while both ends are WORD_ESTABLISHED: it needs only its letter. */
void words_take_ordinary(struct flow *flow, enum flow_end from, bool has_bytes);
const char *words_conn_state(const struct flow *flow);
void words_history(const struct flow *flow, char text[FLOW_HISTORY_MAX]);

#endif

/*
 * From packets to the lives of both ends of each conversation: the flow table. One pass, one lookup and one
 * compact update a packet; memory does not grow with the number of packets (FLOW_BYTES_MAX a flow, plus a
 * block for the few flows in which something rare happened).
 *
 * A stream is numbered per protocol in order of appearance. The same four-tuple is a new stream when a SYN
 * comes with another initial sequence number (RFC 9293 3.6.1, 3.4.1); the old one can then no longer get
 * packets.
 *
 * All states are concluded from packets as they pass the capture point; a packet counts as arrived when it is
 * seen. What cannot be known is STATE_NONE, and what needed a packet that was not captured is marked
 * inferred.
 */
#ifndef SOCKSTEP_FLOW_FLOW_H
#define SOCKSTEP_FLOW_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/names.h"
#include "net/packet.h"

struct buf;
struct flow;
struct flow_table;

enum analysis {
#define ANALYSIS(name, text, what) ANALYSIS_##name,
#include "flow/analysis.def"
#undef ANALYSIS
    ANALYSIS_COUNT
};

#define ANALYSIS_BIT(name) (1U << ANALYSIS_##name)

const char *analysis_name(enum analysis analysis); /* static; "?" outside the enum */
const char *analysis_what(enum analysis analysis);

/* The names of the bits, joined by commas, in the order of analysis.def; "" for none. */
#define ANALYSIS_TEXT_MAX 256
const char *analysis_text(uint32_t bits, char text[ANALYSIS_TEXT_MAX]);

enum flow_end { FLOW_CLIENT, FLOW_SERVER, FLOW_ENDS };

#define FLOW_BYTES_MAX    288      /* of struct flow; the rest up to 300 is the hash slot */
#define FLOWS_MAX_DEFAULT 1000000U /* the limit on flows held at once: about 300 MB */

/* What is told of a flow when it is over or asked for. Arrays hold what was seen, in order. */
#define FLOW_PATH_MAX    24  /* states of one end; a longer path keeps its beginning and its last state */
#define FLOW_HISTORY_MAX 128 /* letters, NUL included; a longer history ends in "~" */
struct flow_summary {
    uint32_t stream; /* per protocol, from 0 */
    uint8_t protocol;
    struct address ends[FLOW_ENDS];
    bool opener_known; /* false: the client is only the end that was seen first */
    int64_t start_ns, duration_ns;
    uint64_t packets[FLOW_ENDS], bytes[FLOW_ENDS]; /* bytes: payload, by the headers, each time it was sent */
    uint8_t path[FLOW_ENDS][FLOW_PATH_MAX];        /* enum state */
    int path_count[FLOW_ENDS];
    bool inferred[FLOW_ENDS]; /* the last state was */
    const char *conn_state;   /* Zeek's word; static */
    char history[FLOW_HISTORY_MAX];
    int64_t handshake_ns; /* from the SYN to the ACK that ends the handshake; -1: not seen */
    bool remarkable;      /* one of the counts that follow is not 0 */
    uint32_t analysis[ANALYSIS_COUNT];
    uint32_t icmp_errors; /* that quote a packet of this flow */
    uint32_t duplicates;  /* UDP: the same IP identification, length and checksum as the one before */
};

/* What one packet did. Valid until the next call. */
struct flow_note {
    const struct flow *flow; /* NULL: belongs to no flow */
    uint32_t stream;
    uint8_t protocol;   /* of the flow: of an ICMP error that of the packet it quotes */
    enum flow_end from; /* who sent it; of an ICMP error who sent the packet it quotes */
    bool quoted;        /* an ICMP error about the flow: nothing but `stream`, `from` and the states is set */
    bool wanted;        /* somebody reads this */
    bool is_new;        /* the first packet of the stream */
    uint32_t sequence, acknowledgment; /* relative to the initial numbers; of TCP alone */
    uint32_t window;                   /* scaled where the scale is known */
    uint32_t analysis;                 /* ANALYSIS_BIT()s */
    uint32_t duplicate_ack;            /* its number, from 1, when it is one */
    uint8_t state[FLOW_ENDS];          /* enum state, after the packet */
    bool inferred[FLOW_ENDS];
    const char *reason[FLOW_ENDS]; /* why it is so; NULL: nothing happened. Static */
};

struct flow_options {
    uint32_t flows_max; /* 0: FLOWS_MAX_DEFAULT */
    /* Called for a flow that has to make room; NULL: it is only counted. */
    void (*evicted)(void *context, const struct flow *flow);
    void *context;
};

struct flow_table *flow_table_new(const struct flow_options *options);
void flow_table_free(struct flow_table *table); /* NULL is allowed */

/* Takes one packet, in the order of capture. Returns whether it belongs to a flow. */
bool flow_table_take(struct flow_table *table, const struct packet *packet, int64_t time_ns,
                     struct flow_note *ret_note);

/* The same in three steps (and ret_note may be NULL) for a reader that has several packets at hand: the
 * memory of one is fetched while another is worked on. A key stays good until the packet it was made from has
 * been taken. */
struct flow_key {
    uint64_t words[5];
    uint32_t hash;
    uint32_t guess;  /* the number of the flow, if flow_table_fetch_flow() found one that may be it */
    uint8_t swapped; /* the source is the greater end */
    bool usable;     /* false: the packet has no flow */
    bool quoted;     /* of the packet that an ICMP error quotes */
};
void flow_key_make(const struct packet *packet, struct flow_key *ret_key);
void flow_table_fetch_slot(const struct flow_table *table, const struct flow_key *key);
void flow_table_fetch_flow(const struct flow_table *table, struct flow_key *key);
bool flow_table_take_keyed(struct flow_table *table, const struct flow_key *key, const struct packet *packet,
                           int64_t time_ns, struct flow_note *ret_note);

/* Calls `tell` for each flow that is still held, in order of appearance. */
void flow_table_each(const struct flow_table *table, void (*tell)(void *context, const struct flow *flow),
                     void *context);

struct flow_counts {
    uint64_t flows, evicted; /* ever; of these put out to make room */
    uint64_t packets, other; /* taken; of these without a flow */
    size_t bytes;            /* memory now held */
};
struct flow_counts flow_table_counts(const struct flow_table *table);

void flow_summarize(const struct flow *flow, struct flow_summary *ret_summary);

/* "tcp:0", "udp:3". */
#define FLOW_STREAM_TEXT_MAX 24
const char *flow_stream_text(uint8_t protocol, uint32_t stream, char text[FLOW_STREAM_TEXT_MAX]);

#endif

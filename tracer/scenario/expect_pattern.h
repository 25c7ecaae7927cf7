/*
 * The notation for one event, as a lecturer writes it in a scenario (docs/SCENARIOS.md):
 *
 *     > SYN            a packet from the first host: these flags, no payload
 *     < data 9         a packet from another host with 9 bytes of payload
 *     > SYN x          ... that the wire lost
 *     send 5 = 5       a call, the number it was asked for, its result
 *     connect = ECONNREFUSED     ... that fails
 *     server recv = 0  the same with its lane, where the lane is not clear from the place
 *
 * In a sequence, " ?" behind an item makes it optional, and "..." stands for any number of items.
 */
#ifndef SOCKSTEP_SCENARIO_EXPECT_PATTERN_H
#define SOCKSTEP_SCENARIO_EXPECT_PATTERN_H

#include "base/err.h"
#include "timeline/timeline.h"

enum pattern_kind { PATTERN_GAP, PATTERN_PACKET, PATTERN_CALL, PATTERN_STATE };

enum pattern_result { RESULT_ANY, RESULT_NUMBER, RESULT_ERROR, RESULT_BLOCKED };

struct pattern {
    enum pattern_kind kind;
    bool optional;

    bool from_first_host; /* PATTERN_PACKET: '>' */
    bool lost;
    bool is_tcp;
    uint8_t flags;         /* TCP: those named */
    bool has_payload;      /* TCP: "data" */
    int64_t payload_bytes; /* -1: any */
    char word[48];         /* not TCP: as packet_word() gives it, or its beginning */

    char lane[NAME_MAX_BYTES]; /* PATTERN_CALL; "" where the place says which */
    enum call call;
    int64_t number; /* first number among the arguments: length, backlog; -1: any */
    enum pattern_result result_kind;
    int64_t result; /* or errno */

    enum state state; /* PATTERN_STATE */
};

/* Each returns 0, or -EINVAL with a line in err that says what is wrong in the text. */
int pattern_parse_packet(const char *text, struct pattern *ret_pattern, struct err *err);
int pattern_parse_call(const char *text, struct pattern *ret_pattern, struct err *err);
int pattern_parse_state(const char *text, struct pattern *ret_pattern, struct err *err);

/* A packet, or a call with its lane in front. */
int pattern_parse_event(const char *text, struct pattern *ret_pattern, struct err *err);

/* A call as the record has it: where it begins, and where it comes back (NULL: it did not). */
struct seen_call {
    const struct event *enter, *exit;
};

/* The calls of a lane in the order of their beginning; NULL: of all lanes. The array is the caller's. */
typedef ARRAY(struct seen_call) seen_calls;
void seen_calls_collect(seen_calls *calls, const struct timeline *timeline, const char *lane);

bool pattern_matches_call(const struct pattern *pattern, const struct seen_call *call);

/* `sent` is a PACKET_SENT; `lost` says whether the wire dropped it. */
bool pattern_matches_packet(const struct pattern *pattern, const struct event *sent, bool lost,
                            const char *first_host);

/* True when the record says PACKET_DROPPED of this packet. */
bool packet_was_lost(const struct timeline *timeline, uint64_t id);

/* What was seen, in the same notation. */
struct buf;
void seen_call_text(struct buf *out, const struct seen_call *call);
void seen_packet_text(struct buf *out, const struct event *sent, bool lost, const char *first_host);

/* The index of the record of the nth event (from 1) that matches: a PACKET_SENT, or the CALL_EXIT of a call
 * (its CALL_ENTER, when it never returned or no result is asked for and at_enter is set); or -1. */
long pattern_find(const struct pattern *pattern, const struct timeline *timeline, const char *first_host,
                  int nth, bool at_enter);

#endif

/*
 * What the files of the model share: its memory of packets and calls, and how they say what they concluded.
 */
#ifndef SOCKSTEP_MODEL_INTERNAL_H
#define SOCKSTEP_MODEL_INTERNAL_H

#include "model/endpoint.h"
#include "model/machine.h"
#include "model/model.h"

/* A packet that left its sender; kept so that what comes later can be tied to it. */
struct packet_memory {
    uint64_t id, sent_seq, delivered_seq; /* 0: not delivered */
    bool ended;                           /* delivered or dropped */
    uint32_t sender;                      /* endpoint number, 0 not known */
    uint32_t link;
    struct packet packet;
    char host[NAME_MAX_BYTES], to[NAME_MAX_BYTES];
    struct event_context context; /* of PACKET_SENT: relative numbers, copy */
};

/* A CALL_ENTER, by seq; in ascending order. */
struct call_memory {
    uint64_t seq;
    uint8_t call;
    int32_t line;
    char file[SOURCE_FILE_MAX], lane[NAME_MAX_BYTES];
};

struct model {
    struct world world;
    uint64_t latest_seq;
    uint32_t beat;
    uint64_t beat_first_seq;
    uint32_t in_flight;
    ARRAY(struct packet_memory) packets; /* in order of leaving */
    ARRAY(struct call_memory) calls;
    change_list *changes; /* of the event at hand */
};

/* conclude.c */
void conclude_cause(struct event *event, uint64_t seq, enum rule rule, bool guessed); /* seq 0: nothing */
void conclude_state(struct model *model, struct endpoint *endpoint, enum witness witness, enum state state,
                    const char *reason, bool impossible);
void conclude_tcp(struct model *model, struct endpoint *endpoint, enum tcp_stimulus stimulus);
void conclude_api(struct model *model, struct endpoint *endpoint, enum api_stimulus stimulus);
/* The kernel's own word, by sock_diag or TCP_INFO. */
void conclude_kernel(struct model *model, struct endpoint *endpoint, enum state state);
struct endpoint_note conclude_note(const struct model *model, const struct endpoint *endpoint);
void conclude_context(const struct model *model, struct event *event); /* the sides, the cause's call */

/* memory.c */
const struct call_memory *memory_call(const struct model *model, uint64_t seq);
struct packet_memory *memory_packet(const struct model *model, uint64_t id);
/* The newest packet that was delivered from `source` to `destination`; NULL. */
const struct packet_memory *memory_delivered(const struct model *model, uint8_t protocol,
                                             const struct address *source, const struct address *destination);

/* The same, delivered or not. */
const struct packet_memory *memory_sent(const struct model *model, uint8_t protocol,
                                        const struct address *source, const struct address *destination);

/* spans.c */
uint64_t stream_place(uint32_t sequence, uint32_t initial, uint64_t near); /* byte number behind the SYN */
size_t spans_first(const struct span *spans, size_t count,
                   uint64_t place); /* first with end > place, by halving */

/* One for each group of events. */
void apply_call_enter(struct model *model, struct event *event);
void apply_call_exit(struct model *model, struct event *event);
void apply_packet_sent(struct model *model, struct event *event);
void apply_packet_delivered(struct model *model, struct event *event);
void apply_packet_stopped(struct model *model, struct event *event); /* dropped or held */
void apply_state(struct model *model, struct event *event);
void apply_process(struct model *model, struct event *event);
void apply_nothing(struct model *model, struct event *event);

/* The endpoint that a call is about, made if it is new to us; NULL when the call is about no socket. */
struct endpoint *call_endpoint(struct model *model, const struct event *event);

/* tcp.c: what a segment says when it leaves and when it arrives. */
void tcp_sent(struct model *model, struct event *event, struct endpoint *sender);
void tcp_arrived(struct model *model, struct event *event, struct endpoint *receiver);

/* datagram.c */
void datagram_handed(struct endpoint *endpoint, const struct event *event, struct open_call *call);
void datagram_sent(struct model *model, struct event *event);
void datagram_arrived(struct model *model, struct event *event);
void datagram_received(struct endpoint *endpoint, struct event *event);
void icmp_sent(struct model *model, struct event *event);
void icmp_arrived(struct model *model, struct event *event);

#endif

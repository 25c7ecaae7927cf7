/*
 * The picture: what stands on the stage after a given event: lanes with their calls, endpoints with their
 * states, packets in flight. A fold over the timeline; views draw it, they do not think.
 */
#ifndef SOCKSTEP_TIMELINE_PICTURE_H
#define SOCKSTEP_TIMELINE_PICTURE_H

#include "timeline/timeline.h"

struct picture_call {
    uint32_t enter;      /* index of the record of its CALL_ENTER */
    uint32_t exit;       /* of its CALL_EXIT; PICTURE_NONE while it has not returned */
    uint32_t known_exit; /* the fold's own: the same, also when it lies behind the position */
};

#define PICTURE_NONE 0xffffffffu

struct picture_endpoint {
    uint32_t number; /* as in event_context.endpoint */
    uint32_t lane;   /* index into picture->lanes, PICTURE_NONE when no process owns it */
    char host[NAME_MAX_BYTES];
    int32_t fd; /* -1: none yet, or closed */
    struct address local, remote;
    uint8_t states[WITNESS_COUNT]; /* enum state, by witness */
    uint32_t receive_queue, send_queue;
    uint16_t half_open, unaccepted; /* of a listening endpoint */
    uint8_t timer;
    uint32_t timer_ms;
    int64_t asked_ns; /* when the kernel said so */
    bool listening;
    uint8_t protocol; /* enum protocol; PROTOCOL_NONE: not known */
};

struct picture_lane {
    char name[NAME_MAX_BYTES];
    char host[NAME_MAX_BYTES];
    char program[48];
    int32_t pid;
    bool ended;
    int32_t exit_code, signal;
    ARRAY(struct picture_call) calls; /* in order of their beginning */
    size_t known_calls;               /* the fold's own */
    uint32_t main_endpoint; /* number of the endpoint that the badge shows: the connection if there is one,
                               else the listening or newest socket; 0 none */
};

struct picture_packet {
    uint32_t sent;      /* index of the record PACKET_SENT */
    uint32_t delivered; /* of PACKET_DELIVERED or PACKET_DROPPED, or PICTURE_NONE: in flight */
    uint32_t stopped;   /* of the latest PACKET_HELD, or PICTURE_NONE */
    bool dropped, held, known_drop;
    uint32_t known_end; /* the fold's own: delivered, also when it lies behind the position */
    uint32_t flow;      /* number of its picture_flow */
};

/* The state that is shown of an endpoint (picture_state()) became another. */
struct picture_step {
    uint32_t record;   /* after which */
    uint32_t change;   /* index into timeline->changes: who says so, and why */
    uint32_t endpoint; /* its number */
    uint8_t old_state, new_state;
};

/* Packets of one protocol between the same two ends. */
struct picture_flow {
    uint32_t number; /* from 1, in order of appearance */
    uint8_t protocol;
    struct address ends[2]; /* the first packet's source and destination */
    uint32_t packets;
    uint64_t payload_bytes;
    uint32_t first, last; /* records PACKET_SENT */
};

/* What a seek starts from. */
struct picture_snapshot {
    size_t position;
    size_t lane_count, endpoint_count, packet_count, step_count, flow_count;
    uint32_t in_flight;
    struct picture_lane *lanes; /* their calls are borrowed and only counted */
    struct picture_endpoint *endpoints;
    struct picture_flow *flows;
};

/* 1 + index; 0: not there. Of endpoints by number, of flows by their ends. */
typedef ARRAY(uint32_t) picture_index;

struct picture {
    size_t position; /* records folded so far: 0 nothing has happened */
    ARRAY(struct picture_lane) lanes;
    ARRAY(struct picture_endpoint) endpoints;
    ARRAY(struct picture_packet) packets;
    ARRAY(struct picture_step) steps;
    ARRAY(struct picture_flow) flows;
    uint32_t in_flight;

    /* the fold's own */
    picture_index endpoint_index, flow_index;
    ARRAY(struct picture_snapshot) snapshots; /* ascending */
    size_t snapshot_distance, snapshot_bytes;
    size_t known_lanes, known_packets; /* so many of the items are remembered, also behind the counts */
};

/* Valid when zeroed (position 0). */
void picture_release(struct picture *picture);

/* Brings the picture to the moment after `position` records (0..count). It folds on from where it
 * is, or from the nearest of the snapshots that it takes on the way. */
void picture_seek(struct picture *picture, const struct timeline *timeline, size_t position);

/* NULL when there is none. Borrowed until the next seek. */
const struct picture_lane *picture_lane(const struct picture *picture, const char *name);
const struct picture_endpoint *picture_endpoint(const struct picture *picture, uint32_t number);
const struct picture_flow *picture_flow(const struct picture *picture, uint32_t number);

/* The state to show for an endpoint: the kernel's word if there is one, else the wire's, else the api's. */
enum state picture_state(const struct picture_endpoint *endpoint, enum witness *ret_witness);

#endif

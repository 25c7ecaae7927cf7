/*
 * The picture: what stands on the stage after a given event: lanes with their calls, endpoints with their states,
 * packets in flight. A fold over the timeline; views draw it, they do not think.
 */
#ifndef SOCKSTEP_TIMELINE_PICTURE_H
#define SOCKSTEP_TIMELINE_PICTURE_H

#include "timeline/timeline.h"

struct picture_call {
    uint32_t enter; /* index of the record of its CALL_ENTER */
    uint32_t exit;  /* of its CALL_EXIT; PICTURE_NONE while it has not returned */
};

#define PICTURE_NONE 0xffffffffu

struct picture_endpoint {
    uint32_t number;         /* as in event_context.endpoint */
    uint32_t lane;           /* index into picture->lanes, PICTURE_NONE when no process owns it */
    char host[NAME_MAX_BYTES];
    int32_t fd;              /* -1: none yet, or closed */
    struct address local, remote;
    uint8_t states[WITNESS_COUNT]; /* enum state, by witness */
    uint32_t receive_queue, send_queue;
    uint16_t half_open, unaccepted; /* of a listening endpoint */
    uint8_t timer;
    uint32_t timer_ms;
    bool listening;
};

struct picture_lane {
    char name[NAME_MAX_BYTES];
    char host[NAME_MAX_BYTES];
    char program[48];
    int32_t pid;
    bool ended;
    int32_t exit_code, signal;
    ARRAY(struct picture_call) calls; /* in order of their beginning */
    uint32_t main_endpoint;           /* number of the endpoint that the badge shows: the connection if there is one, else the
                                         listening or newest socket; 0 none */
};

struct picture_packet {
    uint32_t sent;      /* index of the record PACKET_SENT */
    uint32_t delivered; /* of PACKET_DELIVERED or PACKET_DROPPED, or PICTURE_NONE: in flight */
    bool dropped, held;
};

struct picture {
    size_t position; /* records folded so far: 0 nothing has happened */
    ARRAY(struct picture_lane) lanes;
    ARRAY(struct picture_endpoint) endpoints;
    ARRAY(struct picture_packet) packets;
    uint32_t in_flight;
};

/* Valid when zeroed (position 0). */
void picture_release(struct picture *picture);

/* Brings the picture to the moment after `position` records (0..count). Forward it folds on; backward it starts again
 * from nothing. */
void picture_seek(struct picture *picture, const struct timeline *timeline, size_t position);

/* NULL when there is none. Borrowed until the next seek. */
const struct picture_lane *picture_lane(const struct picture *picture, const char *name);
const struct picture_endpoint *picture_endpoint(const struct picture *picture, uint32_t number);

/* The state to show for an endpoint: the kernel's word if there is one, else the wire's, else the api's. */
enum state picture_state(const struct picture_endpoint *endpoint, enum witness *ret_witness);

#endif

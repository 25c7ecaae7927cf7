/*
 * The packets on the wire: those that have left their sender and are not yet delivered, in the order in which
 * they are due, for each receiver. What the wire does to a packet (its fate) is settled when it is added.
 */
#ifndef SOCKSTEP_LAB_QUEUE_H
#define SOCKSTEP_LAB_QUEUE_H

#include <stdint.h>

#include "lab/lab.h"
#include "lab/rules.h"
#include "net/packet.h"

#define QUEUE_FRAMES_MAX 65536 /* for each receiver */

/* One frame as it was captured. Owned by whoever holds it; freed with free(). */
struct frame {
    struct frame *next, *prev;
    uint64_t id; /* from 1; copies of one packet for several receivers share it */
    int64_t stamp_ns;
    int64_t delay_ns; /* its fate: how long the wire keeps it */
    int64_t due_ns;
    int host, to; /* sender and receiver */
    bool to_all;  /* broadcast and multicast: `to` is the first of them */
    struct fate fate;
    char fault[FAULT_TEXT_MAX]; /* to be told when it arrives */
    bool waits_for_next;        /* until a later one of its direction has overtaken it */
    int held_by;                /* while held: index of a rule, or -1: by hand */
    uint32_t absorbed;          /* while held: copies that its sender's kernel sent meanwhile */
    struct packet packet;
    uint32_t wire_bytes, kept_bytes;
    uint8_t bytes[];
};

/* Valid when zeroed. */
struct queue {
    struct {
        struct frame *frames; /* the first one is due first */
        uint32_t count;
        int64_t free_ns; /* when the line to this receiver has room for the next packet */
    } lines[LAB_HOSTS_MAX];
    int64_t spacing_ns;
    int64_t paused_ns; /* no line moves before; 0: not paused */
};

/* A frame with room for `bytes`, zeroed but for what is given. */
struct frame *frame_new(const uint8_t *bytes, uint32_t kept_bytes, uint32_t wire_bytes);
struct frame *frame_copy(const struct frame *frame);

/* Takes the frame over; it is due delay_ns after its stamp, behind those that are due at the same time.
 * -ENOBUFS when the queue is full: the frame stays the caller's. */
int queue_add(struct queue *queue, struct frame *frame);

/* When the next frame is to be delivered; INT64_MAX: none waits. */
int64_t queue_next_ns(const struct queue *queue);

/* `fresh` was just added: what has waited for it is now due right behind it. */
void queue_overtake(struct queue *queue, const struct frame *fresh);

/* Nothing is delivered before when_ns. */
void queue_pause(struct queue *queue, int64_t when_ns);

/* The frame that is to be delivered first, if its time has come at now_ns, else NULL. The caller owns it. */
struct frame *queue_take(struct queue *queue, int64_t now_ns);

void queue_release(struct queue *queue);

#endif

/*
 * The two directions of the wire: frames are captured where a host's link ends in the middle, and injected
 * into another host's link. The only file of the lab that knows libpcap.
 */
#ifndef SOCKSTEP_LAB_WIRE_H
#define SOCKSTEP_LAB_WIRE_H

#include <stdbool.h>

#include "base/err.h"
#include "lab/queue.h"

struct wire;

struct wire *wire_new(int mtu);
void wire_free(struct wire *wire);

/* Listens on a device of this network namespace; it becomes port 0, 1, ... Returns 0 or -errno with err. */
int wire_add_port(struct wire *wire, const char *device, struct err *err);

/* Readable when frames wait. */
int wire_fd(const struct wire *wire, int port);

/* Takes the frame over; `host` and `stamp_ns` are set, the packet is decoded. */
typedef void wire_take(void *context, struct frame *frame);

/* Hands over all frames that wait at all ports, in the order of their stamps. Returns how many there were. */
int wire_read(struct wire *wire, wire_take *take, void *context);

/* Puts a frame on a port's link. 0 or -errno. */
int wire_send(struct wire *wire, int port, const struct frame *frame);

/* Frames that were lost since the last time because nobody took them in time. */
uint64_t wire_lost(struct wire *wire);

/* What hosts say to keep a link going, as against what programs say to each other: ARP, neighbour and router
 * discovery, multicast listeners, and whatever is not IP. */
bool wire_is_housekeeping(const struct packet *packet);

#endif

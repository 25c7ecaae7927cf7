/*
 * What can be done to a frame: a bit turned over, an ICMP message made about it.
 */
#ifndef SOCKSTEP_LAB_DAMAGE_H
#define SOCKSTEP_LAB_DAMAGE_H

#include "lab/queue.h"
#include "lab/rules.h"

/* Turns over one bit of byte `at` of the payload (of its last byte, where it is shorter; without payload: of
 * the transport header, where it changes nothing else), so that the transport checksum is wrong. False when
 * the packet has nothing that a checksum covers. */
bool frame_corrupt(struct frame *frame, int at);

/* An ICMP or ICMPv6 message to the sender of `about`, as its receiver (port unreachable) or a router on the
 * way (address 192.0.2.254, 2001:db8::fe) would send it. The caller sets id, stamp and delay, and frees it.
 * NULL when no message may be sent about this packet (RFC 1122 3.2.2). */
struct frame *frame_icmp_about(const struct frame *about, enum fault_icmp what, uint16_t mtu);

#endif

/*
 * Real packets for tests: Ethernet + IPv4 or IPv6 + TCP, UDP or ICMP, lengths and checksums right. It shares
 * no code with tracer/net, so that a test of the decoder is not the decoder's own echo.
 */
#ifndef SOCKSTEP_TESTS_PACKET_BUILDER_H
#define SOCKSTEP_TESTS_PACKET_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/packet.h"

#define FRAME_MAX_BYTES 9216

/* What the packet shall say. Zero is a sensible value for everything that is not named. */
struct packet_plan {
    struct address source, destination; /* of the same family */
    uint8_t protocol;                   /* PROTOCOL_TCP, UDP, ICMP or ICMPV6 */
    uint8_t hop_limit;                  /* 0: 64 */
    uint16_t ip_id;
    uint16_t fragment_offset; /* bytes, a multiple of 8; not 0: no transport header is written */
    bool more_fragments;
    uint8_t tcp_flags;
    uint32_t sequence, acknowledgment;
    uint16_t window, urgent;
    uint8_t icmp_type, icmp_code;
    uint32_t icmp_rest;
    const void *options; /* of TCP; padded with zeroes to a multiple of four */
    size_t option_bytes; /* at most 40 */
    const void *payload; /* of ICMP: all behind the first eight bytes */
    size_t payload_bytes;
    bool spoil_checksum; /* the transport checksum comes out wrong */
};

struct frame {
    uint8_t bytes[FRAME_MAX_BYTES];
    size_t count;
    size_t ip_offset, transport_offset, payload_offset;
};

/* Builds the Ethernet frame. Aborts on a plan that does not fit. */
void packet_build(struct frame *ret_frame, const struct packet_plan *plan);

/* The options of a SYN as Linux sends them: MSS, SACK permitted, timestamps, window scale; 20 bytes into
 * `to`. */
#define SYN_OPTION_BYTES 20
void syn_options(uint8_t to[SYN_OPTION_BYTES], uint16_t mss, uint32_t timestamp, uint32_t echo,
                 uint8_t window_shift);

/* "192.0.2.1" + port, "2001:db8::1" + port. Aborts on anything else. */
struct address address_make(const char *ip, uint16_t port);

#endif

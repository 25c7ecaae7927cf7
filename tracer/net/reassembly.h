/*
 * IP datagrams in fragments, put together (RFC 791 3.2, RFC 815, RFC 8200 4.5): a datagram speaks through the
 * fragment that completes it. Bounded in memory however many fragments come. Fragments that overlap and
 * disagree end their datagram (RFC 5722; Linux does so for IPv4 too): nobody can say what the receiver read.
 */
#ifndef SOCKSTEP_NET_REASSEMBLY_H
#define SOCKSTEP_NET_REASSEMBLY_H

#include "net/packet.h"

struct reassembly;

/* At most so many bytes of unfinished datagrams are kept; the oldest goes first. */
struct reassembly *reassembly_new(size_t memory_max_bytes);
void reassembly_free(struct reassembly *reassembly); /* NULL is allowed */

/*
 * packet_read() for captures in order of time. Of a fragment has_transport is false and ports are 0, except:
 * - it completes its datagram: *ret_packet is what the datagram says, with reassembled set; fragment_offset
 * and more_fragments are 0, wire_bytes is of this frame alone;
 * - it was captured only in part, so that the datagram can never be whole: it is told as packet_read() does.
 * `damage` names fragments that overlap and disagree, or that no datagram can have (-EPROTO).
 * *ret_bytes is what payload_offset and ip_offset count from: `bytes`, or the datagram, valid until the next
 * call.
 */
int reassembly_read(struct reassembly *reassembly, enum link_type link, const uint8_t *bytes, size_t captured,
                    size_t wire_bytes, int64_t time_ns, unsigned options, struct packet *ret_packet,
                    const uint8_t **ret_bytes);

struct reassembly_counts {
    uint64_t completed;
    uint64_t timed_out; /* not complete within a minute (RFC 1122 3.3.2) */
    uint64_t evicted;   /* for want of memory */
    uint64_t damaged;
    size_t waiting, waiting_bytes;
};
struct reassembly_counts reassembly_counts(const struct reassembly *reassembly);

#endif

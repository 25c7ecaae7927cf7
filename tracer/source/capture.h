/*
 * Packets from a capture file, one after the other, at the speed of the disk: pcap and pcapng, plain or
 * compressed (gzip, zstd), from a file or standard input. Reads forward only, in pieces; memory does not grow
 * with the file. Journal blocks and other blocks that hold no packet are stepped over here (trace/ reads
 * those of our own traces).
 */
#ifndef SOCKSTEP_SOURCE_CAPTURE_H
#define SOCKSTEP_SOURCE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct capture;

/* Borrowed until the next call of capture_next(). */
struct capture_packet {
    const uint8_t *bytes;
    uint32_t captured_bytes, wire_bytes;
    int64_t time_ns;    /* since the epoch; of a Simple Packet Block: that of the packet before */
    uint32_t link;      /* enum link_type, or another number of pcap-linktype(7) */
    uint32_t interface; /* counts from 0 over all sections */
    uint64_t frame;     /* from 1, in file order; packets that the filter leaves out count too */
};

/* `path` "-" is standard input. `filter` is a libpcap filter expression (pcap-filter(7)) or NULL. NULL with
 * one line in err when it cannot be opened, is no capture, or the filter is wrong (with libpcap's words). */
struct capture *capture_open(const char *path, const char *filter, struct err *err);

/* Returns 1 and the next packet, 0 at the end, -errno with err when the file is damaged here (what came
 * before is good; -EPIPE: it is cut short). After 0 or a failure: call no more. */
int capture_next(struct capture *capture, struct capture_packet *ret_packet, struct err *err);

/* How much of the file has been read, 0..1; negative when that cannot be known (standard input). */
double capture_progress(const struct capture *capture);

void capture_close(struct capture *capture); /* NULL is allowed */

#endif

/*
 * Shared by the capture reader's files and by nobody else. Each format has one file; it sets capture->next.
 */
#ifndef SOCKSTEP_SOURCE_CAPTURE_PART_H
#define SOCKSTEP_SOURCE_CAPTURE_PART_H

#include <string.h>

#include "base/array.h"
#include "source/capture.h"
#include "source/capture_input.h"

/* A longer packet, or block that holds one, is damage and not data. */
#define CAPTURE_PACKET_MAX ((uint32_t)64 << 20)

struct capture_interface {
    uint32_t link, snapped;
    uint32_t unit_ns;   /* of a time stamp, if it is a whole number of nanoseconds */
    uint64_t units_max; /* up to which so much arithmetic is enough; 0 if it never is */
    uint8_t resolution; /* if_tsresol */
    int64_t offset_ns;
};

struct capture_filter;

struct capture {
    struct input input;
    int (*next)(struct capture *capture, struct capture_packet *ret_packet, struct err *err);
    bool big_endian; /* of the file, or the section */
    uint64_t frame;
    int64_t last_ns;
    struct capture_filter *filter;
    ARRAY(struct capture_interface) interfaces; /* pcapng: of this section; pcap: one */
    uint32_t interface_base;                    /* pcapng: interfaces of the sections before */
    uint32_t packet_max;                        /* pcap */
    uint32_t record_header_bytes;               /* pcap */
    bool lengths_may_be_swapped;                /* pcap: very old files */
};

/* Both look at the first bytes: 1 when they are theirs and the header is read, 0 when not, -errno with err.
 */
int capture_pcap_open(struct capture *capture, struct err *err);
int capture_pcapng_open(struct capture *capture, struct err *err);

/* The end of the file within something that was begun: -EPIPE, or what kept the input from reading on. */
int capture_cut_short(struct capture *capture, const char *what, struct err *err);

static inline uint16_t capture_read16(const uint8_t *bytes, bool big_endian)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) ? value : __builtin_bswap16(value);
}

static inline uint32_t capture_read32(const uint8_t *bytes, bool big_endian)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) ? value : __builtin_bswap32(value);
}

#endif

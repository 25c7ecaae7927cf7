/*
 * A capture file in memory, pcapng or pcap, taken apart item by item. Nothing is copied: items point into the
 * file's bytes. Every length is checked against what is there before it is used.
 */
#ifndef SOCKSTEP_TRACE_CAPTURE_H
#define SOCKSTEP_TRACE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/err.h"
#include "net/address.h"

struct bytes {
    const uint8_t *at;
    size_t count;
};

enum capture_kind {
    CAPTURE_SECTION, /* a section header: its first comment */
    CAPTURE_NAME,    /* one address and its name */
    CAPTURE_PACKET,
    CAPTURE_JOURNAL, /* an entry in `data` */
    CAPTURE_DAMAGED, /* one block that makes no sense by itself: `reason`; the next may be sound */
};

struct capture_item {
    enum capture_kind kind;
    struct bytes data; /* packet: what was captured */
    uint32_t link;
    uint32_t wire_bytes;
    int64_t time_ns; /* a packet without a time has that of the packet before */
    uint64_t packet_id;
    bool has_packet_id;
    struct bytes json;    /* packet: of its SOCKSTEP_JSON option */
    struct bytes comment; /* section; of several the first */
    bool unfinished;      /* section of ours: its writer never came to the end */
    struct address address;
    struct bytes name;
    const char *reason; /* static */
};

struct capture_interface {
    uint32_t link, snapped;
    uint8_t resolution; /* if_tsresol */
    int64_t offset_s;
};

struct capture_file {
    struct bytes file;
    size_t at;       /* of the next block or record */
    bool big_endian; /* of the section or file */
    int64_t last_ns;
    int (*next)(struct capture_file *capture, struct capture_item *item, struct err *err);
    ARRAY(struct capture_interface) interfaces; /* pcapng: of this section; pcap: one */
    size_t section_end;          /* pcapng: where a section of ours ended when it was whole; else 0 */
    struct bytes names;          /* pcapng: records of a name block not yet given */
    struct bytes addressed;      /* pcapng: further names of one record */
    struct address address;      /* pcapng: of them */
    size_t record_header_bytes;  /* pcap */
    bool lengths_may_be_swapped; /* pcap: very old files */
};

/* Looks at the first bytes; valid until capture_file_release(). Borrows the bytes. -EINVAL with "what it is
 * instead" in err. */
int capture_file_open(struct capture_file *capture, const uint8_t *bytes, size_t count, struct err *err);
void capture_file_release(struct capture_file *capture);

/* Returns 1 with an item; 0 at the end; -ENODATA when the file is cut short, -EPROTO when it is damaged
 * beyond going on, with err ("the last 37 bytes are half a block"). Nothing more comes after 0 or less. */
int capture_file_next(struct capture_file *capture, struct capture_item *ret_item, struct err *err);

/* For capture_pcapng.c and capture_pcap.c only. */
int pcapng_open(struct capture_file *capture, struct err *err);
bool pcap_recognizes(struct bytes file);
int pcap_open(struct capture_file *capture, struct err *err);
uint16_t capture_u16(const struct capture_file *capture, const uint8_t *bytes);
uint32_t capture_u32(const struct capture_file *capture, const uint8_t *bytes);
uint64_t capture_u64(const struct capture_file *capture, const uint8_t *bytes);

/* A longer block or record than this is damage, not data. */
#define CAPTURE_BLOCK_MAX ((size_t)64 << 20)

#endif

/*
 * Capture files made by hand, byte for byte: pcap and pcapng in either byte order, packed or not, and a path
 * to hand to a reader. Shares no code with tracer/source.
 */
#ifndef SOCKSTEP_TESTS_CAPTURE_BUILDER_H
#define SOCKSTEP_TESTS_CAPTURE_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct made_file {
    struct buf bytes;
    bool big_endian;
    size_t block_at; /* of the block that was begun */
};

void made_release(struct made_file *file);

void made_8(struct made_file *file, unsigned value);
void made_16(struct made_file *file, unsigned value);
void made_32(struct made_file *file, uint32_t value);
void made_64(struct made_file *file, uint64_t value);
void made_bytes(struct made_file *file, const void *bytes, size_t count);

/* pcap: 0xa1b2c3d4 or another magic number. */
void made_pcap(struct made_file *file, uint32_t magic, uint32_t link);
void made_record(struct made_file *file, uint32_t s, uint32_t fraction, const void *bytes, uint32_t captured,
                 uint32_t wire);

/* pcapng. A block is padded, and its two lengths are set, by made_block_end(). */
void made_block(struct made_file *file, uint32_t type);
void made_block_end(struct made_file *file);
void made_option(struct made_file *file, unsigned code, const void *bytes, unsigned count);
void made_section(struct made_file *file);
void made_interface(struct made_file *file, unsigned link, uint32_t snapped, int resolution,
                    int64_t offset_s);
void made_packet(struct made_file *file, uint32_t interface, uint64_t units, const void *bytes,
                 uint32_t captured, uint32_t wire);

/* Appends `from`, packed, as one member or frame. */
void made_gzip(struct made_file *file, const struct made_file *from);
void made_zstd(struct made_file *file, const struct made_file *from);

/* A path under which the first `count` bytes can be opened until the next call. */
const char *made_path(const struct made_file *file, size_t count);

#endif

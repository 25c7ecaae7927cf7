/*
 * Building blocks of pcapng, little-endian, one after another into a buffer:
 *
 *     size_t start = block_begin(&out, BLOCK_INTERFACE);
 *     ... fields, then options ...
 *     block_end(&out, start);
 */
#ifndef SOCKSTEP_TRACE_BLOCK_H
#define SOCKSTEP_TRACE_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "trace/pcapng.h"

size_t block_begin(struct buf *out, uint32_t type); /* returns what block_end() needs */
void block_end(struct buf *out, size_t start);      /* sets both lengths */

void put_le16(struct buf *out, uint16_t value);
void put_le32(struct buf *out, uint32_t value);
void put_le64(struct buf *out, uint64_t value);

/* Bytes, filled with zeroes up to a multiple of four. */
void put_padded(struct buf *out, const void *bytes, size_t count);

/* One option; what is longer than an option can be (65535) is cut. */
void put_option(struct buf *out, uint16_t code, const void *bytes, size_t count);
void put_option_text(struct buf *out, uint16_t code, const char *text); /* nothing for "" */

/* A custom option that holds "KEY=text". */
void put_option_custom(struct buf *out, uint16_t code, const char *key, const char *text, size_t count);

/* Whether put_option_custom() has room for so much text. */
#define OPTION_CUSTOM_MAX (65535u - 4 - sizeof JSON_KEY)

void put_options_end(struct buf *out);

#endif

/*
 * The bytes of a capture file, in order, in pieces of 256 KiB: read as they are or unpacked (gzip, zstd, by
 * their first bytes; several members or frames behind each other are one stream). What is asked for is
 * contiguous in memory and, unless it lies across the edge of two pieces, was never copied.
 */
#ifndef SOCKSTEP_SOURCE_CAPTURE_INPUT_H
#define SOCKSTEP_SOURCE_CAPTURE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define INPUT_PIECE_BYTES ((size_t)256 << 10)

struct unpacker;

struct input {
    const uint8_t *at; /* the next byte; at + input_left() ends what is in memory */
    const uint8_t *end;
    uint8_t *buffer;
    size_t buffer_bytes;
    int fd;
    bool ended;       /* nothing more will come; error_number says why when it is not 0 */
    int error_number; /* positive */
    char error_text[160];
    uint64_t file_bytes; /* 0: not known */
    uint64_t read_bytes; /* of the file, packed */
    struct unpacker *unpacker;
};

/* "-" is standard input. Returns 0, or -errno with err. Valid until input_close(). */
int input_open(struct input *input, const char *path, struct err *err);
void input_close(struct input *input);

const uint8_t *input_fill(struct input *input, size_t count);

/* The next `count` bytes without taking them, or NULL when so many do not follow: then input_left() bytes do.
 * Valid until the next call. */
static inline const uint8_t *input_need(struct input *input, size_t count)
{
    return (size_t)(input->end - input->at) >= count ? input->at : input_fill(input, count);
}

static inline size_t input_left(const struct input *input)
{
    return (size_t)(input->end - input->at);
}

/* Steps over bytes, however many. False when the file ends before. */
bool input_skip(struct input *input, uint64_t count);

/* Why nothing follows: 0 for an ordinary end of the file, else -errno with err. */
int input_failure(const struct input *input, struct err *err);

double input_progress(const struct input *input);

/* For capture_unpack.c. Reads up to `count` bytes of the file as it is. 0 at its end, negative on failure. */
ptrdiff_t input_read(struct input *input, uint8_t *to, size_t count);
int input_fail(struct input *input, int error_number, const char *text); /* -1 */

/* NULL when the first bytes are not those of a packing that is known. Borrows the input; takes over `head`,
 * what has been read of the file so far. */
struct unpacker *unpacker_new(struct input *input, const uint8_t *head, size_t head_bytes);
ptrdiff_t unpacker_read(struct unpacker *unpacker, uint8_t *to, size_t count); /* as input_read() */
void unpacker_free(struct unpacker *unpacker);

#endif

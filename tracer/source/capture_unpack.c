/* gzip (RFC 1952) by zlib and zstd (RFC 8878) by libzstd, as streams. */
#include "source/capture_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/xalloc.h"

enum { PACKED_BYTES = 64 << 10 };

enum packing { PACKING_NONE, PACKING_GZIP, PACKING_ZSTD };

struct unpacker {
    struct input *input;
    enum packing packing;
    uint8_t *packed;
    size_t at, count;   /* of the packed bytes in memory */
    bool inside_member; /* the file may not end here */
    bool first_member;
    z_stream gzip;
    ZSTD_DCtx *zstd;
};

static enum packing packing_of(const uint8_t *head, size_t bytes)
{
    if (bytes >= 3 && head[0] == 0x1f && head[1] == 0x8b && head[2] == Z_DEFLATED)
        return PACKING_GZIP;
    if (bytes >= 4 && memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0)
        return PACKING_ZSTD;
    return PACKING_NONE;
}

struct unpacker *unpacker_new(struct input *input, const uint8_t *head, size_t head_bytes)
{
    enum packing packing = packing_of(head, head_bytes);
    if (packing == PACKING_NONE)
        return NULL;
    struct unpacker *unpacker = xcalloc(1, sizeof *unpacker);
    unpacker->input = input;
    unpacker->packing = packing;
    unpacker->first_member = true;
    unpacker->packed = xmalloc(head_bytes > PACKED_BYTES ? head_bytes : PACKED_BYTES);
    memcpy(unpacker->packed, head, head_bytes);
    unpacker->count = head_bytes;
    bool ready;
    if (packing == PACKING_GZIP)
        ready = inflateInit2(&unpacker->gzip, MAX_WBITS + 16) == Z_OK;
    else
        ready = (unpacker->zstd = ZSTD_createDCtx()) != NULL;
    if (!ready)
        input_fail(input, ENOMEM, strerror(ENOMEM));
    return unpacker;
}

void unpacker_free(struct unpacker *unpacker)
{
    if (unpacker == NULL)
        return;
    if (unpacker->packing == PACKING_GZIP)
        inflateEnd(&unpacker->gzip);
    ZSTD_freeDCtx(unpacker->zstd);
    free(unpacker->packed);
    free(unpacker);
}

static int damaged(struct unpacker *unpacker, const char *library_says)
{
    char text[120];
    snprintf(text, sizeof text, "the %s data is damaged (%s)",
             unpacker->packing == PACKING_GZIP ? "gzip" : "zstd", library_says);
    return input_fail(unpacker->input, EPROTO, text);
}

/* 1 when there are packed bytes, 0 at the end of the file. Both libraries keep a packed byte back as long as
 * they have unpacked ones that found no room: gzip its trailer, zstd on purpose. */
static int refill(struct unpacker *unpacker)
{
    if (unpacker->at < unpacker->count)
        return 1;
    ptrdiff_t got = input_read(unpacker->input, unpacker->packed, PACKED_BYTES);
    unpacker->at = 0;
    unpacker->count = got > 0 ? (size_t)got : 0;
    if (got == 0 && unpacker->inside_member)
        return input_fail(unpacker->input, EPIPE, "cut short: the packed data ends too early");
    return got < 0 ? -1 : got > 0;
}

/* Between members: zeroes are padding (tapes); anything else but a member is not ours to read. */
static int gzip_member(struct unpacker *unpacker)
{
    int more;
    while ((more = refill(unpacker)) == 1 && !unpacker->first_member && unpacker->packed[unpacker->at] == 0)
        unpacker->at++;
    if (more != 1)
        return more;
    if (!unpacker->first_member && unpacker->packed[unpacker->at] != 0x1f)
        return damaged(unpacker, "other bytes follow it");
    inflateReset(&unpacker->gzip);
    unpacker->first_member = false;
    unpacker->inside_member = true;
    return 1;
}

/* Steps return 1 with *ret_got bytes, which may be none yet; 0 at the end; -1. What was unpacked before the
 * damage is good. */
static int gzip_step(struct unpacker *unpacker, uint8_t *to, size_t count, size_t *ret_got)
{
    int more = unpacker->inside_member ? refill(unpacker) : gzip_member(unpacker);
    if (more != 1)
        return more;
    z_stream *gzip = &unpacker->gzip;
    gzip->next_in = unpacker->packed + unpacker->at;
    gzip->avail_in = (uInt)(unpacker->count - unpacker->at);
    gzip->next_out = to;
    gzip->avail_out = (uInt)count;
    int result = inflate(gzip, Z_NO_FLUSH);
    unpacker->at = unpacker->count - gzip->avail_in;
    *ret_got = count - gzip->avail_out;
    if (result == Z_STREAM_END)
        unpacker->inside_member = false;
    else if (result != Z_OK && result != Z_BUF_ERROR)
        return damaged(unpacker, gzip->msg != NULL ? gzip->msg : "zlib gives up");
    return 1;
}

static int zstd_step(struct unpacker *unpacker, uint8_t *to, size_t count, size_t *ret_got)
{
    int more = refill(unpacker);
    if (more != 1)
        return more;
    ZSTD_inBuffer in = {.src = unpacker->packed, .size = unpacker->count, .pos = unpacker->at};
    ZSTD_outBuffer out = {.dst = to, .size = count};
    size_t result = ZSTD_decompressStream(unpacker->zstd, &out, &in);
    *ret_got = out.pos;
    if (ZSTD_isError(result))
        return damaged(unpacker, ZSTD_getErrorName(result));
    unpacker->at = in.pos;
    unpacker->inside_member = result != 0;
    return 1;
}

ptrdiff_t unpacker_read(struct unpacker *unpacker, uint8_t *to, size_t count)
{
    size_t got = 0;
    int more = 1;
    while (more == 1 && got == 0)
        more = unpacker->packing == PACKING_GZIP ? gzip_step(unpacker, to, count, &got)
                                                 : zstd_step(unpacker, to, count, &got);
    return more < 0 && got == 0 ? -1 : (ptrdiff_t)got;
}

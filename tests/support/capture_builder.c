#include "tests/support/capture_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

void made_release(struct made_file *file)
{
    buf_release(&file->bytes);
}

void made_8(struct made_file *file, unsigned value)
{
    buf_putc(&file->bytes, (char)value);
}

void made_16(struct made_file *file, unsigned value)
{
    made_8(file, file->big_endian ? value >> 8 & 0xff : value & 0xff);
    made_8(file, file->big_endian ? value & 0xff : value >> 8 & 0xff);
}

void made_32(struct made_file *file, uint32_t value)
{
    made_16(file, file->big_endian ? value >> 16 : value & 0xffff);
    made_16(file, file->big_endian ? value & 0xffff : value >> 16);
}

void made_64(struct made_file *file, uint64_t value)
{
    made_32(file, (uint32_t)(file->big_endian ? value >> 32 : value));
    made_32(file, (uint32_t)(file->big_endian ? value : value >> 32));
}

void made_bytes(struct made_file *file, const void *bytes, size_t count)
{
    buf_add(&file->bytes, bytes, count);
}

void made_pcap(struct made_file *file, uint32_t magic, uint32_t link)
{
    made_32(file, magic);
    made_16(file, 2);
    made_16(file, 4);
    made_64(file, 0);
    made_32(file, 65535);
    made_32(file, link);
}

void made_record(struct made_file *file, uint32_t s, uint32_t fraction, const void *bytes, uint32_t captured,
                 uint32_t wire)
{
    made_32(file, s);
    made_32(file, fraction);
    made_32(file, captured);
    made_32(file, wire);
    made_bytes(file, bytes, captured);
}

void made_block(struct made_file *file, uint32_t type)
{
    file->block_at = file->bytes.length;
    made_32(file, type);
    made_32(file, 0);
}

static void pad(struct made_file *file)
{
    while (file->bytes.length % 4 != 0)
        made_8(file, 0);
}

void made_block_end(struct made_file *file)
{
    pad(file);
    uint32_t length = (uint32_t)(file->bytes.length - file->block_at + 4);
    made_32(file, length);
    memcpy(file->bytes.text + file->block_at + 4, file->bytes.text + file->bytes.length - 4, 4);
}

void made_option(struct made_file *file, unsigned code, const void *bytes, unsigned count)
{
    made_16(file, code);
    made_16(file, count);
    made_bytes(file, bytes, count);
    pad(file);
}

void made_section(struct made_file *file)
{
    made_block(file, 0x0a0d0d0a);
    made_32(file, 0x1a2b3c4d);
    made_16(file, 1);
    made_16(file, 0);
    made_64(file, UINT64_MAX);
    made_option(file, 1, "a comment", 9);
    made_32(file, 0);
    made_block_end(file);
}

void made_interface(struct made_file *file, unsigned link, uint32_t snapped, int resolution, int64_t offset_s)
{
    made_block(file, 1);
    made_16(file, link);
    made_16(file, 0);
    made_32(file, snapped);
    made_option(file, 2, "eth0", 4);
    if (resolution >= 0)
        made_option(file, 9, &(uint8_t){(uint8_t)resolution}, 1);
    if (offset_s != 0) {
        made_16(file, 14);
        made_16(file, 8);
        made_64(file, (uint64_t)offset_s);
    }
    made_32(file, 0);
    made_block_end(file);
}

void made_packet(struct made_file *file, uint32_t interface, uint64_t units, const void *bytes,
                 uint32_t captured, uint32_t wire)
{
    made_block(file, 6);
    made_32(file, interface);
    made_32(file, (uint32_t)(units >> 32));
    made_32(file, (uint32_t)units);
    made_32(file, captured);
    made_32(file, wire);
    made_bytes(file, bytes, captured);
    pad(file);
    made_option(file, 1, "said of it", 10);
    made_32(file, 0);
    made_block_end(file);
}

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    exit(1);
}

void made_gzip(struct made_file *file, const struct made_file *from)
{
    z_stream stream = {.next_in = (Bytef *)from->bytes.text, .avail_in = (uInt)from->bytes.length};
    must(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "deflateInit2");
    size_t room = deflateBound(&stream, from->bytes.length);
    uint8_t *packed = malloc(room);
    must(packed != NULL, "malloc");
    stream.next_out = packed;
    stream.avail_out = (uInt)room;
    must(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflate");
    made_bytes(file, packed, room - stream.avail_out);
    deflateEnd(&stream);
    free(packed);
}

void made_zstd(struct made_file *file, const struct made_file *from)
{
    size_t room = ZSTD_compressBound(from->bytes.length);
    void *packed = malloc(room);
    must(packed != NULL, "malloc");
    size_t count = ZSTD_compress(packed, room, from->bytes.text, from->bytes.length, 3);
    must(!ZSTD_isError(count), "ZSTD_compress");
    made_bytes(file, packed, count);
    free(packed);
}

const char *made_path(const struct made_file *file, size_t count)
{
    static int fd = -1;
    static char path[64];
    if (fd >= 0)
        close(fd);
    fd = memfd_create("capture", MFD_CLOEXEC);
    must(fd >= 0, "memfd_create");
    for (size_t at = 0; at < count;) {
        ssize_t put = write(fd, file->bytes.text + at, count - at);
        must(put > 0, "write");
        at += (size_t)put;
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

#include "trace/capture.h"

#include <errno.h>
#include <string.h>

#include "trace/pcapng.h"

uint16_t capture_u16(const struct capture_file *capture, const uint8_t *bytes)
{
    return (uint16_t)(capture->big_endian ? bytes[0] << 8 | bytes[1] : bytes[1] << 8 | bytes[0]);
}

uint32_t capture_u32(const struct capture_file *capture, const uint8_t *bytes)
{
    uint32_t first = capture_u16(capture, bytes), second = capture_u16(capture, bytes + 2);
    return capture->big_endian ? first << 16 | second : second << 16 | first;
}

uint64_t capture_u64(const struct capture_file *capture, const uint8_t *bytes)
{
    uint64_t first = capture_u32(capture, bytes), second = capture_u32(capture, bytes + 4);
    return capture->big_endian ? first << 32 | second : second << 32 | first;
}

/* Things that people mistake for captures. */
static const struct {
    uint8_t magic[4];
    uint8_t bytes;
    const char *what;
} others[] = {
    {{0x1f, 0x8b}, 2, "gzip; unpack it first"},
    {{0x28, 0xb5, 0x2f, 0xfd}, 4, "zstd; unpack it first"},
    {{'B', 'Z', 'h'}, 3, "bzip2; unpack it first"},
    {{0xfd, '7', 'z', 'X'}, 4, "xz; unpack it first"},
    {{'P', 'K', 3, 4}, 4, "zip; unpack it first"},
    {{'s', 'n', 'o', 'o'}, 4, "a Solaris snoop file"},
    {{0x7f, 'E', 'L', 'F'}, 4, "a program"},
    {{'{'}, 1, "it looks like JSON"},
    {{'#', '!'}, 2, "a script"},
};

static int not_a_capture(struct bytes file, struct err *err)
{
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (file.count >= others[i].bytes && memcmp(file.at, others[i].magic, others[i].bytes) == 0)
            return err_set(err, EINVAL, "not a capture file (%s)", others[i].what);
    if (file.count < 4)
        return err_set(err, EINVAL, "not a capture file (%s)", file.count == 0 ? "it is empty" : "too short");
    return err_set(err, EINVAL, "not a capture file (it begins with %02x %02x %02x %02x)", file.at[0],
                   file.at[1], file.at[2], file.at[3]);
}

int capture_file_open(struct capture_file *capture, const uint8_t *bytes, size_t count, struct err *err)
{
    static const uint8_t section[] = {0x0a, 0x0d, 0x0d, 0x0a};
    *capture = (struct capture_file){.file = {bytes, count}};
    if (count >= sizeof section && memcmp(bytes, section, sizeof section) == 0)
        return pcapng_open(capture, err);
    if (pcap_recognizes(capture->file))
        return pcap_open(capture, err);
    return not_a_capture(capture->file, err);
}

void capture_file_release(struct capture_file *capture)
{
    array_release(&capture->interfaces);
}

int capture_file_next(struct capture_file *capture, struct capture_item *ret_item, struct err *err)
{
    struct capture_item item = {0};
    int result = capture->next(capture, &item, err);
    if (result == 1)
        *ret_item = item;
    else
        capture->at = capture->file.count;
    return result;
}

/* Classic pcap (pcap-savefile(5)): microseconds or nanoseconds, both byte orders. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "trace/capture.h"

enum { FILE_HEADER_BYTES = 24, RECORD_HEADER_BYTES = 16, MODIFIED_RECORD_HEADER_BYTES = 24 };

static const struct magic {
    uint8_t bytes[4]; /* as a big-endian machine wrote them */
    uint8_t resolution;
    uint8_t record_header_bytes;
} magics[] = {
    {{0xa1, 0xb2, 0xc3, 0xd4}, 6, RECORD_HEADER_BYTES},
    {{0xa1, 0xb2, 0x3c, 0x4d}, 9, RECORD_HEADER_BYTES},
    {{0xa1, 0xb2, 0xcd, 0x34}, 6, MODIFIED_RECORD_HEADER_BYTES}, /* once patched into libpcap, for Linux */
};

static const struct magic *magic_find(const uint8_t *bytes, bool *ret_big_endian)
{
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        const uint8_t *magic = magics[i].bytes;
        bool forward = memcmp(bytes, magic, 4) == 0;
        bool backward =
            bytes[0] == magic[3] && bytes[1] == magic[2] && bytes[2] == magic[1] && bytes[3] == magic[0];
        if (forward || backward) {
            *ret_big_endian = forward;
            return &magics[i];
        }
    }
    return NULL;
}

bool pcap_recognizes(struct bytes file)
{
    bool ignored;
    return file.count >= 4 && magic_find(file.at, &ignored) != NULL;
}

static int cut_short(const struct capture_file *capture, struct err *err)
{
    return err_set(err, ENODATA, "cut short: the last %zu bytes are half a record",
                   capture->file.count - capture->at);
}

static int64_t record_time(const struct capture_file *capture, const uint8_t *record)
{
    int64_t fraction = capture_u32(capture, record + 4);
    if (capture->interfaces.items[0].resolution == 6)
        fraction *= NS_PER_US;
    return capture_u32(capture, record) * NS_PER_S + fraction;
}

static int record_next(struct capture_file *capture, struct capture_item *item, struct err *err)
{
    const uint8_t *record = capture->file.at + capture->at;
    size_t left = capture->file.count - capture->at;
    if (left == 0)
        return 0;
    if (left < capture->record_header_bytes)
        return cut_short(capture, err);
    uint32_t captured = capture_u32(capture, record + 8), wire = capture_u32(capture, record + 12);
    if (capture->lengths_may_be_swapped && captured > wire) {
        uint32_t other = captured;
        captured = wire;
        wire = other;
    }
    if (captured > CAPTURE_BLOCK_MAX)
        return err_set(err, EPROTO, "damaged at byte %zu: a packet of %u bytes", capture->at, captured);
    if (captured > left - capture->record_header_bytes)
        return cut_short(capture, err);
    item->kind = CAPTURE_PACKET;
    item->time_ns = record_time(capture, record);
    item->data = (struct bytes){record + capture->record_header_bytes, captured};
    item->wire_bytes = wire;
    item->link = capture->interfaces.items[0].link;
    capture->at += capture->record_header_bytes + captured;
    return 1;
}

static int header_cut_short(struct capture_file *capture, struct capture_item *item, struct err *err)
{
    (void)item;
    if (capture->at == capture->file.count)
        return 0;
    return err_set(err, ENODATA, "cut short: the file ends within its header");
}

int pcap_open(struct capture_file *capture, struct err *err)
{
    const uint8_t *bytes = capture->file.at;
    const struct magic *magic = magic_find(bytes, &capture->big_endian);
    capture->next = header_cut_short;
    if (capture->file.count < FILE_HEADER_BYTES)
        return 0;
    uint16_t major = capture_u16(capture, bytes + 4), minor = capture_u16(capture, bytes + 6);
    if (major != 2)
        return err_set(err, EINVAL, "not a capture file (pcap version %u.%u)", major, minor);
    struct capture_interface *interface = array_push(&capture->interfaces);
    *interface = (struct capture_interface){
        .link = capture_u32(capture, bytes + 20) & 0x03ffffff, /* above: the length of the frame check */
        .resolution = magic->resolution,
    };
    capture->record_header_bytes = magic->record_header_bytes;
    capture->lengths_may_be_swapped = minor <= 3;
    capture->at = FILE_HEADER_BYTES;
    capture->next = record_next;
    return 0;
}

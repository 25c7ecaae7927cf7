/* Classic pcap (pcap-savefile(5)): microseconds or nanoseconds, both byte orders. */
#include <errno.h>

#include "base/clock.h"
#include "source/capture_part.h"

enum { FILE_HEADER_BYTES = 24, RECORD_HEADER_BYTES = 16, MODIFIED_RECORD_HEADER_BYTES = 24 };

/* libpcap's, for files that name a smaller one. */
#define SNAPPED_MIN ((uint32_t)256 << 10)

static const struct magic {
    uint32_t number;
    uint32_t unit_ns;
    uint32_t record_header_bytes;
} magics[] = {
    {0xa1b2c3d4, NS_PER_US, RECORD_HEADER_BYTES},
    {0xa1b23c4d, 1, RECORD_HEADER_BYTES},
    {0xa1b2cd34, NS_PER_US, MODIFIED_RECORD_HEADER_BYTES}, /* once patched into libpcap, for Linux */
};

static const struct magic *magic_find(const uint8_t *bytes, bool *ret_big_endian)
{
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        for (int big_endian = 0; big_endian < 2; big_endian++)
            if (capture_read32(bytes, big_endian) == magics[i].number) {
                *ret_big_endian = big_endian;
                return &magics[i];
            }
    return NULL;
}

static int too_long(const struct capture *capture, uint32_t captured, struct err *err)
{
    return err_set(err, EPROTO, "damaged at packet %llu: a length of %u bytes",
                   (unsigned long long)capture->frame + 1, captured);
}

static int record_next(struct capture *capture, struct capture_packet *packet, struct err *err)
{
    struct input *input = &capture->input;
    const struct capture_interface *interface = &capture->interfaces.items[0];
    size_t header_bytes = capture->record_header_bytes;
    const uint8_t *record = input_need(input, header_bytes);
    if (record == NULL)
        return input_left(input) == 0 ? input_failure(input, err) : capture_cut_short(capture, "record", err);
    bool big_endian = capture->big_endian;
    uint32_t captured = capture_read32(record + 8, big_endian);
    uint32_t wire = capture_read32(record + 12, big_endian);
    if (capture->lengths_may_be_swapped && captured > wire) {
        uint32_t other = captured;
        captured = wire;
        wire = other;
    }
    if (captured > capture->packet_max)
        return too_long(capture, captured, err);
    record = input_need(input, header_bytes + captured);
    if (record == NULL)
        return capture_cut_short(capture, "record", err);
    packet->time_ns = capture_read32(record, big_endian) * NS_PER_S +
                      (int64_t)capture_read32(record + 4, big_endian) * interface->unit_ns;
    packet->bytes = record + header_bytes;
    packet->captured_bytes = captured;
    packet->wire_bytes = wire;
    packet->link = interface->link;
    packet->interface = 0;
    input->at = record + header_bytes + captured;
    return 1;
}

/* A file that ends within its header has no packets, and cannot say of which kind they would have been. */
int capture_pcap_open(struct capture *capture, struct err *err)
{
    const uint8_t *bytes = input_need(&capture->input, 4);
    const struct magic *magic = bytes == NULL ? NULL : magic_find(bytes, &capture->big_endian);
    if (magic == NULL)
        return 0;
    bytes = input_need(&capture->input, FILE_HEADER_BYTES);
    if (bytes == NULL)
        return capture_cut_short(capture, "file header", err);
    uint16_t major = capture_read16(bytes + 4, capture->big_endian);
    uint16_t minor = capture_read16(bytes + 6, capture->big_endian);
    if (major != 2)
        return err_set(err, EINVAL, "not a capture file that is known (pcap version %u.%u)", major, minor);
    uint32_t snapped = capture_read32(bytes + 16, capture->big_endian);
    *array_push(&capture->interfaces) = (struct capture_interface){
        .link = capture_read32(bytes + 20, capture->big_endian) & 0x03ffffff, /* above: of the frame check */
        .unit_ns = magic->unit_ns,
    };
    capture->packet_max = snapped < SNAPPED_MIN ? SNAPPED_MIN : snapped;
    if (capture->packet_max > CAPTURE_PACKET_MAX)
        capture->packet_max = CAPTURE_PACKET_MAX;
    capture->record_header_bytes = magic->record_header_bytes;
    capture->lengths_may_be_swapped = minor <= 3;
    capture->next = record_next;
    (void)input_skip(&capture->input, FILE_HEADER_BYTES);
    return 1;
}

/* pcapng (draft-ietf-opsawg-pcapng): sections with their own byte order and interfaces, in blocks. */
#include <errno.h>

#include "base/clock.h"
#include "source/capture_part.h"

__extension__ typedef unsigned __int128 uint128;

enum block_type {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_OBSOLETE_PACKET = 2,
    BLOCK_SIMPLE_PACKET = 3,
    BLOCK_ENHANCED_PACKET = 6,
};

enum {
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    BLOCK_FRAME_BYTES = 12, /* type and both lengths */
    OPTION_END = 0,
    OPTION_RESOLUTION = 9,
    OPTION_OFFSET = 14,
    STEPPED_OVER = 2, /* a block without a packet */
};

static int damaged(const struct capture *capture, const char *what, struct err *err)
{
    return err_set(err, EPROTO, "damaged behind packet %llu: %s", (unsigned long long)capture->frame, what);
}

static int64_t clamped(int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return b < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

/* Any resolution: tenths or halves of a second, to the power of `resolution`. */
static int64_t units_to_ns(uint8_t resolution, uint64_t units)
{
    uint128 ns = (uint128)units * NS_PER_S;
    unsigned exponent = resolution & 0x7f;
    if ((resolution & 0x80) != 0)
        ns >>= exponent;
    else
        for (unsigned i = 0; i < exponent && ns != 0; i++)
            ns /= 10;
    return ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
}

static int64_t time_of(const struct capture_interface *interface, uint32_t high, uint32_t low)
{
    uint64_t units = (uint64_t)high << 32 | low;
    if (units <= interface->units_max)
        return (int64_t)(units * interface->unit_ns) + interface->offset_ns;
    return clamped(units_to_ns(interface->resolution, units), interface->offset_ns);
}

/* What makes time_of() fast for the resolutions that are used, up to the year 2100 and an offset as far. */
static void time_prepare(struct capture_interface *interface, int64_t offset_s)
{
    const int64_t far = INT64_MAX / 2;
    bool is_far = offset_s > far / NS_PER_S || offset_s < -far / NS_PER_S;
    interface->offset_ns = is_far ? offset_s < 0 ? INT64_MIN : INT64_MAX : offset_s * NS_PER_S;
    interface->unit_ns = 0;
    interface->units_max = 0;
    if (interface->resolution > 9 || is_far)
        return;
    interface->unit_ns = NS_PER_S;
    for (int i = 0; i < interface->resolution; i++)
        interface->unit_ns /= 10;
    interface->units_max = (uint64_t)far / interface->unit_ns;
}

/* `bytes` lies in a section header or interface description; false where the list ends, or makes no sense. */
static bool option_next(const struct capture *capture, const uint8_t **bytes, size_t *left,
                        uint16_t *ret_code, uint16_t *ret_count)
{
    if (*left < 4)
        return false;
    *ret_code = capture_read16(*bytes, capture->big_endian);
    *ret_count = capture_read16(*bytes + 2, capture->big_endian);
    size_t padded = ((size_t)*ret_count + 3) / 4 * 4;
    if (*ret_code == OPTION_END || padded > *left - 4)
        return false;
    *bytes += 4 + padded;
    *left -= 4 + padded;
    return true;
}

static void interface_options(const struct capture *capture, const uint8_t *bytes, size_t left,
                              struct capture_interface *interface, int64_t *offset_s)
{
    uint16_t code, count;
    for (const uint8_t *option = bytes; option_next(capture, &bytes, &left, &code, &count); option = bytes) {
        bool big_endian = capture->big_endian;
        if (code == OPTION_RESOLUTION && count >= 1)
            interface->resolution = option[4];
        if (code == OPTION_OFFSET && count >= 8) {
            uint64_t first = capture_read32(option + 4, big_endian);
            uint64_t second = capture_read32(option + 8, big_endian);
            *offset_s = (int64_t)(big_endian ? first << 32 | second : second << 32 | first);
        }
    }
}

static int interface_read(struct capture *capture, const uint8_t *body, size_t count, struct err *err)
{
    if (count < 8)
        return damaged(capture, "an interface description is too short", err);
    int64_t offset_s = 0;
    struct capture_interface interface = {
        .link = capture_read16(body, capture->big_endian),
        .snapped = capture_read32(body + 4, capture->big_endian),
        .resolution = 6,
    };
    interface_options(capture, body + 8, count - 8, &interface, &offset_s);
    time_prepare(&interface, offset_s);
    *array_push(&capture->interfaces) = interface;
    return STEPPED_OVER;
}

static int section_read(struct capture *capture, const uint8_t *body, size_t count, struct err *err)
{
    if (count < 16)
        return damaged(capture, "a section header is too short", err);
    uint16_t major = capture_read16(body + 4, capture->big_endian);
    if (major != 1)
        return err_set(err, EPROTO, "pcapng version %u is not known", major);
    capture->interface_base += (uint32_t)capture->interfaces.count;
    capture->interfaces.count = 0;
    return STEPPED_OVER;
}

/* The enhanced and the obsolete packet block differ only in the width of the interface number. */
static int packet_read(struct capture *capture, const uint8_t *body, size_t count, bool obsolete,
                       struct capture_packet *packet, struct err *err)
{
    bool big_endian = capture->big_endian;
    if (count < 20)
        return damaged(capture, "a packet block is too short", err);
    uint32_t number = obsolete ? capture_read16(body, big_endian) : capture_read32(body, big_endian);
    uint32_t captured = capture_read32(body + 12, big_endian);
    if (number >= capture->interfaces.count)
        return damaged(capture, "a packet of an unknown interface", err);
    if (captured > count - 20)
        return damaged(capture, "a packet is longer than its block", err);
    const struct capture_interface *interface = &capture->interfaces.items[number];
    packet->time_ns =
        time_of(interface, capture_read32(body + 4, big_endian), capture_read32(body + 8, big_endian));
    packet->bytes = body + 20;
    packet->captured_bytes = captured;
    packet->wire_bytes = capture_read32(body + 16, big_endian);
    packet->link = interface->link;
    packet->interface = capture->interface_base + number;
    capture->last_ns = packet->time_ns;
    return 1;
}

static int simple_packet_read(struct capture *capture, const uint8_t *body, size_t count,
                              struct capture_packet *packet, struct err *err)
{
    if (count < 4)
        return damaged(capture, "a packet block is too short", err);
    if (capture->interfaces.count == 0)
        return damaged(capture, "a packet of an unknown interface", err);
    const struct capture_interface *interface = &capture->interfaces.items[0];
    uint32_t wire = capture_read32(body, capture->big_endian), captured = wire;
    if (interface->snapped != 0 && captured > interface->snapped)
        captured = interface->snapped;
    if (captured > count - 4)
        return damaged(capture, "a packet is longer than its block", err);
    packet->time_ns = capture->last_ns;
    packet->bytes = body + 4;
    packet->captured_bytes = captured;
    packet->wire_bytes = wire;
    packet->link = interface->link;
    packet->interface = capture->interface_base;
    return 1;
}

/* The byte order of a section is in its own header. */
static bool byte_order_set(struct capture *capture, const uint8_t *block)
{
    capture->big_endian = capture_read32(block + 8, true) == BYTE_ORDER_MAGIC;
    return capture->big_endian || capture_read32(block + 8, false) == BYTE_ORDER_MAGIC;
}

static int body_read(struct capture *capture, uint32_t type, const uint8_t *body, size_t count,
                     struct capture_packet *packet, struct err *err)
{
    switch (type) {
    case BLOCK_SECTION: return section_read(capture, body, count, err);
    case BLOCK_INTERFACE: return interface_read(capture, body, count, err);
    case BLOCK_ENHANCED_PACKET: return packet_read(capture, body, count, false, packet, err);
    case BLOCK_OBSOLETE_PACKET: return packet_read(capture, body, count, true, packet, err);
    }
    return simple_packet_read(capture, body, count, packet, err);
}

static bool is_understood(uint32_t type)
{
    return type == BLOCK_ENHANCED_PACKET || type == BLOCK_SECTION || type == BLOCK_INTERFACE ||
           type == BLOCK_OBSOLETE_PACKET || type == BLOCK_SIMPLE_PACKET;
}

/* A block that holds no packet need not fit into memory. */
static int step_over(struct capture *capture, uint32_t length, struct err *err)
{
    const uint8_t *last = NULL;
    if (input_skip(&capture->input, length - 4))
        last = input_need(&capture->input, 4);
    if (last == NULL)
        return capture_cut_short(capture, "block", err);
    if (capture_read32(last, capture->big_endian) != length)
        return damaged(capture, "a block with two different lengths", err);
    (void)input_skip(&capture->input, 4);
    return STEPPED_OVER;
}

static int block_read(struct capture *capture, uint32_t type, uint32_t length, struct capture_packet *packet,
                      struct err *err)
{
    if (length > CAPTURE_PACKET_MAX)
        return damaged(capture, "a block is longer than any packet", err);
    const uint8_t *block = input_need(&capture->input, length);
    if (block == NULL)
        return capture_cut_short(capture, "block", err);
    if (capture_read32(block + length - 4, capture->big_endian) != length)
        return damaged(capture, "a block with two different lengths", err);
    int result = body_read(capture, type, block + 8, length - BLOCK_FRAME_BYTES, packet, err);
    capture->input.at = block + length;
    return result;
}

static int block_next(struct capture *capture, struct capture_packet *packet, struct err *err)
{
    const uint8_t *block = input_need(&capture->input, BLOCK_FRAME_BYTES);
    if (block == NULL)
        return input_left(&capture->input) == 0 ? input_failure(&capture->input, err)
                                                : capture_cut_short(capture, "block", err);
    uint32_t type = capture_read32(block, capture->big_endian);
    if (type == BLOCK_SECTION && !byte_order_set(capture, block))
        return damaged(capture, "a section without a byte order", err);
    uint32_t length = capture_read32(block + 4, capture->big_endian);
    if (length < BLOCK_FRAME_BYTES || length % 4 != 0)
        return damaged(capture, "a block with a length that none can have", err);
    return is_understood(type) ? block_read(capture, type, length, packet, err)
                               : step_over(capture, length, err);
}

static int pcapng_next(struct capture *capture, struct capture_packet *packet, struct err *err)
{
    int result;
    do
        result = block_next(capture, packet, err);
    while (result == STEPPED_OVER);
    return result;
}

/* Up to the first interface, if there is one before the first packet: the filter asks for its link type. */
static int first_interface(struct capture *capture, struct err *err)
{
    int result = STEPPED_OVER;
    while (result == STEPPED_OVER && capture->interfaces.count == 0) {
        const uint8_t *block = input_need(&capture->input, 4);
        uint32_t type = block == NULL ? BLOCK_SIMPLE_PACKET : capture_read32(block, capture->big_endian);
        if (is_understood(type) && type != BLOCK_SECTION && type != BLOCK_INTERFACE)
            return 1;
        result = block_next(capture, &(struct capture_packet){0}, err);
    }
    return result < 0 ? result : 1;
}

int capture_pcapng_open(struct capture *capture, struct err *err)
{
    const uint8_t *block = input_need(&capture->input, 4);
    if (block == NULL || capture_read32(block, false) != BLOCK_SECTION)
        return 0;
    block = input_need(&capture->input, BLOCK_FRAME_BYTES);
    if (block == NULL)
        return capture_cut_short(capture, "section header", err);
    if (!byte_order_set(capture, block))
        return 0;
    capture->next = pcapng_next;
    return first_interface(capture, err);
}

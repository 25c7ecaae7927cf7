/* pcapng: blocks of sections, each section with its own byte order and interfaces. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "trace/capture.h"
#include "trace/pcapng.h"

struct option {
    uint16_t code;
    struct bytes value;
};

/* Takes the next option off the list. Returns false at its end, or where it is damaged. */
static bool option_next(const struct capture_file *capture, struct bytes *options, struct option *ret_option)
{
    if (options->count < 4)
        return false;
    uint16_t code = capture_u16(capture, options->at);
    size_t count = capture_u16(capture, options->at + 2), padded = (count + 3) / 4 * 4;
    if (code == OPTION_END || count > options->count - 4)
        return false;
    *ret_option = (struct option){code, {options->at + 4, count}};
    if (padded > options->count - 4)
        padded = options->count - 4;
    options->at += 4 + padded;
    options->count -= 4 + padded;
    return true;
}

/* "KEY=value" behind our enterprise number: sets *ret_value. */
static bool custom_value(const struct capture_file *capture, const struct option *option, const char *key,
                         struct bytes *ret_value)
{
    size_t prefix = 4 + strlen(key) + 1;
    if (option->value.count < prefix || capture_u32(capture, option->value.at) != ENTERPRISE_NUMBER)
        return false;
    if (memcmp(option->value.at + 4, key, strlen(key)) != 0 || option->value.at[prefix - 1] != '=')
        return false;
    *ret_value = (struct bytes){option->value.at + prefix, option->value.count - prefix};
    return true;
}

static uint64_t power_of_ten(unsigned exponent)
{
    uint64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* What is left of a second, in nanoseconds; *units is left with the whole seconds. */
static int64_t split_decimal(uint64_t *units, unsigned digits)
{
    if (digits > 19) { /* finer than 64 bits can count a second */
        uint64_t fraction = digits - 9 > 19 ? 0 : *units / power_of_ten(digits - 9);
        *units = 0;
        return (int64_t)fraction;
    }
    uint64_t second = power_of_ten(digits), rest = *units % second;
    *units /= second;
    return (int64_t)(digits <= 9 ? rest * power_of_ten(9 - digits) : rest / power_of_ten(digits - 9));
}

static int64_t split_binary(uint64_t *units, unsigned bits)
{
    if (bits > 32) { /* 32 bits of a second are finer than a nanosecond */
        unsigned excess = bits - 32;
        *units = excess > 63 ? 0 : *units >> excess;
        bits = 32;
    }
    uint64_t rest = *units & (((uint64_t)1 << bits) - 1);
    *units >>= bits;
    return (int64_t)(rest * (uint64_t)NS_PER_S >> bits);
}

static int64_t time_of(const struct capture_interface *interface, uint64_t units)
{
    bool binary = (interface->resolution & 0x80) != 0;
    unsigned exponent = interface->resolution & 0x7f;
    int64_t fraction = binary ? split_binary(&units, exponent) : split_decimal(&units, exponent);
    const int64_t limit = INT64_MAX / NS_PER_S - 1;
    int64_t seconds = units > (uint64_t)limit ? limit : (int64_t)units, offset = interface->offset_s;
    offset = offset > limit ? limit : offset < -limit ? -limit : offset;
    seconds += offset;
    seconds = seconds > limit ? limit : seconds < -limit ? -limit : seconds;
    return seconds * NS_PER_S + fraction;
}

static int damaged(struct capture_item *item, const char *reason)
{
    item->kind = CAPTURE_DAMAGED;
    item->reason = reason;
    return 1;
}

/* Decimal digits. A length that no file can have is damage, and as good as none. */
static size_t section_length(struct bytes text)
{
    uint64_t length = 0;
    for (size_t i = 0; i < text.count && text.at[i] >= '0' && text.at[i] <= '9' && length < SIZE_MAX / 32;
         i++)
        length = length * 10 + text.at[i] - '0';
    return length < SIZE_MAX / 2 ? (size_t)length : 0;
}

static void section_options(struct capture_file *capture, struct bytes options, struct capture_item *item)
{
    struct option option;
    struct bytes length;
    while (option_next(capture, &options, &option)) {
        if (option.code == OPTION_COMMENT && item->comment.at == NULL)
            item->comment = option.value;
        if (option.code != OPTION_CUSTOM_TEXT_HERE || !custom_value(capture, &option, OWN_SECTION, &length))
            continue;
        size_t bytes = section_length(length);
        item->unfinished = bytes == 0;
        capture->section_end = bytes == 0 ? 0 : capture->at + bytes;
    }
}

static int section_read(struct capture_file *capture, struct bytes body, struct capture_item *item,
                        struct err *err)
{
    array_release(&capture->interfaces);
    capture->section_end = 0;
    if (body.count < 16)
        return err_set(err, EPROTO, "damaged at byte %zu: a section header of %zu bytes", capture->at,
                       body.count);
    uint16_t major = capture_u16(capture, body.at + 4);
    if (major != 1)
        return err_set(err, EPROTO, "pcapng version %u is not known", major);
    item->kind = CAPTURE_SECTION;
    section_options(capture, (struct bytes){body.at + 16, body.count - 16}, item);
    return 1;
}

static int interface_read(struct capture_file *capture, struct bytes body, struct capture_item *item)
{
    struct capture_interface *interface = array_push(&capture->interfaces);
    *interface = (struct capture_interface){.link = UINT32_MAX, .resolution = 6};
    if (body.count < 8)
        return damaged(item, "an interface description is too short");
    interface->link = capture_u16(capture, body.at);
    interface->snapped = capture_u32(capture, body.at + 4);
    struct bytes options = {body.at + 8, body.count - 8};
    struct option option;
    while (option_next(capture, &options, &option)) {
        if (option.code == OPTION_INTERFACE_RESOLUTION && option.value.count >= 1)
            interface->resolution = option.value.at[0];
        else if (option.code == OPTION_INTERFACE_OFFSET && option.value.count >= 8)
            interface->offset_s = (int64_t)capture_u64(capture, option.value.at);
    }
    return 0;
}

static void packet_options(const struct capture_file *capture, struct bytes options,
                           struct capture_item *item)
{
    struct option option;
    while (option_next(capture, &options, &option)) {
        if (option.code == OPTION_PACKET_ID && option.value.count >= 8) {
            item->packet_id = capture_u64(capture, option.value.at);
            item->has_packet_id = true;
        } else if (option.code == OPTION_CUSTOM_TEXT) {
            custom_value(capture, &option, JSON_KEY, &item->json);
        }
    }
}

/* The enhanced and the obsolete packet block differ only in the width of the interface number. */
static int packet_read(struct capture_file *capture, struct bytes body, bool obsolete,
                       struct capture_item *item)
{
    if (body.count < 20)
        return damaged(item, "a packet block is too short");
    uint32_t number = obsolete ? capture_u16(capture, body.at) : capture_u32(capture, body.at);
    uint64_t units = (uint64_t)capture_u32(capture, body.at + 4) << 32 | capture_u32(capture, body.at + 8);
    size_t captured = capture_u32(capture, body.at + 12);
    if (number >= capture->interfaces.count)
        return damaged(item, "a packet of an unknown interface");
    if (captured > body.count - 20)
        return damaged(item, "a packet is longer than its block");
    const struct capture_interface *interface = &capture->interfaces.items[number];
    item->kind = CAPTURE_PACKET;
    item->link = interface->link;
    item->time_ns = time_of(interface, units);
    item->data = (struct bytes){body.at + 20, captured};
    item->wire_bytes = capture_u32(capture, body.at + 16);
    size_t padded = (captured + 3) / 4 * 4;
    if (!obsolete && padded <= body.count - 20)
        packet_options(capture, (struct bytes){body.at + 20 + padded, body.count - 20 - padded}, item);
    return 1;
}

static int simple_packet_read(struct capture_file *capture, struct bytes body, struct capture_item *item)
{
    if (body.count < 4)
        return damaged(item, "a packet block is too short");
    if (capture->interfaces.count == 0)
        return damaged(item, "a packet of an unknown interface");
    const struct capture_interface *interface = &capture->interfaces.items[0];
    size_t captured = item->wire_bytes = capture_u32(capture, body.at);
    if (interface->snapped != 0 && captured > interface->snapped)
        captured = interface->snapped;
    if (captured > body.count - 4)
        captured = body.count - 4;
    item->kind = CAPTURE_PACKET;
    item->link = interface->link;
    item->time_ns = capture->last_ns;
    item->data = (struct bytes){body.at + 4, captured};
    return 1;
}

/* One name of the address that a record was about. */
static int addressed_next(struct capture_file *capture, struct capture_item *item)
{
    struct bytes *left = &capture->addressed;
    const uint8_t *end = left->count != 0 ? memchr(left->at, '\0', left->count) : NULL;
    if (end == NULL || end == left->at) {
        left->count = 0;
        return 0;
    }
    item->kind = CAPTURE_NAME;
    item->address = capture->address;
    item->name = (struct bytes){left->at, (size_t)(end - left->at)};
    left->count -= item->name.count + 1;
    left->at = end + 1;
    return 1;
}

static void name_record_read(struct capture_file *capture, const struct option *record)
{
    size_t address_bytes = record->code == NAME_RECORD_IPV4 ? 4 : 16;
    bool known = record->code == NAME_RECORD_IPV4 || record->code == NAME_RECORD_IPV6;
    if (!known || record->value.count < address_bytes)
        return;
    capture->address = (struct address){.family = address_bytes == 4 ? ADDRESS_IPV4 : ADDRESS_IPV6};
    memcpy(capture->address.ip, record->value.at, address_bytes);
    capture->addressed =
        (struct bytes){record->value.at + address_bytes, record->value.count - address_bytes};
}

/* Records have the shape of options. */
static int names_next(struct capture_file *capture, struct capture_item *item)
{
    struct option record;
    for (;;) {
        if (addressed_next(capture, item) == 1)
            return 1;
        if (!option_next(capture, &capture->names, &record))
            break;
        name_record_read(capture, &record);
    }
    capture->names.count = 0;
    return 0;
}

/* Returns 1 with an item, or 0 when the block holds none. */
static int block_read(struct capture_file *capture, uint32_t type, struct bytes body,
                      struct capture_item *item, struct err *err)
{
    switch (type) {
    case BLOCK_SECTION: return section_read(capture, body, item, err);
    case BLOCK_INTERFACE: return interface_read(capture, body, item);
    case BLOCK_ENHANCED_PACKET: return packet_read(capture, body, false, item);
    case BLOCK_OBSOLETE_PACKET: return packet_read(capture, body, true, item);
    case BLOCK_SIMPLE_PACKET: return simple_packet_read(capture, body, item);
    case BLOCK_NAMES: capture->names = body; return names_next(capture, item);
    case BLOCK_JOURNAL:
        item->kind = CAPTURE_JOURNAL;
        item->data = body;
        return 1;
    }
    return 0;
}

static int cut_short(const struct capture_file *capture, struct err *err)
{
    size_t end = capture->file.count, half = end - capture->at;
    if (capture->section_end > end)
        return err_set(err, ENODATA, "cut short: %zu bytes of %zu are missing", capture->section_end - end,
                       capture->section_end);
    return err_set(err, ENODATA, "cut short: the last %zu bytes are half a block", half);
}

/* The byte order of a section is in its own header. */
static int byte_order_set(struct capture_file *capture, const uint8_t *block, struct err *err)
{
    capture->big_endian = false;
    if (capture_u32(capture, block + 8) == BYTE_ORDER_MAGIC)
        return 0;
    capture->big_endian = true;
    if (capture_u32(capture, block + 8) == BYTE_ORDER_MAGIC)
        return 0;
    return err_set(err, EPROTO, "damaged at byte %zu: a section without a byte order", capture->at);
}

/* The next block as a whole: its type, and what lies between its two lengths. */
static int block_next(struct capture_file *capture, uint32_t *ret_type, struct bytes *ret_body,
                      struct err *err)
{
    const uint8_t *block = capture->file.at + capture->at;
    size_t left = capture->file.count - capture->at;
    if (left == 0)
        return capture->section_end > capture->file.count ? cut_short(capture, err) : 0;
    if (left < 12)
        return cut_short(capture, err);
    bool is_section = capture_u32(capture, block) == BLOCK_SECTION;
    if (is_section && byte_order_set(capture, block, err) != 0)
        return -EPROTO;
    size_t length = capture_u32(capture, block + 4);
    if (length < 12 || length % 4 != 0 || length > CAPTURE_BLOCK_MAX)
        return err_set(err, EPROTO, "damaged at byte %zu: a block of %zu bytes", capture->at, length);
    if (length > left)
        return cut_short(capture, err);
    if (capture_u32(capture, block + length - 4) != length)
        return err_set(err, EPROTO, "damaged at byte %zu: a block with two different lengths", capture->at);
    *ret_type = capture_u32(capture, block);
    *ret_body = (struct bytes){block + 8, length - 12};
    return 1;
}

static int pcapng_next(struct capture_file *capture, struct capture_item *item, struct err *err)
{
    int result = names_next(capture, item);
    while (result == 0) {
        uint32_t type = 0;
        struct bytes body = {0};
        result = block_next(capture, &type, &body, err);
        if (result != 1)
            return result;
        result = block_read(capture, type, body, item, err);
        capture->at += body.count + 12;
    }
    if (item->kind == CAPTURE_PACKET)
        capture->last_ns = item->time_ns;
    return result;
}

/* A file with another byte order magic is no pcapng; one that is cut within its first header is, as far as we
 * know. */
int pcapng_open(struct capture_file *capture, struct err *err)
{
    struct err ignored;
    capture->next = pcapng_next;
    if (capture->file.count >= 12 && byte_order_set(capture, capture->file.at, &ignored) != 0)
        return err_set(err, EINVAL, "not a capture file (a pcapng section without a byte order)");
    return 0;
}

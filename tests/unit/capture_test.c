/* Captures that others made, built here by hand: byte orders, resolutions, sections, old blocks, damage. */
#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "trace/trace.h"

typedef ARRAY(struct event) event_list;

static void keep(void *context, struct event *event)
{
    event_list *list = context;
    *array_push(list) = *event;
}

static void release(event_list *list)
{
    array_each (struct event, event, list)
        event_release(event);
    array_release(list);
}

static const uint8_t hello_frame[] = {
    0x02, 0x00, 0x00, 0x00, 0x00, 0x02, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x45,
    0x00, 0x00, 0x2d, 0x12, 0x34, 0x40, 0x00, 0x40, 0x06, 0xa4, 0x6b, 0xc0, 0x00, 0x02, 0x01,
    0xc0, 0x00, 0x02, 0x02, 0x9c, 0x40, 0x1b, 0x59, 0x00, 0x00, 0x03, 0xe8, 0x00, 0x00, 0x07,
    0xd0, 0x50, 0x18, 0x01, 0xfd, 0x22, 0xa3, 0x00, 0x00, 'h',  'e',  'l',  'l',  'o',
};

static bool big_endian;

static void u16(struct buf *out, unsigned value)
{
    uint8_t low = (uint8_t)value, high = (uint8_t)(value >> 8);
    buf_add(out, (uint8_t[]){big_endian ? high : low, big_endian ? low : high}, 2);
}

static void u32(struct buf *out, uint32_t value)
{
    u16(out, big_endian ? value >> 16 : value & 0xffff);
    u16(out, big_endian ? value & 0xffff : value >> 16);
}

static void padded(struct buf *out, const void *bytes, size_t count)
{
    buf_add(out, bytes, count);
    buf_add(out, "\0\0\0", (4 - count % 4) % 4);
}

static void option(struct buf *out, unsigned code, const void *bytes, size_t count)
{
    u16(out, code);
    u16(out, (unsigned)count);
    padded(out, bytes, count);
}

/* Empties the body. */
static void block(struct buf *out, uint32_t type, struct buf *body)
{
    uint32_t length = (uint32_t)body->length + 12;
    u32(out, type);
    u32(out, length);
    buf_add(out, body->text, body->length);
    u32(out, length);
    buf_clear(body);
}

static void section(struct buf *out)
{
    struct buf body = {0};
    u32(&body, 0x1a2b3c4d);
    u16(&body, 1);
    u16(&body, 0);
    u32(&body, 0xffffffff);
    u32(&body, 0xffffffff);
    block(out, 0x0a0d0d0a, &body);
    buf_release(&body);
}

static void interface(struct buf *out, unsigned link, int resolution, int64_t offset_s)
{
    struct buf body = {0}, offset = {0};
    u16(&body, link);
    u16(&body, 0);
    u32(&body, 0);
    if (resolution >= 0)
        option(&body, 9, &(uint8_t){(uint8_t)resolution}, 1);
    if (offset_s != 0) {
        u32(&offset, (uint32_t)((uint64_t)offset_s >> (big_endian ? 32 : 0)));
        u32(&offset, (uint32_t)((uint64_t)offset_s >> (big_endian ? 0 : 32)));
        option(&body, 14, offset.text, 8);
    }
    u32(&body, 0);
    block(out, 1, &body);
    buf_release(&body);
    buf_release(&offset);
}

static void packet(struct buf *out, uint32_t number, uint64_t units)
{
    struct buf body = {0};
    u32(&body, number);
    u32(&body, (uint32_t)(units >> 32));
    u32(&body, (uint32_t)units);
    u32(&body, sizeof hello_frame);
    u32(&body, sizeof hello_frame);
    padded(&body, hello_frame, sizeof hello_frame);
    block(out, 6, &body);
    buf_release(&body);
}

static void read_bytes(const struct buf *file, struct session_info *info, event_list *list,
                       struct err *warning)
{
    struct err err;
    struct source *source =
        trace_reader_from_memory((const uint8_t *)buf_text(file), file->length, info, warning, &err);
    if (source == NULL)
        fail_msg("%s", err.text);
    assert_int_equal(source->ops->drain(source, keep, list, &err), 0);
    source->ops->free(source);
}

static void byte_orders_and_resolutions(void **state)
{
    (void)state;
    static const struct {
        int resolution;
        int64_t offset_s;
        uint64_t units;
        int64_t time_ns;
    } rows[] = {
        {-1, 0, 1700000000123456, 1700000000123456000},
        {6, 0, 1700000000123456, 1700000000123456000},
        {9, 0, 1700000000123456789, 1700000000123456789},
        {3, 0, 1700000000123, 1700000000123000000},
        {0, 0, 1700000000, 1700000000000000000},
        {9, 1700000000, 5, 1700000000000000005},
        {9, -10, 11000000007, 1000000007},
        {12, 0, 1000000000123999, 1000000000123},
        {0x80 | 10, 0, 3 * 1024 + 512, 3500000000},
        {0x80 | 32, 0, (UINT64_C(7) << 32) + (UINT64_C(1) << 30), 7250000000},
        {0x80 | 40, 0, (UINT64_C(7) << 40) + (UINT64_C(1) << 38), 7250000000},
        {0x80 | 0, 0, 9, 9000000000},
        {0xff, 0, 9, 0},
        {0x7f, 0, 9, 0},
        {0, 0, UINT64_MAX, (INT64_MAX / 1000000000 - 1) * 1000000000},
    };
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        struct buf file = {0};
        event_list list = {0};
        struct session_info info;
        struct err warning;
        big_endian = i % 2 != 0;
        section(&file);
        interface(&file, LINK_ETHERNET, rows[i / 2].resolution, rows[i / 2].offset_s);
        packet(&file, 0, rows[i / 2].units);
        read_bytes(&file, &info, &list, &warning);
        assert_string_equal(warning.text, "");
        assert_int_equal(list.count, 1);
        if (list.items[0].time_ns != rows[i / 2].time_ns)
            fail_msg("row %zu: %lld", i / 2, (long long)list.items[0].time_ns);
        assert_int_equal(list.items[0].packet.packet.payload_bytes, 5);
        assert_false(info.live);
        assert_int_equal(info.link, LINK_ETHERNET);
        assert_int_equal(info.start_ns, list.items[0].time_ns);
        buf_release(&file);
        release(&list);
    }
}

static void sections_and_interfaces(void **state)
{
    (void)state;
    struct buf file = {0}, body = {0};
    event_list list = {0};
    struct session_info info;
    struct err warning;
    big_endian = false;
    section(&file);
    interface(&file, LINK_ETHERNET, 9, 0);
    interface(&file, LINK_RAW, 3, 0);
    buf_puts(&body, "ABCDEFGH");
    block(&file, 0x0bad0000, &body); /* not known */
    packet(&file, 1, 2000);
    packet(&file, 0, 3000);
    big_endian = true;
    section(&file);
    interface(&file, LINK_ETHERNET, 6, 0);
    packet(&file, 0, 4000);
    packet(&file, 1, 4000); /* the second interface was of the other section */
    u32(&body, sizeof hello_frame);
    padded(&body, hello_frame, sizeof hello_frame);
    block(&file, 3, &body);
    u16(&body, 0);
    u16(&body, 0);
    u32(&body, 0);
    u32(&body, 5000);
    u32(&body, sizeof hello_frame);
    u32(&body, 100);
    padded(&body, hello_frame, sizeof hello_frame);
    block(&file, 2, &body);
    read_bytes(&file, &info, &list, &warning);
    static const struct {
        int64_t time_ns;
        uint32_t link, wire_bytes;
    } expected[] = {{2000000000, LINK_RAW, sizeof hello_frame},   {3000, LINK_ETHERNET, sizeof hello_frame},
                    {4000000, LINK_ETHERNET, sizeof hello_frame}, {4000000, 0, 0},
                    {4000000, LINK_ETHERNET, sizeof hello_frame}, {5000000, LINK_ETHERNET, 100}};
    assert_int_equal(list.count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(list.items[i].time_ns, expected[i].time_ns);
        if (i == 3)
            continue;
        assert_int_equal(list.items[i].kind, EVENT_PACKET_SENT);
        assert_int_equal(list.items[i].packet.link, expected[i].link);
        assert_int_equal(list.items[i].packet.packet.wire_bytes, expected[i].wire_bytes);
        assert_int_equal(list.items[i].data_bytes, sizeof hello_frame);
        assert_int_equal(list.items[i].packet.id, i < 3 ? i + 1 : i);
    }
    assert_int_equal(list.items[3].kind, EVENT_GAP);
    assert_int_equal(list.items[3].gap.lost, 1);
    assert_string_equal(list.items[3].gap.reason, "a packet of an unknown interface");
    assert_string_equal(warning.text, "memory: a packet of an unknown interface");
    buf_release(&file);
    buf_release(&body);
    release(&list);
}

static void names_become_hosts(void **state)
{
    (void)state;
    struct buf file = {0}, body = {0};
    event_list list = {0};
    struct session_info info;
    struct err warning;
    big_endian = true;
    section(&file);
    interface(&file, LINK_ETHERNET, 9, 0);
    packet(&file, 0, 1);
    option(&body, 1,
           "\xc0\x00\x02\x02"
           "www.example.org\0www",
           24);
    option(&body, 1,
           "\xc0\x00\x02\x01"
           "me",
           7);
    option(&body, 77, "?", 1);
    u32(&body, 0);
    block(&file, 4, &body);
    read_bytes(&file, &info, &list, &warning);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.items[0].host, "me");
    assert_string_equal(list.items[0].packet.to, "www.example.org");
    assert_int_equal(info.host_count, 3);
    assert_string_equal(info.hosts[2], "me");
    buf_release(&file);
    buf_release(&body);
    release(&list);
}

static void classic_pcap(void **state)
{
    (void)state;
    static const struct {
        uint32_t magic;
        int64_t time_ns;
        bool modified;
    } rows[] = {
        {0xa1b2c3d4, 1700000000123456000, false},
        {0xa1b23c4d, 1700000000000123456, false},
        {0xa1b2cd34, 1700000000123456000, true},
    };
    for (size_t i = 0; i < 6; i++) {
        struct buf file = {0};
        event_list list = {0};
        struct session_info info;
        struct err warning;
        big_endian = i % 2 != 0;
        u32(&file, rows[i / 2].magic);
        u16(&file, 2);
        u16(&file, 4);
        u32(&file, 0);
        u32(&file, 0);
        u32(&file, 65535);
        u32(&file, LINK_ETHERNET);
        for (int n = 0; n < 2; n++) {
            u32(&file, 1700000000);
            u32(&file, 123456);
            u32(&file, sizeof hello_frame);
            u32(&file, 1000);
            if (rows[i / 2].modified)
                u32(&file, 0), u32(&file, 0);
            buf_add(&file, hello_frame, sizeof hello_frame);
        }
        read_bytes(&file, &info, &list, &warning);
        assert_string_equal(warning.text, "");
        assert_int_equal(list.count, 2);
        assert_int_equal(list.items[1].time_ns, rows[i / 2].time_ns);
        assert_int_equal(list.items[1].packet.id, 2);
        assert_int_equal(list.items[1].packet.packet.wire_bytes, 1000);
        assert_string_equal(list.items[1].host, "");
        release(&list);
        file.length -= 1;
        read_bytes(&file, &info, &list, &warning);
        assert_int_equal(list.count, 2);
        assert_int_equal(list.items[1].kind, EVENT_GAP);
        assert_non_null(strstr(warning.text, "half a record; 1 events are there"));
        release(&list);
        buf_release(&file);
    }
}

static void what_is_no_capture(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t count;
        const char *message;
    } rows[] = {
        {"", 0, "memory: not a capture file (it is empty)"},
        {"ab", 2, "memory: not a capture file (too short)"},
        {"abcdefgh", 8, "memory: not a capture file (it begins with 61 62 63 64)"},
        {"\x1f\x8b\x08\x00", 4, "memory: not a capture file (gzip; unpack it first)"},
        {"{\"format\":1}", 12, "memory: not a capture file (it looks like JSON)"},
        {"\x0a\x0d\x0d\x0a\0\0\0\x1c?!?!", 12,
         "memory: not a capture file (a pcapng section without a byte order)"},
        {"\xd4\xc3\xb2\xa1\x07\0\0\0zzzzzzzzzzzzzzzz", 24, "memory: not a capture file (pcap version 7.0)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct session_info info;
        struct err warning, err;
        assert_null(
            trace_reader_from_memory((const uint8_t *)rows[i].bytes, rows[i].count, &info, &warning, &err));
        assert_string_equal(err.text, rows[i].message);
    }
    struct session_info info;
    struct err warning, err;
    assert_null(trace_reader_new("/tmp", &info, &warning, &err));
    assert_non_null(strstr(err.text, ": Is a directory"));
    assert_null(trace_reader_new("/nowhere/absent", &info, &warning, &err));
    assert_non_null(strstr(err.text, "/absent: No such file or directory"));
}

static void damage_in_the_middle(void **state)
{
    (void)state;
    struct buf file = {0};
    event_list list = {0};
    struct session_info info;
    struct err warning;
    big_endian = false;
    section(&file);
    interface(&file, LINK_ETHERNET, 9, 0);
    packet(&file, 0, 1);
    size_t second = file.length;
    packet(&file, 0, 2);
    packet(&file, 0, 3);
    file.text[second + 4] = (char)(file.text[second + 4] + 4);
    read_bytes(&file, &info, &list, &warning);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.items[1].gap.reason, "the file is damaged");
    assert_non_null(strstr(warning.text, "a block with two different lengths; 1 events are there"));
    buf_release(&file);
    release(&list);
}

static void a_packet_longer_than_its_block(void **state)
{
    (void)state;
    struct buf file = {0};
    event_list list = {0};
    struct session_info info;
    struct err warning;
    big_endian = false;
    section(&file);
    interface(&file, LINK_ETHERNET, 9, 0);
    size_t first = file.length;
    packet(&file, 0, 1);
    packet(&file, 0, 2);
    file.text[first + 8 + 12] = sizeof hello_frame + 2; /* more than the bytes and their filling */
    read_bytes(&file, &info, &list, &warning);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.items[0].gap.reason, "a packet is longer than its block");
    assert_int_equal(list.items[1].time_ns, 2);
    buf_release(&file);
    release(&list);
}

static void a_newer_format_is_refused(void **state)
{
    (void)state;
    struct buf file = {0}, body = {0};
    struct session_info info;
    struct err warning, err;
    static const char line[] = "{\"format\":\"sockstep\",\"version\":99}";
    big_endian = false;
    u32(&body, 0x1a2b3c4d);
    u16(&body, 1);
    u16(&body, 0);
    u32(&body, 0xffffffff);
    u32(&body, 0xffffffff);
    option(&body, 1, line, sizeof line - 1);
    block(&file, 0x0a0d0d0a, &body);
    assert_null(trace_reader_from_memory((const uint8_t *)file.text, file.length, &info, &warning, &err));
    assert_non_null(strstr(err.text, "memory: version 99"));
    buf_release(&file);
    buf_release(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(byte_orders_and_resolutions),
        cmocka_unit_test(sections_and_interfaces),
        cmocka_unit_test(names_become_hosts),
        cmocka_unit_test(classic_pcap),
        cmocka_unit_test(what_is_no_capture),
        cmocka_unit_test(damage_in_the_middle),
        cmocka_unit_test(a_packet_longer_than_its_block),
        cmocka_unit_test(a_newer_format_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

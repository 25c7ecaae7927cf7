/* The reader of capture files: formats, filters, and files that are wrong. */
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "source/capture.h"
#include "tests/support/capture_builder.h"
#include "tests/support/packet_builder.h"

static const uint8_t one[] = {1, 2, 3, 4, 5}, two[] = {6, 7, 8, 9, 10, 11, 12};

static struct capture *opened(const struct made_file *file, const char *filter)
{
    struct err err = {0};
    struct capture *capture = capture_open(made_path(file, file->bytes.length), filter, &err);
    if (capture == NULL)
        fail_msg("%s", err.text);
    return capture;
}

static void expect_next(struct capture *capture, int64_t time_ns, const uint8_t *bytes, uint32_t captured,
                        uint32_t wire, uint64_t frame)
{
    struct capture_packet packet;
    struct err err = {0};
    if (capture_next(capture, &packet, &err) != 1)
        fail_msg("frame %d: %s", (int)frame, err.text);
    assert_int_equal(packet.time_ns, time_ns);
    assert_int_equal(packet.captured_bytes, captured);
    assert_int_equal(packet.wire_bytes, wire);
    assert_int_equal(packet.frame, frame);
    if (captured != 0)
        assert_memory_equal(packet.bytes, bytes, captured);
}

static void expect_end(struct capture *capture, int result, const char *text)
{
    struct capture_packet packet = {.frame = 77};
    struct err err = {0};
    int got = capture_next(capture, &packet, &err);
    if (got != result || strcmp(err.text, text) != 0)
        fail_msg("%d \"%s\" instead of %d \"%s\"", got, err.text, result, text);
    assert_int_equal(packet.frame, 77);
    capture_close(capture);
}

static void pcap_in_every_byte_order_and_unit(void **state)
{
    (void)state;
    static const struct {
        uint32_t magic;
        int64_t unit_ns;
        size_t more; /* bytes of record header */
    } rows[] = {{0xa1b2c3d4, 1000, 0}, {0xa1b23c4d, 1, 0}, {0xa1b2cd34, 1000, 8}};
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        struct made_file file = {.big_endian = i % 2 != 0};
        made_pcap(&file, rows[i / 2].magic, 0x50000071); /* above the link type: a frame check of 4 bytes */
        for (uint32_t n = 0; n < 2; n++) {
            made_32(&file, 1700000000 + n);
            made_32(&file, 999999);
            made_32(&file, n == 0 ? sizeof one : sizeof two);
            made_32(&file, 100 + n);
            made_bytes(&file, "????????", rows[i / 2].more);
            made_bytes(&file, n == 0 ? one : two, n == 0 ? sizeof one : sizeof two);
        }
        struct capture *capture = opened(&file, NULL);
        int64_t start_ns = 1700000000 * NS_PER_S + 999999 * rows[i / 2].unit_ns;
        expect_next(capture, start_ns, one, sizeof one, 100, 1);
        expect_next(capture, start_ns + NS_PER_S, two, sizeof two, 101, 2);
        expect_end(capture, 0, "");
        made_release(&file);
    }
}

static void an_old_pcap_may_swap_its_lengths(void **state)
{
    (void)state;
    struct made_file file = {0};
    made_pcap(&file, 0xa1b2c3d4, 1);
    file.bytes.text[6] = 3;
    made_32(&file, 5);
    made_32(&file, 0);
    made_32(&file, 60);
    made_32(&file, sizeof one);
    made_bytes(&file, one, sizeof one);
    struct capture *capture = opened(&file, NULL);
    expect_next(capture, 5 * NS_PER_S, one, sizeof one, 60, 1);
    expect_end(capture, 0, "");
    made_release(&file);
}

static void unknown_block(struct made_file *file, uint32_t type, size_t bytes)
{
    made_block(file, type);
    for (size_t i = 0; i < bytes; i++)
        made_8(file, 0xa5);
    made_block_end(file);
}

static void obsolete_packet(struct made_file *file, unsigned interface, uint64_t units)
{
    made_block(file, 2);
    made_16(file, interface);
    made_16(file, 0xffff);
    made_32(file, (uint32_t)(units >> 32));
    made_32(file, (uint32_t)units);
    made_32(file, sizeof two);
    made_32(file, 90);
    made_bytes(file, two, sizeof two);
    made_block_end(file);
}

static void simple_packet(struct made_file *file, uint32_t wire)
{
    made_block(file, 3);
    made_32(file, wire);
    made_bytes(file, two, sizeof two);
    made_block_end(file);
}

static void pcapng_of_every_block(void **state)
{
    (void)state;
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        struct made_file file = {.big_endian = big_endian};
        made_section(&file);
        made_interface(&file, 1, 0, -1, 0);
        unknown_block(&file, 4, 60);
        made_packet(&file, 0, 1700000000000001, one, sizeof one, 70);
        unknown_block(&file, 0x40000bad, 700000);
        made_interface(&file, 113, sizeof two, 9, 0);
        made_packet(&file, 1, 1700000001000000002, two, sizeof two, sizeof two);
        obsolete_packet(&file, 0, 1700000002000000);
        simple_packet(&file, sizeof two);
        unknown_block(&file, 5, 4);
        file.big_endian = !big_endian; /* a section of another machine */
        made_section(&file);
        made_interface(&file, 101, 0, 3, 0);
        made_packet(&file, 0, 1700000003004, one, sizeof one, 80);
        struct capture *capture = opened(&file, NULL);
        struct capture_packet packet;
        expect_next(capture, 1700000000000001000, one, sizeof one, 70, 1);
        expect_next(capture, 1700000001000000002, two, sizeof two, sizeof two, 2);
        expect_next(capture, 1700000002000000000, two, sizeof two, 90, 3);
        expect_next(capture, 1700000002000000000, two, sizeof two, sizeof two, 4);
        assert_int_equal(capture_next(capture, &packet, NULL), 1);
        assert_int_equal(packet.time_ns, 1700000003004000000);
        assert_int_equal(packet.interface, 2);
        assert_int_equal(packet.link, 101);
        expect_end(capture, 0, "");
        made_release(&file);
    }
}

static void a_simple_packet_is_cut_where_the_interface_says(void **state)
{
    (void)state;
    struct made_file file = {0};
    made_section(&file);
    made_interface(&file, 1, 4, -1, 0);
    simple_packet(&file, 1500);
    struct capture *capture = opened(&file, NULL);
    expect_next(capture, 0, two, 4, 1500, 1);
    expect_end(capture, 0, "");
    made_release(&file);
}

static void every_resolution(void **state)
{
    (void)state;
    static const struct {
        int resolution;
        int64_t offset_s;
        uint64_t units;
        int64_t ns;
    } rows[] = {
        {0, 0, 1700000000, 1700000000 * NS_PER_S},
        {3, 0, 1700000000123, 1700000000123 * NS_PER_MS},
        {6, 1000, 5, 1000 * NS_PER_S + 5000},
        {6, -1000, 2000000000, 1000 * NS_PER_S},
        {9, 1700000000, 7, 1700000000 * NS_PER_S + 7},
        {12, 0, 1700000000123456999, 1700000000123456},
        {30, 0, UINT64_MAX, 0},
        {127, 0, UINT64_MAX, 0},
        {0x80, 0, 5, 5 * NS_PER_S},
        {0x80 | 1, 0, 3, 1500000000},
        {0x80 | 20, 0, (uint64_t)1700000000 << 20 | 1 << 19, 1700000000 * NS_PER_S + 500000000},
        {0x80 | 64, 0, (uint64_t)1 << 63, 500000000},
        {0x80 | 127, 0, UINT64_MAX, 0},
        {6, 0, UINT64_MAX, INT64_MAX},
        {9, 0, (uint64_t)INT64_MAX, INT64_MAX},
        {9, INT64_MAX, 5, INT64_MAX},
        {9, INT64_MIN, 5, INT64_MIN + 5},
        {0, 0, UINT64_MAX, INT64_MAX},
    };
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        struct made_file file = {.big_endian = i % 2 != 0};
        made_section(&file);
        made_interface(&file, 1, 0, rows[i / 2].resolution, rows[i / 2].offset_s);
        made_packet(&file, 0, rows[i / 2].units, one, sizeof one, sizeof one);
        struct capture *capture = opened(&file, NULL);
        struct capture_packet packet;
        assert_int_equal(capture_next(capture, &packet, NULL), 1);
        if (packet.time_ns != rows[i / 2].ns)
            fail_msg("row %zu: %lld", i / 2, (long long)packet.time_ns);
        capture_close(capture);
        made_release(&file);
    }
}

static size_t count_all(struct capture *capture, int *ret_result, struct err *err)
{
    struct capture_packet packet;
    size_t count = 0;
    while ((*ret_result = capture_next(capture, &packet, err)) == 1)
        count++;
    capture_close(capture);
    return count;
}

static void cut_at_every_byte(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct made_file file = {.big_endian = i / 2 != 0};
        if (i % 2 == 0) {
            made_pcap(&file, 0xa1b2c3d4, 1);
            made_record(&file, 1, 0, one, sizeof one, 60);
            made_record(&file, 2, 0, two, sizeof two, 60);
        } else {
            made_section(&file);
            made_interface(&file, 1, 0, -1, 0);
            made_packet(&file, 0, 0, one, sizeof one, 60);
            unknown_block(&file, 9, 40);
            made_packet(&file, 0, 0, two, sizeof two, 60);
        }
        int whole = 0;
        for (size_t count = 4; count <= file.bytes.length; count++) {
            struct err err = {0};
            int result = -EPIPE;
            size_t packets = 0;
            struct capture *capture = capture_open(made_path(&file, count), NULL, &err);
            if (capture != NULL)
                packets = count_all(capture, &result, &err);
            whole += result == 0;
            assert_true(result == 0 || result == -EPIPE);
            assert_true((result == 0) == (err.text[0] == '\0'));
            assert_true(result == 0 || strstr(err.text, "cut short") != NULL);
            assert_int_equal(packets == 2, count == file.bytes.length);
        }
        assert_int_equal(whole, i % 2 == 0 ? 3 : 5);
        made_release(&file);
    }
}

static void a_pcap_record_too_long(void **state)
{
    (void)state;
    struct made_file file = {0};
    made_pcap(&file, 0xa1b2c3d4, 1);
    made_record(&file, 1, 0, one, sizeof one, 60);
    made_32(&file, 2);
    made_32(&file, 0);
    made_32(&file, 0x7fffffff);
    made_32(&file, 0x7fffffff);
    struct capture *capture = opened(&file, NULL);
    expect_next(capture, NS_PER_S, one, sizeof one, 60, 1);
    expect_end(capture, -EPROTO, "damaged at packet 2: a length of 2147483647 bytes");
    made_release(&file);
}

static void damage_put(struct made_file *file, int kind)
{
    switch (kind) {
    case 0: made_packet(file, 1, 0, one, sizeof one, 60); break;
    case 1:
        made_packet(file, 0, 0, one, sizeof one, 60);
        file->bytes.text[file->block_at + 20] = 127;
        break;
    case 2:
        made_packet(file, 0, 0, one, sizeof one, 60);
        file->bytes.text[file->bytes.length - 4]++;
        break;
    case 3:
        unknown_block(file, 77, 8);
        file->bytes.text[file->bytes.length - 4]++;
        break;
    case 4:
        made_block(file, 6);
        made_block_end(file);
        break;
    case 5:
        made_block(file, 77);
        made_32(file, 0);
        file->bytes.text[file->block_at + 4] = 8;
        break;
    case 6:
        made_block(file, 77);
        made_32(file, 14);
        file->bytes.text[file->block_at + 4] = 14;
        break;
    case 7:
        made_block(file, 6);
        made_32(file, 0);
        file->bytes.text[file->block_at + 7] = 0x70;
        break;
    case 8:
        made_section(file);
        file->bytes.text[file->block_at + 8]++;
        break;
    case 9:
        made_section(file);
        file->bytes.text[file->block_at + 12] = 2;
        break;
    default: break;
    }
}

static void damaged_blocks(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "damaged behind packet 1: a packet of an unknown interface",
        "damaged behind packet 1: a packet is longer than its block",
        "damaged behind packet 1: a block with two different lengths",
        "damaged behind packet 1: a block with two different lengths",
        "damaged behind packet 1: a packet block is too short",
        "damaged behind packet 1: a block with a length that none can have",
        "damaged behind packet 1: a block with a length that none can have",
        "damaged behind packet 1: a block is longer than any packet",
        "damaged behind packet 1: a section without a byte order",
        "pcapng version 2 is not known",
    };
    for (int i = 0; i < (int)(sizeof texts / sizeof texts[0]); i++) {
        struct made_file file = {0};
        made_section(&file);
        made_interface(&file, 1, 0, -1, 0);
        made_packet(&file, 0, 0, two, sizeof two, 60);
        damage_put(&file, i);
        struct capture *capture = opened(&file, NULL);
        expect_next(capture, 0, two, sizeof two, 60, 1);
        expect_end(capture, -EPROTO, texts[i]);
        made_release(&file);
    }
}

static void tcp_frame(struct frame *frame, uint16_t port)
{
    struct packet_plan plan = {
        .source = address_make("192.0.2.1", 40000),
        .destination = address_make("192.0.2.2", port),
        .protocol = PROTOCOL_TCP,
    };
    packet_build(frame, &plan);
}

static void a_filter_leaves_packets_out(void **state)
{
    (void)state;
    struct frame web, other;
    struct made_file file = {0};
    struct capture_packet packet;
    tcp_frame(&web, 80);
    tcp_frame(&other, 81);
    made_section(&file);
    made_interface(&file, 1, 0, -1, 0);
    made_interface(&file, 101, 0, -1, 0); /* the IP packet alone */
    made_interface(&file, 189, 0, -1, 0); /* USB: no expression with ports has a meaning there */
    for (uint32_t i = 0; i < 8; i++) {
        const struct frame *frame = i % 2 == 0 ? &other : &web;
        uint32_t skip = i / 2 % 2 == 0 ? 0 : 14, count = (uint32_t)frame->count - skip;
        made_packet(&file, i / 2 % 2, i, frame->bytes + skip, count, count);
        made_packet(&file, 2, i, frame->bytes + skip, count, count);
    }
    struct capture *capture = opened(&file, "tcp dst port 80");
    for (uint64_t i = 0; i < 4; i++) {
        assert_int_equal(capture_next(capture, &packet, NULL), 1);
        assert_int_equal(packet.frame, 3 + 4 * i);
        assert_int_equal(packet.link, i % 2 == 0 ? 1 : 101);
    }
    expect_end(capture, 0, "");
    made_release(&file);
}

static void expect_refused(const struct made_file *file, const char *filter, const char *text)
{
    struct err err = {0};
    assert_null(capture_open(made_path(file, file->bytes.length), filter, &err));
    if (strstr(err.text, text) == NULL || strchr(err.text, '\n') != NULL)
        fail_msg("\"%s\" instead of \"%s\"", err.text, text);
}

static void a_wrong_filter_is_refused(void **state)
{
    (void)state;
    struct made_file file = {0}, usb = {0}, empty = {0};
    made_pcap(&file, 0xa1b2c3d4, 1);
    made_pcap(&usb, 0xa1b2c3d4, 189);
    made_section(&empty);
    expect_refused(&file, "tcp prot 80", "the filter: ");
    expect_refused(&empty, "tcp prot 80", "the filter: ");
    expect_refused(&usb, "tcp port 80", "the filter: ");
    capture_close(opened(&empty, "tcp port 80"));
    made_release(&empty);
    made_release(&usb);
    made_release(&file);
}

static void what_is_no_capture(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text;
    } rows[] = {
        {"", "not a capture file (it is empty)"},
        {"abc", "not a capture file (too short)"},
        {"{\"a\":1}", "not a capture file (it looks like JSON)"},
        {"BZh91AY", "not a capture file (bzip2; unpack it first)"},
        {"snoop", "not a capture file (a Solaris snoop file)"},
        {"abcdefgh", "not a capture file (it begins with 61 62 63 64)"},
        {"\x0a\x0d\x0d\x0a\x10\x10\x10\x10\x10\x10\x10\x10",
         "not a capture file (it begins with 0a 0d 0d 0a)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct made_file file = {0}, packed = {0};
        made_bytes(&file, rows[i].bytes, strlen(rows[i].bytes));
        expect_refused(&file, NULL, rows[i].text);
        made_gzip(&packed, &file);
        expect_refused(&packed, NULL, rows[i].text);
        made_release(&packed);
        made_release(&file);
    }
    struct made_file version = {0};
    made_pcap(&version, 0xa1b2c3d4, 1);
    version.bytes.text[4] = 7;
    expect_refused(&version, NULL, "not a capture file that is known (pcap version 7.4)");
    made_release(&version);
}

static void what_cannot_be_opened(void **state)
{
    (void)state;
    struct err err = {0};
    assert_null(capture_open("/nowhere/at/all.pcap", NULL, &err));
    assert_string_equal(err.text, strerror(ENOENT));
    assert_null(capture_open("/", NULL, &err));
    assert_string_equal(err.text, strerror(EISDIR));
    capture_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pcap_in_every_byte_order_and_unit),
        cmocka_unit_test(an_old_pcap_may_swap_its_lengths),
        cmocka_unit_test(pcapng_of_every_block),
        cmocka_unit_test(a_simple_packet_is_cut_where_the_interface_says),
        cmocka_unit_test(every_resolution),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(a_pcap_record_too_long),
        cmocka_unit_test(damaged_blocks),
        cmocka_unit_test(a_filter_leaves_packets_out),
        cmocka_unit_test(a_wrong_filter_is_refused),
        cmocka_unit_test(what_is_no_capture),
        cmocka_unit_test(what_cannot_be_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

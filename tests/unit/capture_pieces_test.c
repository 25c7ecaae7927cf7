/* The reader of capture files: packed files, packets across the edges of pieces, standard input. */
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "source/capture.h"
#include "tests/support/capture_builder.h"

static const uint8_t one[] = {1, 2, 3, 4, 5};

static struct capture *opened(const struct made_file *file)
{
    struct err err = {0};
    struct capture *capture = capture_open(made_path(file, file->bytes.length), NULL, &err);
    if (capture == NULL)
        fail_msg("%s", err.text);
    return capture;
}

static struct made_file hundred_packets(void)
{
    struct made_file file = {0};
    made_pcap(&file, 0xa1b2c3d4, 1);
    for (uint32_t i = 0; i < 100; i++)
        made_record(&file, i, 0, one, i % 2 == 0 ? sizeof one : 0, 60);
    return file;
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

static void packed_in_one_piece_or_several(void **state)
{
    (void)state;
    struct made_file file = hundred_packets(), half = {0}, rest = {0};
    made_bytes(&half, file.bytes.text, 777);
    made_bytes(&rest, file.bytes.text + 777, file.bytes.length - 777);
    for (int i = 0; i < 6; i++) {
        struct made_file packed = {0}, nothing = {0};
        void (*pack)(struct made_file * file, const struct made_file *from) = i < 3 ? made_gzip : made_zstd;
        pack(&packed, i % 3 == 0 ? &file : &half);
        if (i % 3 == 1)
            pack(&packed, &nothing);
        if (i % 3 != 0)
            pack(&packed, &rest);
        if (i == 2)
            made_bytes(&packed, "\0\0\0\0\0", 5);
        int result;
        assert_int_equal(count_all(opened(&packed), &result, NULL), 100);
        assert_int_equal(result, 0);
        made_release(&packed);
    }
    made_release(&rest);
    made_release(&half);
    made_release(&file);
}

/* The last frame is read to its end while some of what it holds has found no room yet. */
static void the_last_block_comes_in_two_parts(void **state)
{
    (void)state;
    struct made_file file = {0}, first = {0}, second = {0}, packed = {0};
    uint8_t bytes[1000] = {0};
    made_pcap(&file, 0xa1b2c3d4, 1);
    while (file.bytes.length < 300 << 10)
        made_record(&file, 1, 0, bytes, sizeof bytes, sizeof bytes);
    made_bytes(&first, file.bytes.text, 100 << 10);
    made_bytes(&second, file.bytes.text + (100 << 10), file.bytes.length - (100 << 10));
    made_zstd(&packed, &first);
    made_zstd(&packed, &second);
    int result;
    struct err err = {0};
    assert_int_equal(count_all(opened(&packed), &result, &err), (file.bytes.length - 24) / 1016);
    assert_string_equal(err.text, "");
    made_release(&packed);
    made_release(&second);
    made_release(&first);
    made_release(&file);
}

/* Cut at any byte: an error or, between two records, none; never a packet too many. */
static void packed_and_cut(void **state)
{
    (void)state;
    struct made_file file = hundred_packets();
    for (int i = 0; i < 2; i++) {
        struct made_file packed = {0};
        (i == 0 ? made_gzip : made_zstd)(&packed, &file);
        for (size_t count = 5; count < packed.bytes.length; count++) {
            struct err err = {0};
            int result;
            struct capture *capture = capture_open(made_path(&packed, count), NULL, &err);
            if (capture == NULL) {
                assert_non_null(strstr(err.text, "cut short"));
                continue;
            }
            assert_true(count_all(capture, &result, &err) <= 100);
            assert_int_equal(result, -EPIPE);
            assert_string_equal(err.text, "cut short: the packed data ends too early");
        }
        made_release(&packed);
    }
    made_release(&file);
}

static void packed_and_damaged(void **state)
{
    (void)state;
    struct made_file file = hundred_packets();
    for (int i = 0; i < 3; i++) {
        struct made_file packed = {0};
        (i < 2 ? made_gzip : made_zstd)(&packed, &file);
        if (i == 0)
            packed.bytes.text[packed.bytes.length - 8]++; /* the check sum */
        else
            made_bytes(&packed, "and more", 8);
        struct err err = {0};
        int result;
        size_t count = count_all(opened(&packed), &result, &err);
        assert_int_equal(result, -EPROTO);
        assert_non_null(strstr(err.text, "data is damaged ("));
        assert_int_equal(count, 100);
        made_release(&packed);
    }
    made_release(&file);
}

/* Packets of all sizes, so that many lie across the edge of two pieces, and some are longer than a piece. */
static struct made_file sizes_file(bool pcapng, uint32_t packets)
{
    struct made_file file = {0};
    uint8_t *bytes = malloc(400000);
    assert_non_null(bytes);
    if (pcapng) {
        made_section(&file);
        made_interface(&file, 1, 0, -1, 0);
    } else {
        made_pcap(&file, 0xa1b2c3d4, 1);
        memset(file.bytes.text + 16, 0xff, 3);
    }
    for (uint32_t i = 0; i < packets; i++) {
        uint32_t count = i % 17 == 3 ? i * 911 % 400000 : i * 37 % 3000;
        memset(bytes, (int)(i % 251), count);
        if (pcapng)
            made_packet(&file, 0, i, bytes, count, count);
        else
            made_record(&file, 0, i, bytes, count, count);
    }
    free(bytes);
    return file;
}

static void expect_sizes(struct capture *capture, uint32_t packets)
{
    struct capture_packet packet;
    struct err err = {0};
    double progress = 0;
    for (uint32_t i = 0; i < packets; i++) {
        if (capture_next(capture, &packet, &err) != 1)
            fail_msg("packet %u: %s", i, err.text);
        uint32_t count = i % 17 == 3 ? i * 911 % 400000 : i * 37 % 3000;
        assert_int_equal(packet.captured_bytes, count);
        assert_int_equal(packet.time_ns, i * NS_PER_US);
        for (uint32_t at = 0; at < count; at++)
            if (packet.bytes[at] != i % 251)
                fail_msg("packet %u, byte %u", i, at);
        assert_true(capture_progress(capture) < 0 || capture_progress(capture) >= progress);
        progress = capture_progress(capture);
    }
    assert_int_equal(capture_next(capture, &packet, &err), 0);
    assert_true(progress < 0 || (progress > 0.99 && progress <= 1));
    capture_close(capture);
}

static void across_the_pieces(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        struct made_file file = sizes_file(i % 2 != 0, 700), packed = {0};
        assert_true(file.bytes.length > 4 << 20);
        if (i / 2 != 0)
            (i / 2 == 1 ? made_gzip : made_zstd)(&packed, &file);
        expect_sizes(opened(i / 2 == 0 ? &file : &packed), 700);
        made_release(&packed);
        made_release(&file);
    }
}

/* What a slow writer gives, a few bytes at a time. */
static void from_standard_input(void **state)
{
    (void)state;
    struct made_file file = sizes_file(false, 60);
    int ends[2], before = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        for (size_t at = 0, count; at < file.bytes.length; at += count) {
            count = 1 + at * 31 % 5000;
            if (count > file.bytes.length - at)
                count = file.bytes.length - at;
            if (write(ends[1], file.bytes.text + at, count) != (ssize_t)count)
                _exit(1);
        }
        _exit(0);
    }
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    struct err err = {0};
    struct capture *capture = capture_open("-", NULL, &err);
    assert_non_null(capture);
    assert_true(capture_progress(capture) < 0);
    expect_sizes(capture, 60);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    if (before >= 0) {
        dup2(before, STDIN_FILENO);
        close(before);
    }
    made_release(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_in_one_piece_or_several),
        cmocka_unit_test(the_last_block_comes_in_two_parts),
        cmocka_unit_test(packed_and_cut),
        cmocka_unit_test(packed_and_damaged),
        cmocka_unit_test(across_the_pieces),
        cmocka_unit_test(from_standard_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

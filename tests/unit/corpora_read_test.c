/*
 * Other people's captures (CORPORA, default ../shared/corpora), every file: whole, with each packet copied to
 * where a read behind it would be seen, and cut short at CORPORA_CUTS places (default 3), all multiples of 64
 * bytes. As many frames as their table says must come out of the whole files. 0 cuts at every 64th byte.
 */
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/reassembly.h"
#include "source/capture.h"

enum { CUT_STEP = 64, PAGES = 1 << 20, MEMORY_MAX = 1 << 20 };

static const char *const sets[] = {"zeek", "wireshark", "tcpdump", "pcapng", "misc", "packetdrill"};

static struct {
    const char *folder;
    unsigned long cuts;
    unsigned long files, frames, damaged_files, runs, other_counts;
    uint8_t *page_end;
} corpora;

static void decode(struct reassembly *reassembly, const struct capture_packet *captured)
{
    struct packet packet;
    const uint8_t *from;
    size_t count = captured->captured_bytes;
    if (count > PAGES)
        return;
    uint8_t *flush = corpora.page_end - count;
    if (count != 0)
        memcpy(flush, captured->bytes, count);
    int result =
        reassembly_read(reassembly, (enum link_type)captured->link, flush, count, captured->wire_bytes,
                        captured->time_ns, PACKET_INNERMOST | PACKET_CHECKSUM, &packet, &from);
    assert_true((result == 0) == (packet.damage == NULL));
    assert_true(packet.payload_present <= packet.payload_bytes);
    assert_true(packet.reassembled || packet.payload_offset + (size_t)packet.payload_present <= count);
}

/* Returns how many frames there were; negative: it cannot be opened. */
static long walk(const char *path, bool with_packets, struct err *err)
{
    struct capture_packet packet;
    struct capture *capture = capture_open(path, NULL, err);
    if (capture == NULL) {
        assert_int_not_equal(err->text[0], '\0');
        return -1;
    }
    struct reassembly *reassembly = with_packets ? reassembly_new(MEMORY_MAX) : NULL;
    long frames = 0;
    int result;
    while ((result = capture_next(capture, &packet, err)) == 1) {
        frames++;
        if (with_packets)
            decode(reassembly, &packet);
    }
    assert_true(result == 0 || err->text[0] != '\0');
    reassembly_free(reassembly);
    capture_close(capture);
    return frames;
}

/* A copy in memory that gets shorter and shorter. */
static void cut(const char *path)
{
    int from = open(path, O_RDONLY | O_CLOEXEC), fd = memfd_create("cut", MFD_CLOEXEC);
    struct stat status;
    char copy[64];
    assert_true(from >= 0 && fd >= 0 && fstat(from, &status) == 0);
    for (off_t left = status.st_size; left > 0;) {
        ssize_t got = copy_file_range(from, NULL, fd, NULL, (size_t)left, 0);
        if (got <= 0) {
            uint8_t bytes[65536];
            got = read(from, bytes, sizeof bytes);
            assert_true(got > 0 && write(fd, bytes, (size_t)got) == got);
        }
        left -= got;
    }
    snprintf(copy, sizeof copy, "/proc/self/fd/%d", fd);
    unsigned long steps = (unsigned long)status.st_size / CUT_STEP;
    unsigned long stride = corpora.cuts == 0 || steps <= corpora.cuts ? 1 : steps / corpora.cuts;
    for (unsigned long at = steps; at > 0; at = at > stride ? at - stride : 0) {
        struct err err = {0};
        assert_int_equal(ftruncate(fd, (off_t)at * CUT_STEP), 0);
        (void)walk(copy, false, &err);
        corpora.runs++;
    }
    close(fd);
    close(from);
}

/* Either of two readers may be right: libpcap stops at a second link type, tshark counts blocks without a
 * packet. */
static void run_file(const char *set, const char *name, long expected, long or_expected)
{
    char path[16384];
    struct err err = {0};
    snprintf(path, sizeof path, "%s/%s/%s", corpora.folder, set, name);
    if (access(path, R_OK) != 0)
        return;
    long frames = walk(path, true, &err);
    corpora.files++;
    corpora.frames += frames > 0 ? (unsigned long)frames : 0;
    corpora.damaged_files += err.text[0] != '\0';
    if (frames != expected && frames != or_expected) {
        corpora.other_counts++;
        print_message("%s/%s: %ld frames, the table says %ld or %ld %s\n", set, name, frames, expected,
                      or_expected, err.text);
    }
    cut(path);
}

/* The column's text, up to the next tab. Returns NULL when the line has fewer columns. */
static char *column(char *line, int number)
{
    for (; number > 0 && line != NULL; number--) {
        line = strchr(line, '\t');
        line = line != NULL ? line + 1 : NULL;
    }
    return line;
}

static int column_named(const char *header, const char *name)
{
    int number = 0;
    size_t length = strlen(name);
    for (const char *at = header; at != NULL; number++) {
        if (strncmp(at, name, length) == 0 && (at[length] == '\t' || at[length] == '\n'))
            return number;
        at = strchr(at, '\t');
        at = at != NULL ? at + 1 : NULL;
    }
    return -1;
}

static void run_set(const char *set)
{
    char path[4096], line[8192];
    snprintf(path, sizeof path, "%s/%s/INDEX.tsv", corpora.folder, set);
    FILE *index = fopen(path, "r");
    assert_non_null(index);
    assert_non_null(fgets(line, sizeof line, index));
    int count_at = column_named(line, "libpcap_packets"), other_at = column_named(line, "packets");
    assert_true(count_at > 0 && other_at > 0);
    while (fgets(line, sizeof line, index) != NULL) {
        char *count = column(line, count_at), *other = column(line, other_at), *tab = strchr(line, '\t');
        assert_true(count != NULL && other != NULL && tab != NULL);
        *tab = '\0';
        run_file(set, line, strtol(count, NULL, 10), strtol(other, NULL, 10));
    }
    fclose(index);
}

static void every_file(void **state)
{
    (void)state;
    struct stat status;
    if (stat(corpora.folder, &status) != 0) {
        print_message("skipped: no corpora in %s\n", corpora.folder);
        skip();
    }
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        run_set(sets[i]);
    print_message("%lu files, %lu frames, %lu files say what is wrong with them; cut short %lu times\n",
                  corpora.files, corpora.frames, corpora.damaged_files, corpora.runs);
    /* A snoop file is none of ours; in two files each of the three readers counts other blocks as packets. */
    assert_true(corpora.other_counts * 500 <= corpora.files);
}

static int settings(void **state)
{
    (void)state;
    const char *folder = getenv("CORPORA"), *cuts = getenv("CORPORA_CUTS");
    corpora.folder = folder != NULL ? folder : "../shared/corpora";
    corpora.cuts = cuts == NULL ? 3 : strtoul(cuts, NULL, 10);
    uint8_t *map = mmap(NULL, PAGES + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || mprotect(map + PAGES, 4096, PROT_NONE) != 0)
        return -1;
    corpora.page_end = map + PAGES;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_file)};
    return cmocka_run_group_tests(tests, settings, NULL);
}

/* The ring: order, wrapping, full rings, writers that die, memory that lies. */
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "event/ring.h"

#define SMALL 4096u

struct pair {
    struct ring writer, reader;
    int fd;
};

static struct pair pair_open(uint32_t bytes)
{
    struct pair pair;

    pair.fd = ring_create(&pair.writer, bytes);
    assert_true(pair.fd >= 0);
    assert_int_equal(ring_map(&pair.reader, pair.fd), 0);
    return pair;
}

static void pair_close(struct pair *pair)
{
    ring_unmap(&pair->writer);
    ring_unmap(&pair->reader);
    close(pair->fd);
}

static bool put(struct ring *ring, uint32_t kind, const void *bytes, uint32_t count)
{
    uint64_t position;
    void *body = ring_reserve(ring, kind, count, &position);

    if (body == NULL)
        return false;
    memcpy(body, bytes, count);
    ring_commit(ring, position);
    return true;
}

static void test_one_record(void **state)
{
    struct pair pair = pair_open(SMALL);
    struct ring_view view;

    (void)state;
    assert_int_equal(ring_next(&pair.reader, &view), 0);
    assert_true(put(&pair.writer, 7, "hello", 5));
    assert_int_equal(ring_next(&pair.reader, &view), 1);
    assert_int_equal(view.kind, 7);
    assert_true(view.bytes >= 5);
    assert_memory_equal(view.body, "hello", 5);
    ring_consume(&pair.reader);
    assert_int_equal(ring_next(&pair.reader, &view), 0);
    pair_close(&pair);
}

static void test_wraps_many_times(void **state)
{
    struct pair pair = pair_open(SMALL);
    uint8_t bytes[700];
    struct ring_view view;

    (void)state;
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t count = 1 + i * 37 % (uint32_t)sizeof bytes;

        memset(bytes, (int)(i & 0xff), sizeof bytes);
        assert_true(put(&pair.writer, i, bytes, count));
        assert_int_equal(ring_next(&pair.reader, &view), 1);
        assert_int_equal(view.kind, i);
        assert_true(view.bytes >= count && view.bytes < count + RING_ALIGN);
        assert_memory_equal(view.body, bytes, count);
        ring_consume(&pair.reader);
    }
    assert_int_equal(atomic_load(&pair.writer.header->lost), 0);
    pair_close(&pair);
}

static void test_uncommitted_is_not_seen(void **state)
{
    struct pair pair = pair_open(SMALL);
    struct ring_view view;
    uint64_t first;

    (void)state;
    assert_non_null(ring_reserve(&pair.writer, 1, 10, &first));
    assert_true(put(&pair.writer, 2, "x", 1));
    assert_int_equal(ring_next(&pair.reader, &view), 0);
    ring_commit(&pair.writer, first);
    assert_int_equal(ring_next(&pair.reader, &view), 1);
    assert_int_equal(view.kind, 1);
    pair_close(&pair);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void test_full_counts_lost(void **state)
{
    struct pair pair = pair_open(SMALL);
    struct ring_view view;
    int written = 0, read = 0;
    int64_t start;

    (void)state;
    errno = 4242;
    while (put(&pair.writer, 1, "0123456789", 10))
        written++;
    assert_int_equal(written, SMALL / 32);
    assert_int_equal(atomic_load(&pair.writer.header->lost), 1);
    start = now_ms();
    for (int i = 0; i < 1000; i++)
        assert_false(put(&pair.writer, 1, "0123456789", 10));
    assert_true(now_ms() - start < 500); /* not all wait for a reader that does not move */
    assert_int_equal(atomic_load(&pair.writer.header->lost), 1001);
    assert_int_equal(errno, 4242);
    for (; ring_next(&pair.reader, &view) == 1; read++)
        ring_consume(&pair.reader);
    assert_int_equal(read, written);
    assert_true(put(&pair.writer, 1, "again", 5));
    assert_false(put(&pair.writer, 1, pair.writer.records, SMALL)); /* larger than could ever fit */
    atomic_store(&pair.writer.header->reader_gone, 1);
    assert_false(put(&pair.writer, 1, "gone", 4));
    assert_int_equal(atomic_load(&pair.writer.header->lost), 1002);
    pair_close(&pair);
}

static void test_doorbell_rings_once(void **state)
{
    struct pair pair = pair_open(SMALL);
    uint64_t position;

    (void)state;
    assert_non_null(ring_reserve(&pair.writer, 1, 1, &position));
    assert_false(ring_commit(&pair.writer, position));
    atomic_store(&pair.reader.header->reader_sleeps, 1);
    assert_non_null(ring_reserve(&pair.writer, 1, 1, &position));
    assert_true(ring_commit(&pair.writer, position));
    assert_non_null(ring_reserve(&pair.writer, 1, 1, &position));
    assert_false(ring_commit(&pair.writer, position));
    pair_close(&pair);
}

#define WRITERS 4
#define EACH    250000u

struct writer {
    struct ring *ring;
    uint32_t number;
};

static void *write_many(void *argument)
{
    struct writer *writer = argument;

    for (uint32_t i = 0; i < EACH; i++) {
        uint32_t words[32] = {writer->number, i};

        while (!put(writer->ring, writer->number, words, 8 + i % 100))
            continue;
    }
    return NULL;
}

static void test_four_writers_lose_nothing(void **state)
{
    struct pair pair = pair_open(1u << 16);
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    uint32_t next[WRITERS] = {0}, total = 0, words[2];
    struct ring_view view;

    (void)state;
    for (uint32_t i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.ring = &pair.writer, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &writers[i]), 0);
    }
    while (total < WRITERS * EACH) {
        int got = ring_next(&pair.reader, &view);

        assert_true(got >= 0);
        if (got == 0)
            continue;
        memcpy(words, view.body, sizeof words);
        assert_true(words[0] < WRITERS && words[0] == view.kind);
        assert_int_equal(words[1], next[words[0]]);
        next[words[0]]++;
        total++;
        ring_consume(&pair.reader);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(ring_next(&pair.reader, &view), 0);
    pair_close(&pair);
}

/* A child reserves, and is killed before it commits; what others had written behind it is still there. */
static void test_writer_killed_in_mid_record(void **state)
{
    struct pair pair = pair_open(SMALL);
    struct ring_view view;
    uint64_t position;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        put(&pair.writer, 1, "before", 6);
        memset(ring_reserve(&pair.writer, 2, 300, &position), 0xff, 300);
        put(&pair.writer, 3, "behind", 6);
        ring_reserve(&pair.writer, 4, 40, &position);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(ring_next(&pair.reader, &view), 1);
    assert_false(ring_skip_unfinished(&pair.reader));
    ring_consume(&pair.reader);
    assert_int_equal(ring_next(&pair.reader, &view), 0);
    assert_true(ring_skip_unfinished(&pair.reader));
    assert_int_equal(ring_next(&pair.reader, &view), 1);
    assert_int_equal(view.kind, 3);
    ring_consume(&pair.reader);
    assert_true(ring_skip_unfinished(&pair.reader));
    assert_false(ring_skip_unfinished(&pair.reader));
    assert_int_equal(ring_next(&pair.reader, &view), 0);
    pair_close(&pair);
}

static struct ring_record *record_at(struct ring *ring, uint64_t position)
{
    return (struct ring_record *)(void *)(ring->records + position % ring->bytes);
}

static void test_hostile_records(void **state)
{
    static const uint32_t lengths[] = {0,     1,          15,         17,         24,        48,
                                       SMALL, SMALL + 16, 0x80000000, 0xfffffff0, 0xffffffff};
    struct ring_view view;

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct pair pair = pair_open(SMALL);

        assert_true(put(&pair.writer, 1, "0123456789", 10));
        record_at(&pair.writer, 0)->bytes = lengths[i];
        assert_int_equal(ring_next(&pair.reader, &view), -EPROTO);
        ring_consume(&pair.reader);
        assert_int_equal(atomic_load(&pair.reader.header->tail), 0);
        pair_close(&pair);
    }
}

static void test_hostile_positions(void **state)
{
    static const uint64_t heads[] = {1, 8, SMALL + 16, UINT64_MAX, UINT64_MAX - 15, UINT64_C(1) << 63};
    struct ring_view view;

    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct pair pair = pair_open(SMALL);

        atomic_store(&pair.writer.header->head, heads[i]);
        assert_int_equal(ring_next(&pair.reader, &view), -EPROTO);
        assert_false(ring_skip_unfinished(&pair.reader));
        atomic_store(&pair.writer.header->head, 0);
        atomic_store(&pair.writer.header->tail, heads[i]);
        assert_true(ring_next(&pair.reader, &view) <= 0);
        pair_close(&pair);
    }
}

/* A pad stands only before the end, and a record always follows it. */
static void test_hostile_pads(void **state)
{
    struct pair pair = pair_open(SMALL);
    struct ring_view view;

    (void)state;
    assert_true(put(&pair.writer, RING_PAD, "x", 1));
    assert_int_equal(ring_next(&pair.reader, &view), -EPROTO);
    record_at(&pair.writer, 0)->bytes = SMALL;
    atomic_store(&pair.writer.header->head, SMALL);
    assert_int_equal(ring_next(&pair.reader, &view), -EPROTO);
    pair_close(&pair);
}

static void test_only_rings_are_mapped(void **state)
{
    struct ring ring = {0}, other;
    int fd = memfd_create("x", MFD_ALLOW_SEALING), true_fd = ring_create(&ring, SMALL);

    (void)state;
    assert_int_equal(ring_map(&other, fd), -EPROTO); /* empty and not sealed */
    assert_int_equal(ftruncate(fd, (off_t)(sizeof(struct ring_header) + SMALL)), 0);
    assert_int_equal(ring_map(&other, fd), -EPROTO);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
    assert_int_equal(ring_map(&other, fd), -EPROTO); /* no magic */
    assert_int_equal(ring_map(&other, -1), -EPROTO);
    assert_true(ftruncate(true_fd, 0) < 0 && errno == EPERM);
    ring.header->bytes = 2 * SMALL;
    assert_int_equal(ring_map(&other, true_fd), -EPROTO);
    assert_int_equal(ring_create(&other, 5000), -EINVAL);
    ring_unmap(&ring);
    close(true_fd);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_record),
        cmocka_unit_test(test_wraps_many_times),
        cmocka_unit_test(test_uncommitted_is_not_seen),
        cmocka_unit_test(test_full_counts_lost),
        cmocka_unit_test(test_doorbell_rings_once),
        cmocka_unit_test(test_four_writers_lose_nothing),
        cmocka_unit_test(test_writer_killed_in_mid_record),
        cmocka_unit_test(test_hostile_records),
        cmocka_unit_test(test_hostile_positions),
        cmocka_unit_test(test_hostile_pads),
        cmocka_unit_test(test_only_rings_are_mapped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

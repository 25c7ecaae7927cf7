/*
 * The ring in shared memory. Writers claim room by compare-and-swap on `head` and never wait for each other;
 * the stamp in each record says when its bytes may be read. Everything the reader takes from the memory is
 * checked: the other side is somebody else's program.
 */
#include "event/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SEALS         (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define BYTES_MIN     4096u
#define BYTES_MAX     (1u << 30)
#define FULL_YIELDS   20 /* tries before sleeping between them */
#define FULL_TRIES    50 /* about 2 ms in all, at 60 us for the shortest sleep */
#define VAIN_MAX      50
#define FULL_SLEEP_NS 1000

_Static_assert(sizeof(struct ring_record) == RING_ALIGN, "a pad must fit wherever a record may end");

static size_t map_bytes(uint32_t bytes)
{
    return sizeof(struct ring_header) + bytes;
}

static bool bytes_valid(uint32_t bytes)
{
    return bytes >= BYTES_MIN && bytes <= BYTES_MAX && (bytes & (bytes - 1)) == 0;
}

static struct ring_record *record_at(const struct ring *ring, uint64_t position)
{
    return (struct ring_record *)(void *)(ring->records + (position & (ring->bytes - 1)));
}

static int attach(struct ring *ring, int fd, uint32_t bytes)
{
    void *memory = mmap(NULL, map_bytes(bytes), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (memory == MAP_FAILED)
        return -errno;
    memset(ring, 0, sizeof *ring);
    ring->header = memory;
    ring->records = (uint8_t *)memory + sizeof(struct ring_header);
    ring->bytes = bytes;
    return 0;
}

static int create(struct ring *ring, uint32_t bytes)
{
    int fd, result;

    if (!bytes_valid(bytes))
        return -EINVAL;
    fd = memfd_create("sockstep-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -errno;
    if (ftruncate(fd, (off_t)map_bytes(bytes)) < 0 || fcntl(fd, F_ADD_SEALS, SEALS) < 0)
        result = -errno;
    else
        result = attach(ring, fd, bytes);
    if (result < 0) {
        close(fd);
        return result;
    }
    ring->header->magic = RING_MAGIC;
    ring->header->version = RING_VERSION;
    ring->header->bytes = bytes;
    ring->header->pid = getpid();
    return fd;
}

int ring_create(struct ring *ring, uint32_t bytes)
{
    int saved = errno;
    int result = create(ring, bytes);

    errno = saved;
    return result;
}

static int map(struct ring *ring, int fd)
{
    struct stat stat;
    struct ring candidate;
    uint32_t bytes;
    int seals, result;

    seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &stat) < 0)
        return -EPROTO;
    if (stat.st_size < (off_t)map_bytes(BYTES_MIN) || stat.st_size > (off_t)map_bytes(BYTES_MAX))
        return -EPROTO;
    bytes = (uint32_t)((size_t)stat.st_size - sizeof(struct ring_header));
    if (!bytes_valid(bytes))
        return -EPROTO;
    result = attach(&candidate, fd, bytes);
    if (result < 0)
        return result;
    if (candidate.header->magic != RING_MAGIC || candidate.header->version != RING_VERSION ||
        candidate.header->bytes != bytes) {
        munmap(candidate.header, map_bytes(bytes));
        return -EPROTO;
    }
    *ring = candidate;
    return 0;
}

int ring_map(struct ring *ring, int fd)
{
    int saved = errno;
    int result = map(ring, fd);

    errno = saved;
    return result;
}

void ring_unmap(struct ring *ring)
{
    int saved = errno;

    if (ring->header != NULL)
        munmap(ring->header, map_bytes(ring->bytes));
    memset(ring, 0, sizeof *ring);
    errno = saved;
}

static uint32_t pad_before(const struct ring *ring, uint64_t position, uint32_t size)
{
    uint32_t left = ring->bytes - (uint32_t)(position & (ring->bytes - 1));

    return left < size ? left : 0;
}

static bool has_room(struct ring *ring, uint64_t head, uint32_t wanted)
{
    uint64_t tail = atomic_load_explicit(&ring->seen_tail, memory_order_acquire);

    if (head + wanted - tail <= ring->bytes)
        return true;
    tail = atomic_load_explicit(&ring->header->tail, memory_order_acquire);
    atomic_store_explicit(&ring->seen_tail, tail, memory_order_release);
    return head + wanted - tail <= ring->bytes;
}

/* Whether to wait (once more) for the reader to move. */
static bool may_wait(struct ring *ring, int tries)
{
    uint64_t tail = atomic_load_explicit(&ring->header->tail, memory_order_relaxed);

    if (atomic_load_explicit(&ring->stuck_at, memory_order_relaxed) != tail) {
        atomic_store_explicit(&ring->stuck_at, tail, memory_order_relaxed);
        atomic_store_explicit(&ring->vain, 0, memory_order_relaxed);
    }
    if (atomic_load_explicit(&ring->vain, memory_order_relaxed) >= VAIN_MAX)
        return false;
    if (tries < FULL_TRIES)
        return true;
    atomic_fetch_add_explicit(&ring->vain, 1, memory_order_relaxed);
    return false;
}

static void wait_a_little(int tries)
{
    int saved = errno;
    struct timespec pause = {.tv_nsec = FULL_SLEEP_NS};

    if (tries < FULL_YIELDS)
        sched_yield();
    else
        syscall(SYS_nanosleep, &pause, NULL); /* not the library's, which is a cancellation point */
    errno = saved;
}

/* Writes the head of a record: kind and length first, the stamp (if any) last. */
static void write_record(struct ring *ring, uint64_t position, uint32_t kind, uint32_t bytes, uint64_t stamp)
{
    struct ring_record *record = record_at(ring, position);

    record->bytes = bytes;
    record->kind = kind;
    atomic_store_explicit(&record->commit, stamp, memory_order_release);
}

/* The place of the next record was last in the reader's cache: fetching it now, to own, saves the next call
 * the wait. */
static void fetch_next(const struct ring *ring, uint64_t position)
{
    const char *next = (const char *)record_at(ring, position);

    for (int line = 0; line < 4; line++) {
#if defined(__x86_64__)
        __asm__ volatile("prefetchw %0" : : "m"(next[line * 64]));
#else
        __builtin_prefetch(next + line * 64, 1);
#endif
    }
}

/* Takes `size` bytes behind the head, and the pad that may be needed before them. */
static bool claim(struct ring *ring, uint32_t size, uint64_t *ret_head, uint32_t *ret_pad)
{
    _Atomic uint64_t *shared = &ring->header->head;
    uint64_t newer, head = atomic_load_explicit(shared, memory_order_relaxed);

    for (int tries = 0;;) {
        uint32_t pad = pad_before(ring, head, size);

        if (!has_room(ring, head, pad + size)) {
            newer = atomic_load_explicit(shared, memory_order_relaxed);
            if (newer == head && !may_wait(ring, tries))
                return false;
            if (newer == head)
                wait_a_little(tries++);
            head = newer;
        } else if (atomic_compare_exchange_weak_explicit(shared, &head, head + pad + size,
                                                         memory_order_acq_rel, memory_order_relaxed)) {
            *ret_head = head;
            *ret_pad = pad;
            return true;
        }
    }
}

void *ring_reserve(struct ring *ring, uint32_t kind, uint32_t bytes, uint64_t *ret_position)
{
    uint32_t size, pad;
    uint64_t head;

    if (ring->header == NULL || atomic_load_explicit(&ring->header->reader_gone, memory_order_relaxed) != 0)
        return NULL;
    size = (bytes + (uint32_t)sizeof(struct ring_record) + RING_ALIGN - 1) & ~(RING_ALIGN - 1);
    if (bytes > ring->bytes / 2 || !claim(ring, size, &head, &pad)) {
        atomic_fetch_add_explicit(&ring->header->lost, 1, memory_order_relaxed);
        return NULL;
    }
    if (pad != 0)
        write_record(ring, head, RING_PAD, pad, head + 1);
    fetch_next(ring, head + pad + size);
    write_record(ring, head + pad, kind, size, 0);
    *ret_position = head + pad;
    return record_at(ring, head + pad) + 1;
}

bool ring_commit(struct ring *ring, uint64_t position)
{
    struct ring_header *header = ring->header;

    /* Sequentially consistent, both: either the reader that is about to sleep sees the stamp, or we see it
     * asleep. */
    atomic_store(&record_at(ring, position)->commit, position + 1);
    if (atomic_load(&header->reader_sleeps) == 0)
        return false;
    return atomic_exchange(&header->reader_sleeps, 0) == 1;
}

/* Bytes between the reader and the newest reservation; -EPROTO when that cannot be. */
static int64_t unread_bytes(const struct ring *ring, uint64_t tail)
{
    uint64_t count = atomic_load_explicit(&ring->header->head, memory_order_acquire) - tail;

    if (count > ring->bytes || count % RING_ALIGN != 0 || tail % RING_ALIGN != 0)
        return -EPROTO;
    return (int64_t)count;
}

/* The record at `tail`: its size and kind, each read once and checked. 0: none that is complete. */
static int64_t check_record(const struct ring *ring, uint64_t tail, uint32_t *ret_kind)
{
    int64_t unread = unread_bytes(ring, tail);
    const struct ring_record *record = record_at(ring, tail);
    uint32_t left = ring->bytes - (uint32_t)(tail & (ring->bytes - 1));
    uint32_t size;

    if (unread <= 0)
        return unread;
    if (atomic_load(&record_at(ring, tail)->commit) != tail + 1)
        return 0;
    size = *(const volatile uint32_t *)&record->bytes;
    *ret_kind = *(const volatile uint32_t *)&record->kind;
    if (size < sizeof *record || size % RING_ALIGN != 0 || size > left || size > (uint64_t)unread)
        return -EPROTO;
    if (*ret_kind == RING_PAD && (size != left || (uint64_t)unread == size))
        return -EPROTO;
    return size;
}

static void advance(const struct ring *ring, uint64_t tail)
{
    atomic_store_explicit(&ring->header->tail, tail, memory_order_release);
}

int ring_next(const struct ring *ring, struct ring_view *ret_view)
{
    uint64_t tail = atomic_load_explicit(&ring->header->tail, memory_order_relaxed);
    uint32_t kind = RING_PAD;
    int64_t size = check_record(ring, tail, &kind);

    if (size > 0 && kind == RING_PAD) {
        tail += (uint64_t)size;
        advance(ring, tail);
        size = check_record(ring, tail, &kind);
        if (size > 0 && kind == RING_PAD)
            return -EPROTO;
    }
    if (size <= 0)
        return (int)size;
    ret_view->kind = kind;
    ret_view->body = (const uint8_t *)(record_at(ring, tail) + 1);
    ret_view->bytes = (uint32_t)size - (uint32_t)sizeof(struct ring_record);
    return 1;
}

void ring_consume(struct ring *ring)
{
    uint64_t tail = atomic_load_explicit(&ring->header->tail, memory_order_relaxed);
    uint32_t kind;
    int64_t size = check_record(ring, tail, &kind);

    if (size > 0)
        advance(ring, tail + (uint64_t)size);
}

bool ring_skip_unfinished(struct ring *ring)
{
    uint64_t tail = atomic_load_explicit(&ring->header->tail, memory_order_relaxed);
    int64_t unread = unread_bytes(ring, tail);
    uint64_t end = tail + (uint64_t)unread;

    if (unread <= 0 || atomic_load(&record_at(ring, tail)->commit) == tail + 1)
        return false;
    do {
        tail += RING_ALIGN;
    } while (tail != end && atomic_load(&record_at(ring, tail)->commit) != tail + 1);
    advance(ring, tail);
    return true;
}

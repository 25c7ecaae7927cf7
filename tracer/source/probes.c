/*
 * All probes as one source: who says hello, what is in each one's ring, who is waiting at a gate. One ring is
 * one image of a process: a fork or an exec makes another.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "source/probes_hello.h"
#include "source/ring_reader.h"

#define HELLOS_AT_ONCE  64
#define NAP_NS          200000
#define GATE_MODE_UNSET (-1) /* every program keeps what it was started with */

struct probe {
    struct ring_reader reader;
    int control; /* end of file: the process image has ended */
    int pid, inner_pid;
    char host[NAME_MAX_BYTES];
    char lane[NAME_MAX_BYTES];
};

/* Every process that ever said hello. */
struct known {
    int pid, inner_pid;
    char lane[NAME_MAX_BYTES];
};

struct probes {
    struct source source;
    int hello_fd;
    bool hello_ended;
    char (*hosts)[NAME_MAX_BYTES];
    int host_count;
    int gate_mode;
    bool busy; /* something came in the last drain */
    ARRAY(struct probe *) probes;
    ARRAY(struct known) known;
};

/* pids of the program's own namespace become those of ours; other threads than the first keep their number.
 */
static void complete(void *context, struct event *event)
{
    const struct probe *probe = context;

    if (event->tid == event->pid)
        event->tid = probe->pid;
    event->pid = probe->pid;
    memcpy(event->host, probe->host, sizeof event->host);
    memcpy(event->lane, probe->lane, sizeof event->lane);
}

static const struct known *find_pid(const struct probes *probes, int pid)
{
    for (size_t i = probes->known.count; i-- > 0;) {
        if (probes->known.items[i].pid == pid)
            return &probes->known.items[i];
    }
    return NULL;
}

static bool lane_taken(const struct probes *probes, const char *lane)
{
    array_each (const struct known, known, &probes->known) {
        if (strcmp(known->lane, lane) == 0)
            return true;
    }
    return false;
}

/* A process keeps its lane over exec; a new one gets its lane's name, with a number from 2 when it is taken.
 */
static void choose_lane(const struct probes *probes, const char *wanted, int pid, char lane[NAME_MAX_BYTES])
{
    const struct known *known = find_pid(probes, pid);
    char number[NAME_MAX_BYTES];

    copy_text(lane, NAME_MAX_BYTES, known != NULL ? known->lane : wanted, NAME_MAX_BYTES);
    if (known != NULL)
        return;
    for (unsigned n = 2; lane_taken(probes, lane); n++) {
        size_t digits = (size_t)snprintf(number, sizeof number, ".%u", n);
        size_t kept = strnlen(wanted, NAME_MAX_BYTES - 1 - digits);

        copy_text(lane, NAME_MAX_BYTES, wanted, kept);
        memcpy(lane + kept, number, digits);
    }
}

static void choose_host(const struct probes *probes, const char *lane, unsigned told,
                        char host[NAME_MAX_BYTES])
{
    size_t count = strcspn(lane, ".");

    for (int i = 0; i < probes->host_count; i++) {
        if (strlen(probes->hosts[i]) == count && memcmp(probes->hosts[i], lane, count) == 0)
            told = (unsigned)i + 1;
    }
    if (told >= 1 && told <= (unsigned)probes->host_count)
        memcpy(host, probes->hosts[told - 1], NAME_MAX_BYTES);
}

static int outer_pid(const struct probes *probes, int inner_pid)
{
    for (size_t i = probes->known.count; i-- > 0;) {
        if (probes->known.items[i].inner_pid == inner_pid)
            return probes->known.items[i].pid;
    }
    return 0;
}

/* The lab tells of programs that it starts; forks and execs only the probe sees. */
static void tell_process(const struct probes *probes, const struct probe *probe,
                         const struct record_hello *hello, source_emit *emit, void *context)
{
    struct event event = {.kind = EVENT_PROCESS, .time_ns = hello->time_ns, .order_ns = hello->time_ns};

    if (hello->what == PROCESS_START)
        return;
    complete((void *)probe, &event);
    event.process.what = hello->what;
    event.process.parent = outer_pid(probes, hello->parent);
    copy_text(event.process.program, sizeof event.process.program, hello->program, sizeof hello->program);
    emit(context, &event);
}

static void remember(struct probes *probes, const struct probe *probe)
{
    struct known *known = array_push(&probes->known);

    *known = (struct known){.pid = probe->pid, .inner_pid = probe->inner_pid};
    memcpy(known->lane, probe->lane, sizeof known->lane);
}

static void wake(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void answer(struct ring_gate *gate, uint32_t call_id, uint32_t order)
{
    atomic_store(&gate->order, order);
    if (atomic_compare_exchange_strong(&gate->waiting, &call_id, RING_GATE_ANSWERED))
        wake(&gate->waiting);
}

static void set_gate_mode(struct probe *probe, int mode)
{
    struct ring_header *header = probe->reader.ring.header;

    atomic_store(&header->gate_mode, (uint32_t)mode);
    for (int i = 0; i < RING_GATE_SLOTS && mode == RING_GATE_OPEN; i++) {
        uint32_t waiting = atomic_load(&header->gates[i].waiting);

        if (waiting != 0 && waiting != RING_GATE_ANSWERED)
            answer(&header->gates[i], waiting, 0);
    }
}

static void welcome(struct probes *probes, const struct probe_hello *hello, source_emit *emit, void *context)
{
    struct probe *probe = xcalloc(1, sizeof *probe);
    char wanted[NAME_MAX_BYTES];

    if (ring_map(&probe->reader.ring, hello->ring_fd) < 0) {
        close(hello->control_fd);
        free(probe);
        return;
    }
    probe->control = hello->control_fd;
    probe->pid = hello->pid;
    probe->inner_pid = hello->record.pid;
    probe->reader.hosts = (const char(*)[NAME_MAX_BYTES])probes->hosts;
    probe->reader.host_count = probes->host_count;
    probe->reader.complete = complete;
    probe->reader.context = probe;
    copy_text(wanted, sizeof wanted, hello->record.lane, sizeof hello->record.lane);
    choose_lane(probes, wanted, probe->pid, probe->lane);
    choose_host(probes, wanted, hello->record.host, probe->host);
    if (probes->gate_mode != GATE_MODE_UNSET)
        set_gate_mode(probe, probes->gate_mode);
    tell_process(probes, probe, &hello->record, emit, context);
    remember(probes, probe);
    *array_push(&probes->probes) = probe;
}

static void hear_hellos(struct probes *probes, source_emit *emit, void *context)
{
    struct probe_hello hello;

    for (int i = 0; i < HELLOS_AT_ONCE && !probes->hello_ended; i++) {
        int result = probe_hello_receive(probes->hello_fd, &hello);

        if (result == 0)
            break;
        if (result == -EPIPE)
            probes->hello_ended = true;
        if (result > 0) {
            welcome(probes, &hello, emit, context);
            close(hello.ring_fd);
        }
    }
}

/* Empties the doorbell. False: the process image has ended. */
static bool hear_control(int fd)
{
    char byte;
    ssize_t count;

    do {
        count = recv(fd, &byte, sizeof byte, MSG_DONTWAIT);
    } while (count > 0 || (count < 0 && errno == EINTR));
    return count < 0 && errno == EAGAIN;
}

static void probe_free(struct probe *probe)
{
    ring_unmap(&probe->reader.ring);
    close(probe->control);
    free(probe);
}

/* Whether it ended is asked first, so that what it wrote before its end is read. */
static bool drain_probe(struct probe *probe, source_emit *emit, void *context)
{
    bool lives = hear_control(probe->control);

    if (lives)
        ring_reader_drain(&probe->reader, emit, context);
    else
        ring_reader_finish(&probe->reader, emit, context);
    return lives;
}

static int probes_drain(struct source *source, source_emit *emit, void *context, struct err *err)
{
    struct probes *probes = (struct probes *)source;
    size_t kept = 0;

    (void)err;
    hear_hellos(probes, emit, context);
    for (size_t i = 0; i < probes->probes.count; i++) {
        struct probe *probe = probes->probes.items[i];
        uint64_t before = atomic_load(&probe->reader.ring.header->tail);
        bool lives = drain_probe(probe, emit, context);

        probes->busy |= atomic_load(&probe->reader.ring.header->tail) != before;
        if (lives)
            probes->probes.items[kept++] = probe;
        else
            probe_free(probe);
    }
    probes->probes.count = kept;
    return probes->hello_ended && kept == 0 ? 0 : 1;
}

static int probes_poll_fds(const struct source *source, struct pollfd *fds, int room)
{
    const struct probes *probes = (const struct probes *)source;
    int count = 0;

    if (!probes->hello_ended && room > 0)
        fds[count++] = (struct pollfd){.fd = probes->hello_fd, .events = POLLIN};
    for (size_t i = 0; i < probes->probes.count && count < room; i++)
        fds[count++] = (struct pollfd){.fd = probes->probes.items[i]->control, .events = POLLIN};
    return count;
}

/* A doorbell costs the program as much as several calls: while calls come thick and fast we look again a
 * moment later instead of asking for one. */
static bool probes_arm(struct source *source)
{
    struct probes *probes = (struct probes *)source;
    bool news = false;

    if (probes->busy) {
        probes->busy = false;
        nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
        return true;
    }
    for (size_t i = 0; i < probes->probes.count; i++)
        news |= ring_reader_arm(&probes->probes.items[i]->reader);
    return news;
}

static void probes_free(struct source *source)
{
    struct probes *probes = (struct probes *)source;

    for (size_t i = 0; i < probes->probes.count; i++) {
        struct probe *probe = probes->probes.items[i];

        atomic_store(&probe->reader.ring.header->reader_gone, 1);
        set_gate_mode(probe, RING_GATE_OPEN);
        probe_free(probe);
    }
    array_release(&probes->probes);
    array_release(&probes->known);
    free(probes->hosts);
    free(probes);
}

static const struct source_ops probes_ops = {
    .name = "probe",
    .poll_fds = probes_poll_fds,
    .drain = probes_drain,
    .arm = probes_arm,
    .free = probes_free,
};

struct source *source_probes(int hello_fd, const char (*hosts)[NAME_MAX_BYTES], int host_count,
                             struct err *err)
{
    struct probes *probes;
    int one = 1;

    if (setsockopt(hello_fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof one) < 0) {
        err_set(err, errno, "cannot listen for probes: %s", strerror(errno));
        return NULL;
    }
    probes = xcalloc(1, sizeof *probes);
    probes->source.ops = &probes_ops;
    probes->hello_fd = hello_fd;
    probes->gate_mode = GATE_MODE_UNSET;
    probes->hosts = xmemdup(hosts, sizeof *hosts * (size_t)host_count);
    probes->host_count = host_count;
    return &probes->source;
}

void source_probes_gate_mode(struct source *source, int mode)
{
    struct probes *probes = (struct probes *)source;

    probes->gate_mode = mode;
    for (size_t i = 0; i < probes->probes.count; i++)
        set_gate_mode(probes->probes.items[i], mode);
}

static int release(struct probe *probe, uint32_t call_id, uint32_t order)
{
    struct ring_header *header = probe->reader.ring.header;

    for (int i = 0; i < RING_GATE_SLOTS; i++) {
        if (atomic_load(&header->gates[i].waiting) == call_id) {
            answer(&header->gates[i], call_id, order);
            return 0;
        }
    }
    return -ESRCH;
}

int source_probes_release(struct source *source, int pid, uint32_t call_id, uint32_t order)
{
    struct probes *probes = (struct probes *)source;

    if (call_id == 0 || call_id == RING_GATE_ANSWERED)
        return -ESRCH;
    for (size_t i = 0; i < probes->probes.count; i++) {
        if (probes->probes.items[i]->pid == pid && release(probes->probes.items[i], call_id, order) == 0)
            return 0;
    }
    return -ESRCH;
}

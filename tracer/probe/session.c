/*
 * Beginning, forking and end of a session. What is set up here is written by one thread (before main(), or in
 * the child of a fork, or by the thread that won the right to begin) and only read afterwards.
 */
#include "probe/session.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/hello.h"
#include "probe/raw.h"
#include "probe/real.h"
#include "probe/thread.h"

/* "SOCKSTEP_PROBE_PID=1234": tells the program that this one executes that it is not the first. */
#define PID_VARIABLE "SOCKSTEP_PROBE_PID"

struct session session = {.control = -1, .hello = -1, .settle_fd = -1};
_Atomic int session_state = SESSION_UNDECIDED;

static char pid_variable[sizeof PID_VARIABLE + 16];
static _Atomic uint32_t always_alive = 1;

static bool number(const char *text, long low, long high, long *ret_number, const char **ret_end)
{
    char *end;
    long value;

    if (text == NULL)
        return false;
    value = strtol(text, &end, 10);
    if (end == text || value < low || value > high)
        return false;
    *ret_number = value;
    *ret_end = end;
    return true;
}

static void read_settle(void)
{
    const char *end;
    long fd, host;
    void *page;

    if (!number(secure_getenv(PROBE_SETTLE_VARIABLE), 0, INT32_MAX, &fd, &end) || *end != ':' ||
        !number(end + 1, 0, SETTLE_HOSTS_MAX - 1, &host, &end))
        return;
    page = mmap(NULL, sizeof(struct settle_page), PROT_READ, MAP_SHARED, (int)fd, 0);
    if (page == MAP_FAILED)
        return;
    session.settle = page;
    session.settle_index = (uint32_t)host;
    session.settle_fd = (int)fd;
}

/* A page that is zero again in every forked child, however it was forked (madvise(2), MADV_WIPEONFORK). */
static void make_alive(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    session.alive = &always_alive;
    if (page == MAP_FAILED)
        return;
    if (madvise(page, 4096, MADV_WIPEONFORK) < 0) {
        munmap(page, 4096);
        return;
    }
    session.alive = page;
    atomic_store(session.alive, 1);
}

static bool read_environment(void)
{
    const char *end;
    long value;

    if (!number(secure_getenv(PROBE_FD_VARIABLE), 0, INT32_MAX, &value, &end) || *end != '\0' ||
        !raw_is_seqpacket((int)value))
        return false;
    session.hello = (int)value;
    session.payload_max = PROBE_PAYLOAD_DEFAULT;
    if (number(secure_getenv(PROBE_PAYLOAD_VARIABLE), 0, 65536, &value, &end))
        session.payload_max = (uint32_t)value;
    read_settle();
    make_alive();
    return true;
}

static uint32_t first_gate_mode(void)
{
    const char *text = secure_getenv(PROBE_GATES_VARIABLE);

    return text != NULL && strcmp(text, "1") == 0 ? RING_GATE_CLOSED : RING_GATE_OPEN;
}

static void write_pid_variable(void)
{
    snprintf(pid_variable, sizeof pid_variable, PID_VARIABLE "=%d", (int)session.pid);
}

/* Makes ring and control socket and says hello. */
static bool open_session(enum process_what what, uint32_t gate_mode)
{
    int pair[2], ring_fd = -1;
    bool said = false;

    session.pid = getpid();
    atomic_store(&session.calls, 0);
    if (!raw_socketpair(pair))
        return false;
    session.control = raw_move_high(pair[0]);
    session.control_inode = raw_inode(session.control);
    ring_fd = ring_create(&session.ring, RING_BYTES_DEFAULT);
    if (ring_fd >= 0) {
        atomic_store(&session.ring.header->gate_mode, gate_mode);
        said = hello_say(session.hello, ring_fd, pair[1], what,
                         session.settle == NULL ? 0 : session.settle_index + 1);
        raw_close(ring_fd);
    }
    raw_close(pair[1]);
    if (!said) {
        raw_close(session.control);
        session.control = -1;
    }
    return said;
}

static void forked_child(void);

__attribute__((weak, visibility("default"))) void sockprobe_preload_yield(void);

/* True when this program was preloaded with a probe as well, which is silent from here on. */
static bool take_over(void)
{
    if (real_preloaded || sockprobe_preload_yield == NULL)
        return false;
    sockprobe_preload_yield();
    return true;
}

static void begin(void)
{
    int undecided = SESSION_UNDECIDED;
    bool first;

    if (!atomic_compare_exchange_strong(&session_state, &undecided, SESSION_STARTING))
        return;
    if (!read_environment()) {
        atomic_store(&session_state, SESSION_OFF);
        return;
    }
    first = take_over() || secure_getenv(PID_VARIABLE) == NULL;
    if (!open_session(first ? PROCESS_START : PROCESS_EXEC, first_gate_mode())) {
        atomic_store(&session_state, SESSION_OFF);
        return;
    }
    write_pid_variable();
    putenv(pid_variable);
    pthread_atfork(NULL, NULL, forked_child);
    atomic_store(&session_state, SESSION_ON);
}

/* The child has the parent's descriptors and memory: it must let go of both, or the parent would seem to live
 * on. */
static void forked_child(void)
{
    int saved = errno;
    uint32_t gate_mode;

    if (atomic_load(&session_state) != SESSION_ON || getpid() == session.pid)
        return;
    atomic_store(&session_state, SESSION_STARTING);
    gate_mode = atomic_load(&session.ring.header->gate_mode);
    if (raw_inode(session.control) == session.control_inode)
        raw_close(session.control);
    session.control = -1;
    ring_unmap(&session.ring);
    thread_forget();
    atomic_store(session.alive, 1);
    if (open_session(PROCESS_FORK, gate_mode)) {
        write_pid_variable();
        atomic_store(&session_state, SESSION_ON);
    } else {
        atomic_store(&session_state, SESSION_OFF);
    }
    errno = saved;
}

bool session_ready_slowly(void)
{
    int saved = errno;

    if (__builtin_expect(atomic_load(&session_state) == SESSION_UNDECIDED, 0))
        begin();
    else if (session.alive != NULL && atomic_load_explicit(session.alive, memory_order_relaxed) == 0)
        forked_child();
    errno = saved;
    return atomic_load_explicit(&session_state, memory_order_acquire) == SESSION_ON;
}

bool session_is_ours(void)
{
    return getpid() == session.pid;
}

void session_quiet(void)
{
    atomic_store(&session_state, SESSION_OFF);
}

bool session_owns(int fd)
{
    return fd >= 0 && !session_off() &&
           (fd == session.control || fd == session.hello || fd == session.settle_fd);
}

/* The program may have closed the number by a way that we do not see, and have opened something of its own
 * there. */
static bool control_is_ours(void)
{
    return raw_inode(session.control) == session.control_inode;
}

bool session_listener_lives(void)
{
    if (atomic_load(&session_state) != SESSION_ON)
        return false;
    if (atomic_load(&session.ring.header->reader_gone) == 0 && control_is_ours() &&
        raw_peer_lives(session.control))
        return true;
    session_quiet();
    return false;
}

void session_ring_doorbell(void)
{
    if (!control_is_ours() || !raw_send_byte(session.control))
        session_quiet();
}

void session_yield(void)
{
    if (atomic_exchange(&session_state, SESSION_OFF) == SESSION_ON && control_is_ours())
        raw_close(session.control);
}

__attribute__((constructor)) static void session_at_load(void)
{
    session_ready_slowly();
}

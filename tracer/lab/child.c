#include "lab/child.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define POLL_FDS_MAX     256
#define REQUESTS_AT_ONCE 64
#define SEALS            (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE)

static void answer(const struct lab_child *child, int result, const char *text)
{
    struct lab_answer message = {.result = result};
    snprintf(message.text, sizeof message.text, "%s", text);
    (void)send(child->control_fd, &message, sizeof message, MSG_NOSIGNAL);
}

static int by_number(const void *left, const void *right)
{
    return *(const int *)left - *(const int *)right;
}

/* Whatever else the parent has open is not ours: files would stay open and pipes would never end. */
static void close_others(int keep[], size_t count)
{
    unsigned from = 3;
    qsort(keep, count, sizeof keep[0], by_number);
    for (size_t i = 0; i <= count; i++) {
        unsigned to = i < count ? (unsigned)keep[i] - 1 : ~0u;
        if (from <= to)
            (void)syscall(SYS_close_range, from, to, 0u);
        if (i < count)
            from = (unsigned)keep[i] + 1;
    }
}

static void standard_streams_off(void)
{
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null_fd < 0)
        return;
    (void)dup2(null_fd, STDIN_FILENO);
    (void)dup2(null_fd, STDOUT_FILENO);
    if (null_fd > STDERR_FILENO)
        close(null_fd);
}

/* Our parent's death is ours. It may have died before we asked for the signal: then the control socket has
 * ended, and the loop will see that. */
static void detach_from_parent(const struct lab_child_start *start)
{
    int keep[] = {start->control_fd, start->doorbell_fd, start->hello_fd};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    (void)prctl(PR_SET_NAME, "sockstep-lab", 0, 0, 0);
    (void)prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    for (int i = 1; i < NSIG; i++)
        (void)signal(i, SIG_DFL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setsid();
    close_others(keep, sizeof keep / sizeof keep[0]);
    standard_streams_off();
}

/* The settle page: we write, programs can only read. */
static int settle_page_make(struct lab_child *child)
{
    int fd = memfd_create("sockstep-settle", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || ftruncate(fd, sizeof(struct settle_page)) < 0)
        return -errno;
    void *page = mmap(NULL, sizeof(struct settle_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED || fcntl(fd, F_ADD_SEALS, SEALS) < 0)
        return -errno;
    child->settle = page;
    child->programs.settle_fd = fd;
    return 0;
}

static int signals_make(struct lab_child *child)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    if (sigprocmask(SIG_SETMASK, &signals, NULL) < 0)
        return -errno;
    child->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    return child->signal_fd >= 0 ? 0 : -errno;
}

static int child_make(struct lab_child *child, const struct lab_child_start *start, struct buf *sysctls,
                      struct err *err)
{
    int result = namespaces_map_user(&start->identity, err);
    if (result == 0)
        result = hosts_make(child, sysctls, err);
    if (result < 0)
        return result;
    result = settle_page_make(child);
    if (result == 0)
        result = signals_make(child);
    return result == 0 ? 0 : err_set(err, -result, "the lab cannot start: %s", strerror(-result));
}

static void start_program(struct lab_child *child, char *message, size_t bytes)
{
    struct spawn_request spawn;
    struct err err = {{0}};
    int result = spawn_request_unpack(message, bytes, &spawn);
    if (result < 0 || spawn.host < 0 || spawn.host >= child->config->host_count)
        result = err_set(&err, EINVAL, "no such host");
    else
        result = program_start(&child->programs, &spawn, child->hosts[spawn.host].network, &err);
    answer(child, result, err.text);
}

static void ask_now(struct lab_child *child, int host, int64_t order_ns)
{
    if (host < 0 || host >= child->config->host_count)
        return;
    traffic_read(child);
    inquiry_plain(child, host, order_ns);
    traffic_read(child);
}

static int order_packet(struct lab_child *child, const struct lab_request *request)
{
    struct lab_order order = {.action = (enum fault_action)request->action,
                              .delay_ns = request->delay_ns,
                              .corrupt_byte = request->corrupt_byte,
                              .icmp = (enum fault_icmp)request->icmp,
                              .mtu = (uint16_t)request->mtu};
    if (request->icmp > FAULT_ICMP_TOO_BIG || request->delay_ns < 0)
        return -EINVAL;
    return holds_order(child, request->packet, &order);
}

static void obey(struct lab_child *child, char *message, size_t bytes)
{
    struct lab_request request;
    if (bytes < sizeof request)
        return;
    memcpy(&request, message, sizeof request);
    switch ((enum request_kind)request.kind) {
    case REQUEST_SPAWN: start_program(child, message, bytes); break;
    case REQUEST_KILL: answer(child, program_kill(&child->programs, request.pid, request.signal), ""); break;
    case REQUEST_ASK: ask_now(child, request.host, request.order_ns); break;
    case REQUEST_STOP: child->stopping = true; break;
    case REQUEST_HOLD: holds_mode(child, request.pid != 0); break;
    case REQUEST_PACKET: answer(child, order_packet(child, &request), ""); break;
    case REQUEST_RELEASE_RULE: holds_release_rule(child, request.host); break;
    case REQUEST_CUT:
        if (request.host >= 0 && request.host < child->config->host_count)
            child->cut[request.host] = request.pid != 0;
        break;
    }
}

static void obey_all(struct lab_child *child)
{
    static _Alignas(8) char message[LAB_MESSAGE_MAX];
    for (int i = 0; i < REQUESTS_AT_ONCE && !child->stopping; i++) {
        ssize_t count = recv(child->control_fd, message, sizeof message, MSG_DONTWAIT);
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (count <= 0) /* the parent is gone */
            child->stopping = true;
        else
            obey(child, message, (size_t)count);
    }
}

static void program_has_ended(void *context, int host, int64_t time_ns)
{
    ask_now(context, host, time_ns);
}

static void take_leave(struct lab_child *child)
{
    struct signalfd_siginfo info;
    if (read(child->signal_fd, &info, sizeof info) == sizeof info)
        programs_reap(&child->programs, program_has_ended, child);
}

static struct timespec time_until(int64_t when_ns)
{
    int64_t wait_ns = when_ns - report_now_ns();
    if (wait_ns < 0)
        wait_ns = 0;
    if (wait_ns > 3600 * NS_PER_S)
        wait_ns = 3600 * NS_PER_S;
    return (struct timespec){.tv_sec = (time_t)(wait_ns / NS_PER_S), .tv_nsec = (long)(wait_ns % NS_PER_S)};
}

static void wait_for_something(const struct lab_child *child)
{
    struct pollfd fds[POLL_FDS_MAX];
    int count = 0;
    fds[count++] = (struct pollfd){.fd = child->control_fd, .events = POLLIN};
    fds[count++] = (struct pollfd){.fd = child->signal_fd, .events = POLLIN};
    for (int i = 0; i < child->config->host_count; i++)
        fds[count++] = (struct pollfd){.fd = wire_fd(child->wire, i), .events = POLLIN};
    count += programs_poll_fds(&child->programs, fds + count, POLL_FDS_MAX - count);
    int64_t traffic_ns = traffic_next_ns(child), inquiry_ns = inquiry_next_ns(child);
    struct timespec timeout = time_until(traffic_ns < inquiry_ns ? traffic_ns : inquiry_ns);
    (void)ppoll(fds, (nfds_t)count, &timeout, NULL);
}

static void child_loop(struct lab_child *child)
{
    while (!child->stopping) {
        wait_for_something(child);
        traffic_read(child);
        obey_all(child);
        take_leave(child);
        programs_read(&child->programs);
        traffic_deliver(child);
        inquiry_queues(child, report_now_ns());
        if (inquiry_waits(child))
            traffic_read(child);
    }
}

_Noreturn void lab_child_run(const struct lab_child_start *start)
{
    struct lab_child *child = xcalloc(1, sizeof *child);
    struct buf sysctls = {0};
    struct err err = {{0}};
    child->config = start->config;
    child->control_fd = start->control_fd;
    child->report = (struct report){.ring = start->ring, .doorbell_fd = start->doorbell_fd};
    child->programs = (struct programs){.report = &child->report, .hello_fd = start->hello_fd};
    child->queue.spacing_ns = start->config->spacing_ns;
    child->holding = start->config->holds;
    detach_from_parent(start);
    int result = child_make(child, start, &sysctls, &err);
    answer(child, result, result < 0 ? err.text : buf_text(&sysctls));
    if (result < 0)
        _exit(1);
    child_loop(child);
    programs_end(&child->programs);
    _exit(0);
}

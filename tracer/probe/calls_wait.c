/*
 * The calls that wait for many descriptors at once. They are recorded when a socket is among them; the set is
 * told as text, "3:IN 4:IN,OUT", and on exit what of it came true.
 */
#include "sockstep/probe.h"

#undef poll
#undef ppoll
#undef select
#undef pselect
#undef epoll_create1
#undef epoll_ctl
#undef epoll_wait

#include <string.h>

#include "probe/descriptors.h"
#include "probe/raw.h"
#include "probe/real.h"
#include "probe/recorder.h"
#include "probe/text.h"

#define LOOK_MAX 64 /* entries of a set that are looked at */

static bool is_socket(int fd)
{
    uint64_t cookie;

    return (descriptor_look(fd, &cookie) & TRAIT_SOCKET) != 0;
}

static int64_t timespec_ms(const struct timespec *time)
{
    return time == NULL                       ? -1
           : raw_readable(time, sizeof *time) ? (int64_t)time->tv_sec * 1000 + time->tv_nsec / 1000000
                                              : 0;
}

/* How many entries of a poll set may be looked at; 0 when none is a socket. */
static size_t polled(const struct pollfd *fds, nfds_t count)
{
    size_t seen = count < LOOK_MAX ? count : LOOK_MAX;
    bool any = false;

    if (session_off() || !session_ready() || !raw_readable(fds, seen * sizeof *fds))
        return 0;
    for (size_t i = 0; i < seen && !any; i++)
        any = fds[i].fd >= 0 && is_socket(fds[i].fd);
    return any ? seen : 0;
}

static void put_asked(struct moment *call, const struct pollfd *fds, size_t count)
{
    struct text text = text_into(call->set, sizeof call->set);

    for (size_t i = 0; i < count; i++) {
        if (fds[i].fd >= 0)
            text_poll_events(&text, fds[i].fd, (unsigned short)fds[i].events);
    }
    call->record.set_bytes = text_end(&text);
}

static void put_found(struct moment *call, const struct pollfd *fds, size_t count)
{
    struct text text = text_into(call->set, sizeof call->set);

    for (size_t i = 0; i < count && !call_failed(call); i++) {
        if (fds[i].revents != 0)
            text_poll_events(&text, fds[i].fd, (unsigned short)fds[i].revents);
    }
    call->record.set_bytes = text_end(&text);
}

int sockprobe_poll(const char *file, int line, struct pollfd *fds, nfds_t count, int timeout_ms)
{
    struct moment call;
    size_t seen = polled(fds, count);

    if (seen == 0 || !call_begin_plain(&call, CALL_poll, file, line))
        return real.poll(fds, count, timeout_ms);
    call.record.arguments[1] = timeout_ms;
    put_asked(&call, fds, seen);
    call_done(&call, call_enter(&call) ? real.poll(fds, count, timeout_ms) : -1);
    put_found(&call, fds, seen);
    return (int)call_leave(&call);
}

int sockprobe_ppoll(const char *file, int line, struct pollfd *fds, nfds_t count,
                    const struct timespec *timeout, const sigset_t *mask)
{
    struct moment call;
    size_t seen = polled(fds, count);

    if (seen == 0 || !call_begin_plain(&call, CALL_ppoll, file, line))
        return real.ppoll(fds, count, timeout, mask);
    call.record.arguments[1] = timespec_ms(timeout);
    put_asked(&call, fds, seen);
    call_done(&call, call_enter(&call) ? real.ppoll(fds, count, timeout, mask) : -1);
    put_found(&call, fds, seen);
    return (int)call_leave(&call);
}

struct selected {
    const fd_set *reading, *writing, *urgent;
    int count;
};

static bool in_set(const fd_set *set, int fd)
{
    return set != NULL && FD_ISSET(fd, set);
}

static unsigned asked_of(const struct selected *set, int fd)
{
    return (in_set(set->reading, fd) ? POLLIN : 0u) | (in_set(set->writing, fd) ? POLLOUT : 0u) |
           (in_set(set->urgent, fd) ? POLLPRI : 0u);
}

static bool set_readable(const fd_set *set, int count)
{
    return set == NULL || raw_readable(set, ((size_t)count + 7) / 8);
}

static bool any_selected(const struct selected *set)
{
    if (session_off() || !session_ready() || !set_readable(set->reading, set->count) ||
        !set_readable(set->writing, set->count) || !set_readable(set->urgent, set->count))
        return false;
    for (int fd = 0; fd < set->count; fd++) {
        if (asked_of(set, fd) != 0 && is_socket(fd))
            return true;
    }
    return false;
}

static void put_selected(struct moment *call, const struct selected *set)
{
    struct text text = text_into(call->set, sizeof call->set);

    for (int fd = 0; fd < set->count && !call_failed(call); fd++) {
        if (asked_of(set, fd) != 0)
            text_poll_events(&text, fd, asked_of(set, fd));
    }
    call->record.set_bytes = text_end(&text);
}

static struct selected selected(int count, const fd_set *reading, const fd_set *writing, const fd_set *urgent)
{
    return (struct selected){.reading = reading,
                             .writing = writing,
                             .urgent = urgent,
                             .count = count < 0            ? 0
                                      : count < FD_SETSIZE ? count
                                                           : FD_SETSIZE};
}

static int64_t timeval_ms(const struct timeval *time)
{
    return time == NULL                       ? -1
           : raw_readable(time, sizeof *time) ? (int64_t)time->tv_sec * 1000 + time->tv_usec / 1000
                                              : 0;
}

int sockprobe_select(const char *file, int line, int count, fd_set *reading, fd_set *writing, fd_set *urgent,
                     struct timeval *timeout)
{
    struct selected set = selected(count, reading, writing, urgent);
    struct moment call;

    if (!any_selected(&set) || !call_begin_plain(&call, CALL_select, file, line))
        return real.select(count, reading, writing, urgent, timeout);
    call.record.arguments[1] = timeval_ms(timeout);
    put_selected(&call, &set);
    call_done(&call, call_enter(&call) ? real.select(count, reading, writing, urgent, timeout) : -1);
    put_selected(&call, &set);
    return (int)call_leave(&call);
}

int sockprobe_pselect(const char *file, int line, int count, fd_set *reading, fd_set *writing, fd_set *urgent,
                      const struct timespec *timeout, const sigset_t *mask)
{
    struct selected set = selected(count, reading, writing, urgent);
    struct moment call;

    if (!any_selected(&set) || !call_begin_plain(&call, CALL_pselect, file, line))
        return real.pselect(count, reading, writing, urgent, timeout, mask);
    call.record.arguments[1] = timespec_ms(timeout);
    put_selected(&call, &set);
    call_done(&call, call_enter(&call) ? real.pselect(count, reading, writing, urgent, timeout, mask) : -1);
    put_selected(&call, &set);
    return (int)call_leave(&call);
}

int sockprobe_epoll_create1(const char *file, int line, int flags)
{
    struct moment call;
    int fd;

    if (!call_begin_plain(&call, CALL_epoll_create1, file, line)) {
        fd = real.epoll_create1(flags);
        if (!session_off())
            descriptor_forget(fd);
        return fd;
    }
    call.record.arguments[0] = flags;
    fd = call_enter(&call) ? real.epoll_create1(flags) : -1;
    call_done(&call, fd);
    descriptor_forget(fd);
    return (int)call_leave(&call);
}

int sockprobe_epoll_ctl(const char *file, int line, int epoll_fd, int operation, int fd,
                        struct epoll_event *event)
{
    struct moment call;
    bool readable;

    if (!call_begin(&call, CALL_epoll_ctl, fd, file, line))
        return real.epoll_ctl(epoll_fd, operation, fd, event);
    readable = operation != EPOLL_CTL_DEL && raw_readable(event, sizeof *event);
    call.record.arguments[0] = epoll_fd;
    call.record.arguments[1] = operation;
    call.record.arguments[2] = fd;
    call.record.arguments[3] = readable ? event->events : 0;
    call_done(&call, call_enter(&call) ? real.epoll_ctl(epoll_fd, operation, fd, event) : -1);
    if (!call_failed(&call) && readable)
        descriptor_watch(fd, event->data.u64);
    else if (!call_failed(&call))
        descriptor_unwatch(fd);
    return (int)call_leave(&call);
}

static void put_ready(struct moment *call, const struct epoll_event *events)
{
    struct text text = text_into(call->set, sizeof call->set);

    for (int64_t i = 0; i < call->record.result; i++) {
        int fd = descriptor_watched(events[i].data.u64);

        if (fd >= 0)
            text_poll_events(&text, fd, events[i].events);
    }
    call->record.set_bytes = text_end(&text);
}

int sockprobe_epoll_wait(const char *file, int line, int epoll_fd, struct epoll_event *events, int room,
                         int timeout_ms)
{
    struct moment call;

    if (!call_begin_plain(&call, CALL_epoll_wait, file, line))
        return real.epoll_wait(epoll_fd, events, room, timeout_ms);
    call.record.arguments[0] = epoll_fd;
    call.record.arguments[2] = timeout_ms;
    call_done(&call, call_enter(&call) ? real.epoll_wait(epoll_fd, events, room, timeout_ms) : -1);
    put_ready(&call, events);
    return (int)call_leave(&call);
}

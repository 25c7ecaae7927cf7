/*
 * The probe for programs that are not linked with it: libsockprobe.so in LD_PRELOAD. The wrappers under the
 * names of the library, with no source line to tell; the names by which the library's fortified headers and
 * large-file headers call them; and those that move descriptors about, so that no number is remembered as
 * what it no longer is.
 *
 * The functions here have names of their own and get the library's by __asm__: the library's headers declare
 * some of those as unions, macros and inlines.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "probe/descriptors.h"
#include "probe/real.h"
#include "probe/session.h"
#include "sockstep/probe.h"

#undef fork /* the names are spelt out below */

/* EXPORT(name, type, (parameters)): declares preload_name, which the linker knows as name. */
#define EXPORT(name, type, parameters)                                                                       \
    __attribute__((visibility("default"))) type preload_##name parameters __asm__(#name);                    \
    type preload_##name parameters

/* A function that is just the wrapper of the same name. */
#define PASS(name, type, parameters, ...)                                                                    \
    EXPORT(name, type, parameters)                                                                           \
    {                                                                                                        \
        find_real();                                                                                         \
        return sockprobe_##name(NULL, 0, __VA_ARGS__);                                                       \
    }

/* The fortified twin of a wrapper: `size` bytes are behind `buffer`, as the compiler knows. */
#define CHECKED(name, alias, type, parameters, length, ...)                                                  \
    EXPORT(alias, type, parameters)                                                                          \
    {                                                                                                        \
        find_real();                                                                                         \
        if (__builtin_expect((length) > size, 0))                                                            \
            __chk_fail();                                                                                    \
        return sockprobe_##name(NULL, 0, __VA_ARGS__);                                                       \
    }

extern void __chk_fail(void) __attribute__((noreturn));

static struct {
    int (*dup3)(int, int, int);
    int (*close_range)(unsigned, unsigned, int);
    int (*fclose)(FILE *);
} others;

static _Atomic bool found;

static void find(void *slot, const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);

    memcpy(slot, &function, sizeof function);
}

/* Before any call: constructors of other libraries may run before ours. Two threads may both do it; they find
 * the same. */
static void find_all(void)
{
    int saved = errno;

#define REAL(name) find(&real.name, #name);
#include "probe/real.def"
    find(&others.dup3, "dup3");
    find(&others.close_range, "close_range");
    find(&others.fclose, "fclose");
    real_preloaded = true;
    atomic_store(&found, true);
    errno = saved;
}

static inline void find_real(void)
{
    if (__builtin_expect(!atomic_load_explicit(&found, memory_order_acquire), 0))
        find_all();
}

__attribute__((constructor(101))) static void preload_at_load(void)
{
    find_real();
}

/* A program that is linked with the probe was preloaded, too: its own probe knows the lines (session.c). */
__attribute__((visibility("default"))) void sockprobe_preload_yield(void);

void sockprobe_preload_yield(void)
{
    session_yield();
}

PASS(socket, int, (int domain, int type, int protocol), domain, type, protocol)
PASS(socketpair, int, (int domain, int type, int protocol, int pair[2]), domain, type, protocol, pair)
PASS(bind, int, (int fd, const struct sockaddr *address, socklen_t length), fd, address, length)
PASS(listen, int, (int fd, int backlog), fd, backlog)
PASS(accept, int, (int fd, struct sockaddr *address, socklen_t *length), fd, address, length)
PASS(accept4, int, (int fd, struct sockaddr *address, socklen_t *length, int flags), fd, address, length,
     flags)
PASS(connect, int, (int fd, const struct sockaddr *address, socklen_t length), fd, address, length)
PASS(getsockname, int, (int fd, struct sockaddr *address, socklen_t *length), fd, address, length)
PASS(getpeername, int, (int fd, struct sockaddr *address, socklen_t *length), fd, address, length)
PASS(send, ssize_t, (int fd, const void *buffer, size_t length, int flags), fd, buffer, length, flags)
PASS(sendto, ssize_t,
     (int fd, const void *buffer, size_t length, int flags, const struct sockaddr *address,
      socklen_t address_length),
     fd, buffer, length, flags, address, address_length)
PASS(sendmsg, ssize_t, (int fd, const struct msghdr *message, int flags), fd, message, flags)
PASS(write, ssize_t, (int fd, const void *buffer, size_t length), fd, buffer, length)
PASS(writev, ssize_t, (int fd, const struct iovec *parts, int count), fd, parts, count)
PASS(sendfile, ssize_t, (int out, int in, off_t *offset, size_t length), out, in, offset, length)
PASS(recv, ssize_t, (int fd, void *buffer, size_t length, int flags), fd, buffer, length, flags)
PASS(recvfrom, ssize_t,
     (int fd, void *buffer, size_t length, int flags, struct sockaddr *address, socklen_t *address_length),
     fd, buffer, length, flags, address, address_length)
PASS(recvmsg, ssize_t, (int fd, struct msghdr *message, int flags), fd, message, flags)
PASS(read, ssize_t, (int fd, void *buffer, size_t length), fd, buffer, length)
PASS(readv, ssize_t, (int fd, const struct iovec *parts, int count), fd, parts, count)
PASS(shutdown, int, (int fd, int how), fd, how)
PASS(close, int, (int fd), fd)
PASS(setsockopt, int, (int fd, int level, int option, const void *value, socklen_t length), fd, level, option,
     value, length)
PASS(getsockopt, int, (int fd, int level, int option, void *value, socklen_t *length), fd, level, option,
     value, length)
PASS(dup, int, (int fd), fd)
PASS(dup2, int, (int fd, int new_fd), fd, new_fd)
PASS(poll, int, (struct pollfd * fds, nfds_t count, int timeout_ms), fds, count, timeout_ms)
PASS(ppoll, int, (struct pollfd * fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask),
     fds, count, timeout, mask)
PASS(select, int, (int count, fd_set *reading, fd_set *writing, fd_set *urgent, struct timeval *timeout),
     count, reading, writing, urgent, timeout)
PASS(pselect, int,
     (int count, fd_set *reading, fd_set *writing, fd_set *urgent, const struct timespec *timeout,
      const sigset_t *mask),
     count, reading, writing, urgent, timeout, mask)
PASS(epoll_create1, int, (int flags), flags)
PASS(epoll_ctl, int, (int epoll_fd, int operation, int fd, struct epoll_event *event), epoll_fd, operation,
     fd, event)
PASS(epoll_wait, int, (int epoll_fd, struct epoll_event *events, int room, int timeout_ms), epoll_fd, events,
     room, timeout_ms)
PASS(getaddrinfo, int,
     (const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret_list), node,
     service, hints, ret_list)

CHECKED(read, __read_chk, ssize_t, (int fd, void *buffer, size_t length, size_t size), length, fd, buffer,
        length)
CHECKED(recv, __recv_chk, ssize_t, (int fd, void *buffer, size_t length, size_t size, int flags), length, fd,
        buffer, length, flags)
CHECKED(recvfrom, __recvfrom_chk, ssize_t,
        (int fd, void *buffer, size_t length, size_t size, int flags, struct sockaddr *address,
         socklen_t *address_length),
        length, fd, buffer, length, flags, address, address_length)
CHECKED(poll, __poll_chk, int, (struct pollfd * fds, nfds_t count, int timeout_ms, size_t size),
        count * sizeof(struct pollfd), fds, count, timeout_ms)
CHECKED(ppoll, __ppoll_chk, int,
        (struct pollfd * fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
         size_t size),
        count * sizeof(struct pollfd), fds, count, timeout, mask)

EXPORT(fork, pid_t, (void))
{
    find_real();
    return sockprobe_fork(NULL, 0);
}

EXPORT(sendfile64, ssize_t, (int out, int in, off_t *offset, size_t length))
{
    find_real();
    return sockprobe_sendfile(NULL, 0, out, in, offset, length);
}

static void *only_argument(va_list list)
{
    return va_arg(list, void *);
}

#define PASS_ARGUMENT(name, alias, type)                                                                     \
    EXPORT(alias, int, (int fd, type what, ...))                                                             \
    {                                                                                                        \
        va_list list;                                                                                        \
        void *argument;                                                                                      \
                                                                                                             \
        va_start(list, what);                                                                                \
        argument = only_argument(list);                                                                      \
        va_end(list);                                                                                        \
        find_real();                                                                                         \
        return sockprobe_##name(NULL, 0, fd, what, argument);                                                \
    }

PASS_ARGUMENT(fcntl, fcntl, int)
PASS_ARGUMENT(fcntl, fcntl64, int)
PASS_ARGUMENT(ioctl, ioctl, unsigned long)

EXPORT(dup3, int, (int fd, int new_fd, int flags))
{
    int result;

    find_real();
    if (session_owns(new_fd) && session_is_ours())
        session_quiet();
    if (!session_off() && fd != new_fd)
        descriptor_forget(new_fd);
    result = others.dup3(fd, new_fd, flags);
    return result;
}

/* The range without the probe's own numbers, piece by piece. */
static int close_around(unsigned first, unsigned last, int flags)
{
    int result = 0;

    while (first <= last && result == 0) {
        unsigned end = first;

        while (end <= last && end <= SHRT_MAX && !session_owns((int)end))
            end++;
        if (end > SHRT_MAX)
            return others.close_range(first, last, flags);
        if (end > first)
            result = others.close_range(first, end - 1, flags);
        first = end + 1;
    }
    return result;
}

EXPORT(close_range, int, (unsigned first, unsigned last, int flags))
{
    find_real();
    if (others.close_range == NULL) {
        errno = ENOSYS;
        return -1;
    }
    if (session_off() || first > last)
        return others.close_range(first, last, flags);
    if ((flags & (int)CLOSE_RANGE_CLOEXEC) == 0)
        descriptor_forget_range(first, last);
    return close_around(first, last, flags);
}

EXPORT(closefrom, void, (int first))
{
    int saved = errno;

    find_real();
    preload_close_range(first < 0 ? 0 : (unsigned)first, UINT_MAX, 0);
    errno = saved;
}

EXPORT(fclose, int, (FILE * stream))
{
    find_real();
    if (!session_off() && stream != NULL)
        descriptor_forget(fileno(stream));
    return others.fclose(stream);
}

/*
 * The calls about a descriptor as such: closing, copying, options. They also keep the memory of what each
 * number is.
 */
#include "sockstep/probe.h"

#undef close
#undef setsockopt
#undef getsockopt
#undef fcntl
#undef ioctl
#undef dup
#undef dup2

#include <stdarg.h>
#include <string.h>
#include <sys/time.h>

#include "probe/descriptors.h"
#include "probe/raw.h"
#include "probe/real.h"
#include "probe/recorder.h"

int sockprobe_close(const char *file, int line, int fd)
{
    struct moment call;

    if (session_owns(fd)) {
        errno = EBADF; /* what the program would have got without us */
        return -1;
    }
    if (!call_begin(&call, CALL_close, fd, file, line)) {
        if (!session_off())
            descriptor_forget(fd);
        return real.close(fd);
    }
    call_ask_state(&call, fd); /* afterwards nobody can be asked; so it goes with the enter record */
    bool may_close = call_enter(&call);
    call.record.tcp_state = 0;
    if (!may_close) {
        call_done(&call, -1);
        return (int)call_leave(&call);
    }
    descriptor_forget(fd);
    call_done(&call, real.close(fd));
    return (int)call_leave(&call);
}

static int64_t linger_value(const struct linger *linger)
{
    return linger->l_onoff != 0 ? linger->l_linger : -1;
}

static int64_t time_value(const struct timeval *time)
{
    return (int64_t)time->tv_sec * 1000 + time->tv_usec / 1000;
}

/* The value as one number (call.def says how). */
static int64_t option_value(int level, int option, const void *value, socklen_t length)
{
    union {
        struct linger linger;
        struct timeval time;
        int number;
        unsigned char byte;
    } copy = {0};

    if (value == NULL || length == 0 || !raw_readable(value, length < sizeof copy ? length : sizeof copy))
        return 0;
    memcpy(&copy, value, length < sizeof copy ? length : sizeof copy);
    if (level == SOL_SOCKET && option == SO_LINGER && length >= sizeof copy.linger)
        return linger_value(&copy.linger);
    if (level == SOL_SOCKET && (option == SO_RCVTIMEO || option == SO_SNDTIMEO) && length >= sizeof copy.time)
        return time_value(&copy.time);
    return length >= sizeof copy.number ? copy.number : copy.byte;
}

int sockprobe_setsockopt(const char *file, int line, int fd, int level, int option, const void *value,
                         socklen_t length)
{
    struct moment call;

    if (!call_begin(&call, CALL_setsockopt, fd, file, line))
        return real.setsockopt(fd, level, option, value, length);
    call.record.arguments[1] = level;
    call.record.arguments[2] = option;
    call.record.arguments[3] = option_value(level, option, value, length);
    call_done(&call, call_enter(&call) ? real.setsockopt(fd, level, option, value, length) : -1);
    return (int)call_leave(&call);
}

int sockprobe_getsockopt(const char *file, int line, int fd, int level, int option, void *value,
                         socklen_t *length)
{
    struct moment call;

    if (!call_begin(&call, CALL_getsockopt, fd, file, line))
        return real.getsockopt(fd, level, option, value, length);
    call.record.arguments[1] = level;
    call.record.arguments[2] = option;
    call_done(&call, call_enter(&call) ? real.getsockopt(fd, level, option, value, length) : -1);
    if (!call_failed(&call))
        call.record.arguments[3] = option_value(level, option, value, *length);
    return (int)call_leave(&call);
}

int sockprobe_fcntl(const char *file, int line, int fd, int command, ...)
{
    struct moment call;
    va_list list;
    void *argument;

    va_start(list, command);
    argument = va_arg(list, void *);
    va_end(list);
    if (!call_begin(&call, CALL_fcntl, fd, file, line)) {
        int result = real.fcntl(fd, command, argument);

        if (!session_off() && result >= 0 && (command == F_DUPFD || command == F_DUPFD_CLOEXEC))
            descriptor_forget(result);
        return result;
    }
    call.record.arguments[1] = command;
    call.record.arguments[2] = (int64_t)(intptr_t)argument;
    call_done(&call, call_enter(&call) ? real.fcntl(fd, command, argument) : -1);
    if (!call_failed(&call) && (command == F_DUPFD || command == F_DUPFD_CLOEXEC)) {
        descriptor_copy((int)call.record.result, fd);
        call.record.new_cookie = call.record.cookie;
    }
    return (int)call_leave(&call);
}

/* Requests that answer with a number at the address that they are given. */
static bool answers(unsigned long request)
{
    return request == FIONREAD || request == TIOCOUTQ || request == SIOCATMARK;
}

int sockprobe_ioctl(const char *file, int line, int fd, unsigned long request, ...)
{
    struct moment call;
    va_list list;
    void *argument;

    va_start(list, request);
    argument = va_arg(list, void *);
    va_end(list);
    if (!call_begin(&call, CALL_ioctl, fd, file, line))
        return real.ioctl(fd, request, argument);
    call.record.arguments[1] = (int64_t)request;
    if (request == FIONBIO)
        call.record.arguments[2] = option_value(0, 0, argument, sizeof(int));
    call_done(&call, call_enter(&call) ? real.ioctl(fd, request, argument) : -1);
    if (!call_failed(&call) && answers(request))
        call.record.arguments[2] = option_value(0, 0, argument, sizeof(int));
    return (int)call_leave(&call);
}

int sockprobe_dup(const char *file, int line, int fd)
{
    struct moment call;

    if (!call_begin(&call, CALL_dup, fd, file, line)) {
        int result = real.dup(fd);

        if (!session_off())
            descriptor_forget(result);
        return result;
    }
    call_done(&call, call_enter(&call) ? real.dup(fd) : -1);
    if (!call_failed(&call)) {
        descriptor_copy((int)call.record.result, fd);
        call.record.new_cookie = call.record.cookie;
    }
    return (int)call_leave(&call);
}

int sockprobe_dup2(const char *file, int line, int fd, int new_fd)
{
    struct moment call;

    if (session_owns(new_fd) && session_is_ours())
        session_quiet(); /* the program wants this very number */
    if (!call_begin(&call, CALL_dup2, fd, file, line)) {
        if (!session_off() && fd != new_fd)
            descriptor_forget(new_fd);
        return real.dup2(fd, new_fd);
    }
    call.record.arguments[1] = new_fd;
    call_done(&call, call_enter(&call) ? real.dup2(fd, new_fd) : -1);
    if (!call_failed(&call)) {
        if (fd != new_fd)
            descriptor_copy(new_fd, fd);
        call.record.new_cookie = call.record.cookie;
    }
    return (int)call_leave(&call);
}

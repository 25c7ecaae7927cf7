/*
 * The calls that make a socket, name it, and find it a partner. After each the kernel is asked what came of
 * it: addresses where they may be new, TCP_INFO where the state may be.
 */
#include "sockstep/probe.h"

#undef socket
#undef socketpair
#undef bind
#undef listen
#undef accept
#undef accept4
#undef connect
#undef getsockname
#undef getpeername
#undef shutdown

#include "probe/descriptors.h"
#include "probe/raw.h"
#include "probe/real.h"
#include "probe/recorder.h"
#include "probe/text.h"

int sockprobe_socket(const char *file, int line, int domain, int type, int protocol)
{
    struct moment call;
    int fd;

    if (!call_begin_plain(&call, CALL_socket, file, line)) {
        fd = real.socket(domain, type, protocol);
        descriptor_forget(fd);
        return fd;
    }
    call.record.arguments[0] = domain;
    call.record.arguments[1] = type;
    call.record.arguments[2] = protocol;
    call.record.is_datagram = (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_DGRAM;
    fd = call_enter(&call) ? real.socket(domain, type, protocol) : -1;
    call_done(&call, fd);
    if (fd >= 0) {
        call_new_socket(&call, fd);
        call_ask_state(&call, fd);
    }
    return (int)call_leave(&call);
}

static void put_pair(struct moment *call, const int pair[2])
{
    struct text text = text_into(call->set, sizeof call->set);

    text_number(&text, pair[0]);
    text_put(&text, " ");
    text_number(&text, pair[1]);
    call->record.set_bytes = text_end(&text);
}

int sockprobe_socketpair(const char *file, int line, int domain, int type, int protocol, int pair[2])
{
    struct moment call;
    int result;

    if (!call_begin_plain(&call, CALL_socketpair, file, line)) {
        result = real.socketpair(domain, type, protocol, pair);
        if (result == 0) {
            descriptor_forget(pair[0]);
            descriptor_forget(pair[1]);
        }
        return result;
    }
    call.record.arguments[0] = domain;
    call.record.arguments[1] = type;
    call.record.arguments[2] = protocol;
    result = call_enter(&call) ? real.socketpair(domain, type, protocol, pair) : -1;
    call_done(&call, result);
    if (result == 0) {
        descriptor_forget(pair[1]);
        call_new_socket(&call, pair[0]);
        put_pair(&call, pair);
    }
    return (int)call_leave(&call);
}

int sockprobe_bind(const char *file, int line, int fd, const struct sockaddr *address, socklen_t length)
{
    struct moment call;

    if (!call_begin(&call, CALL_bind, fd, file, line))
        return real.bind(fd, address, length);
    call_address(&call, address, length);
    call_done(&call, call_enter(&call) ? real.bind(fd, address, length) : -1);
    if (!call_failed(&call))
        call_ask_addresses(&call, fd);
    return (int)call_leave(&call);
}

int sockprobe_listen(const char *file, int line, int fd, int backlog)
{
    struct moment call;

    if (!call_begin(&call, CALL_listen, fd, file, line))
        return real.listen(fd, backlog);
    call.record.arguments[1] = backlog;
    call_done(&call, call_enter(&call) ? real.listen(fd, backlog) : -1);
    call_ask_state(&call, fd);
    if (!call_failed(&call))
        call_ask_addresses(&call, fd);
    return (int)call_leave(&call);
}

static socklen_t room_of(const socklen_t *length)
{
    return length != NULL && raw_readable(length, sizeof *length) ? *length : 0;
}

static void put_filled(struct moment *call, const struct sockaddr *address, socklen_t room,
                       const socklen_t *length)
{
    if (address != NULL && room > 0)
        call_address(call, address, *length < room ? *length : room);
}

static void accepted(struct moment *call, const struct sockaddr *address, socklen_t room,
                     const socklen_t *length)
{
    int fd = (int)call->record.result;

    if (fd < 0)
        return;
    call_new_socket(call, fd);
    put_filled(call, address, room, length);
    call_ask_addresses(call, fd);
    call_ask_state(call, fd);
}

int sockprobe_accept(const char *file, int line, int fd, struct sockaddr *address, socklen_t *length)
{
    struct moment call;
    socklen_t room;
    int result;

    if (!call_begin(&call, CALL_accept, fd, file, line)) {
        result = real.accept(fd, address, length);
        descriptor_forget(result);
        return result;
    }
    room = room_of(length);
    call_done(&call, call_enter(&call) ? real.accept(fd, address, length) : -1);
    accepted(&call, address, room, length);
    return (int)call_leave(&call);
}

int sockprobe_accept4(const char *file, int line, int fd, struct sockaddr *address, socklen_t *length,
                      int flags)
{
    struct moment call;
    socklen_t room;
    int result;

    if (!call_begin(&call, CALL_accept4, fd, file, line)) {
        result = real.accept4(fd, address, length, flags);
        descriptor_forget(result);
        return result;
    }
    room = room_of(length);
    call.record.arguments[2] = flags;
    call_done(&call, call_enter(&call) ? real.accept4(fd, address, length, flags) : -1);
    accepted(&call, address, room, length);
    return (int)call_leave(&call);
}

int sockprobe_connect(const char *file, int line, int fd, const struct sockaddr *address, socklen_t length)
{
    struct moment call;

    if (!call_begin(&call, CALL_connect, fd, file, line))
        return real.connect(fd, address, length);
    call_address(&call, address, length);
    call_done(&call, call_enter(&call) ? real.connect(fd, address, length) : -1);
    call_ask_state(&call, fd);
    if (!call.refused)
        call_ask_addresses(&call, fd);
    return (int)call_leave(&call);
}

int sockprobe_getsockname(const char *file, int line, int fd, struct sockaddr *address, socklen_t *length)
{
    struct moment call;
    socklen_t room;

    if (!call_begin(&call, CALL_getsockname, fd, file, line))
        return real.getsockname(fd, address, length);
    room = room_of(length);
    call_done(&call, call_enter(&call) ? real.getsockname(fd, address, length) : -1);
    if (!call_failed(&call))
        put_filled(&call, address, room, length);
    return (int)call_leave(&call);
}

int sockprobe_getpeername(const char *file, int line, int fd, struct sockaddr *address, socklen_t *length)
{
    struct moment call;
    socklen_t room;

    if (!call_begin(&call, CALL_getpeername, fd, file, line))
        return real.getpeername(fd, address, length);
    room = room_of(length);
    call_done(&call, call_enter(&call) ? real.getpeername(fd, address, length) : -1);
    if (!call_failed(&call))
        put_filled(&call, address, room, length);
    return (int)call_leave(&call);
}

int sockprobe_shutdown(const char *file, int line, int fd, int how)
{
    struct moment call;

    if (!call_begin(&call, CALL_shutdown, fd, file, line))
        return real.shutdown(fd, how);
    call.record.arguments[1] = how;
    call_done(&call, call_enter(&call) ? real.shutdown(fd, how) : -1);
    call_ask_state(&call, fd);
    return (int)call_leave(&call);
}

/*
 * The calls that carry bytes. They are the frequent ones: nothing is asked of the kernel beyond the first
 * time, except when a connection ends or fails.
 */
#include "sockstep/probe.h"

#undef send
#undef sendto
#undef sendmsg
#undef write
#undef writev
#undef sendfile
#undef recv
#undef recvfrom
#undef recvmsg
#undef read
#undef readv

#include <limits.h>

#include "probe/descriptors.h"
#include "probe/raw.h"
#include "probe/real.h"
#include "probe/recorder.h"

static size_t parts_bytes(const struct iovec *parts, size_t count)
{
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        bytes += parts[i].iov_len;
    return bytes;
}

/* The parts of a vector or message, when they can be looked at. */
static size_t parts_count(const struct iovec *parts, size_t count)
{
    return count <= IOV_MAX && raw_readable(parts, count * sizeof *parts) ? count : 0;
}

static void ask_names(struct moment *call)
{
    if (!(call->traits & TRAIT_NAMED) && !call_failed(call))
        call_ask_addresses(call, call->record.fd);
}

static ssize_t sent(struct moment *call, ssize_t result)
{
    call_done(call, result);
    if (result < 0 && !call_failed_for_now(call))
        call_ask_state(call, call->record.fd);
    ask_names(call);
    return (ssize_t)call_leave(call);
}

/* Takes what was received; `parts` have room for `room` bytes. MSG_TRUNC: a datagram may have been longer,
 * and the bytes of a stream were thrown away. */
static void received(struct moment *call, ssize_t result, const struct iovec *parts, size_t count,
                     size_t room)
{
    call_done(call, result);
    if ((call->record.arguments[3] & MSG_TRUNC) != 0 && (call->traits & TRAIT_TCP) != 0)
        room = 0;
    if (result > 0) {
        call_payload(call, parts, count, (size_t)result < room ? (size_t)result : room);
        call->record.payload_bytes = result < UINT32_MAX ? (uint32_t)result : UINT32_MAX;
    } else if (result == 0 || !call_failed_for_now(call)) {
        call_ask_state(call, call->record.fd);
    }
    ask_names(call);
}

ssize_t sockprobe_send(const char *file, int line, int fd, const void *buffer, size_t length, int flags)
{
    struct iovec part = {.iov_base = (void *)buffer, .iov_len = length};
    struct moment call;

    if (!call_begin(&call, CALL_send, fd, file, line))
        return real.send(fd, buffer, length, flags);
    call.record.arguments[2] = (int64_t)length;
    call.record.arguments[3] = flags;
    call_payload(&call, &part, 1, length);
    return sent(&call, call_enter(&call) ? real.send(fd, buffer, length, flags) : -1);
}

ssize_t sockprobe_sendto(const char *file, int line, int fd, const void *buffer, size_t length, int flags,
                         const struct sockaddr *address, socklen_t address_length)
{
    struct iovec part = {.iov_base = (void *)buffer, .iov_len = length};
    struct moment call;

    if (!call_begin(&call, CALL_sendto, fd, file, line))
        return real.sendto(fd, buffer, length, flags, address, address_length);
    call.record.arguments[2] = (int64_t)length;
    call.record.arguments[3] = flags;
    call_payload(&call, &part, 1, length);
    call_address(&call, address, address_length);
    return sent(&call,
                call_enter(&call) ? real.sendto(fd, buffer, length, flags, address, address_length) : -1);
}

ssize_t sockprobe_sendmsg(const char *file, int line, int fd, const struct msghdr *message, int flags)
{
    struct moment call;
    size_t count;

    if (!call_begin(&call, CALL_sendmsg, fd, file, line))
        return real.sendmsg(fd, message, flags);
    call.record.arguments[3] = flags;
    if (raw_readable(message, sizeof *message)) {
        count = parts_count(message->msg_iov, message->msg_iovlen);
        call_payload(&call, message->msg_iov, count, parts_bytes(message->msg_iov, count));
        call.record.arguments[2] = (int64_t)parts_bytes(message->msg_iov, count);
        call_address(&call, message->msg_name, message->msg_namelen);
    }
    return sent(&call, call_enter(&call) ? real.sendmsg(fd, message, flags) : -1);
}

ssize_t sockprobe_write(const char *file, int line, int fd, const void *buffer, size_t length)
{
    struct iovec part = {.iov_base = (void *)buffer, .iov_len = length};
    struct moment call;

    if (!call_begin(&call, CALL_write, fd, file, line))
        return real.write(fd, buffer, length);
    call.record.arguments[2] = (int64_t)length;
    call_payload(&call, &part, 1, length);
    return sent(&call, call_enter(&call) ? real.write(fd, buffer, length) : -1);
}

ssize_t sockprobe_writev(const char *file, int line, int fd, const struct iovec *parts, int count)
{
    struct moment call;
    size_t seen;

    if (!call_begin(&call, CALL_writev, fd, file, line))
        return real.writev(fd, parts, count);
    seen = count > 0 ? parts_count(parts, (size_t)count) : 0;
    call.record.arguments[2] = (int64_t)parts_bytes(parts, seen);
    call_payload(&call, parts, seen, parts_bytes(parts, seen));
    return sent(&call, call_enter(&call) ? real.writev(fd, parts, count) : -1);
}

ssize_t sockprobe_sendfile(const char *file, int line, int out, int in, off_t *offset, size_t length)
{
    struct moment call;

    if (!call_begin(&call, CALL_sendfile, out, file, line))
        return real.sendfile(out, in, offset, length);
    call.record.arguments[1] = (int64_t)length;
    return sent(&call, call_enter(&call) ? real.sendfile(out, in, offset, length) : -1);
}

ssize_t sockprobe_recv(const char *file, int line, int fd, void *buffer, size_t length, int flags)
{
    struct iovec part = {.iov_base = buffer, .iov_len = length};
    struct moment call;

    if (!call_begin(&call, CALL_recv, fd, file, line))
        return real.recv(fd, buffer, length, flags);
    call.record.arguments[2] = (int64_t)length;
    call.record.arguments[3] = flags;
    received(&call, call_enter(&call) ? real.recv(fd, buffer, length, flags) : -1, &part, 1, length);
    return (ssize_t)call_leave(&call);
}

ssize_t sockprobe_recvfrom(const char *file, int line, int fd, void *buffer, size_t length, int flags,
                           struct sockaddr *address, socklen_t *address_length)
{
    struct iovec part = {.iov_base = buffer, .iov_len = length};
    struct moment call;
    socklen_t room = 0;
    ssize_t result;

    if (!call_begin(&call, CALL_recvfrom, fd, file, line))
        return real.recvfrom(fd, buffer, length, flags, address, address_length);
    call.record.arguments[2] = (int64_t)length;
    call.record.arguments[3] = flags;
    if (address_length != NULL && raw_readable(address_length, sizeof *address_length))
        room = *address_length;
    result = call_enter(&call) ? real.recvfrom(fd, buffer, length, flags, address, address_length) : -1;
    received(&call, result, &part, 1, length);
    if (result >= 0 && address != NULL && room > 0)
        call_address(&call, address, *address_length < room ? *address_length : room);
    return (ssize_t)call_leave(&call);
}

/* Descriptors that came with a message bear numbers that we may remember as something else. */
static void forget_passed(struct msghdr *message)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
        const int *passed = (const int *)(const void *)CMSG_DATA(part);

        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; i < (part->cmsg_len - CMSG_LEN(0)) / sizeof *passed; i++)
            descriptor_forget(passed[i]);
    }
}

ssize_t sockprobe_recvmsg(const char *file, int line, int fd, struct msghdr *message, int flags)
{
    struct moment call;
    size_t count = 0, room = 0;
    socklen_t name_room = 0;
    ssize_t result;

    if (!call_begin(&call, CALL_recvmsg, fd, file, line)) {
        result = real.recvmsg(fd, message, flags);
        if (result >= 0 && !session_off())
            forget_passed(message);
        return result;
    }
    call.record.arguments[3] = flags;
    if (raw_readable(message, sizeof *message)) {
        count = parts_count(message->msg_iov, message->msg_iovlen);
        room = parts_bytes(message->msg_iov, count);
        name_room = message->msg_namelen;
        call.record.arguments[2] = (int64_t)room;
    }
    result = call_enter(&call) ? real.recvmsg(fd, message, flags) : -1;
    received(&call, result, count > 0 ? message->msg_iov : NULL, count, room);
    if (result >= 0) {
        call_address(&call, message->msg_name,
                     name_room < message->msg_namelen ? name_room : message->msg_namelen);
        forget_passed(message);
    }
    return (ssize_t)call_leave(&call);
}

ssize_t sockprobe_read(const char *file, int line, int fd, void *buffer, size_t length)
{
    struct iovec part = {.iov_base = buffer, .iov_len = length};
    struct moment call;

    if (!call_begin(&call, CALL_read, fd, file, line))
        return real.read(fd, buffer, length);
    call.record.arguments[2] = (int64_t)length;
    received(&call, call_enter(&call) ? real.read(fd, buffer, length) : -1, &part, 1, length);
    return (ssize_t)call_leave(&call);
}

ssize_t sockprobe_readv(const char *file, int line, int fd, const struct iovec *parts, int count)
{
    struct moment call;
    size_t seen;
    ssize_t result;

    if (!call_begin(&call, CALL_readv, fd, file, line))
        return real.readv(fd, parts, count);
    seen = count > 0 ? parts_count(parts, (size_t)count) : 0;
    call.record.arguments[2] = (int64_t)parts_bytes(parts, seen);
    result = call_enter(&call) ? real.readv(fd, parts, count) : -1;
    received(&call, result, parts, seen, parts_bytes(parts, seen));
    return (ssize_t)call_leave(&call);
}

#include "source/probes_hello.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "event/event.h"
#include "event/ring.h"

#define DESCRIPTORS_MAX 8 /* room for more than a hello has, so that none is cut off and leaks unseen */

struct parts {
    int fds[DESCRIPTORS_MAX];
    int count;
    struct ucred from;
};

static void take_part(struct cmsghdr *part, struct parts *parts)
{
    size_t bytes = part->cmsg_len - CMSG_LEN(0);

    if (part->cmsg_type == SCM_CREDENTIALS && bytes >= sizeof parts->from)
        memcpy(&parts->from, CMSG_DATA(part), sizeof parts->from);
    if (part->cmsg_type != SCM_RIGHTS)
        return;
    for (size_t at = 0; at + sizeof(int) <= bytes && parts->count < DESCRIPTORS_MAX; at += sizeof(int))
        memcpy(&parts->fds[parts->count++], CMSG_DATA(part) + at, sizeof(int));
}

static bool is_control(int fd)
{
    int type = 0;
    socklen_t length = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_SEQPACKET;
}

static bool valid(const struct record_hello *hello, ssize_t bytes, const struct parts *parts)
{
    return bytes == (ssize_t)sizeof *hello && hello->magic == RING_MAGIC && hello->version == RING_VERSION &&
           hello->what <= PROCESS_EXEC && parts->count == 2 && parts->from.pid > 0 &&
           is_control(parts->fds[1]);
}

int probe_hello_receive(int fd, struct probe_hello *ret_hello)
{
    struct record_hello hello = {0};
    struct iovec part = {.iov_base = &hello, .iov_len = sizeof hello};
    _Alignas(struct cmsghdr) char
        control[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct parts parts = {.count = 0};
    ssize_t bytes = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (bytes < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -EPIPE;
    for (struct cmsghdr *each = CMSG_FIRSTHDR(&message); each != NULL; each = CMSG_NXTHDR(&message, each)) {
        if (each->cmsg_level == SOL_SOCKET)
            take_part(each, &parts);
    }
    if (!valid(&hello, bytes, &parts)) {
        for (int i = 0; i < parts.count; i++)
            close(parts.fds[i]);
        return bytes == 0 ? -EPIPE : -EPROTO;
    }
    *ret_hello = (struct probe_hello){
        .record = hello, .pid = parts.from.pid, .ring_fd = parts.fds[0], .control_fd = parts.fds[1]};
    return 1;
}

#include "probe/hello.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "event/record.h"
#include "event/ring.h"
#include "probe/raw.h"

#define TRIES  50
#define TRY_NS 1000000L

static void fill(struct record_hello *hello, enum process_what what, uint32_t host)
{
    const char *lane = secure_getenv(PROBE_LANE_VARIABLE);

    memset(hello, 0, sizeof *hello);
    hello->magic = RING_MAGIC;
    hello->version = RING_VERSION;
    hello->pid = getpid();
    hello->parent = getppid();
    hello->time_ns = raw_now_ns();
    hello->what = (uint8_t)what;
    hello->host = (uint8_t)host;
    strncpy(hello->lane, lane == NULL ? "" : lane, sizeof hello->lane - 1);
    strncpy(hello->program, program_invocation_short_name, sizeof hello->program - 1);
}

static void put_control(struct msghdr *message, int type, const void *data, size_t bytes, size_t *used)
{
    struct cmsghdr *header = (struct cmsghdr *)(void *)((char *)message->msg_control + *used);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(bytes);
    memcpy(CMSG_DATA(header), data, bytes);
    *used += CMSG_SPACE(bytes);
}

bool hello_say(int fd, int ring_fd, int control_end, enum process_what what, uint32_t host)
{
    struct record_hello hello;
    struct iovec part = {.iov_base = &hello, .iov_len = sizeof hello};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))] = {
        0};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control};
    struct ucred self = {.pid = getpid(), .uid = getuid(), .gid = getgid()};
    int descriptors[2] = {ring_fd, control_end};
    size_t used = 0;
    long sent = -EAGAIN;

    fill(&hello, what, host);
    put_control(&message, SCM_RIGHTS, descriptors, sizeof descriptors, &used);
    put_control(&message, SCM_CREDENTIALS, &self, sizeof self, &used);
    message.msg_controllen = used;
    for (int tries = 0; tries < TRIES && (sent == -EAGAIN || sent == -EINTR); tries++) {
        if (tries > 0)
            raw_sleep_ns(TRY_NS);
        sent = raw_sendmsg(fd, &message);
    }
    return sent == (long)sizeof hello;
}

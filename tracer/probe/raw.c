#include "probe/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define HIGH_FD    500
#define PAGE_BYTES 4096u
#define STACK_MAX  (64u << 20)

extern void *__libc_stack_end; /* of the dynamic linker: the top of the first thread's stack */

bool raw_socketpair(int pair[2])
{
    int saved = errno;
    long result = syscall(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);

    errno = saved;
    return result == 0;
}

int raw_getsockopt(int fd, int level, int option, void *value, uint32_t bytes)
{
    int saved = errno;
    socklen_t length = bytes;
    long result = syscall(SYS_getsockopt, fd, level, option, value, &length);

    if (result < 0)
        result = -errno;
    errno = saved;
    return result < 0 ? (int)result : (int)length;
}

static uint32_t name_of(long call, int fd, struct sockaddr_storage *ret_address)
{
    int saved = errno;
    socklen_t length = sizeof *ret_address;
    long result = syscall(call, fd, ret_address, &length);

    errno = saved;
    return result < 0 ? 0 : length < sizeof *ret_address ? length : (uint32_t)sizeof *ret_address;
}

uint32_t raw_sockname(int fd, struct sockaddr_storage *ret_address)
{
    return name_of(SYS_getsockname, fd, ret_address);
}

uint32_t raw_peername(int fd, struct sockaddr_storage *ret_address)
{
    return name_of(SYS_getpeername, fd, ret_address);
}

bool raw_is_seqpacket(int fd)
{
    int type = 0, domain = 0;

    raw_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, sizeof type);
    raw_getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, sizeof domain);
    return type == SOCK_SEQPACKET && domain == AF_UNIX;
}

int raw_move_high(int fd)
{
    int saved = errno;
    struct rlimit limit = {.rlim_cur = 1024};
    long from = HIGH_FD, high;

    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < HIGH_FD + 16)
        from = limit.rlim_cur > 16 ? (long)limit.rlim_cur - 8 : 0;
    high = syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, from);
    if (high >= 0)
        raw_close(fd);
    errno = saved;
    return high >= 0 ? (int)high : fd;
}

void raw_close(int fd)
{
    int saved = errno;

    syscall(SYS_close, fd);
    errno = saved;
}

uint64_t raw_inode(int fd)
{
    int saved = errno;
    struct stat stat;
    uint64_t inode = fstat(fd, &stat) == 0 ? stat.st_ino : 0;

    errno = saved;
    return inode;
}

bool raw_peer_lives(int fd)
{
    int saved = errno;
    char byte;
    long result = syscall(SYS_recvfrom, fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT, NULL, NULL);
    bool lives = result > 0 || (result < 0 && (errno == EAGAIN || errno == EINTR));

    errno = saved;
    return lives;
}

bool raw_send_byte(int fd)
{
    int saved = errno;
    long result = syscall(SYS_sendto, fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
    bool heard = result >= 0 || errno == EAGAIN || errno == EINTR || errno == ENOBUFS || errno == ENOMEM;

    errno = saved;
    return heard;
}

long raw_sendmsg(int fd, const struct msghdr *message)
{
    int saved = errno;
    long result = syscall(SYS_sendmsg, fd, message, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (result < 0)
        result = -errno;
    errno = saved;
    return result;
}

void raw_sleep_ns(long ns)
{
    int saved = errno;
    struct timespec pause = {.tv_nsec = ns};

    syscall(SYS_nanosleep, &pause, NULL);
    errno = saved;
}

int64_t raw_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int32_t raw_tid(void)
{
    return (int32_t)syscall(SYS_gettid);
}

void raw_futex_wait(_Atomic uint32_t *word, uint32_t value, int timeout_ms)
{
    int saved = errno;
    struct timespec timeout = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000L};

    syscall(SYS_futex, word, FUTEX_WAIT, value, &timeout, NULL, 0);
    errno = saved;
}

/* All of the stack above this frame is there. Other stacks than the first thread's take the slow way. */
static bool on_stack(uintptr_t start, uintptr_t end)
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0), top = (uintptr_t)__libc_stack_end;

    return start >= frame && end <= top && start < end && top - frame < STACK_MAX;
}

/* The kernel copies the set (8 bytes) before it finds that there is no such way to use it: EFAULT or EINVAL.
 */
static bool page_readable(uintptr_t address)
{
    return syscall(SYS_rt_sigprocmask, ~0, address & ~(uintptr_t)7, NULL, 8) < 0 && errno != EFAULT;
}

bool raw_readable(const void *memory, size_t bytes)
{
    uintptr_t start = (uintptr_t)memory, end = start + bytes;
    int saved = errno;
    bool readable = true;

    if (bytes == 0 || on_stack(start, end))
        return true;
    if (end < start || start < PAGE_BYTES)
        return false;
    for (uintptr_t page = start & ~(uintptr_t)(PAGE_BYTES - 1); readable && page < end; page += PAGE_BYTES)
        readable = page_readable(page < start ? start : page);
    errno = saved;
    return readable;
}

/*
 * Makes a program visible to sockstep. One line in the source, after the system's own headers,
 *
 *     #include <sockstep/probe.h>
 *
 * and -lsockprobe for the linker. From there on the socket calls below are made through the probe, which
 * tells sockstep what was called, from which line, and what came of it. The calls themselves, their results
 * and errno are those of the system. Run without sockstep, the program does what it would do without this
 * line.
 *
 * The names are macros with arguments: a function of the program's own (or a member of a struct) that is
 * called as read(...) would be taken for the system's; write (p->read)(...) there.
 */
#ifndef SOCKSTEP_PROBE_H
#define SOCKSTEP_PROBE_H

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

struct addrinfo;

/* Each is the system call of its name; `file` and `line` say where the program makes it (file may be NULL,
 * line 0). */
int sockprobe_socket(const char *file, int line, int domain, int type, int protocol);
int sockprobe_socketpair(const char *file, int line, int domain, int type, int protocol, int pair[2]);
int sockprobe_bind(const char *file, int line, int fd, const struct sockaddr *address, socklen_t length);
int sockprobe_listen(const char *file, int line, int fd, int backlog);
int sockprobe_accept(const char *file, int line, int fd, struct sockaddr *address, socklen_t *length);
int sockprobe_accept4(const char *file, int line, int fd, struct sockaddr *address, socklen_t *length,
                      int flags);
int sockprobe_connect(const char *file, int line, int fd, const struct sockaddr *address, socklen_t length);
int sockprobe_getsockname(const char *file, int line, int fd, struct sockaddr *address, socklen_t *length);
int sockprobe_getpeername(const char *file, int line, int fd, struct sockaddr *address, socklen_t *length);

ssize_t sockprobe_send(const char *file, int line, int fd, const void *buffer, size_t length, int flags);
ssize_t sockprobe_sendto(const char *file, int line, int fd, const void *buffer, size_t length, int flags,
                         const struct sockaddr *address, socklen_t address_length);
ssize_t sockprobe_sendmsg(const char *file, int line, int fd, const struct msghdr *message, int flags);
ssize_t sockprobe_write(const char *file, int line, int fd, const void *buffer, size_t length);
ssize_t sockprobe_writev(const char *file, int line, int fd, const struct iovec *parts, int count);
ssize_t sockprobe_sendfile(const char *file, int line, int out, int in, off_t *offset, size_t length);
ssize_t sockprobe_recv(const char *file, int line, int fd, void *buffer, size_t length, int flags);
ssize_t sockprobe_recvfrom(const char *file, int line, int fd, void *buffer, size_t length, int flags,
                           struct sockaddr *address, socklen_t *address_length);
ssize_t sockprobe_recvmsg(const char *file, int line, int fd, struct msghdr *message, int flags);
ssize_t sockprobe_read(const char *file, int line, int fd, void *buffer, size_t length);
ssize_t sockprobe_readv(const char *file, int line, int fd, const struct iovec *parts, int count);

int sockprobe_shutdown(const char *file, int line, int fd, int how);
int sockprobe_close(const char *file, int line, int fd);
int sockprobe_setsockopt(const char *file, int line, int fd, int level, int option, const void *value,
                         socklen_t length);
int sockprobe_getsockopt(const char *file, int line, int fd, int level, int option, void *value,
                         socklen_t *length);
int sockprobe_fcntl(const char *file, int line, int fd, int command, ...);
int sockprobe_ioctl(const char *file, int line, int fd, unsigned long request, ...);
int sockprobe_dup(const char *file, int line, int fd);
int sockprobe_dup2(const char *file, int line, int fd, int new_fd);

int sockprobe_poll(const char *file, int line, struct pollfd *fds, nfds_t count, int timeout_ms);
int sockprobe_ppoll(const char *file, int line, struct pollfd *fds, nfds_t count,
                    const struct timespec *timeout, const sigset_t *mask);
int sockprobe_select(const char *file, int line, int count, fd_set *reading, fd_set *writing, fd_set *urgent,
                     struct timeval *timeout);
int sockprobe_pselect(const char *file, int line, int count, fd_set *reading, fd_set *writing, fd_set *urgent,
                      const struct timespec *timeout, const sigset_t *mask);
int sockprobe_epoll_create1(const char *file, int line, int flags);
int sockprobe_epoll_ctl(const char *file, int line, int epoll_fd, int operation, int fd,
                        struct epoll_event *event);
int sockprobe_epoll_wait(const char *file, int line, int epoll_fd, struct epoll_event *events, int room,
                         int timeout_ms);

pid_t sockprobe_fork(const char *file, int line);
int sockprobe_getaddrinfo(const char *file, int line, const char *node, const char *service,
                          const struct addrinfo *hints, struct addrinfo **ret_list);

#ifdef __cplusplus
}
#endif

#ifdef __FILE_NAME__
#define SOCKPROBE_FILE __FILE_NAME__
#else
#define SOCKPROBE_FILE __FILE__
#endif

#define socket(...)        sockprobe_socket(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define socketpair(...)    sockprobe_socketpair(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define bind(...)          sockprobe_bind(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define listen(...)        sockprobe_listen(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define accept(...)        sockprobe_accept(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define accept4(...)       sockprobe_accept4(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define connect(...)       sockprobe_connect(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define getsockname(...)   sockprobe_getsockname(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define getpeername(...)   sockprobe_getpeername(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define send(...)          sockprobe_send(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define sendto(...)        sockprobe_sendto(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define sendmsg(...)       sockprobe_sendmsg(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define write(...)         sockprobe_write(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define writev(...)        sockprobe_writev(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define sendfile(...)      sockprobe_sendfile(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define recv(...)          sockprobe_recv(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define recvfrom(...)      sockprobe_recvfrom(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define recvmsg(...)       sockprobe_recvmsg(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define read(...)          sockprobe_read(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define readv(...)         sockprobe_readv(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define shutdown(...)      sockprobe_shutdown(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define close(...)         sockprobe_close(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define setsockopt(...)    sockprobe_setsockopt(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define getsockopt(...)    sockprobe_getsockopt(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define fcntl(...)         sockprobe_fcntl(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define ioctl(...)         sockprobe_ioctl(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define dup(...)           sockprobe_dup(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define dup2(...)          sockprobe_dup2(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define poll(...)          sockprobe_poll(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define ppoll(...)         sockprobe_ppoll(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define select(...)        sockprobe_select(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define pselect(...)       sockprobe_pselect(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define epoll_create1(...) sockprobe_epoll_create1(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define epoll_ctl(...)     sockprobe_epoll_ctl(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define epoll_wait(...)    sockprobe_epoll_wait(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)
#define fork()             sockprobe_fork(SOCKPROBE_FILE, __LINE__)
#define getaddrinfo(...)   sockprobe_getaddrinfo(SOCKPROBE_FILE, __LINE__, __VA_ARGS__)

#endif

/*
 * What the programs probe_linked (with the probe's line) and probe_plain (without, for LD_PRELOAD) do for
 * tests/unit/probe_test.c: one act each, named by the first argument. A failed check ends the program with 1
 * and a line on standard error. "@NAME LINE" on standard output says which line a call is in.
 */
#ifndef SOCKSTEP_TESTS_PROBE_ACTS_H
#define SOCKSTEP_TESTS_PROBE_ACTS_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);                \
            exit(1);                                                                                         \
        }                                                                                                    \
    } while (0)

extern char **environ;

static struct sockaddr_in loopback(unsigned short port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int listener(struct sockaddr_in *ret_address)
{
    socklen_t length = sizeof *ret_address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    *ret_address = loopback(0);
    CHECK(fd >= 0);
    CHECK(bind(fd, (struct sockaddr *)ret_address, sizeof *ret_address) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)ret_address, &length) == 0);
    CHECK(listen(fd, 5) == 0);
    return fd;
}

static void act_tcp(void)
{
    struct sockaddr_in address, peer;
    socklen_t length = sizeof peer;
    int one = 1, value = 0, listening = listener(&address), client, server;
    socklen_t value_length = sizeof value;
    char buffer[100];

    CHECK(listening == 3); /* the probe is not in the way */
    client = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(client == 4);
    CHECK(setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one) == 0);
    CHECK(getsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &value, &value_length) == 0 && value == 1);
    printf("@connect %d\n", __LINE__ + 1);
    CHECK(connect(client, (struct sockaddr *)&address, sizeof address) == 0);
    server = accept(listening, (struct sockaddr *)&peer, &length);
    CHECK(server == 5 && peer.sin_port != 0);
    printf("@send %d\n", __LINE__ + 1);
    CHECK(send(client, "hello", 5, MSG_NOSIGNAL) == 5);
    CHECK(recv(server, buffer, sizeof buffer, 0) == 5 && memcmp(buffer, "hello", 5) == 0);
    CHECK(write(server, "answer", 6) == 6);
    CHECK(read(client, buffer, 3) == 3);
    CHECK(shutdown(client, SHUT_WR) == 0);
    CHECK(recv(server, buffer, sizeof buffer, 0) == 0);
    CHECK(fcntl(server, F_SETFL, O_NONBLOCK) == 0);
    CHECK(close(server) == 0);
    CHECK(close(client) == 0);
    CHECK(close(listening) == 0);
}

static void act_ipv6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT}, from;
    socklen_t length = sizeof address, from_length = sizeof from;
    int receiver = socket(AF_INET6, SOCK_DGRAM, 0), sender = socket(AF_INET6, SOCK_DGRAM, 0);
    char buffer[4];

    CHECK(bind(receiver, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(getsockname(receiver, (struct sockaddr *)&address, &length) == 0);
    CHECK(sendto(sender, "datagram", 8, 0, (struct sockaddr *)&address, sizeof address) == 8);
    CHECK(recvfrom(receiver, buffer, sizeof buffer, MSG_TRUNC, (struct sockaddr *)&from, &from_length) == 8);
    CHECK(sendto(sender, "", 0, 0, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(recvfrom(receiver, buffer, sizeof buffer, 0, NULL, NULL) == 0);
}

static void act_unix(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t length = (socklen_t)offsetof(struct sockaddr_un, sun_path);
    int listening = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0), path, pair[2];
    char buffer[10];

    snprintf(address.sun_path + 1, 100, "sockstep-%d", (int)getpid());
    length += (socklen_t)(1 + strlen(address.sun_path + 1));
    printf("@abstract %d\n", (int)getpid());
    CHECK(bind(listening, (struct sockaddr *)&address, length) == 0);
    CHECK(listen(listening, 1) == 0);
    CHECK(connect(client, (struct sockaddr *)&address, length) == 0);
    path = socket(AF_UNIX, SOCK_STREAM, 0);
    strcpy(address.sun_path, "/nowhere/at-all");
    CHECK(connect(path, (struct sockaddr *)&address, sizeof address) < 0 && errno == ENOENT);
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
    CHECK(write(pair[0], "pair", 4) == 4 && read(pair[1], buffer, sizeof buffer) == 4);
}

static void act_vectors(void)
{
    struct iovec out[3] = {{"one ", 4}, {"", 0}, {"two", 3}};
    char first[2], second[20];
    struct iovec in[2] = {{first, sizeof first}, {second, sizeof second}};
    struct msghdr sent = {.msg_iov = out, .msg_iovlen = 3}, got = {.msg_iov = in, .msg_iovlen = 2};
    int pair[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    CHECK(sendmsg(pair[0], &sent, 0) == 7);
    CHECK(recvmsg(pair[1], &got, 0) == 7 && memcmp(second, "e two", 5) == 0);
    CHECK(writev(pair[0], out, 3) == 7);
    CHECK(readv(pair[1], in, 2) == 7);
}

static void act_wait(void)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0x1234567890}, ready[4];
    struct pollfd fds[2];
    fd_set reading;
    struct timeval soon = {.tv_usec = 50000};
    struct timespec none = {0};
    int pair[2], epoll;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event) == 0);
    CHECK(write(pair[1], "x", 1) == 1);
    fds[0] = (struct pollfd){.fd = pair[0], .events = POLLIN | POLLOUT};
    fds[1] = (struct pollfd){.fd = pair[1], .events = POLLIN};
    CHECK(poll(fds, 2, 1000) == 1);
    CHECK(ppoll(fds + 1, 1, &none, NULL) == 0);
    FD_ZERO(&reading);
    FD_SET(pair[0], &reading);
    FD_SET(pair[1], &reading);
    CHECK(select(pair[1] + 1, &reading, NULL, NULL, &soon) == 1);
    CHECK(epoll_wait(epoll, ready, 4, 1000) == 1 && ready[0].data.u64 == 0x1234567890);
}

static void act_errors(void)
{
    struct sockaddr_in address;
    int fd = listener(&address), client = socket(AF_INET, SOCK_STREAM, 0), pair[2];
    char *hole = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    close(fd);
    CHECK(connect(client, (struct sockaddr *)&address, sizeof address) < 0 && errno == ECONNREFUSED);
    CHECK(recv(client, hole, 1, MSG_DONTWAIT) < 0 && errno == ENOTCONN);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    CHECK(munmap(hole + 4096, 4096) == 0);
    CHECK(send(pair[0], (void *)1, 5, 0) < 0 && errno == EFAULT);
    CHECK(send(pair[0], hole + 4090, 100, 0) < 0 && errno == EFAULT);
    CHECK(recv(pair[1], hole, 5, MSG_DONTWAIT) < 0 && errno == EAGAIN);
    CHECK(connect(client, (struct sockaddr *)(hole + 4095), sizeof address) < 0 && errno == EFAULT);
    CHECK(sendmsg(pair[0], (struct msghdr *)(hole + 4096), 0) < 0 && errno == EFAULT);
    CHECK(setsockopt(client, SOL_SOCKET, SO_REUSEADDR, (void *)1, 4) < 0 && errno == EFAULT);
    CHECK(recv(999, hole, 1, 0) < 0 && errno == EBADF);
    CHECK(close(999) < 0 && errno == EBADF);
    errno = 4321;
    CHECK(write(pair[0], "ok", 2) == 2 && errno == 4321);
    CHECK(close(pair[0]) == 0 && errno == 4321);
}

static void act_fork(void)
{
    int pair[2], status;
    pid_t pid;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    errno = 77;
    pid = fork();
    CHECK(errno == 77);
    if (pid == 0) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        CHECK(fd == pair[1] + 1);
        CHECK(write(pair[1], "child", 5) == 5);
        _exit(7);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    pid = (pid_t)syscall(SYS_fork); /* behind the library's back */
    if (pid == 0) {
        CHECK(write(pair[1], "raw", 3) == 3);
        _exit(8);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 8);
}

/* The child lives until standard input ends; the parent does not wait for it. */
static void act_orphan(void)
{
    pid_t pid = fork();
    char byte;

    CHECK(pid >= 0);
    if (pid == 0)
        CHECK(read(0, &byte, 1) == 0);
}

/* A child that borrows our memory closes and moves descriptors before it executes something else. */
static void act_vfork(void)
{
    int pair[2], status;
    char *arguments[] = {"true", NULL};
    pid_t pid;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    pid = vfork();
    if (pid == 0) {
        dup2(pair[0], pair[1]);
        close(pair[0]);
        execvp("true", arguments);
        _exit(9);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(posix_spawnp(&pid, "true", NULL, NULL, arguments, environ) == 0);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(write(pair[0], "after", 5) == 5);
}

static void act_exec(const char *self)
{
    CHECK(socket(AF_INET, SOCK_DGRAM, 0) == 3);
    close(3);
    CHECK(execl(self, self, "tcp", (char *)NULL) == 0);
}

static void *one_thread(void *argument)
{
    int pair[2];
    char byte = *(char *)argument, back;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    for (int i = 0; i < 1000; i++)
        CHECK(write(pair[0], &byte, 1) == 1 && read(pair[1], &back, 1) == 1 && back == byte);
    close(pair[0]);
    close(pair[1]);
    return NULL;
}

static void act_threads(void)
{
    pthread_t threads[4];
    char names[4] = "abcd";

    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, one_thread, &names[i]) == 0);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

/* Daemons do this to be rid of what they have inherited. */
static void act_close_all(void)
{
    int pair[2];
    long answer;

    for (int fd = 3; fd < 2000; fd++)
        CHECK(close(fd) < 0 && errno == EBADF);
    closefrom(3);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && pair[0] == 3 && pair[1] == 4);
    CHECK(write(pair[0], "one", 3) == 3);
    for (int fd = 5; fd < 2000; fd++)
        syscall(SYS_close, fd); /* no wrapper sees this */
    for (int fd = 5; fd < 600; fd++)
        CHECK(fcntl(pair[1], F_DUPFD, fd) == fd); /* the numbers are the program's now */
    CHECK(write(pair[0], "two", 3) == 3);
    usleep(50000);
    CHECK(write(pair[0], "three", 5) == 5);
    answer = recv(pair[1], (char[20]){0}, 20, 0);
    CHECK(answer == 11); /* and nothing of the probe's among it */
    CHECK(recv(pair[0], (char[20]){0}, 20, MSG_DONTWAIT) < 0 && errno == EAGAIN);
}

static void act_files(void)
{
    char buffer[100];
    int pipes[2], fd = open("/proc/self/status", O_RDONLY);

    CHECK(read(fd, buffer, sizeof buffer) > 0);
    CHECK(close(fd) == 0);
    CHECK(pipe(pipes) == 0 && write(pipes[1], "x", 1) == 1 && read(pipes[0], buffer, 1) == 1);
    CHECK(close(pipes[0]) == 0 && close(pipes[1]) == 0);
    fd = socket(AF_INET, SOCK_DGRAM, 0); /* a number that was a file before */
    CHECK(fd == 3 && dup(fd) == 4 && dup2(fd, 10) == 10 && close(4) == 0);
}

static void act_blocked(void)
{
    int pair[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    CHECK(recv(pair[0], (char[1]){0}, 1, 0) == 1);
}

/* Says at which moment a listening socket got its name, and what the first connect() came to. */
static void act_gates(void)
{
    struct sockaddr_in address;
    int client, listening = listener(&address), result;

    client = socket(AF_INET, SOCK_STREAM, 0);
    errno = 0;
    result = connect(client, (struct sockaddr *)&address, sizeof address);
    printf("@connect %d\n", result == 0 ? 0 : errno);
    close(client);
    close(listening);
}

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
    int saved = errno, pair[2];

    (void)number;
    alarms++;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && write(pair[0], "a", 1) == 1);
    close(pair[0]);
    close(pair[1]);
    errno = saved;
}

/* A handler that makes calls of its own interrupts a call that waits. */
static void act_signal(void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    int pair[2];

    CHECK(sigaction(SIGALRM, &action, NULL) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    ualarm(20000, 0);
    CHECK(recv(pair[0], (char[1]){0}, 1, 0) < 0 && errno == EINTR && alarms == 1);
}

/* As long as the test likes: until the other end of standard input is closed. */
static void act_flood(void)
{
    struct pollfd input = {.fd = 0, .events = POLLIN};
    int pair[2];
    char byte;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    do {
        for (int i = 0; i < 5000; i++)
            CHECK(write(pair[0], "x", 1) == 1 && read(pair[1], &byte, 1) == 1 && byte == 'x');
    } while (poll(&input, 1, 0) == 0);
}

static void *cancelled(void *argument)
{
    CHECK(recv(*(int *)argument, (char[1]){0}, 1, 0) == 1);
    return NULL;
}

static void act_cancel(void)
{
    pthread_t thread;
    void *result;
    int pair[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    CHECK(pthread_create(&thread, NULL, cancelled, &pair[0]) == 0);
    usleep(50000);
    CHECK(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
    CHECK(write(pair[1], "x", 1) == 1);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*act)(void);
    } acts[] = {
        {"tcp", act_tcp},         {"ipv6", act_ipv6},           {"unix", act_unix},
        {"vectors", act_vectors}, {"wait", act_wait},           {"errors", act_errors},
        {"fork", act_fork},       {"orphan", act_orphan},       {"vfork", act_vfork},
        {"threads", act_threads}, {"close-all", act_close_all}, {"files", act_files},
        {"blocked", act_blocked}, {"gates", act_gates},         {"signal", act_signal},
        {"flood", act_flood},     {"cancel", act_cancel},
    };
    const char *name = argc > 1 ? argv[1] : "";

    if (strcmp(name, "exec") == 0)
        act_exec(argv[0]);
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        if (strcmp(acts[i].name, name) == 0) {
            acts[i].act();
            return 0;
        }
    }
    fprintf(stderr, "no such act: %s\n", name);
    return 2;
}

#endif

/*
 * The programs that run inside the lab in lab_test.c: the test starts itself again with a name. Each prints
 * what it saw, a line at a time, and ends with 0 when all went as in the textbook.
 */
#ifndef SOCKSTEP_TESTS_LAB_PROGRAMS_H
#define SOCKSTEP_TESTS_LAB_PROGRAMS_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "event/record.h"

#define TEST_PORT 7001

static inline void nap_ms(long ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static inline bool is_six(const char *ip)
{
    return strchr(ip, ':') != NULL;
}

static inline socklen_t socket_address(const char *ip, int port, struct sockaddr_storage *address)
{
    *address = (struct sockaddr_storage){0};
    if (is_six(ip)) {
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((uint16_t)port);
        inet_pton(AF_INET6, ip, &six->sin6_addr);
        return sizeof *six;
    }
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    four->sin_family = AF_INET;
    four->sin_port = htons((uint16_t)port);
    inet_pton(AF_INET, ip, &four->sin_addr);
    return sizeof *four;
}

static inline int open_socket(const char *ip, int type)
{
    int fd = socket(is_six(ip) ? AF_INET6 : AF_INET, type, 0);
    if (fd != 3)
        printf("the first socket is %d\n", fd);
    return fd;
}

static inline int listener(const char *ip)
{
    struct sockaddr_storage address;
    int fd = open_socket(ip, SOCK_STREAM);
    socklen_t length = socket_address(ip, TEST_PORT, &address);
    if (bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, 5) < 0) {
        perror("listen");
        exit(1);
    }
    printf("ready\n");
    fflush(stdout);
    return fd;
}

/* Accepts one connection, reads to its end, waits so that CLOSE_WAIT can be seen, closes. */
static inline int run_server(const char *ip)
{
    int listening = listener(ip);
    int fd = accept(listening, NULL, NULL);
    char bytes[4096];
    long total = 0;
    ssize_t count;
    while ((count = recv(fd, bytes, sizeof bytes, 0)) > 0)
        total += count;
    printf("read %ld\n", total);
    nap_ms(60);
    close(fd);
    nap_ms(300);
    return count == 0 ? 0 : 1;
}

static inline int connected(const char *ip)
{
    struct sockaddr_storage address;
    int fd = open_socket(ip, SOCK_STREAM);
    socklen_t length = socket_address(ip, TEST_PORT, &address);
    if (connect(fd, (struct sockaddr *)&address, length) == 0)
        return fd;
    printf("errno %d\n", errno);
    return -1;
}

static inline int run_client(const char *ip)
{
    char byte;
    int fd = connected(ip);
    if (fd < 0)
        return 1;
    nap_ms(80);
    if (send(fd, "hello", 5, 0) != 5)
        return 2;
    nap_ms(80);
    shutdown(fd, SHUT_WR);
    if (recv(fd, &byte, 1, 0) != 0)
        return 3;
    close(fd);
    nap_ms(100);
    return 0;
}

/* Data and goodbye at once. */
static inline int run_hasty(const char *ip)
{
    int fd = connected(ip);
    nap_ms(20); /* so that the data makes the lab ask for the queues */
    ssize_t sent = send(fd, "hello", 5, 0);
    close(fd);
    nap_ms(150);
    return sent == 5 ? 0 : 1;
}

static inline int run_never_accept(const char *ip)
{
    listener(ip);
    pause();
    return 0;
}

static inline int run_bulk(const char *ip)
{
    static char bytes[1 << 20];
    int fd = connected(ip);
    for (int i = 0; fd >= 0 && i < 32; i++) {
        for (size_t sent = 0; sent < sizeof bytes;) {
            ssize_t count = send(fd, bytes + sent, sizeof bytes - sent, 0);
            if (count <= 0)
                return 1;
            sent += (size_t)count;
        }
    }
    close(fd);
    nap_ms(200);
    return 0;
}

/* Five datagrams at once to a port where nobody is. */
static inline int run_datagrams(const char *ip)
{
    struct sockaddr_storage address;
    int fd = open_socket(ip, SOCK_DGRAM);
    socklen_t length = socket_address(ip, TEST_PORT, &address);
    for (int i = 0; i < 5; i++)
        sendto(fd, "datagram", 8, 0, (struct sockaddr *)&address, length);
    nap_ms(300);
    return 0;
}

static inline int run_shout(const char *ip)
{
    struct sockaddr_storage address;
    int on = 1, fd = open_socket(ip, SOCK_DGRAM);
    socklen_t length = socket_address(ip, TEST_PORT, &address);
    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    return sendto(fd, "all", 3, 0, (struct sockaddr *)&address, length) == 3 ? 0 : errno;
}

static inline void print_status_line(const char *name)
{
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0)
            fputs(line, stdout);
    }
    if (status != NULL)
        fclose(status);
}

/* Who am I, what may I do, what do I hold. */
static inline int run_confess(const char *unused)
{
    char self[32] = "";
    (void)unused;
    (void)!readlink("/proc/self", self, sizeof self - 1);
    printf("pid %s\nuid %u\nlane %s\nextra %s\ngates %s\n", self, getuid(), getenv(PROBE_LANE_VARIABLE),
           getenv("EXTRA"), getenv(PROBE_GATES_VARIABLE));
    print_status_line("CapEff");
    print_status_line("CapPrm");
    print_status_line("CapBnd");
    print_status_line("NoNewPrivs");
    for (int fd = 0; fd < 1024; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            printf("holds %d\n", fd);
    }
    struct sockaddr_storage address;
    int low = open_socket("192.0.2.1", SOCK_STREAM);
    socklen_t length = socket_address("0.0.0.0", 21, &address);
    printf("port 21: %d\n", bind(low, (struct sockaddr *)&address, length));
    for (int i = 0; i < 3000; i++)
        putchar('x');
    putchar('\n');
    fprintf(stderr, "a line without an end");
    return 3;
}

/* Waits until the settle page of this host changes: somebody delivered to us and asked our kernel. */
static inline int run_watch(const char *unused)
{
    int fd = -1, host = -1;
    (void)unused;
    if (sscanf(getenv(PROBE_SETTLE_VARIABLE), "%d:%d", &fd, &host) != 2)
        return 1;
    void *writable = mmap(NULL, sizeof(struct settle_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    struct settle_page *page = mmap(NULL, sizeof *page, PROT_READ, MAP_SHARED, fd, 0);
    if (writable != MAP_FAILED || page == MAP_FAILED)
        return 2;
    listener("192.0.2.2");
    unsigned before = atomic_load(&page->settle[host]), odd = 0;
    for (int i = 0; i < 200000 && odd == 0; i++) {
        odd = atomic_load(&page->settle[host]) & 1;
        if (i % 100 == 99)
            nap_ms(1);
    }
    nap_ms(100);
    unsigned after = atomic_load(&page->settle[host]);
    printf("settled %d %d\n", after > before, (int)(after & 1));
    return 0;
}

/* Four full segments at once, then goodbye. */
static inline int run_burst(const char *ip)
{
    char bytes[4 * 1448] = {0}, byte;
    int fd = connected(ip);
    if (fd < 0)
        return 1;
    nap_ms(20);
    if (send(fd, bytes, sizeof bytes, 0) != sizeof bytes)
        return 2;
    nap_ms(100);
    shutdown(fd, SHUT_WR);
    ssize_t count = recv(fd, &byte, 1, 0);
    close(fd);
    nap_ms(100);
    return count == 0 ? 0 : 3;
}

/* A connected datagram socket learns what became of its datagram. */
static inline int run_ask(const char *ip)
{
    struct sockaddr_storage address;
    char byte;
    int fd = open_socket(ip, SOCK_DGRAM);
    socklen_t length = socket_address(ip, TEST_PORT, &address);
    if (connect(fd, (struct sockaddr *)&address, length) < 0 || send(fd, "?", 1, 0) != 1)
        return 1;
    ssize_t count = recv(fd, &byte, 1, 0);
    printf("recv %zd errno %d\n", count, count < 0 ? errno : 0);
    return 0;
}

/* Segments that this host's kernel has thrown away for their checksum. */
static inline int run_bad_checksums(const char *unused)
{
    char line[512];
    FILE *snmp = fopen("/proc/self/net/snmp", "r");
    (void)unused;
    for (int tcp = 0; snmp != NULL && fgets(line, sizeof line, snmp) != NULL;) {
        if (strncmp(line, "Tcp:", 4) == 0 && ++tcp == 2)
            printf("bad checksums%s", strrchr(line, ' '));
    }
    if (snmp != NULL)
        fclose(snmp);
    return 0;
}

static inline int run_sleep(const char *unused)
{
    (void)unused;
    if (fork() == 0)
        pause();
    printf("asleep\n");
    fflush(stdout);
    pause();
    return 0;
}

static const struct {
    const char *name;
    int (*run)(const char *ip);
} lab_programs[] = {
    {"server", run_server},
    {"client", run_client},
    {"never-accept", run_never_accept},
    {"bulk", run_bulk},
    {"hasty", run_hasty},
    {"datagrams", run_datagrams},
    {"shout", run_shout},
    {"confess", run_confess},
    {"watch", run_watch},
    {"sleep", run_sleep},
    {"burst", run_burst},
    {"ask", run_ask},
    {"bad-checksums", run_bad_checksums},
};

/* Runs the program that argv names, if it names one; returns otherwise. */
static inline void lab_program_main(int argc, char **argv)
{
    for (size_t i = 0; argc == 4 && i < sizeof lab_programs / sizeof lab_programs[0]; i++) {
        if (strcmp(argv[1], "program") == 0 && strcmp(argv[2], lab_programs[i].name) == 0)
            exit(lab_programs[i].run(argv[3]));
    }
}

#endif

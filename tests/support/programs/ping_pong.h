/*
 * One byte back and forth, for tests/bench/probe_bench.c:
 *
 *     ping_pong_linked unix|tcp ROUNDS
 *
 * Both ends are in this one thread, so that a round is four calls and no scheduling. Prints nanoseconds per
 * call.
 */
#ifndef SOCKSTEP_TESTS_PING_PONG_H
#define SOCKSTEP_TESTS_PING_PONG_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void must(int result)
{
    if (result < 0) {
        perror("ping_pong");
        exit(1);
    }
}

static void tcp_pair(int pair[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listening = socket(AF_INET, SOCK_STREAM, 0), one = 1;

    must(bind(listening, (struct sockaddr *)&address, sizeof address));
    must(getsockname(listening, (struct sockaddr *)&address, &length));
    must(listen(listening, 1));
    pair[0] = socket(AF_INET, SOCK_STREAM, 0);
    must(connect(pair[0], (struct sockaddr *)&address, sizeof address));
    must(pair[1] = accept(listening, NULL, NULL));
    for (int i = 0; i < 2; i++)
        must(setsockopt(pair[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
    close(listening);
}

static void rounds(const int pair[2], long count)
{
    char byte = 'x';

    for (long i = 0; i < count; i++) {
        for (int end = 0; end < 2; end++) {
            must((int)send(pair[end], &byte, 1, 0));
            must((int)recv(pair[1 - end], &byte, 1, 0));
        }
    }
}

#define BLOCKS 101

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
    long count = (argc > 2 ? atol(argv[2]) : 200000) / BLOCKS + 1;
    double ns[BLOCKS];
    int pair[2];

    if (argc > 1 && strcmp(argv[1], "tcp") == 0)
        tcp_pair(pair);
    else
        must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    rounds(pair, 5 * count); /* to warm up */
    for (int i = 0; i < BLOCKS; i++) {
        double start = now_ns();

        rounds(pair, count);
        ns[i] = (now_ns() - start) / (4.0 * (double)count);
    }
    qsort(ns, BLOCKS, sizeof ns[0], compare);
    printf("%.1f\n", ns[BLOCKS / 2]);
    return 0;
}

#endif

/*
 * What the probe costs: a one-byte ping-pong (tests/support/programs/ping_pong.h), each way of watching it
 * side by side, the median of several runs taken in turn. Then a million events, and how many of them were
 * lost.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "event/record.h"
#include "source/source.h"

#define RUNS     5
#define HELLO_FD 700
#define GOAL_NS  150.0

static const char hosts[1][NAME_MAX_BYTES] = {"bench"};
static char build[4096];

enum watch { WATCH_NONE, WATCH_OFF, WATCH_LINKED, WATCH_ARMED, WATCH_PRELOAD, WATCH_STRACE, WATCH_COUNT };

static const struct way {
    const char *name, *program, *rounds;
    bool probed, preload, strace, arm;
} ways[WATCH_COUNT] = {
    [WATCH_NONE] = {.name = "plain", .program = "ping_pong_plain", .rounds = "200000"},
    [WATCH_OFF] = {.name = "linked, nobody listens", .program = "ping_pong_linked", .rounds = "200000"},
    [WATCH_LINKED] = {.name = "linked, listener drains",
                      .program = "ping_pong_linked",
                      .rounds = "200000",
                      .probed = true},
    [WATCH_ARMED] = {.name = "linked, listener sleeps",
                     .program = "ping_pong_linked",
                     .rounds = "200000",
                     .probed = true,
                     .arm = true},
    [WATCH_PRELOAD] = {.name = "preloaded, listener drains",
                       .program = "ping_pong_plain",
                       .rounds = "200000",
                       .probed = true,
                       .preload = true},
    [WATCH_STRACE] = {.name = "strace -f -e trace=network",
                      .program = "ping_pong_plain",
                      .rounds = "5000",
                      .strace = true},
};

struct tally {
    unsigned long events, lost;
};

static void count_event(void *context, struct event *event)
{
    struct tally *tally = context;

    if (event->kind == EVENT_GAP)
        tally->lost += event->gap.lost;
    else
        tally->events++;
    event_release(event);
}

static void become(const struct way *way, const char *family, const char *rounds, int hello, int output)
{
    char program[4200], text[4200];

    dup2(output, 1);
    snprintf(program, sizeof program, "%s/tests/programs/%s", build, way->program);
    snprintf(text, sizeof text, "%d", HELLO_FD);
    if (way->probed) {
        dup2(hello, HELLO_FD);
        setenv(PROBE_FD_VARIABLE, text, 1);
        setenv(PROBE_LANE_VARIABLE, "bench", 1);
    }
    snprintf(text, sizeof text, "%s/libsockprobe.so", build);
    if (way->preload)
        setenv("LD_PRELOAD", text, 1);
    if (way->strace)
        execlp("strace", "strace", "-f", "-e", "trace=network", "-o", "/dev/null", program, family, rounds,
               (char *)NULL);
    execl(program, program, family, rounds, (char *)NULL);
    _exit(127);
}

static void listen_to(struct source *source, bool arm, struct tally *tally)
{
    struct pollfd fds[8];

    while (source->ops->drain(source, count_event, tally, NULL) > 0) {
        int count = source->ops->poll_fds(source, fds, 8);

        if (!arm)
            usleep(200);
        else if (!source->ops->arm(source))
            poll(fds, (nfds_t)count, 1000);
    }
}

/* One run: nanoseconds per call, or -1. */
static double run(const struct way *way, const char *family, const char *rounds, struct tally *tally)
{
    int hello[2], output[2], status;
    char text[64] = "";
    struct source *source;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, hello) < 0 || pipe2(output, O_CLOEXEC) < 0)
        return -1;
    source = source_probes(hello[0], hosts, 1, NULL);
    fflush(stdout);
    pid = fork();
    if (pid == 0)
        become(way, family, rounds, hello[1], output[1]);
    close(hello[1]);
    close(output[1]);
    if (way->probed)
        listen_to(source, way->arm, tally);
    if (read(output[0], text, sizeof text - 1) <= 0)
        text[0] = '\0';
    waitpid(pid, &status, 0);
    source->ops->free(source);
    close(hello[0]);
    close(output[0]);
    return status == 0 ? atof(text) : -1;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void side_by_side(const char *family)
{
    double ns[WATCH_COUNT][RUNS];
    struct tally tally = {0};

    for (int r = 0; r < RUNS; r++) {
        for (int w = 0; w < WATCH_COUNT; w++)
            ns[w][r] = run(&ways[w], family, ways[w].rounds, &tally);
    }
    for (int w = 0; w < WATCH_COUNT; w++)
        qsort(ns[w], RUNS, sizeof ns[w][0], compare);
    printf("%s, one byte back and forth; medians of %d runs\n", family, RUNS);
    for (int w = 0; w < WATCH_COUNT; w++) {
        double median = ns[w][RUNS / 2], plain = ns[WATCH_NONE][RUNS / 2];

        if (median < 0)
            printf("  %-28s could not be run\n", ways[w].name);
        else
            printf("  %-28s %8.0f ns a call  %+8.0f ns  x %.2f\n", ways[w].name, median, median - plain,
                   median / plain);
    }
    printf("  goal: at most %.0f ns over plain with a listener that drains: %s\n", GOAL_NS,
           ns[WATCH_LINKED][RUNS / 2] - ns[WATCH_NONE][RUNS / 2] <= GOAL_NS ? "met" : "not met");
}

int main(void)
{
    struct tally tally = {0};
    ssize_t length = readlink("/proc/self/exe", build, sizeof build - 1);

    build[length > 0 ? length : 0] = '\0';
    for (int i = 0; i < 3 && strrchr(build, '/') != NULL; i++) /* BUILD/tests/bench/probe_bench */
        *strrchr(build, '/') = '\0';
    side_by_side("unix");
    side_by_side("tcp");
    run(&ways[WATCH_LINKED], "unix", "125000", &tally);
    printf("events lost: %lu of %lu\n", tally.lost, tally.events + tally.lost);
    return 0;
}

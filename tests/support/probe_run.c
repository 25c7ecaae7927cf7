#include "tests/support/probe_run.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "event/record.h"

#define HELLO_FD  700
#define SETTLE_FD 701

static const char hosts[2][NAME_MAX_BYTES] = {"client", "server"};

const char *probe_run_built(const char *name)
{
    static char path[4200];
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

    self[length > 0 ? length : 0] = '\0';
    for (int i = 0; i < 3 && strrchr(self, '/') != NULL; i++) /* BUILD/tests/unit/probe_test */
        *strrchr(self, '/') = '\0';
    snprintf(path, sizeof path, "%s/%s", self, name);
    return path;
}

static void fail(const char *what)
{
    perror(what);
    abort();
}

static void become(const struct probe_run *run, const char *const *argv, int input, int output)
{
    char text[32];

    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(run->hello[1], HELLO_FD) < 0 ||
        (run->settle_fd > 0 && dup2(run->settle_fd, SETTLE_FD) < 0))
        _exit(126);
    close_range(3, HELLO_FD - 1, 0);
    close_range(SETTLE_FD + 1, ~0u, 0);
    snprintf(text, sizeof text, "%d", HELLO_FD);
    setenv(PROBE_FD_VARIABLE, text, 1);
    snprintf(text, sizeof text, "%d:%d", SETTLE_FD, run->settle_index);
    if (run->settle_fd > 0)
        setenv(PROBE_SETTLE_VARIABLE, text, 1);
    setenv(PROBE_LANE_VARIABLE, "client", 1);
    for (int i = 0; run->extra[i] != NULL; i++)
        putenv(strdup(run->extra[i]));
    unsetenv("LD_PRELOAD");
    if (run->preload || run->both)
        setenv("LD_PRELOAD", probe_run_built("libsockprobe.so"), 1);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

void probe_run_start_program(struct probe_run *run, const char *const *argv)
{
    struct err err;
    int output[2], input[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, run->hello) < 0 ||
        pipe2(output, O_CLOEXEC) < 0 || pipe2(input, O_CLOEXEC) < 0)
        fail("probe_run");
    run->source = source_probes(run->hello[0], hosts, 2, &err);
    if (run->source == NULL)
        fail(err.text);
    run->pid = fork();
    if (run->pid == 0)
        become(run, argv, input[0], output[1]);
    close(run->hello[1]);
    close(output[1]);
    close(input[0]);
    run->output = output[0];
    run->input = input[1];
}

void probe_run_start(struct probe_run *run, const char *act)
{
    const char *name = run->preload ? "tests/programs/probe_plain" : "tests/programs/probe_linked";
    char *program = strdup(probe_run_built(name));

    probe_run_start_program(run, (const char *const[]){program, act, NULL});
    free(program);
}

static void keep(void *context, struct event *event)
{
    struct probe_run *run = context;

    *array_push(&run->events) = *event;
}

bool probe_run_drain(struct probe_run *run)
{
    size_t before = run->events.count;

    if (run->source->ops->drain(run->source, keep, run, NULL) == 0)
        run->ended = true;
    return run->events.count > before;
}

static void sleep_until_news(struct probe_run *run)
{
    struct pollfd fds[64];
    int count = run->source->ops->poll_fds(run->source, fds, 64);

    if (run->arm && run->source->ops->arm(run->source))
        return;
    poll(fds, (nfds_t)count, run->arm ? 1000 : 1);
    if (!run->arm)
        usleep(1000);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool probe_run_await(struct probe_run *run, enum event_kind kind, enum call call, int wanted)
{
    for (int64_t start = now_ms(); now_ms() - start < 5000;) {
        if (probe_run_call(run, kind, call, wanted - 1) != NULL)
            return true;
        if (!probe_run_drain(run) && !run->ended)
            sleep_until_news(run);
    }
    return false;
}

void probe_run_finish(struct probe_run *run)
{
    close(run->input);
    run->input = -1;
    for (int64_t start = now_ms(); !run->ended;) {
        if (now_ms() - start > 20000) {
            kill(run->pid, SIGKILL);
            fprintf(stderr, "probe_run: the program did not end\n");
            start = now_ms();
        }
        if (!probe_run_drain(run) && !run->ended)
            sleep_until_news(run);
    }
    waitpid(run->pid, &run->status, 0);
}

void probe_run_release(struct probe_run *run)
{
    run->source->ops->free(run->source);
    close(run->hello[0]);
    close(run->output);
    if (run->input >= 0)
        close(run->input);
    array_each (struct event, event, &run->events)
        event_release(event);
    array_release(&run->events);
}

const struct event *probe_run_call(const struct probe_run *run, enum event_kind kind, enum call call, int nth)
{
    array_each (const struct event, event, &run->events) {
        if (event->kind == kind && event->call.call == call && nth-- == 0)
            return event;
    }
    return NULL;
}

int probe_run_count(const struct probe_run *run, enum event_kind kind)
{
    int count = 0;

    array_each (const struct event, event, &run->events)
        count += event->kind == kind;
    return count;
}

long probe_run_said(struct probe_run *run, const char *name)
{
    char text[4096] = "";
    char word[64], *found;
    size_t length = strlen(text);
    ssize_t count;

    while (length < sizeof text - 1 &&
           (count = read(run->output, text + length, sizeof text - 1 - length)) > 0)
        text[length += (size_t)count] = '\0';
    snprintf(word, sizeof word, "@%s ", name);
    found = strstr(text, word);
    return found == NULL ? -1 : strtol(found + strlen(word), NULL, 10);
}

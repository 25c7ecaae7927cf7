/*
 * The life of a probed program: forks, executes, threads, signals, gates, and a listener that dies or lies.
 * Linked and preloaded programs alike, and programs that we have never seen.
 */
#include "tests/support/probe_assert.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "event/record.h"
#include "event/ring.h"

static int64_t real_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void start_program(struct probe_run *run, const char *const *argv)
{
    *run = (struct probe_run){.preload = true, .arm = true};
    probe_run_start_program(run, argv);
    probe_run_finish(run);
}

static bool installed(const char *program)
{
    char command[64];

    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", program);
    return system(command) == 0;
}

/* A program that we have never seen: its calls, those of its threads and of the programs it starts. */
static void test_python(void **state)
{
    static const char script[] = "import socket, subprocess, threading\n"
                                 "a, b = socket.socketpair()\n"
                                 "t = threading.Thread(target=lambda: a.sendall(b'snake'))\n"
                                 "t.start(); t.join()\n"
                                 "assert b.recv(100) == b'snake'\n"
                                 "assert subprocess.run(['true'], close_fds=True).returncode == 0\n"
                                 "c = socket.socket()\n"
                                 "try: c.connect(('127.0.0.1', 1))\n"
                                 "except ConnectionRefusedError: pass\n";
    struct probe_run run;

    (void)state;
    if (!installed("python3"))
        skip();
    start_program(&run, (const char *const[]){"python3", "-c", script, NULL});
    assert_int_equal(run.status, 0);
    assert_data(probe_run_call(&run, EVENT_CALL_ENTER, CALL_send, 0), "snake");
    assert_data(exit_of(&run, CALL_recv, 0), "snake");
    assert_int_equal(exit_of(&run, CALL_connect, 0)->call.error_number, ECONNREFUSED);
    assert_int_equal(probe_run_count(&run, EVENT_GAP), 0);
    probe_run_release(&run);
}

static void test_curl(void **state)
{
    struct probe_run run;
    const struct event *event;

    (void)state;
    if (!installed("curl"))
        skip();
    start_program(&run, (const char *const[]){"curl", "-s", "http://127.0.0.1:1/", NULL});
    assert_true(WIFEXITED(run.status) && WEXITSTATUS(run.status) == 7); /* could not connect */
    event = probe_run_call(&run, EVENT_CALL_ENTER, CALL_connect, 0);
    assert_non_null(event);
    assert_int_equal(event->call.address.port, 1);
    probe_run_release(&run);
}

static const struct event *process_event(const struct probe_run *run, int nth)
{
    array_each (const struct event, event, &run->events) {
        if (event->kind == EVENT_PROCESS && nth-- == 0)
            return event;
    }
    return NULL;
}

static void test_fork(void **state)
{
    struct probe_run run = run_act(state, "fork");
    const struct event *first = process_event(&run, 0), *second = process_event(&run, 1);
    const struct event *forked = exit_of(&run, CALL_fork, 0), *child = NULL;

    assert_non_null(first);
    assert_non_null(second);
    assert_int_equal(first->process.what, PROCESS_FORK);
    assert_int_equal(first->process.parent, run.pid);
    assert_string_equal(first->lane, "client.2");
    assert_string_equal(first->host, "client");
    assert_int_equal(forked->call.result, first->pid);
    assert_string_equal(second->lane, "client.3");
    assert_string_equal(first->process.program, run.preload ? "probe_plain" : "probe_linked");
    child = probe_run_call(&run, EVENT_CALL_ENTER, CALL_write, 0);
    assert_data(child, "child");
    assert_int_equal(child->pid, first->pid);
    assert_int_equal(child->tid, first->pid);
    assert_string_equal(child->lane, "client.2");
    assert_int_equal(enter_of(&run, CALL_socket, 0)->call_id, 1); /* counts from 1 in its process */
    assert_data(probe_run_call(&run, EVENT_CALL_ENTER, CALL_write, 1), "raw");
    assert_null(process_event(&run, 2));
    assert_int_equal(probe_run_count(&run, EVENT_GAP), 0);
    probe_run_release(&run);
}

/* The child lets go of what it has inherited: the end of its parent is seen while it lives. */
static void test_parent_ends_first(void **state)
{
    struct probe_run run = run_of(state);
    struct pollfd fds[8];
    int rings = 0, seen_both = 0;

    run.arm = false;
    probe_run_start(&run, "orphan");
    for (int i = 0; i < 2000 && !(seen_both && rings == 1); i++) {
        probe_run_drain(&run);
        rings = run.source->ops->poll_fds(run.source, fds, 8) - 1; /* one is for hellos */
        seen_both |= process_event(&run, 0) != NULL;
        usleep(1000);
    }
    assert_true(seen_both);
    assert_int_equal(rings, 1);
    probe_run_finish(&run);
    assert_int_equal(run.status, 0);
    probe_run_release(&run);
}

static void test_vfork(void **state)
{
    struct probe_run run = run_act(state, "vfork");

    assert_null(probe_run_call(&run, EVENT_CALL_ENTER, CALL_close, 0)); /* the child's, not the parent's */
    assert_null(probe_run_call(&run, EVENT_CALL_ENTER, CALL_dup2, 0));
    assert_data(probe_run_call(&run, EVENT_CALL_ENTER, CALL_write, 0), "after");
    assert_int_equal(enter_of(&run, CALL_write, 0)->cookie,
                     exit_of(&run, CALL_socketpair, 0)->call.new_cookie);
    probe_run_release(&run);
}

static void test_exec(void **state)
{
    struct probe_run run = run_act(state, "exec");
    const struct event *event = process_event(&run, 0);

    assert_non_null(event);
    assert_int_equal(event->process.what, PROCESS_EXEC);
    assert_int_equal(event->pid, run.pid);
    assert_string_equal(event->lane, "client");
    assert_int_equal(exit_of(&run, CALL_socket, 0)->call.result, 3);
    assert_int_equal(exit_of(&run, CALL_socket, 1)->call.result, 3);
    assert_data(probe_run_call(&run, EVENT_CALL_ENTER, CALL_send, 0), "hello");
    probe_run_release(&run);
}

static void test_threads(void **state)
{
    struct probe_run run = run_act(state, "threads");
    int sent = 0, in_main = 0;

    array_each (const struct event, event, &run.events) {
        sent += event->kind == EVENT_CALL_ENTER && event->call.call == CALL_write;
        in_main += event->tid == run.pid;
        assert_int_equal(event->pid, run.pid);
    }
    assert_int_equal(sent, 4000);
    assert_int_equal(in_main, 0);
    assert_int_equal(probe_run_count(&run, EVENT_CALL_EXIT), 4 * (1000 * 2 + 3));
    assert_int_equal(probe_run_count(&run, EVENT_GAP), 0);
    probe_run_release(&run);
}

/* closefrom() of a linked program is not ours to see: its probe falls silent, and that is all. */
static void test_close_all(void **state)
{
    struct probe_run run = run_act(state, "close-all");

    if (run.preload)
        assert_data(probe_run_call(&run, EVENT_CALL_ENTER, CALL_write, 0), "one");
    probe_run_release(&run);
}

static void test_killed_in_a_call(void **state)
{
    struct probe_run run = run_of(state);

    probe_run_start(&run, "blocked");
    assert_true(probe_run_await(&run, EVENT_CALL_ENTER, CALL_recv, 1));
    kill(run.pid, SIGKILL);
    probe_run_finish(&run);
    assert_true(WIFSIGNALED(run.status));
    assert_null(probe_run_call(&run, EVENT_CALL_EXIT, CALL_recv, 0));
    assert_int_equal(probe_run_count(&run, EVENT_GAP), 0);
    probe_run_release(&run);
}

static void test_signal(void **state)
{
    struct probe_run run = run_act(state, "signal");

    assert_int_equal(exit_of(&run, CALL_recv, 0)->call.error_number, EINTR);
    assert_data(probe_run_call(&run, EVENT_CALL_ENTER, CALL_write, 0), "a");
    probe_run_release(&run);
}

static void test_cancel(void **state)
{
    struct probe_run run = run_act(state, "cancel");

    assert_null(probe_run_call(&run, EVENT_CALL_EXIT, CALL_recv, 0));
    assert_int_equal(exit_of(&run, CALL_write, 0)->call.result, 1);
    probe_run_release(&run);
}

static void release_next(struct probe_run *run, enum call call, int nth, uint32_t order)
{
    const struct event *event;
    int result = -ESRCH;

    assert_true(probe_run_await(run, EVENT_CALL_ENTER, call, nth));
    event = probe_run_call(run, EVENT_CALL_ENTER, call, nth - 1);
    for (int i = 0; i < 1000 && result < 0; i++) { /* the record is there a moment before the gate */
        result = source_probes_release(run->source, event->pid, event->call.call_id, order);
        usleep(1000);
    }
    assert_int_equal(result, 0);
}

static void test_gates(void **state)
{
    struct probe_run run = run_of(state);

    run.extra[0] = "SOCKSTEP_GATES=1";
    probe_run_start(&run, "gates");
    assert_true(probe_run_await(&run, EVENT_CALL_ENTER, CALL_socket, 1));
    usleep(250000); /* longer than a slice of waiting */
    probe_run_drain(&run);
    assert_int_equal(run.events.count, 1);
    release_next(&run, CALL_socket, 1, 0);
    release_next(&run, CALL_bind, 1, 0);
    release_next(&run, CALL_getsockname, 1, 0);
    release_next(&run, CALL_listen, 1, 0);
    release_next(&run, CALL_socket, 2, 0);
    release_next(&run, CALL_connect, 1, 1 + ETIMEDOUT);
    assert_true(probe_run_await(&run, EVENT_CALL_EXIT, CALL_connect, 1));
    assert_int_equal(exit_of(&run, CALL_connect, 0)->call.error_number, ETIMEDOUT);
    assert_int_equal(exit_of(&run, CALL_connect, 0)->call.result, -1);
    assert_true(exit_of(&run, CALL_socket, 0)->call.duration_ns > 200 * 1000000);
    assert_true(probe_run_await(&run, EVENT_CALL_ENTER, CALL_close, 1));
    assert_int_equal(source_probes_release(run.source, run.pid, 4711, 0), -ESRCH);
    source_probes_gate_mode(run.source, RING_GATE_OPEN); /* whoever waits goes on, and nobody waits again */
    probe_run_finish(&run);
    assert_int_equal(run.status, 0);
    assert_int_equal(probe_run_said(&run, "connect"), ETIMEDOUT);
    probe_run_release(&run);
}

static void test_gates_closed_later(void **state)
{
    struct probe_run run = run_of(state);
    int before;

    probe_run_start(&run, "flood");
    assert_true(probe_run_await(&run, EVENT_CALL_ENTER, CALL_write, 10));
    source_probes_gate_mode(run.source, RING_GATE_CLOSED);
    usleep(50000);
    while (probe_run_drain(&run))
        continue;
    before = (int)run.events.count;
    usleep(50000);
    probe_run_drain(&run);
    assert_int_equal(run.events.count, before);
    source_probes_gate_mode(run.source, RING_GATE_OPEN);
    probe_run_finish(&run);
    assert_int_equal(run.status, 0);
    assert_true((int)run.events.count > before);
    probe_run_release(&run);
}

/* The listener is killed while calls are made; the program neither notices nor stops. */
static void test_listener_dies(void **state)
{
    struct probe_run run = run_of(state);
    int64_t start_ns;

    probe_run_start(&run, "flood");
    assert_true(probe_run_await(&run, EVENT_CALL_ENTER, CALL_write, 100));
    run.source->ops->free(run.source);
    close(run.hello[0]);
    start_ns = real_ns();
    usleep(20000);
    close(run.input);
    assert_int_equal(waitpid(run.pid, &run.status, 0), run.pid);
    assert_int_equal(run.status, 0);
    assert_true(real_ns() - start_ns < INT64_C(5000000000));
    close(run.output);
    array_each (struct event, event, &run.events)
        event_release(event);
    array_release(&run.events);
}

/* Nobody says goodbye: the listener dies while the program waits at a gate. */
static void test_listener_vanishes(void **state)
{
    struct probe_run run = run_of(state);
    int tell[2], status;
    pid_t listener;

    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
    listener = fork();
    if (listener == 0) {
        run.extra[0] = "SOCKSTEP_GATES=1";
        probe_run_start(&run, "gates");
        probe_run_await(&run, EVENT_CALL_ENTER, CALL_socket, 1);
        usleep(20000);
        _exit(write(tell[1], &run.pid, sizeof run.pid) == sizeof run.pid ? 0 : 1);
    }
    assert_int_equal(read(tell[0], &run.pid, sizeof run.pid), sizeof run.pid);
    assert_int_equal(waitpid(listener, &status, 0), listener);
    assert_int_equal(status, 0);
    assert_int_equal(waitpid(run.pid, &status, 0), run.pid);
    assert_true(status == 0 ||
                (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE)); /* its output has gone, too */
    close(tell[0]);
    close(tell[1]);
}

static int open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static void test_reader_leaks_nothing(void **state)
{
    int before = open_descriptors();
    struct probe_run run = run_act(state, "fork");

    probe_run_release(&run);
    assert_int_equal(open_descriptors(), before);
}

/* What says hello and is none, or brings the wrong descriptors, is turned away. */
static void test_false_hellos(void **state)
{
    static const char hosts[1][NAME_MAX_BYTES] = {"client"};
    struct record_hello hello = {.magic = RING_MAGIC, .version = RING_VERSION};
    int pair[2], before = open_descriptors();
    struct pollfd fds[4];
    struct source *source;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    source = source_probes(pair[0], hosts, 1, NULL);
    assert_int_equal(send(pair[1], "x", 1, 0), 1);
    assert_int_equal(send(pair[1], &hello, sizeof hello, 0), sizeof hello); /* without descriptors */
    assert_int_equal(source->ops->drain(source, NULL, NULL, NULL), 1);
    assert_int_equal(source->ops->poll_fds(source, fds, 4), 1);
    close(pair[1]);
    assert_int_equal(source->ops->drain(source, NULL, NULL, NULL), 0);
    source->ops->free(source);
    close(pair[0]);
    assert_int_equal(open_descriptors(), before);
}

/* A call waits while the lab asks the kernel (index 1 is odd), and no longer than 50 ms, and not twice in
 * vain. */
static void settle(void **state, bool comes_back)
{
    struct probe_run run = run_of(state);
    struct settle_page *page;
    int fd = memfd_create("settle", MFD_CLOEXEC);
    int64_t waited_ns;

    assert_int_equal(ftruncate(fd, sizeof *page), 0);
    page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(page != MAP_FAILED);
    atomic_store(&page->settle[1], 1);
    run.settle_fd = fd;
    run.settle_index = 1;
    probe_run_start(&run, "wait");
    usleep(20000);
    probe_run_drain(&run);
    assert_int_equal(run.events.count, 0);
    if (comes_back)
        atomic_store(&page->settle[1], 2);
    waited_ns = real_ns();
    assert_true(probe_run_await(&run, EVENT_CALL_ENTER, CALL_socketpair, 1));
    waited_ns = run.events.items[0].time_ns - waited_ns;
    probe_run_finish(&run);
    assert_int_equal(run.status, 0);
    assert_true(comes_back ? waited_ns < 10 * 1000000 : waited_ns > 10 * 1000000);
    assert_true(array_last(&run.events)->time_ns - run.events.items[0].time_ns < 150 * 1000000);
    assert_string_equal(run.events.items[0].host, "client"); /* the lane says so */
    probe_run_release(&run);
    munmap(page, sizeof *page);
    close(fd);
}

static void test_settle(void **state)
{
    settle(state, true);
}

static void test_settle_in_vain(void **state)
{
    settle(state, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_python),
        cmocka_unit_test(test_curl),
        BOTH(test_fork),
        BOTH(test_parent_ends_first),
        BOTH(test_vfork),
        BOTH(test_exec),
        BOTH(test_threads),
        BOTH(test_close_all),
        BOTH(test_killed_in_a_call),
        BOTH(test_signal),
        BOTH(test_cancel),
        BOTH(test_gates),
        BOTH(test_gates_closed_later),
        BOTH(test_listener_dies),
        BOTH(test_listener_vanishes),
        BOTH(test_settle),
        BOTH(test_settle_in_vain),
        BOTH(test_reader_leaks_nothing),
        BOTH(test_false_hellos),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The probe in real programs: linked and preloaded ones do the same acts and must tell the same story. What
 * the programs themselves check (results, errno, descriptor numbers) is in
 * tests/support/programs/probe_acts.h.
 */
#include "tests/support/cmocka_all.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "event/record.h"
#include "event/ring.h"
#include "tests/support/probe_run.h"

static bool linked = false, preloaded = true;

static int64_t real_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct probe_run run_of(void **state)
{
    return (struct probe_run){.preload = *(bool *)*state, .arm = true};
}

static struct probe_run run_act(void **state, const char *act)
{
    struct probe_run run = run_of(state);

    probe_run_start(&run, act);
    probe_run_finish(&run);
    assert_int_equal(run.status, 0);
    return run;
}

static const struct event_call *enter_of(const struct probe_run *run, enum call call, int nth)
{
    const struct event *event = probe_run_call(run, EVENT_CALL_ENTER, call, nth);

    assert_non_null(event);
    return &event->call;
}

/* The exit that belongs to the nth enter; checks what must be the same in both. */
static const struct event *exit_of(const struct probe_run *run, enum call call, int nth)
{
    const struct event *enter = probe_run_call(run, EVENT_CALL_ENTER, call, nth), *leave = NULL;

    assert_non_null(enter);
    for (int i = 0; (leave = probe_run_call(run, EVENT_CALL_EXIT, call, i)) != NULL; i++) {
        if (leave > enter && leave->call.call_id == enter->call.call_id && leave->pid == enter->pid)
            break;
    }
    assert_non_null(leave);
    assert_int_equal(leave->call.fd, enter->call.fd);
    assert_int_equal(leave->call.line, enter->call.line);
    assert_int_equal(leave->time_ns - enter->time_ns, leave->call.duration_ns);
    assert_int_equal(leave->tid, enter->tid);
    return leave;
}

static void assert_data(const struct event *event, const char *text)
{
    assert_int_equal(event->data_bytes, strlen(text));
    assert_memory_equal(event->data, text, strlen(text));
    assert_true(event->call.has_payload);
    assert_int_equal(event->call.payload_bytes, strlen(text));
}

static void assert_line(const struct probe_run *run, const struct event_call *call, long line)
{
    assert_true(line > 0);
    assert_int_equal(call->line, run->preload ? 0 : line);
    assert_string_equal(call->file, run->preload ? "" : "probe_acts.h");
}

static void test_tcp_setup(const struct probe_run *run)
{
    const struct event *made = exit_of(run, CALL_socket, 0), *client = exit_of(run, CALL_socket, 1);
    const struct event *listened = exit_of(run, CALL_listen, 0), *connected = exit_of(run, CALL_connect, 0);
    const struct event *accepted = exit_of(run, CALL_accept, 0), *bound = exit_of(run, CALL_bind, 0);
    const struct event_call *asked = enter_of(run, CALL_connect, 0);

    assert_int_equal(made->call.result, 3);
    assert_int_equal(made->call.tcp_state, STATE_CLOSED);
    assert_int_equal(made->call.arguments[0], AF_INET);
    assert_int_equal(made->call.arguments[1], SOCK_STREAM);
    assert_true(made->call.new_cookie != 0 && made->call.new_cookie != client->call.new_cookie);
    assert_int_equal(bound->call.address.port, 0);
    assert_int_not_equal(bound->call.local.port, 0);
    assert_int_equal(listened->call.tcp_state, STATE_LISTEN);
    assert_int_equal(listened->call.arguments[1], 5);
    assert_int_equal(listened->call.cookie, made->call.new_cookie);
    assert_int_equal(asked->cookie, client->call.new_cookie);
    assert_int_equal(asked->address.family, ADDRESS_IPV4);
    assert_int_equal(asked->address.port, bound->call.local.port);
    assert_int_equal(connected->call.tcp_state, STATE_ESTABLISHED);
    assert_int_equal(connected->call.remote.port, bound->call.local.port);
    assert_int_equal(accepted->call.result, 5);
    assert_int_equal(accepted->call.tcp_state, STATE_ESTABLISHED);
    assert_int_equal(accepted->call.cookie, made->call.new_cookie);
    assert_true(accepted->call.new_cookie != 0 && accepted->call.new_cookie != made->call.new_cookie);
    assert_int_equal(accepted->call.address.port, connected->call.local.port);
    assert_true(address_equal(&accepted->call.remote, &connected->call.local));
    assert_true(address_equal(&accepted->call.local, &connected->call.remote));
}

static void test_tcp_end(const struct probe_run *run)
{
    const struct event *finished = exit_of(run, CALL_recv, 1);

    assert_in_range(exit_of(run, CALL_shutdown, 0)->call.tcp_state, STATE_FIN_WAIT_1, STATE_FIN_WAIT_2);
    assert_int_equal(enter_of(run, CALL_shutdown, 0)->arguments[1], SHUT_WR);
    assert_int_equal(finished->call.result, 0);
    assert_int_equal(finished->call.tcp_state, STATE_CLOSE_WAIT);
    assert_int_equal(finished->data_bytes, 0);
    assert_true(finished->call.has_payload);
    assert_int_equal(enter_of(run, CALL_close, 0)->tcp_state, STATE_CLOSE_WAIT);
    assert_int_equal(enter_of(run, CALL_close, 2)->tcp_state, STATE_LISTEN);
    assert_int_equal(exit_of(run, CALL_close, 0)->call.tcp_state, STATE_NONE);
}

static void test_tcp(void **state)
{
    struct probe_run run = run_act(state, "tcp");
    const struct event *sent = probe_run_call(&run, EVENT_CALL_ENTER, CALL_send, 0);

    test_tcp_setup(&run);
    test_tcp_end(&run);
    assert_data(sent, "hello");
    assert_int_equal(sent->call.arguments[2], 5);
    assert_int_equal(sent->call.arguments[3], MSG_NOSIGNAL);
    assert_int_equal(sent->pid, run.pid);
    assert_int_equal(sent->tid, run.pid);
    assert_string_equal(sent->host, "client");
    assert_string_equal(sent->lane, "client");
    assert_int_equal(exit_of(&run, CALL_send, 0)->call.result, 5);
    assert_false(exit_of(&run, CALL_send, 0)->call.has_payload);
    assert_data(exit_of(&run, CALL_recv, 0), "hello");
    assert_data(exit_of(&run, CALL_read, 0), "ans");
    assert_int_equal(enter_of(&run, CALL_setsockopt, 0)->arguments[2], SO_KEEPALIVE);
    assert_int_equal(enter_of(&run, CALL_setsockopt, 0)->arguments[3], 1);
    assert_int_equal(exit_of(&run, CALL_getsockopt, 0)->call.arguments[3], 1);
    assert_int_equal(enter_of(&run, CALL_fcntl, 0)->arguments[1], F_SETFL);
    assert_int_equal(probe_run_count(&run, EVENT_CALL_ENTER), probe_run_count(&run, EVENT_CALL_EXIT));
    assert_int_equal(probe_run_count(&run, EVENT_GAP), 0);
    assert_int_equal(probe_run_count(&run, EVENT_PROCESS), 0);
    probe_run_release(&run);
}

static void test_lines(void **state)
{
    struct probe_run run = run_act(state, "tcp");

    assert_line(&run, enter_of(&run, CALL_connect, 0), probe_run_said(&run, "connect"));
    probe_run_release(&run);
}

static void test_ipv6_datagrams(void **state)
{
    struct probe_run run = run_act(state, "ipv6");
    const struct event *sent = probe_run_call(&run, EVENT_CALL_ENTER, CALL_sendto, 0);
    const struct event *got = exit_of(&run, CALL_recvfrom, 0), *empty = exit_of(&run, CALL_recvfrom, 1);
    uint8_t loopback[16] = {[15] = 1};

    assert_data(sent, "datagram");
    assert_true(sent->call.is_datagram);
    assert_int_equal(sent->call.address.family, ADDRESS_IPV6);
    assert_memory_equal(sent->call.address.ip, loopback, 16);
    assert_int_not_equal(exit_of(&run, CALL_sendto, 0)->call.local.port, 0); /* chosen at the first sendto */
    assert_int_equal(got->call.result, 8);
    assert_int_equal(got->call.payload_bytes, 8);
    assert_int_equal(got->data_bytes, 4);
    assert_memory_equal(got->data, "data", 4);
    assert_int_equal(got->call.address.port, exit_of(&run, CALL_sendto, 0)->call.local.port);
    assert_int_equal(empty->call.result, 0);
    assert_int_equal(empty->call.tcp_state, STATE_NONE);
    assert_int_equal(exit_of(&run, CALL_sendto, 1)->call.local.port, 0); /* not asked twice */
    probe_run_release(&run);
}

static void test_unix(void **state)
{
    struct probe_run run = run_act(state, "unix");
    char name[64];

    snprintf(name, sizeof name, "@sockstep-%ld", probe_run_said(&run, "abstract"));
    assert_string_equal(enter_of(&run, CALL_bind, 0)->path, name);
    assert_int_equal(enter_of(&run, CALL_bind, 0)->address.family, ADDRESS_UNIX);
    assert_string_equal(enter_of(&run, CALL_connect, 0)->path, name);
    assert_string_equal(enter_of(&run, CALL_connect, 1)->path, "/nowhere/at-all");
    assert_int_equal(exit_of(&run, CALL_connect, 1)->call.error_number, ENOENT);
    assert_string_equal(exit_of(&run, CALL_socketpair, 0)->call.set, "6 7");
    assert_true(exit_of(&run, CALL_read, 0)->call.is_datagram);
    assert_data(exit_of(&run, CALL_read, 0), "pair");
    probe_run_release(&run);
}

static void test_vectors(void **state)
{
    struct probe_run run = run_act(state, "vectors");

    assert_data(probe_run_call(&run, EVENT_CALL_ENTER, CALL_sendmsg, 0), "one two");
    assert_data(exit_of(&run, CALL_recvmsg, 0), "one two");
    assert_data(probe_run_call(&run, EVENT_CALL_ENTER, CALL_writev, 0), "one two");
    assert_data(exit_of(&run, CALL_readv, 0), "one two");
    assert_int_equal(enter_of(&run, CALL_writev, 0)->arguments[2], 7);
    assert_int_equal(enter_of(&run, CALL_recvmsg, 0)->arguments[2], 22);
    probe_run_release(&run);
}

static void test_payload_limit(void **state)
{
    struct probe_run run = run_of(state);

    run.extra[0] = "SOCKSTEP_PAYLOAD_BYTES=5";
    probe_run_start(&run, "vectors");
    probe_run_finish(&run);
    assert_int_equal(probe_run_call(&run, EVENT_CALL_ENTER, CALL_writev, 0)->data_bytes, 5);
    assert_int_equal(enter_of(&run, CALL_writev, 0)->payload_bytes, 7);
    assert_int_equal(exit_of(&run, CALL_readv, 0)->data_bytes, 5);
    probe_run_release(&run);
}

static void test_wait(void **state)
{
    struct probe_run run = run_act(state, "wait");

    assert_string_equal(enter_of(&run, CALL_poll, 0)->set, "3:IN,OUT 4:IN");
    assert_int_equal(enter_of(&run, CALL_poll, 0)->arguments[1], 1000);
    assert_string_equal(exit_of(&run, CALL_poll, 0)->call.set, "3:IN,OUT");
    assert_string_equal(exit_of(&run, CALL_ppoll, 0)->call.set, "");
    assert_int_equal(enter_of(&run, CALL_ppoll, 0)->arguments[1], 0);
    assert_string_equal(enter_of(&run, CALL_select, 0)->set, "3:IN 4:IN");
    assert_string_equal(exit_of(&run, CALL_select, 0)->call.set, "3:IN");
    assert_int_equal(enter_of(&run, CALL_epoll_ctl, 0)->arguments[1], EPOLL_CTL_ADD);
    assert_int_equal(enter_of(&run, CALL_epoll_ctl, 0)->arguments[2], 3);
    assert_string_equal(exit_of(&run, CALL_epoll_wait, 0)->call.set, "3:IN");
    assert_int_equal(enter_of(&run, CALL_epoll_wait, 0)->arguments[2], 1000);
    probe_run_release(&run);
}

static void test_errors(void **state)
{
    struct probe_run run = run_act(state, "errors");

    assert_int_equal(exit_of(&run, CALL_connect, 0)->call.error_number, ECONNREFUSED);
    assert_int_equal(exit_of(&run, CALL_connect, 0)->call.result, -1);
    assert_int_equal(exit_of(&run, CALL_connect, 0)->call.tcp_state, STATE_CLOSED);
    assert_int_equal(exit_of(&run, CALL_send, 0)->call.error_number, EFAULT);
    assert_int_equal(exit_of(&run, CALL_recv, 1)->call.error_number, EAGAIN);
    assert_int_equal(exit_of(&run, CALL_write, 0)->call.error_number, 0);
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

static void test_files_are_not_recorded(void **state)
{
    struct probe_run run = run_act(state, "files");

    assert_null(probe_run_call(&run, EVENT_CALL_ENTER, CALL_read, 0));
    assert_null(probe_run_call(&run, EVENT_CALL_ENTER, CALL_write, 0));
    assert_null(probe_run_call(&run, EVENT_CALL_ENTER, CALL_close, 1));
    assert_int_equal(exit_of(&run, CALL_dup, 0)->call.result, 4);
    assert_int_equal(exit_of(&run, CALL_dup2, 0)->call.arguments[1], 10);
    assert_int_equal(exit_of(&run, CALL_dup, 0)->call.new_cookie,
                     exit_of(&run, CALL_socket, 0)->call.new_cookie);
    assert_int_equal(enter_of(&run, CALL_close, 0)->cookie, exit_of(&run, CALL_socket, 0)->call.new_cookie);
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

#define BOTH(test)                                                                                           \
    {#test " (linked)", test, NULL, NULL, &linked},                                                          \
    {                                                                                                        \
#test " (preloaded)", test, NULL, NULL, &preloaded                                                   \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_tcp),
        BOTH(test_lines),
        BOTH(test_ipv6_datagrams),
        BOTH(test_unix),
        BOTH(test_vectors),
        BOTH(test_payload_limit),
        BOTH(test_wait),
        BOTH(test_errors),
        BOTH(test_fork),
        BOTH(test_vfork),
        BOTH(test_exec),
        BOTH(test_threads),
        BOTH(test_close_all),
        BOTH(test_files_are_not_recorded),
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

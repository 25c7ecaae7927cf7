/*
 * The probe in real programs: linked and preloaded ones do the same acts and must tell the same story. What
 * the programs themselves check (results, errno, descriptor numbers) is in
 * tests/support/programs/probe_acts.h.
 */
#include "tests/support/probe_assert.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

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

/* A linked program that is preloaded as well tells everything once, with lines. */
static void test_linked_and_preloaded(void **state)
{
    struct probe_run run = {.both = true, .arm = true};

    (void)state;
    probe_run_start(&run, "exec");
    probe_run_finish(&run);
    assert_int_equal(run.status, 0);
    assert_non_null(probe_run_call(&run, EVENT_CALL_ENTER, CALL_connect, 0));
    assert_null(probe_run_call(&run, EVENT_CALL_ENTER, CALL_connect, 1));
    assert_line(&run, enter_of(&run, CALL_connect, 0), probe_run_said(&run, "connect"));
    assert_int_equal(probe_run_count(&run, EVENT_PROCESS), 1);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_tcp),
        BOTH(test_lines),
        cmocka_unit_test(test_linked_and_preloaded),
        BOTH(test_ipv6_datagrams),
        BOTH(test_unix),
        BOTH(test_vectors),
        BOTH(test_payload_limit),
        BOTH(test_wait),
        BOTH(test_errors),
        BOTH(test_files_are_not_recorded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

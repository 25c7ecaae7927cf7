/*
 * The model over whole conversations: states by witness, causes by bytes and numbers, beats. The facts are
 * those of tests/support/hello.c.
 */
#include "tests/support/cmocka_all.h"

#include "model/machine.h"
#include "model/model.h"
#include "tests/support/hello.h"

#include <stdlib.h>
#include <string.h>

struct run {
    struct event *events;
    size_t count;
    change_list changes;
    ARRAY(size_t) change_ends; /* one past the last change of event i */
    struct model *model;
};

static struct run run_events(size_t (*make)(struct event **))
{
    struct run run = {.model = model_new()};
    run.count = make(&run.events);
    for (size_t i = 0; i < run.count; i++) {
        model_apply(run.model, &run.events[i], &run.changes);
        *array_push(&run.change_ends) = run.changes.count;
    }
    return run;
}

static void run_release(struct run *run)
{
    model_free(run->model);
    array_release(&run->changes);
    array_release(&run->change_ends);
    hello_free(run->events, run->count);
}

/* Joins the new states that a witness reported of the endpoints with this name. */
static void state_path(const struct run *run, const char *name, enum witness witness, char *path, size_t room)
{
    path[0] = '\0';
    array_each (const struct change, change, &run->changes) {
        if (change->witness != witness || strcmp(change->name, name) != 0)
            continue;
        if (path[0] != '\0')
            strncat(path, " ", room - strlen(path) - 1);
        strncat(path, state_name(change->new_state), room - strlen(path) - 1);
    }
}

/* The nth (from 0) event of this kind; for calls also of this call and lane, for packets with these flags. */
static const struct event *find(const struct run *run, enum event_kind kind, const char *lane, int what,
                                int nth)
{
    for (size_t i = 0; i < run->count; i++) {
        const struct event *event = &run->events[i];
        if (event->kind != kind || (lane != NULL && strcmp(event->lane, lane) != 0))
            continue;
        bool call = kind == EVENT_CALL_ENTER || kind == EVENT_CALL_EXIT;
        if (call ? event->call.call != what : what >= 0 && event->packet.packet.tcp.flags != what)
            continue;
        if (nth-- == 0)
            return event;
    }
    fail_msg("no such event");
    return NULL;
}

static bool has_cause(const struct event *event, const struct event *cause, enum rule rule)
{
    for (int i = 0; i < event->context.cause_count; i++)
        if (event->context.causes[i].seq == cause->seq && event->context.causes[i].rule == rule &&
            !event->context.causes[i].guessed)
            return true;
    return false;
}

static void kernel_and_wire_tell_the_same_life(void **state)
{
    (void)state;
    struct run run = run_events(hello_events);
    char path[256];
    state_path(&run, "client", WITNESS_WIRE, path, sizeof path);
    assert_string_equal(path, "SYN_SENT ESTABLISHED FIN_WAIT_1 TIME_WAIT");
    state_path(&run, "client", WITNESS_KERNEL, path, sizeof path);
    assert_string_equal(path, "SYN_SENT ESTABLISHED FIN_WAIT_1 TIME_WAIT");
    state_path(&run, "server", WITNESS_WIRE, path, sizeof path);
    assert_string_equal(path, "SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED");
    state_path(&run, "server", WITNESS_KERNEL, path, sizeof path);
    assert_string_equal(path, "LISTEN SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED");
    array_each (const struct change, change, &run.changes) {
        assert_false(change->disagreement);
        assert_false(change->impossible);
        assert_non_null(change->reason);
    }
    assert_true(model_quiet(run.model));
    run_release(&run);
}

static void every_packet_names_its_cause(void **state)
{
    (void)state;
    struct run run = run_events(hello_events);
    const struct event *syn = find(&run, EVENT_PACKET_SENT, NULL, TCP_SYN, 0);
    assert_true(has_cause(syn, find(&run, EVENT_CALL_ENTER, "client", CALL_connect, 0), RULE_CONNECT_SYN));
    const struct event *data = find(&run, EVENT_PACKET_SENT, NULL, TCP_PSH | TCP_ACK, 0);
    assert_true(has_cause(data, find(&run, EVENT_CALL_ENTER, "client", CALL_send, 0), RULE_SEND_BYTES));
    assert_int_equal(data->context.cause_call, 1 + CALL_send);
    const struct event *answer = find(&run, EVENT_PACKET_SENT, NULL, TCP_PSH | TCP_ACK, 1);
    assert_true(has_cause(answer, find(&run, EVENT_CALL_ENTER, "server", CALL_send, 0), RULE_SEND_BYTES));
    const struct event *fin = find(&run, EVENT_PACKET_SENT, NULL, TCP_FIN | TCP_ACK, 0);
    assert_true(has_cause(fin, find(&run, EVENT_CALL_ENTER, "client", CALL_close, 0), RULE_CLOSE_FIN));
    for (size_t i = 0; i < run.count; i++)
        if (run.events[i].kind == EVENT_PACKET_SENT || run.events[i].kind == EVENT_PACKET_DELIVERED)
            assert_true(run.events[i].context.cause_count > 0);
    run_release(&run);
}

static void every_return_names_what_let_it_return(void **state)
{
    (void)state;
    struct run run = run_events(hello_events);
    const struct event *syn_ack = find(&run, EVENT_PACKET_DELIVERED, NULL, TCP_SYN | TCP_ACK, 0);
    assert_true(
        has_cause(find(&run, EVENT_CALL_EXIT, "client", CALL_connect, 0), syn_ack, RULE_SYNACK_CONNECT));
    const struct event *ack = find(&run, EVENT_PACKET_DELIVERED, NULL, TCP_ACK, 0);
    assert_true(has_cause(find(&run, EVENT_CALL_EXIT, "server", CALL_accept, 0), ack, RULE_HANDSHAKE_ACCEPT));
    const struct event *hello = find(&run, EVENT_PACKET_DELIVERED, NULL, TCP_PSH | TCP_ACK, 0);
    assert_true(has_cause(find(&run, EVENT_CALL_EXIT, "server", CALL_recv, 0), hello, RULE_BYTES_RECV));
    const struct event *fin = find(&run, EVENT_PACKET_DELIVERED, NULL, TCP_FIN | TCP_ACK, 0);
    assert_true(has_cause(find(&run, EVENT_CALL_EXIT, "server", CALL_recv, 1), fin, RULE_FIN_EOF));
    run_release(&run);
}

static void a_lost_syn_is_sent_again_by_the_same_connect(void **state)
{
    (void)state;
    struct run run = run_events(syn_lost_events);
    const struct event *first = find(&run, EVENT_PACKET_SENT, NULL, TCP_SYN, 0);
    const struct event *second = find(&run, EVENT_PACKET_SENT, NULL, TCP_SYN, 1);
    assert_int_equal(first->context.copy, 1);
    assert_int_equal(second->context.copy, 2);
    assert_true(has_cause(second, first, RULE_RETRANSMIT));
    assert_int_equal(second->context.cause_call, 1 + CALL_connect);
    assert_true(second->context.beat > first->context.beat);
    run_release(&run);
}

static void datagrams_are_tied_one_by_one(void **state)
{
    (void)state;
    struct run run = run_events(udp_hello_events);
    for (int i = 0; i < 3; i++) {
        const struct event *sent = find(&run, EVENT_PACKET_SENT, NULL, -1, i);
        assert_true(
            has_cause(sent, find(&run, EVENT_CALL_ENTER, "client", CALL_sendto, i), RULE_DATAGRAM_SEND));
        const struct event *arrived = find(&run, EVENT_PACKET_DELIVERED, NULL, -1, i);
        assert_true(
            has_cause(find(&run, EVENT_CALL_EXIT, "server", CALL_recvfrom, i), arrived, RULE_DATAGRAM_RECV));
    }
    run_release(&run);
}

static void a_kernel_that_differs_from_the_wire_is_shown(void **state)
{
    (void)state;
    struct event *events;
    size_t count = hello_events(&events);
    struct model *model = model_new();
    change_list changes = {0};
    bool seen = false;
    for (size_t i = 0; i < count; i++) {
        if (events[i].kind == EVENT_STATE && events[i].state.state == STATE_FIN_WAIT_1)
            events[i].state.state = STATE_CLOSING;
        changes.count = 0;
        model_apply(model, &events[i], &changes);
        array_each (const struct change, change, &changes)
            if (change->disagreement) {
                seen = true;
                assert_int_equal(change->new_state, STATE_CLOSING);
            }
    }
    assert_true(seen);
    array_release(&changes);
    model_free(model);
    hello_free(events, count);
}

static void the_same_facts_give_the_same_beliefs(void **state)
{
    (void)state;
    struct run a = run_events(hello_events), b = run_events(hello_events);
    assert_int_equal(a.count, b.count);
    for (size_t i = 0; i < a.count; i++)
        assert_memory_equal(&a.events[i].context, &b.events[i].context, sizeof a.events[i].context);
    assert_int_equal(a.changes.count, b.changes.count);
    run_release(&a);
    run_release(&b);
}

/* Every prefix, and every conversation with one event missing, must be survived: sources lose events. */
static void a_missing_event_breaks_nothing(void **state)
{
    (void)state;
    struct event *events;
    size_t count = hello_events(&events);
    for (size_t missing = 0; missing < count; missing++) {
        struct model *model = model_new();
        change_list changes = {0};
        for (size_t i = 0; i < count; i++)
            if (i != missing)
                model_apply(model, &events[i], &changes);
        array_release(&changes);
        model_free(model);
    }
    hello_free(events, count);
}

/* The tables, whole: every step that is there leads somewhere with a reason; RFC 9293's figure 5 is in it. */
static void every_cell_of_the_tcp_table_is_sound(void **state)
{
    (void)state;
    for (int from = STATE_NONE; from <= STATE_CLOSING; from++)
        for (int stimulus = 0; stimulus < TCP_STIMULI; stimulus++) {
            const struct cell *cell = tcp_cell((enum state)from, (enum tcp_stimulus)stimulus);
            if (cell->verdict == IMPOSSIBLE)
                continue;
            assert_non_null(cell->reason);
            if (cell->verdict == STEP) {
                assert_int_not_equal(cell->next, from);
                assert_in_range(cell->next, STATE_ESTABLISHED, STATE_CLOSING);
            }
        }
}

static void the_edges_of_figure_5_are_in_the_table(void **state)
{
    (void)state;
    static const struct {
        enum state from, to;
        enum tcp_stimulus by;
    } edges[] = {
        {STATE_CLOSED, STATE_SYN_SENT, SENT_SYN},
        {STATE_LISTEN, STATE_SYN_RECEIVED, GOT_SYN},
        {STATE_SYN_SENT, STATE_SYN_RECEIVED, GOT_SYN},
        {STATE_SYN_SENT, STATE_ESTABLISHED, GOT_SYN_ACK},
        {STATE_SYN_RECEIVED, STATE_ESTABLISHED, GOT_ACK_OF_SYN},
        {STATE_SYN_RECEIVED, STATE_FIN_WAIT_1, SENT_FIN},
        {STATE_ESTABLISHED, STATE_FIN_WAIT_1, SENT_FIN},
        {STATE_ESTABLISHED, STATE_CLOSE_WAIT, GOT_FIN},
        {STATE_FIN_WAIT_1, STATE_FIN_WAIT_2, GOT_ACK_OF_FIN},
        {STATE_FIN_WAIT_1, STATE_CLOSING, GOT_FIN},
        {STATE_FIN_WAIT_1, STATE_TIME_WAIT, GOT_FIN_AND_ACK},
        {STATE_FIN_WAIT_2, STATE_TIME_WAIT, GOT_FIN},
        {STATE_CLOSING, STATE_TIME_WAIT, GOT_ACK_OF_FIN},
        {STATE_CLOSE_WAIT, STATE_LAST_ACK, SENT_FIN},
        {STATE_LAST_ACK, STATE_CLOSED, GOT_ACK_OF_FIN},
    };
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        const struct cell *cell = tcp_cell(edges[i].from, edges[i].by);
        assert_int_equal(cell->verdict, STEP);
        assert_int_equal(cell->next, edges[i].to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernel_and_wire_tell_the_same_life),
        cmocka_unit_test(every_packet_names_its_cause),
        cmocka_unit_test(every_return_names_what_let_it_return),
        cmocka_unit_test(a_lost_syn_is_sent_again_by_the_same_connect),
        cmocka_unit_test(datagrams_are_tied_one_by_one),
        cmocka_unit_test(a_kernel_that_differs_from_the_wire_is_shown),
        cmocka_unit_test(the_same_facts_give_the_same_beliefs),
        cmocka_unit_test(a_missing_event_breaks_nothing),
        cmocka_unit_test(every_cell_of_the_tcp_table_is_sound),
        cmocka_unit_test(the_edges_of_figure_5_are_in_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The states of both ends from packets alone (RFC 9293 3.10). */
#include "tests/support/cmocka_all.h"

#include "tests/unit/flow_play.h"

static void assert_states(const struct stage *stage, enum state client, enum state server)
{
    assert_string_equal(state_name(stage->note.state[FLOW_CLIENT]), state_name(client));
    assert_string_equal(state_name(stage->note.state[FLOW_SERVER]), state_name(server));
}

static void assert_path(const struct flow_summary *summary, enum flow_end end, const char *wanted)
{
    char text[256] = "";
    for (int i = 0; i < summary->path_count[end]; i++) {
        strcat(text, i != 0 ? " " : "");
        strcat(text, state_name(summary->path[end][i]));
    }
    assert_string_equal(text, wanted);
}

static void whole_life(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    play(&stage, '>', "S", 100, 0, 0);
    assert_states(&stage, STATE_SYN_SENT, STATE_NONE);
    play(&stage, '<', "SA", 500, 101, 0);
    assert_states(&stage, STATE_ESTABLISHED, STATE_SYN_RECEIVED);
    play(&stage, '>', "A", 101, 501, 0);
    assert_states(&stage, STATE_ESTABLISHED, STATE_ESTABLISHED);
    play(&stage, '>', "PA", 101, 501, 10);
    play(&stage, '<', "A", 501, 111, 0);
    play(&stage, '>', "FA", 111, 501, 0);
    assert_states(&stage, STATE_FIN_WAIT_1, STATE_CLOSE_WAIT);
    play(&stage, '<', "A", 501, 112, 0);
    assert_states(&stage, STATE_FIN_WAIT_2, STATE_CLOSE_WAIT);
    play(&stage, '<', "FA", 501, 112, 0);
    assert_states(&stage, STATE_TIME_WAIT, STATE_LAST_ACK);
    play(&stage, '>', "A", 112, 502, 0);
    assert_states(&stage, STATE_TIME_WAIT, STATE_CLOSED);
    struct flow_summary summary = stage_summary(&stage);
    assert_path(&summary, FLOW_CLIENT, "SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT");
    assert_path(&summary, FLOW_SERVER, "SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED");
    assert_false(summary.inferred[FLOW_CLIENT] || summary.inferred[FLOW_SERVER]);
    assert_int_equal(summary.handshake_ns, 2 * stage.step_ns);
    stage_end(&stage);
}

static void simultaneous_open_and_close(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    play(&stage, '>', "S", 100, 0, 0);
    play(&stage, '<', "S", 500, 0, 0);
    assert_states(&stage, STATE_SYN_RECEIVED, STATE_SYN_SENT);
    play(&stage, '>', "SA", 100, 501, 0);
    assert_states(&stage, STATE_SYN_RECEIVED, STATE_ESTABLISHED);
    play(&stage, '<', "SA", 500, 101, 0);
    assert_states(&stage, STATE_ESTABLISHED, STATE_ESTABLISHED);
    play(&stage, '>', "FA", 101, 501, 0);
    play(&stage, '<', "FA", 501, 101, 0);
    assert_states(&stage, STATE_CLOSING, STATE_LAST_ACK);
    play(&stage, '<', "A", 502, 102, 0);
    assert_states(&stage, STATE_TIME_WAIT, STATE_LAST_ACK);
    play(&stage, '>', "A", 102, 502, 0);
    assert_states(&stage, STATE_TIME_WAIT, STATE_CLOSED);
    stage_end(&stage);
}

static void half_close(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    play_handshake(&stage);
    play(&stage, '>', "FA", 101, 501, 0);
    play(&stage, '<', "A", 501, 102, 0);
    play(&stage, '<', "PA", 501, 102, 300);
    play(&stage, '>', "A", 102, 801, 0);
    assert_states(&stage, STATE_FIN_WAIT_2, STATE_CLOSE_WAIT);
    stage_end(&stage);
}

/* An RST at RCV.NXT ends it; beside it, inside the window or out, it does not (RFC 5961 3.2). */
static void resets(void **state)
{
    (void)state;
    static const struct row {
        uint32_t sequence;
        enum state client;
    } rows[] = {
        {501, STATE_CLOSED}, {502, STATE_ESTABLISHED}, {500, STATE_ESTABLISHED}, {9000, STATE_ESTABLISHED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stage stage = stage_begin();
        play_handshake(&stage);
        play(&stage, '<', "RA", rows[i].sequence, 101, 0);
        assert_states(&stage, rows[i].client, STATE_CLOSED);
        stage_end(&stage);
    }
}

static void refused(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    play(&stage, '>', "S", 100, 0, 0);
    play(&stage, '<', "RA", 0, 999, 0);
    assert_states(&stage, STATE_SYN_SENT, STATE_CLOSED);
    play(&stage, '<', "RA", 0, 101, 0);
    assert_states(&stage, STATE_CLOSED, STATE_CLOSED);
    stage_end(&stage);
}

/* RFC 9293 3.10.7.3: a wrong acknowledgment is answered with RST; the caller goes on calling. */
static void refusal_is_no_end(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    play(&stage, '>', "S", 100, 0, 0);
    play(&stage, '<', "A", 700, 90, 0);
    play(&stage, '>', "R", 90, 0, 0);
    assert_int_equal(stage.note.state[FLOW_CLIENT], STATE_SYN_SENT);
    stage_end(&stage);
}

static void middle_is_inferred(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    play(&stage, '>', "PA", 5000, 9000, 100);
    assert_states(&stage, STATE_NONE, STATE_NONE);
    play(&stage, '<', "A", 9000, 5100, 0);
    assert_states(&stage, STATE_NONE, STATE_ESTABLISHED);
    assert_true(stage.note.inferred[FLOW_SERVER]);
    play(&stage, '>', "FA", 5100, 9000, 0);
    assert_states(&stage, STATE_FIN_WAIT_1, STATE_CLOSE_WAIT);
    assert_true(stage.note.inferred[FLOW_CLIENT]);
    stage_end(&stage);
}

/* A FIN behind a hole counts when the hole is filled, or when its ACK shows that the capture has the hole. */
static void fin_waits_for_bytes(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    play_handshake(&stage);
    play(&stage, '>', "FA", 201, 501, 0);
    assert_states(&stage, STATE_FIN_WAIT_1, STATE_ESTABLISHED);
    play(&stage, '>', "PA", 101, 501, 100);
    assert_states(&stage, STATE_FIN_WAIT_1, STATE_CLOSE_WAIT);
    stage_end(&stage);
    stage = stage_begin();
    play_handshake(&stage);
    play(&stage, '>', "FA", 201, 501, 0);
    play(&stage, '<', "A", 501, 202, 0);
    assert_states(&stage, STATE_FIN_WAIT_2, STATE_CLOSE_WAIT);
    stage_end(&stage);
}

/* A SYN out of nowhere is a new stream, and the other end stays what it was until it answers (3.10.7.4,
 * fourth). */
static void intruding_syn(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    play_handshake(&stage);
    play(&stage, '>', "S", 40000, 0, 0);
    assert_int_equal(stage.note.stream, 1);
    assert_states(&stage, STATE_SYN_SENT, STATE_ESTABLISHED);
    play(&stage, '<', "A", 501, 101, 0);
    assert_int_equal(stage.note.state[FLOW_SERVER], STATE_ESTABLISHED);
    play(&stage, '<', "SA", 7000, 40001, 0);
    assert_states(&stage, STATE_ESTABLISHED, STATE_SYN_RECEIVED);
    play(&stage, '>', "A", 40001, 7001, 0);
    assert_states(&stage, STATE_ESTABLISHED, STATE_ESTABLISHED);
    struct flow_summary summary = stage_summary(&stage);
    assert_path(&summary, FLOW_SERVER, "SYN_RECEIVED ESTABLISHED");
    stage_end(&stage);
}

static void wraps_around(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    play(&stage, '>', "S", 0xfffffff0U, 0, 0);
    play(&stage, '<', "SA", 0xffffffffU, 0xfffffff1U, 0);
    play(&stage, '>', "A", 0xfffffff1U, 0, 0);
    play(&stage, '>', "PA", 0xfffffff1U, 0, 100);
    assert_int_equal(stage.note.sequence, 1);
    assert_int_equal(stage.note.analysis, 0);
    play(&stage, '<', "A", 0, 0x55, 0);
    assert_int_equal(stage.note.acknowledgment, 101);
    play(&stage, '>', "FA", 0x55, 0, 0);
    play(&stage, '<', "FA", 0, 0x56, 0);
    assert_states(&stage, STATE_TIME_WAIT, STATE_LAST_ACK);
    stage_end(&stage);
}

static void same_number_again(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    play(&stage, '>', "S", 100, 0, 0);
    play(&stage, '<', "RA", 0, 101, 0);
    play(&stage, '>', "S", 100, 0, 0);
    assert_int_equal(stage.note.stream, 0);
    assert_states(&stage, STATE_SYN_SENT, STATE_NONE);
    stage_end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_life),
        cmocka_unit_test(simultaneous_open_and_close),
        cmocka_unit_test(half_close),
        cmocka_unit_test(resets),
        cmocka_unit_test(refused),
        cmocka_unit_test(refusal_is_no_end),
        cmocka_unit_test(middle_is_inferred),
        cmocka_unit_test(fin_waits_for_bytes),
        cmocka_unit_test(intruding_syn),
        cmocka_unit_test(wraps_around),
        cmocka_unit_test(same_number_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

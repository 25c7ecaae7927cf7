/* What is remarkable about a segment, one definition of docs/ANALYSIS.md after the other. */
#include "tests/support/cmocka_all.h"

#include "tests/unit/flow_play.h"

static void assert_analysis(const struct stage *stage, const char *wanted)
{
    char text[ANALYSIS_TEXT_MAX];
    assert_string_equal(analysis_text(stage->note.analysis, text), wanted);
}

static struct stage open_stage(void)
{
    struct stage stage = stage_begin();
    play_handshake(&stage);
    return stage;
}

static void repeated(void **state)
{
    (void)state;
    struct stage stage = open_stage();
    play(&stage, '>', "PA", 101, 501, 100);
    assert_analysis(&stage, "");
    stage.time_ns += NS_PER_S;
    play(&stage, '>', "PA", 101, 501, 100);
    assert_analysis(&stage, "retransmission");
    play(&stage, '<', "A", 501, 201, 0);
    play(&stage, '>', "PA", 101, 501, 100);
    assert_analysis(&stage, "retransmission,spurious_retransmission");
    play(&stage, '<', "SA", 500, 101, 0);
    assert_analysis(&stage, "retransmission");
    stage_end(&stage);
}

static void lost_and_fast(void **state)
{
    (void)state;
    struct stage stage = open_stage();
    stage.step_ns = NS_PER_MS;
    play(&stage, '>', "PA", 201, 501, 100);
    assert_analysis(&stage, "lost_segment");
    for (uint32_t i = 1; i <= 3; i++) {
        play(&stage, '<', "A", 501, 101, 0);
        assert_analysis(&stage, "duplicate_ack");
        assert_int_equal(stage.note.duplicate_ack, i);
        play(&stage, '>', "PA", 201 + 100 * i, 501, 100);
        assert_analysis(&stage, "");
    }
    play(&stage, '<', "A", 501, 101, 0);
    play(&stage, '>', "PA", 101, 501, 100);
    assert_analysis(&stage, "retransmission,fast_retransmission");
    stage_end(&stage);
}

static void overtaken(void **state)
{
    (void)state;
    struct stage stage = open_stage();
    play(&stage, '>', "PA", 201, 501, 100);
    stage.time_ns -= stage.step_ns - NS_PER_MS;
    play(&stage, '>', "PA", 101, 501, 100);
    assert_analysis(&stage, "out_of_order");
    stage.time_ns += NS_PER_S;
    play(&stage, '>', "PA", 151, 501, 10);
    assert_analysis(&stage, "retransmission");
    stage_end(&stage);
}

static void windows(void **state)
{
    (void)state;
    struct stage stage = open_stage();
    play(&stage, '>', "PA", 101, 501, 1000);
    assert_analysis(&stage, "window_full");
    stage.window = 0;
    play(&stage, '<', "A", 501, 1101, 0);
    assert_analysis(&stage, "zero_window");
    stage.window = 1000;
    play(&stage, '>', "A", 1101, 501, 1);
    assert_analysis(&stage, "window_probe");
    play(&stage, '<', "A", 501, 1101, 0);
    assert_analysis(&stage, "window_update");
    play(&stage, '>', "PA", 1101, 501, 10);
    assert_analysis(&stage, "");
    stage_end(&stage);
}

static void scaled_windows(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    stage.shift = 3;
    play_handshake(&stage);
    assert_int_equal(stage.note.window, 8000);
    play(&stage, '<', "SA", 500, 101, 0);
    assert_int_equal(stage.note.window, 1000);
    stage_end(&stage);
    stage = stage_begin();
    stage.shift = 3;
    play(&stage, '>', "S", 100, 0, 0);
    stage.shift = -1;
    play(&stage, '<', "SA", 500, 101, 0);
    play(&stage, '>', "A", 101, 501, 0);
    assert_int_equal(stage.note.window, 1000);
    stage_end(&stage);
}

static void alive(void **state)
{
    (void)state;
    struct stage stage = open_stage();
    play(&stage, '>', "PA", 101, 501, 10);
    play(&stage, '<', "A", 501, 111, 0);
    play(&stage, '>', "A", 110, 501, 1);
    assert_analysis(&stage, "keep_alive");
    play(&stage, '<', "A", 501, 111, 0);
    assert_analysis(&stage, "keep_alive_ack");
    stage_end(&stage);
}

static void reused(void **state)
{
    (void)state;
    struct stage stage = open_stage();
    play(&stage, '>', "S", 5000, 0, 0);
    assert_analysis(&stage, "reused_ports");
    assert_int_equal(stage.note.sequence, 0);
    stage_end(&stage);
}

/* Of an end whose checksums were never right nothing can be said. */
static void bad_checksums(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    stage.checksum_bad = true;
    play(&stage, '>', "S", 100, 0, 0);
    assert_analysis(&stage, "");
    stage.checksum_bad = false;
    play(&stage, '<', "SA", 500, 101, 0);
    stage.checksum_bad = true;
    play(&stage, '>', "A", 101, 501, 0);
    assert_analysis(&stage, "");
    play(&stage, '<', "PA", 501, 101, 10);
    assert_analysis(&stage, "bad_checksum");
    stage_end(&stage);
}

/* A first segment is no update of anything, and the RST of a stranger has no place in the stream. */
static void nothing_without_a_before(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    play(&stage, '>', "A", 0, 0, 0);
    assert_analysis(&stage, "");
    stage_end(&stage);
    stage = stage_begin();
    play(&stage, '>', "S", 100, 0, 0);
    play(&stage, '<', "RA", 0, 101, 0);
    play(&stage, '>', "S", 100, 0, 0);
    play(&stage, '<', "SA", 3000000000U, 101, 0);
    play(&stage, '>', "A", 101, 3000000001U, 0);
    play(&stage, '<', "PA", 3000000001U, 101, 5);
    assert_analysis(&stage, "");
    assert_int_equal(stage.note.sequence, 1);
    stage_end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeated),
        cmocka_unit_test(lost_and_fast),
        cmocka_unit_test(overtaken),
        cmocka_unit_test(windows),
        cmocka_unit_test(scaled_windows),
        cmocka_unit_test(alive),
        cmocka_unit_test(reused),
        cmocka_unit_test(bad_checksums),
        cmocka_unit_test(nothing_without_a_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

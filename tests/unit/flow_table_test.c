/* Numbers, keys, room, and the two words of Zeek. */
#include "tests/support/cmocka_all.h"

#include <stdlib.h>

#include "tests/unit/flow_play.h"

static void numbers_per_protocol(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    struct packet datagram = play_packet(&stage, '>', "", 0, 0, 20);
    char text[FLOW_STREAM_TEXT_MAX];
    datagram.protocol = PROTOCOL_UDP;
    play(&stage, '>', "S", 100, 0, 0);
    assert_true(flow_table_take(stage.table, &datagram, stage.time_ns, &stage.note));
    assert_string_equal(flow_stream_text(stage.note.protocol, stage.note.stream, text), "udp:0");
    stage.client_port++;
    play(&stage, '>', "S", 100, 0, 0);
    assert_string_equal(flow_stream_text(stage.note.protocol, stage.note.stream, text), "tcp:1");
    stage.client_port--;
    play(&stage, '<', "SA", 500, 101, 0);
    assert_int_equal(stage.note.stream, 0);
    assert_int_equal(stage.note.from, FLOW_SERVER);
    stage_end(&stage);
}

/* Who sends a SYN,ACK was called: the client is the other end, though it was not seen. */
static void client_is_who_opened(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    play(&stage, '<', "SA", 500, 101, 0);
    assert_int_equal(stage.note.from, FLOW_SERVER);
    struct flow_summary summary = stage_summary(&stage);
    assert_true(summary.opener_known);
    assert_int_equal(summary.ends[FLOW_CLIENT].port, 40000);
    stage_end(&stage);
}

static void icmp_belongs_to_the_quoted(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    play(&stage, '>', "S", 100, 0, 0);
    struct packet error = {.protocol = PROTOCOL_ICMP, .has_transport = true, .icmp = {.type = 3, .code = 1}};
    error.icmp.quoted_protocol = PROTOCOL_TCP;
    error.icmp.quoted_source = play_end(true, 40000);
    error.icmp.quoted_destination = play_end(false, 80);
    assert_true(flow_table_take(stage.table, &error, stage.time_ns, &stage.note));
    assert_true(stage.note.quoted);
    assert_int_equal(stage.note.from, FLOW_CLIENT);
    assert_int_equal(stage_summary(&stage).icmp_errors, 1);
    assert_int_equal(stage_summary(&stage).packets[FLOW_CLIENT], 1);
    error.icmp.quoted_source.port = 1;
    assert_false(flow_table_take(stage.table, &error, stage.time_ns, &stage.note));
    stage_end(&stage);
}

static void count_flow(void *context, const struct flow *flow)
{
    struct flow_summary summary;
    flow_summarize(flow, &summary);
    *(uint32_t *)context += summary.packets[FLOW_CLIENT] == 1;
}

/* A flood of SYNs: no more flows than allowed, none lost without being told of, and those in use stay. */
static void makes_room(void **state)
{
    (void)state;
    uint32_t told = 0;
    struct flow_options options = {.flows_max = 100, .evicted = count_flow, .context = &told};
    struct stage stage = stage_begin();
    flow_table_free(stage.table);
    stage.table = flow_table_new(&options);
    for (uint32_t i = 0; i < 5000; i++) {
        stage.client_port = (uint16_t)(1024 + i);
        play(&stage, '>', "S", i, 0, 0);
        stage.client_port = 1;
        play(&stage, '>', "A", 1, 1, 0);
    }
    struct flow_counts counts = flow_table_counts(stage.table);
    assert_int_equal(counts.flows, 5001);
    assert_int_equal(counts.evicted, 4901);
    assert_int_equal(told, 4901);
    assert_int_equal(stage.note.stream, 1);
    flow_table_each(stage.table, count_flow, &told);
    assert_int_equal(told, 5000);
    stage_end(&stage);
}

/* Every key is found again among many, in both directions, IPv6 too. */
static void finds_all_again(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 20000; i++) {
            struct packet packet = play_packet(&stage, round == 0 ? '>' : '<', "A", 1, 1, 0);
            struct address *client = round == 0 ? &packet.source : &packet.destination;
            uint8_t family = i % 2 == 0 ? ADDRESS_IPV4 : ADDRESS_IPV6;
            packet.source.family = packet.destination.family = family;
            client->ip[2] = (uint8_t)(i >> 8);
            client->ip[i % 2 == 0 ? 1 : 15] = (uint8_t)i;
            assert_true(flow_table_take(stage.table, &packet, 0, &stage.note));
            assert_int_equal(stage.note.stream, i);
            assert_int_equal(stage.note.from, round == 0 ? FLOW_CLIENT : FLOW_SERVER);
        }
    }
    assert_true(flow_table_counts(stage.table).bytes < 20000 * 300);
    stage_end(&stage);
}

static void assert_words(const struct stage *stage, const char *conn_state, const char *history)
{
    struct flow_summary summary = stage_summary(stage);
    assert_string_equal(summary.conn_state, conn_state);
    assert_string_equal(summary.history, history);
}

static void words_of_a_life(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    play(&stage, '>', "S", 100, 0, 0);
    assert_words(&stage, "S0", "S");
    play(&stage, '<', "SA", 500, 101, 0);
    play(&stage, '>', "A", 101, 501, 0);
    assert_words(&stage, "S1", "ShA");
    play(&stage, '>', "PA", 101, 501, 10);
    play(&stage, '<', "PA", 501, 111, 10);
    play(&stage, '<', "FA", 511, 111, 0);
    assert_words(&stage, "S3", "ShADdf");
    play(&stage, '>', "FA", 111, 512, 0);
    play(&stage, '<', "A", 512, 112, 0);
    assert_words(&stage, "SF", "ShADdfFa");
    stage_end(&stage);
}

static void words_of_ends(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    play(&stage, '>', "S", 100, 0, 0);
    play(&stage, '<', "RA", 0, 101, 0);
    assert_words(&stage, "REJ", "Sr");
    stage.client_port++;
    play(&stage, '>', "S", 100, 0, 0);
    play(&stage, '>', "R", 101, 0, 0);
    assert_words(&stage, "RSTOS0", "SR");
    stage.client_port++;
    play_handshake(&stage);
    play(&stage, '<', "R", 501, 0, 0);
    assert_words(&stage, "RSTR", "ShAr");
    stage.client_port++;
    play(&stage, '<', "SA", 500, 101, 0);
    play(&stage, '<', "FA", 501, 101, 0);
    assert_words(&stage, "SHR", "^hf");
    stage_end(&stage);
}

/* The second T is the tenth retransmission. */
static void words_count_in_tens(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    play_handshake(&stage);
    for (int i = 0; i < 11; i++)
        play(&stage, '>', "PA", 101, 501, 10);
    assert_words(&stage, "S1", "ShADTT");
    assert_int_equal(stage_summary(&stage).analysis[ANALYSIS_RETRANSMISSION], 10);
    stage_end(&stage);
}

/* What is kept of a long story stays bounded. */
static void long_story(void **state)
{
    (void)state;
    struct stage stage = stage_begin();
    for (uint32_t i = 0; i < 1000; i++) {
        play(&stage, '>', "S", 100, 0, 0);
        play(&stage, '<', "R", i, 0, 0);
        play(&stage, '<', "RA", i + 1, 101, 0);
    }
    struct flow_summary summary = stage_summary(&stage);
    assert_true(strlen(summary.history) < FLOW_HISTORY_MAX);
    assert_int_equal(summary.history[strlen(summary.history) - 1], '~');
    assert_int_equal(summary.path_count[FLOW_CLIENT], FLOW_PATH_MAX);
    assert_int_equal(summary.path[FLOW_CLIENT][FLOW_PATH_MAX - 1], stage.note.state[FLOW_CLIENT]);
    stage_end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_per_protocol),
        cmocka_unit_test(client_is_who_opened),
        cmocka_unit_test(icmp_belongs_to_the_quoted),
        cmocka_unit_test(makes_room),
        cmocka_unit_test(finds_all_again),
        cmocka_unit_test(words_of_a_life),
        cmocka_unit_test(words_of_ends),
        cmocka_unit_test(words_count_in_tens),
        cmocka_unit_test(long_story),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

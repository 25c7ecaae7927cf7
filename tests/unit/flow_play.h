/*
 * Segments handed to a flow table one by one, written as a script would: play(&stage, '>', "S", 100, 0, 0).
 * `>` is sent by the end with port 40000, `<` by the one with port 80; flags are S F R P A U.
 */
#ifndef SOCKSTEP_TESTS_UNIT_FLOW_PLAY_H
#define SOCKSTEP_TESTS_UNIT_FLOW_PLAY_H

#include <string.h>

#include "base/clock.h"
#include "flow/flow.h"

struct stage {
    struct flow_table *table;
    struct flow_note note; /* of the latest segment */
    int64_t time_ns, step_ns;
    uint16_t client_port, server_port;
    uint16_t window;
    int8_t shift; /* offered with a SYN; -1: none */
    bool checksum_bad;
};

static inline struct stage stage_begin(void)
{
    return (struct stage){.table = flow_table_new(&(struct flow_options){0}),
                          .time_ns = 1000 * NS_PER_S,
                          .step_ns = 10 * NS_PER_MS,
                          .client_port = 40000,
                          .server_port = 80,
                          .window = 1000,
                          .shift = -1};
}

static inline uint8_t play_flags(const char *letters)
{
    static const char known[] = "FSRPAU";
    uint8_t flags = 0;
    for (; *letters != '\0'; letters++)
        flags |= (uint8_t)(1U << (strchr(known, *letters) - known));
    return flags;
}

static inline struct address play_end(bool client, uint16_t port)
{
    return (struct address){.family = ADDRESS_IPV4, .port = port, .ip = {192, 0, 2, client ? 1 : 2}};
}

static inline struct packet play_packet(const struct stage *stage, char direction, const char *flags,
                                        uint32_t sequence, uint32_t acknowledgment, uint32_t bytes)
{
    struct address client = play_end(true, stage->client_port), server = play_end(false, stage->server_port);
    return (struct packet){
        .source = direction == '>' ? client : server,
        .destination = direction == '>' ? server : client,
        .protocol = PROTOCOL_TCP,
        .has_transport = true,
        .payload_bytes = bytes,
        .payload_offset = 54,
        .checksum_judged = true,
        .checksum_bad = stage->checksum_bad,
        .tcp = {.sequence = sequence,
                .acknowledgment = acknowledgment,
                .flags = play_flags(flags),
                .window = stage->window,
                .option_window_shift = strchr(flags, 'S') != NULL ? stage->shift : -1},
    };
}

static inline void play(struct stage *stage, char direction, const char *flags, uint32_t sequence,
                        uint32_t acknowledgment, uint32_t bytes)
{
    struct packet packet = play_packet(stage, direction, flags, sequence, acknowledgment, bytes);
    flow_table_take(stage->table, &packet, stage->time_ns, &stage->note);
    stage->time_ns += stage->step_ns;
}

/* Client 100, server 500: both ESTABLISHED, next 101 and 501. */
static inline void play_handshake(struct stage *stage)
{
    play(stage, '>', "S", 100, 0, 0);
    play(stage, '<', "SA", 500, 101, 0);
    play(stage, '>', "A", 101, 501, 0);
}

static inline void keep_summary(void *context, const struct flow *flow)
{
    flow_summarize(flow, context);
}

/* Of the flow that appeared last. */
static inline struct flow_summary stage_summary(const struct stage *stage)
{
    struct flow_summary summary = {0};
    flow_table_each(stage->table, keep_summary, &summary);
    return summary;
}

static inline void stage_end(struct stage *stage)
{
    flow_table_free(stage->table);
}

#endif

/*
 * Captures of any size for benchmarks and tests: Ethernet, IPv4, TCP, lengths and checksums right, the same
 * bytes for the same plan on every machine. Short connections have ten packets each, from handshake to close,
 * some with a SYN or a request sent twice or an end by RST; long ones never end and carry data one way, with
 * a lost segment, its three duplicate ACKs and its retransmission now and then. It shares no code with
 * tracer/.
 */
#ifndef SOCKSTEP_TESTS_GENERATE_H
#define SOCKSTEP_TESTS_GENERATE_H

#include <stdbool.h>
#include <stdint.h>

struct generate_plan {
    uint64_t seed;
    uint64_t packets;
    bool is_long;           /* `at_once` connections that never end; else connections of ten packets */
    uint32_t at_once;       /* connections open at the same time; 0: 500 */
    uint32_t snapped_bytes; /* packets are cut there; 0: not */
    bool syn_flood;         /* one SYN a connection, nothing else */
};

#define GENERATE_PACKETS_PER_CONNECTION 10

/* The three of the benchmarks, and their file names. */
extern const struct generate_bench {
    const char *name;
    struct generate_plan plan;
} generate_benches[];
extern const int generate_bench_count;

/* Writes a pcap file (microseconds). Returns its length; ends the test program with a message on failure. */
uint64_t generate_capture(const char *path, const struct generate_plan *plan);

#endif

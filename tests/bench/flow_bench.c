/*
 * What a summary costs: captures from a deterministic generator, every reader side by side and in turn,
 * medians of RUNS. Files lie in the page cache. SOCKSTEP_BENCH=big adds the file of 5 million packets.
 * tcptrace and tshark are timed once, where they are installed.
 */
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "flow/flow.h"
#include "net/packet.h"
#include "net/reassembly.h"
#include "source/capture.h"

#define RUNS 7

/* --- the generator --- */

struct generator {
    FILE *file;
    int64_t time_us;
    uint32_t cut;
};

static void put32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put_record(struct generator *generator, const uint8_t *frame, uint32_t bytes)
{
    uint32_t kept = bytes < generator->cut ? bytes : generator->cut;
    uint32_t header[4] = {(uint32_t)(generator->time_us / 1000000), (uint32_t)(generator->time_us % 1000000),
                          kept, bytes};
    generator->time_us += 3;
    fwrite(header, 1, sizeof header, generator->file);
    fwrite(frame, 1, kept, generator->file);
}

/* One connection's next segment, in either direction. */
struct conversation {
    uint32_t number;
    uint32_t sequence[2];
    int step;
};

static void segment(struct generator *generator, struct conversation *conversation, int from, uint8_t flags,
                    uint32_t payload)
{
    static uint8_t frame[2048];
    uint32_t client = 0x0a000000 + conversation->number / 50000, server = 0xc0000201;
    unsigned port = 1024 + conversation->number % 50000;
    uint8_t *ip = frame + 14, *tcp = ip + 20;
    uint32_t bytes = 40 + payload;
    memset(frame, 0, 54);
    put16(frame + 12, 0x0800);
    ip[0] = 0x45;
    put16(ip + 2, bytes);
    ip[8] = 64;
    ip[9] = PROTOCOL_TCP;
    put32(ip + 12, from == 0 ? client : server);
    put32(ip + 16, from == 0 ? server : client);
    put16(tcp, from == 0 ? port : 80);
    put16(tcp + 2, from == 0 ? 80 : port);
    put32(tcp + 4, conversation->sequence[from]);
    put32(tcp + 8, flags & TCP_ACK ? conversation->sequence[!from] : 0);
    tcp[12] = 0x50;
    tcp[13] = flags;
    put16(tcp + 14, 64240);
    uint8_t pseudo[4] = {0, PROTOCOL_TCP, (uint8_t)((bytes - 20) >> 8), (uint8_t)(bytes - 20)};
    uint32_t sum = checksum_add(checksum_add(0, ip + 12, 8), pseudo, sizeof pseudo);
    put16(tcp + 16, checksum_finish(checksum_add(sum, tcp, bytes - 20)));
    conversation->sequence[from] += payload + ((flags & (TCP_SYN | TCP_FIN)) != 0);
    put_record(generator, frame, bytes + 14);
}

static const struct script {
    int from;
    uint8_t flags;
    uint32_t payload;
} script[] = {
    {0, TCP_SYN, 0},           {1, TCP_SYN | TCP_ACK, 0},
    {0, TCP_ACK, 0},           {0, TCP_PSH | TCP_ACK, 120},
    {1, TCP_ACK, 0},           {1, TCP_PSH | TCP_ACK, 300},
    {0, TCP_ACK, 0},           {0, TCP_FIN | TCP_ACK, 0},
    {1, TCP_FIN | TCP_ACK, 0}, {0, TCP_ACK, 0},
};

#define STEPS (int)(sizeof script / sizeof *script)
#define OPEN  500

static void begin(struct generator *generator, const char *path, uint32_t cut)
{
    uint32_t header[6] = {0xa1b2c3d4, 0x00040002, 0, 0, cut, 1};
    *generator = (struct generator){.file = fopen(path, "w"), .time_us = 1700000000000000, .cut = cut};
    if (generator->file == NULL)
        exit(2);
    fwrite(header, 1, sizeof header, generator->file);
}

static struct conversation begin_conversation(uint32_t number)
{
    return (struct conversation){.number = number, .sequence = {7919 * number, 104729 * number}};
}

/* OPEN connections at a time, each segment from the next one. */
static void generate_short(const char *path, uint32_t connections)
{
    static struct conversation open[OPEN];
    struct generator generator;
    uint32_t begun = 0, over = 0;
    begin(&generator, path, 65535);
    memset(open, 0, sizeof open);
    for (int i = 0; i < OPEN; i++)
        open[i] = begin_conversation(begun++);
    for (int i = 0; over < connections; i = (i + 1) % OPEN) {
        struct conversation *one = &open[i];
        if (one->number >= connections)
            continue;
        segment(&generator, one, script[one->step].from, script[one->step].flags, script[one->step].payload);
        if (++one->step < STEPS)
            continue;
        over++;
        *one = begin_conversation(begun++);
    }
    fclose(generator.file);
}

static void generate_long(const char *path, uint32_t packets)
{
    static struct conversation all[20];
    struct generator generator;
    begin(&generator, path, 96);
    for (uint32_t i = 0; i < 20; i++) {
        all[i] = (struct conversation){.number = i, .sequence = {1000, 5000}};
        for (int step = 0; step < 3; step++)
            segment(&generator, &all[i], script[step].from, script[step].flags, 0);
    }
    for (uint32_t i = 60; i < packets; i++)
        segment(&generator, &all[i % 20], i / 20 % 3 == 2, TCP_ACK, i / 20 % 3 == 2 ? 0 : 1448);
    fclose(generator.file);
}

/* --- the readers --- */

static void read_pcap(const char *path)
{
    char text[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_open_offline(path, text);
    struct pcap_pkthdr *header;
    const u_char *bytes;
    while (pcap != NULL && pcap_next_ex(pcap, &header, &bytes) == 1)
        __asm__ volatile("" : : "r"(bytes[0]));
    if (pcap != NULL)
        pcap_close(pcap);
}

enum depth { WALK, DECODE, CHECK, FLOWS };

static struct flow_counts read_ours(const char *path, enum depth depth)
{
    struct err err;
    struct capture *capture = capture_open(path, NULL, &err);
    struct reassembly *reassembly = reassembly_new(1 << 20);
    struct flow_table *table = flow_table_new(&(struct flow_options){0});
    struct capture_packet captured;
    unsigned options = PACKET_INNERMOST | (depth >= CHECK ? PACKET_CHECKSUM : 0);
    while (capture != NULL && capture_next(capture, &captured, &err) == 1) {
        struct packet packet;
        struct flow_note note;
        const uint8_t *ignored;
        if (depth >= DECODE)
            reassembly_read(reassembly, (enum link_type)captured.link, captured.bytes,
                            captured.captured_bytes, captured.wire_bytes, captured.time_ns, options, &packet,
                            &ignored);
        if (depth >= FLOWS)
            flow_table_take(table, &packet, captured.time_ns, &note);
    }
    struct flow_counts counts = flow_table_counts(table);
    flow_table_free(table);
    reassembly_free(reassembly);
    capture_close(capture);
    return counts;
}

/* Runs a program with its output thrown away; returns its largest memory in KiB. */
static long run_program(const char *const argv[])
{
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    int status;
    struct rusage usage;
    wait4(pid, &status, 0, &usage);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? usage.ru_maxrss : -1;
}

static char sockstep[4096];

enum way { WAY_PCAP, WAY_WALK, WAY_DECODE, WAY_CHECK, WAY_FLOWS, WAY_SUMMARY, WAYS };
static const char *const way_names[WAYS] = {
    "bare pcap_next_ex loop", "our reader",          "with decoding",
    "with checksums",         "with the flow table", "sockstep summary --json",
};

static double time_way(enum way way, const char *path)
{
    struct clock clock = clock_monotonic();
    int64_t start_ns = clock_now_ns(&clock);
    switch (way) {
    case WAY_PCAP: read_pcap(path); break;
    case WAY_WALK: read_ours(path, WALK); break;
    case WAY_DECODE: read_ours(path, DECODE); break;
    case WAY_CHECK: read_ours(path, CHECK); break;
    case WAY_FLOWS: read_ours(path, FLOWS); break;
    case WAY_SUMMARY: run_program((const char *const[]){sockstep, "summary", "--json", path, NULL}); break;
    case WAYS: break;
    }
    return (double)(clock_now_ns(&clock) - start_ns) / 1e6;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static void report(const char *what, const char *path, double packets, double ret_medians[WAYS])
{
    double times[WAYS][RUNS];
    for (int run = 0; run < RUNS; run++)
        for (int way = 0; way < WAYS; way++)
            times[way][run] = time_way((enum way)way, path);
    printf("\n%s\n", what);
    for (int way = 0; way < WAYS; way++) {
        qsort(times[way], RUNS, sizeof(double), by_size);
        ret_medians[way] = times[way][RUNS / 2];
        printf("  %-26s %8.1f ms %7.1f ns a packet %6.2f x pcap\n", way_names[way], ret_medians[way],
               ret_medians[way] * 1e6 / packets, ret_medians[way] / ret_medians[WAY_PCAP]);
    }
    struct flow_counts counts = read_ours(path, FLOWS);
    printf("  %-26s %8.1f bytes a connection, %llu connections\n", "memory of the flow table",
           (double)counts.bytes / (double)counts.flows, (unsigned long long)counts.flows);
}

static void compare_program(const char *const argv[], double ours_ms)
{
    struct clock clock = clock_monotonic();
    int64_t start_ns = clock_now_ns(&clock);
    if (run_program(argv) < 0) {
        printf("  %-26s not here\n", argv[0]);
        return;
    }
    double took_ms = (double)(clock_now_ns(&clock) - start_ns) / 1e6;
    printf("  %-26s %8.1f ms %30.1f x sockstep summary\n", argv[0], took_ms, took_ms / ours_ms);
}

int main(void)
{
    const char *build = getenv("BUILD"), *big = getenv("SOCKSTEP_BENCH");
    char path[] = "/tmp/sockstep-bench-XXXXXX";
    int fd = mkstemp(path);
    double medians[WAYS], five[WAYS];
    if (fd < 0)
        return 2;
    close(fd);
    snprintf(sockstep, sizeof sockstep, "%s/sockstep", build != NULL ? build : "build");
    generate_short(path, 100000);
    report("1 M packets in 100 k short connections", path, 1e6, medians);
    compare_program((const char *const[]){"tcptrace", "-n", path, NULL}, medians[WAY_SUMMARY]);
    if (big != NULL)
        compare_program(
            (const char *const[]){"tshark", "-r", path, "-T", "fields", "-e", "tcp.analysis.flags", NULL},
            medians[WAY_SUMMARY]);
    if (big != NULL) {
        generate_short(path, 500000);
        report("5 M packets in 500 k short connections", path, 5e6, five);
        printf("  %.2f times the time of 1 M\n", five[WAY_SUMMARY] / medians[WAY_SUMMARY]);
    }
    generate_long(path, 2000000);
    report("2 M packets in 20 long connections, cut at 96 bytes", path, 2e6, medians);
    compare_program((const char *const[]){"tcptrace", "-n", path, NULL}, medians[WAY_SUMMARY]);
    unlink(path);
    return 0;
}

/*
 * What reading and decoding cost, without anything behind them: captures from the deterministic generator,
 * every way side by side and in turn, medians of RUNS. Files lie in $BUILD/bench and so in the page cache.
 * SOCKSTEP_BENCH=big adds the file of 5 million packets.
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/reassembly.h"
#include "source/capture.h"
#include "tests/support/capture_builder.h"
#include "tests/support/generate.h"

enum { RUNS = 7, MEMORY_MAX = 16 << 20 };

static volatile uint64_t sink;

static void stop(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static uint64_t run_libpcap(const char *path)
{
    char text[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_open_offline(path, text);
    if (pcap == NULL)
        stop(text);
    struct pcap_pkthdr *header;
    const u_char *bytes;
    uint64_t packets = 0;
    for (; pcap_next_ex(pcap, &header, &bytes) == 1; packets++)
        sink += header->caplen;
    pcap_close(pcap);
    return packets;
}

static struct capture *opened(const char *path)
{
    struct err err = {0};
    struct capture *capture = capture_open(path, NULL, &err);
    if (capture == NULL)
        stop(err.text);
    return capture;
}

static uint64_t run_walk(const char *path)
{
    struct capture *capture = opened(path);
    struct capture_packet captured;
    uint64_t packets = 0;
    for (; capture_next(capture, &captured, NULL) == 1; packets++)
        sink += captured.captured_bytes;
    capture_close(capture);
    return packets;
}

static uint64_t run_read(const char *path, unsigned options)
{
    struct capture *capture = opened(path);
    struct capture_packet captured;
    struct packet packet;
    uint64_t packets = 0;
    for (; capture_next(capture, &captured, NULL) == 1; packets++) {
        packet_read((enum link_type)captured.link, captured.bytes, captured.captured_bytes,
                    captured.wire_bytes, options, &packet);
        sink += packet.source.port;
    }
    capture_close(capture);
    return packets;
}

static uint64_t run_decoded(const char *path)
{
    return run_read(path, PACKET_INNERMOST);
}

static uint64_t run_checksums(const char *path)
{
    return run_read(path, PACKET_INNERMOST | PACKET_CHECKSUM);
}

static uint64_t run_reassembled(const char *path)
{
    struct reassembly *reassembly = reassembly_new(MEMORY_MAX);
    struct capture *capture = opened(path);
    struct capture_packet captured;
    struct packet packet;
    const uint8_t *from;
    uint64_t packets = 0;
    for (; capture_next(capture, &captured, NULL) == 1; packets++) {
        reassembly_read(reassembly, (enum link_type)captured.link, captured.bytes, captured.captured_bytes,
                        captured.wire_bytes, captured.time_ns, PACKET_INNERMOST, &packet, &from);
        sink += packet.source.port;
    }
    capture_close(capture);
    reassembly_free(reassembly);
    return packets;
}

static const struct way {
    const char *name;
    const char *suffix; /* of the file's name: packed */
    uint64_t (*run)(const char *path);
} ways[] = {
    {.name = "libpcap, pcap_next_ex()", .suffix = "", .run = run_libpcap},
    {.name = "capture_next()", .suffix = "", .run = run_walk},
    {.name = "  and packet_read()", .suffix = "", .run = run_decoded},
    {.name = "  and reassembly_read()", .suffix = "", .run = run_reassembled},
    {.name = "  and checksums", .suffix = "", .run = run_checksums},
    {.name = "capture_next() of gzip", .suffix = ".gz", .run = run_walk},
    {.name = "capture_next() of zstd", .suffix = ".zst", .run = run_walk},
};

enum { WAYS = sizeof ways / sizeof ways[0] };

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static void path_set(char path[512], const char *name, const char *suffix)
{
    const char *build = getenv("BUILD");
    snprintf(path, 512, "%s/bench/%s%s", build != NULL ? build : "build", name, suffix);
}

static void bytes_write(const char *path, const struct made_file *file)
{
    FILE *stream = fopen(path, "wb");
    if (stream == NULL || fwrite(file->bytes.text, file->bytes.length, 1, stream) != 1 || fclose(stream) != 0)
        stop(path);
}

static void pack(const char *path, const char *name)
{
    struct made_file file = {0};
    char to[512], bytes[65536];
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        stop(path);
    for (size_t got; (got = fread(bytes, 1, sizeof bytes, stream)) != 0;)
        made_bytes(&file, bytes, got);
    fclose(stream);
    for (int i = 0; i < 2; i++) {
        struct made_file packed = {0};
        (i == 0 ? made_gzip : made_zstd)(&packed, &file);
        path_set(to, name, i == 0 ? ".gz" : ".zst");
        bytes_write(to, &packed);
        made_release(&packed);
    }
    made_release(&file);
}

/* Made once; the same bytes every time. */
static void files_make(const struct generate_bench *bench, bool packed)
{
    char path[512], last[512];
    path_set(path, "", "");
    (void)mkdir(path, 0777);
    path_set(path, bench->name, "");
    path_set(last, bench->name, ".zst");
    if (access(path, R_OK) != 0)
        generate_capture(path, &bench->plan);
    if (packed && access(last, R_OK) != 0)
        pack(path, bench->name);
}

static void bench_run(const struct generate_bench *bench, bool packed)
{
    double ms[WAYS][RUNS];
    files_make(bench, packed);
    for (int run = 0; run < RUNS; run++) {
        for (int i = 0; i < WAYS; i++) {
            char path[512];
            path_set(path, bench->name, ways[i].suffix);
            if (ways[i].suffix[0] != '\0' && !packed)
                continue;
            struct clock clock = clock_monotonic();
            int64_t start_ns = clock_now_ns(&clock);
            if (ways[i].run(path) != bench->plan.packets)
                stop("a reader has not seen all packets");
            ms[i][run] = (double)(clock_now_ns(&clock) - start_ns) / 1e6;
        }
    }
    printf("%s: %llu packets, medians of %d\n", bench->name, (unsigned long long)bench->plan.packets, RUNS);
    for (int i = 0; i < WAYS; i++) {
        if (ways[i].suffix[0] != '\0' && !packed)
            continue;
        qsort(ms[i], RUNS, sizeof ms[i][0], by_value);
        double median = ms[i][RUNS / 2];
        printf("  %-26s %8.1f ms %7.1f ns a packet %6.2f of libpcap\n", ways[i].name, median,
               median * 1e6 / (double)bench->plan.packets, median / ms[0][RUNS / 2]);
    }
}

int main(void)
{
    const char *size = getenv("SOCKSTEP_BENCH");
    bool big = size != NULL && strcmp(size, "big") == 0;
    for (int i = 0; i < generate_bench_count; i++)
        if (big || generate_benches[i].plan.packets < 5000000)
            bench_run(&generate_benches[i], i == 0);
    return 0;
}

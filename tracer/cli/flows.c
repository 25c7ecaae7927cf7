/*
 * Packets come in batches: while the memory of one flow is on its way, the packets before it are worked on.
 */
#include "cli/flows.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/reassembly.h"

#define BATCH               32
#define PROGRESS_EVERY      (1U << 16)
#define PROGRESS_WIDTH      40
#define FRAGMENTS_BYTES_MAX ((size_t)16 << 20)
#define PROGRESS_AFTER_NS   (1 * NS_PER_S)

struct progress {
    bool wanted, shown;
    int64_t start_ns;
    int last_percent;
};

static void progress_show(struct progress *progress, const struct capture *capture)
{
    struct clock clock = clock_monotonic();
    double part = capture_progress(capture);
    if (!progress->wanted || part < 0 || clock_now_ns(&clock) - progress->start_ns < PROGRESS_AFTER_NS)
        return;
    int percent = (int)(part * 100), filled = (int)(part * PROGRESS_WIDTH);
    if (progress->shown && percent == progress->last_percent)
        return;
    progress->shown = true;
    progress->last_percent = percent;
    fprintf(stderr, "\r[%.*s%*s] %3d %%", filled, "########################################",
            PROGRESS_WIDTH - filled, "", percent);
    fflush(stderr);
}

static void progress_clear(const struct progress *progress)
{
    if (progress->shown)
        fprintf(stderr, "\r%*s\r", PROGRESS_WIDTH + 8, "");
}

struct reading {
    struct flows *flows;
    struct capture *capture;
    struct reassembly *reassembly;
    struct flows_packet batch[BATCH];
    struct packet
        outer[PACKET_INNERMOST]; /* the packets around the last one of the batch, the outermost first */
    int outer_count;
};

/* What carries another packet is a flow of its own. */
static void read_outer(struct reading *reading, const struct capture_packet *captured,
                       const struct packet *inner)
{
    reading->outer_count = inner->tunnels < PACKET_INNERMOST ? inner->tunnels : 0;
    for (int i = 0; i < reading->outer_count; i++)
        packet_read((enum link_type)captured->link, captured->bytes, captured->captured_bytes,
                    captured->wire_bytes, (unsigned)i, &reading->outer[i]);
}

/* Returns how many packets there are in the batch; *ret_result is capture_next()'s last. */
static int fill(struct reading *reading, int *ret_result, struct err *err)
{
    unsigned options = PACKET_INNERMOST | (reading->flows->unchecked ? 0 : PACKET_CHECKSUM);
    int count = 0;
    struct capture_packet captured;
    reading->outer_count = 0;
    while (count < BATCH && (*ret_result = capture_next(reading->capture, &captured, err)) == 1) {
        struct flows_packet *packet = &reading->batch[count++];
        const uint8_t *ignored;
        packet->frame = captured.frame;
        packet->time_ns = captured.time_ns;
        packet->link = captured.link;
        reassembly_read(reading->reassembly, (enum link_type)captured.link, captured.bytes,
                        captured.captured_bytes, captured.wire_bytes, captured.time_ns, options,
                        &packet->packet, &ignored);
        flow_key_make(&packet->packet, &packet->key);
        flow_table_fetch_slot(reading->flows->table, &packet->key);
        if (packet->packet.tunnels != 0 && !packet->packet.reassembled) {
            read_outer(reading, &captured, &packet->packet);
            break;
        }
    }
    return count;
}

/* The innermost header with ports speaks for the packet. */
static void take_outer(struct reading *reading, struct flows_packet *inner)
{
    bool speaks = inner->key.usable;
    for (int i = 0; i < reading->outer_count; i++) {
        const struct packet *outer = &reading->outer[i];
        struct flow_key key;
        flow_key_make(outer, &key);
        if (!key.usable || key.quoted)
            continue;
        bool last = !speaks && i == reading->outer_count - 1;
        if (!last)
            flow_table_take_keyed(reading->flows->table, &key, outer, inner->time_ns, NULL);
        else {
            inner->packet = *outer;
            inner->key = key;
        }
    }
}

static void take(struct reading *reading, int count)
{
    struct flows *flows = reading->flows;
    for (int i = 0; i < count; i++)
        flow_table_fetch_flow(flows->table, &reading->batch[i].key);
    for (int i = 0; i < count; i++) {
        struct flows_packet *packet = &reading->batch[i];
        struct flow_note note;
        if (reading->outer_count != 0 && i == count - 1)
            take_outer(reading, packet);
        flow_table_take_keyed(flows->table, &packet->key, &packet->packet, packet->time_ns,
                              flows->tell != NULL ? &note : NULL);
        flows->damaged += packet->packet.damage != NULL;
        if (flows->tell != NULL)
            flows->tell(flows->context, packet, &note);
    }
    flows->frames += (uint64_t)count;
}

static int read_all(struct reading *reading, struct err *err)
{
    struct clock clock = clock_monotonic();
    struct progress progress = {.wanted = isatty(STDERR_FILENO) != 0, .start_ns = clock_now_ns(&clock)};
    int result = 1;
    for (uint64_t shown = 0; result == 1;) {
        int count = fill(reading, &result, err);
        take(reading, count);
        if (progress.wanted && reading->flows->frames - shown >= PROGRESS_EVERY) {
            shown = reading->flows->frames;
            progress_show(&progress, reading->capture);
        }
    }
    progress_clear(&progress);
    return result;
}

int flows_read(struct flows *flows, struct err *err)
{
    struct reading reading = {.flows = flows, .capture = capture_open(flows->path, flows->filter, err)};
    if (reading.capture == NULL) {
        err_wrap(err, "%s", flows->path);
        return -EINVAL;
    }
    reading.reassembly = reassembly_new(FRAGMENTS_BYTES_MAX);
    int result = read_all(&reading, err);
    reassembly_free(reading.reassembly);
    capture_close(reading.capture);
    if (result < 0)
        err_wrap(err, "%s", flows->path);
    return result;
}

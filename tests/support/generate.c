#include "tests/support/generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct generate_bench generate_benches[] = {
    {.name = "short-1m.pcap", .plan = {.seed = 1, .packets = 1000000}},
    {.name = "short-5m.pcap", .plan = {.seed = 2, .packets = 5000000}},
    {.name = "long-2m.pcap",
     .plan = {.seed = 3, .packets = 2000000, .is_long = true, .at_once = 20, .snapped_bytes = 96}},
};
const int generate_bench_count = sizeof generate_benches / sizeof generate_benches[0];

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10 };
enum { HEADERS = 14 + 20, TIMESTAMPS = 12, SYN_OPTIONS = 20, SEGMENT = 1448, AT_ONCE = 500 };
enum content { NOTHING, REQUEST, RESPONSE };

struct step {
    bool from_server;
    uint8_t flags;
    enum content content;
    bool again; /* what this end sent last, once more */
};

static const struct step plain[] = {
    {.flags = SYN},
    {.flags = SYN | ACK, .from_server = true},
    {.flags = ACK},
    {.flags = PSH | ACK, .content = REQUEST},
    {.flags = ACK, .from_server = true},
    {.flags = PSH | ACK, .from_server = true, .content = RESPONSE},
    {.flags = ACK},
    {.flags = FIN | ACK},
    {.flags = FIN | ACK, .from_server = true},
    {.flags = ACK},
};

static const struct step syn_twice[] = {
    {.flags = SYN},
    {.flags = SYN, .again = true},
    {.flags = SYN | ACK, .from_server = true},
    {.flags = ACK},
    {.flags = PSH | ACK, .content = REQUEST},
    {.flags = PSH | ACK, .from_server = true, .content = RESPONSE},
    {.flags = ACK},
    {.flags = FIN | ACK, .from_server = true},
    {.flags = FIN | ACK},
    {.flags = ACK, .from_server = true},
};

static const struct step request_twice[] = {
    {.flags = SYN},
    {.flags = SYN | ACK, .from_server = true},
    {.flags = ACK},
    {.flags = PSH | ACK, .content = REQUEST},
    {.flags = PSH | ACK, .content = REQUEST, .again = true},
    {.flags = PSH | ACK, .from_server = true, .content = RESPONSE},
    {.flags = ACK},
    {.flags = FIN | ACK},
    {.flags = FIN | ACK, .from_server = true},
    {.flags = ACK},
};

static const struct step aborted[] = {
    {.flags = SYN},
    {.flags = SYN | ACK, .from_server = true},
    {.flags = ACK},
    {.flags = PSH | ACK, .content = REQUEST},
    {.flags = PSH | ACK, .from_server = true, .content = RESPONSE},
    {.flags = PSH | ACK, .content = REQUEST},
    {.flags = PSH | ACK, .from_server = true, .content = RESPONSE},
    {.flags = ACK},
    {.flags = FIN | ACK, .from_server = true},
    {.flags = RST},
};

/* One in sixteen connections each for the unusual ones. */
static const struct step *const scripts[16] = {
    plain, plain, plain, plain, plain, plain,     plain,         plain,
    plain, plain, plain, plain, plain, syn_twice, request_twice, aborted,
};

static const struct step opening[] = {
    {.flags = SYN},
    {.flags = SYN | ACK, .from_server = true},
    {.flags = ACK},
};

/* One end; [0] is the client. */
struct end {
    uint8_t ip[4];
    uint16_t port, ip_id;
    uint32_t next, start_again; /* sequence numbers */
};

struct connection {
    struct end ends[2];
    uint32_t number;
    uint32_t at;        /* step */
    uint32_t lost;      /* long: sequence number of the segment that is missing */
    uint8_t lost_phase; /* long: 0 nothing is missing, else how many packets since */
    const struct step *script;
};

struct generator {
    const struct generate_plan *plan;
    FILE *stream;
    uint64_t state, time_us, bytes;
    uint32_t opened;
};

/* xorshift64* */
static uint32_t number_below(struct generator *g, uint32_t limit)
{
    g->state ^= g->state >> 12;
    g->state ^= g->state << 25;
    g->state ^= g->state >> 27;
    return (uint32_t)((g->state * 2685821657736338717ULL >> 33) % limit);
}

static void put16(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static void put32(uint8_t *to, uint32_t value)
{
    put16(to, value >> 16);
    put16(to + 2, value);
}

static uint32_t sum(uint32_t start, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i + 1 < count; i += 2)
        start += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    return count % 2 == 0 ? start : start + ((uint32_t)bytes[count - 1] << 8);
}

static uint16_t folded(uint32_t total)
{
    total = (total & 0xffff) + (total >> 16);
    return (uint16_t) ~((total & 0xffff) + (total >> 16));
}

static void put_little32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static void record_write(struct generator *g, const uint8_t *frame, uint32_t count)
{
    uint32_t snapped = g->plan->snapped_bytes;
    uint32_t kept = snapped != 0 && snapped < count ? snapped : count;
    uint8_t header[16];
    put_little32(header, (uint32_t)(g->time_us / 1000000));
    put_little32(header + 4, (uint32_t)(g->time_us % 1000000));
    put_little32(header + 8, kept);
    put_little32(header + 12, count);
    if (fwrite(header, sizeof header, 1, g->stream) != 1 || fwrite(frame, kept, 1, g->stream) != 1) {
        perror("generate");
        exit(1);
    }
    g->bytes += sizeof header + kept;
    g->time_us += 1 + number_below(g, 20);
}

static uint32_t options_write(uint8_t *to, bool is_syn, uint32_t stamp)
{
    static const uint8_t syn[] = {2, 4, 5, 0xb4, 4, 2, 8, 10};
    if (is_syn) {
        memcpy(to, syn, sizeof syn);
        put32(to + 8, stamp);
        put32(to + 12, 0);
        memcpy(to + 16, "\1\3\3\7", 4);
        return SYN_OPTIONS;
    }
    memcpy(to, "\1\1\10\12", 4);
    put32(to + 4, stamp);
    put32(to + 8, stamp - 10);
    return TIMESTAMPS;
}

static void ip_write(uint8_t *ip, struct end *from, const struct end *to, uint32_t total)
{
    memset(ip, 0, 20);
    ip[0] = 0x45;
    put16(ip + 2, total);
    put16(ip + 4, from->ip_id++);
    ip[6] = 0x40;
    ip[8] = 64;
    ip[9] = 6;
    memcpy(ip + 12, from->ip, 4);
    memcpy(ip + 16, to->ip, 4);
    put16(ip + 10, folded(sum(0, ip, 20)));
}

static void packet_write(struct generator *g, struct connection *c, const struct step *step,
                         uint32_t sequence, uint32_t acknowledgment, uint32_t payload)
{
    static const uint8_t ethernet[2][14] = {
        {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0},
        {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0},
    };
    struct end *from = &c->ends[step->from_server], *to = &c->ends[!step->from_server];
    uint8_t frame[HEADERS + 60 + SEGMENT], *tcp = frame + HEADERS;
    memcpy(frame, ethernet[step->from_server], 14);
    put16(tcp, from->port);
    put16(tcp + 2, to->port);
    put32(tcp + 4, sequence);
    put32(tcp + 8, (step->flags & ACK) != 0 ? acknowledgment : 0);
    uint32_t options = options_write(tcp + 20, (step->flags & SYN) != 0, (uint32_t)(g->time_us / 1000));
    tcp[12] = (uint8_t)((20 + options) / 4 << 4);
    tcp[13] = step->flags;
    put16(tcp + 14, 502);
    put32(tcp + 16, 0);
    for (uint32_t i = 0; i < payload; i++)
        tcp[20 + options + i] = (uint8_t)('a' + (sequence + i) % 26);
    uint32_t segment = 20 + options + payload;
    ip_write(frame + 14, from, to, 20 + segment);
    put16(tcp + 16, folded(sum(sum(6 + segment, frame + 26, 8), tcp, segment)));
    record_write(g, frame, HEADERS + segment);
}

static void step_write(struct generator *g, struct connection *c, const struct step *step, uint32_t payload)
{
    struct end *from = &c->ends[step->from_server];
    if (step->again)
        from->next = from->start_again;
    from->start_again = from->next;
    packet_write(g, c, step, from->next, c->ends[!step->from_server].next, payload);
    from->next += payload + ((step->flags & (SYN | FIN)) != 0 ? 1 : 0);
}

static void connection_open(struct generator *g, struct connection *c)
{
    uint32_t number = g->opened++;
    *c = (struct connection){.number = number, .script = scripts[number_below(g, 16)]};
    /* 10.0.0.0/8 clients, a few servers; a four-tuple comes back after 16 million connections. */
    uint32_t client = number * 2654435761u >> 8;
    c->ends[0] = (struct end){
        .ip = {10, (uint8_t)(client >> 16), (uint8_t)(client >> 8), (uint8_t)client},
        .port = (uint16_t)(32768 + number % 28232),
        .next = number_below(g, 1u << 31) * 2,
    };
    c->ends[1] = (struct end){
        .ip = {192, 0, 2, (uint8_t)(1 + number % 200)}, .port = 443, .next = number_below(g, 1u << 31) * 2};
}

/* True when it was the connection's last packet. */
static bool short_next(struct generator *g, struct connection *c)
{
    const struct step *step = &c->script[c->at++];
    uint32_t length = c->number % 61; /* the same when it is sent again */
    step_write(g, c, step,
               step->content == NOTHING   ? 0
               : step->content == REQUEST ? 20 + length
                                          : 60 + length * 3);
    return g->plan->syn_flood || c->at == GENERATE_PACKETS_PER_CONNECTION;
}

static void acknowledge(struct generator *g, struct connection *c, uint32_t acknowledgment)
{
    static const struct step step = {.flags = ACK};
    packet_write(g, c, &step, c->ends[0].next, acknowledgment, 0);
}

/* A missing segment, three behind it with a duplicate ACK each, the segment, the ACK of all. */
static void loss_next(struct generator *g, struct connection *c)
{
    static const struct step data = {.flags = ACK, .from_server = true};
    uint8_t phase = c->lost_phase++;
    if (phase == 7) {
        packet_write(g, c, &data, c->lost, c->ends[0].next, SEGMENT);
    } else if (phase == 8) {
        acknowledge(g, c, c->ends[1].next);
        c->lost_phase = 0;
    } else if (phase % 2 != 0) {
        step_write(g, c, &data, SEGMENT);
    } else {
        acknowledge(g, c, c->lost);
    }
}

static void long_next(struct generator *g, struct connection *c)
{
    static const struct step data = {.flags = ACK, .from_server = true};
    uint32_t at = c->at;
    if (at < sizeof opening / sizeof opening[0]) {
        step_write(g, c, &opening[at], 0);
    } else if (c->lost_phase != 0) {
        loss_next(g, c);
        return;
    } else if (at % 3 == 2) {
        acknowledge(g, c, c->ends[1].next);
        if (number_below(g, 300) == 0) {
            c->lost = c->ends[1].next;
            c->lost_phase = 1;
            c->ends[1].next += SEGMENT;
        }
    } else {
        step_write(g, c, &data, SEGMENT);
    }
    c->at++;
}

static void file_header_write(struct generator *g)
{
    uint8_t header[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0};
    put_little32(header + 16, g->plan->snapped_bytes != 0 ? g->plan->snapped_bytes : 65535);
    header[20] = 1;
    if (fwrite(header, sizeof header, 1, g->stream) != 1) {
        perror("generate");
        exit(1);
    }
    g->bytes = sizeof header;
}

uint64_t generate_capture(const char *path, const struct generate_plan *plan)
{
    struct generator g = {.plan = plan, .stream = fopen(path, "wb"), .time_us = 1700000000000000};
    if (g.stream == NULL) {
        perror(path);
        exit(1);
    }
    g.state = (plan->seed + 1) * 0x9e3779b97f4a7c15ULL;
    setvbuf(g.stream, NULL, _IOFBF, 1 << 20);
    file_header_write(&g);
    uint32_t at_once = plan->at_once != 0 ? plan->at_once : AT_ONCE;
    struct connection *open = calloc(at_once, sizeof *open);
    for (uint32_t i = 0; i < at_once; i++)
        connection_open(&g, &open[i]);
    for (uint64_t i = 0; i < plan->packets; i++) {
        struct connection *c = &open[number_below(&g, at_once)];
        if (plan->is_long)
            long_next(&g, c);
        else if (short_next(&g, c))
            connection_open(&g, c);
    }
    free(open);
    if (fclose(g.stream) != 0) {
        perror(path);
        exit(1);
    }
    return g.bytes;
}

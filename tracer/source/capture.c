#include "source/capture.h"

#include <errno.h>
#include <pcap.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "source/capture_part.h"

/* The expression means other offsets behind each link header: one program for each that occurs. */
struct capture_filter {
    char *expression;
    struct program {
        uint32_t link;
        bool matches_nothing; /* the expression has no meaning on this link */
        struct bpf_program code;
    } current;
    ARRAY(struct program) programs;
};

/* Where pcap-linktype(7) and libpcap's own numbers differ on this system. */
static int dlt_of(uint32_t link)
{
    switch (link) {
    case 100: return DLT_ATM_RFC1483;
    case 101: return DLT_RAW;
    case 102: return DLT_SLIP_BSDOS;
    case 103: return DLT_PPP_BSDOS;
    case 104: return DLT_C_HDLC;
    case 106: return DLT_ATM_CLIP;
    case 108: return DLT_LOOP;
    }
    return (int)link;
}

static int program_compile(struct capture_filter *filter, uint32_t link, struct err *err)
{
    struct program program = {.link = link};
    pcap_t *dead = pcap_open_dead(dlt_of(link), 1 << 18);
    if (dead == NULL)
        return err_set(err, ENOMEM, "the filter: %s", strerror(ENOMEM));
    int result = 0;
    if (pcap_compile(dead, &program.code, filter->expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        result = err_set(err, EINVAL, "the filter: %s", pcap_geterr(dead));
        program.matches_nothing = true;
    }
    pcap_close(dead);
    *array_push(&filter->programs) = program;
    filter->current = program;
    return result;
}

static const struct program *program_for(struct capture_filter *filter, uint32_t link)
{
    if (filter->current.link == link)
        return &filter->current;
    array_each (const struct program, program, &filter->programs)
        if (program->link == link) {
            filter->current = *program;
            return program;
        }
    (void)program_compile(filter, link, NULL);
    return &filter->current;
}

static bool filter_matches(struct capture_filter *filter, const struct capture_packet *packet)
{
    const struct program *program = program_for(filter, packet->link);
    struct pcap_pkthdr header = {.caplen = packet->captured_bytes, .len = packet->wire_bytes};
    return !program->matches_nothing && pcap_offline_filter(&program->code, &header, packet->bytes) != 0;
}

/* Without an interface there is no packet that the filter could be about; its grammar is checked all the
 * same. */
static int filter_open(struct capture *capture, const char *expression, struct err *err)
{
    uint32_t link = capture->interfaces.count != 0 ? capture->interfaces.items[0].link : 1;
    capture->filter = xcalloc(1, sizeof *capture->filter);
    capture->filter->expression = xstrdup(expression);
    return program_compile(capture->filter, link, err);
}

static void filter_free(struct capture_filter *filter)
{
    if (filter == NULL)
        return;
    array_each (struct program, program, &filter->programs)
        pcap_freecode(&program->code);
    array_release(&filter->programs);
    free(filter->expression);
    free(filter);
}

int capture_cut_short(struct capture *capture, const char *what, struct err *err)
{
    int result = input_failure(&capture->input, err);
    if (result != 0)
        return result;
    return err_set(err, EPIPE, "cut short behind packet %llu: the last %zu bytes are half a %s",
                   (unsigned long long)capture->frame, input_left(&capture->input), what);
}

/* Things that people mistake for captures. */
static const struct {
    uint8_t magic[4];
    uint8_t bytes;
    const char *what;
} others[] = {
    {{'B', 'Z', 'h'}, 3, "bzip2; unpack it first"},
    {{0xfd, '7', 'z', 'X'}, 4, "xz; unpack it first"},
    {{0x04, 0x22, 0x4d, 0x18}, 4, "lz4; unpack it first"},
    {{'P', 'K', 3, 4}, 4, "zip; unpack it first"},
    {{'s', 'n', 'o', 'o'}, 4, "a Solaris snoop file"},
    {{0x7f, 'E', 'L', 'F'}, 4, "a program"},
    {{'{'}, 1, "it looks like JSON"},
    {{'#', '!'}, 2, "a script"},
};

static int not_a_capture(struct input *input, struct err *err)
{
    const uint8_t *bytes = input_need(input, 4);
    int failure = bytes == NULL ? input_failure(input, err) : 0;
    if (failure != 0)
        return failure;
    size_t count = input_left(input);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (count >= others[i].bytes && memcmp(input->at, others[i].magic, others[i].bytes) == 0)
            return err_set(err, EINVAL, "not a capture file (%s)", others[i].what);
    if (bytes == NULL)
        return err_set(err, EINVAL, "not a capture file (%s)", count == 0 ? "it is empty" : "too short");
    return err_set(err, EINVAL, "not a capture file (it begins with %02x %02x %02x %02x)", bytes[0], bytes[1],
                   bytes[2], bytes[3]);
}

static int format_open(struct capture *capture, struct err *err)
{
    int result = capture_pcapng_open(capture, err);
    if (result == 0)
        result = capture_pcap_open(capture, err);
    return result == 0 ? not_a_capture(&capture->input, err) : result;
}

struct capture *capture_open(const char *path, const char *filter, struct err *err)
{
    struct capture *capture = xcalloc(1, sizeof *capture);
    int result = input_open(&capture->input, path, err);
    if (result != 0) {
        free(capture);
        return NULL;
    }
    result = format_open(capture, err);
    if (result >= 0 && filter != NULL)
        result = filter_open(capture, filter, err);
    if (result >= 0)
        return capture;
    capture_close(capture);
    return NULL;
}

int capture_next(struct capture *capture, struct capture_packet *ret_packet, struct err *err)
{
    struct capture_packet packet;
    int result = capture->next(capture, &packet, err);
    if (result != 1)
        return result;
    packet.frame = ++capture->frame;
    if (capture->filter != NULL) {
        while (!filter_matches(capture->filter, &packet)) {
            result = capture->next(capture, &packet, err);
            if (result != 1)
                return result;
            packet.frame = ++capture->frame;
        }
    }
    *ret_packet = packet;
    return 1;
}

double capture_progress(const struct capture *capture)
{
    return input_progress(&capture->input);
}

void capture_close(struct capture *capture)
{
    if (capture == NULL)
        return;
    filter_free(capture->filter);
    array_release(&capture->interfaces);
    input_close(&capture->input);
    free(capture);
}

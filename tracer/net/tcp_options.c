/* TCP options: a table row for each that is understood; the others are stepped over. */
#include "net/decode.h"

static void mss_read(const uint8_t *bytes, size_t count, struct packet_tcp *tcp)
{
    (void)count;
    tcp->option_mss = read_be16(bytes);
}

static void window_shift_read(const uint8_t *bytes, size_t count, struct packet_tcp *tcp)
{
    (void)count;
    /* RFC 7323 2.3: a larger shift is used as 14. */
    tcp->option_window_shift = (int8_t)(bytes[0] > 14 ? 14 : bytes[0]);
}

static void sack_permitted_read(const uint8_t *bytes, size_t count, struct packet_tcp *tcp)
{
    (void)bytes, (void)count;
    tcp->option_sack_permitted = true;
}

static void sack_read(const uint8_t *bytes, size_t count, struct packet_tcp *tcp)
{
    for (tcp->sack_count = 0; tcp->sack_count < 4 && count >= 8; tcp->sack_count++, bytes += 8, count -= 8) {
        tcp->sack_left[tcp->sack_count] = read_be32(bytes);
        tcp->sack_right[tcp->sack_count] = read_be32(bytes + 4);
    }
}

static void timestamps_read(const uint8_t *bytes, size_t count, struct packet_tcp *tcp)
{
    (void)count;
    tcp->option_timestamps = true;
    tcp->timestamp_value = read_be32(bytes);
    tcp->timestamp_echo = read_be32(bytes + 4);
}

static const struct tcp_option {
    uint8_t kind;
    uint8_t min_bytes, max_bytes; /* without kind and length */
    void (*read)(const uint8_t *bytes, size_t count, struct packet_tcp *tcp);
} tcp_options[] = {
    {.kind = 2, .min_bytes = 2, .max_bytes = 2, .read = mss_read},
    {.kind = 3, .min_bytes = 1, .max_bytes = 1, .read = window_shift_read},
    {.kind = 4, .min_bytes = 0, .max_bytes = 0, .read = sack_permitted_read},
    {.kind = 5, .min_bytes = 8, .max_bytes = 32, .read = sack_read},
    {.kind = 8, .min_bytes = 8, .max_bytes = 8, .read = timestamps_read},
};

/* An option with a length that its kind cannot have is ignored, as kernels do. */
static void option_decode(uint8_t kind, const uint8_t *bytes, size_t count, struct packet_tcp *tcp)
{
    for (size_t i = 0; i < sizeof tcp_options / sizeof tcp_options[0]; i++) {
        const struct tcp_option *option = &tcp_options[i];
        if (option->kind == kind && count >= option->min_bytes && count <= option->max_bytes)
            option->read(bytes, count, tcp);
    }
}

int tcp_options_decode(const uint8_t *bytes, size_t count, struct packet_tcp *tcp)
{
    for (size_t at = 0; at < count && bytes[at] != 0;) {
        if (bytes[at] == 1) {
            at++;
            continue;
        }
        if (count - at < 2 || bytes[at + 1] < 2 || bytes[at + 1] > count - at)
            return -EPROTO;
        option_decode(bytes[at], bytes + at + 2, (size_t)bytes[at + 1] - 2, tcp);
        at += bytes[at + 1];
    }
    return 0;
}

/*
 * Hand-made frames for the tests of net/: bytes from hexadecimal, decoded with the last byte flush against a
 * page that nobody may read.
 */
#ifndef SOCKSTEP_TESTS_FRAME_H
#define SOCKSTEP_TESTS_FRAME_H

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "net/packet.h"

#define FRAME_MAX 4096

struct frame {
    uint8_t bytes[FRAME_MAX];
    size_t count;
};

static uint8_t *page_end; /* one past the last readable byte */

static inline int map_pages(void **state)
{
    (void)state;
    uint8_t *map = mmap(NULL, FRAME_MAX * 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || mprotect(map + FRAME_MAX, FRAME_MAX, PROT_NONE) != 0)
        return -1;
    page_end = map + FRAME_MAX;
    return 0;
}

/* Hexadecimal digits, spaces ignored. */
static inline void add(struct frame *frame, const char *hex)
{
    for (; *hex != '\0'; hex++) {
        if (*hex == ' ')
            continue;
        unsigned value;
        assert_int_equal(sscanf(hex, "%2x", &value), 1);
        assert_true(frame->count < FRAME_MAX);
        frame->bytes[frame->count++] = (uint8_t)value;
        hex++;
    }
}

static inline int decode_part(enum link_type link, const struct frame *frame, size_t captured,
                              struct packet *packet)
{
    uint8_t *bytes = page_end - captured;
    memcpy(bytes, frame->bytes, captured);
    memset(packet, 0xa5, sizeof *packet);
    return packet_decode(link, bytes, captured, frame->count, packet);
}

static inline int decode(enum link_type link, const struct frame *frame, struct packet *packet)
{
    return decode_part(link, frame, frame->count, packet);
}

#define ETHERNET "02 00 00 00 00 02 02 00 00 00 00 01 "
#define IPV4     ETHERNET "08 00 "
#define IPV6     ETHERNET "86 dd "
/* 192.0.2.1 -> 192.0.2.2 and 2001:db8::1 -> 2001:db8::2 */
#define ADDRESSES4 "c0 00 02 01 c0 00 02 02 "
#define ADDRESSES6                                                                                           \
    "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 "                                                       \
    "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02 "
/* 40000 -> 7001, sequence 1000, acknowledgment 2000, PSH and ACK, window 509 */
#define TCP_PLAIN(checksum) "9c 40 1b 59 00 00 03 e8 00 00 07 d0 50 18 01 fd " checksum " 00 00 "
#define HELLO               "68 65 6c 6c 6f "
#define TCP_HELLO           IPV4 "45 00 00 2d 12 34 40 00 40 06 00 00 " ADDRESSES4 TCP_PLAIN("22 a3") HELLO

static inline void expect_hello(const struct packet *packet, size_t headers)
{
    assert_int_equal(packet->source.port, 40000);
    assert_int_equal(packet->destination.port, 7001);
    assert_int_equal(packet->payload_bytes, 5);
    assert_int_equal(packet->payload_present, 5);
    assert_int_equal(packet->payload_offset, headers);
    assert_memory_equal(page_end - packet->wire_bytes + packet->payload_offset, "hello", 5);
}

#endif

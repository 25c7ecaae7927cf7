/*
 * Any bytes as IP packets one after the other, put together if they are fragments: two bytes of length, one
 * of seconds since the packet before, then the packet.
 */
#include "tests/fuzz/fuzz_main.h"

#include <stdlib.h>

#include "base/clock.h"
#include "net/reassembly.h"

enum { MEMORY_MAX = 20000, ONE_DATAGRAM_MAX = 70000 };

static volatile uint8_t sink;

static void must(bool sound)
{
    if (!sound)
        abort();
}

static void expect_sound(const struct packet *packet, const uint8_t *from, int result)
{
    must((result == 0) == (packet->damage == NULL));
    must(packet->payload_present <= packet->payload_bytes);
    must(!packet->has_transport || packet->ip_offset <= packet->payload_offset);
    for (uint32_t i = 0; i < packet->payload_present; i++)
        sink ^= from[packet->payload_offset + i];
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct reassembly *reassembly = reassembly_new(MEMORY_MAX);
    int64_t now_ns = 0;
    while (count >= 3) {
        size_t length = (size_t)(bytes[0] | bytes[1] << 8);
        now_ns += bytes[2] * NS_PER_S;
        bytes += 3;
        count -= 3;
        if (length > count)
            length = count;
        uint8_t *exact = malloc(length + 1); /* so that a read behind it is seen */
        const uint8_t *from;
        struct packet packet;
        must(exact != NULL);
        for (size_t i = 0; i < length; i++)
            exact[i + 1] = bytes[i];
        int result = reassembly_read(reassembly, LINK_RAW, exact + 1, length, length, now_ns,
                                     PACKET_INNERMOST | PACKET_CHECKSUM, &packet, &from);
        expect_sound(&packet, from, result);
        must(reassembly_counts(reassembly).waiting_bytes <= MEMORY_MAX + ONE_DATAGRAM_MAX);
        free(exact);
        bytes += length;
        count -= length;
    }
    reassembly_free(reassembly);
    return 0;
}

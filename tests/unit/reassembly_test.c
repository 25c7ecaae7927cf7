/* Datagrams in fragments: every order, overlaps, limits, tunnels; input flush against a page that nobody may
 * read. */
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "net/reassembly.h"
#include "tests/support/packet_builder.h"

#include <sys/mman.h>

enum { PAGES = 1 << 17, PAYLOAD = 100, MEMORY = 1 << 20 };

static uint8_t *page_end;

static int map_pages(void **state)
{
    (void)state;
    uint8_t *map = mmap(NULL, PAGES + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || mprotect(map + PAGES, 4096, PROT_NONE) != 0)
        return -1;
    page_end = map + PAGES;
    return 0;
}

/* A UDP datagram as an IP packet of either version: 40000 -> 7001, PAYLOAD bytes that count up. */
struct whole {
    uint8_t bytes[FRAME_MAX_BYTES];
    size_t count, header_bytes;
    bool is_ipv6;
};

static struct whole whole_make(bool is_ipv6)
{
    uint8_t payload[PAYLOAD];
    struct frame frame;
    struct whole whole = {.is_ipv6 = is_ipv6, .header_bytes = is_ipv6 ? 40 : 20};
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)i;
    struct packet_plan plan = {
        .source = address_make(is_ipv6 ? "2001:db8::1" : "192.0.2.1", 40000),
        .destination = address_make(is_ipv6 ? "2001:db8::2" : "192.0.2.2", 7001),
        .protocol = PROTOCOL_UDP,
        .ip_id = 0x1234,
        .payload = payload,
        .payload_bytes = sizeof payload,
    };
    packet_build(&frame, &plan);
    whole.count = frame.count - frame.ip_offset;
    memcpy(whole.bytes, frame.bytes + frame.ip_offset, whole.count);
    return whole;
}

static void put_be16(uint8_t *to, size_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

/* Bytes [start, start + count) of what lies behind the IP header, as a fragment. Returns its length in `to`.
 */
static size_t fragment_make(const struct whole *whole, size_t start, size_t count, bool more, uint8_t *to)
{
    size_t header_bytes = whole->header_bytes;
    memcpy(to, whole->bytes, header_bytes);
    if (whole->is_ipv6) {
        to[6] = 44;
        to[header_bytes] = PROTOCOL_UDP;
        to[header_bytes + 1] = 0;
        put_be16(to + header_bytes + 2, start | more);
        memset(to + header_bytes + 4, 0x77, 4);
        header_bytes += 8;
        put_be16(to + 4, 8 + count);
    } else {
        put_be16(to + 2, header_bytes + count);
        put_be16(to + 6, start / 8 | (more ? 0x2000 : 0));
    }
    memcpy(to + header_bytes, whole->bytes + whole->header_bytes + start, count);
    return header_bytes + count;
}

struct answer {
    int result;
    struct packet packet;
    const uint8_t *bytes;
};

static struct answer give_bytes(struct reassembly *reassembly, const uint8_t *bytes, size_t captured,
                                size_t wire, int64_t time_ns)
{
    struct answer answer;
    uint8_t *flush = page_end - captured;
    memcpy(flush, bytes, captured);
    answer.result = reassembly_read(reassembly, LINK_RAW, flush, captured, wire, time_ns,
                                    PACKET_INNERMOST | PACKET_CHECKSUM, &answer.packet, &answer.bytes);
    assert_true((answer.result == 0) == (answer.packet.damage == NULL));
    assert_true(answer.packet.reassembled || answer.bytes == flush);
    return answer;
}

static struct answer give_at(struct reassembly *reassembly, const struct whole *whole, size_t start,
                             size_t count, bool more, int64_t time_ns)
{
    uint8_t bytes[FRAME_MAX_BYTES];
    size_t length = fragment_make(whole, start, count, more, bytes);
    return give_bytes(reassembly, bytes, length, length, time_ns);
}

static struct answer give(struct reassembly *reassembly, const struct whole *whole, size_t start,
                          size_t count, bool more)
{
    return give_at(reassembly, whole, start, count, more, 0);
}

static void expect_waiting(const struct answer *answer)
{
    assert_int_equal(answer->result, 0);
    assert_false(answer->packet.has_transport);
    assert_false(answer->packet.reassembled);
    assert_int_equal(answer->packet.protocol, PROTOCOL_UDP);
    assert_int_equal(answer->packet.source.port, 0);
}

static void expect_whole(const struct answer *answer)
{
    const struct packet *packet = &answer->packet;
    assert_int_equal(answer->result, 0);
    assert_true(packet->has_transport && packet->reassembled);
    assert_int_equal(packet->source.port, 40000);
    assert_int_equal(packet->destination.port, 7001);
    assert_true(packet->checksum_judged && !packet->checksum_bad);
    assert_int_equal(packet->payload_present, PAYLOAD);
    assert_false(packet->more_fragments);
    assert_int_equal(packet->fragment_offset, 0);
    for (size_t i = 0; i < PAYLOAD; i++)
        assert_int_equal(answer->bytes[packet->payload_offset + i], i);
}

static void whole_packets_pass(void **state)
{
    (void)state;
    struct reassembly *reassembly = reassembly_new(MEMORY);
    for (int is_ipv6 = 0; is_ipv6 < 2; is_ipv6++) {
        struct whole whole = whole_make(is_ipv6);
        struct answer answer = give_bytes(reassembly, whole.bytes, whole.count, whole.count, 0);
        assert_false(answer.packet.reassembled);
        assert_int_equal(answer.packet.destination.port, 7001);
    }
    assert_int_equal(reassembly_counts(reassembly).waiting, 0);
    reassembly_free(reassembly);
}

/* Five fragments in all 120 orders, each with the fragment before it once more. */
static void every_order(void **state)
{
    (void)state;
    static const size_t starts[] = {0, 8, 40, 48, 96, 108};
    for (int order = 0; order < 240; order++) {
        struct whole whole = whole_make(order % 2);
        struct reassembly *reassembly = reassembly_new(MEMORY);
        int left[] = {0, 1, 2, 3, 4}, before = -1, code = order / 2;
        for (int count = 5; count > 0; count--) {
            int at = code % count, which = left[at];
            code /= count;
            left[at] = left[count - 1];
            struct answer answer =
                give(reassembly, &whole, starts[which], starts[which + 1] - starts[which], which != 4);
            if (count > 1)
                expect_waiting(&answer);
            else
                expect_whole(&answer);
            if (before >= 0 && count > 1) {
                answer = give(reassembly, &whole, starts[before], starts[before + 1] - starts[before],
                              before != 4);
                expect_waiting(&answer);
            }
            before = which;
        }
        assert_int_equal(reassembly_counts(reassembly).waiting, 0);
        assert_int_equal(reassembly_counts(reassembly).waiting_bytes, 0);
        assert_int_equal(reassembly_counts(reassembly).completed, 1);
        reassembly_free(reassembly);
    }
}

static void overlaps_that_agree(void **state)
{
    (void)state;
    for (int is_ipv6 = 0; is_ipv6 < 2; is_ipv6++) {
        struct whole whole = whole_make(is_ipv6);
        struct reassembly *reassembly = reassembly_new(MEMORY);
        struct answer answer = give(reassembly, &whole, 0, 64, true);
        expect_waiting(&answer);
        answer = give(reassembly, &whole, 24, 8, true);
        expect_waiting(&answer);
        answer = give(reassembly, &whole, 32, 76, false);
        expect_whole(&answer);
        reassembly_free(reassembly);
    }
}

static void overlaps_that_disagree(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct whole whole = whole_make(i % 2), other = whole;
        struct reassembly *reassembly = reassembly_new(MEMORY);
        other.bytes[whole.header_bytes + 40] ^= 1;
        struct answer answer = give(reassembly, &whole, 0, 64, true);
        expect_waiting(&answer);
        answer =
            i / 2 == 0 ? give(reassembly, &other, 40, 68, false) : give(reassembly, &whole, 8, 24, false);
        assert_int_equal(answer.result, -EPROTO);
        assert_string_equal(answer.packet.damage, "fragments overlap and disagree");
        answer = give(reassembly, &whole, 64, 44, false);
        assert_int_equal(answer.result, -EPROTO);
        assert_string_equal(answer.packet.damage, "a fragment of a datagram that overlaps itself");
        assert_false(answer.packet.has_transport);
        assert_int_equal(reassembly_counts(reassembly).damaged, 1);
        reassembly_free(reassembly);
    }
}

static void datagrams_are_kept_apart(void **state)
{
    (void)state;
    struct reassembly *reassembly = reassembly_new(MEMORY);
    struct whole a = whole_make(false), b = a, c = a, d = a;
    b.bytes[4]++;  /* identification */
    c.bytes[15]++; /* source */
    d.bytes[9]++;  /* protocol */
    const struct whole *all[] = {&a, &b, &c, &d};
    for (int i = 0; i < 4; i++)
        assert_false(give(reassembly, all[i], 0, 56, true).packet.reassembled);
    assert_int_equal(reassembly_counts(reassembly).waiting, 4);
    for (int i = 0; i < 4; i++)
        assert_true(give(reassembly, all[i], 56, 52, false).packet.reassembled);
    reassembly_free(reassembly);
}

static void too_late(void **state)
{
    (void)state;
    struct whole whole = whole_make(false);
    struct reassembly *reassembly = reassembly_new(MEMORY);
    struct answer answer = give_at(reassembly, &whole, 0, 56, true, 0);
    answer = give_at(reassembly, &whole, 56, 52, false, 60 * NS_PER_S + 1);
    expect_waiting(&answer);
    assert_int_equal(reassembly_counts(reassembly).timed_out, 1);
    assert_int_equal(reassembly_counts(reassembly).waiting, 1);
    answer = give_at(reassembly, &whole, 0, 56, true, 120 * NS_PER_S);
    expect_whole(&answer);
    reassembly_free(reassembly);
}

static void memory_is_bounded(void **state)
{
    (void)state;
    struct whole whole = whole_make(true);
    struct reassembly *reassembly = reassembly_new(100000);
    uint8_t bytes[FRAME_MAX_BYTES];
    for (uint32_t i = 0; i < 5000; i++) {
        size_t count = fragment_make(&whole, i % 3 * 8, 56, true, bytes);
        memcpy(bytes + 44, &i, 4); /* identification */
        (void)give_bytes(reassembly, bytes, count, count, 0);
        assert_true(reassembly_counts(reassembly).waiting_bytes <= 100000);
    }
    struct reassembly_counts counts = reassembly_counts(reassembly);
    assert_true(counts.evicted > 4900 && counts.evicted + counts.waiting == 5000);
    reassembly_free(reassembly);
}

static void fragments_that_cannot_be(void **state)
{
    (void)state;
    struct whole whole = whole_make(false);
    struct reassembly *reassembly = reassembly_new(MEMORY);
    uint8_t bytes[FRAME_MAX_BYTES];
    assert_string_equal(give(reassembly, &whole, 0, 20, true).packet.damage,
                        "a fragment with a length that is no multiple of eight");
    assert_string_equal(give(reassembly, &whole, 8, 0, false).packet.damage, "a fragment of nothing");
    size_t count = fragment_make(&whole, 0, 64, false, bytes);
    put_be16(bytes + 6, 0x1fff);
    assert_string_equal(give_bytes(reassembly, bytes, count, count, 0).packet.damage,
                        "a fragment beyond the end of any datagram");
    assert_int_equal(reassembly_counts(reassembly).waiting, 0);
    reassembly_free(reassembly);
}

/* It can never be whole, so that the first fragment may as well speak for itself. */
static void cut_short_by_the_capture(void **state)
{
    (void)state;
    struct whole whole = whole_make(false);
    struct reassembly *reassembly = reassembly_new(MEMORY);
    uint8_t bytes[FRAME_MAX_BYTES];
    size_t count = fragment_make(&whole, 0, 64, true, bytes);
    struct answer answer = give_bytes(reassembly, bytes, 40, count, 0);
    assert_true(answer.packet.has_transport && answer.packet.more_fragments);
    assert_int_equal(answer.packet.destination.port, 7001);
    count = fragment_make(&whole, 64, 44, false, bytes);
    answer = give_bytes(reassembly, bytes, 40, count, 0);
    assert_false(answer.packet.has_transport);
    assert_int_equal(reassembly_counts(reassembly).waiting, 0);
    for (size_t captured = 0; captured < count; captured++)
        (void)give_bytes(reassembly, bytes, captured, count, 0);
    reassembly_free(reassembly);
}

/* The largest datagram of all, in fragments of 8 bytes and a last one of 3: 65515 bytes behind the header. */
static void the_largest_datagram(void **state)
{
    (void)state;
    struct reassembly *reassembly = reassembly_new(MEMORY);
    struct whole whole = whole_make(false);
    uint8_t bytes[FRAME_MAX_BYTES];
    struct answer answer = {0};
    for (size_t start = 0; start < 65515; start += 8) {
        size_t payload = start + 8 > 65515 ? 3 : 8, count = fragment_make(&whole, 0, payload, true, bytes);
        if (start != 0)
            memset(bytes + 20, (int)(start / 8 % 256), payload);
        else
            put_be16(bytes + 24, 65515); /* the UDP length */
        put_be16(bytes + 6, start / 8 | (payload == 8 ? 0x2000 : 0));
        answer = give_bytes(reassembly, bytes, count, count, 0);
        assert_int_equal(answer.packet.reassembled, payload == 3);
    }
    assert_int_equal(answer.packet.payload_present, 65507);
    for (size_t start = 8; start < 65515; start++)
        assert_int_equal(answer.bytes[20 + start], start / 8 % 256);
    reassembly_free(reassembly);
}

/* Each fragment could be, but the header of the first is four bytes longer than the others'. */
static void larger_than_the_largest(void **state)
{
    (void)state;
    struct reassembly *reassembly = reassembly_new(MEMORY);
    struct whole whole = whole_make(false);
    uint8_t bytes[FRAME_MAX_BYTES];
    struct answer answer = {0};
    for (size_t start = 0; start < 65515; start += 40) {
        size_t payload = start + 40 > 65515 ? 65515 - start : 40, options = start == 0 ? 4 : 0;
        size_t count = fragment_make(&whole, 0, payload, true, bytes);
        memmove(bytes + 20 + options, bytes + 20, payload);
        memset(bytes + 20, 1, options);
        bytes[0] = (uint8_t)(0x45 + options / 4);
        put_be16(bytes + 2, count + options);
        put_be16(bytes + 6, start / 8 | (payload == 40 ? 0x2000 : 0));
        answer = give_bytes(reassembly, bytes, count + options, count + options, 0);
    }
    assert_string_equal(answer.packet.damage, "fragments of more than any datagram can hold");
    assert_int_equal(reassembly_counts(reassembly).damaged, 1);
    reassembly_free(reassembly);
}

/* IP in IP, the inner packet in two fragments, each of which is in two fragments again. */
static void fragments_of_fragments(void **state)
{
    (void)state;
    struct whole whole = whole_make(false), outer = {.header_bytes = 20};
    struct reassembly *reassembly = reassembly_new(MEMORY);
    struct answer answer = {0};
    for (int i = 0; i < 2; i++) {
        memcpy(outer.bytes, whole.bytes, 20);
        outer.bytes[9] = 4;
        outer.bytes[5] = (uint8_t)i;
        size_t inner = fragment_make(&whole, i == 0 ? 0 : 56, i == 0 ? 56 : 52, i == 0, outer.bytes + 20);
        answer = give(reassembly, &outer, 0, 32, true);
        assert_int_equal(answer.packet.protocol, 4);
        assert_false(answer.packet.reassembled);
        answer = give(reassembly, &outer, 32, inner - 32, false);
    }
    expect_whole(&answer);
    assert_int_equal(answer.packet.tunnels, 1);
    reassembly_free(reassembly);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_packets_pass),       cmocka_unit_test(every_order),
        cmocka_unit_test(overlaps_that_agree),      cmocka_unit_test(overlaps_that_disagree),
        cmocka_unit_test(datagrams_are_kept_apart), cmocka_unit_test(too_late),
        cmocka_unit_test(memory_is_bounded),        cmocka_unit_test(fragments_that_cannot_be),
        cmocka_unit_test(cut_short_by_the_capture), cmocka_unit_test(the_largest_datagram),
        cmocka_unit_test(larger_than_the_largest),  cmocka_unit_test(fragments_of_fragments),
    };
    return cmocka_run_group_tests(tests, map_pages, NULL);
}

/* Link and IP layers, captures that are cut short, and the words of a packet. */
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "net/packet.h"
#include "tests/unit/frame.h"

static void padding_is_no_payload(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, TCP_HELLO "de ad be ef de ad be ef");
    assert_int_equal(decode(LINK_ETHERNET, &frame, &packet), 0);
    assert_int_equal(packet.payload_bytes, 5);
    assert_int_equal(packet.payload_present, 5);
    assert_int_equal(packet.wire_bytes, 67);
    assert_true(packet.checksum_judged && !packet.checksum_bad);
}

static void total_length_0_means_the_rest(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, TCP_HELLO);
    frame.bytes[16] = frame.bytes[17] = 0;
    assert_int_equal(decode(LINK_ETHERNET, &frame, &packet), 0);
    expect_hello(&packet, 54);
    assert_false(packet.checksum_judged);
}

static void ipv6_payload_length_0_means_the_rest(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, "60 00 00 00 00 00 06 40 " ADDRESSES6 TCP_PLAIN("22 a3") HELLO);
    assert_int_equal(decode(LINK_RAW, &frame, &packet), 0);
    expect_hello(&packet, 60);
    assert_false(packet.checksum_judged);
}

static void cut_short_by_the_capture(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, TCP_HELLO);
    assert_int_equal(decode_part(LINK_ETHERNET, &frame, 56, &packet), 0);
    assert_int_equal(packet.payload_bytes, 5);
    assert_int_equal(packet.payload_present, 2);
    assert_false(packet.checksum_judged);
    assert_int_equal(decode_part(LINK_ETHERNET, &frame, 53, &packet), -EPROTO);
    assert_string_equal(packet.damage, "the TCP header is cut short");
    assert_int_equal(packet.destination.port, 7001);
    assert_int_equal(decode_part(LINK_ETHERNET, &frame, 33, &packet), -EPROTO);
    assert_string_equal(packet.damage, "the IP header is cut short");
    assert_int_equal(decode_part(LINK_ETHERNET, &frame, 13, &packet), -EPROTO);
    assert_string_equal(packet.damage, "the link header is cut short");
}

static void longer_than_its_frame(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, TCP_HELLO);
    frame.bytes[17] = 0x40;
    assert_int_equal(decode(LINK_ETHERNET, &frame, &packet), -EPROTO);
    assert_string_equal(packet.damage, "the IP packet is longer than the frame");
    assert_int_equal(packet.payload_bytes, 0x40 - 40);
    assert_int_equal(packet.payload_present, 5);
    assert_false(packet.checksum_judged);
}

static void vlan_tags(void **state)
{
    (void)state;
    struct frame one = {0}, two = {0};
    struct packet packet;
    const char *rest = "08 00 45 00 00 2d 12 34 40 00 40 06 00 00 " ADDRESSES4 TCP_PLAIN("22 a3") HELLO;
    add(&one, ETHERNET "81 00 00 05 ");
    add(&one, rest);
    add(&two, ETHERNET "88 a8 00 05 81 00 00 06 ");
    add(&two, rest);
    assert_int_equal(decode(LINK_ETHERNET, &one, &packet), 0);
    expect_hello(&packet, 58);
    assert_int_equal(decode(LINK_ETHERNET, &two, &packet), 0);
    expect_hello(&packet, 62);
    assert_true(packet.checksum_judged && !packet.checksum_bad);
}

static void every_link_type(void **state)
{
    (void)state;
    static const struct {
        enum link_type link;
        const char *header;
        size_t bytes;
    } links[] = {
        {LINK_RAW, "", 0},
        {LINK_RAW_BSD, "", 0},
        {LINK_RAW_OPENBSD, "", 0},
        {LINK_IPV4, "", 0},
        {LINK_NULL, "02 00 00 00", 4},
        {LINK_NULL, "00 00 00 02", 4},
        {LINK_LOOP, "00 00 00 02", 4},
        {LINK_PPP, "ff 03 00 21", 4},
        {LINK_PPP, "00 21", 2},
        {LINK_PPP, "21", 1},
        {LINK_LINUX_SLL, "00 00 00 01 00 06 02 00 00 00 00 01 00 00 08 00", 16},
        {LINK_LINUX_SLL2, "08 00 00 00 00 00 00 02 00 01 00 06 02 00 00 00 00 01 00 00", 20},
        {LINK_ETHERNET, ETHERNET "00 35 aa aa 03 00 00 00 08 00", 22},
    };
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        struct frame frame = {0};
        struct packet packet;
        add(&frame, links[i].header);
        add(&frame, "45 00 00 2d 12 34 40 00 40 06 00 00 " ADDRESSES4 TCP_PLAIN("22 a3") HELLO);
        if (decode(links[i].link, &frame, &packet) != 0)
            fail_msg("row %zu: %s", i, packet.damage);
        expect_hello(&packet, links[i].bytes + 40);
    }
}

static void not_ip(void **state)
{
    (void)state;
    static const struct {
        int link;
        const char *bytes;
    } rows[] = {
        {LINK_ETHERNET, ETHERNET "08 06 00 01 08 00 06 04 00 01"},
        {LINK_ETHERNET, ETHERNET "00 26 42 42 03 00 00 00 00 00"},
        {LINK_RAW, "70 00"},
        {LINK_NULL, "00 00 00 07"},
        {LINK_PPP, "c0 21 01 01"},
        {147, "00"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct frame frame = {0};
        struct packet packet;
        add(&frame, rows[i].bytes);
        assert_int_equal(decode((enum link_type)rows[i].link, &frame, &packet), -EPROTONOSUPPORT);
        assert_non_null(packet.damage);
        assert_int_equal(packet.source.family, ADDRESS_NONE);
        assert_int_equal(packet.protocol, PROTOCOL_NONE);
    }
}

static void ipv4_options_are_stepped_over(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, "46 00 00 31 12 34 40 00 40 06 00 00 " ADDRESSES4 "94 04 00 00 " TCP_PLAIN("22 a3") HELLO);
    assert_int_equal(decode(LINK_RAW, &frame, &packet), 0);
    expect_hello(&packet, 44);
    assert_true(packet.checksum_judged && !packet.checksum_bad);
}

static void a_source_route_takes_the_checksum_away(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, "47 00 00 35 12 34 40 00 40 06 00 00 " ADDRESSES4
                "83 07 04 c0 00 02 09 00 " TCP_PLAIN("22 a3") HELLO);
    assert_int_equal(decode(LINK_RAW, &frame, &packet), 0);
    expect_hello(&packet, 48);
    assert_false(packet.checksum_judged);
}

static void ipv4_damage(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, "44 00 00 2d 12 34 40 00 40 06 00 00 " ADDRESSES4 TCP_PLAIN("22 a3") HELLO);
    assert_int_equal(decode(LINK_RAW, &frame, &packet), -EPROTO);
    assert_string_equal(packet.damage, "the IPv4 header length is below 20");
    frame.bytes[0] = 0x45;
    frame.bytes[3] = 19;
    assert_int_equal(decode(LINK_RAW, &frame, &packet), -EPROTO);
    assert_string_equal(packet.damage, "the IPv4 total length is below the header length");
    frame.bytes[0] = 0x65;
    assert_int_equal(decode(LINK_IPV4, &frame, &packet), -EPROTO);
    assert_string_equal(packet.damage, "the IP version is not 4");
}

static void fragments(void **state)
{
    (void)state;
    struct frame first = {0}, later = {0};
    struct packet packet;
    add(&first, "45 00 00 2d 12 34 20 00 40 06 00 00 " ADDRESSES4 TCP_PLAIN("22 a3") HELLO);
    assert_int_equal(decode(LINK_RAW, &first, &packet), 0);
    expect_hello(&packet, 40);
    assert_true(packet.more_fragments);
    assert_false(packet.checksum_judged);
    add(&later, "45 00 00 19 12 34 00 b9 40 06 00 00 " ADDRESSES4 HELLO);
    assert_int_equal(decode(LINK_RAW, &later, &packet), 0);
    assert_int_equal(packet.fragment_offset, 0xb9 * 8);
    assert_false(packet.more_fragments);
    assert_int_equal(packet.protocol, PROTOCOL_TCP);
    assert_int_equal(packet.source.port, 0);
    assert_int_equal(packet.payload_bytes, 5);
    assert_int_equal(packet.payload_offset, 20);
    assert_false(packet.checksum_judged);
}

static void ipv6_extension_headers(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, "60 00 00 00 00 4d 00 40 " ADDRESSES6);
    add(&frame, "2b 00 05 02 00 00 00 00 "); /* hop by hop: router alert */
    add(&frame, "2c 02 04 00 00 00 00 00 "
                "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "); /* routing, at its end */
    add(&frame, "33 00 00 00 00 00 be ef ");                         /* fragment: the only one */
    add(&frame, "3c 01 00 00 00 00 00 01 00 00 00 02 ");             /* authentication, 12 bytes */
    add(&frame, "11 00 01 04 00 00 00 00 ");                         /* destination options */
    add(&frame, "9c 40 1b 59 00 0d a8 f3 " HELLO);
    frame.bytes[5] = (uint8_t)(frame.count - 40);
    assert_int_equal(decode(LINK_RAW, &frame, &packet), 0);
    expect_hello(&packet, 40 + 8 + 24 + 8 + 12 + 8 + 8);
    assert_int_equal(packet.protocol, PROTOCOL_UDP);
    assert_int_equal(packet.ip_id, 0xbeef);
    assert_true(packet.checksum_judged && !packet.checksum_bad);
    frame.bytes[40 + 8 + 3] = 1; /* the routing header has a stop to come */
    assert_int_equal(decode(LINK_RAW, &frame, &packet), 0);
    assert_false(packet.checksum_judged);
    for (size_t captured = 40; captured < 100; captured++)
        assert_int_equal(decode_part(LINK_RAW, &frame, captured, &packet), -EPROTO);
}

static void ipv6_later_fragment(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, "60 00 00 00 00 0d 2c 40 " ADDRESSES6 "11 00 05 a9 00 00 be ef " HELLO);
    assert_int_equal(decode(LINK_IPV6, &frame, &packet), 0);
    assert_int_equal(packet.fragment_offset, 0x5a8);
    assert_true(packet.more_fragments);
    assert_int_equal(packet.protocol, PROTOCOL_UDP);
    assert_int_equal(packet.source.port, 0);
    assert_int_equal(packet.payload_bytes, 5);
    assert_int_equal(packet.payload_offset, 48);
}

/* Cut at every byte: never a read too far, and a result that agrees with the damage. */
static void cut_everywhere(void **state)
{
    (void)state;
    static const struct {
        enum link_type link;
        const char *bytes;
    } rows[] = {
        {LINK_ETHERNET, TCP_HELLO},
        {LINK_ETHERNET,
         IPV6 "60 00 00 00 00 1d 00 40 " ADDRESSES6
              "2b 00 05 02 00 00 00 00 11 00 04 00 00 00 00 00 9c 40 1b 59 00 0d a8 f3 " HELLO},
        {LINK_RAW, "47 00 00 35 12 34 40 00 40 06 00 00 " ADDRESSES4
                   "83 07 04 c0 00 02 09 00 " TCP_PLAIN("22 a3") HELLO},
        {LINK_RAW, "45 00 00 40 00 00 40 00 40 06 00 00 " ADDRESSES4
                   "9c 40 1b 59 00 00 03 e8 00 00 07 d0 b0 10 01 fd 00 00 00 00 "
                   "01 01 05 12 00 00 10 00 00 00 20 00 00 00 30 00 00 00 40 00 02 04 05 b4"},
        {LINK_RAW, "60 00 00 00 00 38 3a 40 " ADDRESSES6
                   "01 04 00 00 00 00 00 00 60 00 00 00 00 0d 11 40 " ADDRESSES6 "9c 40 1b 59 00 0d a8 f3 "},
        {LINK_LINUX_SLL2, "81 00 00 00 00 00 00 02 00 01 00 06 02 00 00 00 00 01 00 00 00 05 08 00"
                          "45 00 00 21 00 00 40 00 40 11 00 00 " ADDRESSES4 "9c 40 1b 59 00 0d 00 00 " HELLO},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct frame frame = {0};
        struct packet packet;
        add(&frame, rows[i].bytes);
        for (size_t captured = 0; captured <= frame.count; captured++) {
            int result = decode_part(rows[i].link, &frame, captured, &packet);
            assert_true((result == 0) == (packet.damage == NULL));
            assert_true(packet.payload_offset + (size_t)packet.payload_present <= captured);
            assert_true(packet.payload_present <= packet.payload_bytes);
        }
        assert_null(packet.damage);
    }
}

static void flags_have_names(void **state)
{
    (void)state;
    char text[TCP_FLAGS_TEXT_MAX];
    assert_string_equal(tcp_flags_text(0, text), "-");
    assert_string_equal(tcp_flags_text(TCP_SYN | TCP_ACK, text), "SYN,ACK");
    assert_string_equal(tcp_flags_text(0xff, text), "SYN,FIN,RST,PSH,ACK,URG,ECE,CWR");
    for (unsigned flags = 0; flags < 256; flags++) {
        uint8_t parsed = (uint8_t)~flags;
        assert_int_equal(tcp_flags_parse(tcp_flags_text((uint8_t)flags, text), &parsed), 0);
        assert_int_equal(parsed, flags);
    }
    static const char *const wrong[] = {"",   ",",    "SYN,",    ",SYN", "SYN,,ACK",
                                        "SY", "SYNX", "SYN ACK", "-,SYN"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint8_t untouched = 77;
        assert_int_equal(tcp_flags_parse(wrong[i], &untouched), -EINVAL);
        assert_int_equal(untouched, 77);
    }
}

static void protocols_have_names(void **state)
{
    (void)state;
    char text[PROTOCOL_TEXT_MAX];
    assert_string_equal(protocol_text(PROTOCOL_TCP, text), "tcp");
    assert_string_equal(protocol_text(PROTOCOL_ICMPV6, text), "icmpv6");
    assert_string_equal(protocol_text(255, text), "ip-255");
    for (unsigned protocol = 0; protocol < 256; protocol++) {
        uint8_t parsed = (uint8_t)~protocol;
        assert_int_equal(protocol_parse(protocol_text((uint8_t)protocol, text), &parsed), 0);
        assert_int_equal(parsed, protocol);
    }
    static const char *const wrong[] = {"", "TCP", "ip-", "ip-256", "ip--1", "ip-1x", "ip- 1", "sctp"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint8_t untouched = 77;
        assert_int_equal(protocol_parse(wrong[i], &untouched), -EINVAL);
    }
}

static void icmp_messages_have_words(void **state)
{
    (void)state;
    assert_string_equal(icmp_text(PROTOCOL_ICMP, 3, 3), "port unreachable");
    assert_string_equal(icmp_text(PROTOCOL_ICMP, 3, 4), "fragmentation needed");
    assert_string_equal(icmp_text(PROTOCOL_ICMP, 3, 200), "destination unreachable");
    assert_string_equal(icmp_text(PROTOCOL_ICMPV6, 1, 4), "port unreachable");
    assert_string_equal(icmp_text(PROTOCOL_ICMPV6, 2, 0), "packet too big");
    assert_string_equal(icmp_text(PROTOCOL_ICMP, 250, 0), "unknown message");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(padding_is_no_payload),
        cmocka_unit_test(total_length_0_means_the_rest),
        cmocka_unit_test(ipv6_payload_length_0_means_the_rest),
        cmocka_unit_test(cut_short_by_the_capture),
        cmocka_unit_test(longer_than_its_frame),
        cmocka_unit_test(vlan_tags),
        cmocka_unit_test(every_link_type),
        cmocka_unit_test(not_ip),
        cmocka_unit_test(ipv4_options_are_stepped_over),
        cmocka_unit_test(a_source_route_takes_the_checksum_away),
        cmocka_unit_test(ipv4_damage),
        cmocka_unit_test(fragments),
        cmocka_unit_test(ipv6_extension_headers),
        cmocka_unit_test(ipv6_later_fragment),
        cmocka_unit_test(cut_everywhere),
        cmocka_unit_test(flags_have_names),
        cmocka_unit_test(protocols_have_names),
        cmocka_unit_test(icmp_messages_have_words),
    };
    return cmocka_run_group_tests(tests, map_pages, NULL);
}

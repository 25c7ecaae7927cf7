/* TCP, UDP and ICMP headers, options and checksums. */
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "net/packet.h"
#include "tests/unit/frame.h"

static void checksum_of_rfc_1071(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    assert_int_equal(checksum_finish(checksum_add(0, bytes, 8)), 0xffff & ~0xddf2);
    assert_int_equal(checksum_finish(checksum_add(checksum_add(0, bytes, 4), bytes + 4, 4)),
                     0xffff & ~0xddf2);
    const uint8_t odd[] = {0x12, 0x34, 0x56};
    assert_int_equal(checksum_finish(checksum_add(0, odd, 3)), 0xffff & ~(0x1234 + 0x5600));
    assert_int_equal(checksum_finish(checksum_add(0, NULL, 0)), 0xffff);
}

static void tcp_over_ethernet(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, TCP_HELLO);
    assert_int_equal(decode(LINK_ETHERNET, &frame, &packet), 0);
    char text[ADDRESS_TEXT_MAX];
    assert_string_equal(address_text(&packet.source, text), "192.0.2.1:40000");
    assert_string_equal(address_text(&packet.destination, text), "192.0.2.2:7001");
    expect_hello(&packet, 54);
    assert_int_equal(packet.protocol, PROTOCOL_TCP);
    assert_int_equal(packet.hop_limit, 64);
    assert_int_equal(packet.ip_id, 0x1234);
    assert_int_equal(packet.wire_bytes, 59);
    assert_int_equal(packet.tcp.sequence, 1000);
    assert_int_equal(packet.tcp.acknowledgment, 2000);
    assert_int_equal(packet.tcp.window, 509);
    assert_int_equal(packet.tcp.flags, TCP_PSH | TCP_ACK);
    assert_int_equal(packet.tcp.option_window_shift, -1);
    assert_int_equal(packet.tcp.option_mss, 0);
    assert_true(packet.checksum_judged);
    assert_false(packet.checksum_bad);
    assert_null(packet.damage);
}

static void wrong_checksums_are_seen(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, TCP_HELLO);
    for (size_t at = 26; at < frame.count; at++) { /* addresses, header, payload */
        frame.bytes[at] ^= 0x40;
        decode(LINK_ETHERNET, &frame, &packet);
        if (packet.checksum_judged && !packet.checksum_bad)
            fail_msg("byte %zu changed and the checksum holds", at);
        frame.bytes[at] ^= 0x40;
    }
}

static void options_of_a_syn(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, IPV4 "45 00 00 3c 00 00 40 00 40 06 00 00 " ADDRESSES4);
    add(&frame, "9c 40 1b 59 00 00 03 e8 00 00 00 00 a0 02 fa f0 00 00 00 00 ");
    add(&frame, "02 04 05 b4 04 02 08 0a 00 00 00 07 00 00 00 09 01 03 03 07");
    assert_int_equal(decode(LINK_ETHERNET, &frame, &packet), 0);
    assert_int_equal(packet.tcp.flags, TCP_SYN);
    assert_int_equal(packet.tcp.option_mss, 1460);
    assert_true(packet.tcp.option_sack_permitted);
    assert_true(packet.tcp.option_timestamps);
    assert_int_equal(packet.tcp.timestamp_value, 7);
    assert_int_equal(packet.tcp.timestamp_echo, 9);
    assert_int_equal(packet.tcp.option_window_shift, 7);
    assert_int_equal(packet.payload_bytes, 0);
    assert_true(packet.checksum_bad);
}

static void selective_acknowledgments(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, "45 00 00 40 00 00 40 00 40 06 00 00 " ADDRESSES4);
    add(&frame, "9c 40 1b 59 00 00 03 e8 00 00 07 d0 b0 10 01 fd 00 00 00 00 ");
    add(&frame, "01 01 05 12 00 00 10 00 00 00 20 00 00 00 30 00 00 00 40 00 fe 04 00 00");
    assert_int_equal(decode(LINK_RAW, &frame, &packet), 0);
    assert_int_equal(packet.tcp.sack_count, 2);
    assert_int_equal(packet.tcp.sack_left[0], 0x1000);
    assert_int_equal(packet.tcp.sack_right[0], 0x2000);
    assert_int_equal(packet.tcp.sack_left[1], 0x3000);
    assert_int_equal(packet.tcp.sack_right[1], 0x4000);
}

static void damaged_options(void **state)
{
    (void)state;
    static const char *const options[] = {"02 00 05 b4", "02 01 05 b4", "01 01 01 02", "08 0a 00 00",
                                          "05 ff 00 00"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        struct frame frame = {0};
        struct packet packet;
        add(&frame, "45 00 00 2c 00 00 40 00 40 06 00 00 " ADDRESSES4);
        add(&frame, "9c 40 1b 59 00 00 03 e8 00 00 07 d0 60 10 01 fd 00 00 00 00 ");
        add(&frame, options[i]);
        assert_int_equal(decode(LINK_RAW, &frame, &packet), -EPROTO);
        assert_string_equal(packet.damage, "a TCP option is damaged");
        assert_int_equal(packet.tcp.sequence, 1000);
        assert_int_equal(packet.tcp.option_mss, 0);
    }
}

static void options_of_an_odd_length_are_ignored(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, "45 00 00 30 00 00 40 00 40 06 00 00 " ADDRESSES4);
    add(&frame, "9c 40 1b 59 00 00 03 e8 00 00 07 d0 70 10 01 fd 00 00 00 00 02 03 05 03 04 07 05 00");
    assert_int_equal(decode(LINK_RAW, &frame, &packet), 0);
    assert_int_equal(packet.tcp.option_mss, 0);
    assert_int_equal(packet.tcp.option_window_shift, -1);
}

static void tcp_header_lengths(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, TCP_HELLO);
    frame.bytes[46] = 0x40;
    assert_int_equal(decode(LINK_ETHERNET, &frame, &packet), -EPROTO);
    assert_string_equal(packet.damage, "the TCP header length is below 20");
    frame.bytes[46] = 0x70;
    assert_int_equal(decode(LINK_ETHERNET, &frame, &packet), -EPROTO);
    assert_string_equal(packet.damage, "the TCP header is longer than the packet");
    assert_int_equal(packet.tcp.sequence, 1000);
    assert_int_equal(packet.payload_bytes, 0);
}

static void options_cut_short_keep_the_payload_length(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, "45 00 00 31 00 00 40 00 40 06 00 00 " ADDRESSES4);
    add(&frame, "9c 40 1b 59 00 00 03 e8 00 00 07 d0 60 10 01 fd 00 00 00 00 02 04 05 b4" HELLO);
    assert_int_equal(decode_part(LINK_RAW, &frame, 42, &packet), -EPROTO);
    assert_string_equal(packet.damage, "the TCP options are cut short");
    assert_int_equal(packet.payload_bytes, 5);
    assert_int_equal(packet.payload_present, 0);
}

static void udp_over_ipv6(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, IPV6 "60 00 00 00 00 0d 11 40 " ADDRESSES6 "9c 40 1b 59 00 0d a8 f3 " HELLO);
    assert_int_equal(decode(LINK_ETHERNET, &frame, &packet), 0);
    expect_hello(&packet, 62);
    char text[ADDRESS_TEXT_MAX];
    assert_string_equal(address_text(&packet.destination, text), "[2001:db8::2]:7001");
    assert_true(packet.checksum_judged && !packet.checksum_bad);
    frame.bytes[60] = frame.bytes[61] = 0;
    assert_int_equal(decode(LINK_ETHERNET, &frame, &packet), 0);
    assert_true(packet.checksum_judged && packet.checksum_bad);
}

static void udp_without_checksum(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, "45 00 00 21 00 00 40 00 40 11 00 00 " ADDRESSES4 "9c 40 1b 59 00 0d 00 00 " HELLO);
    assert_int_equal(decode(LINK_RAW, &frame, &packet), 0);
    expect_hello(&packet, 28);
    assert_false(packet.checksum_judged);
}

static void udp_lengths(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, "45 00 00 21 00 00 40 00 40 11 00 00 " ADDRESSES4 "9c 40 1b 59 00 0a 12 34 " HELLO);
    assert_int_equal(decode(LINK_RAW, &frame, &packet), 0);
    assert_int_equal(packet.payload_bytes, 2);
    frame.bytes[25] = 7;
    assert_int_equal(decode(LINK_RAW, &frame, &packet), -EPROTO);
    assert_string_equal(packet.damage, "the UDP length is below 8");
    frame.bytes[25] = 14;
    assert_int_equal(decode(LINK_RAW, &frame, &packet), -EPROTO);
    assert_string_equal(packet.damage, "the UDP length is larger than the packet");
    frame.bytes[6] = 0x20; /* the rest comes in another fragment */
    assert_int_equal(decode(LINK_RAW, &frame, &packet), 0);
    assert_int_equal(packet.payload_bytes, 5);
}

static void icmp_quotes_what_it_is_about(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, "45 00 00 38 00 00 40 00 40 01 00 00 c0 00 02 02 c0 00 02 01 03 03 e6 0e 00 00 00 00 ");
    add(&frame, "45 00 00 2d 12 34 40 00 40 06 00 00 " ADDRESSES4 "9c 40 1b 59 00 00 03 e8");
    assert_int_equal(decode(LINK_RAW, &frame, &packet), 0);
    assert_int_equal(packet.protocol, PROTOCOL_ICMP);
    assert_int_equal(packet.icmp.type, 3);
    assert_int_equal(packet.icmp.code, 3);
    assert_int_equal(packet.icmp.quoted_protocol, PROTOCOL_TCP);
    char text[ADDRESS_TEXT_MAX];
    assert_string_equal(address_text(&packet.icmp.quoted_source, text), "192.0.2.1:40000");
    assert_string_equal(address_text(&packet.icmp.quoted_destination, text), "192.0.2.2:7001");
    assert_int_equal(packet.icmp.quoted_sequence, 1000);
    assert_int_equal(packet.payload_bytes, 28);
    assert_true(packet.checksum_judged && !packet.checksum_bad);
    assert_int_equal(decode_part(LINK_RAW, &frame, 47, &packet), 0); /* a quote cut short is no damage */
    assert_int_equal(packet.icmp.quoted_protocol, PROTOCOL_NONE);
    assert_int_equal(decode_part(LINK_RAW, &frame, 27, &packet), -EPROTO);
}

static void icmpv6_quotes_too(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, "60 00 00 00 00 38 3a 40 " ADDRESSES6 "01 04 00 00 00 00 00 00 ");
    add(&frame, "60 00 00 00 00 0d 11 40 " ADDRESSES6 "9c 40 1b 59 00 0d a8 f3 ");
    assert_int_equal(decode(LINK_RAW, &frame, &packet), 0);
    assert_int_equal(packet.icmp.quoted_protocol, PROTOCOL_UDP);
    assert_int_equal(packet.icmp.quoted_destination.port, 7001);
    assert_true(packet.checksum_judged && packet.checksum_bad);
}

static void an_echo_quotes_nothing(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, "45 00 00 20 00 00 40 00 40 01 00 00 " ADDRESSES4 "08 00 f7 f0 00 07 00 03 00 01 00 04");
    assert_int_equal(decode(LINK_RAW, &frame, &packet), 0);
    assert_int_equal(packet.icmp.rest, 0x00070003);
    assert_int_equal(packet.icmp.quoted_protocol, PROTOCOL_NONE);
    assert_int_equal(packet.payload_bytes, 4);
    assert_true(packet.checksum_judged && !packet.checksum_bad);
}

static void another_protocol_keeps_its_number(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, "45 00 00 19 00 00 40 00 40 84 00 00 " ADDRESSES4 HELLO);
    assert_int_equal(decode(LINK_RAW, &frame, &packet), 0);
    assert_int_equal(packet.protocol, 132);
    assert_int_equal(packet.payload_bytes, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksum_of_rfc_1071),
        cmocka_unit_test(tcp_over_ethernet),
        cmocka_unit_test(wrong_checksums_are_seen),
        cmocka_unit_test(options_of_a_syn),
        cmocka_unit_test(selective_acknowledgments),
        cmocka_unit_test(damaged_options),
        cmocka_unit_test(options_of_an_odd_length_are_ignored),
        cmocka_unit_test(tcp_header_lengths),
        cmocka_unit_test(options_cut_short_keep_the_payload_length),
        cmocka_unit_test(udp_over_ipv6),
        cmocka_unit_test(udp_without_checksum),
        cmocka_unit_test(udp_lengths),
        cmocka_unit_test(icmp_quotes_what_it_is_about),
        cmocka_unit_test(icmpv6_quotes_too),
        cmocka_unit_test(an_echo_quotes_nothing),
        cmocka_unit_test(another_protocol_keeps_its_number),
    };
    return cmocka_run_group_tests(tests, map_pages, NULL);
}

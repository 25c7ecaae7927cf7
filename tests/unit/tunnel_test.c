/* Link headers that are seldom, and IP packets inside others; each cut at every byte as well. */
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "net/packet.h"
#include "tests/unit/frame.h"

/* 192.0.2.1:40000 -> 192.0.2.2:7001, 45 bytes; the same in IPv6, 65 bytes */
#define IP4  "45 00 00 2d 12 34 40 00 40 06 00 00 " ADDRESSES4 TCP_PLAIN("22 a3") HELLO
#define IP6  "60 00 00 00 00 19 06 40 " ADDRESSES6 TCP_PLAIN("00 00") HELLO
#define LLC  "aa aa 03 00 00 00 08 00 "
#define ETH4 ETHERNET "08 00 " IP4
#define SIX  "02 00 00 00 00 01 "

/* 10.0.0.1 -> 10.0.0.2; what follows is of the protocol; the total length is set by the test. */
#define OUTER(protocol) "45 00 00 00 00 01 00 00 40 " protocol " 00 00 0a 00 00 01 0a 00 00 02 "
#define UDP(port)       OUTER("11") "14 e9 " port " 00 00 00 00 "

static int read_part(int link, const struct frame *frame, size_t captured, unsigned options,
                     struct packet *packet)
{
    uint8_t *bytes = page_end - captured;
    memcpy(bytes, frame->bytes, captured);
    memset(packet, 0xa5, sizeof *packet);
    return packet_read((enum link_type)link, bytes, captured, frame->count, options, packet);
}

static void cut_everywhere(int link, const struct frame *frame)
{
    struct packet packet;
    for (size_t captured = 0; captured < frame->count; captured++) {
        int result = read_part(link, frame, captured, PACKET_INNERMOST | PACKET_CHECKSUM, &packet);
        assert_true((result == 0) == (packet.damage == NULL));
        assert_true(packet.payload_offset + (size_t)packet.payload_present <= captured);
        assert_true(packet.payload_present <= packet.payload_bytes);
        assert_false(packet.checksum_judged && captured + 5 < frame->count);
    }
}

static void seldom_link_headers(void **state)
{
    (void)state;
    static const struct {
        int link;
        const char *header;
    } rows[] = {
        {LINK_ETHERNET, ETHERNET "88 47 00 06 40 ff 00 06 51 ff "},
        {LINK_ETHERNET, ETHERNET "88 48 00 06 51 ff "},
        {LINK_ETHERNET, ETHERNET "88 47 00 06 51 ff 00 00 00 00 " ETHERNET "08 00 "},
        {LINK_ETHERNET, ETHERNET "88 64 11 00 00 01 00 2f 00 21 "},
        {LINK_ETHERNET, ETHERNET "81 00 00 05 88 64 11 00 00 01 00 2f 00 21 "},
        {LINK_ETHERNET, ETHERNET "89 03 00 01 " ETHERNET "81 00 00 05 08 00 "},
        {LINK_ETHERNET, ETHERNET "89 09 01 01 00 01 00 04 08 00 "},
        {LINK_ETHERNET, ETHERNET "89 26 00 00 00 00 81 00 00 05 08 00 "},
        {LINK_ETHERNET, ETHERNET "89 4f 00 02 02 01 00 00 01 ff "},
        {LINK_ETHERNET, ETHERNET "89 4f 00 02 02 03 00 00 01 ff " ETHERNET "08 00 "},
        {LINK_ETHERNET, ETHERNET "00 30 06 06 03 "},
        {LINK_PPPOE, "11 00 00 01 00 2f 00 21 "},
        {LINK_PPP_WITH_DIRECTION, "00 ff 03 00 21 "},
        {LINK_PPP_HDLC, "ff 03 00 21 "},
        {LINK_PPP_HDLC, "0f 00 08 00 "},
        {LINK_PPP, "ff 03 02 81 00 06 51 ff "},
        {LINK_CISCO_HDLC, "8f 00 08 00 "},
        {LINK_FRAME_RELAY, "18 41 03 cc "},
        {LINK_FRAME_RELAY, "18 41 03 00 80 00 00 00 08 00 "},
        {LINK_FRAME_RELAY, "18 41 08 00 "},
        {LINK_FRAME_RELAY, "18 40 80 41 03 cc "},
        {LINK_FDDI, "50 " SIX SIX LLC},
        {LINK_ATM_RFC1483, LLC},
        {LINK_LINUX_SLL, "00 00 00 01 00 06 02 00 00 00 00 01 00 00 00 04 " LLC},
        {LINK_INFINIBAND, SIX SIX SIX SIX SIX SIX "00 00 00 00 08 00 00 00 "},
        {LINK_NFLOG, "02 00 00 00 08 00 01 00 61 62 63 64 05 00 0a 00 78 00 00 00 31 00 09 00 "},
        {LINK_NFLOG, "02 00 00 00 00 08 00 01 61 62 63 64 00 31 00 09 "},
        {LINK_IEEE802_11, "08 01 00 00 " SIX SIX SIX "10 00 " LLC},
        {LINK_IEEE802_11, "88 02 00 00 " SIX SIX SIX "10 00 00 00 " LLC},
        {LINK_IEEE802_11, "88 82 00 00 " SIX SIX SIX "10 00 00 00 00 00 00 00 " LLC},
        {LINK_IEEE802_11, "08 03 00 00 " SIX SIX SIX "10 00 " SIX LLC},
        {LINK_IEEE802_11, "88 03 00 00 " SIX SIX SIX "10 00 " SIX "80 00 " SIX SIX "00 35 " LLC},
        {LINK_RADIOTAP, "00 00 08 00 00 00 00 00 08 01 00 00 " SIX SIX SIX "10 00 " LLC},
        {LINK_RADIOTAP, "00 00 0a 00 02 00 00 00 20 00 88 02 00 00 " SIX SIX SIX "10 00 00 00 00 00 " LLC},
        {LINK_RADIOTAP, "00 00 1a 00 03 00 00 80 00 00 00 00 00 00 00 00 01 02 03 04 05 06 07 08 20 00 "
                        "88 02 00 00 " SIX SIX SIX "10 00 00 00 00 00 " LLC},
        {LINK_PRISM, "44 00 00 00 0c 00 00 00 65 74 68 30 08 01 00 00 " SIX SIX SIX "10 00 " LLC},
        {LINK_AVS, "80 21 10 01 00 00 00 0c 00 00 00 00 08 01 00 00 " SIX SIX SIX "10 00 " LLC},
        {LINK_PPI, "00 00 08 00 01 00 00 00 " ETHERNET "08 00 "},
        {LINK_PKTAP, "10 00 00 00 01 00 00 00 65 00 00 00 00 00 00 00 "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct frame frame = {0};
        struct packet packet;
        add(&frame, rows[i].header);
        size_t header = frame.count;
        add(&frame, IP4);
        if (decode((enum link_type)rows[i].link, &frame, &packet) != 0)
            fail_msg("row %zu: %s", i, packet.damage);
        expect_hello(&packet, header + 40);
        assert_int_equal(packet.ip_offset, header);
        assert_true(packet.has_transport && packet.checksum_judged && !packet.checksum_bad);
        cut_everywhere(rows[i].link, &frame);
    }
}

static void no_ip_inside(void **state)
{
    (void)state;
    static const struct {
        int link;
        const char *bytes;
    } rows[] = {
        {LINK_ETHERNET, ETHERNET "88 63 11 09 00 00 00 04 01 01 00 00 "},       /* PPPoE discovery */
        {LINK_ETHERNET, ETHERNET "88 64 11 00 00 01 00 06 c0 21 01 01 00 04 "}, /* LCP */
        {LINK_ETHERNET, ETHERNET "88 47 00 06 51 ff 10 00 00 07 00 00 "},       /* pseudowire control */
        {LINK_IEEE802_11, "80 00 00 00 " SIX SIX SIX "10 00 00 00 00 00 "},     /* a beacon */
        {LINK_IEEE802_11, "08 41 00 00 " SIX SIX SIX "10 00 " LLC},             /* encrypted */
        {LINK_IEEE802_11, "48 01 00 00 " SIX SIX SIX "10 00 "},                 /* no data */
        {LINK_IEEE802_11, "08 01 00 00 " SIX SIX SIX "11 00 " LLC},             /* a later fragment */
        {LINK_PPI, "00 00 08 00 69 00 00 00 80 00 00 00 " SIX SIX SIX "10 00 00 00 "}, /* a beacon */
        {LINK_NFLOG, "07 00 00 00 05 00 09 00 45 "},                                   /* a bridge */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct frame frame = {0};
        struct packet packet;
        add(&frame, rows[i].bytes);
        int result = decode((enum link_type)rows[i].link, &frame, &packet);
        if (result != -EPROTONOSUPPORT)
            fail_msg("row %zu: %d %s", i, result, packet.damage);
        assert_int_equal(packet.source.family, ADDRESS_NONE);
    }
}

static void a_frame_the_radio_damaged(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, "00 00 0a 00 02 00 00 00 40 00 08 01 00 00 " SIX SIX SIX "10 00 " LLC IP4);
    assert_int_equal(decode(LINK_RADIOTAP, &frame, &packet), -EPROTO);
    assert_string_equal(packet.damage, "the radio received the frame damaged");
}

/* Pseudowires in each other, and wrappers in each other, to no end: no stack is deep enough for all. */
static void nested_without_end(void **state)
{
    (void)state;
    struct frame wires = {0}, wrappers = {0};
    struct packet packet;
    while (wires.count < 4000)
        add(&wires, ETHERNET "88 47 00 06 51 ff 00 00 00 00 ");
    while (wrappers.count < 4000)
        add(&wrappers, "00 00 08 00 c0 00 00 00 ");
    assert_int_equal(decode(LINK_ETHERNET, &wires, &packet), -EPROTO);
    assert_string_equal(packet.damage, "too many link headers inside each other");
    assert_int_equal(decode(LINK_PPI, &wrappers, &packet), -EPROTO);
}

/* The outer IP header's length, and UDP's. */
static void lengths_set(struct frame *frame)
{
    frame->bytes[2] = (uint8_t)(frame->count >> 8);
    frame->bytes[3] = (uint8_t)frame->count;
    if (frame->bytes[9] == PROTOCOL_UDP) {
        frame->bytes[24] = (uint8_t)((frame->count - 20) >> 8);
        frame->bytes[25] = (uint8_t)(frame->count - 20);
    }
}

static const char *const tunnels[] = {
    OUTER("04") IP4,
    OUTER("29") IP6,
    OUTER("2f") "00 00 08 00 " IP4,
    OUTER("2f") "b0 00 08 00 00 00 00 00 00 00 00 07 00 00 00 09 " IP4,
    OUTER("2f") "00 00 65 58 " ETH4,
    OUTER("2f") "00 00 88 47 00 06 51 ff " IP4,
    OUTER("2f") "30 81 88 0b 00 31 00 09 00 00 00 01 00 00 00 02 ff 03 00 21 " IP4,
    OUTER("2f") "00 00 88 be " ETH4,
    OUTER("2f") "10 00 88 be 00 00 00 01 10 00 00 00 00 00 00 00 " ETH4,
    OUTER("2f") "00 00 88 3e " IP4,
    OUTER("2f") "00 00 88 3e 00 00 00 00 " IP4,
    OUTER("61") "30 00 " ETH4,
    OUTER("67") "21 00 00 00 00 00 00 00 " IP4,
    OUTER("89") "00 06 51 ff " IP6,
    UDP("12 b5") "08 00 00 00 00 00 2a 00 " ETH4,
    UDP("12 b6") "0c 00 00 01 00 00 2a 00 " IP4,
    UDP("12 b6") "0c 00 00 03 00 00 2a 00 " ETH4,
    UDP("12 b6") "0c 00 00 04 00 00 2a 00 00 02 02 02 00 00 01 ff " IP6,
    UDP("17 c1") "01 00 65 58 00 00 01 00 00 00 00 00 " ETH4,
    UDP("17 c1") "00 00 08 00 00 00 01 00 " IP4,
    UDP("08 68") "30 ff 00 2d 00 00 00 01 " IP4,
    UDP("08 68") "34 ff 00 35 00 00 00 01 00 00 00 85 01 00 00 00 " IP6,
    UDP("0d d8") IP6,
    UDP("0d d8") "00 01 02 03 61 62 63 64 65 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 " IP6,
    UDP("06 a5") "00 02 00 01 00 02 ff 03 00 21 " IP4,
    UDP("06 a5") "4a 02 00 40 00 01 00 02 00 03 00 04 00 02 00 00 00 21 " IP4,
    UDP("13 d0") "10 00 11 29 00 00 00 00 01 02 " IP6,
    UDP("12 92") "20 00 86 dd 00 00 00 01 " IP6,
    UDP("19 eb") "00 06 51 ff " IP4,
};

static void every_tunnel(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tunnels / sizeof tunnels[0]; i++) {
        struct frame frame = {0};
        struct packet packet;
        add(&frame, tunnels[i]);
        lengths_set(&frame);
        int result = read_part(LINK_RAW, &frame, frame.count, PACKET_INNERMOST, &packet);
        if (result != 0 || packet.tunnels != 1)
            fail_msg("row %zu: %d tunnels, %s", i, packet.tunnels, packet.damage);
        expect_hello(&packet, frame.count - 5);
        assert_int_equal(packet.protocol, PROTOCOL_TCP);
        assert_int_equal(packet.source.ip[0], packet.source.family == ADDRESS_IPV4 ? 192 : 0x20);
        assert_false(packet.checksum_judged);
        assert_int_equal(read_part(LINK_RAW, &frame, frame.count, PACKET_OUTER, &packet), 0);
        assert_int_equal(packet.tunnels, 0);
        assert_int_equal(packet.source.ip[0], 10);
        cut_everywhere(LINK_RAW, &frame);
    }
}

/* A tunnel is what holds an IP header; else the packet speaks for itself. */
static void no_tunnel(void **state)
{
    (void)state;
    static const char *const rows[] = {
        OUTER("04") "60 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ",
        OUTER("04") "45 00 00 14 ",
        OUTER("2f") "00 00 08 06 00 01 08 00 06 04 00 01 ",
        OUTER("2f") "00 02 08 00 " IP4,
        OUTER("2f") "40 00 08 00 00 00 00 00 " IP4,
        OUTER("67") "20 00 00 00 " IP4,
        UDP("12 b5") "00 00 00 00 00 00 2a 00 " ETH4,
        UDP("12 b5") "08 00 00 00 00 00 2a 00 " ETHERNET "08 06 00 01 ",
        UDP("08 68") "32 01 00 04 00 00 00 01 00 00 00 00 ",
        UDP("08 68") "34 ff 00 35 00 00 00 01 00 00 00 85 00 00 00 00 " IP4,
        UDP("06 a5") "c8 02 00 0c 00 01 00 00 00 00 00 00 ",
        UDP("17 c0") IP4,
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct frame frame = {0};
        struct packet packet;
        add(&frame, rows[i]);
        lengths_set(&frame);
        assert_int_equal(read_part(LINK_RAW, &frame, frame.count, PACKET_INNERMOST, &packet), 0);
        if (packet.tunnels != 0)
            fail_msg("row %zu is a tunnel", i);
        assert_int_equal(packet.source.ip[0], 10);
        assert_int_equal(packet.protocol, frame.bytes[9]);
        assert_int_equal(packet.has_transport, packet.protocol == PROTOCOL_UDP);
        cut_everywhere(LINK_RAW, &frame);
    }
}

static void as_deep_as_asked(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    for (int i = 0; i < 20; i++)
        add(&frame, "45 00 00 00 00 01 00 00 40 04 00 00 0a 00 00 01 0a 00 00 02 ");
    for (size_t at = 0; at < frame.count; at += 20) {
        frame.bytes[at + 2] = (uint8_t)((frame.count + 45 - at) >> 8);
        frame.bytes[at + 3] = (uint8_t)(frame.count + 45 - at);
    }
    add(&frame, IP4);
    for (unsigned depth = 0; depth <= PACKET_INNERMOST; depth++) {
        assert_int_equal(read_part(LINK_RAW, &frame, frame.count, depth, &packet), 0);
        assert_int_equal(packet.tunnels, depth);
        assert_int_equal(packet.ip_offset, depth * 20);
    }
}

static void a_damaged_packet_in_a_tunnel(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct packet packet;
    add(&frame, OUTER("04") "45 00 00 28 12 34 40 00 40 06 00 00 " ADDRESSES4
                            "9c 40 1b 59 00 00 03 e8 00 00 07 d0 40 18 01 fd 00 00 00 00 ");
    lengths_set(&frame);
    assert_int_equal(read_part(LINK_RAW, &frame, frame.count, PACKET_INNERMOST, &packet), -EPROTO);
    assert_int_equal(packet.tunnels, 1);
    assert_string_equal(packet.damage, "the TCP header length is below 20");
    assert_false(packet.has_transport);
}

static void ports_of_other_protocols(void **state)
{
    (void)state;
    static const char *const rows[] = {OUTER("84"), OUTER("21"), OUTER("88")};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct frame frame = {0};
        struct packet packet;
        add(&frame, rows[i]);
        add(&frame, "9c 40 1b 59 00 00 00 00 00 00 00 00 ");
        lengths_set(&frame);
        assert_int_equal(decode(LINK_RAW, &frame, &packet), 0);
        assert_int_equal(packet.source.port, 40000);
        assert_int_equal(packet.destination.port, 7001);
        assert_false(packet.has_transport);
        assert_int_equal(packet.payload_bytes, 12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seldom_link_headers),
        cmocka_unit_test(no_ip_inside),
        cmocka_unit_test(a_frame_the_radio_damaged),
        cmocka_unit_test(nested_without_end),
        cmocka_unit_test(every_tunnel),
        cmocka_unit_test(no_tunnel),
        cmocka_unit_test(as_deep_as_asked),
        cmocka_unit_test(a_damaged_packet_in_a_tunnel),
        cmocka_unit_test(ports_of_other_protocols),
    };
    return cmocka_run_group_tests(tests, map_pages, NULL);
}

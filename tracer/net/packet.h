/*
 * Bytes from a wire -> what they say. packet_decode() walks link layer, network
 * layer and transport header, checks every length before it reads, and says
 * what is damaged instead of guessing.
 */
#ifndef SOCKSTEP_NET_PACKET_H
#define SOCKSTEP_NET_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/address.h"

struct buf;

/* The link types of pcap-linktype(7) that are understood. */
enum link_type {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_PPP = 9,
    LINK_FDDI = 10,
    LINK_RAW_BSD = 12,
    LINK_RAW_OPENBSD = 14,
    LINK_PPP_HDLC = 50,
    LINK_PPPOE = 51,
    LINK_ATM_RFC1483 = 100,
    LINK_RAW = 101,
    LINK_CISCO_HDLC = 104,
    LINK_IEEE802_11 = 105,
    LINK_FRAME_RELAY = 107,
    LINK_LOOP = 108,
    LINK_LINUX_SLL = 113,
    LINK_PRISM = 119,
    LINK_RADIOTAP = 127,
    LINK_AVS = 163,
    LINK_PPI = 192,
    LINK_PPP_WITH_DIRECTION = 204,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_NFLOG = 239,
    LINK_INFINIBAND = 242,
    LINK_PKTAP = 258,
    LINK_LINUX_SLL2 = 276,
};

/* Protocol numbers of the IP header (IANA); 0 means no transport header was found. */
enum protocol {
    PROTOCOL_NONE = 0,
    PROTOCOL_ICMP = 1,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_DCCP = 33,
    PROTOCOL_ICMPV6 = 58,
    PROTOCOL_SCTP = 132,
    PROTOCOL_UDP_LITE = 136,
};

/* TCP flags as they lie in byte 13 of the header (RFC 9293 3.1, RFC 3168). */
enum tcp_flag {
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
    TCP_URG = 0x20,
    TCP_ECE = 0x40,
    TCP_CWR = 0x80,
};

struct packet {
    struct address source, destination; /* ports are 0 when the packet has none */
    uint16_t ip_id;                     /* IPv4 identification */
    uint16_t fragment_offset;           /* in bytes */
    bool more_fragments;
    uint8_t hop_limit;  /* TTL */
    uint8_t protocol;   /* enum protocol, or another IANA number */
    bool has_transport; /* the fixed header of TCP, UDP, ICMP or ICMPv6 was there and makes sense: what it
                           says is below */
    bool
        reassembled; /* it was put together of fragments, of which this was the last to come (reassembly.h) */
    uint8_t tunnels; /* IP headers around the one that is told here (PACKET_INNERMOST) */
    uint32_t wire_bytes; /* length on the wire, all headers included */
    uint32_t ip_offset;  /* of the IP header in the captured bytes */

    /* Of the transport protocol, by the headers: also when the capture is cut short. */
    uint32_t payload_bytes;
    uint32_t payload_offset;  /* of the first payload byte in the captured bytes */
    uint32_t payload_present; /* payload bytes that were captured */

    struct packet_tcp {
        uint32_t sequence, acknowledgment;
        uint16_t window; /* unscaled, as on the wire */
        uint16_t urgent;
        uint8_t flags;              /* enum tcp_flag */
        uint16_t option_mss;        /* 0: not present */
        int8_t option_window_shift; /* -1: not present (RFC 7323 2.2) */
        bool option_sack_permitted;
        bool option_timestamps;
        uint32_t timestamp_value, timestamp_echo; /* RFC 7323 3.2 */
        uint8_t sack_count;
        uint32_t sack_left[4], sack_right[4]; /* RFC 2018 3 */
    } tcp;

    struct packet_icmp {
        uint8_t type, code;
        uint32_t rest;           /* the four bytes behind the checksum: identifier and sequence, or the MTU */
        uint8_t quoted_protocol; /* PROTOCOL_NONE: no quoted header */
        struct address quoted_source, quoted_destination; /* of the packet that the message is about */
        uint32_t quoted_sequence;                         /* TCP sequence number in the quote */
    } icmp;

    bool checksum_bad;    /* the transport checksum is wrong, and the whole segment was there to judge */
    bool checksum_judged; /* false: cut short, a fragment, or no checksum (UDP over IPv4, 0) */
    const char *damage;   /* static text: why decoding stopped early; NULL when all was well */
};

/*
 * Decodes `captured` bytes of a packet that was `wire_bytes` long on a link of type `link`.
 * Returns 0; or -EPROTO when a header is damaged or cut short, -EPROTONOSUPPORT when the link or
 * network layer is not one we know. *ret_packet is always set as far as decoding came, with
 * `damage` set on failure. Reads nothing outside bytes[0..captured).
 */
int packet_decode(enum link_type link, const uint8_t *bytes, size_t captured, size_t wire_bytes,
                  struct packet *ret_packet);

/*
 * The same for millions of packets. `options` is PACKET_OUTER or PACKET_INNERMOST, or a depth between them,
 * and PACKET_CHECKSUM when the transport checksum shall be judged; checksum_judged stays false otherwise.
 *
 * With depth n up to n tunnels are entered: IP in IP, GRE, EtherIP, MPLS in IP, and over UDP VXLAN, Geneve,
 * GTP-U, Teredo, L2TP. What does not turn out to hold an IP header is not entered.
 *
 * Not cleared, to save the time: tcp unless has_transport and protocol is TCP, icmp unless it is ICMP or
 * ICMPv6, the SACK blocks behind sack_count, and the timestamps without option_timestamps.
 */
#define PACKET_OUTER     0x00u
#define PACKET_INNERMOST 0x0fu
#define PACKET_CHECKSUM  0x10u
int packet_read(enum link_type link, const uint8_t *bytes, size_t captured, size_t wire_bytes,
                unsigned options, struct packet *ret_packet);

/* "SYN,ACK", "FIN,ACK" shown as "FIN", "PSH" shown as "data" are a view's affair; here every set
 * flag is named in the order SYN FIN RST PSH ACK URG ECE CWR, joined by commas; "-" for none. */
#define TCP_FLAGS_TEXT_MAX 40
const char *tcp_flags_text(uint8_t flags, char text[TCP_FLAGS_TEXT_MAX]);

/* The inverse. Returns 0, or -EINVAL with *ret_flags untouched. */
int tcp_flags_parse(const char *text, uint8_t *ret_flags);

/* "tcp", "udp", "icmp", "icmpv6", or "ip-NN". */
#define PROTOCOL_TEXT_MAX 12
const char *protocol_text(uint8_t protocol, char text[PROTOCOL_TEXT_MAX]);
int protocol_parse(const char *text, uint8_t *ret_protocol);

/* "port unreachable", "fragmentation needed" ...; never NULL. `protocol` tells ICMP from ICMPv6. */
const char *icmp_text(uint8_t protocol, uint8_t type, uint8_t code);

/* The Internet checksum (RFC 1071) of bytes, continued from `sum` (0 to start); not complemented. */
uint32_t checksum_add(uint32_t sum, const uint8_t *bytes, size_t count);
uint16_t checksum_finish(uint32_t sum);

#endif

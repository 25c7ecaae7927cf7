/*
 * What the records of a ring hold: plain structs of fixed width in the machine's own byte order (both sides
 * run on the same machine), with the variable part behind them. source/ring.c turns them into events and
 * trusts nothing.
 */
#ifndef SOCKSTEP_EVENT_RECORD_H
#define SOCKSTEP_EVENT_RECORD_H

#include <stdatomic.h>
#include <stdint.h>

enum record_kind {
    RECORD_CALL_ENTER = 1,
    RECORD_CALL_EXIT = 2,
    RECORD_PACKET = 3,
    RECORD_STATE = 4,
    RECORD_PROCESS = 5,
    RECORD_NOTE = 6,
    RECORD_GAP = 7,
};

/* An IP or unix address; `bytes` as in sockaddr. Unix paths follow the record instead. */
struct record_address {
    uint8_t family; /* enum address_family; 0 none */
    uint8_t unused;
    uint16_t port; /* host order */
    uint8_t ip[16];
};

enum record_addresses { RECORD_HAS_ADDRESS = 1, RECORD_HAS_LOCAL = 2, RECORD_HAS_REMOTE = 4 };

/* RECORD_CALL_ENTER and _EXIT. Behind it: one struct record_address for each bit of `addresses` (address,
 * local, remote), then file (file_bytes), path (path_bytes), set (set_bytes), payload (kept_bytes), none
 * NUL-terminated. */
struct record_call {
    int64_t time_ns;
    uint64_t cookie, new_cookie;
    int64_t result;
    int64_t duration_ns;
    int64_t arguments[6];
    uint32_t call_id;
    int32_t pid, tid, fd, error_number, line;
    uint32_t payload_bytes, kept_bytes;
    uint8_t call, tcp_state /* kernel number, 0: not asked */, is_datagram, file_bytes;
    uint8_t path_bytes, set_bytes;
    uint8_t addresses; /* enum record_addresses */
    uint8_t unused;
};

/* RECORD_PACKET. Behind it: the bytes (kept_bytes). Hosts are indexes into the lab's table of hosts. */
struct record_packet {
    int64_t time_ns, order_ns;
    uint64_t id;
    int64_t delay_ns;
    uint32_t wire_bytes, kept_bytes;
    uint32_t link;
    uint8_t event_kind; /* EVENT_PACKET_SENT ... */
    uint8_t host;       /* where it was seen: sender for sent, dropped and held; receiver for delivered */
    uint8_t to;
    uint8_t unused;
    char fault[32];
};

/* RECORD_STATE */
struct record_state {
    int64_t time_ns, order_ns;
    uint64_t cookie, after_packet;
    uint32_t timer_ms, receive_queue, send_queue, inode;
    uint8_t event_kind; /* EVENT_STATE, EVENT_QUEUE or EVENT_TIMER */
    uint8_t host, kernel_state, protocol;
    uint8_t timer, retransmits, after_delivery, unused;
    struct record_address local, remote;
};

/* RECORD_PROCESS */
struct record_process {
    int64_t time_ns;
    int32_t pid, parent, exit_code, signal;
    uint8_t what, host, unused[6];
    char lane[16];
    char program[48];
};

/* RECORD_NOTE: behind it the text (kept_bytes). */
struct record_note {
    int64_t time_ns;
    int32_t pid;
    uint32_t kept_bytes;
    uint8_t event_kind, host, stream, unused[5];
    char lane[16];
};

/* RECORD_GAP */
struct record_gap {
    int64_t time_ns;
    uint64_t lost;
    char reason[48];
};

/* The first message of a probe on the socket SOCKSTEP_PROBE_FD (an inherited SOCK_SEQPACKET socket that all
 * traced programs share): this struct, with SCM_RIGHTS carrying two descriptors, the ring's memfd and one end
 * of a SOCK_SEQPACKET pair: whose end of file is the end of the process, on which a byte is a doorbell.
 * SCM_CREDENTIALS says who it is. */
struct record_hello {
    uint32_t magic; /* RING_MAGIC */
    uint32_t version;
    int32_t pid, parent; /* as the program sees them */
    int64_t time_ns;
    uint8_t what; /* PROCESS_START, PROCESS_FORK, PROCESS_EXEC */
    uint8_t host; /* 1 + the index in SOCKSTEP_SETTLE; 0: not told */
    uint8_t unused[6];
    char lane[16]; /* SOCKSTEP_LANE, inherited */
    char program[48];
};

#define PROBE_FD_VARIABLE      "SOCKSTEP_PROBE_FD"
#define PROBE_LANE_VARIABLE    "SOCKSTEP_LANE"
#define PROBE_PAYLOAD_VARIABLE "SOCKSTEP_PAYLOAD_BYTES"
#define PROBE_GATES_VARIABLE   "SOCKSTEP_GATES" /* "1": gates are closed from the first call on */
#define PROBE_PAYLOAD_DEFAULT  256

/* "FD:INDEX": an inherited memfd that holds one struct settle_page, mapped read-only by the probe, and the
 * index of this program's host. While settle[INDEX] is odd the lab has just delivered a packet to that host
 * and is asking its kernel what has become of it; a call waits (50 ms at most) before it begins, so that the
 * answer is about the packet and not about the call. */
#define PROBE_SETTLE_VARIABLE "SOCKSTEP_SETTLE"
#define SETTLE_HOSTS_MAX      8

struct settle_page {
    _Atomic uint32_t settle[SETTLE_HOSTS_MAX];
};

#endif

/*
 * The state machines of the witnesses, as const tables: [state][stimulus] = {next, verdict, reason}. A zero
 * cell is IMPOSSIBLE, so a gap is loud. The reason is data: it reaches the screen.
 */
#ifndef SOCKSTEP_MODEL_MACHINE_H
#define SOCKSTEP_MODEL_MACHINE_H

#include "event/names.h"

/* What happens to one end of a TCP connection, seen from that end (RFC 9293 3.10). */
enum tcp_stimulus {
    SENT_SYN,
    SENT_SYN_ACK,
    SENT_FIN,
    SENT_RST,
    SENT_OTHER,
    GOT_SYN,
    GOT_SYN_ACK,
    GOT_ACK_OF_SYN,
    GOT_FIN,
    GOT_ACK_OF_FIN,
    GOT_FIN_AND_ACK, /* one segment: its FIN, and the acknowledgment of ours */
    GOT_RST,
    GOT_OTHER,
    TCP_STIMULI
};

/* What a program does with a socket. */
enum api_stimulus {
    CALLED_SOCKET,
    CALLED_BIND,
    CALLED_LISTEN,
    ENTERED_CONNECT,
    CONNECT_DONE,
    CONNECT_STARTED, /* EINPROGRESS */
    CONNECT_FAILED,
    CALLED_ACCEPT, /* of the socket that accept() or socketpair() returned */
    CALLED_SHUT_WRITE,
    CALLED_SHUT_READ,
    CALLED_SHUT_BOTH,
    CALLED_CLOSE,
    API_STIMULI
};

enum verdict { IMPOSSIBLE = 0, STEP, STAY };

struct cell {
    uint8_t next;    /* enum state; meaningful for STEP */
    uint8_t verdict; /* enum verdict */
    const char *reason;
};

/* RFC 9293, one end of a connection. */
const struct cell *tcp_cell(enum state state, enum tcp_stimulus stimulus);
/* A stream socket as its program sees it (socket(7), tcp(7)); a datagram socket (udp(7)). */
const struct cell *api_cell(enum state state, enum api_stimulus stimulus);
const struct cell *udp_cell(enum state state, enum api_stimulus stimulus);

/* "sent SYN", "got FIN": for messages and documents. */
const char *tcp_stimulus_name(enum tcp_stimulus stimulus);

#endif

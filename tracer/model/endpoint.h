/*
 * What the model knows: lanes (processes), endpoints (sockets) and how to find them. An endpoint is
 * identified by the kernel's cookie; before the cookie is known, by pid and descriptor or by its addresses.
 * Pointers to endpoints and lanes stay valid for the life of the world.
 */
#ifndef SOCKSTEP_MODEL_ENDPOINT_H
#define SOCKSTEP_MODEL_ENDPOINT_H

#include "base/array.h"
#include "event/event.h"

/* Bytes [start, end) of a stream, counted from 0 behind the SYN, and the event that moved them. */
struct span {
    uint64_t start, end;
    uint64_t seq;    /* of the call, or of the packet's delivery */
    uint32_t copies; /* times on the wire */
};

struct datagram {
    uint64_t seq; /* of the call that sends it, or of its delivery */
    uint32_t bytes;
    bool used;
    struct address other; /* destination of a send, source of an arrival */
};

struct lane {
    char name[NAME_MAX_BYTES], host[NAME_MAX_BYTES];
    int32_t pid;
    bool ended;
    uint32_t open_calls;   /* entered and not returned, over all threads */
    uint8_t latest_call;   /* enum call of the newest of them */
    uint64_t latest_enter; /* its seq */
    struct lane *next;
};

/* A call that has begun and not returned. */
struct open_call {
    int32_t pid;
    uint32_t call_id;
    uint64_t enter_seq;
    uint8_t call;
    uint32_t endpoint;
    size_t span;     /* 1 + index into endpoint->handed; 0: sends nothing */
    size_t datagram; /* 1 + index into endpoint->datagrams_out */
};

struct endpoint {
    uint32_t number;
    uint64_t cookie;  /* 0: not yet known */
    uint8_t protocol; /* PROTOCOL_TCP, PROTOCOL_UDP; PROTOCOL_NONE: local, or not yet known */
    char host[NAME_MAX_BYTES];
    struct lane *lane; /* NULL: no process has it (yet) */
    int32_t fd;        /* -1: none */
    struct address local, remote;
    uint8_t states[WITNESS_COUNT]; /* enum state */
    const char *wire_reason;       /* of the wire's last step */
    struct endpoint *listener;     /* of a connection that came in; NULL otherwise */
    struct endpoint *peer;
    uint32_t flow;

    /* TCP, our sending direction */
    bool initial_known;
    uint32_t initial_sequence;
    uint8_t window_shift; /* of the windows we announce */
    bool window_shift_offered;
    uint64_t handed_bytes;       /* by the calls so far */
    ARRAY(struct span) handed;   /* by each call */
    ARRAY(struct span) segments; /* on the wire; seq of their first PACKET_SENT */
    uint64_t sent_end;           /* highest byte that was on the wire, one past */
    bool fin_sent, fin_acked;
    uint64_t fin_byte;         /* the place of our FIN, behind the last byte */
    uint64_t syn_seq, fin_seq; /* PACKET_SENT of the first SYN (or SYN,ACK) and FIN */
    uint32_t syn_copies, fin_copies;
    uint64_t latest_packet; /* PACKET_SENT */

    /* TCP, what has arrived here */
    ARRAY(struct span) arrived; /* seq of the PACKET_DELIVERED */
    uint64_t read_bytes;        /* returned by calls */
    size_t read_from;           /* index into arrived: everything before it has been read */
    uint64_t arrived_end;       /* one past the last byte that has arrived without a hole before it */
    bool fin_known, fin_taken;  /* a FIN has arrived; it is in order, so that the state has followed */
    uint64_t fin_place;         /* of that FIN */
    uint64_t acknowledged; /* relative, as in our last ACK: 0 none, 1 the SYN, then bytes, then the FIN */
    uint64_t latest_arrival, syn_arrival, handshake_arrival, fin_arrival, rst_arrival, icmp_arrival;

    /* calls that matter later: seq of the CALL_ENTER, 0 none */
    uint64_t connect_enter, close_enter, latest_exit;

    ARRAY(struct datagram) datagrams_out, datagrams_in;
};

struct world {
    ARRAY(struct endpoint *) endpoints; /* number n is items[n - 1] */
    struct lane *lanes;
    ARRAY(struct open_call) open_calls;
    uint32_t flows;
    void *by_cookie, *by_tuple, *by_descriptor; /* uthash tables */
};

void world_release(struct world *world);

/* The lane of a process, made if needed. */
struct lane *world_lane(struct world *world, int32_t pid, const char *name, const char *host);
struct lane *world_find_lane(const struct world *world, int32_t pid);

struct endpoint *world_new_endpoint(struct world *world, const char *host, uint8_t protocol);
struct endpoint *world_endpoint(const struct world *world, uint32_t number); /* NULL for 0 */

/* Each returns NULL when there is none. */
struct endpoint *world_by_cookie(const struct world *world, uint64_t cookie);
struct endpoint *world_by_descriptor(const struct world *world, int32_t pid, int32_t fd);
struct endpoint *world_by_addresses(const struct world *world, uint8_t protocol, const struct address *local,
                                    const struct address *remote);

/* A socket on this host that listens (TCP) or is bound (UDP) there; the exact address before the wildcard. */
struct endpoint *world_listener(const struct world *world, const char *host, const struct address *local);
struct endpoint *world_bound_datagram(const struct world *world, const char *host,
                                      const struct address *local);

/* A socket on this host that is inside connect() to this address and has sent no SYN yet; *ret_count says how
 * many there are (the first is returned). */
struct endpoint *world_connecting(const struct world *world, const char *host, const struct address *remote,
                                  int *ret_count);

/* These keep the ways to find it true. */
void endpoint_set_cookie(struct world *world, struct endpoint *endpoint, uint64_t cookie);
void endpoint_set_addresses(struct world *world, struct endpoint *endpoint, const struct address *local,
                            const struct address *remote);
void endpoint_set_descriptor(struct world *world, struct endpoint *endpoint, struct lane *lane, int32_t fd);
void endpoint_drop_descriptor(struct world *world, struct endpoint *endpoint);

/* Whether a living process besides `pid` has a descriptor of it (inherited by fork). */
bool world_has_other_owner(const struct world *world, const struct endpoint *endpoint, int32_t pid);

/* Connections of this listener in SYN_RECEIVED (kernel's word, else the wire's). */
uint16_t world_half_open(const struct world *world, const struct endpoint *listener);

/* The kernel's word if there is one, else the wire's, else the api's. */
enum state endpoint_state(const struct endpoint *endpoint, enum witness *ret_witness);

#endif

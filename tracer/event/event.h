/*
 * An event is an immutable fact that one source observed: when, where, what. It owns all it
 * says and points into nobody's buffers. The model adds what it concluded in `context`: which endpoint,
 * which cause by which rule, which beat; the facts themselves are never changed.
 */
#ifndef SOCKSTEP_EVENT_EVENT_H
#define SOCKSTEP_EVENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/names.h"
#include "net/address.h"
#include "net/packet.h"

#define NAME_MAX_BYTES      16  /* of a host or lane name, NUL included */
#define SOURCE_FILE_MAX     48  /* of a base name such as stream_client.c, NUL included */
#define UNIX_PATH_MAX_BYTES 108 /* unix(7) */
#define CAUSES_MAX          6

/* CALL_ENTER, CALL_EXIT. The payload (as much of it as was kept) is the event's data. */
struct event_call {
    uint8_t call;         /* enum call */
    uint8_t tcp_state;    /* enum state by TCP_INFO: after the call, on exit; just before close(), on enter;
                             STATE_NONE: not    asked */
    bool has_payload;     /* data holds payload: of sends on enter, of receives on exit */
    bool is_datagram;     /* the socket is of type SOCK_DGRAM */
    uint32_t call_id;     /* joins enter and exit; counts from 1 in its process */
    int32_t fd;           /* the descriptor it is about, -1 when there is none */
    int32_t error_number; /* exit: errno when result is -1, else 0 */
    int64_t result;       /* exit */
    int64_t duration_ns;  /* exit: since enter */
    uint64_t cookie;      /* SO_COOKIE of fd; 0: not known. For accept: of the listening socket */
    uint64_t new_cookie;  /* exit of accept, socket, dup: SO_COOKIE of the descriptor returned */
    int64_t arguments[CALL_ARGUMENTS_MAX]; /* numbers by position in call.def; unused ones 0 */
    uint32_t payload_bytes;                /* length of the whole payload, also when data holds less */
    struct address address;                /* the address argument, or the one the kernel filled in */
    struct address local, remote;          /* of the socket after the call, where it was asked */
    char path[UNIX_PATH_MAX_BYTES];        /* of an AF_UNIX address; abstract names start with '@' */
    char set[64];                          /* text of 's' arguments: "3:IN 4:IN,OUT" */
    int32_t line;                          /* 0: not known */
    char file[SOURCE_FILE_MAX];
};

/* PACKET_*. The bytes are the data of PACKET_SENT; the others carry the id and, from the model, the decoded
 * packet. */
struct event_packet {
    uint64_t id;      /* of one packet on one wire, from 1; the same in sent, delivered, dropped, held */
    uint32_t link;    /* enum link_type */
    int64_t delay_ns; /* sent: how long the wire will keep it, where that is known */
    char to[NAME_MAX_BYTES]; /* the host it goes to; the event's host is where it was seen */
    char fault[32];          /* "" or what the wire did to it: "drop flags=SYN nth=1" */
    struct packet packet;
};

/* STATE, QUEUE, TIMER: one socket as the kernel described it (linux/inet_diag.h). */
struct event_state {
    uint8_t state;    /* enum state; CLOSED when the socket is gone */
    uint8_t protocol; /* PROTOCOL_TCP or PROTOCOL_UDP */
    uint8_t
        timer; /* idiag_timer: 0 none, 1 retransmit, 2 keepalive or other, 3 TIME_WAIT, 4 zero-window probe */
    uint8_t retransmits;
    uint32_t timer_ms;                  /* until it fires */
    uint32_t receive_queue, send_queue; /* bytes; for LISTEN: un-accepted connections, and their limit */
    uint32_t inode;                     /* 0: no descriptor refers to it */
    uint64_t cookie;
    uint64_t after_packet; /* id of the packet whose departure or arrival made us ask; 0: another reason */
    bool after_delivery;   /* that packet was arriving, not departing */
    struct address local, remote;
};

enum process_what { PROCESS_START, PROCESS_FORK, PROCESS_EXEC, PROCESS_EXIT };

struct event_process {
    uint8_t what;      /* enum process_what */
    int32_t parent;    /* pid */
    int32_t exit_code; /* PROCESS_EXIT: 0..255, or -1 when a signal ended it */
    int32_t signal;    /* PROCESS_EXIT: 0, or the signal */
    char program[48];  /* base name */
};

/* OUTPUT, MARK, CAPTION, QUESTION, VOTE: the text is the event's data (UTF-8, not NUL-terminated). */
struct event_note {
    uint8_t stream; /* OUTPUT: 1 standard output, 2 standard error */
    int32_t count;  /* VOTE */
};

struct event_gap {
    uint64_t lost;   /* events; 0: not known how many */
    char reason[48]; /* "the ring was full" */
};

/* What the wire did, by the text of the rule: whether the packet arrived damaged, and whether it is an ICMP
 * message that the wire itself sent (in the place of a router or of the receiver). */
bool packet_was_corrupted(const struct event_packet *packet);
bool packet_is_of_wire(const struct event_packet *packet);

/* What the model says of one end of a conversation, as of this event. */
struct endpoint_note {
    char name[NAME_MAX_BYTES]; /* "client"; "" when there is no such end */
    uint8_t state;             /* enum state */
    uint8_t witness;           /* enum witness: who says so */
    uint8_t blocked;           /* 1 + enum call that its lane waits in; 0: in none */
    uint16_t half_open;        /* of a listening end: connections in SYN_RECEIVED */
};

/* Filled by the model, never by a source. Numbers of endpoints and flows start at 1; 0 is none. */
struct event_context {
    uint32_t beat;
    uint32_t endpoint; /* the end it is about: the caller's, the sender's, the receiver's for delivered */
    uint32_t peer;     /* the other end, where known */
    uint32_t flow;
    uint8_t cause_count;
    struct cause {
        uint64_t seq;
        uint8_t rule; /* enum rule */
        bool guessed; /* by likelihood, not by bytes or identity */
    } causes[CAUSES_MAX];
    bool has_relative;                 /* TCP: the two numbers below are known */
    uint32_t sequence, acknowledgment; /* relative to the initial sequence numbers, SYN = 0 */
    uint32_t window;                   /* scaled, bytes */
    uint32_t copy;                     /* 1 first time on the wire, 2 the second try ... ; 0 not a packet */
    struct endpoint_note sides[2];     /* packets: sender, receiver; others: the endpoint itself in [0] */
    uint32_t cause_line;               /* source line of the first call among the causes, 0: none */
    uint8_t cause_call;                /* 1 + enum call of that call; 0: no cause is a call */
    char cause_lane[NAME_MAX_BYTES];
    char cause_file[SOURCE_FILE_MAX];
};

/* The state to show of those that the witnesses give: the kernel's word if there is one, else the wire's,
 * else the api's; and whose word it is (WITNESS_NONE: nobody's). */
enum state state_believed(const uint8_t states[WITNESS_COUNT], enum witness *ret_witness);

/* What the model believes after an event, one object at a time. Strings are static. */
struct change {
    uint32_t endpoint;
    uint8_t witness;   /* enum witness */
    uint8_t old_state; /* enum state */
    uint8_t new_state;
    bool impossible;           /* the table has no such step: the witness is at odds with RFC 9293 */
    bool disagreement;         /* the wire and the kernel do not say the same */
    const char *reason;        /* static, one sentence without a full stop */
    char name[NAME_MAX_BYTES]; /* of the endpoint: "client" */
};

struct event {
    uint64_t seq;     /* total causal order, from 1; 0: not yet ordered */
    int64_t time_ns;  /* since the epoch: when it was observed */
    int64_t order_ns; /* where it belongs causally; equals time_ns but for kernel answers (asked a moment
                         later) */
    int32_t pid;      /* 0: none */
    int32_t tid;
    uint8_t kind;              /* enum event_kind */
    char host[NAME_MAX_BYTES]; /* where: "client", "server"; "" for the session itself */
    char lane[NAME_MAX_BYTES]; /* the process: "client", "server.2"; "" for kernels and the wire */
    union {
        struct event_call call;
        struct event_packet packet;
        struct event_state state;
        struct event_process process;
        struct event_note note;
        struct event_gap gap;
    };
    uint32_t data_bytes;
    uint8_t *data; /* owned; NULL when data_bytes is 0 */
    char *extra;   /* owned: JSON members that this version does not know, as one object; or NULL */
    struct event_context context;
};

/* A zeroed event is valid and owns nothing. */
void event_release(struct event *event);                     /* zeroed afterwards */
void event_copy(struct event *to, const struct event *from); /* `to` need not be initialised */
void event_set_data(struct event *event, const void *bytes,
                    size_t count); /* copies; replaces what was there */

/* The first line of a record: where the events come from. A zeroed one is valid. */
struct session_info {
    char scenario[64]; /* "" for a foreign capture */
    char title[96];
    char kernel[80];               /* uname -r */
    char tool[48];                 /* "sockstep 0.1.0" */
    int64_t delay_ns;              /* one way */
    int64_t start_ns;              /* since the epoch */
    bool live;                     /* false: packets of a foreign capture */
    uint32_t link;                 /* enum link_type */
    char hosts[8][NAME_MAX_BYTES]; /* names, in the order of the lanes on the screen */
    struct address addresses[8];   /* of the hosts */
    int host_count;
    char sysctls[256]; /* changed in the lab: "net.ipv4.tcp_x=1 ..." */
    char note[128];    /* what else a reader must know: "textbook timers" */
};

#endif

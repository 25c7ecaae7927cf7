/*
 * Faults as rules: what the wire does to which packets. A rule matches packets as they leave their sender,
 * and counts all that match it; from these, its number picks one. Nothing here touches a packet: the verdict
 * is carried out in lab/fate.h.
 */
#ifndef SOCKSTEP_LAB_RULES_H
#define SOCKSTEP_LAB_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "net/packet.h"

#define FAULT_TEXT_MAX 32 /* the name of a rule in events, NUL included */
#define LAB_RULES_MAX  64

enum fault_action {
    FAULT_NONE,
    FAULT_DROP,      /* the packet is lost */
    FAULT_ICMP,      /* ... and its sender is told why */
    FAULT_HOLD,      /* it stays on the wire until the rule lets go: lab_release_rule() */
    FAULT_DELAY,     /* it takes longer */
    FAULT_DUPLICATE, /* it arrives, and once more later */
    FAULT_SWAP,      /* the next one of the same direction overtakes it */
    FAULT_CORRUPT,   /* one of its bits arrives wrong, so that its checksum is */
    FAULT_PACE,      /* the line is slow: one after the other */
};

enum fault_icmp { FAULT_ICMP_PORT, FAULT_ICMP_HOST, FAULT_ICMP_TOO_BIG };

#define FAULT_ANY_HOST       (-1)
#define FAULT_NOT_FIRST_HOST (-2)

struct fault_match {
    int from, to;                     /* index of a host, or FAULT_ANY_HOST; from also FAULT_NOT_FIRST_HOST */
    uint8_t protocol;                 /* PROTOCOL_NONE: any. ICMP means ICMPv6 too */
    uint8_t flags, flags_mask;        /* TCP: those of the mask must be as in flags */
    uint32_t least_bytes, most_bytes; /* of payload */
    uint32_t least_packet_bytes;      /* of the IP packet, its header included */
    uint16_t port;                    /* source or destination; 0: any */
    const char *payload;              /* is somewhere in it; NULL: whatever */
    int nth;                          /* only this one of those that match, from 1; 0: all */
    int64_t from_ns, until_ns;        /* since the first packet on this wire; until_ns 0: for ever */
};

struct fault_rule {
    char text[FAULT_TEXT_MAX]; /* "drop > SYN nth=1": in the events of the packets it hits */
    struct fault_match match;
    bool has_after; /* counts only from behind a packet that `after` matches */
    struct fault_match after;
    enum fault_action action;
    int64_t delay_ns; /* DELAY: so much more. DUPLICATE: the copy so much later. PACE: between two packets */
    int64_t bits_per_s;   /* PACE: in addition, by length; 0: only the time */
    int corrupt_byte;     /* CORRUPT: of the payload, from 0 */
    enum fault_icmp icmp; /* ICMP */
    uint16_t mtu;         /* ICMP too big */
};

/* What a rule remembers; zeroed at first. */
struct fault_memory {
    bool begun;       /* the packet of `after` has passed */
    uint32_t matched; /* packets that fit, whatever their number */
    uint32_t hits;    /* packets to which it did something */
    int64_t free_ns;  /* PACE: when the line is free again */
};

/* A packet as it leaves. */
struct fault_packet {
    int from, to;
    const struct packet *packet;
    const uint8_t *bytes; /* as captured */
    int64_t stamp_ns;
    int64_t since_ns; /* since the first packet on this wire */
};

/* What all rules together make of it: the first that stops it decides; delays add up. */
struct fate {
    enum fault_action stop;        /* FAULT_DROP, FAULT_ICMP, FAULT_HOLD, or FAULT_NONE: it arrives */
    const struct fault_rule *rule; /* that stopped it; else the first that did anything; NULL: none did */
    int64_t delay_ns;
    bool copied, swapped, corrupted;
    int64_t copy_ns; /* copied: so much behind the first */
    int corrupt_byte;
};

/* A rule that matches everything and does nothing. */
struct fault_rule fault_rule_any(void);

bool fault_matches(const struct fault_match *match, const struct fault_packet *packet);

struct fate rules_judge(const struct fault_rule *rules, struct fault_memory *memories, int count,
                        const struct fault_packet *packet);

#endif

/*
 * The middle of the ladder: packets as stairs. A packet leaves on one row, goes down in a column of its own
 * while it is in flight, and arrives on a later row:
 *
 *     ├─ ACK ack=1 ─────────╮   │
 *     ├─ data 5 seq=1 ────╮ │   │
 *     │                   │ ╰──►│
 *     │                   ╰────►│
 *
 * Later packets turn down nearer to their sender, so that stairs cross only where packets overtake each other
 * or meet.
 */
#ifndef SOCKSTEP_EXPORT_LADDER_WIRE_H
#define SOCKSTEP_EXPORT_LADDER_WIRE_H

#include "export/ladder_grid.h"
#include "export/ladder_sides.h"

#define LABEL_MAX 32

struct label {
    char full[LABEL_MAX];  /* "data 5 seq=1" */
    char brief[LABEL_MAX]; /* "data 5": where there is little room */
    bool is_double;        /* RST */
};

struct stair {
    uint64_t id;
    enum side from;
    int column;        /* 0: found none; both of its ends carry the label */
    unsigned arrivals; /* that are still to come; UINT_MAX: none ever does */
    struct label label;
};

struct wire {
    ARRAY(struct stair) flying; /* in order of departure */
};

void wire_release(struct wire *wire);

/* Puts the posts of all packets in flight into a new row. */
void wire_continue(const struct wire *wire, struct grid_row *row);

void wire_depart(struct wire *wire, struct grid_row *row, uint64_t id, enum side from,
                 const struct label *label, unsigned arrivals);
/* A packet that nobody saw depart arrives too, with its label. */
void wire_arrive(struct wire *wire, struct grid_row *row, uint64_t id, enum side from,
                 const struct label *label);
void wire_hold(const struct wire *wire, struct grid_row *row, uint64_t id);

void wire_lose(struct grid_row *row, enum side from, const struct label *label);
void wire_straight(struct grid_row *row, enum side from,
                   const struct label *label); /* no arrival was observed */
void wire_elsewhere(struct grid_row *row, enum side from, const struct label *label,
                    const char *to); /* a third host */

#endif

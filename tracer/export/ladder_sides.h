/*
 * Who stands left and who stands right: the first two hosts of the session; of a foreign capture the ends of
 * its first packet; where there are no packets, the first two processes.
 */
#ifndef SOCKSTEP_EXPORT_LADDER_SIDES_H
#define SOCKSTEP_EXPORT_LADDER_SIDES_H

#include "timeline/timeline.h"

/* A packet that leaves the left side goes right. NOWHERE: a third host. */
enum side { LEFT = 0, RIGHT = 1, NOWHERE = 2 };

struct ladder_sides {
    char names[2][NAME_MAX_BYTES];
    struct address addresses[2];
    bool by_lane; /* the sides are two processes of one host */
};

void sides_find(struct ladder_sides *sides, const struct timeline *timeline);

enum side side_opposite(enum side side);
enum side side_of_name(const struct ladder_sides *sides, const char *name);
enum side side_of(const struct ladder_sides *sides, const struct event *event); /* where it happened */
enum side side_of_goal(const struct ladder_sides *sides,
                       const struct event *event); /* where the packet goes */
/* Whose state it is: of a packet's two ends, or by its name; else of where the event happened. */
enum side side_of_change(const struct ladder_sides *sides, const struct event *event,
                         const struct change *change);
bool ladder_is_packet(const struct event *event);

#endif

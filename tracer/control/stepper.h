/*
 * The stepper: what is held in a live session, what may happen next, and letting it happen. Calls wait at the
 * gates of their probes, packets on the wire. It is fed by a director (control/engine.h) and used by keys and
 * scripts.
 */
#ifndef SOCKSTEP_CONTROL_STEPPER_H
#define SOCKSTEP_CONTROL_STEPPER_H

#include "control/engine.h"
#include "control/expression.h"
#include "lab/lab.h"

#define STEPPER_TEXT_MAX 96

/* Something that waits to be let go. */
struct pending {
    bool is_packet;
    int64_t since_ns;            /* since the epoch */
    char lane[NAME_MAX_BYTES];   /* of the call; the host that sent the packet */
    char to[NAME_MAX_BYTES];     /* packet: where it goes */
    char text[STEPPER_TEXT_MAX]; /* "connect(3, 192.0.2.2:7001)", "SYN" */
    uint64_t packet;             /* id */
    uint32_t copies;             /* that were absorbed while it is held */
    struct packet decoded;
    uint8_t call; /* enum call */
    int32_t pid;
    uint32_t call_id;
};

/* What is held. */
enum step_mode { STEP_NOTHING = 0, STEP_CALLS = 1, STEP_PACKETS = 2, STEP_BOTH = 3 };

/* What the stepper does by itself: it lets the suggested item go each time all has come to rest, until ... */
enum step_goal {
    GOAL_NONE, /* it does nothing */
    GOAL_BEAT, /* the next beat has begun */
    GOAL_STOP, /* a breakpoint, or stepper_until() */
};

struct stepper;

/* Borrows lab and probes (a source_probes()). */
struct stepper *stepper_new(struct lab *lab, struct source *probes, enum step_mode mode);
void stepper_free(struct stepper *stepper); /* NULL is allowed */

/* From the director: each fact at once, and each step of the engine. */
void stepper_seen(struct stepper *stepper, const struct event *event);
void stepper_step(struct stepper *stepper, struct engine *engine);

/* The items in the order in which they came to wait. Borrowed until the next step. */
size_t stepper_pending(const struct stepper *stepper, const struct pending **ret_items);

/* The one that is suggested: the longest waiting, which keeps to the order of causes; NULL: none waits. */
const struct pending *stepper_suggested(const struct stepper *stepper);

/* True when nothing is on its way: no packet travels, all that was seen is recorded, and nothing new has come
 * for a moment. Only then is the list of what waits complete. */
bool stepper_rests(const struct stepper *stepper);

/* Lets an item go. order NULL: as it is; else what shall be done to the packet. 0, -ESRCH when it does not
 * wait any more (or not quite yet: try again), -EINVAL. */
int stepper_release(struct stepper *stepper, const struct pending *item, const struct lab_order *order);

/* Makes a waiting call return -1 with this errno, without the kernel being asked. */
int stepper_fail(struct stepper *stepper, const struct pending *item, int error_number);

enum step_mode stepper_mode(const struct stepper *stepper);
void stepper_set_mode(struct stepper *stepper, enum step_mode mode); /* what is held no more goes its way */

enum step_goal stepper_goal(const struct stepper *stepper);
void stepper_set_goal(struct stepper *stepper, enum step_goal goal);

/* Stops the run at what it says; text is for the mark that is made there. Breakpoints stay, stepper_until()
 * is for once and starts the run. */
void stepper_break(struct stepper *stepper, const struct expression *expression, const char *text);
void stepper_until(struct stepper *stepper, const struct expression *expression);

/* How often a goal was reached or a breakpoint was met so far. */
int stepper_stops(const struct stepper *stepper);

#endif

/*
 * The lab proper: the process that is PID 1 of the lab's pid namespace. It makes the hosts, forwards the
 * packets, asks the kernels, starts the programs, and writes what it saw into the ring. It lives as long as
 * its parent.
 */
#ifndef SOCKSTEP_LAB_CHILD_H
#define SOCKSTEP_LAB_CHILD_H

#include "base/array.h"
#include "lab/diag.h"
#include "lab/namespaces.h"
#include "lab/queue.h"
#include "lab/report.h"
#include "lab/spawn.h"
#include "lab/wire.h"

struct lab_host {
    int network; /* descriptor of its network namespace */
    struct diag diag;
    ARRAY(struct record_state) findings; /* what its kernel said, not yet told: see lab/inquiry.c */
    bool queues_due; /* packets have passed since its kernel was last asked: ask again for the queues */
};

#define LAB_ARRIVED_MAX 64

struct lab_child {
    const struct lab_config *config;
    struct lab_host hosts[LAB_HOSTS_MAX];
    int middle; /* descriptor of the network namespace of the wire */
    struct wire *wire;
    struct queue queue;
    struct report report;
    struct programs programs;
    struct settle_page *settle;
    uint64_t last_packet; /* id */
    int64_t first_ns;     /* when the first packet left; 0: none has */
    struct fault_memory memories[LAB_RULES_MAX];
    struct frame *held; /* in the order in which they left */
    bool holding;       /* every packet is held */
    struct {
        int host; /* sender */
        struct packet packet;
    } arrived[LAB_ARRIVED_MAX]; /* the latest that were delivered in a session that holds packets */
    uint32_t arrived_count;
    bool cut[LAB_HOSTS_MAX];
    bool let_go[LAB_RULES_MAX]; /* rules that hold no more */
    int64_t lost_asked_ns;      /* when the wire was last asked for lost frames */
    bool lost_due;              /* it has been read since */
    int64_t restless_ns;        /* since when a due packet waits for programs to rest; 0: none does */
    int control_fd, signal_fd;
    bool stopping;
};

/* What the child takes over from its parent; the parent closes its copies. */
struct lab_child_start {
    const struct lab_config *config;
    struct lab_identity identity;
    struct ring ring;
    int control_fd, doorbell_fd, hello_fd;
};

/* Makes the lab, says so on the control socket, and runs it until the parent goes. */
_Noreturn void lab_child_run(const struct lab_child_start *start);

/* lab/hosts.c: namespaces, links, addresses and settings of all hosts, the wire's ports and the kernel
 * witnesses. Adds to `sysctls` what was changed in the hosts: "name=value name=value". 0 or -errno with err.
 */
int hosts_make(struct lab_child *child, struct buf *sysctls, struct err *err);

/* lab/traffic.c: the way of packets from host to host. */
void traffic_read(struct lab_child *child);             /* what has left the hosts */
void traffic_deliver(struct lab_child *child);          /* what is due */
int64_t traffic_next_ns(const struct lab_child *child); /* when something will be due; INT64_MAX: nothing */

void traffic_report(struct lab_child *child, const struct frame *frame, int kind, int64_t time_ns,
                    const char *fault);
void traffic_drop(struct lab_child *child, struct frame *frame, const char *fault); /* takes the frame over */
void traffic_forward(struct lab_child *child, struct frame *frame); /* takes it over: it will be delivered */

/* lab/fate.c: what the rules say of a packet that leaves, and doing so. */
struct fate fate_judge(struct lab_child *child, const struct frame *frame);
void fate_carry_out(struct lab_child *child, struct frame *frame); /* takes it over; frame->fate says what */

/* lab/holds.c: packets that are kept on the wire. */
bool holds_absorb(struct lab_child *child,
                  const struct frame *frame); /* a copy of a held one: to be forgotten */
void holds_arrived(struct lab_child *child, const struct frame *frame);
void holds_add(struct lab_child *child, struct frame *frame,
               const struct fault_rule *rule); /* takes it over */
void holds_mode(struct lab_child *child, bool on);
void holds_release_rule(struct lab_child *child, int rule);
int holds_order(struct lab_child *child, uint64_t id, const struct lab_order *order); /* 0, -ESRCH, -EINVAL */

/* lab/inquiry.c: when the kernels are asked, and what the answer is about. What they say waits to be told. */
bool inquiry_after_delivery(const struct lab_child *child,
                            const struct frame *frame); /* shall we ask after it? */
void inquiry_delivery(struct lab_child *child, const struct frame *frame, int64_t delivered_ns); /* asks */
void inquiry_departure(struct lab_child *child,
                       const struct frame *frame); /* asks, if this packet gives reason to */
void inquiry_plain(struct lab_child *child, int host, int64_t order_ns); /* asks, for no packet's sake */
void inquiry_queues(struct lab_child *child, int64_t now_ns);            /* asks hosts where that is due */
int64_t inquiry_next_ns(const struct lab_child *child);       /* when it will be due; INT64_MAX: never */
bool inquiry_waits(const struct lab_child *child);            /* is there something to tell? */
void inquiry_tell(struct lab_child *child, int64_t until_ns); /* tells what was found by then */

#endif

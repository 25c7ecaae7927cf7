/*
 * The lab: a child process that owns user, pid and network namespaces, a wire between the hosts and the
 * programs that run on them. Nothing of it outlives this process: the child dies with its parent, its pid
 * namespace with it, and the network namespaces with that. No root, no external programs.
 *
 * Host i has the addresses 192.0.2.(i+1) and 2001:db8::(i+1).
 */
#ifndef SOCKSTEP_LAB_LAB_H
#define SOCKSTEP_LAB_LAB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "lab/rules.h"
#include "net/address.h"

#define LAB_HOSTS_MAX 4

struct lab_sysctl {
    const char *name;  /* "net.ipv4.tcp_syncookies" */
    const char *value; /* "0" */
};

struct lab_config {
    int host_count;                        /* 2..LAB_HOSTS_MAX */
    const char *host_names[LAB_HOSTS_MAX]; /* "client", "server": at most 15 bytes */
    int64_t delay_ns;                      /* one way */
    int64_t spacing_ns; /* least time between two deliveries to one host, which also wait, 250 ms at most,
                           until all programs sleep (lab/rest.h); 0: none */
    int mtu;            /* 0: 1500 */
    bool quick_ack;     /* quickack 1 on the routes */
    const struct lab_sysctl *sysctls; /* set in every host */
    int sysctl_count;
    const struct fault_rule *rules; /* what the wire does to packets */
    int rule_count;                 /* at most LAB_RULES_MAX */
    bool holds;                     /* every packet is held from the start: lab_hold() */
    bool textbook_timers;           /* kernels that are patient while packets are held: see lab/timers.h */
};

struct lab;

/* Makes it all and returns when the wire runs. 0 and *ret_lab for the caller to give to lab_stop(); or -errno
 * with one line in err that says what cannot be had here and the remedy (-EPERM, -ENOSYS, -ENOSPC: the
 * machine cannot do it). */
int lab_start(const struct lab_config *config, struct lab **ret_lab, struct err *err);

/* The address of a host (port 0). family: ADDRESS_IPV4 or ADDRESS_IPV6. */
struct address lab_address(int host, int family);

/* What was changed in the hosts beyond the defaults, as "name=value name=value"; borrowed. */
const char *lab_sysctls_text(const struct lab *lab);

int lab_ring_fd(const struct lab *lab);     /* memfd of its ring (event/ring.h); borrowed */
int lab_doorbell_fd(const struct lab *lab); /* becomes readable when the ring has news or the lab is gone */
int lab_hello_fd(const struct lab *lab);    /* where the probes of the programs say hello; borrowed */
bool lab_alive(const struct lab *lab);      /* false once the child has ended, whatever the reason */

struct lab_program {
    int host;                       /* index */
    const char *lane;               /* SOCKSTEP_LANE: at most 15 bytes */
    const char *const *argv;        /* NULL-terminated; argv[0] is a path or is looked up in PATH */
    const char *directory;          /* to run in; NULL: the caller's */
    const char *const *environment; /* extra "NAME=value", NULL-terminated; NULL: none */
    const char *preload; /* path of libsockprobe.so for programs that are not linked with the probe; NULL */
    bool gates_closed;
};

/* Starts a program on a host, with the user's own uid and no capabilities; its output comes back as OUTPUT
 * events, its start and end as PROCESS events. Returns its pid as the caller's namespace sees it, or -errno
 * with err (-ENOENT: no such program). Waits for the lab's answer. */
pid_t lab_spawn(struct lab *lab, const struct lab_program *program, struct err *err);

/* Sends a signal to a program that lab_spawn() started. 0 or -ESRCH. */
int lab_kill(struct lab *lab, pid_t pid, int signal);

/* Asks a host's kernel for its sockets now (after a call that changes a state without a packet); what changed
 * comes as STATE events with this order_ns, or right behind the packet that explains it. Does not wait. */
void lab_ask(struct lab *lab, int host, int64_t order_ns);

/* Holds every packet that leaves from now on, or lets all go that are held by hand. A held packet is told by
 * a PACKET_HELD event; copies that a kernel sends of it meanwhile are absorbed, each told by another such
 * event whose fault says "copy 2 absorbed". Does not wait. */
void lab_hold(struct lab *lab, bool on);

/* What is to become of a held packet: FAULT_NONE: it goes on its way. FAULT_DROP, FAULT_ICMP: it does not.
 * The others: it goes, and this is done to it. */
struct lab_order {
    enum fault_action action;
    int64_t delay_ns; /* DELAY, DUPLICATE */
    int corrupt_byte;
    enum fault_icmp icmp;
    uint16_t mtu;
};

/* By the id of its events. 0, or -ESRCH: it is not held; -EINVAL: no such order. */
int lab_packet(struct lab *lab, uint64_t id, const struct lab_order *order);

/* What a rule (index) with FAULT_HOLD holds goes on its way, and it holds no more. Does not wait. */
void lab_release_rule(struct lab *lab, int rule);

/* Cuts the wire for what a host sends, or mends it. Does not wait. */
void lab_cut(struct lab *lab, int host, bool cut);

/* Ends every program, the wire and the child; waits for it. Returns NULL. */
struct lab *lab_stop(struct lab *lab);

/* For `sockstep doctor`: 0 when a lab could be made here, else -errno with the same line as lab_start(). */
int lab_check(struct err *err);

#endif

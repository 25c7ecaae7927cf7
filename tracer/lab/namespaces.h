/*
 * The namespaces of a lab: one child that is PID 1 of its own pid namespace, in its own user and network
 * namespace (the middle, where the wire lies), and one network namespace for each host.
 */
#ifndef SOCKSTEP_LAB_NAMESPACES_H
#define SOCKSTEP_LAB_NAMESPACES_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* What the child must know of its parent: ids cannot be asked for once they are unmapped. */
struct lab_identity {
    uid_t uid;
    gid_t gid;
    bool own_user_namespace; /* false: root, where user namespaces are not allowed */
};

/* Forks like fork(2), the child in new namespaces. No process stands between: the parent can wait for the
 * child, and the child gets the parent's death signal. Returns 0 in the child, its pid in the parent, or
 * -errno with err. */
pid_t namespaces_fork(struct lab_identity *ret_identity, struct err *err);

/* In the child, first of all: maps the user to himself. 0 or -errno with err. */
int namespaces_map_user(const struct lab_identity *identity, struct err *err);

/* The network namespace we are in, as a descriptor, or -errno. */
int namespace_here(void);

/* Makes a network namespace, and returns its descriptor, or -errno with err. We are in `back_to` again
 * afterwards. */
int namespace_make(int back_to, struct err *err);

/* 0 or -errno. */
int namespace_enter(int fd);

/* The line for a person when the machine said no with error_number while we tried `what`: the reason, as far
 * as it can be found, and the one command that helps. Returns -error_number. */
int namespaces_refused(int error_number, const char *what, struct err *err);

#endif

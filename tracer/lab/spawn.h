/*
 * The programs that run on the hosts: started without any privilege, their output read by lines, their end
 * reported.
 */
#ifndef SOCKSTEP_LAB_SPAWN_H
#define SOCKSTEP_LAB_SPAWN_H

#include <poll.h>
#include <stdbool.h>

#include "base/err.h"
#include "lab/protocol.h"
#include "lab/report.h"

struct program;

/* What every program is given; borrowed. Valid when zeroed (no programs). */
struct programs {
    struct program *list;
    struct report *report;
    int hello_fd, settle_fd; /* become PROGRAM_HELLO_FD and PROGRAM_SETTLE_FD in the program */
};

/* High, so that the program's own descriptors begin at 3 as they do in every textbook. */
#define PROGRAM_HELLO_FD  400
#define PROGRAM_SETTLE_FD 401

/* Starts a program in a host's network namespace and reports it. Returns its pid as the outer pid namespace
 * has it (that of the /proc we see), or -errno with err. */
pid_t program_start(struct programs *programs, const struct spawn_request *spawn, int host_namespace,
                    struct err *err);

/* By outer pid. 0 or -ESRCH. */
int program_kill(struct programs *programs, pid_t pid, int signal);

/* True when none of them has anything left to do: each sleeps in the kernel (lab/rest.h). */
bool programs_at_rest(const struct programs *programs);

/* Descriptors of output to wait for; returns how many. */
int programs_poll_fds(const struct programs *programs, struct pollfd *fds, int room);

/* Reads and reports what has been printed. */
void programs_read(struct programs *programs);

/* Called for each program that has ended, after its end was reported. */
typedef void program_ended(void *context, int host, int64_t time_ns);

/* Takes leave of all processes that have ended, also of those that programs left behind. */
void programs_reap(struct programs *programs, program_ended *ended, void *context);

/* Kills everything but ourselves in this pid namespace, reports the ends, frees all. */
void programs_end(struct programs *programs);

#endif

/*
 * The child's side of starting a program: from fork() to exec() (lab/spawn.c has the rest).
 */
#ifndef SOCKSTEP_LAB_PROGRAM_H
#define SOCKSTEP_LAB_PROGRAM_H

#include "lab/protocol.h"

struct program_plan {
    const struct spawn_request *spawn;
    int host_namespace;
    int hello_fd, settle_fd;
    int output_fd, error_fd; /* become standard output and standard error */
    int tell_fd;             /* CLOEXEC pipe: struct program_told, then end of file when exec() has worked */
};

/* Written to tell_fd before exec(), and again with an error when something failed. */
struct program_told {
    int32_t pid; /* as /proc has it */
    int32_t error_number;
    char step[32]; /* what failed; "" for exec() itself */
};

/* Becomes the program; never returns. */
_Noreturn void program_become(const struct program_plan *plan);

/* The pid of the calling process as the mounted /proc has it, or 0. */
pid_t outer_pid(void);

#endif

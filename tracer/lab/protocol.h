/*
 * What the engine and the lab's child say to each other over a SOCK_SEQPACKET pair: one message, one struct
 * lab_request or lab_answer. Both sides are one program on one machine; the child still checks what it reads.
 */
#ifndef SOCKSTEP_LAB_PROTOCOL_H
#define SOCKSTEP_LAB_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "lab/lab.h"

#define LAB_MESSAGE_MAX   (64u << 10)
#define LAB_ARGUMENTS_MAX 128

enum request_kind {
    REQUEST_SPAWN = 1, /* answered: the pid, or -errno and text */
    REQUEST_KILL = 2,  /* answered: 0 or -ESRCH */
    REQUEST_ASK = 3,
    REQUEST_STOP = 4,
    REQUEST_HOLD = 5,         /* pid: 1 on, 0 off */
    REQUEST_PACKET = 6,       /* answered: 0, -ESRCH or -EINVAL */
    REQUEST_RELEASE_RULE = 7, /* host: index of the rule */
    REQUEST_CUT = 8,          /* host; pid: 1 cut, 0 mended */
};

/* Behind a REQUEST_SPAWN: strings, each with its NUL: lane, directory, preload ("" for none), arguments,
 * environment. */
struct lab_request {
    uint32_t kind;
    int32_t host;
    int32_t pid, signal;
    int64_t order_ns;
    uint32_t argument_count, environment_count;
    uint32_t gates_closed;
    uint64_t packet; /* REQUEST_PACKET: id, and what shall be done: struct lab_order */
    int64_t delay_ns;
    uint32_t action, icmp;
    int32_t corrupt_byte;
    uint32_t mtu;
};

/* The first one says that the lab is ready (text: the sysctls that were changed) or why not (text: an err
 * line). */
struct lab_answer {
    int32_t result;
    char text[512];
};

/* A spawn request taken apart; the strings are borrowed from the message. */
struct spawn_request {
    int host;
    const char *lane, *directory, *preload;
    char *arguments[LAB_ARGUMENTS_MAX + 1]; /* NULL-terminated, as execvp() wants them */
    char *environment[LAB_ARGUMENTS_MAX + 1];
    bool gates_closed;
};

/* 0, -E2BIG when it does not fit into a message, -EINVAL for a lane name that is too long. Adds to the
 * buffer. */
int spawn_request_pack(const struct lab_program *program, struct buf *message);

/* 0 or -EPROTO. */
int spawn_request_unpack(char *message, size_t bytes, struct spawn_request *ret_spawn);

#endif

/*
 * One call on its way: begin, enter, (the real call,) done, leave. The wrapper keeps it on its stack.
 *
 *     if (!call_begin(&call, CALL_listen, fd, file, line))
 *         return real.listen(fd, backlog);
 *     call.record.arguments[1] = backlog;
 *     result = call_enter(&call) ? real.listen(fd, backlog) : -1;
 *     call_done(&call, result);
 *     call_ask_state(&call, fd);
 *     return (int)call_leave(&call);
 *
 * errno between call_enter() and call_done() belongs to the program; everywhere else it is kept.
 */
#ifndef SOCKSTEP_PROBE_RECORDER_H
#define SOCKSTEP_PROBE_RECORDER_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "event/event.h"
#include "event/record.h"
#include "probe/session.h"

struct moment {
    struct record_call record;
    const char *file;
    const struct iovec *payload; /* borrowed; record.kept_bytes of it go into the next record */
    int *place;                  /* of this thread's errno */
    int error;                   /* the program's errno */
    uint32_t traits;
    bool refused;                                 /* at the gate: the kernel never saw it */
    struct record_address address, local, remote; /* those that record.addresses names */
    char path[UNIX_PATH_MAX_BYTES];
    char set[64];
};

bool call_prepare(struct moment *call, enum call name, int fd, const char *file, int line);

/* Whether this call is recorded: there is a session, and fd is a socket of the program's. */
static inline bool call_begin(struct moment *call, enum call name, int fd, const char *file, int line)
{
    return !session_off() && call_prepare(call, name, fd, file, line);
}

bool call_prepare_plain(struct moment *call, enum call name, const char *file, int line);

/* The same for a call that is about no descriptor. */
static inline bool call_begin_plain(struct moment *call, enum call name, const char *file, int line)
{
    return !session_off() && call_prepare_plain(call, name, file, line);
}

/* Writes the enter record and waits at the gate. False: the call must not be made; it has failed. */
bool call_enter(struct moment *call);

/* The call has come back (or was refused, result -1). Takes the time and errno. */
void call_done(struct moment *call, int64_t result);

/* Writes the exit record; returns the result and puts errno back. */
int64_t call_leave(struct moment *call);

/* The payload: of a send before call_enter(), of a receive between call_done() and call_leave(); `bytes` in
 * all. */
void call_payload(struct moment *call, const struct iovec *parts, size_t count, size_t bytes);
void call_no_payload(struct moment *call);

/* An address that the program gave, or one that the kernel has filled in. */
void call_address(struct moment *call, const struct sockaddr *address, size_t bytes);

/* TCP_INFO's state of fd goes into the record; nothing for other sockets. */
void call_ask_state(struct moment *call, int fd);

/* The addresses of fd go into the record. */
void call_ask_addresses(struct moment *call, int fd);

/* SO_COOKIE of the descriptor that the call has returned. */
void call_new_socket(struct moment *call, int fd);

static inline bool call_failed(const struct moment *call)
{
    return call->record.result < 0;
}

/* A failure that says nothing about the connection. */
static inline bool call_failed_for_now(const struct moment *call)
{
    return call->error == EAGAIN || call->error == EINTR;
}

#endif

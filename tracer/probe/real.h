/*
 * The functions behind the probe. In a linked program they are the library's; preload.c, whose own functions
 * bear those names, puts the next ones in before any is called.
 */
#ifndef SOCKSTEP_PROBE_REAL_H
#define SOCKSTEP_PROBE_REAL_H

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

struct real_functions {
#define REAL(name)                         __typeof__(name) *name;
#define REAL_TYPED(name, type, parameters) type(*name) parameters;
#include "probe/real.def"
};

extern struct real_functions real;

/* This probe is libsockprobe.so. */
extern bool real_preloaded;

#endif

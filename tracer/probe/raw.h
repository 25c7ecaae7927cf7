/*
 * The probe's own system calls: straight to the kernel, so that they are neither seen by the probe itself nor
 * cancellation points of the program. None changes errno.
 */
#ifndef SOCKSTEP_PROBE_RAW_H
#define SOCKSTEP_PROBE_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

bool raw_socketpair(int pair[2]); /* SOCK_SEQPACKET, close-on-exec */
bool raw_is_seqpacket(int fd);    /* an AF_UNIX SOCK_SEQPACKET socket */
int raw_move_high(int fd); /* close-on-exec, from 500 up if it may; closes fd; fd itself when it cannot */
void raw_close(int fd);
uint64_t raw_inode(int fd);  /* 0: not open */
bool raw_peer_lives(int fd); /* false: end of file or an error */
bool raw_send_byte(int fd);  /* without waiting; false when nobody can hear it any more */
long raw_sendmsg(int fd, const struct msghdr *message); /* without waiting; -errno */
void raw_sleep_ns(long ns);
int64_t raw_now_ns(void); /* CLOCK_REALTIME */
int32_t raw_tid(void);
int raw_getsockopt(int fd, int level, int option, void *value,
                   uint32_t bytes);                                  /* bytes filled in, or -errno */
uint32_t raw_sockname(int fd, struct sockaddr_storage *ret_address); /* bytes filled in; 0: it has none */
uint32_t raw_peername(int fd, struct sockaddr_storage *ret_address);

/* Waits while *word is `value`, `timeout_ms` at most; a signal ends it too. */
void raw_futex_wait(_Atomic uint32_t *word, uint32_t value, int timeout_ms);

/* Whether `bytes` bytes at `memory` may be read: a program may hand a bad pointer to a call and live on with
 * EFAULT. */
bool raw_readable(const void *memory, size_t bytes);

#endif

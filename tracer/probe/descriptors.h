/*
 * What each descriptor is, asked once of the kernel and remembered until it is closed. No locks: an entry is
 * one word of traits and the cookie; a descriptor that one thread closes while another uses it is as
 * undefined here as in the program.
 */
#ifndef SOCKSTEP_PROBE_DESCRIPTORS_H
#define SOCKSTEP_PROBE_DESCRIPTORS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum trait {
    TRAIT_KNOWN = 1,
    TRAIT_SOCKET = 2,
    TRAIT_DATAGRAM = 4,
    TRAIT_TCP = 8,
    TRAIT_NAMED = 16,   /* its addresses have been told */
    TRAIT_WATCHED = 32, /* in the set of some epoll descriptor */
};

#define DESCRIPTOR_COUNT 4096 /* beyond that, the kernel is asked every time */

extern struct descriptor {
    _Atomic uint32_t traits;
    _Atomic uint64_t cookie, watch;
} descriptor_table[DESCRIPTOR_COUNT];

uint32_t descriptor_ask(int fd, uint64_t *ret_cookie);

/* Traits and cookie (0 when it is no socket of the program's) of a descriptor. */
static inline uint32_t descriptor_look(int fd, uint64_t *ret_cookie)
{
    if (fd >= 0 && fd < DESCRIPTOR_COUNT) {
        uint32_t traits = atomic_load_explicit(&descriptor_table[fd].traits, memory_order_acquire);

        *ret_cookie = atomic_load_explicit(&descriptor_table[fd].cookie, memory_order_relaxed);
        if (__builtin_expect(traits & TRAIT_KNOWN, 1))
            return traits;
    }
    return descriptor_ask(fd, ret_cookie);
}

/* The number stands for something new, or for nothing. */
void descriptor_forget(int fd);
void descriptor_forget_range(unsigned first, unsigned last);

/* `copy` is now the same socket as `fd`. */
void descriptor_copy(int copy, int fd);

/* Sets a trait; returns whether it was set before. */
bool descriptor_mark(int fd, enum trait trait);

/* What epoll_ctl() was given for fd, and the inverse (-1: not known). */
void descriptor_watch(int fd, uint64_t data);
void descriptor_unwatch(int fd);
int descriptor_watched(uint64_t data);

#endif

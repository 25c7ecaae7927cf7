#include "probe/descriptors.h"

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#include "probe/raw.h"
#include "probe/session.h"

struct descriptor descriptor_table[DESCRIPTOR_COUNT];

static _Atomic int watched_end; /* no descriptor from here on was ever watched */

static struct descriptor *at(int fd)
{
    return fd >= 0 && fd < DESCRIPTOR_COUNT ? &descriptor_table[fd] : NULL;
}

static int option(int fd, int name)
{
    int value = 0;

    return raw_getsockopt(fd, SOL_SOCKET, name, &value, sizeof value) < 0 ? -1 : value;
}

static uint32_t ask(int fd, uint64_t *ret_cookie)
{
    uint32_t traits = TRAIT_KNOWN;
    uint64_t cookie = 0;
    int type = option(fd, SO_TYPE);

    if (type < 0)
        return traits;
    traits |= TRAIT_SOCKET;
    if (type == SOCK_DGRAM)
        traits |= TRAIT_DATAGRAM;
    if (type == SOCK_STREAM && option(fd, SO_PROTOCOL) == IPPROTO_TCP)
        traits |= TRAIT_TCP;
    raw_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, sizeof cookie);
    *ret_cookie = cookie;
    return traits;
}

uint32_t descriptor_ask(int fd, uint64_t *ret_cookie)
{
    struct descriptor *descriptor = at(fd);
    uint64_t cookie = 0;
    uint32_t traits = session_owns(fd) ? TRAIT_KNOWN : ask(fd, &cookie);

    *ret_cookie = cookie;
    if (descriptor != NULL) {
        atomic_store_explicit(&descriptor->cookie, cookie, memory_order_relaxed);
        atomic_store_explicit(&descriptor->traits, traits, memory_order_release);
    }
    return traits;
}

void descriptor_forget(int fd)
{
    struct descriptor *descriptor = at(fd);

    if (descriptor != NULL)
        atomic_store(&descriptor->traits, 0);
}

void descriptor_forget_range(unsigned first, unsigned last)
{
    for (unsigned fd = first; fd < DESCRIPTOR_COUNT && fd <= last; fd++)
        descriptor_forget((int)fd);
}

void descriptor_copy(int copy, int fd)
{
    struct descriptor *to = at(copy);
    uint64_t cookie;
    uint32_t traits = descriptor_look(fd, &cookie);

    if (to == NULL)
        return;
    atomic_store(&to->cookie, cookie);
    atomic_store(&to->traits, traits & ~(uint32_t)TRAIT_WATCHED);
}

bool descriptor_mark(int fd, enum trait trait)
{
    struct descriptor *descriptor = at(fd);

    return descriptor != NULL && (atomic_fetch_or(&descriptor->traits, trait) & trait) != 0;
}

void descriptor_watch(int fd, uint64_t data)
{
    struct descriptor *descriptor = at(fd);
    int end = atomic_load(&watched_end);

    if (descriptor == NULL)
        return;
    atomic_store(&descriptor->watch, data);
    descriptor_mark(fd, TRAIT_WATCHED);
    while (end <= fd && !atomic_compare_exchange_weak(&watched_end, &end, fd + 1))
        continue;
}

void descriptor_unwatch(int fd)
{
    struct descriptor *descriptor = at(fd);

    if (descriptor != NULL)
        atomic_fetch_and(&descriptor->traits, ~(uint32_t)TRAIT_WATCHED);
}

static bool watches(int fd, uint64_t data)
{
    return (atomic_load_explicit(&descriptor_table[fd].traits, memory_order_relaxed) & TRAIT_WATCHED) &&
           atomic_load_explicit(&descriptor_table[fd].watch, memory_order_relaxed) == data;
}

int descriptor_watched(uint64_t data)
{
    int end = atomic_load(&watched_end);
    int likely = data < (uint64_t)end ? (int)data : -1; /* most programs give the descriptor itself */

    if (likely >= 0 && watches(likely, data))
        return likely;
    for (int fd = 0; fd < end; fd++) {
        if (watches(fd, data))
            return fd;
    }
    return -1;
}

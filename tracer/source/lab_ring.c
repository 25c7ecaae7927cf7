/* The lab's own ring: packets, kernel states, programs that start and end, their output. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "source/ring_reader.h"

struct lab_source {
    struct source source;
    struct ring_reader reader;
    char (*hosts)[NAME_MAX_BYTES];
    int doorbell;
    bool ended;
};

static int lab_poll_fds(const struct source *source, struct pollfd *fds, int room)
{
    const struct lab_source *lab = (const struct lab_source *)source;

    if (room < 1 || lab->ended)
        return 0;
    fds[0] = (struct pollfd){.fd = lab->doorbell, .events = POLLIN};
    return 1;
}

/* Empties the doorbell. False: nobody can ring it any more. */
static bool hear_doorbell(int fd)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    char bytes[64];
    ssize_t count;

    while (poll(&waiting, 1, 0) > 0) {
        count = read(fd, bytes, sizeof bytes);
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
            return false;
        if (count < 0)
            break;
    }
    return true;
}

static int lab_drain(struct source *source, source_emit *emit, void *context, struct err *err)
{
    struct lab_source *lab = (struct lab_source *)source;

    (void)err;
    if (lab->ended)
        return 0;
    lab->ended = !hear_doorbell(lab->doorbell);
    if (lab->ended)
        ring_reader_finish(&lab->reader, emit, context);
    else
        ring_reader_drain(&lab->reader, emit, context);
    return lab->ended ? 0 : 1;
}

static bool lab_arm(struct source *source)
{
    return ring_reader_arm(&((struct lab_source *)source)->reader);
}

static void lab_free(struct source *source)
{
    struct lab_source *lab = (struct lab_source *)source;

    ring_unmap(&lab->reader.ring);
    free(lab->hosts);
    free(lab);
}

static const struct source_ops lab_ops = {
    .name = "lab",
    .poll_fds = lab_poll_fds,
    .drain = lab_drain,
    .arm = lab_arm,
    .free = lab_free,
};

struct source *source_lab_ring(int ring_fd, int doorbell_fd, const char (*hosts)[NAME_MAX_BYTES],
                               int host_count, struct err *err)
{
    struct lab_source *lab = xcalloc(1, sizeof *lab);
    int result = ring_map(&lab->reader.ring, ring_fd);

    if (result < 0) {
        free(lab);
        err_set(err, -result, "the lab's ring cannot be read: %s", strerror(-result));
        return NULL;
    }
    lab->source.ops = &lab_ops;
    lab->doorbell = doorbell_fd;
    lab->hosts = xmemdup(hosts, sizeof *hosts * (size_t)host_count);
    lab->reader.hosts = (const char(*)[NAME_MAX_BYTES])lab->hosts;
    lab->reader.host_count = host_count;
    return &lab->source;
}

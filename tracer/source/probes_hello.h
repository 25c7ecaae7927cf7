/* Receiving the first message of a probe (event/record.h: struct record_hello). */
#ifndef SOCKSTEP_SOURCE_PROBES_HELLO_H
#define SOCKSTEP_SOURCE_PROBES_HELLO_H

#include "event/record.h"

struct probe_hello {
    struct record_hello record;
    int pid; /* as the kernel says */
    int ring_fd, control_fd;
};

/* The next hello on fd, without waiting; the caller closes both descriptors. Returns 1; 0 when there is none;
 * -EPIPE when nobody can say hello any more; -EPROTO for a message that is no hello (it is gone, ask again).
 */
int probe_hello_receive(int fd, struct probe_hello *ret_hello);

#endif

/*
 * What every pcapng of ours says besides its packets: the interface, the names of hosts, and the comments on
 * a packet that Wireshark shows.
 */
#ifndef SOCKSTEP_TRACE_DESCRIBE_H
#define SOCKSTEP_TRACE_DESCRIBE_H

#include "event/event.h"

struct buf;

void put_interface(struct buf *out, uint32_t link);
void put_names(struct buf *out, const struct session_info *info);

/* Options of a packet block: the call that caused it, which copy it is, both ends' states, what the wire did.
 */
void put_comments(struct buf *out, const struct event *event);

#endif

/*
 * A sink takes the record as it grows: the trace file, the plain sentences, an expectation checker. One
 * signature for all; each sink is a small file that ends in one const ops struct.
 */
#ifndef SOCKSTEP_EVENT_SINK_H
#define SOCKSTEP_EVENT_SINK_H

#include "base/err.h"
#include "event/event.h"

struct sink;

struct sink_ops {
    const char *name;
    /* Each returns 0, or -errno with a line in err; after a failure the sink gets nothing more but free. */
    int (*begin)(struct sink *sink, const struct session_info *info, struct err *err);
    int (*event)(struct sink *sink, const struct event *event, const struct change *changes,
                 size_t change_count, struct err *err);
    int (*end)(struct sink *sink, struct err *err); /* the record is complete */
    void (*free)(struct sink *sink);                /* also without end: leaves nothing half-written behind */
};

/* The first member of every sink. */
struct sink {
    const struct sink_ops *ops;
};

#endif

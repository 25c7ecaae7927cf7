/*
 * A capture read to its end through the flow table. Shared by summary and packets.
 */
#ifndef SOCKSTEP_CLI_FLOWS_H
#define SOCKSTEP_CLI_FLOWS_H

#include "base/err.h"
#include "flow/flow.h"
#include "net/packet.h"
#include "source/capture.h"

/* One packet and what it did. */
struct flows_packet {
    uint64_t frame;
    int64_t time_ns;
    uint32_t link;
    struct packet packet;
    struct flow_key key;
};

struct flows {
    const char *path, *filter; /* filter may be NULL */
    struct flow_table *table;
    /* NULL: nobody wants to see single packets. */
    void (*tell)(void *context, const struct flows_packet *packet, const struct flow_note *note);
    void *context;
    bool unchecked; /* checksums are not judged */

    uint64_t frames, damaged; /* set by flows_read() */
};

/* Returns 0, or -errno with err when the file cannot be read to its end; what came before was told. */
int flows_read(struct flows *flows, struct err *err);

#endif

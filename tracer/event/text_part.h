/*
 * Pieces of sentences. Private to tracer/event.
 */
#ifndef SOCKSTEP_EVENT_TEXT_PART_H
#define SOCKSTEP_EVENT_TEXT_PART_H

#include "event/event.h"

struct buf;

/* One event on its way to becoming a sentence. */
struct telling {
    struct buf *out;
    const struct event *event;
    const struct change *changes;
    size_t change_count;
};

/* Text of others: valid UTF-8 stays, control characters and stray bytes are shown as \n or \xNN. */
void utf8_text(struct buf *out, const char *text, size_t count);
void name_text(struct buf *out, const char name[NAME_MAX_BYTES]);

/* "client kernel", or "the kernel" when nobody knows whose. */
void tell_kernel(const struct telling *telling);

/* ", because of connect() at stream_client.c:31", ", probably ..."; nothing when no cause is known. Causes of
 * the rule `skipped` are left out. */
void tell_causes(const struct telling *telling, enum rule skipped);

/* " Client: SYN_SENT, blocked in connect()." for both ends. */
void tell_sides(const struct telling *telling);

/* " Impossible by RFC 9293: ...", " The witnesses disagree ...". */
void tell_objections(const struct telling *telling);

/* What this witness now believes, of any endpoint; NULL. */
const struct change *telling_change(const struct telling *telling, enum witness witness);

/* One for each kind in event.def, without the full stop after the first sentence's end being theirs to
 * forget: each writes whole sentences. */
void tell_packet_sent(const struct telling *telling);
void tell_packet_delivered(const struct telling *telling);
void tell_packet_dropped(const struct telling *telling);
void tell_packet_held(const struct telling *telling);

#endif

/*
 * The systemd Journal Export Format, as far as a trace needs it: an event as one entry, and the event's JSON
 * out of an entry.
 */
#ifndef SOCKSTEP_TRACE_JOURNAL_H
#define SOCKSTEP_TRACE_JOURNAL_H

#include <stdint.h>

#include "event/event.h"

struct buf;

/* Adds the entry. `program` is what the event's process runs, or NULL. An event with so much data that other
 * readers would refuse the file is written with less of it. */
void journal_add_event(struct buf *out, const struct event *event, const struct change *changes,
                       size_t change_count, const char *program);

/* One field: NAME=value, or the binary form when the value holds line ends, control characters or no UTF-8.
 */
void journal_add_field(struct buf *out, const char *name, const char *value, size_t bytes);

/* Returns 0 and the value, borrowed; or -ENOENT when the entry has no such field, or is damaged before it. */
int journal_find(const uint8_t *entry, size_t count, const char *name, const char **ret_value,
                 size_t *ret_bytes);

#endif

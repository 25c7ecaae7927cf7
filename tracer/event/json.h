/*
 * An event as one JSON object (docs/TRACE-FORMAT.md), through jansson. Keys are sorted by order of
 * insertion, so the same event gives the same bytes.
 */
#ifndef SOCKSTEP_EVENT_JSON_H
#define SOCKSTEP_EVENT_JSON_H

#include "base/err.h"
#include "event/event.h"

struct buf;

#define EVENT_JSON_VERSION 1

/* Adds the object on one line, without a newline. `changes` may be NULL when count is 0. `text` is the
 * sentence. Bytes that are not UTF-8 travel as "payload_hex" / "bytes_hex". */
void event_to_json(struct buf *out, const struct event *event, const struct change *changes,
                   size_t change_count);

/* Reads one object of `length` bytes. Members it does not know are kept in event->extra. Derived members
 * (beat, cause ...) are read into context. Returns 0 and *ret_event for the caller to release; or -EINVAL
 * with a line in err (what, where) and *ret_event untouched. */
int event_from_json(const char *text, size_t length, struct event *ret_event, struct err *err);

/* The first line: {"format":"sockstep","version":1,"kernel":...,"scenario":...}. */
void session_to_json(struct buf *out, const struct session_info *info);
/* -EINVAL: not such a line; -ENOTSUP: a version newer than ours. */
int session_from_json(const char *text, size_t length, struct session_info *ret_info, struct err *err);

#endif

/*
 * Exports: views of a timeline as text. Deterministic: the same timeline gives the same bytes.
 */
#ifndef SOCKSTEP_EXPORT_EXPORT_H
#define SOCKSTEP_EXPORT_EXPORT_H

#include <stdio.h>

#include "base/buf.h"
#include "event/sink.h"
#include "timeline/timeline.h"

struct export_options {
    bool ascii; /* ladder: no Unicode */
};

/* One const struct for each format, all in export_formats[] (export.c), ended by a NULL name. */
struct export_format {
    const char *name;  /* "text", "ladder" */
    const char *about; /* one line for the help */
    void (*write)(struct buf *out, const struct timeline *timeline, const struct export_options *options);
};

extern const struct export_format *const export_formats[];
const struct export_format *export_find(const char *name); /* NULL: unknown */

/* The line of the text format for one event, newline included: "[7] t=0.050 s  sentence". start_ns is the
 * session's. */
void export_text_line(struct buf *out, const struct event *event, const struct change *changes,
                      size_t change_count, int64_t start_ns);

/* A sink that writes these lines to `stream` (borrowed) as they come, each flushed. Never NULL. */
struct sink *text_sink_new(FILE *stream);

#endif

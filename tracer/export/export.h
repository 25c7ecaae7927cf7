/*
 * Exports: views of a timeline as text. Deterministic: the same timeline gives the same bytes.
 */
#ifndef SOCKSTEP_EXPORT_EXPORT_H
#define SOCKSTEP_EXPORT_EXPORT_H

#include <stdio.h>

#include "base/buf.h"
#include "event/sink.h"
#include "timeline/timeline.h"

/* What was asked for. What shall be left out or changed (flow, from, to, no_payload, anonymize) has been, by
 * export_select() and export_redact(), before a format sees the timeline; a format may only say so. */
struct export_options {
    bool ascii;        /* no Unicode drawing characters */
    bool no_payload;   /* payload was removed */
    bool anonymize;    /* addresses were changed */
    bool answers;      /* worksheet: with the answers */
    const char *at;    /* a capture at this host, or "wire": packet formats only; NULL: the whole record */
    uint32_t flow;     /* of this flow only; 0: of all */
    uint64_t from, to; /* events with seq in [from, to] only; 0: no limit */
};

/* One const struct for each format, all in export_formats[] (export.c), ended by a NULL name. */
struct export_format {
    const char *name;      /* "text", "ladder" */
    const char *about;     /* one line for the help */
    const char *extension; /* of file names, without the dot: "txt" */
    bool
        hides_foreign_payload; /* payload of captures that are not from the lab is removed unless asked for */
    void (*write)(struct buf *out, const struct timeline *timeline, const struct export_options *options);
};

extern const struct export_format *const export_formats[];

/* The timeline that the formats are given: *ret_view is a copy (for timeline_release()) of the records that
 * the options ask for, with their beats renumbered without holes, seqs kept; redacted as the options say,
 * with a line about it in the session's note. */
void export_select(struct timeline *ret_view, const struct timeline *timeline,
                   const struct export_options *options);

const struct export_format *export_find(const char *name); /* NULL: unknown */

/* The line of the text format for one event, newline included: "[7] t=0.050 s  sentence". start_ns is the
 * session's. */
void export_text_line(struct buf *out, const struct event *event, const struct change *changes,
                      size_t change_count, int64_t start_ns);

/* A sink that writes these lines to `stream` (borrowed) as they come, each flushed. Never NULL. */
struct sink *text_sink_new(FILE *stream);

#endif

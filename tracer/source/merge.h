/*
 * Merges the events of several sources into causal order: by order_ns, held back for a window so that a
 * source that is a little late still finds its place. Ties follow cause (see merge.c: the table of ranks).
 */
#ifndef SOCKSTEP_SOURCE_MERGE_H
#define SOCKSTEP_SOURCE_MERGE_H

#include "source/source.h"

struct merge;

/* window_ns: how long an event waits for earlier ones. The caller frees with merge_free(). */
struct merge *merge_new(int64_t window_ns);
void merge_free(struct merge *merge);

/* A source_emit; context is the struct merge. */
void merge_add(void *merge, struct event *event);

/* Emits, in order, every event whose order_ns is at most now_ns - window; with INT64_MAX everything. */
void merge_release(struct merge *merge, int64_t now_ns, source_emit *emit, void *context);

size_t merge_waiting(const struct merge *merge);
uint64_t merge_late(const struct merge *merge); /* events that came after their place had gone by */

#endif

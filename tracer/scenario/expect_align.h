/*
 * Two lists side by side: what was expected and what was seen, in order.
 */
#ifndef SOCKSTEP_SCENARIO_EXPECT_ALIGN_H
#define SOCKSTEP_SCENARIO_EXPECT_ALIGN_H

#include "base/buf.h"
#include "scenario/expect_pattern.h"

struct comparison {
    const char *title;              /* "calls of client" */
    char *const *expected;          /* as written */
    const struct pattern *patterns; /* the same, parsed */
    size_t expected_count, seen_count;
    const void *context; /* for the two functions */
    bool (*matches)(const void *context, const struct pattern *pattern, size_t seen);
    void (*text)(struct buf *out, const void *context, size_t seen);
};

/* Pairs the lists so that as few rows as possible differ. Returns 0 when they agree and adds one line to the
 * report; or 1, and adds the two lists in two columns, rows that differ marked with '!', the first of them
 * pointed out. */
int comparison_report(const struct comparison *comparison, struct buf *report);

/* The same for one value. */
int comparison_report_one(const char *title, const char *expected, const char *seen, struct buf *report);

#endif

/*
 * The pairing is the classical edit distance, computed from the ends so that rows can be read off from the
 * beginning. An optional item may be left out and a gap may take any number of items at no cost.
 */
#include "scenario/expect_align.h"

#include "base/xalloc.h"

#include <stdio.h>
#include <string.h>

#define COLUMN_MIN 20
#define COLUMN_MAX 44
#define EXTRA_MAX  12 /* unexpected items in a row that are shown */

enum step { STEP_BOTH, STEP_EXPECTED, STEP_SEEN };

struct table {
    const struct comparison *comparison;
    uint32_t *cost; /* of what lies behind row i (expected) and column j (seen) */
    size_t columns;
};

static uint32_t *cell(const struct table *table, size_t i, size_t j)
{
    return &table->cost[i * table->columns + j];
}

static bool agree(const struct table *table, size_t i, size_t j)
{
    const struct comparison *c = table->comparison;
    return c->patterns[i].kind == PATTERN_GAP || c->matches(c->context, &c->patterns[i], j);
}

/* The cheapest next row of the report; ties: both, then expected alone. */
static enum step best_step(const struct table *table, size_t i, size_t j, uint32_t *ret_cost)
{
    const struct comparison *c = table->comparison;
    if (i == c->expected_count || j == c->seen_count) {
        bool seen_left = i == c->expected_count;
        bool free_of_charge = !seen_left && (c->patterns[i].optional || c->patterns[i].kind == PATTERN_GAP);
        *ret_cost = seen_left ? *cell(table, i, j + 1) + 1 : *cell(table, i + 1, j) + !free_of_charge;
        return seen_left ? STEP_SEEN : STEP_EXPECTED;
    }
    const struct pattern *pattern = &c->patterns[i];
    bool gap = pattern->kind == PATTERN_GAP;
    uint32_t alone = *cell(table, i + 1, j) + !(gap || pattern->optional);
    uint32_t extra = *cell(table, i, j + 1) + !gap;
    uint32_t both = gap ? UINT32_MAX : *cell(table, i + 1, j + 1) + !agree(table, i, j);
    if (both <= alone && both <= extra && !(pattern->optional && !agree(table, i, j) && alone <= both)) {
        *ret_cost = both;
        return STEP_BOTH;
    }
    *ret_cost = alone <= extra ? alone : extra;
    return alone <= extra ? STEP_EXPECTED : STEP_SEEN;
}

static struct table table_fill(const struct comparison *c)
{
    struct table table = {.comparison = c, .columns = c->seen_count + 1};
    table.cost = xcalloc((c->expected_count + 1) * table.columns, sizeof *table.cost);
    for (size_t i = c->expected_count + 1; i-- > 0;)
        for (size_t j = c->seen_count + 1; j-- > 0;)
            if (i < c->expected_count || j < c->seen_count)
                best_step(&table, i, j, cell(&table, i, j));
    return table;
}

struct columns {
    struct buf *report;
    int width;
    bool differed;     /* a row that differs has been written */
    size_t extra, gap; /* items in a row that were not expected; that "..." took */
};

static void row(struct columns *columns, bool differs, const char *expected, const char *seen)
{
    size_t start = columns->report->length;
    buf_printf(columns->report, "  %c %-*s  %s", differs ? '!' : ' ', columns->width, expected, seen);
    if (differs && !columns->differed)
        buf_puts(columns->report, "   <- the first difference");
    columns->differed |= differs;
    while (columns->report->length > start + 1 && columns->report->text[columns->report->length - 1] == ' ')
        columns->report->text[--columns->report->length] = '\0';
    buf_putc(columns->report, '\n');
}

static void flush_runs(struct columns *columns)
{
    char text[48];
    if (columns->extra > EXTRA_MAX) {
        snprintf(text, sizeof text, "(%zu more)", columns->extra - EXTRA_MAX);
        row(columns, true, "", text);
    }
    if (columns->gap > 0) {
        snprintf(text, sizeof text, "(%zu)", columns->gap);
        row(columns, false, "...", text);
    }
    columns->extra = columns->gap = 0;
}

static void write_row(struct columns *columns, const struct table *table, enum step step, size_t i, size_t j)
{
    const struct comparison *c = table->comparison;
    bool in_gap = i < c->expected_count && c->patterns[i].kind == PATTERN_GAP;
    struct buf seen = {0};
    if (step == STEP_SEEN && in_gap) {
        columns->gap++;
        return;
    }
    if (step != STEP_SEEN || columns->gap > 0)
        flush_runs(columns);
    if (step != STEP_EXPECTED)
        c->text(&seen, c->context, j);
    if (step == STEP_SEEN) {
        if (++columns->extra <= EXTRA_MAX)
            row(columns, true, "", buf_text(&seen));
    } else if (!(in_gap && step == STEP_EXPECTED)) {
        bool differs = step == STEP_BOTH ? !agree(table, i, j) : !c->patterns[i].optional;
        row(columns, differs, c->expected[i], buf_text(&seen));
    }
    buf_release(&seen);
}

static int widest(const struct comparison *c)
{
    size_t width = COLUMN_MIN;
    for (size_t i = 0; i < c->expected_count; i++)
        if (strlen(c->expected[i]) > width)
            width = strlen(c->expected[i]);
    return (int)(width < COLUMN_MAX ? width : COLUMN_MAX);
}

static void heading(struct columns *columns, const char *title)
{
    buf_printf(columns->report, "differs  %s\n", title);
    row(columns, false, "expected", "seen");
}

int comparison_report(const struct comparison *c, struct buf *report)
{
    struct table table = table_fill(c);
    bool differs = *cell(&table, 0, 0) != 0;
    if (!differs) {
        buf_printf(report, "holds    %s\n", c->title);
        free(table.cost);
        return 0;
    }
    struct columns columns = {.report = report, .width = widest(c)};
    heading(&columns, c->title);
    for (size_t i = 0, j = 0; i < c->expected_count || j < c->seen_count;) {
        uint32_t cost = 0;
        enum step step = best_step(&table, i, j, &cost);
        write_row(&columns, &table, step, i, j);
        i += step != STEP_SEEN;
        j += step != STEP_EXPECTED;
    }
    flush_runs(&columns);
    free(table.cost);
    return 1;
}

int comparison_report_one(const char *title, const char *expected, const char *seen, struct buf *report)
{
    if (strcmp(expected, seen) == 0) {
        buf_printf(report, "holds    %s\n", title);
        return 0;
    }
    struct columns columns = {.report = report, .width = COLUMN_MIN};
    heading(&columns, title);
    row(&columns, true, expected, seen);
    return 1;
}

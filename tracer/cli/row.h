/*
 * Rows of text for machines, put together without printf(3): a summary of a large capture is mostly this. A
 * row sink writes to a descriptor when it is full; what fails then is remembered.
 */
#ifndef SOCKSTEP_CLI_ROW_H
#define SOCKSTEP_CLI_ROW_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "net/address.h"

#define ROWS_BYTES ((size_t)256 << 10)
#define ROW_MAX    ((size_t)8 << 10) /* no row is longer; rows_begin() makes sure that so much is free */

struct rows {
    char *text, *end;
    int fd;
    int failed; /* errno of the first write that did not work */
};

void rows_open(struct rows *rows, int fd);
void rows_flush(struct rows *rows);
int rows_close(struct rows *rows); /* flushes; returns 0 or -errno of what failed */

static inline void rows_begin(struct rows *rows)
{
    if ((size_t)(rows->end - rows->text) > ROWS_BYTES - ROW_MAX)
        rows_flush(rows);
}

static inline void row_bytes(struct rows *rows, const char *text, size_t count)
{
    memcpy(rows->end, text, count);
    rows->end += count;
}

/* For literals: their length is known. */
#define row_literal(rows, literal) row_bytes(rows, literal, sizeof(literal) - 1)

static inline void row_text(struct rows *rows, const char *text)
{
    row_bytes(rows, text, strlen(text));
}

static inline void row_char(struct rows *rows, char c)
{
    *rows->end++ = c;
}

void row_big_number(struct rows *rows, uint64_t number);

static inline void row_number(struct rows *rows, uint64_t number)
{
    if (number < 10)
        row_char(rows, (char)('0' + number));
    else
        row_big_number(rows, number);
}

void row_signed(struct rows *rows, int64_t number);
void row_address(struct rows *rows, const struct address *address); /* as address_text() */
void row_json_text(struct rows *rows, const char *text);            /* in quotes, escaped */
void row_csv_text(struct rows *rows, const char *text);             /* in quotes where RFC 4180 wants them */

#endif

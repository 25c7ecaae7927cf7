/*
 * A growable text or byte buffer, valid when zeroed. `text` is NULL or ends in
 * a NUL that `length` does not count; buf_text() is never NULL.
 */
#ifndef SOCKSTEP_BASE_BUF_H
#define SOCKSTEP_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
    char *text;
    size_t length, room;
};

void buf_add(struct buf *buf, const void *bytes, size_t count);
void buf_puts(struct buf *buf, const char *text);
void buf_putc(struct buf *buf, char c);
__attribute__((format(printf, 2, 3))) void buf_printf(struct buf *buf, const char *format, ...);
__attribute__((format(printf, 2, 0))) void buf_vprintf(struct buf *buf, const char *format,
                                                       va_list arguments);
void buf_spaces(struct buf *buf, int count); /* none when count is negative */

/* The text so far; borrowed until the next change. "" when nothing was added. */
const char *buf_text(const struct buf *buf);

void buf_clear(struct buf *buf);   /* empty, memory kept */
char *buf_detach(struct buf *buf); /* the caller frees the text; the buffer is empty */
void buf_release(struct buf *buf);

#endif

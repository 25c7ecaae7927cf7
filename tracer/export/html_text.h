/*
 * Text of others on its way into a page: nothing in it can be more than text. Valid UTF-8 stays; stray bytes
 * and control characters become U+FFFD; characters that turn the direction of writing are spelled out as
 * [U+202E], so that none can reorder what stands beside it.
 */
#ifndef SOCKSTEP_EXPORT_HTML_TEXT_H
#define SOCKSTEP_EXPORT_HTML_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Into HTML: between tags, and between double quotes. */
void html_add(struct buf *out, const char *text, size_t count);
void html_puts(struct buf *out, const char *text);

/* The same into a JSON string inside of a page, quotes included: no '<' is left. */
void html_json_add(struct buf *out, const char *text, size_t count);
void html_json_puts(struct buf *out, const char *text);

/* ,"key":"text" and ,"key":12 - each only when there is something to say (text not empty, number not 0). */
void html_json_text(struct buf *out, const char *key, const char *text);
void html_json_number(struct buf *out, const char *key, int64_t number);

/* "2026-11-23 15:41 UTC". */
void html_date(struct buf *out, int64_t epoch_ns);

#endif

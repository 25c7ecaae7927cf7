/*
 * Text of others inside formats. Everything here takes any bytes: what is not UTF-8 comes out as \xNN,
 * control characters as \n, \t or \xNN, characters that turn the direction of writing as \u202e. So a payload
 * or a name can say what it wants: it stays text on its line.
 */
#ifndef SOCKSTEP_EXPORT_ESCAPE_H
#define SOCKSTEP_EXPORT_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

void escape_plain(struct buf *out, const char *text, size_t count);

/* For XML text and attributes in either kind of quotes. */
void escape_xml(struct buf *out, const char *text);

/* A JSON string with its quotes; '<' and '>' as \u003c and \u003e, so that it may stand inside a page. */
void escape_json(struct buf *out, const char *text);

/* A field of RFC 4180: in quotes where that is needed. A text that a spreadsheet would take for a formula
 * gets a ' in front. */
void escape_csv(struct buf *out, const char *text);

/* One line of Mermaid: entities for what its grammar would take for its own, the bare word "end" broken up.
 */
void escape_mermaid(struct buf *out, const char *text);

#endif

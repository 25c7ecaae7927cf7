/* The formats, one file each; listed in export.c. */
#ifndef SOCKSTEP_EXPORT_FORMATS_H
#define SOCKSTEP_EXPORT_FORMATS_H

#include "export/export.h"

extern const struct export_format export_text;
extern const struct export_format export_ladder;
extern const struct export_format export_jsonl;
extern const struct export_format export_csv;
extern const struct export_format export_mermaid;
extern const struct export_format export_svg;
extern const struct export_format export_chrome;
extern const struct export_format export_cast;
extern const struct export_format export_html;
extern const struct export_format export_worksheet;
extern const struct export_format export_gift;
extern const struct export_format export_moodle;

/* The ladder; ret_lines, unless NULL, gets for each record how many lines there were when it was drawn. */
void ladder_draw(struct buf *out, const struct timeline *timeline, bool ascii, size_t *ret_lines);

#endif

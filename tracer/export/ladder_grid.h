/*
 * The paper of the ladder: rows of cells, each cell one column wide. A cell holds an ASCII character or one
 * of the line glyphs, which have a form in Unicode and one in ASCII at the same place.
 *
 *     columns   0..6 time   8..24 left lane   26 left lifeline   27..52 wire   53 right lifeline   55..71
 * right lane
 */
#ifndef SOCKSTEP_EXPORT_LADDER_GRID_H
#define SOCKSTEP_EXPORT_LADDER_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"

struct buf;

#define LADDER_COLUMNS 72
#define TIME_COLUMNS   7
#define LANE_COLUMNS   17
#define LEFT_LANE      8
#define LEFT_LINE      26
#define RIGHT_LINE     53
#define RIGHT_LANE     55

enum glyph {
    GLYPH_LINE = 0x80,
    GLYPH_POST,       /* vertical */
    GLYPH_FORK_RIGHT, /* vertical, and a line to the right */
    GLYPH_FORK_LEFT,
    GLYPH_CROSS,
    GLYPH_TURN_DOWN_FROM_LEFT,
    GLYPH_TURN_DOWN_FROM_RIGHT,
    GLYPH_TURN_RIGHT,
    GLYPH_TURN_LEFT,
    GLYPH_ARROW_RIGHT,
    GLYPH_ARROW_LEFT,
    GLYPH_LOST,
    GLYPH_HELD,
    GLYPH_DOUBLE_LINE,
    GLYPH_DOUBLE_POST,
    GLYPH_DOUBLE_DOWN_FROM_LEFT,
    GLYPH_DOUBLE_DOWN_FROM_RIGHT,
    GLYPH_DOUBLE_RIGHT,
    GLYPH_DOUBLE_LEFT,
    GLYPH_END
};

struct grid_row {
    uint8_t cells[LADDER_COLUMNS]; /* ASCII or enum glyph */
};

struct grid {
    ARRAY(struct grid_row) rows;
};

struct grid_row *grid_add(struct grid *grid); /* a blank row; borrowed until the next */

/* At most `room` characters of text; a longer one ends in '~'. What is not ASCII becomes '?'. */
void row_text(struct grid_row *row, int column, int room, const char *text);
void row_text_right(struct grid_row *row, int end, int room, const char *text); /* ends before column `end` */

/* A line over [from, to), crossing the posts that stand there. */
void row_line(struct grid_row *row, int from, int to, bool is_double);

bool row_is_post(const struct grid_row *row, int column);

/* Lines of text without trailing spaces. */
void grid_write(struct buf *out, const struct grid *grid, bool ascii);

#endif

/*
 * A frame is what is to be seen: a grid of cells, each with a character, a role (what it stands for, not its
 * colour) and attributes. Views draw into it with the primitives below; the terminal shows it, tests read it
 * as text. Drawing outside the grid is allowed and has no effect. Rows and columns count from 0.
 *
 * There is one drawing for both character sets: with `ascii` set each glyph is replaced by its ASCII
 * stand-in in the same cell when the frame is shown or turned into text.
 */
#ifndef SOCKSTEP_TUI_FRAME_H
#define SOCKSTEP_TUI_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "tui/theme.h"

struct cell {
    uint32_t code; /* Unicode; 0: the right half of the wide character before it */
    uint8_t role;  /* enum role */
};

struct frame {
    int columns, rows;
    bool ascii;
    int cursor_row, cursor_column; /* where the hardware cursor rests, for screen readers */
    struct cell *cells;            /* row by row */
};

/* All blank. A zeroed frame is valid and has no cells. */
void frame_init(struct frame *frame, int columns, int rows);
void frame_release(struct frame *frame);
void frame_clear(struct frame *frame);

/* A blank cell with role PLAIN when outside. */
struct cell frame_cell(const struct frame *frame, int row, int column);

/* What is shown for it: its code, or in ASCII the stand-in; a space for the right half of a wide character.
 */
uint32_t frame_shown(const struct frame *frame, struct cell cell);

void frame_put(struct frame *frame, int row, int column, uint32_t code, enum role role);

/* UTF-8 text, clipped to `width` display columns; returns the columns used. Control characters and broken
 * UTF-8 become '?', combining marks are left out. */
int frame_text(struct frame *frame, int row, int column, int width, enum role role, const char *text);
__attribute__((format(printf, 6, 7))) int frame_printf(struct frame *frame, int row, int column, int width,
                                                       enum role role, const char *format, ...);
/* Flush right, or centred, in `width` columns from `column`. */
void frame_text_right(struct frame *frame, int row, int column, int width, enum role role, const char *text);
void frame_text_centre(struct frame *frame, int row, int column, int width, enum role role, const char *text);

void frame_horizontal(struct frame *frame, int row, int column, int count, uint32_t code, enum role role);
void frame_vertical(struct frame *frame, int row, int column, int count, uint32_t code, enum role role);
void frame_blank(struct frame *frame, int row, int column, int rows, int columns, enum role role);
void frame_double_box(struct frame *frame, int row, int column, int rows, int columns, enum role role);

/* Gives cells that are already drawn another role. */
void frame_paint(struct frame *frame, int row, int column, int count, enum role role);

/* Display columns of UTF-8 text, by the same rules as frame_text(). */
int text_columns(const char *text);

/* Cuts text between two words so that it fits into `columns`; a single word stays whole. */
void cut_words(struct buf *text, int columns);

/* The next code point of UTF-8 text; moves *text behind it. 0 at the end, U+FFFD for a broken sequence. */
uint32_t utf8_next(const char **text);

/* The ASCII stand-in of a glyph; ASCII itself is unchanged, what has none is '?'. */
char glyph_ascii(uint32_t code);

/* One row as UTF-8, all its columns; without a newline. */
void frame_row_text(struct buf *out, const struct frame *frame, int row);

/* All rows, trailing spaces cut, a newline after each. */
void frame_to_text(struct buf *out, const struct frame *frame);

/* The same grid with the letter of each role (theme.def) instead of the character; blanks of PLAIN stay
 * blank. */
void frame_roles_to_text(struct buf *out, const struct frame *frame);

#endif

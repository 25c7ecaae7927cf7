#include "export/ladder_grid.h"

#include <string.h>

#include "base/buf.h"

static const struct {
    const char *unicode;
    char ascii;
} forms[GLYPH_END - GLYPH_LINE] = {
    [GLYPH_LINE - GLYPH_LINE] = {"─", '-'},
    [GLYPH_POST - GLYPH_LINE] = {"│", '|'},
    [GLYPH_FORK_RIGHT - GLYPH_LINE] = {"├", '+'},
    [GLYPH_FORK_LEFT - GLYPH_LINE] = {"┤", '+'},
    [GLYPH_CROSS - GLYPH_LINE] = {"┼", '+'},
    [GLYPH_TURN_DOWN_FROM_LEFT - GLYPH_LINE] = {"╮", '.'},
    [GLYPH_TURN_DOWN_FROM_RIGHT - GLYPH_LINE] = {"╭", '.'},
    [GLYPH_TURN_RIGHT - GLYPH_LINE] = {"╰", '`'},
    [GLYPH_TURN_LEFT - GLYPH_LINE] = {"╯", '\''},
    [GLYPH_ARROW_RIGHT - GLYPH_LINE] = {"►", '>'},
    [GLYPH_ARROW_LEFT - GLYPH_LINE] = {"◄", '<'},
    [GLYPH_LOST - GLYPH_LINE] = {"✗", 'x'},
    [GLYPH_HELD - GLYPH_LINE] = {"●", 'o'},
    [GLYPH_DOUBLE_LINE - GLYPH_LINE] = {"═", '='},
    [GLYPH_DOUBLE_POST - GLYPH_LINE] = {"║", '|'},
    [GLYPH_DOUBLE_DOWN_FROM_LEFT - GLYPH_LINE] = {"╗", '.'},
    [GLYPH_DOUBLE_DOWN_FROM_RIGHT - GLYPH_LINE] = {"╔", '.'},
    [GLYPH_DOUBLE_RIGHT - GLYPH_LINE] = {"╚", '`'},
    [GLYPH_DOUBLE_LEFT - GLYPH_LINE] = {"╝", '\''},
};

struct grid_row *grid_add(struct grid *grid)
{
    struct grid_row *row = array_push(&grid->rows);
    memset(row->cells, ' ', sizeof row->cells);
    return row;
}

void row_text(struct grid_row *row, int column, int room, const char *text)
{
    int length = (int)strlen(text);
    for (int i = 0; i < room && i < length && column + i < LADDER_COLUMNS; i++) {
        bool plain = text[i] >= ' ' && text[i] <= '~';
        row->cells[column + i] = plain ? (uint8_t)text[i] : '?';
    }
    if (length > room && room > 0)
        row->cells[column + room - 1] = '~';
}

void row_text_right(struct grid_row *row, int end, int room, const char *text)
{
    int length = (int)strlen(text);
    int shown = length < room ? length : room;
    row_text(row, end - shown, shown, text);
}

bool row_is_post(const struct grid_row *row, int column)
{
    uint8_t cell = row->cells[column];
    return cell == GLYPH_POST || cell == GLYPH_DOUBLE_POST || cell == GLYPH_CROSS;
}

void row_line(struct grid_row *row, int from, int to, bool is_double)
{
    uint8_t line = is_double ? GLYPH_DOUBLE_LINE : GLYPH_LINE;
    for (int column = from; column < to; column++)
        row->cells[column] = row_is_post(row, column) ? (uint8_t)GLYPH_CROSS : line;
}

static void write_cell(struct buf *out, uint8_t cell, bool ascii)
{
    if (cell < GLYPH_LINE)
        buf_putc(out, (char)cell);
    else if (ascii)
        buf_putc(out, forms[cell - GLYPH_LINE].ascii);
    else
        buf_puts(out, forms[cell - GLYPH_LINE].unicode);
}

void grid_write(struct buf *out, const struct grid *grid, bool ascii)
{
    array_each (const struct grid_row, row, &grid->rows) {
        int end = LADDER_COLUMNS;
        while (end > 0 && row->cells[end - 1] == ' ')
            end--;
        for (int i = 0; i < end; i++)
            write_cell(out, row->cells[i], ascii);
        buf_putc(out, '\n');
    }
}

/* The grid of cells and its drawing primitives. No terminal here. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "base/utf8.h"
#include "tui/frame.h"

#define REPLACEMENT 0xFFFDu

static const struct glyph {
    uint32_t code;
    char ascii;
} glyphs[] = {
    {0x2500, '-'}, {0x2502, '|'}, {0x250C, '+'},  {0x2510, '+'}, {0x2514, '`'}, {0x2518, '+'},
    {0x251C, '+'}, {0x2524, '+'}, {0x252C, '+'},  {0x2534, '+'}, {0x253C, '+'}, {0x256D, '.'},
    {0x256E, '.'}, {0x2570, '`'}, {0x256F, '\''}, {0x2550, '='}, {0x2551, '|'}, {0x2554, '+'},
    {0x2557, '+'}, {0x255A, '+'}, {0x255D, '+'},  {0x25BA, '>'}, {0x25C4, '<'}, {0x25B2, '^'},
    {0x25BC, 'v'}, {0x25CF, '*'}, {0x25CB, 'o'},  {0x25C9, '@'}, {0x2504, '.'}, {0x2506, ':'},
    {0x2503, '|'}, {0x2713, 'x'}, {0x2717, 'X'},  {0x00B7, '.'}, {0x2588, '#'}, {0x2591, '.'},
};

/* East Asian wide and fullwidth, and emoji (Unicode 15, EastAsianWidth.txt), coarse: whole blocks. */
static const struct range {
    uint32_t first, last;
} wide[] =
    {
        {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},
        {0xA960, 0xA97C},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
        {0xFFE0, 0xFFE6},   {0x16FE0, 0x18AFF}, {0x1B000, 0x1B2FF}, {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF},
        {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD},
},
  combining[] = {
      {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},
      {0x064B, 0x065F}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064},
      {0x20D0, 0x20F0}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF},
};

static bool in_ranges(uint32_t code, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

static int code_columns(uint32_t code)
{
    if (in_ranges(code, combining, sizeof combining / sizeof *combining))
        return 0;
    return in_ranges(code, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

/* What may stand in a cell: no control character reaches the terminal. */
static uint32_t code_safe(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == REPLACEMENT ? '?' : code;
}

uint32_t utf8_next(const char **text)
{
    uint32_t code = REPLACEMENT;

    if (**text == '\0')
        return 0;
    size_t length = utf8_character(*text, strnlen(*text, UTF8_BYTES_MAX), &code);
    *text += length != 0 ? length : 1;
    return code;
}

static void utf8_add(struct buf *out, uint32_t code)
{
    if (code < 0x80) {
        buf_putc(out, (char)code);
        return;
    }
    if (code >= 0x10000) {
        buf_putc(out, (char)(0xF0 | code >> 18));
        buf_putc(out, (char)(0x80 | (code >> 12 & 0x3F)));
    } else if (code >= 0x800) {
        buf_putc(out, (char)(0xE0 | code >> 12));
    }
    buf_putc(out, (char)(code < 0x800 ? 0xC0 | code >> 6 : 0x80 | (code >> 6 & 0x3F)));
    buf_putc(out, (char)(0x80 | (code & 0x3F)));
}

int text_columns(const char *text)
{
    int columns = 0;
    uint32_t code;

    while ((code = utf8_next(&text)) != 0)
        columns += code_columns(code_safe(code));
    return columns;
}

void cut_words(struct buf *text, int columns)
{
    while (text_columns(buf_text(text)) > columns && strrchr(text->text, ' ') != NULL) {
        text->length = (size_t)(strrchr(text->text, ' ') - text->text);
        text->text[text->length] = 0;
    }
}

char glyph_ascii(uint32_t code)
{
    if (code < 0x80)
        return (char)code;
    for (size_t i = 0; i < sizeof glyphs / sizeof *glyphs; i++)
        if (glyphs[i].code == code)
            return glyphs[i].ascii;
    return '?';
}

void frame_init(struct frame *frame, int columns, int rows)
{
    *frame = (struct frame){.columns = columns > 0 ? columns : 0, .rows = rows > 0 ? rows : 0};
    frame->cells = xcalloc((size_t)frame->columns * (size_t)frame->rows + 1, sizeof *frame->cells);
    frame_clear(frame);
}

void frame_release(struct frame *frame)
{
    free(frame->cells);
    *frame = (struct frame){0};
}

void frame_clear(struct frame *frame)
{
    frame_blank(frame, 0, 0, frame->rows, frame->columns, ROLE_PLAIN);
    frame->cursor_row = frame->cursor_column = 0;
}

static struct cell *cell_at(const struct frame *frame, int row, int column)
{
    if (row < 0 || row >= frame->rows || column < 0 || column >= frame->columns)
        return NULL;
    return &frame->cells[row * frame->columns + column];
}

struct cell frame_cell(const struct frame *frame, int row, int column)
{
    const struct cell *cell = cell_at(frame, row, column);

    return cell != NULL ? *cell : (struct cell){.code = ' ', .role = ROLE_PLAIN};
}

uint32_t frame_shown(const struct frame *frame, struct cell cell)
{
    if (cell.code == 0)
        return ' ';
    return frame->ascii ? (uint32_t)glyph_ascii(cell.code) : cell.code;
}

/* Half a wide character must not stay behind when the other half is overwritten. */
static void mend_wide(struct frame *frame, int row, int column)
{
    struct cell *cell = cell_at(frame, row, column), *left = cell_at(frame, row, column - 1);
    struct cell *right = cell_at(frame, row, column + 1);

    if (cell != NULL && cell->code == 0 && left != NULL)
        left->code = ' ';
    if (right != NULL && right->code == 0)
        right->code = ' ';
}

void frame_put(struct frame *frame, int row, int column, uint32_t code, enum role role)
{
    struct cell *cell = cell_at(frame, row, column);

    if (cell == NULL)
        return;
    mend_wide(frame, row, column);
    *cell = (struct cell){.code = code, .role = (uint8_t)role};
}

int frame_text(struct frame *frame, int row, int column, int width, enum role role, const char *text)
{
    int used = 0;
    uint32_t code;

    while ((code = utf8_next(&text)) != 0) {
        int columns;

        code = code_safe(code);
        columns = code_columns(code);
        if (columns == 0)
            continue;
        if (used + columns > width)
            break;
        if (columns == 2 && column + used + 1 >= frame->columns)
            code = ' ';
        frame_put(frame, row, column + used, code, role);
        if (columns == 2) {
            frame_put(frame, row, column + used + 1, ' ', role);
            if (code != ' ' && cell_at(frame, row, column + used) != NULL)
                cell_at(frame, row, column + used + 1)->code = 0;
        }
        used += columns;
    }
    return used;
}

int frame_printf(struct frame *frame, int row, int column, int width, enum role role, const char *format, ...)
{
    struct buf text = {0};
    va_list arguments;
    int used;

    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    used = frame_text(frame, row, column, width, role, buf_text(&text));
    buf_release(&text);
    return used;
}

void frame_text_right(struct frame *frame, int row, int column, int width, enum role role, const char *text)
{
    int columns = text_columns(text);
    int shift = columns < width ? width - columns : 0;

    frame_text(frame, row, column + shift, width - shift, role, text);
}

void frame_text_centre(struct frame *frame, int row, int column, int width, enum role role, const char *text)
{
    int columns = text_columns(text);
    int shift = columns < width ? (width - columns) / 2 : 0;

    frame_text(frame, row, column + shift, width - shift, role, text);
}

void frame_horizontal(struct frame *frame, int row, int column, int count, uint32_t code, enum role role)
{
    for (int i = 0; i < count; i++)
        frame_put(frame, row, column + i, code, role);
}

void frame_vertical(struct frame *frame, int row, int column, int count, uint32_t code, enum role role)
{
    for (int i = 0; i < count; i++)
        frame_put(frame, row + i, column, code, role);
}

void frame_blank(struct frame *frame, int row, int column, int rows, int columns, enum role role)
{
    for (int i = 0; i < rows; i++)
        frame_horizontal(frame, row + i, column, columns, ' ', role);
}

void frame_double_box(struct frame *frame, int row, int column, int rows, int columns, enum role role)
{
    int bottom = row + rows - 1, right = column + columns - 1;

    frame_horizontal(frame, row, column, columns, 0x2550, role);
    frame_horizontal(frame, bottom, column, columns, 0x2550, role);
    frame_vertical(frame, row, column, rows, 0x2551, role);
    frame_vertical(frame, row, right, rows, 0x2551, role);
    frame_put(frame, row, column, 0x2554, role);
    frame_put(frame, row, right, 0x2557, role);
    frame_put(frame, bottom, column, 0x255A, role);
    frame_put(frame, bottom, right, 0x255D, role);
}

void frame_paint(struct frame *frame, int row, int column, int count, enum role role)
{
    for (int i = 0; i < count; i++) {
        struct cell *cell = cell_at(frame, row, column + i);

        if (cell != NULL)
            cell->role = (uint8_t)role;
    }
}

void frame_row_text(struct buf *out, const struct frame *frame, int row)
{
    for (int column = 0; column < frame->columns; column++) {
        struct cell cell = frame_cell(frame, row, column);

        if (cell.code != 0 || frame->ascii)
            utf8_add(out, frame_shown(frame, cell));
    }
}

static void cut_spaces(struct buf *out)
{
    while (out->length > 0 && out->text[out->length - 1] == ' ')
        out->text[--out->length] = 0;
}

void frame_to_text(struct buf *out, const struct frame *frame)
{
    for (int row = 0; row < frame->rows; row++) {
        frame_row_text(out, frame, row);
        cut_spaces(out);
        buf_putc(out, '\n');
    }
}

void frame_roles_to_text(struct buf *out, const struct frame *frame)
{
    for (int row = 0; row < frame->rows; row++) {
        for (int column = 0; column < frame->columns; column++) {
            struct cell cell = frame_cell(frame, row, column);

            buf_putc(out, cell.code == ' ' && cell.role == ROLE_PLAIN ? ' ' : role_letter(cell.role));
        }
        cut_spaces(out);
        buf_putc(out, '\n');
    }
}

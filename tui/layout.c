/* The table of screens.md, and what lies between its rows. */
#include "tui/layout.h"

/* At a width between two rows the lower one holds, and the columns left over are shared out. */
static const struct width {
    int columns, left, wire, right, gutter, margin;
} widths[] = {
    {120, 37, 46, 35, 11, 4},
    {100, 28, 42, 28, 8, 1},
    {80, 23, 32, 23, 8, 1},
};

/* From the bottom: the lines of keys, whether the bar has names below it, the caption. */
static const struct height {
    int rows, keys, labels, caption;
} heights[] = {{40, 2, 1, 7}, {30, 1, 0, 4}, {24, 1, 0, 3}};

#define COUNT(table)  ((int)(sizeof(table) / sizeof *(table)))
#define RIGHT_COLUMNS 56

static void set_columns(struct layout *layout)
{
    const struct width *width = widths;
    int extra, to_wire;

    while (width < widths + COUNT(widths) - 1 && layout->body_columns < width->columns)
        width++;
    extra = layout->body_columns - width->columns;
    to_wire = extra / 2;
    layout->lane_columns[0] = width->left + (extra - to_wire) / 2;
    layout->wire_columns = width->wire + to_wire;
    layout->lane_columns[1] = layout->body_columns - 2 - layout->lane_columns[0] - layout->wire_columns;
    layout->lane_column[0] = 0;
    layout->wire_column = layout->lane_columns[0] + 1;
    layout->lane_column[1] = layout->wire_column + layout->wire_columns + 1;
    layout->gutter_columns = width->gutter;
    layout->wire_margin = width->margin;
}

static void set_rows(struct layout *layout, const struct height *height, int caption_lines)
{
    bool labels = height->labels != 0;

    layout->key_rows = height->keys;
    layout->key_row = layout->rows - height->keys;
    layout->label_row = labels ? layout->key_row - 2 : 0;
    layout->bar_row = labels ? layout->label_row - 1 : layout->key_row - 1;
    layout->caption_rows =
        caption_lines < 0 || caption_lines > height->caption ? height->caption : caption_lines;
    layout->caption_row = layout->bar_row - 1 - layout->caption_rows;
    layout->caption_rule = labels && layout->caption_rows == height->caption ? layout->caption_row + 4 : 0;
    layout->rule_row = layout->caption_row - 1;
    layout->body_row = 2;
    layout->body_rows = layout->rule_row - layout->body_row;
}

static void set_wire_alone(struct layout *layout)
{
    layout->lane_columns[0] = layout->lane_columns[1] = 0;
    layout->wire_column = 0;
    layout->wire_columns = layout->body_columns;
}

struct layout layout_with(int columns, int rows, int caption_lines, bool wire_alone)
{
    struct layout layout = {.columns = columns, .rows = rows, .body_columns = columns};
    const struct height *height = heights;

    layout.roomy = columns >= 120 && rows >= 40 ? 2 : columns >= 100 && rows >= 30 ? 1 : 0;
    if (columns >= 200 && rows >= 60 && !wire_alone) {
        layout.roomy = 3;
        layout.columns_right = RIGHT_COLUMNS;
        layout.column_right = columns - RIGHT_COLUMNS;
        layout.body_columns = columns - RIGHT_COLUMNS - 1;
    }
    while (height < heights + COUNT(heights) - 1 &&
           (rows < height->rows || (height->labels != 0 && layout.roomy < 2)))
        height++;
    set_columns(&layout);
    set_rows(&layout, height, caption_lines);
    if (wire_alone)
        set_wire_alone(&layout);
    return layout;
}

struct layout layout_of(int columns, int rows)
{
    return layout_with(columns, rows, -1, false);
}

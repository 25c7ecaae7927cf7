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

static const struct height {
    int rows, caption;
} heights[] = {{40, 6}, {30, 4}, {24, 3}};

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

static void set_columns(struct layout *layout)
{
    const struct width *width = widths;
    int extra, to_wire;

    while (width < widths + COUNT(widths) - 1 && layout->columns < width->columns)
        width++;
    extra = layout->columns - width->columns;
    to_wire = extra / 2;
    layout->lane_columns[0] = width->left + (extra - to_wire) / 2;
    layout->wire_columns = width->wire + to_wire;
    layout->lane_columns[1] = layout->columns - 2 - layout->lane_columns[0] - layout->wire_columns;
    layout->lane_column[0] = 0;
    layout->wire_column = layout->lane_columns[0] + 1;
    layout->lane_column[1] = layout->wire_column + layout->wire_columns + 1;
    layout->gutter_columns = width->gutter;
    layout->wire_margin = width->margin;
}

static void set_rows(struct layout *layout)
{
    const struct height *height = heights;

    while (height < heights + COUNT(heights) - 1 && layout->rows < height->rows)
        height++;
    layout->key_row = layout->rows - 1;
    layout->bar_row = layout->rows - 2;
    layout->caption_rows = height->caption;
    layout->caption_row = layout->bar_row - 1 - layout->caption_rows;
    layout->rule_row = layout->caption_row - 1;
    layout->body_row = 2;
    layout->body_rows = layout->rule_row - layout->body_row;
}

struct layout layout_of(int columns, int rows)
{
    struct layout layout = {.columns = columns, .rows = rows};

    set_columns(&layout);
    set_rows(&layout);
    layout.roomy = columns >= 120 && rows >= 40 ? 2 : columns >= 100 && rows >= 30 ? 1 : 0;
    return layout;
}

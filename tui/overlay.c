/* What may cover the screen: the help, made from the table of actions, and the question before quitting. */
#include <string.h>

#include "tui/draw.h"

#define KEYS_COLUMNS 15
#define WHAT_COLUMNS 44

/* A double box in the middle, blank inside. Returns its first row; *ret_column is its first column. */
static int open_box(struct frame *frame, int rows, int columns, const char *title, const char *foot,
                    int *ret_column)
{
    int row = (frame->rows - rows) / 2, column = (frame->columns - columns) / 2;

    frame_blank(frame, row, column, rows, columns, ROLE_OVERLAY);
    frame_double_box(frame, row, column, rows, columns, ROLE_OVERLAY);
    frame_printf(frame, row, column + 2, columns - 4, ROLE_OVERLAY, " %s ", title);
    frame_printf(frame, row + rows - 1, column + 2, columns - 4, ROLE_OVERLAY, " %s ", foot);
    *ret_column = column;
    return row;
}

void draw_help(struct frame *frame)
{
    int count = ACTION_COUNT - 1, column;
    int row = open_box(frame, count + 2, KEYS_COLUMNS + WHAT_COLUMNS + 5, "KEYS", "any key closes", &column);

    for (int i = 1; i <= count; i++) {
        frame_text(frame, row + i, column + 2, KEYS_COLUMNS, ROLE_OVERLAY, action_keys((enum action)i));
        frame_text(frame, row + i, column + 3 + KEYS_COLUMNS, WHAT_COLUMNS, ROLE_OVERLAY,
                   action_what((enum action)i));
    }
}

void draw_quit_question(struct frame *frame)
{
    int column, row = open_box(frame, 5, 52, "QUIT", "q quit   any other key goes on", &column);

    frame_text(frame, row + 1, column + 2, 48, ROLE_OVERLAY, "The programs still run. Quitting ends them;");
    frame_text(frame, row + 2, column + 2, 48, ROLE_OVERLAY, "what was recorded until then is kept.");
}

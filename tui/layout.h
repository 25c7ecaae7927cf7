/*
 * Where things go on a screen of a given size.
 */
#ifndef SOCKSTEP_TUI_LAYOUT_H
#define SOCKSTEP_TUI_LAYOUT_H

#include <stdbool.h>

struct layout {
    int columns, rows;
    int body_columns;                    /* without the right column */
    int lane_column[2], lane_columns[2]; /* enum side */
    int wire_column, wire_columns;
    int gutter_columns;      /* of the wire: the times in front of the left lifeline */
    int wire_margin;         /* blank columns behind the right lifeline */
    int body_row, body_rows; /* lanes and wire */
    int rule_row;            /* the line under them */
    int caption_row, caption_rows;
    int caption_rule; /* inside the caption, a line above what is for the lecturer; 0: none */
    int bar_row;      /* 0: none */
    int label_row;    /* the names of the beats under the bar; 0: none */
    int key_row, key_rows;
    int column_right, columns_right; /* of 200x60: the right column; 0: none */
    int roomy;                       /* 1 at 100x30 and above, 2 at 120x40 and above, 3 at 200x60 and above */
};

/* The caption in full, lanes beside the wire. */
struct layout layout_of(int columns, int rows);

/* caption_lines: -1 as many as the size gives, else so many; wire_alone: the ladder has the lanes' room. */
struct layout layout_with(int columns, int rows, int caption_lines, bool wire_alone);

#endif

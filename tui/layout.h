/*
 * Where things go on a screen of a given size.
 */
#ifndef SOCKSTEP_TUI_LAYOUT_H
#define SOCKSTEP_TUI_LAYOUT_H

struct layout {
    int columns, rows;
    int lane_column[2], lane_columns[2]; /* enum side */
    int wire_column, wire_columns;
    int gutter_columns;      /* of the wire: the times in front of the left lifeline */
    int wire_margin;         /* blank columns behind the right lifeline */
    int body_row, body_rows; /* lanes and wire */
    int rule_row;            /* the line under them */
    int caption_row, caption_rows;
    int bar_row, key_row;
    int roomy; /* 1 at 100x30 and above, 2 at 120x40 and above */
};

struct layout layout_of(int columns, int rows);

#endif

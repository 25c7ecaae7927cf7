/*
 * The pages: what the body of the screen can show. Each is a small file that ends in one struct; page_of() is
 * the one table.
 */
#ifndef SOCKSTEP_TUI_PAGES_H
#define SOCKSTEP_TUI_PAGES_H

#include "tui/draw.h"

/* A part of the frame. */
struct area {
    int row, column, rows, columns;
};

struct page_ops {
    void (*draw)(const struct stage *stage, const struct area *area);
    int rows_wanted; /* with fewer the page takes those of caption and timeline too */
};

extern const struct page_ops page_states, page_sockets, page_calls, page_source, page_bytes, page_flows;

const struct page_ops *page_of(enum page page); /* NULL for the ladder */
const char *page_name(enum page page);          /* "bytes" */
const char *page_title(enum page page);         /* "" for the ladder */
enum action page_action(enum page page);        /* ACTION_NONE for the ladder */
enum page page_for(enum action action);         /* PAGE_LADDER when it opens none */

/* Parts of pages for the right column of large screens. Each returns the rows that it used. */
int draw_states_small(const struct stage *stage, const struct area *area);
int draw_sockets_small(const struct stage *stage, const struct area *area);
int draw_bytes_small(const struct stage *stage, const struct area *area);
int draw_history(const struct stage *stage, const struct area *area);

/* A heading over `columns` columns: "── TITLE ──────". */
void draw_heading(const struct stage *stage, const struct area *area, enum role role, const char *title);

/* The packet that BYTES shows: the one that was selected, else the newest of the flow; NULL. */
const struct record *selected_packet(const struct stage *stage);

#endif

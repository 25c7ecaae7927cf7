/* The conversations of a capture, one line each; one may be chosen to be shown alone. */
#include <stdio.h>

#include "tui/pages.h"

static int ends_columns(const struct area *area)
{
    int columns = area->columns - 39;

    return columns > 62 ? 62 : columns;
}

static void put_head(const struct stage *stage, const struct area *area)
{
    frame_printf(stage->frame, area->row, area->column + 1, area->columns - 2, ROLE_TIME,
                 "   %-4s  %-*s %7s %9s %8s", "", ends_columns(area), "Ends", "Packets", "Bytes", "Begins");
}

static void put_flow(const struct stage *stage, const struct area *area, int row, uint32_t index)
{
    const struct picture_flow *flow = &stage->picture->flows.items[index];
    const struct record *records = stage->timeline->records.items;
    char left[ADDRESS_TEXT_MAX], right[ADDRESS_TEXT_MAX], protocol[PROTOCOL_TEXT_MAX];
    struct buf ends = {0}, begins = {0};
    int columns = ends_columns(area);
    bool chosen = index == stage->view->flow_cursor;

    buf_printf(&ends, "%s \u2500 %s", address_text(&flow->ends[0], left),
               address_text(&flow->ends[1], right));
    moment_text(&begins, records[flow->first].event.time_ns - stage->timeline->info.start_ns, false);
    frame_put(stage->frame, row, area->column + 1, chosen ? 0x25BA : ' ', ROLE_TITLE);
    frame_put(stage->frame, row, area->column + 2, flow->number == stage->view->flow ? 0x2713 : ' ',
              ROLE_TITLE);
    frame_text(stage->frame, row, area->column + 4, 5, ROLE_TIME, protocol_text(flow->protocol, protocol));
    frame_text(stage->frame, row, area->column + 10, columns, ROLE_PLAIN, buf_text(&ends));
    frame_printf(stage->frame, row, area->column + 10 + columns, 18, ROLE_PLAIN, " %7u %9llu", flow->packets,
                 (unsigned long long)flow->payload_bytes);
    frame_text_right(stage->frame, row, area->column + 10 + columns + 18, 9, ROLE_TIME, buf_text(&begins));
    if (chosen)
        frame_paint(stage->frame, row, area->column + 4, columns + 33, ROLE_NOW);
    buf_release(&ends);
    buf_release(&begins);
}

static void draw_flows(const struct stage *stage, const struct area *area)
{
    uint32_t count = (uint32_t)stage->picture->flows.count, cursor = stage->view->flow_cursor;
    int rows = area->rows - 2;
    uint32_t first = cursor >= (uint32_t)rows ? cursor - (uint32_t)rows + 1 : 0;

    put_head(stage, area);
    for (uint32_t i = first; i < count && i < first + (uint32_t)rows; i++)
        put_flow(stage, area, area->row + 1 + (int)(i - first), i);
    frame_printf(stage->frame, area->row + area->rows - 1, area->column + 1, area->columns - 2, ROLE_TIME,
                 "%u conversation%s so far.  Up Down choose, Enter: this one alone, Backspace: all.", count,
                 count == 1 ? "" : "s");
}

const struct page_ops page_flows = {.draw = draw_flows, .rows_wanted = 8};

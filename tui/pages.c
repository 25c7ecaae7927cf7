/* The table of pages, and the right column of large screens. */
#include <stddef.h>

#include "tui/pages.h"

static const struct {
    const char *name, *title;
    enum action action;
} pages[PAGE_COUNT] = {
#define PAGE(name, text, title, action) [PAGE_##name] = {text, title, ACTION_##action},
#include "tui/page.def"
#undef PAGE
};

const struct page_ops *page_of(enum page page)
{
    static const struct page_ops *const ops[PAGE_COUNT] = {
        [PAGE_STATES] = &page_states, [PAGE_SOCKETS] = &page_sockets, [PAGE_CALLS] = &page_calls,
        [PAGE_SOURCE] = &page_source, [PAGE_BYTES] = &page_bytes,     [PAGE_FLOWS] = &page_flows,
    };

    return page < PAGE_COUNT ? ops[page] : NULL;
}

const char *page_name(enum page page)
{
    return page < PAGE_COUNT ? pages[page].name : "";
}

const char *page_title(enum page page)
{
    return page < PAGE_COUNT ? pages[page].title : "";
}

enum action page_action(enum page page)
{
    return page < PAGE_COUNT ? pages[page].action : ACTION_NONE;
}

enum page page_for(enum action action)
{
    for (int i = PAGE_LADDER + 1; i < PAGE_COUNT; i++)
        if (pages[i].action == action)
            return (enum page)i;
    return PAGE_LADDER;
}

void draw_heading(const struct stage *stage, const struct area *area, enum role role, const char *title)
{
    frame_horizontal(stage->frame, area->row, area->column, area->columns, 0x2500, ROLE_BORDER);
    frame_printf(stage->frame, area->row, area->column + 2, area->columns - 4, role, " %s ", title);
}

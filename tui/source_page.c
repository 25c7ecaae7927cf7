/*
 * The programs' own text, the line that is being executed marked, as a debugger shows it. The text is handed
 * in with the view; which line it is the probe has seen.
 */
#include <stdlib.h>
#include <string.h>

#include "tui/pages.h"

#define LINE_DIGITS 4
#define TRAIL       64 /* so many of the newest calls leave a mark in the margin */

struct pane {
    const struct stage *stage;
    struct area area;
    enum role role;
    const struct picture_lane *lane;
    const struct tui_source *source;
};

static const struct tui_source *find_source(const struct view *view, const char *lane)
{
    for (int i = 0; i < view->source_count; i++) {
        size_t length = strlen(view->sources[i].lane);

        if (strncmp(lane, view->sources[i].lane, length) == 0 && (lane[length] == 0 || lane[length] == '.'))
            return &view->sources[i];
    }
    return NULL;
}

static const struct picture_call *newest_call(const struct picture_lane *lane)
{
    return lane != NULL && lane->calls.count > 0 ? array_last(&lane->calls) : NULL;
}

static const struct event_call *entered(const struct pane *pane, const struct picture_call *call)
{
    return &pane->stage->timeline->records.items[call->enter].event.call;
}

/* The line of the newest call; 0: none, or of another file. */
static int current_line(const struct pane *pane)
{
    const struct picture_call *call = newest_call(pane->lane);

    if (call == NULL || strcmp(entered(pane, call)->file, pane->source->file) != 0)
        return 0;
    return entered(pane, call)->line;
}

static bool was_executed(const struct pane *pane, int line)
{
    size_t count = pane->lane != NULL ? pane->lane->calls.count : 0,
           first = count > TRAIL ? count - TRAIL : 0;

    for (size_t i = first; i < count; i++)
        if (entered(pane, &pane->lane->calls.items[i])->line == line)
            return true;
    return false;
}

static int line_count(const char *text)
{
    int lines = 0;

    for (; *text != 0; lines++) {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return lines;
}

static const char *line_at(const char *text, int line)
{
    for (int i = 1; i < line && *text != 0; i++) {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return text;
}

/* Tabs become the blanks up to the next multiple of four. */
static void put_code(struct buf *out, const char *line)
{
    for (; *line != 0 && *line != '\n' && *line != '\r'; line++) {
        if (*line == '\t')
            buf_spaces(out, 4 - (int)(out->length % 4));
        else
            buf_putc(out, *line);
    }
}

static void put_line(const struct pane *pane, int row, int line, int current)
{
    struct frame *frame = pane->stage->frame;
    const struct area *area = &pane->area;
    const struct picture_call *call = newest_call(pane->lane);
    bool now = line == current, waits = now && call != NULL && call->exit == PICTURE_NONE;
    int code_column = area->column + LINE_DIGITS + 4, columns = area->columns - LINE_DIGITS - 5;
    struct buf code = {0};

    put_code(&code, line_at(pane->source->text, line));
    frame_printf(frame, row, area->column, LINE_DIGITS + 1, ROLE_TIME, "%*d", LINE_DIGITS + 1, line);
    if (now)
        frame_put(frame, row, area->column + LINE_DIGITS + 2, waits ? 0x25BA : 0x2713, pane->role);
    else if (was_executed(pane, line))
        frame_put(frame, row, area->column + LINE_DIGITS + 2, 0x2713, ROLE_TIME);
    frame_text(frame, row, code_column, columns, ROLE_PLAIN, buf_text(&code));
    if (now) {
        frame_paint(frame, row, area->column + LINE_DIGITS + 3, columns + 1, ROLE_NOW);
        frame->cursor_row = row;
        frame->cursor_column = code_column;
    }
    buf_release(&code);
}

static void put_title(const struct pane *pane, const char *name, int current)
{
    const struct picture_call *call = newest_call(pane->lane);
    struct buf title = {0};

    buf_printf(&title, "%s", name);
    if (pane->source != NULL)
        buf_printf(&title, "  %s", pane->source->file);
    if (current > 0)
        buf_printf(&title, ":%d  %s %s", current, call->exit == PICTURE_NONE ? "in" : "back from",
                   call_name((enum call)entered(pane, call)->call));
    if (pane->lane != NULL && pane->lane->ended)
        buf_puts(&title, "  ended");
    draw_heading(pane->stage, &pane->area, pane->role, buf_text(&title));
    buf_release(&title);
}

/* The current line stands in the middle, unless the text begins or ends before. */
static void draw_pane(struct pane *pane, const char *name)
{
    int rows = pane->area.rows - 1, current, lines, first;

    pane->source = find_source(pane->stage->view, pane->lane != NULL ? pane->lane->name : name);
    current = pane->source != NULL ? current_line(pane) : 0;
    put_title(pane, name, current);
    if (pane->source == NULL) {
        frame_text(pane->stage->frame, pane->area.row + 1, pane->area.column + 1, pane->area.columns - 2,
                   ROLE_TIME, "The text of this program is not at hand.");
        return;
    }
    lines = line_count(pane->source->text);
    first = current - rows / 2;
    first = first > lines - rows + 1 ? lines - rows + 1 : first;
    first = first < 1 ? 1 : first;
    for (int i = 0; i < rows && first + i <= lines; i++)
        put_line(pane, pane->area.row + 1 + i, first + i, current);
}

/* Side by side where the lines have room, else one above the other. */
static void draw_source(const struct stage *stage, const struct area *area)
{
    bool beside = area->columns >= 140;

    for (int side = 0; side < SIDE_COUNT; side++) {
        struct actors actors = stage_actors(stage, (enum side)side);
        int half = beside ? area->columns / 2 : area->rows / 2;
        struct pane pane = {
            .stage = stage,
            .area = *area,
            .role = side == SIDE_LEFT ? ROLE_CLIENT : ROLE_SERVER,
            .lane = actors.process,
        };

        if (beside) {
            pane.area.column += side * half;
            pane.area.columns = half - 1;
        } else {
            pane.area.row += side * half;
            pane.area.rows = side == 0 ? half : area->rows - half;
        }
        draw_pane(&pane, actors.info.host[0] != 0 ? actors.info.host : side == 0 ? "left" : "right");
    }
}

const struct page_ops page_source = {.draw = draw_source, .rows_wanted = 12};

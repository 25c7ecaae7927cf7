/*
 * The list of calls, drawn. Where there is room a step has a line in the deck's words and below it its calls
 * as they were made; elsewhere each call has one line.
 */
#include <string.h>

#include "event/sentence.h"
#include "tui/draw.h"

struct list {
    const struct stage *stage;
    const struct place *place;
    struct check_row rows[CHECK_ROWS_MAX];
    int count;
};

static const uint32_t marks[] = {
    [CHECK_PENDING] = 0x00B7, [CHECK_CURRENT] = 0x25BA, [CHECK_DONE] = 0x2713, [CHECK_FAILED] = 0x2717};

static enum role mark_role(const struct list *list, enum check_mark mark)
{
    switch (mark) {
    case CHECK_PENDING: return ROLE_PENDING;
    case CHECK_CURRENT: return list->place->role;
    case CHECK_DONE: return ROLE_DONE;
    case CHECK_FAILED: return ROLE_FAILED;
    }
    return ROLE_PLAIN;
}

static bool is_focus(const struct list *list, const struct check_row *row)
{
    return row->enter != NULL && list->stage->focus != NULL &&
           list->stage->focus == (row->exit != NULL ? row->exit : row->enter);
}

static int room_of(const struct list *list)
{
    return list->place->columns - list->place->indent - 2;
}

/* As much of the end of the text as fits: "set up the server address" -> "server address". */
static void silent_label(struct buf *out, const struct tui_step *step, int columns)
{
    const char *text = step->text;

    while (text_columns(text) > columns && strchr(text, ' ') != NULL)
        text = strchr(text, ' ') + 1;
    if (text != step->text && strncmp(text, "the ", 4) == 0)
        text += 4;
    buf_puts(out, text);
}

static void row_label(struct buf *out, const struct list *list, const struct check_row *row)
{
    if (row->call == CALL_COUNT) {
        silent_label(out, row->step, room_of(list));
        return;
    }
    buf_puts(out, call_name(row->call));
    if (row->enter == NULL)
        return;
    if (row->call == CALL_listen)
        buf_printf(out, "(%lld)", (long long)row->enter->event.call.arguments[1]);
    else
        buf_puts(out, "()");
    if (row->count > 1)
        buf_printf(out, " %dx", row->count);
}

static void blocked_note(struct buf *out, const struct list *list, const struct check_row *row)
{
    int64_t since_ns = list->stage->now_ns - row->enter->event.time_ns;

    buf_puts(out, "BLOCKED");
    if (list->place->columns < 28 || since_ns <= 0)
        return;
    buf_putc(out, ' ');
    moment_text(out, since_ns, false);
}

/* What stands at the right of a call, and how far from the edge. */
static enum role row_note(struct buf *out, const struct list *list, const struct check_row *row,
                          int *ret_margin)
{
    const struct event_call *exit = row->exit != NULL ? &row->exit->event.call : NULL;

    *ret_margin = 0;
    if (row->blocked) {
        *ret_margin = 1;
        blocked_note(out, list, row);
        return ROLE_BLOCKED;
    }
    if (exit == NULL)
        return ROLE_PLAIN;
    if (exit->result < 0 && exit->error_number != 0) {
        buf_puts(out, errno_name(exit->error_number));
        return ROLE_FAILED;
    }
    if (exit->call == CALL_bind) {
        *ret_margin = 2;
        buf_printf(out, "port %u", exit->local.port != 0 ? exit->local.port : exit->address.port);
    } else if (exit->call != CALL_listen) {
        buf_printf(out, "= %lld", (long long)exit->result);
    }
    return ROLE_DONE;
}

static void park_cursor(const struct list *list, int row)
{
    list->stage->frame->cursor_row = row;
    list->stage->frame->cursor_column = list->place->column + list->place->indent;
}

static void put_mark(const struct list *list, int row, enum check_mark mark)
{
    frame_put(list->stage->frame, row, list->place->column + list->place->indent, marks[mark],
              mark_role(list, mark));
    if (mark == CHECK_CURRENT)
        park_cursor(list, row);
}

static void paint_focus(const struct list *list, int row)
{
    frame_paint(list->stage->frame, row, list->place->column + list->place->indent,
                list->place->columns - list->place->indent, ROLE_NOW);
}

/* " ► connect()   BLOCKED": label and note on one row. When both do not fit the brackets go, then the label
 * is cut. */
static void draw_row(const struct list *list, int row, const struct check_row *check)
{
    const struct place *place = list->place;
    struct buf label = {0}, note = {0};
    int margin, room;
    enum role note_role = row_note(&note, list, check, &margin);

    row_label(&label, list, check);
    room = room_of(list) - text_columns(buf_text(&note)) - (note.length > 0 ? 1 : 0);
    if (text_columns(buf_text(&label)) > room && label.length > 2 &&
        strcmp(label.text + label.length - 2, "()") == 0)
        label.text[label.length -= 2] = 0;
    if (text_columns(buf_text(&label)) + margin > room)
        margin = 0;
    put_mark(list, row, check->mark);
    frame_text(list->stage->frame, row, place->column + place->indent + 2, room, mark_role(list, check->mark),
               buf_text(&label));
    frame_text_right(list->stage->frame, row, place->column, place->columns - margin, note_role,
                     buf_text(&note));
    if (is_focus(list, check))
        paint_focus(list, row);
    buf_release(&label);
    buf_release(&note);
}

/* The mark of a whole step: current while one of its calls is, done when one has returned. */
static enum check_mark step_mark(const struct list *list, int head, const struct check_row **ret_blocked)
{
    enum check_mark mark = CHECK_PENDING;

    *ret_blocked = NULL;
    for (int i = head; i < list->count && (i == head || !list->rows[i].head); i++) {
        const struct check_row *row = &list->rows[i];

        if (row->blocked)
            *ret_blocked = row;
        if (row->mark == CHECK_CURRENT || (mark != CHECK_CURRENT && row->mark != CHECK_PENDING))
            mark = row->mark;
    }
    return mark;
}

/* " ► 3 connect          BLOCKED 52 ms" */
static void draw_head(const struct list *list, int row, int head)
{
    const struct check_row *check = &list->rows[head], *blocked;
    const struct place *place = list->place;
    enum check_mark mark = step_mark(list, head, &blocked);
    struct buf text = {0}, note = {0};
    int room;

    if (check->step != NULL)
        buf_printf(&text, "%d %s", check->number, check->step->text);
    else
        row_label(&text, list, check);
    if (blocked != NULL)
        blocked_note(&note, list, blocked);
    room = room_of(list) - text_columns(buf_text(&note)) - (note.length > 0 ? 2 : 0);
    put_mark(list, row, mark);
    cut_words(&text, room);
    frame_text(list->stage->frame, row, place->column + place->indent + 2, room, mark_role(list, mark),
               buf_text(&text));
    frame_text_right(list->stage->frame, row, place->column, place->columns - 1, ROLE_BLOCKED,
                     buf_text(&note));
    buf_release(&text);
    buf_release(&note);
}

/* "socket(AF_INET, SOCK_STREAM, 0)" -> "socket(AF_INET, ...)" */
static void shorten_call(struct buf *text, int columns)
{
    static const char rest[] = ", ...)";

    while (text_columns(buf_text(text)) > columns) {
        size_t from = text->length > sizeof rest ? text->length - sizeof rest : 0;

        while (from > 0 && strncmp(text->text + from, ", ", 2) != 0)
            from--;
        if (from == 0)
            return;
        text->length = from;
        text->text[from] = 0;
        buf_puts(text, rest);
    }
}

/* "   connect(3, 192.0.2.2:7001)       = 0" */
static void draw_call(const struct list *list, int row, const struct check_row *check)
{
    const struct place *place = list->place;
    bool failed = check->mark == CHECK_FAILED;
    struct buf text = {0}, result = {0};
    const struct record *shown;
    int room;

    if (check->enter == NULL)
        return;
    /* What was sent is known when the call begins, what was received when it returns. */
    shown = check->exit != NULL && check->enter->event.data_bytes == 0 ? check->exit : check->enter;
    call_text(&text, &shown->event);
    if (check->exit != NULL)
        call_result_text(&result, &check->exit->event);
    room = room_of(list) - text_columns(buf_text(&result)) - (result.length > 0 ? 1 : 0);
    shorten_call(&text, room);
    frame_text(list->stage->frame, row, place->column + place->indent + 2, room, ROLE_PENDING,
               buf_text(&text));
    frame_text_right(list->stage->frame, row, place->column, place->columns, failed ? ROLE_FAILED : ROLE_DONE,
                     buf_text(&result));
    if (is_focus(list, check))
        paint_focus(list, row);
    buf_release(&text);
    buf_release(&result);
}

static int long_height(const struct list *list)
{
    int height = 0;

    for (int i = 0; i < list->count; i++)
        height += list->rows[i].head + (list->rows[i].call != CALL_COUNT);
    return height;
}

static void draw_long(const struct list *list, int row)
{
    for (int i = 0; i < list->count; i++) {
        if (list->rows[i].head)
            draw_head(list, row++, i);
        if (list->rows[i].call != CALL_COUNT)
            draw_call(list, row++, &list->rows[i]);
    }
}

/* From the top, but so that the newest call is among those that are shown. */
static int first_shown(const struct list *list, int room)
{
    int newest = 0;

    for (int i = 0; i < list->count; i++)
        if (list->rows[i].enter != NULL)
            newest = i;
    return newest < room ? 0 : newest - room + 1;
}

void draw_checks(const struct stage *stage, const struct place *place, const char *name,
                 const struct picture_lane *lane, int first_row, int end_row)
{
    struct list list = {.stage = stage, .place = place};

    list.count = check_rows(stage, name, lane, list.rows);
    if (stage->layout.roomy >= 2 && long_height(&list) <= end_row - first_row) {
        draw_long(&list, first_row);
        return;
    }
    for (int i = first_shown(&list, end_row - first_row); i < list.count && first_row < end_row; i++)
        draw_row(&list, first_row++, &list.rows[i]);
}

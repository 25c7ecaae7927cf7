#include "export/worksheet_draw.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "event/sentence.h"
#include "export/html_text.h"
#include "export/ladder_lane.h"
#include "export/pairs.h"
#include "export/worksheet_quiz.h"

#define WIDE         680
#define LEFT_X       190
#define RIGHT_X      490
#define ROW_HIGH     20
#define FIRST_ROW    40
#define PAGE_ROWS    50
#define STATE_WIDE   104
#define CALL_WIDE    142
#define LABEL_BESIDE 12

struct drawing {
    const struct worksheet_ladder *ladder;
    struct ladder_sides sides;
    struct pairs pairs;
    struct buf body, labels; /* labels lie on top of everything */
    int *y;                  /* by record */
    int last_y;              /* of the newest row */
    bool used[2];            /* beside the lifelines, in the newest row */
    uint8_t row_kind;        /* of the record that began it */
    enum side row_side;
    int blanks;
};

static const struct record *record_of(const struct drawing *drawing, size_t index)
{
    return &drawing->ladder->timeline->records.items[index];
}

static void new_row(struct drawing *drawing, const struct event *event, enum side side)
{
    drawing->last_y = drawing->last_y == 0 ? FIRST_ROW : drawing->last_y + ROW_HIGH;
    drawing->used[LEFT] = drawing->used[RIGHT] = false;
    drawing->row_kind = event->kind;
    drawing->row_side = side;
}

/* --- beside the lifelines --- */

static int beside_x(enum side side)
{
    return side == LEFT ? LEFT_X - LABEL_BESIDE : RIGHT_X + LABEL_BESIDE;
}

static const char *anchor(enum side side)
{
    return side == LEFT ? "end" : "start";
}

/* An empty line to write on, with its number; with the answers, what belongs there. */
static void put_blank(struct drawing *drawing, enum side side, int y, const char *answer)
{
    int x = beside_x(side), left = side == LEFT ? x - CALL_WIDE : x;
    buf_printf(&drawing->body, "<text class=\"number\" x=\"%d\" y=\"%d\" text-anchor=\"%s\">%d</text>",
               side == LEFT ? left - 5 : left + CALL_WIDE + 5, y + 4, anchor(side), ++drawing->blanks);
    buf_printf(&drawing->body, "<path class=\"blank\" d=\"M%d %dh%d\"/>", left, y + 7, CALL_WIDE);
    if (!drawing->ladder->answers)
        return;
    buf_printf(&drawing->body, "<text class=\"answer\" x=\"%d\" y=\"%d\" text-anchor=\"%s\">", x, y + 4,
               anchor(side));
    html_puts(&drawing->body, answer);
    buf_puts(&drawing->body, "</text>\n");
}

static void put_beside(struct drawing *drawing, enum side side, const char *text, const char *css)
{
    buf_printf(&drawing->body, "<text class=\"%s\" x=\"%d\" y=\"%d\" text-anchor=\"%s\">", css,
               beside_x(side), drawing->last_y + 4, anchor(side));
    html_puts(&drawing->body, text);
    buf_puts(&drawing->body, "</text>\n");
    drawing->used[side] = true;
}

static void put_call(struct drawing *drawing, enum side side, struct buf *text)
{
    if (drawing->ladder->blank_calls) {
        put_blank(drawing, side, drawing->last_y, buf_text(text));
        drawing->used[side] = true;
    } else {
        put_beside(drawing, side, buf_text(text), "call");
    }
    buf_release(text);
}

static void put_state(struct drawing *drawing, enum side side, const struct change *change)
{
    const char *name = state_name((enum state)change->new_state);
    int wide = drawing->ladder->blank_states ? STATE_WIDE : 12 + 7 * (int)strlen(name);
    int x = side == LEFT ? LEFT_X - LABEL_BESIDE - wide : RIGHT_X + LABEL_BESIDE;
    bool shown = !drawing->ladder->blank_states || drawing->ladder->answers;
    buf_printf(&drawing->body,
               "<rect class=\"state%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"17\" rx=\"4\"/>",
               change->witness == WITNESS_KERNEL ? "" : " inferred", x, drawing->last_y - 9, wide);
    if (drawing->ladder->blank_states)
        buf_printf(&drawing->body, "<text class=\"number\" x=\"%d\" y=\"%d\" text-anchor=\"%s\">%d</text>",
                   side == LEFT ? x - 5 : x + wide + 5, drawing->last_y + 4, anchor(side), ++drawing->blanks);
    if (shown)
        buf_printf(&drawing->body, "<text class=\"%s\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                   drawing->ladder->blank_states ? "answer" : "name", x + wide / 2, drawing->last_y + 4,
                   name);
    drawing->used[side] = true;
}

/* --- between them --- */

static void packet_words(struct buf *out, const struct event *event)
{
    const struct event_context *context = &event->context;
    packet_word(out, &event->packet.packet);
    if (!context->has_relative)
        return;
    buf_printf(out, " seq=%" PRIu32, context->sequence);
    if ((event->packet.packet.tcp.flags & TCP_ACK) != 0)
        buf_printf(out, " ack=%" PRIu32, context->acknowledgment);
}

static void put_label(struct drawing *drawing, const struct event *event, enum side from, int y)
{
    struct buf words = {0};
    int x = from == LEFT ? LEFT_X + 10 : RIGHT_X - 10;
    packet_words(&words, event);
    if (drawing->ladder->blank_packets)
        buf_printf(&drawing->labels,
                   "<text class=\"number\" x=\"%d\" y=\"%d\" text-anchor=\"%s\">%d%s</text>", x, y - 4,
                   from == LEFT ? "start" : "end", ++drawing->blanks,
                   drawing->ladder->answers ? "" : " ............................");
    if (!drawing->ladder->blank_packets || drawing->ladder->answers) {
        int number_room = drawing->ladder->blank_packets ? 18 : 0;
        buf_printf(&drawing->labels, "<text class=\"%s\" x=\"%d\" y=\"%d\" text-anchor=\"%s\">",
                   drawing->ladder->blank_packets ? "answer" : "word",
                   from == LEFT ? x + number_room : x - number_room, y - 4, from == LEFT ? "start" : "end");
        html_puts(&drawing->labels, buf_text(&words));
        buf_puts(&drawing->labels, "</text>");
    }
    buf_release(&words);
}

static void put_arrow(struct drawing *drawing, enum side from, int start, int end, bool lost)
{
    int x1 = from == LEFT ? LEFT_X : RIGHT_X, x2 = from == LEFT ? RIGHT_X : LEFT_X;
    if (lost) {
        x2 = (x1 + x2) / 2;
        buf_printf(&drawing->body, "<path class=\"cross\" d=\"M%d %dl10 10m0 -10l-10 10\"/>", x2 - 5,
                   end - 5);
    }
    buf_printf(&drawing->body, "<path class=\"packet\" d=\"M%d %dL%d %d\"%s/>\n", x1, start, x2, end,
               lost ? "" : " marker-end=\"url(#tip)\"");
}

/* Called at the end, when all places are known. */
static void draw_packet(struct drawing *drawing, size_t index)
{
    const struct event *event = &record_of(drawing, index)->event;
    const struct pair *pair = &drawing->pairs.items[index];
    enum side from = side_of(&drawing->sides, event);
    int start = drawing->y[index], end = start + 8;
    if (from == NOWHERE || side_of_goal(&drawing->sides, event) != side_opposite(from))
        return;
    if (pair->other != PAIR_NONE && pair->arrivals > 0)
        end = drawing->y[pair->other];
    else if (pair->dropped)
        end = start + ROW_HIGH;
    put_arrow(drawing, from, start, end, pair->dropped && pair->arrivals == 0);
    put_label(drawing, event, from, start);
}

/* --- rows --- */

static bool joins_call(const struct drawing *drawing, const struct event *event, enum side side)
{
    return event->kind == EVENT_PACKET_SENT && drawing->row_kind == EVENT_CALL_ENTER &&
           drawing->row_side == side && event->context.cause_call != 0;
}

static void place_call(struct drawing *drawing, size_t index, enum side side)
{
    const struct event *event = &record_of(drawing, index)->event;
    const struct pair *pair = &drawing->pairs.items[index];
    struct buf text = {0};
    if (event->kind == EVENT_CALL_EXIT && pair->quick)
        return;
    new_row(drawing, event, side);
    if (event->kind == EVENT_CALL_EXIT)
        lane_exit_text(&text, NULL, event);
    else if (pair->quick && pair->other != PAIR_NONE)
        lane_exit_text(&text, event, &record_of(drawing, pair->other)->event);
    else
        lane_enter_text(&text, event);
    put_call(drawing, side, &text);
}

static void place_process(struct drawing *drawing, const struct event *event, enum side side)
{
    struct buf text = {0};
    new_row(drawing, event, side);
    lane_process_text(&text, event);
    put_beside(drawing, side, buf_text(&text), "quiet");
    buf_release(&text);
}

static void place_states(struct drawing *drawing, const struct record *record)
{
    const struct timeline *timeline = drawing->ladder->timeline;
    const struct change *changes = timeline_changes(timeline, record);
    enum side here = side_of(&drawing->sides, &record->event);
    for (uint32_t i = 0; i < record->change_count; i++) {
        const struct change *change = &changes[i];
        bool is_peers =
            change->endpoint != record->event.context.endpoint && ladder_is_packet(&record->event);
        enum side side = is_peers ? side_of_goal(&drawing->sides, &record->event) : here;
        bool tcp = change->new_state >= STATE_ESTABLISHED && change->new_state <= STATE_CLOSING;
        bool is_new = change->old_state == STATE_NONE && change->new_state == STATE_CLOSED;
        if (side == NOWHERE || !tcp || is_new || change->old_state == change->new_state ||
            !quiz_shows_change(timeline, change))
            continue;
        if (drawing->used[side] || drawing->last_y == 0)
            new_row(drawing, &record->event, side);
        put_state(drawing, side, change);
    }
}

static void place_record(struct drawing *drawing, size_t index)
{
    const struct record *record = record_of(drawing, index);
    const struct event *event = &record->event;
    enum side side = side_of(&drawing->sides, event);
    if (side == NOWHERE)
        return;
    if (event->kind == EVENT_CALL_ENTER || event->kind == EVENT_CALL_EXIT)
        place_call(drawing, index, side);
    else if (event->kind == EVENT_PROCESS)
        place_process(drawing, event, side);
    else if (event->kind == EVENT_PACKET_SENT && joins_call(drawing, event, side))
        drawing->row_kind = event->kind;
    else if (event->kind == EVENT_PACKET_SENT || event->kind == EVENT_PACKET_DELIVERED)
        new_row(drawing, event, side);
    drawing->y[index] = drawing->last_y;
    place_states(drawing, record);
}

static void draw_all(struct drawing *drawing)
{
    size_t count = drawing->ladder->timeline->records.count;
    for (size_t i = 0; i < count; i++)
        place_record(drawing, i);
    for (size_t i = 0; i < count; i++)
        if (record_of(drawing, i)->event.kind == EVENT_PACKET_SENT)
            draw_packet(drawing, i);
}

static void put_heads(struct buf *out, const struct drawing *drawing)
{
    for (int side = LEFT; side <= RIGHT; side++) {
        buf_printf(out, "<text class=\"head\" x=\"%d\" y=\"16\" text-anchor=\"middle\">",
                   side == LEFT ? LEFT_X : RIGHT_X);
        html_puts(out, drawing->sides.names[side]);
        buf_printf(out, "</text><path class=\"life\" d=\"M%d 24V%d\"/>\n", side == LEFT ? LEFT_X : RIGHT_X,
                   drawing->last_y + 16);
    }
}

/* The drawing stands in the first window; the others show other parts of it. */
static void put_windows(struct buf *out, const struct drawing *drawing)
{
    const char *name = drawing->ladder->name;
    int high = drawing->last_y + 24, parts = (high + PAGE_ROWS * ROW_HIGH - 1) / (PAGE_ROWS * ROW_HIGH);
    int page = ((high / ROW_HIGH + parts) / parts) * ROW_HIGH;
    for (int part = 0; part < parts; part++) {
        int top = part * page, rest = part == parts - 1 ? high - top : page;
        buf_printf(out,
                   "<svg class=\"ladder\" viewBox=\"0 %d %d %d\" role=\"img\" aria-label=\"Ladder, part %d "
                   "of %d\">\n",
                   top, WIDE, rest, part + 1, parts);
        if (part > 0) {
            buf_printf(out, "<use href=\"#%s\"/></svg>\n", name);
            continue;
        }
        buf_printf(out, "<g id=\"%s\">\n", name);
        put_heads(out, drawing);
        buf_add(out, buf_text(&drawing->body), drawing->body.length);
        buf_add(out, buf_text(&drawing->labels), drawing->labels.length);
        buf_puts(out, "</g></svg>\n");
    }
}

int worksheet_ladder(struct buf *out, const struct worksheet_ladder *ladder)
{
    struct drawing drawing = {.ladder = ladder, .row_kind = EVENT_KIND_COUNT};
    sides_find(&drawing.sides, ladder->timeline);
    pairs_init(&drawing.pairs, ladder->timeline);
    drawing.y = xcalloc(ladder->timeline->records.count + 1, sizeof *drawing.y);
    draw_all(&drawing);
    put_windows(out, &drawing);
    pairs_release(&drawing.pairs);
    buf_release(&drawing.body);
    buf_release(&drawing.labels);
    free(drawing.y);
    return drawing.blanks;
}

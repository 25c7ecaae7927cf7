/*
 * The conversation as a ladder of 72 columns, time running down. Rows are made as events come; an event joins
 * the last row when its place there is free and the reader will not take effect for cause: a call stands left
 * of the packet that it caused, and beside an arriving packet stands what it did.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "event/sentence.h"
#include "export/formats.h"
#include "export/ladder_lane.h"
#include "export/ladder_sides.h"
#include "export/pairs.h"

#define SAME_MOMENT_NS (1 * NS_PER_MS)
#define PAUSE_NS       (500 * NS_PER_MS)

enum row_use { ROW_CLOSED, ROW_CALL, ROW_ARRIVAL };

struct ladder {
    const struct timeline *timeline;
    struct grid grid;
    struct wire wire;
    struct ladder_sides sides;
    struct pairs pairs;
    bool has_inferred, has_objections;
    enum row_use use; /* what the last row would still take */
    enum side row_side;
    int64_t row_ns;     /* of the last row; 0: none yet */
    char time_text[16]; /* that was last written */
    unsigned not_shown; /* events of other hosts */
};

/* Rows. */

static void write_time(struct ladder *ladder, struct grid_row *row, int64_t at_ns)
{
    char text[sizeof ladder->time_text];
    double ms = (double)(at_ns - ladder->timeline->info.start_ns) / 1e6;
    if (ms < 99999.9)
        snprintf(text, sizeof text, "%.1f", ms);
    else
        snprintf(text, sizeof text, "%.0f s", ms / 1e3);
    if (strcmp(text, ladder->time_text) == 0)
        return;
    row_text_right(row, TIME_COLUMNS, TIME_COLUMNS, text);
    strcpy(ladder->time_text, text);
}

static struct grid_row *add_row(struct ladder *ladder)
{
    struct grid_row *row = grid_add(&ladder->grid);
    row->cells[LEFT_LINE] = row->cells[RIGHT_LINE] = GLYPH_POST;
    wire_continue(&ladder->wire, row);
    ladder->use = ROW_CLOSED;
    return row;
}

/* Long silences are cut short, and say how long they were. */
static void add_pause(struct ladder *ladder, int64_t now_ns)
{
    if (ladder->row_ns == 0 || now_ns - ladder->row_ns < PAUSE_NS)
        return;
    struct buf text = {0};
    buf_putc(&text, '~');
    duration_text(&text, now_ns - ladder->row_ns);
    row_text_right(add_row(ladder), TIME_COLUMNS, TIME_COLUMNS, buf_text(&text));
    buf_release(&text);
}

static struct grid_row *add_timed_row(struct ladder *ladder, const struct event *event, enum side side)
{
    add_pause(ladder, event->order_ns);
    struct grid_row *row = add_row(ladder);
    write_time(ladder, row, event->order_ns);
    ladder->row_ns = event->order_ns;
    ladder->row_side = side;
    return row;
}

static struct grid_row *last_row(struct ladder *ladder)
{
    return array_last(&ladder->grid.rows);
}

/* The row for something of this side: the last one when it still takes what comes after `wanted`, else a new
 * one. */
static struct grid_row *row_after(struct ladder *ladder, const struct event *event, enum side side,
                                  enum row_use wanted)
{
    bool joins = wanted != ROW_CLOSED && ladder->use == wanted && ladder->row_side == side &&
                 ladder->grid.rows.count > 0 && event->order_ns - ladder->row_ns < SAME_MOMENT_NS;
    struct grid_row *row = joins ? last_row(ladder) : add_timed_row(ladder, event, side);
    ladder->use = ROW_CLOSED;
    return row;
}

static void write_lane(struct grid_row *row, enum side side, const char *text)
{
    if (side == LEFT)
        row_text_right(row, LEFT_LANE + LANE_COLUMNS, LANE_COLUMNS, text);
    else
        row_text(row, RIGHT_LANE, LANE_COLUMNS, text);
}

/* How much of a long text goes on the first line: up to a space outside quotes that does not follow '='. */
static size_t first_part(const char *text)
{
    size_t length = strlen(text), part = 0;
    bool quoted = false;
    for (size_t i = 0; i <= LANE_COLUMNS && i < length; i++) {
        if (text[i] == '"' && (i == 0 || text[i - 1] != '\\'))
            quoted = !quoted;
        if (text[i] == ' ' && !quoted && i > 0 && text[i - 1] != '=')
            part = i;
    }
    return length <= LANE_COLUMNS || part == 0 ? length : part;
}

static void write_words(struct ladder *ladder, const struct event *event, enum side side, const char *text,
                        enum row_use after)
{
    char line[LADDER_COLUMNS + 1];
    struct grid_row *row = row_after(ladder, event, side, after);
    while (*text != '\0') {
        size_t length = first_part(text);
        snprintf(line, sizeof line, "%.*s", (int)(length < LADDER_COLUMNS ? length : LADDER_COLUMNS), text);
        write_lane(row, side, line);
        text += length;
        text += *text == ' ';
        if (*text != '\0')
            row = add_row(ladder);
    }
}

/* Events. */

static const struct pair *pair_of(const struct ladder *ladder, const struct record *record)
{
    return &ladder->pairs.items[record - ladder->timeline->records.items];
}

/* The other half of a call, or NULL. */
static const struct event *other_half(const struct ladder *ladder, const struct record *record)
{
    uint32_t other = pair_of(ladder, record)->other;
    return other != PAIR_NONE ? &ladder->timeline->records.items[other].event : NULL;
}

static void draw_enter(struct ladder *ladder, const struct record *record, enum side side)
{
    const struct event *exit = other_half(ladder, record);
    struct buf text = {0};
    if (pair_of(ladder, record)->quick)
        lane_exit_text(&text, &record->event, exit);
    else
        lane_enter_text(&text, &record->event);
    write_words(ladder, &record->event, side, buf_text(&text), ROW_CLOSED);
    ladder->use = ROW_CALL;
    ladder->row_side = side;
    buf_release(&text);
}

static void draw_exit(struct ladder *ladder, const struct record *record, enum side side)
{
    if (pair_of(ladder, record)->quick)
        return; /* its result stands where it began */
    struct buf text = {0};
    lane_exit_text(&text, NULL, &record->event);
    write_words(ladder, &record->event, side, buf_text(&text), ROW_ARRIVAL);
    buf_release(&text);
}

static void draw_process(struct ladder *ladder, const struct record *record, enum side side)
{
    struct buf text = {0};
    lane_process_text(&text, &record->event);
    write_words(ladder, &record->event, side, buf_text(&text), ROW_CLOSED);
    buf_release(&text);
}

static void draw_sent(struct ladder *ladder, const struct record *record, enum side side)
{
    const struct event *event = &record->event;
    struct grid_row *row = row_after(ladder, event, side, ROW_CALL);
    struct label label;
    const struct pair *pair = pair_of(ladder, record);
    unsigned arrivals = pair->arrivals;
    packet_label(&label, event);
    if (pair->dropped && arrivals == 0)
        wire_lose(row, side, &label);
    else if (!ladder->pairs.has_arrivals)
        wire_straight(row, side, &label);
    else if (side_of_goal(&ladder->sides, event) != side_opposite(side))
        wire_elsewhere(row, side, &label, event->packet.to);
    else
        wire_depart(&ladder->wire, row, event->packet.id, side, &label, arrivals != 0 ? arrivals : UINT_MAX);
}

static void draw_delivered(struct ladder *ladder, const struct record *record, enum side side)
{
    struct label label;
    packet_label(&label, &record->event);
    wire_arrive(&ladder->wire, add_timed_row(ladder, &record->event, side), record->event.packet.id,
                side_opposite(side), &label);
    ladder->use = ROW_ARRIVAL;
}

static void draw_held(struct ladder *ladder, const struct record *record, enum side side)
{
    wire_hold(&ladder->wire, add_timed_row(ladder, &record->event, side), record->event.packet.id);
}

/* Drawn by the wording of the packet's departure. */
static void draw_dropped(struct ladder *ladder, const struct record *record, enum side side)
{
    (void)ladder;
    (void)record;
    (void)side;
}

static void draw_nothing(struct ladder *ladder, const struct record *record, enum side side)
{
    draw_dropped(ladder, record, side);
}

/* Lines of their own, across all three parts. */
static void draw_across(struct ladder *ladder, const struct record *record)
{
    struct buf text = {0};
    event_sentence(&text, &record->event, NULL, 0);
    const char *rest = buf_text(&text);
    while (*rest != '\0') {
        size_t room = LADDER_COLUMNS - LEFT_LANE;
        size_t length = strnlen(rest, room + 1);
        for (size_t i = room; length > room && i > 0; i--)
            if (rest[i] == ' ')
                length = i;
        struct grid_row *row = grid_add(&ladder->grid);
        char line[LADDER_COLUMNS + 1];
        snprintf(line, sizeof line, "%.*s", (int)(length < room ? length : room), rest);
        row_text(row, LEFT_LANE, (int)room, line);
        rest += strlen(line);
        rest += *rest == ' ';
    }
    ladder->use = ROW_CLOSED;
    buf_release(&text);
}

static void (*const drawers[EVENT_KIND_COUNT])(struct ladder *ladder, const struct record *record,
                                               enum side side) = {
    [EVENT_CALL_ENTER] = draw_enter,       [EVENT_CALL_EXIT] = draw_exit,
    [EVENT_PACKET_SENT] = draw_sent,       [EVENT_PACKET_DELIVERED] = draw_delivered,
    [EVENT_PACKET_DROPPED] = draw_dropped, [EVENT_PACKET_HELD] = draw_held,
    [EVENT_STATE] = draw_nothing, /* what changed is drawn for every kind of event */
    [EVENT_PROCESS] = draw_process,
};

static const bool goes_across[EVENT_KIND_COUNT] = {
    [EVENT_GAP] = true,      [EVENT_MARK] = true, [EVENT_CAPTION] = true,
    [EVENT_QUESTION] = true, [EVENT_VOTE] = true,
};

/* The kernel's word; where no kernel was asked, what the packets tell. */
static void draw_changes(struct ladder *ladder, const struct record *record, enum side side)
{
    const struct change *changes = timeline_changes(ladder->timeline, record);
    enum witness shown = ladder->pairs.has_kernel ? WITNESS_KERNEL : WITNESS_WIRE;
    for (uint32_t i = 0; i < record->change_count; i++) {
        if (changes[i].witness != shown)
            continue;
        enum side owner =
            shown == WITNESS_WIRE ? side_of_change(&ladder->sides, &record->event, &changes[i]) : side;
        struct buf text = {0};
        lane_state_text(&text, &changes[i]);
        ladder->has_inferred = ladder->has_inferred || shown == WITNESS_WIRE;
        ladder->has_objections = ladder->has_objections || changes[i].disagreement || changes[i].impossible;
        write_words(ladder, &record->event, owner != NOWHERE ? owner : side, buf_text(&text), ROW_ARRIVAL);
        buf_release(&text);
    }
}

static void draw_record(struct ladder *ladder, const struct record *record)
{
    const struct event *event = &record->event;
    if (event->kind >= EVENT_KIND_COUNT)
        return;
    if (goes_across[event->kind]) {
        draw_across(ladder, record);
        return;
    }
    if (drawers[event->kind] == NULL)
        return;
    enum side side = side_of(&ladder->sides, event);
    if (side == NOWHERE) {
        ladder->not_shown++;
        return;
    }
    drawers[event->kind](ladder, record, side);
    draw_changes(ladder, record, side);
}

/* What stands above and below. */

static void write_heading(struct ladder *ladder)
{
    const struct session_info *info = &ladder->timeline->info;
    char text[ADDRESS_TEXT_MAX];
    if (info->scenario[0] != '\0' || info->title[0] != '\0') {
        struct buf title = {0};
        buf_printf(&title, "%s%s%s", info->scenario, info->scenario[0] != '\0' ? "   " : "", info->title);
        row_text(grid_add(&ladder->grid), 0, LADDER_COLUMNS, buf_text(&title));
        buf_release(&title);
        grid_add(&ladder->grid);
    }
    struct grid_row *row = grid_add(&ladder->grid);
    row_text_right(row, TIME_COLUMNS, TIME_COLUMNS, "ms");
    for (int side = LEFT; side <= RIGHT; side++)
        write_lane(row, (enum side)side, ladder->sides.names[side]);
    row = add_row(ladder);
    for (int side = LEFT; side <= RIGHT; side++) {
        address_ip_text(&ladder->sides.addresses[side], text);
        if (ladder->sides.addresses[side].family != ADDRESS_NONE &&
            strncmp(text, ladder->sides.names[side], 15) != 0)
            write_lane(row, (enum side)side, text);
    }
}

static void write_line(struct ladder *ladder, const char *text)
{
    row_text(grid_add(&ladder->grid), 0, LADDER_COLUMNS, text);
}

static void write_legend(struct ladder *ladder)
{
    struct buf text = {0};
    if (ladder->wire.flying.count > 0)
        row_text(add_row(ladder), LEFT_LINE + 3, RIGHT_LINE - LEFT_LINE - 4, "still in flight");
    grid_add(&ladder->grid);
    if (ladder->pairs.has_kernel)
        write_line(ladder, "[STATE] the kernel's word.");
    if (ladder->has_inferred)
        write_line(ladder, "(STATE) inferred from packets by RFC 9293.");
    if (ladder->has_objections)
        write_line(ladder, "! the witnesses disagree, or RFC 9293 has no such step.");
    const struct session_info *info = &ladder->timeline->info;
    if (info->delay_ns != 0) {
        buf_puts(&text, "Delay on the wire: ");
        duration_text(&text, info->delay_ns);
        buf_puts(&text, " each way.");
        write_line(ladder, buf_text(&text));
    }
    if (info->note[0] != '\0')
        write_line(ladder, info->note);
    if (info->tool[0] != '\0') {
        buf_clear(&text);
        buf_printf(&text, "Recorded by %s%s%s.", info->tool, info->kernel[0] != '\0' ? " on Linux " : "",
                   info->kernel);
        write_line(ladder, buf_text(&text));
    }
    if (ladder->not_shown != 0) {
        buf_clear(&text);
        buf_printf(&text, "%u event%s of other hosts not shown.", ladder->not_shown,
                   ladder->not_shown == 1 ? "" : "s");
        write_line(ladder, buf_text(&text));
    }
    buf_release(&text);
}

void ladder_draw(struct buf *out, const struct timeline *timeline, bool ascii, size_t *ret_lines)
{
    struct ladder ladder = {.timeline = timeline};
    sides_find(&ladder.sides, timeline);
    pairs_init(&ladder.pairs, timeline);
    write_heading(&ladder);
    for (size_t i = 0; i < timeline->records.count; i++) {
        draw_record(&ladder, &timeline->records.items[i]);
        if (ret_lines != NULL)
            ret_lines[i] = ladder.grid.rows.count;
    }
    write_legend(&ladder);
    grid_write(out, &ladder.grid, ascii);
    array_release(&ladder.grid.rows);
    wire_release(&ladder.wire);
    pairs_release(&ladder.pairs);
}

static void write_ladder(struct buf *out, const struct timeline *timeline,
                         const struct export_options *options)
{
    ladder_draw(out, timeline, options->ascii, NULL);
}

const struct export_format export_ladder = {
    .name = "ladder",
    .about = "both programs and the wire between them, in 72 columns",
    .extension = "ladder.txt",
    .write = write_ladder,
};

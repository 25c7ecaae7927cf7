/*
 * The wire: a ladder with a stair for each packet. It leaves on one row and arrives on a later one, so that
 * latency is seen without sloping lines. Every departure and every arrival has a row of its own, in order;
 * packets still under way follow with a row each. When the rows do not suffice the newest are shown.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "tui/draw.h"

#define ACROSS     0x2500u
#define ACROSS_RST 0x2550u
#define DOWN       0x2502u
#define CORNER_GAP 5 /* from the corner to the far lifeline */
#define SLOT_STEP                                                                                            \
    2 /* each packet under way at the same time has its corner two columns nearer to its sender */
#define LABEL_MIN 8

enum rung_kind { RUNG_DEPART, RUNG_ARRIVE, RUNG_LOST, RUNG_UNDER_WAY };

/* One row of the ladder. */
struct rung {
    uint32_t record; /* its place in the order; under way: behind everything */
    uint32_t packet; /* index into ladder->packets */
    enum rung_kind kind;
};

/* One packet of the ladder: the rows where it leaves and ends (-1: above the screen, or none). */
struct stair {
    int depart_row, end_row;
    int slot;
    bool forward, ends;
};

struct ladder {
    const struct stage *stage;
    int first_row, rows, left, right; /* of the frame; columns of the two lifelines */
    ARRAY(uint32_t) packets;          /* those of the ladder: stairs[i] is of packets[i] */
    ARRAY(struct rung) rungs;
    ARRAY(struct stair) stairs;
};

static const struct picture_packet *ladder_packet(const struct ladder *ladder, uint32_t packet)
{
    return &ladder->stage->picture->packets.items[ladder->packets.items[packet]];
}

static const struct record *sent_record(const struct ladder *ladder, uint32_t packet)
{
    return &ladder->stage->timeline->records.items[ladder_packet(ladder, packet)->sent];
}

static int by_record(const void *a, const void *b)
{
    const struct rung *left = a, *right = b;

    if (left->record != right->record)
        return left->record < right->record ? -1 : 1;
    return left->packet < right->packet ? -1 : left->packet > right->packet;
}

static void add_rung(struct ladder *ladder, uint32_t packet, uint32_t record, enum rung_kind kind)
{
    *array_push(&ladder->rungs) = (struct rung){.record = record, .packet = packet, .kind = kind};
}

/* A foreign capture saw each packet once, at one place: neither its way nor its arrival is known. */
static bool seen_once(const struct picture_packet *packet)
{
    return packet->delivered == packet->sent;
}

static void add_rungs(struct ladder *ladder, uint32_t packet)
{
    const struct picture_packet *item = ladder_packet(ladder, packet);

    add_rung(ladder, packet, item->sent, item->dropped ? RUNG_LOST : RUNG_DEPART);
    if (item->dropped || seen_once(item))
        return;
    if (item->delivered != PICTURE_NONE)
        add_rung(ladder, packet, item->delivered, RUNG_ARRIVE);
    else
        add_rung(ladder, packet, PICTURE_NONE, RUNG_UNDER_WAY);
}

static struct stair *stair_of(const struct ladder *ladder, uint32_t packet)
{
    return &ladder->stairs.items[packet];
}

/* Behind all packets that go the same way and have not ended: so no two stairs cross while order is kept. */
static int free_slot(const struct ladder *ladder, const bool *under_way, uint32_t packet)
{
    int slot = 0, last = (ladder->right - ladder->left - 1 - CORNER_GAP - 2 - LABEL_MIN) / SLOT_STEP;

    for (uint32_t i = 0; i < packet; i++) {
        const struct stair *other = &ladder->stairs.items[i];

        if (under_way[i] && other->forward == stair_of(ladder, packet)->forward && other->slot >= slot)
            slot = other->slot + 1;
    }
    return slot > last ? 0 : slot;
}

static void place_stairs(struct ladder *ladder)
{
    int shift = (int)ladder->rungs.count - ladder->rows;
    bool *under_way = xcalloc(ladder->stairs.count + 1, sizeof *under_way);

    for (size_t i = 0; i < ladder->rungs.count; i++) {
        const struct rung *rung = &ladder->rungs.items[i];
        struct stair *stair = stair_of(ladder, rung->packet);
        int row = (int)i - (shift > 0 ? shift : 0);

        if (rung->kind == RUNG_DEPART) {
            stair->slot = free_slot(ladder, under_way, rung->packet);
            under_way[rung->packet] = true;
        }
        if (rung->kind == RUNG_DEPART || rung->kind == RUNG_LOST) {
            stair->depart_row = row;
        } else {
            under_way[rung->packet] = false;
            stair->end_row = row;
            stair->ends = true;
        }
    }
    free(under_way);
}

/* The newest packets of the flow that is shown, in order. A packet has at most two rows; the rest is for
 * those long under way. */
static void choose_packets(struct ladder *ladder)
{
    const struct picture *picture = ladder->stage->picture;
    uint32_t flow = ladder->stage->view->flow;
    size_t most = (size_t)ladder->rows * 3;

    for (size_t i = picture->packets.count; i-- > 0 && ladder->packets.count < most;)
        if (flow == 0 || picture->packets.items[i].flow == flow)
            *array_push(&ladder->packets) = (uint32_t)i;
    for (size_t i = 0; i < ladder->packets.count / 2; i++) {
        uint32_t *left = &ladder->packets.items[i], *right = array_last(&ladder->packets) - i, swap = *left;

        *left = *right;
        *right = swap;
    }
}

static void build(struct ladder *ladder)
{
    choose_packets(ladder);
    for (uint32_t i = 0; i < ladder->packets.count; i++) {
        *array_push(&ladder->stairs) = (struct stair){
            .depart_row = -1,
            .end_row = -1,
            .forward = stage_is_forward(ladder->stage, &sent_record(ladder, i)->event),
        };
        add_rungs(ladder, i);
    }
    if (ladder->rungs.count > 0)
        qsort(ladder->rungs.items, ladder->rungs.count, sizeof *ladder->rungs.items, by_record);
    place_stairs(ladder);
}

static int corner_column(const struct ladder *ladder, const struct stair *stair)
{
    int shift = CORNER_GAP + SLOT_STEP * stair->slot;

    return stair->forward ? ladder->right - shift : ladder->left + shift;
}

static bool is_reset(const struct packet *packet)
{
    return packet->protocol == PROTOCOL_TCP && (packet->tcp.flags & TCP_RST) != 0;
}

/* The label and the line that fills what is left of `columns`. */
static void put_labelled_line(const struct ladder *ladder, int row, int column, int columns,
                              const struct event *event, enum role role)
{
    struct frame *frame = ladder->stage->frame;
    uint32_t line = is_reset(&event->packet.packet) ? ACROSS_RST : ACROSS;
    struct buf label = {0};
    int used, rest;

    screen_label(&label, event, ladder->stage->view->detail + (ladder->stage->layout.roomy >= 2), columns);
    used = frame_text(frame, row, column, columns, role, buf_text(&label));
    rest = columns - used;
    if (rest > 1)
        frame_put(frame, row, column + used, ' ', role);
    if (rest > 0)
        frame_horizontal(frame, row, column + used + (rest > 1), rest - (rest > 1), line, role);
    if (ladder->stage->focus != NULL && &ladder->stage->focus->event == event)
        frame_paint(frame, row, column, used, ROLE_NOW);
    buf_release(&label);
}

/* From the sender's lifeline to `end` (exclusive): "├─ SYN seq=0 ────" or "─ ACK ack=1 ──┤". */
static void put_departure(const struct ladder *ladder, int row, const struct stair *stair, int end,
                          const struct event *event, enum role role)
{
    struct frame *frame = ladder->stage->frame;
    uint32_t line = is_reset(&event->packet.packet) ? ACROSS_RST : ACROSS;
    int from = stair->forward ? ladder->left + 1 : end + 1;
    int columns = stair->forward ? end - from : ladder->right - from;

    frame_put(frame, row, stair->forward ? ladder->left : ladder->right, stair->forward ? 0x251C : 0x2524,
              role);
    frame_put(frame, row, from, line, role);
    frame_put(frame, row, from + 1, ' ', role);
    put_labelled_line(ladder, row, from + 2, columns - 2, event, role);
}

static void put_time(const struct ladder *ladder, int row, const struct event *event)
{
    const struct layout *layout = &ladder->stage->layout;
    bool fine = layout->gutter_columns > 8;
    struct buf text = {0};

    moment_text(&text, event->time_ns - ladder->stage->timeline->info.start_ns, fine);
    frame_text_right(ladder->stage->frame, row, layout->wire_column, layout->gutter_columns - (fine ? 2 : 1),
                     ROLE_TIME, buf_text(&text));
    buf_release(&text);
}

static void draw_lost(const struct ladder *ladder, int row, const struct stair *stair,
                      const struct event *event)
{
    static const char *const words[2] = {"lost \u2717", "\u2717 lost"};
    enum role role = packet_role(&event->packet.packet);
    int columns = text_columns(words[0]);
    int end = stair->forward ? ladder->right - columns - 1 : ladder->left + columns + 1;

    put_departure(ladder, row, stair, end, event, role);
    frame_text(ladder->stage->frame, row, stair->forward ? end : ladder->left + 2, columns, ROLE_RST,
               words[stair->forward]);
}

static void draw_once(const struct ladder *ladder, int row, const struct stair *stair,
                      const struct event *event)
{
    enum role role = packet_role(&event->packet.packet);
    int end = stair->forward ? ladder->right - 1 : ladder->left + 1;

    put_departure(ladder, row, stair, end, event, role);
    frame_put(ladder->stage->frame, row, end, stair->forward ? 0x25BA : 0x25C4, role);
}

static void draw_departure(const struct ladder *ladder, int row, const struct stair *stair,
                           const struct event *event)
{
    enum role role = packet_role(&event->packet.packet);
    int corner = corner_column(ladder, stair);

    put_departure(ladder, row, stair, corner, event, role);
    frame_put(ladder->stage->frame, row, corner, stair->forward ? 0x256E : 0x256D, role);
}

/* The last step of the stair: to the lifeline, or, under way, one column short of it. Returns where the
 * arrow's line begins. */
static void draw_arrow(const struct ladder *ladder, int row, const struct stair *stair, int gap,
                       const struct event *event, bool now)
{
    struct frame *frame = ladder->stage->frame;
    enum role role = packet_role(&event->packet.packet);
    uint32_t line = is_reset(&event->packet.packet) ? ACROSS_RST : ACROSS;
    int corner = corner_column(ladder, stair);
    int head = stair->forward ? ladder->right - 1 - gap : ladder->left + 1 + gap;
    int from = stair->forward ? corner : head, columns = abs(head - corner) + 1;

    frame_horizontal(frame, row, from, columns, line, role);
    frame_put(frame, row, corner, stair->forward ? 0x2570 : 0x256F, role);
    frame_put(frame, row, head, stair->forward ? 0x25BA : 0x25C4, role);
    if (now)
        frame_paint(frame, row, from, columns, ROLE_NOW);
}

static void draw_under_way(const struct ladder *ladder, int row, const struct stair *stair,
                           const struct picture_packet *packet, const struct event *event)
{
    int corner = corner_column(ladder, stair);
    int from = stair->forward ? ladder->left + 1 : corner + 2;
    int columns = stair->forward ? corner - 1 - from : ladder->right - from;
    int64_t left_ns = event->time_ns + event->packet.delay_ns - ladder->stage->now_ns;
    struct buf text = {0};

    draw_arrow(ladder, row, stair, 1, event, false);
    buf_puts(&text, packet->held ? "held" : "in flight");
    if (!packet->held && event->packet.delay_ns > 0 && left_ns > 0 && columns >= 22)
        buf_printf(&text, ", %lld ms left", (long long)((left_ns + NS_PER_MS / 2) / NS_PER_MS));
    if (stair->forward)
        frame_text_right(ladder->stage->frame, row, from, columns, ROLE_PLAIN, buf_text(&text));
    else
        frame_text(ladder->stage->frame, row, from, columns, ROLE_PLAIN, buf_text(&text));
    buf_release(&text);
}

static void draw_rung(const struct ladder *ladder, const struct rung *rung, int at)
{
    const struct stair *stair = stair_of(ladder, rung->packet);
    const struct picture_packet *packet = ladder_packet(ladder, rung->packet);
    const struct event *event = &sent_record(ladder, rung->packet)->event;
    int row = ladder->first_row + at;

    switch (rung->kind) {
    case RUNG_DEPART:
        put_time(ladder, row, event);
        if (seen_once(packet))
            draw_once(ladder, row, stair, event);
        else
            draw_departure(ladder, row, stair, event);
        break;
    case RUNG_LOST:
        put_time(ladder, row, event);
        draw_lost(ladder, row, stair, event);
        break;
    case RUNG_ARRIVE:
        draw_arrow(ladder, row, stair, 0, event,
                   ladder->stage->focus == &ladder->stage->timeline->records.items[packet->delivered]);
        break;
    case RUNG_UNDER_WAY: draw_under_way(ladder, row, stair, packet, event); break;
    }
}

static void draw_verticals(const struct ladder *ladder)
{
    for (size_t i = 0; i < ladder->stairs.count; i++) {
        const struct stair *stair = &ladder->stairs.items[i];
        const struct event *event = &sent_record(ladder, (uint32_t)i)->event;
        int from = stair->depart_row < 0 ? 0 : stair->depart_row + 1;

        if (stair->ends && stair->end_row > from)
            frame_vertical(ladder->stage->frame, ladder->first_row + from, corner_column(ladder, stair),
                           stair->end_row - from, DOWN, packet_role(&event->packet.packet));
    }
}

/* The rung of a packet under way appears together with its departure's end. */
static bool rung_flies(const struct ladder *ladder, const struct rung *rung)
{
    uint32_t record = rung->kind == RUNG_UNDER_WAY ? ladder_packet(ladder, rung->packet)->sent : rung->record;

    return record >= ladder->stage->view->flight_from;
}

/* What has not been reached is blank again; the lifelines stay. */
static void blank_part(const struct ladder *ladder, int row, int from, int to)
{
    for (int column = from; column < to; column++)
        frame_put(ladder->stage->frame, row, column, ' ', ROLE_PLAIN);
    if (from <= ladder->left + 1)
        frame_put(ladder->stage->frame, row, ladder->left, DOWN, ROLE_BORDER);
    if (to >= ladder->right)
        frame_put(ladder->stage->frame, row, ladder->right, DOWN, ROLE_BORDER);
}

/* A departure grows from its sender, an arrival from its corner; what is said about a packet under way comes
 * with the end of its arrow. */
static void hide_part(const struct ladder *ladder, const struct rung *rung, int row, int shown, int whole)
{
    const struct stair *stair = stair_of(ladder, rung->packet);
    int corner = corner_column(ladder, stair), left = ladder->left + 1, right = ladder->right;
    bool second = rung->kind == RUNG_ARRIVE || rung->kind == RUNG_UNDER_WAY;
    int from = second ? corner : stair->forward ? left : right - 1;
    int to = rung->kind == RUNG_DEPART ? corner : stair->forward ? right - 1 : left;
    int reached = from + (to - from) * shown / whole;

    if (stair->forward)
        blank_part(ladder, row, reached + (shown > 0), right);
    else
        blank_part(ladder, row, left, shown > 0 ? reached : second ? corner + 1 : right);
    if (rung->kind == RUNG_UNDER_WAY)
        blank_part(ladder, row, stair->forward ? left : corner + 1, stair->forward ? corner : right);
}

/* Rows that fly share the time: each has grown whole before the next begins. */
static void hide_what_flies(const struct ladder *ladder)
{
    const struct view *view = ladder->stage->view;
    int count = (int)ladder->rungs.count, shift = count > ladder->rows ? count - ladder->rows : 0, flying = 0,
        nth = 0;

    if (!view->flying)
        return;
    for (int i = 0; i < count; i++)
        flying += rung_flies(ladder, &ladder->rungs.items[i]);
    for (int i = 0; i < count && flying > 0; i++) {
        const struct rung *rung = &ladder->rungs.items[i];
        int part;

        if (!rung_flies(ladder, rung))
            continue;
        part = view->flight * flying - nth++ * FLIGHT_COMPLETE;
        if (part < FLIGHT_COMPLETE && i >= shift)
            hide_part(ladder, rung, ladder->first_row + i - shift, part < 0 ? 0 : part, FLIGHT_COMPLETE);
    }
}

static void draw_ends(const struct stage *stage, int row, int left, int right)
{
    char text[ADDRESS_TEXT_MAX];
    const struct layout *layout = &stage->layout;
    struct side_info sides[SIDE_COUNT] = {stage_side(stage, SIDE_LEFT), stage_side(stage, SIDE_RIGHT)};

    frame_text_right(stage->frame, row, layout->wire_column, layout->gutter_columns - 2, ROLE_TIME, "time");
    frame_text(stage->frame, row, left, 16, ROLE_CLIENT, address_ip_text(&sides[0].address, text));
    frame_text_right(stage->frame, row, right - 15, 16, ROLE_SERVER,
                     address_ip_text(&sides[1].address, text));
}

static const char *newest_fault(const struct stage *stage)
{
    for (size_t i = stage->picture->packets.count; i-- > 0;) {
        const struct picture_packet *packet = &stage->picture->packets.items[i];
        const struct record *records = stage->timeline->records.items;

        if (packet->delivered != PICTURE_NONE && records[packet->delivered].event.packet.fault[0] != 0)
            return records[packet->delivered].event.packet.fault;
        if (records[packet->sent].event.packet.fault[0] != 0)
            return records[packet->sent].event.packet.fault;
    }
    return "none";
}

static void put_condition(const struct stage *stage, int row, struct buf *text)
{
    const struct layout *layout = &stage->layout;
    int indent = layout->roomy >= 2 ? 3 : 1;

    cut_words(text, layout->wire_columns - indent - 1);
    frame_text(stage->frame, row, layout->wire_column + indent, layout->wire_columns - indent - 1, ROLE_TIME,
               buf_text(text));
    buf_clear(text);
}

static void count_packets(struct buf *out, const struct stage *stage)
{
    unsigned shown = 0, held = 0, dropped = 0;

    array_each (const struct picture_packet, packet, &stage->picture->packets) {
        if (stage->view->flow != 0 && packet->flow != stage->view->flow)
            continue;
        shown++;
        held += packet->held;
        dropped += packet->dropped;
    }
    buf_printf(out, "packets %u   held %u   dropped %u", shown, held, dropped);
}

/* What the wire does, in its last row; where there is room in three. */
static void draw_conditions(const struct stage *stage, int row)
{
    bool roomy = stage->layout.roomy >= 2;
    struct buf text = {0};

    if (!stage->timeline->info.live) {
        buf_puts(&text, "captured at one place");
    } else {
        buf_puts(&text, "delay ");
        moment_text(&text, stage->timeline->info.delay_ns, false);
        buf_puts(&text, stage->layout.roomy != 0 ? " each way" : "");
        if (roomy)
            put_condition(stage, row - 2, &text);
        buf_printf(&text, "%sfaults: %s", roomy ? "" : "   ", newest_fault(stage));
    }
    put_condition(stage, roomy ? row - 1 : row, &text);
    if (roomy) {
        count_packets(&text, stage);
        put_condition(stage, row, &text);
    }
    buf_release(&text);
}

void draw_wire(const struct stage *stage)
{
    const struct layout *layout = &stage->layout;
    int last = layout->body_row + layout->body_rows - 1;
    struct ladder ladder = {
        .stage = stage,
        .first_row = layout->body_row + (layout->roomy >= 2 ? 2 : 0),
        .left = layout->wire_column + layout->gutter_columns,
        .right = layout->wire_column + layout->wire_columns - 1 - layout->wire_margin,
    };

    ladder.rows = last - ladder.first_row - (layout->roomy >= 2 ? 2 : 0);
    if (layout->roomy >= 2)
        draw_ends(stage, layout->body_row, ladder.left, ladder.right);
    frame_vertical(stage->frame, ladder.first_row, ladder.left, ladder.rows, DOWN, ROLE_BORDER);
    frame_vertical(stage->frame, ladder.first_row, ladder.right, ladder.rows, DOWN, ROLE_BORDER);
    build(&ladder);
    draw_verticals(&ladder);
    for (size_t i = 0; i < ladder.rungs.count; i++) {
        int at = (int)i - ((int)ladder.rungs.count > ladder.rows ? (int)ladder.rungs.count - ladder.rows : 0);

        if (at >= 0)
            draw_rung(&ladder, &ladder.rungs.items[i], at);
    }
    hide_what_flies(&ladder);
    draw_conditions(stage, last);
    array_release(&ladder.rungs);
    array_release(&ladder.stairs);
    array_release(&ladder.packets);
}

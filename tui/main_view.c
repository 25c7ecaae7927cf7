/* The main screen: what the stage is, and who draws which part of it. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tui/pages.h"

#define ACROSS 0x2500u
#define DOWN   0x2502u

static const struct event *first_packet(const struct stage *stage)
{
    const struct picture *picture = stage->picture;

    const struct picture_flow *flow = picture_flow(picture, stage->view->flow);

    if (flow != NULL)
        return &stage->timeline->records.items[flow->first].event;
    return picture->packets.count > 0 ? &stage->timeline->records.items[picture->packets.items[0].sent].event
                                      : NULL;
}

struct side_info stage_side(const struct stage *stage, enum side side)
{
    const struct session_info *info = &stage->timeline->info;
    const struct event *packet = first_packet(stage);

    if (info->host_count > (int)side)
        return (struct side_info){.host = info->hosts[side], .address = info->addresses[side]};
    if (packet == NULL)
        return (struct side_info){.host = ""};
    return (struct side_info){
        .host = "",
        .address = side == SIDE_LEFT ? packet->packet.packet.source : packet->packet.packet.destination,
    };
}

bool stage_is_forward(const struct stage *stage, const struct event *event)
{
    struct side_info left = stage_side(stage, SIDE_LEFT);

    if (left.host[0] != 0 && event->host[0] != 0)
        return strcmp(event->host, left.host) == 0;
    if (!address_ip_equal(&event->packet.packet.source, &event->packet.packet.destination))
        return address_ip_equal(&event->packet.packet.source, &left.address);
    return event->packet.packet.source.port == left.address.port;
}

/* The newest call or packet of the beat that is shown; what the kernels said about it since is no news of its
 * own. */
static const struct record *find_focus(const struct view *view, const struct timeline *timeline)
{
    size_t first, end;

    timeline_beat_range(timeline, view_beat(view, timeline), &first, &end);
    for (size_t i = view->position; i > first; i--) {
        const struct record *record = &timeline->records.items[i - 1];

        if (record->event.kind <= EVENT_PACKET_HELD)
            return record;
    }
    return NULL;
}

static enum role word_role(const char *word)
{
    if (strcmp(word, "LIVE") == 0)
        return ROLE_LIVE;
    return strcmp(word, "RECORDED") == 0 ? ROLE_RECORDED : ROLE_PAUSED;
}

static void draw_name(const struct stage *stage, int columns)
{
    const struct view *view = stage->view;
    const struct session_info *info = &stage->timeline->info;
    const char *name = view->name != NULL ? view->name : info->scenario;
    const char *title = view->title != NULL ? view->title : info->title;
    const char *page = page_title(view->page);
    int at = 1;

    if (view->number != NULL)
        at += frame_printf(stage->frame, 0, at, columns - at, ROLE_TITLE, "%s ", view->number);
    at += frame_text(stage->frame, 0, at, columns - at, ROLE_TITLE, name);
    if (at + 3 < columns)
        frame_text(stage->frame, 0, at + 3, columns - at - 3, ROLE_TITLE, *page != 0 ? page : title);
}

void draw_title(const struct stage *stage)
{
    const char *source = view_source_word(stage->view, stage->timeline);
    const char *mode = view_mode_word(stage->view, stage->timeline);
    struct buf text = {0};
    char digits[16], beat[40];
    int columns = stage->layout.columns, at;

    snprintf(digits, sizeof digits, "%u", timeline_beat_count(stage->timeline));
    snprintf(beat, sizeof beat, "step %*u/%s", (int)strlen(digits), view_beat(stage->view, stage->timeline),
             digits);
    buf_printf(&text, "%s  %s%sx%.4g   %s", source, mode, *mode != 0 ? "  " : "", view_speed(stage->view),
               beat);
    if (view_speed(stage->view) >= 1) {
        buf_clear(&text);
        buf_printf(&text, "%s  %s%sx%.1f   %s", source, mode, *mode != 0 ? "  " : "", view_speed(stage->view),
                   beat);
    }
    at = columns - (int)text.length;
    draw_name(stage, at - 1);
    frame_text(stage->frame, 0, at, columns, ROLE_TITLE, buf_text(&text));
    frame_paint(stage->frame, 0, at, (int)strlen(source), word_role(source));
    buf_release(&text);
}

static void lane_title(struct buf *out, const struct stage *stage, enum side side)
{
    struct side_info info = stage_side(stage, side);
    const struct picture_lane *lane = picture_lane(stage->picture, info.host);
    char address[ADDRESS_TEXT_MAX];

    if (info.host[0] == 0 && info.address.family == ADDRESS_NONE)
        return;
    buf_putc(out, ' ');
    for (const char *c = info.host; *c != 0; c++)
        buf_putc(out, (char)toupper((unsigned char)*c));
    if (info.address.family != ADDRESS_NONE)
        buf_printf(out, "%s%s", info.host[0] != 0 ? " " : "", address_ip_text(&info.address, address));
    if (lane != NULL && lane->pid > 0 && (int)out->length + 16 <= stage->layout.lane_columns[side])
        buf_printf(out, "  pid %d", lane->pid);
    buf_putc(out, ' ');
}

void draw_headers(const struct stage *stage)
{
    const struct layout *layout = &stage->layout;
    struct frame *frame = stage->frame;
    struct buf left = {0}, right = {0};

    frame_horizontal(frame, 1, 0, layout->body_columns, ACROSS, ROLE_BORDER);
    frame_horizontal(frame, layout->rule_row, 0, layout->columns, ACROSS, ROLE_BORDER);
    for (int side = 0; side < 2 && layout->lane_columns[0] > 0; side++) {
        int column = side == 0 ? layout->wire_column - 1 : layout->lane_column[1] - 1;

        frame_vertical(frame, layout->body_row, column, layout->body_rows, DOWN, ROLE_BORDER);
        frame_put(frame, 1, column, 0x252C, ROLE_BORDER);
        frame_put(frame, layout->rule_row, column, 0x2534, ROLE_BORDER);
    }
    lane_title(&left, stage, SIDE_LEFT);
    lane_title(&right, stage, SIDE_RIGHT);
    frame_text(frame, 1, 2, layout->lane_columns[0] > 0 ? layout->lane_columns[0] - 2 : 0, ROLE_CLIENT,
               buf_text(&left));
    frame_text(frame, 1, layout->wire_column + (layout->wire_columns - 10) / 2 - 1, 10, ROLE_TITLE,
               " THE WIRE ");
    frame_text_right(frame, 1, layout->lane_column[1], layout->lane_columns[1] - 2, ROLE_SERVER,
                     buf_text(&right));
    buf_release(&left);
    buf_release(&right);
}

/* Two lines of keys are filled one after the other, between two words. */
static void draw_keys(const struct stage *stage)
{
    int columns = stage->layout.columns - 2, rows = stage->layout.key_rows;
    struct buf text = {0};
    char *from, *cut;

    keys_footer(&text, columns * rows - (rows > 1 ? 20 : 0), page_action(stage->view->page));
    from = text.text;
    for (int row = 0; row < rows && from != NULL; row++) {
        char *rest = NULL;

        if (text_columns(from) > columns) {
            for (cut = from + columns; cut > from && (cut[0] != ' ' || cut[1] != ' '); cut--)
                continue;
            *cut = 0;
            rest = cut + 2;
        }
        frame_text(stage->frame, stage->layout.key_row + row, 1, columns, ROLE_KEY, from);
        from = rest;
    }
    buf_release(&text);
}

void draw_key_line(const struct stage *stage)
{
    const struct view *view = stage->view;
    int row = stage->layout.key_row, columns = stage->layout.columns - 2;

    if (view->interrupted)
        frame_text(stage->frame, row, 1, columns, ROLE_KEY, "Press ^C once more to quit at once.");
    else if (view->prompting)
        frame_printf(stage->frame, row, 1, columns, ROLE_KEY,
                     "/%s_   Enter finds, then } and {   Esc gives up", view->search);
    else if (view->notice != NULL)
        frame_text(stage->frame, row, 1, columns, ROLE_FAILED, view->notice);
    else
        draw_keys(stage);
}

static void draw_too_small(const struct view *view, struct frame *frame)
{
    char size[80];
    const char *const lines[] = {size, "Make the window larger or the letters smaller,", "or use --plain."};
    int row = view->rows > 3 ? (view->rows - 3) / 2 : 0;

    snprintf(size, sizeof size, "sockstep needs %dx%d; this is %dx%d.", VIEW_COLUMNS_MIN, VIEW_ROWS_MIN,
             view->columns, view->rows);
    for (int i = 0; i < 3; i++)
        frame_text_centre(frame, row + i, 0, view->columns, ROLE_PLAIN, lines[i]);
}

/* Only the ladder keeps caption and timeline when it is maximised; a page that needs more rows takes theirs.
 */
static bool is_alone(const struct view *view, const struct layout *layout)
{
    const struct page_ops *page = page_of(view->page);

    return page != NULL && (view->maximised || layout->body_rows < page->rows_wanted);
}

struct layout view_layout(const struct view *view)
{
    int lines = view->caption_size == CAPTION_FULL ? -1 : view->caption_size == CAPTION_LINE ? 1 : 0;
    bool wire_alone = view->page == PAGE_LADDER && view->maximised;
    struct layout layout = layout_with(view->columns, view->rows, lines, wire_alone);

    if (!is_alone(view, &layout))
        return layout;
    layout.body_rows = layout.key_row - layout.body_row;
    layout.bar_row = layout.label_row = layout.rule_row = layout.caption_rows = layout.caption_rule = 0;
    return layout;
}

static void draw_ladder(const struct stage *stage)
{
    draw_headers(stage);
    draw_wire(stage);
    if (stage->layout.lane_columns[0] == 0)
        return;
    draw_lane(stage, SIDE_RIGHT);
    draw_lane(stage, SIDE_LEFT);
}

static void draw_page(const struct stage *stage, const struct page_ops *page)
{
    const struct layout *layout = &stage->layout;
    struct area area = {layout->body_row, 0, layout->body_rows, layout->body_columns};

    frame_horizontal(stage->frame, 1, 0, layout->body_columns, ACROSS, ROLE_BORDER);
    if (layout->rule_row > 0)
        frame_horizontal(stage->frame, layout->rule_row, 0, layout->columns, ACROSS, ROLE_BORDER);
    page->draw(stage, &area);
}

static void draw_right_column(const struct stage *stage)
{
    const struct layout *layout = &stage->layout;
    int end = layout->rule_row > 0 ? layout->rule_row : layout->key_row;
    struct area area = {1, layout->column_right, end - 1, layout->columns_right};
    int (*const parts[])(const struct stage *, const struct area *) = {draw_states_small, draw_sockets_small,
                                                                       draw_bytes_small, draw_history};

    frame_vertical(stage->frame, 2, layout->column_right - 1, end - 2, DOWN, ROLE_BORDER);
    frame_put(stage->frame, 1, layout->column_right - 1, 0x252C, ROLE_BORDER);
    if (layout->rule_row > 0)
        frame_put(stage->frame, layout->rule_row, layout->column_right - 1, 0x2534, ROLE_BORDER);
    for (size_t i = 0; i < sizeof parts / sizeof *parts && area.rows > 2; i++) {
        int used = parts[i](stage, &area);

        area.row += used;
        area.rows -= used;
    }
}

static void draw_overlay(const struct stage *stage)
{
    switch (stage->view->overlay) {
    case OVERLAY_NONE: break;
    case OVERLAY_HELP: draw_help(stage); break;
    case OVERLAY_QUIT: draw_quit_question(stage->frame); break;
    case OVERLAY_QUESTION: draw_question(stage); break;
    }
}

static int64_t moment_of(const struct view *view, const struct timeline *timeline)
{
    int64_t newest_ns = view->position > 0 ? timeline->records.items[view->position - 1].event.time_ns
                                           : timeline->info.start_ns;

    return view->following && view->clock_ns > newest_ns ? view->clock_ns : newest_ns;
}

static void draw_stage(struct stage *stage)
{
    const struct view *view = stage->view;
    const struct page_ops *page = page_of(view->page);

    stage->layout = view_layout(view);
    stage->focus = find_focus(view, stage->timeline);
    stage->now_ns = moment_of(view, stage->timeline);
    draw_title(stage);
    if (page == NULL)
        draw_ladder(stage);
    else
        draw_page(stage, page);
    if (stage->layout.columns_right > 0)
        draw_right_column(stage);
    draw_caption(stage);
    if (stage->layout.bar_row > 0)
        draw_timeline_bar(stage);
    draw_key_line(stage);
    draw_overlay(stage);
}

void draw(const struct view *view, const struct timeline *timeline, struct frame *frame)
{
    struct picture own = {0};
    struct picture *picture = view->picture != NULL ? view->picture : &own;
    struct stage stage = {.view = view, .timeline = timeline, .picture = picture, .frame = frame};

    frame_clear(frame);
    frame->ascii = view->ascii;
    if (view->freeze == FREEZE_BLANK)
        return;
    if (view->columns < VIEW_COLUMNS_MIN || view->rows < VIEW_ROWS_MIN) {
        draw_too_small(view, frame);
        return;
    }
    picture_seek(picture, timeline, view->position);
    draw_stage(&stage);
    picture_release(&own);
}

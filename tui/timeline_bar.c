/* The timeline: a dot for each beat, those behind, the one that is shown, those ahead. Open at the end while
 * it grows. */
#include <stdlib.h>

#include "event/sentence.h"
#include "tui/draw.h"
#include "tui/view_part.h"

#define LINE       0x2500u
#define EDGE       3 /* "├──" in front of the first beat and "──┤" behind the last */
#define STEP_MOST  3
#define STEP_ROOMY 5

struct bar {
    int column, columns; /* from ├ to ┤ where it is longest */
    uint32_t beats, now;
    int step; /* columns from beat to beat; 0: several beats share a column */
};

static struct bar bar_of(const struct stage *stage)
{
    int time = stage->layout.roomy != 0 ? 10 : 9;
    struct bar bar = {
        .column = 1,
        .columns = stage->layout.columns - 1 - time,
        .beats = timeline_beat_count(stage->timeline),
        .now = view_beat(stage->view, stage->timeline),
        .step = stage->layout.roomy != 0 ? STEP_ROOMY : STEP_MOST,
    };
    int room = bar.columns - 2 * EDGE - 1;

    if (bar.beats > 1 && (uint32_t)room / (bar.beats - 1) < (uint32_t)bar.step)
        bar.step = room / (int)(bar.beats - 1);
    return bar;
}

static int beat_column(const struct bar *bar, uint32_t beat)
{
    int room = bar->columns - 2 * EDGE - 1;

    if (bar->step > 0)
        return bar->column + EDGE + (int)(beat - 1) * bar->step;
    return bar->column + EDGE + (int)((int64_t)(beat - 1) * room / (bar->beats - 1));
}

static void draw_beats(const struct stage *stage, const struct bar *bar)
{
    for (uint32_t beat = 1; beat <= bar->beats; beat++)
        frame_put(stage->frame, stage->layout.bar_row, beat_column(bar, beat),
                  beat <= bar->now ? 0x25CF : 0x25CB, beat <= bar->now ? ROLE_PLAIN : ROLE_PENDING);
    if (bar->now > 0)
        frame_put(stage->frame, stage->layout.bar_row, beat_column(bar, bar->now), 0x25C9, ROLE_NOW);
}

static void draw_marks(const struct stage *stage, const struct bar *bar)
{
    for (int i = 0; i < stage->view->mark_count && bar->beats > 0; i++) {
        struct view at = {.position = stage->view->marks[i]};
        uint32_t beat = view_beat(&at, stage->timeline);

        frame_put(stage->frame, stage->layout.bar_row - 1, beat_column(bar, beat > 0 ? beat : 1), 0x25BC,
                  ROLE_PAUSED);
    }
}

/* What a beat is about in one word: its packet, else its call. */
static void beat_word(struct buf *out, const struct timeline *timeline, uint32_t beat)
{
    const struct event *call = NULL;
    size_t first, end;

    timeline_beat_range(timeline, beat, &first, &end);
    for (size_t i = first; i < end; i++) {
        const struct event *event = &timeline->records.items[i].event;

        if (event->kind == EVENT_PACKET_SENT) {
            packet_word(out, &event->packet.packet);
            return;
        }
        if (call == NULL && (event->kind == EVENT_CALL_ENTER || event->kind == EVENT_CALL_EXIT))
            call = event;
    }
    if (call != NULL)
        buf_puts(out, call_name(call->call.call));
}

/* As many names as stand beside each other; the one of the present beat always. What comes is not named while
 * the class is asked about it. */
static void draw_labels(const struct stage *stage, const struct bar *bar)
{
    bool hidden = view_next_hidden(stage->view, stage->timeline);
    int row = stage->layout.label_row, free_from = 0;

    for (uint32_t beat = 1; bar->step > 0 && beat <= bar->beats && !(hidden && beat > bar->now); beat++) {
        struct buf word = {0}, present = {0};
        int column = beat_column(bar, beat), columns;

        beat_word(&word, stage->timeline, beat);
        columns = text_columns(buf_text(&word));
        if (beat < bar->now && bar->now > 0)
            beat_word(&present, stage->timeline, bar->now);
        if (column >= free_from && columns > 0 && column + columns < stage->layout.columns &&
            (present.length == 0 || column + columns < beat_column(bar, bar->now))) {
            frame_text(stage->frame, row, column, columns, beat == bar->now ? ROLE_TITLE : ROLE_TIME,
                       buf_text(&word));
            free_from = column + columns + 1;
        }
        buf_release(&word);
        buf_release(&present);
    }
}

/* The nearest beat of a column. */
static uint32_t beat_at(const struct bar *bar, int column)
{
    uint32_t best = 0;

    for (uint32_t beat = 1; beat <= bar->beats; beat++)
        if (best == 0 || abs(beat_column(bar, beat) - column) < abs(beat_column(bar, best) - column))
            best = beat;
    return best;
}

enum consequence view_click(struct view *view, const struct timeline *timeline, int row, int column,
                            int64_t now_ns)
{
    struct stage stage = {.view = view, .timeline = timeline, .layout = view_layout(view)};
    struct bar bar = bar_of(&stage);

    (void)now_ns;
    if (view->overlay != OVERLAY_NONE || view->prompting || stage.layout.bar_row == 0 ||
        abs(row - stage.layout.bar_row) > 1 || bar.beats == 0 || column > bar.column + bar.columns)
        return CONSEQUENCE_NONE;
    view->playing = false;
    flight_end(view);
    view_go_to_beat(view, timeline, beat_at(&bar, column));
    return CONSEQUENCE_DRAW;
}

void draw_timeline_bar(const struct stage *stage)
{
    struct bar bar = bar_of(stage);
    int row = stage->layout.bar_row;
    int end = (bar.beats > 0 ? beat_column(&bar, bar.beats) : bar.column) + EDGE;
    double seconds = (double)(stage->now_ns - stage->timeline->info.start_ns) / 1e9;
    struct buf text = {0};

    frame_horizontal(stage->frame, row, bar.column, end - bar.column, LINE, ROLE_BORDER);
    frame_put(stage->frame, row, bar.column, 0x251C, ROLE_BORDER);
    if (stage->timeline->complete)
        frame_put(stage->frame, row, end, 0x2524, ROLE_BORDER);
    draw_beats(stage, &bar);
    draw_marks(stage, &bar);
    if (stage->layout.label_row > 0)
        draw_labels(stage, &bar);
    buf_printf(&text, "%.3f s", seconds > 0 ? seconds : 0);
    if (text.length > 7) {
        buf_clear(&text);
        buf_printf(&text, "%.0f s", seconds);
    }
    frame_text_right(stage->frame, row, 0, stage->layout.columns, ROLE_TIME, buf_text(&text));
    buf_release(&text);
}

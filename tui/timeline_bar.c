/* The timeline: a dot for each beat, those behind, the one that is shown, those ahead. Open at the end while
 * it grows. */
#include "tui/draw.h"

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
    buf_printf(&text, "%.3f s", seconds > 0 ? seconds : 0);
    if (text.length > 7) {
        buf_clear(&text);
        buf_printf(&text, "%.0f s", seconds);
    }
    frame_text_right(stage->frame, row, 0, stage->layout.columns, ROLE_TIME, buf_text(&text));
    buf_release(&text);
}

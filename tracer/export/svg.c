/*
 * The conversation as a figure for papers and slides: calls left and right, segments as sloping arrows
 * between two lifelines, states in boxes at the lifelines, time running down.
 *
 * Every record gets a height, in causal order: time pushes downwards at a fixed scale, words that would
 * overlap push further, and silences longer than a few delays are cut out and marked. So the slope of an
 * arrow is its delay, but for what the marks and the words have stretched.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "event/sentence.h"
#include "export/escape.h"
#include "export/formats.h"
#include "export/ladder_lane.h"
#include "export/svg_figure.h"

#define SILENCE      84.0 /* what would be higher is cut ... */
#define SILENCE_CUT  34.0 /* ... to this */
#define ARROW_GAP    16.0
#define ARRIVAL_GAP  11.0
#define TURN_GAP     7.0 /* between an arrival and the departure that answers it */
#define ACROSS_CHARS 100

double figure_maximum(double a, double b)
{
    return a > b ? a : b;
}

void figure_sentence(const struct figure *figure, const struct record *record, struct buf *out)
{
    event_sentence(out, &record->event, timeline_changes(figure->timeline, record), record->change_count);
}

bool figure_next_line(const char **rest, size_t limit, struct buf *line)
{
    buf_clear(line);
    if (**rest == '\0')
        return false;
    size_t length = page_wrap(*rest, limit);
    buf_add(line, *rest, length);
    *rest += length;
    *rest += **rest == ' ';
    return true;
}

/* Scale. */

static int compare_ns(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* The usual delay: what half the packets took. Where no arrivals were seen, half the time between packets. */
static int64_t usual_delay_ns(const struct figure *figure)
{
    const struct record *records = figure->timeline->records.items;
    size_t count = 0;
    int64_t *delays = xcalloc(figure->timeline->records.count + 1, sizeof *delays), last_ns = 0;
    for (size_t i = 0; i < figure->timeline->records.count; i++) {
        const struct pair *pair = &figure->pairs.items[i];
        if (records[i].event.kind != EVENT_PACKET_SENT)
            continue;
        if (pair->arrivals != 0)
            delays[count++] = records[pair->other].event.time_ns - records[i].event.time_ns;
        else if (!figure->pairs.has_arrivals && last_ns != 0 && records[i].event.time_ns > last_ns)
            delays[count++] = 2 * (records[i].event.time_ns - last_ns);
        last_ns = records[i].event.time_ns;
    }
    qsort(delays, count, sizeof *delays, compare_ns);
    int64_t usual_ns = count != 0 ? delays[count / 2] : figure->timeline->info.delay_ns;
    free(delays);
    return usual_ns > 0 ? usual_ns : NS_PER_MS;
}

/* Heights. */

static void pass_time(struct figure *figure, int64_t now_ns)
{
    int64_t passed_ns = figure->last_ns != 0 && now_ns > figure->last_ns ? now_ns - figure->last_ns : 0;
    double height = (double)passed_ns * figure->scale;
    figure->last_ns = now_ns > figure->last_ns ? now_ns : figure->last_ns;
    if (height <= SILENCE) {
        figure->y += height;
        return;
    }
    double top = figure_maximum(figure->y, figure_maximum(figure->lane_free[LEFT], figure->lane_free[RIGHT]) -
                                               LINE_HEIGHT);
    top = figure_maximum(top, figure->unarrived_y);
    struct buf text = {0};
    duration_text(&text, passed_ns);
    buf_puts(&text, " pass");
    page_break(&figure->page, top + SILENCE_CUT / 2, buf_text(&text));
    buf_release(&text);
    figure->y = top + SILENCE_CUT;
    figure->cut = true;
}

static void write_time(struct figure *figure, const struct event *event)
{
    char text[sizeof figure->time_text];
    double ms = (double)(event->order_ns - figure->timeline->info.start_ns) / 1e6;
    if (ms < 99999.9)
        snprintf(text, sizeof text, "%.1f", ms);
    else
        snprintf(text, sizeof text, "%.1f s", ms / 1e3);
    if (figure->y < figure->time_free || strcmp(text, figure->time_text) == 0)
        return;
    page_text(&figure->page.words, TIME_RIGHT, figure->y + 3.5, "end", "quiet", text);
    strcpy(figure->time_text, text);
    figure->time_free = figure->y + LINE_HEIGHT;
}

/* Words beside a lifeline, with the sentence behind them. */
static void write_words(struct figure *figure, const struct record *record, enum side side, const char *text)
{
    struct buf sentence = {0}, plain = {0}, line = {0};
    double y = figure->y = figure_maximum(figure->y, figure->lane_free[side]);
    figure_sentence(figure, record, &sentence);
    escape_plain(&plain, text, strlen(text));
    page_open(&figure->page.words, "words", buf_text(&sentence));
    for (const char *rest = buf_text(&plain); figure_next_line(&rest, LANE_CHARS, &line); y += LINE_HEIGHT)
        page_beside(&figure->page.words, side, y, buf_text(&line));
    page_close(&figure->page.words);
    figure->lane_free[side] = y;
    buf_release(&sentence);
    buf_release(&plain);
    buf_release(&line);
}

/* The call as C writes it where two lines hold it, else the short form of the ladder. */
static void write_enter(struct figure *figure, size_t index, const struct record *record, enum side side)
{
    const struct pair *pair = &figure->pairs.items[index];
    const struct event *exit = pair->quick ? &figure->timeline->records.items[pair->other].event : NULL;
    struct buf text = {0};
    lane_prefix(&text, &record->event);
    call_text(&text, &record->event);
    buf_putc(&text, ' ');
    if (exit != NULL)
        call_result_text(&text, exit);
    else
        buf_puts(&text, "...");
    if (page_lines(buf_text(&text), LANE_CHARS) > 2) {
        buf_clear(&text);
        if (exit != NULL)
            lane_exit_text(&text, &record->event, exit);
        else
            lane_enter_text(&text, &record->event);
    }
    write_words(figure, record, side, buf_text(&text));
    buf_release(&text);
}

static void write_exit(struct figure *figure, size_t index, const struct record *record, enum side side)
{
    if (figure->pairs.items[index].quick)
        return;
    struct buf text = {0};
    lane_exit_text(&text, NULL, &record->event);
    write_words(figure, record, side, buf_text(&text));
    buf_release(&text);
}

static void write_process(struct figure *figure, const struct record *record, enum side side)
{
    struct buf text = {0};
    lane_process_text(&text, &record->event);
    write_words(figure, record, side, buf_text(&text));
    buf_release(&text);
}

static void place_departure(struct figure *figure, size_t index, enum side side)
{
    figure->y = figure_maximum(figure->y, figure->depart_free[side]);
    figure->depart_free[side] = figure->y + ARROW_GAP;
    if (figure->pairs.has_arrivals && figure->pairs.items[index].arrivals == 0)
        figure->unarrived_y = figure_maximum(figure->unarrived_y, figure->y + DELAY_HEIGHT * LOST_PART);
}

static void place_arrival(struct figure *figure, size_t index, enum side side)
{
    uint32_t sent = figure->pairs.items[index].other;
    if (sent != PAIR_NONE)
        figure->y = figure_maximum(figure->y, figure->heights[sent] + 4);
    figure->y = figure_maximum(figure->y, figure->arrive_free[side]);
    figure->arrive_free[side] = figure->y + ARRIVAL_GAP;
    figure->depart_free[side] = figure_maximum(figure->depart_free[side], figure->y + TURN_GAP);
}

/* What concerns everybody: lines of their own over the whole width. */
static void write_across(struct figure *figure, const struct record *record)
{
    struct buf text = {0}, plain = {0}, line = {0};
    figure_sentence(figure, record, &text);
    escape_plain(&plain, buf_text(&text), text.length);
    figure->y = figure_maximum(figure->y + LINE_HEIGHT,
                               figure_maximum(figure->lane_free[LEFT], figure->lane_free[RIGHT]));
    buf_printf(&figure->page.words,
               "<rect class=\"band\" x=\"56\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>\n",
               figure->y - LINE_HEIGHT / 2 - 1.5, PAGE_WIDTH - 60,
               (double)page_lines(buf_text(&plain), ACROSS_CHARS) * LINE_HEIGHT + 3);
    for (const char *rest = buf_text(&plain); figure_next_line(&rest, ACROSS_CHARS, &line);
         figure->y += LINE_HEIGHT)
        page_text(&figure->page.words, 62, figure->y + 3.5, "start", "across", buf_text(&line));
    figure->y += 4;
    figure->lane_free[LEFT] = figure->lane_free[RIGHT] = figure->y;
    buf_release(&text);
    buf_release(&plain);
    buf_release(&line);
}

static void write_state(struct figure *figure, const struct change *change, enum side side)
{
    bool observed = change->witness == WITNESS_KERNEL;
    bool odd = change->disagreement || change->impossible;
    struct buf text = {0};
    buf_printf(&text, "%s%s", state_name((enum state)change->new_state), odd ? " !" : "");
    figure->y = figure_maximum(figure->y, figure->lane_free[side]);
    page_open(&figure->page.words, "believed", change->reason != NULL ? change->reason : buf_text(&text));
    page_pill(&figure->page.words, side, figure->y, buf_text(&text), observed);
    page_close(&figure->page.words);
    figure->lane_free[side] = figure->y + PILL_HEIGHT + 2;
    figure->observed = figure->observed || observed;
    figure->inferred = figure->inferred || !observed;
    figure->objections = figure->objections || odd;
    buf_release(&text);
}

static void write_changes(struct figure *figure, const struct record *record, enum side side)
{
    const struct change *changes = timeline_changes(figure->timeline, record);
    enum witness shown = figure->pairs.has_kernel ? WITNESS_KERNEL : WITNESS_WIRE;
    for (uint32_t i = 0; i < record->change_count; i++) {
        enum side owner =
            shown == WITNESS_WIRE ? side_of_change(&figure->sides, &record->event, &changes[i]) : side;
        if (changes[i].witness == shown)
            write_state(figure, &changes[i], owner != NOWHERE ? owner : side);
    }
}

static bool goes_across(const struct event *event)
{
    return event->kind == EVENT_GAP || event->kind == EVENT_MARK || event->kind == EVENT_CAPTION ||
           event->kind == EVENT_QUESTION || event->kind == EVENT_VOTE;
}

static bool takes_room(const struct figure *figure, size_t index, const struct event *event)
{
    bool is_quick_exit = event->kind == EVENT_CALL_EXIT && figure->pairs.items[index].quick;
    return event->kind <= EVENT_PACKET_DELIVERED && !is_quick_exit;
}

static void write_event(struct figure *figure, size_t index, const struct record *record, enum side side)
{
    switch ((enum event_kind)record->event.kind) {
    case EVENT_CALL_ENTER: write_enter(figure, index, record, side); break;
    case EVENT_CALL_EXIT: write_exit(figure, index, record, side); break;
    case EVENT_PACKET_SENT: place_departure(figure, index, side); break;
    case EVENT_PACKET_DELIVERED: place_arrival(figure, index, side); break;
    case EVENT_PROCESS: write_process(figure, record, side); break;
    case EVENT_PACKET_DROPPED:
    case EVENT_PACKET_HELD:
    case EVENT_STATE:
    case EVENT_QUEUE:
    case EVENT_TIMER:
    case EVENT_OUTPUT:
    case EVENT_GAP:
    case EVENT_MARK:
    case EVENT_CAPTION:
    case EVENT_QUESTION:
    case EVENT_VOTE:
    case EVENT_KIND_COUNT: break;
    }
    write_changes(figure, record, side);
}

static void write_record(struct figure *figure, size_t index)
{
    const struct record *record = &figure->timeline->records.items[index];
    const struct event *event = &record->event;
    enum side side = side_of(&figure->sides, event);
    bool across = goes_across(event);
    if (side == NOWHERE && !across) {
        figure->not_shown++;
        figure->heights[index] = figure->y;
        return;
    }
    if (across || takes_room(figure, index, event) || event->kind == EVENT_PROCESS ||
        record->change_count != 0)
        pass_time(figure, event->order_ns);
    if (across)
        write_across(figure, record);
    else
        write_event(figure, index, record, side);
    figure->heights[index] = figure->y;
    if (takes_room(figure, index, event) || event->kind == EVENT_PROCESS)
        write_time(figure, event);
}

static void write_svg(struct buf *out, const struct timeline *timeline, const struct export_options *options)
{
    (void)options;
    struct figure figure = {.timeline = timeline};
    figure.heights = xcalloc(timeline->records.count + 1, sizeof *figure.heights);
    sides_find(&figure.sides, timeline);
    pairs_init(&figure.pairs, timeline);
    figure.scale = DELAY_HEIGHT / (double)usual_delay_ns(&figure);
    figure_write_heading(&figure);
    for (size_t i = 0; i < timeline->records.count; i++)
        write_record(&figure, i);
    figure.y = figure_maximum(figure.y,
                              figure_maximum(figure.lane_free[LEFT], figure.lane_free[RIGHT]) - LINE_HEIGHT);
    figure.y = figure_maximum(figure.y, figure.unarrived_y);
    figure_draw_arrows(&figure);
    figure_write_legend(&figure);
    figure_write_document(out, &figure);
    page_release(&figure.page);
    pairs_release(&figure.pairs);
    free(figure.heights);
}

const struct export_format export_svg = {
    .name = "svg",
    .about = "a figure for papers and slides, A4 wide",
    .extension = "svg",
    .write = write_svg,
};

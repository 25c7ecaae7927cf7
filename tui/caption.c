/* The caption: the plain sentences of the beat so far. When they do not fit, what matters least goes first.
 */
#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "event/sentence.h"
#include "tui/draw.h"

#define SENTENCES_MAX  16
#define WEIGHT_PASSING 1 /* queues and timers */

struct sentence {
    char *text;
    int weight; /* the least is left out first */
    bool left_out;
};

struct sentences {
    struct sentence items[SENTENCES_MAX];
    int count;
};

static int weight_of(const struct event *event)
{
    static const int weights[EVENT_KIND_COUNT] = {
        [EVENT_CALL_ENTER] = 3,
        [EVENT_CALL_EXIT] = 4,
        [EVENT_PACKET_SENT] = 5,
        [EVENT_PACKET_DELIVERED] = 5,
        [EVENT_PACKET_HELD] = 6,
        [EVENT_PACKET_DROPPED] = 6,
        [EVENT_STATE] = 2,
        [EVENT_QUEUE] = WEIGHT_PASSING,
        [EVENT_TIMER] = WEIGHT_PASSING,
        [EVENT_PROCESS] = 3,
        [EVENT_OUTPUT] = 2,
        [EVENT_GAP] = 7,
        [EVENT_MARK] = 6,
        [EVENT_CAPTION] = 9,
        [EVENT_QUESTION] = 8,
        [EVENT_VOTE] = 6,
    };
    return event->kind < EVENT_KIND_COUNT ? weights[event->kind] : 0;
}

/* How many bytes of text fit into a line: whole words, or a piece of one that is too long. */
static size_t line_bytes(const char *text, int columns)
{
    size_t fits = 0, length = strlen(text);
    struct buf line = {0};

    for (size_t i = 0; i <= length; i++) {
        if (text[i] != ' ' && text[i] != 0)
            continue;
        buf_clear(&line);
        buf_add(&line, text, i);
        if (text_columns(buf_text(&line)) > columns)
            break;
        fits = i;
    }
    buf_release(&line);
    if (fits == 0)
        fits = length < (size_t)columns ? length : (size_t)columns;
    return fits;
}

int draw_wrapped(struct frame *frame, int row, int column, int rows, int columns, enum role role,
                 const char *text)
{
    int lines = 0;

    while (*text != 0 && columns > 0) {
        size_t fits = line_bytes(text, columns);
        struct buf line = {0};

        buf_add(&line, text, fits);
        if (lines < rows)
            frame_text(frame, row + lines, column, columns, role, buf_text(&line));
        buf_release(&line);
        lines++;
        text += fits;
        text += strspn(text, " ");
    }
    return lines;
}

static int wrap(struct frame *frame, int row, int rows, int columns, const char *text)
{
    return draw_wrapped(frame, row, 1, rows, columns, ROLE_CAPTION, text);
}

static int lines_of(const struct sentences *sentences, int columns)
{
    int lines = 0;

    for (int i = 0; i < sentences->count; i++)
        if (!sentences->items[i].left_out)
            lines += wrap(NULL, 0, 0, columns, sentences->items[i].text);
    return lines;
}

static void shorten(struct sentences *sentences)
{
    for (int i = 0; i < sentences->count; i++) {
        char *stop = strstr(sentences->items[i].text, ". ");

        if (stop != NULL)
            stop[1] = 0;
    }
}

/* The first of the lightest goes, if it weighs at most `most`; never the only one. */
static bool leave_one_out(struct sentences *sentences, int most)
{
    int least = -1, left = 0;

    for (int i = 0; i < sentences->count; i++) {
        if (sentences->items[i].left_out)
            continue;
        left++;
        if (least < 0 || sentences->items[i].weight < sentences->items[least].weight)
            least = i;
    }
    if (left < 2 || sentences->items[least].weight > most)
        return false;
    sentences->items[least].left_out = true;
    return true;
}

static void fit(struct sentences *sentences, int columns, int rows)
{
    while (lines_of(sentences, columns) > rows && leave_one_out(sentences, WEIGHT_PASSING))
        continue;
    if (lines_of(sentences, columns) <= rows)
        return;
    shorten(sentences);
    while (lines_of(sentences, columns) > rows && leave_one_out(sentences, INT_MAX))
        continue;
}

static void add_sentence(struct sentences *sentences, const struct timeline *timeline,
                         const struct record *record)
{
    struct buf text = {0};

    event_sentence(&text, &record->event, timeline_changes(timeline, record), record->change_count);
    if (text.length == 0) {
        buf_release(&text);
        return;
    }
    sentences->items[sentences->count++] =
        (struct sentence){.text = buf_detach(&text), .weight = weight_of(&record->event)};
}

static struct sentences sentences_of_beat(const struct stage *stage)
{
    const struct timeline *timeline = stage->timeline;
    struct sentences sentences = {0};
    size_t first, end;

    timeline_beat_range(timeline, view_beat(stage->view, timeline), &first, &end);
    if (end > stage->view->position)
        end = stage->view->position;
    if (end - first > SENTENCES_MAX)
        first = end - SENTENCES_MAX;
    for (size_t i = first; i < end; i++)
        add_sentence(&sentences, timeline, &timeline->records.items[i]);
    return sentences;
}

static void release_sentences(struct sentences *sentences)
{
    for (int i = 0; i < sentences->count; i++)
        free(sentences->items[i].text);
    sentences->count = 0;
}

static const char *nothing_text(const struct stage *stage)
{
    if (stage->timeline->records.count > 0)
        return "Nothing has happened yet.";
    return stage->timeline->complete ? "This record is empty." : "Waiting for the first event.";
}

static void draw_sentences(const struct stage *stage, int row, int rows)
{
    struct sentences sentences = sentences_of_beat(stage);
    int columns = stage->layout.columns - 2, end = row + rows;

    fit(&sentences, columns, rows);
    if (sentences.count == 0)
        frame_text(stage->frame, row, 1, columns, ROLE_CAPTION, nothing_text(stage));
    for (int i = 0; i < sentences.count; i++)
        if (!sentences.items[i].left_out)
            row += wrap(stage->frame, row, end - row, columns, sentences.items[i].text);
    release_sentences(&sentences);
}

static void draw_said(const struct stage *stage, const struct said *said, int row, int rows)
{
    const char *const texts[] = {said->what, said->why, said->see};
    int end = row + rows;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i] != NULL && row < end)
            row += wrap(stage->frame, row, end - row, stage->layout.columns - 2, texts[i]);
}

void caption_what(struct buf *out, const struct stage *stage, int columns, int rows)
{
    struct sentences sentences = sentences_of_beat(stage);

    fit(&sentences, columns, rows);
    if (sentences.count == 0)
        buf_puts(out, nothing_text(stage));
    for (int i = 0; i < sentences.count; i++)
        if (!sentences.items[i].left_out)
            buf_printf(out, "%s%s", out->length > 0 ? " " : "", sentences.items[i].text);
    release_sentences(&sentences);
}

void draw_caption(const struct stage *stage)
{
    const struct layout *layout = &stage->layout;
    struct said said = {0};
    bool has_said = caption_said(stage, &said);

    if (layout->caption_rule > 0)
        draw_explanation(stage, &said);
    else if (layout->caption_rows > 0 && has_said)
        draw_said(stage, &said, layout->caption_row, layout->caption_rows);
    else if (layout->caption_rows > 0)
        draw_sentences(stage, layout->caption_row, layout->caption_rows);
    said_release(&said);
}

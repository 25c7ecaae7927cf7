/*
 * The caption of large screens: WHAT has happened, WHY (the reasons of the changes), what there is to SEE,
 * what comes NEXT; under a line the BELIEF that a question was about, and where the DECK is. What the
 * scenario says at this moment comes before what is made from the events.
 */
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "event/sentence.h"
#include "tui/draw.h"
#include "tui/view_part.h"

#define LABEL_COLUMNS 7
#define LINES         4 /* above the line */

static char *copy_or_null(const char *text)
{
    return text != NULL && *text != 0 ? xstrdup(text) : NULL;
}

void said_release(struct said *said)
{
    free(said->what);
    free(said->why);
    free(said->see);
    *said = (struct said){0};
}

/* Lines of an EVENT_CAPTION: what, why, see. */
static struct said said_of_note(const struct event *event)
{
    struct said said = {0};
    char **const texts[] = {&said.what, &said.why, &said.see};
    struct buf text = {0};
    char *rest;

    buf_add(&text, event->data, event->data_bytes);
    rest = text.text;
    for (size_t i = 0; i < 3 && rest != NULL; i++) {
        char *line = strsep(&rest, "\n");

        *texts[i] = copy_or_null(line);
    }
    buf_release(&text);
    return said;
}

static const struct tui_caption *caption_of(const struct view *view, uint64_t first, uint64_t last)
{
    const struct tui_caption *found = NULL;

    for (int i = 0; i < view->caption_count; i++)
        if (view->captions[i].seq >= first && view->captions[i].seq <= last)
            found = &view->captions[i];
    return found;
}

static bool in_record(const struct stage *stage, size_t first, size_t end, struct said *ret_said)
{
    const struct record *records = stage->timeline->records.items;

    for (size_t i = end; i > first; i--) {
        if (records[i - 1].event.kind != EVENT_CAPTION)
            continue;
        *ret_said = said_of_note(&records[i - 1].event);
        return true;
    }
    return false;
}

bool caption_said(const struct stage *stage, struct said *ret_said)
{
    const struct record *records = stage->timeline->records.items;
    const struct tui_caption *caption;
    size_t first, end;

    timeline_beat_range(stage->timeline, view_beat(stage->view, stage->timeline), &first, &end);
    end = end < stage->view->position ? end : stage->view->position;
    if (first >= end)
        return false;
    caption = caption_of(stage->view, records[first].event.seq, records[end - 1].event.seq);
    if (caption == NULL)
        return in_record(stage, first, end, ret_said);
    *ret_said = (struct said){
        .what = copy_or_null(caption->what),
        .why = copy_or_null(caption->why),
        .see = copy_or_null(caption->see),
    };
    return true;
}

static void add_reason(struct buf *out, const char *reason)
{
    if (reason == NULL || *reason == 0 || strstr(buf_text(out), reason) != NULL)
        return;
    buf_printf(out, "%s%s.", out->length > 0 ? " " : "", reason);
}

/* The reasons of the changes of this beat, each once; without any, the rule of the newest cause. */
/* That a call returns because it was entered explains nothing. */
static void add_cause(struct buf *out, const struct event_context *context)
{
    if (context->cause_count > 0 && context->causes[0].rule != RULE_ENTER_EXIT)
        add_reason(out, rule_what((enum rule)context->causes[0].rule));
}

static void why_text(struct buf *out, const struct stage *stage)
{
    const struct timeline *timeline = stage->timeline;
    size_t first, end;

    timeline_beat_range(timeline, view_beat(stage->view, timeline), &first, &end);
    end = end < stage->view->position ? end : stage->view->position;
    for (size_t i = first; i < end; i++) {
        const struct change *changes = timeline_changes(timeline, &timeline->records.items[i]);

        for (uint32_t k = 0; k < timeline->records.items[i].change_count; k++)
            add_reason(out, changes[k].reason);
    }
    for (size_t i = first; i < end && out->length == 0; i++)
        add_cause(out, &timeline->records.items[i].event.context);
    /* A sentence; but close() stays close(). */
    if (out->length > 0 && out->text[0] >= 'a' && out->text[0] <= 'z' &&
        out->text[strcspn(out->text, " (")] == ' ')
        out->text[0] = (char)(out->text[0] - 'a' + 'A');
}

static void add_state(struct buf *out, const struct picture_endpoint *endpoint, const char *name,
                      bool meaning)
{
    enum witness witness;
    enum state state;

    if (endpoint == NULL)
        return;
    state = picture_state(endpoint, &witness);
    if (state == STATE_NONE)
        return;
    buf_printf(out, "%s%s: %s", out->length > 0 ? "  " : "", name, state_name(state));
    if (meaning)
        buf_printf(out, " (%s)", state_what(state));
    buf_putc(out, '.');
}

static void states_text(struct buf *out, const struct stage *stage, bool meaning)
{
    for (int side = 0; side < SIDE_COUNT; side++) {
        struct actors actors = stage_actors(stage, (enum side)side);
        const char *name = actors.info.host[0] != 0 ? actors.info.host : side == SIDE_LEFT ? "left" : "right";

        add_state(out, actors.main, name, meaning);
        add_state(out, actors.child, "at its door", meaning);
    }
}

/* The states of both ends, and what they mean where that fits. */
static void see_text(struct buf *out, const struct stage *stage, int columns)
{
    states_text(out, stage, true);
    if (text_columns(buf_text(out)) <= columns)
        return;
    buf_clear(out);
    states_text(out, stage, false);
}

static void next_text(struct buf *out, const struct stage *stage)
{
    const struct timeline *timeline = stage->timeline;
    const struct record *record;
    size_t place = stage->view->position;

    if (view_next_hidden(stage->view, timeline)) {
        buf_puts(out, "(hidden: press p to ask the class, PgDn to go on)");
        return;
    }
    if (place >= timeline->records.count) {
        buf_puts(out, timeline->complete ? "This is the end of the record."
                                         : "Not known: it has not happened yet.");
        return;
    }
    record = &timeline->records.items[place];
    event_sentence(out, &record->event, timeline_changes(timeline, record), record->change_count);
    if (strstr(buf_text(out), ". ") != NULL) {
        out->length = (size_t)(strstr(out->text, ". ") + 1 - out->text);
        out->text[out->length] = 0;
    }
}

static void belief_text(struct buf *out, const struct stage *stage)
{
    const struct view *view = stage->view;

    for (int i = 0; i < view->question_count && i < QUESTIONS_MAX; i++) {
        const struct tui_question *question = &view->questions[i];

        if (!view->answered[i] || question->belief == NULL ||
            ask_place(view, stage->timeline, i) >= view->position)
            continue;
        buf_clear(out);
        buf_printf(out, "%s   %s", question->belief, question->why != NULL ? question->why : "");
    }
}

static void deck_text(struct buf *out, const struct stage *stage)
{
    for (int side = 0; side < SIDE_COUNT; side++) {
        struct actors actors = stage_actors(stage, (enum side)side);
        struct check_row rows[CHECK_ROWS_MAX];
        const struct check_row *newest = NULL;
        int count = check_rows(stage, actors.info.host, actors.process, rows);

        for (int i = 0; i < count; i++)
            if (rows[i].step != NULL && rows[i].enter != NULL)
                newest = &rows[i];
        if (newest != NULL)
            buf_printf(out, "%s%s step %d \"%s\"", out->length > 0 ? ", " : "", actors.info.host,
                       newest->number, newest->step->text);
    }
}

struct part {
    const char *label;
    struct buf text;
    int lines, rows; /* wanted, given */
};

/* Each part has a line; those left over go to the first that wants more. */
static void share_rows(struct part *parts, int count, int rows)
{
    for (int i = 0; i < count; i++) {
        parts[i].rows = parts[i].lines > 0 && rows > 0 ? 1 : 0;
        rows -= parts[i].rows;
    }
    for (int i = 0; i < count; i++)
        while (rows > 0 && parts[i].rows > 0 && parts[i].rows < parts[i].lines) {
            parts[i].rows++;
            rows--;
        }
}

static void draw_parts(const struct stage *stage, struct part *parts, int count, int row, int rows)
{
    int columns = stage->layout.columns - LABEL_COLUMNS - 2;

    for (int i = 0; i < count; i++)
        parts[i].lines = draw_wrapped(NULL, 0, 0, 0, columns, ROLE_CAPTION, buf_text(&parts[i].text));
    share_rows(parts, count, rows);
    for (int i = 0; i < count; i++) {
        if (parts[i].rows > 0)
            frame_text(stage->frame, row, 1, LABEL_COLUMNS, ROLE_KEY, parts[i].label);
        draw_wrapped(stage->frame, row, 1 + LABEL_COLUMNS, parts[i].rows, columns, ROLE_CAPTION,
                     buf_text(&parts[i].text));
        row += parts[i].rows;
        buf_release(&parts[i].text);
    }
}

void draw_explanation(const struct stage *stage, const struct said *said)
{
    const struct layout *layout = &stage->layout;
    struct part parts[LINES] = {{.label = "WHAT"}, {.label = "WHY"}, {.label = "SEE"}, {.label = "NEXT"}};
    struct part notes[2] = {{.label = "BELIEF"}, {.label = "DECK"}};
    int spare;

    if (said->why != NULL)
        buf_puts(&parts[1].text, said->why);
    else if (said->what == NULL)
        why_text(&parts[1].text, stage);
    if (said->see != NULL)
        buf_puts(&parts[2].text, said->see);
    else
        see_text(&parts[2].text, stage, layout->columns - LABEL_COLUMNS - 2);
    next_text(&parts[3].text, stage);
    if (said->what != NULL)
        buf_puts(&parts[0].text, said->what);
    else
        caption_what(&parts[0].text, stage, layout->columns - LABEL_COLUMNS - 2,
                     parts[1].text.length > 0 ? 1 : 2);
    belief_text(&notes[0].text, stage);
    deck_text(&notes[1].text, stage);
    /* What the lecturer's part does not need goes to the explanation. */
    spare = (notes[0].text.length == 0) + (notes[1].text.length == 0);
    draw_parts(stage, parts, LINES, layout->caption_row, LINES + spare);
    frame_horizontal(stage->frame, layout->caption_rule + spare, 0, spare < 2 ? layout->columns : 0, 0x2500,
                     ROLE_BORDER);
    draw_parts(stage, notes, 2, layout->caption_rule + spare + 1, 2 - spare);
}

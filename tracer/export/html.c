/*
 * One page that holds a whole recording. Without script it is an ordered list of steps and a ladder in text;
 * the script makes a player of it. It asks nothing of any network, and its policy says so.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "event/sentence.h"
#include "export/formats.h"
#include "export/html_data.h"
#include "export/html_parts.h"
#include "export/html_text.h"
#include "export/worksheet_quiz.h"

#define POLICY                                                                                               \
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri "    \
    "'none'; form-action 'none'"

/* A longer ladder in text helps nobody. */
#define LADDER_RECORDS_MAX 400

/* What a program prints can be of any length. */
#define SENTENCE_BYTES_SHOWN 4096

static const char *page_title(const struct session_info *info)
{
    if (info->title[0] != '\0')
        return info->title;
    if (info->scenario[0] != '\0')
        return info->scenario;
    return info->live ? "A recorded conversation" : "A captured conversation";
}

static void put_head(struct buf *out, const struct session_info *info)
{
    buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"" POLICY "\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" content=\"");
    html_puts(out, info->tool);
    buf_puts(out, "\">\n<title>");
    html_puts(out, page_title(info));
    buf_puts(out, " - sockstep</title>\n<style>\n");
    buf_puts(out, html_player_css);
    buf_puts(out, "</style>\n</head>\n");
}

static void put_fact(struct buf *out, const char *name, const char *text)
{
    if (text[0] == '\0')
        return;
    buf_printf(out, "<div><dt>%s</dt><dd>", name);
    html_puts(out, text);
    buf_puts(out, "</dd></div>\n");
}

static void put_built_fact(struct buf *out, const char *name, struct buf *text)
{
    put_fact(out, name, buf_text(text));
    buf_release(text);
}

static void put_facts(struct buf *out, const struct timeline *timeline)
{
    const struct session_info *info = &timeline->info;
    struct buf size = {0}, date = {0}, delay = {0};
    uint32_t beats = timeline_beat_count(timeline);
    buf_puts(out, "<dl class=\"facts\">\n");
    buf_printf(&size, "%zu event%s in %" PRIu32 " step%s", timeline->records.count,
               timeline->records.count == 1 ? "" : "s", beats, beats == 1 ? "" : "s");
    if (timeline->records.count > 0) {
        const struct event *last = &array_last(&timeline->records)->event;
        buf_printf(&size, ", %.3f s", timeline_seconds(timeline, last));
    }
    put_built_fact(out, "Length", &size);
    if (info->start_ns != 0)
        html_date(&date, info->start_ns);
    put_built_fact(out, "Recorded", &date);
    if (info->delay_ns > 0) {
        duration_text(&delay, info->delay_ns);
        buf_puts(&delay, " each way");
    }
    put_built_fact(out, "Delay", &delay);
    put_fact(out, "Kernel", info->kernel);
    put_fact(out, "Settings", info->sysctls);
    put_fact(out, "Written by", info->tool);
    put_fact(out, "Note", info->note);
    buf_puts(out, "</dl>\n");
}

static void put_top(struct buf *out, const struct timeline *timeline)
{
    const struct session_info *info = &timeline->info;
    buf_puts(out, "<header class=\"top\">\n<p class=\"kicker\"><strong>RECORDED</strong> ");
    buf_puts(out,
             info->live ? "from a real run in the lab" : "packets of a capture; all states are inferred");
    if (info->scenario[0] != '\0') {
        buf_puts(out, " <span class=\"name\">");
        html_puts(out, info->scenario);
        buf_puts(out, "</span>");
    }
    buf_puts(out, "</p>\n<h1>");
    html_puts(out, page_title(info));
    buf_puts(out, "</h1>\n");
    put_facts(out, timeline);
    buf_puts(out, "</header>\n");
}

/* --- the list --- */

/* The answer of a question is folded away. */
static void put_question(struct buf *out, const quiz *questions, size_t index)
{
    const struct quiz_question *question = NULL;
    array_each (const struct quiz_question, asked, questions)
        if (asked->before == index && !asked->derived)
            question = asked;
    buf_puts(out, "<div class=\"e question\"><p>Question: ");
    html_puts(out, question != NULL ? question->ask : "");
    buf_puts(out, "</p>");
    for (int i = 0; question != NULL && i < question->choice_count; i++) {
        buf_printf(out, "%s<li>", i == 0 ? "<ol type=\"a\">" : "");
        html_puts(out, question->choices[i]);
        buf_puts(out, i == question->choice_count - 1 ? "</li></ol><details><summary>Answer</summary><p>"
                                                      : "</li>");
    }
    if (question != NULL && question->choice_count > 0) {
        buf_printf(out, "%c. ", 'a' + question->answer);
        html_puts(out, question->why);
        buf_puts(out, "</p></details>");
    }
    buf_puts(out, "</div>\n");
}

/* How much of a text is shown: all, or as many whole characters as fit. */
static size_t whole_characters(const char *text, size_t count)
{
    if (count <= SENTENCE_BYTES_SHOWN)
        return count;
    count = SENTENCE_BYTES_SHOWN;
    while (count > 0 && ((unsigned char)text[count] & 0xc0) == 0x80)
        count--;
    return count;
}

static void put_sentence(struct buf *out, const struct timeline *timeline, size_t index)
{
    const struct record *record = &timeline->records.items[index];
    struct buf sentence = {0};
    event_sentence(&sentence, &record->event, timeline_changes(timeline, record), record->change_count);
    buf_printf(out, "<p class=\"e %s\">", event_kind_name((enum event_kind)record->event.kind));
    size_t shown = whole_characters(buf_text(&sentence), sentence.length);
    html_add(out, buf_text(&sentence), shown);
    if (shown < sentence.length)
        buf_printf(out, "... and %zu bytes more", sentence.length - shown);
    buf_puts(out, "</p>\n");
    buf_release(&sentence);
}

static void put_step(struct buf *out, const struct timeline *timeline, const quiz *questions, uint32_t beat)
{
    size_t first, end;
    timeline_beat_range(timeline, beat, &first, &end);
    if (first == end)
        return;
    buf_printf(out,
               "<li id=\"step=%" PRIu32 "\" value=\"%" PRIu32 "\"><p class=\"when\"><b>Step %" PRIu32
               "</b> %.3f s</p>\n",
               beat, beat, beat, timeline_seconds(timeline, &timeline->records.items[first].event));
    for (size_t i = first; i < end; i++) {
        if (timeline->records.items[i].event.kind == EVENT_QUESTION)
            put_question(out, questions, i);
        else
            put_sentence(out, timeline, i);
    }
    buf_puts(out, "</li>\n");
}

static void put_story(struct buf *out, const struct timeline *timeline)
{
    quiz questions = {0};
    quiz_make(&questions, timeline);
    buf_puts(out, "<section class=\"story\" aria-labelledby=\"story-head\">\n"
                  "<h2 id=\"story-head\">Step by step</h2>\n<ol class=\"steps\">\n");
    for (uint32_t beat = 1; beat <= timeline_beat_count(timeline); beat++)
        put_step(out, timeline, &questions, beat);
    buf_puts(out, "</ol>\n</section>\n");
    quiz_release(&questions);
}

/* A view that borrows all but the list of records: of each question there is only the first line. */
static struct timeline without_answers(const struct timeline *timeline)
{
    struct timeline view = *timeline;
    view.records.items = NULL;
    view.records.count = view.records.room = 0;
    array_each (const struct record, record, &timeline->records) {
        struct record *copy = array_push(&view.records);
        *copy = *record;
        const char *end = NULL;
        if (copy->event.kind == EVENT_QUESTION && copy->event.data_bytes > 0)
            end = memchr(copy->event.data, '\n', copy->event.data_bytes);
        if (end != NULL)
            copy->event.data_bytes = (uint32_t)(end - (const char *)copy->event.data);
    }
    return view;
}

static void put_text_ladder(struct buf *out, const struct timeline *timeline,
                            const struct export_options *options)
{
    struct buf ladder = {0};
    if (timeline->records.count == 0 || timeline->records.count > LADDER_RECORDS_MAX)
        return;
    struct timeline view = without_answers(timeline);
    export_ladder.write(&ladder, &view, options);
    array_release(&view.records);
    buf_puts(out, "<section class=\"paper\" aria-labelledby=\"paper-head\">\n"
                  "<h2 id=\"paper-head\">The whole conversation</h2>\n<pre tabindex=\"0\">");
    html_add(out, buf_text(&ladder), ladder.length);
    buf_puts(out, "</pre>\n</section>\n");
    buf_release(&ladder);
}

static void put_foot(struct buf *out)
{
    buf_puts(
        out,
        "<footer class=\"foot\">\n<p>Who says so: a state in a <b>solid</b> frame is the kernel's own word "
        "(sock_diag or TCP_INFO). A state in a <b>dashed</b> frame was inferred from packets by RFC 9293. "
        "What was lost was dropped by the tool's wire where a fault is named. Stretches without events are "
        "shown shorter than they were.</p>\n</footer>\n");
}

static void write_html(struct buf *out, const struct timeline *timeline, const struct export_options *options)
{
    put_head(out, &timeline->info);
    buf_puts(out, "<body>\n");
    put_top(out, timeline);
    buf_puts(out, "<main>\n<div id=\"player\" hidden></div>\n");
    put_story(out, timeline);
    put_text_ladder(out, timeline, options);
    buf_puts(out, "</main>\n");
    put_foot(out);
    buf_puts(out, "<script type=\"application/json\" id=\"recording\">\n");
    html_data(out, timeline);
    buf_puts(out, "\n</script>\n<script>\n");
    for (size_t i = 0; html_scripts[i] != NULL; i++)
        buf_puts(out, html_scripts[i]);
    buf_puts(out, "</script>\n</body>\n</html>\n");
}

const struct export_format export_html = {
    .name = "html",
    .about = "one page: an interactive player, and the steps as a list without script",
    .extension = "html",
    .hides_foreign_payload = true,
    .write = write_html,
};

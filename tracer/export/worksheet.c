/*
 * A hand-out to print: the ladder with blanks, questions, cards; everything from one recording. With the
 * answers it is the same sheet, filled in.
 */
#include <inttypes.h>

#include "export/formats.h"
#include "export/html_parts.h"
#include "export/html_text.h"
#include "export/worksheet_draw.h"
#include "export/worksheet_quiz.h"
#include "export/worksheet_tasks.h"

#define POLICY "default-src 'none'; style-src 'unsafe-inline'"

struct sheet {
    struct buf *out;
    const struct timeline *timeline;
    bool answers;
    int tasks;
};

static const char *title_of(const struct session_info *info)
{
    if (info->title[0] != '\0')
        return info->title;
    return info->scenario[0] != '\0' ? info->scenario : "A recorded conversation";
}

static void put_head(const struct sheet *sheet)
{
    const struct session_info *info = &sheet->timeline->info;
    buf_puts(sheet->out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                         "<meta http-equiv=\"Content-Security-Policy\" content=\"" POLICY "\">\n"
                         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    html_puts(sheet->out, title_of(info));
    buf_puts(sheet->out, sheet->answers ? " - answers" : " - worksheet");
    buf_puts(sheet->out, "</title>\n<style>\n");
    buf_puts(sheet->out, html_sheet_css);
    buf_puts(sheet->out, "</style>\n</head>\n<body>\n<header>\n<p class=\"kicker\">");
    buf_puts(sheet->out, sheet->answers ? "Worksheet: answers" : "Worksheet");
    buf_puts(sheet->out, "</p>\n<h1>");
    html_puts(sheet->out, title_of(info));
    buf_puts(sheet->out, "</h1>\n");
    buf_puts(sheet->out, sheet->answers ? ""
                                        : "<p class=\"who\">Name <span class=\"write long\"></span> Date "
                                          "<span class=\"write\"></span></p>\n");
    buf_puts(
        sheet->out,
        "<svg class=\"defs\" aria-hidden=\"true\"><defs><marker id=\"tip\" viewBox=\"0 0 10 10\" refX=\"9\" "
        "refY=\"5\" markerWidth=\"9\" markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">"
        "<path d=\"M0 1L10 5L0 9Z\"/></marker></defs></svg>\n</header>\n<main>\n");
}

static void begin_task(struct sheet *sheet, const char *css, const char *title, const char *what)
{
    buf_printf(sheet->out, "<section class=\"%s\">\n<h2>%d. %s</h2>\n<p>%s</p>\n", css, ++sheet->tasks, title,
               what);
}

static void end_task(const struct sheet *sheet)
{
    buf_puts(sheet->out, "</section>\n");
}

static const struct ladder_task {
    const char *name, *title, *what;
    bool states, packets, calls;
} ladder_tasks[] = {
    {.name = "states",
     .title = "Fill in the states",
     .states = true,
     .what = "Time runs down. Write the state of RFC 9293 into each empty box: the one that this end is in "
             "from there on."},
    {.name = "packets",
     .title = "Fill in the packets",
     .packets = true,
     .what = "Write on each arrow the flags or the number of bytes, and seq and ack counted from 0. SYN and "
             "FIN count one."},
    {.name = "calls",
     .title = "Which call?",
     .calls = true,
     .what = "Write beside each number the call that the program makes there, or the call that comes back. "
             "Not every call sends a packet, and not every packet has a call of its own."},
};

/* A drawing without a blank is no task: then it is not put in. */
static void put_ladder_task(struct sheet *sheet, const struct ladder_task *task)
{
    struct buf drawing = {0};
    const struct worksheet_ladder ladder = {.timeline = sheet->timeline,
                                            .name = task->name,
                                            .blank_states = task->states,
                                            .blank_packets = task->packets,
                                            .blank_calls = task->calls,
                                            .answers = sheet->answers};
    if (worksheet_ladder(&drawing, &ladder) > 0) {
        begin_task(sheet, "task drawn", task->title, task->what);
        buf_add(sheet->out, buf_text(&drawing), drawing.length);
        end_task(sheet);
    }
    buf_release(&drawing);
}

static void put_question(const struct sheet *sheet, const struct quiz_question *question)
{
    buf_puts(sheet->out, "<li class=\"question\"><p>");
    html_puts(sheet->out, question->ask);
    buf_puts(sheet->out, "</p>\n");
    for (int i = 0; i < question->choice_count; i++) {
        bool right = sheet->answers && i == question->answer;
        buf_printf(sheet->out, "%s<li%s>", i == 0 ? "<ol type=\"a\" class=\"choices\">" : "",
                   right ? " class=\"answer\"" : "");
        html_puts(sheet->out, question->choices[i]);
        buf_puts(sheet->out, i == question->choice_count - 1 ? "</li></ol>\n" : "</li>");
    }
    if (sheet->answers && question->why[0] != '\0') {
        buf_printf(sheet->out, "<p class=\"answer\">%c. ",
                   question->choice_count > 0 ? 'a' + question->answer : '-');
        html_puts(sheet->out, question->why);
        buf_puts(sheet->out, "</p>\n");
    } else if (question->choice_count == 0) {
        buf_puts(sheet->out, "<p class=\"write line\"></p>\n");
    }
    buf_puts(sheet->out, "</li>\n");
}

static void put_questions(struct sheet *sheet)
{
    quiz questions = {0};
    quiz_make(&questions, sheet->timeline);
    if (questions.count > 0) {
        begin_task(sheet, "task", "Predict", "Tick what happens next. Decide before you look it up.");
        buf_puts(sheet->out, "<ol class=\"questions\">\n");
        array_each (const struct quiz_question, question, &questions)
            put_question(sheet, question);
        buf_puts(sheet->out, "</ol>\n");
        end_task(sheet);
    }
    quiz_release(&questions);
}

typedef bool put_body(struct buf *out, const struct timeline *timeline, bool answers);

static void put_task(struct sheet *sheet, const char *title, const char *what, put_body *put)
{
    struct buf body = {0};
    if (put(&body, sheet->timeline, sheet->answers)) {
        begin_task(sheet, "task", title, what);
        buf_add(sheet->out, buf_text(&body), body.length);
        end_task(sheet);
    }
    buf_release(&body);
}

static void put_foot(const struct sheet *sheet)
{
    const struct session_info *info = &sheet->timeline->info;
    buf_puts(sheet->out, "</main>\n<footer><p>");
    buf_puts(sheet->out,
             info->live ? "From a real run" : "From a captured conversation; states are inferred");
    if (info->scenario[0] != '\0') {
        buf_puts(sheet->out, " of ");
        html_puts(sheet->out, info->scenario);
    }
    if (info->start_ns != 0) {
        buf_puts(sheet->out, ", ");
        html_date(sheet->out, info->start_ns);
    }
    buf_puts(sheet->out, ". ");
    html_puts(sheet->out, info->tool);
    if (info->kernel[0] != '\0') {
        buf_puts(sheet->out, " on Linux ");
        html_puts(sheet->out, info->kernel);
    }
    if (info->note[0] != '\0') {
        buf_puts(sheet->out, ". ");
        html_puts(sheet->out, info->note);
    }
    buf_puts(sheet->out, ".</p></footer>\n</body>\n</html>\n");
}

static void write_worksheet(struct buf *out, const struct timeline *timeline,
                            const struct export_options *options)
{
    struct sheet sheet = {.out = out, .timeline = timeline, .answers = options->answers};
    put_head(&sheet);
    for (size_t i = 0; i < sizeof ladder_tasks / sizeof *ladder_tasks; i++)
        put_ladder_task(&sheet, &ladder_tasks[i]);
    put_questions(&sheet);
    put_task(&sheet, "Which cause?",
             "These calls failed. Write the letter of the cause beside each error number.", worksheet_errors);
    put_task(&sheet, "Put them in order",
             "Cut out the cards and lay them in the order in which things happened.", worksheet_cards);
    if (sheet.tasks == 0)
        buf_puts(out, "<p>Nothing in this recording can be asked about.</p>\n");
    put_foot(&sheet);
}

const struct export_format export_worksheet = {
    .name = "worksheet",
    .about = "a hand-out to print: ladders with blanks, questions, cards (--answers: filled in)",
    .extension = "worksheet.html",
    .hides_foreign_payload = true,
    .write = write_worksheet,
};

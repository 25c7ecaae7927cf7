/* The questions for learning-management systems: GIFT and Moodle XML. */
#include <inttypes.h>
#include <string.h>

#include "export/escape.h"
#include "export/formats.h"
#include "export/worksheet_quiz.h"

static const char *category_of(const struct session_info *info)
{
    return info->scenario[0] != '\0' ? info->scenario : "capture";
}

/* --- GIFT (docs.moodle.org, "GIFT format"): ~ = # { } : have a meaning, and a backslash takes it away --- */

static void gift_text(struct buf *out, const char *text)
{
    struct buf plain = {0};
    escape_plain(&plain, text, strlen(text));
    for (const char *c = buf_text(&plain); *c != '\0'; c++) {
        if (strchr("~=#{}:\\", *c) != NULL)
            buf_putc(out, '\\');
        buf_putc(out, *c);
    }
    buf_release(&plain);
}

static void gift_question(struct buf *out, const struct quiz_question *question, size_t number)
{
    buf_printf(out, "\n::Question %zu::", number);
    gift_text(out, question->ask);
    buf_puts(out, " {");
    for (int i = 0; i < question->choice_count; i++) {
        buf_puts(out, i == question->answer ? "\n  =" : "\n  ~");
        gift_text(out, question->choices[i]);
    }
    if (question->why[0] != '\0') {
        buf_puts(out, "\n  ####");
        gift_text(out, question->why);
    }
    buf_puts(out, "\n}\n");
}

static void write_gift(struct buf *out, const struct timeline *timeline, const struct export_options *options)
{
    quiz questions = {0};
    size_t number = 0;
    (void)options;
    quiz_make(&questions, timeline);
    buf_puts(out, "$CATEGORY: sockstep/");
    escape_plain(out, category_of(&timeline->info), strlen(category_of(&timeline->info)));
    buf_putc(out, '\n');
    array_each (const struct quiz_question, question, &questions)
        gift_question(out, question, ++number);
    quiz_release(&questions);
}

const struct export_format export_gift = {
    .name = "gift",
    .about = "the questions in GIFT, for learning-management systems",
    .extension = "gift.txt",
    .hides_foreign_payload = true,
    .write = write_gift,
};

/* --- Moodle XML --- */

static void xml_text(struct buf *out, const char *element, const char *attributes, const char *text)
{
    buf_printf(out, "    <%s%s><text>", element, attributes);
    escape_xml(out, text);
    buf_printf(out, "</text></%s>\n", element);
}

static void xml_question(struct buf *out, const struct quiz_question *question, size_t number)
{
    char name[32];
    snprintf(name, sizeof name, "Question %zu", number);
    buf_printf(out, "  <question type=\"%s\">\n", question->choice_count > 0 ? "multichoice" : "essay");
    xml_text(out, "name", "", name);
    xml_text(out, "questiontext", " format=\"plain_text\"", question->ask);
    xml_text(out, "generalfeedback", " format=\"plain_text\"", question->why);
    if (question->choice_count > 0)
        buf_puts(out, "    <single>true</single>\n    <shuffleanswers>true</shuffleanswers>\n");
    for (int i = 0; i < question->choice_count; i++)
        xml_text(out, "answer", i == question->answer ? " fraction=\"100\"" : " fraction=\"0\"",
                 question->choices[i]);
    if (question->choice_count == 0)
        buf_puts(out, "    <answer fraction=\"0\"><text></text></answer>\n");
    buf_puts(out, "  </question>\n");
}

static void write_moodle(struct buf *out, const struct timeline *timeline,
                         const struct export_options *options)
{
    quiz questions = {0};
    size_t number = 0;
    (void)options;
    quiz_make(&questions, timeline);
    buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<quiz>\n  <question type=\"category\">\n"
                  "    <category><text>$course$/sockstep/");
    escape_xml(out, category_of(&timeline->info));
    buf_puts(out, "</text></category>\n  </question>\n");
    array_each (const struct quiz_question, question, &questions)
        xml_question(out, question, ++number);
    buf_puts(out, "</quiz>\n");
    quiz_release(&questions);
}

const struct export_format export_moodle = {
    .name = "moodle",
    .about = "the questions in Moodle XML",
    .extension = "moodle.xml",
    .hides_foreign_payload = true,
    .write = write_moodle,
};

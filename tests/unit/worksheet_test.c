#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "export/export.h"
#include "export/worksheet_draw.h"
#include "export/worksheet_quiz.h"
#include "model/machine.h"
#include "model/model.h"
#include "tests/support/golden.h"
#include "tests/support/hello.h"

typedef size_t events_of(struct event **ret_events);

static void apply(struct timeline *timeline, struct model *model, struct event *event)
{
    change_list changes = {0};
    model_apply(model, event, &changes);
    timeline_append(timeline, event, changes.items, changes.count);
    array_release(&changes);
}

static struct timeline timeline_of(events_of *play)
{
    struct event *events;
    size_t count = play(&events);
    struct model *model = model_new();
    struct timeline timeline = {.info = hello_session()};
    for (size_t i = 0; i < count; i++)
        apply(&timeline, model, &events[i]);
    model_free(model);
    hello_free(events, count);
    return timeline;
}

static struct buf written(const char *format, const struct timeline *timeline, bool answers)
{
    struct buf text = {0};
    assert_non_null(export_find(format));
    export_find(format)->write(&text, timeline, &(struct export_options){.answers = answers});
    return text;
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        count++;
    return count;
}

/* Every arrow of the questions' table is a step of the model's table, but for those that no packet makes. */
static void steps_are_those_of_the_model(void **state)
{
    (void)state;
    for (int from = STATE_ESTABLISHED; from <= STATE_CLOSING; from++)
        for (int to = STATE_ESTABLISHED; to <= STATE_CLOSING; to++) {
            bool by_model = false;
            for (int stimulus = 0; stimulus < TCP_STIMULI; stimulus++) {
                const struct cell *cell = tcp_cell((enum state)from, (enum tcp_stimulus)stimulus);
                by_model = by_model || (cell->verdict == STEP && cell->next == to);
            }
            bool by_call_or_clock = (from == STATE_CLOSED && to == STATE_LISTEN) ||
                                    (from == STATE_TIME_WAIT && to == STATE_CLOSED);
            if (quiz_is_step((enum state)from, (enum state)to) && !by_model && !by_call_or_clock)
                fail_msg("%s -> %s is no step of the model", state_name((enum state)from),
                         state_name((enum state)to));
        }
}

static void questions_have_one_right_answer(void **state)
{
    (void)state;
    struct timeline timeline = timeline_of(hello_events);
    quiz questions = {0}, again = {0};
    quiz_make(&questions, &timeline);
    quiz_make(&again, &timeline);
    assert_true(questions.count >= 7);
    assert_int_equal(questions.count, again.count);
    for (size_t i = 0; i < questions.count; i++) {
        const struct quiz_question *question = &questions.items[i];
        assert_true(question->derived);
        assert_true(question->choice_count >= 3);
        assert_true(question->answer >= 0 && question->answer < question->choice_count);
        assert_true(question->before < timeline.records.count);
        assert_int_equal(question->answer, again.items[i].answer);
        assert_non_null(strstr(question->why, question->choices[question->answer]));
        for (int a = 0; a < question->choice_count; a++)
            for (int b = 0; b < a; b++)
                assert_string_not_equal(question->choices[a], question->choices[b]);
        if (i > 0)
            assert_true(questions.items[i - 1].before <= question->before);
    }
    quiz_release(&questions);
    quiz_release(&again);
    timeline_release(&timeline);
}

/* What is asked before a record must not be known from the records before it. */
static void the_outcome_comes_after_the_question(void **state)
{
    (void)state;
    struct timeline timeline = timeline_of(hello_events);
    quiz questions = {0};
    quiz_make(&questions, &timeline);
    array_each (const struct quiz_question, question, &questions) {
        enum state answer = STATE_NONE;
        assert_int_equal(state_parse(question->choices[question->answer], &answer), 0);
        bool follows = false;
        for (size_t i = question->before; i < timeline.records.count && i < question->before + 3; i++) {
            const struct record *record = &timeline.records.items[i];
            const struct change *changes = timeline_changes(&timeline, record);
            for (uint32_t c = 0; c < record->change_count; c++)
                follows = follows || changes[c].new_state == answer;
        }
        assert_true(follows);
    }
    quiz_release(&questions);
    timeline_release(&timeline);
}

static void scenario_questions_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *ask, *why;
        int choices, answer;
    } rows[] = {
        {"Which?\na) one\nb) two\nanswer: b\nwhy: because\nof this", "Which?", "because of this", 2, 1},
        {"Two\nlines?\na) one\nb) two\nanswer: a", "Two lines?", "", 2, 0},
        {"Open question?", "Open question?", "", 0, 0},
        {"No answer?\na) one\nb) two", "No answer?", "", 0, 0},
        {"Wrong answer?\na) one\nanswer: z", "Wrong answer?", "", 0, 0},
        {"", "", "", 0, 0},
        {"b) not the first\na) one\nanswer: a", "b) not the first", "", 1, 0},
        {"Many?\na) 1\nb) 2\nc) 3\nd) 4\ne) 5\nf) 6\ng) 7\nanswer: f", "Many?", "", 6, 5},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct timeline timeline = {.info = hello_session()};
        struct event event = {.kind = EVENT_QUESTION, .seq = 1};
        event_set_data(&event, rows[i].text, strlen(rows[i].text));
        timeline_append(&timeline, &event, NULL, 0);
        quiz questions = {0};
        quiz_make(&questions, &timeline);
        assert_int_equal(questions.count, 1);
        assert_string_equal(questions.items[0].ask, rows[i].ask);
        assert_string_equal(questions.items[0].why, rows[i].why);
        assert_int_equal(questions.items[0].choice_count, rows[i].choices);
        assert_int_equal(questions.items[0].answer, rows[i].answer);
        assert_false(questions.items[0].derived);
        quiz_release(&questions);
        timeline_release(&timeline);
    }
}

static void blanks_are_counted_and_filled(void **state)
{
    (void)state;
    struct timeline timeline = timeline_of(hello_events);
    struct worksheet_ladder ladder = {.timeline = &timeline, .name = "t", .blank_packets = true};
    struct buf blank = {0}, filled = {0}, plain = {0};
    int packets = worksheet_ladder(&blank, &ladder), sent = 0;
    array_each (const struct record, record, &timeline.records)
        sent += record->event.kind == EVENT_PACKET_SENT;
    assert_int_equal(packets, sent);
    assert_int_equal(count_of(buf_text(&blank), "class=\"number\""), packets);
    assert_null(strstr(buf_text(&blank), "SYN seq"));
    assert_null(strstr(buf_text(&blank), "class=\"answer\""));
    ladder.answers = true;
    assert_int_equal(worksheet_ladder(&filled, &ladder), packets);
    assert_int_equal(count_of(buf_text(&filled), "class=\"answer\""), packets);
    assert_non_null(strstr(buf_text(&filled), "SYN,ACK seq=0 ack=1"));
    ladder = (struct worksheet_ladder){.timeline = &timeline, .name = "t"};
    assert_int_equal(worksheet_ladder(&plain, &ladder), 0);
    buf_release(&blank);
    buf_release(&filled);
    buf_release(&plain);
    timeline_release(&timeline);
}

static void the_sheet_does_not_tell(void **state)
{
    (void)state;
    struct timeline timeline = timeline_of(hello_events);
    struct buf sheet = written("worksheet", &timeline, false),
               answers = written("worksheet", &timeline, true);
    struct buf again = written("worksheet", &timeline, false);
    assert_string_equal(buf_text(&sheet), buf_text(&again));
    assert_null(strstr(buf_text(&sheet), "class=\"answer\""));
    assert_null(strstr(buf_text(&sheet), "In order:"));
    assert_non_null(strstr(buf_text(&answers), "In order:"));
    assert_int_equal(count_of(buf_text(&sheet), "<h2>"), count_of(buf_text(&answers), "<h2>"));
    assert_int_equal(count_of(buf_text(&sheet), "<script"), 0);
    buf_release(&sheet);
    buf_release(&answers);
    buf_release(&again);
    timeline_release(&timeline);
}

static void the_cards_come_back_in_order(void **state)
{
    (void)state;
    struct timeline timeline = timeline_of(hello_events);
    struct buf answers = written("worksheet", &timeline, true);
    const char *order = strstr(buf_text(&answers), "In order: ") + strlen("In order: ");
    size_t cards = count_of(buf_text(&answers), "<div class=\"card\">"), seen = 0;
    bool used[26] = {0}, moved = false;
    assert_in_range(cards, 8, 12);
    for (const char *c = order; *c != '<'; c++) {
        if (*c == ' ')
            continue;
        assert_in_range(*c, 'A', 'A' + (int)cards - 1);
        assert_false(used[*c - 'A']);
        used[*c - 'A'] = true;
        moved = moved || *c != 'A' + (char)seen;
        seen++;
    }
    assert_int_equal(seen, cards);
    assert_true(moved);
    buf_release(&answers);
    timeline_release(&timeline);
}

static void failed_calls_ask_for_their_cause(void **state)
{
    (void)state;
    struct timeline timeline = {.info = hello_session()};
    struct event event = {.kind = EVENT_CALL_EXIT, .seq = 1, .pid = 1};
    snprintf(event.host, sizeof event.host, "client");
    snprintf(event.lane, sizeof event.lane, "client");
    event.call.call = CALL_connect;
    event.call.result = -1;
    event.call.error_number = 111; /* ECONNREFUSED */
    event.call.duration_ns = 100 * NS_PER_MS;
    timeline_append(&timeline, &event, NULL, 0);
    struct buf sheet = written("worksheet", &timeline, false),
               answers = written("worksheet", &timeline, true);
    assert_non_null(strstr(buf_text(&sheet), "<code>ECONNREFUSED</code> <span class=\"write\">"));
    const char *letter = strstr(buf_text(&answers), "<code>ECONNREFUSED</code> <b class=\"answer\">");
    assert_non_null(letter);
    int place = letter[strlen("<code>ECONNREFUSED</code> <b class=\"answer\">")] - 'a';
    const char *cause = strstr(letter, "<ol type=\"a\">");
    for (int i = 0; i <= place; i++)
        cause = strstr(cause + 1, "<li>");
    assert_int_equal(strncmp(cause, "<li>The packet reached a host where nobody listens", 40), 0);
    buf_release(&sheet);
    buf_release(&answers);
    timeline_release(&timeline);
}

static void sheets_are_as_before(void **state)
{
    (void)state;
    struct timeline timeline = timeline_of(syn_lost_events);
    static const struct {
        const char *format, *golden;
        bool answers;
    } rows[] = {{"worksheet", "html/syn-lost.worksheet.html", false},
                {"worksheet", "html/syn-lost.answers.html", true},
                {"gift", "html/syn-lost.gift.txt", false},
                {"moodle", "html/syn-lost.moodle.xml", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf text = written(rows[i].format, &timeline, rows[i].answers), rest = {0};
        const char *style = strstr(buf_text(&text), "<style>"),
                   *end = style != NULL ? strstr(style, "</style>") : NULL;
        if (style != NULL)
            buf_add(&rest, buf_text(&text), (size_t)(style + 7 - buf_text(&text)));
        buf_puts(&rest, end != NULL ? end : buf_text(&text));
        assert_golden(rows[i].golden, buf_text(&rest));
        buf_release(&text);
        buf_release(&rest);
    }
    timeline_release(&timeline);
}

static void an_empty_recording_is_a_sheet(void **state)
{
    (void)state;
    struct timeline timeline = {.info = hello_session()};
    static const char *const formats[] = {"worksheet", "gift", "moodle"};
    for (size_t i = 0; i < 3; i++) {
        struct buf text = written(formats[i], &timeline, true);
        assert_true(text.length > 0);
        buf_release(&text);
    }
    timeline_release(&timeline);
}

static void gift_marks_are_escaped(void **state)
{
    (void)state;
    static const char text[] = "What is {a} ~ b = c # d : e \\ f?\na) x=1\nb) y~2\nanswer: a";
    struct timeline timeline = {.info = hello_session()};
    struct event event = {.kind = EVENT_QUESTION, .seq = 1};
    event_set_data(&event, text, sizeof text - 1);
    timeline_append(&timeline, &event, NULL, 0);
    struct buf gift = written("gift", &timeline, false);
    assert_non_null(strstr(buf_text(&gift), "What is \\{a\\} \\~ b \\= c \\# d \\: e"));
    assert_non_null(strstr(buf_text(&gift), "\n  =x\\=1"));
    assert_non_null(strstr(buf_text(&gift), "\n  ~y\\~2"));
    buf_release(&gift);
    timeline_release(&timeline);
}

/* For tests/e2e/html_test.sh: sheets that the browser opens, and questions for other readers. */
static void sheets_for_the_browser(void **state)
{
    (void)state;
    const char *folder = getenv("HTML_PAGES");
    static const struct {
        const char *format, *name;
        bool answers;
    } rows[] = {{"worksheet", "worksheet.html", false},
                {"worksheet", "answers.html", true},
                {"moodle", "moodle.xml", false}};
    struct timeline timeline = timeline_of(hello_events);
    for (size_t i = 0; folder != NULL && i < sizeof rows / sizeof *rows; i++) {
        struct buf text = written(rows[i].format, &timeline, rows[i].answers), path = {0};
        buf_printf(&path, "%s/%s", folder, rows[i].name);
        FILE *file = fopen(buf_text(&path), "w");
        assert_non_null(file);
        assert_int_equal(fwrite(text.text, 1, text.length, file), text.length);
        assert_int_equal(fclose(file), 0);
        buf_release(&text);
        buf_release(&path);
    }
    timeline_release(&timeline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_those_of_the_model),
        cmocka_unit_test(questions_have_one_right_answer),
        cmocka_unit_test(the_outcome_comes_after_the_question),
        cmocka_unit_test(scenario_questions_are_read),
        cmocka_unit_test(blanks_are_counted_and_filled),
        cmocka_unit_test(the_sheet_does_not_tell),
        cmocka_unit_test(the_cards_come_back_in_order),
        cmocka_unit_test(failed_calls_ask_for_their_cause),
        cmocka_unit_test(sheets_are_as_before),
        cmocka_unit_test(an_empty_recording_is_a_sheet),
        cmocka_unit_test(gift_marks_are_escaped),
        cmocka_unit_test(sheets_for_the_browser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

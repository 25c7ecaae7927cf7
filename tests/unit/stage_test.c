/* What is said and asked, searched and marked, what flies, and seeking: goldens, and how keys change them. */
#include "tests/unit/screen.h"

#include <errno.h>

#include "tui/view_part.h"

/* --- captions of the scenario --- */

static void test_captions(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct view view = view_of(80, 24);
    size_t first, end;

    (void)state;
    timeline_beat_range(&timeline, 10, &first, &end);
    const struct tui_caption caption = {
        timeline.records.items[first].event.seq,
        "The server's KERNEL answers the SYN by itself: accept() has not returned.",
        "The new connection is only an entry in the SYN queue.",
        "The server's new connection: SYN_RECEIVED.",
    };

    view.captions = &caption;
    view.caption_count = 1;
    view.position = end;
    assert_screen("hello-said-10", &view, &timeline);
    view.columns = 120;
    view.rows = 40;
    assert_screen("hello-said-10", &view, &timeline);
    go_to_beat(&view, &timeline, 11);
    assert_shows(&view, &timeline, "KERNEL answers", false);
    timeline_release(&timeline);
}

static void test_caption_in_the_record(void **state)
{
    static const char text[] = "Nobody waits.\nThere was no call.\nNothing.";
    struct timeline timeline = timeline_from(hello_events, true);
    struct view view = view_of(80, 24);
    struct event event = {.kind = EVENT_CAPTION, .time_ns = HELLO_START_NS + NS_PER_S};

    (void)state;
    event.context.beat = timeline_beat_count(&timeline);
    event.seq = array_last(&timeline.records)->event.seq + 1;
    event_set_data(&event, text, sizeof text - 1);
    timeline_append(&timeline, &event, NULL, 0);
    view.position = timeline.records.count;
    assert_shows(&view, &timeline, "\n Nobody waits.\n There was no call.\n Nothing.\n", true);
    timeline_release(&timeline);
}

/* --- predict --- */

static struct tui_question question_at(const struct timeline *timeline, uint32_t beat)
{
    size_t first, end;

    timeline_beat_range(timeline, beat, &first, &end);
    return (struct tui_question){
        .seq = timeline->records.items[first].event.seq,
        .ask = "The SYN,ACK is about to arrive at the client. Which happens FIRST?",
        .choices = {"accept() returns on the server", "connect() returns on the client",
                    "both return at the same moment", "neither: the server must call accept() again"},
        .choice_count = 4,
        .answer = 1,
        .why = "connect() returns when the SYN,ACK has arrived. accept() returns half a round trip later.",
        .belief = "M2: connect() returns when the server accepts",
    };
}

static void test_predict(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct tui_question question = question_at(&timeline, 11);
    struct view view = view_of(80, 24);

    (void)state;
    view.questions = &question;
    view.question_count = 1;
    go_to_beat(&view, &timeline, 10);
    press(&view, &timeline, 'p');
    for (const char *key = "aaaabbbbbbbbbccccB"; *key != 0; key++)
        press(&view, &timeline, (uint32_t)*key);
    assert_int_equal(view.votes[0][0], 4);
    assert_int_equal(view.votes[0][1], 8);
    assert_screen("predict-10", &view, &timeline);
    view.ascii = true;
    assert_screen("predict-10", &view, &timeline);
    view.ascii = false;
    /* Moving keys do nothing; the outcome is in no pane. */
    assert_int_equal(view_key(&view, &timeline, KEY_CODE_END, 0), CONSEQUENCE_NONE);
    assert_int_equal(view_key(&view, &timeline, KEY_CODE_PAGE_DOWN, 0), CONSEQUENCE_VOTES);
    assert_true(view.revealed);
    assert_int_equal(view_beat(&view, &timeline), 11);
    assert_screen("predict-revealed", &view, &timeline);
    press(&view, &timeline, KEY_CODE_PAGE_DOWN);
    assert_int_equal(view.overlay, OVERLAY_NONE);
    assert_int_equal(view_beat(&view, &timeline), 11);
    view.columns = 120;
    view.rows = 40;
    assert_shows(&view, &timeline, "BELIEF M2: connect()", true);
    timeline_release(&timeline);
}

/* Before the answer neither the next move, nor NEXT, nor the names under the bar tell. */
static void test_outcome_is_hidden(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct tui_question question = question_at(&timeline, 11);

    (void)state;
    for (int asked = 0; asked < 2; asked++) {
        struct view view = view_of(120, 40);

        view.questions = &question;
        view.question_count = asked;
        go_to_beat(&view, &timeline, 10);
        assert_int_equal(view_next_hidden(&view, &timeline), asked);
        assert_shows(&view, &timeline, "(hidden: press p to ask the class", asked);
        assert_shows(&view, &timeline, "data 9", !asked);
        view.page = PAGE_STATES;
        assert_shows(&view, &timeline, "/ ACK  NEXT", !asked);
    }
    timeline_release(&timeline);
}

static void test_question_of_the_record(void **state)
{
    static const char text[] =
        "Which first?\naccept()\nconnect()\nanswer: b\nwhy: half a round trip\nbelief: M2";
    struct event event = {.kind = EVENT_QUESTION, .seq = 41};
    struct tui_question question = {.seq = 7};
    char *own;

    (void)state;
    assert_int_equal(question_parse(&event, &question, &own), -EINVAL);
    assert_int_equal(question.seq, 7);
    event_set_data(&event, text, sizeof text - 1);
    assert_int_equal(question_parse(&event, &question, &own), 0);
    assert_int_equal(question.seq, 42);
    assert_string_equal(question.ask, "Which first?");
    assert_int_equal(question.choice_count, 2);
    assert_string_equal(question.choices[1], "connect()");
    assert_int_equal(question.answer, 1);
    assert_string_equal(question.why, "half a round trip");
    assert_string_equal(question.belief, "M2");
    free(own);
    event_release(&event);
}

static void test_without_questions(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct view view = view_of(80, 24);

    (void)state;
    press(&view, &timeline, 'p');
    assert_int_equal(view.overlay, OVERLAY_NONE);
    assert_shows(&view, &timeline, "This session has no questions.", true);
    timeline_release(&timeline);
}

/* --- search, marks, jumps, freeze --- */

static void type(struct view *view, const struct timeline *timeline, const char *text)
{
    for (; *text != 0; text++)
        press(view, timeline, (uint32_t)*text);
}

static void test_search(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct view view = view_of(80, 24);
    size_t found;

    (void)state;
    type(&view, &timeline, "/time_wait q");
    assert_shows(&view, &timeline, "/time_wait q_", true);
    press(&view, &timeline, KEY_CODE_BACKSPACE);
    press(&view, &timeline, KEY_CODE_BACKSPACE);
    press(&view, &timeline, KEY_CODE_ENTER);
    found = view.position;
    assert_in_range(found, 1, timeline.records.count);
    assert_shows(&view, &timeline, "TIME_WAIT", true);
    press(&view, &timeline, '}');
    assert_true(view.position > found);
    press(&view, &timeline, '{');
    assert_int_equal(view.position, found);
    press(&view, &timeline, '{');
    assert_int_equal(view.position, found);
    assert_shows(&view, &timeline, "Not found from here to the beginning.", true);
    type(&view, &timeline, "/nowhere");
    press(&view, &timeline, KEY_CODE_ESCAPE);
    assert_int_equal(view.position, found);
    assert_false(view.prompting);
    timeline_release(&timeline);
}

static void test_marks(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct event event = {.kind = EVENT_MARK, .time_ns = HELLO_START_NS + NS_PER_S};
    struct view view = view_of(80, 24);

    (void)state;
    event.context.beat = timeline_beat_count(&timeline);
    timeline_append(&timeline, &event, NULL, 0);
    view_grow(&view, &timeline);
    press(&view, &timeline, '[');
    assert_shows(&view, &timeline, "There is no mark before this place.", true);
    press(&view, &timeline, ']');
    assert_int_equal(view.position, timeline.records.count);
    go_to_beat(&view, &timeline, 5);
    assert_int_equal(view_key(&view, &timeline, 'm', 0), CONSEQUENCE_MARK);
    assert_int_equal(view_key(&view, &timeline, 'm', 0), CONSEQUENCE_MARK);
    assert_int_equal(view.mark_count, 2);
    press(&view, &timeline, 'G');
    press(&view, &timeline, '[');
    assert_int_equal(view_beat(&view, &timeline), 5);
    assert_screen("hello-marked-05", &view, &timeline);
    for (uint32_t i = 0; i < 2 * MARKS_MAX; i++) {
        view.position = i % timeline.records.count;
        view_act(&view, &timeline, ACTION_MARK, 0);
    }
    assert_in_range(view.mark_count, 2, MARKS_MAX);
    timeline_release(&timeline);
}

static void test_jumps(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct view view = view_of(80, 24);

    (void)state;
    press(&view, &timeline, '5');
    assert_int_equal(view_beat(&view, &timeline), timeline_beat_count(&timeline) / 2);
    press(&view, &timeline, '9');
    assert_int_equal(view_beat(&view, &timeline), timeline_beat_count(&timeline) * 9 / 10);
    press(&view, &timeline, '0');
    assert_int_equal(view.position, 0);
    timeline_release(&timeline);
}

static void test_freeze(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct view view = view_of(80, 24);

    (void)state;
    press(&view, &timeline, '.');
    assert_int_equal(view.freeze, FREEZE_HELD);
    press(&view, &timeline, KEY_CODE_PAGE_DOWN);
    assert_int_equal(view_beat(&view, &timeline), 1);
    press(&view, &timeline, '.');
    assert_shows(&view, &timeline, "CLIENT", false);
    press(&view, &timeline, '.');
    assert_shows(&view, &timeline, "CLIENT", true);
    press(&view, &timeline, 'B');
    press(&view, &timeline, KEY_CODE_ESCAPE);
    assert_int_equal(view.freeze, FREEZE_OFF);
    timeline_release(&timeline);
}

static void test_mouse(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct view view = view_of(80, 24);
    uint32_t latest = 0;

    (void)state;
    for (int column = 0; column < 60; column++) {
        view_click(&view, &timeline, 22, column, 0);
        assert_true(view_beat(&view, &timeline) >= latest);
        latest = view_beat(&view, &timeline);
    }
    assert_int_equal(latest, timeline_beat_count(&timeline));
    assert_int_equal(view_click(&view, &timeline, 10, 5, 0), CONSEQUENCE_NONE);
    press(&view, &timeline, KEY_CODE_WHEEL_UP);
    assert_int_equal(view_beat(&view, &timeline), latest - 1);
    press(&view, &timeline, KEY_CODE_WHEEL_DOWN);
    assert_int_equal(view_beat(&view, &timeline), latest);
    timeline_release(&timeline);
}

/* --- flight --- */

/* 20 pictures a second while it flies, none before and after; a key completes it, the next one goes on. */
static void test_flight(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct view view = view_of(80, 24);
    int64_t now = 7 * NS_PER_S;
    int frames = 0;

    (void)state;
    view.motion = true;
    go_to_beat(&view, &timeline, 8);
    assert_int_equal(view_due_ns(&view), INT64_MAX);
    view_key(&view, &timeline, KEY_CODE_PAGE_DOWN, now);
    assert_true(view.flying);
    while (view_due_ns(&view) != INT64_MAX && frames < 100) {
        assert_in_range(view_due_ns(&view), now, now + NS_PER_S / 19);
        now = view_due_ns(&view);
        assert_true(view_tick(&view, &timeline, now));
        if (++frames == 8)
            assert_screen("hello-flying", &view, &timeline);
    }
    assert_in_range(frames, 12, 24);
    assert_false(view_tick(&view, &timeline, now + NS_PER_S));
    assert_true(now >= 7 * NS_PER_S + NS_PER_S / 2 && now <= 8 * NS_PER_S + NS_PER_S / 5);
    view_key(&view, &timeline, KEY_CODE_PAGE_DOWN, now);
    assert_true(view.flying);
    view_key(&view, &timeline, KEY_CODE_PAGE_DOWN, now);
    assert_false(view.flying);
    assert_int_equal(view_beat(&view, &timeline), 10);
    view_key(&view, &timeline, KEY_CODE_PAGE_DOWN, now);
    assert_int_equal(view_beat(&view, &timeline), 11);
    /* Without motion nothing flies. */
    press(&view, &timeline, 'R');
    press(&view, &timeline, KEY_CODE_PAGE_DOWN);
    assert_false(view.flying);
    timeline_release(&timeline);
}

/* The running clock of a call that waits: only live, and only at the end. */
static void test_clock(void **state)
{
    struct timeline timeline = timeline_from(hello_events, false);
    struct view view = view_of(100, 30);
    size_t all = timeline.records.count;

    (void)state;
    timeline.records.count = 20;
    timeline.beats.count = 10;
    view.recorded = false;
    view.following = true;
    view.position = timeline.records.count;
    view.clock_ns = HELLO_START_NS + 5 * NS_PER_S;
    assert_shows(&view, &timeline, "BLOCKED 5.00 s", true);
    view.following = false;
    assert_shows(&view, &timeline, "BLOCKED 5.00 s", false);
    timeline.records.count = all;
    timeline_release(&timeline);
}

/* --- seeking --- */

static void assert_same_picture(const struct picture *left, const struct picture *right)
{
    assert_int_equal(left->position, right->position);
    assert_int_equal(left->in_flight, right->in_flight);
    assert_int_equal(left->lanes.count, right->lanes.count);
    for (size_t i = 0; i < left->lanes.count; i++) {
        assert_int_equal(left->lanes.items[i].calls.count, right->lanes.items[i].calls.count);
        assert_int_equal(left->lanes.items[i].main_endpoint, right->lanes.items[i].main_endpoint);
        for (size_t k = 0; k < left->lanes.items[i].calls.count; k++)
            assert_int_equal(left->lanes.items[i].calls.items[k].exit,
                             right->lanes.items[i].calls.items[k].exit);
    }
    assert_int_equal(left->endpoints.count, right->endpoints.count);
    if (left->endpoints.count > 0)
        assert_memory_equal(left->endpoints.items, right->endpoints.items,
                            left->endpoints.count * sizeof *left->endpoints.items);
    assert_int_equal(left->packets.count, right->packets.count);
    for (size_t i = 0; i < left->packets.count; i++) {
        assert_int_equal(left->packets.items[i].delivered, right->packets.items[i].delivered);
        assert_int_equal(left->packets.items[i].dropped, right->packets.items[i].dropped);
        assert_int_equal(left->packets.items[i].held, right->packets.items[i].held);
    }
    assert_int_equal(left->steps.count, right->steps.count);
    assert_int_equal(left->flows.count, right->flows.count);
}

/* The same conversation over and over, thousands of records long: there and back by snapshots is the same as
 * from the beginning. */
static void test_seek(void **state)
{
    const unsigned seed = 2026;
    struct timeline timeline = {.info = hello_session()};
    struct model *model = model_new();
    struct picture jumping = {0};

    (void)state;
    for (int i = 0; i < 150; i++) {
        struct event *events;
        size_t count = hello_events(&events);
        change_list changes = {0};

        for (size_t k = 0; k < count; k++) {
            changes.count = 0;
            events[k].packet.id += events[k].kind <= EVENT_PACKET_HELD && events[k].kind >= EVENT_PACKET_SENT
                                       ? (uint64_t)i * 100
                                       : 0;
            model_apply(model, &events[k], &changes);
            timeline_append(&timeline, &events[k], changes.items, changes.count);
        }
        array_release(&changes);
        hello_free(events, count);
    }
    assert_true(timeline.records.count > 8000);
    print_message("seed %u\n", seed);
    srand(seed);
    for (int i = 0; i < 200; i++) {
        struct picture fresh = {0};
        size_t position = (size_t)rand() % (timeline.records.count + 1);

        picture_seek(&jumping, &timeline, position);
        picture_seek(&fresh, &timeline, position);
        assert_same_picture(&jumping, &fresh);
        picture_release(&fresh);
    }
    picture_release(&jumping);
    model_free(model);
    timeline_release(&timeline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_captions),
        cmocka_unit_test(test_caption_in_the_record),
        cmocka_unit_test(test_predict),
        cmocka_unit_test(test_outcome_is_hidden),
        cmocka_unit_test(test_question_of_the_record),
        cmocka_unit_test(test_without_questions),
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_jumps),
        cmocka_unit_test(test_freeze),
        cmocka_unit_test(test_mouse),
        cmocka_unit_test(test_flight),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_seek),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

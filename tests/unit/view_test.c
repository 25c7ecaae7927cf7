/* The screen over whole conversations: how keys move, and goldens of what is seen. */
#include "tests/support/cmocka_all.h"

#include "tests/unit/screen.h"

/* --- goldens --- */

static void test_hello_screens(void **state)
{
    static const struct {
        int columns, rows;
        uint32_t beats[8];
    } sizes[] = {
        {80, 24, {1, 5, 9, 10, 11, 18, 24, 27}},
        {100, 30, {10, 24}},
        {120, 40, {10, 27}},
        {200, 60, {24}},
    };
    struct timeline timeline = timeline_from(hello_events, true);

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int k = 0; k < 8 && sizes[i].beats[k] != 0; k++) {
            struct view view = view_of(sizes[i].columns, sizes[i].rows);
            char name[32];

            go_to_beat(&view, &timeline, sizes[i].beats[k]);
            snprintf(name, sizeof name, "hello-%02u", sizes[i].beats[k]);
            assert_screen(name, &view, &timeline);
            view.ascii = true;
            assert_screen(name, &view, &timeline);
        }
    }
    timeline_release(&timeline);
}

static void test_other_conversations(void **state)
{
    struct timeline lost = timeline_from(syn_lost_events, true), udp = timeline_from(udp_hello_events, true);
    struct timeline hello = timeline_from(hello_events, true);
    struct view view = view_of(80, 24);

    (void)state;
    view.position = lost.records.count;
    assert_screen("syn-lost-end", &view, &lost);
    view.checklist_count = 0;
    view.position = udp.records.count;
    assert_screen("udp-hello-end", &view, &udp);
    go_to_beat(&view, &hello, 20);
    assert_screen("hello-no-deck-20", &view, &hello);
    timeline_release(&lost);
    timeline_release(&udp);
    timeline_release(&hello);
}

/* The packets of a hello as a capture of somebody else's gives them: no hosts, no calls, each seen once. */
static size_t foreign_events(struct event **ret_events)
{
    size_t count = hello_events(ret_events), kept = 0;

    for (size_t i = 0; i < count; i++) {
        struct event *event = &(*ret_events)[i];

        if (event->kind != EVENT_PACKET_SENT) {
            event_release(event);
            continue;
        }
        memset(event->host, 0, sizeof event->host);
        memset(event->packet.to, 0, sizeof event->packet.to);
        event->packet.delay_ns = 0;
        (*ret_events)[kept++] = *event;
    }
    return kept;
}

static void test_foreign_capture(void **state)
{
    struct timeline timeline = timeline_from(foreign_events, true);
    struct view view = view_of(80, 24);

    (void)state;
    timeline.info = (struct session_info){.start_ns = HELLO_START_NS};
    view.number = NULL;
    view.name = "capture.pcap";
    view.checklist_count = 0;
    view.position = timeline.records.count;
    assert_screen("foreign-end", &view, &timeline);
    timeline_release(&timeline);
}

static void test_overlays_and_edges(void **state)
{
    struct timeline timeline = timeline_from(hello_events, false), empty = {.info = hello_session()};
    struct view view = view_of(80, 24);
    struct view small = view_of(60, 15);

    (void)state;
    view.recorded = false;
    view.running = true;
    go_to_beat(&view, &timeline, 10);
    view.overlay = OVERLAY_HELP;
    assert_screen("help", &view, &timeline);
    view.overlay = OVERLAY_QUIT;
    assert_screen("quit", &view, &timeline);
    view.overlay = OVERLAY_NONE;
    view.following = true;
    view.position = timeline.records.count;
    assert_screen("live", &view, &timeline);
    view.position = 0;
    assert_screen("empty", &view, &empty);
    assert_screen("too-small", &small, &timeline);
    timeline_release(&timeline);
}

/* Which cells have which role: the one highlight, the colours of packets and lanes. */
static void test_roles(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct view view = view_of(80, 24);
    struct buf text;

    (void)state;
    go_to_beat(&view, &timeline, 10);
    text = screen_text(&view, &timeline, frame_roles_to_text);
    assert_golden("frame/hello-10-80x24-roles.txt", buf_text(&text));
    buf_release(&text);
    timeline_release(&timeline);
}

/* --- drawing --- */

static void test_columns_of_the_design(void **state)
{
    struct layout layout = layout_of(80, 24);

    (void)state;
    assert_int_equal(layout.lane_columns[0], 23);
    assert_int_equal(layout.wire_columns, 32);
    assert_int_equal(layout.lane_columns[1], 23);
    assert_int_equal(layout.body_rows, 15);
    assert_int_equal(layout.caption_rows, 3);
    layout = layout_of(100, 30);
    assert_int_equal(layout.lane_columns[0], 28);
    assert_int_equal(layout.wire_columns, 42);
    assert_int_equal(layout.lane_columns[1], 28);
    assert_int_equal(layout.caption_rows, 4);
    layout = layout_of(120, 40);
    assert_int_equal(layout.lane_columns[0], 37);
    assert_int_equal(layout.wire_columns, 46);
    assert_int_equal(layout.lane_columns[1], 35);
}

static bool is_allowed(uint32_t code)
{
    static const char allowed[] =
        "\u2500\u2502\u250c\u2510\u2514\u2518\u251c\u2524\u252c\u2534\u253c\u256d\u256e\u256f"
        "\u2570\u2550\u2551\u2554\u2557\u255a\u255d\u25ba\u25c4\u25b2\u25bc\u25cf\u25cb\u25c9"
        "\u2713\u2717\u00b7\u2588\u2591\u2504\u2506\u2503";
    const char *text = allowed;
    uint32_t one;

    while ((one = utf8_next(&text)) != 0)
        if (one == code)
            return true;
    return code < 0x80;
}

/* At every moment and many sizes: rows are whole, only narrow glyphs that have a stand-in are used, at most
 * one thing is highlighted beside the dot on the timeline, and the cached picture makes no difference. */
static void test_every_moment(void **state)
{
    static const int sizes[][2] = {{80, 24},  {81, 25},  {99, 29},  {100, 30},
                                   {119, 41}, {120, 40}, {160, 24}, {250, 80}};
    struct timeline timeline = timeline_from(hello_events, true);
    struct picture cache = {0};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct view view = view_of(sizes[i][0], sizes[i][1]);
        struct frame frame, again;

        frame_init(&frame, view.columns, view.rows);
        frame_init(&again, view.columns, view.rows);
        for (size_t position = timeline.records.count + 1; position-- > 0;) {
            int runs = 0;

            view.position = position;
            view.picture = NULL;
            draw(&view, &timeline, &frame);
            assert_rows(&frame);
            view.picture = &cache;
            draw(&view, &timeline, &again);
            for (int cell = 0; cell < view.columns * view.rows; cell++) {
                assert_true(is_allowed(frame.cells[cell].code));
                assert_int_equal(frame.cells[cell].code, again.cells[cell].code);
                assert_int_equal(frame.cells[cell].role, again.cells[cell].role);
                runs += frame.cells[cell].role == ROLE_NOW &&
                        (cell == 0 || frame.cells[cell - 1].role != ROLE_NOW);
            }
            assert_in_range(runs, 0, 2);
        }
        frame_release(&frame);
        frame_release(&again);
    }
    picture_release(&cache);
    timeline_release(&timeline);
}

static void test_resize_storm(void **state)
{
    const unsigned seed = 4711;
    struct timeline timeline = timeline_from(hello_events, true);

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (int i = 0; i < 200; i++) {
        struct view view = view_of(1 + rand() % 250, 1 + rand() % 80);
        struct buf text;

        view.position = (size_t)rand() % (timeline.records.count + 1);
        view.overlay = (enum overlay)(rand() % 3);
        view.ascii = rand() % 2;
        text = screen_text(&view, &timeline, frame_to_text);
        buf_release(&text);
    }
    timeline_release(&timeline);
}

/* More beats than columns. */
static void test_many_beats(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct view view = view_of(80, 24);
    struct buf text;

    (void)state;
    for (uint32_t beat = 28; beat <= 1000; beat++) {
        struct event event = {.kind = EVENT_MARK, .time_ns = HELLO_START_NS + beat * NS_PER_S};

        event.context.beat = beat;
        timeline_append(&timeline, &event, NULL, 0);
    }
    for (size_t position = 0; position <= timeline.records.count; position += 100) {
        view.position = position;
        text = screen_text(&view, &timeline, frame_to_text);
        assert_int_equal(strstr(buf_text(&text), "\u25c9") != NULL, position > 0);
        buf_release(&text);
    }
    timeline_release(&timeline);
}

/* --- moving --- */

static void assert_at(const struct view *view, const struct timeline *timeline, uint32_t beat, bool whole)
{
    size_t first, end;

    assert_int_equal(view_beat(view, timeline), beat);
    timeline_beat_range(timeline, beat, &first, &end);
    assert_int_equal(view->position == end, whole);
}

static void test_beats_and_events(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct view view = view_of(80, 24);
    uint32_t last = timeline_beat_count(&timeline);

    (void)state;
    press(&view, &timeline, KEY_CODE_PAGE_UP);
    assert_int_equal(view.position, 0);
    for (uint32_t beat = 1; beat <= last; beat++) {
        press(&view, &timeline, KEY_CODE_PAGE_DOWN);
        assert_at(&view, &timeline, beat, true);
    }
    press(&view, &timeline, 'n');
    assert_at(&view, &timeline, last, true);
    press(&view, &timeline, 'N');
    assert_at(&view, &timeline, last - 1, true);
    /* In the middle of a beat: forward completes it, back leaves it. */
    go_to_beat(&view, &timeline, 9);
    press(&view, &timeline, KEY_CODE_RIGHT);
    assert_at(&view, &timeline, 10, false);
    press(&view, &timeline, 'j');
    assert_at(&view, &timeline, 10, true);
    press(&view, &timeline, KEY_CODE_LEFT);
    assert_at(&view, &timeline, 10, false);
    press(&view, &timeline, 'k');
    assert_at(&view, &timeline, 9, true);
    press(&view, &timeline, 'G');
    assert_int_equal(view.position, timeline.records.count);
    press(&view, &timeline, 'l');
    assert_int_equal(view.position, timeline.records.count);
    press(&view, &timeline, KEY_CODE_HOME);
    assert_int_equal(view.position, 0);
    press(&view, &timeline, 'h');
    assert_int_equal(view.position, 0);
    timeline_release(&timeline);
}

static void assert_words(const struct view *view, const struct timeline *timeline, const char *source,
                         const char *mode)
{
    assert_string_equal(view_source_word(view, timeline), source);
    assert_string_equal(view_mode_word(view, timeline), mode);
}

static void test_live_and_recorded(void **state)
{
    struct timeline timeline = timeline_from(hello_events, false);
    struct view view = view_of(80, 24);

    (void)state;
    view.recorded = false;
    view.running = view.following = true;
    view_grow(&view, &timeline);
    assert_int_equal(view.position, timeline.records.count);
    assert_words(&view, &timeline, "LIVE", "");
    press(&view, &timeline, KEY_CODE_PAGE_UP);
    assert_words(&view, &timeline, "PAUSED VIEW", "");
    view_grow(&view, &timeline);
    assert_true(view.position < timeline.records.count);
    press(&view, &timeline, ' ');
    assert_words(&view, &timeline, "REPLAY", "");
    press(&view, &timeline, KEY_CODE_END);
    assert_words(&view, &timeline, "LIVE", "");
    press(&view, &timeline, ' ');
    assert_words(&view, &timeline, "PAUSED VIEW", "");
    press(&view, &timeline, ' ');
    assert_words(&view, &timeline, "LIVE", "");
    /* It is over: from now on a recording. */
    timeline.complete = true;
    view_grow(&view, &timeline);
    assert_words(&view, &timeline, "RECORDED", "PAUSED");
    assert_false(view.running || view.following);
    press(&view, &timeline, KEY_CODE_HOME);
    press(&view, &timeline, ' ');
    assert_words(&view, &timeline, "RECORDED", "PLAYING");
    /* A recording that is still being read. */
    timeline.complete = false;
    view.recorded = true;
    view.following = true;
    assert_words(&view, &timeline, "RECORDED", "PLAYING");
    timeline_release(&timeline);
}

static void test_start_at_the_first_beat(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct view view = view_of(80, 24);

    (void)state;
    view.at_first_beat = true;
    view_grow(&view, &timeline);
    assert_at(&view, &timeline, 1, true);
    press(&view, &timeline, KEY_CODE_PAGE_DOWN);
    view_grow(&view, &timeline);
    assert_at(&view, &timeline, 2, true);
    timeline_release(&timeline);
}

static void test_play(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct view view = view_of(80, 24);
    int64_t now = 5 * NS_PER_S;

    (void)state;
    go_to_beat(&view, &timeline, 3);
    view_act(&view, &timeline, ACTION_PLAY, now);
    assert_true(view.playing);
    assert_at(&view, &timeline, 4, true);
    assert_false(view_tick(&view, &timeline, now + NS_PER_S - 1));
    assert_true(view_tick(&view, &timeline, now + NS_PER_S));
    assert_at(&view, &timeline, 5, true);
    /* Twice as fast from the next beat on; a moving key stops. */
    press(&view, &timeline, '>');
    assert_true(view_tick(&view, &timeline, now + 2 * NS_PER_S));
    assert_true(view_tick(&view, &timeline, now + 2 * NS_PER_S + NS_PER_S / 2));
    assert_at(&view, &timeline, 7, true);
    press(&view, &timeline, KEY_CODE_PAGE_UP);
    assert_false(view.playing);
    assert_false(view_tick(&view, &timeline, now + 100 * NS_PER_S));
    /* To the end, and there it stops. */
    press(&view, &timeline, ' ');
    for (int i = 0; i < 100 && view.playing; i++)
        view_tick(&view, &timeline, now += 100 * NS_PER_S);
    assert_false(view.playing);
    assert_int_equal(view.position, timeline.records.count);
    timeline_release(&timeline);
}

static void test_motion(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct view view = view_of(80, 24);
    size_t first, end;

    (void)state;
    view.motion = true;
    go_to_beat(&view, &timeline, 9);
    timeline_beat_range(&timeline, 10, &first, &end);
    view_act(&view, &timeline, ACTION_PLAY, 0);
    for (size_t i = 1; i < end - first; i++) {
        assert_int_equal(view.position, first + i);
        view_tick(&view, &timeline, view.next_due_ns);
    }
    assert_at(&view, &timeline, 10, true);
    assert_in_range(view.next_due_ns, NS_PER_S / 2, NS_PER_S);
    /* A key in mid-beat completes it. */
    view_tick(&view, &timeline, view.next_due_ns);
    assert_at(&view, &timeline, 11, false);
    press(&view, &timeline, KEY_CODE_PAGE_DOWN);
    assert_at(&view, &timeline, 11, true);
    assert_false(view.playing);
    timeline_release(&timeline);
}

static void test_speed(void **state)
{
    struct timeline timeline = {0};
    struct view view = view_of(80, 24);

    (void)state;
    for (int i = 0; i < 20; i++)
        press(&view, &timeline, '<');
    assert_float_equal(view_speed(&view), 0.25, 1e-9);
    for (int i = 0; i < 20; i++)
        press(&view, &timeline, '>');
    assert_float_equal(view_speed(&view), 8, 1e-9);
    press(&view, &timeline, '=');
    assert_float_equal(view_speed(&view), 1, 1e-9);
}

static void test_quitting(void **state)
{
    struct timeline timeline = {0};
    struct view view = view_of(80, 24);

    (void)state;
    assert_int_equal(view_key(&view, &timeline, 'q', 0), CONSEQUENCE_QUIT);
    view.running = true;
    press(&view, &timeline, 'q');
    assert_int_equal(view.overlay, OVERLAY_QUIT);
    press(&view, &timeline, KEY_CODE_ESCAPE);
    assert_int_equal(view.overlay, OVERLAY_NONE);
    press(&view, &timeline, 'q');
    assert_int_equal(view_key(&view, &timeline, 'q', 0), CONSEQUENCE_QUIT);
    /* ^C twice in a row, whatever is open. */
    press(&view, &timeline, '?');
    press(&view, &timeline, 3);
    assert_int_equal(view_key(&view, &timeline, 3, 0), CONSEQUENCE_QUIT);
    view.interrupted = false;
    press(&view, &timeline, 3);
    press(&view, &timeline, ' ');
    press(&view, &timeline, 3);
    /* Esc never quits. */
    press(&view, &timeline, KEY_CODE_ESCAPE);
    press(&view, &timeline, KEY_CODE_ESCAPE);
}

static void test_help_closes_with_any_key(void **state)
{
    static const uint32_t keys[] = {'q', 'x', ' ', KEY_CODE_PAGE_DOWN, KEY_CODE_UNKNOWN, KEY_CODE_ESCAPE,
                                    '?'};
    struct timeline timeline = timeline_from(hello_events, true);

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct view view = view_of(80, 24);

        press(&view, &timeline, KEY_CODE_F1);
        assert_int_equal(view.overlay, OVERLAY_HELP);
        press(&view, &timeline, keys[i]);
        assert_int_equal(view.overlay, OVERLAY_NONE);
        assert_int_equal(view.position, 0);
    }
    timeline_release(&timeline);
}

static uint32_t beat_of_last(const struct timeline *timeline, size_t count)
{
    return timeline->records.items[count - 1].event.context.beat;
}

/* Any keys in any order, while the timeline grows: the position stays on it, and LIVE is said only at its
 * live end. */
static void test_random_keys(void **state)
{
    const unsigned seed = 815;
    struct timeline timeline = timeline_from(hello_events, false);
    struct view view = view_of(80, 24);
    size_t all = timeline.records.count;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    view.recorded = false;
    view.following = view.running = view.motion = true;
    timeline.records.count = timeline.beats.count = 1;
    for (int i = 0; i < 20000; i++) {
        view_act(&view, &timeline, (enum action)(rand() % ACTION_COUNT), i * NS_PER_MS * 100);
        if (rand() % 50 == 0 && timeline.records.count < all)
            timeline.beats.count = beat_of_last(&timeline, ++timeline.records.count);
        timeline.complete = i > 15000;
        view_grow(&view, &timeline);
        view_tick(&view, &timeline, i * NS_PER_MS * 100);
        assert_in_range(view.position, 0, timeline.records.count);
        if (strcmp(view_source_word(&view, &timeline), "LIVE") == 0)
            assert_true(!timeline.complete && view.position == timeline.records.count);
    }
    timeline.records.count = all;
    timeline_release(&timeline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello_screens),
        cmocka_unit_test(test_other_conversations),
        cmocka_unit_test(test_foreign_capture),
        cmocka_unit_test(test_overlays_and_edges),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_columns_of_the_design),
        cmocka_unit_test(test_every_moment),
        cmocka_unit_test(test_resize_storm),
        cmocka_unit_test(test_many_beats),
        cmocka_unit_test(test_beats_and_events),
        cmocka_unit_test(test_live_and_recorded),
        cmocka_unit_test(test_start_at_the_first_beat),
        cmocka_unit_test(test_play),
        cmocka_unit_test(test_motion),
        cmocka_unit_test(test_speed),
        cmocka_unit_test(test_quitting),
        cmocka_unit_test(test_help_closes_with_any_key),
        cmocka_unit_test(test_random_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

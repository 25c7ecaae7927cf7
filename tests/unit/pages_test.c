/* The pages at all sizes, what is chosen on them, and their help: goldens, and how keys change them. */
#include "tests/unit/screen.h"

/* The text of the programs, as the app would have read it: made up, with as many lines as the calls name. */
static const char *program_text(void)
{
    static struct buf text;

    for (int line = text.length == 0 ? 1 : 61; line <= 60; line++)
        buf_printf(&text, "    line_%d(sockfd, buffer, sizeof buffer);\n", line);
    return buf_text(&text);
}

static void assert_pages(const char *name, struct timeline *timeline, uint32_t beat)
{
    static const int sizes[][2] = {{80, 24}, {100, 30}, {120, 40}, {200, 60}};
    const struct tui_source sources[] = {
        {"client", beat == 0 ? "datagram_client.c" : "stream_client.c", program_text()},
        {"server", beat == 0 ? "datagram_server.c" : "stream_server.c", program_text()},
    };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int page = PAGE_LADDER; page < PAGE_COUNT; page++) {
            struct view view = view_of(sizes[i][0], sizes[i][1]);
            char full[48];

            view.page = (enum page)page;
            view.sources = sources;
            view.source_count = 2;
            view.position = timeline->records.count;
            if (beat > 0)
                go_to_beat(&view, timeline, beat);
            snprintf(full, sizeof full, "%s-%s", page_name((enum page)page), name);
            assert_screen(full, &view, timeline);
            view.ascii = true;
            assert_screen(full, &view, timeline);
        }
    }
}

static void test_pages(void **state)
{
    struct timeline hello = timeline_from(hello_events, true), udp = timeline_from(udp_hello_events, true);
    struct timeline lost = timeline_from(syn_lost_events, true);

    (void)state;
    assert_pages("hello-10", &hello, 10);
    assert_pages("hello-24", &hello, 24);
    assert_pages("syn-lost-11", &lost, 11);
    assert_pages("udp-end", &udp, 0);
    timeline_release(&hello);
    timeline_release(&udp);
    timeline_release(&lost);
}

/* Tab goes round; the key of a page opens it and goes back; Enter chooses a field. */
static void test_page_keys(void **state)
{
    static const struct {
        uint32_t key;
        enum page page;
    } pages[] = {{'s', PAGE_STATES}, {'t', PAGE_SOCKETS}, {'v', PAGE_CALLS},
                 {'u', PAGE_SOURCE}, {'d', PAGE_BYTES},   {'w', PAGE_FLOWS}};
    struct timeline timeline = timeline_from(hello_events, true);
    struct view view = view_of(80, 24);

    (void)state;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        press(&view, &timeline, pages[i].key);
        assert_int_equal(view.page, pages[i].page);
        press(&view, &timeline, pages[i].key);
        assert_int_equal(view.page, PAGE_LADDER);
    }
    for (int i = 1; i <= PAGE_COUNT; i++) {
        press(&view, &timeline, KEY_CODE_TAB);
        assert_int_equal(view.page, i % PAGE_COUNT);
    }
    timeline_release(&timeline);
}

static void test_packets_and_fields(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct view view = view_of(80, 24);

    (void)state;
    view.position = timeline.records.count;
    press(&view, &timeline, 'd');
    assert_shows(&view, &timeline, "ACK seq=7 ack=11", true);
    for (int i = 0; i < 20; i++)
        press(&view, &timeline, KEY_CODE_UP);
    assert_shows(&view, &timeline, "SYN seq=0", true);
    assert_shows(&view, &timeline, "flags: SYN: asks for a connection.", true);
    press(&view, &timeline, KEY_CODE_ENTER);
    assert_shows(&view, &timeline, "window: it has room for 64240 more bytes.", true);
    press(&view, &timeline, KEY_CODE_BACKSPACE);
    press(&view, &timeline, KEY_CODE_BACKSPACE);
    assert_shows(&view, &timeline, "header length: with its options.", true);
    for (int i = 0; i < 100; i++)
        press(&view, &timeline, KEY_CODE_ENTER);
    press(&view, &timeline, KEY_CODE_DOWN);
    assert_shows(&view, &timeline, "SYN,ACK seq=0 ack=1", true);
    timeline_release(&timeline);
}

/* What is cut short is shown as far as it goes. */
static void test_short_packets(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct view view = view_of(120, 40);

    (void)state;
    view.position = timeline.records.count;
    view.page = PAGE_BYTES;
    for (uint32_t bytes = 80; bytes-- > 0;) {
        array_each (struct record, record, &timeline.records) {
            uint8_t *flush;

            if (record->event.kind != EVENT_PACKET_SENT || record->event.data_bytes <= bytes)
                continue;
            flush = malloc(bytes > 0 ? bytes : 1);
            assert_non_null(flush);
            memcpy(flush, record->event.data, bytes);
            free(record->event.data);
            record->event.data = flush;
            record->event.data_bytes = bytes;
        }
        for (view.selected = 1; view.selected < timeline.records.count; view.selected += 7) {
            struct buf text = screen_text(&view, &timeline, frame_to_text);

            buf_release(&text);
        }
    }
    timeline_release(&timeline);
}

/* Two conversations at once; one is chosen. */
static size_t two_flows(struct event **ret_events)
{
    struct event *other;
    size_t count = hello_events(ret_events), more = udp_hello_events(&other), kept = 0;

    *ret_events = realloc(*ret_events, (count + more) * sizeof **ret_events);
    assert_non_null(*ret_events);
    memcpy(*ret_events + count, other, more * sizeof *other);
    free(other);
    for (size_t i = 0; i < count + more; i++) {
        struct event *event = &(*ret_events)[i];

        if (event->kind != EVENT_PACKET_SENT) {
            event_release(event);
            continue;
        }
        memset(event->host, 0, sizeof event->host);
        memset(event->packet.to, 0, sizeof event->packet.to);
        event->packet.delay_ns = 0;
        event->packet.id = kept + 1;
        (*ret_events)[kept++] = *event;
    }
    return kept;
}

static void test_flows(void **state)
{
    struct timeline timeline = timeline_from(two_flows, true);
    struct view view = view_of(80, 24);

    (void)state;
    timeline.info = (struct session_info){.start_ns = HELLO_START_NS};
    view.number = NULL;
    view.name = "capture.pcap";
    view.checklist_count = 0;
    view.position = timeline.records.count;
    press(&view, &timeline, 'w');
    assert_screen("flows-two", &view, &timeline);
    press(&view, &timeline, KEY_CODE_DOWN);
    press(&view, &timeline, KEY_CODE_DOWN);
    press(&view, &timeline, KEY_CODE_ENTER);
    assert_int_equal(view.page, PAGE_LADDER);
    assert_shows(&view, &timeline, "UDP 3", true);
    assert_shows(&view, &timeline, "SYN", false);
    press(&view, &timeline, 'w');
    press(&view, &timeline, KEY_CODE_UP);
    press(&view, &timeline, KEY_CODE_ENTER);
    assert_shows(&view, &timeline, "data 5", true);
    assert_shows(&view, &timeline, "UDP 3", false);
    press(&view, &timeline, 'w');
    press(&view, &timeline, KEY_CODE_BACKSPACE);
    press(&view, &timeline, 'w');
    assert_shows(&view, &timeline, "UDP 3", true);
    timeline_release(&timeline);
}

static void test_maximise_and_caption(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);
    struct view view = view_of(80, 24);

    (void)state;
    go_to_beat(&view, &timeline, 18);
    press(&view, &timeline, 'z');
    assert_screen("hello-wire-alone-18", &view, &timeline);
    press(&view, &timeline, 'z');
    assert_shows(&view, &timeline, "ESTABLISHED", true);
    press(&view, &timeline, 'c');
    assert_screen("hello-caption-line-18", &view, &timeline);
    press(&view, &timeline, 'c');
    assert_screen("hello-caption-off-18", &view, &timeline);
    press(&view, &timeline, 'c');
    assert_int_equal(view.caption_size, CAPTION_FULL);
    press(&view, &timeline, 't');
    press(&view, &timeline, 'z');
    assert_shows(&view, &timeline, "server kernel sends", false);
    timeline_release(&timeline);
}

static void test_help_screens(void **state)
{
    struct timeline timeline = timeline_from(hello_events, true);

    (void)state;
    for (int page = 0; page < PAGE_COUNT; page++) {
        struct view view = view_of(80, 24);
        char name[32];

        view.page = (enum page)page;
        view.overlay = OVERLAY_HELP;
        snprintf(name, sizeof name, "help-%s", page_name((enum page)page));
        assert_screen(name, &view, &timeline);
        view.columns = 120;
        view.rows = 60;
        assert_screen(name, &view, &timeline);
    }
    timeline_release(&timeline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_page_keys),
        cmocka_unit_test(test_packets_and_fields),
        cmocka_unit_test(test_short_packets),
        cmocka_unit_test(test_flows),
        cmocka_unit_test(test_maximise_and_caption),
        cmocka_unit_test(test_help_screens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

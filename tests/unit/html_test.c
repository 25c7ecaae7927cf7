#include "tests/support/cmocka_all.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "event/sentence.h"
#include "export/export.h"
#include "export/html_text.h"
#include "model/model.h"
#include "tests/support/golden.h"
#include "tests/support/hello.h"
#include "tests/support/packet_builder.h"

typedef size_t events_of(struct event **ret_events);

/* --- recordings --- */

static void apply(struct timeline *timeline, struct model *model, struct event *event)
{
    change_list changes = {0};
    model_apply(model, event, &changes);
    timeline_append(timeline, event, changes.items, changes.count);
    array_release(&changes);
}

static struct timeline timeline_of(events_of *play, const char *name)
{
    struct event *events;
    size_t count = play(&events);
    struct model *model = model_new();
    struct timeline timeline = {.info = hello_session()};
    snprintf(timeline.info.scenario, sizeof timeline.info.scenario, "%s", name);
    for (size_t i = 0; i < count; i++)
        apply(&timeline, model, &events[i]);
    model_free(model);
    hello_free(events, count);
    return timeline;
}

static struct event note(enum event_kind kind, const char *text, size_t count)
{
    struct event event = {.kind = (uint8_t)kind, .time_ns = HELLO_START_NS + 20 * NS_PER_MS};
    event.order_ns = event.time_ns;
    event_set_data(&event, text, count);
    return event;
}

#define QUESTION_TEXT                                                                                        \
    "Which returns first?\na) accept()\nb) connect()\nc) both\nanswer: b\nwhy: The SYN,ACK lets connect() "  \
    "return."

/* tcp-hello, with a caption and a question before the SYN. */
static struct timeline asked_timeline(void)
{
    struct event *events;
    size_t count = hello_events(&events);
    struct model *model = model_new();
    struct timeline timeline = {.info = hello_session()};
    for (size_t i = 0; i < count; i++) {
        if (events[i].kind == EVENT_PACKET_SENT && events[i].packet.id == 1) {
            struct event caption = note(EVENT_CAPTION, "Now comes the first of three.", 29);
            struct event question = note(EVENT_QUESTION, QUESTION_TEXT, strlen(QUESTION_TEXT));
            apply(&timeline, model, &caption);
            apply(&timeline, model, &question);
        }
        apply(&timeline, model, &events[i]);
    }
    model_free(model);
    hello_free(events, count);
    return timeline;
}

/* What no text may do: end the script, begin a tag, turn the direction, be no UTF-8. */
static const char hostile[] =
    "</script><script>document.title='broken'</script><!--\"'&<img src=x onerror=alert(1)>"
    "\x01\x1b[31m\x7f\xff\xfe\xc0\xaf \xe2\x80\xae gnp.exe \xe2\x80\xa8 \xf0\x9f\x90\xb1 ]]>";

#define HOSTILE_BYTES (10u << 20)

static void put_hostile_names(struct session_info *info)
{
    snprintf(info->scenario, sizeof info->scenario, "</title><script>%s", "x()</script>");
    snprintf(info->title, sizeof info->title,
             "</h1><script>document.title='broken'</script>\xe2\x80\xae\xff");
    snprintf(info->kernel, sizeof info->kernel, "\"><img src=x onerror=alert(1)>");
    snprintf(info->tool, sizeof info->tool, "\"><script>alert(1)</script>");
    snprintf(info->note, sizeof info->note, "</dd></dl><script>alert(2)</script>");
    snprintf(info->sysctls, sizeof info->sysctls, "a=<b>\x1b[0m");
}

static struct timeline hostile_timeline(size_t bytes)
{
    struct event *events;
    size_t count = hello_events(&events), length = sizeof hostile - 1;
    struct model *model = model_new();
    struct timeline timeline = {.info = hello_session()};
    char *flood = malloc(bytes);
    assert_non_null(flood);
    for (size_t i = 0; i < bytes; i++)
        flood[i] = hostile[i % length];
    put_hostile_names(&timeline.info);
    for (size_t i = 0; i < count; i++) {
        struct event *event = &events[i];
        if (event->kind == EVENT_PROCESS)
            snprintf(event->process.program, sizeof event->process.program, "</script><b>\xe2\x80\xae\xff");
        if (event->kind == EVENT_CALL_ENTER || event->kind == EVENT_CALL_EXIT)
            snprintf(event->call.file, sizeof event->call.file, "</p><script>x</script>\".c");
        if (event->kind == EVENT_CALL_ENTER && event->call.has_payload)
            event_set_data(event, hostile, length);
        apply(&timeline, model, event);
    }
    struct event output = note(EVENT_OUTPUT, flood, bytes), caption = note(EVENT_CAPTION, hostile, length);
    struct event question = note(EVENT_QUESTION, hostile, length), mark = note(EVENT_MARK, hostile, length);
    apply(&timeline, model, &output);
    apply(&timeline, model, &caption);
    apply(&timeline, model, &question);
    apply(&timeline, model, &mark);
    free(flood);
    model_free(model);
    hello_free(events, count);
    return timeline;
}

/* A foreign capture: packets only, `flows` conversations of `segments` segments each. */
static struct timeline foreign_timeline(int flows, int segments)
{
    struct timeline timeline = {
        .info = {.tool = "sockstep test", .start_ns = HELLO_START_NS, .link = LINK_ETHERNET}};
    struct model *model = model_new();
    int64_t now_ns = HELLO_START_NS;
    uint64_t id = 0;
    for (int flow = 0; flow < flows; flow++) {
        struct address client = address_make("192.0.2.1", (uint16_t)(40000 + flow));
        struct address server = address_make("192.0.2.2", 80);
        for (int i = 0; i < segments; i++) {
            bool back = i == 1;
            struct packet_plan plan = {
                .source = back ? server : client,
                .destination = back ? client : server,
                .protocol = PROTOCOL_TCP,
                .tcp_flags = i == 0   ? TCP_SYN
                             : i == 1 ? TCP_SYN | TCP_ACK
                                      : TCP_ACK,
                .sequence = back     ? 9000
                            : i == 0 ? 1000
                                     : 1001 + 4 * (uint32_t)(i > 2 ? i - 3 : 0),
                .acknowledgment = back     ? 1001
                                  : i == 0 ? 0
                                           : 9001,
                .window = 500,
                .payload = "data",
                .payload_bytes = i > 2 ? 4 : 0,
            };
            struct frame frame;
            packet_build(&frame, &plan);
            struct event event = {.kind = EVENT_PACKET_SENT, .time_ns = now_ns, .order_ns = now_ns};
            event.packet.id = ++id;
            event.packet.link = LINK_ETHERNET;
            event_set_data(&event, frame.bytes, frame.count);
            assert_int_equal(
                packet_decode(LINK_ETHERNET, frame.bytes, frame.count, frame.count, &event.packet.packet), 0);
            apply(&timeline, model, &event);
            now_ns += 1000000;
        }
    }
    model_free(model);
    return timeline;
}

/* --- looking at pages --- */

static struct buf page_of(const struct timeline *timeline)
{
    struct buf page = {0};
    const struct export_format *format = export_find("html");
    assert_non_null(format);
    format->write(&page, timeline, &(struct export_options){0});
    assert_int_equal(strlen(buf_text(&page)), page.length);
    return page;
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        count++;
    return count;
}

/* The page without its style and its script, which are files of their own. */
static char *without_parts(const struct buf *page)
{
    struct buf rest = {0};
    const char *style = strstr(buf_text(page), "<style>"), *style_end = strstr(style, "</style>");
    const char *script = strstr(style_end, "\n<script>\n"), *script_end = strstr(script, "</script>");
    buf_add(&rest, buf_text(page), (size_t)(style + 7 - buf_text(page)));
    buf_add(&rest, style_end, (size_t)(script + 10 - style_end));
    buf_puts(&rest, script_end);
    return buf_detach(&rest);
}

static json_t *recording_of(const struct buf *page)
{
    const char *start = strstr(buf_text(page), "id=\"recording\">");
    assert_non_null(start);
    start = strchr(start, '\n');
    json_error_t error;
    json_t *recording =
        json_loadb(start, (size_t)(strstr(start, "</script>") - start), JSON_REJECT_DUPLICATES, &error);
    if (recording == NULL)
        fail_msg("the recording is no JSON: %s", error.text);
    return recording;
}

/* --- tests --- */

static void text_becomes_text(void **state)
{
    (void)state;
    static const struct {
        const char *in, *html, *json;
    } rows[] = {
        {"a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;", "\"a\\u003cb>&\\\"'\""},
        {"</script>", "&lt;/script&gt;", "\"\\u003c/script>\""},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xb1", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xb1",
         "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xb1\""},
        {"\x01\x1b\x7f", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xff\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xc2\x85", "\xef\xbf\xbd", "\"\xef\xbf\xbd\""},
        {"\xe2\x80\xaex", "[U+202E]x", "\"[U+202E]x\""},
        {"\xe2\x81\xa6", "[U+2066]", "\"[U+2066]\""},
        {"a\nb\\", "a\nb\\", "\"a\\nb\\\\\""},
        {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xe2\x80\xa8", "\xe2\x80\xa8", "\"\\u2028\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf html = {0}, json = {0};
        html_puts(&html, rows[i].in);
        html_json_puts(&json, rows[i].in);
        assert_string_equal(buf_text(&html), rows[i].html);
        assert_string_equal(buf_text(&json), rows[i].json);
        buf_release(&html);
        buf_release(&json);
    }
}

static void pages_are_as_before(void **state)
{
    (void)state;
    static const struct {
        events_of *play;
        const char *name;
    } plays[] = {{hello_events, "tcp-hello"}, {udp_hello_events, "udp-hello"}, {syn_lost_events, "syn-lost"}};
    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++) {
        struct timeline timeline = timeline_of(plays[i].play, plays[i].name);
        struct buf page = page_of(&timeline), again = page_of(&timeline), path = {0};
        assert_string_equal(buf_text(&page), buf_text(&again));
        assert_true(page.length < 300000);
        char *rest = without_parts(&page);
        buf_printf(&path, "html/%s.html", plays[i].name);
        assert_golden(buf_text(&path), rest);
        free(rest);
        buf_release(&path);
        buf_release(&page);
        buf_release(&again);
        timeline_release(&timeline);
    }
}

static void the_list_says_every_sentence(void **state)
{
    (void)state;
    struct timeline timeline = timeline_of(hello_events, "tcp-hello");
    struct buf page = page_of(&timeline);
    const char *at = strstr(buf_text(&page), "<ol class=\"steps\">");
    array_each (const struct record, record, &timeline.records) {
        struct buf sentence = {0}, escaped = {0};
        event_sentence(&sentence, &record->event, timeline_changes(&timeline, record), record->change_count);
        buf_putc(&escaped, '>');
        html_puts(&escaped, buf_text(&sentence));
        buf_puts(&escaped, "</p>");
        at = strstr(at, buf_text(&escaped));
        assert_non_null(at);
        buf_release(&sentence);
        buf_release(&escaped);
    }
    assert_int_equal(count_of(buf_text(&page), "<p class=\"e "), timeline.records.count);
    assert_int_equal(count_of(buf_text(&page), "<li id=\"step="), timeline_beat_count(&timeline));
    buf_release(&page);
    timeline_release(&timeline);
}

static void the_recording_is_json(void **state)
{
    (void)state;
    struct timeline timeline = timeline_of(hello_events, "tcp-hello");
    struct buf page = page_of(&timeline);
    json_t *recording = recording_of(&page), *events = json_object_get(recording, "events");
    assert_int_equal(json_array_size(events), timeline.records.count);
    for (size_t i = 0; i < timeline.records.count; i++) {
        const struct event *event = &timeline.records.items[i].event;
        json_t *told = json_array_get(events, i);
        assert_int_equal(json_integer_value(json_object_get(told, "q")), event->seq);
        assert_int_equal(json_integer_value(json_object_get(told, "t")),
                         event->time_ns - timeline.info.start_ns);
        assert_string_equal(json_string_value(json_object_get(told, "k")),
                            event_kind_name((enum event_kind)event->kind));
    }
    json_decref(recording);
    buf_release(&page);
    timeline_release(&timeline);
}

static void hostile_text_stays_text(void **state)
{
    (void)state;
    struct timeline timeline = hostile_timeline(100000);
    struct buf page = page_of(&timeline);
    assert_int_equal(count_of(buf_text(&page), "<script"), 2);
    assert_int_equal(count_of(buf_text(&page), "</script"), 2);
    assert_int_equal(count_of(buf_text(&page), "<img"), 0);
    assert_null(strstr(buf_text(&page), "\xe2\x80\xae"));
    assert_non_null(strstr(buf_text(&page), "[U+202E]"));
    for (size_t i = 0; i < page.length; i++)
        assert_true((unsigned char)page.text[i] >= 0x20 || page.text[i] == '\n' || page.text[i] == '\t');
    json_t *recording = recording_of(&page);
    json_decref(recording);
    buf_release(&page);
    timeline_release(&timeline);
}

static void long_output_is_cut(void **state)
{
    (void)state;
    struct timeline timeline = hostile_timeline(HOSTILE_BYTES);
    struct buf page = page_of(&timeline);
    assert_true(page.length < 400000);
    assert_non_null(strstr(buf_text(&page), "bytes more"));
    buf_release(&page);
    timeline_release(&timeline);
}

/* The answer is folded away in the list, and the question's own words are not in the events. */
static void questions_keep_their_answer(void **state)
{
    (void)state;
    struct timeline timeline = asked_timeline();
    struct buf page = page_of(&timeline);
    const char *list = strstr(buf_text(&page), "Question: Which returns first?");
    assert_non_null(list);
    assert_non_null(strstr(list, "<details><summary>Answer</summary><p>b. The SYN,ACK lets"));
    assert_null(strstr(buf_text(&page), "answer: b"));
    json_t *recording = recording_of(&page),
           *question = json_array_get(json_object_get(recording, "questions"), 0);
    size_t asked = 0, i;
    json_t *each;
    json_array_foreach (json_object_get(recording, "questions"), i, each)
        if (!json_boolean_value(json_object_get(each, "derived"))) {
            asked++;
            question = each;
        }
    assert_int_equal(asked, 1);
    assert_string_equal(json_string_value(json_object_get(question, "ask")), "Which returns first?");
    assert_int_equal(json_integer_value(json_object_get(question, "answer")), 1);
    assert_int_equal(json_array_size(json_object_get(question, "choices")), 3);
    json_decref(recording);
    buf_release(&page);
    timeline_release(&timeline);
}

static void an_empty_recording_is_a_page(void **state)
{
    (void)state;
    struct timeline timeline = {.info = hello_session()};
    struct buf page = page_of(&timeline);
    json_t *recording = recording_of(&page);
    assert_int_equal(json_array_size(json_object_get(recording, "events")), 0);
    assert_non_null(strstr(buf_text(&page), "0 events in 0 steps"));
    json_decref(recording);
    buf_release(&page);
    timeline_release(&timeline);
}

static void a_capture_says_that_states_are_inferred(void **state)
{
    (void)state;
    struct timeline timeline = foreign_timeline(2, 5);
    struct buf page = page_of(&timeline);
    assert_non_null(strstr(buf_text(&page), "all states are inferred"));
    assert_null(strstr(buf_text(&page), "real run"));
    assert_true(export_find("html")->hides_foreign_payload);
    buf_release(&page);
    timeline_release(&timeline);
}

/* For tests/e2e/html_test.sh: pages that the browser opens. */
static void write_page(const char *folder, const char *name, struct timeline timeline)
{
    struct buf page = page_of(&timeline), path = {0};
    buf_printf(&path, "%s/%s.html", folder, name);
    FILE *file = fopen(buf_text(&path), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(page.text, 1, page.length, file), page.length);
    assert_int_equal(fclose(file), 0);
    buf_release(&path);
    buf_release(&page);
    timeline_release(&timeline);
}

static void pages_for_the_browser(void **state)
{
    (void)state;
    const char *folder = getenv("HTML_PAGES");
    if (folder == NULL)
        return;
    write_page(folder, "tcp-hello", timeline_of(hello_events, "tcp-hello"));
    write_page(folder, "syn-lost", timeline_of(syn_lost_events, "syn-lost"));
    write_page(folder, "udp-hello", timeline_of(udp_hello_events, "udp-hello"));
    write_page(folder, "question", asked_timeline());
    write_page(folder, "hostile", hostile_timeline(HOSTILE_BYTES));
    write_page(folder, "flows", foreign_timeline(12, 9));
    write_page(folder, "long", foreign_timeline(1, 10000));
    write_page(folder, "empty", (struct timeline){.info = hello_session()});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_becomes_text),
        cmocka_unit_test(pages_are_as_before),
        cmocka_unit_test(the_list_says_every_sentence),
        cmocka_unit_test(the_recording_is_json),
        cmocka_unit_test(hostile_text_stays_text),
        cmocka_unit_test(long_output_is_cut),
        cmocka_unit_test(questions_keep_their_answer),
        cmocka_unit_test(an_empty_recording_is_a_page),
        cmocka_unit_test(a_capture_says_that_states_are_inferred),
        cmocka_unit_test(pages_for_the_browser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

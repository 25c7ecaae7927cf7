/* Each format over six conversations: goldens, the same bytes twice, and what others wrote stays text. */
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "event/json.h"
#include "export/export.h"
#include "tests/support/golden.h"
#include "tests/support/hello.h"
#include "tests/support/plays.h"

static const char *const formats[] = {"jsonl", "csv", "mermaid", "svg", "chrome", "cast"};

#define FORMAT_COUNT (sizeof formats / sizeof *formats)

static const struct export_options no_options = {.ascii = false};

static void render(struct buf *out, const char *format, const struct timeline *timeline)
{
    const struct export_format *found = export_find(format);
    assert_non_null(found);
    found->write(out, timeline, &no_options);
}

static void check(const struct timeline *timeline, const char *name)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        struct buf once = {0}, twice = {0}, path = {0};
        render(&once, formats[i], timeline);
        render(&twice, formats[i], timeline);
        assert_string_equal(buf_text(&once), buf_text(&twice));
        assert_int_equal(once.length, strlen(buf_text(&once)));
        buf_printf(&path, "export/%s.%s", name, export_find(formats[i])->extension);
        assert_golden(buf_text(&path), buf_text(&once));
        buf_release(&once);
        buf_release(&twice);
        buf_release(&path);
    }
}

static void six_conversations(void **state)
{
    (void)state;
    struct timeline timelines[] = {
        play_timeline(hello_events, "tcp-hello"),
        play_timeline(udp_hello_events, "udp-hello"),
        play_timeline(syn_lost_events, "syn-lost"),
        capture_timeline(),
        hostile_timeline(),
        {.info = {.live = true}},
    };
    static const char *const names[] = {"tcp-hello", "udp-hello", "syn-lost", "capture", "hostile", "empty"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        check(&timelines[i], names[i]);
        timeline_release(&timelines[i]);
    }
}

/* Nothing that a program, a packet or a scenario says may end up outside its string, row or element. */
static void hostile_text_stays_text(void **state)
{
    (void)state;
    struct timeline timeline = hostile_timeline();
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        struct buf out = {0};
        render(&out, formats[i], &timeline);
        bool keeps_markup = strcmp(formats[i], "csv") == 0 || strcmp(formats[i], "jsonl") == 0 ||
                            strcmp(formats[i], "cast") == 0;
        if (!keeps_markup)
            assert_null(strstr(buf_text(&out), "</script"));
        for (const char *c = buf_text(&out); *c != '\0'; c++)
            if ((unsigned char)*c < ' ' && *c != '\n' && *c != '\r')
                fail_msg("%s: control character %d", formats[i], *c);
        assert_null(strchr(buf_text(&out), '\xff'));
        if (strcmp(formats[i], "jsonl") != 0)
            assert_null(strstr(buf_text(&out), "\xe2\x80\xae"));
        buf_release(&out);
    }
    timeline_release(&timeline);
}

/* Ten megabytes of it take no more than their share: no format looks at a text again for every line of it. */
static void ten_megabytes_of_it(void **state)
{
    (void)state;
    static const char *const all[] = {"text", "ladder", "jsonl", "csv", "mermaid", "svg", "chrome", "cast"};
    struct timeline timeline = play_timeline(udp_hello_events, "udp-hello");
    struct event caption = {.kind = EVENT_CAPTION, .seq = timeline.records.count + 1};
    struct buf text = {0};
    while (text.length < 10000000)
        buf_puts(&text, HOSTILE_TEXT " ");
    event_set_data(&caption, text.text, text.length);
    caption.context.beat = timeline_beat_count(&timeline) + 1;
    timeline_append(&timeline, &caption, NULL, 0);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct buf out = {0};
        render(&out, all[i], &timeline);
        assert_true(out.length > text.length / 2);
        buf_release(&out);
    }
    buf_release(&text);
    timeline_release(&timeline);
}

/* Every line of Mermaid is one statement that we know, with one text. */
static void mermaid_has_known_statements(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "title ", "autonumber", "participant H", "Note left of H", "Note right of H", "Note over H",
        "H0",     "H1"};
    struct timeline timeline = hostile_timeline();
    struct buf out = {0};
    render(&out, "mermaid", &timeline);
    char *rest = NULL, *line = strtok_r(out.text, "\n", &rest);
    assert_string_equal(line, "sequenceDiagram");
    while ((line = strtok_r(NULL, "\n", &rest)) != NULL) {
        bool known = false;
        assert_memory_equal(line, "    ", 4);
        for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
            known = known || strncmp(line + 4, statements[i], strlen(statements[i])) == 0;
        if (!known)
            fail_msg("not a statement: %s", line);
    }
    buf_release(&out);
    timeline_release(&timeline);
}

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;
    while ((text = strstr(text, what)) != NULL) {
        count++;
        text += strlen(what);
    }
    return count;
}

static void lost_packets_look_lost(void **state)
{
    (void)state;
    struct timeline timeline = play_timeline(syn_lost_events, "syn-lost");
    struct buf out = {0};
    render(&out, "mermaid", &timeline);
    assert_int_equal(count_of(buf_text(&out), "H0-xH1: SYN"), 1);
    assert_int_equal(count_of(buf_text(&out), "H0->>H1: SYN"), 1);
    buf_clear(&out);
    render(&out, "svg", &timeline);
    assert_int_equal(count_of(buf_text(&out), "<path class=\"lost\""), 2); /* one of them in the legend */
    assert_int_equal(count_of(buf_text(&out), "<path class=\"break\""),
                     3); /* the second on both lines, and the legend */
    buf_release(&out);
    timeline_release(&timeline);
}

static void jsonl_reads_back(void **state)
{
    (void)state;
    struct timeline timeline = play_timeline(hello_events, "tcp-hello");
    struct buf out = {0};
    struct session_info info;
    struct err err;
    size_t count = 0;
    render(&out, "jsonl", &timeline);
    char *rest = NULL, *line = strtok_r(out.text, "\n", &rest);
    assert_int_equal(session_from_json(line, strlen(line), &info, &err), 0);
    while ((line = strtok_r(NULL, "\n", &rest)) != NULL) {
        struct event event;
        assert_int_equal(event_from_json(line, strlen(line), &event, &err), 0);
        assert_int_equal(event.seq, timeline.records.items[count].event.seq);
        event_release(&event);
        count++;
    }
    assert_int_equal(count, timeline.records.count);
    buf_release(&out);
    timeline_release(&timeline);
}

/* Chrome's B and E are brackets on each track, and time on a track never runs back. */
struct track {
    long pid, tid;
    int depth;
    double last_us;
};

static struct track *track_of(struct track *tracks, size_t *count, const char *line)
{
    long pid = 0, tid = 0;
    assert_int_equal(sscanf(strstr(line, "\"pid\":"), "\"pid\":%ld,\"tid\":%ld", &pid, &tid), 2);
    for (size_t i = 0; i < *count; i++)
        if (tracks[i].pid == pid && tracks[i].tid == tid)
            return &tracks[i];
    assert_true(*count < 32);
    tracks[*count] = (struct track){.pid = pid, .tid = tid};
    return &tracks[(*count)++];
}

static void chrome_slices_nest(void **state)
{
    (void)state;
    struct timeline timeline = play_timeline(hello_events, "tcp-hello");
    struct track tracks[32];
    struct buf out = {0};
    size_t count = 0;
    render(&out, "chrome", &timeline);
    char *rest = NULL;
    for (char *line = strtok_r(out.text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        bool begins = strncmp(line, "{\"ph\":\"B\"", 9) == 0, ends = strncmp(line, "{\"ph\":\"E\"", 9) == 0;
        if (!begins && !ends)
            continue;
        struct track *track = track_of(tracks, &count, line);
        double at_us = strtod(strstr(line, "\"ts\":") + 5, NULL);
        assert_true(at_us >= track->last_us);
        track->last_us = at_us;
        track->depth += begins ? 1 : -1;
        assert_in_range(track->depth, 0, 1);
    }
    for (size_t i = 0; i < count; i++)
        assert_int_equal(tracks[i].depth, 0);
    assert_true(count >= 4);
    buf_release(&out);
    timeline_release(&timeline);
}

/* A row an event, all with the same number of fields, CR LF at the end. */
static void csv_is_a_table(void **state)
{
    (void)state;
    struct timeline timeline = hostile_timeline();
    struct buf out = {0};
    size_t rows = 0, fields = 1, header = 0;
    bool quoted = false;
    render(&out, "csv", &timeline);
    for (const char *c = buf_text(&out); *c != '\0'; c++) {
        if (*c == '"')
            quoted = !quoted;
        fields += *c == ',' && !quoted;
        if (*c != '\n')
            continue;
        assert_false(quoted);
        assert_int_equal(c[-1], '\r');
        header = header == 0 ? fields : header;
        assert_int_equal(fields, header);
        rows++;
        fields = 1;
    }
    assert_int_equal(rows, timeline.records.count + 1);
    assert_int_equal(header, 34);
    buf_release(&out);
    timeline_release(&timeline);
}

/* Parts of the record. */

static void selects_by_seq(void **state)
{
    (void)state;
    struct timeline timeline = play_timeline(hello_events, "tcp-hello"), view;
    const struct export_options options = {.from = 10, .to = 20};
    export_select(&view, &timeline, &options);
    assert_int_equal(view.records.count, 11);
    assert_int_equal(view.records.items[0].event.seq, 10);
    assert_ptr_equal(timeline_find(&view, 15), &view.records.items[5]);
    assert_null(timeline_find(&view, 9));
    assert_null(timeline_find(&view, 21));
    uint32_t last = 0;
    array_each (const struct record, record, &view.records) {
        uint32_t beat = record->event.context.beat;
        assert_true(beat == last || beat == last + 1);
        last = beat;
    }
    assert_int_equal(last, timeline_beat_count(&view));
    timeline_release(&view);
    timeline_release(&timeline);
}

/* Two conversations, made by telling every other event that it belongs to the second. */
static void selects_by_flow(void **state)
{
    (void)state;
    struct timeline timeline = play_timeline(hello_events, "tcp-hello"), view;
    const struct export_options mine = {.flow = 1}, others = {.flow = 2};
    size_t packets = 0;
    export_select(&view, &timeline, &mine); /* the SYN too, which left before the flow was known */
    assert_int_equal(view.records.count, timeline.records.count);
    timeline_release(&view);
    for (size_t i = 0; i < timeline.records.count; i += 2)
        if (timeline.records.items[i].event.context.flow == 1)
            timeline.records.items[i].event.context.flow = 2;
    export_select(&view, &timeline, &others);
    array_each (const struct record, record, &view.records) {
        assert_int_not_equal(record->event.context.flow, 1);
        packets += record->event.kind == EVENT_PACKET_SENT;
        assert_ptr_equal(timeline_find(&view, record->event.seq), record);
    }
    assert_true(packets > 0);
    assert_true(view.records.count < timeline.records.count);
    timeline_release(&view);
    timeline_release(&timeline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(six_conversations),      cmocka_unit_test(hostile_text_stays_text),
        cmocka_unit_test(ten_megabytes_of_it),    cmocka_unit_test(mermaid_has_known_statements),
        cmocka_unit_test(lost_packets_look_lost), cmocka_unit_test(jsonl_reads_back),
        cmocka_unit_test(chrome_slices_nest),     cmocka_unit_test(csv_is_a_table),
        cmocka_unit_test(selects_by_seq),         cmocka_unit_test(selects_by_flow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

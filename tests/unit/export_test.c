#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "export/export.h"
#include "model/model.h"
#include "tests/support/golden.h"
#include "tests/support/hello.h"
#include "tests/support/packet_builder.h"

typedef size_t events_of(struct event **ret_events);

/* A play seen through the model. */
static struct timeline timeline_of(events_of *play, const char *scenario)
{
    struct event *events;
    size_t count = play(&events);
    struct model *model = model_new();
    struct timeline timeline = {.info = hello_session()};
    snprintf(timeline.info.scenario, sizeof timeline.info.scenario, "%s", scenario);
    timeline.info.title[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        change_list changes = {0};
        model_apply(model, &events[i], &changes);
        timeline_append(&timeline, &events[i], changes.items, changes.count);
        array_release(&changes);
    }
    model_free(model);
    hello_free(events, count);
    return timeline;
}

/* Width in cells: every character of the ladder is one column wide. */
static size_t cells(const char *line, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)line[i] & 0xc0) != 0x80;
    return count;
}

/* The two sets of characters stand at the same places, and nothing is wider than 72. */
static void assert_same_cells(const char *unicode, const char *ascii)
{
    while (*unicode != '\0' && *ascii != '\0') {
        size_t a = strcspn(unicode, "\n"), b = strcspn(ascii, "\n");
        assert_int_equal(cells(unicode, a), b);
        assert_true(b <= 72);
        assert_true(b == 0 || ascii[b - 1] != ' ');
        for (size_t i = 0; i < b; i++)
            assert_true(ascii[i] >= ' ' && ascii[i] <= '~');
        unicode += a + 1;
        ascii += b + 1;
    }
    assert_int_equal(*unicode, *ascii);
}

static void check_ladder(const struct timeline *timeline, const char *name)
{
    struct buf unicode = {0}, ascii = {0}, path = {0};
    export_find("ladder")->write(&unicode, timeline, &(struct export_options){.ascii = false});
    export_find("ladder")->write(&ascii, timeline, &(struct export_options){.ascii = true});
    assert_same_cells(buf_text(&unicode), buf_text(&ascii));
    buf_printf(&path, "ladder/%s.txt", name);
    assert_golden(buf_text(&path), buf_text(&unicode));
    buf_clear(&path);
    buf_printf(&path, "ladder/%s.ascii.txt", name);
    assert_golden(buf_text(&path), buf_text(&ascii));
    buf_release(&unicode);
    buf_release(&ascii);
    buf_release(&path);
}

static void check_text(const struct timeline *timeline, const char *name)
{
    struct buf text = {0}, path = {0};
    export_find("text")->write(&text, timeline, &(struct export_options){.ascii = false});
    buf_printf(&path, "text/%s.txt", name);
    assert_golden(buf_text(&path), buf_text(&text));
    buf_release(&text);
    buf_release(&path);
}

static void plays_as_text_and_ladder(void **state)
{
    (void)state;
    static const struct {
        events_of *play;
        const char *name;
    } plays[] = {{hello_events, "tcp-hello"}, {udp_hello_events, "udp-hello"}, {syn_lost_events, "syn-lost"}};
    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++) {
        struct timeline timeline = timeline_of(plays[i].play, plays[i].name);
        check_text(&timeline, plays[i].name);
        check_ladder(&timeline, plays[i].name);
        timeline_release(&timeline);
    }
}

/* Scenes by hand, for what the plays do not show. */

static struct timeline scene_new(void)
{
    struct timeline timeline = {.info = {.start_ns = HELLO_START_NS, .host_count = 2}};
    strcpy(timeline.info.hosts[0], "client");
    strcpy(timeline.info.hosts[1], "server");
    return timeline;
}

static struct event scene_event(const struct timeline *timeline, double ms, enum event_kind kind,
                                const char *host)
{
    struct event event = {.kind = (uint8_t)kind, .seq = timeline->records.count + 1, .pid = 1};
    event.time_ns = event.order_ns = HELLO_START_NS + (int64_t)(ms * 1000) * NS_PER_US;
    snprintf(event.host, sizeof event.host, "%s", host);
    return event;
}

static void scene_add(struct timeline *timeline, struct event *event)
{
    timeline_append(timeline, event, NULL, 0);
}

static void scene_state(struct timeline *timeline, double ms, const char *host, enum witness witness,
                        enum state now)
{
    struct event event = scene_event(timeline, ms, EVENT_STATE, host);
    struct change change = {.witness = (uint8_t)witness, .new_state = (uint8_t)now};
    snprintf(change.name, sizeof change.name, "%s", host);
    change.disagreement = now == STATE_CLOSED;
    timeline_append(timeline, &event, &change, 1);
}

static void scene_packet(struct timeline *timeline, double ms, enum event_kind kind, const char *from,
                         const char *to, uint64_t id, uint8_t flags, uint32_t payload_bytes)
{
    const char *host = kind == EVENT_PACKET_DELIVERED ? to : from;
    struct event event = scene_event(timeline, ms, kind, host);
    snprintf(event.packet.to, sizeof event.packet.to, "%s", to);
    event.packet.id = id;
    event.packet.packet.protocol = PROTOCOL_TCP;
    event.packet.packet.payload_bytes = payload_bytes;
    event.packet.packet.tcp.flags = flags;
    event.packet.packet.tcp.window = 500;
    event.context.has_relative = true;
    event.context.sequence = (uint32_t)id * 1448;
    event.context.acknowledgment = 1;
    scene_add(timeline, &event);
}

#define SENT(ms, from, to, id, flags, bytes)                                                                 \
    scene_packet(&timeline, ms, EVENT_PACKET_SENT, from, to, id, flags, bytes)
#define ARRIVES(ms, from, to, id, flags, bytes)                                                              \
    scene_packet(&timeline, ms, EVENT_PACKET_DELIVERED, from, to, id, flags, bytes)

static void goodbyes_that_cross(void **state)
{
    (void)state;
    struct timeline timeline = scene_new();
    SENT(0, "client", "server", 1, TCP_FIN | TCP_ACK, 0);
    scene_state(&timeline, 0.1, "client", WITNESS_KERNEL, STATE_FIN_WAIT_1);
    SENT(0.2, "server", "client", 2, TCP_FIN | TCP_ACK, 0);
    scene_state(&timeline, 0.3, "server", WITNESS_KERNEL, STATE_FIN_WAIT_1);
    ARRIVES(100, "client", "server", 1, TCP_FIN | TCP_ACK, 0);
    scene_state(&timeline, 100, "server", WITNESS_KERNEL, STATE_CLOSING);
    SENT(100.1, "server", "client", 3, TCP_ACK, 0);
    ARRIVES(100.2, "server", "client", 2, TCP_FIN | TCP_ACK, 0);
    scene_state(&timeline, 100.2, "client", WITNESS_KERNEL, STATE_CLOSING);
    SENT(100.3, "client", "server", 4, TCP_ACK, 0);
    ARRIVES(200, "server", "client", 3, TCP_ACK, 0);
    scene_state(&timeline, 200, "client", WITNESS_KERNEL, STATE_TIME_WAIT);
    ARRIVES(200.3, "client", "server", 4, TCP_ACK, 0);
    scene_state(&timeline, 200.3, "server", WITNESS_KERNEL, STATE_TIME_WAIT);
    check_ladder(&timeline, "crossing");
    timeline_release(&timeline);
}

static void packets_that_overtake(void **state)
{
    (void)state;
    struct timeline timeline = scene_new();
    SENT(0, "client", "server", 1, TCP_ACK, 1448);
    SENT(0.1, "client", "server", 2, TCP_ACK, 1448);
    SENT(0.2, "client", "server", 3, TCP_ACK, 200);
    ARRIVES(50, "client", "server", 2, TCP_ACK, 1448);
    SENT(50.1, "server", "client", 4, TCP_ACK, 0);
    ARRIVES(50.2, "client", "server", 3, TCP_ACK, 200);
    ARRIVES(90, "client", "server", 1, TCP_ACK, 1448);
    ARRIVES(100.1, "server", "client", 4, TCP_ACK, 0);
    ARRIVES(130, "server", "client", 4, TCP_ACK, 0); /* one copy too many: nobody saw it leave */
    SENT(150, "client", "server", 5, TCP_ACK, 7);
    ARRIVES(200, "client", "server", 5, TCP_ACK, 7);
    ARRIVES(230, "client", "server", 5, TCP_ACK, 7); /* the wire doubled it */
    ARRIVES(231, "client", "server", 9, TCP_ACK, 7);
    check_ladder(&timeline, "overtaking");
    timeline_release(&timeline);
}

static void more_packets_than_columns(void **state)
{
    (void)state;
    struct timeline timeline = scene_new();
    for (unsigned i = 1; i <= 14; i++)
        SENT(i / 10.0, "client", "server", i, TCP_ACK, 1448);
    SENT(1.5, "server", "client", 15, TCP_ACK, 0);
    for (unsigned i = 1; i <= 14; i++)
        ARRIVES(50 + i / 10.0, "client", "server", i, TCP_ACK, 1448);
    ARRIVES(51.5, "server", "client", 15, TCP_ACK, 0);
    check_ladder(&timeline, "burst");
    timeline_release(&timeline);
}

static void scene_note(struct timeline *timeline, double ms, enum event_kind kind, const char *text)
{
    struct event event = scene_event(timeline, ms, kind, "");
    event_set_data(&event, text, strlen(text));
    scene_add(timeline, &event);
}

static void scene_call(struct timeline *timeline, double ms, enum event_kind kind, const char *lane,
                       enum call call, int error_number, double duration_ms)
{
    struct event event = scene_event(timeline, ms, kind, "client");
    snprintf(event.lane, sizeof event.lane, "%s", lane);
    event.call.call = (uint8_t)call;
    event.call.call_id = call;
    event.call.result = error_number != 0 ? -1 : 0;
    event.call.error_number = error_number;
    event.call.duration_ns = (int64_t)(duration_ms * 1e6);
    scene_add(timeline, &event);
}

static void trouble(void **state)
{
    (void)state;
    struct timeline timeline = scene_new();
    strcpy(timeline.info.note, "textbook timers");
    scene_note(&timeline, 0, EVENT_CAPTION,
               "The server's port is closed. Somebody at the host answers all the same: it is the kernel, "
               "and what it "
               "says is no.");
    scene_call(&timeline, 0, EVENT_CALL_ENTER, "client", CALL_connect, 0, 0);
    SENT(0.1, "client", "server", 1, TCP_SYN, 0);
    scene_packet(&timeline, 1, EVENT_PACKET_HELD, "client", "server", 1, TCP_SYN, 0);
    ARRIVES(2000, "client", "server", 1, TCP_SYN, 0);
    SENT(2000.1, "server", "client", 2, TCP_RST | TCP_ACK, 0);
    ARRIVES(2050, "server", "client", 2, TCP_RST | TCP_ACK, 0);
    scene_state(&timeline, 2050, "client", WITNESS_KERNEL, STATE_CLOSED);
    scene_call(&timeline, 2050.1, EVENT_CALL_EXIT, "client", CALL_connect, ECONNREFUSED, 2050);
    scene_call(&timeline, 2051, EVENT_CALL_ENTER, "client.2", CALL_shutdown, 0, 0);
    scene_call(&timeline, 2051.1, EVENT_CALL_EXIT, "client.2", CALL_shutdown, ENOTCONN, 0.1);
    struct event gap = scene_event(&timeline, 2052, EVENT_GAP, "");
    gap.gap = (struct event_gap){.lost = 3, .reason = "the ring was full"};
    scene_add(&timeline, &gap);
    struct event ended = scene_event(&timeline, 2053, EVENT_PROCESS, "client");
    ended.process = (struct event_process){.what = PROCESS_EXIT, .exit_code = -1, .signal = 13};
    scene_add(&timeline, &ended);
    SENT(2054, "server", "printer", 3, TCP_SYN, 0);
    SENT(2055, "printer", "server", 4, TCP_RST, 0);
    SENT(2056, "server", "client", 5, TCP_RST, 0);
    check_ladder(&timeline, "trouble");
    timeline_release(&timeline);
}

/* What happens at the other end at the same moment must not look like an effect of what stands in the row. */
static void each_side_has_its_own_rows(void **state)
{
    (void)state;
    struct timeline timeline = scene_new();
    SENT(0, "server", "client", 1, TCP_ACK, 0);
    ARRIVES(50, "server", "client", 1, TCP_ACK, 0);
    scene_state(&timeline, 50.1, "server", WITNESS_KERNEL, STATE_LISTEN);
    struct buf text = {0};
    export_find("ladder")->write(&text, &timeline, &(struct export_options){.ascii = true});
    const char *arrival = strstr(buf_text(&text), "|<--'");
    assert_non_null(arrival);
    assert_true(strstr(arrival, "[LISTEN]") > strchr(arrival, '\n'));
    buf_release(&text);
    timeline_release(&timeline);
}

/* Packets alone, nobody saw them arrive, and both ends are on one machine. */
static void foreign_capture(void **state)
{
    (void)state;
    struct timeline timeline = {.info = {.start_ns = HELLO_START_NS}};
    static const uint8_t flags[] = {TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK, TCP_RST};
    for (unsigned i = 0; i < sizeof flags; i++) {
        struct event event = scene_event(&timeline, i, EVENT_PACKET_SENT, "");
        struct change change = {.witness = WITNESS_WIRE, .new_state = STATE_SYN_SENT};
        event.packet.packet.protocol = PROTOCOL_TCP;
        event.packet.packet.tcp.flags = flags[i];
        event.packet.packet.source = address_make("127.0.0.1", i % 2 == 0 ? 42002 : 7001);
        event.packet.packet.destination = address_make("127.0.0.1", i % 2 == 0 ? 7001 : 42002);
        timeline_append(&timeline, &event, &change, i == 0);
    }
    check_ladder(&timeline, "capture");
    timeline_release(&timeline);
}

static void nothing_at_all(void **state)
{
    (void)state;
    struct timeline timeline = {.complete = true};
    check_ladder(&timeline, "empty");
    struct buf text = {0};
    export_find("text")->write(&text, &timeline, &(struct export_options){.ascii = true});
    assert_string_equal(buf_text(&text), "");
    buf_release(&text);
}

static void text_as_it_comes(void **state)
{
    (void)state;
    char *written = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&written, &length);
    struct err err;
    struct session_info info = hello_session();
    struct event event = {.seq = 7, .kind = EVENT_GAP, .time_ns = HELLO_START_NS + 50 * NS_PER_MS};
    struct sink *sink = text_sink_new(stream);
    assert_int_equal(sink->ops->begin(sink, &info, &err), 0);
    assert_int_equal(sink->ops->event(sink, &event, NULL, 0, &err), 0);
    assert_string_equal(written, "[7] t=0.050 s  events were lost here, nobody knows how many.\n");
    assert_int_equal(sink->ops->end(sink, &err), 0);
    sink->ops->free(sink);
    fclose(stream);
    free(written);
}

static void full_disk(void **state)
{
    (void)state;
    FILE *stream = fopen("/dev/full", "w");
    assert_non_null(stream);
    struct err err;
    struct session_info info = hello_session();
    struct event event = {.kind = EVENT_GAP};
    struct sink *sink = text_sink_new(stream);
    assert_int_equal(sink->ops->begin(sink, &info, &err), 0);
    assert_int_equal(sink->ops->event(sink, &event, NULL, 0, &err), -ENOSPC);
    assert_string_equal(err.text, "cannot write text: No space left on device");
    sink->ops->free(sink);
    fclose(stream);
}

static void formats_by_name(void **state)
{
    (void)state;
    size_t count = 0;
    for (; export_formats[count]->name != NULL; count++) {
        assert_ptr_equal(export_find(export_formats[count]->name), export_formats[count]);
        assert_non_null(export_formats[count]->about);
    }
    assert_true(count >= 2);
    assert_null(export_find("papyrus"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plays_as_text_and_ladder),
        cmocka_unit_test(goodbyes_that_cross),
        cmocka_unit_test(packets_that_overtake),
        cmocka_unit_test(more_packets_than_columns),
        cmocka_unit_test(trouble),
        cmocka_unit_test(each_side_has_its_own_rows),
        cmocka_unit_test(foreign_capture),
        cmocka_unit_test(nothing_at_all),
        cmocka_unit_test(text_as_it_comes),
        cmocka_unit_test(full_disk),
        cmocka_unit_test(formats_by_name),
    };
    return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}

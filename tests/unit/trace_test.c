/* The trace file: what was written is read back, by us and by others; what is damaged is read as far as it
 * goes. */
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/xalloc.h"
#include "event/json.h"
#include "trace/trace.h"

typedef ARRAY(struct event) event_list;

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/sockstep-trace-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void keep(void *context, struct event *event)
{
    event_list *list = context;
    *array_push(list) = *event;
}

static void release(event_list *list)
{
    array_each (struct event, event, list)
        event_release(event);
    array_release(list);
}

/* ---- a session with every kind of event ---- */

#define START_NS 1700000000123456789LL

static const uint8_t hello_frame[] = {
    0x02, 0x00, 0x00, 0x00, 0x00, 0x02, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x45,
    0x00, 0x00, 0x2d, 0x12, 0x34, 0x40, 0x00, 0x40, 0x06, 0xa4, 0x6b, 0xc0, 0x00, 0x02, 0x01,
    0xc0, 0x00, 0x02, 0x02, 0x9c, 0x40, 0x1b, 0x59, 0x00, 0x00, 0x03, 0xe8, 0x00, 0x00, 0x07,
    0xd0, 0x50, 0x18, 0x01, 0xfd, 0x22, 0xa3, 0x00, 0x00, 'h',  'e',  'l',  'l',  'o',
};

static struct session_info session(void)
{
    struct session_info info = {
        .scenario = "hello",
        .title = "One \"hello\"",
        .kernel = "6.1.0",
        .tool = "sockstep 0.1.0",
        .delay_ns = 50000000,
        .start_ns = START_NS,
        .live = true,
        .link = LINK_ETHERNET,
        .hosts = {"client", "server"},
        .host_count = 2,
        .sysctls = "net.ipv4.tcp_syncookies=0",
    };
    address_parse("192.0.2.1", &info.addresses[0]);
    address_parse("192.0.2.2", &info.addresses[1]);
    return info;
}

static struct event *add(event_list *list, enum event_kind kind, const char *host, const char *lane)
{
    struct event *event = array_push(list);
    *event = (struct event){.kind = (uint8_t)kind};
    event->time_ns = event->order_ns = START_NS + (int64_t)list->count * 1000001;
    snprintf(event->host, sizeof event->host, "%s", host);
    snprintf(event->lane, sizeof event->lane, "%s", lane);
    return event;
}

static void add_call(event_list *list, enum event_kind kind, enum call call, const void *payload,
                     size_t bytes)
{
    struct event *event = add(list, kind, "client", "client");
    event->pid = event->tid = 4711;
    event->call = (struct event_call){.call = (uint8_t)call,
                                      .call_id = 3,
                                      .fd = 3,
                                      .cookie = 0x1001,
                                      .payload_bytes = (uint32_t)bytes,
                                      .line = 41};
    strcpy(event->call.file, "stream_client.c");
    event->call.has_payload = bytes != 0;
    if (kind == EVENT_CALL_EXIT) {
        event->call.result = -1;
        event->call.error_number = ECONNREFUSED;
        event->call.duration_ns = 77;
    }
    event_set_data(event, payload, bytes);
}

static void add_packet(event_list *list, enum event_kind kind, uint64_t id)
{
    struct event *event = add(list, kind, kind == EVENT_PACKET_DELIVERED ? "server" : "client", "");
    event->packet = (struct event_packet){.id = id, .link = LINK_ETHERNET};
    if (kind == EVENT_PACKET_DROPPED)
        strcpy(event->packet.fault, "drop nth=1");
    if (kind != EVENT_PACKET_SENT)
        return;
    event->order_ns -= 5;
    event->packet.delay_ns = 51000000;
    strcpy(event->packet.to, "server");
    strcpy(event->packet.fault, "delay 1ms");
    event_set_data(event, hello_frame, sizeof hello_frame);
    packet_decode(LINK_ETHERNET, hello_frame, sizeof hello_frame, sizeof hello_frame + 6,
                  &event->packet.packet);
    struct event_context *context = &event->context;
    context->cause_count = 1;
    context->causes[0].seq = 2;
    context->causes[0].rule = RULE_SEND_BYTES;
    context->cause_call = 1 + CALL_send;
    context->cause_line = 41;
    strcpy(context->cause_file, "stream_client.c");
    strcpy(context->cause_lane, "client");
    context->copy = 2;
    context->sides[0] =
        (struct endpoint_note){.name = "client", .state = STATE_ESTABLISHED, .witness = WITNESS_WIRE};
    context->sides[1] =
        (struct endpoint_note){.name = "server", .state = STATE_SYN_RECEIVED, .witness = WITNESS_KERNEL};
}

static void add_state(event_list *list, enum event_kind kind)
{
    struct event *event = add(list, kind, "server", "");
    event->order_ns -= 999;
    event->state = (struct event_state){.state = STATE_TIME_WAIT,
                                        .protocol = PROTOCOL_TCP,
                                        .timer = 3,
                                        .timer_ms = 59000,
                                        .inode = 12,
                                        .cookie = 0x2002};
    address_parse("192.0.2.2:7001", &event->state.local);
    address_parse("192.0.2.1:40000", &event->state.remote);
}

static void add_note(event_list *list, enum event_kind kind, const char *text)
{
    event_set_data(add(list, kind, "", ""), text, strlen(text));
}

static void session_events(event_list *list)
{
    struct event *process = add(list, EVENT_PROCESS, "client", "client");
    process->pid = 4711;
    process->process = (struct event_process){.what = PROCESS_START, .parent = 1, .program = "stream_client"};
    add_call(list, EVENT_CALL_ENTER, CALL_send, "hello", 5);
    add_packet(list, EVENT_PACKET_SENT, 1);
    add_packet(list, EVENT_PACKET_DELIVERED, 1);
    add_packet(list, EVENT_PACKET_DROPPED, 2);
    add_packet(list, EVENT_PACKET_HELD, 3);
    add_state(list, EVENT_STATE);
    add_state(list, EVENT_QUEUE);
    add_state(list, EVENT_TIMER);
    add_call(list, EVENT_CALL_EXIT, CALL_connect, "\xff\x00\n=", 4);
    add_note(list, EVENT_OUTPUT, "two\nlines and a tab\t");
    add(list, EVENT_GAP, "", "")->gap = (struct event_gap){.lost = 7, .reason = "the ring was full"};
    add_note(list, EVENT_MARK, "here");
    add_note(list, EVENT_CAPTION, "gr\xc3\xbc\xc3\x9f dich");
    add_note(list, EVENT_QUESTION, "What next?");
    add(list, EVENT_VOTE, "", "")->note.count = 12;
}

static const struct change to_time_wait = {
    .endpoint = 2,
    .witness = WITNESS_KERNEL,
    .old_state = STATE_FIN_WAIT_2,
    .new_state = STATE_TIME_WAIT,
    .reason = "the other side said goodbye",
    .name = "server",
};

static int write_events(struct sink *sink, const event_list *list, struct err *err)
{
    int result = 0;
    array_each (const struct event, event, list) {
        size_t changes = event->kind == EVENT_STATE ? 1 : 0;
        if (result == 0)
            result = sink->ops->event(sink, event, &to_time_wait, changes, err);
    }
    return result;
}

static void write_trace(const char *path, const event_list *list)
{
    struct session_info info = session();
    struct err err;
    struct sink *sink = trace_writer_new(path, &err);
    assert_non_null(sink);
    assert_int_equal(sink->ops->begin(sink, &info, &err), 0);
    assert_int_equal(write_events(sink, list, &err), 0);
    assert_int_equal(sink->ops->end(sink, &err), 0);
    sink->ops->free(sink);
}

static void read_trace(const char *path, struct session_info *info, event_list *list, struct err *warning)
{
    struct err err;
    struct source *source = trace_reader_new(path, info, warning, &err);
    if (source == NULL)
        fail_msg("%s", err.text);
    assert_int_equal(source->ops->drain(source, keep, list, &err), 0);
    source->ops->free(source);
}

static void facts(struct buf *out, const struct event *event)
{
    struct event bare = *event;
    bare.seq = 0;
    bare.context = (struct event_context){0};
    event_to_json(out, &bare, NULL, 0);
}

static void expect_same(const struct event *expected, const struct event *event)
{
    struct buf left = {0}, right = {0};
    facts(&left, expected);
    facts(&right, event);
    assert_string_equal(left.text, right.text);
    assert_int_equal(event->data_bytes, expected->data_bytes);
    if (event->data_bytes != 0)
        assert_memory_equal(event->data, expected->data, event->data_bytes);
    buf_release(&left);
    buf_release(&right);
}

static void expect_same_list(const event_list *expected, const event_list *list)
{
    assert_int_equal(list->count, expected->count);
    for (size_t i = 0; i < list->count; i++)
        expect_same(&expected->items[i], &list->items[i]);
}

static void load(const char *path, struct buf *out)
{
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    char piece[4096];
    size_t count;
    while ((count = fread(piece, 1, sizeof piece, stream)) > 0)
        buf_add(out, piece, count);
    fclose(stream);
}

static void every_kind_comes_back(void **state)
{
    (void)state;
    event_list written = {0}, list = {0};
    struct session_info info, expected = session();
    struct err warning = {{1}};
    session_events(&written);
    write_trace(path_of("every.pcapng"), &written);
    assert_int_equal(access(path_of("every.pcapng.part"), F_OK), -1);
    read_trace(path_of("every.pcapng"), &info, &list, &warning);
    assert_string_equal(warning.text, "");
    expect_same_list(&written, &list);
    const struct event *sent = &list.items[2];
    assert_int_equal(sent->kind, EVENT_PACKET_SENT);
    assert_int_equal(sent->seq, 0);
    assert_int_equal(sent->context.cause_call, 0);
    assert_int_equal(sent->order_ns, sent->time_ns - 5);
    assert_int_equal(sent->packet.delay_ns, 51000000);
    assert_string_equal(sent->host, "client");
    assert_string_equal(sent->packet.fault, "delay 1ms");
    assert_int_equal(sent->packet.packet.wire_bytes, sizeof hello_frame + 6);
    assert_int_equal(sent->packet.packet.destination.port, 7001);
    struct buf left = {0}, right = {0};
    session_to_json(&left, &expected);
    session_to_json(&right, &info);
    assert_string_equal(left.text, right.text);
    buf_release(&left);
    buf_release(&right);
    release(&written);
    release(&list);
}

static bool holds(const struct buf *file, const char *text)
{
    return memmem(file->text, file->length, text, strlen(text)) != NULL;
}

static void the_file_says_what_others_can_read(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "sent by send() of client at stream_client.c:41",
        "client ESTABLISHED (wire), server SYN_RECEIVED (kernel)",
        "copy 2 of these bytes on the wire",
        "fault: delay 1ms",
        "\nSYSLOG_IDENTIFIER=client\n_PID=4711\n_COMM=stream_client\nCODE_FILE=stream_client.c\nCODE_LINE="
        "41\n"
        "CODE_FUNC=connect\nERRNO=111\nPRIORITY=4\nMESSAGE_ID=",
        "OBJECT_TCP_OLD_STATE=FIN_WAIT_2\nOBJECT_TCP_NEW_STATE=TIME_WAIT\nSOCKSTEP_JSON={",
        "SYSLOG_IDENTIFIER=kernel\nPRIORITY=6\n",
        "__REALTIME_TIMESTAMP=1700000000124456\n",
    };
    event_list written = {0};
    struct buf file = {0};
    session_events(&written);
    write_trace(path_of("words.pcapng"), &written);
    load(path_of("words.pcapng"), &file);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!holds(&file, texts[i]))
            fail_msg("not in the file: %s", texts[i]);
    size_t ids = 0;
    for (const char *at = file.text;
         (at = memmem(at, (size_t)(file.text + file.length - at), "MESSAGE_ID=", 11));) {
        assert_int_equal(strspn(at + 11, "0123456789abcdef"), 32);
        at += 11;
        ids++;
    }
    assert_int_equal(ids, written.count - 1);
    buf_release(&file);
    release(&written);
}

static void cut_at_every_byte(void **state)
{
    (void)state;
    event_list written = {0};
    struct buf file = {0};
    session_events(&written);
    write_trace(path_of("cut.pcapng"), &written);
    load(path_of("cut.pcapng"), &file);
    for (size_t count = 0; count < file.length; count++) {
        uint8_t *part = xmemdup(file.text, count); /* of exactly that size, for the sanitizer */
        struct session_info info;
        struct err warning = {0}, err = {0};
        struct source *source = trace_reader_from_memory(part, count, &info, &warning, &err);
        if (count < 4) {
            assert_null(source);
            assert_non_null(strstr(err.text, "memory: not a capture file ("));
            free(part);
            continue;
        }
        event_list list = {0};
        assert_non_null(source);
        assert_int_equal(source->ops->drain(source, keep, &list, &err), 0);
        assert_non_null(strstr(warning.text, "cut short"));
        assert_true(list.count >= 1 && list.count <= written.count);
        assert_int_equal(array_last(&list)->kind, EVENT_GAP);
        assert_string_equal(array_last(&list)->gap.reason, "the file is cut short");
        for (size_t i = 0; i + 1 < list.count; i++)
            expect_same(&written.items[i], &list.items[i]);
        source->ops->free(source);
        release(&list);
        free(part);
    }
    buf_release(&file);
    release(&written);
}

static void an_unfinished_recording_says_so(void **state)
{
    (void)state;
    event_list written = {0}, list = {0};
    struct session_info info = session();
    struct err err, warning;
    session_events(&written);
    struct sink *sink = trace_writer_new(path_of("unfinished.pcapng"), &err);
    assert_int_equal(sink->ops->begin(sink, &info, &err), 0);
    assert_int_equal(write_events(sink, &written, &err), 0);
    sink->ops->free(sink);
    assert_int_equal(access(path_of("unfinished.pcapng"), F_OK), -1);
    read_trace(path_of("unfinished.pcapng.part"), &info, &list, &warning);
    assert_int_equal(list.count, written.count + 1);
    assert_string_equal(array_last(&list)->gap.reason, "the recording was not finished");
    assert_non_null(
        strstr(warning.text, "unfinished.pcapng.part: the recording was not finished; 16 events"));
    release(&written);
    release(&list);
}

static void nothing_recorded_leaves_nothing(void **state)
{
    (void)state;
    struct session_info info = session();
    struct err err;
    struct sink *sink = trace_writer_new(path_of("nothing.pcapng"), &err);
    assert_int_equal(sink->ops->begin(sink, &info, &err), 0);
    assert_int_equal(access(path_of("nothing.pcapng.part"), F_OK), 0);
    sink->ops->free(sink);
    assert_int_equal(access(path_of("nothing.pcapng.part"), F_OK), -1);
    assert_null(trace_writer_new(path_of("no/such/folder.pcapng"), &err));
    assert_non_null(strstr(err.text, "folder.pcapng.part: No such file or directory"));
}

/* A limit on the size of files stands in for a full disk. */
static void a_full_disk_keeps_what_was_written(void **state)
{
    (void)state;
    event_list written = {0};
    struct session_info info = session();
    struct err err = {0}, warning;
    struct rlimit before;
    session_events(&written);
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t limit = 1500; limit < 6000; limit += 517) {
        event_list list = {0};
        struct sink *sink = trace_writer_new(path_of("full.pcapng"), &err);
        assert_int_equal(sink->ops->begin(sink, &info, &err), 0);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit, before.rlim_max});
        int result = write_events(sink, &written, &err);
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(result, -EFBIG);
        assert_non_null(strstr(err.text, "full.pcapng: File too large; the "));
        assert_non_null(strstr(err.text, "full.pcapng.part"));
        sink->ops->free(sink);
        read_trace(path_of("full.pcapng.part"), &info, &list, &warning);
        assert_true(list.count > 1 && list.count <= written.count);
        for (size_t i = 0; i + 1 < list.count; i++)
            expect_same(&written.items[i], &list.items[i]);
        assert_string_equal(array_last(&list)->gap.reason, "the recording was not finished");
        release(&list);
    }
    signal(SIGXFSZ, SIG_DFL);
    release(&written);
}

static void large_payloads_stay_readable(void **state)
{
    (void)state;
    const size_t bytes = 400000;
    event_list written = {0}, list = {0};
    struct session_info info;
    struct err warning;
    char *payload = xmalloc(bytes);
    memset(payload, 0xfe, bytes);
    add_call(&written, EVENT_CALL_ENTER, CALL_send, payload, bytes);
    write_trace(path_of("large.pcapng"), &written);
    read_trace(path_of("large.pcapng"), &info, &list, &warning);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].call.payload_bytes, bytes);
    assert_in_range(list.items[0].data_bytes, 50000, bytes / 2);
    free(payload);
    release(&written);
    release(&list);
}

static void a_packet_of_another_link_comes_back(void **state)
{
    (void)state;
    event_list written = {0}, list = {0};
    struct session_info info;
    struct err warning;
    struct event *event = add(&written, EVENT_PACKET_SENT, "client", "");
    event->packet = (struct event_packet){.id = 9, .link = LINK_RAW};
    event_set_data(event, hello_frame + 14, sizeof hello_frame - 14);
    packet_decode(LINK_RAW, event->data, event->data_bytes, event->data_bytes, &event->packet.packet);
    write_trace(path_of("link.pcapng"), &written);
    read_trace(path_of("link.pcapng"), &info, &list, &warning);
    expect_same_list(&written, &list);
    release(&written);
    release(&list);
}

/* ---- other programs ---- */

static void run(const char *command, struct buf *output)
{
    FILE *stream = popen(command, "r");
    assert_non_null(stream);
    char piece[4096];
    size_t count;
    while ((count = fread(piece, 1, sizeof piece, stream)) > 0)
        buf_add(output, piece, count);
    if (pclose(stream) != 0)
        fail_msg("%s: %s", command, buf_text(output));
}

static void need(const char *program)
{
    char command[128];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", program);
    if (system(command) != 0) {
        printf("skipped: no %s\n", program);
        skip();
    }
}

static size_t lines(const struct buf *text)
{
    size_t count = 0;
    for (size_t i = 0; i < text->length; i++)
        count += text->text[i] == '\n';
    return count;
}

static void tshark_reads_it(void **state)
{
    (void)state;
    need("tshark");
    event_list written = {0};
    struct buf output = {0};
    char command[256];
    session_events(&written);
    write_trace(path_of("tshark.pcapng"), &written);
    snprintf(command, sizeof command,
             "tshark -r %s -T fields -e frame.protocols -e frame.comment 2>&1 | grep -v '^Running'",
             path_of("tshark.pcapng"));
    run(command, &output);
    assert_int_equal(lines(&output), written.count);
    assert_true(holds(&output, "eth:ethertype:ip:tcp:data\tsent by send() of client at stream_client.c:41,"));
    assert_true(holds(&output, "systemd_journal"));
    buf_release(&output);
    release(&written);
}

static void tcpdump_reads_it(void **state)
{
    (void)state;
    need("tcpdump");
    event_list written = {0};
    struct buf output = {0};
    char command[256];
    session_events(&written);
    write_trace(path_of("tcpdump.pcapng"), &written);
    snprintf(command, sizeof command, "tcpdump -nr %s 2>/dev/null", path_of("tcpdump.pcapng"));
    run(command, &output);
    assert_int_equal(lines(&output), 1);
    assert_true(holds(&output, "IP 192.0.2.1.40000 > 192.0.2.2.7001: Flags [P.], seq 1000:1005"));
    buf_release(&output);
    release(&written);
}

static void editcap_keeps_it(void **state)
{
    (void)state;
    need("editcap");
    event_list written = {0}, list = {0};
    struct buf output = {0};
    struct session_info info;
    struct err warning;
    char command[400], copy[128];
    session_events(&written);
    write_trace(path_of("edit.pcapng"), &written);
    snprintf(copy, sizeof copy, "%s", path_of("edited.pcapng"));
    snprintf(command, sizeof command, "editcap %s %s 2>&1", path_of("edit.pcapng"), copy);
    run(command, &output);
    read_trace(copy, &info, &list, &warning);
    assert_string_equal(warning.text, "");
    assert_string_equal(info.scenario, "hello");
    expect_same_list(&written, &list);
    buf_release(&output);
    release(&written);
    release(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_comes_back),
        cmocka_unit_test(the_file_says_what_others_can_read),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(an_unfinished_recording_says_so),
        cmocka_unit_test(nothing_recorded_leaves_nothing),
        cmocka_unit_test(a_full_disk_keeps_what_was_written),
        cmocka_unit_test(large_payloads_stay_readable),
        cmocka_unit_test(a_packet_of_another_link_comes_back),
        cmocka_unit_test(tshark_reads_it),
        cmocka_unit_test(tcpdump_reads_it),
        cmocka_unit_test(editcap_keeps_it),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "event/sentence.h"
#include "tests/support/golden.h"
#include "tests/support/hello.h"
#include "tests/support/packet_builder.h"

static struct buf lines;

static void tell(const struct event *event, const struct change *changes, size_t count)
{
    buf_printf(&lines, "%s: ", event_kind_name((enum event_kind)event->kind));
    event_sentence(&lines, event, changes, count);
    buf_putc(&lines, '\n');
}

static struct event event_of(enum event_kind kind, const char *host, const char *lane)
{
    struct event event = {.kind = (uint8_t)kind, .seq = 9, .pid = 4711};
    snprintf(event.host, sizeof event.host, "%s", host);
    snprintf(event.lane, sizeof event.lane, "%s", lane);
    return event;
}

static struct event call_of(enum event_kind kind, enum call call, int fd)
{
    struct event event = event_of(kind, "client", "client");
    event.call.call = (uint8_t)call;
    event.call.fd = fd;
    event.call.arguments[0] = fd;
    event.call.line = 31;
    event.call.duration_ns = 101300000;
    strcpy(event.call.file, "stream_client.c");
    return event;
}

static void caused_by(struct event *event, uint64_t seq, enum rule rule, bool guessed)
{
    event->context.causes[event->context.cause_count++] =
        (struct cause){.seq = seq, .rule = (uint8_t)rule, .guessed = guessed};
}

static void tell_calls(void)
{
    struct event event = call_of(EVENT_CALL_ENTER, CALL_connect, 3);
    event.call.address = address_make("2001:db8::2", 7001);
    tell(&event, NULL, 0);

    event.kind = EVENT_CALL_EXIT;
    event.call.result = -1;
    event.call.error_number = ECONNREFUSED;
    caused_by(&event, 4, RULE_ENTER_EXIT, false);
    caused_by(&event, 8, RULE_RST_ERROR, false);
    struct change failed = {.witness = WITNESS_API,
                            .old_state = STATE_API_CONNECTING,
                            .new_state = STATE_API_FAILED,
                            .name = "client"};
    tell(&event, &failed, 1);

    event = call_of(EVENT_CALL_EXIT, CALL_recv, 3);
    event.call.arguments[2] = 100;
    event.call.arguments[3] = MSG_PEEK | MSG_DONTWAIT;
    event.call.result = event.call.payload_bytes = 8;
    event.call.has_payload = true;
    event_set_data(&event, "hi\n\x01\xff\"\\!", 8);
    caused_by(&event, 5, RULE_BYTES_RECV, false);
    caused_by(&event, 6, RULE_BYTES_RECV, false);
    caused_by(&event, 7, RULE_BYTES_RECV, false);
    tell(&event, NULL, 0);
    event_release(&event);
}

static struct event packet_of(enum event_kind kind, const char *from, const char *to, uint8_t flags)
{
    struct event event = event_of(kind, kind == EVENT_PACKET_DELIVERED ? to : from, "");
    struct event_context *context = &event.context;
    strcpy(event.packet.to, to);
    event.packet.packet = (struct packet){.protocol = PROTOCOL_TCP};
    event.packet.packet.tcp = (struct packet_tcp){.flags = flags, .window = 502};
    context->has_relative = true;
    context->acknowledgment = 1;
    context->copy = 1;
    context->endpoint = 1;
    context->peer = 2;
    snprintf(context->sides[0].name, NAME_MAX_BYTES, "%s", from);
    snprintf(context->sides[1].name, NAME_MAX_BYTES, "%s", to);
    return event;
}

static void tell_syn_ack(void)
{
    struct event event = packet_of(EVENT_PACKET_SENT, "server", "client", TCP_SYN | TCP_ACK);
    event.context.sides[0].state = STATE_LISTEN;
    event.context.sides[0].witness = WITNESS_KERNEL;
    event.context.sides[0].half_open = 1;
    event.context.sides[1].state = STATE_SYN_SENT;
    event.context.sides[1].witness = WITNESS_KERNEL;
    event.context.sides[1].blocked = 1 + CALL_connect;
    tell(&event, NULL, 0); /* the model line of the design */
    event.context.copy = 2;
    event.context.sides[0].half_open = 2;
    caused_by(&event, 6, RULE_RETRANSMIT, true);
    tell(&event, NULL, 0);
}

static void tell_data(void)
{
    struct event event = packet_of(EVENT_PACKET_SENT, "client", "server", TCP_PSH | TCP_ACK);
    event.packet.packet.payload_bytes = event.packet.packet.payload_present = 5;
    event.packet.packet.payload_offset = 2;
    event_set_data(&event, "..hello", 7);
    event.context.cause_call = 1 + CALL_send;
    event.context.cause_line = 38;
    strcpy(event.context.cause_file, "stream_client.c");
    caused_by(&event, 3, RULE_SEND_BYTES, false);
    tell(&event, NULL, 0);
    event.packet.packet.payload_present = 6; /* more than the event holds: no payload is shown */
    event.packet.packet.checksum_bad = true;
    event.context.has_relative = false;
    event.packet.packet.tcp.sequence = 4000000000u;
    tell(&event, NULL, 0);
    event_release(&event);
}

static void tell_packets(void)
{
    tell_syn_ack();
    tell_data();
    struct event event = packet_of(EVENT_PACKET_DELIVERED, "server", "client", TCP_SYN | TCP_ACK);
    struct change change = {
        .endpoint = 1, .witness = WITNESS_WIRE, .new_state = STATE_ESTABLISHED, .name = "client"};
    event.context.sides[1].state = STATE_SYN_SENT;
    event.context.sides[1].witness = WITNESS_KERNEL;
    caused_by(&event, 6, RULE_SENT_DELIVERED, false);
    tell(&event, &change, 1);
    change = (struct change){.endpoint = 1,
                             .witness = WITNESS_WIRE,
                             .old_state = STATE_LISTEN,
                             .new_state = STATE_LISTEN,
                             .impossible = true,
                             .reason = "got FIN",
                             .name = "client"};
    tell(&event, &change, 1);

    event = packet_of(EVENT_PACKET_DROPPED, "client", "server", TCP_SYN);
    strcpy(event.packet.fault, "drop flags=SYN nth=1");
    caused_by(&event, 6, RULE_SENT_DROPPED, false);
    tell(&event, NULL, 0);
    event = packet_of(EVENT_PACKET_HELD, "client", "server", TCP_ACK);
    event.packet.packet.tcp.window = 0;
    tell(&event, NULL, 0);

    event = (struct event){.kind = EVENT_PACKET_SENT}; /* of a foreign capture: nobody is known */
    event.packet.packet = (struct packet){.protocol = PROTOCOL_UDP, .payload_bytes = 5};
    event.packet.packet.source = address_make("192.0.2.1", 1000);
    tell(&event, NULL, 0);
}

static void tell_kernel_events(void)
{
    struct event event = event_of(EVENT_STATE, "client", "");
    struct change change = {.endpoint = 1,
                            .witness = WITNESS_KERNEL,
                            .old_state = STATE_SYN_SENT,
                            .new_state = STATE_ESTABLISHED,
                            .disagreement = true,
                            .reason = "its SYN is acknowledged",
                            .name = "client"};
    event.state = (struct event_state){
        .state = STATE_ESTABLISHED, .after_packet = 2, .after_delivery = true, .inode = 7};
    caused_by(&event, 21, RULE_PACKET_STATE, false);
    tell(&event, &change, 1);
    event.state = (struct event_state){.state = STATE_TIME_WAIT, .timer = 3, .timer_ms = 59000};
    event.state.local = address_make("192.0.2.1", 42002);
    event.state.remote = address_make("192.0.2.2", 7001);
    tell(&event, NULL, 0);

    event.kind = EVENT_QUEUE;
    event.context.cause_count = 0;
    event.state = (struct event_state){.state = STATE_ESTABLISHED, .receive_queue = 5};
    tell(&event, NULL, 0);
    event.state = (struct event_state){.state = STATE_LISTEN, .receive_queue = 2, .send_queue = 1};
    tell(&event, NULL, 0);
    event.kind = EVENT_TIMER;
    event.state =
        (struct event_state){.state = STATE_SYN_SENT, .timer = 1, .timer_ms = 950, .retransmits = 2};
    tell(&event, NULL, 0);
    event.state.timer = 0;
    tell(&event, NULL, 0);
    event.state.timer = 200;
    tell(&event, NULL, 0);
}

static void tell_processes(void)
{
    struct event event = event_of(EVENT_PROCESS, "server", "server.2");
    strcpy(event.process.program, "stream_server");
    tell(&event, NULL, 0);
    event.process.what = PROCESS_FORK;
    caused_by(&event, 4, RULE_PARENT, false);
    tell(&event, NULL, 0);
    event.process.what = PROCESS_EXEC;
    tell(&event, NULL, 0);
    event.process.what = PROCESS_EXIT;
    event.context.cause_count = 0;
    event.process.exit_code = 3;
    tell(&event, NULL, 0);
    event.process.exit_code = -1;
    event.process.signal = 9;
    tell(&event, NULL, 0);
    event.process.signal = 4000;
    tell(&event, NULL, 0);
}

static void tell_note(enum event_kind kind, const char *text, struct event_note note)
{
    struct event event = event_of(kind, "client", "client");
    event.note = note;
    event_set_data(&event, text, strlen(text));
    tell(&event, NULL, 0);
    event_release(&event);
}

static void tell_gaps(void)
{
    struct event event = event_of(EVENT_GAP, "", "");
    tell(&event, NULL, 0);
    event.gap.lost = 1;
    tell(&event, NULL, 0);
    event.gap = (struct event_gap){.lost = UINT64_MAX, .reason = "the ring was full"};
    tell(&event, NULL, 0);
}

static void every_kind_has_a_sentence(void **state)
{
    (void)state;
    buf_clear(&lines);
    tell_calls();
    tell_packets();
    tell_kernel_events();
    tell_processes();
    tell_note(EVENT_OUTPUT, "the server says: hi \"client\"\n", (struct event_note){.stream = 1});
    tell_note(EVENT_OUTPUT, "bad \xff \x1b[31m", (struct event_note){.stream = 2});
    tell_gaps();
    tell_note(EVENT_MARK, "look here", (struct event_note){0});
    tell_note(EVENT_CAPTION, "The kernel answers by itself \xe2\x86\x92 alone.", (struct event_note){0});
    tell_note(EVENT_QUESTION, "Which returns first?", (struct event_note){0});
    tell_note(EVENT_VOTE, "connect()", (struct event_note){.count = 31});
    assert_golden("sentence/kinds.txt", buf_text(&lines));
    for (unsigned kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        char start[40];
        snprintf(start, sizeof start, "\n%s: ", event_kind_name((enum event_kind)kind));
        if (kind != EVENT_CALL_ENTER)
            assert_non_null(strstr(buf_text(&lines), start));
    }
    buf_release(&lines);
}

static void assert_call(const struct event *event, const char *expected)
{
    struct buf text = {0};
    call_text(&text, event);
    assert_string_equal(buf_text(&text), expected);
    buf_release(&text);
}

static void calls_as_c_writes_them(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_CALL_ENTER};
    event.call =
        (struct event_call){.call = CALL_socket, .arguments = {AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 17}};
    assert_call(&event, "socket(AF_INET6, SOCK_DGRAM|SOCK_NONBLOCK, IPPROTO_UDP)");
    event.call = (struct event_call){.call = CALL_socket, .arguments = {77, 99, 0}};
    assert_call(&event, "socket(77, 99, 0)");
    event.call = (struct event_call){.call = CALL_setsockopt, .arguments = {3, IPPROTO_TCP, 1, 1}};
    assert_call(&event, "setsockopt(3, IPPROTO_TCP, TCP_NODELAY, 1)");
    event.call = (struct event_call){.call = CALL_setsockopt, .arguments = {3, 500, 1, 1}};
    assert_call(&event, "setsockopt(3, 500, 1, 1)");
    event.call = (struct event_call){.call = CALL_shutdown, .arguments = {3, SHUT_WR}};
    assert_call(&event, "shutdown(3, SHUT_WR)");
    event.call = (struct event_call){.call = CALL_accept4, .arguments = {3, 0, SOCK_CLOEXEC}};
    assert_call(&event, "accept4(3, SOCK_CLOEXEC)");
    event.call = (struct event_call){.call = CALL_send, .arguments = {3, 0, 5, MSG_NOSIGNAL | (1 << 30)}};
    assert_call(&event, "send(3, buffer, 5, MSG_NOSIGNAL|MSG_CMSG_CLOEXEC)");
    event.call = (struct event_call){.call = CALL_bind, .arguments = {3}, .path = "/tmp/door"};
    assert_call(&event, "bind(3, /tmp/door)");
    event.call = (struct event_call){.call = CALL_poll, .arguments = {0, -1}, .set = "3:IN 4:IN,OUT"};
    assert_call(&event, "poll({3:IN 4:IN,OUT}, -1)");
    event.call = (struct event_call){.call = CALL_getaddrinfo, .set = "localhost"};
    assert_call(&event, "getaddrinfo(\"localhost\")");
    event.call = (struct event_call){.call = CALL_fcntl, .arguments = {3, F_SETFL, O_RDWR | O_NONBLOCK}};
    assert_call(&event, "fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK)");
    event.call =
        (struct event_call){.call = CALL_epoll_ctl, .arguments = {5, EPOLL_CTL_ADD, 4, EPOLLIN | (1u << 31)}};
    assert_call(&event, "epoll_ctl(5, EPOLL_CTL_ADD, 4, EPOLLIN|EPOLLET)");
    event.call = (struct event_call){.call = CALL_fork};
    assert_call(&event, "fork()");
}

static void long_payload_is_cut(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_CALL_ENTER};
    event.call = (struct event_call){
        .call = CALL_write, .arguments = {3, 0, 50}, .has_payload = true, .payload_bytes = 50};
    event_set_data(&event, "0123456789012345678901234567890123456789", 40);
    assert_call(&event, "write(3, \"01234567890123456789012345678901...\", 50)");
    event_set_data(&event, "0123", 4);
    assert_call(&event, "write(3, \"0123...\", 50)");
    event.call.payload_bytes = 4;
    assert_call(&event, "write(3, \"0123\", 50)");
    event_release(&event);
}

static void results(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_CALL_EXIT};
    struct buf text = {0};
    event.call = (struct event_call){.result = -1, .error_number = ECONNREFUSED};
    call_result_text(&text, &event);
    assert_string_equal(buf_text(&text), "= -1 ECONNREFUSED");
    buf_clear(&text);
    event.kind = EVENT_CALL_ENTER;
    call_result_text(&text, &event);
    assert_string_equal(buf_text(&text), "");
    buf_release(&text);
}

static void durations(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        const char *text;
    } rows[] = {
        {0, "0 ns"},
        {999, "999 ns"},
        {1000, "1 us"},
        {850000, "850 us"},
        {999499, "999 us"},
        {999500, "1.00 ms"},
        {1000000, "1.00 ms"},
        {9994999, "9.99 ms"},
        {9995000, "10.0 ms"},
        {52100000, "52.1 ms"},
        {99950000, "100 ms"},
        {999499999, "999 ms"},
        {999500000, "1.00 s"},
        {1030000000, "1.03 s"},
        {60000000000LL, "60.0 s"},
        {-50000000, "-50.0 ms"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf text = {0};
        duration_text(&text, rows[i].ns);
        assert_string_equal(buf_text(&text), rows[i].text);
        buf_release(&text);
    }
    struct buf text = {0};
    duration_text(&text, INT64_MIN);
    assert_string_equal(buf_text(&text), "-9223372037 s");
    buf_release(&text);
}

static void assert_word(struct packet packet, const char *expected)
{
    struct buf text = {0};
    packet_word(&text, &packet);
    assert_string_equal(buf_text(&text), expected);
    buf_release(&text);
}

static void words_for_packets(void **state)
{
    (void)state;
    struct packet tcp = {.protocol = PROTOCOL_TCP};
    static const struct {
        uint8_t flags;
        uint32_t payload;
        const char *word;
    } rows[] = {
        {TCP_SYN, 0, "SYN"},
        {TCP_SYN | TCP_ACK, 0, "SYN,ACK"},
        {TCP_ACK, 0, "ACK"},
        {TCP_ACK | TCP_PSH, 0, "ACK"},
        {TCP_ACK | TCP_PSH, 5, "data 5"},
        {TCP_FIN | TCP_ACK, 0, "FIN,ACK"},
        {TCP_FIN | TCP_ACK | TCP_PSH, 5, "data 5,FIN"},
        {TCP_RST, 0, "RST"},
        {TCP_RST | TCP_ACK, 0, "RST,ACK"},
        {TCP_URG | TCP_ACK, 3, "data 3,URG"},
        {TCP_SYN | TCP_ECE | TCP_CWR, 0, "SYN,ECE,CWR"},
        {0, 0, "no flags"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tcp.tcp.flags = rows[i].flags;
        tcp.payload_bytes = rows[i].payload;
        assert_word(tcp, rows[i].word);
    }
    assert_word((struct packet){.protocol = PROTOCOL_UDP, .payload_bytes = 5}, "UDP 5");
    assert_word((struct packet){.protocol = PROTOCOL_UDP, .fragment_offset = 1480}, "fragment at 1480");
    assert_word((struct packet){.protocol = PROTOCOL_ICMP, .icmp = {.type = 3, .code = 3}},
                "ICMP port unreachable");
    assert_word((struct packet){.protocol = 47}, "ip-47");
    assert_word((struct packet){.damage = "cut short"}, "damaged packet");
    assert_word((struct packet){.wire_bytes = 60}, "packet");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_a_sentence),
        cmocka_unit_test(calls_as_c_writes_them),
        cmocka_unit_test(long_payload_is_cut),
        cmocka_unit_test(results),
        cmocka_unit_test(durations),
        cmocka_unit_test(words_for_packets),
    };
    return cmocka_run_group_tests_name("sentence", tests, NULL, NULL);
}

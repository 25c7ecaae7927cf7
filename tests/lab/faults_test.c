/* What the wire does to packets, and what real kernels make of it: a test for each action. */
#include "tests/support/cmocka_all.h"

#include "lab_session.h"

#define SERVER4 "192.0.2.2"
#define SERVER6 "2001:db8::2"

static struct fault_rule tcp_rule(const char *text, enum fault_action action, int from, uint8_t flags)
{
    struct fault_rule rule = fault_rule_any();
    snprintf(rule.text, sizeof rule.text, "%s", text);
    rule.action = action;
    rule.match.from = from;
    rule.match.protocol = PROTOCOL_TCP;
    rule.match.flags = flags;
    rule.match.flags_mask = TCP_SYN | TCP_FIN | TCP_RST;
    rule.match.nth = 1;
    return rule;
}

static struct fault_rule data_rule(const char *text, enum fault_action action, int nth)
{
    struct fault_rule rule = tcp_rule(text, action, 0, 0);
    rule.match.least_bytes = 1;
    rule.match.nth = nth;
    return rule;
}

static void begin_with_rule(const struct fault_rule *rule, struct reader *reader)
{
    struct lab_config config = two_hosts();
    config.rules = rule;
    config.rule_count = 1;
    begin_with(&config, reader);
}

/* A server, and a client that says what it has to say; returns the client's exit code. */
static int talk(struct reader *reader, const char *client_program, const char *ip)
{
    pid_t server = start_on(reader, 1, "server", ip);
    reader_wait_line(reader, "ready");
    lab_ask(reader->lab, 1, 1);
    int code = reader_exit(reader, start_on(reader, 0, client_program, ip))->exit_code;
    reader_exit(reader, server);
    return code;
}

static const struct told *find_packet(const struct reader *reader, int kind, const char *fault, size_t from)
{
    for (size_t i = from; i < reader->told.count; i++) {
        const struct told *t = &reader->told.items[i];
        if (t->kind == RECORD_PACKET && t->packet.event_kind == kind &&
            (fault == NULL || strcmp(t->packet.fault, fault) == 0))
            return t;
    }
    return NULL;
}

static const struct told *sent(const struct reader *reader, uint64_t id)
{
    array_each (const struct told, t, &reader->told)
        if (t->kind == RECORD_PACKET && t->packet.id == id && t->packet.event_kind == EVENT_PACKET_SENT)
            return t;
    return NULL;
}

/* How often this segment left its host. */
static int times_sent(const struct reader *reader, const struct told *segment)
{
    int count = 0;
    array_each (const struct told, t, &reader->told)
        count += t->kind == RECORD_PACKET && t->packet.event_kind == EVENT_PACKET_SENT &&
                 t->packet.host == segment->packet.host &&
                 t->decoded.tcp.sequence == segment->decoded.tcp.sequence &&
                 t->decoded.payload_bytes == segment->decoded.payload_bytes &&
                 t->decoded.tcp.flags == segment->decoded.tcp.flags;
    return count;
}

static void assert_story(struct reader *reader, const char *part)
{
    char *story = reader_story(reader, false);
    if (strstr(story, part) == NULL)
        fail_msg("'%s' is not in\n%s", part, story);
    free(story);
}

static void test_drop(void **state)
{
    struct reader reader;
    struct fault_rule rule = tcp_rule("drop", FAULT_DROP, 0, TCP_SYN);
    (void)state;
    begin_with_rule(&rule, &reader);
    assert_int_equal(talk(&reader, "client", SERVER4), 0);
    assert_story(&reader, "0>SYN 0:SYN_SENT 0!SYN 0>SYN 1<SYN 1:SYN_RECEIVED ");
    const struct told *dropped = find_packet(&reader, EVENT_PACKET_DROPPED, "drop", 0);
    assert_non_null(dropped);
    assert_int_equal(times_sent(&reader, sent(&reader, dropped->packet.id)), 2);
    end(&reader);
}

static void test_delay(void **state)
{
    struct reader reader;
    struct fault_rule rule = data_rule("delay", FAULT_DELAY, 1);
    (void)state;
    rule.delay_ns = 90 * NS_PER_MS;
    begin_with_rule(&rule, &reader);
    assert_int_equal(talk(&reader, "client", SERVER4), 0);
    const struct told *left = find_packet(&reader, EVENT_PACKET_SENT, "delay", 0);
    assert_non_null(left);
    assert_int_equal(left->packet.delay_ns, DELAY_NS + rule.delay_ns);
    array_each (const struct told, t, &reader.told)
        if (t->kind == RECORD_PACKET && t->packet.event_kind == EVENT_PACKET_DELIVERED &&
            t->packet.id == left->packet.id)
            assert_in_range(t->packet.time_ns - left->packet.time_ns, DELAY_NS + rule.delay_ns,
                            DELAY_NS + rule.delay_ns + 60 * NS_PER_MS);
    end(&reader);
}

/* The second copy is answered with one more ACK of the same number, and read once. */
static void test_duplicate(void **state)
{
    struct reader reader;
    struct fault_rule rule = data_rule("duplicate", FAULT_DUPLICATE, 1);
    (void)state;
    rule.delay_ns = 20 * NS_PER_MS;
    begin_with_rule(&rule, &reader);
    assert_int_equal(talk(&reader, "client", SERVER4), 0);
    assert_true(reader_has_line(&reader, "read 5"));
    assert_non_null(find_packet(&reader, EVENT_PACKET_DELIVERED, "duplicate", 0));
    assert_story(&reader, "0>PSH,ACK 1<PSH,ACK 1>ACK 1<PSH,ACK 1>ACK ");
    end(&reader);
}

/* The hole makes the receiver repeat its ACK; all bytes arrive. */
static void test_swap(void **state)
{
    struct reader reader;
    struct fault_rule rule = data_rule("swap", FAULT_SWAP, 2);
    (void)state;
    begin_with_rule(&rule, &reader);
    assert_int_equal(talk(&reader, "burst", SERVER4), 0);
    assert_true(reader_has_line(&reader, "read 5792"));
    const struct told *late = find_packet(&reader, EVENT_PACKET_SENT, "swap", 0);
    assert_non_null(late);
    uint32_t hole = late->decoded.tcp.sequence;
    int repeated = 0;
    array_each (const struct told, t, &reader.told)
        repeated += t->kind == RECORD_PACKET && t->packet.event_kind == EVENT_PACKET_SENT &&
                    t->packet.host == 1 && t->decoded.tcp.acknowledgment == hole &&
                    t->decoded.payload_bytes == 0;
    assert_true(repeated >= 2);
    /* The next one of its direction arrived before it. */
    const struct told *first = NULL;
    array_each (const struct told, t, &reader.told)
        if (first == NULL && t->kind == RECORD_PACKET && t->packet.event_kind == EVENT_PACKET_DELIVERED &&
            t->packet.host == 1 && (t->packet.id == late->packet.id || t->packet.id == late->packet.id + 1))
            first = t;
    assert_non_null(first);
    assert_int_equal(first->packet.id, late->packet.id + 1);
    end(&reader);
}

/* The receiving kernel counts it, throws it away without a word, and the sender's timer repeats it. */
static void test_corrupt(void **state)
{
    struct reader reader;
    struct fault_rule rule = data_rule("corrupt", FAULT_CORRUPT, 1);
    (void)state;
    begin_with_rule(&rule, &reader);
    assert_int_equal(talk(&reader, "client", SERVER4), 0);
    assert_true(reader_has_line(&reader, "read 5"));
    const struct told *wrong = find_packet(&reader, EVENT_PACKET_DELIVERED, "corrupt", 0);
    assert_non_null(wrong);
    assert_int_equal(times_sent(&reader, sent(&reader, wrong->packet.id)), 2);
    reader_exit(&reader, start_on(&reader, 1, "bad-checksums", "-"));
    assert_true(reader_has_line(&reader, "bad checksums 1"));
    end(&reader);
}

static void port_unreachable(const char *ip)
{
    struct reader reader;
    struct fault_rule rule = fault_rule_any();
    snprintf(rule.text, sizeof rule.text, "answer");
    rule.action = FAULT_ICMP;
    rule.icmp = FAULT_ICMP_PORT;
    rule.match.protocol = PROTOCOL_UDP;
    begin_with_rule(&rule, &reader);
    reader_exit(&reader, start_on(&reader, 0, "ask", ip));
    assert_true(reader_has_line(&reader, "recv -1 errno 111"));
    assert_non_null(find_packet(&reader, EVENT_PACKET_DROPPED, "answer", 0));
    array_each (const struct told, t, &reader.told)
        assert_false(t->kind == RECORD_PACKET && t->packet.event_kind == EVENT_PACKET_DELIVERED &&
                     t->packet.host == 1);
    end(&reader);
}

static void test_port_unreachable(void **state)
{
    (void)state;
    port_unreachable(SERVER4);
    port_unreachable(SERVER6);
}

static void host_unreachable(const char *ip)
{
    struct reader reader;
    struct fault_rule rule = tcp_rule("answer", FAULT_ICMP, 0, TCP_SYN);
    rule.icmp = FAULT_ICMP_HOST;
    rule.match.nth = 0;
    begin_with_rule(&rule, &reader);
    assert_int_equal(reader_exit(&reader, start_on(&reader, 0, "client", ip))->exit_code, 1);
    assert_true(reader_has_line(&reader, "errno 113"));
    end(&reader);
}

static void test_host_unreachable(void **state)
{
    (void)state;
    host_unreachable(SERVER4);
    host_unreachable(SERVER6);
}

/* What was too long goes again in segments that fit. */
static void too_big(const char *ip, int mtu, uint32_t most)
{
    struct reader reader;
    struct fault_rule rule = fault_rule_any();
    snprintf(rule.text, sizeof rule.text, "answer");
    rule.action = FAULT_ICMP;
    rule.icmp = FAULT_ICMP_TOO_BIG;
    rule.mtu = (uint16_t)mtu;
    rule.match.from = 0;
    rule.match.least_packet_bytes = (uint32_t)mtu + 1;
    begin_with_rule(&rule, &reader);
    assert_int_equal(talk(&reader, "burst", ip), 0);
    assert_true(reader_has_line(&reader, "read 5792"));
    array_each (const struct told, t, &reader.told)
        if (t->kind == RECORD_PACKET && t->packet.event_kind == EVENT_PACKET_DELIVERED && t->packet.host == 1)
            assert_true(sent(&reader, t->packet.id)->decoded.payload_bytes <= most);
    end(&reader);
}

static void test_fragmentation_needed(void **state)
{
    (void)state;
    too_big(SERVER4, 1000, 948);
    too_big(SERVER6, 1300, 1228);
}

/* From the first packet on for 300 ms nothing passes; then the kernel's second try does. */
static void test_cut_for_a_time(void **state)
{
    struct reader reader;
    struct fault_rule rule = fault_rule_any();
    (void)state;
    snprintf(rule.text, sizeof rule.text, "cut");
    rule.action = FAULT_DROP;
    rule.match.until_ns = 300 * NS_PER_MS;
    begin_with_rule(&rule, &reader);
    assert_int_equal(talk(&reader, "client", SERVER4), 0);
    assert_story(&reader, "0>SYN 0:SYN_SENT 0!SYN 0>SYN 1<SYN ");
    end(&reader);
}

/* One direction by request: the server's answers are lost, until the wire is mended. */
static void test_cut_and_mend(void **state)
{
    struct reader reader;
    (void)state;
    begin(&reader);
    start_on(&reader, 1, "server", SERVER4);
    reader_wait_line(&reader, "ready");
    lab_cut(reader.lab, 1, true);
    pid_t client = start_on(&reader, 0, "client", SERVER4);
    reader_wait(&reader, 300);
    assert_story(&reader, "1>SYN,ACK 1!SYN,ACK ");
    lab_cut(reader.lab, 1, false);
    assert_int_equal(reader_exit(&reader, client)->exit_code, 0);
    end(&reader);
}

static void test_pace(void **state)
{
    struct reader reader;
    struct fault_rule rule = data_rule("pace", FAULT_PACE, 0);
    int64_t last_ns = 0;
    int count = 0;
    (void)state;
    rule.delay_ns = 25 * NS_PER_MS;
    begin_with_rule(&rule, &reader);
    assert_int_equal(talk(&reader, "burst", SERVER4), 0);
    array_each (const struct told, t, &reader.told) {
        if (t->kind != RECORD_PACKET || t->packet.event_kind != EVENT_PACKET_DELIVERED ||
            t->packet.host != 1 || sent(&reader, t->packet.id)->decoded.payload_bytes == 0)
            continue;
        assert_true(last_ns == 0 || t->packet.time_ns - last_ns > 20 * NS_PER_MS);
        last_ns = t->packet.time_ns;
        count++;
    }
    assert_true(count >= 4);
    end(&reader);
}

static void test_hold_by_rule(void **state)
{
    struct reader reader;
    struct fault_rule rule = data_rule("hold", FAULT_HOLD, 1);
    (void)state;
    begin_with_rule(&rule, &reader);
    start_on(&reader, 1, "server", SERVER4);
    reader_wait_line(&reader, "ready");
    pid_t client = start_on(&reader, 0, "client", SERVER4);
    reader_wait(&reader, 300);
    assert_story(&reader, "0>PSH,ACK 0=PSH,ACK ");
    lab_release_rule(reader.lab, 0);
    assert_int_equal(reader_exit(&reader, client)->exit_code, 0);
    assert_non_null(find_packet(&reader, EVENT_PACKET_HELD, "hold", 0));
    end(&reader);
}

/* --- by hand --- */

static uint64_t wait_for_held(struct reader *reader, uint64_t after)
{
    for (int i = 0; i < 500; i++) {
        array_each (const struct told, t, &reader->told)
            if (t->kind == RECORD_PACKET && t->packet.event_kind == EVENT_PACKET_HELD && t->packet.id > after)
                return t->packet.id;
        reader_wait(reader, 10);
    }
    fail_msg("no packet is held after %llu", (unsigned long long)after);
    return 0;
}

static void begin_held(struct reader *reader)
{
    struct lab_config config = two_hosts();
    config.holds = true;
    config.textbook_timers = true;
    begin_with(&config, reader);
    start_on(reader, 1, "server", SERVER4);
    reader_wait_line(reader, "ready");
}

static void let_go(struct reader *reader, uint64_t id, enum fault_action action)
{
    struct lab_order order = {.action = action, .delay_ns = 20 * NS_PER_MS};
    assert_int_equal(lab_packet(reader->lab, id, &order), 0);
    assert_int_equal(lab_packet(reader->lab, id, &order), -ESRCH);
}

/* The SYN is held for longer than its timer: its copies are absorbed and counted, and never seen on the wire.
 */
static void test_copies_are_absorbed(void **state)
{
    struct reader reader;
    (void)state;
    begin_held(&reader);
    pid_t client = start_on(&reader, 0, "client", SERVER4);
    uint64_t syn = wait_for_held(&reader, 0);
    reader_wait(&reader, 2300);
    assert_non_null(find_packet(&reader, EVENT_PACKET_HELD, "copy 1 absorbed", 0));
    assert_non_null(find_packet(&reader, EVENT_PACKET_HELD, "copy 2 absorbed", 0));
    assert_int_equal(times_sent(&reader, sent(&reader, syn)), 1);
    let_go(&reader, syn, FAULT_NONE);
    uint64_t answer = wait_for_held(&reader, syn);
    reader_wait(&reader, 1200); /* SYN_RECEIVED all the while; the server's kernel repeats itself, too */
    assert_int_equal(times_sent(&reader, sent(&reader, answer)), 1);
    lab_hold(reader.lab, false);
    assert_int_equal(reader_exit(&reader, client)->exit_code, 0);
    assert_story(&reader, "0>SYN 0=SYN 0:SYN_SENT ");
    end(&reader);
}

static void test_orders(void **state)
{
    struct reader reader;
    (void)state;
    begin_held(&reader);
    pid_t client = start_on(&reader, 0, "client", SERVER4);
    uint64_t syn = wait_for_held(&reader, 0);
    assert_int_equal(lab_packet(reader.lab, 999, &(struct lab_order){0}), -ESRCH);
    assert_int_equal(lab_packet(reader.lab, syn, &(struct lab_order){.action = FAULT_HOLD}), -EINVAL);
    assert_int_equal(lab_packet(reader.lab, syn, &(struct lab_order){.action = (enum fault_action)77}),
                     -EINVAL);
    let_go(&reader, syn, FAULT_DROP);
    syn = wait_for_held(&reader, syn); /* the kernel's second try */
    assert_non_null(find_packet(&reader, EVENT_PACKET_DROPPED, "drop by hand", 0));
    let_go(&reader, syn, FAULT_DUPLICATE);
    reader_wait(&reader, 100);
    assert_non_null(find_packet(&reader, EVENT_PACKET_DELIVERED, "duplicate by hand", 0));
    lab_hold(reader.lab, false);
    assert_int_equal(reader_exit(&reader, client)->exit_code, 0);
    end(&reader);
}

static void test_icmp_by_hand(void **state)
{
    struct reader reader;
    (void)state;
    begin_held(&reader);
    pid_t client = start_on(&reader, 0, "client", SERVER4);
    uint64_t syn = wait_for_held(&reader, 0);
    struct lab_order order = {.action = FAULT_ICMP, .icmp = FAULT_ICMP_HOST};
    assert_int_equal(lab_packet(reader.lab, syn, &order), 0);
    assert_int_equal(reader_exit(&reader, client)->exit_code, 1);
    assert_true(reader_has_line(&reader, "errno 113"));
    end(&reader);
}

/* With textbook timers data is not repeated while it is held, however long a kernel would wait otherwise. */
static void test_textbook_timers(void **state)
{
    struct reader reader;
    (void)state;
    begin_held(&reader);
    lab_hold(reader.lab, false);
    pid_t client = start_on(&reader, 0, "client", SERVER4);
    reader_wait(&reader, 100); /* connected; the data comes 80 ms later */
    lab_hold(reader.lab, true);
    uint64_t data = wait_for_held(&reader, 0);
    reader_wait(&reader, 2500);
    assert_int_equal(times_sent(&reader, sent(&reader, data)), 1);
    assert_null(find_packet(&reader, EVENT_PACKET_HELD, "copy 1 absorbed", 0));
    lab_hold(reader.lab, false);
    assert_int_equal(reader_exit(&reader, client)->exit_code, 0);
    end(&reader);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drop),
        cmocka_unit_test(test_delay),
        cmocka_unit_test(test_duplicate),
        cmocka_unit_test(test_swap),
        cmocka_unit_test(test_corrupt),
        cmocka_unit_test(test_port_unreachable),
        cmocka_unit_test(test_host_unreachable),
        cmocka_unit_test(test_fragmentation_needed),
        cmocka_unit_test(test_cut_for_a_time),
        cmocka_unit_test(test_cut_and_mend),
        cmocka_unit_test(test_pace),
        cmocka_unit_test(test_hold_by_rule),
        cmocka_unit_test(test_copies_are_absorbed),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_icmp_by_hand),
        cmocka_unit_test(test_textbook_timers),
    };
    session_main(argc, argv);
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}

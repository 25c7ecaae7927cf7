/* The lab with real namespaces, a real wire and real kernels: run as root and as an ordinary user. */
#include "tests/support/cmocka_all.h"

#include "lab_session.h"

static const char story_of_a_conversation[] =
    "1:LISTEN 0>SYN 0:SYN_SENT 1<SYN 1:SYN_RECEIVED 1>SYN,ACK 0<SYN,ACK 0:ESTABLISHED 0>ACK 1<ACK "
    "1:ESTABLISHED "
    "0>PSH,ACK 1<PSH,ACK 1>ACK 0<ACK "
    "0>FIN,ACK 0:FIN_WAIT_1 1<FIN,ACK 1:CLOSE_WAIT 1>ACK 0<ACK 0:FIN_WAIT_2 "
    "1>FIN,ACK 1:LAST_ACK 0<FIN,ACK 0:TIME_WAIT 0>ACK 1<ACK 1:CLOSED 1:CLOSED ";

/* Each packet's delivery comes its delay after its departure, and what the kernel said of it right behind it.
 */
static void check_times(const struct reader *reader)
{
    array_each (const struct told, d, &reader->told) {
        array_each (const struct told, s, &reader->told) {
            bool pair = d->kind == RECORD_PACKET && s->kind == RECORD_PACKET &&
                        d->packet.id == s->packet.id && s->packet.event_kind == EVENT_PACKET_SENT &&
                        d->packet.event_kind == EVENT_PACKET_DELIVERED;
            if (!pair)
                continue;
            int64_t way_ns = d->packet.time_ns - s->packet.time_ns;
            assert_true(way_ns >= DELAY_NS && way_ns < DELAY_NS + 50 * NS_PER_MS);
            assert_int_equal(s->packet.delay_ns, DELAY_NS);
            assert_int_equal(s->packet.to, d->packet.host);
        }
        if (d->kind == RECORD_STATE)
            assert_true(d->state.time_ns >= d->state.order_ns);
    }
}

static const struct told *find_state(const struct reader *reader, int host, enum state state)
{
    array_each (const struct told, t, &reader->told) {
        if (t->kind == RECORD_STATE && t->state.host == host && t->state.event_kind == EVENT_STATE &&
            state_from_kernel(t->state.kernel_state) == state)
            return t;
    }
    return NULL;
}

/* One socket keeps one cookie from its first packet to its end, accepted or not. */
static void check_identity(const struct reader *reader)
{
    const struct told *half = find_state(reader, 1, STATE_SYN_RECEIVED);
    const struct told *whole = find_state(reader, 1, STATE_LAST_ACK);
    assert_non_null(half);
    assert_non_null(whole);
    assert_int_equal(half->state.inode, 0);
    assert_int_equal(half->state.cookie, whole->state.cookie);
    assert_true(half->state.after_delivery && half->state.after_packet == 1);
    const struct told *waits = find_state(reader, 0, STATE_TIME_WAIT);
    const struct told *asks = find_state(reader, 0, STATE_SYN_SENT);
    assert_int_equal(waits->state.cookie, asks->state.cookie);
    assert_int_equal(waits->state.timer, 3);
    assert_true(waits->state.timer_ms > 50000);
    assert_true(!asks->state.after_delivery && asks->state.after_packet == 1);
}

static void conversation(const char *server_ip, const char *ip)
{
    struct reader reader;
    begin(&reader);
    pid_t server = start_on(&reader, 1, "server", server_ip);
    reader_wait_line(&reader, "ready");
    lab_ask(reader.lab, 1, 1);
    pid_t client = start_on(&reader, 0, "client", ip);
    assert_int_equal(reader_exit(&reader, client)->exit_code, 0);
    assert_int_equal(reader_exit(&reader, server)->exit_code, 0);
    assert_true(reader_has_line(&reader, "read 5"));
    check_identity(&reader);
    char *story = reader_story(&reader, false);
    assert_string_equal(story, story_of_a_conversation);
    free(story);
    check_times(&reader);
    end(&reader);
}

static void test_conversation_ipv4(void **state)
{
    (void)state;
    conversation("192.0.2.2", "192.0.2.2");
}

static void test_conversation_ipv6(void **state)
{
    (void)state;
    conversation("2001:db8::2", "2001:db8::2");
}

/* An IPv6 socket that speaks IPv4. */
static void test_conversation_mapped(void **state)
{
    (void)state;
    conversation("::", "192.0.2.2");
}

/* Data and FIN leave within microseconds: the state still comes with the FIN, not with the data. */
static void test_data_and_goodbye_at_once(void **state)
{
    struct reader reader;
    (void)state;
    begin(&reader);
    start_on(&reader, 1, "server", "192.0.2.2");
    reader_wait_line(&reader, "ready");
    for (int i = 0; i < 3; i++)
        reader_exit(&reader, start_on(&reader, 0, "hasty", "192.0.2.2"));
    char *story = reader_story(&reader, false);
    assert_non_null(strstr(story, "0>PSH,ACK 0>FIN,ACK 0:FIN_WAIT_1 "));
    for (const char *at = story; (at = strstr(at, "0:FIN_WAIT_1 ")) != NULL; at++)
        assert_true(at - story > 10 && memcmp(at - 10, "0>FIN,ACK ", 10) == 0);
    free(story);
    array_each (const struct told, t, &reader.told) {
        if (t->kind == RECORD_STATE && t->state.event_kind == EVENT_STATE &&
            state_from_kernel(t->state.kernel_state) == STATE_FIN_WAIT_1)
            assert_true(t->state.after_packet != 0 && !t->state.after_delivery);
    }
    end(&reader);
}

static void test_refused(void **state)
{
    struct reader reader;
    (void)state;
    begin(&reader);
    pid_t client = start_on(&reader, 0, "client", "192.0.2.2");
    assert_int_equal(reader_exit(&reader, client)->exit_code, 1);
    assert_true(reader_has_line(&reader, "errno 111"));
    char *story = reader_story(&reader, false);
    assert_string_equal(story, "0>SYN 0:SYN_SENT 1<SYN 1>RST,ACK 0<RST,ACK 0:CLOSED ");
    free(story);
    end(&reader);
}

/* The kernel finishes the connection though nobody accepts: ESTABLISHED without a descriptor, one in the
 * queue. */
static void test_never_accepted(void **state)
{
    struct reader reader;
    (void)state;
    begin(&reader);
    pid_t server = start_on(&reader, 1, "never-accept", "192.0.2.2");
    reader_wait_line(&reader, "ready");
    start_on(&reader, 0, "client", "192.0.2.2");
    reader_wait(&reader, 300);
    const struct told *established = find_state(&reader, 1, STATE_ESTABLISHED);
    assert_non_null(established);
    assert_int_equal(established->state.inode, 0);
    char *story = reader_story(&reader, true);
    assert_non_null(strstr(story, "1<ACK 1:queue=1/5 1:ESTABLISHED "));
    assert_non_null(strstr(story, "1:queue=5/0 "));
    free(story);
    assert_int_equal(lab_kill(reader.lab, server, SIGKILL), 0);
    assert_int_equal(reader_exit(&reader, server)->signal, SIGKILL);
    end(&reader);
}

static void test_asked(void **state)
{
    struct reader reader;
    (void)state;
    begin(&reader);
    start_on(&reader, 1, "never-accept", "192.0.2.2");
    reader_wait_line(&reader, "ready");
    lab_ask(reader.lab, 1, 12345);
    lab_ask(reader.lab, 7, 12345);
    reader_wait(&reader, 50);
    const struct told *listens = find_state(&reader, 1, STATE_LISTEN);
    assert_non_null(listens);
    assert_int_equal(listens->state.order_ns, 12345);
    assert_true(listens->state.time_ns > 12345);
    assert_int_equal(listens->state.local.port, TEST_PORT);
    end(&reader);
}

/* Datagrams to nobody: each answered by ICMP, no states; and the line's rate keeps them apart. */
static void test_datagrams_and_spacing(void **state)
{
    struct reader reader;
    struct lab_config config = two_hosts();
    (void)state;
    config.delay_ns = NS_PER_MS;
    config.spacing_ns = 20 * NS_PER_MS;
    begin_with(&config, &reader);
    reader_exit(&reader, start_on(&reader, 0, "datagrams", "192.0.2.2"));
    assert_int_equal(reader_count(&reader, RECORD_STATE), 0);
    int64_t before_ns = 0;
    int deliveries = 0, answers = 0;
    array_each (const struct told, t, &reader.told) {
        if (t->kind != RECORD_PACKET || t->packet.event_kind != EVENT_PACKET_DELIVERED)
            continue;
        answers += t->packet.host == 0;
        if (t->packet.host != 1)
            continue;
        assert_true(t->packet.time_ns - before_ns >= config.spacing_ns);
        before_ns = t->packet.time_ns;
        deliveries++;
    }
    assert_int_equal(deliveries, 5);
    assert_int_equal(answers, 5);
    end(&reader);
}

/* One shout, one packet, heard by all others. Nobody else says a word in more than a second. */
static void test_broadcast_and_silence(void **state)
{
    struct reader reader;
    struct lab_config config = two_hosts();
    (void)state;
    config.host_count = 4;
    config.host_names[2] = "third";
    config.host_names[3] = "fourth";
    begin_with(&config, &reader);
    reader_wait(&reader, 1500);
    assert_int_equal(reader.told.count, 0);
    assert_int_equal(reader_exit(&reader, start_on(&reader, 1, "shout", "192.0.2.255"))->exit_code, 0);
    reader_wait(&reader, 100);
    char *story = reader_story(&reader, false);
    assert_string_equal(story, "1>- 0<- 2<- 3<- ");
    free(story);
    assert_int_equal(reader_exit(&reader, start_on(&reader, 1, "shout", "239.9.9.9"))->exit_code, 0);
    reader_wait(&reader, 100);
    assert_int_equal(reader_count(&reader, RECORD_PACKET), 8);
    end(&reader);
}

static void test_programs_have_nothing(void **state)
{
    struct reader reader;
    const char *argv[] = {own_path, "program", "confess", "", NULL};
    const char *environment[] = {"EXTRA=yes", NULL};
    struct lab_program program = {.host = 1,
                                  .lane = "server.2",
                                  .argv = argv,
                                  .directory = "/",
                                  .environment = environment,
                                  .gates_closed = true};
    (void)state;
    begin(&reader);
    int foreign = dup2(STDERR_FILENO, 77); /* somebody's descriptor without CLOEXEC */
    pid_t pid = lab_spawn(reader.lab, &program, NULL);
    close(foreign);
    assert_true(pid > 0);
    assert_int_equal(reader_exit(&reader, pid)->exit_code, 3);
    char line[64];
    snprintf(line, sizeof line, "pid %d", pid);
    assert_true(reader_has_line(&reader, line));
    snprintf(line, sizeof line, "uid %u", getuid());
    assert_true(reader_has_line(&reader, line));
    const char *lines[] = {"lane server.2",
                           "extra yes",
                           "gates 1",
                           "CapEff:\t0000000000000000",
                           "CapPrm:\t0000000000000000",
                           "CapBnd:\t0000000000000000",
                           "NoNewPrivs:\t1",
                           "holds 0",
                           "holds 1",
                           "holds 2",
                           "holds 400",
                           "holds 401",
                           "port 21: 0",
                           "a line without an end"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (!reader_has_line(&reader, lines[i]))
            fail_msg("no line \"%s\"", lines[i]);
    }
    int held = 0, longest = 0;
    array_each (const struct told, t, &reader.told) {
        if (t->kind != RECORD_NOTE)
            continue;
        held += strncmp(t->text, "holds", 5) == 0;
        longest += strspn(t->text, "x") == 1024;
        assert_int_equal(t->note.stream, strncmp(t->text, "a line", 6) == 0 ? 2 : 1);
        assert_string_equal(t->note.lane, "server.2");
    }
    assert_int_equal(held, 5);
    assert_int_equal(longest, 2);
    end(&reader);
}

static void test_spawn_fails(void **state)
{
    struct reader reader;
    struct err err = {{0}};
    const char *argv[] = {"/no/such/program", NULL};
    struct lab_program program = {.host = 0, .lane = "client", .argv = argv};
    (void)state;
    begin(&reader);
    assert_int_equal(lab_spawn(reader.lab, &program, &err), -ENOENT);
    assert_string_equal(err.text, "cannot start /no/such/program: No such file or directory");
    program.directory = "/no/such/directory";
    assert_int_equal(lab_spawn(reader.lab, &program, &err), -ENOENT);
    assert_non_null(strstr(err.text, "directory: No such file"));
    program.host = 5;
    assert_int_equal(lab_spawn(reader.lab, &program, &err), -EINVAL);
    program.lane = "a name that is too long";
    assert_int_equal(lab_spawn(reader.lab, &program, &err), -EINVAL);
    assert_int_equal(lab_kill(reader.lab, 1, SIGTERM), -ESRCH);
    reader_drain(&reader);
    assert_int_equal(reader_count(&reader, RECORD_PROCESS), 0);
    end(&reader);
}

static void test_settle_page(void **state)
{
    struct reader reader;
    (void)state;
    begin(&reader);
    pid_t watcher = start_on(&reader, 1, "watch", "");
    reader_wait_line(&reader, "ready");
    start_on(&reader, 0, "client", "192.0.2.2");
    assert_int_equal(reader_exit(&reader, watcher)->exit_code, 0);
    assert_true(reader_has_line(&reader, "settled 1 0"));
    end(&reader);
}

static void test_bulk(void **state)
{
    struct reader reader;
    struct lab_config config = two_hosts();
    (void)state;
    config.delay_ns = 0;
    config.quick_ack = false;
    begin_with(&config, &reader);
    pid_t server = start_on(&reader, 1, "server", "192.0.2.2");
    reader_wait_line(&reader, "ready");
    struct clock clock = clock_monotonic();
    int64_t begin_ns = clock_now_ns(&clock);
    pid_t client = start_on(&reader, 0, "bulk", "192.0.2.2");
    for (uint32_t id = 0; lab_alive(reader.lab) && id < 3000 && !reader_has_line(&reader, "read 33554432");
         id++) {
        reader_wait(&reader, 10);
        for (size_t i = 0; i < reader.told.count;
             i++) /* keep what is not a packet: 32 MiB are many packets */
            if (reader.told.items[i].kind == RECORD_PACKET)
                reader.told.items[i--] = *array_last(&reader.told), reader.told.count--;
    }
    double seconds = (double)(clock_now_ns(&clock) - begin_ns) / 1e9;
    assert_true(reader_has_line(&reader, "read 33554432"));
    print_message("           32 MiB over the wire in %.2f s: %.2f Gbit/s\n", seconds, 0.268435456 / seconds);
    assert_int_equal(reader_exit(&reader, client)->exit_code, 0);
    assert_int_equal(reader_exit(&reader, server)->exit_code, 0);
    end(&reader);
}

static void test_sysctls(void **state)
{
    struct reader reader;
    struct err err = {{0}};
    struct lab *lab;
    struct lab_sysctl sysctls[] = {{"net.ipv4.tcp_syncookies", "0"}, {"net.ipv4.no_such_thing", "1"}};
    struct lab_config config = two_hosts();
    (void)state;
    config.sysctls = sysctls;
    config.sysctl_count = 2;
    begin_with(&config, &reader);
    assert_string_equal(lab_sysctls_text(reader.lab),
                        "net.ipv4.ip_unprivileged_port_start=0 net.ipv4.tcp_syncookies=0");
    end(&reader);
    sysctls[1] = (struct lab_sysctl){"../../etc/passwd", "x"};
    assert_int_equal(lab_start(&config, &lab, &err), -EINVAL);
    assert_non_null(strstr(err.text, "../../etc/passwd"));
    config.host_count = 1;
    assert_int_equal(lab_start(&config, &lab, &err), -EINVAL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conversation_ipv4),
        cmocka_unit_test(test_conversation_ipv6),
        cmocka_unit_test(test_conversation_mapped),
        cmocka_unit_test(test_data_and_goodbye_at_once),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_never_accepted),
        cmocka_unit_test(test_asked),
        cmocka_unit_test(test_datagrams_and_spacing),
        cmocka_unit_test(test_broadcast_and_silence),
        cmocka_unit_test(test_programs_have_nothing),
        cmocka_unit_test(test_spawn_fails),
        cmocka_unit_test(test_settle_page),
        cmocka_unit_test(test_bulk),
        cmocka_unit_test(test_sysctls),
    };
    session_main(argc, argv);
    return cmocka_run_group_tests_name("lab", tests, NULL, NULL);
}

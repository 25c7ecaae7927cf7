/* Rules of the wire: what they match, how they count, what they make of a packet; and as scenarios write
 * them. */
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "lab/damage.h"
#include "scenario/faults.h"
#include "scenario/scenario.h"

static const uint8_t bytes[64] = "................abcdefgh";

static struct packet segment(uint8_t flags, uint32_t payload)
{
    return (struct packet){.source = {.family = ADDRESS_IPV4, .port = 40000},
                           .destination = {.family = ADDRESS_IPV4, .port = 7001},
                           .protocol = PROTOCOL_TCP,
                           .wire_bytes = 54 + payload,
                           .payload_bytes = payload,
                           .payload_offset = 16,
                           .payload_present = payload < 8 ? payload : 8,
                           .tcp = {.flags = flags}};
}

static struct fault_packet leaving(const struct packet *packet, int64_t since_ns)
{
    return (struct fault_packet){.from = 0,
                                 .to = 1,
                                 .packet = packet,
                                 .bytes = bytes,
                                 .stamp_ns = 1000 + since_ns,
                                 .since_ns = since_ns};
}

static void test_match(void **state)
{
    struct packet syn = segment(TCP_SYN, 0), data = segment(TCP_ACK | TCP_PSH, 8);
    struct fault_packet first = leaving(&syn, 0), later = leaving(&data, 500);
    struct fault_match match = fault_rule_any().match;
    (void)state;
    assert_true(fault_matches(&match, &first));
    match.from = 1;
    assert_false(fault_matches(&match, &first));
    match.from = FAULT_NOT_FIRST_HOST;
    assert_false(fault_matches(&match, &first));
    match.from = 0;
    match.to = 1;
    assert_true(fault_matches(&match, &first));
    match.flags = match.flags_mask = TCP_SYN;
    assert_true(fault_matches(&match, &first));
    assert_false(fault_matches(&match, &later));
    match.flags_mask = match.flags = 0;
    match.payload = "cdef";
    assert_false(fault_matches(&match, &first));
    assert_true(fault_matches(&match, &later));
    match.payload = "xyz";
    assert_false(fault_matches(&match, &later));
    match.payload = NULL;
    match.port = 7001;
    assert_true(fault_matches(&match, &later));
    match.port = 80;
    assert_false(fault_matches(&match, &later));
    match.port = 0;
    match.least_packet_bytes = 48;
    assert_true(fault_matches(&match, &later));
    match.least_packet_bytes = 49;
    assert_false(fault_matches(&match, &later));
    match.least_packet_bytes = 0;
    match.from_ns = 501;
    assert_false(fault_matches(&match, &later));
    match.from_ns = 500;
    match.until_ns = 501;
    assert_true(fault_matches(&match, &later));
    match.until_ns = 500;
    assert_false(fault_matches(&match, &later));
}

static void test_nth_and_after(void **state)
{
    struct packet syn = segment(TCP_SYN, 0), data = segment(TCP_ACK, 8);
    struct fault_packet start = leaving(&syn, 0), packet = leaving(&data, 0);
    struct fault_memory memory = {0};
    struct fault_rule rule = fault_rule_any();
    (void)state;
    rule.action = FAULT_DROP;
    rule.match.least_bytes = 1;
    rule.match.nth = 2;
    rule.has_after = true;
    rule.after = fault_rule_any().match;
    rule.after.flags = rule.after.flags_mask = TCP_SYN;
    assert_int_equal(rules_judge(&rule, &memory, 1, &packet).stop,
                     FAULT_NONE); /* before the SYN: not counted */
    assert_int_equal(rules_judge(&rule, &memory, 1, &start).stop, FAULT_NONE);
    assert_int_equal(rules_judge(&rule, &memory, 1, &packet).stop, FAULT_NONE);
    assert_int_equal(rules_judge(&rule, &memory, 1, &packet).stop, FAULT_DROP);
    assert_int_equal(rules_judge(&rule, &memory, 1, &packet).stop, FAULT_NONE);
    assert_int_equal(memory.matched, 3);
    assert_int_equal(memory.hits, 1);
}

/* Delays add up; the first that stops a packet decides; what comes behind it still counts. */
static void test_many_rules(void **state)
{
    struct packet data = segment(TCP_ACK, 8);
    struct fault_packet packet = leaving(&data, 0);
    struct fault_rule rules[4] = {fault_rule_any(), fault_rule_any(), fault_rule_any(), fault_rule_any()};
    struct fault_memory memories[4] = {{0}};
    (void)state;
    rules[0].action = FAULT_DELAY;
    rules[0].delay_ns = 5;
    rules[1].action = FAULT_DUPLICATE;
    rules[1].delay_ns = 7;
    rules[2].action = FAULT_DELAY;
    rules[2].delay_ns = 6;
    struct fate fate = rules_judge(rules, memories, 3, &packet);
    assert_int_equal(fate.delay_ns, 11);
    assert_true(fate.copied && fate.copy_ns == 7);
    assert_ptr_equal(fate.rule, &rules[0]);
    rules[1].action = FAULT_DROP;
    fate = rules_judge(rules, memories, 3, &packet);
    assert_int_equal(fate.stop, FAULT_DROP);
    assert_ptr_equal(fate.rule, &rules[1]);
    assert_int_equal(memories[2].matched, 2);
    assert_int_equal(memories[2].hits, 1);
}

static void test_pace(void **state)
{
    struct packet data = segment(TCP_ACK, 46); /* 100 bytes on the wire */
    struct fault_packet packet = leaving(&data, 0);
    struct fault_memory memory = {0};
    struct fault_rule rule = fault_rule_any();
    (void)state;
    rule.action = FAULT_PACE;
    rule.bits_per_s = 800000; /* 100 bytes: 1 ms */
    rule.delay_ns = NS_PER_MS;
    for (int i = 1; i <= 3; i++)
        assert_int_equal(rules_judge(&rule, &memory, 1, &packet).delay_ns, i * 2 * NS_PER_MS);
}

/* --- what is done to frames --- */

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* A UDP datagram of `payload` bytes, Ethernet and IPv4 or IPv6 around it. */
static struct frame *datagram(bool six, uint32_t payload)
{
    uint8_t raw[2048] = {
        0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, (uint8_t)(six ? 0x86 : 0x08), (uint8_t)(six ? 0xdd : 0)};
    uint32_t ip_bytes = six ? 40 : 20, length = 8 + payload;
    uint8_t *ip = raw + 14, *udp = ip + ip_bytes,
            pseudo[4] = {0, PROTOCOL_UDP, (uint8_t)(length >> 8), (uint8_t)length};
    if (six) {
        memcpy(ip,
               (uint8_t[]){0x60, 0, 0, 0, (uint8_t)(length >> 8), (uint8_t)length, PROTOCOL_UDP, 64, 0x20, 1},
               10);
        ip[23] = 1;
        memcpy(ip + 24, ip + 8, 16);
        ip[39] = 2;
    } else {
        memcpy(ip, (uint8_t[]){0x45, 0, 0, 0, 0, 0, 0, 0, 64, PROTOCOL_UDP, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2},
               20);
        put16(ip + 2, 20 + length);
        put16(ip + 10, checksum_finish(checksum_add(0, ip, 20)));
    }
    put16(udp, 40000);
    put16(udp + 2, 7001);
    put16(udp + 4, length);
    memset(udp + 8, 'x', payload);
    uint32_t sum = checksum_add(checksum_add(0, six ? ip + 8 : ip + 12, six ? 32 : 8), pseudo, 4);
    put16(udp + 6, checksum_finish(checksum_add(sum, udp, length)));
    uint32_t total = 14 + ip_bytes + length;
    struct frame *frame = frame_new(raw, total, total);
    frame->to = 1;
    assert_int_equal(packet_decode(LINK_ETHERNET, frame->bytes, total, total, &frame->packet), 0);
    assert_true(frame->packet.checksum_judged && !frame->packet.checksum_bad);
    return frame;
}

static void test_corrupt(void **state)
{
    (void)state;
    for (int six = 0; six < 2; six++)
        for (uint32_t payload = 0; payload < 3; payload++)
            for (int at = 0; at < 4; at++) {
                struct packet packet;
                struct frame *frame = datagram(six, payload);
                assert_true(frame_corrupt(frame, at));
                packet_decode(LINK_ETHERNET, frame->bytes, frame->kept_bytes, frame->wire_bytes, &packet);
                assert_true(packet.checksum_bad);
                assert_true(address_equal(&packet.destination, &frame->packet.destination));
                free(frame);
            }
}

static void test_icmp(void **state)
{
    static const uint32_t payloads[] = {0, 1, 500, 1400};
    (void)state;
    for (int six = 0; six < 2; six++)
        for (int i = 0; i < 4; i++)
            for (int what = FAULT_ICMP_PORT; what <= FAULT_ICMP_TOO_BIG; what++) {
                struct frame *about = datagram(six, payloads[i]);
                struct frame *frame = frame_icmp_about(about, (enum fault_icmp)what, 1300);
                const struct packet *packet = &frame->packet;
                assert_non_null(frame);
                assert_null(packet->damage);
                assert_true(packet->checksum_judged && !packet->checksum_bad);
                assert_true(frame->wire_bytes <= 14 + (six ? 1280u : 576u));
                assert_true(address_equal(&packet->icmp.quoted_source, &about->packet.source));
                assert_int_equal(packet->icmp.quoted_destination.port, 7001);
                assert_int_equal(packet->icmp.rest, what == FAULT_ICMP_TOO_BIG ? 1300 : 0);
                assert_int_equal(frame->to, about->host);
                assert_memory_equal(frame->bytes, about->bytes + 6, 6);
                assert_null(frame_icmp_about(frame, FAULT_ICMP_PORT, 0)); /* never about another one */
                free(frame);
                free(about);
            }
}

/* --- as scenarios write them --- */

static const char rest_of_file[] = "name: small\ntitle: t\nnumber: 7\ngroup: g\nlesson: l\nduration_s: 1\n"
                                   "network: {hosts: [client, server]}\n"
                                   "lanes: [{name: client, host: client, program: p}]\nexpect: {}\nfaults:\n";

static int load(const char *faults, struct scenario **ret_scenario, struct err *err)
{
    struct buf text = {0};
    buf_puts(&text, rest_of_file);
    buf_puts(&text, faults);
    int r = scenario_load_memory("f", buf_text(&text), text.length, ret_scenario, err);
    buf_release(&text);
    return r;
}

static struct fault_rule compiled(const char *faults)
{
    struct scenario *scenario = NULL;
    struct fault_rule rule;
    struct err err = {{0}};
    const char *key;
    if (load(faults, &scenario, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(fault_compile(scenario, 0, &rule, &key, &err), 0);
    rule.match.payload = NULL; /* the scenario's */
    scenario_free(scenario);
    return rule;
}

static void test_written(void **state)
{
    (void)state;
    struct fault_rule rule = compiled("  - {drop: \"> SYN\", nth: 1}\n");
    assert_string_equal(rule.text, "drop > SYN nth=1");
    assert_int_equal(rule.action, FAULT_DROP);
    assert_int_equal(rule.match.from, 0);
    assert_int_equal(rule.match.nth, 1);
    struct packet syn = segment(TCP_SYN, 0), syn_ack = segment(TCP_SYN | TCP_ACK, 0),
                  data = segment(TCP_ACK, 5);
    struct fault_packet packet = leaving(&syn, 0);
    assert_true(fault_matches(&rule.match, &packet));
    packet.packet = &syn_ack;
    assert_false(fault_matches(&rule.match, &packet));
    packet.packet = &data;
    assert_false(fault_matches(&rule.match, &packet));
    rule = compiled("  - {corrupt: \"> data\", byte: 3, payload: secret, from: client}\n");
    assert_true(fault_matches(&rule.match, &packet));
    assert_int_equal(rule.corrupt_byte, 3);
    rule = compiled("  - {answer: \"> UDP 5\", with: fragmentation needed, mtu: 900}\n");
    assert_int_equal(rule.match.protocol, PROTOCOL_UDP);
    assert_int_equal(rule.match.least_bytes, 5);
    assert_int_equal(rule.icmp, FAULT_ICMP_TOO_BIG);
    assert_int_equal(rule.mtu, 900);
    rule = compiled("  - {cut: \"*\", from_ms: 100, for_ms: 50}\n");
    assert_int_equal(rule.match.from_ns, 100 * NS_PER_MS);
    assert_int_equal(rule.match.until_ns, 150 * NS_PER_MS);
    rule = compiled("  - {hold: \"< SYN,ACK\", until: client connect}\n");
    assert_int_equal(rule.action, FAULT_HOLD);
    assert_int_equal(rule.match.from, FAULT_NOT_FIRST_HOST);
    rule = compiled("  - {pace: \">\", ms: 8, kbit_s: 64}\n");
    assert_int_equal(rule.bits_per_s, 64000);
    rule = compiled("  - {drop: \"> ACK\", after: \"> FIN\", nth: 1}\n");
    assert_true(rule.has_after);
}

static void test_written_wrongly(void **state)
{
    static const struct {
        const char *faults, *where, *what;
    } rows[] = {
        {"  - {nth: 1}\n", "f:11:5", "what is to be done"},
        {"  - {drop: \"> SYN\", delay: \"> SYN\", ms: 1}\n", "f:11:28", "a rule does one thing"},
        {"  - {drop: \"> SNY\"}\n", "f:11:12", "no packet"},
        {"  - {drop: SYN}\n", "f:11:12", "begins with"},
        {"  - {drop: \"> SYN x\"}\n", "f:11:12", "without"},
        {"  - {drop: \"> UDP five\"}\n", "f:11:12", "number of bytes"},
        {"  - {drop: \"> SYN\", nth: -1}\n", "f:11:26", "nth must be"},
        {"  - {drop: \"> SYN\", ms: 5}\n", "f:11:25", "'ms' belongs"},
        {"  - {delay: \"> SYN\"}\n", "f:11:13", "how much longer"},
        {"  - {hold: \"> SYN\"}\n", "f:11:12", "until when"},
        {"  - {hold: \"> SYN\", until: sevrer accept}\n", "f:11:28", "no lane"},
        {"  - {hold: \"> SYN\", until: client acept}\n", "f:11:28",
         "unknown call 'acept' (did you mean 'accept'?)"},
        {"  - {answer: \">\"}\n", "f:11:14", "answer what"},
        {"  - {answer: \">\", with: nothing}\n", "f:11:25", "is no answer"},
        {"  - {answer: \">\", with: fragmentation needed}\n", "f:11:25", "mtu"},
        {"  - {drop: \">\", from: clinet}\n", "f:11:23", "did you mean 'client'"},
        {"  - {drop: \">\", after: nonsense}\n", "f:11:24", "begins with"},
        {"  - {lose: \">\"}\n", "f:11:6", "unknown key 'lose'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scenario *scenario = NULL;
        struct err err = {{0}};
        assert_int_equal(load(rows[i].faults, &scenario, &err), -EINVAL);
        if (strncmp(err.text, rows[i].where, strlen(rows[i].where)) != 0 ||
            strstr(err.text, rows[i].what) == NULL)
            fail_msg("%s gives: %s", rows[i].faults, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),      cmocka_unit_test(test_nth_and_after),
        cmocka_unit_test(test_many_rules), cmocka_unit_test(test_pace),
        cmocka_unit_test(test_corrupt),    cmocka_unit_test(test_icmp),
        cmocka_unit_test(test_written),    cmocka_unit_test(test_written_wrongly),
    };
    return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}

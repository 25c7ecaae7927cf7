/* What was redacted is nowhere: not in bytes, not in sentences, not in any format. */
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "export/redact.h"
#include "tests/support/hello.h"
#include "tests/support/packet_builder.h"
#include "tests/support/plays.h"

static bool contains(const void *text, size_t count, const char *what, size_t length)
{
    return memmem(text, count, what, length) != NULL;
}

static void assert_nowhere(const struct timeline *timeline, const struct export_options *options,
                           const char *what)
{
    for (size_t i = 0; export_formats[i]->name != NULL; i++) {
        struct buf out = {0};
        export_formats[i]->write(&out, timeline, options);
        if (contains(out.text, out.length, what, strlen(what)))
            fail_msg("%s still says %s", export_formats[i]->name, what);
        buf_release(&out);
    }
    array_each (const struct record, record, &timeline->records)
        if (record->event.data_bytes > 0)
            assert_false(contains(record->event.data, record->event.data_bytes, what, strlen(what)));
}

static void assert_said_in_every_format(const struct timeline *timeline, const struct export_options *options,
                                        const char *what)
{
    for (size_t i = 0; export_formats[i]->name != NULL; i++) {
        struct buf out = {0};
        bool questions_alone =
            strcmp(export_formats[i]->name, "gift") == 0 || strcmp(export_formats[i]->name, "moodle") == 0;
        export_formats[i]->write(&out, timeline, options);
        if (!questions_alone && !contains(out.text, out.length, what, strlen(what)))
            fail_msg("%s does not say %s", export_formats[i]->name, what);
        buf_release(&out);
    }
}

static void payload_is_nowhere(void **state)
{
    (void)state;
    struct timeline timeline = play_timeline(hello_events, "first"), view;
    const struct export_options options = {.no_payload = true};
    timeline.records.items[0].event.extra = strdup("{\"new\":\"hi client\"}");
    export_select(&view, &timeline, &options);
    assert_nowhere(&view, &options, "hi client");
    assert_nowhere(&view, &options, "hello");
    assert_nowhere(&view, &options, "68656c6c6f");
    assert_said_in_every_format(&view, &options, "payload");
    assert_int_equal(view.records.count, timeline.records.count);
    for (size_t i = 0; i < view.records.count; i++) {
        const struct event *before = &timeline.records.items[i].event, *after = &view.records.items[i].event;
        if (after->kind == EVENT_PACKET_SENT) {
            assert_int_equal(after->packet.packet.payload_bytes, before->packet.packet.payload_bytes);
            assert_int_equal(after->packet.packet.wire_bytes, before->packet.packet.wire_bytes);
            assert_int_equal(after->data_bytes, before->packet.packet.payload_offset);
        }
    }
    timeline_release(&view);
    timeline_release(&timeline);
}

static void addresses_are_nowhere(void **state)
{
    (void)state;
    struct timeline timeline = play_timeline(hello_events, "first"), view;
    const struct export_options options = {.anonymize = true};
    struct event caption = {.kind = EVENT_CAPTION, .seq = timeline.records.count + 1};
    event_set_data(&caption, "it calls 192.0.2.2:7001, or 192.0.2.2.", 38);
    timeline_append(&timeline, &caption, NULL, 0);
    export_select(&view, &timeline, &options);
    assert_nowhere(&view, &options, "192.0.2.");
    array_each (const struct record, record, &view.records)
        if (record->event.data_bytes > 0)
            assert_false(contains(record->event.data, record->event.data_bytes, "\xc0\x00\x02", 3));
    assert_said_in_every_format(&view, &options, "addresses");
    char server[ADDRESS_TEXT_MAX], expected[192];
    address_ip_text(&view.info.addresses[1], server);
    snprintf(expected, sizeof expected, "it calls %s:7001, or %s.", server, server);
    const struct event *mapped = &array_last(&view.records)->event;
    assert_int_equal(mapped->data_bytes, strlen(expected));
    assert_memory_equal(mapped->data, expected, strlen(expected));
    timeline_release(&view);
    timeline_release(&timeline);
}

/* The bytes of the packets say what the decoded packet says, and their checksums are still right. */
static void packets_stay_packets(void **state)
{
    (void)state;
    play_events *const plays[] = {hello_events, udp_hello_events};
    for (size_t i = 0; i < 2; i++) {
        struct timeline timeline = play_timeline(plays[i], "first"), view;
        const struct export_options options = {.anonymize = true};
        export_select(&view, &timeline, &options);
        array_each (const struct record, record, &view.records) {
            const struct event *event = &record->event;
            struct packet packet;
            if (event->kind != EVENT_PACKET_SENT)
                continue;
            assert_int_equal(
                packet_decode(LINK_ETHERNET, event->data, event->data_bytes, event->data_bytes, &packet), 0);
            assert_true(address_equal(&packet.source, &event->packet.packet.source));
            assert_true(address_equal(&packet.destination, &event->packet.packet.destination));
            assert_true(packet.checksum_judged);
            assert_false(packet.checksum_bad);
        }
        timeline_release(&view);
        timeline_release(&timeline);
    }
}

static unsigned shared_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned shared = 0;
    while (shared < bits && ((a[shared / 8] ^ b[shared / 8]) >> (7 - shared % 8) & 1) == 0)
        shared++;
    return shared;
}

static void random_address(struct address *address, uint8_t family)
{
    *address = (struct address){.family = family, .port = (uint16_t)rand()};
    for (int i = 0; i < (family == ADDRESS_IPV4 ? 4 : 16); i++)
        address->ip[i] = (uint8_t)rand();
}

/* A relation between every two addresses: so are many pairs that share much. */
static void prefixes_are_preserved(void **state)
{
    (void)state;
    const struct address_map map = {{0x0123456789abcdefu, 0xfedcba9876543210u}};
    srand(7);
    for (int i = 0; i < 3000; i++) {
        uint8_t family = i % 2 == 0 ? ADDRESS_IPV4 : ADDRESS_IPV6;
        unsigned bits = family == ADDRESS_IPV4 ? 32 : 128, keep = (unsigned)rand() % (bits + 1);
        struct address a, b;
        random_address(&a, family);
        random_address(&b, family);
        memcpy(b.ip, a.ip, keep / 8);
        struct address x = address_map_apply(&map, &a), y = address_map_apply(&map, &b);
        assert_int_equal(shared_bits(a.ip, b.ip, bits), shared_bits(x.ip, y.ip, bits));
        assert_int_equal(x.port, a.port);
        struct address again = address_map_apply(&map, &a);
        assert_true(address_equal(&again, &x));
    }
}

static void special_addresses_stay(void **state)
{
    (void)state;
    static const char *const stay[] = {"0.0.0.0:80", "127.0.0.1", "224.0.0.251", "255.255.255.255",
                                       "[::]:7001",  "::1",       "ff02::fb"};
    static const char *const change[] = {"10.0.0.1", "192.0.2.1", "2001:db8::1", "fe80::1",
                                         "::ffff:192.0.2.1"};
    const struct address_map map = {{1, 2}};
    struct address address, mapped;
    for (size_t i = 0; i < sizeof stay / sizeof *stay; i++) {
        assert_int_equal(address_parse(stay[i], &address), 0);
        mapped = address_map_apply(&map, &address);
        assert_true(address_equal(&mapped, &address));
    }
    for (size_t i = 0; i < sizeof change / sizeof *change; i++) {
        assert_int_equal(address_parse(change[i], &address), 0);
        mapped = address_map_apply(&map, &address);
        assert_false(address_equal(&mapped, &address));
    }
    assert_memory_equal(mapped.ip, address.ip, 12); /* still an IPv4-mapped one */
    for (uint64_t key = 0; key < 20; key++) {
        address_parse("fe80::1", &address);
        mapped = address_map_apply(&(struct address_map){{key, 2}}, &address);
        assert_int_equal(mapped.ip[0], 0xfe);
        assert_int_equal(mapped.ip[1] & 0xc0, 0x80);
    }
}

/* What only looks like an address is left alone. */
static void text_without_addresses_stays(void **state)
{
    (void)state;
    static const char *const texts[] = {"",     "at 12:30:00", "version 1.2.3", "dead:beef",
                                        "cafe", "a.b.c.d",     "1.2.3.4.5",     "x192.0.2.1",
                                        "...",  ":::",         "0x7f"};
    const struct address_map map = {{1, 2}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *mapped = address_map_text(&map, texts[i], strlen(texts[i]));
        assert_string_equal(mapped, texts[i]);
        free(mapped);
    }
}

/* Any bytes, flush against the end of their memory: nothing is read or written outside (sanitizers watch). */
static void damaged_packets_do_no_harm(void **state)
{
    (void)state;
    static const uint32_t links[] = {LINK_ETHERNET,  LINK_RAW,        LINK_NULL,
                                     LINK_LINUX_SLL, LINK_LINUX_SLL2, LINK_IEEE802_11};
    const struct address_map map = {{1, 2}};
    struct timeline timeline = play_timeline(hello_events, "first");
    srand(11);
    for (int round = 0; round < 4000; round++) {
        const struct event *model = &timeline.records.items[(size_t)rand() % timeline.records.count].event;
        if (model->kind != EVENT_PACKET_SENT)
            continue;
        struct event event = {.kind = EVENT_PACKET_SENT};
        event_set_data(&event, model->data, (size_t)rand() % (model->data_bytes + 1));
        for (int i = 0; event.data_bytes > 0 && i < 4; i++)
            event.data[(size_t)rand() % event.data_bytes] = (uint8_t)rand();
        event.packet.link = links[round % 6 == 5 ? (size_t)rand() % 6 : 0];
        packet_decode(event.packet.link, event.data, event.data_bytes, event.data_bytes + 3,
                      &event.packet.packet);
        uint32_t length = event.data_bytes;
        if (rand() % 2 == 0)
            redact_packet_payload(&event);
        redact_packet_addresses(&event, &map);
        assert_true(event.data_bytes <= length);
        assert_true(event.packet.packet.payload_present == 0 ||
                    event.packet.packet.payload_offset + event.packet.packet.payload_present <=
                        event.data_bytes);
        event_release(&event);
    }
    timeline_release(&timeline);
}

static void same_record_same_file(void **state)
{
    (void)state;
    struct timeline timeline = play_timeline(hello_events, "first"), a, b;
    const struct export_options options = {.anonymize = true, .no_payload = true};
    struct buf one = {0}, two = {0};
    export_select(&a, &timeline, &options);
    export_select(&b, &timeline, &options);
    export_find("jsonl")->write(&one, &a, &options);
    export_find("jsonl")->write(&two, &b, &options);
    assert_string_equal(buf_text(&one), buf_text(&two));
    buf_release(&one);
    buf_release(&two);
    timeline_release(&a);
    timeline_release(&b);
    timeline_release(&timeline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payload_is_nowhere),         cmocka_unit_test(addresses_are_nowhere),
        cmocka_unit_test(packets_stay_packets),       cmocka_unit_test(prefixes_are_preserved),
        cmocka_unit_test(special_addresses_stay),     cmocka_unit_test(text_without_addresses_stays),
        cmocka_unit_test(damaged_packets_do_no_harm), cmocka_unit_test(same_record_same_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Records become events, or are refused; never half of it. */
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "event/record.h"
#include "event/ring.h"
#include "source/source.h"

static const char hosts[2][NAME_MAX_BYTES] = {"client", "server"};

/* Flush against a page that nobody may read: a byte too far is a crash. */
static int convert(uint32_t kind, const void *bytes, size_t count, struct event *ret_event)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (count + page - 1) / page * page + page;
    uint8_t *map = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *flush;
    int result;

    assert_true(map != MAP_FAILED);
    assert_int_equal(mprotect(map + room - page, page, PROT_NONE), 0);
    flush = map + room - page - count;
    memcpy(flush, bytes, count);
    result = event_from_record(kind, flush, count, hosts, 2, ret_event);
    munmap(map, room);
    return result;
}

/* A call with all there can be: three addresses, file, path, set, payload. */
struct full_call {
    struct record_call record;
    struct record_address addresses[3];
    char text[32];
};

static struct full_call full_call(void)
{
    struct full_call call = {
        .record = {.time_ns = 1000,
                   .cookie = 7,
                   .call_id = 1,
                   .pid = 10,
                   .tid = 11,
                   .fd = 3,
                   .line = 42,
                   .call = CALL_sendto,
                   .payload_bytes = 9,
                   .kept_bytes = 5,
                   .file_bytes = 3,
                   .path_bytes = 4,
                   .set_bytes = 4,
                   .addresses = RECORD_HAS_ADDRESS | RECORD_HAS_LOCAL | RECORD_HAS_REMOTE},
        .addresses = {{.family = ADDRESS_UNIX},
                      {.family = ADDRESS_IPV4, .port = 1, .ip = {127, 0, 0, 1, 9}},
                      {.family = ADDRESS_IPV6, .port = 2, .ip = {[15] = 1}}},
        .text = "a.c/tmp3:INhello",
    };

    return call;
}

#define FULL_BYTES (offsetof(struct full_call, text) + 16)

static void test_full_call(void **state)
{
    struct full_call call = full_call();
    struct event event;

    (void)state;
    assert_int_equal(convert(RECORD_CALL_ENTER, &call, FULL_BYTES, &event), 0);
    assert_int_equal(event.kind, EVENT_CALL_ENTER);
    assert_int_equal(event.order_ns, 1000);
    assert_int_equal(event.call.call, CALL_sendto);
    assert_string_equal(event.call.file, "a.c");
    assert_string_equal(event.call.path, "/tmp");
    assert_string_equal(event.call.set, "3:IN");
    assert_int_equal(event.data_bytes, 5);
    assert_memory_equal(event.data, "hello", 5);
    assert_true(event.call.has_payload);
    assert_int_equal(event.call.address.family, ADDRESS_UNIX);
    assert_int_equal(event.call.local.port, 1);
    assert_int_equal(event.call.local.ip[4], 0); /* an IPv4 address has four bytes */
    assert_int_equal(event.call.remote.ip[15], 1);
    event_release(&event);
}

static void test_every_cut_is_refused(void **state)
{
    struct full_call call = full_call();
    struct event event = {.seq = 77};

    (void)state;
    for (size_t count = 0; count < FULL_BYTES; count++)
        assert_int_equal(convert(RECORD_CALL_ENTER, &call, count, &event), -EPROTO);
    assert_int_equal(event.seq, 77);
}

static void test_false_calls(void **state)
{
    struct full_call calls[8];
    struct event event = {.seq = 77};

    (void)state;
    for (size_t i = 0; i < 8; i++)
        calls[i] = full_call();
    calls[0].record.call = CALL_COUNT;
    calls[1].record.call_id = 0;
    calls[2].record.kept_bytes = 10; /* more than there was */
    calls[3].record.line = -1;
    calls[4].record.file_bytes = 255;
    calls[5].addresses[0].family = 99;
    calls[6].record.duration_ns = -1;
    calls[7].record.error_number = -5;
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(convert(RECORD_CALL_ENTER, &calls[i], sizeof calls[i], &event), -EPROTO);
    assert_int_equal(event.seq, 77);
}

static void test_unknown_kinds(void **state)
{
    uint8_t bytes[512] = {0};
    struct event event;

    (void)state;
    assert_int_equal(convert(0, bytes, sizeof bytes, &event), -EPROTO);
    assert_int_equal(convert(RECORD_GAP + 1, bytes, sizeof bytes, &event), -EPROTO);
    assert_int_equal(convert(RING_PAD, bytes, sizeof bytes, &event), -EPROTO);
}

static void test_lab_records(void **state)
{
    struct record_state kernel = {
        .event_kind = EVENT_STATE, .host = 1, .kernel_state = 12, .protocol = PROTOCOL_TCP};
    struct record_process process = {
        .what = PROCESS_EXIT, .host = 0, .pid = 9, .exit_code = 3, .lane = "client"};
    struct record_gap gap = {.lost = 4, .reason = "because"};
    struct event event;

    (void)state;
    assert_int_equal(convert(RECORD_STATE, &kernel, sizeof kernel, &event), 0);
    assert_int_equal(event.state.state, STATE_SYN_RECEIVED);
    assert_string_equal(event.host, "server");
    kernel.host = 2;
    assert_int_equal(convert(RECORD_STATE, &kernel, sizeof kernel, &event), -EPROTO);
    kernel.host = 1;
    kernel.event_kind = EVENT_GAP;
    assert_int_equal(convert(RECORD_STATE, &kernel, sizeof kernel, &event), -EPROTO);
    memset(process.program, 'x', sizeof process.program); /* no NUL anywhere */
    assert_int_equal(convert(RECORD_PROCESS, &process, sizeof process, &event), 0);
    assert_int_equal(strlen(event.process.program), sizeof event.process.program - 1);
    assert_int_equal(event.process.exit_code, 3);
    assert_string_equal(event.lane, "client");
    assert_int_equal(convert(RECORD_GAP, &gap, sizeof gap, &event), 0);
    assert_int_equal(event.gap.lost, 4);
    assert_string_equal(event.gap.reason, "because");
}

static void test_packet(void **state)
{
    struct {
        struct record_packet record;
        uint8_t bytes[40];
    } sent = {
        .record = {.id = 5, .wire_bytes = 40, .kept_bytes = 40, .event_kind = EVENT_PACKET_SENT, .to = 1}};
    struct event event;

    (void)state;
    assert_int_equal(convert(RECORD_PACKET, &sent, sizeof sent, &event), 0);
    assert_int_equal(event.packet.id, 5);
    assert_int_equal(event.data_bytes, 40);
    assert_string_equal(event.packet.to, "server");
    event_release(&event);
    assert_int_equal(convert(RECORD_PACKET, &sent, sizeof sent - 1, &event), -EPROTO);
    sent.record.kept_bytes = 41; /* more than was on the wire */
    assert_int_equal(convert(RECORD_PACKET, &sent, sizeof sent, &event), -EPROTO);
}

struct seen {
    int notes, gaps;
    uint64_t lost;
    char reason[48];
};

static void see(void *context, struct event *event)
{
    struct seen *seen = context;

    seen->notes += event->kind == EVENT_OUTPUT;
    if (event->kind == EVENT_GAP) {
        seen->gaps++;
        seen->lost += event->gap.lost;
        strcpy(seen->reason, event->gap.reason);
    }
    event_release(event);
}

static bool put_note(struct ring *ring)
{
    struct record_note note = {.event_kind = EVENT_OUTPUT, .stream = 1, .lane = "client"};
    uint64_t position;
    void *body = ring_reserve(ring, RECORD_NOTE, sizeof note, &position);

    if (body == NULL)
        return false;
    memcpy(body, &note, sizeof note);
    return ring_commit(ring, position);
}

/* The lab's ring as a source: drained, armed, its doorbell heard, its gaps told. */
static void test_lab_ring(void **state)
{
    struct ring ring;
    int fd = ring_create(&ring, 4096), doorbell = eventfd(0, EFD_NONBLOCK);
    struct source *source = source_lab_ring(fd, doorbell, hosts, 2, NULL);
    struct seen seen = {0};
    struct pollfd wait;

    (void)state;
    assert_non_null(source);
    assert_int_equal(source->ops->poll_fds(source, &wait, 1), 1);
    assert_false(put_note(&ring));
    assert_int_equal(source->ops->drain(source, see, &seen, NULL), 1);
    assert_int_equal(seen.notes, 1);
    assert_false(source->ops->arm(source));
    assert_true(put_note(&ring)); /* the doorbell is wanted */
    assert_true(source->ops->arm(source));
    assert_int_equal(eventfd_write(doorbell, 1), 0);
    assert_int_equal(poll(&wait, 1, 0), 1);
    source->ops->drain(source, see, &seen, NULL);
    assert_int_equal(poll(&wait, 1, 0), 0);
    assert_int_equal(seen.notes, 2);
    while (atomic_load(&ring.header->lost) < 3)
        put_note(&ring);
    source->ops->drain(source, see, &seen, NULL);
    assert_int_equal(seen.gaps, 1);
    assert_int_equal(seen.lost, 3);
    assert_string_equal(seen.reason, "the ring was full");
    source->ops->drain(source, see, &seen, NULL);
    assert_int_equal(seen.gaps, 1);
    source->ops->free(source);
    ring_unmap(&ring);
    close(doorbell);
    close(fd);
}

/* When the lab dies, what it had half written is a gap and what stands behind it is still read. */
static void test_lab_dies(void **state)
{
    struct ring ring;
    int fd = ring_create(&ring, 4096), doorbell[2];
    struct source *source;
    struct seen seen = {0};
    uint64_t position;

    (void)state;
    assert_int_equal(pipe(doorbell), 0);
    source = source_lab_ring(fd, doorbell[0], hosts, 2, NULL);
    put_note(&ring);
    assert_non_null(ring_reserve(&ring, RECORD_NOTE, 100, &position));
    put_note(&ring);
    assert_int_equal(source->ops->drain(source, see, &seen, NULL), 1);
    assert_int_equal(seen.notes, 1);
    close(doorbell[1]);
    assert_int_equal(source->ops->drain(source, see, &seen, NULL), 0);
    assert_int_equal(seen.notes, 2);
    assert_int_equal(seen.gaps, 1);
    source->ops->free(source);
    ring_unmap(&ring);
    close(doorbell[0]);
    close(fd);
}

/* A ring that lies is read no further, and says so once. */
static void test_broken_ring(void **state)
{
    struct ring ring;
    int fd = ring_create(&ring, 4096), doorbell = eventfd(0, EFD_NONBLOCK);
    struct source *source = source_lab_ring(fd, doorbell, hosts, 2, NULL);
    struct seen seen = {0};
    struct err err;

    (void)state;
    put_note(&ring);
    atomic_store(&ring.header->head, 5);
    source->ops->drain(source, see, &seen, NULL);
    source->ops->drain(source, see, &seen, NULL);
    assert_int_equal(seen.gaps, 1);
    assert_int_equal(seen.notes, 0);
    source->ops->free(source);
    assert_null(source_lab_ring(doorbell, doorbell, hosts, 2, &err));
    assert_true(strstr(err.text, "ring") != NULL);
    ring_unmap(&ring);
    close(doorbell);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_call),   cmocka_unit_test(test_every_cut_is_refused),
        cmocka_unit_test(test_false_calls), cmocka_unit_test(test_unknown_kinds),
        cmocka_unit_test(test_lab_records), cmocka_unit_test(test_packet),
        cmocka_unit_test(test_lab_ring),    cmocka_unit_test(test_lab_dies),
        cmocka_unit_test(test_broken_ring),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Reads a lab's ring and keeps what it said, so that tests can ask for it.
 */
#ifndef SOCKSTEP_TESTS_LAB_READER_H
#define SOCKSTEP_TESTS_LAB_READER_H

#include <poll.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/clock.h"
#include "event/names.h"
#include "event/record.h"
#include "event/ring.h"
#include "lab/lab.h"
#include "net/packet.h"
#include "source/source.h"

struct told {
    int64_t order_ns;
    size_t number; /* as it came */
    uint32_t kind;
    union {
        struct record_packet packet;
        struct record_state state;
        struct record_process process;
        struct record_note note;
        struct record_gap gap;
    };
    struct packet decoded;
    char text[1100]; /* of a note */
};

struct reader {
    struct ring ring;
    struct lab *lab;
    ARRAY(struct told) told;
};

static inline void reader_begin(struct reader *reader, struct lab *lab)
{
    *reader = (struct reader){.lab = lab};
    assert_int_equal(ring_map(&reader->ring, lab_ring_fd(lab)), 0);
}

static inline void reader_end(struct reader *reader)
{
    ring_unmap(&reader->ring);
    array_release(&reader->told);
}

/* The engine's side must understand every record, too. */
static inline void check_record(const struct ring_view *view)
{
    static const char hosts[LAB_HOSTS_MAX][NAME_MAX_BYTES] = {"client", "server", "third", "fourth"};
    struct event event;
    assert_int_equal(event_from_record(view->kind, view->body, view->bytes, hosts, LAB_HOSTS_MAX, &event), 0);
    assert_true(event.time_ns > 0 && event.order_ns > 0);
    event_release(&event);
}

static inline void keep(struct reader *reader, const struct ring_view *view)
{
    check_record(view);
    struct told told = {.kind = view->kind, .number = reader->told.count};
    size_t fixed = 0;
    switch ((enum record_kind)view->kind) {
    case RECORD_PACKET: fixed = sizeof told.packet; break;
    case RECORD_STATE: fixed = sizeof told.state; break;
    case RECORD_PROCESS: fixed = sizeof told.process; break;
    case RECORD_NOTE: fixed = sizeof told.note; break;
    case RECORD_GAP: fixed = sizeof told.gap; break;
    case RECORD_CALL_ENTER:
    case RECORD_CALL_EXIT: fail_msg("the lab makes no calls");
    }
    assert_true(fixed != 0 && view->bytes >= fixed);
    memcpy(&told.packet, view->body, fixed);
    told.order_ns = told.packet.time_ns;
    if (view->kind == RECORD_STATE || view->kind == RECORD_PACKET)
        told.order_ns = view->kind == RECORD_STATE ? told.state.order_ns : told.packet.order_ns;
    if (view->kind == RECORD_PACKET && told.packet.event_kind == EVENT_PACKET_SENT) {
        assert_int_equal(told.packet.kept_bytes, told.packet.wire_bytes);
        packet_decode(LINK_ETHERNET, view->body + fixed, told.packet.kept_bytes, told.packet.wire_bytes,
                      &told.decoded);
        assert_true(told.decoded.checksum_judged && !told.decoded.checksum_bad);
    }
    if (view->kind == RECORD_NOTE) {
        assert_true(told.note.kept_bytes < sizeof told.text);
        memcpy(told.text, view->body + fixed, told.note.kept_bytes);
    }
    *array_push(&reader->told) = told;
}

static inline void reader_drain(struct reader *reader)
{
    struct ring_view view;
    int result;
    while ((result = ring_next(&reader->ring, &view)) == 1) {
        keep(reader, &view);
        ring_consume(&reader->ring);
    }
    assert_int_equal(result, 0);
}

/* Reads for a time, woken by the doorbell. */
static inline void reader_wait(struct reader *reader, int64_t ms)
{
    struct clock clock = clock_monotonic();
    int64_t until_ns = clock_now_ns(&clock) + ms * NS_PER_MS, left_ns;
    while ((left_ns = until_ns - clock_now_ns(&clock)) > 0) {
        char byte;
        struct pollfd fd = {.fd = lab_doorbell_fd(reader->lab), .events = POLLIN};
        atomic_store(&reader->ring.header->reader_sleeps, 1);
        reader_drain(reader);
        poll(&fd, 1, (int)(left_ns / NS_PER_MS) + 1);
        (void)!read(fd.fd, &byte, 1);
    }
    reader_drain(reader);
}

/* The pid's last words: reads until the program has ended, 10 s at most. */
static inline const struct record_process *reader_exit(struct reader *reader, pid_t pid)
{
    for (int i = 0; i < 1000; i++) {
        array_each (const struct told, t, &reader->told) {
            if (t->kind == RECORD_PROCESS && t->process.pid == pid && t->process.what == PROCESS_EXIT)
                return &t->process;
        }
        reader_wait(reader, 10);
    }
    fail_msg("program %d does not end", pid);
    return NULL;
}

static inline int reader_lines(const struct reader *reader, const char *line)
{
    int count = 0;
    array_each (const struct told, t, &reader->told)
        count += t->kind == RECORD_NOTE && strcmp(t->text, line) == 0;
    return count;
}

static inline bool reader_has_line(const struct reader *reader, const char *line)
{
    return reader_lines(reader, line) > 0;
}

static inline void reader_wait_lines(struct reader *reader, const char *line, int count)
{
    for (int i = 0; i < 500 && reader_lines(reader, line) < count; i++)
        reader_wait(reader, 10);
    assert_true(reader_lines(reader, line) >= count);
}

static inline void reader_wait_line(struct reader *reader, const char *line)
{
    reader_wait_lines(reader, line, 1);
}

static inline int by_order(const void *left, const void *right)
{
    const struct told *a = left, *b = right;
    if (a->order_ns != b->order_ns)
        return a->order_ns < b->order_ns ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

static inline const char *flags_of(const struct reader *reader, uint64_t id, char text[TCP_FLAGS_TEXT_MAX])
{
    array_each (const struct told, t, &reader->told) {
        if (t->kind == RECORD_PACKET && t->packet.id == id && t->packet.event_kind == EVENT_PACKET_SENT)
            return tcp_flags_text(t->decoded.tcp.flags, text);
    }
    return "?";
}

/* The story in causal order: "0>SYN 0:SYN_SENT 1<SYN 1:SYN_RECEIVED ..."; host, then > sent, < delivered, !
 * dropped, = held. Queues and timers only when asked for. */
static inline char *reader_story(struct reader *reader, bool queues)
{
    struct buf story = {0};
    char flags[TCP_FLAGS_TEXT_MAX];
    qsort(reader->told.items, reader->told.count, sizeof reader->told.items[0], by_order);
    array_each (const struct told, t, &reader->told) {
        if (t->kind == RECORD_PACKET)
            buf_printf(&story, "%d%c%s ", t->packet.host,
                       t->packet.event_kind == EVENT_PACKET_SENT        ? '>'
                       : t->packet.event_kind == EVENT_PACKET_DELIVERED ? '<'
                       : t->packet.event_kind == EVENT_PACKET_HELD      ? '='
                                                                        : '!',
                       flags_of(reader, t->packet.id, flags));
        if (t->kind == RECORD_STATE && t->state.event_kind == EVENT_STATE)
            buf_printf(&story, "%d:%s ", t->state.host, state_name(state_from_kernel(t->state.kernel_state)));
        if (queues && t->kind == RECORD_STATE && t->state.event_kind == EVENT_QUEUE)
            buf_printf(&story, "%d:queue=%u/%u ", t->state.host, t->state.receive_queue, t->state.send_queue);
    }
    return buf_detach(&story);
}

static inline size_t reader_count(const struct reader *reader, uint32_t kind)
{
    size_t count = 0;
    array_each (const struct told, t, &reader->told)
        count += t->kind == kind;
    return count;
}

#endif

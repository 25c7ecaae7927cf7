/*
 * One record of a ring -> one event. The bytes come from somebody else's memory, which may change while we
 * look: everything is copied first, then checked, then used.
 */
#include <errno.h>
#include <string.h>

#include "event/record.h"
#include "event/ring.h"
#include "source/ring_reader.h"

#define BIT(name) (UINT64_C(1) << CALL_##name)
#define SENDS     (BIT(send) | BIT(sendto) | BIT(sendmsg) | BIT(write) | BIT(writev))
#define RECEIVES  (BIT(recv) | BIT(recvfrom) | BIT(recvmsg) | BIT(read) | BIT(readv))

_Static_assert(CALL_COUNT <= 64, "a call is a bit in SENDS and RECEIVES");

/* What is left of a record: the variable part behind its struct. */
struct cursor {
    const uint8_t *at;
    size_t left;
};

struct hosts {
    const char (*names)[NAME_MAX_BYTES];
    int count;
};

void copy_text(char *to, size_t to_bytes, const char *from, size_t room)
{
    size_t count = strnlen(from, room < to_bytes ? room : to_bytes - 1);

    memcpy(to, from, count);
    memset(to + count, 0, to_bytes - count);
}

/* Copies the struct at the start of the record. */
static bool take(struct cursor *cursor, void *record, size_t bytes)
{
    if (cursor->left < bytes)
        return false;
    memcpy(record, cursor->at, bytes);
    cursor->at += bytes;
    cursor->left -= bytes;
    return true;
}

static bool take_text(struct cursor *cursor, char *to, size_t to_bytes, size_t count)
{
    if (count >= to_bytes || cursor->left < count)
        return false;
    copy_text(to, to_bytes, (const char *)cursor->at, count);
    cursor->at += count;
    cursor->left -= count;
    return true;
}

/* The last variable part; owned by the event from here on. */
static bool take_data(struct cursor *cursor, struct event *event, size_t count)
{
    if (cursor->left < count)
        return false;
    event_set_data(event, cursor->at, count);
    return true;
}

static bool host_name(const struct hosts *hosts, unsigned index, char to[NAME_MAX_BYTES])
{
    if (index >= (unsigned)hosts->count)
        return false;
    copy_text(to, NAME_MAX_BYTES, hosts->names[index], NAME_MAX_BYTES);
    return true;
}

static bool address(const struct record_address *from, struct address *to)
{
    size_t ip_bytes = from->family == ADDRESS_IPV4 ? 4 : from->family == ADDRESS_IPV6 ? 16 : 0;

    if (ip_bytes == 0 && from->family != ADDRESS_NONE && from->family != ADDRESS_UNIX)
        return false;
    memset(to, 0, sizeof *to);
    to->family = from->family;
    to->port = from->port;
    memcpy(to->ip, from->ip, ip_bytes);
    return true;
}

static bool take_address(struct cursor *cursor, bool has, struct address *to)
{
    struct record_address record;

    return !has || (take(cursor, &record, sizeof record) && address(&record, to));
}

static bool carries_payload(const struct record_call *record, bool enter)
{
    uint64_t calls = enter ? SENDS : RECEIVES;

    return (calls >> record->call & 1) != 0 && (enter || record->result >= 0);
}

static void call_numbers(const struct record_call *from, struct event_call *to)
{
    to->call = from->call;
    to->tcp_state = from->tcp_state == 0 ? STATE_NONE : (uint8_t)state_from_kernel(from->tcp_state);
    to->is_datagram = from->is_datagram != 0;
    to->call_id = from->call_id;
    to->fd = from->fd;
    to->error_number = from->error_number;
    to->result = from->result;
    to->duration_ns = from->duration_ns;
    to->cookie = from->cookie;
    to->new_cookie = from->new_cookie;
    to->payload_bytes = from->payload_bytes;
    to->line = from->line;
    memcpy(to->arguments, from->arguments, sizeof to->arguments);
}

static bool call_valid(const struct record_call *record)
{
    return record->call < CALL_COUNT && record->call_id != 0 && record->line >= 0 &&
           record->duration_ns >= 0 && record->kept_bytes <= record->payload_bytes &&
           record->error_number >= 0;
}

static bool read_call(struct cursor cursor, bool enter, struct event *event)
{
    struct record_call record;
    struct event_call *call = &event->call;

    if (!take(&cursor, &record, sizeof record) || !call_valid(&record) ||
        !take_address(&cursor, record.addresses & RECORD_HAS_ADDRESS, &call->address) ||
        !take_address(&cursor, record.addresses & RECORD_HAS_LOCAL, &call->local) ||
        !take_address(&cursor, record.addresses & RECORD_HAS_REMOTE, &call->remote))
        return false;
    event->kind = enter ? EVENT_CALL_ENTER : EVENT_CALL_EXIT;
    event->time_ns = event->order_ns = record.time_ns;
    event->pid = record.pid;
    event->tid = record.tid;
    call_numbers(&record, call);
    call->has_payload = carries_payload(&record, enter);
    return take_text(&cursor, call->file, sizeof call->file, record.file_bytes) &&
           take_text(&cursor, call->path, sizeof call->path, record.path_bytes) &&
           take_text(&cursor, call->set, sizeof call->set, record.set_bytes) &&
           take_data(&cursor, event, record.kept_bytes);
}

static bool read_call_enter(struct cursor cursor, const struct hosts *hosts, struct event *event)
{
    (void)hosts;
    return read_call(cursor, true, event);
}

static bool read_call_exit(struct cursor cursor, const struct hosts *hosts, struct event *event)
{
    (void)hosts;
    return read_call(cursor, false, event);
}

static bool read_packet(struct cursor cursor, const struct hosts *hosts, struct event *event)
{
    struct record_packet record;
    struct event_packet *packet = &event->packet;

    if (!take(&cursor, &record, sizeof record) || record.event_kind < EVENT_PACKET_SENT ||
        record.event_kind > EVENT_PACKET_HELD || !host_name(hosts, record.host, event->host) ||
        !host_name(hosts, record.to, packet->to) || record.kept_bytes > record.wire_bytes)
        return false;
    event->kind = record.event_kind;
    event->time_ns = record.time_ns;
    event->order_ns = record.order_ns;
    packet->id = record.id;
    packet->link = record.link;
    packet->delay_ns = record.delay_ns;
    copy_text(packet->fault, sizeof packet->fault, record.fault, sizeof record.fault);
    if (!take_data(&cursor, event, record.kept_bytes))
        return false;
    /* A damaged packet is an event too: packet.damage says why. */
    if (event->kind == EVENT_PACKET_SENT)
        (void)packet_decode(record.link, event->data, event->data_bytes, record.wire_bytes, &packet->packet);
    return true;
}

static bool read_state(struct cursor cursor, const struct hosts *hosts, struct event *event)
{
    struct record_state record;
    struct event_state *state = &event->state;

    if (!take(&cursor, &record, sizeof record) ||
        (record.event_kind != EVENT_STATE && record.event_kind != EVENT_QUEUE &&
         record.event_kind != EVENT_TIMER) ||
        !host_name(hosts, record.host, event->host) || !address(&record.local, &state->local) ||
        !address(&record.remote, &state->remote))
        return false;
    event->kind = record.event_kind;
    event->time_ns = record.time_ns;
    event->order_ns = record.order_ns;
    state->state = (uint8_t)state_from_kernel(record.kernel_state);
    state->protocol = record.protocol;
    state->timer = record.timer;
    state->retransmits = record.retransmits;
    state->timer_ms = record.timer_ms;
    state->receive_queue = record.receive_queue;
    state->send_queue = record.send_queue;
    state->inode = record.inode;
    state->cookie = record.cookie;
    state->after_packet = record.after_packet;
    state->after_delivery = record.after_delivery != 0;
    return true;
}

static bool read_process(struct cursor cursor, const struct hosts *hosts, struct event *event)
{
    struct record_process record;

    if (!take(&cursor, &record, sizeof record) || record.what > PROCESS_EXIT ||
        !host_name(hosts, record.host, event->host))
        return false;
    event->kind = EVENT_PROCESS;
    event->time_ns = event->order_ns = record.time_ns;
    event->pid = record.pid;
    event->process.what = record.what;
    event->process.parent = record.parent;
    event->process.exit_code = record.exit_code;
    event->process.signal = record.signal;
    copy_text(event->lane, sizeof event->lane, record.lane, sizeof record.lane);
    copy_text(event->process.program, sizeof event->process.program, record.program, sizeof record.program);
    return true;
}

static bool is_note(unsigned kind)
{
    return kind == EVENT_OUTPUT || kind == EVENT_MARK || kind == EVENT_CAPTION || kind == EVENT_QUESTION ||
           kind == EVENT_VOTE;
}

static bool read_note(struct cursor cursor, const struct hosts *hosts, struct event *event)
{
    struct record_note record;

    if (!take(&cursor, &record, sizeof record) || !is_note(record.event_kind) ||
        !host_name(hosts, record.host, event->host))
        return false;
    event->kind = record.event_kind;
    event->time_ns = event->order_ns = record.time_ns;
    event->pid = record.pid;
    event->note.stream = record.stream;
    copy_text(event->lane, sizeof event->lane, record.lane, sizeof record.lane);
    return take_data(&cursor, event, record.kept_bytes);
}

static bool read_gap(struct cursor cursor, const struct hosts *hosts, struct event *event)
{
    struct record_gap record;

    (void)hosts;
    if (!take(&cursor, &record, sizeof record))
        return false;
    event->kind = EVENT_GAP;
    event->time_ns = event->order_ns = record.time_ns;
    event->gap.lost = record.lost;
    copy_text(event->gap.reason, sizeof event->gap.reason, record.reason, sizeof record.reason);
    return true;
}

static bool (*const readers[])(struct cursor, const struct hosts *, struct event *) = {
    [RECORD_CALL_ENTER] = read_call_enter,
    [RECORD_CALL_EXIT] = read_call_exit,
    [RECORD_PACKET] = read_packet,
    [RECORD_STATE] = read_state,
    [RECORD_PROCESS] = read_process,
    [RECORD_NOTE] = read_note,
    [RECORD_GAP] = read_gap,
};

int event_from_record(uint32_t kind, const uint8_t *body, size_t bytes, const char (*hosts)[NAME_MAX_BYTES],
                      int host_count, struct event *ret_event)
{
    struct hosts table = {.names = hosts, .count = host_count};
    struct cursor cursor = {.at = body, .left = bytes};
    struct event event = {0};

    if (kind >= sizeof readers / sizeof readers[0] || readers[kind] == NULL)
        return -EPROTO;
    if (!readers[kind](cursor, &table, &event)) {
        event_release(&event);
        return -EPROTO;
    }
    *ret_event = event;
    return 0;
}

/*
 * A table for spreadsheets, RFC 4180: a row an event. Columns are only ever added at the right end.
 */
#include <inttypes.h>
#include <string.h>

#include "event/sentence.h"
#include "export/escape.h"
#include "export/formats.h"
#include "export/ladder_sides.h"

struct row {
    const struct timeline *timeline;
    const struct record *record;
    const struct event *event;
    const struct export_options *options;
};

typedef void put_cell(struct buf *out, const struct row *row);

static bool is_call(const struct event *event)
{
    return event->kind == EVENT_CALL_ENTER || event->kind == EVENT_CALL_EXIT;
}

static bool is_tcp(const struct event *event)
{
    return ladder_is_packet(event) && event->packet.packet.protocol == PROTOCOL_TCP;
}

static bool asks_kernel(const struct event *event)
{
    return event->kind == EVENT_STATE || event->kind == EVENT_QUEUE || event->kind == EVENT_TIMER;
}

static void put_signed(struct buf *out, int64_t value)
{
    buf_printf(out, "%" PRId64, value);
}

static void put_unsigned(struct buf *out, uint64_t value)
{
    buf_printf(out, "%" PRIu64, value);
}

static void put_seq(struct buf *out, const struct row *row)
{
    put_unsigned(out, row->event->seq);
}

static void put_time(struct buf *out, const struct row *row)
{
    put_signed(out, row->event->time_ns);
}

static void put_since_start(struct buf *out, const struct row *row)
{
    put_signed(out, row->event->time_ns - row->timeline->info.start_ns);
}

static void put_beat(struct buf *out, const struct row *row)
{
    put_unsigned(out, row->event->context.beat);
}

static void put_kind(struct buf *out, const struct row *row)
{
    buf_puts(out, event_kind_name((enum event_kind)row->event->kind));
}

static void put_host(struct buf *out, const struct row *row)
{
    escape_csv(out, row->event->host);
}

static void put_lane(struct buf *out, const struct row *row)
{
    escape_csv(out, row->event->lane);
}

static void put_pid(struct buf *out, const struct row *row)
{
    if (row->event->pid != 0)
        put_signed(out, row->event->pid);
}

static void put_flow(struct buf *out, const struct row *row)
{
    if (row->event->context.flow != 0)
        put_unsigned(out, row->event->context.flow);
}

static void put_endpoint(struct buf *out, const struct row *row)
{
    if (row->event->context.endpoint != 0)
        put_unsigned(out, row->event->context.endpoint);
}

static void put_call_name(struct buf *out, const struct row *row)
{
    if (is_call(row->event))
        buf_puts(out, call_name((enum call)row->event->call.call));
}

static void put_call(struct buf *out, const struct row *row)
{
    struct buf text = {0};
    if (is_call(row->event))
        call_text(&text, row->event);
    escape_csv(out, buf_text(&text));
    buf_release(&text);
}

static void put_result(struct buf *out, const struct row *row)
{
    if (row->event->kind == EVENT_CALL_EXIT)
        put_signed(out, row->event->call.result);
}

static void put_errno(struct buf *out, const struct row *row)
{
    if (row->event->kind == EVENT_CALL_EXIT)
        buf_puts(out, errno_name(row->event->call.error_number));
}

static void put_duration(struct buf *out, const struct row *row)
{
    if (row->event->kind == EVENT_CALL_EXIT)
        put_signed(out, row->event->call.duration_ns);
}

static void put_file(struct buf *out, const struct row *row)
{
    if (is_call(row->event))
        escape_csv(out, row->event->call.file);
}

static void put_line(struct buf *out, const struct row *row)
{
    if (is_call(row->event) && row->event->call.line != 0)
        put_signed(out, row->event->call.line);
}

static void put_packet(struct buf *out, const struct row *row)
{
    if (ladder_is_packet(row->event))
        put_unsigned(out, row->event->packet.id);
}

static void put_word(struct buf *out, const struct row *row)
{
    struct buf text = {0};
    if (ladder_is_packet(row->event))
        packet_word(&text, &row->event->packet.packet);
    escape_csv(out, buf_text(&text));
    buf_release(&text);
}

static void put_protocol(struct buf *out, const struct row *row)
{
    char text[PROTOCOL_TEXT_MAX];
    if (ladder_is_packet(row->event))
        buf_puts(out, protocol_text(row->event->packet.packet.protocol, text));
}

static void put_address(struct buf *out, const struct address *address)
{
    char text[ADDRESS_TEXT_MAX];
    if (address->family != ADDRESS_NONE)
        buf_puts(out, address_text(address, text));
}

/* Of packets where they come from and go to, of sockets their two ends, of calls what they were told. */
static void put_source(struct buf *out, const struct row *row)
{
    if (ladder_is_packet(row->event))
        put_address(out, &row->event->packet.packet.source);
    else if (asks_kernel(row->event))
        put_address(out, &row->event->state.local);
    else if (is_call(row->event))
        put_address(out, &row->event->call.local);
}

static void put_destination(struct buf *out, const struct row *row)
{
    if (ladder_is_packet(row->event))
        put_address(out, &row->event->packet.packet.destination);
    else if (asks_kernel(row->event))
        put_address(out, &row->event->state.remote);
    else if (is_call(row->event))
        put_address(out, &row->event->call.remote);
}

/* In quotes, since it has commas. */
static void put_flags(struct buf *out, const struct row *row)
{
    char text[TCP_FLAGS_TEXT_MAX];
    if (is_tcp(row->event))
        buf_printf(out, "\"%s\"", tcp_flags_text(row->event->packet.packet.tcp.flags, text));
}

static void put_sequence(struct buf *out, const struct row *row)
{
    if (is_tcp(row->event) && row->event->context.has_relative)
        put_unsigned(out, row->event->context.sequence);
}

static void put_acknowledgment(struct buf *out, const struct row *row)
{
    if (is_tcp(row->event) && row->event->context.has_relative &&
        (row->event->packet.packet.tcp.flags & TCP_ACK) != 0)
        put_unsigned(out, row->event->context.acknowledgment);
}

static void put_window(struct buf *out, const struct row *row)
{
    if (is_tcp(row->event))
        put_unsigned(out, row->event->context.window);
}

static void put_payload_bytes(struct buf *out, const struct row *row)
{
    if (ladder_is_packet(row->event))
        put_unsigned(out, row->event->packet.packet.payload_bytes);
    else if (is_call(row->event) && row->event->call.has_payload)
        put_unsigned(out, row->event->call.payload_bytes);
}

static void put_delay(struct buf *out, const struct row *row)
{
    if (row->event->kind == EVENT_PACKET_SENT)
        put_signed(out, row->event->packet.delay_ns);
}

static void put_fault(struct buf *out, const struct row *row)
{
    if (ladder_is_packet(row->event))
        escape_csv(out, row->event->packet.fault);
}

/* All that is believed from here on: "server kernel SYN_RECEIVED; server wire SYN_RECEIVED". */
static void put_changes(struct buf *out, const struct row *row)
{
    const struct change *changes = timeline_changes(row->timeline, row->record);
    struct buf text = {0};
    for (uint32_t i = 0; i < row->record->change_count; i++)
        buf_printf(&text, "%s%s %s %s%s", i != 0 ? "; " : "", changes[i].name,
                   witness_name((enum witness)changes[i].witness),
                   state_name((enum state)changes[i].new_state),
                   changes[i].impossible || changes[i].disagreement ? "!" : "");
    escape_csv(out, buf_text(&text));
    buf_release(&text);
}

static void put_cause(struct buf *out, const struct row *row)
{
    if (row->event->context.cause_count != 0)
        put_unsigned(out, row->event->context.causes[0].seq);
}

static void put_rule(struct buf *out, const struct row *row)
{
    const struct event_context *context = &row->event->context;
    if (context->cause_count != 0)
        buf_printf(out, "%s%s", rule_name((enum rule)context->causes[0].rule),
                   context->causes[0].guessed ? " (guessed)" : "");
}

static void put_sentence(struct buf *out, const struct row *row)
{
    struct buf text = {0};
    event_sentence(&text, row->event, timeline_changes(row->timeline, row->record),
                   row->record->change_count);
    escape_csv(out, buf_text(&text));
    buf_release(&text);
}

static void put_redacted(struct buf *out, const struct row *row)
{
    const struct export_options *options = row->options;
    buf_puts(out, options->no_payload ? "payload" : "");
    buf_puts(out, options->no_payload && options->anonymize ? " " : "");
    buf_puts(out, options->anonymize ? "addresses" : "");
}

static const struct {
    const char *name;
    put_cell *put;
} columns[] = {
    {"seq", put_seq},
    {"time_ns", put_time},
    {"since_start_ns", put_since_start},
    {"beat", put_beat},
    {"kind", put_kind},
    {"host", put_host},
    {"lane", put_lane},
    {"pid", put_pid},
    {"flow", put_flow},
    {"endpoint", put_endpoint},
    {"call", put_call_name},
    {"call_text", put_call},
    {"result", put_result},
    {"errno", put_errno},
    {"duration_ns", put_duration},
    {"file", put_file},
    {"line", put_line},
    {"packet", put_packet},
    {"packet_text", put_word},
    {"protocol", put_protocol},
    {"source", put_source},
    {"destination", put_destination},
    {"flags", put_flags},
    {"sequence", put_sequence},
    {"acknowledgment", put_acknowledgment},
    {"window_bytes", put_window},
    {"payload_bytes", put_payload_bytes},
    {"delay_ns", put_delay},
    {"fault", put_fault},
    {"states", put_changes},
    {"cause", put_cause},
    {"rule", put_rule},
    {"text", put_sentence},
    {"redacted", put_redacted},
};

#define COLUMN_COUNT (sizeof columns / sizeof *columns)

static void write_csv(struct buf *out, const struct timeline *timeline, const struct export_options *options)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        buf_printf(out, "%s%s", i != 0 ? "," : "", columns[i].name);
    buf_puts(out, "\r\n");
    array_each (const struct record, record, &timeline->records) {
        const struct row row = {timeline, record, &record->event, options};
        for (size_t i = 0; i < COLUMN_COUNT; i++) {
            if (i != 0)
                buf_putc(out, ',');
            columns[i].put(out, &row);
        }
        buf_puts(out, "\r\n");
    }
}

const struct export_format export_csv = {
    .name = "csv",
    .about = "a table, a row an event",
    .extension = "csv",
    .write = write_csv,
};

#include "export/html_data.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "event/sentence.h"
#include "export/html_text.h"
#include "export/ladder_sides.h"
#include "export/worksheet_quiz.h"

/* What is longer is shown by its beginning. */
#define PACKET_BYTES_SHOWN  2048
#define CAPTION_BYTES_SHOWN 4096

static void put_address(struct buf *out, const char *key, const struct address *address)
{
    char text[ADDRESS_TEXT_MAX];
    if (address->family != ADDRESS_NONE)
        html_json_text(out, key, address_text(address, text));
}

static void put_built(struct buf *out, const char *key, struct buf *text)
{
    html_json_text(out, key, buf_text(text));
    buf_release(text);
}

static void put_hex(struct buf *out, const struct event *event)
{
    size_t count = event->data_bytes < PACKET_BYTES_SHOWN ? event->data_bytes : PACKET_BYTES_SHOWN;
    if (count == 0)
        return;
    buf_puts(out, ",\"hex\":\"");
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%02x", event->data[i]);
    buf_putc(out, '"');
    if (event->data_bytes > count)
        html_json_number(out, "captured", event->data_bytes);
}

/* --- one for each group of events --- */

static void put_source(struct buf *out, const char *file, int64_t line)
{
    struct buf text = {0};
    if (file[0] == '\0')
        return;
    buf_puts(&text, file);
    if (line > 0)
        buf_printf(&text, ":%" PRId64, line);
    put_built(out, "src", &text);
}

static void put_call(struct buf *out, const struct event *event)
{
    struct buf text = {0}, result = {0};
    const struct event_call *call = &event->call;
    html_json_text(out, "call", call_name((enum call)call->call));
    html_json_number(out, "id", call->call_id);
    html_json_number(out, "pid", event->pid);
    buf_printf(out, ",\"fd\":%" PRId32, call->fd);
    call_text(&text, event);
    put_built(out, "text", &text);
    put_source(out, call->file, call->line);
    put_address(out, "address", &call->address);
    put_address(out, "local", &call->local);
    put_address(out, "remote", &call->remote);
    html_json_text(out, "path", call->path);
    if (event->kind != EVENT_CALL_EXIT)
        return;
    call_result_text(&result, event);
    put_built(out, "result", &result);
    buf_printf(out, ",\"ret\":%" PRId64 ",\"ns\":%" PRId64, call->result, call->duration_ns);
    if (call->error_number != 0)
        html_json_text(out, "errno", errno_name(call->error_number));
}

static void put_tcp(struct buf *out, const struct event *event)
{
    const struct packet_tcp *tcp = &event->packet.packet.tcp;
    char flags[TCP_FLAGS_TEXT_MAX];
    html_json_text(out, "flags", tcp_flags_text(tcp->flags, flags));
    if (event->context.has_relative) {
        buf_printf(out, ",\"seq\":%" PRIu32, event->context.sequence);
        if ((tcp->flags & TCP_ACK) != 0)
            buf_printf(out, ",\"ack\":%" PRIu32, event->context.acknowledgment);
        buf_printf(out, ",\"win\":%" PRIu32, event->context.window);
    }
}

static void put_packet(struct buf *out, const struct event *event)
{
    const struct event_packet *what = &event->packet;
    struct buf word = {0};
    char protocol[PROTOCOL_TEXT_MAX];
    packet_word(&word, &what->packet);
    put_built(out, "word", &word);
    html_json_text(out, "proto", protocol_text(what->packet.protocol, protocol));
    html_json_number(out, "id", (int64_t)what->id);
    html_json_text(out, "to", what->to);
    put_address(out, "from", &what->packet.source);
    put_address(out, "dest", &what->packet.destination);
    html_json_number(out, "bytes", what->packet.payload_bytes);
    html_json_number(out, "wire", what->packet.wire_bytes);
    if (event->kind == EVENT_PACKET_SENT)
        html_json_number(out, "delay", what->delay_ns);
    html_json_text(out, "fault", what->fault);
    if (event->context.copy > 1)
        html_json_number(out, "copy", event->context.copy);
    if (what->packet.has_transport && what->packet.protocol == PROTOCOL_TCP)
        put_tcp(out, event);
    html_json_number(out, "link", what->link);
    html_json_number(out, "ip", what->packet.ip_offset);
    put_hex(out, event);
    if (event->context.cause_call != 0) {
        html_json_text(out, "because", call_name((enum call)(event->context.cause_call - 1)));
        put_source(out, event->context.cause_file, event->context.cause_line);
    }
}

static void put_state(struct buf *out, const struct event *event)
{
    const struct event_state *state = &event->state;
    html_json_text(out, "state", state_name((enum state)state->state));
    html_json_number(out, "rq", state->receive_queue);
    html_json_number(out, "sq", state->send_queue);
    html_json_number(out, "timer", state->timer);
    html_json_number(out, "ms", state->timer_ms);
    put_address(out, "local", &state->local);
    if (state->remote.port != 0)
        put_address(out, "remote", &state->remote);
}

static void put_process(struct buf *out, const struct event *event)
{
    static const char *const words[] = {"start", "fork", "exec", "exit"};
    const struct event_process *process = &event->process;
    html_json_text(out, "what", process->what < 4 ? words[process->what] : "?");
    html_json_text(out, "program", process->program);
    html_json_number(out, "pid", event->pid);
    if (process->what != PROCESS_EXIT)
        return;
    buf_printf(out, ",\"code\":%" PRId32, process->exit_code);
    html_json_number(out, "signal", process->signal);
}

/* The player takes the words from the page's list, but shows a caption without "caption: " in front. */
static void put_note(struct buf *out, const struct event *event)
{
    size_t count = event->data_bytes < CAPTION_BYTES_SHOWN ? event->data_bytes : CAPTION_BYTES_SHOWN;
    if (event->kind == EVENT_CAPTION && count > 0) {
        buf_puts(out, ",\"note\":");
        html_json_add(out, (const char *)event->data, count);
    }
    html_json_number(out, "count", event->note.count);
}

static void put_gap(struct buf *out, const struct event *event)
{
    html_json_number(out, "lost", (int64_t)event->gap.lost);
    html_json_text(out, "note", event->gap.reason);
}

typedef void put_details(struct buf *out, const struct event *event);

static put_details *const details[EVENT_KIND_COUNT] = {
#define EVENT(name, text, member, what) [EVENT_##name] = put_##member,
#include "event/event.def"
#undef EVENT
};

/* --- what all events have --- */

static void put_changes(struct buf *out, const struct timeline *timeline, const struct record *record)
{
    const struct change *changes = timeline_changes(timeline, record);
    for (uint32_t i = 0; i < record->change_count; i++) {
        const struct change *change = &changes[i];
        buf_puts(out, i == 0 ? ",\"c\":[" : ",");
        buf_printf(out, "[%" PRIu32 ",\"%s\",\"%s\",\"%s\",", change->endpoint,
                   witness_name((enum witness)change->witness), state_name((enum state)change->old_state),
                   state_name((enum state)change->new_state));
        html_json_puts(out, change->reason != NULL ? change->reason : "");
        buf_printf(out, ",%d]", change->impossible ? 2 : change->disagreement ? 1 : 0);
    }
    if (record->change_count > 0)
        buf_putc(out, ']');
}

static void put_causes(struct buf *out, const struct event_context *context)
{
    for (int i = 0; i < context->cause_count; i++) {
        const struct cause *cause = &context->causes[i];
        buf_printf(out, "%s[%" PRIu64 ",\"%s\",%d]", i == 0 ? ",\"y\":[" : ",", cause->seq,
                   rule_what((enum rule)cause->rule), cause->guessed);
    }
    if (context->cause_count > 0)
        buf_putc(out, ']');
}

/* The sides are told once, by C: 0 left, 1 right. A third host has none. */
static void put_sides(struct buf *out, const struct ladder_sides *sides, const struct event *event)
{
    enum side side = side_of(sides, event);
    if (side != NOWHERE)
        buf_printf(out, ",\"s\":%d", side);
    if (!ladder_is_packet(event))
        return;
    enum side goal = side_of_goal(sides, event);
    if (goal != NOWHERE)
        buf_printf(out, ",\"g\":%d", goal);
}

static void put_event(struct buf *out, const struct timeline *timeline, const struct record *record,
                      const struct ladder_sides *sides)
{
    const struct event *event = &record->event;
    const struct event_context *context = &event->context;
    buf_printf(out, "{\"q\":%" PRIu64 ",\"t\":%" PRId64 ",\"k\":\"%s\"", event->seq,
               event->time_ns - timeline->info.start_ns, event_kind_name((enum event_kind)event->kind));
    html_json_number(out, "b", context->beat);
    html_json_text(out, "h", event->host);
    html_json_text(out, "l", event->lane);
    html_json_number(out, "e", context->endpoint);
    html_json_number(out, "p", context->peer);
    html_json_number(out, "f", context->flow);
    html_json_number(out, "blocked", context->sides[0].blocked);
    put_sides(out, sides, event);
    put_changes(out, timeline, record);
    put_causes(out, context);
    if (event->kind < EVENT_KIND_COUNT)
        details[event->kind](out, event);
    buf_puts(out, "}");
}

/* --- the whole --- */

static void put_session(struct buf *out, const struct timeline *timeline, const struct ladder_sides *sides)
{
    const struct session_info *info = &timeline->info;
    char text[ADDRESS_TEXT_MAX];
    buf_printf(out, "{\"live\":%s", info->live ? "true" : "false");
    html_json_text(out, "scenario", info->scenario);
    html_json_text(out, "title", info->title);
    html_json_number(out, "delay", info->delay_ns);
    buf_puts(out, ",\"sides\":[");
    for (int side = LEFT; side <= RIGHT; side++) {
        buf_puts(out, side == LEFT ? "[" : ",[");
        html_json_puts(out, sides->names[side]);
        buf_putc(out, ',');
        html_json_puts(out, sides->addresses[side].family != ADDRESS_NONE
                                ? address_ip_text(&sides->addresses[side], text)
                                : "");
        buf_putc(out, ']');
    }
    buf_printf(out, "],\"lanes\":%s}", sides->by_lane ? "true" : "false");
}

static void put_questions(struct buf *out, const struct timeline *timeline)
{
    quiz questions = {0};
    quiz_make(&questions, timeline);
    array_each (const struct quiz_question, question, &questions) {
        buf_printf(out, "%s\n{\"at\":%zu,\"ask\":", question == questions.items ? "" : ",", question->before);
        html_json_puts(out, question->ask);
        buf_puts(out, ",\"choices\":[");
        for (int i = 0; i < question->choice_count; i++) {
            buf_puts(out, i == 0 ? "" : ",");
            html_json_puts(out, question->choices[i]);
        }
        buf_printf(out, "],\"answer\":%d,\"derived\":%s", question->answer,
                   question->derived ? "true" : "false");
        html_json_text(out, "why", question->why);
        buf_putc(out, '}');
    }
    quiz_release(&questions);
}

void html_data(struct buf *out, const struct timeline *timeline)
{
    struct ladder_sides sides = {0};
    sides_find(&sides, timeline);
    buf_puts(out, "{\"version\":1,\"session\":");
    put_session(out, timeline, &sides);
    buf_puts(out, ",\n\"questions\":[");
    put_questions(out, timeline);
    buf_puts(out, "],\n\"events\":[");
    array_each (const struct record, record, &timeline->records) {
        buf_puts(out, record == timeline->records.items ? "\n" : ",\n");
        put_event(out, timeline, record, &sides);
    }
    buf_puts(out, "\n]}");
}

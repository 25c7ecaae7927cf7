/* The members of state, queue, timer, process, output, mark, caption, question, vote and gap. */
#include "event/json_part.h"

#include <errno.h>

#include "event/json_value.h"

static const struct json_field state_fields[] = {
    JSON_FIELD_ALWAYS("state", JSON_STATE, struct event_state, state),
    JSON_FIELD("protocol", JSON_PROTOCOL, struct event_state, protocol),
    JSON_FIELD("timer", JSON_TIMER, struct event_state, timer),
    JSON_FIELD("timer_ms", JSON_U32, struct event_state, timer_ms),
    JSON_FIELD("retransmits", JSON_U8, struct event_state, retransmits),
    JSON_FIELD("inode", JSON_U32, struct event_state, inode),
    JSON_FIELD("cookie", JSON_HEX64, struct event_state, cookie),
    JSON_FIELD("after_packet", JSON_U64, struct event_state, after_packet),
    JSON_FIELD("after_delivery", JSON_BOOLEAN, struct event_state, after_delivery),
    JSON_FIELD("local", JSON_ADDRESS, struct event_state, local),
    JSON_FIELD("remote", JSON_ADDRESS, struct event_state, remote),
    {0},
};

static const struct json_field queue_fields[] = {
    JSON_FIELD("receive_queue_bytes", JSON_U32, struct event_state, receive_queue),
    JSON_FIELD("send_queue_bytes", JSON_U32, struct event_state, send_queue),
    {0},
};

/* The same two numbers mean something else on a listening socket. */
static const struct json_field backlog_fields[] = {
    JSON_FIELD("unaccepted", JSON_U32, struct event_state, receive_queue),
    JSON_FIELD("backlog", JSON_U32, struct event_state, send_queue),
    {0},
};

static const struct json_field process_fields[] = {
    JSON_FIELD_ALWAYS("what", JSON_PROCESS, struct event_process, what),
    JSON_FIELD("program", JSON_TEXT, struct event_process, program),
    JSON_FIELD("parent", JSON_I32, struct event_process, parent),
    JSON_FIELD("exit_code", JSON_I32, struct event_process, exit_code),
    JSON_FIELD("signal", JSON_I32, struct event_process, signal),
    {0},
};

static const struct json_field note_fields[] = {
    JSON_FIELD("stream", JSON_U8, struct event_note, stream),
    JSON_FIELD("count", JSON_I32, struct event_note, count),
    {0},
};

static const struct json_field gap_fields[] = {
    JSON_FIELD("lost", JSON_U64, struct event_gap, lost),
    JSON_FIELD("reason", JSON_TEXT, struct event_gap, reason),
    {0},
};

static void put_data(json_t *object, const struct event *event)
{
    if (event->data_bytes > 0)
        json_put_hex(object, "data_hex", event->data, event->data_bytes);
}

static int take_data(json_t *object, const char *key, struct event *event, struct err *err)
{
    int r = json_take_data(object, key, event, err);
    return r < 0 ? r : 0;
}

static void write_state(json_t *object, const struct event *event)
{
    bool listens = event->state.state == STATE_LISTEN;
    json_put(object, "witness", json_string(witness_name(WITNESS_KERNEL)));
    json_write_fields(object, state_fields, &event->state);
    json_write_fields(object, listens ? backlog_fields : queue_fields, &event->state);
    put_data(object, event);
}

static int take_state(json_t *object, struct event *event, struct err *err)
{
    int r = json_take_fields(object, state_fields, &event->state, err);
    bool listens = event->state.state == STATE_LISTEN;
    if (r == 0)
        r = json_take_fields(object, listens ? backlog_fields : queue_fields, &event->state, err);
    return r == 0 ? take_data(object, "data", event, err) : r;
}

static void write_process(json_t *object, const struct event *event)
{
    json_write_fields(object, process_fields, &event->process);
    put_data(object, event);
}

static int take_process(json_t *object, struct event *event, struct err *err)
{
    int r = json_take_fields(object, process_fields, &event->process, err);
    return r == 0 ? take_data(object, "data", event, err) : r;
}

static void write_note(json_t *object, const struct event *event)
{
    json_write_fields(object, note_fields, &event->note);
    if (event->data_bytes > 0)
        json_put_bytes(object, "content", event->data, event->data_bytes);
}

static int take_note(json_t *object, struct event *event, struct err *err)
{
    int r = json_take_fields(object, note_fields, &event->note, err);
    return r == 0 ? take_data(object, "content", event, err) : r;
}

static void write_gap(json_t *object, const struct event *event)
{
    json_write_fields(object, gap_fields, &event->gap);
    put_data(object, event);
}

static int take_gap(json_t *object, struct event *event, struct err *err)
{
    int r = json_take_fields(object, gap_fields, &event->gap, err);
    return r == 0 ? take_data(object, "data", event, err) : r;
}

const struct json_part json_state_part = {.write = write_state, .take = take_state};
const struct json_part json_process_part = {.write = write_process, .take = take_process};
const struct json_part json_note_part = {.write = write_note, .take = take_note};
const struct json_part json_gap_part = {.write = write_gap, .take = take_gap};

/* The members of call-enter and call-exit. */
#include "event/json_part.h"

#include <errno.h>

#include "base/buf.h"
#include "event/json_value.h"
#include "event/sentence.h"

static const struct json_field call_fields[] = {
    JSON_FIELD_ALWAYS("call", JSON_CALL, struct event_call, call),
    JSON_FIELD("call_id", JSON_U32, struct event_call, call_id),
    JSON_FIELD("fd", JSON_FD, struct event_call, fd),
    JSON_FIELD("errno", JSON_ERRNO, struct event_call, error_number),
    JSON_FIELD("duration_ns", JSON_I64, struct event_call, duration_ns),
    JSON_FIELD("tcp_state", JSON_STATE, struct event_call, tcp_state),
    JSON_FIELD("datagram", JSON_BOOLEAN, struct event_call, is_datagram),
    JSON_FIELD("cookie", JSON_HEX64, struct event_call, cookie),
    JSON_FIELD("new_cookie", JSON_HEX64, struct event_call, new_cookie),
    JSON_FIELD("local", JSON_ADDRESS, struct event_call, local),
    JSON_FIELD("remote", JSON_ADDRESS, struct event_call, remote),
    JSON_FIELD("path", JSON_TEXT, struct event_call, path),
    JSON_FIELD("file", JSON_TEXT, struct event_call, file),
    JSON_FIELD("line", JSON_I32, struct event_call, line),
    JSON_FIELD("payload_bytes", JSON_U32, struct event_call, payload_bytes),
    {0},
};

static const struct json_field result_field[] = {
    JSON_FIELD_ALWAYS("result", JSON_I64, struct event_call, result),
    {0},
};

static const struct json_field result_of_enter_field[] = {
    JSON_FIELD("result", JSON_I64, struct event_call, result),
    {0},
};

/* Set by calls that have no such argument all the same. */
static const struct json_field stray_fields[] = {
    JSON_FIELD("address", JSON_ADDRESS, struct event_call, address),
    JSON_FIELD("set", JSON_TEXT, struct event_call, set),
    {0},
};

/* The row for one argument; false when its value is recorded elsewhere (the payload) or not at all. */
static bool argument_row(char type, const char *name, int index, struct json_field *ret_row)
{
    struct json_field row = JSON_FIELD_ALWAYS(name, JSON_I64, struct event_call, arguments[0]);
    row.offset = (uint16_t)(row.offset + (size_t)index * row.size);
    if (type == 'b' || type == 'p')
        return false;
    if (type == 'a')
        row = (struct json_field)JSON_FIELD(name, JSON_ADDRESS, struct event_call, address);
    else if (type == 's')
        row = (struct json_field)JSON_FIELD(name, JSON_TEXT, struct event_call, set);
    *ret_row = row;
    return true;
}

/* The table for the arguments of a call, in the order of its manual page. */
static void argument_rows(enum call call, struct json_field rows[CALL_ARGUMENTS_MAX + 1])
{
    int count = 0;
    char type;
    for (int i = 0; i < CALL_ARGUMENTS_MAX; i++) {
        const char *name = call_argument(call, i, &type);
        if (name != NULL && argument_row(type, name, i, &rows[count]))
            count++;
    }
    rows[count] = (struct json_field){0};
}

static void put_arguments(json_t *object, const struct event_call *call)
{
    struct json_field rows[CALL_ARGUMENTS_MAX + 1];
    argument_rows((enum call)call->call, rows);
    json_t *arguments = json_object();
    json_write_fields(arguments, rows, call);
    for (const struct json_field *stray = stray_fields; stray->key != NULL; stray++) {
        bool is_argument = false;
        for (const struct json_field *row = rows; row->key != NULL; row++)
            is_argument = is_argument || row->offset == stray->offset;
        if (!is_argument)
            json_write_fields(object, (struct json_field[]){*stray, {0}}, call);
    }
    json_put(object, "arguments", arguments);
}

static int take_arguments(json_t *object, struct event_call *call, struct err *err)
{
    int r = json_take_fields(object, stray_fields, call, err);
    json_t *arguments = json_object_get(object, "arguments");
    if (r != 0 || arguments == NULL)
        return r;
    if (!json_is_object(arguments))
        return err_set(err, EINVAL, "arguments: not an object");
    struct json_field rows[CALL_ARGUMENTS_MAX + 1];
    argument_rows((enum call)call->call, rows);
    r = json_take_fields(arguments, rows, call, err);
    if (json_object_size(arguments) == 0)
        json_object_del(object, "arguments"); /* else: keeps what we do not know */
    return r;
}

static void put_text(json_t *object, const struct event *event)
{
    struct buf text = {0};
    call_text(&text, event);
    json_put_bytes(object, "call_text", (const uint8_t *)buf_text(&text), text.length);
    buf_release(&text);
}

static void write_call(json_t *object, const struct event *event)
{
    json_write_fields(object, call_fields, &event->call);
    json_write_fields(object, event->kind == EVENT_CALL_EXIT ? result_field : result_of_enter_field,
                      &event->call);
    put_text(object, event);
    put_arguments(object, &event->call);
    if (event->call.has_payload)
        json_put_bytes(object, "payload", event->data, event->data_bytes);
    else if (event->data_bytes > 0)
        json_put_hex(object, "data_hex", event->data, event->data_bytes);
}

static int take_call(json_t *object, struct event *event, struct err *err)
{
    if (json_object_get(object, "call") == NULL)
        return err_set(err, EINVAL, "call: missing");
    int r = json_take_fields(object, call_fields, &event->call, err);
    if (r == 0)
        r = json_take_fields(object, result_field, &event->call, err);
    if (r == 0)
        r = take_arguments(object, &event->call, err);
    if (r == 0)
        r = json_take_data(object, "payload", event, err);
    event->call.has_payload = r == 1;
    if (r == 0)
        r = json_take_data(object, "data", event, err);
    return r < 0 ? r : 0;
}

const struct json_part json_call_part = {.write = write_call, .take = take_call};

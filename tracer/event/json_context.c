/* The members that the model adds: causes, relative numbers, what both ends were. */
#include "event/json_part.h"

#include <errno.h>
#include <stdlib.h>

#include "event/json_value.h"

static const struct json_field cause_fields[] = {
    JSON_FIELD_ALWAYS("cause", JSON_U64, struct cause, seq),
    JSON_FIELD("rule", JSON_RULE, struct cause, rule),
    JSON_FIELD("guessed", JSON_BOOLEAN, struct cause, guessed),
    {0},
};

static const struct json_field relative_fields[] = {
    JSON_FIELD_ALWAYS("sequence", JSON_U32, struct event_context, sequence),
    JSON_FIELD_ALWAYS("acknowledgment", JSON_U32, struct event_context, acknowledgment),
    JSON_FIELD_ALWAYS("window_bytes", JSON_U32, struct event_context, window),
    {0},
};

static const struct json_field cause_call_fields[] = {
    JSON_FIELD("copy", JSON_U32, struct event_context, copy),
    JSON_FIELD("cause_call", JSON_BLOCKED, struct event_context, cause_call),
    JSON_FIELD("cause_lane", JSON_TEXT, struct event_context, cause_lane),
    JSON_FIELD("cause_file", JSON_TEXT, struct event_context, cause_file),
    JSON_FIELD("cause_line", JSON_U32, struct event_context, cause_line),
    {0},
};

static const struct json_field side_fields[] = {
    JSON_FIELD("name", JSON_TEXT, struct endpoint_note, name),
    JSON_FIELD("state", JSON_STATE, struct endpoint_note, state),
    JSON_FIELD("witness", JSON_WITNESS, struct endpoint_note, witness),
    JSON_FIELD("blocked_in", JSON_BLOCKED, struct endpoint_note, blocked),
    JSON_FIELD("half_open", JSON_U16, struct endpoint_note, half_open),
    {0},
};

#define SIDES 2

static json_t *list_add(json_t *list, json_t *item)
{
    if (json_array_append_new(list, item) != 0)
        abort();
    return item;
}

static void put_causes(json_t *object, const struct event_context *context)
{
    size_t count = context->cause_count < CAUSES_MAX ? context->cause_count : CAUSES_MAX;
    if (count == 0)
        return;
    json_write_fields(object, cause_fields, &context->causes[0]);
    if (count == 1)
        return;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_write_fields(list_add(list, json_object()), cause_fields, &context->causes[i]);
    json_put(object, "causes", list);
}

static void put_sides(json_t *object, const struct event_context *context)
{
    json_t *list = json_array();
    size_t used = 0;
    for (size_t i = 0; i < SIDES; i++) {
        json_t *side = list_add(list, json_object());
        json_write_fields(side, side_fields, &context->sides[i]);
        if (json_object_size(side) > 0)
            used = i + 1;
    }
    while (json_array_size(list) > used)
        json_array_remove(list, json_array_size(list) - 1);
    if (used > 0)
        json_put(object, "sides", list);
    else
        json_decref(list);
}

static void write_context(json_t *object, const struct event *event)
{
    const struct event_context *context = &event->context;
    put_causes(object, context);
    json_write_fields(object, cause_call_fields, context);
    if (context->has_relative)
        json_write_fields(object, relative_fields, context);
    put_sides(object, context);
}

/* Reads the list `key` of at most `room` objects of `size` bytes each. Returns the count or -EINVAL. */
static int take_list(json_t *object, const char *key, const struct json_field *fields, void *items,
                     size_t size, size_t room, struct err *err)
{
    json_t *list = json_take(object, key);
    size_t count = json_array_size(list);
    int r = 0;
    if (list != NULL && (!json_is_array(list) || count > room))
        r = err_set(err, EINVAL, "%s: not a list of at most %zu", key, room);
    for (size_t i = 0; r == 0 && i < count; i++) {
        json_t *item = json_array_get(list, i);
        if (!json_is_object(item))
            r = err_set(err, EINVAL, "%s: number %zu is not an object", key, i + 1);
        else
            r = json_take_fields(item, fields, (char *)items + i * size, err);
    }
    json_decref(list);
    return r < 0 ? r : (int)count;
}

static int take_causes(json_t *object, struct event_context *context, struct err *err)
{
    struct cause first = {0};
    bool has_first = json_object_get(object, "cause") != NULL;
    int r = json_take_fields(object, cause_fields, &first, err);
    if (r < 0)
        return r;
    r = take_list(object, "causes", cause_fields, context->causes, sizeof *context->causes, CAUSES_MAX, err);
    if (r < 0)
        return r;
    context->cause_count = (uint8_t)r;
    if (r == 0 && has_first) {
        context->causes[0] = first;
        context->cause_count = 1;
    }
    return 0;
}

static int take_context(json_t *object, struct event *event, struct err *err)
{
    struct event_context *context = &event->context;
    int r = take_causes(object, context, err);
    if (r == 0)
        r = json_take_fields(object, cause_call_fields, context, err);
    context->has_relative = json_object_get(object, "sequence") != NULL;
    if (r == 0)
        r = json_take_fields(object, relative_fields, context, err);
    if (r == 0)
        r = take_list(object, "sides", side_fields, context->sides, sizeof *context->sides, SIDES, err);
    return r < 0 ? r : 0;
}

const struct json_part json_context_part = {.write = write_context, .take = take_context};

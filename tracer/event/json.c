/* The object as a whole: the head that all kinds share, the kind's own part, and what is not known. */
#include "event/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "event/json_part.h"
#include "event/json_value.h"
#include "event/sentence.h"

static const struct json_field head_fields[] = {
    JSON_FIELD_ALWAYS("seq", JSON_U64, struct event, seq),
    JSON_FIELD_ALWAYS("t", JSON_I64, struct event, time_ns),
    JSON_FIELD("beat", JSON_U32, struct event, context.beat),
    JSON_FIELD("host", JSON_TEXT, struct event, host),
    JSON_FIELD("lane", JSON_TEXT, struct event, lane),
    JSON_FIELD("pid", JSON_I32, struct event, pid),
    JSON_FIELD("tid", JSON_I32, struct event, tid),
    JSON_FIELD("endpoint", JSON_U32, struct event, context.endpoint),
    JSON_FIELD("peer", JSON_U32, struct event, context.peer),
    JSON_FIELD("flow", JSON_U32, struct event, context.flow),
    {0},
};

static const struct json_field change_fields[] = {
    JSON_FIELD("endpoint", JSON_U32, struct change, endpoint),
    JSON_FIELD("name", JSON_TEXT, struct change, name),
    JSON_FIELD("witness", JSON_WITNESS, struct change, witness),
    JSON_FIELD_ALWAYS("old", JSON_STATE, struct change, old_state),
    JSON_FIELD_ALWAYS("new", JSON_STATE, struct change, new_state),
    JSON_FIELD("impossible", JSON_BOOLEAN, struct change, impossible),
    JSON_FIELD("disagreement", JSON_BOOLEAN, struct change, disagreement),
    {0},
};

/* Made from the rest whenever an event is written; of no interest to the reader. */
static const char *const derived_keys[] = {"text", "changes", "witness", "call_text", "icmp_text"};

static const struct json_part *const parts[] = {
#define EVENT(name, text, member, what) &json_##member##_part,
#include "event/event.def"
#undef EVENT
};

static int dump_to_buf(const char *bytes, size_t count, void *out)
{
    buf_add(out, bytes, count);
    return 0;
}

static void dump(struct buf *out, const json_t *object)
{
    if (json_dump_callback(object, dump_to_buf, out, JSON_COMPACT) != 0)
        abort();
}

static void put_sentence(json_t *object, const struct event *event, const struct change *changes,
                         size_t change_count)
{
    struct buf text = {0};
    event_sentence(&text, event, changes, change_count);
    json_put_bytes(object, "text", (const uint8_t *)buf_text(&text), text.length);
    buf_release(&text);
}

static void put_changes(json_t *object, const struct change *changes, size_t count)
{
    if (count == 0)
        return;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *change = json_object();
        json_write_fields(change, change_fields, &changes[i]);
        if (changes[i].reason != NULL)
            json_put(change, "reason", json_string(changes[i].reason));
        if (json_array_append_new(list, change) != 0)
            abort();
    }
    json_put(object, "changes", list);
}

static void put_extra(json_t *object, const struct event *event)
{
    json_t *extra = event->extra != NULL ? json_loads(event->extra, 0, NULL) : NULL;
    if (json_is_object(extra))
        json_object_update_missing(object, extra);
    json_decref(extra);
}

void event_to_json(struct buf *out, const struct event *event, const struct change *changes,
                   size_t change_count)
{
    json_t *object = json_object();
    json_write_fields(object, head_fields, event);
    if (event->order_ns != event->time_ns)
        json_put(object, "order_ns", json_integer(event->order_ns));
    json_put(object, "kind", json_string(event_kind_name((enum event_kind)event->kind)));
    put_sentence(object, event, changes, change_count);
    if (event->kind < EVENT_KIND_COUNT)
        parts[event->kind]->write(object, event);
    json_context_part.write(object, event);
    put_changes(object, changes, change_count);
    put_extra(object, event);
    dump(out, object);
    json_decref(object);
}

static json_t *parse(const char *text, size_t length, struct err *err)
{
    json_error_t error;
    json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL) {
        err_set(err, EINVAL, "column %d: %s", error.column, error.text);
        return NULL;
    }
    if (!json_is_object(object)) {
        err_set(err, EINVAL, "not a JSON object");
        json_decref(object);
        return NULL;
    }
    return object;
}

static int take_kind(json_t *object, struct event *event, struct err *err)
{
    json_t *value = json_take(object, "kind");
    const char *text = json_string_value(value);
    enum event_kind kind;
    int r = 0;
    if (text == NULL)
        r = err_set(err, EINVAL, "kind: missing");
    else if (event_kind_parse(text, &kind) != 0)
        r = err_set(err, EINVAL, "kind: \"%.40s\" is not known", text);
    else
        event->kind = (uint8_t)kind;
    json_decref(value);
    return r;
}

static int take_order(json_t *object, struct event *event, struct err *err)
{
    static const struct json_field order_field[] = {
        JSON_FIELD("order_ns", JSON_I64, struct event, order_ns),
        {0},
    };
    event->order_ns = event->time_ns;
    return json_take_fields(object, order_field, event, err);
}

int json_take_data(json_t *object, const char *key, struct event *event, struct err *err)
{
    uint8_t *bytes;
    size_t count;
    int r = json_take_bytes(object, key, &bytes, &count, err);
    if (r <= 0)
        return r;
    free(event->data);
    event->data = bytes;
    event->data_bytes = (uint32_t)count;
    return 1;
}

static void keep_extra(json_t *object, struct event *event)
{
    for (size_t i = 0; i < sizeof derived_keys / sizeof *derived_keys; i++)
        json_object_del(object, derived_keys[i]);
    if (json_object_size(object) > 0)
        event->extra = json_dumps(object, JSON_COMPACT);
}

static int take_event(json_t *object, struct event *event, struct err *err)
{
    int r = json_take_fields(object, head_fields, event, err);
    if (r == 0)
        r = take_order(object, event, err);
    if (r == 0)
        r = take_kind(object, event, err);
    if (r == 0)
        r = parts[event->kind]->take(object, event, err);
    if (r == 0)
        r = json_context_part.take(object, event, err);
    return r;
}

int event_from_json(const char *text, size_t length, struct event *ret_event, struct err *err)
{
    json_t *object = parse(text, length, err);
    if (object == NULL)
        return -EINVAL;
    struct event event;
    memset(&event, 0, sizeof event);
    int r = take_event(object, &event, err);
    if (r == 0) {
        keep_extra(object, &event);
        *ret_event = event;
    } else {
        event_release(&event);
    }
    json_decref(object);
    return r;
}

/* The first line of a record. */

static const struct json_field session_fields[] = {
    JSON_FIELD("kernel", JSON_TEXT, struct session_info, kernel),
    JSON_FIELD("scenario", JSON_TEXT, struct session_info, scenario),
    JSON_FIELD("title", JSON_TEXT, struct session_info, title),
    JSON_FIELD("tool", JSON_TEXT, struct session_info, tool),
    JSON_FIELD("delay_ns", JSON_I64, struct session_info, delay_ns),
    JSON_FIELD("start_ns", JSON_I64, struct session_info, start_ns),
    JSON_FIELD_ALWAYS("live", JSON_BOOLEAN, struct session_info, live),
    JSON_FIELD_ALWAYS("link", JSON_U32, struct session_info, link),
    JSON_FIELD("sysctls", JSON_TEXT, struct session_info, sysctls),
    JSON_FIELD("note", JSON_TEXT, struct session_info, note),
    {0},
};

struct session_host {
    char name[NAME_MAX_BYTES];
    struct address address;
};

static const struct json_field host_fields[] = {
    JSON_FIELD_ALWAYS("name", JSON_TEXT, struct session_host, name),
    JSON_FIELD("address", JSON_ADDRESS, struct session_host, address),
    {0},
};

#define HOSTS_MAX ((int)(sizeof((struct session_info *)0)->hosts / NAME_MAX_BYTES))

static json_t *hosts_to_json(const struct session_info *info)
{
    json_t *list = json_array();
    for (int i = 0; i < info->host_count && i < HOSTS_MAX; i++) {
        struct session_host host = {.address = info->addresses[i]};
        memcpy(host.name, info->hosts[i], sizeof host.name);
        json_t *object = json_object();
        json_write_fields(object, host_fields, &host);
        if (json_array_append_new(list, object) != 0)
            abort();
    }
    return list;
}

void session_to_json(struct buf *out, const struct session_info *info)
{
    json_t *object = json_object();
    json_put(object, "format", json_string("sockstep"));
    json_put(object, "version", json_integer(EVENT_JSON_VERSION));
    json_write_fields(object, session_fields, info);
    if (info->host_count > 0)
        json_put(object, "hosts", hosts_to_json(info));
    dump(out, object);
    json_decref(object);
}

static int take_version(json_t *object, struct err *err)
{
    const char *format = json_string_value(json_object_get(object, "format"));
    const json_t *version = json_object_get(object, "version");
    if (format == NULL || strcmp(format, "sockstep") != 0)
        return err_set(err, EINVAL, "format: not \"sockstep\"");
    if (!json_is_integer(version) || json_integer_value(version) < 1)
        return err_set(err, EINVAL, "version: not a number");
    if (json_integer_value(version) > EVENT_JSON_VERSION)
        return err_set(err, ENOTSUP, "version %lld of the format is newer than this program, which knows %d",
                       (long long)json_integer_value(version), EVENT_JSON_VERSION);
    return 0;
}

static int hosts_from_json(const json_t *list, struct session_info *info, struct err *err)
{
    size_t count = json_array_size(list);
    if (list != NULL && !json_is_array(list))
        return err_set(err, EINVAL, "hosts: not a list");
    if (count > (size_t)HOSTS_MAX)
        return err_set(err, EINVAL, "hosts: more than %d", HOSTS_MAX);
    for (size_t i = 0; i < count; i++) {
        json_t *object = json_array_get(list, i);
        struct session_host host = {0};
        if (!json_is_object(object) || json_take_fields(object, host_fields, &host, err) != 0)
            return err_set(err, EINVAL, "hosts: number %zu is not a host", i + 1);
        memcpy(info->hosts[i], host.name, sizeof host.name);
        info->addresses[i] = host.address;
    }
    info->host_count = (int)count;
    return 0;
}

int session_from_json(const char *text, size_t length, struct session_info *ret_info, struct err *err)
{
    json_t *object = parse(text, length, err);
    if (object == NULL)
        return -EINVAL;
    struct session_info info = {0};
    int r = take_version(object, err);
    if (r == 0)
        r = json_take_fields(object, session_fields, &info, err);
    if (r == 0)
        r = hosts_from_json(json_object_get(object, "hosts"), &info, err);
    if (r == 0)
        *ret_info = info;
    json_decref(object);
    return r;
}

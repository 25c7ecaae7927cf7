/* The source that reads a trace, or any other capture. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "event/json.h"
#include "trace/capture.h"
#include "trace/journal.h"
#include "trace/pcapng.h"
#include "trace/trace.h"

struct named {
    struct address address;
    char name[NAME_MAX_BYTES];
};

struct trace_reader {
    struct source source;
    char *label; /* what errors and warnings call the file */
    uint8_t *owned;
    struct bytes file;
    struct session_info info;
    bool has_session; /* a first line of ours was found */
    bool is_foreign;  /* neither that nor any event of ours */
    ARRAY(struct named) names;
    struct err *warning; /* the caller's */
    uint64_t events, packets;
    int64_t last_ns; /* of the event before */
    bool unfinished;
    bool drained;
};

static struct trace_reader *reader_of(const struct source *source)
{
    return (struct trace_reader *)(uintptr_t)source;
}

/* The first pass: what the file says of itself. */

static int session_read(struct trace_reader *reader, const struct capture_item *item, struct err *err)
{
    static const char mark[] = "{\"format\":\"sockstep\"";
    const char *line = (const char *)item->comment.at;
    if (reader->has_session || item->comment.count < sizeof mark - 1 ||
        memcmp(line, mark, sizeof mark - 1) != 0)
        return 0;
    /* Programs that merge files write further lines behind ours. */
    const char *line_end = memchr(line, '\n', item->comment.count);
    size_t length = line_end != NULL ? (size_t)(line_end - line) : item->comment.count;
    int result = session_from_json(line, length, &reader->info, err);
    reader->has_session = result == 0;
    return result == -ENOTSUP ? result : 0;
}

static void name_note(struct trace_reader *reader, const struct capture_item *item)
{
    struct named *named = array_push(&reader->names);
    *named = (struct named){.address = item->address};
    size_t count = item->name.count < NAME_MAX_BYTES ? item->name.count : NAME_MAX_BYTES - 1;
    memcpy(named->name, item->name.at, count);
}

static void packet_note(struct trace_reader *reader, const struct capture_item *item)
{
    if (reader->packets++ == 0 && !reader->has_session) {
        reader->info.link = item->link;
        reader->info.start_ns = item->time_ns;
    }
    reader->is_foreign = reader->is_foreign && item->json.at == NULL;
}

static void journal_note(struct trace_reader *reader, const struct capture_item *item)
{
    const char *value;
    size_t bytes;
    if (reader->is_foreign && journal_find(item->data.at, item->data.count, JSON_KEY, &value, &bytes) == 0)
        reader->is_foreign = false;
}

static int look_at(struct trace_reader *reader, const struct capture_item *item, struct err *err)
{
    switch (item->kind) {
    case CAPTURE_SECTION: return session_read(reader, item, err);
    case CAPTURE_NAME: name_note(reader, item); break;
    case CAPTURE_PACKET: packet_note(reader, item); break;
    case CAPTURE_JOURNAL: journal_note(reader, item); break;
    case CAPTURE_DAMAGED: break;
    }
    return 0;
}

/* Of a file without our first line, the hosts are those that have names, if they can all be shown. */
static void hosts_from_names(struct trace_reader *reader)
{
    struct session_info *info = &reader->info;
    const int hosts_max = (int)(sizeof info->hosts / sizeof info->hosts[0]);
    array_each (const struct named, named, &reader->names) {
        bool known = false;
        for (int i = 0; i < info->host_count; i++)
            known = known || strcmp(info->hosts[i], named->name) == 0;
        if (known)
            continue;
        if (info->host_count == hosts_max) {
            info->host_count = 0;
            return;
        }
        memcpy(info->hosts[info->host_count], named->name, NAME_MAX_BYTES);
        info->addresses[info->host_count++] = named->address;
    }
}

static int named_compare(const void *a, const void *b)
{
    const struct named *left = a, *right = b;
    return address_compare(&left->address, &right->address);
}

static int survey(struct trace_reader *reader, struct err *err)
{
    struct capture_file capture;
    struct capture_item item;
    struct err ignored;
    int result = capture_file_open(&capture, reader->file.at, reader->file.count, err);
    reader->is_foreign = true;
    while (result == 0 && capture_file_next(&capture, &item, &ignored) == 1)
        result = look_at(reader, &item, err);
    capture_file_release(&capture);
    reader->packets = 0;
    reader->is_foreign = reader->is_foreign && !reader->has_session;
    if (!reader->has_session)
        hosts_from_names(reader);
    if (reader->names.count > 0)
        qsort(reader->names.items, reader->names.count, sizeof *reader->names.items, named_compare);
    return result;
}

/* The second pass: the events. */

struct drain {
    struct trace_reader *reader;
    source_emit *emit;
    void *context;
};

static void warn(struct trace_reader *reader, const char *text)
{
    if (reader->warning != NULL && reader->warning->text[0] == '\0')
        err_set(reader->warning, 0, "%s: %s", reader->label, text);
}

static void emit_event(const struct drain *drain, struct event *event)
{
    drain->reader->events++;
    drain->reader->last_ns = event->time_ns;
    drain->emit(drain->context, event);
}

static void emit_gap(const struct drain *drain, uint64_t lost, const char *reason)
{
    struct event event = {
        .kind = EVENT_GAP,
        .time_ns = drain->reader->last_ns,
        .order_ns = drain->reader->last_ns,
        .gap = {.lost = lost},
    };
    snprintf(event.gap.reason, sizeof event.gap.reason, "%s", reason);
    emit_event(drain, &event);
}

/* "" when nobody gave the address a name. */
static const char *host_of(const struct trace_reader *reader, const struct address *address)
{
    for (int i = 0; i < reader->info.host_count; i++)
        if (address_ip_equal(&reader->info.addresses[i], address))
            return reader->info.hosts[i];
    struct named key = {.address = *address};
    key.address.port = 0;
    const struct named *named =
        reader->names.count == 0
            ? NULL
            : bsearch(&key, reader->names.items, reader->names.count, sizeof key, named_compare);
    return named != NULL ? named->name : "";
}

/* A packet block says who, when and what; the rest is in its JSON, or follows from the session. */
static void packet_without_json(struct trace_reader *reader, const struct capture_item *item,
                                struct event *event)
{
    *event = (struct event){.kind = EVENT_PACKET_SENT, .time_ns = item->time_ns, .order_ns = item->time_ns};
    const struct packet *packet = &event->packet.packet;
    event->packet.id = item->has_packet_id && !reader->is_foreign ? item->packet_id : reader->packets;
    event->packet.delay_ns = reader->info.delay_ns;
    packet_decode((enum link_type)item->link, item->data.at, item->data.count, item->wire_bytes,
                  &event->packet.packet);
    snprintf(event->host, sizeof event->host, "%s", host_of(reader, &packet->source));
    snprintf(event->packet.to, sizeof event->packet.to, "%s", host_of(reader, &packet->destination));
}

static bool packet_from_json(const struct capture_item *item, struct event *event)
{
    struct err ignored;
    if (item->json.at == NULL ||
        event_from_json((const char *)item->json.at, item->json.count, event, &ignored) != 0)
        return false;
    if (event->kind == EVENT_PACKET_SENT)
        return true;
    event_release(event);
    return false;
}

static void emit_packet(const struct drain *drain, const struct capture_item *item)
{
    struct event event;
    drain->reader->packets++;
    if (!packet_from_json(item, &event))
        packet_without_json(drain->reader, item, &event);
    event.packet.link = item->link;
    event_set_data(&event, item->data.at, item->data.count);
    packet_decode((enum link_type)item->link, event.data, event.data_bytes, item->wire_bytes,
                  &event.packet.packet);
    event.seq = 0;
    event.context = (struct event_context){0};
    emit_event(drain, &event);
}

static void emit_journal(const struct drain *drain, const struct capture_item *item)
{
    const char *json;
    size_t bytes;
    struct event event;
    struct err err;
    if (journal_find(item->data.at, item->data.count, JSON_KEY, &json, &bytes) != 0)
        return;
    if (event_from_json(json, bytes, &event, &err) != 0) {
        err_wrap(&err, "an event makes no sense");
        warn(drain->reader, err.text);
        emit_gap(drain, 1, "an event makes no sense");
        return;
    }
    event.seq = 0;
    event.context = (struct event_context){0};
    emit_event(drain, &event);
}

static void emit_item(const struct drain *drain, const struct capture_item *item)
{
    switch (item->kind) {
    case CAPTURE_SECTION: drain->reader->unfinished = item->unfinished; break;
    case CAPTURE_NAME: break;
    case CAPTURE_PACKET: emit_packet(drain, item); break;
    case CAPTURE_JOURNAL: emit_journal(drain, item); break;
    case CAPTURE_DAMAGED:
        warn(drain->reader, item->reason);
        emit_gap(drain, 1, item->reason);
        break;
    }
}

static void emit_end(const struct drain *drain, int result, const struct err *err)
{
    struct trace_reader *reader = drain->reader;
    struct err text;
    const char *reason = result == -ENODATA ? "the file is cut short" : "the file is damaged";
    if (result == 0 && !reader->unfinished)
        return;
    if (result == 0) {
        reason = "the recording was not finished";
        err_set(&text, 0, "%s; %llu events are there", reason, (unsigned long long)reader->events);
    } else {
        err_set(&text, 0, "%.300s; %llu events are there", err->text, (unsigned long long)reader->events);
    }
    warn(reader, text.text);
    emit_gap(drain, 0, reason);
}

static int reader_drain(struct source *source, source_emit *emit, void *context, struct err *err)
{
    struct trace_reader *reader = reader_of(source);
    const struct drain drain = {.reader = reader, .emit = emit, .context = context};
    struct capture_file capture;
    struct capture_item item;
    struct err end = {0};
    if (reader->drained)
        return 0;
    reader->drained = true;
    int result = capture_file_open(&capture, reader->file.at, reader->file.count, err);
    if (result == 0) {
        while ((result = capture_file_next(&capture, &item, &end)) == 1)
            emit_item(&drain, &item);
        emit_end(&drain, result, &end);
        result = 0;
    }
    capture_file_release(&capture);
    free(reader->owned);
    reader->owned = NULL;
    reader->file = (struct bytes){0};
    return result;
}

static int reader_poll_fds(const struct source *source, struct pollfd *fds, int room)
{
    (void)source, (void)fds, (void)room;
    return 0;
}

static void reader_free(struct source *source)
{
    struct trace_reader *reader = reader_of(source);
    array_release(&reader->names);
    free(reader->owned);
    free(reader->label);
    free(reader);
}

/* A file is always ready: there is something until it was drained. */
static bool reader_arm(struct source *source)
{
    return !reader_of(source)->drained;
}

static const struct source_ops trace_reader_ops = {
    .name = "trace",
    .poll_fds = reader_poll_fds,
    .drain = reader_drain,
    .arm = reader_arm,
    .free = reader_free,
};

static struct source *reader_new(const char *label, struct bytes file, uint8_t *owned,
                                 struct session_info *ret_info, struct err *ret_warning, struct err *err)
{
    struct trace_reader *reader = xcalloc(1, sizeof *reader);
    reader->source.ops = &trace_reader_ops;
    reader->label = xstrdup(label);
    reader->owned = owned;
    reader->file = file;
    reader->warning = ret_warning;
    if (survey(reader, err) != 0) {
        err_wrap(err, "%.200s", label);
        reader_free(&reader->source);
        return NULL;
    }
    *ret_info = reader->info;
    if (ret_warning != NULL)
        *ret_warning = (struct err){0};
    return &reader->source;
}

struct source *trace_reader_from_memory(const uint8_t *bytes, size_t count, struct session_info *ret_info,
                                        struct err *ret_warning, struct err *err)
{
    return reader_new("memory", (struct bytes){bytes, count}, NULL, ret_info, ret_warning, err);
}

static int read_all(int fd, struct buf *out)
{
    char piece[65536];
    for (;;) {
        ssize_t count = read(fd, piece, sizeof piece);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -errno;
        if (count == 0)
            return 0;
        buf_add(out, piece, (size_t)count);
    }
}

static int file_load(const char *path, struct buf *out)
{
    if (strcmp(path, "-") == 0)
        return read_all(STDIN_FILENO, out);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int result = read_all(fd, out);
    close(fd);
    return result;
}

struct source *trace_reader_new(const char *path, struct session_info *ret_info, struct err *ret_warning,
                                struct err *err)
{
    struct buf file = {0};
    const char *label = strcmp(path, "-") == 0 ? "standard input" : path;
    int result = file_load(path, &file);
    if (result != 0) {
        buf_release(&file);
        err_set(err, -result, "%s: %s", label, strerror(-result));
        return NULL;
    }
    size_t count = file.length;
    uint8_t *bytes = (uint8_t *)buf_detach(&file);
    return reader_new(label, (struct bytes){bytes, count}, bytes, ret_info, ret_warning, err);
}

/* The sink that writes a trace file, one whole block after another. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/xalloc.h"
#include "event/json.h"
#include "trace/block.h"
#include "trace/describe.h"
#include "trace/journal.h"
#include "trace/trace.h"

struct program {
    int32_t pid;
    char name[sizeof((struct event_process *)0)->program];
};

struct trace_writer {
    struct sink sink;
    char *path, *part_path;
    int fd;             /* -1 once closed */
    struct buf *memory; /* instead of a file; borrowed */
    uint64_t written;   /* bytes in whole blocks */
    size_t length_at;   /* where the section header has OWN_SECTION's text */
    uint64_t events;
    bool complete; /* renamed: path is there */
    struct session_info info;
    ARRAY(struct program) programs;
    struct buf block; /* the one being built */
};

static struct trace_writer *writer_of(struct sink *sink)
{
    return (struct trace_writer *)sink;
}

/* Takes half a block away, so that what is there can be read. */
static int write_failed(struct trace_writer *writer, int error_number, struct err *err)
{
    bool cut = ftruncate(writer->fd, (off_t)writer->written) == 0;
    if (writer->events == 0)
        return err_set(err, error_number, "%s: %s; nothing was recorded", writer->path,
                       strerror(error_number));
    return err_set(err, error_number, "%s: %s; the %llu events before are kept in %s%s", writer->path,
                   strerror(error_number), (unsigned long long)writer->events, writer->part_path,
                   cut ? "" : ", whose last block is cut short");
}

/* Writes what was built as one piece, and forgets it. */
static int flush(struct trace_writer *writer, struct err *err)
{
    size_t done = 0;
    if (writer->memory != NULL) {
        buf_add(writer->memory, writer->block.text, writer->block.length);
        done = writer->block.length;
    }
    while (done < writer->block.length) {
        ssize_t count = write(writer->fd, writer->block.text + done, writer->block.length - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return write_failed(writer, count < 0 ? errno : ENOSPC, err);
        done += (size_t)count;
    }
    writer->written += done;
    buf_clear(&writer->block);
    return 0;
}

static void section_length_text(char text[OWN_SECTION_DIGITS + 1], uint64_t bytes)
{
    snprintf(text, OWN_SECTION_DIGITS + 1, "%0*llu", OWN_SECTION_DIGITS, (unsigned long long)bytes);
}

static void build_section(struct trace_writer *writer)
{
    struct buf json = {0}, *out = &writer->block;
    char length[OWN_SECTION_DIGITS + 1];
    section_length_text(length, 0);
    session_to_json(&json, &writer->info);
    size_t start = block_begin(out, BLOCK_SECTION);
    put_le32(out, BYTE_ORDER_MAGIC);
    put_le16(out, 1);
    put_le16(out, 0);
    put_le64(out, SECTION_LENGTH_UNKNOWN);
    put_option(out, OPTION_COMMENT, buf_text(&json), json.length);
    put_option_text(out, OPTION_SECTION_OS, writer->info.kernel);
    put_option_text(out, OPTION_SECTION_APPLICATION, writer->info.tool);
    writer->length_at = out->length + 4 + 4 + sizeof OWN_SECTION; /* option header, enterprise, "KEY=" */
    put_option_custom(out, OPTION_CUSTOM_TEXT_HERE, OWN_SECTION, length, OWN_SECTION_DIGITS);
    put_options_end(out);
    block_end(out, start);
    buf_release(&json);
}

static int writer_begin(struct sink *sink, const struct session_info *info, struct err *err)
{
    struct trace_writer *writer = writer_of(sink);
    writer->info = *info;
    build_section(writer);
    put_interface(&writer->block, info->link);
    if (info->host_count > 0)
        put_names(&writer->block, info);
    return flush(writer, err);
}

/* What a packet block has no field for travels as JSON, without the bytes. */
static void packet_json(struct buf *json, const struct event *event, const struct change *changes,
                        size_t count)
{
    struct event without_bytes = *event;
    without_bytes.data = NULL;
    without_bytes.data_bytes = 0;
    event_to_json(json, &without_bytes, changes, count);
}

static void build_packet(struct trace_writer *writer, const struct event *event, const struct buf *json)
{
    struct buf *out = &writer->block;
    uint64_t time_ns = (uint64_t)event->time_ns;
    uint32_t wire_bytes = event->packet.packet.wire_bytes;
    bool outbound = writer->info.host_count > 0 && strcmp(event->host, writer->info.hosts[0]) == 0;
    uint32_t flags = outbound ? PACKET_OUTBOUND : PACKET_INBOUND;
    struct buf number = {0};
    size_t start = block_begin(out, BLOCK_ENHANCED_PACKET);
    put_le32(out, 0);
    put_le32(out, (uint32_t)(time_ns >> 32));
    put_le32(out, (uint32_t)time_ns);
    put_le32(out, event->data_bytes);
    put_le32(out, wire_bytes > event->data_bytes ? wire_bytes : event->data_bytes);
    put_padded(out, event->data, event->data_bytes);
    put_comments(out, event);
    put_le32(&number, flags);
    put_option(out, OPTION_PACKET_FLAGS, number.text, 4);
    buf_clear(&number);
    put_le64(&number, event->packet.id);
    put_option(out, OPTION_PACKET_ID, number.text, 8);
    put_option_custom(out, OPTION_CUSTOM_TEXT, JSON_KEY, json->text, json->length);
    put_options_end(out);
    block_end(out, start);
    buf_release(&number);
}

/* A trace has one interface and so one link type (tcpdump refuses a second), and packet blocks have limits.
 */
static bool fits_packet_block(const struct trace_writer *writer, const struct event *event,
                              const struct buf *json)
{
    return event->packet.link == writer->info.link && event->data_bytes <= READERS_MAX_BYTES &&
           event->time_ns >= 0 && json->length <= OPTION_CUSTOM_MAX;
}

static const char *program_of(const struct trace_writer *writer, int32_t pid)
{
    const char *name = NULL;
    array_each (const struct program, program, &writer->programs)
        if (program->pid == pid)
            name = program->name;
    return name;
}

/* A later row for the same pid stands: a program that becomes another. */
static void program_note(struct trace_writer *writer, const struct event *event)
{
    if (event->kind != EVENT_PROCESS || event->process.program[0] == '\0')
        return;
    const char *known = program_of(writer, event->pid);
    if (known != NULL && strcmp(known, event->process.program) == 0)
        return;
    struct program *program = array_push(&writer->programs);
    program->pid = event->pid;
    memcpy(program->name, event->process.program, sizeof program->name);
}

static void build_journal(struct trace_writer *writer, const struct event *event,
                          const struct change *changes, size_t count)
{
    struct buf *out = &writer->block, entry = {0};
    journal_add_event(&entry, event, changes, count, program_of(writer, event->pid));
    size_t start = block_begin(out, BLOCK_JOURNAL);
    put_padded(out, entry.text, entry.length);
    block_end(out, start);
    buf_release(&entry);
}

static int writer_event(struct sink *sink, const struct event *event, const struct change *changes,
                        size_t change_count, struct err *err)
{
    struct trace_writer *writer = writer_of(sink);
    struct buf json = {0};
    program_note(writer, event);
    if (event->kind == EVENT_PACKET_SENT)
        packet_json(&json, event, changes, change_count);
    if (event->kind == EVENT_PACKET_SENT && fits_packet_block(writer, event, &json))
        build_packet(writer, event, &json);
    else
        build_journal(writer, event, changes, change_count);
    buf_release(&json);
    int result = flush(writer, err);
    writer->events += result == 0;
    return result;
}

/* The length of the section is set last: a reader of a file that was cut knows how much is gone. */
static int section_length_set(struct trace_writer *writer)
{
    char length[OWN_SECTION_DIGITS + 1];
    section_length_text(length, writer->written);
    if (writer->memory != NULL) {
        memcpy(writer->memory->text + writer->length_at, length, OWN_SECTION_DIGITS);
        return 0;
    }
    ssize_t count = pwrite(writer->fd, length, OWN_SECTION_DIGITS, (off_t)writer->length_at);
    return count == OWN_SECTION_DIGITS ? 0 : count < 0 ? -errno : -EIO;
}

static int writer_end(struct sink *sink, struct err *err)
{
    struct trace_writer *writer = writer_of(sink);
    int result = section_length_set(writer);
    if (writer->memory != NULL)
        return result;
    if (close(writer->fd) != 0 && result == 0)
        result = -errno;
    writer->fd = -1;
    if (result == 0 && rename(writer->part_path, writer->path) != 0)
        result = -errno;
    if (result != 0)
        return err_set(err, -result, "%s: %s; the record is in %s", writer->path, strerror(-result),
                       writer->part_path);
    writer->complete = true;
    return 0;
}

static void writer_free(struct sink *sink)
{
    struct trace_writer *writer = writer_of(sink);
    if (writer->fd >= 0)
        close(writer->fd);
    if (writer->memory == NULL && !writer->complete && writer->events == 0)
        unlink(writer->part_path);
    array_release(&writer->programs);
    buf_release(&writer->block);
    free(writer->part_path);
    free(writer->path);
    free(writer);
}

static const struct sink_ops trace_writer_ops = {
    .name = "trace",
    .begin = writer_begin,
    .event = writer_event,
    .end = writer_end,
    .free = writer_free,
};

struct sink *trace_writer_new(const char *path, struct err *err)
{
    struct buf part_path = {0};
    buf_printf(&part_path, "%s.part", path);
    int fd = open(part_path.text, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        err_set(err, errno, "%s: %s", part_path.text, strerror(errno));
        buf_release(&part_path);
        return NULL;
    }
    struct trace_writer *writer = xcalloc(1, sizeof *writer);
    writer->sink.ops = &trace_writer_ops;
    writer->path = xstrdup(path);
    writer->part_path = buf_detach(&part_path);
    writer->fd = fd;
    return &writer->sink;
}

struct sink *trace_writer_to_memory(struct buf *out)
{
    struct trace_writer *writer = xcalloc(1, sizeof *writer);
    writer->sink.ops = &trace_writer_ops;
    writer->fd = -1;
    writer->memory = out;
    return &writer->sink;
}

/* The sink that writes what a capture at one place would have seen. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "trace/block.h"
#include "trace/describe.h"
#include "trace/trace.h"

#define PCAP_MAGIC_NS 0xa1b23c4du /* nanoseconds */

struct capture_writer {
    struct sink sink;
    struct buf *out; /* borrowed */
    enum capture_format format;
    char *host; /* NULL: the wire */
    struct session_info info;
    ARRAY(struct event) sent; /* by their bytes; what arrives later has none */
    ARRAY(struct event) seen; /* what is written */
    ARRAY(uint32_t) links;    /* of the interfaces */
};

static struct capture_writer *writer_of(struct sink *sink)
{
    return (struct capture_writer *)sink;
}

static int capture_begin(struct sink *sink, const struct session_info *info, struct err *err)
{
    (void)err;
    writer_of(sink)->info = *info;
    return 0;
}

static void see(struct capture_writer *writer, const struct event *event)
{
    struct event *seen = array_push(&writer->seen);
    event_copy(seen, event);
    seen->seq = writer->seen.count; /* keeps the order of equal times */
}

static const struct event *find_sent(const struct capture_writer *writer, uint64_t id)
{
    for (size_t i = writer->sent.count; i-- > 0;)
        if (writer->sent.items[i].packet.id == id)
            return &writer->sent.items[i];
    return NULL;
}

/* The bytes are those of the departure, unless the wire changed them and says so. */
static void see_arrival(struct capture_writer *writer, const struct event *event)
{
    const struct event *sent = find_sent(writer, event->packet.id);
    struct event arrival = *event;
    if (sent == NULL && event->data_bytes == 0)
        return;
    if (event->data_bytes == 0) {
        arrival.data = sent->data;
        arrival.data_bytes = sent->data_bytes;
        arrival.packet.link = sent->packet.link;
        arrival.packet.packet = sent->packet.packet;
    }
    see(writer, &arrival);
}

static int capture_event(struct sink *sink, const struct event *event, const struct change *changes,
                         size_t change_count, struct err *err)
{
    struct capture_writer *writer = writer_of(sink);
    (void)changes, (void)change_count, (void)err;
    bool here = writer->host != NULL && strcmp(event->host, writer->host) == 0;
    if (event->kind == EVENT_PACKET_SENT && writer->host != NULL && !here)
        event_copy(array_push(&writer->sent), event);
    if (event->kind == EVENT_PACKET_SENT && (writer->host == NULL || here))
        see(writer, event);
    else if (event->kind == EVENT_PACKET_DELIVERED && here)
        see_arrival(writer, event);
    return 0;
}

static int compare_times(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return x->seq < y->seq ? -1 : 1;
}

static uint32_t interface_of(struct capture_writer *writer, uint32_t link)
{
    for (uint32_t i = 0; i < writer->links.count; i++)
        if (writer->links.items[i] == link)
            return i;
    *array_push(&writer->links) = link;
    return (uint32_t)writer->links.count - 1;
}

static uint32_t wire_bytes_of(const struct event *event)
{
    uint32_t wire_bytes = event->packet.packet.wire_bytes;
    return wire_bytes > event->data_bytes ? wire_bytes : event->data_bytes;
}

/* pcapng. */

static void put_section(struct capture_writer *writer)
{
    struct buf text = {0};
    const struct session_info *info = &writer->info;
    size_t start = block_begin(writer->out, BLOCK_SECTION);
    put_le32(writer->out, BYTE_ORDER_MAGIC);
    put_le16(writer->out, 1);
    put_le16(writer->out, 0);
    put_le64(writer->out, SECTION_LENGTH_UNKNOWN);
    buf_printf(&text, "what a capture at %s%s would have seen%s%s", writer->host != NULL ? "host " : "the ",
               writer->host != NULL ? writer->host : "wire", info->scenario[0] != '\0' ? " of " : "",
               info->scenario);
    put_option_text(writer->out, OPTION_COMMENT, buf_text(&text));
    put_option_text(writer->out, OPTION_COMMENT, info->note);
    put_option_text(writer->out, OPTION_SECTION_OS, info->kernel);
    put_option_text(writer->out, OPTION_SECTION_APPLICATION, info->tool);
    put_options_end(writer->out);
    block_end(writer->out, start);
    buf_release(&text);
}

static void put_packet_block(struct capture_writer *writer, const struct event *event)
{
    struct buf flags = {0};
    uint64_t time_ns = (uint64_t)event->time_ns;
    const char *place = writer->host != NULL ? writer->host : writer->info.hosts[0];
    bool outbound = event->kind == EVENT_PACKET_SENT && strcmp(event->host, place) == 0;
    size_t start = block_begin(writer->out, BLOCK_ENHANCED_PACKET);
    put_le32(writer->out, interface_of(writer, event->packet.link));
    put_le32(writer->out, (uint32_t)(time_ns >> 32));
    put_le32(writer->out, (uint32_t)time_ns);
    put_le32(writer->out, event->data_bytes);
    put_le32(writer->out, wire_bytes_of(event));
    put_padded(writer->out, event->data, event->data_bytes);
    put_comments(writer->out, event);
    put_le32(&flags, outbound ? PACKET_OUTBOUND : PACKET_INBOUND);
    put_option(writer->out, OPTION_PACKET_FLAGS, flags.text, 4);
    put_options_end(writer->out);
    block_end(writer->out, start);
    buf_release(&flags);
}

static int write_pcapng(struct capture_writer *writer, struct err *err)
{
    (void)err;
    put_section(writer);
    array_each (const struct event, event, &writer->seen)
        interface_of(writer, event->packet.link);
    if (writer->links.count == 0)
        interface_of(writer, writer->info.link);
    array_each (const uint32_t, link, &writer->links)
        put_interface(writer->out, *link);
    if (writer->info.host_count > 0)
        put_names(writer->out, &writer->info);
    array_each (const struct event, event, &writer->seen)
        put_packet_block(writer, event);
    return 0;
}

/* pcap, with nanoseconds. */

static void put_pcap_packet(struct buf *out, const struct event *event)
{
    put_le32(out, (uint32_t)(event->time_ns / NS_PER_S));
    put_le32(out, (uint32_t)(event->time_ns % NS_PER_S));
    put_le32(out, event->data_bytes);
    put_le32(out, wire_bytes_of(event));
    buf_add(out, event->data, event->data_bytes);
}

static int write_pcap(struct capture_writer *writer, struct err *err)
{
    uint32_t link = writer->seen.count > 0 ? writer->seen.items[0].packet.link : writer->info.link;
    array_each (const struct event, event, &writer->seen)
        if (event->packet.link != link)
            return err_set(err, EINVAL,
                           "packets of two link types do not fit into a pcap; a pcapng has room");
    put_le32(writer->out, PCAP_MAGIC_NS);
    put_le16(writer->out, 2);
    put_le16(writer->out, 4);
    put_le64(writer->out, 0);
    put_le32(writer->out, READERS_MAX_BYTES);
    put_le32(writer->out, link);
    array_each (const struct event, event, &writer->seen)
        put_pcap_packet(writer->out, event);
    return 0;
}

static int capture_end(struct sink *sink, struct err *err)
{
    struct capture_writer *writer = writer_of(sink);
    if (writer->seen.count > 0)
        qsort(writer->seen.items, writer->seen.count, sizeof *writer->seen.items, compare_times);
    return writer->format == CAPTURE_FORMAT_PCAP ? write_pcap(writer, err) : write_pcapng(writer, err);
}

static void capture_free(struct sink *sink)
{
    struct capture_writer *writer = writer_of(sink);
    array_each (struct event, event, &writer->sent)
        event_release(event);
    array_each (struct event, event, &writer->seen)
        event_release(event);
    array_release(&writer->sent);
    array_release(&writer->seen);
    array_release(&writer->links);
    free(writer->host);
    free(writer);
}

static const struct sink_ops capture_writer_ops = {
    .name = "capture",
    .begin = capture_begin,
    .event = capture_event,
    .end = capture_end,
    .free = capture_free,
};

struct sink *capture_writer_to_memory(struct buf *out, enum capture_format format, const char *host)
{
    struct capture_writer *writer = xcalloc(1, sizeof *writer);
    writer->sink.ops = &capture_writer_ops;
    writer->out = out;
    writer->format = format;
    writer->host = host != NULL ? xstrdup(host) : NULL;
    return &writer->sink;
}

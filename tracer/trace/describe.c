#include "trace/describe.h"

#include <string.h>

#include "trace/block.h"

void put_interface(struct buf *out, uint32_t link)
{
    static const uint8_t nanoseconds = 9;
    size_t start = block_begin(out, BLOCK_INTERFACE);
    put_le16(out, (uint16_t)link);
    put_le16(out, 0);
    put_le32(out, READERS_MAX_BYTES);
    put_option_text(out, OPTION_INTERFACE_NAME, "wire");
    put_option(out, OPTION_INTERFACE_RESOLUTION, &nanoseconds, 1);
    put_options_end(out);
    block_end(out, start);
}

static void put_name(struct buf *out, const struct address *address, const char *name)
{
    bool is_ipv4 = address->family == ADDRESS_IPV4;
    if ((!is_ipv4 && address->family != ADDRESS_IPV6) || *name == '\0')
        return;
    struct buf record = {0};
    buf_add(&record, address->ip, is_ipv4 ? 4 : 16);
    buf_add(&record, name, strlen(name) + 1);
    put_option(out, is_ipv4 ? NAME_RECORD_IPV4 : NAME_RECORD_IPV6, record.text, record.length);
    buf_release(&record);
}

void put_names(struct buf *out, const struct session_info *info)
{
    size_t start = block_begin(out, BLOCK_NAMES);
    for (int i = 0; i < info->host_count; i++)
        put_name(out, &info->addresses[i], info->hosts[i]);
    put_le32(out, NAME_RECORD_END);
    block_end(out, start);
}

static void put_comment(struct buf *out, struct buf *text)
{
    put_option_text(out, OPTION_COMMENT, buf_text(text));
    buf_clear(text);
}

static void comment_cause(struct buf *text, const struct event_context *context)
{
    if (context->cause_call != 0) {
        buf_printf(text, "sent by %s()", call_name((enum call)(context->cause_call - 1)));
        if (context->cause_lane[0] != '\0')
            buf_printf(text, " of %s", context->cause_lane);
        if (context->cause_file[0] != '\0')
            buf_printf(text, " at %s:%u", context->cause_file, (unsigned)context->cause_line);
    } else if (context->cause_count > 0) {
        buf_puts(text, rule_what((enum rule)context->causes[0].rule));
    }
    if (text->length != 0 && context->cause_count > 0 && context->causes[0].guessed)
        buf_puts(text, " (guessed)");
}

static void comment_sides(struct buf *text, const struct event_context *context)
{
    for (int i = 0; i < 2; i++) {
        const struct endpoint_note *side = &context->sides[i];
        if (side->name[0] == '\0')
            continue;
        buf_printf(text, "%s%s %s", text->length != 0 ? ", " : "", side->name,
                   state_name((enum state)side->state));
        if (side->witness != WITNESS_NONE)
            buf_printf(text, " (%s)", witness_name((enum witness)side->witness));
    }
}

void put_comments(struct buf *out, const struct event *event)
{
    struct buf text = {0};
    comment_cause(&text, &event->context);
    put_comment(out, &text);
    if (event->context.copy > 1)
        buf_printf(&text, "copy %u of these bytes on the wire", (unsigned)event->context.copy);
    put_comment(out, &text);
    comment_sides(&text, &event->context);
    put_comment(out, &text);
    if (event->packet.fault[0] != '\0')
        buf_printf(&text, "fault: %s", event->packet.fault);
    put_comment(out, &text);
    buf_release(&text);
}

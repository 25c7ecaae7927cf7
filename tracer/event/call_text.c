/* A call and its result as C and strace(1) write them. */
#include "event/sentence.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "event/call_symbol.h"
#include "event/text_part.h"

#define PAYLOAD_LIMIT 32

static void put_address(struct buf *out, const struct event_call *call)
{
    char text[ADDRESS_TEXT_MAX];
    if (call->path[0] == '\0')
        buf_puts(out, address_text(&call->address, text));
    else
        utf8_text(out, call->path, strnlen(call->path, sizeof call->path));
}

/* What lies in the buffer; its length is that of the whole payload, of which we may have less. */
static void put_buffer(struct buf *out, const struct event *event)
{
    if (!event->call.has_payload) {
        buf_puts(out, "buffer");
        return;
    }
    buf_putc(out, '"');
    payload_text(out, event->data, event->data_bytes, PAYLOAD_LIMIT);
    bool less = event->call.payload_bytes > event->data_bytes && event->data_bytes <= PAYLOAD_LIMIT;
    buf_puts(out, less ? "...\"" : "\"");
}

static void put_set(struct buf *out, const struct event_call *call)
{
    bool is_name = call->call == CALL_getaddrinfo;
    buf_putc(out, is_name ? '"' : '{');
    utf8_text(out, call->set, strnlen(call->set, sizeof call->set));
    buf_putc(out, is_name ? '"' : '}');
}

static bool is_absent(const struct event_call *call, char type)
{
    if (type == 'a')
        return call->address.family == ADDRESS_NONE && call->path[0] == '\0';
    return type == 's' && call->set[0] == '\0';
}

void call_text(struct buf *out, const struct event *event)
{
    const struct event_call *call = &event->call;
    const char *separator = "";
    char type = 'n';
    buf_printf(out, "%s(", call_name((enum call)call->call));
    for (int i = 0; call_argument((enum call)call->call, i, &type) != NULL; i++) {
        if (is_absent(call, type))
            continue;
        buf_puts(out, separator);
        separator = ", ";
        if (type == 'a')
            put_address(out, call);
        else if (type == 'b')
            put_buffer(out, event);
        else if (type == 's')
            put_set(out, call);
        else
            call_symbol(out, call, i);
    }
    buf_putc(out, ')');
}

void call_result_text(struct buf *out, const struct event *event)
{
    if (event->kind != EVENT_CALL_EXIT)
        return;
    buf_printf(out, "= %" PRId64, event->call.result);
    if (event->call.error_number != 0)
        buf_printf(out, " %s", errno_name(event->call.error_number));
}

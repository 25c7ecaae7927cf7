#include "trace/journal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "event/json.h"
#include "event/sentence.h"
#include "trace/block.h"

/* What each kind is called for good (sd-id128). Never change one. */
static const char *const message_ids[EVENT_KIND_COUNT] = {
    [EVENT_CALL_ENTER] = "bfcb9d33593c4272b9ed9449f6444687",
    [EVENT_CALL_EXIT] = "f5f50a262d65452ea6a46dd96544d41d",
    [EVENT_PACKET_SENT] = "b7a18d86b254417a81b5017d8886d124",
    [EVENT_PACKET_DELIVERED] = "7cdf2db11c524f7ba1fc45ba88ab273c",
    [EVENT_PACKET_DROPPED] = "0b737ba170c84e369207118324ab1805",
    [EVENT_PACKET_HELD] = "8814af8958564df482d9db92584ff16c",
    [EVENT_STATE] = "c15c5c94b3f0454ea7f8320482a2f005",
    [EVENT_QUEUE] = "333fa8dcf02447a7a63b16ad658898c4",
    [EVENT_TIMER] = "db4664a236344bc0a968901a2e30398c",
    [EVENT_PROCESS] = "cfcedf973ebe411591f6e2867370ca4e",
    [EVENT_OUTPUT] = "fb7332381523426c95d64e2a765ff09b",
    [EVENT_GAP] = "110575c60630467a95d67572e50394d7",
    [EVENT_MARK] = "0c10e00e1d184d92a21da0ce68fbd4ab",
    [EVENT_CAPTION] = "ab624c5b439f48f6920026f3c1e783c1",
    [EVENT_QUESTION] = "fbf7194c683d4f7b880cca331ae9366a",
    [EVENT_VOTE] = "69548d99368b4e04ad3daf6e0746b21b",
};

enum { PRIORITY_WARNING = 4, PRIORITY_INFO = 6 };

static bool is_one_line(const char *value, size_t count)
{
    const uint8_t *at = (const uint8_t *)value, *end = at + count;
    while (at < end) {
        uint32_t character;
        size_t bytes = utf8_character(at, (size_t)(end - at), &character);
        if (bytes == 0 || (*at < 0x20 && *at != '\t'))
            return false;
        at += bytes;
    }
    return true;
}

void journal_add_field(struct buf *out, const char *name, const char *value, size_t bytes)
{
    buf_puts(out, name);
    if (is_one_line(value, bytes)) {
        buf_putc(out, '=');
    } else {
        buf_putc(out, '\n');
        put_le64(out, bytes);
    }
    buf_add(out, value, bytes);
    buf_putc(out, '\n');
}

static void add_text(struct buf *out, const char *name, const char *value)
{
    if (*value != '\0')
        journal_add_field(out, name, value, strlen(value));
}

static void add_number(struct buf *out, const char *name, int64_t value)
{
    buf_printf(out, "%s=%lld\n", name, (long long)value);
}

static bool is_failure(const struct event *event)
{
    switch ((enum event_kind)event->kind) {
    case EVENT_CALL_EXIT: return event->call.error_number != 0;
    case EVENT_PROCESS: return event->process.what == PROCESS_EXIT && event->process.exit_code != 0;
    case EVENT_PACKET_DROPPED:
    case EVENT_GAP: return true;
    case EVENT_CALL_ENTER:
    case EVENT_PACKET_SENT:
    case EVENT_PACKET_DELIVERED:
    case EVENT_PACKET_HELD:
    case EVENT_STATE:
    case EVENT_QUEUE:
    case EVENT_TIMER:
    case EVENT_OUTPUT:
    case EVENT_MARK:
    case EVENT_CAPTION:
    case EVENT_QUESTION:
    case EVENT_VOTE:
    case EVENT_KIND_COUNT: break;
    }
    return false;
}

/* Who speaks, where it is no process. */
static const char *speaker(const struct event *event)
{
    if (event->lane[0] != '\0')
        return event->lane;
    switch ((enum event_kind)event->kind) {
    case EVENT_PACKET_SENT:
    case EVENT_PACKET_DELIVERED:
    case EVENT_PACKET_DROPPED:
    case EVENT_PACKET_HELD: return "wire";
    case EVENT_STATE:
    case EVENT_QUEUE:
    case EVENT_TIMER: return "kernel";
    case EVENT_CALL_ENTER:
    case EVENT_CALL_EXIT:
    case EVENT_PROCESS:
    case EVENT_OUTPUT:
    case EVENT_GAP:
    case EVENT_MARK:
    case EVENT_CAPTION:
    case EVENT_QUESTION:
    case EVENT_VOTE:
    case EVENT_KIND_COUNT: break;
    }
    return "sockstep";
}

static void add_sentence(struct buf *out, const struct event *event, const struct change *changes,
                         size_t count)
{
    struct buf text = {0};
    event_sentence(&text, event, changes, count);
    journal_add_field(out, "MESSAGE", buf_text(&text), text.length);
    buf_release(&text);
}

static void add_call(struct buf *out, const struct event *event)
{
    const struct event_call *call = &event->call;
    add_text(out, "CODE_FILE", call->file);
    if (call->line > 0)
        add_number(out, "CODE_LINE", call->line);
    add_text(out, "CODE_FUNC", call_name((enum call)call->call));
    if (event->kind == EVENT_CALL_EXIT && call->error_number != 0)
        add_number(out, "ERRNO", call->error_number);
}

static bool is_tcp_state(uint8_t state)
{
    return state >= STATE_ESTABLISHED && state <= STATE_CLOSING;
}

/* The first change between states of RFC 9293, under the names that bcc's tcpstates uses. */
static void add_states(struct buf *out, const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_tcp_state(changes[i].new_state))
            continue;
        add_text(out, "OBJECT_TCP_OLD_STATE", state_name((enum state)changes[i].old_state));
        add_text(out, "OBJECT_TCP_NEW_STATE", state_name((enum state)changes[i].new_state));
        return;
    }
}

static void add_entry(struct buf *out, const struct event *event, const struct change *changes,
                      size_t change_count, const char *program)
{
    bool is_call = event->kind == EVENT_CALL_ENTER || event->kind == EVENT_CALL_EXIT;
    add_number(out, "__REALTIME_TIMESTAMP", event->time_ns > 0 ? event->time_ns / 1000 : 0);
    add_sentence(out, event, changes, change_count);
    add_text(out, "SYSLOG_IDENTIFIER", speaker(event));
    if (event->pid != 0)
        add_number(out, "_PID", event->pid);
    add_text(out, "_COMM", program != NULL ? program : "");
    if (is_call)
        add_call(out, event);
    add_number(out, "PRIORITY", is_failure(event) ? PRIORITY_WARNING : PRIORITY_INFO);
    if (event->kind < EVENT_KIND_COUNT)
        add_text(out, "MESSAGE_ID", message_ids[event->kind]);
    add_states(out, changes, change_count);
    struct buf json = {0};
    event_to_json(&json, event, changes, change_count);
    journal_add_field(out, JSON_KEY, buf_text(&json), json.length);
    buf_release(&json);
}

/* Less data, ending between two characters if it was text. */
static bool shorten(struct event *event)
{
    if (event->data_bytes == 0 && event->extra == NULL)
        return false;
    if (event->data_bytes == 0)
        event->extra = NULL;
    event->data_bytes /= 2;
    while (event->data_bytes > 0 && (event->data[event->data_bytes] & 0xc0) == 0x80)
        event->data_bytes--;
    return true;
}

void journal_add_event(struct buf *out, const struct event *event, const struct change *changes,
                       size_t change_count, const char *program)
{
    struct event shown = *event; /* borrows; only made shorter */
    size_t start = out->length;
    do {
        if (out->length != start) {
            out->length = start;
            out->text[start] = '\0';
        }
        add_entry(out, &shown, changes, change_count, program);
    } while (out->length - start > READERS_MAX_BYTES - 64 && shorten(&shown));
}

static uint64_t read_le64(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

/* One field: where its name ends, where its value lies. Returns what is left behind it, or NULL when damaged.
 */
static const uint8_t *field_read(const uint8_t *at, const uint8_t *end, size_t *ret_name_bytes,
                                 const char **ret_value, size_t *ret_bytes)
{
    const uint8_t *line_end = memchr(at, '\n', (size_t)(end - at));
    if (line_end == NULL)
        return NULL;
    const uint8_t *equals = memchr(at, '=', (size_t)(line_end - at));
    const uint8_t *value = equals != NULL ? equals + 1 : line_end + 1 + 8;
    if (equals == NULL) {
        if (end - line_end < 1 + 8)
            return NULL;
        uint64_t bytes = read_le64(line_end + 1);
        if (bytes >= (uint64_t)(end - value) || value[bytes] != '\n')
            return NULL;
        equals = line_end;
        line_end = value + bytes;
    }
    *ret_name_bytes = (size_t)(equals - at);
    *ret_value = (const char *)value;
    *ret_bytes = (size_t)(line_end - value);
    return line_end + 1;
}

int journal_find(const uint8_t *entry, size_t count, const char *name, const char **ret_value,
                 size_t *ret_bytes)
{
    const uint8_t *at = entry, *end = entry + count;
    while (at != NULL && at < end) {
        const uint8_t *start = at;
        size_t name_bytes, bytes;
        const char *value;
        if (*at == '\n' || *at == '\0') {
            at++;
            continue;
        }
        at = field_read(at, end, &name_bytes, &value, &bytes);
        if (at != NULL && name_bytes == strlen(name) && memcmp(start, name, name_bytes) == 0) {
            *ret_value = value;
            *ret_bytes = bytes;
            return 0;
        }
    }
    return -ENOENT;
}

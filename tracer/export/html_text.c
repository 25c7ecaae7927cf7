#include "export/html_text.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define REPLACEMENT 0xfffdu

/* Puts one character that is no control character. */
typedef void put_character(struct buf *out, uint32_t value, const uint8_t *bytes, size_t length);

/* The character at `at`, and how many bytes it takes; a byte that begins none is taken alone. */
static uint32_t next_character(const uint8_t *at, size_t room, size_t *ret_length)
{
    uint32_t value = REPLACEMENT;
    size_t length = utf8_character(at, room, &value);
    *ret_length = length != 0 ? length : 1;
    return value;
}

static bool is_control(uint32_t value)
{
    bool kept = value == '\n' || value == '\t';
    return (value < 0x20 && !kept) || (value >= 0x7f && value < 0xa0) || (value & 0xfffe) == 0xfffe ||
           (value >= 0xfdd0 && value <= 0xfdef);
}

static bool turns_direction(uint32_t value)
{
    return value == 0x061c || value == 0x200e || value == 0x200f || (value >= 0x202a && value <= 0x202e) ||
           (value >= 0x2066 && value <= 0x2069);
}

static void put_all(struct buf *out, const char *text, size_t count, put_character *put)
{
    const uint8_t *bytes = (const uint8_t *)text;
    for (size_t i = 0, length; i < count; i += length) {
        uint32_t value = next_character(bytes + i, count - i, &length);
        if (value == REPLACEMENT || is_control(value))
            buf_puts(out, "\xef\xbf\xbd");
        else if (turns_direction(value))
            buf_printf(out, "[U+%04" PRIX32 "]", value);
        else
            put(out, value, bytes + i, length);
    }
}

static void put_html(struct buf *out, uint32_t value, const uint8_t *bytes, size_t length)
{
    switch (value) {
    case '&': buf_puts(out, "&amp;"); break;
    case '<': buf_puts(out, "&lt;"); break;
    case '>': buf_puts(out, "&gt;"); break;
    case '"': buf_puts(out, "&quot;"); break;
    case '\'': buf_puts(out, "&#39;"); break;
    default: buf_add(out, bytes, length); break;
    }
}

static void put_json(struct buf *out, uint32_t value, const uint8_t *bytes, size_t length)
{
    switch (value) {
    case '"': buf_puts(out, "\\\""); break;
    case '\\': buf_puts(out, "\\\\"); break;
    case '\n': buf_puts(out, "\\n"); break;
    case '\t': buf_puts(out, "\\t"); break;
    case '<': buf_puts(out, "\\u003c"); break;
    case 0x2028: buf_puts(out, "\\u2028"); break;
    case 0x2029: buf_puts(out, "\\u2029"); break;
    default: buf_add(out, bytes, length); break;
    }
}

void html_add(struct buf *out, const char *text, size_t count)
{
    put_all(out, text, count, put_html);
}

void html_puts(struct buf *out, const char *text)
{
    html_add(out, text, strlen(text));
}

void html_json_add(struct buf *out, const char *text, size_t count)
{
    buf_putc(out, '"');
    put_all(out, text, count, put_json);
    buf_putc(out, '"');
}

void html_json_puts(struct buf *out, const char *text)
{
    html_json_add(out, text, strlen(text));
}

void html_json_text(struct buf *out, const char *key, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    buf_printf(out, ",\"%s\":", key);
    html_json_puts(out, text);
}

void html_json_number(struct buf *out, const char *key, int64_t number)
{
    if (number != 0)
        buf_printf(out, ",\"%s\":%" PRId64, key, number);
}

void html_date(struct buf *out, int64_t epoch_ns)
{
    time_t seconds = (time_t)(epoch_ns / NS_PER_S);
    struct tm parts;
    char text[48];
    if (gmtime_r(&seconds, &parts) == NULL || strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts) == 0)
        return;
    buf_puts(out, text);
}

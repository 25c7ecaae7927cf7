#include "export/escape.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/utf8.h"

/* What would not stay in its place: direction marks, line and paragraph ends, characters that are none. */
static bool is_unruly(uint32_t c)
{
    return (c >= 0x80 && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
}

static void put_control(struct buf *out, uint8_t c)
{
    if (c == '\n' || c == '\t' || c == '\r')
        buf_printf(out, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
    else
        buf_printf(out, "\\x%02x", c);
}

void escape_plain(struct buf *out, const char *text, size_t count)
{
    uint32_t c = 0;
    for (size_t i = 0, length; i < count; i += length) {
        length = utf8_character(text + i, count - i, &c);
        if (length == 0 || (length == 1 && (c < 0x20 || c == 0x7f)))
            put_control(out, (uint8_t)text[i]);
        else if (is_unruly(c))
            buf_printf(out, "\\u%04x", (unsigned)c);
        else
            buf_add(out, text + i, length);
        length += length == 0;
    }
}

static void put_each(struct buf *out, const char *text, void (*put)(struct buf *out, char c))
{
    struct buf plain = {0};
    escape_plain(&plain, text, strlen(text));
    for (const char *c = buf_text(&plain); *c != '\0'; c++)
        put(out, *c);
    buf_release(&plain);
}

static void put_xml(struct buf *out, char c)
{
    switch (c) {
    case '<': buf_puts(out, "&lt;"); break;
    case '>': buf_puts(out, "&gt;"); break;
    case '&': buf_puts(out, "&amp;"); break;
    case '"': buf_puts(out, "&quot;"); break;
    case '\'': buf_puts(out, "&#39;"); break;
    default: buf_putc(out, c);
    }
}

void escape_xml(struct buf *out, const char *text)
{
    put_each(out, text, put_xml);
}

static void put_json(struct buf *out, char c)
{
    if (c == '"' || c == '\\')
        buf_putc(out, '\\');
    if (c == '<' || c == '>')
        buf_puts(out, c == '<' ? "\\u003c" : "\\u003e");
    else
        buf_putc(out, c);
}

void escape_json(struct buf *out, const char *text)
{
    buf_putc(out, '"');
    put_each(out, text, put_json);
    buf_putc(out, '"');
}

static void put_csv(struct buf *out, char c)
{
    if (c == '"')
        buf_putc(out, '"');
    buf_putc(out, c);
}

void escape_csv(struct buf *out, const char *text)
{
    bool formula = *text != '\0' && strchr("=+-@\t\r", *text) != NULL;
    bool quoted = strpbrk(text, ",\"\r\n") != NULL || *text == ' ';
    if (quoted)
        buf_putc(out, '"');
    if (formula)
        buf_putc(out, '\'');
    put_each(out, text, put_csv);
    if (quoted)
        buf_putc(out, '"');
}

static void put_mermaid(struct buf *out, char c)
{
    if (strchr(";#<>{}&%\\`", c) != NULL)
        buf_printf(out, "#%d;", c);
    else
        buf_putc(out, c);
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* "end" alone closes a block in Mermaid's grammar; with its first letter as an entity it is only a word. */
static bool is_bare_end(const char *start, const char *c)
{
    return strncasecmp(c, "end", 3) == 0 && !is_word(c[3]) && (c == start || !is_word(c[-1]));
}

/* "wrap:" and "nowrap:" in front of a text are orders. */
static bool is_order(const char *start, const char *c)
{
    size_t length = (size_t)(c - start);
    return *c == ':' && length >= 4 && length <= 6 && strncasecmp(c - 4, "wrap", 4) == 0;
}

void escape_mermaid(struct buf *out, const char *text)
{
    struct buf plain = {0};
    escape_plain(&plain, text, strlen(text));
    const char *start = buf_text(&plain);
    for (const char *c = start; *c != '\0'; c++) {
        if (is_bare_end(start, c) || is_order(start, c))
            buf_printf(out, "#%d;", *c);
        else
            put_mermaid(out, *c);
    }
    buf_release(&plain);
}

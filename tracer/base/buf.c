#include "base/buf.h"
#include "base/array.h"
#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void buf_room(struct buf *buf, size_t more)
{
    buf->text = array_room(buf->text, &buf->room, buf->length + more + 1, 1);
}

void buf_add(struct buf *buf, const void *bytes, size_t count)
{
    buf_room(buf, count);
    if (count != 0)
        memcpy(buf->text + buf->length, bytes, count);
    buf->length += count;
    buf->text[buf->length] = '\0';
}

void buf_puts(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_putc(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

void buf_vprintf(struct buf *buf, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length <= 0)
        return;
    buf_room(buf, (size_t)length);
    vsnprintf(buf->text + buf->length, (size_t)length + 1, format, arguments);
    buf->length += (size_t)length;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(buf, format, arguments);
    va_end(arguments);
}

void buf_spaces(struct buf *buf, int count)
{
    for (int i = 0; i < count; i++)
        buf_putc(buf, ' ');
}

const char *buf_text(const struct buf *buf)
{
    return buf->text != NULL ? buf->text : "";
}

void buf_clear(struct buf *buf)
{
    buf->length = 0;
    if (buf->text != NULL)
        buf->text[0] = '\0';
}

char *buf_detach(struct buf *buf)
{
    char *text = buf->text != NULL ? buf->text : xstrdup("");
    *buf = (struct buf){0};
    return text;
}

void buf_release(struct buf *buf)
{
    free(buf->text);
    *buf = (struct buf){0};
}

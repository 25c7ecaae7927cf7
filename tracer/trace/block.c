#include "trace/block.h"

#include <string.h>

void put_le16(struct buf *out, uint16_t value)
{
    buf_add(out, (uint8_t[]){(uint8_t)value, (uint8_t)(value >> 8)}, 2);
}

void put_le32(struct buf *out, uint32_t value)
{
    put_le16(out, (uint16_t)value);
    put_le16(out, (uint16_t)(value >> 16));
}

void put_le64(struct buf *out, uint64_t value)
{
    put_le32(out, (uint32_t)value);
    put_le32(out, (uint32_t)(value >> 32));
}

void put_padded(struct buf *out, const void *bytes, size_t count)
{
    static const uint8_t zeroes[4];
    buf_add(out, bytes, count);
    buf_add(out, zeroes, (4 - count % 4) % 4);
}

void put_option(struct buf *out, uint16_t code, const void *bytes, size_t count)
{
    if (count > UINT16_MAX)
        count = UINT16_MAX;
    put_le16(out, code);
    put_le16(out, (uint16_t)count);
    put_padded(out, bytes, count);
}

void put_option_text(struct buf *out, uint16_t code, const char *text)
{
    if (*text != '\0')
        put_option(out, code, text, strlen(text));
}

void put_option_custom(struct buf *out, uint16_t code, const char *key, const char *text, size_t count)
{
    struct buf value = {0};
    put_le32(&value, ENTERPRISE_NUMBER);
    buf_printf(&value, "%s=", key);
    buf_add(&value, text, count);
    put_option(out, code, value.text, value.length);
    buf_release(&value);
}

void put_options_end(struct buf *out)
{
    put_le32(out, OPTION_END);
}

size_t block_begin(struct buf *out, uint32_t type)
{
    size_t start = out->length;
    put_le32(out, type);
    put_le32(out, 0);
    return start;
}

void block_end(struct buf *out, size_t start)
{
    uint32_t length = (uint32_t)(out->length - start + 4);
    put_le32(out, length);
    memcpy(out->text + start + 4, out->text + out->length - 4, 4);
}

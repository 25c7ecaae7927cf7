/* One writer and one reader for each type of member. */
#include "event/json_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "event/event.h"

#define KEY_MAX 48

void json_put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        abort();
}

json_t *json_take(json_t *object, const char *key)
{
    json_t *value = json_incref(json_object_get(object, key));
    json_object_del(object, key);
    return value;
}

static const char *hex_key(const char *key, char room[KEY_MAX])
{
    snprintf(room, KEY_MAX, "%s_hex", key);
    return room;
}

void json_put_hex(json_t *object, const char *key, const uint8_t *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    char *text = xmalloc(2 * count + 1);
    for (size_t i = 0; i < count; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    json_put(object, key, json_stringn(text, 2 * count));
    free(text);
}

static bool is_printable(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool control = bytes[i] < 0x20 && bytes[i] != '\n' && bytes[i] != '\r' && bytes[i] != '\t';
        bool control1 = bytes[i] == 0xc2 && i + 1 < count && bytes[i + 1] < 0xa0;
        if (control || control1 || bytes[i] == 0x7f)
            return false;
    }
    return true;
}

void json_put_bytes(json_t *object, const char *key, const uint8_t *bytes, size_t count)
{
    char room[KEY_MAX];
    json_t *string = NULL;
    if (is_printable(bytes, count))
        string = json_stringn(count > 0 ? (const char *)bytes : "", count); /* NULL when it is not UTF-8 */
    if (string != NULL)
        json_put(object, key, string);
    else
        json_put_hex(object, hex_key(key, room), bytes, count);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int bytes_from_hex(const json_t *value, uint8_t **ret_bytes, size_t *ret_count)
{
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    if (text == NULL || length % 2 != 0)
        return -EINVAL;
    uint8_t *bytes = length > 0 ? xmalloc(length / 2) : NULL;
    for (size_t i = 0; i < length; i += 2) {
        int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) {
            free(bytes);
            return -EINVAL;
        }
        bytes[i / 2] = (uint8_t)(high << 4 | low);
    }
    *ret_bytes = bytes;
    *ret_count = length / 2;
    return 0;
}

static int bytes_from_string(const json_t *value, uint8_t **ret_bytes, size_t *ret_count)
{
    if (!json_is_string(value))
        return -EINVAL;
    *ret_count = json_string_length(value);
    *ret_bytes = xmemdup(json_string_value(value), *ret_count);
    return 0;
}

int json_take_bytes(json_t *object, const char *key, uint8_t **ret_bytes, size_t *ret_count, struct err *err)
{
    char room[KEY_MAX];
    json_t *plain = json_take(object, key);
    json_t *hex = json_take(object, hex_key(key, room));
    int r = 0;
    if (plain != NULL)
        r = bytes_from_string(plain, ret_bytes, ret_count) == 0
                ? 1
                : err_set(err, EINVAL, "%s: not a string", key);
    else if (hex != NULL)
        r = bytes_from_hex(hex, ret_bytes, ret_count) == 0
                ? 1
                : err_set(err, EINVAL, "%s: not hexadecimal", room);
    json_decref(plain);
    json_decref(hex);
    return r;
}

/* Integers. */

static uint64_t load_unsigned(const void *at, size_t size)
{
    switch (size) {
    case 1: return *(const uint8_t *)at;
    case 2: return *(const uint16_t *)at;
    case 4: return *(const uint32_t *)at;
    }
    return *(const uint64_t *)at;
}

static int64_t load_signed(const void *at, size_t size)
{
    return size == sizeof(int64_t) ? *(const int64_t *)at : *(const int32_t *)at;
}

static void store(void *at, size_t size, uint64_t value)
{
    switch (size) {
    case 1: *(uint8_t *)at = (uint8_t)value; break;
    case 2: *(uint16_t *)at = (uint16_t)value; break;
    case 4: *(uint32_t *)at = (uint32_t)value; break;
    case 8: *(uint64_t *)at = value; break;
    }
}

static json_t *write_unsigned(const void *at, size_t size)
{
    uint64_t value = load_unsigned(at, size);
    if (value <= INT64_MAX)
        return json_integer((json_int_t)value);
    return json_sprintf("%" PRIu64, value);
}

static json_t *write_signed(const void *at, size_t size)
{
    return json_integer(load_signed(at, size));
}

static json_t *write_hex(const void *at, size_t size)
{
    return json_sprintf("0x%" PRIx64, load_unsigned(at, size));
}

static int unsigned_from_string(const char *text, uint64_t *ret_value)
{
    if (text[0] < '0' || text[0] > '9') /* strtoull() would take a sign and spaces */
        return -EINVAL;
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, text[1] == 'x' ? 16 : 10);
    if (errno != 0 || *end != '\0')
        return -EINVAL;
    *ret_value = value;
    return 0;
}

static int read_unsigned(const json_t *value, void *to, size_t size)
{
    uint64_t number;
    if (json_is_string(value)) {
        if (unsigned_from_string(json_string_value(value), &number) != 0)
            return -EINVAL;
    } else if (json_is_integer(value) && json_integer_value(value) >= 0) {
        number = (uint64_t)json_integer_value(value);
    } else {
        return -EINVAL;
    }
    if (size < sizeof number && number >> (8 * size) != 0)
        return -EINVAL;
    store(to, size, number);
    return 0;
}

static int read_signed(const json_t *value, void *to, size_t size)
{
    if (!json_is_integer(value))
        return -EINVAL;
    int64_t number = json_integer_value(value);
    if (size < sizeof number && (number < INT32_MIN || number > INT32_MAX))
        return -EINVAL;
    store(to, size, (uint64_t)number);
    return 0;
}

static json_t *write_boolean(const void *at, size_t size)
{
    return json_boolean(load_unsigned(at, size) != 0);
}

static int read_boolean(const json_t *value, void *to, size_t size)
{
    if (!json_is_boolean(value))
        return -EINVAL;
    store(to, size, json_is_true(value));
    return 0;
}

/* Words. */

static json_t *write_address(const void *at, size_t size)
{
    (void)size;
    char text[ADDRESS_TEXT_MAX];
    return json_string(address_text(at, text));
}

static int read_address(const json_t *value, void *to, size_t size)
{
    (void)size;
    const char *text = json_string_value(value);
    return text != NULL ? address_parse(text, to) : -EINVAL;
}

static const char *const process_words[] = {
    [PROCESS_START] = "start",
    [PROCESS_FORK] = "fork",
    [PROCESS_EXEC] = "exec",
    [PROCESS_EXIT] = "exit",
};

static const char *const timer_words[] = {"none", "retransmit", "keepalive", "time-wait",
                                          "zero-window-probe"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static json_t *write_word(const char *const *words, size_t count, uint8_t index)
{
    return index < count ? json_string(words[index]) : json_integer(index);
}

static int read_word(const char *const *words, size_t count, const json_t *value, uint8_t *to)
{
    const char *text = json_string_value(value);
    for (size_t i = 0; text != NULL && i < count; i++) {
        if (strcmp(words[i], text) == 0) {
            *to = (uint8_t)i;
            return 0;
        }
    }
    return -EINVAL;
}

#define BYTE(at) (*(const uint8_t *)(at))

#define ENUM_TYPE(name, enumeration)                                                                         \
    static json_t *write_##name(const void *at, size_t size)                                                 \
    {                                                                                                        \
        (void)size;                                                                                          \
        return json_string(name##_name((enum enumeration)BYTE(at)));                                         \
    }                                                                                                        \
    static int read_##name(const json_t *value, void *to, size_t size)                                       \
    {                                                                                                        \
        enum enumeration parsed;                                                                             \
        const char *text = json_string_value(value);                                                         \
        (void)size;                                                                                          \
        if (text == NULL || name##_parse(text, &parsed) != 0)                                                \
            return -EINVAL;                                                                                  \
        *(uint8_t *)to = (uint8_t)parsed;                                                                    \
        return 0;                                                                                            \
    }

ENUM_TYPE(state, state)
ENUM_TYPE(witness, witness)
ENUM_TYPE(rule, rule)
ENUM_TYPE(call, call)

static json_t *write_blocked(const void *at, size_t size)
{
    uint8_t call = (uint8_t)(BYTE(at) - 1);
    return write_call(&call, size);
}

static int read_blocked(const json_t *value, void *to, size_t size)
{
    uint8_t call = 0;
    int r = read_call(value, &call, size);
    if (r == 0)
        *(uint8_t *)to = (uint8_t)(call + 1);
    return r;
}

static json_t *write_protocol(const void *at, size_t size)
{
    (void)size;
    char text[PROTOCOL_TEXT_MAX];
    return json_string(protocol_text(BYTE(at), text));
}

static int read_protocol(const json_t *value, void *to, size_t size)
{
    (void)size;
    const char *text = json_string_value(value);
    return text != NULL ? protocol_parse(text, to) : -EINVAL;
}

static json_t *write_flags(const void *at, size_t size)
{
    (void)size;
    char text[TCP_FLAGS_TEXT_MAX];
    return json_string(tcp_flags_text(BYTE(at), text));
}

static int read_flags(const json_t *value, void *to, size_t size)
{
    (void)size;
    const char *text = json_string_value(value);
    return text != NULL ? tcp_flags_parse(text, to) : -EINVAL;
}

static json_t *write_process(const void *at, size_t size)
{
    (void)size;
    return write_word(process_words, COUNT(process_words), BYTE(at));
}

static int read_process(const json_t *value, void *to, size_t size)
{
    (void)size;
    return read_word(process_words, COUNT(process_words), value, to);
}

static json_t *write_timer(const void *at, size_t size)
{
    (void)size;
    return write_word(timer_words, COUNT(timer_words), BYTE(at));
}

static int read_timer(const json_t *value, void *to, size_t size)
{
    if (json_is_integer(value)) /* a timer that has no word yet */
        return read_unsigned(value, to, size);
    return read_word(timer_words, COUNT(timer_words), value, to);
}

static json_t *write_errno(const void *at, size_t size)
{
    return json_string(errno_name((int)load_signed(at, size)));
}

static int read_errno(const json_t *value, void *to, size_t size)
{
    const char *text = json_string_value(value);
    int number;
    if (text == NULL || errno_parse(text, &number) != 0)
        return -EINVAL;
    store(to, size, (uint64_t)number);
    return 0;
}

/* Indexed by enum json_type. `size` is that of the member; the functions ignore it where the type fixes it.
 */
static const struct type {
    json_t *(*write)(const void *at, size_t size);
    int (*read)(const json_t *value, void *to, size_t size);
    const char *wants;
} types[JSON_TYPE_COUNT] = {
    [JSON_U8] = {write_unsigned, read_unsigned, "a number from 0 to 255"},
    [JSON_U16] = {write_unsigned, read_unsigned, "a number from 0 to 65535"},
    [JSON_U32] = {write_unsigned, read_unsigned, "a number of 32 bits"},
    [JSON_U64] = {write_unsigned, read_unsigned, "a number of 64 bits"},
    [JSON_I32] = {write_signed, read_signed, "a number of 32 bits with a sign"},
    [JSON_I64] = {write_signed, read_signed, "a number of 64 bits with a sign"},
    [JSON_INT] = {write_signed, read_signed, "a number"},
    [JSON_BOOLEAN] = {write_boolean, read_boolean, "true or false"},
    [JSON_HEX64] = {write_hex, read_unsigned, "a string such as \"0x1f\""},
    [JSON_FD] = {write_signed, read_signed, "a descriptor"},
    [JSON_TEXT] = {NULL, NULL, "text"},
    [JSON_ADDRESS] = {write_address, read_address, "an address such as \"192.0.2.1:42002\""},
    [JSON_STATE] = {write_state, read_state, "a state"},
    [JSON_WITNESS] = {write_witness, read_witness, "a witness"},
    [JSON_RULE] = {write_rule, read_rule, "a rule"},
    [JSON_CALL] = {write_call, read_call, "a call"},
    [JSON_BLOCKED] = {write_blocked, read_blocked, "a call"},
    [JSON_PROTOCOL] = {write_protocol, read_protocol, "a protocol"},
    [JSON_PROCESS] = {write_process, read_process, "start, fork, exec or exit"},
    [JSON_FLAGS] = {write_flags, read_flags, "TCP flags"},
    [JSON_TIMER] = {write_timer, read_timer, "a timer"},
    [JSON_ERRNO] = {write_errno, read_errno, "the name of an error"},
};

static bool is_empty(const struct json_field *field, const void *at)
{
    if (field->type == JSON_FD)
        return load_signed(at, field->size) == -1;
    if (field->type == JSON_ADDRESS)
        return ((const struct address *)at)->family == ADDRESS_NONE;
    if (field->type == JSON_TEXT)
        return BYTE(at) == '\0';
    return load_unsigned(at, field->size) == 0;
}

void json_write_fields(json_t *object, const struct json_field *fields, const void *base)
{
    for (const struct json_field *field = fields; field->key != NULL; field++) {
        const void *at = (const char *)base + field->offset;
        if (!field->always && is_empty(field, at))
            continue;
        if (field->type == JSON_TEXT)
            json_put_bytes(object, field->key, at, strnlen(at, field->size));
        else
            json_put(object, field->key, types[field->type].write(at, field->size));
    }
}

static int take_text(json_t *object, const struct json_field *field, char *to, struct err *err)
{
    uint8_t *bytes;
    size_t count;
    int r = json_take_bytes(object, field->key, &bytes, &count, err);
    if (r <= 0)
        return r;
    if (count >= field->size || (count > 0 && memchr(bytes, '\0', count) != NULL)) {
        free(bytes);
        return err_set(err, EINVAL, "%s: not text of at most %d bytes", field->key, field->size - 1);
    }
    if (count > 0)
        memcpy(to, bytes, count);
    memset(to + count, 0, field->size - count);
    free(bytes);
    return 0;
}

int json_take_fields(json_t *object, const struct json_field *fields, void *base, struct err *err)
{
    for (const struct json_field *field = fields; field->key != NULL; field++) {
        char *at = (char *)base + field->offset;
        if (field->type == JSON_FD)
            store(at, field->size, (uint64_t)-1);
        if (field->type == JSON_TEXT) {
            int r = take_text(object, field, at, err);
            if (r < 0)
                return r;
            continue;
        }
        json_t *value = json_take(object, field->key);
        int r = value != NULL ? types[field->type].read(value, at, field->size) : 0;
        json_decref(value);
        if (r < 0)
            return err_set(err, EINVAL, "%s: not %s", field->key, types[field->type].wants);
    }
    return 0;
}

/*
 * The members of a JSON object as rows of a table: key, type, place in a struct. Writing and reading walk the
 * same rows, so that neither can know a member that the other does not. Private to tracer/event/json*.c.
 *
 * A member whose value is the type's empty one (0, "", no address) is not written, unless `always`; one that
 * is absent reads as the empty value. Reading takes members out of the object: what is left in the end is
 * unknown.
 */
#ifndef SOCKSTEP_EVENT_JSON_VALUE_H
#define SOCKSTEP_EVENT_JSON_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum json_type {
    JSON_U8,
    JSON_U16,
    JSON_U32,
    JSON_U64, /* above INT64_MAX as a decimal string */
    JSON_I32,
    JSON_I64,
    JSON_INT,
    JSON_BOOLEAN,
    JSON_HEX64,   /* "0x1f" */
    JSON_FD,      /* int32_t; absent: -1 */
    JSON_TEXT,    /* char[]; when not UTF-8 as hexadecimal under key_hex */
    JSON_ADDRESS, /* struct address, "192.0.2.1:42002" */
    JSON_STATE,   /* uint8_t, the others below too: by name */
    JSON_WITNESS,
    JSON_RULE,
    JSON_CALL,
    JSON_BLOCKED, /* 1 + enum call; absent: none */
    JSON_PROTOCOL,
    JSON_PROCESS,
    JSON_FLAGS, /* "SYN,ACK" */
    JSON_TIMER, /* idiag_timer */
    JSON_ERRNO, /* int32_t, "ECONNREFUSED" */
    JSON_TYPE_COUNT
};

struct json_field {
    const char *key; /* NULL ends a table */
    uint8_t type;    /* enum json_type */
    bool always;
    uint16_t offset, size;
};

#define JSON_FIELD(key, type, of, member)                                                                    \
    {                                                                                                        \
        key, type, false, (uint16_t)offsetof(of, member), (uint16_t)sizeof(((of *)0)->member)                \
    }
#define JSON_FIELD_ALWAYS(key, type, of, member)                                                             \
    {                                                                                                        \
        key, type, true, (uint16_t)offsetof(of, member), (uint16_t)sizeof(((of *)0)->member)                 \
    }

void json_write_fields(json_t *object, const struct json_field *fields, const void *base);

/* Returns 0, or -EINVAL with "key: what is wrong" in err. */
int json_take_fields(json_t *object, const struct json_field *fields, void *base, struct err *err);

/* Sets a member; the value is taken over. */
void json_put(json_t *object, const char *key, json_t *value);

/* The member taken out of the object (the caller gives it back with json_decref()), or NULL. */
json_t *json_take(json_t *object, const char *key);

/* Bytes as a string when they are printable UTF-8 (tab and line ends included), else as hexadecimal under
 * key_hex. */
void json_put_bytes(json_t *object, const char *key, const uint8_t *bytes, size_t count);
void json_put_hex(json_t *object, const char *key, const uint8_t *bytes, size_t count);

/* The inverse. Returns 1 with *ret_bytes (malloc'd, NULL when empty) and *ret_count; 0 when there is neither
 * member; or -EINVAL. */
int json_take_bytes(json_t *object, const char *key, uint8_t **ret_bytes, size_t *ret_count, struct err *err);

#endif

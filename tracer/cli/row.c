#include "cli/row.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"

void rows_open(struct rows *rows, int fd)
{
    char *text = xmalloc(ROWS_BYTES);
    *rows = (struct rows){.text = text, .end = text, .fd = fd};
}

void rows_flush(struct rows *rows)
{
    const char *at = rows->text;
    while (at < rows->end && rows->failed == 0) {
        ssize_t written = write(rows->fd, at, (size_t)(rows->end - at));
        if (written >= 0)
            at += written;
        else if (errno != EINTR)
            rows->failed = errno;
    }
    rows->end = rows->text;
}

int rows_close(struct rows *rows)
{
    rows_flush(rows);
    free(rows->text);
    rows->text = rows->end = NULL;
    return -rows->failed;
}

static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                            "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

void row_big_number(struct rows *rows, uint64_t number)
{
    char digits[20];
    char *at = digits + sizeof digits;
    while (number >= 100) {
        at -= 2;
        memcpy(at, &pairs[number % 100 * 2], 2);
        number /= 100;
    }
    if (number >= 10) {
        at -= 2;
        memcpy(at, &pairs[number * 2], 2);
    } else {
        *--at = (char)('0' + number);
    }
    row_bytes(rows, at, (size_t)(digits + sizeof digits - at));
}

void row_signed(struct rows *rows, int64_t number)
{
    if (number < 0)
        row_char(rows, '-');
    row_number(rows, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

void row_address(struct rows *rows, const struct address *address)
{
    if (address->family != ADDRESS_IPV4) {
        char text[ADDRESS_TEXT_MAX];
        row_text(rows, address_text(address, text));
        return;
    }
    for (int i = 0; i < 4; i++) {
        row_number(rows, address->ip[i]);
        row_char(rows, i < 3 ? '.' : ':');
    }
    row_number(rows, address->port);
}

void row_json_text(struct rows *rows, const char *text)
{
    row_char(rows, '"');
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            row_char(rows, '\\');
            row_char(rows, (char)*c);
        } else if (*c < 0x20) {
            rows->end += sprintf(rows->end, "\\u%04x", *c);
        } else {
            row_char(rows, (char)*c);
        }
    }
    row_char(rows, '"');
}

void row_csv_text(struct rows *rows, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        row_text(rows, text);
        return;
    }
    row_char(rows, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            row_char(rows, '"');
        row_char(rows, *text);
    }
    row_char(rows, '"');
}

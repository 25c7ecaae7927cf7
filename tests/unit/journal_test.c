/* Fields of journal entries, in the text form and in the binary form. */
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "trace/journal.h"

static int find(const void *entry, size_t count, const char *name, const char **value, size_t *bytes)
{
    return journal_find(entry, count, name, value, bytes);
}

static void fields_come_back(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        size_t bytes;
        bool one_line;
    } rows[] = {
        {"plain", 5, true},        {"", 0, true},
        {"a=b\tc", 5, true},       {"gr\xc3\xbc\xc3\x9f", 6, true},
        {"a\nb", 3, false},        {"a\0b", 3, false},
        {"\xff", 1, false},        {"\xc3", 1, false},
        {"\n\nX=1\n", 6, false},   {"\xed\xa0\x80", 3, false},
        {"\xe2\x82\xac", 3, true}, {"\xf4\x90\x80\x80", 4, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf entry = {0};
        const char *value;
        size_t bytes;
        journal_add_field(&entry, "FIRST", rows[i].value, rows[i].bytes);
        journal_add_field(&entry, "SECOND", "2", 1);
        assert_int_equal(entry.text[5] == '=', rows[i].one_line);
        buf_add(&entry, "\0\0\0", 3);
        assert_int_equal(find(entry.text, entry.length, "FIRST", &value, &bytes), 0);
        assert_int_equal(bytes, rows[i].bytes);
        assert_memory_equal(value, rows[i].value, bytes);
        assert_int_equal(find(entry.text, entry.length, "SECOND", &value, &bytes), 0);
        assert_int_equal(bytes, 1);
        assert_int_equal(find(entry.text, entry.length, "THIRD", &value, &bytes), -ENOENT);
        assert_int_equal(find(entry.text, entry.length, "X", &value, &bytes), -ENOENT);
        buf_release(&entry);
    }
}

static void damaged_entries_end_there(void **state)
{
    (void)state;
    static const struct {
        const char *entry;
        size_t count;
    } rows[] = {
        {"", 0},
        {"X", 1},
        {"X=1", 3},
        {"BINARY\n", 7},
        {"BINARY\n\1\0\0\0\0\0\0", 14},
        {"BINARY\n\1\0\0\0\0\0\0\0aX=1\n", 20},
        {"BINARY\n\xff\0\0\0\0\0\0\0a\nX=1\n", 21},
        {"BINARY\n\xff\xff\xff\xff\xff\xff\xff\xff"
         "a\nX=1\n",
         21},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *entry = xmemdup(rows[i].entry, rows[i].count); /* of exactly that size, for the sanitizer */
        const char *value;
        size_t bytes;
        assert_int_equal(find(entry, rows[i].count, "X", &value, &bytes), -ENOENT);
        free(entry);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_come_back),
        cmocka_unit_test(damaged_entries_end_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

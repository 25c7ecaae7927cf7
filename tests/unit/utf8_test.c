/* Every character there is, and everything that is none. */
#include "tests/support/cmocka_all.h"

#include "base/utf8.h"

#include <string.h>

static size_t encode(uint32_t c, uint8_t bytes[4])
{
    if (c < 0x80)
        return bytes[0] = (uint8_t)c, 1;
    if (c < 0x800)
        return bytes[0] = (uint8_t)(0xc0 | c >> 6), bytes[1] = (uint8_t)(0x80 | (c & 0x3f)), 2;
    bytes[0] = (uint8_t)(c < 0x10000 ? 0xe0 | c >> 12 : 0xf0 | c >> 18);
    size_t length = c < 0x10000 ? 3 : 4;
    for (size_t i = 1; i < length; i++)
        bytes[i] = (uint8_t)(0x80 | (c >> (6 * (length - 1 - i)) & 0x3f));
    return length;
}

static void every_character_comes_back(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x120000; c++) {
        uint8_t bytes[4];
        uint32_t got = 0xffffffff;
        size_t length = encode(c, bytes);
        int is_one = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
        assert_int_equal(utf8_character(bytes, length, &got), is_one ? length : 0);
        assert_int_equal(got, is_one ? c : 0xffffffff);
        if (length > 1)
            assert_int_equal(utf8_character(bytes, length - 1, &got), 0);
    }
}

static void what_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const none[] = {
        "\x80", "\xbf",  "\xc0\x80",  "\xc1\xbf",     "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf5\x80\x80\x80",
        "\xff", "\xc3(", "\xe2\x82(", "\xf0\x9f\x92("};
    uint32_t got = 7;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_int_equal(utf8_character(none[i], strlen(none[i]), &got), 0);
    assert_int_equal(got, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_comes_back),
        cmocka_unit_test(what_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

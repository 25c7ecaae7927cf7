/* Themes: names, NO_COLOR, and that every role can be read. */
#include "tests/support/cmocka_all.h"

#include <errno.h>

#include "tui/theme.h"

/* By Newton's method: the mathematics library is not worth a line in the Makefile. */
static double fifth_root(double x)
{
    double root = 1;

    for (int i = 0; i < 60; i++)
        root = (4 * root + x / (root * root * root * root)) / 5;
    return root;
}

static double channel(int value)
{
    double c = value / 255.0, x = (c + 0.055) / 1.055;

    return c <= 0.03928 ? c / 12.92 : x * x * fifth_root(x * x);
}

/* Relative luminance (WCAG 2.1) of a colour of the xterm 256 palette: 16..231 a cube, 232..255 greys. */
static double luminance(int colour)
{
    static const int steps[] = {0, 95, 135, 175, 215, 255};
    int r, g, b;

    assert_in_range(colour, 16, 255);
    if (colour >= 232) {
        r = g = b = 8 + 10 * (colour - 232);
    } else {
        r = steps[(colour - 16) / 36];
        g = steps[(colour - 16) / 6 % 6];
        b = steps[(colour - 16) % 6];
    }
    return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
}

static double contrast(int a, int b)
{
    double light = luminance(a), dark = luminance(b);

    return light > dark ? (light + 0.05) / (dark + 0.05) : (dark + 0.05) / (light + 0.05);
}

static void test_every_role_can_be_read(void **state)
{
    static const enum theme themes[] = {THEME_DARK, THEME_LIGHT, THEME_HIGH_CONTRAST};

    (void)state;
    for (size_t t = 0; t < sizeof themes / sizeof *themes; t++) {
        for (int role = 0; role < ROLE_COUNT; role++) {
            struct look look = theme_look(themes[t], (enum role)role, 256);
            double least = themes[t] == THEME_HIGH_CONTRAST ? 15 : 4.5;

            if (contrast(look.foreground, look.background) < least)
                fail_msg("%s: role %c has only %.1f:1", theme_name(themes[t]), role_letter((uint8_t)role),
                         contrast(look.foreground, look.background));
        }
    }
    /* The figures of the design, on black and on white. */
    assert_true(contrast(74, 16) > 8.5 && contrast(214, 16) > 11.3 && contrast(36, 16) > 7.4);
    assert_true(contrast(25, 231) > 6.3 && contrast(130, 231) > 4.6 && contrast(29, 231) >= 4.5);
}

static void test_few_colours(void **state)
{
    (void)state;
    for (int role = 0; role < ROLE_COUNT; role++) {
        for (int theme = 0; theme < THEME_COUNT; theme++) {
            struct look eight = theme_look((enum theme)theme, (enum role)role, 8);
            struct look none = theme_look((enum theme)theme, (enum role)role, 0);

            assert_in_range(eight.foreground + 1, 0, 8);
            assert_in_range(eight.background + 1, 0, 8);
            if (eight.foreground >= 0)
                assert_int_not_equal(eight.foreground, eight.background);
            assert_int_equal(none.foreground, -1);
            assert_int_equal(none.background, -1);
        }
    }
}

static void test_letters_are_unique(void **state)
{
    (void)state;
    for (int a = 0; a < ROLE_COUNT; a++)
        for (int b = 0; b < a; b++)
            assert_int_not_equal(role_letter((uint8_t)a), role_letter((uint8_t)b));
    assert_int_equal(role_letter(ROLE_COUNT), '?');
}

static void test_choice(void **state)
{
    enum theme theme = THEME_COUNT;

    (void)state;
    assert_int_equal(theme_choose(NULL, NULL, &theme), 0);
    assert_int_equal(theme, THEME_DARK);
    assert_int_equal(theme_choose(NULL, "", &theme), 0);
    assert_int_equal(theme, THEME_DARK);
    assert_int_equal(theme_choose(NULL, "1", &theme), 0);
    assert_int_equal(theme, THEME_MONO);
    assert_int_equal(theme_choose("light", "1", &theme), 0);
    assert_int_equal(theme, THEME_LIGHT);
    assert_int_equal(theme_choose("pink", NULL, &theme), -EINVAL);
    assert_int_equal(theme, THEME_LIGHT);
    for (int i = 0; i < THEME_COUNT; i++) {
        assert_int_equal(theme_parse(theme_name((enum theme)i), &theme), 0);
        assert_int_equal(theme, i);
    }
    assert_int_equal(theme_next(THEME_MONO), THEME_DARK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_role_can_be_read),
        cmocka_unit_test(test_few_colours),
        cmocka_unit_test(test_letters_are_unique),
        cmocka_unit_test(test_choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

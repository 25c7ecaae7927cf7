/* The table of actions: every key has one meaning. */
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "tui/config.h"
#include "tui/frame.h"
#include "tui/keys.h"

static void each_key(void (*visit)(enum action action, uint32_t key, const char *text, int length))
{
    for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
        const char *keys = action_keys((enum action)i);

        assert_true(*keys != 0);
        while (*keys != 0) {
            int length = (int)strcspn(keys, " ");
            uint32_t key = KEY_CODE_NONE;

            if (key_parse(keys, length, &key) < 0)
                fail_msg("%s: no key is called %.*s", action_name((enum action)i), length, keys);
            visit((enum action)i, key, keys, length);
            keys += length;
            keys += strspn(keys, " ");
        }
    }
}

static void find_back(enum action action, uint32_t key, const char *text, int length)
{
    if (action_of_key(key) != action)
        fail_msg("%.*s is bound to %s and to %s", length, text, action_name(action),
                 action_name(action_of_key(key)));
}

static void test_no_key_has_two_meanings(void **state)
{
    (void)state;
    each_key(find_back);
}

static void test_names(void **state)
{
    uint32_t key = 77;

    (void)state;
    assert_int_equal(key_parse("^C", 2, &key), 0);
    assert_int_equal(key, 3);
    assert_int_equal(key_parse("F12", 3, &key), 0);
    assert_int_equal(key, KEY_CODE_F12);
    assert_int_equal(key_parse("PgDnx", 4, &key), 0);
    assert_int_equal(key, KEY_CODE_PAGE_DOWN);
    assert_int_equal(key_parse("PgD", 3, &key), -EINVAL);
    assert_int_equal(key_parse("", 0, &key), -EINVAL);
    assert_int_equal(key_parse(" ", 1, &key), -EINVAL);
    assert_int_equal(key, KEY_CODE_PAGE_DOWN);
    for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++)
        for (int j = ACTION_NONE + 1; j < i; j++)
            assert_string_not_equal(action_name((enum action)i), action_name((enum action)j));
}

/* What a presenter's clicker sends must be safe: Prior, Next, F5 and Escape in turn, and a period. */
static void test_clicker(void **state)
{
    (void)state;
    assert_int_equal(action_of_key(KEY_CODE_PAGE_DOWN), ACTION_NEXT_BEAT);
    assert_int_equal(action_of_key(KEY_CODE_PAGE_UP), ACTION_PREVIOUS_BEAT);
    assert_int_equal(action_of_key(KEY_CODE_F1 + 4), ACTION_PLAY);
    assert_int_equal(action_of_key(KEY_CODE_ESCAPE), ACTION_CLOSE);
    assert_int_equal(action_of_key('.'), ACTION_FREEZE);
    assert_int_equal(action_of_key(KEY_CODE_UNKNOWN), ACTION_NONE);
    assert_int_equal(action_of_key(KEY_CODE_NONE), ACTION_NONE);
}

static void test_footer_fits(void **state)
{
    (void)state;
    for (int columns = 0; columns < 260; columns++) {
        struct buf text = {0};

        keys_footer(&text, columns, ACTION_NONE);
        assert_in_range(text_columns(buf_text(&text)), 0, columns);
        if (columns >= 78) {
            assert_non_null(strstr(buf_text(&text), "PgDn next  PgUp back  Spc play"));
            assert_non_null(strstr(buf_text(&text), "? help  q quit"));
        }
        buf_release(&text);
    }
}

static void test_binding(void **state)
{
    (void)state;
    assert_int_equal(keys_bind(ACTION_NEXT_BEAT, "PgDn +"), 0);
    assert_int_equal(action_of_key('+'), ACTION_NEXT_BEAT);
    assert_int_equal(action_of_key('n'), ACTION_NONE);
    assert_int_equal(keys_bind(ACTION_PREVIOUS_BEAT, "n"), 0);
    assert_int_equal(keys_bind(ACTION_PREVIOUS_BEAT, "q"), -EEXIST);
    assert_int_equal(keys_bind(ACTION_PREVIOUS_BEAT, "nn"), -EINVAL);
    assert_int_equal(keys_bind(ACTION_PREVIOUS_BEAT, ""), -EINVAL);
    assert_int_equal(action_of_key('n'), ACTION_PREVIOUS_BEAT);
    keys_reset();
    assert_int_equal(action_of_key('n'), ACTION_NEXT_BEAT);
}

static void assert_wrong(const char *text, const char *message)
{
    struct config config = {.has_theme = true};
    struct err err;

    assert_int_equal(config_parse(text, &config, &err), -EINVAL);
    assert_string_equal(err.text, message);
    assert_true(config.has_theme);
    assert_int_equal(action_of_key('n'), ACTION_NEXT_BEAT);
}

static void test_config(void **state)
{
    struct config config = {0};
    struct err err;

    (void)state;
    assert_int_equal(config_parse("", &config, &err), 0);
    assert_false(config.has_theme);
    assert_int_equal(config_parse("# mine\n\ntheme: light # for the room\nkeys:\n  next-beat: \"PgDn +\"\n",
                                  &config, &err),
                     0);
    assert_true(config.has_theme);
    assert_int_equal(config.theme, THEME_LIGHT);
    assert_int_equal(action_of_key('+'), ACTION_NEXT_BEAT);
    keys_reset();
    assert_wrong("theme: pink", "1:8: no theme; there are: dark, light, high-contrast, mono");
    assert_wrong("keys:\n  next-beat: +\n  fly: f\n",
                 "3:3: there is no such action; ? on the screen shows what there is");
    assert_wrong("keys:\n  next-beat: q\n", "2:14: one of these keys does something else already");
    assert_wrong("keys:\n  next-beat: bell\n", "2:14: not the names of keys, as in \"PgDn n ^N\"");
    assert_wrong("colour: red\n", "1:1: not known here; there are: theme, keys");
    assert_wrong("nothing\n", "1:1: a name and a colon are missing");
    assert_wrong("  theme: dark\n", "1:3: nothing may be below this");
    assert_wrong("keys: n\n", "1:7: keys stand below, one action a line");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_key_has_two_meanings),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_clicker),
        cmocka_unit_test(test_footer_fits),
        cmocka_unit_test(test_binding),
        cmocka_unit_test(test_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

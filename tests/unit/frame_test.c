/* The grid of cells: clipping, wide characters, bad text, ASCII stand-ins. */
#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "tui/frame.h"

static struct buf row_of(const struct frame *frame, int row)
{
    struct buf text = {0};

    frame_row_text(&text, frame, row);
    return text;
}

static void assert_row(const struct frame *frame, int row, const char *expected)
{
    struct buf text = row_of(frame, row);

    assert_string_equal(buf_text(&text), expected);
    assert_int_equal(text_columns(buf_text(&text)), frame->columns);
    buf_release(&text);
}

static void test_text_is_clipped_by_columns(void **state)
{
    struct frame frame;

    (void)state;
    frame_init(&frame, 10, 2);
    assert_int_equal(frame_text(&frame, 0, 2, 5, ROLE_PLAIN, "abcdefgh"), 5);
    assert_row(&frame, 0, "  abcde   ");
    assert_int_equal(frame_text(&frame, 1, 8, 5, ROLE_PLAIN, "\u2550\u2551x"), 3);
    assert_row(&frame, 1, "        \u2550\u2551");
    frame_release(&frame);
}

static void test_wide_characters_keep_the_grid(void **state)
{
    struct frame frame;

    (void)state;
    assert_int_equal(text_columns("\u4e2d\u6587"), 4);
    frame_init(&frame, 6, 1);
    assert_int_equal(frame_text(&frame, 0, 0, 3, ROLE_PLAIN, "\u4e2d\u6587"), 2);
    assert_row(&frame, 0, "\u4e2d    ");
    frame_text(&frame, 0, 5, 4, ROLE_PLAIN, "\u4e2d");
    assert_row(&frame, 0, "\u4e2d    ");
    /* Either half overwritten: the other one goes too. */
    frame_put(&frame, 0, 1, 'x', ROLE_PLAIN);
    assert_row(&frame, 0, " x    ");
    frame_text(&frame, 0, 2, 2, ROLE_PLAIN, "\u4e2d");
    frame_put(&frame, 0, 2, 'y', ROLE_PLAIN);
    assert_row(&frame, 0, " xy   ");
    frame.ascii = true;
    frame_text(&frame, 0, 3, 2, ROLE_PLAIN, "\u4e2d");
    assert_row(&frame, 0, " xy?  ");
    frame_release(&frame);
}

static void test_no_control_character_gets_through(void **state)
{
    struct frame frame;

    (void)state;
    frame_init(&frame, 12, 1);
    frame_text(&frame, 0, 0, 12, ROLE_PLAIN, "a\033[2J\x07\x7f\xc2\x9b");
    assert_row(&frame, 0, "a?[2J???    ");
    frame_clear(&frame);
    /* Broken, overlong, surrogate, cut short; a combining mark is left out. */
    frame_text(&frame, 0, 0, 12, ROLE_PLAIN, "\xff\xc0\x80\xed\xa0\x80|e\xcc\x81\xe2\x82");
    assert_row(&frame, 0, "??????|e??  ");
    frame_release(&frame);
}

static void test_drawing_outside_is_harmless(void **state)
{
    struct frame frame;

    (void)state;
    frame_init(&frame, 4, 3);
    frame_put(&frame, -1, 0, 'x', ROLE_PLAIN);
    frame_put(&frame, 3, 0, 'x', ROLE_PLAIN);
    frame_text(&frame, 0, -2, 9, ROLE_PLAIN, "abcd");
    frame_double_box(&frame, 1, 1, 9, 9, ROLE_PLAIN);
    frame_paint(&frame, 9, 9, 9, ROLE_NOW);
    frame_text_right(&frame, 2, -1, 3, ROLE_PLAIN, "toolong");
    assert_row(&frame, 0, "cd  ");
    assert_row(&frame, 1, " \u2554\u2550\u2550");
    assert_int_equal(frame_cell(&frame, 7, 7).code, ' ');
    frame_release(&frame);
    frame_init(&frame, 0, -5);
    frame_text(&frame, 0, 0, 5, ROLE_PLAIN, "abc");
    frame_release(&frame);
}

static void test_places(void **state)
{
    struct frame frame;

    (void)state;
    frame_init(&frame, 9, 3);
    frame_text_right(&frame, 0, 0, 8, ROLE_PLAIN, "abc");
    frame_text_centre(&frame, 1, 1, 8, ROLE_PLAIN, "abc");
    frame_printf(&frame, 2, 1, 4, ROLE_PLAIN, "%d-%s", 12, "xyz");
    assert_row(&frame, 0, "     abc ");
    assert_row(&frame, 1, "   abc   ");
    assert_row(&frame, 2, " 12-x    ");
    frame_release(&frame);
}

static void test_ascii_stands_in_the_same_cells(void **state)
{
    struct frame frame;
    struct buf text = {0};

    (void)state;
    frame_init(&frame, 5, 3);
    frame_double_box(&frame, 0, 0, 3, 5, ROLE_CLIENT);
    frame_put(&frame, 1, 2, 0x2713, ROLE_DONE);
    frame.ascii = true;
    frame_to_text(&text, &frame);
    assert_string_equal(buf_text(&text), "+===+\n| x |\n+===+\n");
    buf_clear(&text);
    frame_roles_to_text(&text, &frame);
    assert_string_equal(buf_text(&text), "ccccc\nc v c\nccccc\n");
    buf_release(&text);
    assert_int_equal(glyph_ascii('~'), '~');
    assert_int_equal(glyph_ascii(0x26A1), '?');
    frame_release(&frame);
}

/* Any bytes: the columns that are said to be used are used, and no row changes its width. */
static void test_random_bytes(void **state)
{
    const unsigned seed = 20240611;
    struct frame frame;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    frame_init(&frame, 20, 1);
    for (int round = 0; round < 5000; round++) {
        char bytes[24];
        struct buf text;

        for (size_t i = 0; i < sizeof bytes - 1; i++)
            bytes[i] = (char)(rand() % 255 + 1);
        bytes[sizeof bytes - 1] = 0;
        frame_text(&frame, 0, rand() % 24 - 2, rand() % 24, ROLE_PLAIN, bytes);
        text = row_of(&frame, 0);
        assert_int_equal(text_columns(buf_text(&text)), 20);
        buf_release(&text);
    }
    frame_release(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_clipped_by_columns),
        cmocka_unit_test(test_wide_characters_keep_the_grid),
        cmocka_unit_test(test_no_control_character_gets_through),
        cmocka_unit_test(test_drawing_outside_is_harmless),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_ascii_stands_in_the_same_cells),
        cmocka_unit_test(test_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

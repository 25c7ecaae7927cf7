/* The table of actions, read out. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "tui/keys.h"

static const struct action_row {
    const char *name, *what, *keys, *footer;
    int rank;
} actions[ACTION_COUNT] = {
    [ACTION_NONE] = {"", "", "", "", 0},
#define ACTION(name, text, what, keys, footer, rank) [ACTION_##name] = {text, what, keys, footer, rank},
#include "tui/action.def"
#undef ACTION
};

static const struct {
    const char *name;
    uint32_t key;
} key_names[] = {
    {"Space", KEY_CODE_SPACE},  {"Esc", KEY_CODE_ESCAPE}, {"PgDn", KEY_CODE_PAGE_DOWN},
    {"PgUp", KEY_CODE_PAGE_UP}, {"Home", KEY_CODE_HOME},  {"End", KEY_CODE_END},
    {"Up", KEY_CODE_UP},        {"Down", KEY_CODE_DOWN},  {"Left", KEY_CODE_LEFT},
    {"Right", KEY_CODE_RIGHT},  {"F1", KEY_CODE_F1},      {"F2", KEY_CODE_F1 + 1},
    {"F3", KEY_CODE_F1 + 2},    {"F4", KEY_CODE_F1 + 3},  {"F5", KEY_CODE_F1 + 4},
    {"F6", KEY_CODE_F1 + 5},    {"F7", KEY_CODE_F1 + 6},  {"F8", KEY_CODE_F1 + 7},
    {"F9", KEY_CODE_F1 + 8},    {"F10", KEY_CODE_F1 + 9}, {"F11", KEY_CODE_F1 + 10},
    {"F12", KEY_CODE_F12},
};

int key_parse(const char *text, int length, uint32_t *ret_key)
{
    if (length == 1 && text[0] > ' ' && text[0] < 0x7F) {
        *ret_key = (uint32_t)text[0];
        return 0;
    }
    if (length == 2 && text[0] == '^' && text[1] >= 'A' && text[1] <= 'Z') {
        *ret_key = (uint32_t)(text[1] - '@');
        return 0;
    }
    for (size_t i = 0; i < sizeof key_names / sizeof *key_names; i++) {
        if (strlen(key_names[i].name) == (size_t)length &&
            memcmp(text, key_names[i].name, (size_t)length) == 0) {
            *ret_key = key_names[i].key;
            return 0;
        }
    }
    return -EINVAL;
}

static bool keys_contain(const char *keys, uint32_t key)
{
    while (*keys != 0) {
        int length = (int)strcspn(keys, " ");
        uint32_t one;

        if (key_parse(keys, length, &one) == 0 && one == key)
            return true;
        keys += length;
        keys += strspn(keys, " ");
    }
    return false;
}

enum action action_of_key(uint32_t key)
{
    for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++)
        if (keys_contain(actions[i].keys, key))
            return (enum action)i;
    return ACTION_NONE;
}

const char *action_name(enum action action)
{
    return action < ACTION_COUNT ? actions[action].name : "";
}

const char *action_what(enum action action)
{
    return action < ACTION_COUNT ? actions[action].what : "";
}

const char *action_keys(enum action action)
{
    return action < ACTION_COUNT ? actions[action].keys : "";
}

static void footer_word(struct buf *out, const struct action_row *row)
{
    int length = (int)strcspn(row->keys, " ");

    if (length == 5 && memcmp(row->keys, "Space", 5) == 0)
        buf_puts(out, "Spc");
    else
        buf_add(out, row->keys, (size_t)length);
    buf_printf(out, " %s", row->footer);
}

static int footer_columns(const struct action_row *row)
{
    struct buf word = {0};
    int columns;

    footer_word(&word, row);
    columns = (int)word.length;
    buf_release(&word);
    return columns;
}

void keys_footer(struct buf *out, int columns)
{
    bool shown[ACTION_COUNT] = {false};
    int used = 0, count = 0;

    for (int rank = 1; rank <= 2; rank++) {
        for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
            int wanted = footer_columns(&actions[i]) + (count > 0 ? 2 : 0);

            if (actions[i].rank != rank || used + wanted > columns)
                continue;
            shown[i] = true;
            used += wanted;
            count++;
        }
    }
    for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
        if (!shown[i])
            continue;
        footer_word(out, &actions[i]);
        buf_puts(out, --count > 0 ? "  " : "");
    }
}

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
    {"Space", KEY_CODE_SPACE},
    {"Esc", KEY_CODE_ESCAPE},
    {"PgDn", KEY_CODE_PAGE_DOWN},
    {"PgUp", KEY_CODE_PAGE_UP},
    {"Home", KEY_CODE_HOME},
    {"End", KEY_CODE_END},
    {"Up", KEY_CODE_UP},
    {"Down", KEY_CODE_DOWN},
    {"Left", KEY_CODE_LEFT},
    {"Right", KEY_CODE_RIGHT},
    {"F1", KEY_CODE_F1},
    {"F2", KEY_CODE_F1 + 1},
    {"F3", KEY_CODE_F1 + 2},
    {"F4", KEY_CODE_F1 + 3},
    {"F5", KEY_CODE_F1 + 4},
    {"F6", KEY_CODE_F1 + 5},
    {"F7", KEY_CODE_F1 + 6},
    {"F8", KEY_CODE_F1 + 7},
    {"F9", KEY_CODE_F1 + 8},
    {"F10", KEY_CODE_F1 + 9},
    {"F11", KEY_CODE_F1 + 10},
    {"F12", KEY_CODE_F12},
    {"Tab", KEY_CODE_TAB},
    {"Enter", KEY_CODE_ENTER},
    {"Backspace", KEY_CODE_BACKSPACE},
    {"WheelUp", KEY_CODE_WHEEL_UP},
    {"WheelDown", KEY_CODE_WHEEL_DOWN},
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

static char bound[ACTION_COUNT][96]; /* by the user; "" where the table holds */

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
        if (keys_contain(action_keys((enum action)i), key))
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
    if (action >= ACTION_COUNT)
        return "";
    return bound[action][0] != 0 ? bound[action] : actions[action].keys;
}

enum action action_parse(const char *name)
{
    for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++)
        if (strcmp(actions[i].name, name) == 0)
            return (enum action)i;
    return ACTION_NONE;
}

void keys_reset(void)
{
    memset(bound, 0, sizeof bound);
}

int keys_bind(enum action action, const char *keys)
{
    if (action == ACTION_NONE || action >= ACTION_COUNT || *keys == 0 || strlen(keys) >= sizeof bound[0])
        return -EINVAL;
    for (const char *one = keys; *one != 0; one += strspn(one, " ")) {
        int length = (int)strcspn(one, " ");
        uint32_t key;

        if (key_parse(one, length, &key) < 0)
            return -EINVAL;
        if (action_of_key(key) != ACTION_NONE && action_of_key(key) != action)
            return -EEXIST;
        one += length;
    }
    memcpy(bound[action], keys, strlen(keys) + 1);
    return 0;
}

void action_keys_text(struct buf *out, enum action action, int columns)
{
    const char *keys = action_keys(action);

    if (action == ACTION_JUMP) {
        buf_puts(out, "0..9");
        return;
    }
    for (int used = 0; *keys != 0;) {
        int length = (int)strcspn(keys, " ");

        if (used > 0 && used + 1 + length > columns)
            break;
        if (used > 0)
            buf_putc(out, ' ');
        buf_add(out, keys, (size_t)length);
        used += length + (used > 0);
        keys += length;
        keys += strspn(keys, " ");
    }
}

struct footer {
    enum action here;
    int columns[ACTION_COUNT]; /* of each word */
    int ranks[ACTION_COUNT];
};

/* On a page the way back is always said; what explains and the other page of rank 1 only where there is room.
 */
static int rank_of(enum action action, enum action here)
{
    if (here == ACTION_NONE || action == ACTION_NONE)
        return actions[action].rank;
    if (action == here)
        return 1;
    return action == ACTION_EXPLAIN || action == ACTION_STATES ? 3 : actions[action].rank;
}

static void footer_word(struct buf *out, enum action action, enum action here)
{
    const struct action_row *row = &actions[action];
    const char *keys = action_keys(action);
    int length = (int)strcspn(keys, " ");

    if (length == 5 && memcmp(keys, "Space", 5) == 0)
        buf_puts(out, "Spc");
    else
        buf_add(out, keys, (size_t)length);
    buf_printf(out, " %s", here != ACTION_NONE && action == here ? "ladder" : row->footer);
}

static struct footer footer_of(enum action here)
{
    struct footer footer = {.here = here};
    struct buf word = {0};

    for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
        buf_clear(&word);
        footer_word(&word, (enum action)i, here);
        footer.columns[i] = (int)word.length;
        footer.ranks[i] = rank_of((enum action)i, here);
    }
    buf_release(&word);
    return footer;
}

void keys_footer(struct buf *out, int columns, enum action here)
{
    struct footer footer = footer_of(here);
    bool shown[ACTION_COUNT] = {false};
    int used = 0, count = 0;

    for (int rank = 1; rank <= 3; rank++) {
        for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
            int wanted = footer.columns[i] + (count > 0 ? 2 : 0);

            if (footer.ranks[i] != rank || used + wanted > columns)
                continue;
            shown[i] = true;
            used += wanted;
            count++;
        }
    }
    for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
        if (!shown[i])
            continue;
        footer_word(out, (enum action)i, here);
        buf_puts(out, --count > 0 ? "  " : "");
    }
}

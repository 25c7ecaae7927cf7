/*
 * Keys and what they do. action.def is the one list; the help and the key line are made from it.
 */
#ifndef SOCKSTEP_TUI_KEYS_H
#define SOCKSTEP_TUI_KEYS_H

#include <stdint.h>

#include "base/buf.h"

/* A key is a Unicode code point (control characters included: ^C is 3), or one of these. */
enum key {
    KEY_CODE_NONE = 0,
    KEY_CODE_ESCAPE = 27,
    KEY_CODE_SPACE = ' ',
    KEY_CODE_FIRST = 0x110000,
    KEY_CODE_UP = KEY_CODE_FIRST,
    KEY_CODE_DOWN,
    KEY_CODE_LEFT,
    KEY_CODE_RIGHT,
    KEY_CODE_PAGE_UP,
    KEY_CODE_PAGE_DOWN,
    KEY_CODE_HOME,
    KEY_CODE_END,
    KEY_CODE_F1,
    KEY_CODE_F12 = KEY_CODE_F1 + 11,
    KEY_CODE_RESIZE,
    KEY_CODE_UNKNOWN,
};

enum action {
    ACTION_NONE,
#define ACTION(name, text, what, keys, footer, rank) ACTION_##name,
#include "tui/action.def"
#undef ACTION
    ACTION_COUNT
};

/* The names of keys: a single character for itself, "Space" "Esc" "PgDn" "PgUp" "Home" "End" "Up" "Down"
 * "Left" "Right" "F1".."F12", "^A".."^Z". Returns 0, or -EINVAL. `length` bytes of text. */
int key_parse(const char *text, int length, uint32_t *ret_key);

/* ACTION_NONE for a key that does nothing. */
enum action action_of_key(uint32_t key);

const char *action_name(enum action action); /* "next-beat"; "" for ACTION_NONE */
const char *action_what(enum action action); /* one line for the help */
const char *action_keys(enum action action); /* as in action.def */

/* "PgDn next  PgUp back ..." in at most `columns` columns: the words of rank 1 always, those of rank 2 while
 * they fit. */
void keys_footer(struct buf *out, int columns);

#endif

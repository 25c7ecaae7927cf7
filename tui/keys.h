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
    KEY_CODE_TAB = 9,
    KEY_CODE_ENTER = 13,
    KEY_CODE_ESCAPE = 27,
    KEY_CODE_SPACE = ' ',
    KEY_CODE_BACKSPACE = 127,
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
    KEY_CODE_WHEEL_UP,
    KEY_CODE_WHEEL_DOWN,
    KEY_CODE_CLICK, /* where: terminal_click() */
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
 * "Left" "Right" "F1".."F12", "^A".."^Z",
 * "Tab" "Enter" "Backspace" "WheelUp" "WheelDown". Returns 0, or -EINVAL. `length` bytes of text. */
int key_parse(const char *text, int length, uint32_t *ret_key);

/* Other keys for an action, named and separated as in action.def; copied. Returns 0; -EINVAL when one is no
 * key or there is none, -EEXIST when one belongs to another action. keys_reset() makes all as they were. */
int keys_bind(enum action action, const char *keys);
void keys_reset(void);

enum action action_parse(const char *name); /* the inverse of action_name(); ACTION_NONE when there is none */

/* ACTION_NONE for a key that does nothing. */
enum action action_of_key(uint32_t key);

const char *action_name(enum action action); /* "next-beat"; "" for ACTION_NONE */
const char *action_what(enum action action); /* one line for the help */
const char *action_keys(enum action action); /* as bound, else as in action.def */

/* The keys as a person reads them, those that fit into `columns` columns, at least one: "PgDn n j", "0..9".
 */
void action_keys_text(struct buf *out, enum action action, int columns);

/* "PgDn next  PgUp back ..." in at most `columns` columns: the words of rank 1 always, those of rank 2 and
 * then 3 while they fit. On the page of the action `here` its key leads back to the ladder, and says so;
 * ACTION_NONE: on the ladder. */
void keys_footer(struct buf *out, int columns, enum action here);

#endif

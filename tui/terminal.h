/*
 * The terminal: the only file that knows curses. One per process. It is left as it was found on every way
 * out: terminal_close(), exit(), a signal that ends the program, a crash.
 */
#ifndef SOCKSTEP_TUI_TERMINAL_H
#define SOCKSTEP_TUI_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "tui/frame.h"

/* Takes standard input and output over. Returns 0; -ENOTTY when one of them is not a terminal, -ENOTSUP when
 * TERM is not known or cannot do what is needed; with err. */
int terminal_open(struct err *err);
void terminal_close(void); /* also when it is not open */

void terminal_size(int *ret_columns, int *ret_rows); /* as the terminal says now */

/* True when line-drawing characters cannot be relied on: the locale is not UTF-8 or gives them two columns,
 * or TERM is one that has none. */
bool terminal_prefers_ascii(void);

void terminal_set_theme(enum theme theme);
void terminal_present(const struct frame *frame); /* writes what has changed since the last one, at once */
void terminal_forget(void);                       /* the next frame is written whole */

/* The next key (keys.h) that waits, KEY_CODE_NONE when none does. */
uint32_t terminal_key(void);

/* Clicks and the wheel are keys from now on (KEY_CODE_CLICK, KEY_CODE_WHEEL_*); until terminal_close(). */
void terminal_take_mouse(void);
void terminal_click(int *ret_row, int *ret_column); /* of the newest KEY_CODE_CLICK */

/* Readable when a signal has come; terminal_signal() then says which, one at a time. */
int terminal_signal_fd(void);
enum terminal_signal { TERMINAL_QUIET, TERMINAL_RESIZED, TERMINAL_STOP, TERMINAL_CONTINUED, TERMINAL_END };
enum terminal_signal terminal_signal(void);

/* The signal that asked the program to end, 0 when none did. */
int terminal_end_signal(void);

/* Gives the terminal back, stops the process until it is continued, and takes the terminal again. */
void terminal_suspend(void);

#endif

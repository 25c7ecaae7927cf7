/*
 * Roles of cells and how each looks in a theme. theme.def is the one list.
 */
#ifndef SOCKSTEP_TUI_THEME_H
#define SOCKSTEP_TUI_THEME_H

#include <stdbool.h>
#include <stdint.h>

enum role {
#define ROLE(name, letter, dark, light, contrast, eight_dark, eight_light, mono) ROLE_##name,
#include "tui/theme.def"
#undef ROLE
    ROLE_COUNT
};

enum theme { THEME_DARK, THEME_LIGHT, THEME_HIGH_CONTRAST, THEME_MONO, THEME_COUNT };

enum look_attribute { LOOK_BOLD = 1, LOOK_UNDERLINE = 2, LOOK_REVERSE = 4 };

struct look {
    int16_t foreground, background; /* colour numbers; -1: the terminal's own */
    uint8_t attributes;             /* enum look_attribute */
};

/* `colours` is how many the terminal has; below 8 every theme looks like mono, below 256 the 8-colour columns
 * hold. */
struct look theme_look(enum theme theme, enum role role, int colours);

char role_letter(uint8_t role); /* '?' outside the enum */

const char *theme_name(enum theme theme);                 /* "dark", "light", "high-contrast", "mono" */
int theme_parse(const char *text, enum theme *ret_theme); /* 0 or -EINVAL */

/* The theme to start with: `option` (from the command line) if not NULL, which must be a name of
 * theme_parse(); else mono when no_color (the value of NO_COLOR, or NULL) is set and not empty; else dark.
 * Returns 0 or -EINVAL. */
int theme_choose(const char *option, const char *no_color, enum theme *ret_theme);

enum theme theme_next(enum theme theme);

#endif

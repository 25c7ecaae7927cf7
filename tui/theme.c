/* The table of looks, read out. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "tui/theme.h"

enum { A_B = LOOK_BOLD, A_U = LOOK_UNDERLINE, A_R = LOOK_REVERSE };

enum column { DARK, LIGHT, CONTRAST, EIGHT_DARK, EIGHT_LIGHT, MONO, COLUMN_COUNT };

#define LOOK(fore, back, attrs)                                                                              \
    {                                                                                                        \
        .foreground = (fore), .background = (back), .attributes = (attrs)                                    \
    }
static const struct look looks[ROLE_COUNT][COLUMN_COUNT] = {
#define ROLE(name, letter, dark, light, contrast, eight_dark, eight_light, mono)                             \
    [ROLE_##name] = {[DARK] = dark,                                                                          \
                     [LIGHT] = light,                                                                        \
                     [CONTRAST] = contrast,                                                                  \
                     [EIGHT_DARK] = eight_dark,                                                              \
                     [EIGHT_LIGHT] = eight_light,                                                            \
                     [MONO] = mono},
#include "tui/theme.def"
#undef ROLE
};

static const char letters[ROLE_COUNT] = {
#define ROLE(name, letter, dark, light, contrast, eight_dark, eight_light, mono) [ROLE_##name] = letter,
#include "tui/theme.def"
#undef ROLE
};

static const struct {
    const char *name;
    enum column full, eight;
} themes[THEME_COUNT] = {
    [THEME_DARK] = {"dark", DARK, EIGHT_DARK},
    [THEME_LIGHT] = {"light", LIGHT, EIGHT_LIGHT},
    [THEME_HIGH_CONTRAST] = {"high-contrast", CONTRAST, MONO},
    [THEME_MONO] = {"mono", MONO, MONO},
};

struct look theme_look(enum theme theme, enum role role, int colours)
{
    if (colours < 8)
        return looks[role][MONO];
    return looks[role][colours < 256 ? themes[theme].eight : themes[theme].full];
}

char role_letter(uint8_t role)
{
    return role < ROLE_COUNT ? letters[role] : '?';
}

const char *theme_name(enum theme theme)
{
    return theme < THEME_COUNT ? themes[theme].name : "?";
}

int theme_parse(const char *text, enum theme *ret_theme)
{
    for (int i = 0; i < THEME_COUNT; i++)
        if (strcmp(text, themes[i].name) == 0)
            return *ret_theme = (enum theme)i, 0;
    return -EINVAL;
}

int theme_choose(const char *option, const char *no_color, enum theme *ret_theme)
{
    if (option != NULL)
        return theme_parse(option, ret_theme);
    *ret_theme = no_color != NULL && *no_color != 0 ? THEME_MONO : THEME_DARK;
    return 0;
}

enum theme theme_next(enum theme theme)
{
    return (enum theme)((theme + 1) % THEME_COUNT);
}

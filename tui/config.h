/*
 * What a user may set once and for all, in $XDG_CONFIG_HOME/sockstep/config.yaml (else ~/.config/...):
 *
 *     theme: light
 *     keys:
 *       next-beat: PgDn n
 *       previous-beat: PgUp N
 *
 * Actions are those of action.def, keys those of key_parse(). Only this much of YAML is read: comments, names
 * with a value on the same line, one level below "keys".
 */
#ifndef SOCKSTEP_TUI_CONFIG_H
#define SOCKSTEP_TUI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "tui/theme.h"

struct config {
    bool has_theme;
    enum theme theme;
};

/* Takes the text in; keys are bound at once (keys_bind()). Returns 0; or -EINVAL with "LINE:COLUMN: what is
 * wrong" in err: then nothing of it holds. */
int config_parse(const char *text, struct config *ret_config, struct err *err);

/* The file of the user. 0 also when there is none; -EINVAL with err as above, the file's name in front. */
int config_read(struct config *ret_config, struct err *err);

#endif

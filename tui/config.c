/* Line by line: a name, a colon, a value; names below "keys" are indented. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "tui/config.h"
#include "tui/keys.h"

#define FILE_BYTES_MAX 65536

struct line {
    const char *text;
    int number, indent;
    char name[32], value[96];
    int value_column;
    bool empty, has_value;
};

struct reader {
    struct config config;
    bool in_keys;
    struct err *err;
};

static int wrong(const struct reader *reader, const struct line *line, int column, const char *what)
{
    return err_set(reader->err, EINVAL, "%d:%d: %s", line->number, column, what);
}

/* A value in quotes is what is between them; else a comment and blanks at the end go. */
static void take_value(struct line *line, const char *from, size_t length)
{
    char quote = *from == '"' || *from == '\'' ? *from : 0;
    const char *end = quote != 0 ? memchr(from + 1, quote, length - 1) : NULL;

    if (end != NULL) {
        from++;
        length = (size_t)(end - from);
    } else {
        for (size_t i = 1; i < length; i++)
            if (from[i] == '#' && from[i - 1] == ' ')
                length = i;
        while (length > 0 && (from[length - 1] == ' ' || from[length - 1] == '\r'))
            length--;
    }
    line->has_value = length > 0;
    snprintf(line->value, sizeof line->value, "%.*s", (int)length, from);
}

static int split(const struct reader *reader, const char *text, size_t length, struct line *line)
{
    size_t indent = 0, name;
    const char *colon;

    while (indent < length && text[indent] == ' ')
        indent++;
    line->indent = (int)indent;
    line->empty = indent == length || text[indent] == '#' || text[indent] == '\r';
    if (line->empty)
        return 0;
    if (memchr(text, '\t', indent + 1) != NULL)
        return wrong(reader, line, (int)indent + 1, "a tab; YAML is indented with blanks");
    colon = memchr(text + indent, ':', length - indent);
    if (colon == NULL)
        return wrong(reader, line, (int)indent + 1, "a name and a colon are missing");
    name = (size_t)(colon - text) - indent;
    snprintf(line->name, sizeof line->name, "%.*s", (int)name, text + indent);
    for (colon++; colon < text + length && *colon == ' '; colon++)
        continue;
    line->value_column = (int)(colon - text) + 1;
    if (colon < text + length && *colon != '#')
        take_value(line, colon, length - (size_t)(colon - text));
    return 0;
}

static int take_key(const struct reader *reader, const struct line *line)
{
    enum action action = action_parse(line->name);
    int r;

    if (action == ACTION_NONE)
        return wrong(reader, line, line->indent + 1,
                     "there is no such action; ? on the screen shows what there is");
    r = keys_bind(action, line->value);
    if (r == -EEXIST)
        return wrong(reader, line, line->value_column, "one of these keys does something else already");
    return r < 0 ? wrong(reader, line, line->value_column, "not the names of keys, as in \"PgDn n ^N\"") : 0;
}

static int take_line(struct reader *reader, const struct line *line)
{
    if (line->indent > 0)
        return reader->in_keys ? take_key(reader, line)
                               : wrong(reader, line, line->indent + 1, "nothing may be below this");
    reader->in_keys = strcmp(line->name, "keys") == 0;
    if (reader->in_keys)
        return line->has_value
                   ? wrong(reader, line, line->value_column, "keys stand below, one action a line")
                   : 0;
    if (strcmp(line->name, "theme") != 0)
        return wrong(reader, line, 1, "not known here; there are: theme, keys");
    reader->config.has_theme = theme_parse(line->value, &reader->config.theme) == 0;
    return reader->config.has_theme ? 0
                                    : wrong(reader, line, line->value_column,
                                            "no theme; there are: dark, light, high-contrast, mono");
}

int config_parse(const char *text, struct config *ret_config, struct err *err)
{
    struct reader reader = {.err = err};
    int number = 0;

    while (*text != 0) {
        size_t length = strcspn(text, "\n");
        struct line line = {.number = ++number};
        int r = split(&reader, text, length, &line);

        if (r == 0 && !line.empty)
            r = take_line(&reader, &line);
        if (r < 0) {
            keys_reset();
            return r;
        }
        text += length + (text[length] == '\n');
    }
    *ret_config = reader.config;
    return 0;
}

static void file_name(struct buf *out)
{
    const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

    if (folder != NULL && folder[0] == '/')
        buf_printf(out, "%s/sockstep/config.yaml", folder);
    else if (home != NULL)
        buf_printf(out, "%s/.config/sockstep/config.yaml", home);
}

int config_read(struct config *ret_config, struct err *err)
{
    struct buf name = {0}, text = {0};
    FILE *file;
    char piece[1024];
    size_t count;
    int r = 0;

    *ret_config = (struct config){0};
    file_name(&name);
    file = fopen(buf_text(&name), "re");
    if (file != NULL) {
        while (text.length < FILE_BYTES_MAX && (count = fread(piece, 1, sizeof piece, file)) > 0)
            buf_add(&text, piece, count);
        fclose(file);
        r = config_parse(buf_text(&text), ret_config, err);
        if (r < 0)
            err_wrap(err, "%s", buf_text(&name));
    }
    buf_release(&name);
    buf_release(&text);
    return r;
}

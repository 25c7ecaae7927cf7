#include "scenario/load_check.h"

#include "base/xalloc.h"
#include "scenario/load_near.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#define FIELDS_MAX 64 /* keys of one mapping in the schema */

struct walk {
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
    struct buf path; /* of the value at hand */
    place_list *places;
    struct err *err;
};

static int check_value(struct walk *walk, const cyaml_schema_value_t *schema);

void place_list_release(place_list *places)
{
    array_each (struct place, place, places)
        free(place->path);
    array_release(places);
}

const struct place *place_of(const place_list *places, const char *path)
{
    array_each (const struct place, place, places)
        if (strcmp(place->path, path) == 0)
            return place;
    return NULL;
}

/* Puts "LINE:COLUMN: " in front of the text; returns -EINVAL. */
static int at_mark(struct walk *walk, const yaml_mark_t *mark)
{
    err_wrap(walk->err, "%lu:%lu", (unsigned long)mark->line + 1, (unsigned long)mark->column + 1);
    return -EINVAL;
}

#define WRONG(walk, mark, ...) (err_set((walk)->err, EINVAL, __VA_ARGS__), at_mark(walk, mark))

static int next_event(struct walk *walk)
{
    if (walk->has_event)
        yaml_event_delete(&walk->event);
    walk->has_event = yaml_parser_parse(&walk->parser, &walk->event) != 0;
    if (walk->has_event)
        return 0;
    const yaml_parser_t *p = &walk->parser;
    const char *problem = p->problem != NULL ? p->problem : "it cannot be read";
    if (p->context != NULL)
        return WRONG(walk, &p->problem_mark, "this is not YAML: %s %s (begun in line %lu)", problem,
                     p->context, (unsigned long)p->context_mark.line + 1);
    const yaml_mark_t *mark = p->error == YAML_READER_ERROR ? &p->mark : &p->problem_mark;
    return WRONG(walk, mark, "this is not YAML: %s", problem);
}

static const char *scalar(const struct walk *walk)
{
    return (const char *)walk->event.data.scalar.value;
}

/* For messages: "lanes[1].host", or "the file" for the whole. */
static const char *here(const struct walk *walk)
{
    return walk->path.length > 0 ? buf_text(&walk->path) : "the file";
}

static void remember(struct walk *walk)
{
    *array_push(walk->places) = (struct place){
        .path = xstrdup(buf_text(&walk->path)),
        .line = (unsigned long)walk->event.start_mark.line + 1,
        .column = (unsigned long)walk->event.start_mark.column + 1,
    };
}

static void path_cut(struct buf *path, size_t length)
{
    if (path->text != NULL)
        path->text[length] = '\0';
    path->length = length;
}

static int unknown_key(struct walk *walk, const cyaml_schema_field_t *fields)
{
    char hint[NEAR_HINT_MAX];
    struct near near = near_to(scalar(walk));
    for (const cyaml_schema_field_t *field = fields; field->key != NULL; field++)
        near_offer(&near, field->key);
    return WRONG(walk, &walk->event.start_mark, "unknown key '%.40s' in %s%s", scalar(walk), here(walk),
                 near_hint(&near, hint));
}

static int find_field(struct walk *walk, const cyaml_schema_field_t *fields, const bool *had,
                      size_t *ret_index)
{
    if (walk->event.type != YAML_SCALAR_EVENT)
        return WRONG(walk, &walk->event.start_mark, "a key must be a word");
    for (size_t i = 0; fields[i].key != NULL; i++) {
        if (strcmp(fields[i].key, scalar(walk)) != 0)
            continue;
        if (had[i])
            return WRONG(walk, &walk->event.start_mark, "the key '%s' is here twice", fields[i].key);
        *ret_index = i;
        return 0;
    }
    return unknown_key(walk, fields);
}

static int check_field(struct walk *walk, const cyaml_schema_field_t *field)
{
    size_t length = walk->path.length;
    buf_printf(&walk->path, "%s%s", length > 0 ? "." : "", field->key);
    int r = next_event(walk);
    if (r == 0)
        r = check_value(walk, &field->value);
    path_cut(&walk->path, length);
    return r;
}

static int check_mapping(struct walk *walk, const cyaml_schema_value_t *schema)
{
    const cyaml_schema_field_t *fields = schema->mapping.fields;
    const yaml_mark_t start = walk->event.start_mark;
    bool had[FIELDS_MAX] = {false};
    if (walk->event.type != YAML_MAPPING_START_EVENT)
        return WRONG(walk, &start, "%s must be keys and values ('%s: ...')", here(walk), fields[0].key);
    for (;;) {
        size_t index = 0;
        int r = next_event(walk);
        if (r == 0 && walk->event.type == YAML_MAPPING_END_EVENT)
            break;
        if (r == 0)
            r = find_field(walk, fields, had, &index);
        if (r == 0)
            r = check_field(walk, &fields[index]);
        if (r < 0)
            return r;
        had[index] = true;
    }
    for (size_t i = 0; fields[i].key != NULL; i++)
        if (!had[i] && (fields[i].value.flags & CYAML_FLAG_OPTIONAL) == 0)
            return WRONG(walk, &start, "the key '%s' is missing in %s", fields[i].key, here(walk));
    return 0;
}

static int check_sequence(struct walk *walk, const cyaml_schema_value_t *schema)
{
    const yaml_mark_t start = walk->event.start_mark;
    size_t length = walk->path.length;
    unsigned count = 0;
    if (walk->event.type != YAML_SEQUENCE_START_EVENT)
        return WRONG(walk, &start, "%s must be a list ('- ...' or '[..., ...]')", here(walk));
    for (;; count++) {
        int r = next_event(walk);
        if (r == 0 && walk->event.type == YAML_SEQUENCE_END_EVENT)
            break;
        if (r == 0 && count == schema->sequence.max)
            r = WRONG(walk, &walk->event.start_mark, "%s has more than %u items", here(walk), count);
        buf_printf(&walk->path, "[%u]", count);
        if (r == 0)
            r = check_value(walk, schema->sequence.entry);
        path_cut(&walk->path, length);
        if (r < 0)
            return r;
    }
    if (count < schema->sequence.min)
        return WRONG(walk, &start, "%s needs at least %u items", here(walk), schema->sequence.min);
    return 0;
}

static int check_int(struct walk *walk)
{
    char canonical[24];
    errno = 0;
    long number = strtol(scalar(walk), NULL, 10);
    snprintf(canonical, sizeof canonical, "%ld", number); /* libcyaml would read 010 as 8 */
    if (errno != 0 || strcmp(canonical, scalar(walk)) != 0 || number < INT_MIN || number > INT_MAX)
        return WRONG(walk, &walk->event.start_mark, "%s must be a whole number, not '%.40s'", here(walk),
                     scalar(walk));
    return 0;
}

static int check_bool(struct walk *walk)
{
    if (strcmp(scalar(walk), "true") != 0 && strcmp(scalar(walk), "false") != 0)
        return WRONG(walk, &walk->event.start_mark, "%s must be true or false, not '%.40s'", here(walk),
                     scalar(walk));
    return 0;
}

static int check_enum(struct walk *walk, const cyaml_schema_value_t *schema)
{
    struct buf names = {0};
    for (uint32_t i = 0; i < schema->enumeration.count; i++) {
        if (strcmp(schema->enumeration.strings[i].str, scalar(walk)) == 0) {
            buf_release(&names);
            return 0;
        }
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", schema->enumeration.strings[i].str);
    }
    WRONG(walk, &walk->event.start_mark, "%s must be one of %s, not '%.40s'", here(walk), buf_text(&names),
          scalar(walk));
    buf_release(&names);
    return -EINVAL;
}

static int check_string(struct walk *walk, const cyaml_schema_value_t *schema)
{
    size_t length = walk->event.data.scalar.length;
    if (strlen(scalar(walk)) != length)
        return WRONG(walk, &walk->event.start_mark, "%s has a zero byte in it", here(walk));
    if (length < schema->string.min)
        return WRONG(walk, &walk->event.start_mark, "%s must not be empty", here(walk));
    if (length > schema->string.max)
        return WRONG(walk, &walk->event.start_mark, "%s is %zu bytes long; there is room for %u", here(walk),
                     length, schema->string.max);
    return 0;
}

static int check_scalar(struct walk *walk, const cyaml_schema_value_t *schema)
{
    if (walk->event.type != YAML_SCALAR_EVENT)
        return WRONG(walk, &walk->event.start_mark, "%s must be a single value", here(walk));
    switch ((int)schema->type) {
    case CYAML_INT: return check_int(walk);
    case CYAML_BOOL: return check_bool(walk);
    case CYAML_ENUM: return check_enum(walk, schema);
    case CYAML_STRING: return check_string(walk, schema);
    }
    return WRONG(walk, &walk->event.start_mark, "%s is of a type that is not in use", here(walk));
}

static int check_value(struct walk *walk, const cyaml_schema_value_t *schema)
{
    if (walk->event.type == YAML_ALIAS_EVENT)
        return WRONG(walk, &walk->event.start_mark, "aliases (*name) are not understood: write it out");
    remember(walk);
    switch ((int)schema->type) {
    case CYAML_MAPPING: return check_mapping(walk, schema);
    case CYAML_SEQUENCE: return check_sequence(walk, schema);
    }
    return check_scalar(walk, schema);
}

static int check_stream(struct walk *walk, const cyaml_schema_value_t *schema)
{
    int r = next_event(walk); /* the stream begins */
    if (r == 0)
        r = next_event(walk);
    if (r == 0 && walk->event.type == YAML_STREAM_END_EVENT)
        return WRONG(walk, &walk->event.start_mark, "the file is empty");
    if (r == 0)
        r = next_event(walk);
    if (r == 0)
        r = check_value(walk, schema);
    if (r == 0)
        r = next_event(walk); /* the document ends */
    if (r == 0)
        r = next_event(walk);
    if (r == 0 && walk->event.type != YAML_STREAM_END_EVENT)
        r = WRONG(walk, &walk->event.start_mark, "a second document begins here; a scenario is one");
    return r;
}

int yaml_check(const char *text, size_t length, const cyaml_schema_value_t *schema, place_list *places,
               struct err *err)
{
    struct err unused;
    struct walk walk = {.places = places, .err = err != NULL ? err : &unused};
    if (yaml_parser_initialize(&walk.parser) == 0)
        return err_set(err, ENOMEM, "out of memory");
    yaml_parser_set_input_string(&walk.parser, (const unsigned char *)text, length);
    int r = check_stream(&walk, schema);
    if (walk.has_event)
        yaml_event_delete(&walk.event);
    yaml_parser_delete(&walk.parser);
    buf_release(&walk.path);
    return r;
}

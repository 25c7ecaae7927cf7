/*
 * The look at a YAML file before libcyaml loads it: libcyaml knows the line of a wrong value only roughly, a
 * lecturer needs line, column and what to do. Walks libyaml's events along the schema of load_schema.h and
 * remembers where every value stands, so that later checks can point at it too.
 */
#ifndef SOCKSTEP_SCENARIO_LOAD_CHECK_H
#define SOCKSTEP_SCENARIO_LOAD_CHECK_H

#include "base/array.h"
#include "base/buf.h"
#include "base/err.h"
#include "scenario/load_schema.h"

struct place {
    char *path;                 /* "lanes[1].steps[0].calls[2]" */
    unsigned long line, column; /* from 1 */
};

typedef ARRAY(struct place) place_list;

void place_list_release(place_list *places);

/* The place of a value, or NULL when the file has none. */
const struct place *place_of(const place_list *places, const char *path);

/* Adds the places of all values. 0, or -EINVAL with "LINE:COLUMN: what is wrong and what would be right". */
int yaml_check(const char *text, size_t length, const cyaml_schema_value_t *schema, place_list *places,
               struct err *err);

#endif

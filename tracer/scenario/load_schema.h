/*
 * The one description of the format, as libcyaml wants it: keys, types and lengths. The check before loading
 * (load_check.h) walks the same tables.
 */
#ifndef SOCKSTEP_SCENARIO_LOAD_SCHEMA_H
#define SOCKSTEP_SCENARIO_LOAD_SCHEMA_H

#include <cyaml/cyaml.h>

extern const cyaml_schema_value_t scenario_schema;
extern const cyaml_config_t scenario_yaml_config; /* quiet; memory by xalloc */

#endif

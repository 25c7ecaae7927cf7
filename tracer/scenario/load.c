#include "base/buf.h"
#include "base/xalloc.h"
#include "scenario/load_check.h"
#include "scenario/load_meaning.h"
#include "scenario/load_schema.h"
#include "scenario/scenario.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Text of the file may be quoted in the message: it stays on its line and does nothing to a terminal. */
static void make_printable(struct err *err)
{
    if (err == NULL)
        return;
    for (char *c = err->text; *c != '\0'; c++)
        if (iscntrl((unsigned char)*c))
            *c = '?';
}

static int load_checked(const char *text, size_t length, const place_list *places,
                        struct scenario **ret_scenario, struct err *err)
{
    void *data = NULL;
    cyaml_err_t problem =
        cyaml_load_data((const uint8_t *)text, length, &scenario_yaml_config, &scenario_schema, &data, NULL);
    if (problem != CYAML_OK)
        return err_set(err, EINVAL, "%s", cyaml_strerror(problem));
    struct scenario *scenario = data;
    scenario_defaults(scenario, places);
    int r = scenario_meaning(scenario, places, err);
    if (r == 0)
        *ret_scenario = scenario;
    else
        scenario_free(scenario);
    return r;
}

int scenario_load_memory(const char *name, const char *text, size_t length, struct scenario **ret_scenario,
                         struct err *err)
{
    place_list places = {0};
    int r = yaml_check(text, length, &scenario_schema, &places, err);
    if (r == 0)
        r = load_checked(text, length, &places, ret_scenario, err);
    if (r < 0 && err != NULL) {
        struct err plain = *err;
        err_set(err, -r, "%s:%s", name, plain.text);
        make_printable(err);
    }
    place_list_release(&places);
    return r;
}

static int read_file(const char *path, struct buf *text, struct err *err)
{
    char block[16384];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return err_set(err, errno, "%s: %s", path, strerror(errno));
    size_t count = 0;
    int r = 0;
    while (r == 0 && (count = fread(block, 1, sizeof block, file)) > 0) {
        buf_add(text, block, count);
        if (text->length > SCENARIO_BYTES_MAX)
            r = err_set(err, EFBIG, "%s: too large for a scenario (over %d bytes)", path, SCENARIO_BYTES_MAX);
    }
    if (r == 0 && ferror(file))
        r = err_set(err, errno, "%s: %s", path, strerror(errno));
    fclose(file);
    return r;
}

int scenario_load(const char *path, struct scenario **ret_scenario, struct err *err)
{
    struct buf text = {0};
    int r = read_file(path, &text, err);
    if (r == 0)
        r = scenario_load_memory(path, buf_text(&text), text.length, ret_scenario, err);
    buf_release(&text);
    return r;
}

void scenario_free(struct scenario *scenario)
{
    if (scenario != NULL)
        cyaml_free(&scenario_yaml_config, &scenario_schema, scenario, 0);
}

/*
 * sockstep open: show a recorded trace, or the packets of any capture.
 */
#include "cli/command.h"
#include "cli/output.h"
#include "cli/stage.h"
#include "trace/trace.h"

#include <errno.h>
#include <stdio.h>

static const struct command_option options[] = {
    OUTPUT_OPTIONS,
    {0},
};

/* The lane's checklists are in the scenario, if it is one of ours and still to be had. */
static struct scenario *find_scenario(const struct session_info *info)
{
    char path[SCENARIO_PATH_MAX];
    struct scenario *scenario = NULL;
    if (info->scenario[0] == '\0' || scenario_find(info->scenario, path, sizeof path, NULL) < 0 ||
        scenario_load(path, &scenario, NULL) < 0)
        return NULL;
    return scenario;
}

static int show_on_screen(struct engine *engine, const struct session_info *info, const struct output *output,
                          struct err *err)
{
    struct scenario *scenario = find_scenario(info);
    int r = stage_run(engine, scenario, output, true, err);
    scenario_free(scenario);
    return r;
}

static int show_as_text(struct engine *engine, const struct output *output, struct err *err)
{
    int r = output_begin(output, engine, err);
    if (r == 0)
        r = output_loop(engine, err);
    if (r == 0)
        r = engine_finish(engine, err);
    return r == 0 ? output_end(output, engine, err) : r;
}

static int open_file(const char *path, const struct output *output, struct err *err)
{
    struct session_info info = {0};
    struct err warning = {0};
    struct source *source = trace_reader_new(path, &info, &warning, err);
    if (source == NULL)
        return -EINVAL;
    struct engine *engine = engine_new(&info, 0);
    engine_add_source(engine, source);
    int r = output_wants_screen(output) ? show_on_screen(engine, &info, output, err)
                                        : show_as_text(engine, output, err);
    engine_free(engine);
    if (warning.text[0] != '\0')
        command_fail(EXIT_DONE, "%s", warning.text);
    return r;
}

static int run(int argc, char **argv)
{
    struct output output = {0};
    struct err err = {0};
    const char *argument;
    int index, exit_code = EXIT_DONE;
    while ((index = command_next_option(&command_open, argc, argv, &argument, &exit_code)) >= 0)
        if (output_option(&output, index, argument, &err) < 0)
            return command_misused(&command_open, "%s", err.text);
    if (index == -2)
        return exit_code;
    if (optind != argc - 1)
        return command_misused(&command_open, "one file is wanted");
    int r = open_file(argv[optind], &output, &err);
    return r < 0 ? command_fail(command_exit_code(r), "%s", err.text) : EXIT_DONE;
}

const struct command command_open = {
    .name = "open",
    .arguments = "FILE",
    .about = "Show a recorded trace, or the packets of any pcap or pcapng file.",
    .more = "FILE - is standard input.\n",
    .options = options,
    .run = run,
};

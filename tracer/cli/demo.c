/*
 * sockstep demo: run a scenario for real and show it.
 */
#include "cli/command.h"
#include "cli/output.h"
#include "cli/stage.h"
#include "net/address.h"
#include "scenario/runner.h"
#include "trace/trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct demo {
    struct output output;
    struct runner_options runner;
    const char *record;
};

static const struct command_option options[] = {
    OUTPUT_OPTIONS,
    {.name = "record", .letter = 'r', .argument = "FILE", .about = "write the trace to FILE (pcapng)"},
    {.name = "ipv6", .letter = '6', .about = "over IPv6"},
    {.name = "ipv4", .letter = '4', .about = "over IPv4"},
    {.name = "delay", .argument = "MS", .about = "one-way delay of the wire in milliseconds"},
    {0},
};

static int parse_delay(const char *text, int *ret_ms, struct err *err)
{
    char *end;
    long ms = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || ms < 0 || ms > 60000)
        return err_set(err, EINVAL, "--delay takes 0 to 60000 milliseconds, not '%s'", text);
    *ret_ms = (int)ms;
    return 0;
}

static int take_option(struct demo *demo, int index, const char *argument, struct err *err)
{
    if (index < OUTPUT_OPTION_COUNT)
        return output_option(&demo->output, index, argument, err);
    switch (index - OUTPUT_OPTION_COUNT) {
    case 0: demo->record = argument; break;
    case 1: demo->runner.family = ADDRESS_IPV6; break;
    case 2: demo->runner.family = ADDRESS_IPV4; break;
    default: return parse_delay(argument, &demo->runner.delay_ms, err);
    }
    return 0;
}

static int add_recorder(const struct demo *demo, struct engine *engine, struct err *err)
{
    if (demo->record == NULL)
        return 0;
    struct sink *writer = trace_writer_new(demo->record, err);
    return writer != NULL ? engine_add_sink(engine, writer, err) : -ENOENT;
}

/* The session without a screen. What failed on the way (a full disk) is told after what could be shown. */
static int run_plain(const struct demo *demo, struct engine *engine, struct err *err)
{
    int r = output_begin(&demo->output, engine, err);
    if (r < 0)
        return r;
    int failed = output_loop(engine, err);
    struct err later = {0};
    int finished = engine_finish(engine, &later);
    int shown = output_end(&demo->output, engine, &later);
    if (failed < 0)
        return failed;
    *err = later;
    return finished < 0 ? finished : shown;
}

static int run_scenario(struct demo *demo, const struct scenario *scenario, struct err *err)
{
    bool screen = output_wants_screen(&demo->output);
    demo->runner.window_ns = screen ? RUNNER_WINDOW_SCREEN_NS : RUNNER_WINDOW_NS;
    struct runner *runner;
    int r = runner_new(scenario, &demo->runner, &runner, err);
    if (r < 0)
        return r;
    struct engine *engine = runner_engine(runner);
    r = add_recorder(demo, engine, err);
    if (r == 0)
        r = screen ? stage_run(engine, scenario, &demo->output, false, err) : run_plain(demo, engine, err);
    runner_free(runner);
    return r;
}

static int load_and_run(struct demo *demo, const char *name, struct err *err)
{
    char path[SCENARIO_PATH_MAX];
    struct scenario *scenario;
    int r = scenario_find(name, path, sizeof path, err);
    if (r == 0)
        r = scenario_load(path, &scenario, err);
    if (r < 0)
        return r;
    r = run_scenario(demo, scenario, err);
    scenario_free(scenario);
    return r;
}

static int run(int argc, char **argv)
{
    struct demo demo = {.runner = {.delay_ms = -1}};
    struct err err = {0};
    const char *argument;
    int index, exit_code = EXIT_DONE;
    while ((index = command_next_option(&command_demo, argc, argv, &argument, &exit_code)) >= 0)
        if (take_option(&demo, index, argument, &err) < 0)
            return command_misused(&command_demo, "%s", err.text);
    if (index == -2)
        return exit_code;
    if (optind != argc - 1)
        return command_misused(&command_demo, "one scenario is wanted, by name or file");
    int r = load_and_run(&demo, argv[optind], &err);
    return r < 0 ? command_fail(command_exit_code(r), "%s", err.text) : EXIT_DONE;
}

const struct command command_demo = {
    .name = "demo",
    .arguments = "NAME|FILE",
    .about = "Run a scenario for real in the lab and show it.",
    .more = "On a terminal the screen opens; elsewhere the ladder and the sentences are printed.\n"
            "`sockstep scenarios` lists the names. A FILE is a scenario in YAML.\n",
    .options = options,
    .run = run,
};

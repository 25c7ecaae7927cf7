/*
 * sockstep demo: run a scenario for real and show it.
 */
#include "cli/command.h"
#include "cli/output.h"
#include "cli/stage.h"
#include "net/address.h"
#include "scenario/runner.h"
#include "scenario/script.h"
#include "trace/trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BREAKS_MAX 16

struct demo {
    struct output output;
    struct runner_options runner;
    const char *record;
    const char *script; /* file */
    const char *breaks[BREAKS_MAX];
    int break_count;
};

static const struct command_option options[] = {
    OUTPUT_OPTIONS,
    {.name = "record", .letter = 'r', .argument = "FILE", .about = "write the trace to FILE (pcapng)"},
    {.name = "ipv6", .letter = '6', .about = "over IPv6"},
    {.name = "ipv4", .letter = '4', .about = "over IPv4"},
    {.name = "delay", .argument = "MS", .about = "one-way delay of the wire in milliseconds"},
    {.name = "step", .letter = 's', .about = "hold every call and every packet"},
    {.name = "script", .argument = "FILE", .about = "step as FILE says (see docs/SCENARIOS.md)"},
    {.name = "break",
     .letter = 'b',
     .argument = "EXPRESSION",
     .about = "stop there: 'server: state=CLOSE_WAIT'"},
    {.name = "real-timers", .about = "when stepping, keep the kernel's own timers"},
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

/* What is wrong in it is said at once. */
static int take_break(struct demo *demo, const char *text, struct err *err)
{
    struct expression expression;
    struct err problem;
    int column;
    if (demo->break_count == BREAKS_MAX)
        return err_set(err, EINVAL, "more than %d breakpoints", BREAKS_MAX);
    if (expression_parse(text, &expression, &column, &problem) < 0)
        return err_set(err, EINVAL, "--break '%.100s', column %d: %.300s", text, column, problem.text);
    demo->breaks[demo->break_count++] = text;
    demo->runner.stepped = true;
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
    case 3: return parse_delay(argument, &demo->runner.delay_ms, err);
    case 4: demo->runner.stepped = true; break;
    case 5:
        demo->script = argument;
        demo->runner.stepped = true;
        break;
    case 6: return take_break(demo, argument, err);
    default: demo->runner.real_timers = true; break;
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

static void set_breaks(const struct demo *demo, struct stepper *stepper)
{
    struct expression expression;
    int unused;
    for (int i = 0; i < demo->break_count; i++)
        if (expression_parse(demo->breaks[i], &expression, &unused, NULL) == 0)
            stepper_break(stepper, &expression, demo->breaks[i]);
}

/* Without a script the suggested ones go, one after the other. */
static int load_script(const struct demo *demo, struct script **ret_script, struct err *err)
{
    if (demo->script != NULL)
        return script_load(demo->script, ret_script, err);
    return script_parse("", "", ret_script, err);
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

static int run_stepped(const struct demo *demo, struct runner *runner, struct script *script, struct err *err)
{
    set_breaks(demo, runner_stepper(runner));
    runner_set_hand(runner, script_drive(script, runner));
    int r = run_plain(demo, runner_engine(runner), err);
    return r == 0 ? script_finish(script, err) : r;
}

static int run_scenario(struct demo *demo, const struct scenario *scenario, struct script *script,
                        struct err *err)
{
    bool screen = output_wants_screen(&demo->output) && script == NULL;
    demo->runner.window_ns = screen || demo->runner.stepped ? RUNNER_WINDOW_SCREEN_NS : RUNNER_WINDOW_NS;
    struct runner *runner;
    int r = runner_new(scenario, &demo->runner, &runner, err);
    if (r < 0)
        return r;
    struct engine *engine = runner_engine(runner);
    r = add_recorder(demo, engine, err);
    if (r == 0 && script != NULL)
        r = run_stepped(demo, runner, script, err);
    else if (r == 0)
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
    struct script *script = NULL;
    if (demo->runner.stepped && (demo->script != NULL || !output_wants_screen(&demo->output)))
        r = load_script(demo, &script, err);
    if (r == 0)
        r = run_scenario(demo, scenario, script, err);
    script_free(script);
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

/*
 * sockstep check: run scenarios and say what did not hold.
 */
#include "base/buf.h"
#include "cli/command.h"
#include "cli/output.h"
#include "net/address.h"
#include "scenario/expect.h"
#include "scenario/runner.h"
#include "trace/trace.h"

#include <errno.h>
#include <stdio.h>

static const struct command_option options[] = {
    {.name = "ipv6", .letter = '6', .about = "over IPv6"},
    {.name = "ipv4", .letter = '4', .about = "over IPv4"},
    {.name = "quiet", .letter = 'q', .about = "say only what does not hold"},
    {0},
};

struct check {
    int family;
    bool quiet;
};

/* Returns how many expectations do not hold, or -errno with err. */
static int run_and_compare(const struct check *check, const struct scenario *scenario, struct buf *report,
                           struct err *err)
{
    const struct runner_options runner_options = {.family = check->family, .delay_ms = -1};
    struct runner *runner;
    int r = runner_new(scenario, &runner_options, &runner, err);
    if (r < 0)
        return r;
    r = output_loop(runner_engine(runner), err);
    if (r == 0)
        r = engine_finish(runner_engine(runner), err);
    if (r == 0)
        r = expect_check(scenario, engine_timeline(runner_engine(runner)), report);
    int cursor = 0;
    for (const char *rule; r >= 0 && (rule = runner_idle_rule(runner, &cursor)) != NULL; r++)
        buf_printf(report, "differs  faults\n    the rule \"%s\" met no packet\n", rule);
    runner_free(runner);
    return r;
}

static int check_one(const struct check *check, const char *name, struct err *err)
{
    char path[SCENARIO_PATH_MAX];
    struct scenario *scenario;
    int r = scenario_find(name, path, sizeof path, err);
    if (r == 0)
        r = scenario_load(path, &scenario, err);
    if (r < 0)
        return r;
    struct buf report = {0};
    r = run_and_compare(check, scenario, &report, err);
    if (r < 0)
        err_wrap(err, "%s", scenario->name);
    else if (r > 0)
        printf("%s: %d expectation%s not hold\n%s", scenario->name, r, r == 1 ? " does" : "s do",
               buf_text(&report));
    else if (!check->quiet)
        printf("%s: ok\n", scenario->name);
    fflush(stdout);
    buf_release(&report);
    scenario_free(scenario);
    return r;
}

static int run(int argc, char **argv)
{
    struct check check = {0};
    const char *argument;
    int index, exit_code = EXIT_DONE;
    while ((index = command_next_option(&command_check, argc, argv, &argument, &exit_code)) >= 0) {
        if (index == 2)
            check.quiet = true;
        else
            check.family = index == 0 ? ADDRESS_IPV6 : ADDRESS_IPV4;
    }
    if (index == -2)
        return exit_code;
    if (optind >= argc)
        return command_misused(&command_check, "at least one scenario is wanted, by name or file");
    for (int i = optind; i < argc; i++) {
        struct err err = {0};
        int r = check_one(&check, argv[i], &err);
        int code = r < 0   ? command_fail(command_exit_code(r), "%s", err.text)
                   : r > 0 ? EXIT_DOES_NOT_HOLD
                           : 0;
        exit_code = code > exit_code ? code : exit_code;
    }
    return exit_code;
}

const struct command command_check = {
    .name = "check",
    .arguments = "NAME|FILE...",
    .about = "Run scenarios without a screen and say what did not hold.",
    .more = "Exit status 0: everything held; 1: something did not; 2: a scenario is wrong or not there;\n"
            "3: the machine cannot run the lab.\n",
    .options = options,
    .run = run,
};

/*
 * sockstep scenarios: what there is to show.
 */
#include "cli/command.h"
#include "scenario/scenario.h"

#include <stdio.h>
#include <string.h>

static void print_entry(const struct scenario *scenario, const char **group)
{
    if (*group == NULL || strcmp(*group, scenario->group) != 0) {
        printf("%s%s\n", *group != NULL ? "\n" : "", scenario->group);
        *group = scenario->group;
    }
    printf("  %2d %-22s %s (about %d s)\n", scenario->number, scenario->name, scenario->title,
           scenario->duration_s);
    if (scenario->lesson != NULL)
        printf("     %s\n", scenario->lesson);
}

static int run(int argc, char **argv)
{
    const char *argument;
    int exit_code = EXIT_DONE;
    while (command_next_option(&command_scenarios, argc, argv, &argument, &exit_code) != -1)
        return exit_code;
    scenario_list list = {0};
    scenario_list_all(&list);
    const char *group = NULL;
    array_each (const struct scenario_entry, entry, &list)
        if (entry->scenario != NULL)
            print_entry(entry->scenario, &group);
    array_each (const struct scenario_entry, entry, &list)
        if (entry->scenario == NULL)
            exit_code = command_fail(EXIT_USAGE, "%s", entry->problem.text);
    if (list.count == 0)
        exit_code =
            command_fail(EXIT_USAGE, "no scenarios found; SOCKSTEP_SCENARIOS names folders to look in");
    scenario_list_release(&list);
    return exit_code;
}

const struct command command_scenarios = {
    .name = "scenarios",
    .arguments = "",
    .about = "List the scenarios by group, each with its lesson.",
    .run = run,
};

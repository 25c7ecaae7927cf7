#include "cli/command.h"

#include <stdio.h>

static int run(int argc, char **argv)
{
    const char *argument;
    int exit_code = EXIT_DONE;
    while (command_next_option(&command_version, argc, argv, &argument, &exit_code) != -1)
        return exit_code;
    printf("sockstep %s\n", SOCKSTEP_VERSION);
    return EXIT_DONE;
}

const struct command command_version = {
    .name = "version",
    .arguments = "",
    .about = "Print the version.",
    .run = run,
};

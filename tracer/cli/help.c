#include "cli/command.h"

#include <stdio.h>

static void print_overview(void)
{
    printf("usage: sockstep COMMAND [OPTION...] [ARGUMENT...]\n\n"
           "sockstep single-steps the life of a socket: every call of the programs, every packet on the\n"
           "wire and every state in both kernels, on one causal timeline.\n\nCommands:\n");
    for (int i = 0; commands[i] != NULL; i++)
        printf("  %-10s %s\n", commands[i]->name, commands[i]->about);
    printf("\n`sockstep COMMAND --help` says more about one of them. To begin: sockstep demo tcp-hello\n");
}

static int run(int argc, char **argv)
{
    const char *argument;
    int exit_code = EXIT_DONE;
    while (command_next_option(&command_help, argc, argv, &argument, &exit_code) != -1)
        return exit_code;
    if (optind >= argc) {
        print_overview();
        return EXIT_DONE;
    }
    const struct command *command = command_find(argv[optind]);
    if (command == NULL)
        return command_fail(EXIT_USAGE, "unknown command '%s'; `sockstep help` lists them", argv[optind]);
    command_print_help(command);
    return EXIT_DONE;
}

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND]",
    .about = "List the commands, or say more about one.",
    .run = run,
};

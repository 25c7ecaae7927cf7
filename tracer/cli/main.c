/*
 * The command: sockstep SUBCOMMAND ...
 */
#include "cli/command.h"

#include <locale.h>
#include <signal.h>
#include <string.h>

const struct command *const commands[] = {
    &command_demo,
    &command_open,
    &command_check,
    &command_export,
    &command_summary,
    &command_packets,
    &command_scenarios,
    &command_doctor,
    &command_help,
    &command_version,
    NULL,
};

/* `sockstep --help` and `sockstep --version` are what people try first. */
static const char *spoken_name(const char *word)
{
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return "help";
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        return "version";
    return word;
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C"); /* files and sentences have points in numbers, everywhere */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (argc < 2) {
        command_help.run(1, argv);
        return EXIT_USAGE;
    }
    const struct command *command = command_find(spoken_name(argv[1]));
    if (command == NULL)
        return command_fail(EXIT_USAGE, "unknown command '%s'; `sockstep help` lists them", argv[1]);
    return command->run(argc - 1, argv + 1);
}

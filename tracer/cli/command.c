#include "cli/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OPTIONS_MAX 32
#define VALUE_BASE  1000 /* of long options without a letter */

const struct command *command_find(const char *name)
{
    for (int i = 0; commands[i] != NULL; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

int command_fail(int exit_code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fputs("sockstep: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return exit_code;
}

int command_misused(const struct command *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "sockstep %s: ", command->name);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "; see `sockstep %s --help`\n", command->name);
    va_end(arguments);
    return EXIT_USAGE;
}

int command_exit_code(int failure)
{
    switch (-failure) {
    case 0: return EXIT_DONE;
    case EPERM:
    case ENOSYS:
    case ENOSPC:
    case EOPNOTSUPP:
    case EMFILE:
    case ENOMEM:
    case EAGAIN: return EXIT_MACHINE;
    case ENOENT:
    case EACCES:
    case EISDIR:
    case EINVAL:
    case EPROTO: return EXIT_USAGE;
    default: return EXIT_DOES_NOT_HOLD;
    }
}

static int option_count(const struct command *command)
{
    int count = 0;
    while (command->options != NULL && command->options[count].name != NULL)
        count++;
    return count;
}

void command_print_help(const struct command *command)
{
    printf("usage: sockstep %s%s%s%s\n\n%s\n", command->name, command->options != NULL ? " [OPTION...]" : "",
           command->arguments[0] != '\0' ? " " : "", command->arguments, command->about);
    if (command->more != NULL)
        printf("\n%s", command->more);
    printf("\nOptions:\n");
    for (int i = 0; i < option_count(command); i++) {
        const struct command_option *option = &command->options[i];
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", option->name, option->argument != NULL ? " " : "",
                 option->argument != NULL ? option->argument : "");
        if (option->letter != 0)
            printf("  -%c, --%-20s %s\n", option->letter, left, option->about);
        else
            printf("      --%-20s %s\n", left, option->about);
    }
    printf("  -h, --%-20s %s\n", "help", "show this and exit");
}

/* The tables of getopt_long(3), built from the command's own. */
struct getopt_tables {
    char letters[2 * OPTIONS_MAX + 4];
    struct option longs[OPTIONS_MAX + 2];
};

static void build_tables(const struct command *command, struct getopt_tables *tables)
{
    int count = option_count(command);
    size_t used = 0;
    tables->letters[used++] = ':';
    for (int i = 0; i < count; i++) {
        const struct command_option *option = &command->options[i];
        int has_argument = option->argument != NULL ? required_argument : no_argument;
        tables->longs[i] =
            (struct option){.name = option->name, .has_arg = has_argument, .val = VALUE_BASE + i};
        if (option->letter == 0)
            continue;
        tables->letters[used++] = option->letter;
        if (has_argument == required_argument)
            tables->letters[used++] = ':';
    }
    tables->longs[count] = (struct option){.name = "help", .val = 'h'};
    tables->longs[count + 1] = (struct option){0};
    tables->letters[used++] = 'h';
    tables->letters[used] = '\0';
}

static int find_letter(const struct command *command, int letter)
{
    for (int i = 0; i < option_count(command); i++)
        if (command->options[i].letter == letter)
            return i;
    return -2;
}

int command_next_option(const struct command *command, int argc, char **argv, const char **ret_argument,
                        int *ret_exit)
{
    struct getopt_tables tables;
    build_tables(command, &tables);
    opterr = 0;
    int value = getopt_long(argc, argv, tables.letters, tables.longs, NULL);
    *ret_argument = optarg;
    switch (value) {
    case -1: return -1;
    case 'h':
        command_print_help(command);
        *ret_exit = EXIT_DONE;
        return -2;
    case ':': *ret_exit = command_misused(command, "option %s needs a value", argv[optind - 1]); return -2;
    case '?': *ret_exit = command_misused(command, "unknown option %s", argv[optind - 1]); return -2;
    default: return value >= VALUE_BASE ? value - VALUE_BASE : find_letter(command, value);
    }
}

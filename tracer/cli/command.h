/*
 * A subcommand is one file that ends in one const struct command, and one row in commands[] (main.c). Help
 * texts, the manual's list and the shell completion come from here.
 */
#ifndef SOCKSTEP_CLI_COMMAND_H
#define SOCKSTEP_CLI_COMMAND_H

#include <getopt.h>

#include "base/err.h"

/* What a command ends with; a contract with scripts. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_DOES_NOT_HOLD = 1, /* what was checked does not hold, or the work failed */
    EXIT_USAGE = 2,         /* the words of the command line, or a file that is not what it should be */
    EXIT_MACHINE = 3,       /* the machine cannot do it */
};

struct command_option {
    const char *name;     /* long name, without dashes */
    char letter;          /* short name, or 0 */
    const char *argument; /* "FILE"; NULL: takes none */
    const char *about;
};

struct command {
    const char *name;
    const char *arguments;                /* "NAME|FILE" */
    const char *about;                    /* one line */
    const char *more;                     /* paragraphs for --help, or NULL */
    const struct command_option *options; /* ended by a NULL name; NULL: none */
    /* Gets what followed the command's name, options first read through command_options(). */
    int (*run)(int argc, char **argv);
};

extern const struct command *const commands[]; /* ended by NULL */
const struct command *command_find(const char *name);

extern const struct command command_demo, command_open, command_check, command_export, command_summary,
    command_packets, command_scenarios, command_doctor, command_help, command_version;

/* The next option of a command, by getopt_long(3): the index into its options, with its argument in
 * *ret_argument; -1 when they are over (optind is the first operand); -2 when one is wrong or --help was
 * asked, with the message printed and the exit code in *ret_exit. */
int command_next_option(const struct command *command, int argc, char **argv, const char **ret_argument,
                        int *ret_exit);

void command_print_help(const struct command *command);

/* One line on stderr, "sockstep: ..."; returns the exit code. */
__attribute__((format(printf, 2, 3))) int command_fail(int exit_code, const char *format, ...);

/* Wrong operands: says what was wanted. Returns EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int command_misused(const struct command *command, const char *format,
                                                          ...);

/* The exit code for a failure -errno of the libraries: EXIT_MACHINE for what the machine does not allow or
 * have, EXIT_USAGE for what is not there or not right, else EXIT_DOES_NOT_HOLD. */
int command_exit_code(int failure);

#endif

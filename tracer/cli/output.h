/*
 * How a session or a recording is shown: the screen, the sentences, the ladder. Shared by demo and open.
 */
#ifndef SOCKSTEP_CLI_OUTPUT_H
#define SOCKSTEP_CLI_OUTPUT_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/command.h"
#include "control/engine.h"

struct output {
    bool plain, ladder; /* neither: the screen on a terminal, both elsewhere */
    bool ascii;
    bool still;        /* no motion */
    bool no_mouse;     /* the terminal keeps its mouse */
    const char *theme; /* NULL: dark */
};

/* The rows of struct command_option that output_option() understands; put them first. */
#define OUTPUT_OPTIONS                                                                                       \
    {.name = "plain", .letter = 'p', .about = "one sentence an event, no screen"},                           \
        {.name = "ladder", .letter = 'l', .about = "the ladder, 72 columns, no screen"},                     \
        {.name = "ascii", .letter = 'a', .about = "no Unicode drawing characters"},                          \
        {.name = "theme", .argument = "NAME", .about = "dark, light, high-contrast or mono"},                \
        {.name = "motion", .argument = "on|off", .about = "whether packets move on the screen"},             \
    {                                                                                                        \
        .name = "no-mouse", .about = "leave the mouse to the terminal, for copy and paste"                   \
    }
#define OUTPUT_OPTION_COUNT 6

/* Takes option number `index` (below OUTPUT_OPTION_COUNT). Returns 0, or -EINVAL with err. */
int output_option(struct output *output, int index, const char *argument, struct err *err);

/* True when the screen is to be used: neither form was asked for and both ends are a terminal. */
bool output_wants_screen(const struct output *output);

/* Before the first event: adds the sink that prints sentences, if they are wanted as they come. Returns 0 or
 * -errno. */
int output_begin(const struct output *output, struct engine *engine, struct err *err);

/* Steps the engine until it is over. Returns 0, or -errno with err. */
int output_loop(struct engine *engine, struct err *err);

/* After the last event: prints the ladder (and, where both are wanted, the sentences below it). */
int output_end(const struct output *output, const struct engine *engine, struct err *err);

#endif

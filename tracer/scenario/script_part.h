/*
 * What the two files of a script share: its commands, and how the words behind a command are read.
 */
#ifndef SOCKSTEP_SCENARIO_SCRIPT_PART_H
#define SOCKSTEP_SCENARIO_SCRIPT_PART_H

#include "base/array.h"
#include "base/clock.h"
#include "scenario/script.h"

#define SCRIPT_WORD_MAX 64

enum target_kind { TARGET_SUGGESTED, TARGET_LANE, TARGET_PACKET, TARGET_FROM };

struct command {
    const struct verb *verb;
    int line, column;
    enum target_kind target;
    char name[NAME_MAX_BYTES]; /* lane or host */
    uint64_t packet;
    bool has_call;
    enum call call;
    int number; /* times, ms, errno, enum step_mode */
    struct lab_order order;
    struct expression expression;
    char text[STEPPER_TEXT_MAX];
};

/* What a command does each time it is asked: 1 it is done, 0 it must wait, -errno with err. */
struct script;
typedef int perform(struct script *script, struct command *command, struct engine *engine, struct err *err);

struct reading {
    const char *file, *line_text, *at;
    int line;
    const char *word_at; /* for messages */
    struct err *err;
};

typedef int read_rest(struct reading *reading, struct command *command);

struct verb {
    const char *name;
    read_rest *read;
    perform *perform;
    enum fault_action action;
};

struct script {
    struct director director; /* first */
    char *file;
    struct runner *runner;
    struct stepper *stepper;
    struct clock clock;
    ARRAY(struct command) commands;
    size_t at;
    int64_t begun_ns; /* of the command at hand; 0: not begun */
    int stops;        /* of the stepper, when it began */
    int left;         /* times that are left */
    bool stopped;
    size_t since; /* records there were when something was last let go */
};

/* One line of what is wrong with `text`, at r->word_at, in r->err. Returns -EINVAL. */
int script_wrong(struct reading *r, const char *text, const char *what);

/* The next word of the line; false at its end. */
bool script_next_word(struct reading *r, char word[SCRIPT_WORD_MAX]);

/* Each reads what may stand behind its commands. 0, or -EINVAL with the line in r->err. */
read_rest script_read_end;
read_rest script_read_release;
read_rest script_read_fault;
read_rest script_read_fail;
read_rest script_read_next;
read_rest script_read_wait;
read_rest script_read_host;
read_rest script_read_hold;
read_rest script_read_text;
read_rest script_read_expression;

#endif

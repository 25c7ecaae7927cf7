/* The words of a script. */
#include "scenario/script_part.h"

#include "scenario/load_near.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_MAX 3600000

int script_wrong(struct reading *r, const char *text, const char *what)
{
    int column = (int)(r->word_at - r->line_text) + 1;
    return err_set(r->err, EINVAL, "%.200s:%d:%d: %.100s%s%.100s%s", r->file, r->line, column, what,
                   text[0] != '\0' ? " '" : "", text, text[0] != '\0' ? "'" : "");
}

bool script_next_word(struct reading *r, char word[SCRIPT_WORD_MAX])
{
    r->at += strspn(r->at, " \t\r");
    r->word_at = r->at;
    size_t length = strcspn(r->at, " \t\r");
    snprintf(word, SCRIPT_WORD_MAX, "%.*s", (int)(length < SCRIPT_WORD_MAX ? length : SCRIPT_WORD_MAX - 1),
             r->at);
    r->at += length;
    return length != 0;
}

int script_read_end(struct reading *r, struct command *command)
{
    char word[SCRIPT_WORD_MAX];
    (void)command;
    return script_next_word(r, word) ? script_wrong(r, word, "nothing more is expected, but there is") : 0;
}

static int read_number(struct reading *r, int most, int *ret_number)
{
    char word[SCRIPT_WORD_MAX], *end;
    if (!script_next_word(r, word))
        return script_wrong(r, "", "here a number is missing");
    long number = strtol(word, &end, 10);
    if (*end != '\0' || number < 1 || number > most)
        return script_wrong(r, word, "here a number from 1 on is expected, not");
    *ret_number = (int)number;
    return 0;
}

static int read_name(struct reading *r, char name[NAME_MAX_BYTES])
{
    char word[SCRIPT_WORD_MAX];
    if (!script_next_word(r, word))
        return script_wrong(r, "", "here a name is missing");
    if (strlen(word) >= NAME_MAX_BYTES)
        return script_wrong(r, word, "no lane or host has such a long name:");
    memcpy(name, word, strlen(word) + 1);
    return 0;
}

/* Behind "packet": a number, or "from HOST". */
static int read_packet(struct reading *r, struct command *command)
{
    char word[SCRIPT_WORD_MAX], *end;
    if (!script_next_word(r, word))
        return script_wrong(r, "", "which packet? Its number, or: from HOST");
    if (strcmp(word, "from") == 0) {
        command->target = TARGET_FROM;
        return read_name(r, command->name);
    }
    command->target = TARGET_PACKET;
    command->packet = strtoull(word, &end, 10);
    return *end == '\0' && command->packet != 0
               ? 0
               : script_wrong(r, word, "which packet? Its number, or from HOST, not");
}

static int read_call(struct reading *r, struct command *command)
{
    char word[SCRIPT_WORD_MAX];
    if (!script_next_word(r, word))
        return 0;
    command->has_call = true;
    return call_parse(word, &command->call) == 0 ? script_read_end(r, command)
                                                 : script_wrong(r, word, "there is no call");
}

int script_read_release(struct reading *r, struct command *command)
{
    int result = read_name(r, command->name);
    if (result < 0)
        return result;
    if (strcmp(command->name, "packet") != 0) {
        command->target = TARGET_LANE;
        return read_call(r, command);
    }
    result = read_packet(r, command);
    return result == 0 ? script_read_end(r, command) : result;
}

int script_read_fault(struct reading *r, struct command *command)
{
    char word[SCRIPT_WORD_MAX];
    int ms = 0;
    command->order.action = command->verb->action;
    if (!script_next_word(r, word) || strcmp(word, "packet") != 0)
        return script_wrong(r, word, "here 'packet' is expected, not");
    int result = read_packet(r, command);
    if (result == 0 && command->order.action == FAULT_DELAY)
        result = read_number(r, MS_MAX, &ms);
    command->order.delay_ns = ms * NS_PER_MS;
    if (result == 0 && command->order.action == FAULT_ICMP) {
        bool there = script_next_word(r, word), host = strcmp(word, "host") == 0;
        if (!there || (!host && strcmp(word, "port") != 0))
            return script_wrong(r, word, "what is unreachable? port or host, not");
        command->order.icmp = host ? FAULT_ICMP_HOST : FAULT_ICMP_PORT;
    }
    return result == 0 ? script_read_end(r, command) : result;
}

int script_read_fail(struct reading *r, struct command *command)
{
    char word[SCRIPT_WORD_MAX];
    command->target = TARGET_LANE;
    int result = read_name(r, command->name);
    if (result < 0)
        return result;
    if (!script_next_word(r, word) || errno_parse(word, &command->number) < 0)
        return script_wrong(r, word, "here an error such as ECONNREFUSED is expected, not");
    return script_read_end(r, command);
}

int script_read_next(struct reading *r, struct command *command)
{
    command->number = 1;
    const char *rest = r->at + strspn(r->at, " \t\r");
    int result = *rest != '\0' ? read_number(r, 100000, &command->number) : 0;
    return result == 0 ? script_read_end(r, command) : result;
}

int script_read_wait(struct reading *r, struct command *command)
{
    int result = read_number(r, MS_MAX, &command->number);
    return result == 0 ? script_read_end(r, command) : result;
}

int script_read_host(struct reading *r, struct command *command)
{
    int result = read_name(r, command->name);
    return result == 0 ? script_read_end(r, command) : result;
}

int script_read_hold(struct reading *r, struct command *command)
{
    static const char *const names[] = {
        [STEP_NOTHING] = "nothing", [STEP_CALLS] = "calls", [STEP_PACKETS] = "packets", [STEP_BOTH] = "both"};
    char word[SCRIPT_WORD_MAX];
    bool there = script_next_word(r, word);
    for (int i = 0; there && i < 4; i++)
        if (strcmp(names[i], word) == 0) {
            command->number = i;
            return script_read_end(r, command);
        }
    return script_wrong(r, word, "hold what? calls, packets, both or nothing, not");
}

static void rest_of_line(struct reading *r, struct command *command)
{
    r->at += strspn(r->at, " \t\r");
    r->word_at = r->at;
    snprintf(command->text, sizeof command->text, "%s", r->at);
    size_t length = strlen(command->text);
    while (length > 0 && strchr(" \t\r", command->text[length - 1]) != NULL)
        command->text[--length] = '\0';
}

int script_read_text(struct reading *r, struct command *command)
{
    rest_of_line(r, command);
    return command->text[0] != '\0' ? 0 : script_wrong(r, "", "here a text is missing");
}

int script_read_expression(struct reading *r, struct command *command)
{
    int column;
    struct err problem;
    rest_of_line(r, command);
    int result = expression_parse(command->text, &command->expression, &column, &problem);
    if (result < 0)
        err_set(r->err, EINVAL, "%.200s:%d:%d: %.250s", r->file, r->line,
                (int)(r->at - r->line_text) + column, problem.text);
    return result;
}

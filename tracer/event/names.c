/* The vocabularies as tables; each comes from its .def list. */
#include "event/names.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
    const char *text, *what;
};

static const struct word event_words[] = {
#define EVENT(name, text, member, what) {text, what},
#include "event/event.def"
#undef EVENT
};

static const struct word state_words[] = {
#define STATE(name, kernel, text, what) {text, what},
#include "event/state.def"
#undef STATE
};

static const int state_kernel_numbers[] = {
#define STATE(name, kernel, text, what) kernel,
#include "event/state.def"
#undef STATE
};

static const struct word rule_words[] = {
#define RULE(name, text, what) {text, what},
#include "event/rule.def"
#undef RULE
};

static const struct word witness_words[] = {
#define WITNESS(name, text, what) {text, what},
#include "event/witness.def"
#undef WITNESS
};

static const struct word call_words[] = {
#define CALL(name, arguments, returns) {#name, arguments},
#include "event/call.def"
#undef CALL
};

static const char call_return_letters[] = {
#define CALL(name, arguments, returns) returns,
#include "event/call.def"
#undef CALL
};

static const struct word unknown_word = {"?", "?"};

static const struct word *word_at(const struct word *words, size_t count, size_t index)
{
    return index < count ? &words[index] : &unknown_word;
}

static int word_parse(const struct word *words, size_t count, const char *text, size_t *ret_index)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i].text, text) == 0) {
            *ret_index = i;
            return 0;
        }
    }
    return -EINVAL;
}

const char *event_kind_name(enum event_kind kind)
{
    return word_at(event_words, EVENT_KIND_COUNT, kind)->text;
}

const char *event_kind_what(enum event_kind kind)
{
    return word_at(event_words, EVENT_KIND_COUNT, kind)->what;
}

const char *state_name(enum state state)
{
    return word_at(state_words, STATE_COUNT, state)->text;
}

const char *state_what(enum state state)
{
    return word_at(state_words, STATE_COUNT, state)->what;
}

const char *rule_name(enum rule rule)
{
    return word_at(rule_words, RULE_COUNT, rule)->text;
}

const char *rule_what(enum rule rule)
{
    return word_at(rule_words, RULE_COUNT, rule)->what;
}

const char *witness_name(enum witness witness)
{
    return word_at(witness_words, WITNESS_COUNT, witness)->text;
}

const char *call_name(enum call call)
{
    return word_at(call_words, CALL_COUNT, call)->text;
}

int event_kind_parse(const char *text, enum event_kind *ret_kind)
{
    size_t index;
    int r = word_parse(event_words, EVENT_KIND_COUNT, text, &index);
    if (r == 0)
        *ret_kind = (enum event_kind)index;
    return r;
}

int state_parse(const char *text, enum state *ret_state)
{
    size_t index;
    int r = word_parse(state_words, STATE_COUNT, text, &index);
    if (r == 0)
        *ret_state = (enum state)index;
    return r;
}

int rule_parse(const char *text, enum rule *ret_rule)
{
    size_t index;
    int r = word_parse(rule_words, RULE_COUNT, text, &index);
    if (r == 0)
        *ret_rule = (enum rule)index;
    return r;
}

int witness_parse(const char *text, enum witness *ret_witness)
{
    size_t index;
    int r = word_parse(witness_words, WITNESS_COUNT, text, &index);
    if (r == 0)
        *ret_witness = (enum witness)index;
    return r;
}

int call_parse(const char *text, enum call *ret_call)
{
    size_t index;
    int r = word_parse(call_words, CALL_COUNT, text, &index);
    if (r == 0)
        *ret_call = (enum call)index;
    return r;
}

char call_returns(enum call call)
{
    return (size_t)call < CALL_COUNT ? call_return_letters[call] : 'n';
}

/* "d:fd a:address" cut into its words, once. */
struct argument {
    char type;
    char name[15];
};

static struct argument argument_table[CALL_COUNT][CALL_ARGUMENTS_MAX];

static void argument_table_fill(void)
{
    for (size_t call = 0; call < CALL_COUNT; call++) {
        const char *at = call_words[call].what;
        for (int i = 0; i < CALL_ARGUMENTS_MAX && *at != '\0'; i++) {
            struct argument *argument = &argument_table[call][i];
            size_t length = strcspn(at + 2, " ");
            snprintf(argument->name, sizeof argument->name, "%.*s", (int)length, at + 2);
            argument->type = at[0];
            at += 2 + length;
            at += *at == ' ';
        }
    }
}

const char *call_argument(enum call call, int index, char *ret_type)
{
    static bool filled;
    if (!filled) {
        argument_table_fill();
        filled = true;
    }
    if ((size_t)call >= CALL_COUNT || index < 0 || index >= CALL_ARGUMENTS_MAX)
        return NULL;
    const struct argument *argument = &argument_table[call][index];
    if (argument->type == '\0')
        return NULL;
    *ret_type = argument->type;
    return argument->name;
}

#define KERNEL_NEW_SYN_RECEIVED 12

enum state state_from_kernel(int number)
{
    if (number == KERNEL_NEW_SYN_RECEIVED)
        return STATE_SYN_RECEIVED;
    for (size_t i = 0; number > 0 && i < STATE_COUNT; i++)
        if (state_kernel_numbers[i] == number)
            return (enum state)i;
    return STATE_NONE;
}

const char *errno_name(int error_number)
{
    static _Thread_local char unnamed[24];
    if (error_number == 0)
        return "";
    const char *name = strerrorname_np(error_number);
    if (name != NULL)
        return name;
    snprintf(unnamed, sizeof unnamed, "errno %d", error_number);
    return unnamed;
}

#define ERRNO_MAX 4095 /* as the kernel's MAX_ERRNO */

static int errno_parse_unnamed(const char *text, int *ret_error_number)
{
    static const char prefix[] = "errno ";
    if (strncmp(text, prefix, sizeof prefix - 1) != 0)
        return -EINVAL;
    char *end;
    errno = 0;
    long number = strtol(text + sizeof prefix - 1, &end, 10);
    if (errno != 0 || *end != '\0' || end == text + sizeof prefix - 1 || number < INT32_MIN ||
        number > INT32_MAX)
        return -EINVAL;
    *ret_error_number = (int)number;
    return 0;
}

/* Second names of the same number. */
static const struct {
    const char *text;
    int number;
} errno_aliases[] = {
    {"EWOULDBLOCK", EWOULDBLOCK},
    {"EOPNOTSUPP", EOPNOTSUPP},
    {"EDEADLOCK", EDEADLOCK},
};

int errno_parse(const char *text, int *ret_error_number)
{
    if (text[0] == '\0') {
        *ret_error_number = 0;
        return 0;
    }
    for (int i = 1; i <= ERRNO_MAX; i++) {
        const char *name = strerrorname_np(i);
        if (name != NULL && strcmp(name, text) == 0) {
            *ret_error_number = i;
            return 0;
        }
    }
    for (size_t i = 0; i < sizeof errno_aliases / sizeof *errno_aliases; i++) {
        if (strcmp(errno_aliases[i].text, text) == 0) {
            *ret_error_number = errno_aliases[i].number;
            return 0;
        }
    }
    return errno_parse_unnamed(text, ret_error_number);
}

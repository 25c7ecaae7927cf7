/*
 * The vocabularies: enums and their names, each from one .def list.
 */
#ifndef SOCKSTEP_EVENT_NAMES_H
#define SOCKSTEP_EVENT_NAMES_H

#include <stdint.h>

enum event_kind {
#define EVENT(name, text, member, what) EVENT_##name,
#include "event/event.def"
#undef EVENT
    EVENT_KIND_COUNT
};

enum state {
#define STATE(name, kernel, text, what) STATE_##name,
#include "event/state.def"
#undef STATE
    STATE_COUNT
};

enum rule {
#define RULE(name, text, what) RULE_##name,
#include "event/rule.def"
#undef RULE
    RULE_COUNT
};

enum witness {
#define WITNESS(name, text, what) WITNESS_##name,
#include "event/witness.def"
#undef WITNESS
    WITNESS_COUNT
};

enum call {
#define CALL(name, arguments, returns) CALL_##name,
#include "event/call.def"
#undef CALL
    CALL_COUNT
};

/* Names are static; a value outside the enum gives "?". */
const char *event_kind_name(enum event_kind kind);
const char *event_kind_what(enum event_kind kind);
const char *state_name(enum state state);
const char *state_what(enum state state);
const char *rule_name(enum rule rule);
const char *rule_what(enum rule rule);
const char *witness_name(enum witness witness);
const char *call_name(enum call call);

/* 'd', 'n' or 'z' of call.def. */
char call_returns(enum call call);

/* Argument number `index` (0..) of a call: its type letter in *ret_type, and its name; NULL when there is
 * no such argument. The name is static. */
const char *call_argument(enum call call, int index, char *ret_type);

#define CALL_ARGUMENTS_MAX 6

/* The inverses return 0 and set the result, or -EINVAL and leave it untouched. */
int event_kind_parse(const char *text, enum event_kind *ret_kind);
int state_parse(const char *text, enum state *ret_state);
int rule_parse(const char *text, enum rule *ret_rule);
int witness_parse(const char *text, enum witness *ret_witness);
int call_parse(const char *text, enum call *ret_call);

/* The state with this number in the kernel (net/tcp_states.h); TCP_NEW_SYN_RECV (12) is SYN_RECEIVED; an
 * unknown number is STATE_NONE. */
enum state state_from_kernel(int number);

/* "ECONNREFUSED"; or "errno 999" for a number without a name. Static or thread-local; 0 gives "". */
const char *errno_name(int error_number);
/* Returns 0 or -EINVAL. */
int errno_parse(const char *text, int *ret_error_number);

#endif

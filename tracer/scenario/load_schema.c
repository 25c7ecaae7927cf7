#include "scenario/load_schema.h"

#include "base/xalloc.h"
#include "net/address.h"
#include "scenario/scenario.h"

#define OPTIONAL CYAML_FLAG_OPTIONAL
#define REQUIRED CYAML_FLAG_DEFAULT

/* Longest texts, in bytes. */
#define NAME_TEXT    15
#define WORD_TEXT    95
#define LINE_TEXT    240
#define PARAGRAPH    4000
#define SEQUENCE_MAX 500

#define TEXT(key, flags, type, member, max) CYAML_FIELD_STRING_PTR(key, flags, struct type, member, 1, max)
#define LIST(key, flags, type, member, count, entry, min, max)                                               \
    CYAML_FIELD_SEQUENCE_COUNT(key, (flags) | CYAML_FLAG_POINTER, struct type, member, count, &(entry), min, \
                               max)

static const cyaml_schema_value_t name_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, NAME_TEXT),
};

static const cyaml_schema_value_t word_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, WORD_TEXT),
};

static const cyaml_schema_value_t line_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, LINE_TEXT),
};

static const cyaml_strval_t families[] = {{"ipv4", ADDRESS_IPV4}, {"ipv6", ADDRESS_IPV6}};
static const cyaml_strval_t witnesses[] = {
    {"kernel", WITNESS_KERNEL}, {"wire", WITNESS_WIRE}, {"api", WITNESS_API}};
static const cyaml_strval_t letters[] = {{"a", 0}, {"b", 1}, {"c", 2}, {"d", 3}};

static const cyaml_schema_field_t sysctl_fields[] = {
    TEXT("name", REQUIRED, scenario_sysctl, name, WORD_TEXT),
    TEXT("value", REQUIRED, scenario_sysctl, value, WORD_TEXT),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t sysctl_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_sysctl, sysctl_fields),
};

static const cyaml_schema_field_t network_fields[] = {
    CYAML_FIELD_ENUM("family", OPTIONAL | CYAML_FLAG_STRICT, struct scenario_network, family, families,
                     CYAML_ARRAY_LEN(families)),
    CYAML_FIELD_INT("delay_ms", OPTIONAL, struct scenario_network, delay_ms),
    CYAML_FIELD_INT("spacing_ms", OPTIONAL, struct scenario_network, spacing_ms),
    CYAML_FIELD_INT("mtu", OPTIONAL, struct scenario_network, mtu),
    CYAML_FIELD_BOOL("quick_ack", OPTIONAL, struct scenario_network, quick_ack),
    LIST("sysctls", OPTIONAL, scenario_network, sysctls, sysctl_count, sysctl_value, 0, 16),
    LIST("hosts", REQUIRED, scenario_network, hosts, host_count, name_value, 2, SCENARIO_HOSTS_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t fault_fields[] = {
    TEXT("drop", OPTIONAL, scenario_fault, drop, WORD_TEXT),
    TEXT("delay", OPTIONAL, scenario_fault, delay, WORD_TEXT),
    TEXT("duplicate", OPTIONAL, scenario_fault, duplicate, WORD_TEXT),
    TEXT("swap", OPTIONAL, scenario_fault, swap, WORD_TEXT),
    TEXT("corrupt", OPTIONAL, scenario_fault, corrupt, WORD_TEXT),
    TEXT("answer", OPTIONAL, scenario_fault, answer, WORD_TEXT),
    TEXT("cut", OPTIONAL, scenario_fault, cut, WORD_TEXT),
    TEXT("pace", OPTIONAL, scenario_fault, pace, WORD_TEXT),
    TEXT("hold", OPTIONAL, scenario_fault, hold, WORD_TEXT),
    CYAML_FIELD_INT("nth", OPTIONAL, struct scenario_fault, nth),
    CYAML_FIELD_INT("ms", OPTIONAL, struct scenario_fault, ms),
    CYAML_FIELD_INT("from_ms", OPTIONAL, struct scenario_fault, from_ms),
    CYAML_FIELD_INT("for_ms", OPTIONAL, struct scenario_fault, for_ms),
    CYAML_FIELD_INT("kbit_s", OPTIONAL, struct scenario_fault, kbit_s),
    CYAML_FIELD_INT("byte", OPTIONAL, struct scenario_fault, byte),
    CYAML_FIELD_INT("mtu", OPTIONAL, struct scenario_fault, mtu),
    CYAML_FIELD_INT("port", OPTIONAL, struct scenario_fault, port),
    CYAML_FIELD_INT("longer_than", OPTIONAL, struct scenario_fault, longer_than),
    TEXT("with", OPTIONAL, scenario_fault, with, WORD_TEXT),
    TEXT("until", OPTIONAL, scenario_fault, until, WORD_TEXT),
    TEXT("after", OPTIONAL, scenario_fault, after, WORD_TEXT),
    TEXT("payload", OPTIONAL, scenario_fault, payload, WORD_TEXT),
    TEXT("from", OPTIONAL, scenario_fault, from, NAME_TEXT),
    TEXT("to", OPTIONAL, scenario_fault, to, NAME_TEXT),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t fault_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_fault, fault_fields),
};

static const cyaml_schema_field_t step_fields[] = {
    TEXT("text", REQUIRED, scenario_step, text, WORD_TEXT),
    LIST("calls", OPTIONAL, scenario_step, calls, call_count, word_value, 0, 16),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t step_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_step, step_fields),
};

static const cyaml_schema_field_t lane_fields[] = {
    TEXT("name", REQUIRED, scenario_lane, name, NAME_TEXT),
    TEXT("host", REQUIRED, scenario_lane, host, NAME_TEXT),
    TEXT("program", REQUIRED, scenario_lane, program, LINE_TEXT),
    LIST("arguments", OPTIONAL, scenario_lane, arguments, argument_count, line_value, 0, 32),
    TEXT("source", OPTIONAL, scenario_lane, source, LINE_TEXT),
    TEXT("after", OPTIONAL, scenario_lane, after, WORD_TEXT),
    CYAML_FIELD_BOOL("preload", OPTIONAL, struct scenario_lane, preload),
    CYAML_FIELD_BOOL("stays", OPTIONAL, struct scenario_lane, stays),
    LIST("steps", OPTIONAL, scenario_lane, steps, step_count, step_value, 0, 16),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t lane_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_lane, lane_fields),
};

static const cyaml_schema_field_t call_list_fields[] = {
    TEXT("lane", REQUIRED, scenario_call_list, lane, NAME_TEXT),
    LIST("sequence", REQUIRED, scenario_call_list, sequence, count, word_value, 1, SEQUENCE_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t call_list_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_call_list, call_list_fields),
};

static const cyaml_schema_field_t state_path_fields[] = {
    TEXT("lane", REQUIRED, scenario_state_path, lane, NAME_TEXT),
    CYAML_FIELD_ENUM("witness", REQUIRED | CYAML_FLAG_STRICT, struct scenario_state_path, witness, witnesses,
                     CYAML_ARRAY_LEN(witnesses)),
    CYAML_FIELD_INT("connection", OPTIONAL, struct scenario_state_path, connection),
    LIST("path", REQUIRED, scenario_state_path, path, count, word_value, 1, SEQUENCE_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t state_path_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_state_path, state_path_fields),
};

static const cyaml_schema_field_t exit_fields[] = {
    TEXT("lane", REQUIRED, scenario_exit, lane, NAME_TEXT),
    CYAML_FIELD_INT("code", REQUIRED, struct scenario_exit, code),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t exit_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_exit, exit_fields),
};

static const cyaml_schema_field_t cause_fields[] = {
    TEXT("what", REQUIRED, scenario_cause, what, WORD_TEXT),
    CYAML_FIELD_INT("nth", OPTIONAL, struct scenario_cause, nth),
    TEXT("because", REQUIRED, scenario_cause, because, WORD_TEXT),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t cause_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_cause, cause_fields),
};

static const cyaml_schema_field_t expect_fields[] = {
    LIST("calls", OPTIONAL, scenario_expect, calls, call_count, call_list_value, 0, 16),
    LIST("packets", OPTIONAL, scenario_expect, packets, packet_count, word_value, 0, SEQUENCE_MAX),
    LIST("states", OPTIONAL, scenario_expect, states, state_count, state_path_value, 0, 32),
    LIST("exits", OPTIONAL, scenario_expect, exits, exit_count, exit_value, 0, 16),
    LIST("causes", OPTIONAL, scenario_expect, causes, cause_count, cause_value, 0, SEQUENCE_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t caption_fields[] = {
    TEXT("at", REQUIRED, scenario_caption, at, WORD_TEXT),
    CYAML_FIELD_INT("nth", OPTIONAL, struct scenario_caption, nth),
    TEXT("what", REQUIRED, scenario_caption, what, LINE_TEXT),
    TEXT("why", OPTIONAL, scenario_caption, why, LINE_TEXT),
    TEXT("see", OPTIONAL, scenario_caption, see, LINE_TEXT),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t caption_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_caption, caption_fields),
};

static const cyaml_schema_field_t question_fields[] = {
    TEXT("at", OPTIONAL, scenario_question, at, WORD_TEXT),
    TEXT("ask", REQUIRED, scenario_question, ask, LINE_TEXT),
    LIST("choices", REQUIRED, scenario_question, choices, choice_count, line_value, 2, SCENARIO_CHOICES_MAX),
    CYAML_FIELD_ENUM("answer", REQUIRED | CYAML_FLAG_STRICT, struct scenario_question, answer, letters,
                     CYAML_ARRAY_LEN(letters)),
    TEXT("why", REQUIRED, scenario_question, why, PARAGRAPH),
    TEXT("belief", OPTIONAL, scenario_question, belief, LINE_TEXT),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t question_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_question, question_fields),
};

static const cyaml_schema_field_t scenario_fields[] = {
    TEXT("name", REQUIRED, scenario, name, 40),
    TEXT("title", REQUIRED, scenario, title, 72),
    CYAML_FIELD_INT("number", REQUIRED, struct scenario, number),
    TEXT("group", REQUIRED, scenario, group, 48),
    TEXT("lesson", REQUIRED, scenario, lesson, LINE_TEXT),
    TEXT("analogy", OPTIONAL, scenario, analogy, PARAGRAPH),
    TEXT("belief", OPTIONAL, scenario, belief, LINE_TEXT),
    TEXT("deck", OPTIONAL, scenario, deck, LINE_TEXT),
    CYAML_FIELD_INT("duration_s", REQUIRED, struct scenario, duration_s),
    CYAML_FIELD_MAPPING("network", REQUIRED, struct scenario, network, network_fields),
    LIST("faults", OPTIONAL, scenario, faults, fault_count, fault_value, 0, SCENARIO_FAULTS_MAX),
    LIST("lanes", REQUIRED, scenario, lanes, lane_count, lane_value, 1, SCENARIO_LANES_MAX),
    CYAML_FIELD_MAPPING("expect", REQUIRED, struct scenario, expect, expect_fields),
    LIST("captions", OPTIONAL, scenario, captions, caption_count, caption_value, 0, 64),
    LIST("questions", OPTIONAL, scenario, questions, question_count, question_value, 0, 16),
    TEXT("notes", OPTIONAL, scenario, notes, PARAGRAPH),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t scenario_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct scenario, scenario_fields),
};

static void *memory(void *context, void *old, size_t size)
{
    (void)context;
    if (size != 0)
        return xrealloc(old, size);
    free(old);
    return NULL;
}

const cyaml_config_t scenario_yaml_config = {
    .mem_fn = memory,
    .flags = CYAML_CFG_NO_ALIAS,
};

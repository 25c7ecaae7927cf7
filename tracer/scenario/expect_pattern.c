#include "scenario/expect_pattern.h"

#include "scenario/load_near.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 96

/* A copy to cut up: without blanks around it and without the marks at its end. */
struct rest {
    char text[TEXT_MAX];
    char *at;
};

static int rest_start(struct rest *rest, const char *text, struct err *err)
{
    size_t length = strlen(text);
    if (length >= TEXT_MAX)
        return err_set(err, EINVAL, "'%.30s...' is too long", text);
    memcpy(rest->text, text, length + 1);
    rest->at = rest->text + strspn(rest->text, " ");
    while (length > 0 && rest->text[length - 1] == ' ')
        rest->text[--length] = '\0';
    return *rest->at != '\0' ? 0 : err_set(err, EINVAL, "nothing is written here");
}

/* Cuts a mark such as "?" off the end; true when it was there. */
static bool cut_mark(struct rest *rest, const char *mark)
{
    size_t length = strlen(rest->at), count = strlen(mark);
    if (length <= count || strcmp(rest->at + length - count, mark) != 0)
        return false;
    length -= count;
    while (length > 0 && rest->at[length - 1] == ' ')
        length--;
    rest->at[length] = '\0';
    return true;
}

/* The next word up to a blank; NULL at the end. */
static const char *next_word(struct rest *rest)
{
    char *word = rest->at + strspn(rest->at, " ");
    if (*word == '\0')
        return NULL;
    char *end = word + strcspn(word, " ");
    rest->at = *end != '\0' ? end + 1 : end;
    *end = '\0';
    return word;
}

static bool parse_number(const char *text, int64_t *ret_number)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        return false;
    *ret_number = number;
    return true;
}

static bool is_gap(const char *text)
{
    return strcmp(text, "...") == 0;
}

/* "data 5,FIN" or "SYN,ACK" */
static int parse_segment(const char *text, struct pattern *pattern, struct err *err)
{
    char flags[TCP_FLAGS_TEXT_MAX];
    pattern->is_tcp = true;
    if (strncmp(text, "data", 4) != 0)
        return tcp_flags_parse(text, &pattern->flags) == 0
                   ? 0
                   : err_set(err, EINVAL,
                             "'%s' is no packet: write flags (SYN,ACK), 'data 5', 'UDP 5' or 'ICMP ...'",
                             text);
    pattern->has_payload = true;
    const char *comma = strchr(text, ',');
    snprintf(flags, sizeof flags, "%s", comma != NULL ? comma + 1 : "-");
    if (comma != NULL && tcp_flags_parse(flags, &pattern->flags) != 0)
        return err_set(err, EINVAL, "'%s' are no TCP flags", flags);
    char number[24];
    size_t length = comma != NULL ? (size_t)(comma - text) : strlen(text);
    snprintf(number, sizeof number, "%.*s", (int)length - 4, text + 4);
    if (length > 4 && (!parse_number(number, &pattern->payload_bytes) || pattern->payload_bytes < 1))
        return err_set(err, EINVAL, "'%s': behind 'data' comes a number of bytes", text);
    return 0;
}

int pattern_parse_packet(const char *text, struct pattern *ret_pattern, struct err *err)
{
    struct rest rest;
    struct pattern pattern = {.kind = PATTERN_PACKET, .payload_bytes = -1};
    int r = rest_start(&rest, text, err);
    if (r < 0)
        return r;
    pattern.optional = cut_mark(&rest, "?");
    if (is_gap(rest.at)) {
        *ret_pattern = (struct pattern){.kind = PATTERN_GAP};
        return 0;
    }
    pattern.lost = cut_mark(&rest, " x");
    pattern.from_first_host = *rest.at == '>';
    if (*rest.at != '>' && *rest.at != '<')
        return err_set(err, EINVAL, "'%s': a packet begins with '>' (from the first host) or '<'", text);
    rest.at += 1 + strspn(rest.at + 1, " ");
    if (strncmp(rest.at, "UDP", 3) == 0 || strncmp(rest.at, "ICMP", 4) == 0)
        snprintf(pattern.word, sizeof pattern.word, "%.47s", rest.at);
    else
        r = parse_segment(rest.at, &pattern, err);
    if (r == 0)
        *ret_pattern = pattern;
    return r;
}

static int parse_result(const char *text, struct pattern *pattern, struct err *err)
{
    int number = 0;
    while (*text == ' ')
        text++;
    if (strncmp(text, "-1 E", 4) == 0)
        text += 3;
    if (strcmp(text, "blocked") == 0) {
        pattern->result_kind = RESULT_BLOCKED;
    } else if (parse_number(text, &pattern->result)) {
        pattern->result_kind = RESULT_NUMBER;
    } else if (errno_parse(text, &number) == 0) {
        pattern->result_kind = RESULT_ERROR;
        pattern->result = number;
    } else {
        return err_set(err, EINVAL, "'%s' is no result: write a number, an error (ECONNREFUSED) or 'blocked'",
                       text);
    }
    return 0;
}

static int parse_call_name(const char *name, struct pattern *pattern, struct err *err)
{
    char hint[NEAR_HINT_MAX];
    if (name == NULL)
        return err_set(err, EINVAL, "the name of a call is missing");
    if (call_parse(name, &pattern->call) == 0)
        return 0;
    struct near near = near_to(name);
    for (int i = 0; i < CALL_COUNT; i++)
        near_offer(&near, call_name((enum call)i));
    return err_set(err, EINVAL, "unknown call '%s'%s", name, near_hint(&near, hint));
}

static int parse_call(const char *text, bool with_lane, struct pattern *ret_pattern, struct err *err)
{
    struct rest rest;
    struct pattern pattern = {.kind = PATTERN_CALL, .number = -1};
    int r = rest_start(&rest, text, err);
    if (r < 0)
        return r;
    pattern.optional = cut_mark(&rest, "?");
    if (is_gap(rest.at)) {
        *ret_pattern = (struct pattern){.kind = PATTERN_GAP};
        return 0;
    }
    char *equals = strchr(rest.at, '=');
    if (equals != NULL) {
        *equals = '\0';
        r = parse_result(equals + 1, &pattern, err);
    }
    if (r == 0 && with_lane) {
        const char *lane = next_word(&rest);
        snprintf(pattern.lane, sizeof pattern.lane, "%s", lane != NULL ? lane : "");
    }
    if (r == 0)
        r = parse_call_name(next_word(&rest), &pattern, err);
    const char *number = r == 0 ? next_word(&rest) : NULL;
    if (number != NULL && (!parse_number(number, &pattern.number) || pattern.number < 0))
        r = err_set(err, EINVAL, "'%s' behind the call is no number", number);
    if (r == 0)
        *ret_pattern = pattern;
    return r;
}

int pattern_parse_call(const char *text, struct pattern *ret_pattern, struct err *err)
{
    return parse_call(text, false, ret_pattern, err);
}

int pattern_parse_event(const char *text, struct pattern *ret_pattern, struct err *err)
{
    struct pattern pattern;
    size_t blanks = strspn(text, " ");
    bool packet = text[blanks] == '>' || text[blanks] == '<';
    int r = packet ? pattern_parse_packet(text, &pattern, err) : parse_call(text, true, &pattern, err);
    if (r == 0 && (pattern.kind == PATTERN_GAP || pattern.optional))
        r = err_set(err, EINVAL, "'%s': here one event is meant, without '?' and '...'", text);
    if (r == 0)
        *ret_pattern = pattern;
    return r;
}

int pattern_parse_state(const char *text, struct pattern *ret_pattern, struct err *err)
{
    struct rest rest;
    char hint[NEAR_HINT_MAX];
    struct pattern pattern = {.kind = PATTERN_STATE};
    int r = rest_start(&rest, text, err);
    if (r < 0)
        return r;
    pattern.optional = cut_mark(&rest, "?");
    if (is_gap(rest.at))
        pattern.kind = PATTERN_GAP;
    else if (state_parse(rest.at, &pattern.state) < 0 || pattern.state == STATE_NONE) {
        struct near near = near_to(rest.at);
        for (int i = STATE_NONE + 1; i < STATE_COUNT; i++)
            near_offer(&near, state_name((enum state)i));
        return err_set(err, EINVAL, "unknown state '%s'%s", rest.at, near_hint(&near, hint));
    }
    *ret_pattern = pattern;
    return 0;
}

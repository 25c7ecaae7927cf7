#include "scenario/load_meaning.h"

#include "net/address.h"
#include "scenario/expect_pattern.h"
#include "scenario/faults.h"
#include "scenario/load_near.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PATH_TEXT 96
#define IPV6_MTU  1280 /* RFC 8200 5 */
#define IPV4_MTU  576

struct meaning {
    const struct scenario *scenario;
    const place_list *places;
    struct err *err;
};

/* Puts the place of a value in front of what err says; returns -EINVAL. */
static int wrong_at(const struct meaning *m, const char *path)
{
    const struct place *place = place_of(m->places, path);
    if (place != NULL)
        err_wrap(m->err, "%lu:%lu", place->line, place->column);
    return -EINVAL;
}

#define WRONG(m, path, ...) (err_set((m)->err, EINVAL, __VA_ARGS__), wrong_at(m, path))

__attribute__((format(printf, 2, 3))) static const char *path_text(char path[PATH_TEXT], const char *format,
                                                                   ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path, PATH_TEXT, format, arguments);
    va_end(arguments);
    return path;
}

static int check_range(const struct meaning *m, const char *path, int value, int least, int most)
{
    if (value >= least && value <= most)
        return 0;
    return WRONG(m, path, "%s must be from %d to %d, not %d", path, least, most, value);
}

static bool is_name(const char *text, const char *also)
{
    if (!isalpha((unsigned char)text[0]))
        return false;
    for (const char *c = text; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr(also, *c) == NULL)
            return false;
    return true;
}

/* A lane, or one of its children: "server.2". */
static int known_lane(const struct meaning *m, const char *name, const char *path)
{
    char parent[NAME_MAX_BYTES], hint[NEAR_HINT_MAX];
    snprintf(parent, sizeof parent, "%.*s", (int)strcspn(name, "."), name);
    if (scenario_lane_index(m->scenario, parent) >= 0)
        return 0;
    struct near near = near_to(name);
    for (int i = 0; i < m->scenario->lane_count; i++)
        near_offer(&near, m->scenario->lanes[i].name);
    return WRONG(m, path, "no lane is called '%.40s'%s", name, near_hint(&near, hint));
}

static int known_host(const struct meaning *m, const char *name, const char *path)
{
    char hint[NEAR_HINT_MAX];
    if (scenario_host_index(m->scenario, name) >= 0)
        return 0;
    struct near near = near_to(name);
    for (int i = 0; i < m->scenario->network.host_count; i++)
        near_offer(&near, m->scenario->network.hosts[i]);
    return WRONG(m, path, "network.hosts has no '%.40s'%s", name, near_hint(&near, hint));
}

typedef int parse_pattern(const char *text, struct pattern *ret_pattern, struct err *err);

static int check_pattern(const struct meaning *m, parse_pattern *parse, const char *text, const char *path)
{
    struct pattern pattern;
    if (parse(text, &pattern, m->err) < 0)
        return wrong_at(m, path);
    if (pattern.kind == PATTERN_CALL && pattern.lane[0] != '\0')
        return known_lane(m, pattern.lane, path);
    return 0;
}

static int check_network(const struct meaning *m)
{
    char path[PATH_TEXT];
    const struct scenario_network *network = &m->scenario->network;
    int least = network->family == ADDRESS_IPV6 ? IPV6_MTU : IPV4_MTU;
    int r = check_range(m, "network.delay_ms", network->delay_ms, 0, 10000);
    if (r == 0)
        r = check_range(m, "network.spacing_ms", network->spacing_ms, 0, 10000);
    if (r == 0 && network->mtu != 0)
        r = check_range(m, "network.mtu", network->mtu, least, 65535);
    for (int i = 0; r == 0 && i < network->sysctl_count; i++)
        if (strncmp(network->sysctls[i].name, "net.", 4) != 0 || !is_name(network->sysctls[i].name, "._-"))
            r = WRONG(m, path_text(path, "network.sysctls[%d].name", i),
                      "'%.60s' is not set: only those of the network (net....) belong to the lab",
                      network->sysctls[i].name);
    for (int i = 0; r == 0 && i < network->host_count; i++) {
        path_text(path, "network.hosts[%d]", i);
        if (!is_name(network->hosts[i], "_-") || strcmp(network->hosts[i], "family") == 0)
            r = WRONG(m, path, "'%s' cannot be a host's name: letters and digits", network->hosts[i]);
        else if (scenario_host_index(m->scenario, network->hosts[i]) != i)
            r = WRONG(m, path, "the host '%s' is here twice", network->hosts[i]);
    }
    return r;
}

static int check_fault(const struct meaning *m, int i)
{
    char path[PATH_TEXT];
    struct fault_rule rule;
    struct pattern pattern;
    const char *key = "";
    if (fault_compile(m->scenario, i, &rule, &key, m->err) < 0)
        return wrong_at(m, path_text(path, "faults[%d]%s%s", i, key[0] != '\0' ? "." : "", key));
    const char *until = m->scenario->faults[i].until;
    if (until == NULL || pattern_parse_event(until, &pattern, m->err) < 0 || pattern.kind != PATTERN_CALL)
        return 0;
    return known_lane(m, pattern.lane, path_text(path, "faults[%d].until", i));
}

/* {NAME} must be a host, or {family}. */
static int check_argument(const struct meaning *m, const char *argument, const char *path)
{
    char name[NAME_MAX_BYTES];
    for (const char *open = strchr(argument, '{'); open != NULL; open = strchr(open + 1, '{')) {
        size_t length = strcspn(open + 1, "}");
        snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), open + 1);
        if (open[1 + length] == '\0')
            return WRONG(m, path, "'{' without '}' in '%.60s'", argument);
        if (strcmp(name, "family") != 0 && scenario_host_index(m->scenario, name) < 0)
            return WRONG(m, path, "'{%s}' stands for nothing: write a host's name or {family}", name);
    }
    return 0;
}

static int check_steps(const struct meaning *m, int lane)
{
    char path[PATH_TEXT];
    const struct scenario_lane *l = &m->scenario->lanes[lane];
    for (int i = 0; i < l->step_count; i++)
        for (int j = 0; j < l->steps[i].call_count; j++) {
            enum call call;
            path_text(path, "lanes[%d].steps[%d].calls[%d]", lane, i, j);
            if (call_parse(l->steps[i].calls[j], &call) == 0)
                continue;
            int r = check_pattern(m, pattern_parse_call, l->steps[i].calls[j], path);
            return r < 0 ? r : WRONG(m, path, "'%.40s': here only the name of a call", l->steps[i].calls[j]);
        }
    return 0;
}

/* "LANE CALL", and no circle: somebody must be the first. */
static int check_start(const struct meaning *m, int lane)
{
    char path[PATH_TEXT];
    const struct scenario_lane *l = &m->scenario->lanes[lane];
    struct pattern pattern;
    if (l->after == NULL)
        return 0;
    int r = check_pattern(m, pattern_parse_event, l->after, path_text(path, "lanes[%d].after", lane));
    if (r < 0)
        return r;
    pattern_parse_event(l->after, &pattern, NULL);
    bool plain = pattern.kind == PATTERN_CALL && pattern.number < 0 && pattern.result_kind == RESULT_ANY;
    if (!plain || strchr(pattern.lane, '.') != NULL)
        return WRONG(m, path, "'%.60s': write a lane and the call that it must have entered, 'server accept'",
                     l->after);
    int first = lane;
    enum call call;
    for (int i = 0; i <= m->scenario->lane_count; i++)
        if (scenario_start(m->scenario, first, &first, &call) == 0)
            return 0;
    return WRONG(m, path, "'%s' would never start: the lanes wait for each other", l->name);
}

static int check_lane(const struct meaning *m, int lane)
{
    char path[PATH_TEXT];
    const struct scenario_lane *l = &m->scenario->lanes[lane];
    path_text(path, "lanes[%d].name", lane);
    if (!is_name(l->name, "_-"))
        return WRONG(m, path, "'%s' cannot be a lane's name: letters and digits", l->name);
    if (scenario_lane_index(m->scenario, l->name) != lane)
        return WRONG(m, path, "the lane '%s' is here twice", l->name);
    int r = known_host(m, l->host, path_text(path, "lanes[%d].host", lane));
    for (int i = 0; r == 0 && i < l->argument_count; i++)
        r = check_argument(m, l->arguments[i], path_text(path, "lanes[%d].arguments[%d]", lane, i));
    if (r == 0)
        r = check_steps(m, lane);
    return r == 0 ? check_start(m, lane) : r;
}

static int check_calls(const struct meaning *m, int i)
{
    char path[PATH_TEXT];
    const struct scenario_call_list *list = &m->scenario->expect.calls[i];
    int r = known_lane(m, list->lane, path_text(path, "expect.calls[%d].lane", i));
    for (int j = 0; r == 0 && j < list->count; j++)
        r = check_pattern(m, pattern_parse_call, list->sequence[j],
                          path_text(path, "expect.calls[%d].sequence[%d]", i, j));
    return r;
}

static int check_states(const struct meaning *m, int i)
{
    char path[PATH_TEXT];
    const struct scenario_state_path *list = &m->scenario->expect.states[i];
    int r = known_lane(m, list->lane, path_text(path, "expect.states[%d].lane", i));
    if (r == 0)
        r = check_range(m, path_text(path, "expect.states[%d].connection", i), list->connection, 1, 1000);
    for (int j = 0; r == 0 && j < list->count; j++)
        r = check_pattern(m, pattern_parse_state, list->path[j],
                          path_text(path, "expect.states[%d].path[%d]", i, j));
    return r;
}

static int check_cause(const struct meaning *m, int i)
{
    char path[PATH_TEXT];
    const struct scenario_cause *cause = &m->scenario->expect.causes[i];
    int r = check_pattern(m, pattern_parse_event, cause->what, path_text(path, "expect.causes[%d].what", i));
    if (r == 0)
        r = check_range(m, path_text(path, "expect.causes[%d].nth", i), cause->nth, 1, 1000);
    if (r == 0)
        r = check_pattern(m, pattern_parse_event, cause->because,
                          path_text(path, "expect.causes[%d].because", i));
    return r;
}

static int check_exit(const struct meaning *m, int i)
{
    char path[PATH_TEXT];
    const struct scenario_exit *end = &m->scenario->expect.exits[i];
    int r = known_lane(m, end->lane, path_text(path, "expect.exits[%d].lane", i));
    return r == 0 ? check_range(m, path_text(path, "expect.exits[%d].code", i), end->code, 0, 255) : r;
}

static int check_expect(const struct meaning *m)
{
    char path[PATH_TEXT];
    const struct scenario_expect *expect = &m->scenario->expect;
    int r = 0;
    for (int i = 0; r == 0 && i < expect->call_count; i++)
        r = check_calls(m, i);
    for (int i = 0; r == 0 && i < expect->packet_count; i++)
        r = check_pattern(m, pattern_parse_packet, expect->packets[i],
                          path_text(path, "expect.packets[%d]", i));
    for (int i = 0; r == 0 && i < expect->state_count; i++)
        r = check_states(m, i);
    for (int i = 0; r == 0 && i < expect->exit_count; i++)
        r = check_exit(m, i);
    for (int i = 0; r == 0 && i < expect->cause_count; i++)
        r = check_cause(m, i);
    return r;
}

static int check_caption(const struct meaning *m, int i)
{
    char path[PATH_TEXT];
    const struct scenario_caption *caption = &m->scenario->captions[i];
    int r = check_pattern(m, pattern_parse_event, caption->at, path_text(path, "captions[%d].at", i));
    return r == 0 ? check_range(m, path_text(path, "captions[%d].nth", i), caption->nth, 1, 1000) : r;
}

static int check_question(const struct meaning *m, int i)
{
    char path[PATH_TEXT];
    const struct scenario_question *question = &m->scenario->questions[i];
    if (question->answer >= question->choice_count)
        return WRONG(m, path_text(path, "questions[%d].answer", i),
                     "the answer is '%c', but there are only %d choices", 'a' + question->answer,
                     question->choice_count);
    if (question->at == NULL)
        return 0;
    return check_pattern(m, pattern_parse_event, question->at, path_text(path, "questions[%d].at", i));
}

void scenario_defaults(struct scenario *scenario, const place_list *places)
{
    struct scenario_network *network = &scenario->network;
    if (network->family == 0)
        network->family = ADDRESS_IPV4;
    if (place_of(places, "network.delay_ms") == NULL)
        network->delay_ms = SCENARIO_DELAY_MS;
    char path[PATH_TEXT];
    for (int i = 0; i < scenario->expect.state_count; i++)
        if (place_of(places, path_text(path, "expect.states[%d].connection", i)) == NULL)
            scenario->expect.states[i].connection = 1;
    for (int i = 0; i < scenario->expect.cause_count; i++)
        if (place_of(places, path_text(path, "expect.causes[%d].nth", i)) == NULL)
            scenario->expect.causes[i].nth = 1;
    for (int i = 0; i < scenario->caption_count; i++)
        if (place_of(places, path_text(path, "captions[%d].nth", i)) == NULL)
            scenario->captions[i].nth = 1;
}

int scenario_meaning(const struct scenario *scenario, const place_list *places, struct err *err)
{
    struct err unused;
    struct meaning m = {.scenario = scenario, .places = places, .err = err != NULL ? err : &unused};
    if (!is_name(scenario->name, "_-"))
        return WRONG(&m, "name", "'%s' cannot be a scenario's name: letters, digits and '-'", scenario->name);
    int r = check_range(&m, "number", scenario->number, 1, 999);
    if (r == 0)
        r = check_range(&m, "duration_s", scenario->duration_s, 1, 600);
    if (r == 0)
        r = check_network(&m);
    for (int i = 0; r == 0 && i < scenario->fault_count; i++)
        r = check_fault(&m, i);
    for (int i = 0; r == 0 && i < scenario->lane_count; i++)
        r = check_lane(&m, i);
    if (r == 0)
        r = check_expect(&m);
    for (int i = 0; r == 0 && i < scenario->caption_count; i++)
        r = check_caption(&m, i);
    for (int i = 0; r == 0 && i < scenario->question_count; i++)
        r = check_question(&m, i);
    return r;
}

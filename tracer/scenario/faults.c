#include "scenario/faults.h"

#include "base/clock.h"
#include "scenario/expect_pattern.h"
#include "scenario/load_near.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_MAX       600000
#define SHAPE        (TCP_SYN | TCP_FIN | TCP_RST | TCP_URG)
#define COUNT(array) (int)(sizeof(array) / sizeof(array)[0])

/* The key of an action holds the packets that it is for. */
static const struct fault_key {
    const char *key;
    size_t member;
    enum fault_action action;
    bool takes_ms;
} keys[] = {
    {"drop", offsetof(struct scenario_fault, drop), FAULT_DROP, false},
    {"delay", offsetof(struct scenario_fault, delay), FAULT_DELAY, true},
    {"duplicate", offsetof(struct scenario_fault, duplicate), FAULT_DUPLICATE, true},
    {"swap", offsetof(struct scenario_fault, swap), FAULT_SWAP, false},
    {"corrupt", offsetof(struct scenario_fault, corrupt), FAULT_CORRUPT, false},
    {"answer", offsetof(struct scenario_fault, answer), FAULT_ICMP, false},
    {"cut", offsetof(struct scenario_fault, cut), FAULT_DROP, false},
    {"pace", offsetof(struct scenario_fault, pace), FAULT_PACE, true},
    {"hold", offsetof(struct scenario_fault, hold), FAULT_HOLD, false},
};

static const struct {
    const char *text;
    enum fault_icmp icmp;
} answers[] = {
    {"port unreachable", FAULT_ICMP_PORT},
    {"host unreachable", FAULT_ICMP_HOST},
    {"fragmentation needed", FAULT_ICMP_TOO_BIG},
};

/* What is being compiled, and where it is wrong. */
struct compilation {
    const struct scenario *scenario;
    const struct scenario_fault *fault;
    const struct fault_key *key;
    const char *packets; /* what the key of the action holds */
    struct fault_rule rule;
    const char *wrong_key;
    struct err *err;
};

#define WRONG(c, key, ...) ((c)->wrong_key = (key), err_set((c)->err, EINVAL, __VA_ARGS__))

static int find_action(struct compilation *c)
{
    for (int i = 0; i < COUNT(keys); i++) {
        const char *text = *(char *const *)(const void *)((const char *)c->fault + keys[i].member);
        if (text == NULL)
            continue;
        if (c->key != NULL)
            return WRONG(c, keys[i].key, "a rule does one thing: '%s' or '%s', each in a rule of its own",
                         c->key->key, keys[i].key);
        c->key = &keys[i];
        c->packets = text;
    }
    if (c->key == NULL)
        return WRONG(c, "",
                     "what is to be done? Write drop, delay, duplicate, swap, corrupt, answer, cut, pace or "
                     "hold, and the packets: drop: \"> SYN\"");
    c->rule.action = c->key->action;
    return 0;
}

static void match_segment(struct fault_match *match, const struct pattern *pattern)
{
    match->protocol = PROTOCOL_TCP;
    match->flags = pattern->flags & (SHAPE | TCP_ACK);
    match->flags_mask =
        (uint8_t)(SHAPE | (pattern->flags & TCP_ACK) | ((pattern->flags & TCP_SYN) != 0 ? TCP_ACK : 0));
    if (pattern->payload_bytes >= 0)
        match->least_bytes = match->most_bytes = (uint32_t)pattern->payload_bytes;
    else if (pattern->has_payload)
        match->least_bytes = 1;
    else
        match->most_bytes = 0;
}

static int match_word(struct compilation *c, const char *key, const char *word, struct fault_match *match)
{
    char *end = NULL;
    bool udp = strncmp(word, "UDP", 3) == 0;
    const char *rest = word + (udp ? 3 : 4);
    match->protocol = udp ? PROTOCOL_UDP : PROTOCOL_ICMP;
    if (*rest == '\0')
        return 0;
    unsigned long bytes = udp && *rest == ' ' ? strtoul(rest, &end, 10) : 0;
    if (end == NULL || *end != '\0' || bytes > UINT16_MAX)
        return WRONG(c, key, "'%s': behind UDP comes a number of bytes, behind ICMP nothing", word);
    match->least_bytes = match->most_bytes = (uint32_t)bytes;
    return 0;
}

/* Packet notation; also "*" (any packet), ">" and "<" (any of that direction). */
static int match_packets(struct compilation *c, const char *key, const char *text, struct fault_match *match)
{
    struct pattern pattern;
    if (strcmp(text, "*") == 0)
        return 0;
    match->from = text[0] == '>' ? 0 : FAULT_NOT_FIRST_HOST;
    if (strcmp(text, ">") == 0 || strcmp(text, "<") == 0)
        return 0;
    if (pattern_parse_packet(text, &pattern, c->err) < 0) {
        c->wrong_key = key;
        return -EINVAL;
    }
    if (pattern.kind != PATTERN_PACKET || pattern.optional || pattern.lost)
        return WRONG(c, key, "'%s': here packets are meant, without '?', '...' and 'x'", text);
    if (!pattern.is_tcp)
        return match_word(c, key, pattern.word, match);
    match_segment(match, &pattern);
    return 0;
}

static int take_after(struct compilation *c)
{
    if (c->fault->after == NULL)
        return 0;
    c->rule.has_after = true;
    c->rule.after = fault_rule_any().match;
    return match_packets(c, "after", c->fault->after, &c->rule.after);
}

static int check_number(struct compilation *c, const char *key, int value, int least, int most)
{
    if (value >= least && value <= most)
        return 0;
    return WRONG(c, key, "%s must be from %d to %d, not %d", key, least, most, value);
}

static int check_numbers(struct compilation *c)
{
    const struct scenario_fault *f = c->fault;
    const struct {
        const char *key;
        int value, most;
    } numbers[] = {
        {"nth", f->nth, 1000000},
        {"ms", f->ms, MS_MAX},
        {"from_ms", f->from_ms, MS_MAX},
        {"for_ms", f->for_ms, MS_MAX},
        {"byte", f->byte, 65535},
        {"port", f->port, 65535},
        {"longer_than", f->longer_than, 65535},
        {"mtu", f->mtu, 65535},
        {"kbit_s", f->kbit_s, 10000000},
    };
    int r = 0;
    for (int i = 0; r == 0 && i < COUNT(numbers); i++)
        r = check_number(c, numbers[i].key, numbers[i].value, 0, numbers[i].most);
    return r;
}

static int take_host(struct compilation *c, const char *key, const char *name, int *host)
{
    char hint[NEAR_HINT_MAX];
    if (name == NULL)
        return 0;
    int index = scenario_host_index(c->scenario, name);
    if (index >= 0) {
        *host = index;
        return 0;
    }
    struct near near = near_to(name);
    for (int i = 0; i < c->scenario->network.host_count; i++)
        near_offer(&near, c->scenario->network.hosts[i]);
    return WRONG(c, key, "network.hosts has no '%.40s'%s", name, near_hint(&near, hint));
}

static int take_match(struct compilation *c)
{
    const struct scenario_fault *f = c->fault;
    struct fault_match *match = &c->rule.match;
    match->nth = f->nth;
    match->port = (uint16_t)f->port;
    match->payload = f->payload;
    match->least_packet_bytes = f->longer_than != 0 ? (uint32_t)f->longer_than + 1 : 0;
    match->from_ns = f->from_ms * NS_PER_MS;
    match->until_ns = f->for_ms != 0 ? (f->from_ms + (int64_t)f->for_ms) * NS_PER_MS : 0;
    int r = take_host(c, "from", f->from, &match->from);
    return r == 0 ? take_host(c, "to", f->to, &match->to) : r;
}

static int take_answer(struct compilation *c)
{
    const struct scenario_fault *f = c->fault;
    if (f->with == NULL)
        return c->rule.action == FAULT_ICMP
                   ? WRONG(c, "answer",
                           "answer what? with: port unreachable, host unreachable, fragmentation needed")
                   : 0;
    if (c->rule.action != FAULT_ICMP)
        return WRONG(c, "with", "'with' belongs to 'answer'");
    for (int i = 0; i < COUNT(answers); i++)
        if (strcmp(answers[i].text, f->with) == 0) {
            c->rule.icmp = answers[i].icmp;
            c->rule.mtu = (uint16_t)f->mtu;
            return answers[i].icmp == FAULT_ICMP_TOO_BIG && f->mtu < 68
                       ? WRONG(c, "with", "fragmentation needed for what? mtu: 68 to 65535")
                       : 0;
        }
    return WRONG(c, "with", "'%.40s' is no answer: port unreachable, host unreachable, fragmentation needed",
                 f->with);
}

static int take_parameters(struct compilation *c)
{
    const struct scenario_fault *f = c->fault;
    struct pattern pattern;
    c->rule.delay_ns = f->ms * NS_PER_MS;
    c->rule.bits_per_s = (int64_t)f->kbit_s * 1000;
    c->rule.corrupt_byte = f->byte;
    if (f->ms != 0 && !c->key->takes_ms)
        return WRONG(c, "ms", "'ms' belongs to delay, duplicate and pace, not to %s", c->key->key);
    if (c->rule.action == FAULT_DELAY && f->ms == 0)
        return WRONG(c, "delay", "how much longer? ms: 1 to %d", MS_MAX);
    if (c->rule.action == FAULT_PACE && f->ms == 0 && f->kbit_s == 0)
        return WRONG(c, "pace", "how slow? ms between two packets, or kbit_s");
    if (c->rule.action == FAULT_HOLD && f->until == NULL)
        return WRONG(c, "hold", "until when? until: an event, such as server accept");
    if (f->until != NULL && c->rule.action != FAULT_HOLD)
        return WRONG(c, "until", "'until' belongs to 'hold'");
    if (f->until != NULL && pattern_parse_event(f->until, &pattern, c->err) < 0) {
        c->wrong_key = "until";
        return -EINVAL;
    }
    return take_answer(c);
}

/* "drop > SYN nth=1"; a host that is named is left out, and what does not fit is cut. */
static void name_rule(struct compilation *c)
{
    char nth[16] = "";
    if (c->fault->nth != 0)
        snprintf(nth, sizeof nth, " nth=%d", c->fault->nth);
    snprintf(c->rule.text, sizeof c->rule.text, "%s %.*s%s", c->key->key,
             (int)(sizeof c->rule.text - strlen(c->key->key) - strlen(nth) - 2), c->packets, nth);
}

int fault_compile(const struct scenario *scenario, int index, struct fault_rule *ret_rule,
                  const char **ret_key, struct err *err)
{
    struct err unused;
    struct compilation c = {.scenario = scenario,
                            .fault = &scenario->faults[index],
                            .rule = fault_rule_any(),
                            .err = err != NULL ? err : &unused};
    int r = find_action(&c);
    if (r == 0)
        r = check_numbers(&c);
    if (r == 0)
        r = match_packets(&c, c.key->key, c.packets, &c.rule.match);
    if (r == 0)
        r = take_after(&c);
    if (r == 0)
        r = take_match(&c);
    if (r == 0)
        r = take_parameters(&c);
    if (r < 0) {
        *ret_key = c.wrong_key;
        return r;
    }
    name_rule(&c);
    *ret_rule = c.rule;
    return 0;
}

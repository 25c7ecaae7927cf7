#include "scenario/expect.h"

#include "base/xalloc.h"
#include "scenario/expect_align.h"
#include "scenario/expect_path.h"

#include <stdio.h>
#include <string.h>

#define TITLE_MAX 160

typedef int parse_pattern(const char *text, struct pattern *ret_pattern, struct err *err);

/* The texts were checked when the file was read; one that was not matches nothing. */
static struct pattern *parse_all(char *const *texts, int count, parse_pattern *parse)
{
    struct pattern *patterns = xcalloc((size_t)count + 1, sizeof *patterns);
    for (int i = 0; i < count; i++)
        if (parse(texts[i], &patterns[i], NULL) < 0)
            patterns[i] = (struct pattern){.kind = PATTERN_STATE, .state = STATE_COUNT};
    return patterns;
}

static int compare(struct comparison *comparison, char *const *texts, int count, parse_pattern *parse,
                   struct buf *report)
{
    struct pattern *patterns = parse_all(texts, count, parse);
    comparison->expected = texts;
    comparison->expected_count = (size_t)count;
    comparison->patterns = patterns;
    int differs = comparison_report(comparison, report);
    free(patterns);
    return differs;
}

static bool call_matches(const void *context, const struct pattern *pattern, size_t seen)
{
    return pattern_matches_call(pattern, &((const struct seen_call *)context)[seen]);
}

static void call_text_at(struct buf *out, const void *context, size_t seen)
{
    seen_call_text(out, &((const struct seen_call *)context)[seen]);
}

static int check_calls(const struct scenario_call_list *list, const struct timeline *timeline,
                       struct buf *report)
{
    char title[TITLE_MAX];
    seen_calls calls = {0};
    seen_calls_collect(&calls, timeline, list->lane);
    snprintf(title, sizeof title, "calls of %s", list->lane);
    struct comparison comparison = {
        .title = title,
        .seen_count = calls.count,
        .context = calls.items,
        .matches = call_matches,
        .text = call_text_at,
    };
    int differs = compare(&comparison, list->sequence, list->count, pattern_parse_call, report);
    array_release(&calls);
    return differs;
}

struct seen_packet {
    const struct event *sent;
    bool lost;
    const char *first_host;
};

static bool packet_matches(const void *context, const struct pattern *pattern, size_t seen)
{
    const struct seen_packet *packet = &((const struct seen_packet *)context)[seen];
    return pattern_matches_packet(pattern, packet->sent, packet->lost, packet->first_host);
}

static void packet_text_at(struct buf *out, const void *context, size_t seen)
{
    const struct seen_packet *packet = &((const struct seen_packet *)context)[seen];
    seen_packet_text(out, packet->sent, packet->lost, packet->first_host);
}

static int check_packets(const struct scenario *scenario, const struct timeline *timeline, struct buf *report)
{
    ARRAY(struct seen_packet) packets = {0};
    array_each (const struct record, record, &timeline->records)
        if (record->event.kind == EVENT_PACKET_SENT)
            *array_push(&packets) = (struct seen_packet){
                .sent = &record->event,
                .lost = packet_was_lost(timeline, record->event.packet.id),
                .first_host = scenario->network.hosts[0],
            };
    struct comparison comparison = {
        .title = "packets",
        .seen_count = packets.count,
        .context = packets.items,
        .matches = packet_matches,
        .text = packet_text_at,
    };
    const struct scenario_expect *expect = &scenario->expect;
    int differs = compare(&comparison, expect->packets, expect->packet_count, pattern_parse_packet, report);
    array_release(&packets);
    return differs;
}

static bool state_matches(const void *context, const struct pattern *pattern, size_t seen)
{
    return pattern->kind == PATTERN_STATE && pattern->state == ((const enum state *)context)[seen];
}

static void state_text_at(struct buf *out, const void *context, size_t seen)
{
    buf_puts(out, state_name(((const enum state *)context)[seen]));
}

static int check_states(const struct scenario_state_path *path, const struct timeline *timeline,
                        struct buf *report)
{
    char title[TITLE_MAX];
    state_list states = {0};
    int length = snprintf(title, sizeof title, "states of %s by the %s", path->lane,
                          witness_name((enum witness)path->witness));
    if (path->connection > 1)
        snprintf(title + length, sizeof title - (size_t)length, ", connection %d", path->connection);
    path_of_lane(&states, timeline, path->lane, (enum witness)path->witness, path->connection);
    struct comparison comparison = {
        .title = title,
        .seen_count = states.count,
        .context = states.items,
        .matches = state_matches,
        .text = state_text_at,
    };
    int differs = compare(&comparison, path->path, path->count, pattern_parse_state, report);
    array_release(&states);
    return differs;
}

static int check_exit(const struct scenario_exit *expected, const struct timeline *timeline,
                      struct buf *report)
{
    char title[TITLE_MAX], code[24], seen[24] = "still running";
    snprintf(title, sizeof title, "exit code of %s", expected->lane);
    snprintf(code, sizeof code, "%d", expected->code);
    array_each (const struct record, record, &timeline->records) {
        const struct event_process *process = &record->event.process;
        if (record->event.kind != EVENT_PROCESS || process->what != PROCESS_EXIT ||
            strcmp(record->event.lane, expected->lane) != 0)
            continue;
        snprintf(seen, sizeof seen, "%d", process->signal != 0 ? 128 + process->signal : process->exit_code);
    }
    return comparison_report_one(title, code, seen, report);
}

/* One cause of an event: a call, or (call.enter is NULL) a packet. */
struct seen_cause {
    struct seen_call call;
    struct seen_packet packet;
};

typedef ARRAY(struct seen_cause) cause_list;

static bool cause_matches(const void *context, const struct pattern *pattern, size_t seen)
{
    const struct seen_cause *cause = &((const struct seen_cause *)context)[seen];
    if (cause->call.enter != NULL)
        return pattern_matches_call(pattern, &cause->call);
    return packet_matches(&cause->packet, pattern, 0);
}

static void cause_text_at(struct buf *out, const void *context, size_t seen)
{
    const struct seen_cause *cause = &((const struct seen_cause *)context)[seen];
    if (cause->call.enter == NULL) {
        packet_text_at(out, &cause->packet, 0);
        return;
    }
    buf_printf(out, "%s ", cause->call.enter->lane);
    seen_call_text(out, &cause->call);
}

static const struct event *sent_with_id(const struct timeline *timeline, uint64_t id)
{
    array_each (const struct record, record, &timeline->records)
        if (record->event.kind == EVENT_PACKET_SENT && record->event.packet.id == id)
            return &record->event;
    return NULL;
}

static void add_call_cause(cause_list *causes, const struct timeline *timeline, const struct event *event)
{
    seen_calls calls = {0};
    seen_calls_collect(&calls, timeline, event->lane);
    array_each (const struct seen_call, call, &calls)
        if (call->enter == event || call->exit == event)
            *array_push(causes) = (struct seen_cause){.call = *call};
    array_release(&calls);
}

static void add_cause(cause_list *causes, const struct scenario *scenario, const struct timeline *timeline,
                      const struct event *event)
{
    if (event->kind == EVENT_CALL_ENTER || event->kind == EVENT_CALL_EXIT) {
        add_call_cause(causes, timeline, event);
        return;
    }
    bool is_packet = event->kind >= EVENT_PACKET_SENT && event->kind <= EVENT_PACKET_HELD;
    const struct event *sent = is_packet ? sent_with_id(timeline, event->packet.id) : NULL;
    if (sent == NULL)
        return;
    struct seen_packet packet = {sent, packet_was_lost(timeline, sent->packet.id),
                                 scenario->network.hosts[0]};
    *array_push(causes) = (struct seen_cause){.packet = packet};
}

static int parse_because(const char *text, struct pattern *ret_pattern, struct err *err)
{
    return strcmp(text, "...") == 0 ? pattern_parse_call(text, ret_pattern, err)
                                    : pattern_parse_event(text, ret_pattern, err);
}

static int check_cause(const struct scenario *scenario, const struct scenario_cause *expected,
                       const struct timeline *timeline, struct buf *report)
{
    char title[TITLE_MAX], dots[] = "...", place[24] = "";
    struct pattern what = {0};
    if (expected->nth > 1)
        snprintf(place, sizeof place, " (no. %d)", expected->nth);
    snprintf(title, sizeof title, "cause of %s%s: %s", expected->what, place, expected->because);
    long index = -1;
    if (pattern_parse_event(expected->what, &what, NULL) == 0)
        index = pattern_find(&what, timeline, scenario->network.hosts[0], expected->nth, false);
    if (index < 0)
        return comparison_report_one(title, expected->what, "it did not happen", report);
    cause_list causes = {0};
    const struct event_context *context = &timeline->records.items[index].event.context;
    for (int i = 0; i < context->cause_count; i++) {
        const struct record *record = timeline_find(timeline, context->causes[i].seq);
        if (record != NULL)
            add_cause(&causes, scenario, timeline, &record->event);
    }
    struct comparison comparison = {
        .title = title,
        .seen_count = causes.count,
        .context = causes.items,
        .matches = cause_matches,
        .text = cause_text_at,
    };
    char *const texts[] = {dots, expected->because, dots};
    int differs = compare(&comparison, texts, 3, parse_because, report);
    array_release(&causes);
    return differs;
}

int expect_check(const struct scenario *scenario, const struct timeline *timeline, struct buf *report)
{
    const struct scenario_expect *expect = &scenario->expect;
    int differing = 0;
    for (int i = 0; i < expect->call_count; i++)
        differing += check_calls(&expect->calls[i], timeline, report);
    if (expect->packet_count > 0)
        differing += check_packets(scenario, timeline, report);
    for (int i = 0; i < expect->state_count; i++)
        differing += check_states(&expect->states[i], timeline, report);
    for (int i = 0; i < expect->exit_count; i++)
        differing += check_exit(&expect->exits[i], timeline, report);
    for (int i = 0; i < expect->cause_count; i++)
        differing += check_cause(scenario, &expect->causes[i], timeline, report);
    return differing;
}

#include "tests/support/plays.h"

#include <stdio.h>
#include <string.h>

#include "model/model.h"
#include "tests/support/hello.h"

static void apply(struct timeline *timeline, struct event *events, size_t count)
{
    struct model *model = model_new();
    for (size_t i = 0; i < count; i++) {
        change_list changes = {0};
        model_apply(model, &events[i], &changes);
        timeline_append(timeline, &events[i], changes.items, changes.count);
        array_release(&changes);
    }
    model_free(model);
    timeline->complete = true;
}

struct timeline play_timeline(play_events *play, const char *scenario)
{
    struct event *events;
    size_t count = play(&events);
    struct timeline timeline = {.info = hello_session()};
    snprintf(timeline.info.scenario, sizeof timeline.info.scenario, "%s", scenario);
    timeline.info.title[0] = '\0';
    apply(&timeline, events, count);
    hello_free(events, count);
    return timeline;
}

/* Keeps the departures, without what only the lab knows. */
static size_t packets_alone(struct event *events, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (events[i].kind != EVENT_PACKET_SENT) {
            event_release(&events[i]);
            continue;
        }
        struct event event = events[i];
        memset(event.host, 0, sizeof event.host);
        memset(event.packet.to, 0, sizeof event.packet.to);
        event.packet.delay_ns = 0;
        memset(&events[i], 0, sizeof events[i]);
        events[kept++] = event;
    }
    return kept;
}

struct timeline capture_timeline(void)
{
    struct event *events;
    size_t count = hello_events(&events), kept = packets_alone(events, count);
    struct timeline timeline = {.info = {.start_ns = HELLO_START_NS, .link = LINK_ETHERNET}};
    apply(&timeline, events, kept);
    hello_free(events, count);
    return timeline;
}

static void spoil(char *text, size_t room)
{
    snprintf(text, room, "%s", HOSTILE_TEXT);
}

static void spoil_event(struct event *event)
{
    if (event->kind == EVENT_CALL_ENTER || event->kind == EVENT_CALL_EXIT) {
        spoil(event->call.file, sizeof event->call.file);
        if (event->call.has_payload && event->data_bytes > 0)
            event_set_data(event, HOSTILE_TEXT, strlen(HOSTILE_TEXT));
    } else if (event->kind == EVENT_PACKET_SENT) {
        spoil(event->packet.fault, sizeof event->packet.fault);
    } else if (event->kind == EVENT_PROCESS) {
        snprintf(event->process.program, sizeof event->process.program, "=end;%s", HOSTILE_TEXT);
    }
}

static struct event words(enum event_kind kind, const struct event *before)
{
    struct event event = {.kind = (uint8_t)kind, .time_ns = before->time_ns, .order_ns = before->order_ns};
    event_set_data(&event, HOSTILE_TEXT, strlen(HOSTILE_TEXT));
    return event;
}

struct timeline hostile_timeline(void)
{
    static const enum event_kind kinds[] = {EVENT_OUTPUT, EVENT_MARK, EVENT_CAPTION, EVENT_QUESTION,
                                            EVENT_VOTE};
    struct event *events, extra[5];
    size_t count = hello_events(&events);
    struct timeline timeline = {.info = hello_session()};
    spoil(timeline.info.scenario, sizeof timeline.info.scenario);
    spoil(timeline.info.title, sizeof timeline.info.title);
    spoil(timeline.info.note, sizeof timeline.info.note);
    spoil(timeline.info.tool, sizeof timeline.info.tool);
    spoil(timeline.info.kernel, sizeof timeline.info.kernel);
    for (size_t i = 0; i < count; i++)
        spoil_event(&events[i]);
    for (size_t i = 0; i < 5; i++)
        extra[i] = words(kinds[i], &events[count - 1]);
    apply(&timeline, events, count);
    for (size_t i = 0; i < 5; i++) {
        extra[i].seq = timeline.records.count + 1;
        extra[i].context.beat = timeline_beat_count(&timeline) + 1;
        timeline_append(&timeline, &extra[i], NULL, 0);
    }
    hello_free(events, count);
    return timeline;
}

/* The part of a timeline that was asked for, as a timeline of its own. */
#include <string.h>

#include "base/array.h"
#include "export/export.h"
#include "export/ladder_sides.h"
#include "export/redact.h"

/* The flow of each endpoint, by its number. Its first packets are recorded before the model knows the flow.
 */
struct flows {
    ARRAY(uint32_t) items;
};

static void flows_note(struct flows *flows, uint32_t endpoint, uint32_t flow)
{
    while (flows->items.count <= endpoint)
        *array_push(&flows->items) = 0;
    if (flow != 0)
        flows->items.items[endpoint] = flow;
}

static void flows_find(struct flows *flows, const struct timeline *timeline)
{
    array_each (const struct record, record, &timeline->records)
        flows_note(flows, record->event.context.endpoint, record->event.context.flow);
}

static uint32_t flow_of(const struct flows *flows, const struct event *event)
{
    const struct event_context *context = &event->context;
    if (context->flow != 0 || context->endpoint == 0 || context->endpoint >= flows->items.count)
        return context->flow;
    return flows->items.items[context->endpoint];
}

/* What belongs to no conversation (programs, captions, the listening socket) stays with each, but packets
 * that belong to none go. */
static bool is_wanted(const struct flows *flows, const struct event *event,
                      const struct export_options *options)
{
    uint32_t flow = flow_of(flows, event);
    if (event->seq < options->from || (options->to != 0 && event->seq > options->to))
        return false;
    return options->flow == 0 || flow == options->flow || (flow == 0 && !ladder_is_packet(event));
}

static void copy_record(struct timeline *view, const struct timeline *timeline, const struct record *record,
                        uint32_t *last_beat)
{
    struct event event;
    event_copy(&event, &record->event);
    uint32_t beat = event.context.beat;
    event.context.beat = (uint32_t)view->beats.count + (beat != *last_beat || view->beats.count == 0);
    *last_beat = beat;
    timeline_append(view, &event, timeline_changes(timeline, record), record->change_count);
}

void export_select(struct timeline *ret_view, const struct timeline *timeline,
                   const struct export_options *options)
{
    uint32_t last_beat = 0;
    struct flows flows = {0};
    memset(ret_view, 0, sizeof *ret_view);
    ret_view->info = timeline->info;
    ret_view->complete = timeline->complete;
    flows_find(&flows, timeline);
    array_each (const struct record, record, &timeline->records)
        if (is_wanted(&flows, &record->event, options))
            copy_record(ret_view, timeline, record, &last_beat);
    array_release(&flows.items);
    if (options->no_payload || options->anonymize)
        redact_timeline(ret_view, options);
}

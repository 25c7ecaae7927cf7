#include "export/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "export/ladder_sides.h"

#define REMOVED "(removed)"

struct redaction {
    const struct export_options *options;
    struct address_map map;
    char old_names[8][NAME_MAX_BYTES], new_names[8][NAME_MAX_BYTES]; /* of hosts that lose their names */
    int name_count;
};

static bool is_call(const struct event *event)
{
    return event->kind == EVENT_CALL_ENTER || event->kind == EVENT_CALL_EXIT;
}

static bool asks_kernel(const struct event *event)
{
    return event->kind == EVENT_STATE || event->kind == EVENT_QUEUE || event->kind == EVENT_TIMER;
}

static bool has_words(const struct event *event)
{
    return event->kind >= EVENT_MARK || event->kind == EVENT_OUTPUT;
}

/* Members that this version does not know may be anything. */
static void forget_extra(struct event *event)
{
    free(event->extra);
    event->extra = NULL;
}

static void remove_payload(struct event *event)
{
    if (is_call(event))
        event_set_data(event, NULL, 0);
    else if (ladder_is_packet(event))
        redact_packet_payload(event);
    else if (event->kind == EVENT_OUTPUT)
        event_set_data(event, REMOVED, strlen(REMOVED));
}

/* Addresses. */

static void map_text(const struct redaction *redaction, char *text, size_t room)
{
    char *mapped = address_map_text(&redaction->map, text, strnlen(text, room));
    snprintf(text, room, "%s", mapped);
    free(mapped);
}

static void map_name(const struct redaction *redaction, char name[NAME_MAX_BYTES])
{
    for (int i = 0; i < redaction->name_count; i++)
        if (strcmp(name, redaction->old_names[i]) == 0) {
            memcpy(name, redaction->new_names[i], NAME_MAX_BYTES);
            return;
        }
    map_text(redaction, name, NAME_MAX_BYTES);
}

static void map_address(const struct redaction *redaction, struct address *address)
{
    *address = address_map_apply(&redaction->map, address);
}

static void map_call(const struct redaction *redaction, struct event_call *call)
{
    map_address(redaction, &call->address);
    map_address(redaction, &call->local);
    map_address(redaction, &call->remote);
    map_text(redaction, call->set, sizeof call->set);
}

static void map_packet(const struct redaction *redaction, struct event *event)
{
    redact_packet_addresses(event, &redaction->map);
    map_name(redaction, event->packet.to);
    map_text(redaction, event->packet.fault, sizeof event->packet.fault);
}

static void map_words(const struct redaction *redaction, struct event *event)
{
    char *mapped = address_map_text(&redaction->map, (const char *)event->data, event->data_bytes);
    event_set_data(event, mapped, strlen(mapped));
    free(mapped);
}

static void map_event(const struct redaction *redaction, struct event *event)
{
    map_name(redaction, event->host);
    map_name(redaction, event->lane);
    map_name(redaction, event->context.sides[0].name);
    map_name(redaction, event->context.sides[1].name);
    map_name(redaction, event->context.cause_lane);
    if (is_call(event))
        map_call(redaction, &event->call);
    else if (ladder_is_packet(event))
        map_packet(redaction, event);
    else if (asks_kernel(event)) {
        map_address(redaction, &event->state.local);
        map_address(redaction, &event->state.remote);
    } else if (has_words(event))
        map_words(redaction, event);
    else if (event->kind == EVENT_GAP)
        map_text(redaction, event->gap.reason, sizeof event->gap.reason);
}

static void map_session(struct redaction *redaction, struct session_info *info)
{
    for (int i = 0; i < info->host_count; i++) {
        map_address(redaction, &info->addresses[i]);
        map_name(redaction, info->hosts[i]);
    }
    map_text(redaction, info->title, sizeof info->title);
    map_text(redaction, info->note, sizeof info->note);
    map_text(redaction, info->sysctls, sizeof info->sysctls);
}

/* In the lab hosts are called client and server; elsewhere their names tell who they are. */
static void choose_names(struct redaction *redaction, const struct session_info *info)
{
    redaction->name_count = info->live ? 0 : info->host_count;
    for (int i = 0; i < redaction->name_count; i++) {
        memcpy(redaction->old_names[i], info->hosts[i], NAME_MAX_BYTES);
        snprintf(redaction->new_names[i], NAME_MAX_BYTES, "host-%d", i + 1);
    }
}

static void note_redaction(struct session_info *info, const struct export_options *options)
{
    char old[sizeof info->note];
    const char *what = options->no_payload && options->anonymize ? "payload removed, addresses changed"
                       : options->no_payload                     ? "payload removed"
                                             : "addresses changed, but not those inside payload";
    memcpy(old, info->note, sizeof old);
    int used = snprintf(info->note, sizeof info->note, "redacted: %s", what);
    if (old[0] != '\0')
        snprintf(info->note + used, sizeof info->note - (size_t)used, "; %.*s", (int)sizeof old - 64, old);
}

void redact_timeline(struct timeline *timeline, const struct export_options *options)
{
    struct redaction redaction = {.options = options};
    if (options->anonymize) {
        redaction.map = address_map_for(timeline);
        choose_names(&redaction, &timeline->info);
        map_session(&redaction, &timeline->info);
    }
    array_each (struct record, record, &timeline->records) {
        forget_extra(&record->event);
        if (options->no_payload)
            remove_payload(&record->event);
        if (options->anonymize)
            map_event(&redaction, &record->event);
    }
    array_each (struct change, change, &timeline->changes)
        if (options->anonymize)
            map_name(&redaction, change->name);
    note_redaction(&timeline->info, options);
}

/*
 * A sequence diagram for pages that draw Mermaid. Its language knows no time: packets are arrows where they
 * left, and the diagram says so. Lost packets end in a cross; calls and states are notes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "event/sentence.h"
#include "export/escape.h"
#include "export/formats.h"
#include "export/ladder_lane.h"
#include "export/ladder_sides.h"
#include "export/pairs.h"

#define HOSTS_MAX 8

struct diagram {
    struct buf *out;
    const struct timeline *timeline;
    struct pairs pairs;
    struct ladder_sides sides;
    int count; /* participants */
};

static const char *participant_name(const struct diagram *diagram, int number)
{
    const struct session_info *info = &diagram->timeline->info;
    return info->host_count >= 2 ? info->hosts[number] : diagram->sides.names[number];
}

static int find_host(const struct diagram *diagram, const char *name, enum side side)
{
    const struct session_info *info = &diagram->timeline->info;
    for (int i = 0; i < info->host_count && info->host_count >= 2; i++)
        if (strcmp(info->hosts[i], name) == 0)
            return i;
    return side != NOWHERE ? (int)side : -1;
}

/* Where an event happened, where a packet goes; -1: at none that is shown. */
static int host_of(const struct diagram *diagram, const struct event *event)
{
    return find_host(diagram, event->host, side_of(&diagram->sides, event));
}

static int goal_of(const struct diagram *diagram, const struct event *event)
{
    return find_host(diagram, event->packet.to, side_of_goal(&diagram->sides, event));
}

static void put_line(const struct diagram *diagram, const char *head, const char *text)
{
    buf_printf(diagram->out, "    %s", head);
    escape_mermaid(diagram->out, text);
    buf_putc(diagram->out, '\n');
}

/* Calls stand outside, states over the line, what concerns all across. */
static void put_beside(const struct diagram *diagram, int host, const char *text)
{
    char head[48];
    snprintf(head, sizeof head, "Note %s of H%d: ", host == 0 ? "left" : "right", host);
    put_line(diagram, head, text);
}

static void put_across(const struct diagram *diagram, const char *text)
{
    char head[48];
    snprintf(head, sizeof head, "Note over H0,H%d: ", diagram->count - 1);
    put_line(diagram, head, text);
}

static void write_call(const struct diagram *diagram, uint32_t index, const struct event *event)
{
    const struct pair *pair = &diagram->pairs.items[index];
    const struct record *records = diagram->timeline->records.items;
    int host = host_of(diagram, event);
    bool enters = event->kind == EVENT_CALL_ENTER;
    if (host < 0 || (!enters && pair->quick))
        return;
    struct buf text = {0};
    if (enters && pair->quick)
        lane_exit_text(&text, event, &records[pair->other].event);
    else if (enters)
        lane_enter_text(&text, event);
    else
        lane_exit_text(&text, NULL, event);
    put_beside(diagram, host, buf_text(&text));
    buf_release(&text);
}

static void write_process(const struct diagram *diagram, const struct event *event)
{
    struct buf text = {0};
    int host = host_of(diagram, event);
    lane_process_text(&text, event);
    if (host >= 0)
        put_beside(diagram, host, buf_text(&text));
    buf_release(&text);
}

static void write_sent(const struct diagram *diagram, uint32_t index, const struct event *event)
{
    const struct pair *pair = &diagram->pairs.items[index];
    int from = host_of(diagram, event), to = goal_of(diagram, event);
    bool lost = pair->dropped && pair->arrivals == 0;
    char head[48];
    struct label label;
    if (from < 0 || to < 0)
        return;
    packet_label(&label, event);
    const char *arrow = lost ? "-x" : from == 0 ? "->>" : "-->>";
    snprintf(head, sizeof head, "H%d%sH%d: ", from, arrow, to);
    struct buf text = {0};
    buf_printf(&text, "%s%s", label.full, lost ? " (lost on the wire)" : "");
    put_line(diagram, head, buf_text(&text));
    buf_release(&text);
}

static void write_changes(const struct diagram *diagram, const struct record *record)
{
    const struct change *changes = timeline_changes(diagram->timeline, record);
    enum witness shown = diagram->pairs.has_kernel ? WITNESS_KERNEL : WITNESS_WIRE;
    for (uint32_t i = 0; i < record->change_count; i++) {
        enum side owner = side_of_change(&diagram->sides, &record->event, &changes[i]);
        int host = shown == WITNESS_WIRE && owner != NOWHERE ? (int)owner : host_of(diagram, &record->event);
        char head[48];
        struct buf text = {0};
        if (changes[i].witness != shown || host < 0)
            continue;
        lane_state_text(&text, &changes[i]);
        snprintf(head, sizeof head, "Note over H%d: ", host);
        put_line(diagram, head, buf_text(&text));
        buf_release(&text);
    }
}

static void write_words(const struct diagram *diagram, const struct event *event)
{
    struct buf text = {0};
    event_sentence(&text, event, NULL, 0);
    put_across(diagram, buf_text(&text));
    buf_release(&text);
}

static void write_record(const struct diagram *diagram, uint32_t index)
{
    const struct record *record = &diagram->timeline->records.items[index];
    const struct event *event = &record->event;
    switch ((enum event_kind)event->kind) {
    case EVENT_CALL_ENTER:
    case EVENT_CALL_EXIT: write_call(diagram, index, event); break;
    case EVENT_PACKET_SENT: write_sent(diagram, index, event); break;
    case EVENT_PROCESS: write_process(diagram, event); break;
    case EVENT_GAP:
    case EVENT_MARK:
    case EVENT_CAPTION:
    case EVENT_QUESTION:
    case EVENT_VOTE: write_words(diagram, event); break;
    case EVENT_PACKET_DELIVERED:
    case EVENT_PACKET_DROPPED:
    case EVENT_PACKET_HELD:
    case EVENT_STATE:
    case EVENT_QUEUE:
    case EVENT_TIMER:
    case EVENT_OUTPUT:
    case EVENT_KIND_COUNT: break;
    }
    write_changes(diagram, record);
}

static void write_heading(const struct diagram *diagram)
{
    const struct session_info *info = &diagram->timeline->info;
    struct buf text = {0};
    buf_puts(diagram->out, "sequenceDiagram\n");
    buf_printf(&text, "%s%s%s", info->scenario, info->title[0] != '\0' ? ": " : "", info->title);
    if (text.length > 0)
        put_line(diagram, "title ", buf_text(&text));
    buf_puts(diagram->out, "    autonumber\n");
    for (int i = 0; i < diagram->count; i++) {
        char head[48];
        snprintf(head, sizeof head, "participant H%d as ", i);
        const char *name = participant_name(diagram, i);
        put_line(diagram, head, name[0] != '\0' ? name : "?");
    }
    buf_clear(&text);
    buf_puts(&text, "There is no time scale. An arrow stands where its packet left");
    buf_puts(&text, diagram->pairs.has_kernel ? ", [STATE] is the kernel's word."
                                              : ", (STATE) is inferred from packets.");
    put_across(diagram, buf_text(&text));
    if (info->note[0] != '\0')
        put_across(diagram, info->note);
    buf_release(&text);
}

static void write_mermaid(struct buf *out, const struct timeline *timeline,
                          const struct export_options *options)
{
    (void)options;
    struct diagram diagram = {.out = out, .timeline = timeline};
    diagram.count = timeline->info.host_count >= 2 ? timeline->info.host_count : 2;
    diagram.count = diagram.count < HOSTS_MAX ? diagram.count : HOSTS_MAX;
    sides_find(&diagram.sides, timeline);
    pairs_init(&diagram.pairs, timeline);
    write_heading(&diagram);
    for (uint32_t i = 0; i < timeline->records.count; i++)
        write_record(&diagram, i);
    pairs_release(&diagram.pairs);
}

const struct export_format export_mermaid = {
    .name = "mermaid",
    .about = "a Mermaid sequence diagram for Markdown pages",
    .extension = "mmd",
    .write = write_mermaid,
};

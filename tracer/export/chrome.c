/*
 * Trace Event Format, for ui.perfetto.dev and chrome://tracing. A lane is a process, calls are slices on its
 * threads; a host has a process of its own for its kernel: packets are short slices there, joined by flow
 * arrows from departure to arrival, and each endpoint has a track on which its states are slices.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "event/sentence.h"
#include "export/escape.h"
#include "export/formats.h"
#include "export/ladder_lane.h"
#include "export/ladder_sides.h"
#include "export/pairs.h"

#define PACKET_US 20 /* the length of a packet's slice, so that it can be seen and clicked */
#define KERNEL_PID                                                                                           \
    1000000000 /* numbers of the processes that stand for kernels; Linux gives none so high                  \
                */
#define PACKETS_TRACK 1
#define STATE_TRACKS  100 /* and the number of the endpoint */

struct kernel {
    char name[ADDRESS_TEXT_MAX];
};

struct process {
    int32_t pid;
    char lane[NAME_MAX_BYTES];
};

struct open_state {
    uint32_t endpoint;
    uint8_t state;
    int pid;
};

struct chrome {
    struct buf *out;
    const struct timeline *timeline;
    struct pairs pairs;
    const char *separator;
    ARRAY(struct kernel) kernels;
    ARRAY(struct process) processes;
    ARRAY(struct open_state) states;
    int64_t last_ns;
};

/* Members that every event has. Time is microseconds since the start, with nanoseconds behind the point. */
static void begin(struct chrome *chrome, const char *phase, int64_t at_ns, int64_t pid, int64_t tid)
{
    int64_t since_ns = at_ns - chrome->timeline->info.start_ns;
    int64_t size_ns = since_ns < 0 ? -since_ns : since_ns;
    buf_printf(chrome->out, "%s\n{\"ph\":\"%s\",\"pid\":%" PRId64 ",\"tid\":%" PRId64, chrome->separator,
               phase, pid, tid);
    if (strcmp(phase, "M") != 0)
        buf_printf(chrome->out, ",\"ts\":%s%" PRId64 ".%03d", since_ns < 0 ? "-" : "",
                   (int64_t)(size_ns / NS_PER_US), (int)(size_ns % NS_PER_US));
    chrome->separator = ",";
}

static void put_name(struct chrome *chrome, const char *category, const char *name)
{
    buf_printf(chrome->out, ",\"cat\":\"%s\",\"name\":", category);
    escape_json(chrome->out, name);
}

static void end(struct chrome *chrome)
{
    buf_putc(chrome->out, '}');
}

static void put_metadata(struct chrome *chrome, const char *what, int64_t pid, int64_t tid, const char *name)
{
    begin(chrome, "M", 0, pid, tid);
    buf_printf(chrome->out, ",\"name\":\"%s\",\"args\":{\"name\":", what);
    escape_json(chrome->out, name);
    buf_putc(chrome->out, '}');
    end(chrome);
}

/* The sentence, and where it stands in the record. */
static void put_arguments(struct chrome *chrome, const struct record *record)
{
    struct buf text = {0};
    event_sentence(&text, &record->event, timeline_changes(chrome->timeline, record), record->change_count);
    buf_printf(chrome->out, ",\"args\":{\"seq\":%" PRIu64 ",\"text\":", record->event.seq);
    escape_json(chrome->out, buf_text(&text));
    buf_putc(chrome->out, '}');
    buf_release(&text);
}

/* Tracks, made when something first stands on them. */

static int kernel_number(struct chrome *chrome, const char *name)
{
    for (size_t i = 0; i < chrome->kernels.count; i++)
        if (strcmp(chrome->kernels.items[i].name, name) == 0)
            return KERNEL_PID + (int)i;
    int pid = KERNEL_PID + (int)chrome->kernels.count;
    struct kernel *kernel = array_push(&chrome->kernels);
    memset(kernel, 0, sizeof *kernel);
    memcpy(kernel->name, name, strnlen(name, sizeof kernel->name - 1));
    struct buf title = {0};
    buf_printf(&title, "%s kernel", name);
    put_metadata(chrome, "process_name", pid, 0, buf_text(&title));
    put_metadata(chrome, "thread_name", pid, PACKETS_TRACK, "packets");
    buf_release(&title);
    return pid;
}

/* The host where it was seen; of a capture the address that the packet has there. */
static int kernel_of(struct chrome *chrome, const struct event *event)
{
    char text[ADDRESS_TEXT_MAX];
    if (event->host[0] != '\0' || !ladder_is_packet(event))
        return kernel_number(chrome, event->host[0] != '\0' ? event->host : "some");
    const struct packet *packet = &event->packet.packet;
    bool arrives = event->kind == EVENT_PACKET_DELIVERED;
    return kernel_number(chrome, address_ip_text(arrives ? &packet->destination : &packet->source, text));
}

/* The kernel that keeps a state: of a capture, that of the packet's end. */
static int kernel_of_change(struct chrome *chrome, const struct event *event, const struct change *change)
{
    char text[ADDRESS_TEXT_MAX];
    if (event->host[0] == '\0' && ladder_is_packet(event)) {
        const struct packet *packet = &event->packet.packet;
        bool arrives = event->kind == EVENT_PACKET_DELIVERED;
        bool of_source = (change->endpoint == event->context.endpoint) != arrives;
        return kernel_number(chrome,
                             address_ip_text(of_source ? &packet->source : &packet->destination, text));
    }
    bool elsewhere = change->witness == WITNESS_WIRE && change->name[0] != '\0';
    return elsewhere ? kernel_number(chrome, change->name) : kernel_of(chrome, event);
}

static void know_process(struct chrome *chrome, const struct event *event)
{
    if (event->pid == 0 || event->lane[0] == '\0')
        return;
    array_each (const struct process, process, &chrome->processes)
        if (process->pid == event->pid)
            return;
    struct process *process = array_push(&chrome->processes);
    process->pid = event->pid;
    memcpy(process->lane, event->lane, sizeof process->lane);
    put_metadata(chrome, "process_name", event->pid, 0, event->lane);
}

/* Events. */

static int64_t thread_of(const struct event *event)
{
    return event->tid != 0 ? event->tid : event->pid;
}

static void put_call(struct chrome *chrome, uint32_t index, const struct record *record)
{
    const struct event *event = &record->event;
    struct buf text = {0};
    if (event->kind == EVENT_CALL_EXIT && chrome->pairs.items[index].other == PAIR_NONE)
        return; /* it began before the record did */
    bool enters = event->kind == EVENT_CALL_ENTER;
    begin(chrome, enters ? "B" : "E", event->time_ns, event->pid, thread_of(event));
    if (enters) {
        call_text(&text, event);
        put_name(chrome, "call", buf_text(&text));
        put_arguments(chrome, record);
    } else {
        call_result_text(&text, event);
        buf_puts(chrome->out, ",\"args\":{\"result\":");
        escape_json(chrome->out, buf_text(&text));
        buf_putc(chrome->out, '}');
    }
    end(chrome);
    buf_release(&text);
}

/* Slices of one track may not overlap: it ends where the next packet of this kernel begins. */
static int64_t slice_ns(struct chrome *chrome, const struct record *record, int pid)
{
    int64_t length_ns = PACKET_US * NS_PER_US;
    const struct record *end = chrome->timeline->records.items + chrome->timeline->records.count;
    for (const struct record *next = record + 1; next < end; next++) {
        int64_t until_ns = next->event.time_ns - record->event.time_ns;
        if (next->event.order_ns - record->event.order_ns >= PACKET_US * NS_PER_US)
            break;
        if (ladder_is_packet(&next->event) && kernel_of(chrome, &next->event) == pid && until_ns < length_ns)
            length_ns = until_ns;
    }
    return length_ns > 0 ? length_ns : 0;
}

static void put_packet_slice(struct chrome *chrome, const struct record *record, int pid, const char *suffix)
{
    struct label label;
    struct buf text = {0};
    int64_t length_ns = slice_ns(chrome, record, pid);
    packet_label(&label, &record->event);
    buf_printf(&text, "%s%s", label.full, suffix);
    begin(chrome, "X", record->event.time_ns, pid, PACKETS_TRACK);
    buf_printf(chrome->out, ",\"dur\":%d.%03d", (int)(length_ns / NS_PER_US), (int)(length_ns % NS_PER_US));
    put_name(chrome, "packet", buf_text(&text));
    put_arguments(chrome, record);
    end(chrome);
    buf_release(&text);
}

/* One arrow for each arrival: its number is the record of the arrival. */
static void put_flow(struct chrome *chrome, const char *phase, const struct event *event, int pid,
                     uint32_t number)
{
    begin(chrome, phase, event->time_ns, pid, PACKETS_TRACK);
    put_name(chrome, "packet", "packet");
    buf_printf(chrome->out, ",\"id\":%u", number);
    if (phase[0] == 'f')
        buf_puts(chrome->out, ",\"bp\":\"e\"");
    end(chrome);
}

static void put_packet(struct chrome *chrome, uint32_t index, const struct record *record)
{
    static const char *const suffixes[EVENT_KIND_COUNT] = {
        [EVENT_PACKET_SENT] = " leaves",
        [EVENT_PACKET_DELIVERED] = " arrives",
        [EVENT_PACKET_DROPPED] = " is lost on the wire",
        [EVENT_PACKET_HELD] = " is held on the wire",
    };
    const struct event *event = &record->event;
    const struct pair *pair = &chrome->pairs.items[index];
    int pid = kernel_of(chrome, event);
    put_packet_slice(chrome, record, pid, suffixes[event->kind]);
    if (event->kind != EVENT_PACKET_DELIVERED || pair->other == PAIR_NONE)
        return;
    const struct event *sent = &chrome->timeline->records.items[pair->other].event;
    put_flow(chrome, "s", sent, kernel_of(chrome, sent), index);
    put_flow(chrome, "f", event, pid, index);
}

static void put_state_end(struct chrome *chrome, const struct open_state *open, int64_t at_ns)
{
    begin(chrome, "E", at_ns, open->pid, STATE_TRACKS + (int64_t)open->endpoint);
    end(chrome);
}

static struct open_state *state_of(struct chrome *chrome, const struct event *event,
                                   const struct change *change)
{
    array_each (struct open_state, open, &chrome->states)
        if (open->endpoint == change->endpoint)
            return open;
    struct buf name = {0};
    struct open_state *open = array_push(&chrome->states);
    open->endpoint = change->endpoint;
    open->state = STATE_NONE;
    open->pid = kernel_of_change(chrome, event, change);
    buf_printf(&name, "state of socket %u%s%s (%s)", (unsigned)change->endpoint,
               change->name[0] != '\0' ? " of " : "", change->name,
               change->witness == WITNESS_KERNEL ? "the kernel's word" : "inferred from packets");
    put_metadata(chrome, "thread_name", open->pid, STATE_TRACKS + (int64_t)open->endpoint, buf_text(&name));
    buf_release(&name);
    return open;
}

/* A state lasts until the next. CLOSED is the end, not a state to stay in. */
static void put_change(struct chrome *chrome, const struct record *record, const struct change *change)
{
    struct open_state *open = state_of(chrome, &record->event, change);
    int64_t at_ns = record->event.order_ns;
    if (open->state == change->new_state)
        return;
    if (open->state != STATE_NONE)
        put_state_end(chrome, open, at_ns);
    open->state = change->new_state == STATE_CLOSED ? STATE_NONE : change->new_state;
    if (open->state == STATE_NONE)
        return;
    begin(chrome, "B", at_ns, open->pid, STATE_TRACKS + (int64_t)open->endpoint);
    put_name(chrome, "state", state_name((enum state)change->new_state));
    put_arguments(chrome, record);
    end(chrome);
}

static void put_changes(struct chrome *chrome, const struct record *record)
{
    const struct change *changes = timeline_changes(chrome->timeline, record);
    enum witness shown = chrome->pairs.has_kernel ? WITNESS_KERNEL : WITNESS_WIRE;
    for (uint32_t i = 0; i < record->change_count; i++)
        if (changes[i].witness == shown)
            put_change(chrome, record, &changes[i]);
}

/* A moment without length, on its process or for all. */
static void put_instant(struct chrome *chrome, const struct record *record)
{
    const struct event *event = &record->event;
    begin(chrome, "i", event->time_ns, event->pid != 0 ? event->pid : kernel_of(chrome, event),
          thread_of(event));
    put_name(chrome, "note", event_kind_name((enum event_kind)event->kind));
    buf_printf(chrome->out, ",\"s\":\"%s\"", event->pid != 0 ? "p" : "g");
    put_arguments(chrome, record);
    end(chrome);
}

static void put_record(struct chrome *chrome, uint32_t index)
{
    const struct record *record = &chrome->timeline->records.items[index];
    know_process(chrome, &record->event);
    switch ((enum event_kind)record->event.kind) {
    case EVENT_CALL_ENTER:
    case EVENT_CALL_EXIT: put_call(chrome, index, record); break;
    case EVENT_PACKET_SENT:
    case EVENT_PACKET_DELIVERED:
    case EVENT_PACKET_DROPPED:
    case EVENT_PACKET_HELD: put_packet(chrome, index, record); break;
    case EVENT_PROCESS:
    case EVENT_OUTPUT:
    case EVENT_GAP:
    case EVENT_MARK:
    case EVENT_CAPTION:
    case EVENT_QUESTION:
    case EVENT_VOTE: put_instant(chrome, record); break;
    case EVENT_STATE:
    case EVENT_QUEUE:
    case EVENT_TIMER:
    case EVENT_KIND_COUNT: break;
    }
    put_changes(chrome, record);
    if (record->event.time_ns > chrome->last_ns)
        chrome->last_ns = record->event.time_ns;
}

/* What had not come back or ended when the record did. */
static void put_ends(struct chrome *chrome)
{
    for (uint32_t i = (uint32_t)chrome->timeline->records.count; i-- > 0;) {
        const struct event *event = &chrome->timeline->records.items[i].event;
        if (event->kind != EVENT_CALL_ENTER || chrome->pairs.items[i].other != PAIR_NONE)
            continue;
        begin(chrome, "E", chrome->last_ns, event->pid, thread_of(event));
        buf_puts(chrome->out, ",\"args\":{\"result\":\"not returned when the record ends\"}");
        end(chrome);
    }
    array_each (const struct open_state, open, &chrome->states)
        if (open->state != STATE_NONE)
            put_state_end(chrome, open, chrome->last_ns);
}

static void put_about(struct chrome *chrome)
{
    struct buf session = {0};
    const struct session_info *info = &chrome->timeline->info;
    const char *const rows[][2] = {
        {"scenario", info->scenario}, {"title", info->title},     {"tool", info->tool},
        {"kernel", info->kernel},     {"sysctls", info->sysctls}, {"note", info->note},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buf_printf(&session, "%s\"%s\":", i != 0 ? "," : "", rows[i][0]);
        escape_json(&session, rows[i][1]);
    }
    buf_printf(chrome->out, "\n],\"displayTimeUnit\":\"ms\",\"otherData\":{%s}}\n", buf_text(&session));
    buf_release(&session);
}

static void write_chrome(struct buf *out, const struct timeline *timeline,
                         const struct export_options *options)
{
    (void)options;
    struct chrome chrome = {
        .out = out, .timeline = timeline, .separator = "", .last_ns = timeline->info.start_ns};
    pairs_init(&chrome.pairs, timeline);
    buf_puts(out, "{\"traceEvents\":[");
    for (uint32_t i = 0; i < timeline->records.count; i++)
        put_record(&chrome, i);
    put_ends(&chrome);
    put_about(&chrome);
    array_release(&chrome.kernels);
    array_release(&chrome.processes);
    array_release(&chrome.states);
    pairs_release(&chrome.pairs);
}

const struct export_format export_chrome = {
    .name = "chrome",
    .about = "for ui.perfetto.dev: calls as slices, packets as arrows, states as tracks",
    .extension = "trace.json",
    .write = write_chrome,
};

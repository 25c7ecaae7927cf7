#include "control/stepper.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "event/ring.h"
#include "event/sentence.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define REST_NS (40 * NS_PER_MS)

struct breakpoint {
    struct expression expression;
    char text[STEPPER_TEXT_MAX];
    int seen;
};

struct stepper {
    struct lab *lab;
    struct source *probes;
    enum step_mode mode;
    enum step_goal goal;
    struct clock clock;
    ARRAY(struct pending) pending;
    ARRAY(struct pending) travelling; /* packets that have left and have not arrived */
    ARRAY(struct breakpoint) breaks;
    bool has_until;
    struct breakpoint until;
    int64_t seen_ns;          /* monotonic: when the last fact came */
    bool recorded;            /* all that was seen is in the record */
    size_t looked;            /* records that the breakpoints have seen */
    uint32_t beat, beat_left; /* the latest; the one in which the run began */
    int stops;
};

struct stepper *stepper_new(struct lab *lab, struct source *probes, enum step_mode mode)
{
    struct stepper *stepper = xcalloc(1, sizeof *stepper);
    stepper->lab = lab;
    stepper->probes = probes;
    stepper->mode = mode;
    stepper->clock = clock_monotonic();
    stepper->seen_ns = clock_now_ns(&stepper->clock);
    if (probes != NULL)
        source_probes_gate_mode(probes, (mode & STEP_CALLS) != 0 ? RING_GATE_CLOSED : RING_GATE_OPEN);
    return stepper;
}

void stepper_free(struct stepper *stepper)
{
    if (stepper == NULL)
        return;
    array_release(&stepper->pending);
    array_release(&stepper->travelling);
    array_release(&stepper->breaks);
    free(stepper);
}

/* --- what waits --- */

static void forget(struct stepper *stepper, size_t index)
{
    struct pending *items = stepper->pending.items;
    memmove(&items[index], &items[index + 1], (--stepper->pending.count - index) * sizeof *items);
}

static long find_call(const struct stepper *stepper, int pid, uint32_t call_id)
{
    for (size_t i = 0; i < stepper->pending.count; i++) {
        const struct pending *item = &stepper->pending.items[i];
        if (!item->is_packet && item->pid == pid && item->call_id == call_id)
            return (long)i;
    }
    return -1;
}

static long find_packet(const struct stepper *stepper, uint64_t id)
{
    for (size_t i = 0; i < stepper->pending.count; i++)
        if (stepper->pending.items[i].is_packet && stepper->pending.items[i].packet == id)
            return (long)i;
    return -1;
}

static void copy_text(char *text, const struct buf *from)
{
    snprintf(text, STEPPER_TEXT_MAX, "%s", buf_text(from));
}

static void call_waits(struct stepper *stepper, const struct event *event)
{
    if ((stepper->mode & STEP_CALLS) == 0)
        return;
    struct buf text = {0};
    struct pending item = {.since_ns = event->time_ns,
                           .call = event->call.call,
                           .pid = event->pid,
                           .call_id = event->call.call_id};
    snprintf(item.lane, sizeof item.lane, "%s", event->lane);
    call_text(&text, event);
    copy_text(item.text, &text);
    buf_release(&text);
    *array_push(&stepper->pending) = item;
}

static void packet_leaves(struct stepper *stepper, const struct event *event)
{
    struct buf text = {0};
    struct pending item = {.is_packet = true,
                           .since_ns = event->time_ns,
                           .packet = event->packet.id,
                           .decoded = event->packet.packet};
    snprintf(item.lane, sizeof item.lane, "%s", event->host);
    snprintf(item.to, sizeof item.to, "%s", event->packet.to);
    packet_word(&text, &event->packet.packet);
    copy_text(item.text, &text);
    buf_release(&text);
    *array_push(&stepper->travelling) = item;
}

/* Takes a packet out of those that travel. */
static bool stop_travelling(struct stepper *stepper, uint64_t id, struct pending *ret_item)
{
    for (size_t i = 0; i < stepper->travelling.count; i++)
        if (stepper->travelling.items[i].packet == id) {
            *ret_item = stepper->travelling.items[i];
            stepper->travelling.items[i] = *array_last(&stepper->travelling);
            stepper->travelling.count--;
            return true;
        }
    return false;
}

/* What a rule holds is not ours to let go. */
static void packet_held(struct stepper *stepper, const struct event *event)
{
    struct pending item;
    long index = find_packet(stepper, event->packet.id);
    if (index >= 0)
        stepper->pending.items[index].copies++;
    else if (stop_travelling(stepper, event->packet.id, &item) && event->packet.fault[0] == '\0')
        *array_push(&stepper->pending) = item;
}

static void process_ends(struct stepper *stepper, int pid)
{
    for (size_t i = stepper->pending.count; i-- > 0;)
        if (!stepper->pending.items[i].is_packet && stepper->pending.items[i].pid == pid)
            forget(stepper, i);
}

void stepper_seen(struct stepper *stepper, const struct event *event)
{
    struct pending unused;
    long index = -1;
    stepper->seen_ns = clock_now_ns(&stepper->clock);
    stepper->recorded = false;
    if (event->kind == EVENT_CALL_ENTER)
        call_waits(stepper, event);
    else if (event->kind == EVENT_CALL_EXIT)
        index = find_call(stepper, event->pid, event->call.call_id);
    else if (event->kind == EVENT_PACKET_SENT)
        packet_leaves(stepper, event);
    else if (event->kind == EVENT_PACKET_HELD)
        packet_held(stepper, event);
    else if (event->kind == EVENT_PACKET_DELIVERED || event->kind == EVENT_PACKET_DROPPED)
        (void)(stop_travelling(stepper, event->packet.id, &unused) ||
               (index = find_packet(stepper, event->packet.id)) >= 0);
    else if (event->kind == EVENT_PROCESS && event->process.what == PROCESS_EXIT)
        process_ends(stepper, event->pid);
    if (index >= 0)
        forget(stepper, (size_t)index);
}

size_t stepper_pending(const struct stepper *stepper, const struct pending **ret_items)
{
    *ret_items = stepper->pending.items;
    return stepper->pending.count;
}

const struct pending *stepper_suggested(const struct stepper *stepper)
{
    return stepper->pending.count != 0 ? &stepper->pending.items[0] : NULL;
}

bool stepper_rests(const struct stepper *stepper)
{
    return stepper->recorded && stepper->travelling.count == 0 &&
           clock_now_ns(&stepper->clock) - stepper->seen_ns > REST_NS;
}

/* --- letting go --- */

/* Until its consequences are seen, nothing rests. */
static void has_let_go(struct stepper *stepper, const struct pending *item, bool travels)
{
    struct pending gone = *item;
    stepper->seen_ns = clock_now_ns(&stepper->clock);
    forget(stepper, (size_t)(item - stepper->pending.items));
    if (gone.is_packet && travels)
        *array_push(&stepper->travelling) = gone;
}

int stepper_release(struct stepper *stepper, const struct pending *item, const struct lab_order *order)
{
    int result;
    if (item->is_packet) {
        static const struct lab_order as_it_is = {.action = FAULT_NONE};
        result = lab_packet(stepper->lab, item->packet, order != NULL ? order : &as_it_is);
    } else {
        result =
            order != NULL ? -EINVAL : source_probes_release(stepper->probes, item->pid, item->call_id, 0);
    }
    /* One that is to be overtaken waits for the next. */
    if (result == 0)
        has_let_go(stepper, item, order == NULL || order->action != FAULT_SWAP);
    return result;
}

int stepper_fail(struct stepper *stepper, const struct pending *item, int error_number)
{
    if (item->is_packet || error_number <= 0)
        return -EINVAL;
    int result = source_probes_release(stepper->probes, item->pid, item->call_id, 1 + (uint32_t)error_number);
    if (result == 0)
        has_let_go(stepper, item, false);
    return result;
}

enum step_mode stepper_mode(const struct stepper *stepper)
{
    return stepper->mode;
}

static void all_go(struct stepper *stepper, bool packets)
{
    for (size_t i = stepper->pending.count; i-- > 0;) {
        struct pending item = stepper->pending.items[i];
        if (item.is_packet != packets)
            continue;
        forget(stepper, i);
        if (packets)
            *array_push(&stepper->travelling) = item;
    }
}

void stepper_set_mode(struct stepper *stepper, enum step_mode mode)
{
    enum step_mode before = stepper->mode;
    stepper->mode = mode;
    stepper->seen_ns = clock_now_ns(&stepper->clock);
    if (((before ^ mode) & STEP_CALLS) != 0) {
        source_probes_gate_mode(stepper->probes,
                                (mode & STEP_CALLS) != 0 ? RING_GATE_CLOSED : RING_GATE_OPEN);
        if ((mode & STEP_CALLS) == 0)
            all_go(stepper, false);
    }
    if (((before ^ mode) & STEP_PACKETS) != 0) {
        lab_hold(stepper->lab, (mode & STEP_PACKETS) != 0);
        if ((mode & STEP_PACKETS) == 0)
            all_go(stepper, true);
    }
}

/* --- running --- */

enum step_goal stepper_goal(const struct stepper *stepper)
{
    return stepper->goal;
}

void stepper_set_goal(struct stepper *stepper, enum step_goal goal)
{
    stepper->goal = goal;
    stepper->beat_left = stepper->beat;
    if (goal == GOAL_NONE)
        stepper->has_until = false;
}

void stepper_break(struct stepper *stepper, const struct expression *expression, const char *text)
{
    struct breakpoint *point = array_push(&stepper->breaks);
    *point = (struct breakpoint){.expression = *expression};
    snprintf(point->text, sizeof point->text, "%s", text);
}

void stepper_until(struct stepper *stepper, const struct expression *expression)
{
    stepper_set_goal(stepper, GOAL_STOP);
    stepper->has_until = true;
    stepper->until = (struct breakpoint){.expression = *expression};
}

int stepper_stops(const struct stepper *stepper)
{
    return stepper->stops;
}

static void stop(struct stepper *stepper)
{
    stepper->goal = GOAL_NONE;
    stepper->has_until = false;
    stepper->stops++;
}

static void mark_break(struct engine *engine, const struct breakpoint *point)
{
    struct event mark = {.kind = EVENT_MARK};
    struct buf text = {0};
    buf_printf(&text, "breakpoint: %s", point->text);
    event_set_data(&mark, buf_text(&text), text.length);
    engine_note(engine, &mark);
    buf_release(&text);
}

static void look_at(struct stepper *stepper, struct engine *engine, const struct record *record)
{
    const struct change *changes = timeline_changes(engine_timeline(engine), record);
    const struct event *event = &record->event;
    bool hit = false;
    if (event->context.beat > stepper->beat)
        stepper->beat = event->context.beat;
    if (event->kind == EVENT_MARK)
        return;
    array_each (struct breakpoint, point, &stepper->breaks) {
        if (!expression_hit(&point->expression, &point->seen, event, changes, record->change_count))
            continue;
        mark_break(engine, point);
        hit = true;
    }
    if (stepper->has_until && expression_hit(&stepper->until.expression, &stepper->until.seen, event, changes,
                                             record->change_count))
        hit = true;
    if (hit || (stepper->goal == GOAL_BEAT && stepper->beat > stepper->beat_left))
        stop(stepper);
}

void stepper_step(struct stepper *stepper, struct engine *engine)
{
    stepper->recorded = engine_all_recorded(engine);
    for (; stepper->looked < engine_timeline(engine)->records.count; stepper->looked++)
        look_at(stepper, engine, &engine_timeline(engine)->records.items[stepper->looked]);
    const struct pending *next = stepper_suggested(stepper);
    if (stepper->goal != GOAL_NONE && next != NULL && stepper_rests(stepper))
        (void)stepper_release(stepper, next, NULL);
}

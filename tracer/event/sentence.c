/* One function for each kind of event; the table at the end is made from event.def. */
#include "event/sentence.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "event/text_part.h"

/* Calls. */

static void tell_lane(const struct telling *telling)
{
    const struct event *event = telling->event;
    if (event->lane[0] != '\0')
        name_text(telling->out, event->lane);
    else
        buf_printf(telling->out, "process %" PRId32, event->pid);
}

static void tell_line(const struct telling *telling)
{
    const struct event_call *call = &telling->event->call;
    if (call->file[0] == '\0' || call->line == 0)
        return;
    buf_puts(telling->out, " at ");
    utf8_text(telling->out, call->file, strnlen(call->file, sizeof call->file));
    buf_printf(telling->out, ":%" PRId32, call->line);
}

static void tell_transition(const struct telling *telling, enum witness witness, const char *who)
{
    const struct change *change = telling_change(telling, witness);
    if (change == NULL)
        return;
    if (change->old_state == STATE_NONE)
        buf_printf(telling->out, " %s: %s.", who, state_name((enum state)change->new_state));
    else
        buf_printf(telling->out, " %s: %s -> %s.", who, state_name((enum state)change->old_state),
                   state_name((enum state)change->new_state));
}

/* The kernel's own word, where the probe asked for it. */
static void tell_tcp_info(const struct telling *telling)
{
    const struct event_call *call = &telling->event->call;
    if (telling_change(telling, WITNESS_KERNEL) != NULL)
        tell_transition(telling, WITNESS_KERNEL, "Kernel (TCP_INFO)");
    else if (call->tcp_state != STATE_NONE)
        buf_printf(telling->out, " Kernel (TCP_INFO): %s.", state_name((enum state)call->tcp_state));
}

static void tell_CALL_ENTER(const struct telling *telling)
{
    tell_lane(telling);
    buf_puts(telling->out, " calls ");
    call_text(telling->out, telling->event);
    tell_line(telling);
    tell_causes(telling, RULE_NONE);
    buf_putc(telling->out, '.');
    tell_tcp_info(telling);
    tell_objections(telling);
}

static bool is_receive(uint8_t call)
{
    static const bool receives[CALL_COUNT] = {
        [CALL_recv] = true, [CALL_recvfrom] = true, [CALL_recvmsg] = true,
        [CALL_read] = true, [CALL_readv] = true,
    };
    return call < CALL_COUNT && receives[call];
}

static void tell_meaning(const struct telling *telling)
{
    const struct event_call *call = &telling->event->call;
    if (is_receive(call->call) && call->result == 0 && call->arguments[2] != 0)
        buf_puts(telling->out, call->is_datagram ? " (an empty datagram)" : " (the end of the stream)");
}

/* The new descriptor's partner is part of the address argument; what else accept() says is the new socket's
 * name. */
static void tell_CALL_EXIT(const struct telling *telling)
{
    const struct event_call *call = &telling->event->call;
    tell_lane(telling);
    buf_puts(telling->out, " returns from ");
    call_text(telling->out, telling->event);
    buf_putc(telling->out, ' ');
    call_result_text(telling->out, telling->event);
    tell_meaning(telling);
    buf_puts(telling->out, " after ");
    duration_text(telling->out, call->duration_ns);
    tell_line(telling);
    tell_causes(telling, RULE_ENTER_EXIT);
    buf_putc(telling->out, '.');
    tell_transition(telling, WITNESS_API, call->new_cookie != 0 ? "New socket" : "Socket");
    tell_tcp_info(telling);
    tell_objections(telling);
}

/* Packets live in sentence_packet.c. */
#define tell_PACKET_SENT      tell_packet_sent
#define tell_PACKET_DELIVERED tell_packet_delivered
#define tell_PACKET_DROPPED   tell_packet_dropped
#define tell_PACKET_HELD      tell_packet_held

/* What the kernel was asked for. */

static void tell_partner(const struct telling *telling)
{
    char local[ADDRESS_TEXT_MAX], remote[ADDRESS_TEXT_MAX];
    const struct event_state *state = &telling->event->state;
    if (state->local.family == ADDRESS_NONE)
        return;
    buf_printf(telling->out, " of %s", address_text(&state->local, local));
    if (state->remote.family != ADDRESS_NONE && state->remote.port != 0)
        buf_printf(telling->out, " with %s", address_text(&state->remote, remote));
}

static void tell_STATE(const struct telling *telling)
{
    const struct event_state *state = &telling->event->state;
    const struct change *change = telling_change(telling, WITNESS_KERNEL);
    tell_kernel(telling);
    buf_puts(telling->out, ": ");
    if (change != NULL && change->old_state != STATE_NONE && change->old_state != state->state)
        buf_printf(telling->out, "%s -> ", state_name((enum state)change->old_state));
    buf_printf(telling->out, "%s (sock_diag)", state_name((enum state)state->state));
    if (change == NULL || change->old_state == STATE_NONE)
        tell_partner(telling);
    if (state->state == STATE_ESTABLISHED && state->inode == 0)
        buf_puts(telling->out, ", not yet accepted");
    if (state->state == STATE_TIME_WAIT && state->timer_ms != 0) {
        buf_puts(telling->out, " for another ");
        duration_text(telling->out, state->timer_ms * NS_PER_MS);
    }
    tell_causes(telling, RULE_NONE);
    if (change != NULL && change->reason != NULL)
        buf_printf(telling->out, ": %s", change->reason);
    buf_putc(telling->out, '.');
    tell_objections(telling);
}

static void tell_QUEUE(const struct telling *telling)
{
    const struct event_state *state = &telling->event->state;
    tell_kernel(telling);
    if (state->state == STATE_LISTEN)
        buf_printf(telling->out, ": %" PRIu32 " connections wait for accept(), backlog %" PRIu32,
                   state->receive_queue, state->send_queue);
    else
        buf_printf(telling->out,
                   ": %" PRIu32 " bytes wait to be read, %" PRIu32 " sent bytes are not yet acknowledged",
                   state->receive_queue, state->send_queue);
    buf_puts(telling->out, " (sock_diag)");
    tell_causes(telling, RULE_NONE);
    buf_putc(telling->out, '.');
    tell_objections(telling);
}

static const char *const timers[] = {"no timer runs", "the retransmission timer", "the keepalive timer",
                                     "the TIME_WAIT timer", "the zero-window probe timer"};

static void tell_TIMER(const struct telling *telling)
{
    const struct event_state *state = &telling->event->state;
    bool known = state->timer < sizeof timers / sizeof *timers;
    tell_kernel(telling);
    buf_printf(telling->out, ": %s", known ? timers[state->timer] : "a timer");
    if (state->timer != 0) {
        buf_puts(telling->out, " fires in ");
        duration_text(telling->out, state->timer_ms * NS_PER_MS);
        buf_printf(telling->out, ", %d retransmissions so far", state->retransmits);
    }
    buf_puts(telling->out, " (sock_diag)");
    tell_causes(telling, RULE_NONE);
    buf_putc(telling->out, '.');
    tell_objections(telling);
}

/* Processes and words. */

static void tell_end(const struct telling *telling)
{
    const struct event_process *process = &telling->event->process;
    const char *name = process->signal > 0 ? sigabbrev_np(process->signal) : NULL;
    if (process->signal == 0)
        buf_printf(telling->out, " ends with exit code %" PRId32, process->exit_code);
    else if (name != NULL)
        buf_printf(telling->out, " is ended by SIG%s", name);
    else
        buf_printf(telling->out, " is ended by signal %" PRId32, process->signal);
}

static void tell_PROCESS(const struct telling *telling)
{
    static const char *const verbs[] = {
        [PROCESS_START] = " starts", [PROCESS_FORK] = " is forked", [PROCESS_EXEC] = " executes"};
    const struct event_process *process = &telling->event->process;
    tell_lane(telling);
    if (process->what == PROCESS_EXIT) {
        tell_end(telling);
    } else {
        buf_puts(telling->out, process->what < PROCESS_EXIT ? verbs[process->what] : " changes");
        if (process->program[0] != '\0') {
            buf_puts(telling->out, process->what == PROCESS_FORK ? " as " : " ");
            utf8_text(telling->out, process->program, strnlen(process->program, sizeof process->program));
        }
        buf_printf(telling->out, " (pid %" PRId32 ")", telling->event->pid);
    }
    tell_causes(telling, RULE_NONE);
    buf_putc(telling->out, '.');
    tell_objections(telling);
}

static void tell_words(const struct telling *telling)
{
    const char *text = (const char *)telling->event->data;
    size_t count = telling->event->data_bytes;
    while (count > 0 && (text[count - 1] == '\n' || text[count - 1] == '\r'))
        count--;
    buf_putc(telling->out, '"');
    utf8_text(telling->out, text, count);
    buf_puts(telling->out, "\".");
}

static void tell_OUTPUT(const struct telling *telling)
{
    tell_lane(telling);
    buf_puts(telling->out, telling->event->note.stream == 2 ? " prints to standard error " : " prints ");
    tell_words(telling);
}

static void tell_GAP(const struct telling *telling)
{
    const struct event_gap *gap = &telling->event->gap;
    if (gap->lost == 1)
        buf_puts(telling->out, "one event was lost here");
    else if (gap->lost != 0)
        buf_printf(telling->out, "%" PRIu64 " events were lost here", gap->lost);
    else
        buf_puts(telling->out, "events were lost here, nobody knows how many");
    if (gap->reason[0] != '\0') {
        buf_puts(telling->out, ": ");
        utf8_text(telling->out, gap->reason, strnlen(gap->reason, sizeof gap->reason));
    }
    buf_putc(telling->out, '.');
}

static void tell_MARK(const struct telling *telling)
{
    buf_puts(telling->out, "mark: ");
    tell_words(telling);
}

static void tell_CAPTION(const struct telling *telling)
{
    buf_puts(telling->out, "caption: ");
    tell_words(telling);
}

static void tell_QUESTION(const struct telling *telling)
{
    buf_puts(telling->out, "question: ");
    tell_words(telling);
}

static void tell_VOTE(const struct telling *telling)
{
    buf_printf(telling->out, "%" PRId32 " votes for ", telling->event->note.count);
    tell_words(telling);
}

static void (*const tellers[])(const struct telling *telling) = {
#define EVENT(name, text, member, what) tell_##name,
#include "event/event.def"
#undef EVENT
};

void event_sentence(struct buf *out, const struct event *event, const struct change *changes,
                    size_t change_count)
{
    struct telling telling = {.out = out, .event = event, .changes = changes, .change_count = change_count};
    if (event->kind < EVENT_KIND_COUNT)
        tellers[event->kind](&telling);
    else
        buf_puts(out, "an event of an unknown kind.");
}

#include "export/ladder_lane.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "event/sentence.h"

#define PAYLOAD_ROOM 9 /* send("hi client") = 9 takes two lines, and no more */

void lane_prefix(struct buf *out, const struct event *event)
{
    size_t host = strlen(event->host);
    if (event->lane[0] == '\0' || strcmp(event->lane, event->host) == 0)
        return;
    bool extends = host > 0 && strncmp(event->lane, event->host, host) == 0 && event->lane[host] == '.';
    buf_printf(out, "%s ", extends ? event->lane + host : event->lane);
}

static void put_port(struct buf *out, const struct event *event)
{
    if (event->call.address.port != 0)
        buf_printf(out, ":%d", event->call.address.port);
}

static void put_sent(struct buf *out, const struct event *event)
{
    if (!event->call.has_payload)
        return;
    buf_putc(out, '"');
    payload_text(out, event->data, event->data_bytes, PAYLOAD_ROOM);
    buf_putc(out, '"');
}

static void put_backlog(struct buf *out, const struct event *event)
{
    buf_printf(out, "%" PRId64, event->call.arguments[1]);
}

static void put_how(struct buf *out, const struct event *event)
{
    static const char *const hows[] = {"RD", "WR", "RDWR"};
    int64_t how = event->call.arguments[1];
    buf_puts(out, how >= 0 && how < 3 ? hows[how] : "?");
}

/* The one argument that says most; the others would not fit. */
static void (*const best_argument[CALL_COUNT])(struct buf *out, const struct event *event) = {
    [CALL_bind] = put_port,  [CALL_connect] = put_port, [CALL_listen] = put_backlog,
    [CALL_send] = put_sent,  [CALL_sendto] = put_sent,  [CALL_sendmsg] = put_sent,
    [CALL_write] = put_sent, [CALL_writev] = put_sent,  [CALL_shutdown] = put_how,
};

static void put_call(struct buf *out, const struct event *event, bool with_argument)
{
    enum call call = (enum call)event->call.call;
    lane_prefix(out, event);
    buf_printf(out, "%s(", call_name(call));
    if (with_argument && call < CALL_COUNT && best_argument[call] != NULL)
        best_argument[call](out, event);
    buf_putc(out, ')');
}

void lane_enter_text(struct buf *out, const struct event *enter)
{
    put_call(out, enter, true);
    buf_puts(out, "...");
}

void lane_exit_text(struct buf *out, const struct event *enter, const struct event *exit)
{
    put_call(out, enter != NULL ? enter : exit, enter != NULL);
    buf_printf(out, " = %" PRId64, exit->call.result);
    if (exit->call.error_number != 0) {
        buf_printf(out, " %s", errno_name(exit->call.error_number));
    } else if (exit->call.has_payload && exit->call.result > 0) {
        buf_putc(out, ' ');
        put_sent(out, exit);
    }
}

void lane_process_text(struct buf *out, const struct event *event)
{
    const struct event_process *process = &event->process;
    const char *signal = process->signal > 0 ? sigabbrev_np(process->signal) : NULL;
    lane_prefix(out, event);
    const char *verb = process->what == PROCESS_FORK ? "forked " : "run ";
    if (process->what != PROCESS_EXIT)
        buf_printf(out, "%s%s", strlen(verb) + strlen(process->program) <= LANE_COLUMNS ? verb : "",
                   process->program);
    else if (process->signal == 0)
        buf_printf(out, "exit %" PRId32, process->exit_code);
    else if (signal != NULL)
        buf_printf(out, "ended by SIG%s", signal);
    else
        buf_printf(out, "ended by signal %" PRId32, process->signal);
}

void lane_state_text(struct buf *out, const struct change *change)
{
    bool observed = change->witness == WITNESS_KERNEL;
    buf_printf(out, "%c%s%c%s", observed ? '[' : '(', state_name((enum state)change->new_state),
               observed ? ']' : ')', change->disagreement || change->impossible ? "!" : "");
}

static void put_number(struct buf *out, const struct event *event)
{
    const struct packet *packet = &event->packet.packet;
    const struct event_context *context = &event->context;
    bool counts = packet->payload_bytes != 0 || (packet->tcp.flags & (TCP_SYN | TCP_FIN)) != 0;
    bool answers = (packet->tcp.flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
    if (packet->protocol != PROTOCOL_TCP || packet->fragment_offset != 0 || !context->has_relative)
        return;
    if (counts && !answers)
        buf_printf(out, " seq=%" PRIu32, context->sequence);
    else if ((packet->tcp.flags & TCP_ACK) != 0)
        buf_printf(out, " ack=%" PRIu32, context->acknowledgment);
    if ((packet->tcp.flags & (TCP_ACK | TCP_RST)) == TCP_ACK && packet->tcp.window == 0)
        buf_puts(out, " win=0");
}

void packet_label(struct label *ret_label, const struct event *event)
{
    const struct packet *packet = &event->packet.packet;
    struct buf text = {0};
    packet_word(&text, packet);
    snprintf(ret_label->brief, sizeof ret_label->brief, "%.*s", RIGHT_LINE - LEFT_LINE - 8, buf_text(&text));
    put_number(&text, event);
    if (event->context.copy > 1)
        buf_printf(&text, " (try %" PRIu32 ")", event->context.copy);
    snprintf(ret_label->full, sizeof ret_label->full, "%.*s", LABEL_MAX - 1, buf_text(&text));
    ret_label->is_double = packet->protocol == PROTOCOL_TCP && (packet->tcp.flags & TCP_RST) != 0;
    buf_release(&text);
}

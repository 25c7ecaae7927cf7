/* Patterns against what the record holds. */
#include "scenario/expect_pattern.h"

#include "base/buf.h"
#include "event/sentence.h"

#include <string.h>

#define SHAPE (TCP_SYN | TCP_FIN | TCP_RST | TCP_URG)

void seen_calls_collect(seen_calls *calls, const struct timeline *timeline, const char *lane)
{
    array_each (const struct record, record, &timeline->records) {
        const struct event *event = &record->event;
        if (lane != NULL && strcmp(event->lane, lane) != 0)
            continue;
        if (event->kind == EVENT_CALL_ENTER)
            *array_push(calls) = (struct seen_call){.enter = event};
        if (event->kind != EVENT_CALL_EXIT)
            continue;
        for (size_t i = calls->count; i-- > 0;) {
            struct seen_call *call = &calls->items[i];
            if (call->enter->pid != event->pid || call->enter->call.call_id != event->call.call_id)
                continue;
            call->exit = event;
            break;
        }
    }
}

/* The first number among the arguments: a length, a backlog. -1: the call has none. */
static int64_t asked_number(const struct event_call *call)
{
    char type = 0;
    for (int i = 0; call_argument((enum call)call->call, i, &type) != NULL; i++)
        if (type == 'n')
            return call->arguments[i];
    return -1;
}

static bool matches_result(const struct pattern *pattern, const struct event *exit)
{
    switch (pattern->result_kind) {
    case RESULT_ANY: return true;
    case RESULT_BLOCKED: return exit == NULL;
    case RESULT_NUMBER: return exit != NULL && exit->call.result == pattern->result;
    case RESULT_ERROR:
        return exit != NULL && exit->call.result == -1 && exit->call.error_number == pattern->result;
    }
    return false;
}

bool pattern_matches_call(const struct pattern *pattern, const struct seen_call *call)
{
    const struct event_call *enter = &call->enter->call;
    if (pattern->kind != PATTERN_CALL || pattern->call != (enum call)enter->call)
        return false;
    if (pattern->lane[0] != '\0' && strcmp(pattern->lane, call->enter->lane) != 0)
        return false;
    if (pattern->number >= 0 && pattern->number != asked_number(enter))
        return false;
    return matches_result(pattern, call->exit);
}

/* ACK is set on every segment but the first SYN and some RST: it counts where it says something. */
static bool matches_segment(const struct pattern *pattern, const struct packet *packet)
{
    uint8_t named = pattern->flags, found = packet->tcp.flags;
    if (packet->protocol != PROTOCOL_TCP || (named & SHAPE) != (found & SHAPE))
        return false;
    if ((named & TCP_ACK) != 0 && (found & TCP_ACK) == 0)
        return false;
    if ((named & TCP_SYN) != 0 && (named & TCP_ACK) != (found & TCP_ACK))
        return false;
    if (pattern->payload_bytes >= 0)
        return packet->payload_bytes == pattern->payload_bytes;
    return pattern->has_payload == (packet->payload_bytes > 0);
}

static bool begins_with_word(const struct packet *packet, const char *word)
{
    struct buf seen = {0};
    packet_word(&seen, packet);
    size_t length = strlen(word);
    bool begins = strncmp(buf_text(&seen), word, length) == 0 &&
                  (buf_text(&seen)[length] == '\0' || buf_text(&seen)[length] == ' ');
    buf_release(&seen);
    return begins;
}

bool pattern_matches_packet(const struct pattern *pattern, const struct event *sent, bool lost,
                            const char *first_host)
{
    if (pattern->kind != PATTERN_PACKET || pattern->lost != lost)
        return false;
    if (pattern->from_first_host != (strcmp(sent->host, first_host) == 0))
        return false;
    const struct packet *packet = &sent->packet.packet;
    return pattern->is_tcp ? matches_segment(pattern, packet) : begins_with_word(packet, pattern->word);
}

bool packet_was_lost(const struct timeline *timeline, uint64_t id)
{
    array_each (const struct record, record, &timeline->records)
        if (record->event.kind == EVENT_PACKET_DROPPED && record->event.packet.id == id)
            return true;
    return false;
}

/* Those whose number a reader wants to see; of recv() it is only the room that was offered. */
static bool shows_number(enum call call)
{
    static const bool shows[CALL_COUNT] = {
        [CALL_listen] = true, [CALL_send] = true,   [CALL_sendto] = true,   [CALL_sendmsg] = true,
        [CALL_write] = true,  [CALL_writev] = true, [CALL_sendfile] = true,
    };
    return shows[call];
}

void seen_call_text(struct buf *out, const struct seen_call *call)
{
    enum call number = (enum call)call->enter->call.call;
    buf_puts(out, call_name(number));
    if (shows_number(number))
        buf_printf(out, " %lld", (long long)asked_number(&call->enter->call));
    if (call->exit == NULL)
        buf_puts(out, " = blocked");
    else if (call->exit->call.result == -1 && call->exit->call.error_number != 0)
        buf_printf(out, " = %s", errno_name(call->exit->call.error_number));
    else
        buf_printf(out, " = %lld", (long long)call->exit->call.result);
}

void seen_packet_text(struct buf *out, const struct event *sent, bool lost, const char *first_host)
{
    buf_puts(out, strcmp(sent->host, first_host) == 0 ? "> " : "< ");
    packet_word(out, &sent->packet.packet);
    buf_puts(out, lost ? " x" : "");
}

static long index_of(const struct timeline *timeline, const struct event *event)
{
    return (long)((const struct record *)(const void *)event - timeline->records.items);
}

static long find_call(const struct pattern *pattern, const struct timeline *timeline, int nth, bool at_enter)
{
    seen_calls calls = {0};
    long found = -1;
    seen_calls_collect(&calls, timeline, NULL);
    array_each (const struct seen_call, call, &calls) {
        if (found >= 0 || !pattern_matches_call(pattern, call) || --nth > 0)
            continue;
        bool enter = call->exit == NULL || (at_enter && pattern->result_kind == RESULT_ANY);
        found = index_of(timeline, enter ? call->enter : call->exit);
    }
    array_release(&calls);
    return found;
}

long pattern_find(const struct pattern *pattern, const struct timeline *timeline, const char *first_host,
                  int nth, bool at_enter)
{
    if (pattern->kind == PATTERN_CALL)
        return find_call(pattern, timeline, nth, at_enter);
    array_each (const struct record, record, &timeline->records) {
        const struct event *event = &record->event;
        if (event->kind == EVENT_PACKET_SENT &&
            pattern_matches_packet(pattern, event, packet_was_lost(timeline, event->packet.id), first_host) &&
            --nth <= 0)
            return index_of(timeline, event);
    }
    return -1;
}

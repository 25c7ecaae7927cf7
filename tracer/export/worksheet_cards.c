/* Two tasks on paper: cards to be put in order, and error numbers to be matched with their causes. */
#include "export/worksheet_tasks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/sentence.h"
#include "export/html_text.h"
#include "export/pairs.h"
#include "export/worksheet_quiz.h"

#define CARDS_MAX 12

static void shuffle(size_t *items, size_t count, uint64_t *seed)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = (size_t)(quiz_random(seed) % i), kept = items[i - 1];
        items[i - 1] = items[other];
        items[other] = kept;
    }
}

/* --- cards --- */

/* What happened, without saying when. False: nothing worth a card. */
static bool card_text(struct buf *out, const struct timeline *timeline, const struct pairs *pairs,
                      size_t index)
{
    const struct event *event = &timeline->records.items[index].event;
    bool waited = event->kind == EVENT_CALL_EXIT && !pairs->items[index].quick;
    if (event->kind == EVENT_PACKET_SENT && event->packet.packet.protocol != PROTOCOL_NONE) {
        buf_printf(out, "%s sends ", event->host[0] != '\0' ? event->host : "one end");
        packet_word(out, &event->packet.packet);
    } else if (waited) {
        buf_printf(out, "%s: %s() returns ", event->lane, call_name((enum call)event->call.call));
        call_result_text(out, event);
    } else if (event->kind == EVENT_CALL_ENTER &&
               (pairs->items[index].quick || event->call.call == CALL_connect)) {
        buf_printf(out, "%s calls ", event->lane);
        call_text(out, event);
    }
    return out->length > 0;
}

/* The events that get a card: at most CARDS_MAX, spread over the recording, no two with the same words. */
static size_t choose_cards(const struct timeline *timeline, const struct pairs *pairs,
                           struct buf cards[CARDS_MAX])
{
    size_t candidates = 0, taken = 0, place = 0;
    for (size_t i = 0; i < timeline->records.count; i++) {
        struct buf text = {0};
        candidates += card_text(&text, timeline, pairs, i);
        buf_release(&text);
    }
    size_t step = candidates > CARDS_MAX ? candidates : CARDS_MAX;
    for (size_t i = 0; i < timeline->records.count && taken < CARDS_MAX; i++) {
        struct buf text = {0};
        bool known = !card_text(&text, timeline, pairs, i);
        bool chosen = !known && place * CARDS_MAX / step >= taken;
        place += !known;
        for (size_t card = 0; card < taken; card++)
            known = known || strcmp(buf_text(&cards[card]), buf_text(&text)) == 0;
        if (chosen && !known)
            cards[taken++] = text;
        else
            buf_release(&text);
    }
    return taken;
}

static void put_order(struct buf *out, const size_t *order, size_t count)
{
    buf_puts(out, "<p class=\"answer\">In order: ");
    for (size_t place = 0; place < count; place++)
        for (size_t card = 0; card < count; card++)
            if (order[card] == place)
                buf_printf(out, "%s%c", place == 0 ? "" : " ", (char)('A' + card));
    buf_puts(out, "</p>\n");
}

bool worksheet_cards(struct buf *out, const struct timeline *timeline, bool answers)
{
    struct pairs pairs;
    struct buf cards[CARDS_MAX] = {0};
    size_t order[CARDS_MAX];
    uint64_t seed = quiz_seed(timeline);
    pairs_init(&pairs, timeline);
    size_t count = choose_cards(timeline, &pairs, cards);
    pairs_release(&pairs);
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    shuffle(order, count, &seed);
    buf_puts(out, count > 1 ? "<div class=\"cards\">\n" : "");
    for (size_t i = 0; i < count && count > 1; i++) {
        buf_printf(out, "<div class=\"card\"><b>%c</b> ", (char)('A' + i));
        html_puts(out, buf_text(&cards[order[i]]));
        buf_puts(out, "</div>\n");
    }
    buf_puts(out, count > 1 ? "</div>\n" : "");
    if (answers && count > 1)
        put_order(out, order, count);
    for (size_t i = 0; i < count; i++)
        buf_release(&cards[i]);
    return count > 1;
}

/* --- error numbers --- */

static const struct error_cause {
    int error_number;
    const char *cause;
} error_causes[] = {
    {ECONNREFUSED,
     "The packet reached a host where nobody listens on that port; the answer was RST (or an ICMP message)."},
    {ECONNRESET, "The other end, or its kernel, ended the connection at once with RST."},
    {EPIPE, "The program wrote on a connection that can no longer carry data to the other side."},
    {ETIMEDOUT, "The packets were sent again and again, and no answer ever came."},
    {EADDRINUSE, "Another socket has this address and port already."},
    {EADDRNOTAVAIL, "The address is not one of this machine, or no free port is left."},
    {EINPROGRESS,
     "The socket does not block: the connection is being made and the call did not wait for it."},
    {EMSGSIZE, "The datagram is larger than can be sent."},
    {EAGAIN, "The socket does not block, and there is nothing to be had at this moment."},
    {ENOTCONN, "The socket has no partner."},
    {EHOSTUNREACH, "A router on the way said that the host cannot be reached."},
    {ENETUNREACH, "There is no way to that network."},
};

#define ERROR_COUNT  (sizeof error_causes / sizeof *error_causes)
#define CAUSES_SHOWN 6

static bool occurred(const struct timeline *timeline, int error_number)
{
    array_each (const struct record, record, &timeline->records)
        if (record->event.kind == EVENT_CALL_EXIT && record->event.call.error_number == error_number)
            return true;
    return false;
}

/* Those that occurred first, then others to choose from. */
static size_t choose_errors(const struct timeline *timeline, size_t chosen[ERROR_COUNT], size_t *ret_real)
{
    size_t count = 0;
    for (size_t i = 0; i < ERROR_COUNT; i++)
        if (occurred(timeline, error_causes[i].error_number))
            chosen[count++] = i;
    *ret_real = count;
    for (size_t i = 0; i < ERROR_COUNT && count<CAUSES_SHOWN && * ret_real> 0; i++)
        if (!occurred(timeline, error_causes[i].error_number))
            chosen[count++] = i;
    return count;
}

static char letter_of(const size_t *shown, size_t count, size_t error)
{
    for (size_t i = 0; i < count; i++)
        if (shown[i] == error)
            return (char)('a' + i);
    return '?';
}

bool worksheet_errors(struct buf *out, const struct timeline *timeline, bool answers)
{
    size_t chosen[ERROR_COUNT], shown[ERROR_COUNT], real;
    uint64_t seed = quiz_seed(timeline) + 1;
    size_t count = choose_errors(timeline, chosen, &real);
    if (real == 0)
        return false;
    memcpy(shown, chosen, count * sizeof *chosen);
    shuffle(shown, count, &seed);
    buf_puts(out, "<div class=\"match\"><ul class=\"errors\">\n");
    for (size_t i = 0; i < real; i++) {
        buf_printf(out, "<li><code>%s</code> ", errno_name(error_causes[chosen[i]].error_number));
        buf_printf(out,
                   answers ? "<b class=\"answer\">%c</b></li>\n" : "<span class=\"write\"></span></li>\n",
                   letter_of(shown, count, chosen[i]));
    }
    buf_puts(out, "</ul>\n<ol type=\"a\">\n");
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "<li>%s</li>\n", error_causes[shown[i]].cause);
    buf_puts(out, "</ol></div>\n");
    return true;
}

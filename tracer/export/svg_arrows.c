#include <string.h>

#include "base/buf.h"
#include "export/ladder_lane.h"
#include "export/svg_figure.h"

static enum look look_of(const struct packet *packet)
{
    if (packet->protocol == PROTOCOL_UDP)
        return LOOK_DATAGRAM;
    if (packet->protocol == PROTOCOL_ICMP || packet->protocol == PROTOCOL_ICMPV6)
        return LOOK_ICMP;
    if (packet->protocol != PROTOCOL_TCP)
        return LOOK_OTHER;
    if ((packet->tcp.flags & TCP_RST) != 0)
        return LOOK_RST;
    if ((packet->tcp.flags & TCP_SYN) != 0)
        return LOOK_SYN;
    if ((packet->tcp.flags & TCP_FIN) != 0)
        return LOOK_FIN;
    return packet->payload_bytes != 0 ? LOOK_DATA : LOOK_ACK;
}

static enum arrow_end end_of(const struct figure *figure, size_t sent, enum side side)
{
    const struct pair *pair = &figure->pairs.items[sent];
    const struct event *event = &figure->timeline->records.items[sent].event;
    if (pair->arrivals != 0)
        return ARROW_ARRIVES;
    if (side_of_goal(&figure->sides, event) != side_opposite(side))
        return ARROW_ELSEWHERE;
    return pair->dropped ? ARROW_LOST : figure->pairs.has_arrivals ? ARROW_OPEN : ARROW_ARRIVES;
}

static void draw_arrow(struct figure *figure, size_t sent, const struct record *record, double to_y,
                       bool copy)
{
    enum side side = side_of(&figure->sides, &record->event);
    struct label label;
    struct buf sentence = {0};
    packet_label(&label, &record->event);
    struct arrow arrow = {
        .look = look_of(&record->event.packet.packet),
        .from = side,
        .from_y = figure->heights[sent],
        .to_y = to_y,
        .end = end_of(figure, sent, side),
        .again = record->event.context.copy > 1,
        .copy = copy,
        .held = !copy && figure->pairs.items[sent].held,
        .label = label.full,
    };
    figure->looks[arrow.look] = true;
    figure->again = figure->again || arrow.again;
    figure->copied = figure->copied || copy;
    figure->lost = figure->lost || arrow.end == ARROW_LOST;
    figure->held = figure->held || arrow.held;
    figure->in_flight = figure->in_flight || arrow.end == ARROW_OPEN;
    figure_sentence(figure, record, &sentence);
    page_open(&figure->page.arrows, "packet", buf_text(&sentence));
    page_arrow(&figure->page.arrows, &arrow);
    page_close(&figure->page.arrows);
    buf_release(&sentence);
}

static void draw_sent(struct figure *figure, size_t index, const struct record *record)
{
    const struct pair *pair = &figure->pairs.items[index];
    double slope = figure->pairs.has_arrivals ? DELAY_HEIGHT : 0;
    double to_y = pair->arrivals != 0 ? figure->heights[pair->other] : figure->heights[index] + slope;
    draw_arrow(figure, index, record, to_y, false);
    for (size_t i = pair->other; pair->arrivals > 1 && i < figure->timeline->records.count; i++)
        if (i != pair->other && figure->pairs.items[i].other == index &&
            figure->timeline->records.items[i].event.kind == EVENT_PACKET_DELIVERED)
            draw_arrow(figure, index, record, figure->heights[i], true);
}

static void draw_wait(struct figure *figure, size_t index, const struct record *record)
{
    const struct pair *pair = &figure->pairs.items[index];
    enum side side = side_of(&figure->sides, &record->event);
    const struct event *event = &record->event;
    if (pair->quick || side == NOWHERE)
        return;
    int place = event->lane[0] != '\0' && strcmp(event->lane, figure->sides.names[side]) != 0;
    double end = pair->other != PAIR_NONE ? figure->heights[pair->other] : figure->y + 8;
    page_bar(&figure->page.under, side, place, figure->heights[index] + 4, end - 3);
    figure->waits = true;
}

void figure_draw_arrows(struct figure *figure)
{
    for (size_t i = 0; i < figure->timeline->records.count; i++) {
        const struct record *record = &figure->timeline->records.items[i];
        if (record->event.kind == EVENT_CALL_ENTER)
            draw_wait(figure, i, record);
        if (record->event.kind == EVENT_PACKET_SENT && side_of(&figure->sides, &record->event) != NOWHERE)
            draw_sent(figure, i, record);
    }
}

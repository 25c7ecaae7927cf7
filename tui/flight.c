/*
 * Packets that fly. What a step brought to the ladder appears one row after the other, each growing from its
 * sender at the same speed: the order survives, and nothing eases.
 */
#include <stdint.h>

#include "base/clock.h"
#include "tui/view_part.h"

#define FLIGHT_NS (800 * NS_PER_MS)
#define FRAME_NS  (NS_PER_S / 20)

static bool is_flight(const struct event *event)
{
    return event->kind == EVENT_PACKET_SENT || event->kind == EVENT_PACKET_DELIVERED;
}

void flight_begin(struct view *view, const struct timeline *timeline, size_t from, int64_t now_ns)
{
    flight_end(view);
    if (!view->motion || view->page != PAGE_LADDER)
        return;
    for (size_t i = from; i < view->position && i < timeline->records.count; i++)
        view->flying = view->flying || is_flight(&timeline->records.items[i].event);
    if (!view->flying)
        return;
    view->flight_from = from;
    view->flight = 0;
    view->flight_start_ns = now_ns;
    view->flight_end_ns = now_ns + FLIGHT_NS;
    if (view->playing && view->next_due_ns > now_ns && view->next_due_ns < view->flight_end_ns)
        view->flight_end_ns = view->next_due_ns;
}

void flight_end(struct view *view)
{
    view->flying = false;
    view->flight = FLIGHT_COMPLETE;
}

bool flight_tick(struct view *view, int64_t now_ns)
{
    int64_t whole = view->flight_end_ns - view->flight_start_ns;
    int flight;

    if (!view->flying)
        return false;
    flight = whole <= 0 || now_ns >= view->flight_end_ns
                 ? FLIGHT_COMPLETE
                 : (int)((now_ns - view->flight_start_ns) * FLIGHT_COMPLETE / whole);
    if (flight < FLIGHT_COMPLETE && flight < view->flight + (int)(FRAME_NS * FLIGHT_COMPLETE / whole))
        return false;
    view->flight = flight;
    view->flying = flight < FLIGHT_COMPLETE;
    return true;
}

static int64_t frame_due_ns(const struct view *view)
{
    int64_t whole = view->flight_end_ns - view->flight_start_ns;

    return view->flight_start_ns + whole * view->flight / FLIGHT_COMPLETE + FRAME_NS + 1;
}

int64_t view_due_ns(const struct view *view)
{
    int64_t due_ns = view->playing ? view->next_due_ns : INT64_MAX;

    if (view->flying) {
        int64_t frame_ns = frame_due_ns(view);

        frame_ns = frame_ns > view->flight_end_ns ? view->flight_end_ns : frame_ns;
        due_ns = frame_ns < due_ns ? frame_ns : due_ns;
    }
    return due_ns;
}

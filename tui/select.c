/* What Up, Down, Enter and Backspace choose: a packet and its fields, a flow. */
#include "tui/fields.h"
#include "tui/pages.h"
#include "tui/view_part.h"

static const struct picture *picture_now(const struct view *view, const struct timeline *timeline,
                                         struct picture *own)
{
    struct picture *picture = view->picture != NULL ? view->picture : own;

    picture_seek(picture, timeline, view->position);
    return picture;
}

/* The index of the packet that is selected, among those of the flow; -1: none. */
static int64_t selected_index(const struct view *view, const struct picture *picture)
{
    for (size_t i = picture->packets.count; i-- > 0;) {
        const struct picture_packet *packet = &picture->packets.items[i];

        if ((view->flow == 0 || packet->flow == view->flow) &&
            (view->selected == 0 || packet->sent + 1 <= view->selected))
            return (int64_t)i;
    }
    return -1;
}

static void select_packet(struct view *view, const struct picture *picture, int by)
{
    int64_t at = selected_index(view, picture);

    do
        at += by;
    while (at >= 0 && at < (int64_t)picture->packets.count && view->flow != 0 &&
           picture->packets.items[at].flow != view->flow);
    if (at < 0)
        return;
    view->selected = at < (int64_t)picture->packets.count ? (size_t)picture->packets.items[at].sent + 1 : 0;
}

static void select_flow(struct view *view, const struct picture *picture, int by)
{
    int64_t at = (int64_t)view->flow_cursor + by;

    if (at >= 0 && at < (int64_t)picture->flows.count)
        view->flow_cursor = (uint32_t)at;
}

bool select_move(struct view *view, const struct timeline *timeline, int by)
{
    struct picture own = {0};
    const struct picture *picture;

    if (view->page != PAGE_BYTES && view->page != PAGE_FLOWS)
        return false;
    picture = picture_now(view, timeline, &own);
    if (view->page == PAGE_BYTES)
        select_packet(view, picture, by);
    else
        select_flow(view, picture, by);
    picture_release(&own);
    return true;
}

static void choose_field(struct view *view, const struct timeline *timeline, const struct picture *picture,
                         bool back)
{
    int64_t at = selected_index(view, picture);
    field_list fields = {0};
    int field;

    if (at < 0)
        return;
    fields_of(&fields, &timeline->records.items[picture->packets.items[at].sent].event);
    field = view->field > 0 ? view->field : field_that_matters(&fields);
    field += back ? -1 : 1;
    if (field > (int)fields.count)
        field = 1;
    view->field = field < 1 ? (int)fields.count : field;
    array_release(&fields);
}

bool select_choose(struct view *view, const struct timeline *timeline, bool back)
{
    struct picture own = {0};
    const struct picture *picture;

    if (view->page != PAGE_BYTES && view->page != PAGE_FLOWS)
        return false;
    picture = picture_now(view, timeline, &own);
    if (view->page == PAGE_BYTES) {
        choose_field(view, timeline, picture, back);
    } else if (back) {
        view->flow = 0;
    } else if (view->flow_cursor < picture->flows.count) {
        view->flow = picture->flows.items[view->flow_cursor].number;
        view->selected = 0;
        view->page = PAGE_LADDER;
    }
    picture_release(&own);
    return true;
}

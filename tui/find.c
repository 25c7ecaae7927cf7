/* Places on the timeline: what was searched for, and marks. */
#include <string.h>
#include <strings.h>

#include "event/sentence.h"
#include "tui/view_part.h"

static bool says(const struct timeline *timeline, size_t record, const char *words)
{
    const struct record *item = &timeline->records.items[record];
    struct buf text = {0};
    bool found;

    event_sentence(&text, &item->event, timeline_changes(timeline, item), item->change_count);
    found = strcasestr(buf_text(&text), words) != NULL;
    buf_release(&text);
    return found;
}

/* The place of a record is behind it: it has happened. */
void find_next(struct view *view, const struct timeline *timeline, bool forward)
{
    size_t count = timeline->records.count, position = view->position;

    if (view->search[0] == 0) {
        view->notice = "Nothing was searched for yet: / begins a search.";
        return;
    }
    while (forward ? position < count : position > 1) {
        position += forward ? 1 : (size_t)-1;
        if (says(timeline, position - 1, view->search)) {
            view_move_to(view, position);
            return;
        }
    }
    view->notice = forward ? "Not found from here to the end." : "Not found from here to the beginning.";
}

static void mark_add(struct view *view, uint32_t position)
{
    int at = view->mark_count;

    while (at > 0 && view->marks[at - 1] >= position)
        at--;
    if (view->mark_count == MARKS_MAX || (at < view->mark_count && view->marks[at] == position))
        return;
    memmove(&view->marks[at + 1], &view->marks[at], (size_t)(view->mark_count - at) * sizeof *view->marks);
    view->marks[at] = position;
    view->mark_count++;
}

void mark_scan(struct view *view, const struct timeline *timeline)
{
    for (; view->scanned < timeline->records.count; view->scanned++) {
        if (timeline->records.items[view->scanned].event.kind != EVENT_MARK)
            continue;
        if (view->marks_noted > 0)
            view->marks_noted--;
        else
            mark_add(view, (uint32_t)view->scanned + 1);
    }
}

void mark_set(struct view *view)
{
    mark_add(view, (uint32_t)view->position);
    view->notice =
        view->mark_count == MARKS_MAX ? "There is no room for more marks." : "Marked. [ and ] go there.";
}

void mark_go(struct view *view, bool forward)
{
    int found = -1;

    for (int i = 0; i < view->mark_count; i++) {
        if (forward && view->marks[i] > view->position && found < 0)
            found = i;
        if (!forward && view->marks[i] < view->position)
            found = i;
    }
    if (found >= 0)
        view_move_to(view, view->marks[found]);
    else
        view->notice = view->mark_count == 0 ? "There are no marks: m sets one."
                       : forward             ? "There is no mark behind this place."
                                             : "There is no mark before this place.";
}

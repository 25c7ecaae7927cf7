/* Moving about on the timeline. */
#include <string.h>

#include "base/clock.h"
#include "tui/view.h"

#define SPEED_NORMAL 2
static const double speeds[] = {0.25, 0.5, 1.0, 2.0, 4.0, 8.0};
#define SPEED_COUNT ((int)(sizeof speeds / sizeof *speeds))

double view_speed(const struct view *view)
{
    int index = SPEED_NORMAL + view->speed;

    return speeds[index < 0 ? 0 : index >= SPEED_COUNT ? SPEED_COUNT - 1 : index];
}

/* The beat that a record belongs to; 0 before the first. */
static uint32_t beat_of(const struct timeline *timeline, size_t record)
{
    size_t low = 0, high = timeline->beats.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (timeline->beats.items[middle] <= record)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

uint32_t view_beat(const struct view *view, const struct timeline *timeline)
{
    size_t position = view->position < timeline->records.count ? view->position : timeline->records.count;

    return position == 0 ? 0 : beat_of(timeline, position - 1);
}

static size_t beat_first(const struct timeline *timeline, uint32_t beat)
{
    return beat == 0 ? 0 : timeline->beats.items[beat - 1];
}

static size_t beat_end(const struct timeline *timeline, uint32_t beat)
{
    return beat < timeline->beats.count ? timeline->beats.items[beat] : timeline->records.count;
}

static void move_to(struct view *view, size_t position)
{
    view->position = position;
    view->following = false;
    view->at_first_beat = false;
}

static void complete_beat(struct view *view, const struct timeline *timeline)
{
    if (view->position > 0)
        move_to(view, beat_end(timeline, view_beat(view, timeline)));
}

static void next_beat(struct view *view, const struct timeline *timeline)
{
    if (view->position < timeline->records.count)
        move_to(view, beat_end(timeline, beat_of(timeline, view->position)));
}

static void previous_beat(struct view *view, const struct timeline *timeline)
{
    move_to(view, beat_first(timeline, view_beat(view, timeline)));
}

static void to_last(struct view *view, const struct timeline *timeline)
{
    move_to(view, timeline->records.count);
    view->following = !timeline->complete;
}

/* The events of a beat share its time, one second at speed 1. */
static int64_t step_ns(const struct view *view, const struct timeline *timeline)
{
    size_t parts = 1;

    if (view->motion && view->position < timeline->records.count) {
        uint32_t beat = beat_of(timeline, view->position);

        parts = beat_end(timeline, beat) - beat_first(timeline, beat);
    }
    return (int64_t)((double)NS_PER_S / view_speed(view) / (double)parts);
}

static void play_or_pause(struct view *view, const struct timeline *timeline, int64_t now_ns)
{
    if (view->playing) {
        complete_beat(view, timeline);
        view->playing = false;
        return;
    }
    if (view->position >= timeline->records.count) {
        if (view->following)
            move_to(view, view->position);
        else
            view->following = !timeline->complete;
        return;
    }
    view->playing = true;
    view->following = view->at_first_beat = false;
    view->next_due_ns = now_ns;
    view_tick(view, timeline, now_ns);
}

bool view_tick(struct view *view, const struct timeline *timeline, int64_t now_ns)
{
    if (!view->playing || now_ns < view->next_due_ns)
        return false;
    if (view->position >= timeline->records.count) {
        view->playing = false;
        view->following = !timeline->complete;
        return true;
    }
    if (view->motion)
        move_to(view, view->position + 1);
    else
        next_beat(view, timeline);
    view->next_due_ns = now_ns + step_ns(view, timeline);
    return true;
}

void view_grow(struct view *view, const struct timeline *timeline)
{
    if (view->following)
        view->position = timeline->records.count;
    else if (view->at_first_beat)
        view->position = beat_end(timeline, 1);
    if (timeline->complete)
        view->following = view->running = false;
}

static void change_speed(struct view *view, int by)
{
    int speed = by == 0 ? 0 : view->speed + by;

    if (speed >= -SPEED_NORMAL && speed < SPEED_COUNT - SPEED_NORMAL)
        view->speed = speed;
}

static enum consequence quit(struct view *view, bool at_once)
{
    if (at_once || !view->running)
        return CONSEQUENCE_QUIT;
    view->overlay = OVERLAY_QUIT;
    return CONSEQUENCE_DRAW;
}

static enum consequence interrupt(struct view *view)
{
    bool second = view->interrupted;

    view->interrupted = true;
    return second ? CONSEQUENCE_QUIT : CONSEQUENCE_DRAW;
}

static bool is_move(enum action action)
{
    return action == ACTION_NEXT_BEAT || action == ACTION_PREVIOUS_BEAT || action == ACTION_NEXT_EVENT ||
           action == ACTION_PREVIOUS_EVENT || action == ACTION_FIRST || action == ACTION_LAST;
}

enum consequence view_act(struct view *view, const struct timeline *timeline, enum action action,
                          int64_t now_ns)
{
    if (is_move(action))
        view->playing = false;
    switch (action) {
    case ACTION_NEXT_BEAT: next_beat(view, timeline); break;
    case ACTION_PREVIOUS_BEAT: previous_beat(view, timeline); break;
    case ACTION_NEXT_EVENT:
        if (view->position < timeline->records.count)
            move_to(view, view->position + 1);
        break;
    case ACTION_PREVIOUS_EVENT: move_to(view, view->position > 0 ? view->position - 1 : 0); break;
    case ACTION_FIRST: move_to(view, 0); break;
    case ACTION_LAST: to_last(view, timeline); break;
    case ACTION_PLAY: play_or_pause(view, timeline, now_ns); break;
    case ACTION_SLOWER: change_speed(view, -1); break;
    case ACTION_FASTER: change_speed(view, 1); break;
    case ACTION_NORMAL_SPEED: change_speed(view, 0); break;
    case ACTION_ASCII: view->ascii = !view->ascii; return CONSEQUENCE_REDRAW;
    case ACTION_HELP: view->overlay = OVERLAY_HELP; break;
    case ACTION_CLOSE: view->overlay = OVERLAY_NONE; break;
    case ACTION_THEME: return CONSEQUENCE_THEME;
    case ACTION_REDRAW: return CONSEQUENCE_REDRAW;
    case ACTION_SUSPEND: return CONSEQUENCE_SUSPEND;
    case ACTION_QUIT: return quit(view, false);
    case ACTION_INTERRUPT: return interrupt(view);
    case ACTION_NONE:
    case ACTION_COUNT: return CONSEQUENCE_NONE;
    }
    return CONSEQUENCE_DRAW;
}

/* In an overlay: ^C and what belongs to the terminal work as ever, the rest closes it. */
static enum consequence overlay_key(struct view *view, uint32_t key, enum action *ret_action)
{
    enum overlay overlay = view->overlay;

    if (*ret_action == ACTION_INTERRUPT || *ret_action == ACTION_REDRAW || *ret_action == ACTION_SUSPEND ||
        *ret_action == ACTION_THEME || *ret_action == ACTION_ASCII)
        return CONSEQUENCE_NONE;
    view->overlay = OVERLAY_NONE;
    if (overlay == OVERLAY_QUIT && (key == 'q' || key == 'y'))
        return CONSEQUENCE_QUIT;
    *ret_action = ACTION_NONE;
    return CONSEQUENCE_DRAW;
}

enum consequence view_key(struct view *view, const struct timeline *timeline, uint32_t key, int64_t now_ns)
{
    enum action action = action_of_key(key);
    enum consequence consequence = CONSEQUENCE_NONE;

    if (action != ACTION_INTERRUPT)
        view->interrupted = false;
    view->notice = NULL;
    if (view->overlay != OVERLAY_NONE)
        consequence = overlay_key(view, key, &action);
    return consequence != CONSEQUENCE_NONE ? consequence : view_act(view, timeline, action, now_ns);
}

const char *view_source_word(const struct view *view, const struct timeline *timeline)
{
    if (view->recorded || timeline->complete)
        return "RECORDED";
    if (view->following)
        return "LIVE";
    return view->playing ? "REPLAY" : "PAUSED VIEW";
}

const char *view_mode_word(const struct view *view, const struct timeline *timeline)
{
    if (!view->recorded && !timeline->complete)
        return "";
    return view->playing ? "PLAYING" : "PAUSED";
}

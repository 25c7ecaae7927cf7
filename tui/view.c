/* Moving about on the timeline. */
#include <string.h>

#include "base/clock.h"
#include "tui/pages.h"
#include "tui/view_part.h"

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

void view_move_to(struct view *view, size_t position)
{
    view->position = position;
    view->following = false;
    view->at_first_beat = false;
}

void view_go_to_beat(struct view *view, const struct timeline *timeline, uint32_t beat)
{
    view_move_to(view, beat == 0 || timeline->beats.count == 0 ? 0 : beat_end(timeline, beat));
}

static void complete_beat(struct view *view, const struct timeline *timeline)
{
    if (view->position > 0)
        view_move_to(view, beat_end(timeline, view_beat(view, timeline)));
}

void view_next_beat(struct view *view, const struct timeline *timeline)
{
    if (view->position < timeline->records.count)
        view_move_to(view, beat_end(timeline, beat_of(timeline, view->position)));
}

void view_previous_beat(struct view *view, const struct timeline *timeline)
{
    view_move_to(view, beat_first(timeline, view_beat(view, timeline)));
}

static void to_last(struct view *view, const struct timeline *timeline)
{
    view_move_to(view, timeline->records.count);
    view->following = !timeline->complete;
}

/* The events of a beat share its time, one second at speed 1. */
int64_t view_step_ns(const struct view *view, const struct timeline *timeline)
{
    size_t parts = 1;

    if (view->motion && view->position < timeline->records.count) {
        uint32_t beat = beat_of(timeline, view->position);

        parts = beat_end(timeline, beat) - beat_first(timeline, beat);
    }
    return (int64_t)((double)NS_PER_S / view_speed(view) / (double)parts);
}

void view_play_or_pause(struct view *view, const struct timeline *timeline, int64_t now_ns)
{
    if (view->playing) {
        complete_beat(view, timeline);
        view->playing = false;
        return;
    }
    if (view->position >= timeline->records.count) {
        if (view->following)
            view_move_to(view, view->position);
        else
            view->following = !timeline->complete;
        return;
    }
    view->playing = true;
    view->following = view->at_first_beat = false;
    view->next_due_ns = now_ns;
    view_tick(view, timeline, now_ns);
}

static bool play_on(struct view *view, const struct timeline *timeline, int64_t now_ns)
{
    size_t before = view->position;

    if (!view->playing || now_ns < view->next_due_ns)
        return false;
    if (view->position >= timeline->records.count) {
        view->playing = false;
        view->following = !timeline->complete;
        return true;
    }
    if (view->motion)
        view_move_to(view, view->position + 1);
    else
        view_next_beat(view, timeline);
    view->next_due_ns = now_ns + view_step_ns(view, timeline);
    flight_begin(view, timeline, before, now_ns);
    return true;
}

bool view_tick(struct view *view, const struct timeline *timeline, int64_t now_ns)
{
    bool moved = flight_tick(view, now_ns);

    return play_on(view, timeline, now_ns) || moved;
}

void view_grow(struct view *view, const struct timeline *timeline)
{
    if (view->following)
        view->position = timeline->records.count;
    else if (view->at_first_beat)
        view->position = beat_end(timeline, 1);
    if (timeline->complete)
        view->following = view->running = false;
    mark_scan(view, timeline);
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

static bool is_step(enum action action)
{
    return action == ACTION_NEXT_BEAT || action == ACTION_PREVIOUS_BEAT || action == ACTION_NEXT_EVENT ||
           action == ACTION_PREVIOUS_EVENT;
}

static bool is_move(enum action action)
{
    return is_step(action) || action == ACTION_FIRST || action == ACTION_LAST || action == ACTION_JUMP ||
           action == ACTION_NEXT_FOUND || action == ACTION_PREVIOUS_FOUND || action == ACTION_NEXT_MARK ||
           action == ACTION_PREVIOUS_MARK;
}

static void move(struct view *view, const struct timeline *timeline, enum action action, int64_t now_ns)
{
    size_t before = view->position;

    if (action == ACTION_NEXT_BEAT)
        view_next_beat(view, timeline);
    else if (action == ACTION_PREVIOUS_BEAT)
        view_previous_beat(view, timeline);
    else if (action == ACTION_NEXT_EVENT)
        view_move_to(view, before < timeline->records.count ? before + 1 : before);
    else
        view_move_to(view, before > 0 ? before - 1 : 0);
    view->selected = 0;
    if (view->position > before)
        flight_begin(view, timeline, before, now_ns);
}

static void select_or_step(struct view *view, const struct timeline *timeline, int by, int64_t now_ns)
{
    if (select_move(view, timeline, by))
        return;
    view->playing = false;
    move(view, timeline, by > 0 ? ACTION_NEXT_BEAT : ACTION_PREVIOUS_BEAT, now_ns);
}

static void jump(struct view *view, const struct timeline *timeline, int tenths)
{
    uint32_t beats = timeline_beat_count(timeline);

    view_go_to_beat(view, timeline, (uint32_t)((uint64_t)beats * (unsigned)tenths / 10));
}

static void open_page(struct view *view, enum page page)
{
    view->page = view->page == page ? PAGE_LADDER : page;
    view->maximised = false;
    view->selected = 0;
    view->field = 0;
    flight_end(view);
}

/* What the actions of moving do. */
static void act_move(struct view *view, const struct timeline *timeline, enum action action, int64_t now_ns)
{
    view->playing = false;
    if (is_step(action)) {
        move(view, timeline, action, now_ns);
        return;
    }
    flight_end(view);
    if (action == ACTION_FIRST)
        view_move_to(view, 0);
    else if (action == ACTION_LAST)
        to_last(view, timeline);
    else if (action == ACTION_NEXT_FOUND || action == ACTION_PREVIOUS_FOUND)
        find_next(view, timeline, action == ACTION_NEXT_FOUND);
    else if (action == ACTION_NEXT_MARK || action == ACTION_PREVIOUS_MARK)
        mark_go(view, action == ACTION_NEXT_MARK);
}

static void begin_search(struct view *view)
{
    view->prompting = true;
    view->search[0] = 0;
}

static void toggle_caption(struct view *view, bool explain)
{
    if (explain)
        view->caption_size = view->caption_size == CAPTION_FULL ? CAPTION_LINE : CAPTION_FULL;
    else
        view->caption_size = (enum caption_size)((view->caption_size + 1) % CAPTION_SIZES);
}

enum consequence view_act(struct view *view, const struct timeline *timeline, enum action action,
                          int64_t now_ns)
{
    if (is_move(action)) {
        act_move(view, timeline, action, now_ns);
        return CONSEQUENCE_DRAW;
    }
    if (page_for(action) != PAGE_LADDER) {
        open_page(view, page_for(action));
        return CONSEQUENCE_DRAW;
    }
    switch (action) {
    case ACTION_PLAY: view_play_or_pause(view, timeline, now_ns); break;
    case ACTION_SLOWER: change_speed(view, -1); break;
    case ACTION_FASTER: change_speed(view, 1); break;
    case ACTION_NORMAL_SPEED: change_speed(view, 0); break;
    case ACTION_SEARCH: begin_search(view); break;
    case ACTION_MARK: mark_set(view); return CONSEQUENCE_MARK;
    case ACTION_PREDICT: ask_open(view, timeline); break;
    case ACTION_NEXT_PAGE: open_page(view, (enum page)((view->page + 1) % PAGE_COUNT)); break;
    case ACTION_SELECT_NEXT: select_or_step(view, timeline, 1, now_ns); break;
    case ACTION_SELECT_PREVIOUS: select_or_step(view, timeline, -1, now_ns); break;
    case ACTION_CHOOSE: select_choose(view, timeline, false); break;
    case ACTION_UNCHOOSE: select_choose(view, timeline, true); break;
    case ACTION_MAXIMISE: view->maximised = !view->maximised; break;
    case ACTION_CAPTION_SIZE: toggle_caption(view, false); break;
    case ACTION_EXPLAIN: toggle_caption(view, true); break;
    case ACTION_FREEZE: view->freeze = (enum freeze)((view->freeze + 1) % (FREEZE_BLANK + 1)); break;
    case ACTION_MOTION:
        view->motion = !view->motion;
        view->notice = view->motion ? "Packets fly." : "Packets stand still.";
        break;
    case ACTION_ASCII: view->ascii = !view->ascii; return CONSEQUENCE_REDRAW;
    case ACTION_HELP: view->overlay = OVERLAY_HELP; break;
    case ACTION_CLOSE:
        view->overlay = OVERLAY_NONE;
        view->freeze = FREEZE_OFF;
        break;
    case ACTION_THEME: return CONSEQUENCE_THEME;
    case ACTION_REDRAW: return CONSEQUENCE_REDRAW;
    case ACTION_SUSPEND: return CONSEQUENCE_SUSPEND;
    case ACTION_QUIT: return quit(view, false);
    case ACTION_INTERRUPT: return interrupt(view);
    case ACTION_NEXT_BEAT:
    case ACTION_PREVIOUS_BEAT:
    case ACTION_NEXT_EVENT:
    case ACTION_PREVIOUS_EVENT:
    case ACTION_FIRST:
    case ACTION_LAST:
    case ACTION_JUMP:
    case ACTION_NEXT_FOUND:
    case ACTION_PREVIOUS_FOUND:
    case ACTION_NEXT_MARK:
    case ACTION_PREVIOUS_MARK:
    case ACTION_STATES:
    case ACTION_SOCKETS:
    case ACTION_CALLS:
    case ACTION_SOURCE:
    case ACTION_BYTES:
    case ACTION_FLOWS:
    case ACTION_NONE:
    case ACTION_COUNT: return CONSEQUENCE_NONE;
    }
    return CONSEQUENCE_DRAW;
}

/* In an overlay: ^C and what belongs to the terminal work as ever, the rest closes it. */
static enum consequence overlay_key(struct view *view, const struct timeline *timeline, uint32_t key,
                                    enum action *ret_action, int64_t now_ns)
{
    enum overlay overlay = view->overlay;

    if (*ret_action == ACTION_INTERRUPT || *ret_action == ACTION_REDRAW || *ret_action == ACTION_SUSPEND ||
        *ret_action == ACTION_THEME || (*ret_action == ACTION_ASCII && overlay != OVERLAY_QUESTION))
        return CONSEQUENCE_NONE;
    *ret_action = ACTION_NONE;
    if (overlay == OVERLAY_QUESTION)
        return ask_key(view, timeline, key, now_ns);
    view->overlay = OVERLAY_NONE;
    return overlay == OVERLAY_QUIT && (key == 'q' || key == 'y') ? CONSEQUENCE_QUIT : CONSEQUENCE_DRAW;
}

/* The text of a search: Enter begins it, Esc gives it up. */
static enum consequence prompt_key(struct view *view, const struct timeline *timeline, uint32_t key)
{
    size_t length = strlen(view->search);

    if (key == KEY_CODE_ESCAPE || key == KEY_CODE_ENTER || key == 3) {
        view->prompting = false;
        if (key == KEY_CODE_ENTER)
            act_move(view, timeline, ACTION_NEXT_FOUND, 0);
        else
            view->search[0] = 0;
    } else if (key == KEY_CODE_BACKSPACE && length > 0) {
        view->search[length - 1] = 0;
    } else if (key >= ' ' && key < 0x7F && length < SEARCH_MAX - 1) {
        view->search[length] = (char)key;
        view->search[length + 1] = 0;
    }
    return CONSEQUENCE_DRAW;
}

enum consequence view_key(struct view *view, const struct timeline *timeline, uint32_t key, int64_t now_ns)
{
    enum action action = action_of_key(key);
    enum consequence consequence;

    if (action != ACTION_INTERRUPT || view->prompting)
        view->interrupted = false;
    view->notice = NULL;
    if (view->prompting)
        return prompt_key(view, timeline, key);
    if (view->overlay != OVERLAY_NONE) {
        consequence = overlay_key(view, timeline, key, &action, now_ns);
        if (action == ACTION_NONE)
            return consequence;
    }
    /* The first key completes what flies; the next one goes on. */
    if (view->flying && !view->playing && is_step(action)) {
        flight_end(view);
        return CONSEQUENCE_DRAW;
    }
    flight_end(view);
    if (action == ACTION_JUMP && key >= '0' && key <= '9') {
        view->playing = false;
        jump(view, timeline, (int)(key - '0'));
        return CONSEQUENCE_DRAW;
    }
    return view_act(view, timeline, action, now_ns);
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

#include "scenario/expect_path.h"

#include <string.h>

/* The lane of the first call on it. A connection that was never accepted has none: then the name that the
 * model gave. */
static bool belongs_to(const struct timeline *timeline, const struct change *change, const char *lane)
{
    array_each (const struct record, record, &timeline->records) {
        const struct event *event = &record->event;
        bool is_call = event->kind == EVENT_CALL_ENTER || event->kind == EVENT_CALL_EXIT;
        if (is_call && event->context.endpoint == change->endpoint && event->lane[0] != '\0')
            return strcmp(event->lane, lane) == 0;
    }
    return strcmp(change->name, lane) == 0;
}

static bool is_listening(uint8_t state)
{
    return state == STATE_LISTEN || state == STATE_API_LISTENING;
}

struct end {
    uint32_t number;
    bool mine, listens;
};

typedef ARRAY(struct end) end_list;

static struct end *end_of(end_list *ends, uint32_t number)
{
    array_each (struct end, end, ends)
        if (end->number == number)
            return end;
    return NULL;
}

static void collect(end_list *ends, const struct timeline *timeline, const char *lane, enum witness witness)
{
    array_each (const struct change, change, &timeline->changes) {
        if (change->witness != witness)
            continue;
        struct end *end = end_of(ends, change->endpoint);
        if (end == NULL) {
            end = array_push(ends);
            *end = (struct end){.number = change->endpoint, .mine = belongs_to(timeline, change, lane)};
        }
        end->listens |= is_listening(change->new_state);
    }
}

static void add_state(state_list *states, uint8_t state)
{
    if (state != STATE_NONE && (states->count == 0 || *array_last(states) != (enum state)state))
        *array_push(states) = (enum state)state;
}

static void add_path(state_list *states, const struct timeline *timeline, uint32_t number,
                     enum witness witness, bool with_start)
{
    bool first = true;
    array_each (const struct change, change, &timeline->changes) {
        if (change->witness != witness || change->endpoint != number)
            continue;
        if (first && with_start)
            add_state(states, change->old_state);
        add_state(states, change->new_state);
        first = false;
    }
}

void path_of_lane(state_list *states, const struct timeline *timeline, const char *lane, enum witness witness,
                  int connection)
{
    end_list ends = {0};
    collect(&ends, timeline, lane, witness);
    bool listens = false;
    array_each (const struct end, end, &ends)
        if (end->mine && end->listens && !listens) {
            add_state(states, witness == WITNESS_API ? STATE_API_LISTENING : STATE_LISTEN);
            listens = true;
        }
    array_each (const struct end, end, &ends)
        if (end->mine && !end->listens && --connection == 0)
            add_path(states, timeline, end->number, witness, !listens);
    array_release(&ends);
}

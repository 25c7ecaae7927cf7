#include "cli/stage.h"

#include "base/buf.h"
#include "base/xalloc.h"
#include "scenario/places.h"
#include "tui/app.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The checklists and the programs' texts as the screen wants them; the words are the scenario's. */
struct deck {
    struct tui_checklist lists[SCENARIO_LANES_MAX];
    int count;
    struct tui_source_file sources[SCENARIO_LANES_MAX];
    char paths[SCENARIO_LANES_MAX][SCENARIO_PATH_MAX];
    int source_count;
};

static char *join_calls(const struct scenario_step *step)
{
    struct buf calls = {0};
    for (int i = 0; i < step->call_count; i++)
        buf_printf(&calls, "%s%s", i != 0 ? " " : "", step->calls[i]);
    return buf_detach(&calls);
}

static void add_source(struct deck *deck, const struct scenario_lane *lane)
{
    char *path = deck->paths[deck->source_count];
    if (lane->source == NULL || places_source(lane->source, path, SCENARIO_PATH_MAX) < 0)
        return;
    deck->sources[deck->source_count++] = (struct tui_source_file){.lane = lane->name, .path = path};
}

static void build_deck(struct deck *deck, const struct scenario *scenario)
{
    for (int i = 0; scenario != NULL && i < scenario->lane_count; i++) {
        const struct scenario_lane *lane = &scenario->lanes[i];
        add_source(deck, lane);
        if (lane->step_count == 0)
            continue;
        struct tui_step *steps = xcalloc((size_t)lane->step_count, sizeof *steps);
        for (int j = 0; j < lane->step_count; j++)
            steps[j] = (struct tui_step){.text = lane->steps[j].text, .calls = join_calls(&lane->steps[j])};
        deck->lists[deck->count++] =
            (struct tui_checklist){.lane = lane->name, .steps = steps, .step_count = lane->step_count};
    }
}

static void release_deck(struct deck *deck)
{
    for (int i = 0; i < deck->count; i++) {
        for (int j = 0; j < deck->lists[i].step_count; j++)
            free((char *)(uintptr_t)deck->lists[i].steps[j].calls);
        free((struct tui_step *)(uintptr_t)deck->lists[i].steps);
    }
}

int stage_run(struct engine *engine, const struct scenario *scenario, const struct output *output,
              bool recorded, struct err *err)
{
    struct deck deck = {0};
    char number[16] = "";
    build_deck(&deck, scenario);
    if (scenario != NULL)
        snprintf(number, sizeof number, "%02d", scenario->number);
    struct tui_options options = {
        .recorded = recorded,
        .start_at_first_beat = recorded,
        .ascii = output->ascii,
        .motion_off = output->still,
        .theme = output->theme,
        .number = scenario != NULL ? number : NULL,
        .name = scenario != NULL ? scenario->name : NULL,
        .title = scenario != NULL ? scenario->title : NULL,
        .checklists = deck.lists,
        .checklist_count = deck.count,
        .sources = deck.sources,
        .source_count = deck.source_count,
        .no_mouse = output->no_mouse,
    };
    int r = tui_run(engine, &options, err);
    release_deck(&deck);
    struct err later = {0};
    int finished = engine_timeline(engine)->complete ? 0 : engine_finish(engine, &later);
    if (r > 0)
        return err_set(err, EINTR, "ended by signal %d (%s)", r, strsignal(r));
    if (r == 0 && finished < 0)
        *err = later;
    return r < 0 ? r : finished;
}

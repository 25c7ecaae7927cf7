#include "scenario/script.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "scenario/load_near.h"
#include "scenario/script_part.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRIPT_BYTES_MAX (1 << 20)
#define PATIENCE_NS      (15 * NS_PER_S)

/* --- doing --- */

static int fails(const struct script *script, const struct command *command, struct err *err,
                 const char *what)
{
    return err_set(err, ECANCELED, "%.200s:%d:%d: %s: %.200s", script->file, command->line, command->column,
                   command->verb->name, what);
}

static bool out_of_patience(const struct script *script)
{
    return clock_now_ns(&script->clock) - script->begun_ns > PATIENCE_NS;
}

static bool is_target(const struct command *command, const struct pending *item)
{
    switch (command->target) {
    case TARGET_SUGGESTED: return true;
    case TARGET_LANE: return !item->is_packet && strcmp(item->lane, command->name) == 0;
    case TARGET_PACKET: return item->is_packet && item->packet == command->packet;
    case TARGET_FROM: return item->is_packet && strcmp(item->lane, command->name) == 0;
    }
    return false;
}

static const struct pending *find_target(const struct script *script, const struct command *command)
{
    const struct pending *items;
    size_t count = stepper_pending(script->stepper, &items);
    for (size_t i = 0; i < count; i++)
        if (is_target(command, &items[i]))
            return &items[i];
    return NULL;
}

/* What waits instead. */
static int nothing_there(const struct script *script, const struct command *command, struct err *err)
{
    const struct pending *items;
    struct buf text = {0};
    size_t count = stepper_pending(script->stepper, &items);
    buf_puts(&text, count == 0 ? "nothing waits" : "that does not wait here; what waits:");
    for (size_t i = 0; i < count && i < 6; i++)
        buf_printf(&text, "%s %s %s", i != 0 ? "," : "", items[i].lane, items[i].text);
    int result = fails(script, command, err, buf_text(&text));
    buf_release(&text);
    return result;
}

static int let_go(struct script *script, struct command *command, struct engine *engine,
                  const struct lab_order *order, struct err *err)
{
    if (!stepper_rests(script->stepper))
        return out_of_patience(script) ? fails(script, command, err, "the session does not come to rest") : 0;
    const struct pending *item = find_target(script, command);
    if (item == NULL)
        return out_of_patience(script) ? nothing_there(script, command, err) : 0;
    if (command->has_call && item->call != command->call)
        return nothing_there(script, command, err);
    int result = command->verb->action == FAULT_NONE && command->number > 0 && command->target == TARGET_LANE
                     ? stepper_fail(script->stepper, item, command->number)
                     : stepper_release(script->stepper, item, order);
    if (result == -ESRCH && !out_of_patience(script))
        return 0;
    if (result < 0)
        return fails(script, command, err, strerror(-result));
    script->since = engine_timeline(engine)->records.count;
    return 1;
}

static int do_next(struct script *script, struct command *command, struct engine *engine, struct err *err)
{
    if (script->left == 0)
        script->left = command->number;
    int result = let_go(script, command, engine, NULL, err);
    if (result == 1 && --script->left > 0) {
        script->begun_ns = clock_now_ns(&script->clock);
        return 0;
    }
    return result;
}

static int do_release(struct script *script, struct command *command, struct engine *engine, struct err *err)
{
    return let_go(script, command, engine, NULL, err);
}

static int do_fault(struct script *script, struct command *command, struct engine *engine, struct err *err)
{
    return let_go(script, command, engine, &command->order, err);
}

static int do_hold(struct script *script, struct command *command, struct engine *engine, struct err *err)
{
    (void)err;
    script->since = engine_timeline(engine)->records.count;
    stepper_set_mode(script->stepper, (enum step_mode)command->number);
    return 1;
}

static int do_break(struct script *script, struct command *command, struct engine *engine, struct err *err)
{
    (void)engine;
    (void)err;
    stepper_break(script->stepper, &command->expression, command->text);
    return 1;
}

static int goal_reached(struct script *script, enum step_goal goal, struct engine *engine)
{
    if (stepper_stops(script->stepper) != script->stops)
        return 1;
    if (stepper_goal(script->stepper) == GOAL_NONE) {
        script->since = engine_timeline(engine)->records.count;
        stepper_set_goal(script->stepper, goal);
    }
    return 0;
}

static int do_until(struct script *script, struct command *command, struct engine *engine, struct err *err)
{
    (void)err;
    if (stepper_stops(script->stepper) == script->stops && stepper_goal(script->stepper) == GOAL_NONE) {
        script->since = engine_timeline(engine)->records.count;
        stepper_until(script->stepper, &command->expression);
    }
    return stepper_stops(script->stepper) != script->stops;
}

static int do_beat(struct script *script, struct command *command, struct engine *engine, struct err *err)
{
    (void)command;
    (void)err;
    return goal_reached(script, GOAL_BEAT, engine);
}

static int do_run(struct script *script, struct command *command, struct engine *engine, struct err *err)
{
    (void)command;
    (void)err;
    return goal_reached(script, GOAL_STOP, engine);
}

static int do_wait(struct script *script, struct command *command, struct engine *engine, struct err *err)
{
    (void)engine;
    (void)err;
    return clock_now_ns(&script->clock) - script->begun_ns >= command->number * NS_PER_MS;
}

static int do_cut(struct script *script, struct command *command, struct engine *engine, struct err *err)
{
    struct event mark = {.kind = EVENT_MARK};
    char text[80];
    bool cut = strcmp(command->verb->name, "cut") == 0;
    if (runner_cut(script->runner, command->name, cut) < 0)
        return fails(script, command, err, "there is no such host");
    snprintf(text, sizeof text, "the wire is %s for what %s sends", cut ? "cut" : "mended", command->name);
    event_set_data(&mark, text, strlen(text));
    engine_note(engine, &mark);
    return 1;
}

static int do_mark(struct script *script, struct command *command, struct engine *engine, struct err *err)
{
    struct event mark = {.kind = EVENT_MARK};
    (void)script;
    (void)err;
    event_set_data(&mark, command->text, strlen(command->text));
    engine_note(engine, &mark);
    return 1;
}

static bool record_matches(const struct expression *expression, const struct timeline *timeline, size_t from)
{
    for (size_t i = from; i < timeline->records.count; i++) {
        const struct record *record = &timeline->records.items[i];
        if (expression_matches(expression, &record->event, timeline_changes(timeline, record),
                               record->change_count))
            return true;
    }
    return false;
}

/* Of each endpoint by each witness only the latest change says how it is now. */
static bool is_so_now(const struct expression *expression, const struct timeline *timeline)
{
    for (size_t i = timeline->records.count; i-- > 0;) {
        const struct record *record = &timeline->records.items[i];
        const struct change *changes = timeline_changes(timeline, record);
        for (uint32_t j = 0; j < record->change_count; j++) {
            bool latest = true;
            for (size_t k = record->first_change + j + 1; latest && k < timeline->changes.count; k++)
                latest = timeline->changes.items[k].endpoint != changes[j].endpoint ||
                         timeline->changes.items[k].witness != changes[j].witness;
            if (latest && expression_matches(expression, &record->event, &changes[j], 1))
                return true;
        }
    }
    return false;
}

static int do_expect(struct script *script, struct command *command, struct engine *engine, struct err *err)
{
    const struct timeline *timeline = engine_timeline(engine);
    if (!stepper_rests(script->stepper))
        return out_of_patience(script) ? fails(script, command, err, "the session does not come to rest") : 0;
    if (record_matches(&command->expression, timeline, script->since) ||
        (expression_about_state(&command->expression) && is_so_now(&command->expression, timeline)))
        return 1;
    char what[STEPPER_TEXT_MAX + 64];
    snprintf(what, sizeof what, "'%s' has not happened", command->text);
    return fails(script, command, err, what);
}

static int do_stop(struct script *script, struct command *command, struct engine *engine, struct err *err)
{
    (void)command;
    (void)engine;
    (void)err;
    script->stopped = true;
    return 1;
}

static const struct verb verbs[] = {
    {"next", script_read_next, do_next, FAULT_NONE},
    {"release", script_read_release, do_release, FAULT_NONE},
    {"fail", script_read_fail, do_release, FAULT_NONE},
    {"drop", script_read_fault, do_fault, FAULT_DROP},
    {"delay", script_read_fault, do_fault, FAULT_DELAY},
    {"duplicate", script_read_fault, do_fault, FAULT_DUPLICATE},
    {"swap", script_read_fault, do_fault, FAULT_SWAP},
    {"corrupt", script_read_fault, do_fault, FAULT_CORRUPT},
    {"unreachable", script_read_fault, do_fault, FAULT_ICMP},
    {"cut", script_read_host, do_cut, FAULT_NONE},
    {"mend", script_read_host, do_cut, FAULT_NONE},
    {"hold", script_read_hold, do_hold, FAULT_NONE},
    {"break", script_read_expression, do_break, FAULT_NONE},
    {"until", script_read_expression, do_until, FAULT_NONE},
    {"beat", script_read_end, do_beat, FAULT_NONE},
    {"run", script_read_end, do_run, FAULT_NONE},
    {"expect", script_read_expression, do_expect, FAULT_NONE},
    {"wait", script_read_wait, do_wait, FAULT_NONE},
    {"stop", script_read_end, do_stop, FAULT_NONE},
    {"mark", script_read_text, do_mark, FAULT_NONE},
};

/* After the last line: to the end, whatever breakpoints there are. */
static int run_on(const struct script *script)
{
    if (stepper_goal(script->stepper) == GOAL_NONE)
        stepper_set_goal(script->stepper, GOAL_STOP);
    return 2;
}

static int script_step(struct director *director, struct engine *engine, struct err *err)
{
    struct script *script = (struct script *)director;
    while (script->at < script->commands.count && !script->stopped) {
        struct command *command = &script->commands.items[script->at];
        if (script->begun_ns == 0) {
            script->begun_ns = clock_now_ns(&script->clock);
            script->stops = stepper_stops(script->stepper);
            script->left = 0;
        }
        int result = command->verb->perform(script, command, engine, err);
        if (result <= 0)
            return result < 0 ? result : command->verb->perform == do_wait ? 1 : 2;
        script->at++;
        script->begun_ns = 0;
    }
    return script->stopped ? 0 : run_on(script);
}

/* --- life --- */

static const struct verb *find_verb(struct reading *r, const char *word)
{
    char hint[NEAR_HINT_MAX], what[NEAR_HINT_MAX + 40];
    struct near near = near_to(word);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].name, word) == 0)
            return &verbs[i];
        near_offer(&near, verbs[i].name);
    }
    snprintf(what, sizeof what, "there is no such command%s:", near_hint(&near, hint));
    script_wrong(r, word, what);
    return NULL;
}

static int read_line(struct script *script, struct reading *r)
{
    char word[SCRIPT_WORD_MAX];
    if (!script_next_word(r, word) || word[0] == '#')
        return 0;
    struct command command = {.line = r->line, .column = (int)(r->word_at - r->line_text) + 1};
    command.verb = find_verb(r, word);
    if (command.verb == NULL)
        return -EINVAL;
    int result = command.verb->read(r, &command);
    if (result == 0)
        *array_push(&script->commands) = command;
    return result;
}

int script_parse(const char *name, const char *text, struct script **ret_script, struct err *err)
{
    struct err unused;
    struct script *script = xcalloc(1, sizeof *script);
    struct reading r = {.file = name, .err = err != NULL ? err : &unused};
    int result = 0;
    script->director.step = script_step;
    script->file = xstrdup(name);
    script->clock = clock_monotonic();
    while (result == 0 && *text != '\0') {
        struct buf line = {0};
        size_t length = strcspn(text, "\n");
        buf_add(&line, text, length);
        r.line++;
        r.line_text = r.at = r.word_at = buf_text(&line);
        result = read_line(script, &r);
        buf_release(&line);
        text += length + (text[length] != '\0');
    }
    if (result < 0) {
        script_free(script);
        return result;
    }
    *ret_script = script;
    return 0;
}

int script_load(const char *path, struct script **ret_script, struct err *err)
{
    struct buf text = {0};
    char block[4096];
    size_t count;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return err_set(err, errno, "%s: %s", path, strerror(errno));
    while ((count = fread(block, 1, sizeof block, file)) > 0 && text.length < SCRIPT_BYTES_MAX)
        buf_add(&text, block, count);
    int result = ferror(file) ? err_set(err, EIO, "%s: cannot be read", path) : 0;
    if (result == 0 && text.length >= SCRIPT_BYTES_MAX)
        result = err_set(err, EFBIG, "%s: too large for a script", path);
    fclose(file);
    if (result == 0)
        result = script_parse(path, buf_text(&text), ret_script, err);
    buf_release(&text);
    return result;
}

void script_free(struct script *script)
{
    if (script == NULL)
        return;
    array_release(&script->commands);
    free(script->file);
    free(script);
}

struct director *script_drive(struct script *script, struct runner *runner)
{
    script->runner = runner;
    script->stepper = runner_stepper(runner);
    return &script->director;
}

int script_finish(const struct script *script, struct err *err)
{
    if (script->at >= script->commands.count || script->stopped)
        return 0;
    const struct command *command = &script->commands.items[script->at];
    if (command->verb->perform == do_run && script->at + 1 == script->commands.count)
        return 0;
    return fails(script, command, err, "the session was over before it came to that");
}

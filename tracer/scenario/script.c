#include "scenario/script.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "scenario/load_near.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRIPT_BYTES_MAX (1 << 20)
#define PATIENCE_NS      (15 * NS_PER_S)
#define WORD_MAX         64
#define MS_MAX           3600000

enum target_kind { TARGET_SUGGESTED, TARGET_LANE, TARGET_PACKET, TARGET_FROM };

struct command {
    const struct verb *verb;
    int line, column;
    enum target_kind target;
    char name[NAME_MAX_BYTES]; /* lane or host */
    uint64_t packet;
    bool has_call;
    enum call call;
    int number; /* times, ms, errno, enum step_mode */
    struct lab_order order;
    struct expression expression;
    char text[STEPPER_TEXT_MAX];
};

/* What a command does each time it is asked: 1 it is done, 0 it must wait, -errno with err. */
struct script;
typedef int perform(struct script *script, struct command *command, struct engine *engine, struct err *err);

struct reading {
    const char *file, *line_text, *at;
    int line;
    const char *word_at; /* for messages */
    struct err *err;
};

typedef int read_rest(struct reading *reading, struct command *command);

struct verb {
    const char *name;
    read_rest *read;
    perform *perform;
    enum fault_action action;
};

struct script {
    struct director director; /* first */
    char *file;
    struct runner *runner;
    struct stepper *stepper;
    struct clock clock;
    ARRAY(struct command) commands;
    size_t at;
    int64_t begun_ns; /* of the command at hand; 0: not begun */
    int stops;        /* of the stepper, when it began */
    int left;         /* times that are left */
    bool stopped;
    size_t since; /* records there were when something was last let go */
};

/* --- reading --- */

static int wrong(struct reading *r, const char *text, const char *what)
{
    int column = (int)(r->word_at - r->line_text) + 1;
    return err_set(r->err, EINVAL, "%.200s:%d:%d: %.100s%s%.100s%s", r->file, r->line, column, what,
                   text[0] != '\0' ? " '" : "", text, text[0] != '\0' ? "'" : "");
}

static bool next_word(struct reading *r, char word[WORD_MAX])
{
    r->at += strspn(r->at, " \t\r");
    r->word_at = r->at;
    size_t length = strcspn(r->at, " \t\r");
    snprintf(word, WORD_MAX, "%.*s", (int)(length < WORD_MAX ? length : WORD_MAX - 1), r->at);
    r->at += length;
    return length != 0;
}

static int read_end(struct reading *r, struct command *command)
{
    char word[WORD_MAX];
    (void)command;
    return next_word(r, word) ? wrong(r, word, "nothing more is expected, but there is") : 0;
}

static int read_number(struct reading *r, int most, int *ret_number)
{
    char word[WORD_MAX], *end;
    if (!next_word(r, word))
        return wrong(r, "", "here a number is missing");
    long number = strtol(word, &end, 10);
    if (*end != '\0' || number < 1 || number > most)
        return wrong(r, word, "here a number from 1 on is expected, not");
    *ret_number = (int)number;
    return 0;
}

static int read_name(struct reading *r, char name[NAME_MAX_BYTES])
{
    char word[WORD_MAX];
    if (!next_word(r, word))
        return wrong(r, "", "here a name is missing");
    if (strlen(word) >= NAME_MAX_BYTES)
        return wrong(r, word, "no lane or host has such a long name:");
    memcpy(name, word, strlen(word) + 1);
    return 0;
}

/* Behind "packet": a number, or "from HOST". */
static int read_packet(struct reading *r, struct command *command)
{
    char word[WORD_MAX], *end;
    if (!next_word(r, word))
        return wrong(r, "", "which packet? Its number, or: from HOST");
    if (strcmp(word, "from") == 0) {
        command->target = TARGET_FROM;
        return read_name(r, command->name);
    }
    command->target = TARGET_PACKET;
    command->packet = strtoull(word, &end, 10);
    return *end == '\0' && command->packet != 0
               ? 0
               : wrong(r, word, "which packet? Its number, or from HOST, not");
}

static int read_call(struct reading *r, struct command *command)
{
    char word[WORD_MAX];
    if (!next_word(r, word))
        return 0;
    command->has_call = true;
    return call_parse(word, &command->call) == 0 ? read_end(r, command) : wrong(r, word, "there is no call");
}

static int read_release(struct reading *r, struct command *command)
{
    int result = read_name(r, command->name);
    if (result < 0)
        return result;
    if (strcmp(command->name, "packet") != 0) {
        command->target = TARGET_LANE;
        return read_call(r, command);
    }
    result = read_packet(r, command);
    return result == 0 ? read_end(r, command) : result;
}

static int read_fault(struct reading *r, struct command *command)
{
    char word[WORD_MAX];
    int ms = 0;
    command->order.action = command->verb->action;
    if (!next_word(r, word) || strcmp(word, "packet") != 0)
        return wrong(r, word, "here 'packet' is expected, not");
    int result = read_packet(r, command);
    if (result == 0 && command->order.action == FAULT_DELAY)
        result = read_number(r, MS_MAX, &ms);
    command->order.delay_ns = ms * NS_PER_MS;
    if (result == 0 && command->order.action == FAULT_ICMP) {
        bool there = next_word(r, word), host = strcmp(word, "host") == 0;
        if (!there || (!host && strcmp(word, "port") != 0))
            return wrong(r, word, "what is unreachable? port or host, not");
        command->order.icmp = host ? FAULT_ICMP_HOST : FAULT_ICMP_PORT;
    }
    return result == 0 ? read_end(r, command) : result;
}

static int read_fail(struct reading *r, struct command *command)
{
    char word[WORD_MAX];
    command->target = TARGET_LANE;
    int result = read_name(r, command->name);
    if (result < 0)
        return result;
    if (!next_word(r, word) || errno_parse(word, &command->number) < 0)
        return wrong(r, word, "here an error such as ECONNREFUSED is expected, not");
    return read_end(r, command);
}

static int read_next(struct reading *r, struct command *command)
{
    command->number = 1;
    const char *rest = r->at + strspn(r->at, " \t\r");
    int result = *rest != '\0' ? read_number(r, 100000, &command->number) : 0;
    return result == 0 ? read_end(r, command) : result;
}

static int read_wait(struct reading *r, struct command *command)
{
    int result = read_number(r, MS_MAX, &command->number);
    return result == 0 ? read_end(r, command) : result;
}

static int read_host(struct reading *r, struct command *command)
{
    int result = read_name(r, command->name);
    return result == 0 ? read_end(r, command) : result;
}

static int read_hold(struct reading *r, struct command *command)
{
    static const char *const names[] = {
        [STEP_NOTHING] = "nothing", [STEP_CALLS] = "calls", [STEP_PACKETS] = "packets", [STEP_BOTH] = "both"};
    char word[WORD_MAX];
    bool there = next_word(r, word);
    for (int i = 0; there && i < 4; i++)
        if (strcmp(names[i], word) == 0) {
            command->number = i;
            return read_end(r, command);
        }
    return wrong(r, word, "hold what? calls, packets, both or nothing, not");
}

static void rest_of_line(struct reading *r, struct command *command)
{
    r->at += strspn(r->at, " \t\r");
    r->word_at = r->at;
    snprintf(command->text, sizeof command->text, "%s", r->at);
    size_t length = strlen(command->text);
    while (length > 0 && strchr(" \t\r", command->text[length - 1]) != NULL)
        command->text[--length] = '\0';
}

static int read_text(struct reading *r, struct command *command)
{
    rest_of_line(r, command);
    return command->text[0] != '\0' ? 0 : wrong(r, "", "here a text is missing");
}

static int read_expression(struct reading *r, struct command *command)
{
    int column;
    struct err problem;
    rest_of_line(r, command);
    int result = expression_parse(command->text, &command->expression, &column, &problem);
    if (result < 0)
        err_set(r->err, EINVAL, "%.200s:%d:%d: %.250s", r->file, r->line,
                (int)(r->at - r->line_text) + column, problem.text);
    return result;
}

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
    {"next", read_next, do_next, FAULT_NONE},
    {"release", read_release, do_release, FAULT_NONE},
    {"fail", read_fail, do_release, FAULT_NONE},
    {"drop", read_fault, do_fault, FAULT_DROP},
    {"delay", read_fault, do_fault, FAULT_DELAY},
    {"duplicate", read_fault, do_fault, FAULT_DUPLICATE},
    {"swap", read_fault, do_fault, FAULT_SWAP},
    {"corrupt", read_fault, do_fault, FAULT_CORRUPT},
    {"unreachable", read_fault, do_fault, FAULT_ICMP},
    {"cut", read_host, do_cut, FAULT_NONE},
    {"mend", read_host, do_cut, FAULT_NONE},
    {"hold", read_hold, do_hold, FAULT_NONE},
    {"break", read_expression, do_break, FAULT_NONE},
    {"until", read_expression, do_until, FAULT_NONE},
    {"beat", read_end, do_beat, FAULT_NONE},
    {"run", read_end, do_run, FAULT_NONE},
    {"expect", read_expression, do_expect, FAULT_NONE},
    {"wait", read_wait, do_wait, FAULT_NONE},
    {"stop", read_end, do_stop, FAULT_NONE},
    {"mark", read_text, do_mark, FAULT_NONE},
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
    wrong(r, word, what);
    return NULL;
}

static int read_line(struct script *script, struct reading *r)
{
    char word[WORD_MAX];
    if (!next_word(r, word) || word[0] == '#')
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

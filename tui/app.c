/* One loop: wait, take in, move on, show. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/engine.h"
#include "tui/app.h"
#include "tui/config.h"
#include "tui/terminal.h"

#define FDS_MAX          64
#define SOURCES_MAX      8
#define SOURCE_BYTES_MAX ((size_t)1 << 20)
#define CLOCK_NS         (NS_PER_S / 10) /* how often the clock of a call that waits is drawn, live */

struct app {
    struct engine *engine;
    const struct timeline *timeline;
    struct view view;
    struct picture picture;
    struct frame frame;
    enum theme theme;
    struct clock clock;
    int64_t clock_due_ns;
    struct tui_source sources[SOURCES_MAX];
    struct tui_question questions[QUESTIONS_MAX]; /* of the record; the view's, unless it was given others */
    char *question_texts[QUESTIONS_MAX];
    int question_count;
    size_t questions_scanned;
    bool ended; /* the engine is finished */
    bool changed, quit;
    int failed; /* -errno of the first sink that failed, with failure */
    struct err failure;
};

static void set_size(struct app *app)
{
    int columns, rows;

    terminal_size(&columns, &rows);
    if (columns == app->frame.columns && rows == app->frame.rows)
        return;
    frame_release(&app->frame);
    frame_init(&app->frame, columns, rows);
    app->view.columns = columns;
    app->view.rows = rows;
    app->changed = true;
}

static void remember_failure(struct app *app, int r, const struct err *err)
{
    if (r >= 0 || app->failed < 0)
        return;
    app->failed = r;
    app->failure = *err;
    app->view.notice = app->failure.text;
    app->changed = true;
}

static void take_questions(struct app *app)
{
    for (; app->questions_scanned < app->timeline->records.count; app->questions_scanned++) {
        const struct event *event = &app->timeline->records.items[app->questions_scanned].event;
        int at = app->question_count;

        if (event->kind == EVENT_QUESTION && at < QUESTIONS_MAX &&
            question_parse(event, &app->questions[at], &app->question_texts[at]) == 0)
            app->question_count++;
    }
    if (app->view.questions == app->questions)
        app->view.question_count = app->question_count;
}

static void release_questions(struct app *app)
{
    for (int i = 0; i < app->question_count; i++)
        free(app->question_texts[i]);
}

static void step_engine(struct app *app)
{
    size_t before = app->timeline->records.count;
    struct err err = {{0}};
    int r;

    if (app->ended)
        return;
    r = engine_step(app->engine, &err);
    remember_failure(app, r, &err);
    if (r == 0) {
        remember_failure(app, engine_finish(app->engine, &err), &err);
        app->ended = true;
    }
    if (app->timeline->records.count == before && !app->ended)
        return;
    view_grow(&app->view, app->timeline);
    take_questions(app);
    app->changed = true;
}

static bool is_live(const struct app *app)
{
    return !app->ended && !app->view.recorded;
}

/* Takes the text into the record, where it will be found in every replay. */
static void note(struct app *app, enum event_kind kind, const char *text, int count)
{
    struct event event = {.kind = (uint8_t)kind};
    struct clock now = clock_real();

    event.time_ns = event.order_ns = clock_now_ns(&now);
    event.note.count = count;
    event_set_data(&event, text, strlen(text));
    engine_note(app->engine, &event);
}

static void note_votes(struct app *app)
{
    const struct tui_question *question = &app->view.questions[app->view.question];

    for (int i = 0; is_live(app) && i < question->choice_count; i++)
        note(app, EVENT_VOTE, question->choices[i], app->view.votes[app->view.question][i]);
}

static void suspend(struct app *app)
{
    terminal_suspend();
    set_size(app);
    app->changed = true;
}

static void obey(struct app *app, enum consequence consequence)
{
    switch (consequence) {
    case CONSEQUENCE_NONE: return;
    case CONSEQUENCE_DRAW: break;
    case CONSEQUENCE_REDRAW: terminal_forget(); break;
    case CONSEQUENCE_THEME:
        app->theme = theme_next(app->theme);
        terminal_set_theme(app->theme);
        break;
    case CONSEQUENCE_SUSPEND: suspend(app); break;
    case CONSEQUENCE_MARK:
        if (is_live(app)) {
            app->view.marks_noted++;
            note(app, EVENT_MARK, "marked on the screen", 0);
        }
        break;
    case CONSEQUENCE_VOTES: note_votes(app); break;
    case CONSEQUENCE_QUIT: app->quit = true; break;
    }
    app->changed = true;
}

static void take_keys(struct app *app)
{
    uint32_t key;

    while (!app->quit && (key = terminal_key()) != KEY_CODE_NONE) {
        int64_t now_ns = clock_now_ns(&app->clock);
        int row, column;

        if (key == KEY_CODE_CLICK) {
            terminal_click(&row, &column);
            obey(app, view_click(&app->view, app->timeline, row, column, now_ns));
        } else {
            obey(app, view_key(&app->view, app->timeline, key, now_ns));
        }
    }
}

static void take_signals(struct app *app)
{
    for (;;) {
        switch (terminal_signal()) {
        case TERMINAL_QUIET: return;
        case TERMINAL_RESIZED: set_size(app); break;
        case TERMINAL_STOP: suspend(app); break;
        case TERMINAL_CONTINUED: obey(app, CONSEQUENCE_REDRAW); break;
        case TERMINAL_END: app->quit = true; break;
        }
    }
}

static int sooner(int a, int b)
{
    return a < 0 ? b : b < 0 || a < b ? a : b;
}

static int until_ms(const struct app *app, int64_t due_ns)
{
    int64_t left_ns = due_ns - clock_now_ns(&app->clock);

    if (due_ns == INT64_MAX)
        return -1;
    return left_ns <= 0 ? 0 : (int)(left_ns / NS_PER_MS) + 1;
}

/* A call that waits has a clock only where there is room for it, and only while the session is live and its
 * end is looked at; else nothing is drawn without news. */
static bool clock_runs(const struct app *app)
{
    return is_live(app) && app->view.following && app->view.freeze == FREEZE_OFF &&
           app->view.columns >= 100 && app->view.page != PAGE_FLOWS;
}

static void tick_clock(struct app *app)
{
    struct clock real = clock_real();
    int64_t now_ns = clock_now_ns(&app->clock);

    app->view.clock_ns = clock_runs(app) ? clock_now_ns(&real) : 0;
    if (!clock_runs(app) || now_ns < app->clock_due_ns)
        return;
    app->clock_due_ns = now_ns + CLOCK_NS;
    app->changed = true;
}

static int timeout_ms(struct app *app)
{
    int own = sooner(until_ms(app, view_due_ns(&app->view)),
                     clock_runs(app) ? until_ms(app, app->clock_due_ns) : -1);

    return app->ended ? own : sooner(own, engine_timeout_ms(app->engine));
}

static void wait_for_news(struct app *app)
{
    struct pollfd fds[FDS_MAX] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = terminal_signal_fd(), .events = POLLIN},
    };
    int count = 2;

    if (!app->ended)
        count += engine_poll_fds(app->engine, fds + 2, FDS_MAX - 2);
    if (poll(fds, (nfds_t)count, timeout_ms(app)) < 0)
        return;
    if ((fds[1].revents & POLLIN) != 0)
        take_signals(app);
    if ((fds[0].revents & POLLIN) != 0)
        take_keys(app);
    if ((fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
        app->quit = true; /* the terminal is gone */
}

static void show(struct app *app)
{
    if (!app->changed || app->view.freeze == FREEZE_HELD)
        return;
    app->changed = false;
    draw(&app->view, app->timeline, &app->frame);
    terminal_present(&app->frame);
}

/* NULL when it cannot be read, or is no text that one would show. */
static char *read_text(const char *path)
{
    FILE *file = fopen(path, "re");
    struct buf text = {0};
    char piece[4096];
    size_t count;

    if (file == NULL)
        return NULL;
    while (text.length < SOURCE_BYTES_MAX && (count = fread(piece, 1, sizeof piece, file)) > 0)
        buf_add(&text, piece, count);
    fclose(file);
    return buf_detach(&text);
}

static void read_sources(struct app *app, const struct tui_options *options)
{
    app->view.sources = app->sources;
    for (int i = 0; i < options->source_count && app->view.source_count < SOURCES_MAX; i++) {
        const char *path = options->sources[i].path, *slash = strrchr(path, '/');
        char *text = read_text(path);

        if (text != NULL)
            app->sources[app->view.source_count++] = (struct tui_source){
                .lane = options->sources[i].lane, .file = slash != NULL ? slash + 1 : path, .text = text};
    }
}

static void release_sources(struct app *app)
{
    for (int i = 0; i < app->view.source_count; i++)
        free((char *)(uintptr_t)app->sources[i].text);
}

static void set_up(struct app *app, const struct tui_options *options)
{
    app->view = (struct view){
        .ascii = options->ascii || terminal_prefers_ascii(),
        .detail = options->detail > 0 ? options->detail : 2,
        .recorded = options->recorded,
        .running = !options->recorded,
        .motion = !options->motion_off,
        .following = !options->start_at_first_beat,
        .at_first_beat = options->start_at_first_beat,
        .number = options->number,
        .name = options->name,
        .title = options->title,
        .checklists = options->checklists,
        .checklist_count = options->checklist_count,
        .captions = options->captions,
        .caption_count = options->caption_count,
        .questions = options->question_count > 0 ? options->questions : app->questions,
        .question_count = options->question_count,
        .picture = &app->picture,
    };
    read_sources(app, options);
    if (!options->no_mouse)
        terminal_take_mouse();
    terminal_set_theme(app->theme);
    set_size(app);
    app->changed = true;
}

int tui_run(struct engine *engine, const struct tui_options *options, struct err *err)
{
    struct app app = {.engine = engine, .timeline = engine_timeline(engine), .clock = clock_monotonic()};
    int r;

    struct config config;
    struct err wrong = {{0}};
    bool config_is_wrong = config_read(&config, &wrong) < 0;

    if (theme_choose(options->theme, getenv("NO_COLOR"), &app.theme) < 0)
        return err_set(err, EINVAL, "there is no theme \"%s\" (dark, light, high-contrast, mono)",
                       options->theme);
    if ((r = terminal_open(err)) < 0)
        return r;
    if (config.has_theme && options->theme == NULL && app.theme == THEME_DARK)
        app.theme = config.theme;
    set_up(&app, options);
    if (config_is_wrong)
        app.view.notice = wrong.text;
    while (!app.quit) {
        step_engine(&app);
        tick_clock(&app);
        app.changed |= view_tick(&app.view, app.timeline, clock_now_ns(&app.clock));
        show(&app);
        wait_for_news(&app);
    }
    terminal_close();
    frame_release(&app.frame);
    picture_release(&app.picture);
    release_sources(&app);
    release_questions(&app);
    if (app.failed < 0 && err != NULL)
        *err = app.failure;
    return app.failed < 0 ? app.failed : terminal_end_signal();
}

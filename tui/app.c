/* One loop: wait, take in, move on, show. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/engine.h"
#include "tui/app.h"
#include "tui/terminal.h"

#define FDS_MAX 64

struct app {
    struct engine *engine;
    const struct timeline *timeline;
    struct view view;
    struct picture picture;
    struct frame frame;
    enum theme theme;
    struct clock clock;
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
    app->changed = true;
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
    case CONSEQUENCE_QUIT: app->quit = true; break;
    }
    app->changed = true;
}

static void take_keys(struct app *app)
{
    uint32_t key;

    while (!app->quit && (key = terminal_key()) != KEY_CODE_NONE)
        obey(app, view_key(&app->view, app->timeline, key, clock_now_ns(&app->clock)));
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

/* A clock that runs on the screen (a call that waits) is not shown while nothing happens: no frame without
 * news. */
static int timeout_ms(struct app *app)
{
    int play = -1;

    if (app->view.playing) {
        int64_t left_ns = app->view.next_due_ns - clock_now_ns(&app->clock);

        play = left_ns <= 0 ? 0 : (int)(left_ns / NS_PER_MS) + 1;
    }
    return app->ended ? play : sooner(play, engine_timeout_ms(app->engine));
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
    if (!app->changed)
        return;
    app->changed = false;
    draw(&app->view, app->timeline, &app->frame);
    terminal_present(&app->frame);
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
        .picture = &app->picture,
    };
    terminal_set_theme(app->theme);
    set_size(app);
    app->changed = true;
}

int tui_run(struct engine *engine, const struct tui_options *options, struct err *err)
{
    struct app app = {.engine = engine, .timeline = engine_timeline(engine), .clock = clock_monotonic()};
    int r;

    if (theme_choose(options->theme, getenv("NO_COLOR"), &app.theme) < 0)
        return err_set(err, EINVAL, "there is no theme \"%s\" (dark, light, high-contrast, mono)",
                       options->theme);
    if ((r = terminal_open(err)) < 0)
        return r;
    set_up(&app, options);
    while (!app.quit) {
        step_engine(&app);
        app.changed |= view_tick(&app.view, app.timeline, clock_now_ns(&app.clock));
        show(&app);
        wait_for_news(&app);
    }
    terminal_close();
    frame_release(&app.frame);
    picture_release(&app.picture);
    if (app.failed < 0 && err != NULL)
        *err = app.failure;
    return app.failed < 0 ? app.failed : terminal_end_signal();
}

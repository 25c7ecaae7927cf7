#include "cli/output.h"

#include "export/export.h"

#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int output_option(struct output *output, int index, const char *argument, struct err *err)
{
    switch (index) {
    case 0: output->plain = true; break;
    case 1: output->ladder = true; break;
    case 2: output->ascii = true; break;
    case 3: output->theme = argument; break;
    case 4:
        if (strcmp(argument, "on") != 0 && strcmp(argument, "off") != 0)
            return err_set(err, EINVAL, "--motion takes on or off, not '%s'", argument);
        output->still = strcmp(argument, "off") == 0;
        break;
    case 5: output->no_mouse = true; break;
    default: break;
    }
    return 0;
}

bool output_wants_screen(const struct output *output)
{
    return !output->plain && !output->ladder && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

int output_begin(const struct output *output, struct engine *engine, struct err *err)
{
    if (!output->plain || output->ladder)
        return 0;
    return engine_add_sink(engine, text_sink_new(stdout), err);
}

int output_loop(struct engine *engine, struct err *err)
{
    struct pollfd fds[64];
    int first_failure = 0;
    for (;;) {
        struct err failure = {0};
        int r = engine_step(engine, &failure);
        if (r == 0)
            return first_failure;
        if (r < 0 && first_failure == 0) {
            first_failure = r;
            if (err != NULL)
                *err = failure;
        }
        if (r < 0 && r != -ENOSPC && r != -EFBIG && r != -EIO)
            return first_failure;
        int count = engine_poll_fds(engine, fds, 64);
        poll(fds, (nfds_t)count, engine_timeout_ms(engine));
    }
}

static int print_format(const char *name, const struct output *output, const struct engine *engine)
{
    const struct export_options options = {
        .ascii = output->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0,
    };
    struct buf text = {0};
    export_find(name)->write(&text, engine_timeline(engine), &options);
    bool ok = fwrite(buf_text(&text), 1, text.length, stdout) == text.length && fflush(stdout) == 0;
    buf_release(&text);
    return ok ? 0 : -errno;
}

int output_end(const struct output *output, const struct engine *engine, struct err *err)
{
    bool neither = !output->plain && !output->ladder;
    int r = 0;
    if (output->ladder || neither)
        r = print_format("ladder", output, engine);
    if (r == 0 && neither)
        r = putchar('\n') == EOF ? -errno : 0;
    if (r == 0 && (neither || (output->plain && output->ladder)))
        r = print_format("text", output, engine);
    return r < 0 ? err_set(err, -r, "standard output: %s", strerror(-r)) : 0;
}

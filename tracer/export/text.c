/* One sentence a line: for terminals, screen readers and tests. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "event/sentence.h"
#include "export/formats.h"

void export_text_line(struct buf *out, const struct event *event, const struct change *changes,
                      size_t change_count, int64_t start_ns)
{
    buf_printf(out, "[%" PRIu64 "] t=%.3f s  ", event->seq, (double)(event->time_ns - start_ns) / 1e9);
    event_sentence(out, event, changes, change_count);
    buf_putc(out, '\n');
}

static void write_text(struct buf *out, const struct timeline *timeline, const struct export_options *options)
{
    if (options->no_payload || options->anonymize)
        buf_printf(out, "%s\n", timeline->info.note);
    array_each (const struct record, record, &timeline->records)
        export_text_line(out, &record->event, timeline_changes(timeline, record), record->change_count,
                         timeline->info.start_ns);
}

const struct export_format export_text = {
    .name = "text",
    .about = "one plain sentence for each event",
    .extension = "txt",
    .write = write_text,
};

/* The same lines, as they come. */

struct text_sink {
    struct sink sink;
    FILE *stream; /* borrowed */
    int64_t start_ns;
};

static int text_begin(struct sink *sink, const struct session_info *info, struct err *err)
{
    (void)err;
    ((struct text_sink *)sink)->start_ns = info->start_ns;
    return 0;
}

static int text_event(struct sink *sink, const struct event *event, const struct change *changes,
                      size_t change_count, struct err *err)
{
    struct text_sink *text = (struct text_sink *)sink;
    struct buf line = {0};
    export_text_line(&line, event, changes, change_count, text->start_ns);
    errno = 0;
    bool written =
        fwrite(line.text, 1, line.length, text->stream) == line.length && fflush(text->stream) == 0;
    int error_number = errno != 0 ? errno : EIO;
    buf_release(&line);
    return written ? 0 : err_set(err, error_number, "cannot write text: %s", strerror(error_number));
}

static int text_end(struct sink *sink, struct err *err)
{
    (void)sink;
    (void)err;
    return 0;
}

static void text_free(struct sink *sink)
{
    free(sink);
}

static const struct sink_ops text_sink_ops = {
    .name = "text",
    .begin = text_begin,
    .event = text_event,
    .end = text_end,
    .free = text_free,
};

struct sink *text_sink_new(FILE *stream)
{
    struct text_sink *text = xcalloc(1, sizeof *text);
    text->sink.ops = &text_sink_ops;
    text->stream = stream;
    return &text->sink;
}

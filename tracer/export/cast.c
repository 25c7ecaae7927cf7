/*
 * An asciinema recording (asciicast v2) of the ladder as it grows, with a marker for each beat. Time is the
 * record's own, but for silences, which asciinema cuts at idle_time_limit.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "event/sentence.h"
#include "export/escape.h"
#include "export/formats.h"
#include "export/ladder_grid.h"

#define CAST_ROWS    40
#define IDLE_LIMIT_S 1

static void put_event(struct buf *out, double at_s, char code, const char *json)
{
    buf_printf(out, "[%.6f, \"%c\", %s]\n", at_s, code, json);
}

/* Lines of the ladder as a JSON string: what programs said is in them already escaped. Returns what is left.
 */
static const char *put_lines(struct buf *json, const char *text, size_t count)
{
    buf_putc(json, '"');
    for (; *text != '\0' && count > 0; text++) {
        if (*text == '\n')
            buf_puts(json, "\\r\\n");
        else
            buf_printf(json, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
        count -= *text == '\n';
    }
    buf_putc(json, '"');
    return text;
}

static const char *put_output(struct buf *out, double at_s, const char *text, size_t lines)
{
    struct buf json = {0};
    text = put_lines(&json, text, lines);
    if (json.length > 2)
        put_event(out, at_s, 'o', buf_text(&json));
    buf_release(&json);
    return text;
}

static void put_marker(struct buf *out, double at_s, const struct timeline *timeline,
                       const struct record *record)
{
    struct buf text = {0}, json = {0};
    event_sentence(&text, &record->event, timeline_changes(timeline, record), record->change_count);
    escape_json(&json, buf_text(&text));
    put_event(out, at_s, 'm', buf_text(&json));
    buf_release(&text);
    buf_release(&json);
}

static void put_header(struct buf *out, const struct timeline *timeline)
{
    const struct session_info *info = &timeline->info;
    struct buf title = {0};
    buf_printf(&title, "%s%s%s", info->scenario, info->title[0] != '\0' ? ": " : "", info->title);
    if (info->note[0] != '\0')
        buf_printf(&title, " (%s)", info->note);
    buf_printf(out, "{\"version\": 2, \"width\": %d, \"height\": %d, \"timestamp\": %lld, ",
               LADDER_COLUMNS + 1, CAST_ROWS, (long long)(info->start_ns / 1000000000));
    buf_printf(out, "\"idle_time_limit\": %d, \"title\": ", IDLE_LIMIT_S);
    escape_json(out, buf_text(&title));
    buf_puts(out, "}\n");
    buf_release(&title);
}

static void write_cast(struct buf *out, const struct timeline *timeline, const struct export_options *options)
{
    struct buf ladder = {0};
    size_t *lines = xcalloc(timeline->records.count + 1, sizeof *lines), shown = 0, first, end;
    double now_s = 0;
    ladder_draw(&ladder, timeline, options->ascii, lines);
    const char *rest = buf_text(&ladder);
    put_header(out, timeline);
    for (uint32_t beat = 1; beat <= timeline_beat_count(timeline); beat++) {
        timeline_beat_range(timeline, beat, &first, &end);
        if (first == end)
            continue;
        const struct record *record = &timeline->records.items[first];
        double at_s = timeline_seconds(timeline, &record->event);
        now_s = at_s > now_s ? at_s : now_s;
        put_marker(out, now_s, timeline, record);
        rest = put_output(out, now_s, rest, lines[end - 1] - shown);
        shown = lines[end - 1];
    }
    put_output(out, now_s, rest, SIZE_MAX);
    buf_release(&ladder);
    free(lines);
}

const struct export_format export_cast = {
    .name = "cast",
    .about = "an asciinema recording of the growing ladder",
    .extension = "cast",
    .write = write_cast,
};

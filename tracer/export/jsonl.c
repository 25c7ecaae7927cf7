/* JSON Lines: the session, then one object an event, as in the trace file (docs/TRACE-FORMAT.md). */
#include "event/json.h"
#include "export/formats.h"

static void write_jsonl(struct buf *out, const struct timeline *timeline,
                        const struct export_options *options)
{
    (void)options;
    session_to_json(out, &timeline->info);
    buf_putc(out, '\n');
    array_each (const struct record, record, &timeline->records) {
        event_to_json(out, &record->event, timeline_changes(timeline, record), record->change_count);
        buf_putc(out, '\n');
    }
}

const struct export_format export_jsonl = {
    .name = "jsonl",
    .about = "JSON Lines: the session, then one object an event",
    .extension = "jsonl",
    .write = write_jsonl,
};

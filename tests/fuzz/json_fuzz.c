/* Any text as an event or as the first line: what is read must be written and read again as the same. */
#include "tests/fuzz/fuzz_main.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "event/json.h"

static void check_event(const char *text, size_t count)
{
    struct event event, again;
    struct err err;
    if (event_from_json(text, count, &event, &err) != 0)
        return;
    struct buf first = {0}, second = {0};
    event_to_json(&first, &event, NULL, 0);
    if (event_from_json(first.text, first.length, &again, &err) != 0)
        abort();
    event_to_json(&second, &again, NULL, 0);
    if (strcmp(buf_text(&first), buf_text(&second)) != 0)
        abort();
    event_release(&event);
    event_release(&again);
    buf_release(&first);
    buf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    const char *text = count != 0 ? (const char *)bytes : "";
    struct session_info info = {.host_count = 0};
    struct err err;
    struct buf line = {0};
    check_event(text, count);
    if (session_from_json(text, count, &info, &err) == 0)
        session_to_json(&line, &info);
    buf_release(&line);
    return 0;
}

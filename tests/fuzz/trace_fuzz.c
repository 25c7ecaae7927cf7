/* Any bytes as a capture file. */
#include "tests/fuzz/fuzz_main.h"

#include <stdlib.h>
#include <string.h>

#include "trace/trace.h"

struct seen {
    size_t events;
    bool sound;
};

static void take(void *context, struct event *event)
{
    struct seen *seen = context;
    struct packet packet;
    seen->events++;
    seen->sound = seen->sound && event->kind < EVENT_KIND_COUNT && event->seq == 0 &&
                  (event->data != NULL) == (event->data_bytes != 0);
    if (event->kind == EVENT_PACKET_SENT)
        packet_decode((enum link_type)event->packet.link, event->data, event->data_bytes, event->data_bytes,
                      &packet);
    event_release(event);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct session_info info;
    struct err warning = {0}, err = {0};
    struct seen seen = {.sound = true};
    struct source *source = trace_reader_from_memory(bytes, count, &info, &warning, &err);
    if (source == NULL) {
        if (err.text[0] == '\0' || strchr(err.text, '\n') != NULL)
            abort();
        return 0;
    }
    int result = source->ops->drain(source, take, &seen, &err);
    if (result != 0 || !seen.sound || (warning.text[0] != '\0' && seen.events == 0))
        abort();
    source->ops->free(source);
    return 0;
}

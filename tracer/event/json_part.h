/*
 * The parts of an event's JSON object, one file for each group of members. Private to tracer/event/json*.c.
 */
#ifndef SOCKSTEP_EVENT_JSON_PART_H
#define SOCKSTEP_EVENT_JSON_PART_H

#include <jansson.h>

#include "base/err.h"
#include "event/event.h"

/* What one member of struct event's union adds. take() returns 0 or -EINVAL with a line in err. */
struct json_part {
    void (*write)(json_t *object, const struct event *event);
    int (*take)(json_t *object, struct event *event, struct err *err);
};

extern const struct json_part json_call_part;
extern const struct json_part json_packet_part;
extern const struct json_part json_state_part;
extern const struct json_part json_process_part;
extern const struct json_part json_note_part;
extern const struct json_part json_gap_part;

/* What the model concluded: causes, sides, relative numbers. */
extern const struct json_part json_context_part;

/* Moves the bytes of a member into event->data. Returns 1 when there was such a member, 0 when not, or
 * -EINVAL. */
int json_take_data(json_t *object, const char *key, struct event *event, struct err *err);

#endif

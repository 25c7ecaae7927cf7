/*
 * The conversations of hello.h as timelines, seen through the model; and two that only exports need.
 */
#ifndef SOCKSTEP_TESTS_PLAYS_H
#define SOCKSTEP_TESTS_PLAYS_H

#include "timeline/timeline.h"

typedef size_t play_events(struct event **ret_events);

struct timeline play_timeline(play_events *play, const char *scenario);

/* The packets of tcp-hello as somebody else's capture: no calls, no states, no hosts, no arrivals. */
struct timeline capture_timeline(void);

/* tcp-hello with all that others can write set to what breaks formats: markup, quotes, entities, control
 * characters, stray bytes, direction marks, "end", a formula. */
struct timeline hostile_timeline(void);

#define HOSTILE_TEXT "</script><b>\"'&;#end%%{\n\t\x01\xff\xe2\x80\xae,"

#endif

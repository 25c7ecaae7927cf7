/*
 * The states that a lane's connection went through, as one witness tells it.
 */
#ifndef SOCKSTEP_SCENARIO_EXPECT_PATH_H
#define SOCKSTEP_SCENARIO_EXPECT_PATH_H

#include "timeline/timeline.h"

typedef ARRAY(enum state) state_list;

/* Adds the path of the lane's connection number `connection` (from 1, in order of appearance). A lane that
 * listens has LISTEN in front, and its connections begin with what follows; what becomes of the listening
 * socket later is not part of the path. An empty path: there was no such connection and nobody listened. */
void path_of_lane(state_list *states, const struct timeline *timeline, const char *lane, enum witness witness,
                  int connection);

#endif

/*
 * How the tables of the state machines are written: GO(next state, reason), REMAIN(reason).
 */
#ifndef SOCKSTEP_MODEL_CELL_H
#define SOCKSTEP_MODEL_CELL_H

#include "model/machine.h"

#define GO(state, why)                                                                                       \
    {                                                                                                        \
        .next = STATE_##state, .verdict = STEP, .reason = why                                                \
    }
#define REMAIN(why)                                                                                          \
    {                                                                                                        \
        .verdict = STAY, .reason = why                                                                       \
    }

#endif

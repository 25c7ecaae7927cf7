/*
 * Tasks of a worksheet that need no drawing. Each adds itself to the page and returns true; or adds nothing
 * and returns false when the recording has nothing to ask about. The same recording gives the same task.
 */
#ifndef SOCKSTEP_EXPORT_WORKSHEET_TASKS_H
#define SOCKSTEP_EXPORT_WORKSHEET_TASKS_H

#include "base/buf.h"
#include "timeline/timeline.h"

bool worksheet_cards(struct buf *out, const struct timeline *timeline, bool answers);
bool worksheet_errors(struct buf *out, const struct timeline *timeline, bool answers);

#endif

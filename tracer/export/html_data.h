/*
 * The recording as JSON for the player in the page (html/player.js). The sentences are not in it: the player
 * takes them from the page's list. Keys that say nothing are left out.
 */
#ifndef SOCKSTEP_EXPORT_HTML_DATA_H
#define SOCKSTEP_EXPORT_HTML_DATA_H

#include "base/buf.h"
#include "timeline/timeline.h"

void html_data(struct buf *out, const struct timeline *timeline);

#endif

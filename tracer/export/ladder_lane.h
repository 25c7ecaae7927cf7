/*
 * What stands beside the lifelines: calls, states, and the words on packets.
 */
#ifndef SOCKSTEP_EXPORT_LADDER_LANE_H
#define SOCKSTEP_EXPORT_LADDER_LANE_H

#include "export/ladder_wire.h"
#include "timeline/timeline.h"

/* A call that came back within this time is written once, with its result. */
#define QUICK_CALL_NS 1000000

/* "connect(:7001)...": it has begun, and waits. */
void lane_enter_text(struct buf *out, const struct event *enter);

/* "send("hello") = 5": the call and its result; with `enter` NULL without argument: "connect() = 0". */
void lane_exit_text(struct buf *out, const struct event *enter, const struct event *exit);

/* "run stream_client" when it starts, "exit 0", "SIGKILL" when it ends. */
void lane_process_text(struct buf *out, const struct event *event);

/* "[ESTABLISHED]"; with '!' when the witnesses disagree. In round brackets when it was inferred from packets.
 */
void lane_state_text(struct buf *out, const struct change *change);

/* ".2 " in front of what a second process of a host does; nothing for the first. */
void lane_prefix(struct buf *out, const struct event *event);

void packet_label(struct label *ret_label, const struct event *event);

#endif

#include "lab/report.h"
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int64_t report_now_ns(void)
{
    struct clock clock = clock_real();
    return clock_now_ns(&clock);
}

void report_record(struct report *report, enum record_kind kind, const void *body, uint32_t body_bytes,
                   const void *kept, uint32_t kept_bytes)
{
    uint64_t position;
    uint8_t *room = ring_reserve(&report->ring, kind, body_bytes + kept_bytes, &position);
    if (room == NULL)
        return;
    memcpy(room, body, body_bytes);
    if (kept_bytes != 0)
        memcpy(room + body_bytes, kept, kept_bytes);
    if (ring_commit(&report->ring, position))
        (void)send(report->doorbell_fd, "!", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void report_gap(struct report *report, uint64_t lost, const char *reason)
{
    struct record_gap gap = {.time_ns = report_now_ns(), .lost = lost};
    snprintf(gap.reason, sizeof gap.reason, "%s", reason);
    report_record(report, RECORD_GAP, &gap, sizeof gap, NULL, 0);
}

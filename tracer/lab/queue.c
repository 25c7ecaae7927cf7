#include "lab/queue.h"
#include "base/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct frame *frame_new(const uint8_t *bytes, uint32_t kept_bytes, uint32_t wire_bytes)
{
    struct frame *frame = xmalloc(sizeof *frame + kept_bytes);
    *frame = (struct frame){.kept_bytes = kept_bytes, .wire_bytes = wire_bytes};
    memcpy(frame->bytes, bytes, kept_bytes);
    return frame;
}

struct frame *frame_copy(const struct frame *frame)
{
    return xmemdup(frame, sizeof *frame + frame->kept_bytes);
}

int queue_add(struct queue *queue, struct frame *frame)
{
    struct frame **frames = &queue->lines[frame->to].frames;
    if (queue->lines[frame->to].count >= QUEUE_FRAMES_MAX)
        return -ENOBUFS;
    queue->lines[frame->to].count++;
    frame->due_ns = frame->stamp_ns + frame->delay_ns;
    struct frame *before = *frames != NULL ? (*frames)->prev : NULL; /* the tail, in utlist's lists */
    while (before != NULL && before->due_ns > frame->due_ns)
        before = before != *frames ? before->prev : NULL;
    if (before == NULL)
        DL_PREPEND(*frames, frame);
    else
        DL_APPEND_ELEM(*frames, before, frame);
    return 0;
}

void queue_overtake(struct queue *queue, const struct frame *fresh)
{
    struct frame **frames = &queue->lines[fresh->to].frames, *each, *next;
    DL_FOREACH_SAFE(*frames, each, next)
    {
        if (!each->waits_for_next || each == fresh || each->host != fresh->host)
            continue;
        DL_DELETE(*frames, each);
        queue->lines[fresh->to].count--;
        each->waits_for_next = false;
        each->delay_ns = fresh->due_ns - each->stamp_ns;
        (void)queue_add(queue, each);
        return;
    }
}

static int64_t line_next_ns(const struct queue *queue, int line)
{
    const struct frame *first = queue->lines[line].frames;
    if (first == NULL)
        return INT64_MAX;
    int64_t free_ns = queue->lines[line].free_ns;
    if (free_ns < queue->paused_ns)
        free_ns = queue->paused_ns;
    return first->due_ns > free_ns ? first->due_ns : free_ns;
}

void queue_pause(struct queue *queue, int64_t when_ns)
{
    queue->paused_ns = when_ns;
}

static int first_line(const struct queue *queue)
{
    int first = 0;
    for (int i = 1; i < LAB_HOSTS_MAX; i++) {
        if (line_next_ns(queue, i) < line_next_ns(queue, first))
            first = i;
    }
    return first;
}

int64_t queue_next_ns(const struct queue *queue)
{
    return line_next_ns(queue, first_line(queue));
}

struct frame *queue_take(struct queue *queue, int64_t now_ns)
{
    int line = first_line(queue);
    int64_t when_ns = line_next_ns(queue, line);
    if (when_ns > now_ns)
        return NULL;
    struct frame *frame = queue->lines[line].frames;
    DL_DELETE(queue->lines[line].frames, frame);
    queue->lines[line].count--;
    queue->lines[line].free_ns = (queue->spacing_ns != 0 ? now_ns : when_ns) + queue->spacing_ns;
    return frame;
}

void queue_release(struct queue *queue)
{
    for (int i = 0; i < LAB_HOSTS_MAX; i++) {
        struct frame *frame, *next;
        DL_FOREACH_SAFE(queue->lines[i].frames, frame, next)
        {
            free(frame);
        }
    }
    *queue = (struct queue){0};
}

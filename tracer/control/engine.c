#include "control/engine.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "model/model.h"
#include "source/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct engine {
    struct timeline timeline;
    struct model *model;
    struct merge *merge; /* NULL: events come in their final order (a recording) */
    struct director *director;
    struct clock clock;
    ARRAY(struct source *) sources;
    ARRAY(struct sink *) sinks;
    change_list changes; /* of the event at hand */
    int failed;          /* -errno of a sink that was dropped and not yet reported */
    struct err failure;
};

struct engine *engine_new(const struct session_info *info, int64_t window_ns)
{
    struct engine *engine = xcalloc(1, sizeof *engine);
    engine->timeline.info = *info;
    engine->model = model_new();
    engine->merge = window_ns > 0 ? merge_new(window_ns) : NULL;
    engine->clock = clock_real();
    return engine;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    array_each (struct source *, source, &engine->sources)
        (*source)->ops->free(*source);
    array_each (struct sink *, sink, &engine->sinks)
        (*sink)->ops->free(*sink);
    array_release(&engine->sources);
    array_release(&engine->sinks);
    array_release(&engine->changes);
    merge_free(engine->merge);
    model_free(engine->model);
    timeline_release(&engine->timeline);
    free(engine);
}

void engine_set_director(struct engine *engine, struct director *director)
{
    engine->director = director;
}

void engine_add_source(struct engine *engine, struct source *source)
{
    *array_push(&engine->sources) = source;
}

int engine_add_sink(struct engine *engine, struct sink *sink, struct err *err)
{
    int r = sink->ops->begin(sink, &engine->timeline.info, err);
    if (r < 0) {
        sink->ops->free(sink);
        return r;
    }
    *array_push(&engine->sinks) = sink;
    return 0;
}

int engine_poll_fds(const struct engine *engine, struct pollfd *fds, int room)
{
    int count = 0;
    array_each (struct source *, source, &engine->sources)
        count += (*source)->ops->poll_fds(*source, fds + count, room - count);
    return count;
}

/* Writers ring only when asked to; so long as events come often it is cheaper to look every few milliseconds.
 */
int engine_timeout_ms(struct engine *engine)
{
    if (engine->merge != NULL && merge_waiting(engine->merge) != 0)
        return 2;
    bool news = false;
    array_each (struct source *, source, &engine->sources)
        if ((*source)->ops->arm != NULL && (*source)->ops->arm(*source))
            news = true;
    return news ? 0 : 100;
}

static void drop_sink(struct engine *engine, size_t index)
{
    struct sink *sink = engine->sinks.items[index];
    sink->ops->free(sink);
    engine->sinks.items[index] = *array_last(&engine->sinks);
    engine->sinks.count--;
}

static void tell_sinks(struct engine *engine, const struct event *event)
{
    for (size_t i = 0; i < engine->sinks.count;) {
        struct sink *sink = engine->sinks.items[i];
        int r = sink->ops->event(sink, event, engine->changes.items, engine->changes.count, &engine->failure);
        if (r < 0) {
            engine->failed = r;
            drop_sink(engine, i);
        } else {
            i++;
        }
    }
}

/* A source_emit: the one way into the record. */
static void record_event(void *context, struct event *event)
{
    struct engine *engine = context;
    engine->changes.count = 0;
    model_apply(engine->model, event, &engine->changes);
    tell_sinks(engine, event);
    timeline_append(&engine->timeline, event, engine->changes.items, engine->changes.count);
}

/* A source_emit: facts of live sources find their place first. */
static void take_event(void *context, struct event *event)
{
    struct engine *engine = context;
    if (engine->director != NULL && engine->director->seen != NULL)
        engine->director->seen(engine->director, event);
    merge_add(engine->merge, event);
}

static int report_failure(struct engine *engine, struct err *err)
{
    int failed = engine->failed;
    if (failed < 0 && err != NULL)
        *err = engine->failure;
    engine->failed = 0;
    return failed;
}

static int drain_sources(struct engine *engine, source_emit *emit, void *context, struct err *err)
{
    int alive = 0;
    for (size_t i = 0; i < engine->sources.count;) {
        struct source *source = engine->sources.items[i];
        int r = source->ops->drain(source, emit, context, err);
        if (r > 0) {
            alive++;
            i++;
            continue;
        }
        source->ops->free(source);
        engine->sources.items[i] = *array_last(&engine->sources);
        engine->sources.count--;
        if (r < 0)
            return r;
    }
    return alive > 0;
}

int engine_step(struct engine *engine, struct err *err)
{
    int alive;
    if (engine->merge == NULL) {
        alive = drain_sources(engine, record_event, engine, err);
    } else {
        /* The limit is taken before draining: what is stamped later may not all be there yet. */
        int64_t now_ns = clock_now_ns(&engine->clock);
        alive = drain_sources(engine, take_event, engine, err);
        merge_release(engine->merge, alive > 0 ? now_ns : INT64_MAX, record_event, engine);
    }
    if (alive > 0 && engine->director != NULL)
        alive = engine->director->step(engine->director, engine, err);
    if (alive <= 0 && engine->merge != NULL)
        merge_release(engine->merge, INT64_MAX, record_event, engine);
    int failed = report_failure(engine, err);
    return failed < 0 ? failed : alive;
}

void engine_note(struct engine *engine, struct event *event)
{
    if (event->time_ns == 0)
        event->time_ns = clock_now_ns(&engine->clock);
    if (event->order_ns == 0)
        event->order_ns = event->time_ns;
    if (engine->merge != NULL)
        merge_add(engine->merge, event);
    else
        record_event(engine, event);
    event_release(event);
}

int engine_finish(struct engine *engine, struct err *err)
{
    if (engine->merge != NULL)
        merge_release(engine->merge, INT64_MAX, record_event, engine);
    engine->timeline.complete = true;
    int result = report_failure(engine, err);
    array_each (struct sink *, sink, &engine->sinks) {
        int r = (*sink)->ops->end(*sink, err);
        if (r < 0)
            result = r;
    }
    return result;
}

const struct timeline *engine_timeline(const struct engine *engine)
{
    return &engine->timeline;
}

bool engine_all_recorded(const struct engine *engine)
{
    return engine->merge == NULL || merge_waiting(engine->merge) == 0;
}

bool engine_quiet(const struct engine *engine)
{
    return (engine->merge == NULL || merge_waiting(engine->merge) == 0) && model_quiet(engine->model);
}

/* The engine with sources and sinks made of paper: order, failures, the director's word, the end. */
#include "tests/support/cmocka_all.h"

#include "base/xalloc.h"
#include "control/engine.h"
#include "tests/support/hello.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Gives `per_drain` events each time it is asked. */
struct paper_source {
    struct source source;
    struct event *events;
    size_t count, next, per_drain;
};

static int paper_fds(const struct source *source, struct pollfd *fds, int room)
{
    (void)source, (void)fds, (void)room;
    return 0;
}

static int paper_drain(struct source *source, source_emit *emit, void *context, struct err *err)
{
    struct paper_source *paper = (struct paper_source *)source;
    (void)err;
    for (size_t i = 0; i < paper->per_drain && paper->next < paper->count; i++)
        emit(context, &paper->events[paper->next++]);
    return paper->next < paper->count;
}

static void paper_free(struct source *source)
{
    struct paper_source *paper = (struct paper_source *)source;
    hello_free(paper->events, paper->count);
    free(paper);
}

static const struct source_ops paper_source_ops = {
    .name = "paper", .poll_fds = paper_fds, .drain = paper_drain, .free = paper_free};

static struct source *paper_source(size_t per_drain)
{
    struct paper_source *paper = xcalloc(1, sizeof *paper);
    paper->source.ops = &paper_source_ops;
    paper->count = hello_events(&paper->events);
    paper->per_drain = per_drain;
    return &paper->source;
}

struct tally {
    int begun, events, ended, freed;
    int fail_at; /* the event at which it fails; 0: never */
    uint64_t last_seq;
};

struct paper_sink {
    struct sink sink;
    struct tally *tally;
};

static int sink_begin(struct sink *sink, const struct session_info *info, struct err *err)
{
    (void)info, (void)err;
    ((struct paper_sink *)sink)->tally->begun++;
    return 0;
}

static int sink_event(struct sink *sink, const struct event *event, const struct change *changes,
                      size_t count, struct err *err)
{
    struct tally *tally = ((struct paper_sink *)sink)->tally;
    (void)changes, (void)count;
    assert_int_equal(event->seq, tally->last_seq + 1);
    tally->last_seq = event->seq;
    if (++tally->events == tally->fail_at)
        return err_set(err, ENOSPC, "paper is full");
    return 0;
}

static int sink_end(struct sink *sink, struct err *err)
{
    (void)err;
    ((struct paper_sink *)sink)->tally->ended++;
    return 0;
}

static void sink_free(struct sink *sink)
{
    ((struct paper_sink *)sink)->tally->freed++;
    free(sink);
}

static const struct sink_ops paper_sink_ops = {
    .name = "paper", .begin = sink_begin, .event = sink_event, .end = sink_end, .free = sink_free};

static struct sink *paper_sink(struct tally *tally)
{
    struct paper_sink *sink = xcalloc(1, sizeof *sink);
    sink->sink.ops = &paper_sink_ops;
    sink->tally = tally;
    return &sink->sink;
}

static void all_events_reach_record_and_sinks(void **state)
{
    (void)state;
    for (int window_ms = 0; window_ms <= 5; window_ms += 5) {
        struct session_info info = hello_session();
        struct engine *engine = engine_new(&info, window_ms * 1000000LL);
        struct tally tally = {0};
        engine_add_source(engine, paper_source(3));
        assert_int_equal(engine_add_sink(engine, paper_sink(&tally), NULL), 0);
        while (engine_step(engine, NULL) == 1)
            ;
        assert_int_equal(engine_finish(engine, NULL), 0);
        const struct timeline *timeline = engine_timeline(engine);
        assert_true(timeline->complete);
        assert_int_equal(tally.events, timeline->records.count);
        assert_true(tally.events > 50);
        assert_true(engine_quiet(engine));
        engine_free(engine);
        assert_int_equal(tally.begun + tally.ended + tally.freed, 3);
    }
}

static void a_sink_that_fails_is_dropped_and_the_rest_goes_on(void **state)
{
    (void)state;
    struct session_info info = hello_session();
    struct engine *engine = engine_new(&info, 0);
    struct tally good = {0}, bad = {.fail_at = 10};
    engine_add_source(engine, paper_source(4));
    engine_add_sink(engine, paper_sink(&bad), NULL);
    engine_add_sink(engine, paper_sink(&good), NULL);
    int failures = 0, r;
    struct err err = {0};
    while ((r = engine_step(engine, &err)) != 0)
        if (r < 0) {
            failures++;
            assert_int_equal(r, -ENOSPC);
            assert_string_equal(err.text, "paper is full");
        }
    assert_int_equal(failures, 1);
    assert_int_equal(engine_finish(engine, NULL), 0);
    assert_int_equal(bad.events, 10);
    assert_int_equal(bad.ended, 0);
    assert_int_equal(bad.freed, 1);
    assert_int_equal(good.events, engine_timeline(engine)->records.count);
    engine_free(engine);
}

struct paper_director {
    struct director director;
    int steps, seen;
};

static void director_seen(struct director *director, const struct event *event)
{
    (void)event;
    ((struct paper_director *)director)->seen++;
}

static int director_step(struct director *director, struct engine *engine, struct err *err)
{
    (void)engine, (void)err;
    return ++((struct paper_director *)director)->steps < 5;
}

static void the_director_says_when_it_is_over(void **state)
{
    (void)state;
    struct session_info info = hello_session();
    struct engine *engine = engine_new(&info, 1000000000LL);
    struct paper_director director = {.director = {.seen = director_seen, .step = director_step}};
    engine_set_director(engine, &director.director);
    engine_add_source(engine, paper_source(2));
    while (engine_step(engine, NULL) == 1)
        ;
    assert_int_equal(director.steps, 5);
    assert_int_equal(director.seen, 10);
    assert_int_equal(engine_timeline(engine)->records.count, 10);
    engine_free(engine);
}

static void a_mark_finds_its_place(void **state)
{
    (void)state;
    struct session_info info = hello_session();
    struct engine *engine = engine_new(&info, 0);
    struct event mark = {.kind = EVENT_MARK};
    event_set_data(&mark, "here", 4);
    engine_note(engine, &mark);
    const struct timeline *timeline = engine_timeline(engine);
    assert_int_equal(timeline->records.count, 1);
    assert_true(timeline->records.items[0].event.time_ns > 0);
    assert_memory_equal(timeline->records.items[0].event.data, "here", 4);
    engine_free(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_events_reach_record_and_sinks),
        cmocka_unit_test(a_sink_that_fails_is_dropped_and_the_rest_goes_on),
        cmocka_unit_test(the_director_says_when_it_is_over),
        cmocka_unit_test(a_mark_finds_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What the tests of the probe share: an act run from its beginning to its end, and its calls found again.
 * Includes cmocka: the first header of a test.
 */
#ifndef SOCKSTEP_TESTS_PROBE_ASSERT_H
#define SOCKSTEP_TESTS_PROBE_ASSERT_H

#include "tests/support/cmocka_all.h"

#include <string.h>

#include "tests/support/probe_run.h"

#define BOTH(test)                                                                                           \
    {#test " (linked)", test, NULL, NULL, &linked},                                                          \
    {                                                                                                        \
#test " (preloaded)", test, NULL, NULL, &preloaded                                                   \
    }

/* The state of a test: how the program is probed. */
static bool linked = false, preloaded = true;

static inline struct probe_run run_of(void **state)
{
    return (struct probe_run){.preload = *(bool *)*state, .arm = true};
}

static inline struct probe_run run_act(void **state, const char *act)
{
    struct probe_run run = run_of(state);

    probe_run_start(&run, act);
    probe_run_finish(&run);
    assert_int_equal(run.status, 0);
    return run;
}

static inline const struct event_call *enter_of(const struct probe_run *run, enum call call, int nth)
{
    const struct event *event = probe_run_call(run, EVENT_CALL_ENTER, call, nth);

    assert_non_null(event);
    return &event->call;
}

/* The exit that belongs to the nth enter; checks what must be the same in both. */
static inline const struct event *exit_of(const struct probe_run *run, enum call call, int nth)
{
    const struct event *enter = probe_run_call(run, EVENT_CALL_ENTER, call, nth), *leave = NULL;

    assert_non_null(enter);
    for (int i = 0; (leave = probe_run_call(run, EVENT_CALL_EXIT, call, i)) != NULL; i++) {
        if (leave > enter && leave->call.call_id == enter->call.call_id && leave->pid == enter->pid)
            break;
    }
    assert_non_null(leave);
    assert_int_equal(leave->call.fd, enter->call.fd);
    assert_int_equal(leave->call.line, enter->call.line);
    assert_int_equal(leave->time_ns - enter->time_ns, leave->call.duration_ns);
    assert_int_equal(leave->tid, enter->tid);
    return leave;
}

static inline void assert_data(const struct event *event, const char *text)
{
    assert_int_equal(event->data_bytes, strlen(text));
    assert_memory_equal(event->data, text, strlen(text));
    assert_true(event->call.has_payload);
    assert_int_equal(event->call.payload_bytes, strlen(text));
}

#endif

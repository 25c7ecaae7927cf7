/*
 * Running a program of tests/support/programs under the probe, without a lab: a hello socket, a
 * source_probes, and what came out of it.
 */
#ifndef SOCKSTEP_TESTS_PROBE_RUN_H
#define SOCKSTEP_TESTS_PROBE_RUN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/array.h"
#include "event/event.h"
#include "source/source.h"

struct probe_run {
    bool preload;         /* probe_plain with libsockprobe.so; otherwise probe_linked */
    bool both;            /* probe_linked and libsockprobe.so */
    bool arm;             /* the reader sleeps and wants doorbells; otherwise it looks every millisecond */
    const char *extra[4]; /* more of the environment, NULL-terminated */
    int settle_fd;        /* memfd with a struct settle_page; 0: none */
    int settle_index;
    struct source *source;
    pid_t pid;
    int hello[2]; /* ours, the programs' */
    int output;   /* what the program prints */
    int input;    /* closed: the program's standard input ends */
    int status;   /* as waitpid(2) says */
    bool ended;
    ARRAY(struct event) events;
};

/* Starts an act. The fields that say how are set before. */
void probe_run_start(struct probe_run *run, const char *act);

/* The same for any program; argv[0] is looked up in PATH. */
void probe_run_start_program(struct probe_run *run, const char *const *argv);

/* Drains once; true when something came. */
bool probe_run_drain(struct probe_run *run);

/* Drains until `wanted` events of this kind and call are there, 5 s at most. */
bool probe_run_await(struct probe_run *run, enum event_kind kind, enum call call, int wanted);

/* Drains until the program and all its children have ended, 20 s at most. */
void probe_run_finish(struct probe_run *run);

void probe_run_release(struct probe_run *run);

/* The nth (from 0) event of this kind and call, or NULL. */
const struct event *probe_run_call(const struct probe_run *run, enum event_kind kind, enum call call,
                                   int nth);

/* The number after "@name " in what the program printed; -1 when there is none. Call once, after the end. */
long probe_run_said(struct probe_run *run, const char *name);

int probe_run_count(const struct probe_run *run, enum event_kind kind);

/* Path of something that was built, beside the test program: "libsockprobe.so". Static. */
const char *probe_run_built(const char *name);

#endif

/*
 * A lab for a test, and its programs: the test program itself, started again on a host.
 */
#ifndef SOCKSTEP_TESTS_LAB_SESSION_H
#define SOCKSTEP_TESTS_LAB_SESSION_H

#include <fcntl.h>
#include <limits.h>
#include <sys/wait.h>

#include "event/event.h"
#include "lab_programs.h"
#include "lab_reader.h"

#define DELAY_NS (30 * NS_PER_MS)

static char own_path[PATH_MAX];

static inline struct lab_config two_hosts(void)
{
    return (struct lab_config){
        .host_count = 2, .host_names = {"client", "server"}, .delay_ns = DELAY_NS, .quick_ack = true};
}

static inline void begin_with(const struct lab_config *config, struct reader *reader)
{
    struct err err = {{0}};
    struct lab *lab;
    int result = lab_start(config, &lab, &err);
    if (result < 0)
        fail_msg("%s", err.text);
    reader_begin(reader, lab);
}

static inline void begin(struct reader *reader)
{
    struct lab_config config = two_hosts();
    begin_with(&config, reader);
}

static inline void end(struct reader *reader)
{
    struct lab *lab = reader->lab;
    reader_drain(reader);
    assert_int_equal(reader_count(reader, RECORD_GAP), 0);
    assert_true(lab_alive(lab));
    reader_end(reader);
    assert_null(lab_stop(lab));
}

static inline pid_t start_on(struct reader *reader, int host, const char *name, const char *ip)
{
    const char *argv[] = {own_path, "program", name, ip, NULL};
    struct lab_program program = {.host = host, .lane = host == 0 ? "client" : "server", .argv = argv};
    struct err err = {{0}};
    pid_t pid = lab_spawn(reader->lab, &program, &err);
    if (pid < 0)
        fail_msg("%s", err.text);
    return pid;
}

/* First in every main(): becomes the program that the lab was asked for; a single argument names the tests to
 * run. */
static inline void session_main(int argc, char **argv)
{
    lab_program_main(argc, argv);
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    if (readlink("/proc/self/exe", own_path, sizeof own_path - 1) <= 0)
        exit(1);
}

#endif

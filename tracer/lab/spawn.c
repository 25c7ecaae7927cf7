#include "lab/spawn.h"
#include "lab/rest.h"
#include "base/array.h"
#include "base/xalloc.h"
#include "event/event.h"
#include "lab/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utlist.h>

#define LINE_MAX_BYTES 1024
#define READS_AT_ONCE  16 /* a program that prints without end must not stop the wire */

struct program {
    struct program *next, *prev;
    int host;
    char lane[NAME_MAX_BYTES];
    char name[48];
    pid_t inner, outer; /* as this pid namespace has it, and as the outer one */
    bool runs;
    struct output {
        int fd; /* -1: ended */
        uint32_t bytes;
        char line[LINE_MAX_BYTES];
    } outputs[2];
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static struct program *program_new(const struct spawn_request *spawn, pid_t inner, const int outputs[2])
{
    struct program *program = xcalloc(1, sizeof *program);
    program->host = spawn->host;
    snprintf(program->lane, sizeof program->lane, "%s", spawn->lane);
    snprintf(program->name, sizeof program->name, "%s", base_name(spawn->arguments[0]));
    program->inner = inner;
    program->runs = true;
    program->outputs[0].fd = outputs[0];
    program->outputs[1].fd = outputs[1];
    return program;
}

static void report_process(const struct programs *programs, const struct program *program,
                           const struct record_process *what)
{
    struct record_process record = *what;
    record.pid = program->outer;
    record.parent = outer_pid();
    record.host = (uint8_t)program->host;
    memcpy(record.lane, program->lane, sizeof record.lane);
    memcpy(record.program, program->name, sizeof record.program);
    report_record(programs->report, RECORD_PROCESS, &record, sizeof record, NULL, 0);
}

/* Hears what the child has to say until its exec(): 0, or -errno of the step that failed. */
static int hear(int fd, struct program *program, struct err *err)
{
    struct program_told told;
    for (;;) {
        ssize_t count = read(fd, &told, sizeof told);
        if (count < 0 && errno == EINTR)
            continue;
        if (count != sizeof told)
            break;
        if (told.error_number != 0)
            return told.step[0] == '\0'
                       ? err_set(err, told.error_number, "%s", strerror(told.error_number))
                       : err_set(err, told.error_number, "%.31s: %s", told.step, strerror(told.error_number));
        program->outer = told.pid;
    }
    return program->outer > 0 ? 0 : err_set(err, ECHILD, "it ended before it began");
}

static void close_pair(int pair[2])
{
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0)
            close(pair[i]);
        pair[i] = -1;
    }
}

struct pipes {
    int output[2], error[2], tell[2];
};

static int pipes_open(struct pipes *pipes)
{
    *pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    if (pipe2(pipes->output, O_CLOEXEC) == 0 && pipe2(pipes->error, O_CLOEXEC) == 0 &&
        pipe2(pipes->tell, O_CLOEXEC) == 0 && fcntl(pipes->output[0], F_SETFL, O_NONBLOCK) == 0 &&
        fcntl(pipes->error[0], F_SETFL, O_NONBLOCK) == 0)
        return 0;
    return -errno;
}

static void pipes_close(struct pipes *pipes)
{
    close_pair(pipes->output);
    close_pair(pipes->error);
    close_pair(pipes->tell);
}

static int close_end(int *fd)
{
    int was = *fd;
    close(was);
    *fd = -1;
    return was;
}

static pid_t begin(struct programs *programs, const struct spawn_request *spawn, int host_namespace,
                   struct pipes *pipes)
{
    struct program_plan plan = {.spawn = spawn,
                                .host_namespace = host_namespace,
                                .hello_fd = programs->hello_fd,
                                .settle_fd = programs->settle_fd,
                                .output_fd = pipes->output[1],
                                .error_fd = pipes->error[1],
                                .tell_fd = pipes->tell[1]};
    pid_t inner = fork();
    if (inner == 0)
        program_become(&plan);
    return inner >= 0 ? inner : -errno;
}

pid_t program_start(struct programs *programs, const struct spawn_request *spawn, int host_namespace,
                    struct err *err)
{
    struct pipes pipes;
    struct record_process start = {.time_ns = report_now_ns(), .what = PROCESS_START};
    int result = pipes_open(&pipes);
    pid_t inner = result == 0 ? begin(programs, spawn, host_namespace, &pipes) : result;
    if (inner < 0) {
        pipes_close(&pipes);
        return err_set(err, -inner, "cannot start a process: %s", strerror(-inner));
    }
    close_end(&pipes.output[1]);
    close_end(&pipes.error[1]);
    close_end(&pipes.tell[1]);
    struct program *program = program_new(spawn, inner, (int[2]){pipes.output[0], pipes.error[0]});
    result = hear(pipes.tell[0], program, err);
    if (result < 0) {
        pipes_close(&pipes);
        free(program);
        return result;
    }
    close_end(&pipes.tell[0]);
    DL_APPEND(programs->list, program);
    report_process(programs, program, &start);
    return program->outer;
}

int program_kill(struct programs *programs, pid_t pid, int signal)
{
    struct program *program;
    DL_FOREACH (programs->list, program) {
        if (program->runs && program->outer == pid)
            return kill(program->inner, signal) == 0 ? 0 : -errno;
    }
    return -ESRCH;
}

bool programs_at_rest(const struct programs *programs)
{
    const struct program *program;
    DL_FOREACH (programs->list, program) {
        if (program->runs && !process_at_rest(program->outer))
            return false;
    }
    return true;
}

int programs_poll_fds(const struct programs *programs, struct pollfd *fds, int room)
{
    int count = 0;
    struct program *program;
    DL_FOREACH (programs->list, program) {
        for (int i = 0; i < 2; i++) {
            if (program->outputs[i].fd >= 0 && count < room)
                fds[count++] = (struct pollfd){.fd = program->outputs[i].fd, .events = POLLIN};
        }
    }
    return count;
}

static void report_line(const struct programs *programs, const struct program *program, struct output *output)
{
    struct record_note note = {.time_ns = report_now_ns(),
                               .pid = program->outer,
                               .kept_bytes = output->bytes,
                               .event_kind = EVENT_OUTPUT,
                               .host = (uint8_t)program->host,
                               .stream = (uint8_t)(1 + (output - program->outputs))};
    memcpy(note.lane, program->lane, sizeof note.lane);
    report_record(programs->report, RECORD_NOTE, &note, sizeof note, output->line, output->bytes);
    output->bytes = 0;
}

static void take_output(const struct programs *programs, const struct program *program, struct output *output,
                        const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] == '\n' || output->bytes == LINE_MAX_BYTES)
            report_line(programs, program, output);
        if (bytes[i] != '\n')
            output->line[output->bytes++] = bytes[i];
    }
}

static void read_output(const struct programs *programs, struct program *program, struct output *output)
{
    char bytes[4096];
    ssize_t count = 1;
    for (int i = 0; i < READS_AT_ONCE && output->fd >= 0 && count > 0; i++) {
        count = read(output->fd, bytes, sizeof bytes);
        if (count > 0)
            take_output(programs, program, output, bytes, (size_t)count);
    }
    if (count == 0) {
        if (output->bytes != 0)
            report_line(programs, program, output);
        close_end(&output->fd);
    }
}

void programs_read(struct programs *programs)
{
    struct program *program, *next;
    DL_FOREACH_SAFE(programs->list, program, next)
    {
        read_output(programs, program, &program->outputs[0]);
        read_output(programs, program, &program->outputs[1]);
        if (!program->runs && program->outputs[0].fd < 0 && program->outputs[1].fd < 0) {
            DL_DELETE(programs->list, program);
            free(program);
        }
    }
}

static struct program *find_inner(const struct programs *programs, pid_t inner)
{
    struct program *program;
    DL_FOREACH (programs->list, program) {
        if (program->runs && program->inner == inner)
            return program;
    }
    return NULL;
}

void programs_reap(struct programs *programs, program_ended *ended, void *context)
{
    int status;
    pid_t inner;
    while ((inner = waitpid(-1, &status, WNOHANG)) > 0) {
        struct record_process end = {.what = PROCESS_EXIT, .exit_code = -1};
        struct program *program = find_inner(programs, inner);
        if (program == NULL)
            continue;
        if (WIFEXITED(status))
            end.exit_code = WEXITSTATUS(status);
        else
            end.signal = WTERMSIG(status);
        int host = program->host;
        program->runs = false;
        read_output(programs, program, &program->outputs[0]);
        read_output(programs, program, &program->outputs[1]);
        end.time_ns = report_now_ns(); /* behind its last words */
        report_process(programs, program, &end);
        if (ended != NULL)
            ended(context, host, end.time_ns);
    }
    programs_read(programs);
}

void programs_end(struct programs *programs)
{
    (void)kill(-1, SIGKILL);
    siginfo_t info;
    while (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0)
        programs_reap(programs, NULL, NULL);
    programs_read(programs);
}

#include "lab/program.h"
#include "event/record.h"
#include "lab/namespaces.h"
#include "lab/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAPABILITIES_MAX 64

pid_t outer_pid(void)
{
    char text[32];
    ssize_t count = readlink("/proc/self", text, sizeof text - 1);
    if (count <= 0)
        return 0;
    text[count] = '\0';
    return (pid_t)strtol(text, NULL, 10);
}

static _Noreturn void give_up(const struct program_plan *plan, const char *step)
{
    struct program_told told = {.error_number = errno};
    snprintf(told.step, sizeof told.step, "%s", step);
    (void)!write(plan->tell_fd, &told, sizeof told);
    _exit(127);
}

/* The user's own uid, and none of the powers that PID 1 has in these namespaces: not now and not by any
 * exec(). */
static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    int securebits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                     SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                     SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    if (prctl(PR_SET_SECUREBITS, securebits, 0, 0, 0) < 0 ||
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
        return -errno;
    for (int i = 0; i < CAPABILITIES_MAX; i++) {
        if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0 && errno != EINVAL)
            return -errno;
    }
    if (syscall(SYS_capset, &header, none) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    return 0;
}

static void default_signals(void)
{
    sigset_t none;
    for (int i = 1; i < NSIG; i++)
        (void)signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Nothing that sockstep's own caller left open reaches the program, save standard streams and what we hand
 * over. */
static int arrange_descriptors(const struct program_plan *plan)
{
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(plan->output_fd, STDOUT_FILENO) < 0 ||
        dup2(plan->error_fd, STDERR_FILENO) < 0)
        return -errno;
    if (syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) < 0) {
        for (int fd = 3; fd < 1024; fd++)
            (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    if (dup2(plan->hello_fd, PROGRAM_HELLO_FD) < 0 || dup2(plan->settle_fd, PROGRAM_SETTLE_FD) < 0)
        return -errno;
    return 0;
}

static void arrange_environment(const struct program_plan *plan)
{
    const struct spawn_request *spawn = plan->spawn;
    char text[64];
    for (int i = 0; spawn->environment[i] != NULL; i++)
        putenv(spawn->environment[i]);
    snprintf(text, sizeof text, "%d", PROGRAM_HELLO_FD);
    setenv(PROBE_FD_VARIABLE, text, 1);
    snprintf(text, sizeof text, "%d:%d", PROGRAM_SETTLE_FD, spawn->host);
    setenv(PROBE_SETTLE_VARIABLE, text, 1);
    setenv(PROBE_LANE_VARIABLE, spawn->lane, 1);
    if (spawn->gates_closed)
        setenv(PROBE_GATES_VARIABLE, "1", 1);
    else
        unsetenv(PROBE_GATES_VARIABLE);
    if (spawn->preload[0] != '\0')
        setenv("LD_PRELOAD", spawn->preload, 1);
}

_Noreturn void program_become(const struct program_plan *plan)
{
    struct program_told told = {.pid = outer_pid()};
    if (setsid() < 0)
        give_up(plan, "session");
    errno = -namespace_enter(plan->host_namespace);
    if (errno != 0)
        give_up(plan, "network namespace");
    if (arrange_descriptors(plan) < 0)
        give_up(plan, "standard streams");
    arrange_environment(plan);
    if (plan->spawn->directory[0] != '\0' && chdir(plan->spawn->directory) < 0)
        give_up(plan, "directory");
    errno = -drop_capabilities();
    if (errno != 0)
        give_up(plan, "giving up privileges");
    default_signals();
    if (write(plan->tell_fd, &told, sizeof told) != sizeof told)
        _exit(127);
    execvp(plan->spawn->arguments[0], plan->spawn->arguments);
    give_up(plan, "");
}

#include "lab/namespaces.h"
#include "lab/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OR_OPEN ", or open a recorded trace with `sockstep open FILE`"

/* Sysctls that forbid namespaces when they hold this value, and what they are in words. */
static const struct obstacle {
    const char *sysctl;
    long bad;
    const char *text, *good;
} obstacles[] = {
    {"user.max_user_namespaces", 0, "user namespaces are not allowed here", "10000"},
    {"user.max_net_namespaces", 0, "network namespaces are not allowed here", "10000"},
    {"user.max_pid_namespaces", 0, "pid namespaces are not allowed here", "10000"},
    {"kernel.unprivileged_userns_clone", 0, "user namespaces are only for root here", "1"},
    {"kernel.apparmor_restrict_unprivileged_userns", 1, "AppArmor restricts user namespaces here", "0"},
};

/* The Seccomp: line of /proc/self/status; 2 is a filter, as containers install one. */
static bool seccomp_filters_us(void)
{
    char line[128];
    bool found = false;
    FILE *status = fopen("/proc/self/status", "re");
    while (status != NULL && !found && fgets(line, sizeof line, status) != NULL)
        found = strncmp(line, "Seccomp:\t2", 10) == 0;
    if (status != NULL)
        fclose(status);
    return found;
}

static bool obstacle_found(struct err *err)
{
    for (size_t i = 0; i < sizeof obstacles / sizeof obstacles[0]; i++) {
        const struct obstacle *o = &obstacles[i];
        char value[32];
        if (sysctl_get(o->sysctl, value, sizeof value) < 0 || strtol(value, NULL, 10) != o->bad)
            continue;
        err_set(err, EPERM, "%s (sysctl %s is %ld): run `sudo sysctl -w %s=%s`" OR_OPEN, o->text, o->sysctl,
                o->bad, o->sysctl, o->good);
        return true;
    }
    return false;
}

int namespaces_refused(int error_number, const char *what, struct err *err)
{
    if ((error_number == EPERM || error_number == EACCES || error_number == ENOSPC ||
         error_number == EUSERS) &&
        obstacle_found(err))
        return -error_number;
    if (error_number == ENOSPC || error_number == EUSERS)
        return err_set(
            err, error_number,
            "no more namespaces are allowed here: run `sudo sysctl -w user.max_user_namespaces=10000 "
            "user.max_net_namespaces=10000 user.max_pid_namespaces=10000`" OR_OPEN);
    if (error_number == EINVAL || error_number == ENOSYS)
        return err_set(err, ENOSYS, "this kernel is built without user, pid or network namespaces" OR_OPEN);
    if (error_number == EPERM && seccomp_filters_us())
        return err_set(err, error_number,
                       "this container forbids namespaces: start it with `docker run --security-opt "
                       "seccomp=unconfined`" OR_OPEN);
    return err_set(err, error_number, "%s: %s: run it as another user or with `sudo`" OR_OPEN, what,
                   strerror(error_number));
}

static pid_t raw_clone(unsigned long flags)
{
#if defined(__s390__) || defined(__CRIS__)
    return (pid_t)syscall(SYS_clone, NULL, flags | SIGCHLD, NULL, NULL, NULL);
#else
    return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
#endif
}

pid_t namespaces_fork(struct lab_identity *ret_identity, struct err *err)
{
    *ret_identity = (struct lab_identity){.uid = geteuid(), .gid = getegid(), .own_user_namespace = true};
    pid_t pid = raw_clone(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET);
    int error_number = errno;
    if (pid < 0 && ret_identity->uid == 0) {
        ret_identity->own_user_namespace = false;
        pid = raw_clone(CLONE_NEWPID | CLONE_NEWNET);
    }
    return pid >= 0 ? pid : namespaces_refused(error_number, "cannot make namespaces", err);
}

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t written = write(fd, text, strlen(text));
    int result = written < 0 ? -errno : 0;
    close(fd);
    return result;
}

int namespaces_map_user(const struct lab_identity *identity, struct err *err)
{
    if (!identity->own_user_namespace)
        return 0;
    char uids[64], gids[64];
    snprintf(uids, sizeof uids, "%u %u 1", identity->uid, identity->uid);
    snprintf(gids, sizeof gids, "%u %u 1", identity->gid, identity->gid);
    int result = write_file("/proc/self/setgroups", "deny");
    if (result == -ENOENT)
        result = 0;
    if (result == 0)
        result = write_file("/proc/self/uid_map", uids);
    if (result == 0)
        result = write_file("/proc/self/gid_map", gids);
    return result == 0 ? 0 : namespaces_refused(-result, "cannot map the user into a user namespace", err);
}

int namespace_here(void)
{
    int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

int namespace_enter(int fd)
{
    return setns(fd, CLONE_NEWNET) == 0 ? 0 : -errno;
}

int namespace_make(int back_to, struct err *err)
{
    if (unshare(CLONE_NEWNET) < 0)
        return namespaces_refused(errno, "cannot make a network namespace", err);
    int fd = namespace_here();
    int result = namespace_enter(back_to);
    if (fd < 0 || result < 0) {
        int error_number = fd < 0 ? -fd : -result;
        if (fd >= 0)
            close(fd);
        return namespaces_refused(error_number, "cannot enter a network namespace", err);
    }
    return fd;
}

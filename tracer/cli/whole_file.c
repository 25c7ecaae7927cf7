#include "cli/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

static const int endings[] = {SIGINT, SIGTERM, SIGHUP};

#define ENDING_COUNT (sizeof endings / sizeof *endings)

static const char *volatile half_file; /* what a signal must take away */

static void on_ending(int number)
{
    static const char message[] = "sockstep: interrupted; nothing was written\n";
    const char *path = half_file;
    if (path != NULL && unlink(path) == 0 && write(STDERR_FILENO, message, sizeof message - 1) < 0)
        _exit(128 + number);
    signal(number, SIG_DFL);
    raise(number);
}

/* What is ignored (nohup) stays so. That a file grows too long or a reader is gone is an error of write(),
 * see main(). */
static void guard(struct sigaction *old)
{
    struct sigaction action = {.sa_handler = on_ending};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ENDING_COUNT; i++)
        if (sigaction(endings[i], NULL, &old[i]) == 0 && old[i].sa_handler == SIG_DFL)
            sigaction(endings[i], &action, NULL);
}

static void unguard(const struct sigaction *old)
{
    for (size_t i = 0; i < ENDING_COUNT; i++)
        sigaction(endings[i], &old[i], NULL);
}

static int write_all(int fd, const struct buf *text)
{
    const char *bytes = buf_text(text);
    size_t done = 0;
    while (done < text->length) {
        ssize_t count = write(fd, bytes + done, text->length - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return count < 0 ? -errno : -EIO;
        done += (size_t)count;
    }
    return 0;
}

static bool is_special(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

/* The name to write to: what a link points to is replaced, not the link. */
static void resolve(const char *path, struct buf *out)
{
    char *real = realpath(path, NULL);
    buf_puts(out, real != NULL ? real : path);
    free(real);
}

int whole_file_check(const char *path, bool force, struct err *err)
{
    struct stat status;
    if (strcmp(path, "-") == 0)
        return 0;
    if (stat(path, &status) != 0)
        return 0;
    if (S_ISDIR(status.st_mode))
        return err_set(err, EISDIR, "%s: is a folder", path);
    if (S_ISREG(status.st_mode) && !force)
        return err_set(err, EEXIST, "%s is there already; --force overwrites it", path);
    return 0;
}

static int write_special(const char *path, const struct buf *text)
{
    bool is_stdout = strcmp(path, "-") == 0;
    int fd = is_stdout ? STDOUT_FILENO : open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int result = write_all(fd, text);
    if (!is_stdout && close(fd) != 0 && result == 0)
        result = -errno;
    return result;
}

/* Without --force the last step is a link, which never replaces what came in between; where links are not to
 * be had, a rename. */
static int put_in_place(const char *part, const char *path, bool force)
{
    if (!force && link(part, path) == 0)
        return unlink(part) == 0 ? 0 : -errno;
    if (!force && errno == EEXIST)
        return -EEXIST;
    return rename(part, path) == 0 ? 0 : -errno;
}

static int write_part(const char *path, const struct buf *text, bool force)
{
    struct buf part = {0};
    buf_printf(&part, "%s.XXXXXX", path);
    int fd = mkostemp(part.text, O_CLOEXEC);
    if (fd < 0) {
        int failed = -errno;
        buf_release(&part);
        return failed;
    }
    half_file = part.text;
    mode_t mask = umask(0);
    umask(mask);
    int result = write_all(fd, text);
    if (fchmod(fd, 0666 & ~mask) != 0 && result == 0)
        result = -errno;
    if (close(fd) != 0 && result == 0)
        result = -errno;
    if (result == 0)
        result = put_in_place(part.text, path, force);
    if (result != 0)
        unlink(part.text);
    half_file = NULL;
    buf_release(&part);
    return result;
}

int whole_file_write(const char *path, const struct buf *text, bool force, struct err *err)
{
    struct sigaction old[ENDING_COUNT];
    struct buf real = {0};
    int result = whole_file_check(path, force, err);
    if (result < 0)
        return result;
    resolve(path, &real);
    guard(old);
    bool direct = strcmp(path, "-") == 0 || is_special(buf_text(&real));
    result = direct ? write_special(path, text) : write_part(buf_text(&real), text, force);
    unguard(old);
    buf_release(&real);
    const char *name = strcmp(path, "-") == 0 ? "standard output" : path;
    return result < 0 ? err_set(err, -result, "%s: %s; nothing was written", name, strerror(-result)) : 0;
}

#include "tests/support/golden.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "tests/support/cmocka_all.h"

static bool read_file(const char *path, struct buf *ret_text)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    char piece[4096];
    size_t count;
    while ((count = fread(piece, 1, sizeof piece, file)) > 0)
        buf_add(ret_text, piece, count);
    fclose(file);
    return true;
}

static void make_folders(const char *path)
{
    struct buf folder = {0};
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        buf_clear(&folder);
        buf_add(&folder, path, (size_t)(slash - path));
        if (mkdir(buf_text(&folder), 0777) != 0 && errno != EEXIST)
            fail_msg("%s: %s", buf_text(&folder), strerror(errno));
    }
    buf_release(&folder);
}

static void write_file(const char *path, const char *text)
{
    make_folders(path);
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(text, file) == EOF || fclose(file) != 0)
        fail_msg("%s: %s", path, strerror(errno));
    printf("golden: wrote %s\n", path);
}

static void print_difference(const char *path, const char *text)
{
    struct buf command = {0};
    buf_printf(&command, "diff -u --label expected --label seen '%s' - >&2", path);
    fflush(NULL);
    FILE *diff = popen(buf_text(&command), "w");
    buf_release(&command);
    if (diff == NULL)
        return;
    fputs(text, diff);
    pclose(diff);
}

void assert_golden(const char *path, const char *text)
{
    struct buf full = {0}, expected = {0};
    buf_printf(&full, "tests/golden/%s", path);
    const char *update = getenv("SOCKSTEP_GOLDEN");
    bool same = read_file(buf_text(&full), &expected) && strcmp(buf_text(&expected), text) == 0;
    if (!same && update != NULL && strcmp(update, "update") == 0) {
        write_file(buf_text(&full), text);
        same = true;
    } else if (!same) {
        print_difference(buf_text(&full), text);
    }
    buf_release(&full);
    buf_release(&expected);
    if (!same)
        fail_msg("%s differs; SOCKSTEP_GOLDEN=update writes it anew", path);
}

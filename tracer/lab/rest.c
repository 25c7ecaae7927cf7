#include "lab/rest.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GENERATIONS_MAX 4

/* The start of a small file of /proc, NUL-terminated; "" when there is none. */
static void read_proc(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t count = fd >= 0 ? read(fd, text, size - 1) : 0;
    if (fd >= 0)
        close(fd);
    text[count > 0 ? count : 0] = '\0';
}

/* The letter behind "pid (name) "; the name may hold anything, so its end is the last parenthesis. */
static bool thread_rests(const char *folder)
{
    char path[96], text[512];
    snprintf(path, sizeof path, "%s/stat", folder);
    read_proc(path, text, sizeof text);
    const char *end = strrchr(text, ')');
    char state = end != NULL && end[1] == ' ' ? end[2] : 'S';
    return state != 'R' && state != 'Z';
}

static bool rests(pid_t pid, int generations);

static bool children_rest(const char *folder, int generations)
{
    char path[96], text[1024];
    snprintf(path, sizeof path, "%s/children", folder);
    read_proc(path, text, sizeof text);
    char *at = text, *end;
    for (long pid = strtol(at, &end, 10); end != at; pid = strtol(at, &end, 10)) {
        if (!rests((pid_t)pid, generations))
            return false;
        at = end;
    }
    return true;
}

static bool rests(pid_t pid, int generations)
{
    char folder[64], thread_folder[80];
    bool rest = true;
    if (generations == 0)
        return true;
    snprintf(folder, sizeof folder, "/proc/%d/task", (int)pid);
    DIR *threads = opendir(folder);
    for (struct dirent *each; rest && threads != NULL && (each = readdir(threads)) != NULL;) {
        if (each->d_name[0] == '.')
            continue;
        snprintf(thread_folder, sizeof thread_folder, "%s/%.12s", folder, each->d_name);
        rest = thread_rests(thread_folder) && children_rest(thread_folder, generations - 1);
    }
    if (threads != NULL)
        closedir(threads);
    return rest;
}

bool process_at_rest(pid_t pid)
{
    return rests(pid, GENERATIONS_MAX);
}

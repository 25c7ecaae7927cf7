#include "scenario/scenario.h"

#include "base/buf.h"
#include "base/xalloc.h"
#include "scenario/expect_pattern.h"
#include "scenario/load_near.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef SOCKSTEP_DATADIR
#define SOCKSTEP_DATADIR "/usr/local/share/sockstep/scenarios"
#endif

#define SUFFIX     ".yaml"
#define BUILD_DEEP 2 /* build/sockstep, build/asan/sockstep */

typedef ARRAY(char *) text_list;

int scenario_host_index(const struct scenario *scenario, const char *name)
{
    for (int i = 0; i < scenario->network.host_count; i++)
        if (strcmp(scenario->network.hosts[i], name) == 0)
            return i;
    return -1;
}

int scenario_lane_index(const struct scenario *scenario, const char *name)
{
    for (int i = 0; i < scenario->lane_count; i++)
        if (strcmp(scenario->lanes[i].name, name) == 0)
            return i;
    return -1;
}

int scenario_start(const struct scenario *scenario, int lane, int *ret_lane, enum call *ret_call)
{
    struct pattern pattern;
    const char *after = scenario->lanes[lane].after;
    if (after == NULL || pattern_parse_event(after, &pattern, NULL) < 0)
        return 0;
    int other = scenario_lane_index(scenario, pattern.lane);
    if (other < 0)
        return 0;
    *ret_lane = other;
    *ret_call = pattern.call;
    return 1;
}

/* What {NAME} stands for; NULL: nothing. */
static const char *placeholder(const struct scenario *scenario, const char *name,
                               const char *const *addresses)
{
    int host = scenario_host_index(scenario, name);
    if (host >= 0)
        return addresses[host];
    if (strcmp(name, "family") == 0)
        return strchr(addresses[0], ':') != NULL ? "6" : "4";
    return NULL;
}

char *scenario_argument(const struct scenario *scenario, const char *argument, const char *const *addresses)
{
    struct buf text = {0};
    char name[NAME_MAX_BYTES];
    while (*argument != '\0') {
        size_t length = strcspn(argument + 1, "}");
        const char *value = NULL;
        if (*argument == '{' && length < sizeof name && argument[1 + length] == '}') {
            snprintf(name, sizeof name, "%.*s", (int)length, argument + 1);
            value = placeholder(scenario, name, addresses);
        }
        if (value != NULL)
            buf_puts(&text, value);
        else
            buf_putc(&text, *argument);
        argument += value != NULL ? length + 2 : 1;
    }
    return buf_detach(&text);
}

static void add_folder(text_list *folders, const char *path, size_t length)
{
    char *folder = xmalloc(length + 1);
    memcpy(folder, path, length);
    folder[length] = '\0';
    *array_push(folders) = folder;
}

/* demo/scenarios beside the folder that the command was built in; share beside the bin that it is installed
 * in. */
static void add_own_folders(text_list *folders)
{
    char command[SCENARIO_PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", command, sizeof command - 1);
    if (length <= 0)
        return;
    command[length] = '\0';
    char *slash = strrchr(command, '/');
    for (int up = 0; slash != NULL && up < BUILD_DEEP; up++) {
        *slash = '\0';
        slash = strrchr(command, '/');
        struct buf folder = {0}, installed = {0};
        int length_above = slash != NULL ? (int)(slash - command) : 0;
        buf_printf(&folder, "%.*s/demo/scenarios", length_above, command);
        *array_push(folders) = buf_detach(&folder);
        buf_printf(&installed, "%.*s/share/sockstep/scenarios", length_above, command);
        *array_push(folders) = buf_detach(&installed);
    }
}

static text_list folders_to_search(void)
{
    text_list folders = {0};
    const char *chosen = getenv("SOCKSTEP_SCENARIOS");
    while (chosen != NULL && *chosen != '\0') {
        size_t length = strcspn(chosen, ":");
        if (length > 0)
            add_folder(&folders, chosen, length);
        chosen += length + (chosen[length] == ':');
    }
    add_own_folders(&folders);
    add_folder(&folders, SOCKSTEP_DATADIR, strlen(SOCKSTEP_DATADIR));
    return folders;
}

static void text_list_release(text_list *list)
{
    array_each (char *, text, list)
        free(*text);
    array_release(list);
}

/* The length of the scenario's name in a file name, 0 when it is not a scenario file. */
static size_t name_length(const char *file)
{
    size_t length = strlen(file), suffix = strlen(SUFFIX);
    if (length <= suffix || file[0] == '.' || strcmp(file + length - suffix, SUFFIX) != 0)
        return 0;
    return length - suffix;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static void add_files(text_list *paths, const char *folder)
{
    DIR *directory = opendir(folder);
    const struct dirent *entry = NULL;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        bool known = name_length(entry->d_name) == 0;
        array_each (char *, path, paths)
            known |= strcmp(base_name(*path), entry->d_name) == 0;
        if (known)
            continue;
        struct buf path = {0};
        buf_printf(&path, "%s/%s", folder, entry->d_name);
        *array_push(paths) = buf_detach(&path);
    }
    if (directory != NULL)
        closedir(directory);
}

static text_list all_files(void)
{
    text_list folders = folders_to_search(), paths = {0};
    array_each (char *, folder, &folders)
        add_files(&paths, *folder);
    text_list_release(&folders);
    return paths;
}

static int copy_path(const char *path, char *ret_path, size_t size, struct err *err)
{
    if (strlen(path) >= size)
        return err_set(err, ENAMETOOLONG, "the path of '%s' is too long", base_name(path));
    memcpy(ret_path, path, strlen(path) + 1);
    return 0;
}

static int find_file(const char *path, char *ret_path, size_t size, struct err *err)
{
    if (access(path, R_OK) != 0)
        return err_set(err, errno, "%s: %s", path, strerror(errno));
    return copy_path(path, ret_path, size, err);
}

static int not_found(const char *name, const text_list *paths, struct err *err)
{
    char hint[NEAR_HINT_MAX];
    text_list names = {0};
    array_each (char *, path, paths)
        add_folder(&names, base_name(*path), name_length(base_name(*path)));
    struct near near = near_to(name);
    array_each (char *, candidate, &names)
        near_offer(&near, *candidate);
    if (near.best != NULL)
        err_set(err, ENOENT, "no scenario is called '%.60s'%s", name, near_hint(&near, hint));
    else
        err_set(err, ENOENT, "no scenario is called '%.60s'; `sockstep scenarios` lists them", name);
    text_list_release(&names);
    return -ENOENT;
}

int scenario_find(const char *name_or_path, char *ret_path, size_t size, struct err *err)
{
    if (strchr(name_or_path, '/') != NULL || name_length(name_or_path) > 0)
        return find_file(name_or_path, ret_path, size, err);
    text_list paths = all_files();
    const char *found = NULL;
    array_each (char *, path, &paths)
        if (found == NULL && strlen(name_or_path) == name_length(base_name(*path)) &&
            strncmp(name_or_path, base_name(*path), strlen(name_or_path)) == 0)
            found = *path;
    int r = found != NULL ? copy_path(found, ret_path, size, err) : not_found(name_or_path, &paths, err);
    text_list_release(&paths);
    return r;
}

/* Files that are wrong come last. */
static int compare_entries(const void *left, const void *right)
{
    const struct scenario_entry *a = left, *b = right;
    int x = a->scenario != NULL ? a->scenario->number : INT32_MAX;
    int y = b->scenario != NULL ? b->scenario->number : INT32_MAX;
    return x != y ? (x > y) - (x < y) : strcmp(base_name(a->path), base_name(b->path));
}

void scenario_list_all(scenario_list *ret_list)
{
    text_list paths = all_files();
    array_each (char *, path, &paths) {
        struct scenario_entry *entry = array_push(ret_list);
        *entry = (struct scenario_entry){.path = *path};
        scenario_load(*path, &entry->scenario, &entry->problem);
    }
    array_release(&paths);
    if (ret_list->count > 0)
        qsort(ret_list->items, ret_list->count, sizeof *ret_list->items, compare_entries);
}

void scenario_list_release(scenario_list *list)
{
    array_each (struct scenario_entry, entry, list) {
        free(entry->path);
        scenario_free(entry->scenario);
    }
    array_release(list);
}

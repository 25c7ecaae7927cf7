#include "scenario/places.h"
#include "scenario/scenario.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The folder of the running command, without a slash at the end; "" when the kernel does not tell. */
static void own_folder(char *result, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", result, size - 1);
    result[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(result, '/');
    if (slash != NULL)
        *slash = '\0';
}

static bool is_there(char *result, size_t size, const char *folder, const char *below, const char *name)
{
    int length = snprintf(result, size, "%s%s/%s", folder, below, name);
    return length > 0 && (size_t)length < size && access(result, R_OK) == 0;
}

/* In the build folder; in the lib beside the bin that the command is installed in; where it was built to be.
 */
static int find_beside(const char *beside, const char *installed, const char *name, char *result, size_t size)
{
    char folder[2048], library[2048 + 4];
    own_folder(folder, sizeof folder);
    char *slash = strrchr(folder, '/');
    snprintf(library, sizeof library, "%.*s/lib", slash != NULL ? (int)(slash - folder) : 0, folder);
    bool found = is_there(result, size, folder, beside, name) ||
                 is_there(result, size, library, installed, name) ||
                 is_there(result, size, SOCKSTEP_LIBDIR, installed, name);
    return found ? 0 : -ENOENT;
}

const char *places_program(const char *word, char *result, size_t size)
{
    if (strchr(word, '/') != NULL || find_beside("/demo", "/sockstep/demo", word, result, size) < 0)
        snprintf(result, size, "%s", word);
    return result;
}

int places_source(const char *name, char *result, size_t size)
{
    char folder[2048], above[2048];
    own_folder(folder, sizeof folder);
    snprintf(above, sizeof above, "%.2040s/..", folder);
    const char *slash = strrchr(name, '/');
    bool found = is_there(result, size, ".", "", name) || is_there(result, size, above, "", name) ||
                 is_there(result, size, above, "/..", name) ||
                 is_there(result, size, above, "/share/sockstep/demo", slash != NULL ? slash + 1 : name) ||
                 is_there(result, size, SOCKSTEP_DATADIR "/../demo", "", slash != NULL ? slash + 1 : name);
    return found ? 0 : -ENOENT;
}

int places_preload(char *result, size_t size)
{
    return find_beside("", "/sockstep", "libsockprobe.so", result, size);
}

/*
 * What turns a fuzz harness into an ordinary test. A harness is one file that includes this header and
 * defines LLVMFuzzerTestOneInput(). Compiled with -DSOCKSTEP_LIBFUZZER it is driven by libFuzzer; otherwise
 * by main() here:
 *
 *     NAME_fuzz [-n MUTATIONS] [-s SEED] [FILE or FOLDER ...]
 *
 * runs every file (default: tests/fuzz/corpus/NAME), then MUTATIONS (or FUZZ_MUTATIONS; default 2000) damaged
 * copies of each: bits and bytes changed, cut short, pieces doubled, spliced with other files. The same seed
 * (or FUZZ_SEED) gives the same copies. Inputs end at an unreadable page. What kills the harness is named,
 * and kept as PROGRAM.crash, which the program takes as an argument.
 */
#ifndef SOCKSTEP_TESTS_FUZZ_MAIN_H
#define SOCKSTEP_TESTS_FUZZ_MAIN_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

#ifndef SOCKSTEP_LIBFUZZER

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/xalloc.h"

#define FUZZ_INPUT_MAX   ((size_t)1 << 20)
#define FUZZ_FILE_MAX    ((size_t)64 << 20)
#define FUZZ_SECONDS_MAX 20

__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

struct fuzz_file {
    char *path;
    uint8_t *bytes;
    size_t count;
};

static ARRAY(struct fuzz_file) fuzz_files;
static uint64_t fuzz_state;

/* What runs now, for fuzz_died(). */
static struct {
    char crash_path[512], name[512];
    const uint8_t *bytes;
    size_t count;
    unsigned long mutation;
    unsigned long long seed;
} fuzz_now;

static void fuzz_died(void)
{
    fprintf(stderr, "fuzz: died in %s, mutation %lu of seed %llu, %zu bytes, kept as %s\n", fuzz_now.name,
            fuzz_now.mutation, fuzz_now.seed, fuzz_now.count, fuzz_now.crash_path);
    int fd = open(fuzz_now.crash_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, fuzz_now.bytes, fuzz_now.count) < 0)
        perror(fuzz_now.crash_path);
}

static void fuzz_signal(int number)
{
    signal(number, SIG_DFL);
    fuzz_died();
    raise(number);
}

static void fuzz_watch(void)
{
    if (__sanitizer_set_death_callback != NULL) {
        __sanitizer_set_death_callback(fuzz_died);
    } else {
        signal(SIGSEGV, fuzz_signal);
        signal(SIGBUS, fuzz_signal);
        signal(SIGFPE, fuzz_signal);
    }
    signal(SIGABRT, fuzz_signal);
    signal(SIGALRM, fuzz_signal);
}

/* xorshift64*: the same numbers on every machine. */
static uint64_t fuzz_random(uint64_t below)
{
    fuzz_state ^= fuzz_state >> 12;
    fuzz_state ^= fuzz_state << 25;
    fuzz_state ^= fuzz_state >> 27;
    return below == 0 ? 0 : (fuzz_state * 2685821657736338717ULL >> 16) % below;
}

/* Runs the harness with the bytes flush against a page that nobody may read. */
static void fuzz_run(const uint8_t *bytes, size_t count)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (count + page - 1) / page * page + page;
    uint8_t *map = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || mprotect(map + room - page, page, PROT_NONE) != 0) {
        perror("mmap");
        exit(2);
    }
    uint8_t *flush = map + room - page - count;
    if (count != 0)
        memcpy(flush, bytes, count);
    fuzz_now.bytes = bytes;
    fuzz_now.count = count;
    alarm(FUZZ_SECONDS_MAX);
    LLVMFuzzerTestOneInput(flush, count);
    alarm(0);
    munmap(map, room);
}

static void fuzz_change_bytes(uint8_t *bytes, size_t count)
{
    static const uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    for (uint64_t n = 1 + fuzz_random(4); n > 0 && count > 0; n--) {
        size_t at = fuzz_random(count);
        switch (fuzz_random(4)) {
        case 0: bytes[at] ^= (uint8_t)(1u << fuzz_random(8)); break;
        case 1: bytes[at] = edges[fuzz_random(sizeof edges)]; break;
        case 2: bytes[at] = (uint8_t)fuzz_random(256); break;
        default: memset(bytes + at, edges[fuzz_random(sizeof edges)], count - at < 4 ? count - at : 4); break;
        }
    }
}

/* A piece of `from` over or into the bytes at a random place. */
static size_t fuzz_splice(uint8_t *bytes, size_t count, const struct fuzz_file *from)
{
    size_t start = fuzz_random(from->count + 1), length = fuzz_random(from->count - start + 1);
    size_t at = fuzz_random(count + 1);
    if (fuzz_random(2) == 0) {
        length = length < count - at ? length : count - at;
        if (length != 0)
            memcpy(bytes + at, from->bytes + start, length);
        return count;
    }
    length = length < FUZZ_INPUT_MAX - count ? length : FUZZ_INPUT_MAX - count;
    if (length == 0)
        return count;
    memmove(bytes + at + length, bytes + at, count - at);
    memcpy(bytes + at, from->bytes + start, length);
    return count + length;
}

static size_t fuzz_remove(uint8_t *bytes, size_t count)
{
    size_t at = fuzz_random(count + 1), length = fuzz_random(count - at + 1);
    if (count - at - length != 0)
        memmove(bytes + at, bytes + at + length, count - at - length);
    return count - length;
}

static size_t fuzz_mutate(uint8_t *bytes, size_t count, const struct fuzz_file *self)
{
    switch (fuzz_random(6)) {
    case 0: return fuzz_random(count + 1);
    case 1: return fuzz_splice(bytes, count, self);
    case 2: return fuzz_splice(bytes, count, &fuzz_files.items[fuzz_random(fuzz_files.count)]);
    case 3: return fuzz_remove(bytes, count);
    default: fuzz_change_bytes(bytes, count); return count;
    }
}

static void fuzz_file_runs(const struct fuzz_file *file, unsigned long mutations, unsigned long long seed)
{
    snprintf(fuzz_now.name, sizeof fuzz_now.name, "%s", file->path);
    fuzz_now.mutation = 0;
    fuzz_run(file->bytes, file->count);
    if (file->count > FUZZ_INPUT_MAX)
        return;
    uint8_t *bytes = xmalloc(FUZZ_INPUT_MAX);
    for (unsigned long n = 1; n <= mutations; n++) {
        fuzz_state = (seed + 1) * 0x9e3779b97f4a7c15ULL ^ n * 0xbf58476d1ce4e5b9ULL;
        fuzz_state += fuzz_state == 0;
        size_t count = file->count;
        if (count != 0)
            memcpy(bytes, file->bytes, count);
        for (uint64_t times = 1 + fuzz_random(3); times > 0; times--)
            count = fuzz_mutate(bytes, count, file);
        fuzz_now.mutation = n;
        fuzz_run(bytes, count);
    }
    free(bytes);
}

static void fuzz_load_file(const char *path)
{
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        perror(path);
        exit(2);
    }
    struct fuzz_file file = {.path = xstrdup(path)};
    size_t room = 0, got;
    do {
        file.bytes = array_room(file.bytes, &room, file.count + 65536, 1);
        got = fread(file.bytes + file.count, 1, room - file.count, stream);
        file.count += got;
    } while (got != 0 && file.count < FUZZ_FILE_MAX);
    fclose(stream);
    *array_push(&fuzz_files) = file;
}

static int fuzz_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void fuzz_load(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, fuzz_visible, alphasort);
    if (count < 0) {
        fuzz_load_file(path);
        return;
    }
    for (int i = 0; i < count; i++) {
        char child[4096];
        snprintf(child, sizeof child, "%s/%s", path, entries[i]->d_name);
        fuzz_load(child);
        free(entries[i]);
    }
    free(entries);
}

static unsigned long long fuzz_setting(const char *name, unsigned long long otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 0) : otherwise;
}

/* build/tests/fuzz/packet_fuzz -> tests/fuzz/corpus/packet */
static void fuzz_load_default(const char *program)
{
    const char *slash = strrchr(program, '/');
    const char *name = slash != NULL ? slash + 1 : program;
    const char *end = strstr(name, "_fuzz");
    char path[512];
    snprintf(path, sizeof path, "tests/fuzz/corpus/%.*s",
             (int)(end != NULL ? end - name : (long)strlen(name)), name);
    fuzz_load(path);
}

int main(int argc, char **argv)
{
    unsigned long mutations = (unsigned long)fuzz_setting("FUZZ_MUTATIONS", 2000);
    unsigned long long seed = fuzz_setting("FUZZ_SEED", 1);
    for (int option; (option = getopt(argc, argv, "n:s:")) != -1;) {
        if (option == 'n')
            mutations = strtoul(optarg, NULL, 0);
        else if (option == 's')
            seed = strtoull(optarg, NULL, 0);
        else
            return 2;
    }
    for (int i = optind; i < argc; i++)
        fuzz_load(argv[i]);
    if (optind == argc)
        fuzz_load_default(argv[0]);
    snprintf(fuzz_now.crash_path, sizeof fuzz_now.crash_path, "%s.crash", argv[0]);
    fuzz_now.seed = seed;
    fuzz_watch();
    array_each (const struct fuzz_file, file, &fuzz_files)
        fuzz_file_runs(file, mutations, seed);
    printf("%s: %zu inputs, %lu mutations each, seed %llu\n", argv[0], fuzz_files.count, mutations, seed);
    int failed = fuzz_files.count == 0;
    array_each (struct fuzz_file, file, &fuzz_files) {
        free(file->path);
        free(file->bytes);
    }
    array_release(&fuzz_files);
    return failed;
}

#endif
#endif

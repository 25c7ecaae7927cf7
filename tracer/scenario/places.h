/*
 * Where the files of sockstep lie: beside the command in its build folder, else where `make install` puts
 * them (SOCKSTEP_LIBDIR, SOCKSTEP_DATADIR, set when building).
 */
#ifndef SOCKSTEP_SCENARIO_PLACES_H
#define SOCKSTEP_SCENARIO_PLACES_H

#include <stddef.h>

#ifndef SOCKSTEP_LIBDIR
#define SOCKSTEP_LIBDIR "/usr/local/lib"
#endif

/* The program for a lane: a word with '/' as it is; else a teaching program of that name; else the word
 * itself, to be looked up in PATH. Returns result. */
const char *places_program(const char *word, char *result, size_t size);

/* The source file of a lane, as the scenario names it: from where we are, from above the build folder, or
 * among the installed ones by its last part. 0, or -ENOENT. */
int places_source(const char *name, char *result, size_t size);

/* libsockprobe.so, for programs that are not linked with the probe. 0, or -ENOENT. */
int places_preload(char *result, size_t size);

#endif

/*
 * Writing a file whole or not at all: under another name first, renamed when all is on the disk. A signal
 * that ends the program takes the half file with it.
 */
#ifndef SOCKSTEP_CLI_WHOLE_FILE_H
#define SOCKSTEP_CLI_WHOLE_FILE_H

#include <stdbool.h>

#include "base/err.h"

struct buf;

/* Writes `text` to `path`; "-" is standard output. An existing file is kept (-EEXIST) unless `force`. Devices
 * and pipes are written directly. Returns 0, or -errno with a line in err and nothing left behind. */
int whole_file_write(const char *path, const struct buf *text, bool force, struct err *err);

/* Asks first, before the work: 0, or -errno with a line in err when `path` could not be written as things
 * stand. */
int whole_file_check(const char *path, bool force, struct err *err);

#endif

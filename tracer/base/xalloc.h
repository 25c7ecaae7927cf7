/*
 * Memory that is always there. Running out of memory ends the program with one
 * clear line: nothing in sockstep could go on usefully. The probe does not use
 * this file (it lives in somebody else's program and must never end it).
 */
#ifndef SOCKSTEP_BASE_XALLOC_H
#define SOCKSTEP_BASE_XALLOC_H

#include <stddef.h>

/* Each returns memory that the caller frees with free(); none returns NULL. */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
void *xmemdup(const void *bytes, size_t size); /* NULL for size 0 */

#endif

#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory)
{
    if (memory == NULL) {
        fputs("sockstep: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *xmalloc(size_t size)
{
    return checked(malloc(size != 0 ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
    return checked(calloc(count != 0 ? count : 1, size != 0 ? size : 1));
}

void *xrealloc(void *old, size_t size)
{
    return checked(realloc(old, size != 0 ? size : 1));
}

char *xstrdup(const char *text)
{
    return checked(strdup(text));
}

void *xmemdup(const void *bytes, size_t size)
{
    if (size == 0)
        return NULL;
    return memcpy(xmalloc(size), bytes, size);
}

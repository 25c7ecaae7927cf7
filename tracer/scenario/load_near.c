#include "scenario/load_near.h"

#include <stdio.h>
#include <string.h>

#define LENGTH_MAX 40 /* longer names are not compared */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein: single letters put in, left out or exchanged. */
static size_t distance(const char *a, const char *b)
{
    size_t length = strlen(b), row[LENGTH_MAX + 1];
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < length; j++) {
            size_t exchanged = corner + (a[i] != b[j]);
            corner = row[j + 1];
            row[j + 1] = least(exchanged, least(row[j], corner) + 1);
        }
    }
    return row[length];
}

struct near near_to(const char *wanted)
{
    return (struct near){.wanted = wanted, .distance = 1 + strlen(wanted) / 3};
}

void near_offer(struct near *near, const char *name)
{
    if (strlen(name) > LENGTH_MAX || strlen(near->wanted) > LENGTH_MAX)
        return;
    size_t found = distance(near->wanted, name);
    if (found < near->distance || (near->best == NULL && found == near->distance)) {
        near->distance = found;
        near->best = name;
    }
}

const char *near_hint(const struct near *near, char hint[NEAR_HINT_MAX])
{
    hint[0] = '\0';
    if (near->best != NULL)
        snprintf(hint, NEAR_HINT_MAX, " (did you mean '%s'?)", near->best);
    return hint;
}

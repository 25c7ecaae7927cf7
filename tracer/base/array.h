/*
 * A growable array of one type, valid when zeroed:
 *
 *     ARRAY(struct event) events = {0};
 *     *array_push(&events) = event;
 *     array_each (const struct event, e, &events) ...
 *     array_release(&events);
 *
 * The array owns its memory, not what its items point to. A push may move the
 * items: keep indexes, not pointers.
 */
#ifndef SOCKSTEP_BASE_ARRAY_H
#define SOCKSTEP_BASE_ARRAY_H

#include <stddef.h>
#include <stdlib.h>

#define ARRAY(type)                                                                                          \
    struct {                                                                                                 \
        type *items;                                                                                         \
        size_t count, room;                                                                                  \
    }

/* Makes room for one more item and returns its address; the item is not set. */
#define array_push(array)                                                                                    \
    ((array)->items =                                                                                        \
         array_room((array)->items, &(array)->room, (array)->count + 1, sizeof *(array)->items),             \
     &(array)->items[(array)->count++])

/* The array is empty afterwards and may be used again. */
#define array_release(array)                                                                                 \
    (free((array)->items), (array)->items = NULL, (array)->count = 0, (array)->room = 0)

#define array_last(array) (&(array)->items[(array)->count - 1])

#define array_each(type, name, array)                                                                        \
    for (type *name = (array)->items; name != NULL && name < (array)->items + (array)->count; name++)

/* Returns items, moved if needed so that at least `wanted` of `size` bytes fit. */
void *array_room(void *items, size_t *room, size_t wanted, size_t size);

#endif

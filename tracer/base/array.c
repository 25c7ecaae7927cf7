#include "base/array.h"
#include "base/xalloc.h"

void *array_room(void *items, size_t *room, size_t wanted, size_t size)
{
    if (wanted <= *room)
        return items;
    size_t larger = *room + *room / 2 + 8;
    *room = larger > wanted ? larger : wanted;
    return xrealloc(items, *room * size);
}

/* Life and death of an event: what it owns. */
#include "event/event.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

void event_release(struct event *event)
{
    free(event->data);
    free(event->extra);
    memset(event, 0, sizeof *event);
}

void event_copy(struct event *to, const struct event *from)
{
    *to = *from;
    to->data = xmemdup(from->data, from->data_bytes);
    to->extra = from->extra != NULL ? xstrdup(from->extra) : NULL;
}

void event_set_data(struct event *event, const void *bytes, size_t count)
{
    uint8_t *copy = xmemdup(bytes, count);
    free(event->data);
    event->data = copy;
    event->data_bytes = (uint32_t)count;
}

static bool fault_begins(const struct event_packet *packet, const char *word)
{
    return strncmp(packet->fault, word, strlen(word)) == 0;
}

bool packet_was_corrupted(const struct event_packet *packet)
{
    return fault_begins(packet, "corrupt");
}

bool packet_is_of_wire(const struct event_packet *packet)
{
    return fault_begins(packet, "answer") || fault_begins(packet, "icmp");
}

enum state state_believed(const uint8_t states[WITNESS_COUNT], enum witness *ret_witness)
{
    static const enum witness order[] = {WITNESS_KERNEL, WITNESS_WIRE, WITNESS_API};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        *ret_witness = order[i];
        if (states[order[i]] != STATE_NONE)
            return states[order[i]];
    }
    *ret_witness = WITNESS_NONE;
    return STATE_NONE;
}

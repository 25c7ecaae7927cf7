/*
 * The fields of a packet, header by header, with what each says in words. Made from the bytes; nothing behind
 * the captured end is read.
 */
#ifndef SOCKSTEP_TUI_FIELDS_H
#define SOCKSTEP_TUI_FIELDS_H

#include "base/array.h"
#include "event/event.h"

struct field {
    uint32_t offset, bytes; /* in the event's data */
    const char *layer;      /* "Ethernet", "IPv4", "TCP" ... static */
    const char *name;       /* static */
    char value[48];
    char words[128];
};

typedef ARRAY(struct field) field_list;

/* Appends the fields of a PACKET_SENT in the order of their bytes. */
void fields_of(field_list *list, const struct event *event);

/* The number (from 1) of the field that says most: the flags of TCP, the length of UDP, the type of ICMP; 0
 * for an empty list. */
int field_that_matters(const field_list *list);

#endif

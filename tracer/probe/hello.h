/* The first message of a session (event/record.h: struct record_hello). */
#ifndef SOCKSTEP_PROBE_HELLO_H
#define SOCKSTEP_PROBE_HELLO_H

#include <stdbool.h>
#include <stdint.h>

#include "event/event.h"

/* Sends hello with the two descriptors on `fd`; waits for room 50 ms at most. `host`: 1 + its index, 0: not
 * told. */
bool hello_say(int fd, int ring_fd, int control_end, enum process_what what, uint32_t host);

#endif

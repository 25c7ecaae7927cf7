/* Short texts into fixed room, without stdio: what does not fit ends in "...". Safe in signal handlers. */
#ifndef SOCKSTEP_PROBE_TEXT_H
#define SOCKSTEP_PROBE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *start;
    size_t room, length;
    bool full;
};

struct text text_into(char *start, size_t room);
void text_put(struct text *text, const char *word);
void text_number(struct text *text, int number);

/* A descriptor and what is asked or said of it, separated from the one before: "3:IN,OUT" */
void text_poll_events(struct text *text, int fd, unsigned events);

/* Length; not NUL-terminated. */
uint8_t text_end(const struct text *text);

#endif

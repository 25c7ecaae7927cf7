#include "probe/text.h"

#include <poll.h>
#include <string.h>
#include <sys/epoll.h>

#define DOTS "..."

_Static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLPRI == POLLPRI && EPOLLERR == POLLERR &&
                   EPOLLHUP == POLLHUP && EPOLLRDHUP == POLLRDHUP,
               "one table serves poll and epoll");

static const struct {
    unsigned bit;
    const char *name;
} events_table[] = {
    {POLLIN, "IN"},   {POLLPRI, "PRI"},     {POLLOUT, "OUT"},   {POLLERR, "ERR"},
    {POLLHUP, "HUP"}, {POLLRDHUP, "RDHUP"}, {POLLNVAL, "NVAL"},
};

struct text text_into(char *start, size_t room)
{
    return (struct text){.start = start, .room = room};
}

void text_put(struct text *text, const char *word)
{
    size_t count = strlen(word), kept = text->room - strlen(DOTS);

    if (text->full)
        return;
    if (text->length + count > kept) {
        text->full = true;
        word = DOTS;
        count = strlen(DOTS);
    }
    memcpy(text->start + text->length, word, count);
    text->length += count;
}

void text_number(struct text *text, int number)
{
    char digits[16], *start = digits + sizeof digits - 1;
    unsigned left = number < 0 ? 0u - (unsigned)number : (unsigned)number;

    *start = '\0';
    do {
        *--start = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0)
        *--start = '-';
    text_put(text, start);
}

void text_poll_events(struct text *text, int fd, unsigned events)
{
    const char *separator = ":";

    if (text->length > 0)
        text_put(text, " ");
    text_number(text, fd);
    for (size_t i = 0; i < sizeof events_table / sizeof events_table[0]; i++) {
        if (events & events_table[i].bit) {
            text_put(text, separator);
            text_put(text, events_table[i].name);
            separator = ",";
        }
    }
}

uint8_t text_end(const struct text *text)
{
    return (uint8_t)text->length;
}

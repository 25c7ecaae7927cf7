#include "source/capture_input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"

/* Room in front of a piece for what is left of the piece before. */
enum { FRONT_BYTES = 64 << 10, MAGIC_BYTES = 8 };

int input_fail(struct input *input, int error_number, const char *text)
{
    input->ended = true;
    input->error_number = error_number;
    snprintf(input->error_text, sizeof input->error_text, "%s", text);
    return -1;
}

int input_failure(const struct input *input, struct err *err)
{
    return input->error_number == 0 ? 0 : err_set(err, input->error_number, "%s", input->error_text);
}

ptrdiff_t input_read(struct input *input, uint8_t *to, size_t count)
{
    for (;;) {
        ssize_t got = read(input->fd, to, count);
        if (got >= 0) {
            input->read_bytes += (uint64_t)got;
            return got;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            poll(&(struct pollfd){.fd = input->fd, .events = POLLIN}, 1, -1);
        else if (errno != EINTR)
            return input_fail(input, errno, strerror(errno));
    }
}

/* Moves what is left to the front, or doubles the room: at least a quarter of a piece is free afterwards. */
static size_t free_room(struct input *input)
{
    size_t left = input_left(input), base = left > FRONT_BYTES ? left : FRONT_BYTES;
    size_t ends_at = (size_t)(input->end - input->buffer);
    if (input->buffer_bytes - ends_at >= INPUT_PIECE_BYTES / 4)
        return input->buffer_bytes - ends_at;
    if (input->buffer_bytes - base < INPUT_PIECE_BYTES / 4) {
        size_t starts_at = (size_t)(input->at - input->buffer);
        input->buffer_bytes *= 2;
        input->buffer = xrealloc(input->buffer, input->buffer_bytes);
        input->at = input->buffer + starts_at;
    }
    if (left != 0)
        memmove(input->buffer + base - left, input->at, left);
    input->at = input->buffer + base - left;
    input->end = input->buffer + base;
    return input->buffer_bytes - base;
}

static bool read_piece(struct input *input)
{
    size_t room = free_room(input);
    if (room > INPUT_PIECE_BYTES)
        room = INPUT_PIECE_BYTES;
    uint8_t *to = input->buffer + (input->end - input->buffer);
    ptrdiff_t got =
        input->unpacker != NULL ? unpacker_read(input->unpacker, to, room) : input_read(input, to, room);
    if (got <= 0) {
        input->ended = true;
        return false;
    }
    input->end += got;
    return true;
}

const uint8_t *input_fill(struct input *input, size_t count)
{
    while (input_left(input) < count)
        if (input->ended || !read_piece(input))
            return NULL;
    return input->at;
}

bool input_skip(struct input *input, uint64_t count)
{
    while (count > input_left(input)) {
        count -= input_left(input);
        input->at = input->end;
        if (input->ended || !read_piece(input))
            return false;
    }
    input->at += count;
    return true;
}

double input_progress(const struct input *input)
{
    if (input->file_bytes == 0)
        return -1;
    uint64_t waiting = input->unpacker == NULL ? input_left(input) : 0;
    double part = (double)(input->read_bytes - waiting) / (double)input->file_bytes;
    return part > 1 ? 1 : part;
}

static int start_unpacking(struct input *input, struct err *err)
{
    input->unpacker = NULL;
    (void)input_fill(input, MAGIC_BYTES);
    if (input->error_number != 0)
        return input_failure(input, err);
    bool was_ended = input->ended;
    input->ended = false;
    input->unpacker = unpacker_new(input, input->at, input_left(input));
    if (input->unpacker == NULL)
        input->ended = was_ended;
    else
        input->at = input->end = input->buffer + FRONT_BYTES;
    return input_failure(input, err);
}

int input_open(struct input *input, const char *path, struct err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    *input = (struct input){.fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)};
    if (input->fd < 0)
        return err_set(err, errno, "%s", strerror(errno));
    struct stat status;
    if (fstat(input->fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
        input->file_bytes = (uint64_t)status.st_size;
    input->buffer_bytes = FRONT_BYTES + INPUT_PIECE_BYTES;
    input->buffer = xmalloc(input->buffer_bytes);
    input->at = input->end = input->buffer + FRONT_BYTES;
    int result = start_unpacking(input, err);
    if (result != 0)
        input_close(input);
    return result;
}

void input_close(struct input *input)
{
    unpacker_free(input->unpacker);
    free(input->buffer);
    if (input->fd > STDIN_FILENO)
        close(input->fd);
    *input = (struct input){.fd = -1};
}

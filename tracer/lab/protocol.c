#include "lab/protocol.h"
#include "event/event.h"

#include <errno.h>
#include <string.h>

static void add_string(struct buf *message, const char *text)
{
    buf_add(message, text != NULL ? text : "", text != NULL ? strlen(text) + 1 : 1);
}

static uint32_t add_strings(struct buf *message, const char *const *texts)
{
    uint32_t count = 0;
    for (; texts != NULL && texts[count] != NULL; count++)
        add_string(message, texts[count]);
    return count;
}

int spawn_request_pack(const struct lab_program *program, struct buf *message)
{
    if (program->lane == NULL || strlen(program->lane) >= NAME_MAX_BYTES || program->argv == NULL ||
        program->argv[0] == NULL)
        return -EINVAL;
    struct lab_request request = {
        .kind = REQUEST_SPAWN, .host = program->host, .gates_closed = program->gates_closed};
    buf_add(message, &request, sizeof request);
    add_string(message, program->lane);
    add_string(message, program->directory);
    add_string(message, program->preload);
    request.argument_count = add_strings(message, program->argv);
    request.environment_count = add_strings(message, program->environment);
    memcpy(message->text, &request, sizeof request);
    bool fits = message->length <= LAB_MESSAGE_MAX && request.argument_count <= LAB_ARGUMENTS_MAX &&
                request.environment_count <= LAB_ARGUMENTS_MAX;
    return fits ? 0 : -E2BIG;
}

/* The next string of the message, or NULL when it does not end within it. */
static char *next_string(char **cursor, const char *end)
{
    char *text = *cursor;
    char *nul = memchr(text, '\0', (size_t)(end - text));
    if (nul == NULL)
        return NULL;
    *cursor = nul + 1;
    return text;
}

static int next_strings(char **cursor, const char *end, uint32_t count,
                        char *ret_texts[LAB_ARGUMENTS_MAX + 1])
{
    if (count > LAB_ARGUMENTS_MAX)
        return -EPROTO;
    for (uint32_t i = 0; i < count; i++) {
        ret_texts[i] = next_string(cursor, end);
        if (ret_texts[i] == NULL)
            return -EPROTO;
    }
    ret_texts[count] = NULL;
    return 0;
}

int spawn_request_unpack(char *message, size_t bytes, struct spawn_request *ret_spawn)
{
    struct lab_request request;
    if (bytes < sizeof request)
        return -EPROTO;
    memcpy(&request, message, sizeof request);
    char *cursor = message + sizeof request;
    const char *end = message + bytes;
    struct spawn_request spawn = {.host = request.host, .gates_closed = request.gates_closed != 0};
    spawn.lane = next_string(&cursor, end);
    spawn.directory = spawn.lane != NULL ? next_string(&cursor, end) : NULL;
    spawn.preload = spawn.directory != NULL ? next_string(&cursor, end) : NULL;
    if (spawn.preload == NULL || request.argument_count == 0 ||
        next_strings(&cursor, end, request.argument_count, spawn.arguments) < 0 ||
        next_strings(&cursor, end, request.environment_count, spawn.environment) < 0)
        return -EPROTO;
    *ret_spawn = spawn;
    return 0;
}

/* Any bytes as an expression of breakpoints; what is accepted is also asked of events of every kind. */
#include "tests/fuzz/fuzz_main.h"

#include <stdlib.h>
#include <string.h>

#include "control/expression.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct expression expression;
    struct err err = {{0}};
    int column = 0, seen = 0;
    char *text = malloc(count + 1);
    memcpy(text, bytes, count);
    text[count] = '\0';
    int result = expression_parse(text, &expression, &column, &err);
    if (result < 0 && (column < 1 || (size_t)column > strlen(text) + 1 || err.text[0] == '\0'))
        abort();
    for (int kind = 0; result == 0 && kind < EVENT_KIND_COUNT; kind++) {
        struct change change = {.witness = WITNESS_KERNEL, .new_state = STATE_ESTABLISHED, .name = "client"};
        struct event event = {.kind = (uint8_t)kind, .lane = "client"};
        event_set_data(&event, "payload", 7);
        if (expression_hit(&expression, &seen, &event, &change, 1) && seen == 0)
            abort();
        event_release(&event);
    }
    free(text);
    return 0;
}

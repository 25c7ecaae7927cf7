/* Any bytes as a scenario file; what is accepted is also used: started, filled in and checked against an
 * empty record. */
#include "tests/fuzz/fuzz_main.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "scenario/expect.h"

static void use(const struct scenario *scenario)
{
    static const char *const addresses[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"};
    struct timeline empty = {0};
    struct buf report = {0};
    if (expect_check(scenario, &empty, &report) < 0)
        abort();
    for (int i = 0; i < scenario->lane_count; i++) {
        int lane = 0;
        enum call call = CALL_socket;
        if (scenario_start(scenario, i, &lane, &call) == 1 && (lane == i || lane >= scenario->lane_count))
            abort();
        for (int j = 0; j < scenario->lanes[i].argument_count; j++)
            free(scenario_argument(scenario, scenario->lanes[i].arguments[j], addresses));
    }
    buf_release(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct scenario *scenario = NULL;
    struct err err = {0};
    int r = scenario_load_memory("fuzz.yaml", (const char *)bytes, count, &scenario, &err);
    if ((r == 0) != (scenario != NULL) || (r < 0 && strncmp(err.text, "fuzz.yaml:", 10) != 0) ||
        strchr(err.text, '\n') != NULL)
        abort();
    if (r == 0)
        use(scenario);
    scenario_free(scenario);
    return 0;
}

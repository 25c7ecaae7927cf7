/*
 * The words of flow/ for people and for scripts.
 */
#include "flow/flow.h"

#include <stdio.h>

const char *analysis_name(enum analysis analysis)
{
    static const char *const names[ANALYSIS_COUNT] = {
#define ANALYSIS(name, text, what) [ANALYSIS_##name] = text,
#include "flow/analysis.def"
#undef ANALYSIS
    };
    return analysis < ANALYSIS_COUNT ? names[analysis] : "?";
}

const char *analysis_what(enum analysis analysis)
{
    static const char *const whats[ANALYSIS_COUNT] = {
#define ANALYSIS(name, text, what) [ANALYSIS_##name] = what,
#include "flow/analysis.def"
#undef ANALYSIS
    };
    return analysis < ANALYSIS_COUNT ? whats[analysis] : "?";
}

const char *analysis_text(uint32_t bits, char text[ANALYSIS_TEXT_MAX])
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; bits != 0 && i < ANALYSIS_COUNT; i++)
        if (bits & (1U << i))
            used += (size_t)snprintf(text + used, ANALYSIS_TEXT_MAX - used, "%s%s", used != 0 ? "," : "",
                                     analysis_name((enum analysis)i));
    return text;
}

const char *flow_stream_text(uint8_t protocol, uint32_t stream, char text[FLOW_STREAM_TEXT_MAX])
{
    snprintf(text, FLOW_STREAM_TEXT_MAX, "%s:%u", protocol == PROTOCOL_UDP ? "udp" : "tcp", stream);
    return text;
}

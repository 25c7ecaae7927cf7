#include "export/html_parts.h"

#include <stddef.h>

/* The paths are those seen from the folder of the Makefile, where the compiler is run. */
#define PART(symbol, file)                                                                                   \
    __asm__(".pushsection .rodata\n"                                                                         \
            ".global " #symbol "\n"                                                                          \
            ".type " #symbol ", @object\n" #symbol ":\n"                                                     \
            ".incbin \"tracer/export/html/" file "\"\n"                                                      \
            ".byte 0\n"                                                                                      \
            ".size " #symbol ", . - " #symbol "\n"                                                           \
            ".popsection\n")

PART(html_base_js, "base.js");
PART(html_stage_js, "stage.js");
PART(html_ladder_js, "ladder.js");
PART(html_diagram_js, "diagram.js");
PART(html_packet_js, "packet.js");
PART(html_lane_js, "lane.js");
PART(html_question_js, "question.js");
PART(html_player_js, "player.js");
PART(html_player_css, "player.css");
PART(html_sheet_css, "sheet.css");

extern const char html_base_js[], html_stage_js[], html_ladder_js[], html_diagram_js[], html_packet_js[],
    html_lane_js[], html_question_js[], html_player_js[];

const char *const html_scripts[] = {
    html_base_js,     html_stage_js,  html_ladder_js, html_diagram_js, html_packet_js, html_lane_js,
    html_question_js, html_player_js, NULL,
};

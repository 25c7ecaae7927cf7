/*
 * The script and the styles of the pages. They are real files (html/), taken into the program as they are
 * when it is assembled.
 */
#ifndef SOCKSTEP_EXPORT_HTML_PARTS_H
#define SOCKSTEP_EXPORT_HTML_PARTS_H

/* The parts of the player's script, in the order in which they stand in the page; ended by NULL. */
extern const char *const html_scripts[];

/* Each ends in a NUL. */
extern const char html_player_css[];
extern const char html_sheet_css[];

#endif

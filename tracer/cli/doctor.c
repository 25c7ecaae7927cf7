/*
 * sockstep doctor: what this machine allows, before the lecture begins.
 */
#include "cli/command.h"
#include "lab/lab.h"
#include "scenario/places.h"
#include "scenario/scenario.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <wchar.h>

static void say(const char *what, bool good, const char *text)
{
    printf("%-4s %-12s %s\n", good ? "ok" : "--", what, text);
}

static void look_at_terminal(void)
{
    struct winsize size = {0};
    char text[128];
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0) {
        say("terminal", true, "none here: demo and open print plain text");
        return;
    }
    bool large = size.ws_col >= 80 && size.ws_row >= 24;
    snprintf(text, sizeof text, "%s, %d columns by %d rows%s",
             getenv("TERM") != NULL ? getenv("TERM") : "TERM is not set", size.ws_col, size.ws_row,
             large ? "" : "; 80 by 24 are wanted");
    say("terminal", large, text);
}

static void look_at_characters(void)
{
    const char *codeset = nl_langinfo(CODESET);
    bool utf8 = codeset[0] == 'U' && wcwidth(L'\u2500') == 1;
    char text[128];
    snprintf(text, sizeof text, "%s%s", codeset, utf8 ? "" : ": ASCII drawing will be used");
    say("characters", utf8, text);
}

static bool look_at_files(void)
{
    char path[SCENARIO_PATH_MAX], program[SCENARIO_PATH_MAX];
    scenario_list list = {0};
    scenario_list_all(&list);
    char text[64];
    snprintf(text, sizeof text, "%zu found", list.count);
    bool scenarios = list.count != 0;
    scenario_list_release(&list);
    say("scenarios", scenarios, text);
    bool programs = access(places_program("stream_server", program, sizeof program), X_OK) == 0;
    say("programs", programs, programs ? program : "the teaching programs are missing: run `make`");
    bool preload = places_preload(path, sizeof path) == 0;
    say("preload", preload, preload ? path : "libsockprobe.so is missing: run `make`");
    return scenarios && programs;
}

static bool look_at_lab(void)
{
    struct err err = {0};
    bool good = lab_check(&err) == 0;
    say("lab", good, good ? "namespaces, wire and kernel states: all to be had" : err.text);
    return good;
}

static int run(int argc, char **argv)
{
    const char *argument;
    int exit_code = EXIT_DONE;
    while (command_next_option(&command_doctor, argc, argv, &argument, &exit_code) != -1)
        return exit_code;
    struct utsname system;
    if (uname(&system) == 0)
        say("kernel", true, system.release);
    look_at_terminal();
    look_at_characters();
    bool files = look_at_files();
    bool lab = look_at_lab();
    if (!lab)
        return EXIT_MACHINE;
    return files ? EXIT_DONE : EXIT_DOES_NOT_HOLD;
}

const struct command command_doctor = {
    .name = "doctor",
    .arguments = "",
    .about = "Say whether this machine can do it all, and what helps where it cannot.",
    .run = run,
};

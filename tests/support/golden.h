/*
 * Text goldens: what a screen, an export or a sentence looked like when somebody last looked at it.
 */
#ifndef SOCKSTEP_TESTS_GOLDEN_H
#define SOCKSTEP_TESTS_GOLDEN_H

/* Fails the test, and prints a diff, unless tests/golden/PATH holds exactly `text`. With
 * SOCKSTEP_GOLDEN=update in the environment the file (and its folder) is written instead. Tests run in the
 * folder of the repository. */
void assert_golden(const char *path, const char *text);

#endif

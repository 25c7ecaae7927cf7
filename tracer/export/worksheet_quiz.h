/*
 * Questions about a recording: those that its scenario asked (QUESTION events), and "what is the next state?"
 * made from the state changes that were observed. Wrong choices are neighbours in the diagram of RFC
 * 9293 3.3.2.
 *
 * The text of a QUESTION event: the question; a line "a) ..." for each choice, up to "f)"; then, if it has
 * choices, "answer: b"; then, if there is something to say, "why: ...".
 */
#ifndef SOCKSTEP_EXPORT_WORKSHEET_QUIZ_H
#define SOCKSTEP_EXPORT_WORKSHEET_QUIZ_H

#include "timeline/timeline.h"

#define QUIZ_CHOICES_MAX 6

struct quiz_question {
    size_t before; /* index of the record that must not have been seen when it is asked */
    char *ask;
    char *choices[QUIZ_CHOICES_MAX];
    int choice_count; /* 0: an open question */
    int answer;       /* index into choices */
    char *why;        /* "" when nothing is said */
    bool derived;     /* from the trace, not from the scenario */
};

typedef ARRAY(struct quiz_question) quiz;

/* In the order in which they are asked; the same timeline gives the same questions, choices in the same
 * order. */
void quiz_make(quiz *ret_questions, const struct timeline *timeline);
void quiz_release(quiz *questions);

/* Whether the diagram has an arrow from one state to the other, or RFC 9293 tells of one. */
bool quiz_is_step(enum state from, enum state to);

/* A small generator of numbers that look random: splitmix64. The seed is the state. */
uint64_t quiz_random(uint64_t *seed);
uint64_t quiz_seed(const struct timeline *timeline);

/* The state that is shown of this end, and whether this change is a step of it: the kernel's word where the
 * kernel was asked at all, else the wire's. */
bool quiz_shows_change(const struct timeline *timeline, const struct change *change);

#endif

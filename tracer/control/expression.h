/*
 * The language of breakpoints, filters and searches: what one event must be like.
 *
 *     server: state=CLOSE_WAIT            an endpoint, lane or host in front; all of what follows must hold
 *     call=connect errno=ECONNREFUSED     a call that returns, and how
 *     flags=SYN,ACK nth=2                 the second packet with these flags that leaves
 *     bytes>0 payload="GET "              with payload, and what is in it
 *     disagreement                        two witnesses do not say the same
 *
 * A name is followed by = != < or > and a value; a value with blanks stands in "quotes".
 */
#ifndef SOCKSTEP_CONTROL_EXPRESSION_H
#define SOCKSTEP_CONTROL_EXPRESSION_H

#include <stdbool.h>

#include "base/err.h"
#include "event/event.h"

#define EXPRESSION_TERMS_MAX 8
#define EXPRESSION_TEXT_MAX  48

struct expression {
    char who[NAME_MAX_BYTES]; /* "": anybody */
    int nth;                  /* only the nth that matches, from 1; 0: each */
    int count;
    struct expression_term {
        unsigned char key, comparison; /* see expression.c */
        int64_t number;
        char text[EXPRESSION_TEXT_MAX];
    } terms[EXPRESSION_TERMS_MAX];
};

/* 0; or -EINVAL with what is wrong in err, and the column it begins at, from 1, in *ret_column. */
int expression_parse(const char *text, struct expression *ret_expression, int *ret_column, struct err *err);

/* Whether this event is meant, whatever its number. A term about packets is about a packet that leaves,
 * unless kind= says otherwise; one about a call about its return, unless it only names the call: then also
 * about its beginning. */
bool expression_matches(const struct expression *expression, const struct event *event,
                        const struct change *changes, size_t change_count);

/* True when it is about a state that an endpoint comes into. */
bool expression_about_state(const struct expression *expression);

/* The same, counting in *seen (0 at first): true for the nth. */
bool expression_hit(const struct expression *expression, int *seen, const struct event *event,
                    const struct change *changes, size_t change_count);

#endif

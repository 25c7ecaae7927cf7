/*
 * The plain sentence of an event: self-contained, for screen readers, tests, and the `text` of every
 * export. English, present tense, no control characters: payload is shown escaped.
 */
#ifndef SOCKSTEP_EVENT_SENTENCE_H
#define SOCKSTEP_EVENT_SENTENCE_H

#include "event/event.h"

struct buf;

/* Adds the sentence (or two), ending in a full stop, without a newline. Uses only the event, its context and
 * the changes that followed from it. */
void event_sentence(struct buf *out, const struct event *event, const struct change *changes,
                    size_t change_count);

/* The call as C would write it: connect(3, 192.0.2.2:7001), send(3, "hello", 5, 0), socket(AF_INET,
 * SOCK_STREAM, 0). */
void call_text(struct buf *out, const struct event *event);

/* What it returned: "= 3", "= -1 ECONNREFUSED", "= 5". */
void call_result_text(struct buf *out, const struct event *event);

/* The short word for a packet: "SYN", "SYN,ACK", "ACK", "data 5", "FIN", "RST", "UDP 5", "ICMP port
 * unreachable". FIN with payload: "data 5,FIN". FIN,ACK is "FIN,ACK"; the PSH flag is not named. */
void packet_word(struct buf *out, const struct packet *packet);

/* Printable ASCII as it is, the rest as \n, \t, \", \\ or \xNN; at most `limit` source bytes, then "...". */
void payload_text(struct buf *out, const uint8_t *bytes, size_t count, size_t limit);

/* "0.052 s", "52.1 ms", "850 us": three significant digits for durations. */
void duration_text(struct buf *out, int64_t ns);

#endif

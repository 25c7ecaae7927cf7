#include "export/worksheet_quiz.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "event/sentence.h"

#define WRONG_MAX 3

static const struct step {
    uint8_t from, to;
} steps[] = {
    {STATE_CLOSED, STATE_LISTEN},
    {STATE_CLOSED, STATE_SYN_SENT},
    {STATE_LISTEN, STATE_SYN_RECEIVED},
    {STATE_SYN_SENT, STATE_ESTABLISHED},
    {STATE_SYN_SENT, STATE_SYN_RECEIVED},
    {STATE_SYN_SENT, STATE_CLOSED},
    {STATE_SYN_RECEIVED, STATE_ESTABLISHED},
    {STATE_SYN_RECEIVED, STATE_FIN_WAIT_1},
    {STATE_SYN_RECEIVED, STATE_CLOSED},
    {STATE_ESTABLISHED, STATE_FIN_WAIT_1},
    {STATE_ESTABLISHED, STATE_CLOSE_WAIT},
    {STATE_ESTABLISHED, STATE_CLOSED},
    {STATE_FIN_WAIT_1, STATE_FIN_WAIT_2},
    {STATE_FIN_WAIT_1, STATE_CLOSING},
    {STATE_FIN_WAIT_1, STATE_TIME_WAIT},
    {STATE_FIN_WAIT_2, STATE_TIME_WAIT},
    {STATE_CLOSE_WAIT, STATE_LAST_ACK},
    {STATE_CLOSING, STATE_TIME_WAIT},
    {STATE_LAST_ACK, STATE_CLOSED},
    {STATE_TIME_WAIT, STATE_CLOSED},
};

#define STEP_COUNT (sizeof steps / sizeof *steps)

bool quiz_is_step(enum state from, enum state to)
{
    for (size_t i = 0; i < STEP_COUNT; i++)
        if (steps[i].from == from && steps[i].to == to)
            return true;
    return false;
}

uint64_t quiz_random(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t quiz_seed(const struct timeline *timeline)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a of the name */
    for (const char *c = timeline->info.scenario; *c != '\0'; c++)
        hash = (hash ^ (uint8_t)*c) * 0x100000001b3u;
    return hash + timeline->records.count;
}

bool quiz_shows_change(const struct timeline *timeline, const struct change *change)
{
    if (change->witness != WITNESS_WIRE)
        return change->witness == WITNESS_KERNEL;
    array_each (const struct change, other, &timeline->changes)
        if (other->endpoint == change->endpoint && other->witness == WITNESS_KERNEL)
            return false;
    return true;
}

/* --- questions of the scenario --- */

static char *copy_text(const char *text, size_t count)
{
    char *copy = xcalloc(count + 1, 1);
    memcpy(copy, text, count);
    return copy;
}

static bool begins(const char *line, size_t count, const char *word)
{
    size_t length = strlen(word);
    return count >= length && memcmp(line, word, length) == 0;
}

static void append_line(char **text, const char *line, size_t count)
{
    struct buf joined = {0};
    buf_printf(&joined, "%s%s", *text, (*text)[0] != '\0' && count > 0 ? " " : "");
    buf_add(&joined, line, count);
    free(*text);
    *text = buf_detach(&joined);
}

static void take_line(struct quiz_question *question, const char *line, size_t count)
{
    bool is_choice = count > 3 && line[0] == 'a' + question->choice_count && line[1] == ')' && line[2] == ' ';
    if (is_choice && question->choice_count < QUIZ_CHOICES_MAX)
        question->choices[question->choice_count++] = copy_text(line + 3, count - 3);
    else if (begins(line, count, "answer: ") && count == 9)
        question->answer = line[8] - 'a';
    else if (begins(line, count, "why: "))
        append_line(&question->why, line + 5, count - 5);
    else if (question->why[0] != '\0')
        append_line(&question->why, line, count);
    else if (question->choice_count == 0)
        append_line(&question->ask, line, count);
}

static void release_question(struct quiz_question *question)
{
    free(question->ask);
    free(question->why);
    for (int i = 0; i < question->choice_count; i++)
        free(question->choices[i]);
}

static void add_asked(quiz *questions, size_t index, const struct event *event)
{
    struct quiz_question question = {.before = index, .ask = xstrdup(""), .why = xstrdup(""), .answer = -1};
    const char *text = (const char *)event->data;
    for (size_t at = 0; at < event->data_bytes;) {
        const char *end = memchr(text + at, '\n', event->data_bytes - at);
        size_t count = end != NULL ? (size_t)(end - text) - at : event->data_bytes - at;
        take_line(&question, text + at, count);
        at += count + 1;
    }
    if (question.answer < 0 || question.answer >= question.choice_count) {
        for (int i = 0; i < question.choice_count; i++)
            free(question.choices[i]);
        question.choice_count = question.answer = 0;
    }
    *array_push(questions) = question;
}

/* --- questions from what was observed --- */

static void add_choice(enum state *choices, int *count, enum state state)
{
    for (int i = 0; i < *count; i++)
        if (choices[i] == state)
            return;
    if (*count < 1 + WRONG_MAX)
        choices[(*count)++] = state;
}

/* The answer first, then what is near: the other ways out of the state, to stay, one step too far, one step
 * back. */
static int near_states(enum state from, enum state to, enum state choices[1 + WRONG_MAX])
{
    int count = 0;
    add_choice(choices, &count, to);
    for (size_t i = 0; i < STEP_COUNT; i++)
        if (steps[i].from == from && steps[i].to != STATE_CLOSED)
            add_choice(choices, &count, steps[i].to);
    add_choice(choices, &count, from);
    for (size_t i = 0; i < STEP_COUNT; i++)
        if (steps[i].from == to)
            add_choice(choices, &count, steps[i].to);
    for (size_t i = 0; i < STEP_COUNT; i++)
        if (steps[i].to == from)
            add_choice(choices, &count, steps[i].from);
    return count;
}

static void shuffle(enum state *choices, int count, uint64_t *seed)
{
    for (int i = count - 1; i > 0; i--) {
        int other = (int)(quiz_random(seed) % (uint64_t)(i + 1));
        enum state state = choices[i];
        choices[i] = choices[other];
        choices[other] = state;
    }
}

static void put_packet(struct buf *ask, const struct event *event)
{
    packet_word(ask, &event->packet.packet);
    if (event->kind == EVENT_PACKET_DELIVERED)
        buf_printf(ask, " is about to arrive");
    else
        buf_printf(ask, " is about to leave");
}

/* "The server is in ESTABLISHED. FIN,ACK is about to arrive. What is its state afterwards?" */
static char *ask_text(const struct change *change, enum state from, const struct event *cause)
{
    struct buf ask = {0};
    buf_printf(&ask, "The %s is in %s. Now ", change->name, state_name(from));
    if (cause->kind == EVENT_CALL_EXIT || cause->kind == EVENT_CALL_ENTER)
        buf_printf(&ask, "%s() is called", call_name((enum call)cause->call.call));
    else
        put_packet(&ask, cause);
    if (cause->kind == EVENT_PACKET_SENT && cause->context.cause_call != 0)
        buf_printf(&ask, ", because of %s()", call_name((enum call)(cause->context.cause_call - 1)));
    buf_puts(&ask, ". What is its state afterwards?");
    return buf_detach(&ask);
}

static char *why_text(const struct change *change, enum state from)
{
    struct buf why = {0};
    buf_printf(&why, "%s -> %s: %s.", state_name(from), state_name((enum state)change->new_state),
               change->reason != NULL && change->reason[0] != '\0' ? change->reason : "so it was observed");
    return buf_detach(&why);
}

/* What made the state change, as a record that can be asked about; NULL. */
static const struct record *cause_of(const struct timeline *timeline, const struct record *record)
{
    if (record->event.kind != EVENT_STATE)
        return record;
    if (record->event.context.cause_count == 0 || record->event.context.causes[0].guessed)
        return NULL;
    return timeline_find(timeline, record->event.context.causes[0].seq);
}

static void add_observed(quiz *questions, const struct timeline *timeline, const struct record *record,
                         const struct change *change, uint64_t *seed)
{
    enum state to = (enum state)change->new_state, from = (enum state)change->old_state,
               choices[1 + WRONG_MAX];
    const struct record *cause = cause_of(timeline, record);
    if (from == STATE_NONE && to == STATE_SYN_RECEIVED)
        from = STATE_LISTEN; /* a new connection, made by the listening socket */
    if (from == STATE_NONE && to == STATE_SYN_SENT)
        from = STATE_CLOSED; /* RFC 9293 3.3.2: CLOSED is to have no connection */
    bool asks = cause != NULL &&
                (cause->event.kind == EVENT_PACKET_SENT || cause->event.kind == EVENT_PACKET_DELIVERED);
    if (!asks || change->name[0] == '\0' || change->impossible || !quiz_is_step(from, to) ||
        !quiz_shows_change(timeline, change))
        return;
    int count = near_states(from, to, choices);
    shuffle(choices, count, seed);
    struct quiz_question question = {
        .before = (size_t)(cause - timeline->records.items),
        .ask = ask_text(change, from, &cause->event),
        .why = why_text(change, from),
        .choice_count = count,
        .derived = true,
    };
    for (int i = 0; i < count; i++) {
        question.choices[i] = xstrdup(state_name(choices[i]));
        if (choices[i] == to)
            question.answer = i;
    }
    *array_push(questions) = question;
}

static int compare(const void *a, const void *b)
{
    const struct quiz_question *left = a, *right = b;
    return (left->before > right->before) - (left->before < right->before);
}

#define DERIVED_MAX 60

void quiz_make(quiz *ret_questions, const struct timeline *timeline)
{
    uint64_t seed = quiz_seed(timeline);
    array_each (const struct record, record, &timeline->records) {
        if (record->event.kind == EVENT_QUESTION)
            add_asked(ret_questions, (size_t)(record - timeline->records.items), &record->event);
        const struct change *changes = timeline_changes(timeline, record);
        for (uint32_t i = 0; i < record->change_count && ret_questions->count < DERIVED_MAX; i++)
            add_observed(ret_questions, timeline, record, &changes[i], &seed);
    }
    if (ret_questions->count > 1)
        qsort(ret_questions->items, ret_questions->count, sizeof *ret_questions->items, compare);
}

void quiz_release(quiz *questions)
{
    array_each (struct quiz_question, question, questions)
        release_question(question);
    array_release(questions);
}

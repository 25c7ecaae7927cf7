/*
 * Predict: the class is asked before it sees. Votes are counted by hand; PgDn reveals, and only then the view
 * goes on to the event that answers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tui/view_part.h"

/* "why: because" -> "because" for the name "why"; NULL for another line. */
static const char *line_of(const char *line, const char *name)
{
    size_t length = strlen(name);

    if (strncmp(line, name, length) != 0 || line[length] != ':')
        return NULL;
    line += length + 1;
    return line + strspn(line, " ");
}

static void take_line(struct tui_question *question, const char *line)
{
    const char *answer = line_of(line, "answer"), *why = line_of(line, "why"),
               *belief = line_of(line, "belief");

    if (answer != NULL && answer[0] >= 'a' && answer[0] < 'a' + CHOICES_MAX)
        question->answer = answer[0] - 'a';
    else if (why != NULL)
        question->why = why;
    else if (belief != NULL)
        question->belief = belief;
    else if (question->ask == NULL)
        question->ask = line;
    else if (*line != 0 && question->choice_count < CHOICES_MAX)
        question->choices[question->choice_count++] = line;
}

int question_parse(const struct event *event, struct tui_question *ret_question, char **ret_own)
{
    struct tui_question question = {.seq = event->seq + 1, .answer = -1};
    char *own = xcalloc(event->data_bytes + 1, 1), *rest = own, *line;

    if (event->data_bytes > 0)
        memcpy(own, event->data, event->data_bytes);
    while ((line = strsep(&rest, "\n")) != NULL)
        take_line(&question, line);
    if (question.choice_count < 2) {
        free(own);
        return -EINVAL;
    }
    *ret_question = question;
    *ret_own = own;
    return 0;
}

static int question_count(const struct view *view)
{
    return view->question_count < QUESTIONS_MAX ? view->question_count : QUESTIONS_MAX;
}

/* seqs are given out without holes. */
size_t ask_place(const struct view *view, const struct timeline *timeline, int question)
{
    uint64_t seq = view->questions[question].seq, first;

    if (seq == 0 || timeline->records.count == 0)
        return 0;
    first = timeline->records.items[0].event.seq;
    return seq > first ? (size_t)(seq - first) : 0;
}

int view_question_ahead(const struct view *view, const struct timeline *timeline)
{
    for (int i = 0; i < question_count(view); i++)
        if (!view->answered[i] && ask_place(view, timeline, i) >= view->position)
            return i;
    return -1;
}

bool view_next_hidden(const struct view *view, const struct timeline *timeline)
{
    int question = view_question_ahead(view, timeline);
    size_t first, end;

    if (view->overlay == OVERLAY_QUESTION && !view->revealed)
        return true;
    if (question < 0)
        return false;
    timeline_beat_range(timeline, view_beat(view, timeline) + 1, &first, &end);
    if (end < view->position)
        end = view->position;
    return ask_place(view, timeline, question) <= end;
}

/* The one that lies ahead; behind the last, the last once more. */
void ask_open(struct view *view, const struct timeline *timeline)
{
    int question = view_question_ahead(view, timeline);
    int count = question_count(view);

    for (int i = count; question < 0 && i-- > 0;)
        if (ask_place(view, timeline, i) <= view->position)
            question = i;
    if (question < 0) {
        view->notice = "This session has no questions.";
        return;
    }
    view->playing = false;
    view->question = question;
    view->revealed = view->answered[question];
    view->overlay = OVERLAY_QUESTION;
    flight_end(view);
}

/* Up to the event that answers, and to the end of its beat. */
static void reveal(struct view *view, const struct timeline *timeline)
{
    size_t place = ask_place(view, timeline, view->question);

    view->revealed = view->answered[view->question] = true;
    if (place < timeline->records.count && view->position <= place) {
        view_move_to(view, place + 1);
        view_go_to_beat(view, timeline, view_beat(view, timeline));
    }
}

static enum consequence count_vote(struct view *view, uint32_t key)
{
    bool less = key >= 'A' && key <= 'D';
    int choice = (int)(less ? key - 'A' : key - 'a');
    int *votes;

    if (view->revealed || choice >= view->questions[view->question].choice_count)
        return CONSEQUENCE_NONE;
    votes = &view->votes[view->question][choice];
    if (less && *votes > 0)
        --*votes;
    else if (!less && *votes < 9999)
        ++*votes;
    return CONSEQUENCE_DRAW;
}

enum consequence ask_key(struct view *view, const struct timeline *timeline, uint32_t key, int64_t now_ns)
{
    enum action action = action_of_key(key);

    (void)now_ns;
    if ((key >= 'a' && key <= 'd') || (key >= 'A' && key <= 'D'))
        return count_vote(view, key);
    if (action == ACTION_CLOSE || action == ACTION_PREDICT ||
        (action == ACTION_NEXT_BEAT && view->revealed)) {
        view->overlay = OVERLAY_NONE;
        return CONSEQUENCE_DRAW;
    }
    if (action == ACTION_NEXT_BEAT) {
        reveal(view, timeline);
        return CONSEQUENCE_VOTES;
    }
    return CONSEQUENCE_NONE;
}

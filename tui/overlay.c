/* What may cover the screen: the help, made from the table of actions; the question before quitting; the
 * question to the class. */
#include <stdio.h>
#include <string.h>

#include "tui/pages.h"

/* A double box, blank inside. */
static void open_box(struct frame *frame, const struct area *box, const char *title, const char *foot)
{
    frame_blank(frame, box->row, box->column, box->rows, box->columns, ROLE_OVERLAY);
    frame_double_box(frame, box->row, box->column, box->rows, box->columns, ROLE_OVERLAY);
    frame_printf(frame, box->row, box->column + 2, box->columns - 4, ROLE_OVERLAY, " %s ", title);
    frame_printf(frame, box->row + box->rows - 1, box->column + 2, box->columns - 4, ROLE_OVERLAY, " %s ",
                 foot);
}

static struct area box_in_the_middle(const struct frame *frame, int rows, int columns)
{
    return (struct area){(frame->rows - rows) / 2, (frame->columns - columns) / 2, rows, columns};
}

/* --- help --- */

/* What does nothing on a page is not in its help. */
static bool helps_on(enum action action, enum page page)
{
    bool selects = page == PAGE_BYTES || page == PAGE_FLOWS;

    if (action == ACTION_CHOOSE || action == ACTION_UNCHOOSE)
        return selects;
    return action != ACTION_NONE && action != page_action(page);
}

static int help_list(enum page page, enum action list[ACTION_COUNT])
{
    int count = 0;

    if (page != PAGE_LADDER)
        list[count++] = page_action(page);
    for (int i = 1; i < ACTION_COUNT; i++)
        if (helps_on((enum action)i, page))
            list[count++] = (enum action)i;
    return count;
}

static void help_row(struct frame *frame, int row, int column, int keys_columns, int columns,
                     enum action action, enum page page)
{
    bool back = page != PAGE_LADDER && action == page_action(page);
    struct buf keys = {0}, what = {0};

    action_keys_text(&keys, action, keys_columns);
    buf_puts(&what, back ? "back to the ladder" : action_what(action));
    if (text_columns(buf_text(&what)) > columns - keys_columns - 1 && !back) {
        char *stop = strpbrk(what.text, ";:(");

        if (stop != NULL) {
            *stop = 0;
            what.length = (size_t)(stop - what.text);
        }
        cut_words(&what, columns - keys_columns - 1);
    }
    frame_text(frame, row, column, keys_columns, ROLE_OVERLAY, buf_text(&keys));
    frame_text(frame, row, column + keys_columns + 1, columns - keys_columns - 1, ROLE_OVERLAY,
               buf_text(&what));
    buf_release(&keys);
    buf_release(&what);
}

/* In one column where there are enough rows, else in two. */
void draw_help(const struct stage *stage)
{
    enum action list[ACTION_COUNT];
    enum page page = stage->view->page;
    int count = help_list(page, list), lists = count + 2 <= stage->frame->rows ? 1 : 2;
    int rows = (count + lists - 1) / lists, columns = lists == 1 ? 64 : 37,
        keys_columns = lists == 1 ? 16 : 10;
    struct area box = box_in_the_middle(stage->frame, rows + 2, lists * (columns + 1) + 3);
    char title[32];

    snprintf(title, sizeof title, "KEYS: %s", page_name(page));
    open_box(stage->frame, &box, title, "any key closes");
    for (int i = 0; i < count; i++)
        help_row(stage->frame, box.row + 1 + i % rows, box.column + 2 + i / rows * (columns + 1),
                 keys_columns, columns, list[i], page);
}

void draw_quit_question(struct frame *frame)
{
    struct area box = box_in_the_middle(frame, 5, 52);

    open_box(frame, &box, "QUIT", "q quit   any other key goes on");
    frame_text(frame, box.row + 1, box.column + 2, 48, ROLE_OVERLAY,
               "The programs still run. Quitting ends them;");
    frame_text(frame, box.row + 2, box.column + 2, 48, ROLE_OVERLAY, "what was recorded until then is kept.");
}

/* --- predict --- */

#define QUESTION_COLUMNS 62
#define BADGE_ROWS       6 /* title, heads, badges and sockets stay to be seen */

static int text_lines(const char *text, int columns)
{
    return text != NULL ? draw_wrapped(NULL, 0, 0, 0, columns, ROLE_OVERLAY, text) : 0;
}

static int question_rows(const struct tui_question *question, bool revealed, int columns)
{
    int rows = text_lines(question->ask, columns) + 5;

    for (int i = 0; i < question->choice_count; i++)
        rows += text_lines(question->choices[i], columns - 5);
    return revealed && question->why != NULL ? rows + text_lines(question->why, columns) + 1 : rows;
}

static int put_choices(const struct stage *stage, const struct tui_question *question, int row, int column,
                       int columns)
{
    bool revealed = stage->view->revealed;

    for (int i = 0; i < question->choice_count; i++) {
        bool right = revealed && i == question->answer;
        int lines =
            draw_wrapped(stage->frame, row, column + 5, 3, columns - 5, ROLE_OVERLAY, question->choices[i]);

        frame_put(stage->frame, row, column, right ? 0x2713 : ' ', ROLE_OVERLAY);
        frame_printf(stage->frame, row, column + 2, 2, ROLE_OVERLAY, "%c", 'A' + i);
        if (right)
            frame_paint(stage->frame, row, column, columns, ROLE_NOW);
        row += lines;
    }
    return row;
}

static void put_votes(const struct stage *stage, const struct tui_question *question, int row, int column,
                      int columns)
{
    const int *votes = stage->view->votes[stage->view->question];
    struct buf text = {0};

    buf_puts(&text, "Show of hands ");
    for (int i = 0; i < question->choice_count; i++)
        buf_printf(&text, "  %c [%3d ]", 'A' + i, votes[i]);
    frame_text(stage->frame, row, column, columns, ROLE_OVERLAY, buf_text(&text));
    buf_release(&text);
}

static void replace_caption(const struct stage *stage)
{
    const struct layout *layout = &stage->layout;

    frame_blank(stage->frame, layout->caption_row, 0, layout->caption_rows, layout->columns, ROLE_PLAIN);
    if (layout->caption_rows > 0)
        frame_text(stage->frame, layout->caption_row, 1, layout->columns - 2, ROLE_CAPTION,
                   "Decide before you look. Talk to your neighbour for one minute.");
}

void draw_question(const struct stage *stage)
{
    const struct view *view = stage->view;
    const struct tui_question *question;
    int columns = QUESTION_COLUMNS - 4, row, rows;
    struct area box;

    if (view->question < 0 || view->question >= view->question_count)
        return;
    question = &view->questions[view->question];
    rows = question_rows(question, view->revealed, columns);
    rows = rows > stage->frame->rows - BADGE_ROWS - 1 ? stage->frame->rows - BADGE_ROWS - 1 : rows;
    box = (struct area){BADGE_ROWS, (stage->frame->columns - QUESTION_COLUMNS) / 2, rows, QUESTION_COLUMNS};
    if (!view->revealed && stage->layout.caption_rows > 0)
        replace_caption(stage);
    open_box(stage->frame, &box, "PREDICT",
             view->revealed ? "PgDn goes on   Esc close" : "a-d count a vote   PgDn reveal   Esc close");
    row = box.row + 1;
    row += draw_wrapped(stage->frame, row, box.column + 2, 5, columns, ROLE_OVERLAY, question->ask) + 1;
    row = put_choices(stage, question, row, box.column + 2, columns) + 1;
    put_votes(stage, question, row, box.column + 2, columns);
    if (view->revealed && question->why != NULL)
        draw_wrapped(stage->frame, row + 2, box.column + 2, box.row + box.rows - 1 - row - 2, columns,
                     ROLE_OVERLAY, question->why);
}

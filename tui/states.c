/*
 * The TCP state diagram (RFC 9293 figure 5). Boxes and arrows are tables; a large and a small drawing of the
 * same diagram share what draws them. A double box is where an end is now; the arrow that was just taken is
 * lit; dotted is the move that the record holds next.
 */
#include <stdio.h>
#include <string.h>

#include "tui/pages.h"

#define STROKES_MAX 6
#define TOKENS_MAX  3
#define LOOK_AHEAD  512 /* records in which the next move is looked for */

struct node {
    enum state state;
    int row, column, columns;
    int rows;   /* 1: "[ NAME ]"; 3: a box */
    bool above; /* the name stands in the upper border */
    bool end;   /* CLOSED behind the end of a connection */
};

/* A text, or a line made of box-drawing characters; some are labels. */
struct stroke {
    int row, column;
    const char *text;
};

struct edge {
    enum state from, to;
    struct stroke lines[STROKES_MAX], labels[3];
    int next_row, next_column; /* of the word NEXT; 0: there is no room for it */
};

struct diagram {
    const struct node *nodes;
    int node_count;
    const struct edge *edges;
    int edge_count;
    const struct stroke *notes;
    int note_count;
    int rows, columns;
};

/* Who stands where: "C", "S", "S'". */
struct token {
    const char *label;
    char note[24];
    enum role role;
    const struct picture_endpoint *endpoint;
    enum state state;
    bool half_open, over; /* over: CLOSED after a connection */
};

struct drawing {
    const struct stage *stage;
    const struct diagram *diagram;
    int row, column;
    struct token tokens[TOKENS_MAX];
    int token_count;
    const struct picture_step *taken; /* in this beat, or NULL */
    enum state next_from, next_to;    /* STATE_NONE: not known */
};

#define S(name) STATE_##name

static const struct node large_nodes[] = {
    {S(CLOSED), 0, 33, 10, 1, false, false},      {S(LISTEN), 3, 1, 19, 3, true, false},
    {S(SYN_SENT), 3, 59, 19, 3, true, false},     {S(SYN_RECEIVED), 4, 39, 16, 3, true, false},
    {S(ESTABLISHED), 8, 30, 25, 3, true, false},  {S(CLOSING), 13, 2, 14, 3, false, false},
    {S(FIN_WAIT_1), 13, 25, 13, 3, false, false}, {S(CLOSE_WAIT), 13, 44, 14, 3, false, false},
    {S(LAST_ACK), 13, 68, 12, 3, false, false},   {S(TIME_WAIT), 17, 12, 13, 3, false, false},
    {S(FIN_WAIT_2), 17, 31, 13, 3, false, false}, {S(CLOSED), 18, 70, 10, 1, false, true},
};

static const struct edge large_edges[] = {
    {.from = S(CLOSED),
     .to = S(LISTEN),
     .lines = {{1, 5, "┌──────────────────────────────┘"}, {2, 5, "▼"}},
     .labels = {{0, 8, "listen()"}}},
    {.from = S(CLOSED),
     .to = S(SYN_SENT),
     .lines = {{1, 39, "└───────────────────────────┐"}, {2, 67, "▼"}},
     .labels = {{0, 58, "connect() / SYN"}}},
    {.from = S(LISTEN),
     .to = S(SYN_RECEIVED),
     .lines = {{4, 20, "──────────────────►"}},
     .labels = {{3, 22, "SYN / SYN,ACK"}},
     .next_row = 2,
     .next_column = 27},
    {.from = S(SYN_SENT), .to = S(SYN_RECEIVED), .lines = {{4, 55, "◄"}}, .labels = {{4, 56, "SYN"}}},
    {.from = S(SYN_RECEIVED),
     .to = S(ESTABLISHED),
     .lines = {{6, 46, "┬"}, {7, 46, "▼"}},
     .labels = {{7, 40, "ACK"}},
     .next_row = 7,
     .next_column = 48},
    {.from = S(SYN_SENT),
     .to = S(ESTABLISHED),
     .lines = {{6, 67, "│"}, {7, 67, "│"}, {8, 67, "│"}, {9, 55, "◄───────────┘"}},
     .labels = {{6, 69, "SYN,ACK"}, {7, 69, "/ ACK"}},
     .next_row = 7,
     .next_column = 76},
    {.from = S(ESTABLISHED),
     .to = S(FIN_WAIT_1),
     .lines = {{10, 33, "┬"}, {11, 33, "│"}, {12, 33, "▼"}},
     .labels = {{11, 19, "close() / FIN"}},
     .next_row = 12,
     .next_column = 19},
    {.from = S(ESTABLISHED),
     .to = S(CLOSE_WAIT),
     .lines = {{10, 51, "┬"}, {11, 51, "│"}, {12, 51, "▼"}},
     .labels = {{11, 53, "FIN / ACK"}},
     .next_row = 12,
     .next_column = 53},
    {.from = S(FIN_WAIT_1),
     .to = S(CLOSING),
     .lines = {{14, 16, "◄────────"}},
     .labels = {{13, 17, "FIN/ACK"}},
     .next_row = 15,
     .next_column = 18},
    {.from = S(FIN_WAIT_1),
     .to = S(FIN_WAIT_2),
     .lines = {{15, 31, "┬"}, {16, 31, "▼"}},
     .labels = {{16, 27, "ACK"}},
     .next_row = 16,
     .next_column = 33},
    {.from = S(FIN_WAIT_1),
     .to = S(TIME_WAIT),
     .lines = {{15, 31, "┬"}, {16, 31, "▼"}, {18, 25, "◄─────"}},
     .labels = {{16, 27, "ACK"}, {17, 26, "FIN"}},
     .next_row = 16,
     .next_column = 33},
    {.from = S(CLOSE_WAIT),
     .to = S(LAST_ACK),
     .lines = {{14, 58, "─────────►"}},
     .labels = {{13, 59, "close()"}, {15, 60, "/ FIN"}},
     .next_row = 12,
     .next_column = 60},
    {.from = S(LAST_ACK),
     .to = S(CLOSED),
     .lines = {{15, 73, "┬"}, {16, 73, "│"}, {17, 73, "▼"}},
     .labels = {{16, 75, "ACK"}},
     .next_row = 16,
     .next_column = 67},
    {.from = S(CLOSING),
     .to = S(TIME_WAIT),
     .lines = {{15, 8, "┬"}, {16, 8, "│"}, {17, 8, "│"}, {18, 8, "└──►"}},
     .labels = {{16, 4, "ACK"}},
     .next_row = 17,
     .next_column = 3},
    {.from = S(FIN_WAIT_2),
     .to = S(TIME_WAIT),
     .lines = {{18, 25, "◄─────"}},
     .labels = {{17, 26, "FIN"}, {19, 26, "/ACK"}},
     .next_row = 16,
     .next_column = 19},
    {.from = S(TIME_WAIT), .to = S(CLOSED), .labels = {{18, 47, "60 s, then CLOSED"}}},
};

static const struct stroke large_notes[] = {{19, 47, "active close   ┃   passive close"}};

static const struct node small_nodes[] = {
    {S(CLOSED), 0, 22, 10, 1, false, false},      {S(LISTEN), 2, 4, 10, 1, false, false},
    {S(SYN_SENT), 2, 38, 12, 1, false, false},    {S(SYN_RECEIVED), 4, 2, 12, 1, false, false},
    {S(ESTABLISHED), 6, 20, 15, 1, false, false}, {S(FIN_WAIT_1), 8, 2, 14, 1, false, false},
    {S(CLOSE_WAIT), 8, 37, 14, 1, false, false},  {S(CLOSING), 8, 22, 11, 1, false, false},
    {S(FIN_WAIT_2), 10, 2, 14, 1, false, false},  {S(LAST_ACK), 10, 38, 12, 1, false, false},
    {S(TIME_WAIT), 12, 3, 13, 1, false, false},   {S(CLOSED), 12, 39, 10, 1, false, true},
};

static const struct edge small_edges[] = {
    {.from = S(CLOSED),
     .to = S(LISTEN),
     .lines = {{0, 9, "┌────────────"}, {1, 9, "▼"}},
     .labels = {{1, 11, "listen()"}}},
    {.from = S(CLOSED),
     .to = S(SYN_SENT),
     .lines = {{0, 32, "───────────┐"}, {1, 43, "▼"}},
     .labels = {{1, 27, "connect() / SYN"}}},
    {.from = S(LISTEN), .to = S(SYN_RECEIVED), .lines = {{3, 9, "▼"}}, .labels = {{3, 11, "SYN / SYN,ACK"}}},
    {.from = S(SYN_SENT),
     .to = S(SYN_RECEIVED),
     .lines = {{4, 14, "◄─────────────────────────────"}, {3, 43, "│"}, {4, 43, "┘"}},
     .labels = {{4, 34, " SYN "}}},
    {.from = S(SYN_RECEIVED),
     .to = S(ESTABLISHED),
     .lines = {{5, 9, "│"}, {6, 9, "└─────────►"}},
     .labels = {{5, 11, "ACK"}}},
    {.from = S(SYN_SENT),
     .to = S(ESTABLISHED),
     .lines = {{3, 47, "│"}, {4, 47, "│"}, {5, 47, "│"}, {6, 35, "◄───────────┘"}},
     .labels = {{5, 33, "SYN,ACK / ACK"}}},
    {.from = S(ESTABLISHED),
     .to = S(FIN_WAIT_1),
     .lines = {{7, 9, "▼"}, {7, 10, "────────────┘"}},
     .labels = {{7, 24, "close()"}}},
    {.from = S(ESTABLISHED),
     .to = S(CLOSE_WAIT),
     .lines = {{7, 32, "└──────────"}, {7, 43, "▼"}},
     .labels = {{7, 45, "FIN / ACK"}}},
    {.from = S(FIN_WAIT_1), .to = S(CLOSING), .lines = {{8, 16, "─────►"}}, .labels = {{9, 16, "FIN/ACK"}}},
    {.from = S(FIN_WAIT_1), .to = S(FIN_WAIT_2), .lines = {{9, 9, "▼"}}, .labels = {{9, 11, "ACK"}}},
    {.from = S(FIN_WAIT_1),
     .to = S(TIME_WAIT),
     .lines = {{9, 9, "▼"}, {11, 9, "▼"}},
     .labels = {{9, 11, "ACK"}, {11, 11, "FIN"}}},
    {.from = S(CLOSE_WAIT), .to = S(LAST_ACK), .lines = {{9, 43, "▼"}}, .labels = {{9, 45, "close()/FIN"}}},
    {.from = S(LAST_ACK), .to = S(CLOSED), .lines = {{11, 43, "▼"}}, .labels = {{11, 45, "ACK"}}},
    {.from = S(CLOSING),
     .to = S(TIME_WAIT),
     .lines = {{9, 27, "│"}, {10, 27, "│"}, {11, 27, "│"}, {12, 16, "◄──────────┘"}},
     .labels = {{10, 29, "ACK"}}},
    {.from = S(FIN_WAIT_2), .to = S(TIME_WAIT), .lines = {{11, 9, "▼"}}, .labels = {{11, 11, "FIN / ACK"}}},
    {.from = S(TIME_WAIT), .to = S(CLOSED), .lines = {{12, 30, "60 s ───►"}}},
};

#undef S
#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

static const struct diagram large = {large_nodes, COUNT(large_nodes), large_edges, COUNT(large_edges),
                                     large_notes, COUNT(large_notes), 20,          80},
                            small = {
                                small_nodes, COUNT(small_nodes), small_edges, COUNT(small_edges), NULL, 0, 13,
                                56};

/* --- who stands where --- */

/* Sockets without a connection are CLOSED in the words of RFC 9293. */
static enum state diagram_state(const struct picture_endpoint *endpoint)
{
    enum witness witness;
    enum state state = picture_state(endpoint, &witness);

    if (state < STATE_API_CREATED)
        return state;
    return state == STATE_API_LISTENING ? STATE_LISTEN : STATE_CLOSED;
}

static bool was_connected(const struct picture *picture, uint32_t endpoint)
{
    for (size_t i = picture->steps.count; i-- > 0;) {
        const struct picture_step *step = &picture->steps.items[i];

        if (step->endpoint == endpoint && step->old_state == STATE_ESTABLISHED)
            return true;
        if (picture->steps.count - i > LOOK_AHEAD)
            break;
    }
    return false;
}

static void add_token(struct drawing *drawing, const char *label, enum role role,
                      const struct picture_endpoint *endpoint)
{
    struct token *token = &drawing->tokens[drawing->token_count];

    if (endpoint == NULL || drawing->token_count == TOKENS_MAX || endpoint->protocol == PROTOCOL_UDP)
        return;
    *token =
        (struct token){.label = label, .role = role, .endpoint = endpoint, .state = diagram_state(endpoint)};
    if (token->state == STATE_NONE)
        return;
    token->half_open = token->state == STATE_SYN_RECEIVED;
    token->over = token->state == STATE_CLOSED && was_connected(drawing->stage->picture, endpoint->number);
    if (token->half_open)
        snprintf(token->note, sizeof token->note, "SYN queue");
    else if (endpoint->lane == PICTURE_NONE && drawing->stage->timeline->info.host_count > 0)
        snprintf(token->note, sizeof token->note, "not accepted");
    else if (endpoint->fd >= 0)
        snprintf(token->note, sizeof token->note, "fd %d", endpoint->fd);
    drawing->token_count++;
}

static void find_tokens(struct drawing *drawing)
{
    struct actors left = stage_actors(drawing->stage, SIDE_LEFT),
                  right = stage_actors(drawing->stage, SIDE_RIGHT);
    const struct picture_endpoint *connection = right.main != right.listener ? right.main : right.child;

    add_token(drawing, "C", ROLE_CLIENT, left.main);
    add_token(drawing, "S", ROLE_SERVER, right.listener);
    add_token(drawing, right.listener != NULL ? "S'" : "S", ROLE_SERVER, connection);
}

static bool has_token(const struct drawing *drawing, uint32_t endpoint)
{
    for (int i = 0; i < drawing->token_count; i++)
        if (drawing->tokens[i].endpoint->number == endpoint)
            return true;
    return false;
}

static void find_taken(struct drawing *drawing)
{
    const struct stage *stage = drawing->stage;
    size_t first, end;

    timeline_beat_range(stage->timeline, view_beat(stage->view, stage->timeline), &first, &end);
    for (size_t i = stage->picture->steps.count; i-- > 0 && drawing->taken == NULL;) {
        const struct picture_step *step = &stage->picture->steps.items[i];

        if (step->record < first)
            return;
        if (has_token(drawing, step->endpoint))
            drawing->taken = step;
    }
}

static bool is_next(struct drawing *drawing, const struct change *change)
{
    const struct picture_endpoint *endpoint = picture_endpoint(drawing->stage->picture, change->endpoint);
    enum witness witness;

    if (endpoint == NULL || !has_token(drawing, change->endpoint))
        return false;
    picture_state(endpoint, &witness);
    if (change->witness != witness && witness == WITNESS_KERNEL)
        return false;
    drawing->next_from = diagram_state(endpoint);
    drawing->next_to = change->new_state;
    return drawing->next_from != drawing->next_to && change->new_state < STATE_API_CREATED;
}

/* Only a record knows what comes, and while the class is asked it does not tell. */
static void find_next_move(struct drawing *drawing)
{
    const struct timeline *timeline = drawing->stage->timeline;
    size_t position = drawing->stage->view->position;

    for (size_t i = position; i < timeline->records.count && i < position + LOOK_AHEAD; i++) {
        const struct record *record = &timeline->records.items[i];

        for (uint32_t k = 0; k < record->change_count; k++)
            if (is_next(drawing, &timeline_changes(timeline, record)[k]))
                return;
    }
    drawing->next_from = drawing->next_to = STATE_NONE;
}

/* --- drawing --- */

static enum state other_name(enum state state)
{
    return state < STATE_API_CREATED ? state : state == STATE_API_LISTENING ? STATE_LISTEN : STATE_CLOSED;
}

static bool is_taken(const struct drawing *drawing, const struct edge *edge)
{
    return drawing->taken != NULL && other_name(drawing->taken->old_state) == edge->from &&
           drawing->taken->new_state == edge->to;
}

/* An end begins in CLOSED, whether anybody has said so or not. A child of a listening socket begins at
 * LISTEN. */
static bool is_beginning(const struct drawing *drawing, const struct edge *edge)
{
    if (drawing->taken == NULL || drawing->taken->old_state != STATE_NONE ||
        drawing->taken->new_state != edge->to)
        return false;
    return edge->from == (edge->to == STATE_SYN_RECEIVED ? STATE_LISTEN : STATE_CLOSED);
}

static void put_stroke(const struct drawing *drawing, const struct stroke *stroke, enum role role,
                       bool dotted)
{
    int row = drawing->row + stroke->row, column = drawing->column + stroke->column;
    int columns = text_columns(stroke->text);

    frame_text(drawing->stage->frame, row, column, columns, role, stroke->text);
    for (int i = 0; dotted && i < columns; i++) {
        uint32_t code = frame_cell(drawing->stage->frame, row, column + i).code;

        if (code == 0x2500 || code == 0x2502)
            frame_put(drawing->stage->frame, row, column + i, code == 0x2500 ? 0x2504 : 0x2506, role);
    }
}

static void put_edge(const struct drawing *drawing, const struct edge *edge)
{
    bool taken = is_taken(drawing, edge) || is_beginning(drawing, edge);
    bool next = drawing->next_from == edge->from && drawing->next_to == edge->to;

    for (int i = 0; i < STROKES_MAX && edge->lines[i].text != NULL; i++)
        put_stroke(drawing, &edge->lines[i], taken || next ? ROLE_TITLE : ROLE_BORDER, next);
    for (int i = 0; i < 3 && edge->labels[i].text != NULL; i++)
        put_stroke(drawing, &edge->labels[i],
                   taken  ? (drawing->diagram == &large ? ROLE_NOW : ROLE_TITLE)
                   : next ? ROLE_TITLE
                          : ROLE_TIME,
                   false);
    if (next && edge->next_row > 0)
        frame_text(drawing->stage->frame, drawing->row + edge->next_row, drawing->column + edge->next_column,
                   4, ROLE_TITLE, "NEXT");
}

static bool stands_at(const struct token *token, const struct node *node)
{
    return token->state == node->state && (node->state != STATE_CLOSED || token->over == node->end);
}

/* All who stand at a node, as text: "C  fd 3". */
static int tokens_at(const struct drawing *drawing, const struct node *node, struct buf *out,
                     enum role *ret_role, bool notes)
{
    int count = 0;

    for (int i = 0; i < drawing->token_count; i++) {
        const struct token *token = &drawing->tokens[i];

        if (!stands_at(token, node))
            continue;
        buf_printf(out, "%s%s", count > 0 ? " " : "", token->label);
        if (notes && token->note[0] != 0)
            buf_printf(out, "%s%s", token->half_open ? " " : "  ", token->note);
        *ret_role = token->role;
        count++;
    }
    return count;
}

static const char *node_name(const struct node *node)
{
    return node->state == STATE_SYN_RECEIVED ? "SYN_RECV" : state_name(node->state);
}

static void single_box(struct frame *frame, int row, int column, int columns, enum role role)
{
    frame_horizontal(frame, row, column, columns, 0x2500, role);
    frame_horizontal(frame, row + 2, column, columns, 0x2500, role);
    frame_put(frame, row + 1, column, 0x2502, role);
    frame_put(frame, row + 1, column + columns - 1, 0x2502, role);
    frame_put(frame, row, column, 0x250C, role);
    frame_put(frame, row, column + columns - 1, 0x2510, role);
    frame_put(frame, row + 2, column, 0x2514, role);
    frame_put(frame, row + 2, column + columns - 1, 0x2518, role);
}

static bool only_half_open(const struct drawing *drawing, const struct node *node)
{
    for (int i = 0; i < drawing->token_count; i++)
        if (stands_at(&drawing->tokens[i], node) && !drawing->tokens[i].half_open)
            return false;
    return true;
}

static void put_box(const struct drawing *drawing, const struct node *node)
{
    struct frame *frame = drawing->stage->frame;
    int row = drawing->row + node->row, column = drawing->column + node->column;
    struct buf who = {0};
    enum role role = ROLE_BORDER;
    int count = tokens_at(drawing, node, &who, &role, node->above);
    enum role name_role = count > 0 ? role : ROLE_TIME;

    if (count > 0 && !only_half_open(drawing, node))
        frame_double_box(frame, row, column, 3, node->columns, role);
    else
        single_box(frame, row, column, node->columns, role);
    if (node->above) {
        frame_printf(frame, row, column + 2, node->columns - 3, name_role, "[ %s ]", node_name(node));
        frame_text(frame, row + 1, column + 2, node->columns - 3, role, buf_text(&who));
    } else {
        frame_text_centre(frame, row + 1, column + 1, node->columns - 2, name_role, node_name(node));
        if (count > 0)
            frame_printf(frame, row, column + 2, node->columns - 3, role, " %s ", buf_text(&who));
    }
    buf_release(&who);
}

static void put_name(const struct drawing *drawing, const struct node *node)
{
    struct frame *frame = drawing->stage->frame;
    int row = drawing->row + node->row, column = drawing->column + node->column;
    struct buf who = {0};
    enum role role = ROLE_TIME;
    int count = tokens_at(drawing, node, &who, &role, false);

    frame_printf(frame, row, column, node->columns, role, count > 0 ? "\u2551 %s \u2551" : "[ %s ]",
                 node_name(node));
    if (count > 0 && column + node->columns + 1 + text_columns(buf_text(&who)) <=
                         drawing->column + drawing->diagram->columns)
        frame_printf(frame, row, column + node->columns, 6, role, " %s", buf_text(&who));
    else if (count > 0)
        frame_text_right(frame, row, column - 6, 5, role, buf_text(&who));
    buf_release(&who);
}

static void put_diagram(const struct drawing *drawing)
{
    const struct diagram *diagram = drawing->diagram;

    for (int i = 0; i < diagram->node_count; i++) {
        if (diagram->nodes[i].rows == 3)
            put_box(drawing, &diagram->nodes[i]);
    }
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < diagram->edge_count; i++) {
            const struct edge *edge = &diagram->edges[i];
            bool lit = is_taken(drawing, edge) || is_beginning(drawing, edge) ||
                       (drawing->next_from == edge->from && drawing->next_to == edge->to);

            if (lit == (pass == 1))
                put_edge(drawing, edge);
        }
    }
    for (int i = 0; i < diagram->note_count; i++)
        put_stroke(drawing, &diagram->notes[i], ROLE_TIME, false);
    for (int i = 0; i < diagram->node_count; i++)
        if (diagram->nodes[i].rows == 1)
            put_name(drawing, &diagram->nodes[i]);
}

/* Why the newest step was taken, in the words of the model. */
static void put_reason(const struct drawing *drawing, int row, int column, int columns)
{
    const struct picture_step *step = drawing->taken;
    struct buf text = {0};

    if (step == NULL)
        return;
    for (int i = 0; i < drawing->token_count; i++)
        if (drawing->tokens[i].endpoint->number == step->endpoint)
            buf_printf(&text, "%s: ", drawing->tokens[i].label);
    buf_puts(&text, drawing->stage->timeline->changes.items[step->change].reason);
    cut_words(&text, columns);
    frame_text_centre(drawing->stage->frame, row, column, columns, ROLE_CAPTION, buf_text(&text));
    buf_release(&text);
}

static struct drawing drawing_of(const struct stage *stage, const struct diagram *diagram, int row,
                                 int column)
{
    struct drawing drawing = {.stage = stage, .diagram = diagram, .row = row, .column = column};

    find_tokens(&drawing);
    find_taken(&drawing);
    if (!view_next_hidden(stage->view, stage->timeline))
        find_next_move(&drawing);
    return drawing;
}

static void draw_states(const struct stage *stage, const struct area *area)
{
    int spare = area->rows - large.rows - 1;
    int row = area->row + (spare > 0 ? spare / 2 : 0),
        column = area->column + (area->columns - large.columns) / 2;
    struct drawing drawing = drawing_of(stage, &large, row, column);

    put_diagram(&drawing);
    put_reason(&drawing, row + 2, column + 7, 59);
    frame_text(stage->frame, row + large.rows, column + 1, large.columns, ROLE_TIME,
               drawing.token_count > 0
                   ? "Double box = where an end is now.  Dotted = the next move.  C client  S server"
                   : "No TCP connection here: datagram sockets have no states to go through.");
}

int draw_states_small(const struct stage *stage, const struct area *area)
{
    struct drawing drawing = drawing_of(stage, &small, area->row + 1, area->column);

    draw_heading(stage, area, ROLE_TITLE, "TCP STATES");
    if (area->rows < small.rows + 2)
        return 1;
    put_diagram(&drawing);
    return small.rows + 2;
}

/* The history: the newest steps of the shown states, the last below. */
int draw_history(const struct stage *stage, const struct area *area)
{
    const struct picture *picture = stage->picture;
    size_t room = area->rows > 1 ? (size_t)area->rows - 1 : 0;
    size_t first = picture->steps.count > room ? picture->steps.count - room : 0;

    draw_heading(stage, area, ROLE_TITLE, "HISTORY OF STATES");
    for (size_t i = first; i < picture->steps.count; i++) {
        const struct picture_step *step = &picture->steps.items[i];
        const struct change *change = &stage->timeline->changes.items[step->change];
        const struct event *event = &stage->timeline->records.items[step->record].event;
        struct buf text = {0};

        moment_text(&text, event->time_ns - stage->timeline->info.start_ns, false);
        frame_text_right(stage->frame, area->row + 1 + (int)(i - first), area->column, 8, ROLE_TIME,
                         buf_text(&text));
        frame_printf(stage->frame, area->row + 1 + (int)(i - first), area->column + 10, area->columns - 10,
                     step->record + 1 == stage->view->position ? ROLE_TITLE : ROLE_PLAIN,
                     "%-8s %s \u2500\u25ba %s (%s)", change->name, state_name(step->old_state),
                     state_name(step->new_state), witness_name((enum witness)change->witness));
        buf_release(&text);
    }
    return area->rows;
}

const struct page_ops page_states = {.draw = draw_states, .rows_wanted = 21};

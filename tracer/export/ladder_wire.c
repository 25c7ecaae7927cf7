#include "export/ladder_wire.h"

#include <limits.h>
#include <string.h>

#define FIRST_COLUMN 4 /* from the receiver's lifeline: room for the arrow */
#define COLUMN_STEP  2

void wire_release(struct wire *wire)
{
    array_release(&wire->flying);
}

void wire_continue(const struct wire *wire, struct grid_row *row)
{
    array_each (const struct stair, stair, &wire->flying)
        if (stair->column != 0)
            row->cells[stair->column] = stair->label.is_double ? GLYPH_DOUBLE_POST : GLYPH_POST;
}

static struct stair *wire_find(const struct wire *wire, uint64_t id)
{
    array_each (struct stair, stair, &wire->flying)
        if (stair->id == id)
            return stair;
    return NULL;
}

static void wire_remove(struct wire *wire, struct stair *stair)
{
    struct stair *end = wire->flying.items + wire->flying.count;
    memmove(stair, stair + 1, (size_t)(end - stair - 1) * sizeof *stair);
    wire->flying.count--;
}

/* Distances are counted from the sender's lifeline, so that both directions are one problem. */
static int at_distance(enum side from, int distance)
{
    return from == LEFT ? LEFT_LINE + distance : RIGHT_LINE - distance;
}

static int distance_of(enum side from, int column)
{
    return from == LEFT ? column - LEFT_LINE : RIGHT_LINE - column;
}

static bool is_taken(const struct wire *wire, int column)
{
    array_each (const struct stair, stair, &wire->flying)
        if (stair->column == column || stair->column == column + 1 || stair->column == column - 1)
            return true;
    return false;
}

/* The column for a new packet: nearer to its sender than all that fly the same way; if that leaves no room
 * for the label, any free one. 0: none. */
static int choose_column(const struct wire *wire, enum side from, int least)
{
    int nearest = RIGHT_LINE - LEFT_LINE - FIRST_COLUMN + COLUMN_STEP;
    array_each (const struct stair, stair, &wire->flying)
        if (stair->from == from && stair->column != 0 && distance_of(from, stair->column) < nearest)
            nearest = distance_of(from, stair->column);
    for (int distance = nearest - COLUMN_STEP; distance >= least; distance--)
        if (!is_taken(wire, at_distance(from, distance)))
            return at_distance(from, distance);
    for (int distance = RIGHT_LINE - LEFT_LINE - FIRST_COLUMN; distance >= least; distance--)
        if (!is_taken(wire, at_distance(from, distance)))
            return at_distance(from, distance);
    return 0;
}

/* Whether `room` cells from distance `start` on are free of posts. */
static bool is_free(const struct grid_row *row, enum side from, int start, int room)
{
    for (int i = 0; i < room; i++)
        if (row->cells[at_distance(from, start + i)] == GLYPH_CROSS)
            return false;
    return true;
}

static bool try_label(struct grid_row *row, enum side from, int end, const char *text)
{
    int room = (int)strlen(text) + 2;
    for (int start = 2; start + room <= end; start++) {
        if (!is_free(row, from, start, room))
            continue;
        int column = from == LEFT ? at_distance(from, start) : at_distance(from, start + room - 1);
        row_text(row, column, 1, " ");
        row_text(row, column + 1, room - 2, text);
        row_text(row, column + room - 1, 1, " ");
        return true;
    }
    return false;
}

/* Writes the label on the line between the sender and distance `end`, as near to the sender as posts allow.
 */
static void put_label(struct grid_row *row, enum side from, int end, const struct label *label)
{
    if (try_label(row, from, end, label->full) || try_label(row, from, end, label->brief))
        return;
    int room = end - 2 < (int)strlen(label->brief) ? end - 2 : (int)strlen(label->brief);
    row_text(row, from == LEFT ? at_distance(from, 2) : at_distance(from, 1 + room), room, label->brief);
}

/* The line from the sender's lifeline up to, but without, distance `end`. */
static void put_line(struct grid_row *row, enum side from, int end, bool is_double)
{
    int near = at_distance(from, 1), far = at_distance(from, end - 1);
    row_line(row, near < far ? near : far, (near < far ? far : near) + 1, is_double);
    row->cells[at_distance(from, 0)] = from == LEFT ? GLYPH_FORK_RIGHT : GLYPH_FORK_LEFT;
}

static uint8_t departing_corner(enum side from, bool is_double)
{
    if (from == LEFT)
        return is_double ? GLYPH_DOUBLE_DOWN_FROM_LEFT : GLYPH_TURN_DOWN_FROM_LEFT;
    return is_double ? GLYPH_DOUBLE_DOWN_FROM_RIGHT : GLYPH_TURN_DOWN_FROM_RIGHT;
}

static uint8_t arriving_corner(enum side from, bool is_double, bool last)
{
    if (!last)
        return from == LEFT ? GLYPH_FORK_RIGHT : GLYPH_FORK_LEFT;
    if (from == LEFT)
        return is_double ? GLYPH_DOUBLE_RIGHT : GLYPH_TURN_RIGHT;
    return is_double ? GLYPH_DOUBLE_LEFT : GLYPH_TURN_LEFT;
}

#define SPAN (RIGHT_LINE - LEFT_LINE)

void wire_depart(struct wire *wire, struct grid_row *row, uint64_t id, enum side from,
                 const struct label *label, unsigned arrivals)
{
    int column = choose_column(wire, from, (int)strlen(label->full) + 4);
    if (column == 0)
        column = choose_column(wire, from, (int)strlen(label->brief) + 4);
    int end = column != 0 ? distance_of(from, column) : (int)strlen(label->brief) + 4;
    put_line(row, from, end, label->is_double);
    put_label(row, from, end, label);
    if (column != 0)
        row->cells[column] = departing_corner(from, label->is_double);
    *array_push(&wire->flying) =
        (struct stair){.id = id, .from = from, .column = column, .arrivals = arrivals, .label = *label};
}

static void put_arrow(struct grid_row *row, enum side from)
{
    row->cells[at_distance(from, SPAN - 1)] = from == LEFT ? GLYPH_ARROW_RIGHT : GLYPH_ARROW_LEFT;
}

/* The last steps to the receiver, labelled because nothing leads there. */
static void arrive_from_nowhere(struct grid_row *row, enum side from, const struct label *label)
{
    int room = (int)strlen(label->brief);
    int start = SPAN - 4 - room > 1 ? SPAN - 4 - room : 1;
    int near = at_distance(from, start), far = at_distance(from, SPAN - 1);
    row_line(row, near < far ? near : far, near < far ? far : near + 1, label->is_double);
    row_text(row, from == LEFT ? near + 1 : near - room, room, label->brief);
    put_arrow(row, from);
}

void wire_arrive(struct wire *wire, struct grid_row *row, uint64_t id, enum side from,
                 const struct label *label)
{
    struct stair *stair = wire_find(wire, id);
    if (stair == NULL || stair->column == 0) {
        arrive_from_nowhere(row, from, stair != NULL ? &stair->label : label);
    } else {
        bool is_double = stair->label.is_double;
        int far = at_distance(from, SPAN - 1);
        if (from == LEFT)
            row_line(row, stair->column + 1, far, is_double);
        else
            row_line(row, far + 1, stair->column, is_double);
        row->cells[stair->column] = arriving_corner(from, is_double, stair->arrivals <= 1);
        put_arrow(row, from);
    }
    if (stair != NULL && --stair->arrivals == 0)
        wire_remove(wire, stair);
}

void wire_hold(const struct wire *wire, struct grid_row *row, uint64_t id)
{
    const struct stair *stair = wire_find(wire, id);
    if (stair == NULL || stair->column == 0)
        return;
    row->cells[stair->column] = GLYPH_HELD;
    if (stair->from == LEFT)
        row_text_right(row, stair->column - 1, 4, "held");
    else
        row_text(row, stair->column + 2, 4, "held");
}

static void put_stub(struct grid_row *row, enum side from, const struct label *label, uint8_t tip,
                     const char *word)
{
    int room = (int)strlen(word);
    int most = SPAN - room - 3; /* distance of the tip */
    int wanted = (int)strlen(label->full) + 7;
    int end = wanted < most ? wanted : most;
    put_line(row, from, end, label->is_double);
    put_label(row, from, end, label);
    row->cells[at_distance(from, end)] = tip;
    row_text(row, from == LEFT ? at_distance(from, end + 2) : at_distance(from, end + 1 + room), room, word);
}

void wire_lose(struct grid_row *row, enum side from, const struct label *label)
{
    put_stub(row, from, label, GLYPH_LOST, "lost");
}

void wire_elsewhere(struct grid_row *row, enum side from, const struct label *label, const char *to)
{
    put_stub(row, from, label, from == LEFT ? GLYPH_ARROW_RIGHT : GLYPH_ARROW_LEFT, to);
}

void wire_straight(struct grid_row *row, enum side from, const struct label *label)
{
    put_line(row, from, SPAN - 1, label->is_double);
    put_label(row, from, SPAN - 1, label);
    put_arrow(row, from);
}

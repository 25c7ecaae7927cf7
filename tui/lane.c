/*
 * A lane: one process with its sockets. From the top: the state badge, the descriptor and its address, what
 * hangs on a listening socket, the list of calls; at the bottom the queues. The badge and the current call
 * never move.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tui/draw.h"

#define BADGE_COLUMNS 16
#define BADGE_ROOMY   20
#define CHILDREN_MAX  8

struct lane {
    const struct stage *stage;
    struct side_info info;
    int column, columns, indent, row, last; /* first and last row of the body */
    enum role role;
    const struct picture_lane *process;
    const struct picture_endpoint *main, *listener;
    const struct actors *actors;
};

static bool is_open(const struct picture_endpoint *endpoint)
{
    enum witness witness;
    enum state state = picture_state(endpoint, &witness);

    return state != STATE_CLOSED && state != STATE_API_CLOSED;
}

static const struct picture_lane *find_process(const struct picture *picture, const char *host)
{
    const struct picture_lane *process = picture_lane(picture, host);

    array_each (const struct picture_lane, lane, &picture->lanes) {
        if (process == NULL && strcmp(lane->host, host) == 0)
            process = lane;
    }
    return process;
}

static const struct picture_endpoint *find_listener(const struct picture *picture,
                                                    const struct picture_lane *process)
{
    if (process == NULL)
        return NULL;
    array_each (const struct picture_endpoint, endpoint, &picture->endpoints) {
        if (endpoint->listening && endpoint->lane == (uint32_t)(process - picture->lanes.items) &&
            endpoint->fd >= 0)
            return endpoint;
    }
    return NULL;
}

/* Without a process, as in a foreign capture, the end that has this address. */
static const struct picture_endpoint *find_main(const struct picture *picture, const struct actors *actors)
{
    const struct address *address = &actors->info.address;

    if (actors->process != NULL)
        return picture_endpoint(picture, actors->process->main_endpoint);
    array_each (const struct picture_endpoint, endpoint, &picture->endpoints) {
        if (address->family != ADDRESS_NONE && address_ip_equal(&endpoint->local, address) &&
            (address->port == 0 || endpoint->local.port == address->port))
            return endpoint;
    }
    return NULL;
}

static void find_children(const struct picture *picture, struct actors *actors)
{
    if (actors->listener == NULL)
        return;
    array_each (const struct picture_endpoint, other, &picture->endpoints) {
        if (other->lane != PICTURE_NONE || strcmp(other->host, actors->info.host) != 0 || !is_open(other) ||
            other->local.port != actors->listener->local.port)
            continue;
        actors->child = actors->child != NULL ? actors->child : other;
        actors->children++;
    }
}

struct actors stage_actors(const struct stage *stage, enum side side)
{
    struct actors actors = {.info = stage_side(stage, side)};

    actors.process = find_process(stage->picture, actors.info.host);
    actors.main = find_main(stage->picture, &actors);
    actors.listener = find_listener(stage->picture, actors.process);
    find_children(stage->picture, &actors);
    return actors;
}

static void draw_badge(const struct lane *lane)
{
    enum witness witness;
    enum state state = lane->main != NULL ? picture_state(lane->main, &witness) : STATE_NONE;
    const char *text = lane->process == NULL ? "not started" : lane->process->ended ? "ended" : "no socket";
    int columns = lane->stage->layout.roomy >= 2 ? BADGE_ROOMY : BADGE_COLUMNS, column;

    if (lane->main != NULL)
        text = state != STATE_NONE ? state_name(state) : "not known";
    else if (lane->stage->timeline->info.host_count == 0)
        text = "not known";
    if (text_columns(text) + 4 > columns)
        columns = text_columns(text) + 4;
    column = lane->column + (lane->columns - columns + 1) / 2;
    frame_double_box(lane->stage->frame, lane->row, column, 3, columns, lane->role);
    frame_text_centre(lane->stage->frame, lane->row + 1, column + 1, columns - 2, lane->role, text);
}

/* The whole address where there is room, else its port. */
static void put_address(const struct lane *lane, int row, int used, const struct address *address)
{
    char text[ADDRESS_TEXT_MAX];
    int room = lane->columns - used;

    if (address->family == ADDRESS_NONE)
        return;
    address_text(address, text);
    if (text_columns(text) <= room)
        frame_text(lane->stage->frame, row, lane->column + used, room, ROLE_PLAIN, text);
    else
        frame_printf(lane->stage->frame, row, lane->column + used, room, ROLE_PLAIN, "port %u",
                     address->port);
}

static int put_descriptor(const struct lane *lane, int row, const struct picture_endpoint *endpoint)
{
    char number[16] = "-";

    if (endpoint->fd >= 0)
        snprintf(number, sizeof number, "%d", endpoint->fd);
    return lane->indent + frame_printf(lane->stage->frame, row, lane->column + lane->indent,
                                       lane->columns - lane->indent, ROLE_PLAIN, "fd %s  ", number);
}

/* The first connection that waits at the door, "└ SYN_RECV :42002", and how many more there are. */
static bool put_child(const struct lane *lane, int row)
{
    const struct picture_endpoint *child = lane->actors->child;
    struct buf text = {0};
    enum witness witness;
    enum state state;

    if (child == NULL)
        return false;
    state = picture_state(child, &witness);
    buf_printf(&text, "\u2514 %s :%u", state == STATE_SYN_RECEIVED ? "SYN_RECV" : state_name(state),
               child->remote.port);
    if (lane->actors->children > 1)
        buf_printf(&text, " +%d", lane->actors->children - 1);
    frame_text(lane->stage->frame, row, lane->column + lane->indent + 2, lane->columns - lane->indent - 2,
               ROLE_PLAIN, buf_text(&text));
    buf_release(&text);
    return true;
}

/* The kernel and the wire do not speak with one voice; or the kernel has not spoken at all. */
static bool put_witness(const struct lane *lane, int row)
{
    enum state kernel = lane->main->states[WITNESS_KERNEL], wire = lane->main->states[WITNESS_WIRE];
    char text[48] = "inferred from packets";

    if (wire == STATE_NONE || kernel == wire)
        return false;
    if (kernel != STATE_NONE)
        snprintf(text, sizeof text, "wire says %s", state_name(wire));
    frame_text(lane->stage->frame, row, lane->column + lane->indent, lane->columns - lane->indent,
               ROLE_PENDING, text);
    return true;
}

static void put_timer(const struct lane *lane, int row)
{
    static const char *const words[] = {"", "retransmit in", "keepalive in", "TIME_WAIT for", "probe in"};
    const struct picture_endpoint *main = lane->main;
    struct buf text = {0};

    if (main->timer == 0 || main->timer >= sizeof words / sizeof *words || lane->stage->layout.roomy >= 2 ||
        (main->timer != 3 && lane->stage->layout.roomy == 0))
        return;
    buf_printf(&text, "%s %.*f s", words[main->timer], main->timer_ms < 10000 ? 2 : 0,
               main->timer_ms / 1000.0);
    frame_text(lane->stage->frame, row, lane->column + lane->indent, lane->columns - lane->indent, ROLE_TIME,
               buf_text(&text));
    buf_release(&text);
}

/* Two rows: the socket of the badge; below it what waits at the door, the listening socket, or what else is
 * to be said. */
static void draw_sockets(const struct lane *lane, int row)
{
    int used;

    if (lane->main == NULL)
        return;
    used = lane->process != NULL ? put_descriptor(lane, row, lane->main) : lane->indent;
    put_address(lane, row, used, &lane->main->local);
    if (put_child(lane, row + 1))
        return;
    if (lane->listener != NULL && lane->listener != lane->main) {
        used = put_descriptor(lane, row + 1, lane->listener);
        frame_printf(lane->stage->frame, row + 1, lane->column + used, lane->columns - used, ROLE_PENDING,
                     "LISTEN :%u", lane->listener->local.port);
        return;
    }
    if (!put_witness(lane, row + 1))
        put_timer(lane, row + 1);
}

static void put_line(const struct lane *lane, int row, const char *text)
{
    frame_text(lane->stage->frame, row, lane->column + lane->indent, lane->columns - lane->indent, ROLE_PLAIN,
               text);
}

/* A full bar of a buffer; the kernel grows the true limit as it likes. */
#define BAR_BYTES   65536
#define BAR_COLUMNS 10

void bar_text(struct buf *out, int64_t part, int64_t whole, int columns)
{
    int64_t filled = whole <= 0 || part <= 0 ? 0
                     : part >= whole         ? columns
                                             : (part * columns + whole - 1) / whole;

    buf_putc(out, '[');
    for (int i = 0; i < columns; i++)
        buf_putc(out, i < filled ? '#' : '.');
    buf_putc(out, ']');
}

static int put_bar(const struct lane *lane, int row, const char *name, int64_t part, int64_t whole,
                   const char *value)
{
    struct buf text = {0};

    buf_printf(&text, "%-12s ", name);
    bar_text(&text, part, whole, BAR_COLUMNS);
    buf_printf(&text, " %7s", value);
    put_line(lane, row, buf_text(&text));
    buf_release(&text);
    return row - 1;
}

/* What is left of a timer at this moment, by what the kernel said last. */
static int64_t timer_left_ms(const struct lane *lane)
{
    int64_t passed_ms = (lane->stage->now_ns - lane->main->asked_ns) / NS_PER_MS;
    int64_t left_ms = lane->main->timer_ms - (passed_ms > 0 ? passed_ms : 0);

    return left_ms > 0 ? left_ms : 0;
}

/* From the bottom up. Returns the row above them. */
static int put_bars(const struct lane *lane, int row)
{
    static const char *const timers[] = {"", "retransmit", "keepalive", "TIME_WAIT", "probe"};
    const struct picture_endpoint *main = lane->main;
    int64_t left_ms = timer_left_ms(lane);
    char value[32];

    if (main->timer > 0 && main->timer < 5) {
        snprintf(value, sizeof value, "%.*f s", left_ms < 10000 ? 2 : 0, (double)left_ms / 1000.0);
        row = put_bar(lane, row, timers[main->timer], left_ms, main->timer == 3 ? 60000 : main->timer_ms,
                      value);
    }
    snprintf(value, sizeof value, "%u B", main->receive_queue);
    row = put_bar(lane, row, "recv buffer", main->receive_queue, BAR_BYTES, value);
    snprintf(value, sizeof value, "%u B", main->send_queue);
    return put_bar(lane, row, "send buffer", main->send_queue, BAR_BYTES, value);
}

static int put_queues(const struct lane *lane, int row)
{
    char text[64];
    bool known = lane->main != NULL && lane->main != lane->listener &&
                 lane->main->states[WITNESS_KERNEL] != STATE_NONE;

    if (known && lane->stage->layout.roomy >= 2)
        return put_bars(lane, row);
    if (known) {
        snprintf(text, sizeof text, "send-q %u   recv-q %u", lane->main->send_queue,
                 lane->main->receive_queue);
        put_line(lane, row, text);
    }
    return row - 1;
}

/* Returns the first row of the queues at the bottom. The kernel lets one more connection wait than listen()
 * asked for. */
static int draw_queues(const struct lane *lane)
{
    int row = put_queues(lane, lane->last);
    char text[64];

    if (lane->listener == NULL)
        return row + 1;
    snprintf(text, sizeof text, "SYN queue     %u", lane->listener->half_open);
    put_line(lane, row - 1, text);
    if (lane->listener->send_queue > 0)
        snprintf(text, sizeof text, "accept queue  %u of %u", lane->listener->unaccepted,
                 lane->listener->send_queue + 1);
    else
        snprintf(text, sizeof text, "accept queue  %u", lane->listener->unaccepted);
    put_line(lane, row, text);
    return row - 1;
}

void draw_lane(const struct stage *stage, enum side side)
{
    const struct layout *layout = &stage->layout;
    struct actors actors = stage_actors(stage, side);
    struct lane lane = {
        .stage = stage,
        .info = actors.info,
        .actors = &actors,
        .process = actors.process,
        .main = actors.main,
        .listener = actors.listener,
        .column = layout->lane_column[side],
        .columns = layout->lane_columns[side],
        .indent = layout->roomy >= 2 ? 3 : 1,
        .row = layout->body_row + (layout->roomy >= 2),
        .last = layout->body_row + layout->body_rows - 1,
        .role = side == SIDE_LEFT ? ROLE_CLIENT : ROLE_SERVER,
    };
    int queues;

    draw_badge(&lane);
    draw_sockets(&lane, lane.row + 3);
    queues = draw_queues(&lane);
    draw_checks(stage,
                &(struct place){
                    .column = lane.column, .columns = lane.columns, .indent = lane.indent, .role = lane.role},
                lane.info.host, lane.process, lane.row + 5 + (layout->roomy != 0), queues);
}

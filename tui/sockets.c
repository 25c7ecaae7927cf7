/*
 * The sockets of all hosts as ss(8) lists them: -tuan in each namespace. What is not the kernel's own word is
 * marked.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tui/pages.h"

struct columns {
    int state, queue, address, process, timer; /* widths; 0: not shown */
};

static bool is_shown(const struct picture_endpoint *endpoint)
{
    enum witness witness;
    enum state state = picture_state(endpoint, &witness);

    return state != STATE_NONE && state != STATE_CLOSED && state != STATE_API_CLOSED &&
           state != STATE_API_FAILED;
}

/* ss says LISTEN, SYN-RECV, ESTAB, UNCONN; the longer names of RFC 9293 stay, for they are those of the other
 * pages. */
static void state_text(struct buf *out, const struct picture_endpoint *endpoint)
{
    enum witness witness;
    enum state state = picture_state(endpoint, &witness);

    if (endpoint->protocol == PROTOCOL_UDP && state >= STATE_API_CREATED)
        buf_puts(out, state == STATE_API_CONNECTED ? "ESTAB" : "UNCONN");
    else
        buf_puts(out, state_name(state));
    buf_puts(out, witness == WITNESS_KERNEL ? "" : "*");
}

static void process_text(struct buf *out, const struct stage *stage, const struct picture_endpoint *endpoint)
{
    const struct picture_lane *lane;

    if (endpoint->lane == PICTURE_NONE) {
        buf_puts(out, "-");
        return;
    }
    lane = &stage->picture->lanes.items[endpoint->lane];
    buf_puts(out, lane->name);
    if (endpoint->fd >= 0)
        buf_printf(out, ",fd=%d", endpoint->fd);
}

static void timer_text(struct buf *out, const struct stage *stage, const struct picture_endpoint *endpoint)
{
    static const char *const words[] = {"", "on", "keepalive", "timewait", "persist"};
    int64_t left_ms = endpoint->timer_ms - (stage->now_ns - endpoint->asked_ns) / NS_PER_MS;

    if (endpoint->timer == 0 || endpoint->timer > 4)
        return;
    left_ms = left_ms > 0 ? left_ms : 0;
    if (left_ms >= 10000)
        buf_printf(out, "%s,%llds", words[endpoint->timer], (long long)(left_ms / 1000));
    else
        buf_printf(out, "%s,%lldms", words[endpoint->timer], (long long)left_ms);
}

static struct columns columns_for(int columns)
{
    struct columns widths = {.state = 13, .queue = 6, .address = 20, .process = 15, .timer = 0};
    int rest;

    if (columns < 78)
        return (struct columns){.state = 13, .queue = 0, .address = 20, .process = 0, .timer = 0};
    if (columns >= 100)
        widths = (struct columns){.state = 14, .queue = 8, .address = 22, .process = 18, .timer = 14};
    rest = columns - widths.state - 2 * widths.queue - 2 * widths.address - widths.process - widths.timer - 2;
    widths.address += rest > 0 ? (rest > 30 ? 15 : rest / 2) : 0;
    return widths;
}

static int put_cell(const struct stage *stage, int row, int column, int columns, enum role role,
                    const char *text)
{
    frame_text(stage->frame, row, column, columns - 1, role, text);
    return column + columns;
}

static void put_head(const struct stage *stage, const struct area *area, const struct columns *widths)
{
    int at = put_cell(stage, area->row, area->column + 1, widths->state, ROLE_TIME, "State");

    if (widths->queue > 0) {
        at = put_cell(stage, area->row, at, widths->queue, ROLE_TIME, widths->queue >= 7 ? "Recv-Q" : "Recv");
        at = put_cell(stage, area->row, at, widths->queue, ROLE_TIME, widths->queue >= 7 ? "Send-Q" : "Send");
    }
    at = put_cell(stage, area->row, at, widths->address, ROLE_TIME, "Local address:port");
    at = put_cell(stage, area->row, at, widths->address, ROLE_TIME, "Peer address:port");
    at = put_cell(stage, area->row, at, widths->process, ROLE_TIME, "Process");
    if (widths->timer > 0)
        put_cell(stage, area->row, at, widths->timer, ROLE_TIME, "Timer");
}

static void address_or_star(const struct address *address, char text[ADDRESS_TEXT_MAX])
{
    if (address->family == ADDRESS_NONE || (address_is_any(address) && address->port == 0))
        snprintf(text, ADDRESS_TEXT_MAX, "*:*");
    else
        address_text(address, text);
}

static int put_socket(const struct stage *stage, int row, int column, const struct columns *widths,
                      const struct picture_endpoint *endpoint, enum role role)
{
    char text[ADDRESS_TEXT_MAX];
    struct buf state = {0}, process = {0}, timer = {0};
    int at;

    state_text(&state, endpoint);
    process_text(&process, stage, endpoint);
    timer_text(&timer, stage, endpoint);
    at = put_cell(stage, row, column, widths->state, role, buf_text(&state));
    if (widths->queue > 0) {
        snprintf(text, sizeof text, "%u",
                 endpoint->listening ? endpoint->unaccepted : endpoint->receive_queue);
        at = put_cell(stage, row, at, widths->queue, ROLE_PLAIN, text);
        snprintf(text, sizeof text, "%u", endpoint->send_queue);
        at = put_cell(stage, row, at, widths->queue, ROLE_PLAIN, text);
    }
    address_or_star(&endpoint->local, text);
    at = put_cell(stage, row, at, widths->address, ROLE_PLAIN, text);
    address_or_star(&endpoint->remote, text);
    at = put_cell(stage, row, at, widths->address, ROLE_PLAIN, endpoint->listening ? "*:*" : text);
    at = put_cell(stage, row, at, widths->process, ROLE_PLAIN, buf_text(&process));
    /* Where there is no column for it the timer stands behind the process. */
    if (widths->timer > 0)
        put_cell(stage, row, at, widths->timer, ROLE_TIME, buf_text(&timer));
    else if (widths->process > 0 && timer.length > 0)
        frame_text_right(stage->frame, row, at - widths->process, widths->process, ROLE_TIME,
                         buf_text(&timer));
    buf_release(&state);
    buf_release(&process);
    buf_release(&timer);
    return row + 1;
}

static bool is_new(const struct stage *stage, const struct picture_endpoint *endpoint)
{
    const struct picture *picture = stage->picture;
    const struct picture_step *step = picture->steps.count > 0 ? array_last(&picture->steps) : NULL;
    size_t first, end;

    timeline_beat_range(stage->timeline, view_beat(stage->view, stage->timeline), &first, &end);
    return step != NULL && step->endpoint == endpoint->number && step->record >= first;
}

/* The sockets of one host. Returns the row behind them. */
static int put_host(const struct stage *stage, const struct area *area, int row, const struct columns *widths,
                    const char *host, enum role role, bool lights)
{
    int end = area->row + area->rows - 1, left_out = 0;

    array_each (const struct picture_endpoint, endpoint, &stage->picture->endpoints) {
        if (strcmp(endpoint->host, host) != 0 || !is_shown(endpoint))
            continue;
        if (row >= end) {
            left_out++;
            continue;
        }
        row = put_socket(stage, row, area->column + 1, widths, endpoint,
                         lights && is_new(stage, endpoint) ? ROLE_NOW : role);
    }
    if (left_out > 0)
        frame_printf(stage->frame, row - 1, area->column + 1, area->columns - 2, ROLE_TIME, "and %d more",
                     left_out + 1);
    return row;
}

static int put_all(const struct stage *stage, const struct area *area, bool headings)
{
    const struct session_info *info = &stage->timeline->info;
    struct columns widths = columns_for(area->columns);
    int row = area->row, hosts = info->host_count > 0 ? info->host_count : 1;

    put_head(stage, area, &widths);
    row++;
    for (int i = 0; i < hosts; i++) {
        char address[ADDRESS_TEXT_MAX];
        const char *host = info->host_count > 0 ? info->hosts[i] : "";
        enum role role = i == 0 ? ROLE_CLIENT : ROLE_SERVER;
        int before;

        if (headings && host[0] != 0)
            frame_printf(stage->frame, row++, area->column + 1, area->columns - 2, role, "%s  %s", host,
                         address_ip_text(&info->addresses[i], address));
        before = row;
        row = put_host(stage, area, row, &widths, host, role, headings);
        if (row == before && headings)
            frame_text(stage->frame, row++, area->column + 1, area->columns - 2, ROLE_TIME, "no sockets");
        row += headings;
    }
    return row;
}

static void draw_sockets(const struct stage *stage, const struct area *area)
{
    put_all(stage, area, true);
    frame_text(stage->frame, area->row + area->rows - 1, area->column + 1, area->columns - 2, ROLE_TIME,
               "* by the calls or the packets; the kernel has not been asked");
}

int draw_sockets_small(const struct stage *stage, const struct area *area)
{
    struct area inner = {area->row + 1, area->column, area->rows - 1 < 12 ? area->rows - 1 : 12,
                         area->columns};

    draw_heading(stage, area, ROLE_TITLE, "SOCKETS");
    return put_all(stage, &inner, false) - area->row + 1;
}

const struct page_ops page_sockets = {.draw = draw_sockets, .rows_wanted = 8};

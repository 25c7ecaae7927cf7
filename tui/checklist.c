/* The list of calls in a lane: the deck's steps, ticked by the calls that were really made, or those calls
 * themselves. */
#include <string.h>

#include "base/clock.h"
#include "tui/draw.h"

/* How far behind the position we look for the end of a call to tell a wait from a call that was just being
 * made. */
#define LOOK_AHEAD_RECORDS 256

#define WAIT_NS NS_PER_MS

static bool can_wait(enum call call)
{
    static const bool waits[CALL_COUNT] = {
        [CALL_accept] = true,   [CALL_accept4] = true,     [CALL_connect] = true,  [CALL_send] = true,
        [CALL_sendto] = true,   [CALL_sendmsg] = true,     [CALL_write] = true,    [CALL_writev] = true,
        [CALL_sendfile] = true, [CALL_recv] = true,        [CALL_recvfrom] = true, [CALL_recvmsg] = true,
        [CALL_read] = true,     [CALL_readv] = true,       [CALL_close] = true,    [CALL_poll] = true,
        [CALL_ppoll] = true,    [CALL_select] = true,      [CALL_pselect] = true,  [CALL_epoll_wait] = true,
        [CALL_shutdown] = true, [CALL_getaddrinfo] = true,
    };
    return call < CALL_COUNT && waits[call];
}

static const struct record *find_exit(const struct stage *stage, const struct record *enter)
{
    size_t from = stage->view->position, end = stage->timeline->records.count;

    if (end - from > LOOK_AHEAD_RECORDS)
        end = from + LOOK_AHEAD_RECORDS;
    for (size_t i = from; i < end; i++) {
        const struct event *event = &stage->timeline->records.items[i].event;

        if (event->kind == EVENT_CALL_EXIT && event->pid == enter->event.pid &&
            event->call.call_id == enter->event.call.call_id)
            return &stage->timeline->records.items[i];
    }
    return NULL;
}

/* It has not returned at this moment. When the record says that it returned quickly, it did not wait. */
static bool is_blocked(const struct stage *stage, const struct record *enter)
{
    const struct record *exit = find_exit(stage, enter);

    if (!can_wait(enter->event.call.call))
        return false;
    return exit == NULL || exit->event.call.duration_ns >= WAIT_NS;
}

/* Calls that set or ask something: they tick nothing and are seen only while they run or when they have
 * failed. */
static bool is_passing(enum call call)
{
    return call == CALL_setsockopt || call == CALL_getsockopt || call == CALL_getsockname ||
           call == CALL_getpeername || call == CALL_fcntl || call == CALL_ioctl;
}

static const struct tui_checklist *find_checklist(const struct view *view, const char *lane)
{
    for (int i = 0; i < view->checklist_count; i++) {
        const char *name = view->checklists[i].lane;
        size_t length = strlen(name);

        if (strncmp(lane, name, length) == 0 && (lane[length] == 0 || lane[length] == '.'))
            return &view->checklists[i];
    }
    return NULL;
}

static void set_call(const struct stage *stage, struct check_row *row, const struct picture_call *call)
{
    row->enter = &stage->timeline->records.items[call->enter];
    row->exit = call->exit != PICTURE_NONE ? &stage->timeline->records.items[call->exit] : NULL;
    row->call = row->enter->event.call.call;
    row->count++;
    row->blocked = false;
    if (row->exit == NULL) {
        row->mark = CHECK_CURRENT;
        row->blocked = is_blocked(stage, row->enter);
    } else {
        row->mark = row->exit->event.call.result < 0 ? CHECK_FAILED : CHECK_DONE;
    }
}

/* The row that a call belongs to: the first of its name without a call, else the last of its name. */
static struct check_row *row_of(struct check_row *rows, int count, enum call call)
{
    struct check_row *found = NULL;

    for (int i = 0; i < count; i++) {
        if (rows[i].step == NULL || rows[i].call != call)
            continue;
        found = &rows[i];
        if (rows[i].enter == NULL)
            break;
    }
    return found;
}

/* A step without calls is done when a later one has begun. */
static void tick_silent(struct check_row *rows, int count)
{
    bool later = false;

    for (int i = count; i-- > 0;) {
        if (later && rows[i].call == CALL_COUNT)
            rows[i].mark = CHECK_DONE;
        later = later || (rows[i].step != NULL && rows[i].enter != NULL);
    }
}

/* A call outside the deck stands behind what was ticked before it. */
static int insert_foreign(const struct stage *stage, struct check_row *rows, int count,
                          const struct picture_call *call)
{
    int at = count;

    while (at > 0 && rows[at - 1].mark == CHECK_PENDING)
        at--;
    if (count == CHECK_ROWS_MAX)
        return count;
    memmove(&rows[at + 1], &rows[at], (size_t)(count - at) * sizeof *rows);
    rows[at] = (struct check_row){.head = true};
    set_call(stage, &rows[at], call);
    return count + 1;
}

/* One row for each call of a step, or one for a step without calls. */
static int step_rows(struct check_row *rows, int count, const struct tui_step *step, int number)
{
    const char *calls = step->calls != NULL ? step->calls : "";
    int first = count;

    while (*calls != 0 && count < CHECK_ROWS_MAX) {
        size_t length = strcspn(calls, " ");
        char name[32] = "";
        enum call call;

        memcpy(name, calls, length < sizeof name ? length : sizeof name - 1);
        if (call_parse(name, &call) == 0 && !is_passing(call)) {
            rows[count] =
                (struct check_row){.step = step, .number = number, .call = call, .head = count == first};
            count++;
        }
        calls += length;
        calls += strspn(calls, " ");
    }
    if (count == first && count < CHECK_ROWS_MAX)
        rows[count++] = (struct check_row){.step = step, .number = number, .call = CALL_COUNT, .head = true};
    return count;
}

static int deck_rows(const struct stage *stage, const struct picture_lane *lane,
                     const struct tui_checklist *list, struct check_row *rows)
{
    int count = 0;

    for (int i = 0; i < list->step_count; i++)
        count = step_rows(rows, count, &list->steps[i], i + 1);
    for (size_t i = 0; lane != NULL && i < lane->calls.count; i++) {
        const struct picture_call *call = &lane->calls.items[i];
        const struct record *records = stage->timeline->records.items;
        struct check_row *row = row_of(rows, count, records[call->enter].event.call.call);

        if (row != NULL)
            set_call(stage, row, call);
        else if (call->exit == PICTURE_NONE || records[call->exit].event.call.result < 0)
            count = insert_foreign(stage, rows, count, call);
    }
    tick_silent(rows, count);
    return count;
}

static int call_rows(const struct stage *stage, const struct picture_lane *lane, struct check_row *rows)
{
    size_t first = lane->calls.count > CHECK_ROWS_MAX ? lane->calls.count - CHECK_ROWS_MAX : 0;
    int count = 0;

    for (size_t i = first; i < lane->calls.count; i++) {
        rows[count] = (struct check_row){.head = true};
        set_call(stage, &rows[count++], &lane->calls.items[i]);
    }
    return count;
}

int check_rows(const struct stage *stage, const char *name, const struct picture_lane *lane,
               struct check_row rows[CHECK_ROWS_MAX])
{
    const struct tui_checklist *list = find_checklist(stage->view, lane != NULL ? lane->name : name);

    if (list != NULL)
        return deck_rows(stage, lane, list, rows);
    return lane != NULL ? call_rows(stage, lane, rows) : 0;
}

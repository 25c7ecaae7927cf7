/*
 * ncursesw behind the frame. Signals only write a byte into a pipe that the loop polls; those of a crash
 * restore the terminal with what is safe in a handler (signal-safety(7)): write() and tcsetattr(), with the
 * escape sequences prepared beforehand.
 */
#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "base/xalloc.h"
#include "tui/keys.h"
#include "tui/terminal.h"

#define ESCAPE_MS 25

static const int told_signals[] = {SIGWINCH, SIGTSTP, SIGCONT, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static struct {
    bool open;
    pid_t owner; /* a forked child must not touch the terminal */
    SCREEN *screen;
    WINDOW *keys; /* a pad: reading from it never redraws the screen */
    enum theme theme;
    int colours;
    struct cell *shown; /* what the terminal has, columns * rows; NULL: not known */
    int columns, rows;
    bool ascii;
    struct termios found; /* the modes before us */
    int click_row, click_column;
    char leave[256]; /* escape sequences that undo ours */
    volatile sig_atomic_t leave_bytes;
    volatile sig_atomic_t end_signal;
    int pipe[2];
    struct sigaction told_before[COUNT(told_signals)], crash_before[COUNT(crash_signals)];
} terminal = {.pipe = {-1, -1}};

/* --- leaving, also from a handler --- */

static void leave_in_a_hurry(void)
{
    if (terminal.leave_bytes == 0 || getpid() != terminal.owner)
        return;
    if (write(STDOUT_FILENO, terminal.leave, (size_t)terminal.leave_bytes) < 0)
        return;
    tcsetattr(STDIN_FILENO, TCSANOW, &terminal.found);
    terminal.leave_bytes = 0;
}

static void on_crash(int number)
{
    leave_in_a_hurry();
    for (size_t i = 0; i < COUNT(crash_signals); i++)
        if (crash_signals[i] == number)
            sigaction(number, &terminal.crash_before[i], NULL);
    raise(number);
}

static void on_signal(int number)
{
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    bool ends = number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT;

    /* Asked a second time: the loop does not come round. */
    if (ends && terminal.end_signal != 0) {
        leave_in_a_hurry();
        signal(number, SIG_DFL);
        raise(number);
    }
    if (ends)
        terminal.end_signal = number;
    if (write(terminal.pipe[1], &byte, 1) < 0)
        errno = saved; /* the pipe is full of signals: the loop will come round */
    errno = saved;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct sigaction crash = {.sa_handler = on_crash, .sa_flags = SA_NODEFER};

    sigemptyset(&action.sa_mask);
    sigemptyset(&crash.sa_mask);
    for (size_t i = 0; i < COUNT(told_signals); i++)
        sigaction(told_signals[i], &action, &terminal.told_before[i]);
    for (size_t i = 0; i < COUNT(crash_signals); i++)
        sigaction(crash_signals[i], &crash, &terminal.crash_before[i]);
}

static void release_signals(void)
{
    for (size_t i = 0; i < COUNT(told_signals); i++)
        sigaction(told_signals[i], &terminal.told_before[i], NULL);
    for (size_t i = 0; i < COUNT(crash_signals); i++)
        sigaction(crash_signals[i], &terminal.crash_before[i], NULL);
}

/* A capability without its padding ("$<5>"), which no terminal of today needs. */
static void add_capability(const char *name, size_t *length)
{
    static char copy[32];
    const char *text;

    strncpy(copy, name, sizeof copy - 1);
    text = tigetstr(copy);
    if (text == NULL || text == (char *)-1)
        return;
    for (; *text != 0 && *length < sizeof terminal.leave - 1; text++) {
        if (text[0] == '$' && text[1] == '<' && strchr(text, '>') != NULL)
            text = strchr(text, '>');
        else
            terminal.leave[(*length)++] = *text;
    }
}

/* The mouse is given back too: xterm's modes 1000 and 1006, unknown to nobody who would mind. */
static void prepare_leave(bool mouse)
{
    static const char *const names[] = {"sgr0", "op", "rmkx", "cnorm", "rmcup"};
    static const char mouse_off[] = "\033[?1000l\033[?1006l";
    size_t length = mouse ? sizeof mouse_off - 1 : 0;

    memcpy(terminal.leave, mouse_off, length);

    for (size_t i = 0; i < COUNT(names); i++)
        add_capability(names[i], &length);
    terminal.leave_bytes = (sig_atomic_t)length;
}

/* --- coming and going --- */

static int open_pipe(struct err *err)
{
    if (pipe2(terminal.pipe, O_CLOEXEC | O_NONBLOCK) < 0)
        return err_set(err, errno, "cannot make a pipe: %s", strerror(errno));
    return 0;
}

static void set_modes(void)
{
    raw();
    noecho();
    nonl();
    set_escdelay(ESCAPE_MS);
    curs_set(0);
    terminal.keys = newpad(1, 1);
    keypad(terminal.keys, TRUE);
    nodelay(terminal.keys, TRUE);
    if (has_colors()) {
        start_color();
        use_default_colors();
        terminal.colours = COLORS;
    }
}

static int open_screen(struct err *err)
{
    const char *name = getenv("TERM");

    terminal.screen = newterm(NULL, stdout, stdin);
    if (terminal.screen == NULL)
        return err_set(err, ENOTSUP, "the terminal type \"%s\" is not known here (TERM); use --plain",
                       name != NULL ? name : "");
    if (tigetstr((char[]){"cup"}) == NULL) {
        endwin();
        delscreen(terminal.screen);
        terminal.screen = NULL;
        return err_set(err, ENOTSUP, "a terminal of type \"%s\" cannot place the cursor; use --plain",
                       name != NULL ? name : "");
    }
    return 0;
}

int terminal_open(struct err *err)
{
    static bool registered;
    int r;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return err_set(err, ENOTTY, "standard input and output are not a terminal; use --plain");
    setlocale(LC_CTYPE, "");
    tcgetattr(STDIN_FILENO, &terminal.found);
    if ((r = open_pipe(err)) < 0)
        return r;
    /* Before curses, which only takes signals that are still at their default. */
    catch_signals();
    if ((r = open_screen(err)) < 0) {
        release_signals();
        close(terminal.pipe[0]);
        close(terminal.pipe[1]);
        return r;
    }
    terminal.owner = getpid();
    terminal.end_signal = 0;
    terminal.open = true;
    prepare_leave(false);
    set_modes();
    terminal_set_theme(terminal.theme);
    if (!registered)
        atexit(terminal_close);
    registered = true;
    return 0;
}

void terminal_close(void)
{
    if (!terminal.open || getpid() != terminal.owner)
        return;
    terminal.open = false;
    delwin(terminal.keys);
    endwin();
    terminal.leave_bytes = 0;
    delscreen(terminal.screen);
    tcsetattr(STDIN_FILENO, TCSANOW, &terminal.found);
    release_signals();
    close(terminal.pipe[0]);
    close(terminal.pipe[1]);
    terminal_forget();
}

void terminal_suspend(void)
{
    struct sigaction before, plain = {.sa_handler = SIG_DFL};

    sigemptyset(&plain.sa_mask);
    endwin();
    tcsetattr(STDIN_FILENO, TCSANOW, &terminal.found);
    sigaction(SIGTSTP, &plain, &before);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &before, NULL);
    reset_prog_mode();
    terminal_forget();
}

/* --- what it is like --- */

void terminal_size(int *ret_columns, int *ret_rows)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        if (size.ws_row != LINES || size.ws_col != COLS) {
            resizeterm(size.ws_row, size.ws_col);
            terminal_forget();
        }
    }
    *ret_columns = COLS;
    *ret_rows = LINES;
}

bool terminal_prefers_ascii(void)
{
    static const char *const poor[] = {"linux", "vt100", "dumb"};
    const char *name = getenv("TERM");

    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0 || wcwidth(0x2500) != 1 || name == NULL)
        return true;
    for (size_t i = 0; i < COUNT(poor); i++)
        if (strcmp(name, poor[i]) == 0)
            return true;
    return false;
}

int terminal_signal_fd(void)
{
    return terminal.pipe[0];
}

int terminal_end_signal(void)
{
    return terminal.end_signal;
}

enum terminal_signal terminal_signal(void)
{
    unsigned char number;

    if (read(terminal.pipe[0], &number, 1) != 1)
        return TERMINAL_QUIET;
    if (number == SIGWINCH)
        return TERMINAL_RESIZED;
    if (number == SIGTSTP)
        return TERMINAL_STOP;
    return number == SIGCONT ? TERMINAL_CONTINUED : TERMINAL_END;
}

/* --- showing --- */

static attr_t curses_attributes(struct look look)
{
    return (look.attributes & LOOK_BOLD ? A_BOLD : 0) | (look.attributes & LOOK_UNDERLINE ? A_UNDERLINE : 0) |
           (look.attributes & LOOK_REVERSE ? A_REVERSE : 0);
}

static short pair_of(enum role role)
{
    return terminal.colours >= 8 ? (short)(role + 1) : 0;
}

void terminal_set_theme(enum theme theme)
{
    terminal.theme = theme;
    if (!terminal.open)
        return;
    for (int role = 0; role < ROLE_COUNT && terminal.colours >= 8; role++) {
        struct look look = theme_look(theme, (enum role)role, terminal.colours);

        init_pair(pair_of((enum role)role), look.foreground, look.background);
    }
    terminal_forget();
}

void terminal_forget(void)
{
    free(terminal.shown);
    terminal.shown = NULL;
}

static void put_cell(const struct frame *frame, int row, int column, struct cell cell)
{
    enum role role = cell.role < ROLE_COUNT ? (enum role)cell.role : ROLE_PLAIN;
    struct look look = theme_look(terminal.theme, role, terminal.colours);
    wchar_t text[2] = {(wchar_t)frame_shown(frame, cell), 0};
    cchar_t wide;

    if (cell.code == 0 && !frame->ascii)
        return; /* the right half of what is already there */
    if (setcchar(&wide, text, curses_attributes(look), pair_of(role), NULL) == OK)
        mvadd_wch(row, column, &wide);
}

static void begin_whole(const struct frame *frame)
{
    size_t cells = (size_t)frame->columns * (size_t)frame->rows;

    terminal_forget();
    terminal.shown = xcalloc(cells + 1, sizeof *terminal.shown);
    memset(terminal.shown, 0xFF, cells * sizeof *terminal.shown);
    terminal.columns = frame->columns;
    terminal.rows = frame->rows;
    terminal.ascii = frame->ascii;
    clearok(stdscr, TRUE);
    erase();
}

void terminal_present(const struct frame *frame)
{
    size_t cells = (size_t)frame->columns * (size_t)frame->rows;

    if (terminal.shown == NULL || terminal.columns != frame->columns || terminal.rows != frame->rows ||
        terminal.ascii != frame->ascii)
        begin_whole(frame);
    for (size_t i = 0; i < cells; i++) {
        const struct cell *old = &terminal.shown[i], *new = &frame->cells[i];

        if (old->code == new->code && old->role == new->role)
            continue;
        put_cell(frame, (int)(i / (size_t)frame->columns), (int)(i % (size_t)frame->columns), *new);
        terminal.shown[i] = *new;
    }
    move(frame->cursor_row, frame->cursor_column);
    wnoutrefresh(stdscr);
    doupdate();
}

/* --- keys --- */

void terminal_take_mouse(void)
{
    if (!terminal.open)
        return;
    mouseinterval(0); /* a press counts at once */
    if (mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL) != 0)
        prepare_leave(true);
}

void terminal_click(int *ret_row, int *ret_column)
{
    *ret_row = terminal.click_row;
    *ret_column = terminal.click_column;
}

static uint32_t mouse_key(void)
{
    MEVENT event;

    if (getmouse(&event) != OK)
        return KEY_CODE_UNKNOWN;
    if ((event.bstate & BUTTON4_PRESSED) != 0)
        return KEY_CODE_WHEEL_UP;
    if ((event.bstate & BUTTON5_PRESSED) != 0)
        return KEY_CODE_WHEEL_DOWN;
    terminal.click_row = event.y;
    terminal.click_column = event.x;
    return (event.bstate & BUTTON1_PRESSED) != 0 ? KEY_CODE_CLICK : KEY_CODE_UNKNOWN;
}

static uint32_t function_key(wint_t code)
{
    static const struct {
        wint_t code;
        uint32_t key;
    } keys[] = {
        {KEY_UP, KEY_CODE_UP},         {KEY_DOWN, KEY_CODE_DOWN},
        {KEY_LEFT, KEY_CODE_LEFT},     {KEY_RIGHT, KEY_CODE_RIGHT},
        {KEY_PPAGE, KEY_CODE_PAGE_UP}, {KEY_NPAGE, KEY_CODE_PAGE_DOWN},
        {KEY_HOME, KEY_CODE_HOME},     {KEY_END, KEY_CODE_END},
        {KEY_A1, KEY_CODE_HOME},       {KEY_A3, KEY_CODE_PAGE_UP},
        {KEY_C1, KEY_CODE_END},        {KEY_C3, KEY_CODE_PAGE_DOWN},
        {KEY_FIND, KEY_CODE_HOME},     {KEY_SELECT, KEY_CODE_END},
        {KEY_ENTER, KEY_CODE_ENTER},   {KEY_BACKSPACE, KEY_CODE_BACKSPACE},
    };

    if (code == KEY_MOUSE)
        return mouse_key();
    for (size_t i = 0; i < COUNT(keys); i++)
        if (keys[i].code == code)
            return keys[i].key;
    if (code >= (wint_t)KEY_F(1) && code <= (wint_t)KEY_F(12))
        return KEY_CODE_F1 + (code - (wint_t)KEY_F(1));
    return KEY_CODE_UNKNOWN;
}

/* Terminals differ in what Enter and Backspace send. */
static uint32_t plain_key(wint_t code)
{
    if (code == '\n')
        return KEY_CODE_ENTER;
    if (code == '\b')
        return KEY_CODE_BACKSPACE;
    return code != 0 ? (uint32_t)code : KEY_CODE_UNKNOWN;
}

uint32_t terminal_key(void)
{
    wint_t code = 0;

    switch (wget_wch(terminal.keys, &code)) {
    case OK: return plain_key(code);
    case KEY_CODE_YES: return function_key(code);
    default: return KEY_CODE_NONE;
    }
}

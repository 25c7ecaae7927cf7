#include "export/svg_page.h"

#include <string.h>

#include "export/escape.h"

#define LABEL_INSET 14  /* from the sender's lifeline to the words on an arrow */
#define LABEL_RISE  3.4 /* above the line */
#define HEAD_LENGTH 8

void page_release(struct page *page)
{
    buf_release(&page->under);
    buf_release(&page->arrows);
    buf_release(&page->words);
}

double side_x(enum side side)
{
    return side == LEFT ? LEFT_X : RIGHT_X;
}

void page_open(struct buf *out, const char *class, const char *title)
{
    buf_printf(out, "<g class=\"%s\"><title>", class);
    escape_xml(out, title);
    buf_puts(out, "</title>");
}

void page_close(struct buf *out)
{
    buf_puts(out, "</g>\n");
}

void page_text(struct buf *out, double x, double y, const char *anchor, const char *class, const char *text)
{
    buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"", x, y, anchor);
    if (class != NULL)
        buf_printf(out, " class=\"%s\"", class);
    buf_putc(out, '>');
    escape_xml(out, text);
    buf_puts(out, "</text>\n");
}

void page_beside(struct buf *out, enum side side, double y, const char *text)
{
    double x = side == LEFT ? LEFT_X - WORD_GAP : RIGHT_X + WORD_GAP;
    page_text(out, x, y + 3.5, side == LEFT ? "end" : "start", NULL, text);
}

void page_pill(struct buf *out, enum side side, double y, const char *state, bool observed)
{
    double width = (double)strlen(state) * 6 + 12;
    double x = side == LEFT ? LEFT_X - WORD_GAP + 2 - width : RIGHT_X + WORD_GAP - 2;
    double near = side == LEFT ? x + width : x;
    buf_printf(out, "<path class=\"tick\" d=\"M%.1f %.1fH%.1f\"/>", side_x(side), y, near);
    buf_printf(out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.4\"/>", side_x(side), y);
    buf_printf(out, "<rect class=\"pill%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"6.5\"/>",
               observed ? "" : " inferred", x, y - PILL_HEIGHT / 2.0, width, PILL_HEIGHT);
    page_text(out, x + width / 2, y + 3.3, "middle", "state", state);
}

/* Arrows. */

static const struct {
    const char *class, *word;
    bool open_head; /* else filled */
} looks[LOOK_COUNT] = {
    [LOOK_SYN] = {"syn", "SYN: opens", false},      [LOOK_DATA] = {"data", "data", false},
    [LOOK_ACK] = {"ack", "ACK alone", true},        [LOOK_FIN] = {"fin", "FIN: closes", false},
    [LOOK_RST] = {"rst", "RST: breaks off", false}, [LOOK_DATAGRAM] = {"datagram", "datagram", false},
    [LOOK_ICMP] = {"icmp", "ICMP", true},           [LOOK_OTHER] = {"other", "other packet", true},
};

const char *look_word(enum look look)
{
    return looks[look].word;
}

/* Which way a line goes: cosine and sine of its angle. */
struct heading {
    double c, s;
};

/* By Newton; saves the mathematics library. */
static double square_root(double value)
{
    double root = value > 1 ? value : 1;
    for (int i = 0; i < 40; i++)
        root = (root + value / root) / 2;
    return root;
}

static struct heading heading_of(double x, double y)
{
    double length = square_root(x * x + y * y);
    return (struct heading){x / length, y / length};
}

/* The head of an arrow that ends at (x, y); RST has a bar in front of it. */
static void put_head(struct buf *out, enum look look, double x, double y, struct heading heading)
{
    double back = HEAD_LENGTH, half = 3.4;
    double c = heading.c, s = heading.s;
    buf_printf(out, "<path class=\"%s %s\" d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1f%s\"/>", looks[look].class,
               looks[look].open_head ? "open" : "head", x - back * c + half * s, y - back * s - half * c, x,
               y, x - back * c - half * s, y - back * s + half * c, looks[look].open_head ? "" : "Z");
    if (look == LOOK_RST)
        buf_printf(out, "<path class=\"rst\" d=\"M%.1f %.1fL%.1f %.1f\"/>", x - 12 * c + 5 * s,
                   y - 12 * s - 5 * c, x - 12 * c - 5 * s, y - 12 * s + 5 * c);
}

static void put_cross(struct buf *out, double x, double y)
{
    buf_printf(out, "<path class=\"lost\" d=\"M%.1f %.1fl9 9m0 -9l-9 9\"/>", x - 4.5, y - 4.5);
}

static void put_line(struct buf *out, const struct arrow *arrow, double x, double y)
{
    buf_printf(out, "<path class=\"%s%s\" d=\"M%.1f %.1fL%.1f %.1f\"/>", looks[arrow->look].class,
               arrow->again || arrow->copy ? " again" : "", side_x(arrow->from), arrow->from_y, x, y);
    if (arrow->look == LOOK_DATAGRAM)
        buf_printf(out, "<circle class=\"datagram head\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.4\"/>",
                   side_x(arrow->from), arrow->from_y);
}

/* The words lie along the line, from the sender on, and are never upside down. */
static void put_label(struct buf *out, const struct arrow *arrow, struct heading heading)
{
    double way = arrow->from == LEFT ? 1 : -1;
    double c = heading.c * way, s = heading.s * way;
    buf_printf(out, "<text class=\"label %s-text\" text-anchor=\"%s\" ", looks[arrow->look].class,
               arrow->from == LEFT ? "start" : "end");
    buf_printf(out, "transform=\"matrix(%.4f %.4f %.4f %.4f %.1f %.1f)\">", c, s, -s, c,
               side_x(arrow->from) + way * LABEL_INSET * c + LABEL_RISE * s,
               arrow->from_y + way * LABEL_INSET * s - LABEL_RISE * c);
    escape_xml(out, arrow->label);
    buf_puts(out, "</text>");
}

static void put_hold(struct buf *out, double x, double y)
{
    buf_printf(out, "<path class=\"hold\" d=\"M%.1f %.1fv11m5 -11v11\"/>", x - 2.5, y - 5.5);
}

void page_arrow(struct buf *out, const struct arrow *arrow)
{
    double from_x = side_x(arrow->from), to_x = side_x(arrow->from == LEFT ? RIGHT : LEFT);
    struct heading heading = heading_of(to_x - from_x, arrow->to_y - arrow->from_y);
    double part = arrow->end == ARROW_ARRIVES ? 1 : LOST_PART;
    double x = from_x + (to_x - from_x) * part, y = arrow->from_y + (arrow->to_y - arrow->from_y) * part;
    put_line(out, arrow, x, y);
    switch (arrow->end) {
    case ARROW_ARRIVES: put_head(out, arrow->look, x, y, heading); break;
    case ARROW_LOST: put_cross(out, x, y); break;
    case ARROW_OPEN:
        page_text(out, x + (to_x > x ? 4 : -4), y + 3, to_x > x ? "start" : "end", "quiet", "...");
        break;
    case ARROW_ELSEWHERE:
        buf_printf(out, "<circle class=\"other\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"#fff\"/>", x, y);
        break;
    }
    if (arrow->held)
        put_hold(out, (from_x + x) / 2, (arrow->from_y + y) / 2);
    if (!arrow->copy)
        put_label(out, arrow, heading);
}

void page_sample(struct buf *out, enum look look, double x, double y)
{
    buf_printf(out, "<path class=\"%s\" d=\"M%.1f %.1fh34\"/>", looks[look].class, x, y);
    if (look == LOOK_DATAGRAM)
        buf_printf(out, "<circle class=\"datagram head\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.4\"/>", x, y);
    put_head(out, look, x + 34, y, (struct heading){1, 0});
}

void page_bar(struct buf *out, enum side side, int place, double from_y, double to_y)
{
    double x = side_x(side) + (side == LEFT ? -7 : 7) * (place != 0) - 2.5;
    buf_printf(out, "<rect class=\"wait\" x=\"%.1f\" y=\"%.1f\" width=\"5\" height=\"%.1f\"/>\n", x, from_y,
               to_y - from_y > 3 ? to_y - from_y : 3);
}

void page_break(struct page *page, double y, const char *text)
{
    for (int side = LEFT; side <= RIGHT; side++) {
        double x = side_x((enum side)side);
        buf_printf(&page->arrows, "<rect class=\"paper\" x=\"%.1f\" y=\"%.1f\" width=\"14\" height=\"6\"/>",
                   x - 7, y - 3);
        buf_printf(&page->arrows, "<path class=\"break\" d=\"M%.1f %.1fl14 -5m-14 11l14 -5\"/>\n", x - 7, y);
    }
    page_text(&page->words, (LEFT_X + RIGHT_X) / 2.0, y + 3, "middle", "quiet", text);
}

/* Words. */

static bool starts_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

size_t page_wrap(const char *text, size_t limit)
{
    size_t characters = 0, space = 0, i = 0;
    for (; text[i] != '\0'; i++) {
        if (starts_character(text[i]) && characters++ == limit)
            return space != 0 ? space : i;
        if (text[i] == ' ' && i > 0 && text[i - 1] != '=')
            space = i;
    }
    return i;
}

size_t page_lines(const char *text, size_t limit)
{
    size_t lines = 0;
    while (*text != '\0') {
        text += page_wrap(text, limit);
        text += *text == ' ';
        lines++;
    }
    return lines;
}

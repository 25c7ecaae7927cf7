/* The page around the figure: heading, lifelines, legend, notes; and the whole as a document. */
#include <string.h>

#include "base/buf.h"
#include "event/sentence.h"
#include "export/escape.h"
#include "export/svg_figure.h"

#define HEADING       40.0
#define NOTE_CHARS    120
#define TITLE_CHARS   86
#define TITLE_HEIGHT  17.0
#define SENTENCES_MAX 200 /* in the description */

static void write_title(struct figure *figure)
{
    const struct session_info *info = &figure->timeline->info;
    struct buf title = {0}, plain = {0}, line = {0};
    buf_printf(&title, "%s%s%s", info->scenario,
               info->scenario[0] != '\0' && info->title[0] != '\0' ? ": " : "", info->title);
    escape_plain(&plain, buf_text(&title), title.length);
    for (const char *rest = buf_text(&plain); figure_next_line(&rest, TITLE_CHARS, &line);
         figure->top += TITLE_HEIGHT)
        page_text(&figure->page.words, 6, figure->top + 18, "start", "title", buf_text(&line));
    buf_release(&title);
    buf_release(&plain);
    buf_release(&line);
}

void figure_write_heading(struct figure *figure)
{
    char text[ADDRESS_TEXT_MAX];
    write_title(figure);
    page_text(&figure->page.words, TIME_RIGHT, figure->top + 22, "end", "quiet", "ms");
    for (int side = LEFT; side <= RIGHT; side++) {
        const struct address *address = &figure->sides.addresses[side];
        double x = side_x((enum side)side);
        address_ip_text(address, text);
        page_text(&figure->page.words, x, figure->top + 22, "middle", "host", figure->sides.names[side]);
        if (address->family != ADDRESS_NONE &&
            strncmp(text, figure->sides.names[side], NAME_MAX_BYTES - 1) != 0)
            page_text(&figure->page.words, x, figure->top + 34, "middle", "quiet", text);
    }
    figure->top += HEADING;
    figure->y = figure->top + 14;
}

static void draw_lifelines(struct figure *figure)
{
    struct buf lines = {0};
    for (int side = LEFT; side <= RIGHT; side++)
        buf_printf(&lines, "<path class=\"life\" d=\"M%.1f %.1fV%.1f\"/>\n", side_x((enum side)side),
                   figure->top, figure->y + 10);
    buf_add(&lines, buf_text(&figure->page.under), figure->page.under.length);
    buf_release(&figure->page.under);
    figure->page.under = lines;
}

/* The legend explains what was drawn, and nothing else; four columns. */
struct legend {
    struct figure *figure;
    int used;
    double top;
};

static void legend_place(struct legend *legend, double *ret_x, double *ret_y)
{
    *ret_x = 12 + 186 * (legend->used % 4);
    *ret_y = legend->top + 16 * (legend->used / 4);
    legend->used++;
}

static void legend_words(struct legend *legend, double x, double y, const char *text)
{
    page_text(&legend->figure->page.words, x + 42, y + 3.3, "start", "small", text);
}

static void legend_looks(struct legend *legend)
{
    double x, y;
    for (int look = 0; look < LOOK_COUNT; look++) {
        if (!legend->figure->looks[look])
            continue;
        legend_place(legend, &x, &y);
        page_sample(&legend->figure->page.words, (enum look)look, x, y);
        legend_words(legend, x, y, look_word((enum look)look));
    }
}

static void legend_shape(struct legend *legend, bool used, const char *shape, const char *text)
{
    double x, y;
    if (!used)
        return;
    legend_place(legend, &x, &y);
    buf_printf(&legend->figure->page.words, "<g transform=\"translate(%.1f %.1f)\">%s</g>", x, y, shape);
    legend_words(legend, x, y, text);
}

void figure_write_legend(struct figure *figure)
{
    draw_lifelines(figure);
    struct legend legend = {.figure = figure, .top = figure->y + 34};
    buf_printf(&figure->page.words, "<path class=\"tick\" d=\"M6 %.1fH%d\"/>\n", figure->y + 21,
               PAGE_WIDTH - 6);
    legend_looks(&legend);
    legend_shape(&legend, figure->again, "<path class=\"ack again\" d=\"M0 0h34\"/>", "sent again");
    legend_shape(&legend, figure->copied, "<path class=\"datagram again\" d=\"M0 0h34\"/>",
                 "a copy by the wire");
    legend_shape(&legend, figure->lost, "<path class=\"lost\" d=\"M13 -4.5l9 9m0 -9l-9 9\"/>",
                 "lost on the wire");
    legend_shape(&legend, figure->held, "<path class=\"hold\" d=\"M15 -5.5v11m5 -11v11\"/>",
                 "held on the wire");
    legend_shape(&legend, figure->in_flight,
                 "<text x=\"17\" y=\"3\" text-anchor=\"middle\" class=\"quiet\">...</text>",
                 "still in flight");
    legend_shape(&legend, figure->waits, "<rect class=\"wait\" x=\"15\" y=\"-6\" width=\"5\" height=\"12\"/>",
                 "waits in a call");
    legend_shape(&legend, figure->observed,
                 "<rect class=\"pill\" x=\"3\" y=\"-5.5\" width=\"28\" height=\"11\" rx=\"5.5\"/>",
                 "the kernel's word");
    legend_shape(&legend, figure->inferred,
                 "<rect class=\"pill inferred\" x=\"3\" y=\"-5.5\" width=\"28\" height=\"11\" rx=\"5.5\"/>",
                 "inferred by RFC 9293");
    legend_shape(&legend, figure->cut, "<path class=\"break\" d=\"M10 0l14 -5m-14 11l14 -5\"/>",
                 "time left out");
    legend_shape(&legend, figure->objections,
                 "<text x=\"17\" y=\"4\" text-anchor=\"middle\" class=\"state\">!</text>",
                 "the witnesses disagree");
    figure->y = legend.top + 16 * ((legend.used + 3) / 4);
}

static void write_note(struct figure *figure, const char *text)
{
    struct buf plain = {0}, line = {0};
    escape_plain(&plain, text, strlen(text));
    for (const char *rest = buf_text(&plain); figure_next_line(&rest, NOTE_CHARS, &line); figure->y += 13)
        page_text(&figure->page.words, 12, figure->y + 3.3, "start", "small", buf_text(&line));
    buf_release(&plain);
    buf_release(&line);
}

static void write_notes(struct figure *figure)
{
    const struct session_info *info = &figure->timeline->info;
    struct buf text = {0};
    buf_puts(&text,
             figure->pairs.has_arrivals
                 ? "Time runs down. The slope of an arrow is its delay, stretched where words need room"
                 : "Time runs down. Arrivals were not observed, so arrows have no slope");
    buf_puts(&text, figure->cut ? "; long silences are cut out." : ".");
    write_note(figure, buf_text(&text));
    buf_clear(&text);
    if (info->delay_ns != 0) {
        buf_puts(&text, "Delay on the wire: ");
        duration_text(&text, info->delay_ns);
        buf_puts(&text, " each way.");
    }
    write_note(figure, buf_text(&text));
    write_note(figure, info->note);
    buf_clear(&text);
    if (info->tool[0] != '\0')
        buf_printf(&text, "Recorded by %s%s%s.", info->tool, info->kernel[0] != '\0' ? " on Linux " : "",
                   info->kernel);
    if (figure->not_shown != 0)
        buf_printf(&text, " %u event%s of other hosts not shown.", figure->not_shown,
                   figure->not_shown == 1 ? "" : "s");
    write_note(figure, buf_text(&text)[0] == ' ' ? buf_text(&text) + 1 : buf_text(&text));
    buf_release(&text);
}

static const char style[] =
    "text{font-family:'DejaVu Sans Mono','Liberation "
    "Mono',Menlo,Consolas,monospace;font-size:10.5px;fill:#1b1f24;"
    "white-space:pre}\n"
    ".title{font-size:14px;font-weight:bold}.host{font-size:12px;font-weight:bold}\n"
    ".quiet{fill:#57606a;font-size:9.5px}.small{fill:#424a53;font-size:9.5px}.across{font-style:italic}\n"
    ".state{font-size:9.5px;font-weight:bold}.label{font-size:10px;paint-order:stroke;stroke:#fff;stroke-"
    "width:3px;"
    "stroke-linejoin:round}\n"
    "path,circle,rect{fill:none;stroke-linecap:round;stroke-linejoin:round}\n"
    ".life{stroke:#8c959f;stroke-width:1.4}.tick{stroke:#8c959f;stroke-width:.8}.dot{fill:#424a53}\n"
    ".pill{fill:#f6f8fa;stroke:#424a53;stroke-width:1}.inferred{stroke-dasharray:3 2.4}\n"
    ".wait{fill:#fff8c5;stroke:#9a6700;stroke-width:.8}.band{fill:#f6f8fa}\n"
    ".paper{fill:#fff}.break{stroke:#57606a;stroke-width:1.1}\n"
    ".lost{stroke:#cf222e;stroke-width:2.2}.hold{stroke:#9a6700;stroke-width:2}\n"
    ".syn{stroke:#116329;stroke-width:1.5}.data{stroke:#0550ae;stroke-width:1.5}.ack{stroke:#57606a;stroke-"
    "width:1.1}\n"
    ".fin{stroke:#6639ba;stroke-width:1.5}.rst{stroke:#a40e26;stroke-width:2}.datagram{stroke:#0550ae;stroke-"
    "width:1.5}\n"
    ".icmp{stroke:#953800;stroke-width:1.2;stroke-dasharray:1.5 3}.other{stroke:#424a53;stroke-width:1.1}\n"
    ".again{stroke-dasharray:6 3.5}.open{stroke-dasharray:none}\n"
    ".syn.head{fill:#116329}.data.head,.datagram.head{fill:#0550ae}.fin.head{fill:#6639ba}.rst.head{fill:#"
    "a40e26}\n"
    ".syn-text{fill:#116329}.data-text,.datagram-text{fill:#0550ae}.ack-text,.other-text{fill:#424a53}\n"
    ".fin-text{fill:#6639ba}.rst-text{fill:#a40e26}.icmp-text{fill:#953800}\n";

/* The long description is what the plain form says. */
static void write_description(struct buf *out, const struct figure *figure)
{
    const struct timeline *timeline = figure->timeline;
    struct buf text = {0};
    for (size_t i = 0; i < timeline->records.count && i < SENTENCES_MAX; i++) {
        figure_sentence(figure, &timeline->records.items[i], &text);
        buf_putc(&text, ' ');
    }
    if (timeline->records.count > SENTENCES_MAX)
        buf_printf(&text, "And %zu events more.", timeline->records.count - SENTENCES_MAX);
    escape_xml(out, buf_text(&text));
    buf_release(&text);
}

void figure_write_document(struct buf *out, struct figure *figure)
{
    write_notes(figure);
    const struct session_info *info = &figure->timeline->info;
    double height = figure->y + 4;
    buf_printf(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%dmm\" height=\"%.1fmm\" viewBox=\"0 0 %d %.1f\" "
        "role=\"img\" aria-labelledby=\"sockstep-title sockstep-description\" lang=\"en\">\n",
        PAGE_WIDTH_MM, height * PAGE_WIDTH_MM / PAGE_WIDTH, PAGE_WIDTH, height);
    buf_puts(out, "<title id=\"sockstep-title\">");
    escape_xml(out, info->scenario[0] != '\0' ? info->scenario : "A conversation");
    buf_puts(out, info->title[0] != '\0' ? ": " : "");
    escape_xml(out, info->title);
    buf_puts(out, "</title>\n<desc id=\"sockstep-description\">");
    write_description(out, figure);
    buf_printf(out, "</desc>\n<style>\n%s</style>\n", style);
    buf_printf(out, "<rect class=\"paper\" width=\"%d\" height=\"%.1f\"/>\n", PAGE_WIDTH, height);
    buf_add(out, buf_text(&figure->page.under), figure->page.under.length);
    buf_add(out, buf_text(&figure->page.arrows), figure->page.arrows.length);
    buf_add(out, buf_text(&figure->page.words), figure->page.words.length);
    buf_puts(out, "</svg>\n");
}

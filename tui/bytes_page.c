/* One packet: its bytes in hexadecimal and as text, and its fields; the field that is explained is lit in
 * both. */
#include <stdio.h>
#include <string.h>

#include "tui/fields.h"
#include "tui/pages.h"

#define BYTES_A_ROW 16
#define HEX_ROWS    7

struct dump {
    const struct stage *stage;
    const struct event *event;
    field_list fields;
    int field; /* from 1; 0: none */
};

const struct record *selected_packet(const struct stage *stage)
{
    const struct picture *picture = stage->picture;
    const struct view *view = stage->view;

    for (size_t i = picture->packets.count; i-- > 0;) {
        const struct picture_packet *packet = &picture->packets.items[i];

        if ((view->flow == 0 || packet->flow == view->flow) &&
            (view->selected == 0 || packet->sent + 1 <= view->selected))
            return &stage->timeline->records.items[packet->sent];
    }
    return NULL;
}

static enum role byte_role(const struct dump *dump, size_t offset)
{
    const struct packet *packet = &dump->event->packet.packet;
    const struct field *field = dump->field > 0 ? &dump->fields.items[dump->field - 1] : NULL;

    if (field != NULL && offset >= field->offset && offset < field->offset + field->bytes)
        return ROLE_NOW;
    if (packet->payload_present > 0 && offset >= packet->payload_offset)
        return ROLE_DATA;
    return offset < packet->ip_offset ? ROLE_TIME : ROLE_PLAIN;
}

/* " 0000  45 00 ...   text", from the row with the field when not all rows fit. Returns how many rows. */
static int put_hex(const struct dump *dump, const struct area *area, int rows, int a_row)
{
    const struct event *event = dump->event;
    size_t lines = (event->data_bytes + (size_t)a_row - 1) / (size_t)a_row, first = 0;

    if (dump->field > 0 && dump->fields.items[dump->field - 1].offset / (size_t)a_row >= (size_t)rows)
        first = dump->fields.items[dump->field - 1].offset / (size_t)a_row - (size_t)rows + 1;
    for (size_t line = first; line < lines && line < first + (size_t)rows; line++) {
        int row = area->row + (int)(line - first);

        frame_printf(dump->stage->frame, row, area->column + 1, 5, ROLE_TIME, "%04zx", line * (size_t)a_row);
        for (size_t i = line * (size_t)a_row; i < (line + 1) * (size_t)a_row && i < event->data_bytes; i++) {
            int at = (int)(i % (size_t)a_row);
            char text[2] = {(char)event->data[i], 0};
            enum role role = byte_role(dump, i);

            frame_printf(dump->stage->frame, row, area->column + 7 + 3 * at + (at >= 8), 2, role, "%02x",
                         event->data[i]);
            frame_text(dump->stage->frame, row, area->column + 9 + 3 * a_row + (a_row > 8) + at, 1, role,
                       text[0] >= ' ' && text[0] < 0x7F ? text : ".");
        }
    }
    return lines < (size_t)rows ? (int)lines : rows;
}

static void put_field(const struct dump *dump, const struct area *area, int row, int index)
{
    const struct field *field = &dump->fields.items[index];
    struct frame *frame = dump->stage->frame;
    bool first = index == 0 || strcmp(dump->fields.items[index - 1].layer, field->layer) != 0;
    int name = area->columns >= 100 ? 24 : 17, val = area->columns >= 100 ? 30 : 18, at = area->column + 1;

    if (first)
        frame_text(frame, row, at, 8, ROLE_TITLE, field->layer);
    at += 9;
    frame_text(frame, row, at, name - 1, ROLE_PLAIN, field->name);
    frame_text(frame, row, at + name, val - 1, ROLE_DATA, field->value);
    frame_text(frame, row, at + name + val, area->column + area->columns - at - name - val - 1, ROLE_TIME,
               field->words);
    if (index + 1 == dump->field) {
        frame_paint(frame, row, at - 1, area->column + area->columns - at, ROLE_NOW);
        frame->cursor_row = row;
        frame->cursor_column = at;
    }
}

/* A window on the fields that holds the one that is explained. */
static void put_fields(const struct dump *dump, const struct area *area)
{
    int count = (int)dump->fields.count, first = dump->field - 1 - area->rows / 2;

    first = first > count - area->rows ? count - area->rows : first;
    first = first < 0 ? 0 : first;
    for (int i = first; i < count && i < first + area->rows; i++)
        put_field(dump, area, area->row + i - first, i);
}

static void packet_line(struct buf *out, const struct stage *stage, const struct event *event)
{
    char from[ADDRESS_TEXT_MAX], to[ADDRESS_TEXT_MAX];
    const struct packet *packet = &event->packet.packet;

    moment_text(out, event->time_ns - stage->timeline->info.start_ns, true);
    buf_printf(out, "  %s > %s  ", address_text(&packet->source, from),
               address_text(&packet->destination, to));
    screen_label(out, event, 2, 40);
    buf_printf(out, "  %u bytes%s", packet->wire_bytes,
               packet->wire_bytes > event->data_bytes ? ", cut short" : "");
}

static struct dump dump_of(const struct stage *stage, const struct record *record)
{
    struct dump dump = {.stage = stage, .event = &record->event};

    fields_of(&dump.fields, &record->event);
    dump.field = stage->view->field > 0 && stage->view->field <= (int)dump.fields.count
                     ? stage->view->field
                     : field_that_matters(&dump.fields);
    return dump;
}

static void draw_bytes(const struct stage *stage, const struct area *area)
{
    const struct record *record = selected_packet(stage);
    struct buf line = {0};
    struct area hex = {area->row + 1, area->column, area->rows, area->columns}, fields = *area;
    struct dump dump;

    if (record == NULL) {
        frame_text(stage->frame, area->row, area->column + 1, area->columns - 2, ROLE_TIME,
                   "No packet has been on the wire yet.");
        return;
    }
    packet_line(&line, stage, &record->event);
    frame_text(stage->frame, area->row, area->column + 1, area->columns - 2,
               packet_role(&record->event.packet.packet), buf_text(&line));
    dump = dump_of(stage, record);
    fields.row = hex.row + put_hex(&dump, &hex, HEX_ROWS, BYTES_A_ROW) + 1;
    fields.rows = area->row + area->rows - fields.row - 1;
    if (dump.field > 0)
        frame_printf(stage->frame, fields.row - 1, area->column + 1, area->columns - 2, ROLE_CAPTION,
                     "%s: %s.", dump.fields.items[dump.field - 1].name,
                     dump.fields.items[dump.field - 1].words);
    put_fields(&dump, &fields);
    frame_text(stage->frame, area->row + area->rows - 1, area->column + 1, area->columns - 2, ROLE_TIME,
               "Up Down: another packet.  Enter Backspace: another field.");
    array_release(&dump.fields);
    buf_release(&line);
}

int draw_bytes_small(const struct stage *stage, const struct area *area)
{
    const struct record *record = selected_packet(stage);
    struct area inner = {area->row + 1, area->column, area->rows - 1, area->columns};
    struct dump dump;
    int used;

    draw_heading(stage, area, ROLE_TITLE, "BYTES");
    if (record == NULL)
        return 3;
    dump = dump_of(stage, record);
    dump.field = 0;
    frame_printf(stage->frame, area->row, area->column + 9, area->columns - 11,
                 packet_role(&record->event.packet.packet), " of event %llu ",
                 (unsigned long long)record->event.seq);
    used = put_hex(&dump, &inner, inner.rows < 10 ? inner.rows : 10, 8);
    array_release(&dump.fields);
    return used + 2;
}

const struct page_ops page_bytes = {.draw = draw_bytes, .rows_wanted = 20};

/*
 * sockstep packets: one row a packet, with what it did to both ends.
 */
#include "cli/command.h"
#include "cli/flows.h"
#include "cli/row.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum form { FORM_TABLE, FORM_JSON, FORM_TSV };

enum { OPTION_JSON, OPTION_TSV, OPTION_FLOW, OPTION_FILTER, OPTION_FLOWS_MAX };

static const struct command_option options[] = {
    [OPTION_JSON] = {.name = "json", .letter = 'j', .about = "one JSON object a line"},
    [OPTION_TSV] = {.name = "tsv", .letter = 't', .about = "tab-separated values with a header line"},
    [OPTION_FLOW] = {.name = "flow",
                     .letter = 'n',
                     .argument = "N",
                     .about = "only this stream: 3, tcp:3 or udp:3"},
    [OPTION_FILTER] = {.name = "filter",
                       .letter = 'f',
                       .argument = "EXPR",
                       .about = "only packets that match, see pcap-filter(7)"},
    [OPTION_FLOWS_MAX] = {.name = "flows-max",
                          .argument = "N",
                          .about = "hold at most N flows at once (1000000)"},
    {0},
};

struct packets {
    struct rows rows;
    enum form form;
    const char *filter;
    bool one_flow;
    uint8_t protocol; /* of the one flow; PROTOCOL_NONE: either */
    uint32_t stream;
    uint32_t flows_max;
    int64_t start_ns; /* of the first packet; for people */
};

static bool is_segment(const struct flow_note *note)
{
    return note->flow != NULL && !note->quoted && note->protocol == PROTOCOL_TCP;
}

static char direction_of(const struct flow_note *note)
{
    return note->from == FLOW_CLIENT ? '>' : '<';
}

/* --- TSV --- */

static void row_state(struct rows *rows, const struct flow_note *note, enum flow_end end)
{
    row_text(rows, state_name(note->state[end]));
    if (note->inferred[end] && note->state[end] != STATE_NONE)
        row_char(rows, '?');
}

static void tsv_flow(struct rows *rows, const struct flow_note *note)
{
    char text[FLOW_STREAM_TEXT_MAX];
    row_char(rows, '\t');
    if (note->flow != NULL)
        row_text(rows, flow_stream_text(note->protocol, note->stream, text));
    row_char(rows, '\t');
    if (note->flow != NULL && !note->quoted)
        row_char(rows, direction_of(note));
    row_char(rows, '\t');
}

static void tsv_numbers(struct rows *rows, const struct packet *packet, const struct flow_note *note)
{
    char text[TCP_FLAGS_TEXT_MAX];
    bool segment = is_segment(note);
    if (segment)
        row_text(rows, tcp_flags_text(packet->tcp.flags, text));
    row_char(rows, '\t');
    if (segment)
        row_number(rows, note->sequence);
    row_char(rows, '\t');
    if (segment)
        row_number(rows, note->acknowledgment);
    row_char(rows, '\t');
    if (note->flow != NULL && !note->quoted)
        row_number(rows, packet->payload_bytes);
    row_char(rows, '\t');
    if (segment)
        row_number(rows, note->window);
    row_char(rows, '\t');
}

static void tell_tsv(struct packets *packets, const struct flows_packet *packet, const struct flow_note *note)
{
    struct rows *rows = &packets->rows;
    char text[ANALYSIS_TEXT_MAX];
    bool has_states = note->flow != NULL && note->protocol == PROTOCOL_TCP;
    row_number(rows, packet->frame);
    row_char(rows, '\t');
    row_signed(rows, packet->time_ns);
    tsv_flow(rows, note);
    tsv_numbers(rows, &packet->packet, note);
    row_text(rows, analysis_text(note->analysis, text));
    row_char(rows, '\t');
    if (has_states)
        row_state(rows, note, FLOW_CLIENT);
    row_char(rows, '\t');
    if (has_states)
        row_state(rows, note, FLOW_SERVER);
    row_char(rows, '\n');
}

/* --- JSON --- */

static void json_number(struct rows *rows, const char *key, uint64_t number)
{
    row_literal(rows, ",\"");
    row_text(rows, key);
    row_literal(rows, "\":");
    row_number(rows, number);
}

static void json_text(struct rows *rows, const char *key, const char *text)
{
    row_literal(rows, ",\"");
    row_text(rows, key);
    row_literal(rows, "\":");
    row_json_text(rows, text);
}

static void json_analysis(struct rows *rows, const struct flow_note *note)
{
    const char *separator = "\"";
    row_literal(rows, ",\"analysis\":[");
    for (int i = 0; i < ANALYSIS_COUNT; i++) {
        if ((note->analysis >> i & 1) == 0)
            continue;
        row_text(rows, separator);
        row_text(rows, analysis_name((enum analysis)i));
        row_char(rows, '"');
        separator = ",\"";
    }
    row_char(rows, ']');
    if (note->duplicate_ack != 0)
        json_number(rows, "duplicate_ack_number", note->duplicate_ack);
}

static void json_states(struct rows *rows, const struct flow_note *note)
{
    static const char *const keys[FLOW_ENDS][3] = {
        {"client_state", "client_reason", ",\"client_inferred\":true"},
        {"server_state", "server_reason", ",\"server_inferred\":true"},
    };
    for (int end = 0; end < FLOW_ENDS; end++) {
        json_text(rows, keys[end][0], state_name(note->state[end]));
        if (note->inferred[end])
            row_text(rows, keys[end][2]);
        if (note->reason[end] != NULL)
            json_text(rows, keys[end][1], note->reason[end]);
    }
}

static void json_segment(struct rows *rows, const struct packet *packet, const struct flow_note *note)
{
    char text[TCP_FLAGS_TEXT_MAX];
    json_text(rows, "flags", tcp_flags_text(packet->tcp.flags, text));
    json_number(rows, "seq", note->sequence);
    json_number(rows, "ack", note->acknowledgment);
    json_number(rows, "payload_bytes", packet->payload_bytes);
    json_number(rows, "window", note->window);
}

static void json_ends(struct rows *rows, const struct packet *packet)
{
    char text[ADDRESS_TEXT_MAX], protocol[PROTOCOL_TEXT_MAX];
    if (packet->source.family == ADDRESS_NONE)
        return;
    json_text(rows, "protocol", protocol_text(packet->protocol, protocol));
    json_text(rows, "source", address_text(&packet->source, text));
    json_text(rows, "destination", address_text(&packet->destination, text));
}

static bool is_icmp(const struct packet *packet)
{
    return packet->has_transport &&
           (packet->protocol == PROTOCOL_ICMP || packet->protocol == PROTOCOL_ICMPV6);
}

static void json_flow(struct rows *rows, const struct packet *packet, const struct flow_note *note)
{
    char text[FLOW_STREAM_TEXT_MAX];
    json_text(rows, "stream", flow_stream_text(note->protocol, note->stream, text));
    if (note->quoted)
        return;
    json_text(rows, "direction", note->from == FLOW_CLIENT ? ">" : "<");
    if (is_segment(note))
        json_segment(rows, packet, note);
    else
        json_number(rows, "payload_bytes", packet->payload_bytes);
    json_analysis(rows, note);
}

static void tell_json(struct packets *packets, const struct flows_packet *packet,
                      const struct flow_note *note)
{
    struct rows *rows = &packets->rows;
    row_literal(rows, "{\"frame\":");
    row_number(rows, packet->frame);
    row_literal(rows, ",\"time_ns\":");
    row_signed(rows, packet->time_ns);
    if (note->flow != NULL)
        json_flow(rows, &packet->packet, note);
    json_ends(rows, &packet->packet);
    if (is_icmp(&packet->packet))
        json_text(rows, "icmp",
                  icmp_text(packet->packet.protocol, packet->packet.icmp.type, packet->packet.icmp.code));
    if (note->flow != NULL && note->protocol == PROTOCOL_TCP)
        json_states(rows, note);
    if (packet->packet.damage != NULL)
        json_text(rows, "damage", packet->packet.damage);
    row_literal(rows, "}\n");
}

/* --- for people --- */

#define add(rows, ...) ((rows)->end += snprintf((rows)->end, ROW_MAX / 4, __VA_ARGS__))

static void table_segment(struct rows *rows, const struct packet *packet, const struct flow_note *note)
{
    char flags[TCP_FLAGS_TEXT_MAX], analysis[ANALYSIS_TEXT_MAX];
    add(rows, " %-11s seq %u", tcp_flags_text(packet->tcp.flags, flags), note->sequence);
    if (packet->tcp.flags & TCP_ACK)
        add(rows, " ack %u", note->acknowledgment);
    add(rows, " win %u", note->window);
    if (packet->payload_bytes != 0)
        add(rows, " %u bytes", packet->payload_bytes);
    if (note->analysis != 0)
        add(rows, " [%s]", analysis_text(note->analysis, analysis));
    if (note->duplicate_ack != 0)
        add(rows, " #%u", note->duplicate_ack);
    row_literal(rows, "  ");
    row_state(rows, note, FLOW_CLIENT);
    row_literal(rows, " | ");
    row_state(rows, note, FLOW_SERVER);
}

static void table_other(struct rows *rows, const struct packet *packet, const struct flow_note *note)
{
    char source[ADDRESS_TEXT_MAX], destination[ADDRESS_TEXT_MAX], protocol[PROTOCOL_TEXT_MAX];
    char analysis[ANALYSIS_TEXT_MAX];
    if (note->flow != NULL && !note->quoted) {
        add(rows, " %u bytes", packet->payload_bytes);
        if (note->analysis != 0)
            add(rows, " [%s]", analysis_text(note->analysis, analysis));
        return;
    }
    if (packet->source.family == ADDRESS_NONE) {
        row_literal(rows, " no IP");
        return;
    }
    add(rows, " %s %s > %s", protocol_text(packet->protocol, protocol), address_text(&packet->source, source),
        address_text(&packet->destination, destination));
    if (is_icmp(packet))
        add(rows, " %s", icmp_text(packet->protocol, packet->icmp.type, packet->icmp.code));
}

static void tell_table(struct packets *packets, const struct flows_packet *packet,
                       const struct flow_note *note)
{
    struct rows *rows = &packets->rows;
    char stream[FLOW_STREAM_TEXT_MAX] = "";
    if (packets->start_ns == INT64_MIN)
        packets->start_ns = packet->time_ns;
    if (note->flow != NULL)
        flow_stream_text(note->protocol, note->stream, stream);
    char direction = note->flow == NULL ? ' ' : note->quoted ? '!' : direction_of(note);
    add(rows, "%6llu %12.6f %-8s %c", (unsigned long long)packet->frame,
        (double)(packet->time_ns - packets->start_ns) / 1e9, stream, direction);
    if (is_segment(note))
        table_segment(rows, &packet->packet, note);
    else
        table_other(rows, &packet->packet, note);
    if (packet->packet.damage != NULL)
        add(rows, "  damaged: %s", packet->packet.damage);
    row_char(rows, '\n');
}

/* --- all --- */

static bool is_wanted(const struct packets *packets, const struct flow_note *note)
{
    if (!packets->one_flow)
        return true;
    return note->flow != NULL && note->stream == packets->stream &&
           (packets->protocol == PROTOCOL_NONE || packets->protocol == note->protocol);
}

static void tell_packet(void *context, const struct flows_packet *packet, const struct flow_note *note)
{
    static void (*const tell[])(struct packets *, const struct flows_packet *, const struct flow_note *) = {
        [FORM_TABLE] = tell_table,
        [FORM_JSON] = tell_json,
        [FORM_TSV] = tell_tsv,
    };
    struct packets *packets = context;
    if (!is_wanted(packets, note))
        return;
    rows_begin(&packets->rows);
    tell[packets->form](packets, packet, note);
}

static int read_number(const char *text, unsigned long max, uint32_t *ret_number)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number > max)
        return -EINVAL;
    *ret_number = (uint32_t)number;
    return 0;
}

static int read_flow(struct packets *packets, const char *text)
{
    packets->one_flow = true;
    packets->protocol = strncmp(text, "tcp:", 4) == 0   ? PROTOCOL_TCP
                        : strncmp(text, "udp:", 4) == 0 ? PROTOCOL_UDP
                                                        : PROTOCOL_NONE;
    return read_number(packets->protocol != PROTOCOL_NONE ? text + 4 : text, UINT32_MAX, &packets->stream);
}

static int read_options(struct packets *packets, int argc, char **argv, bool *ret_over)
{
    const char *argument;
    int index, exit_code = EXIT_DONE;
    while ((index = command_next_option(&command_packets, argc, argv, &argument, &exit_code)) >= 0)
        switch (index) {
        case OPTION_JSON: packets->form = FORM_JSON; break;
        case OPTION_TSV: packets->form = FORM_TSV; break;
        case OPTION_FLOW:
            if (read_flow(packets, argument) < 0)
                return command_misused(&command_packets, "--flow takes 3, tcp:3 or udp:3, not '%s'",
                                       argument);
            break;
        case OPTION_FILTER: packets->filter = argument; break;
        case OPTION_FLOWS_MAX:
            if (read_number(argument, 16000000, &packets->flows_max) < 0 || packets->flows_max == 0)
                return command_misused(&command_packets, "--flows-max takes a number from 1 to 16000000");
            break;
        }
    *ret_over = index == -2;
    return exit_code;
}

static void tsv_header(struct rows *rows)
{
    row_literal(rows, "frame\ttime_ns\tstream\tdirection\tflags\tseq\tack\tpayload_bytes\twindow\tanalysis\t"
                      "client_state\tserver_state\n");
}

static int tell_file(struct packets *packets, const char *path)
{
    struct err err = {0};
    struct flow_options table_options = {.flows_max = packets->flows_max};
    struct flows flows = {.path = path,
                          .filter = packets->filter,
                          .table = flow_table_new(&table_options),
                          .tell = tell_packet,
                          .context = packets};
    rows_open(&packets->rows, STDOUT_FILENO);
    if (packets->form == FORM_TSV)
        tsv_header(&packets->rows);
    int result = flows_read(&flows, &err);
    struct flow_counts counts = flow_table_counts(flows.table);
    flow_table_free(flows.table);
    int written = rows_close(&packets->rows);
    if (counts.evicted != 0)
        command_fail(EXIT_DONE, "%s: %llu of %llu flows had to make room (--flows-max)", path,
                     (unsigned long long)counts.evicted, (unsigned long long)counts.flows);
    if (result < 0)
        return command_fail(command_exit_code(result), "%s", err.text);
    return written < 0 ? command_fail(EXIT_DOES_NOT_HOLD, "standard output: %s", strerror(-written))
                       : EXIT_DONE;
}

static int run(int argc, char **argv)
{
    struct packets packets = {.start_ns = INT64_MIN};
    bool over = false;
    int exit_code = read_options(&packets, argc, argv, &over);
    if (exit_code != EXIT_DONE || over)
        return exit_code;
    if (optind != argc - 1)
        return command_misused(&command_packets, "one file is wanted");
    return tell_file(&packets, argv[optind]);
}

const struct command command_packets = {
    .name = "packets",
    .arguments = "FILE",
    .about = "One row a packet of any capture: what it says and what it did to both ends.",
    .more =
        "FILE is a pcap or pcapng file, also compressed; - is standard input. > is from the client, < from\n"
        "the server, ! an ICMP error about the flow. States are those of RFC 9293 after the packet, as seen\n"
        "from the capture point; ? is not known, and a name with ? behind it is inferred. What the\n"
        "analysis names mean is in docs/ANALYSIS.md.\n",
    .options = options,
    .run = run,
};

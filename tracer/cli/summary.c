/*
 * sockstep summary: one row a flow, with the life of both ends.
 */
#include "base/buf.h"
#include "cli/command.h"
#include "cli/flows.h"
#include "cli/row.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum form { FORM_TABLE, FORM_JSON, FORM_CSV };

enum { OPTION_JSON, OPTION_CSV, OPTION_FILTER, OPTION_FLOWS_MAX };

static const struct command_option options[] = {
    [OPTION_JSON] = {.name = "json", .letter = 'j', .about = "one JSON object a line"},
    [OPTION_CSV] = {.name = "csv", .letter = 'c', .about = "comma-separated values with a header line"},
    [OPTION_FILTER] = {.name = "filter",
                       .letter = 'f',
                       .argument = "EXPR",
                       .about = "only packets that match, see pcap-filter(7)"},
    [OPTION_FLOWS_MAX] = {.name = "flows-max",
                          .argument = "N",
                          .about = "hold at most N flows at once (1000000, about 300 MB)"},
    {0},
};

struct summary {
    struct rows rows;
    enum form form;
    const char *filter;
    uint32_t flows_max;
    const char *file; /* NULL: there is only one */
};

static const char state_separator[] = " > ";

/* --- JSON --- */

/* Texts whose lengths are counted once. */
struct word {
    const char *text;
    size_t length;
};

static struct word words[STATE_COUNT];
static struct buf no_analysis; /* the object of a flow of which there is nothing to say */

static void row_word(struct rows *rows, uint8_t state)
{
    struct word *word = &words[state];
    if (word->text == NULL)
        *word = (struct word){.text = state_name(state), .length = strlen(state_name(state))};
    row_bytes(rows, word->text, word->length);
}

static void json_states(struct rows *rows, const struct flow_summary *flow, int end)
{
    row_char(rows, '[');
    for (int i = 0; i < flow->path_count[end]; i++) {
        if (i != 0)
            row_char(rows, ',');
        row_char(rows, '"');
        row_word(rows, flow->path[end][i]);
        row_char(rows, '"');
    }
    if (flow->path_count[end] == 0 && flow->protocol == PROTOCOL_TCP)
        row_literal(rows, "\"?\"");
    row_char(rows, ']');
}

static void json_counted(struct rows *rows, const struct flow_summary *flow)
{
    for (int i = 0; i < ANALYSIS_COUNT; i++) {
        row_text(rows, i != 0 ? ",\"" : "\"");
        row_text(rows, analysis_name((enum analysis)i));
        row_literal(rows, "\":");
        row_number(rows, flow->analysis[i]);
    }
}

static void json_analysis(struct rows *rows, const struct flow_summary *flow)
{
    row_literal(rows, ",\"analysis\":{");
    char *start = rows->end;
    if (flow->remarkable)
        json_counted(rows, flow);
    else if (no_analysis.length != 0)
        row_bytes(rows, no_analysis.text, no_analysis.length);
    else {
        json_counted(rows, flow);
        buf_add(&no_analysis, start, (size_t)(rows->end - start));
    }
    row_char(rows, '}');
}

static void json_ends(struct rows *rows, const struct flow_summary *flow)
{
    row_literal(rows, ",\"client\":\"");
    row_address(rows, &flow->ends[FLOW_CLIENT]);
    row_literal(rows, "\",\"server\":\"");
    row_address(rows, &flow->ends[FLOW_SERVER]);
    row_literal(rows, "\",\"start_ns\":");
    row_signed(rows, flow->start_ns);
    row_literal(rows, ",\"duration_ns\":");
    row_signed(rows, flow->duration_ns);
}

static void json_counts(struct rows *rows, const struct flow_summary *flow)
{
    row_literal(rows, ",\"client_packets\":");
    row_number(rows, flow->packets[FLOW_CLIENT]);
    row_literal(rows, ",\"server_packets\":");
    row_number(rows, flow->packets[FLOW_SERVER]);
    row_literal(rows, ",\"client_bytes\":");
    row_number(rows, flow->bytes[FLOW_CLIENT]);
    row_literal(rows, ",\"server_bytes\":");
    row_number(rows, flow->bytes[FLOW_SERVER]);
}

static void row_truth(struct rows *rows, bool truth)
{
    if (truth)
        row_literal(rows, "true");
    else
        row_literal(rows, "false");
}

static void json_life(struct rows *rows, const struct flow_summary *flow)
{
    row_literal(rows, ",\"client_states\":");
    json_states(rows, flow, FLOW_CLIENT);
    row_literal(rows, ",\"server_states\":");
    json_states(rows, flow, FLOW_SERVER);
    row_literal(rows, ",\"client_inferred\":");
    row_truth(rows, flow->inferred[FLOW_CLIENT]);
    row_literal(rows, ",\"server_inferred\":");
    row_truth(rows, flow->inferred[FLOW_SERVER]);
    row_literal(rows, ",\"opener_known\":");
    row_truth(rows, flow->opener_known);
    row_literal(rows, ",\"conn_state\":\"");
    row_text(rows, flow->conn_state);
    row_literal(rows, "\",\"history\":\"");
    row_text(rows, flow->history);
    row_literal(rows, "\",\"handshake_ns\":");
    if (flow->handshake_ns >= 0)
        row_signed(rows, flow->handshake_ns);
    else
        row_literal(rows, "null");
}

static void row_stream(struct rows *rows, const struct flow_summary *flow)
{
    row_bytes(rows, flow->protocol == PROTOCOL_TCP ? "tcp:" : "udp:", 4);
    row_number(rows, flow->stream);
}

static void tell_json(struct summary *summary, const struct flow_summary *flow)
{
    struct rows *rows = &summary->rows;
    row_literal(rows, "{\"stream\":\"");
    row_stream(rows, flow);
    row_char(rows, '"');
    json_ends(rows, flow);
    json_counts(rows, flow);
    json_life(rows, flow);
    json_analysis(rows, flow);
    row_literal(rows, ",\"icmp_errors\":");
    row_number(rows, flow->icmp_errors);
    row_literal(rows, ",\"duplicates\":");
    row_number(rows, flow->duplicates);
    if (summary->file != NULL) {
        row_literal(rows, ",\"file\":");
        row_json_text(rows, summary->file);
    }
    row_literal(rows, "}\n");
}

/* --- CSV --- */

static void csv_header(struct rows *rows)
{
    row_literal(rows,
                "file,stream,client,server,start_ns,duration_ns,client_packets,server_packets,client_bytes,"
                "server_bytes,client_states,server_states,client_inferred,server_inferred,conn_state,history,"
                "handshake_ns,icmp_errors,duplicates");
    for (int i = 0; i < ANALYSIS_COUNT; i++) {
        row_char(rows, ',');
        row_text(rows, analysis_name((enum analysis)i));
    }
    row_char(rows, '\n');
}

static void row_states(struct rows *rows, const struct flow_summary *flow, int end, const char *separator)
{
    for (int i = 0; i < flow->path_count[end]; i++) {
        row_text(rows, i != 0 ? separator : "");
        row_text(rows, state_name(flow->path[end][i]));
    }
    if (flow->path_count[end] == 0 && flow->protocol == PROTOCOL_TCP)
        row_char(rows, '?');
}

static void csv_numbers(struct rows *rows, const struct flow_summary *flow)
{
    row_signed(rows, flow->start_ns);
    row_char(rows, ',');
    row_signed(rows, flow->duration_ns);
    for (int i = 0; i < 2 * FLOW_ENDS; i++) {
        row_char(rows, ',');
        row_number(rows, i < FLOW_ENDS ? flow->packets[i] : flow->bytes[i - FLOW_ENDS]);
    }
}

static void csv_life(struct rows *rows, const struct flow_summary *flow)
{
    for (int end = 0; end < FLOW_ENDS; end++) {
        row_char(rows, ',');
        row_states(rows, flow, end, " ");
    }
    for (int end = 0; end < FLOW_ENDS; end++)
        row_text(rows, flow->inferred[end] ? ",true" : ",false");
    row_char(rows, ',');
    row_text(rows, flow->conn_state);
    row_char(rows, ',');
    row_text(rows, flow->history);
    row_char(rows, ',');
    if (flow->handshake_ns >= 0)
        row_signed(rows, flow->handshake_ns);
}

static void tell_csv(struct summary *summary, const struct flow_summary *flow)
{
    struct rows *rows = &summary->rows;
    row_csv_text(rows, summary->file != NULL ? summary->file : "");
    row_char(rows, ',');
    row_stream(rows, flow);
    row_char(rows, ',');
    row_address(rows, &flow->ends[FLOW_CLIENT]);
    row_char(rows, ',');
    row_address(rows, &flow->ends[FLOW_SERVER]);
    row_char(rows, ',');
    csv_numbers(rows, flow);
    csv_life(rows, flow);
    row_char(rows, ',');
    row_number(rows, flow->icmp_errors);
    row_char(rows, ',');
    row_number(rows, flow->duplicates);
    for (int i = 0; i < ANALYSIS_COUNT; i++) {
        row_char(rows, ',');
        row_number(rows, flow->analysis[i]);
    }
    row_char(rows, '\n');
}

/* --- for people --- */

static void table_remarks(struct rows *rows, const struct flow_summary *flow)
{
    for (int i = 0; i < ANALYSIS_COUNT; i++) {
        if (flow->analysis[i] == 0)
            continue;
        row_literal(rows, "  ");
        row_number(rows, flow->analysis[i]);
        row_char(rows, ' ');
        row_text(rows, analysis_name((enum analysis)i));
    }
    if (flow->icmp_errors != 0) {
        row_literal(rows, "  ");
        row_number(rows, flow->icmp_errors);
        row_literal(rows, " icmp errors");
    }
}

static void table_life(struct rows *rows, const struct flow_summary *flow)
{
    static const char *const who[FLOW_ENDS] = {"\n    client ", "\n    server "};
    for (int end = 0; end < FLOW_ENDS; end++) {
        row_text(rows, who[end]);
        row_states(rows, flow, end, state_separator);
        if (flow->inferred[end])
            row_literal(rows, " (inferred)");
    }
}

static void tell_table(struct summary *summary, const struct flow_summary *flow)
{
    struct rows *rows = &summary->rows;
    char stream[FLOW_STREAM_TEXT_MAX], client[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX];
    const char *arrow = flow->opener_known ? "->" : "--";
    rows->end += snprintf(
        rows->end, ROW_MAX / 2, "%-8s %s %s %s  %llu/%llu packets  %llu/%llu bytes  %.6f s",
        flow_stream_text(flow->protocol, flow->stream, stream),
        address_text(&flow->ends[FLOW_CLIENT], client), arrow, address_text(&flow->ends[FLOW_SERVER], server),
        (unsigned long long)flow->packets[FLOW_CLIENT], (unsigned long long)flow->packets[FLOW_SERVER],
        (unsigned long long)flow->bytes[FLOW_CLIENT], (unsigned long long)flow->bytes[FLOW_SERVER],
        (double)flow->duration_ns / 1e9);
    if (flow->handshake_ns >= 0)
        rows->end += snprintf(rows->end, 64, "  handshake %.3f ms", (double)flow->handshake_ns / 1e6);
    row_literal(rows, "  ");
    row_text(rows, flow->conn_state);
    row_char(rows, ' ');
    row_text(rows, flow->history);
    if (flow->protocol == PROTOCOL_TCP)
        table_life(rows, flow);
    char *before = rows->end;
    row_literal(rows, "\n   ");
    char *remarks = rows->end;
    table_remarks(rows, flow);
    if (rows->end == remarks)
        rows->end = before;
    row_char(rows, '\n');
}

/* --- all --- */

static void tell_flow(void *context, const struct flow *flow)
{
    static void (*const tell[])(struct summary *, const struct flow_summary *) = {
        [FORM_TABLE] = tell_table,
        [FORM_JSON] = tell_json,
        [FORM_CSV] = tell_csv,
    };
    struct summary *summary = context;
    struct flow_summary told;
    flow_summarize(flow, &told);
    rows_begin(&summary->rows);
    tell[summary->form](summary, &told);
}

static void tell_rest(struct summary *summary, const struct flows *flows)
{
    struct flow_counts counts = flow_table_counts(flows->table);
    if (counts.evicted != 0)
        command_fail(EXIT_DONE, "%s: %llu of %llu flows were told early to make room (--flows-max)",
                     flows->path, (unsigned long long)counts.evicted, (unsigned long long)counts.flows);
    if (summary->form != FORM_TABLE)
        return;
    rows_begin(&summary->rows);
    summary->rows.end += snprintf(summary->rows.end, ROW_MAX,
                                  "%llu packets, %llu flows; %llu packets without a flow, %llu damaged\n",
                                  (unsigned long long)flows->frames, (unsigned long long)counts.flows,
                                  (unsigned long long)counts.other, (unsigned long long)flows->damaged);
}

static int summarize_file(struct summary *summary, const char *path, struct err *err)
{
    struct flow_options table_options = {
        .flows_max = summary->flows_max, .evicted = tell_flow, .context = summary};
    struct flows flows = {.path = path, .filter = summary->filter, .table = flow_table_new(&table_options)};
    int result = flows_read(&flows, err);
    flow_table_each(flows.table, tell_flow, summary);
    if (result == 0 || flows.frames != 0)
        tell_rest(summary, &flows);
    flow_table_free(flows.table);
    return result;
}

static int read_number(const char *text, uint32_t *ret_number)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || number == 0 || number > 16000000)
        return -EINVAL;
    *ret_number = (uint32_t)number;
    return 0;
}

/* Returns 0, or the exit code after what is wrong was said. */
static int read_options(struct summary *summary, int argc, char **argv, bool *ret_over)
{
    const char *argument;
    int index, exit_code = EXIT_DONE;
    while ((index = command_next_option(&command_summary, argc, argv, &argument, &exit_code)) >= 0)
        switch (index) {
        case OPTION_JSON: summary->form = FORM_JSON; break;
        case OPTION_CSV: summary->form = FORM_CSV; break;
        case OPTION_FILTER: summary->filter = argument; break;
        case OPTION_FLOWS_MAX:
            if (read_number(argument, &summary->flows_max) < 0)
                return command_misused(&command_summary, "--flows-max takes a number from 1 to 16000000");
            break;
        }
    *ret_over = index == -2;
    return exit_code;
}

static int run(int argc, char **argv)
{
    struct summary summary = {0};
    bool over = false;
    int exit_code = read_options(&summary, argc, argv, &over);
    if (exit_code != EXIT_DONE || over)
        return exit_code;
    if (optind >= argc)
        return command_misused(&command_summary, "at least one file is wanted");
    bool several = argc - optind > 1;
    rows_open(&summary.rows, STDOUT_FILENO);
    if (summary.form == FORM_CSV)
        csv_header(&summary.rows);
    for (int i = optind; i < argc; i++) {
        struct err err = {0};
        summary.file = several ? argv[i] : NULL;
        int result = summarize_file(&summary, argv[i], &err);
        if (result < 0) {
            rows_flush(&summary.rows);
            exit_code = command_fail(command_exit_code(result), "%s", err.text);
        }
    }
    buf_release(&no_analysis);
    int result = rows_close(&summary.rows);
    return result < 0 ? command_fail(EXIT_DOES_NOT_HOLD, "standard output: %s", strerror(-result))
                      : exit_code;
}

const struct command command_summary = {
    .name = "summary",
    .arguments = "FILE...",
    .about = "One row a flow of any capture: who, how much, and the life of both ends.",
    .more =
        "FILE is a pcap or pcapng file, also compressed; - is standard input. States are those of RFC 9293\n"
        "as seen from the capture point; ? is not known. The keys of --json are explained in\n"
        "docs/ANALYSIS.md.\n",
    .options = options,
    .run = run,
};

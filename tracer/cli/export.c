/*
 * sockstep export: a trace or a capture as a file that others open without us.
 */
#include "export/export.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/whole_file.h"
#include "trace/trace.h"

#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct export
{
    const char *file, *to, *out;
    struct export_options options;
    bool force, keep_payload;
};

/* What an exporter needs: the part of the timeline that was asked for. */
struct job {
    const struct timeline *timeline;
    const struct export_options *options;
};

enum option_number {
    OPTION_TO,
    OPTION_OUT,
    OPTION_FLOW,
    OPTION_FROM,
    OPTION_TO_SEQ,
    OPTION_AT,
    OPTION_NO_PAYLOAD,
    OPTION_KEEP_PAYLOAD,
    OPTION_ANONYMIZE,
    OPTION_ASCII,
    OPTION_ANSWERS,
    OPTION_FORCE,
};

static const struct command_option options[] = {
    [OPTION_TO] = {.name = "to", .letter = 't', .argument = "FORMAT", .about = "one of those above, or all"},
    [OPTION_OUT] = {.name = "output",
                    .letter = 'o',
                    .argument = "OUT",
                    .about = "the file to write; - is standard output"},
    [OPTION_FLOW] = {.name = "flow", .argument = "N", .about = "only conversation number N"},
    [OPTION_FROM] = {.name = "from", .argument = "SEQ", .about = "only from event SEQ on"},
    [OPTION_TO_SEQ] = {.name = "to-seq", .argument = "SEQ", .about = "only up to event SEQ"},
    [OPTION_AT] = {.name = "at",
                   .argument = "PLACE",
                   .about = "pcapng, pcap: as seen at client, server or wire"},
    [OPTION_NO_PAYLOAD] = {.name = "no-payload", .about = "leave out what the programs said to each other"},
    [OPTION_KEEP_PAYLOAD] = {.name = "keep-payload", .about = "html of a capture: do not leave it out"},
    [OPTION_ANONYMIZE] = {.name = "anonymize",
                          .about = "other addresses, the same everywhere; prefixes are preserved"},
    [OPTION_ASCII] = {.name = "ascii", .letter = 'a', .about = "ladder, cast: no Unicode drawing characters"},
    [OPTION_ANSWERS] = {.name = "answers", .about = "worksheet: with the answers"},
    [OPTION_FORCE] = {.name = "force", .letter = 'f', .about = "overwrite a file that is there already"},
    {0},
};

static int take_number(const char *name, const char *text, uint64_t most, uint64_t *ret_number,
                       struct err *err)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number == 0 || number > most)
        return err_set(err, EINVAL, "--%s takes a number from 1 on, not '%s'", name, text);
    *ret_number = number;
    return 0;
}

static int take_flow(struct export *export, const char *argument, struct err *err)
{
    uint64_t number;
    int r = take_number("flow", argument, UINT32_MAX, &number, err);
    if (r == 0)
        export->options.flow = (uint32_t)number;
    return r;
}

static int take_option(struct export *export, int index, const char *argument, struct err *err)
{
    switch ((enum option_number)index) {
    case OPTION_TO: export->to = argument; return 0;
    case OPTION_OUT: export->out = argument; return 0;
    case OPTION_FLOW: return take_flow(export, argument, err);
    case OPTION_FROM: return take_number("from", argument, UINT64_MAX - 1, &export->options.from, err);
    case OPTION_TO_SEQ: return take_number("to-seq", argument, UINT64_MAX - 1, &export->options.to, err);
    case OPTION_AT: export->options.at = argument; return 0;
    case OPTION_NO_PAYLOAD: export->options.no_payload = true; return 0;
    case OPTION_KEEP_PAYLOAD: export->keep_payload = true; return 0;
    case OPTION_ANONYMIZE: export->options.anonymize = true; return 0;
    case OPTION_ASCII: export->options.ascii = true; return 0;
    case OPTION_ANSWERS: export->options.answers = true; return 0;
    case OPTION_FORCE: export->force = true; return 0;
    }
    return 0;
}

/* The two formats that tracer/trace writes. */

static int feed(struct sink *sink, const struct timeline *timeline, struct err *err)
{
    int r = sink->ops->begin(sink, &timeline->info, err);
    array_each (const struct record, record, &timeline->records)
        if (r == 0)
            r = sink->ops->event(sink, &record->event, timeline_changes(timeline, record),
                                 record->change_count, err);
    if (r == 0)
        r = sink->ops->end(sink, err);
    sink->ops->free(sink);
    return r;
}

/* The host that --at names; NULL is the wire. */
static const char *host_at(const struct job *job)
{
    const char *at = job->options->at;
    return at == NULL || strcmp(at, "wire") == 0 ? NULL : at;
}

static int write_pcapng(struct buf *out, const struct job *job, struct err *err)
{
    struct sink *sink = job->options->at == NULL
                            ? trace_writer_to_memory(out)
                            : capture_writer_to_memory(out, CAPTURE_FORMAT_PCAPNG, host_at(job));
    return feed(sink, job->timeline, err);
}

static int write_pcap(struct buf *out, const struct job *job, struct err *err)
{
    return feed(capture_writer_to_memory(out, CAPTURE_FORMAT_PCAP, host_at(job)), job->timeline, err);
}

static const struct packet_format {
    const char *name, *about, *extension;
    int (*write)(struct buf *out, const struct job *job, struct err *err);
} packet_formats[] = {
    {"pcapng", "the trace for Wireshark: packets, and calls between them", "pcapng", write_pcapng},
    {"pcap", "the packets alone, for old tools", "pcap", write_pcap},
};

#define PACKET_FORMAT_COUNT (sizeof packet_formats / sizeof *packet_formats)

static const struct packet_format *find_packet_format(const char *name)
{
    for (size_t i = 0; i < PACKET_FORMAT_COUNT; i++)
        if (strcmp(packet_formats[i].name, name) == 0)
            return &packet_formats[i];
    return NULL;
}

/* One file. */

static struct export_options options_for(const struct export *export, const struct export_format *format,
                                         const struct timeline *timeline)
{
    struct export_options chosen = export->options;
    if (format != NULL && format->hides_foreign_payload && !timeline->info.live && !export->keep_payload)
        chosen.no_payload = true;
    return chosen;
}

static int render(const struct export *export, const char *name, const struct timeline *timeline,
                  struct buf *out, struct err *err)
{
    const struct export_format *format = export_find(name);
    const struct export_options chosen = options_for(export, format, timeline);
    struct timeline view;
    int r = 0;
    export_select(&view, timeline, &chosen);
    if (format != NULL)
        format->write(out, &view, &chosen);
    else
        r = find_packet_format(name)->write(out, &(struct job){&view, &chosen}, err);
    timeline_release(&view);
    return r;
}

static int export_one(const struct export *export, const char *name, const char *path,
                      const struct timeline *timeline, struct err *err)
{
    struct buf text = {0};
    int r = whole_file_check(path, export->force, err);
    if (r == 0)
        r = render(export, name, timeline, &text, err);
    if (r == 0)
        r = whole_file_write(path, &text, export->force, err);
    buf_release(&text);
    return r;
}

/* All of them, into a folder. */

/* "tcp-hello": the scenario, or the file's name without its folder and endings. */
static void base_name(const struct export *export, const struct timeline *timeline, char *name, size_t room)
{
    const char *slash = strrchr(export->file, '/');
    const char *file = slash != NULL ? slash + 1 : export->file;
    const char *scenario = timeline->info.scenario;
    if (scenario[0] != '\0' && strspn(scenario, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(scenario))
        snprintf(name, room, "%s", scenario);
    else
        snprintf(name, room, "%.*s", (int)strcspn(file, "."), file);
    if (name[0] == '\0' || strcmp(name, "-") == 0)
        snprintf(name, room, "trace");
}

static int export_into(const struct export *export, const char *format, const char *extension,
                       const struct timeline *timeline, struct err *err)
{
    char name[128];
    struct buf path = {0};
    base_name(export, timeline, name, sizeof name);
    buf_printf(&path, "%s/%s.%s", export->out, name, extension);
    int r = export_one(export, format, buf_text(&path), timeline, err);
    if (r == 0)
        printf("%s\n", buf_text(&path));
    buf_release(&path);
    return r;
}

static int export_all(const struct export *export, const struct timeline *timeline, struct err *err)
{
    int r = 0;
    if (mkdir(export->out, 0777) != 0 && errno != EEXIST)
        return err_set(err, errno, "%s: %s", export->out, strerror(errno));
    for (size_t i = 0; r == 0 && export_formats[i]->name != NULL; i++)
        r = export_into(export, export_formats[i]->name, export_formats[i]->extension, timeline, err);
    struct export answers = *export;
    answers.options.answers = true;
    if (r == 0 && export_find("worksheet") != NULL)
        r = export_into(&answers, "worksheet", "answers.html", timeline, err);
    for (size_t i = 0; r == 0 && i < PACKET_FORMAT_COUNT; i++) {
        r = export_into(export, packet_formats[i].name, packet_formats[i].extension, timeline, err);
        if (r == -EINVAL) { /* what this format cannot hold; the others are there */
            command_fail(EXIT_DONE, "no %s: %s", packet_formats[i].name, err->text);
            r = 0;
        }
    }
    return r;
}

/* The whole. */

static bool is_host(const struct session_info *info, const char *name)
{
    for (int i = 0; i < info->host_count; i++)
        if (strcmp(info->hosts[i], name) == 0)
            return true;
    return false;
}

static int check_place(const struct export *export, const struct timeline *timeline, struct err *err)
{
    const char *at = export->options.at;
    if (at == NULL || strcmp(at, "wire") == 0 || is_host(&timeline->info, at))
        return 0;
    return err_set(err, EINVAL, "--at %s: the record knows no such host", at);
}

/* A selection that nothing answers to is a mistake, not an empty file. */
static int check_selection(const struct export *export, const struct timeline *timeline, struct err *err)
{
    const struct export_options *chosen = &export->options;
    bool flow = chosen->flow == 0, range = chosen->from == 0 && chosen->to == 0;
    array_each (const struct record, record, &timeline->records) {
        const struct event *event = &record->event;
        flow = flow || event->context.flow == chosen->flow;
        range = range || (event->seq >= chosen->from && (chosen->to == 0 || event->seq <= chosen->to));
    }
    if (!flow)
        return err_set(err, EINVAL, "--flow %u: there is no such conversation", (unsigned)chosen->flow);
    if (!range)
        return err_set(err, EINVAL, "no event lies between --from and --to-seq; there are %zu",
                       timeline->records.count);
    return 0;
}

static int export_timeline(struct export *export, const struct timeline *timeline, struct err *err)
{
    int r = check_place(export, timeline, err);
    if (r == 0)
        r = check_selection(export, timeline, err);
    if (r < 0)
        return r;
    bool terminal = strcmp(export->out, "-") == 0 && isatty(STDOUT_FILENO);
    if (terminal && strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        export->options.ascii = true;
    if (terminal && find_packet_format(export->to) != NULL)
        return err_set(err, EINVAL, "%s is not for a terminal; -o FILE writes it to a file", export->to);
    return strcmp(export->to, "all") == 0 ? export_all(export, timeline, err)
                                          : export_one(export, export->to, export->out, timeline, err);
}

static int export_file(struct export *export, struct err *err)
{
    struct session_info info = {0};
    struct err warning = {0};
    struct source *source = trace_reader_new(export->file, &info, &warning, err);
    if (source == NULL)
        return -EINVAL;
    struct engine *engine = engine_new(&info, 0);
    engine_add_source(engine, source);
    int r = output_loop(engine, err);
    if (r == 0)
        r = engine_finish(engine, err);
    if (r == 0)
        r = export_timeline(export, engine_timeline(engine), err);
    engine_free(engine);
    if (warning.text[0] != '\0')
        command_fail(EXIT_DONE, "%s", warning.text);
    return r;
}

/* `more` cannot be made of the lists, so the help prints them itself. */
static void print_formats(void)
{
    printf("\nFormats:\n");
    for (size_t i = 0; export_formats[i]->name != NULL; i++)
        printf("  %-11s %s\n", export_formats[i]->name, export_formats[i]->about);
    for (size_t i = 0; i < PACKET_FORMAT_COUNT; i++)
        printf("  %-11s %s\n", packet_formats[i].name, packet_formats[i].about);
    printf("  %-11s every one of them, into folder DIR\n", "all");
}

static int check_words(const struct export *export)
{
    bool all = export->to != NULL && strcmp(export->to, "all") == 0;
    bool packets = export->to != NULL && find_packet_format(export->to) != NULL;
    if (export->to == NULL)
        return command_misused(&command_export, "--to FORMAT is wanted");
    if (!all && !packets && export_find(export->to) == NULL)
        return command_misused(&command_export, "unknown format '%s'", export->to);
    if (all && strcmp(export->out, "-") == 0)
        return command_misused(&command_export, "--to all wants a folder");
    if (export->options.at != NULL && !packets && !all)
        return command_misused(&command_export, "--at is for pcapng and pcap");
    if (export->options.to != 0 && export->options.to < export->options.from)
        return command_misused(&command_export, "--to-seq comes before --from");
    return EXIT_DONE;
}

static int run_checked(struct export *export)
{
    struct err err = {0};
    int exit_code = check_words(export);
    if (exit_code != EXIT_DONE)
        return exit_code;
    int r = export_file(export, &err);
    return r < 0 ? command_fail(r == -EEXIST ? EXIT_USAGE : command_exit_code(r), "%s", err.text) : EXIT_DONE;
}

static int run(int argc, char **argv)
{
    struct export export = {.out = "-"};
    struct err err = {0};
    const char *argument;
    int index, exit_code = EXIT_DONE;
    while ((index = command_next_option(&command_export, argc, argv, &argument, &exit_code)) >= 0)
        if (take_option(&export, index, argument, &err) < 0)
            return command_misused(&command_export, "%s", err.text);
    if (index == -2) {
        if (exit_code == EXIT_DONE)
            print_formats();
        return exit_code;
    }
    bool all = export.to != NULL && strcmp(export.to, "all") == 0;
    if (optind == argc || argc - optind > (all ? 2 : 1))
        return command_misused(&command_export,
                               all ? "a file and a folder are wanted" : "one file is wanted");
    export.file = argv[optind];
    if (argc - optind == 2)
        export.out = argv[optind + 1];
    return run_checked(&export);
}

const struct command command_export = {
    .name = "export",
    .arguments = "FILE [DIR]",
    .about = "Write a trace, or any pcap or pcapng file, in a form that others open without sockstep.",
    .more = "FILE - is standard input. Without -o the text goes to standard output.\n"
            "A file that is there already is kept, unless --force. What goes wrong leaves no half file.\n",
    .options = options,
    .run = run,
};

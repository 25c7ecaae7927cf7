#include "scenario/runner.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "lab/lab.h"
#include "scenario/expect_pattern.h"
#include "scenario/faults.h"
#include "scenario/places.h"
#include "source/source.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define ASK_LATER_NS  (100 * NS_PER_MS)
#define SETTLE_NS     (150 * NS_PER_MS) /* quiet for so long: over */
#define PATIENCE_NS   (60 * NS_PER_S)   /* at least; five times what the scenario says, if that is more */
#define KILL_AFTER_NS (1 * NS_PER_S)    /* from SIGTERM to SIGKILL of programs that stay */
#define LINGER_NS     (10 * NS_PER_S)   /* for the kernels to finish once all programs have ended */

struct running_lane {
    pid_t pid; /* 0: not started */
    bool ended;
};

struct runner {
    struct director director; /* first */
    const struct scenario *scenario;
    struct engine *engine;
    struct lab *lab;
    struct clock clock;
    int family;
    struct stepper *stepper; /* NULL: not stepped */
    struct director *hand;
    struct running_lane lanes[SCENARIO_LANES_MAX];
    size_t looked; /* records of the timeline that we have seen */
    bool entered[SCENARIO_LANES_MAX][CALL_COUNT];
    struct fault_rule rules[SCENARIO_FAULTS_MAX]; /* as many as the scenario has faults */
    bool rule_met[SCENARIO_FAULTS_MAX];
    int64_t ask_ns[SCENARIO_HOSTS_MAX];                        /* monotonic; 0: nothing to ask */
    int64_t begun_ns, quiet_ns, all_ended_ns, asked_to_end_ns; /* monotonic; 0: not yet */
};

/* --- starting programs --- */

static char **make_arguments(const struct runner *runner, const struct scenario_lane *lane,
                             const char *program)
{
    const struct scenario *scenario = runner->scenario;
    char texts[SCENARIO_HOSTS_MAX][ADDRESS_TEXT_MAX];
    const char *addresses[SCENARIO_HOSTS_MAX];
    for (int i = 0; i < scenario->network.host_count; i++) {
        struct address address = lab_address(i, runner->family);
        addresses[i] = address_ip_text(&address, texts[i]);
    }
    char **argv = xcalloc((size_t)lane->argument_count + 2, sizeof *argv);
    argv[0] = xstrdup(program);
    for (int i = 0; i < lane->argument_count; i++)
        argv[i + 1] = scenario_argument(scenario, lane->arguments[i], addresses);
    return argv;
}

static void free_arguments(char **argv)
{
    for (char **word = argv; *word != NULL; word++)
        free(*word);
    free(argv);
}

static int start_lane(struct runner *runner, int index, struct err *err)
{
    const struct scenario_lane *lane = &runner->scenario->lanes[index];
    char program[SCENARIO_PATH_MAX], preload[SCENARIO_PATH_MAX];
    if (lane->preload && places_preload(preload, sizeof preload) < 0)
        return err_set(err, ENOENT, "lane %s: libsockprobe.so is not where it should be; run `make`",
                       lane->name);
    char **argv = make_arguments(runner, lane, places_program(lane->program, program, sizeof program));
    struct lab_program start = {
        .host = scenario_host_index(runner->scenario, lane->host),
        .lane = lane->name,
        .argv = (const char *const *)argv,
        .preload = lane->preload ? preload : NULL,
        .gates_closed = runner->stepper != NULL && (stepper_mode(runner->stepper) & STEP_CALLS) != 0,
    };
    pid_t pid = lab_spawn(runner->lab, &start, err);
    free_arguments(argv);
    if (pid < 0) {
        err_wrap(err, "lane %s", lane->name);
        return (int)pid;
    }
    runner->lanes[index].pid = pid;
    return 0;
}

static bool may_start(const struct runner *runner, int index)
{
    int other;
    enum call call;
    return scenario_start(runner->scenario, index, &other, &call) == 0 || runner->entered[other][call];
}

/* A lane that waits for a call of a program that has ended waits for ever. */
static int check_hopeless(const struct runner *runner, int index, struct err *err)
{
    int other;
    enum call call;
    if (scenario_start(runner->scenario, index, &other, &call) == 0 || !runner->lanes[other].ended)
        return 0;
    return err_set(err, ECANCELED, "lane %s never started: %s ended without calling %s()",
                   runner->scenario->lanes[index].name, runner->scenario->lanes[other].name, call_name(call));
}

static int start_lanes(struct runner *runner, struct err *err)
{
    for (int i = 0; i < runner->scenario->lane_count; i++) {
        if (runner->lanes[i].pid != 0)
            continue;
        int r = may_start(runner, i) ? start_lane(runner, i, err) : check_hopeless(runner, i, err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* --- watching the record --- */

static void look_at(struct runner *runner, const struct event *event)
{
    if (event->kind == EVENT_CALL_ENTER) {
        int lane = scenario_lane_index(runner->scenario, event->lane);
        if (lane >= 0)
            runner->entered[lane][event->call.call] = true;
        return;
    }
    if (event->kind != EVENT_PROCESS || event->process.what != PROCESS_EXIT)
        return;
    for (int i = 0; i < runner->scenario->lane_count; i++)
        if (runner->lanes[i].pid == event->pid)
            runner->lanes[i].ended = true;
}

static void look(struct runner *runner)
{
    const struct timeline *timeline = engine_timeline(runner->engine);
    for (; runner->looked < timeline->records.count; runner->looked++)
        look_at(runner, &timeline->records.items[runner->looked].event);
}

/* --- faults --- */

const char *runner_idle_rule(const struct runner *runner, int *cursor)
{
    while (*cursor < runner->scenario->fault_count) {
        int rule = (*cursor)++;
        if (!runner->rule_met[rule])
            return runner->rules[rule].text;
    }
    return NULL;
}

static void note_idle_rules(const struct runner *runner)
{
    int cursor = 0;
    for (const char *rule; (rule = runner_idle_rule(runner, &cursor)) != NULL;) {
        struct event mark = {.kind = EVENT_MARK};
        struct buf text = {0};
        buf_printf(&text, "the rule \"%s\" met no packet", rule);
        event_set_data(&mark, buf_text(&text), text.length);
        engine_note(runner->engine, &mark);
        buf_release(&text);
    }
}

static bool is_what_is_waited_for(const struct runner *runner, const char *until, const struct event *event)
{
    struct pattern pattern;
    if (until == NULL || pattern_parse_event(until, &pattern, NULL) < 0)
        return false;
    if (event->kind == EVENT_PACKET_SENT)
        return pattern_matches_packet(&pattern, event, false, runner->scenario->network.hosts[0]);
    bool exit = event->kind == EVENT_CALL_EXIT;
    if (!exit && (event->kind != EVENT_CALL_ENTER || pattern.result_kind != RESULT_ANY))
        return false;
    return pattern_matches_call(&pattern, &(struct seen_call){.enter = event, .exit = exit ? event : NULL});
}

static void watch_faults(struct runner *runner, const struct event *event)
{
    bool packet = event->kind >= EVENT_PACKET_SENT && event->kind <= EVENT_PACKET_HELD;
    for (int i = 0; i < runner->scenario->fault_count; i++) {
        if (packet && strcmp(event->packet.fault, runner->rules[i].text) == 0)
            runner->rule_met[i] = true;
        if (is_what_is_waited_for(runner, runner->scenario->faults[i].until, event))
            lab_release_rule(runner->lab, i);
    }
}

/* --- the end --- */

/* True when every program has ended that ends by itself. */
static bool all_ended(const struct runner *runner, bool including_those_that_stay)
{
    for (int i = 0; i < runner->scenario->lane_count; i++)
        if (!runner->lanes[i].ended && (including_those_that_stay || !runner->scenario->lanes[i].stays))
            return false;
    return true;
}

static void end_those_that_stay(struct runner *runner, int64_t now_ns)
{
    int signal = 0;
    if (runner->asked_to_end_ns == 0) {
        signal = SIGTERM;
        runner->asked_to_end_ns = now_ns;
    } else if (now_ns - runner->asked_to_end_ns > KILL_AFTER_NS) {
        signal = SIGKILL;
    }
    for (int i = 0; signal != 0 && i < runner->scenario->lane_count; i++)
        if (runner->lanes[i].pid > 0 && !runner->lanes[i].ended)
            lab_kill(runner->lab, runner->lanes[i].pid, signal);
}

static int64_t patience_ns(const struct runner *runner)
{
    int64_t wanted = 5 * NS_PER_S * runner->scenario->duration_s;
    return wanted > PATIENCE_NS ? wanted : PATIENCE_NS;
}

static bool is_held(const struct runner *runner)
{
    const struct pending *items;
    return runner->stepper != NULL &&
           (stepper_pending(runner->stepper, &items) != 0 || !stepper_rests(runner->stepper));
}

static int check_patience(struct runner *runner, int64_t now_ns, struct err *err)
{
    if (is_held(runner)) /* a person may think for as long as it takes */
        runner->begun_ns = now_ns;
    if (now_ns - runner->begun_ns <= patience_ns(runner))
        return 1;
    for (int i = 0; i < runner->scenario->lane_count; i++)
        if (!runner->lanes[i].ended)
            return err_set(err, ETIMEDOUT, "%s had not ended after %lld s; its programs were ended",
                           runner->scenario->lanes[i].name, (long long)(patience_ns(runner) / NS_PER_S));
    return 0;
}

/* Once all programs have ended, the wire and the kernels may still have something to say to each other. */
static int settle(struct runner *runner, int64_t now_ns)
{
    if (runner->all_ended_ns == 0 || is_held(runner))
        runner->all_ended_ns = now_ns;
    if (!engine_quiet(runner->engine))
        runner->quiet_ns = 0;
    else if (runner->quiet_ns == 0)
        runner->quiet_ns = now_ns;
    bool quiet = runner->quiet_ns != 0 && now_ns - runner->quiet_ns > SETTLE_NS;
    return quiet || now_ns - runner->all_ended_ns > LINGER_NS ? 0 : 1;
}

/* --- asking the kernels --- */

/* What changes a state without any packet. A listening socket is asked about at once. One that is closed is
 * usually followed by the end of its program, after which the lab looks by itself; if not, it is asked about
 * a little later. */
static void runner_seen(struct director *director, const struct event *event)
{
    struct runner *runner = (struct runner *)director;
    watch_faults(runner, event);
    if (runner->stepper != NULL)
        stepper_seen(runner->stepper, event);
    int host = scenario_host_index(runner->scenario, event->host);
    if (host < 0 || event->kind != EVENT_CALL_EXIT || event->call.result < 0)
        return;
    if (event->call.call == CALL_listen)
        lab_ask(runner->lab, host, event->order_ns + 1);
    else if (event->call.call == CALL_close)
        runner->ask_ns[host] = clock_now_ns(&runner->clock) + ASK_LATER_NS;
}

static void ask_later(struct runner *runner, int64_t now_ns)
{
    for (int host = 0; host < runner->scenario->network.host_count; host++)
        if (runner->ask_ns[host] != 0 && now_ns >= runner->ask_ns[host]) {
            runner->ask_ns[host] = 0;
            lab_ask(runner->lab, host, 0);
        }
}

static int runner_step(struct director *director, struct engine *engine, struct err *err)
{
    struct runner *runner = (struct runner *)director;
    int64_t now_ns = clock_now_ns(&runner->clock);
    if (runner->begun_ns == 0)
        runner->begun_ns = now_ns;
    if (!lab_alive(runner->lab))
        return err_set(err, EPIPE, "the lab has ended unexpectedly; what was seen so far is recorded");
    look(runner);
    ask_later(runner, now_ns);
    int r = start_lanes(runner, err);
    if (r == 0 && runner->stepper != NULL)
        stepper_step(runner->stepper, engine);
    int hand = r == 0 && runner->hand != NULL ? runner->hand->step(runner->hand, engine, err) : 2;
    if (r < 0 || hand <= 0)
        return r < 0 ? r : hand;
    if (!all_ended(runner, false))
        return check_patience(runner, now_ns, err);
    if (!all_ended(runner, true) && engine_quiet(runner->engine))
        end_those_that_stay(runner, now_ns);
    r = all_ended(runner, true) ? settle(runner, now_ns) : check_patience(runner, now_ns, err);
    if (r == 0 && hand == 1)
        return 1;
    if (r == 0)
        note_idle_rules(runner);
    return r;
}

/* --- life --- */

static void fill_config(const struct runner *runner, const struct runner_options *options,
                        struct lab_config *config, struct lab_sysctl *sysctls)
{
    const struct scenario_network *network = &runner->scenario->network;
    int delay_ms = options->delay_ms >= 0 ? options->delay_ms : network->delay_ms;
    *config = (struct lab_config){
        .host_count = network->host_count,
        .delay_ns = delay_ms * NS_PER_MS,
        .spacing_ns = network->spacing_ms * NS_PER_MS,
        .mtu = network->mtu,
        .quick_ack = network->quick_ack,
        .sysctls = sysctls,
        .sysctl_count = network->sysctl_count,
        .rules = runner->rules,
        .rule_count = runner->scenario->fault_count,
        .holds = options->stepped,
        .textbook_timers = options->stepped && !options->real_timers,
    };
    for (int i = 0; i < network->host_count; i++)
        config->host_names[i] = network->hosts[i];
    for (int i = 0; i < network->sysctl_count; i++)
        sysctls[i] =
            (struct lab_sysctl){.name = network->sysctls[i].name, .value = network->sysctls[i].value};
}

static void fill_info(const struct runner *runner, const struct lab_config *config, struct session_info *info)
{
    const struct scenario *scenario = runner->scenario;
    struct utsname system;
    *info = (struct session_info){
        .delay_ns = config->delay_ns, .live = true, .link = LINK_ETHERNET, .host_count = config->host_count};
    struct clock clock = clock_real();
    info->start_ns = clock_now_ns(&clock);
    snprintf(info->scenario, sizeof info->scenario, "%s", scenario->name);
    snprintf(info->title, sizeof info->title, "%s", scenario->title);
    snprintf(info->tool, sizeof info->tool, "sockstep %s", SOCKSTEP_VERSION);
    if (uname(&system) == 0)
        snprintf(info->kernel, sizeof info->kernel, "%s", system.release);
    snprintf(info->sysctls, sizeof info->sysctls, "%s", lab_sysctls_text(runner->lab));
    if (config->spacing_ns != 0)
        snprintf(info->note, sizeof info->note, "packets arrive at a host at least %d ms apart",
                 scenario->network.spacing_ms);
    if (config->textbook_timers) /* set on the routes, so not among the sysctls */
        snprintf(info->note + strlen(info->note), sizeof info->note - strlen(info->note),
                 "%stextbook timers: rto_min 60 s, quickack", info->note[0] != '\0' ? "; " : "");
    for (int i = 0; i < config->host_count; i++) {
        snprintf(info->hosts[i], sizeof info->hosts[i], "%s", config->host_names[i]);
        info->addresses[i] = lab_address(i, runner->family);
    }
}

static int add_sources(struct runner *runner, const struct runner_options *options,
                       const struct session_info *info, struct err *err)
{
    struct source *lab = source_lab_ring(lab_ring_fd(runner->lab), lab_doorbell_fd(runner->lab), info->hosts,
                                         info->host_count, err);
    if (lab == NULL)
        return -EIO;
    engine_add_source(runner->engine, lab);
    struct source *probes = source_probes(lab_hello_fd(runner->lab), info->hosts, info->host_count, err);
    if (probes == NULL)
        return -EIO;
    engine_add_source(runner->engine, probes);
    if (options->stepped)
        runner->stepper = stepper_new(runner->lab, probes, STEP_BOTH);
    return 0;
}

/* The loader has found them right; two of one name are told apart. */
static void compile_faults(struct runner *runner)
{
    const char *unused;
    for (int i = 0; i < runner->scenario->fault_count; i++) {
        (void)fault_compile(runner->scenario, i, &runner->rules[i], &unused, NULL);
        struct fault_rule plain = runner->rules[i];
        for (int j = 0; j < i; j++)
            if (strcmp(runner->rules[j].text, plain.text) == 0)
                snprintf(runner->rules[i].text, FAULT_TEXT_MAX, "%.26s #%u", plain.text,
                         (unsigned)(i + 1) % 100u);
    }
}

static int set_up(struct runner *runner, const struct runner_options *options, struct err *err)
{
    struct lab_config config;
    struct lab_sysctl *sysctls = xcalloc((size_t)runner->scenario->network.sysctl_count, sizeof *sysctls);
    compile_faults(runner);
    fill_config(runner, options, &config, sysctls);
    int r = lab_start(&config, &runner->lab, err);
    if (r == 0) {
        struct session_info info;
        fill_info(runner, &config, &info);
        runner->engine = engine_new(&info, options->window_ns != 0 ? options->window_ns : RUNNER_WINDOW_NS);
        engine_set_director(runner->engine, &runner->director);
        r = add_sources(runner, options, &info, err);
    }
    free(sysctls);
    return r;
}

int runner_new(const struct scenario *scenario, const struct runner_options *options,
               struct runner **ret_runner, struct err *err)
{
    struct runner *runner = xcalloc(1, sizeof *runner);
    runner->director.seen = runner_seen;
    runner->director.step = runner_step;
    runner->scenario = scenario;
    runner->clock = clock_monotonic();
    runner->family = options->family != 0 ? options->family : scenario->network.family;
    int r = set_up(runner, options, err);
    if (r < 0) {
        runner_free(runner);
        return r;
    }
    *ret_runner = runner;
    return 0;
}

void runner_free(struct runner *runner)
{
    if (runner == NULL)
        return;
    stepper_free(runner->stepper);
    engine_free(runner->engine);
    if (runner->lab != NULL)
        lab_stop(runner->lab);
    free(runner);
}

struct engine *runner_engine(const struct runner *runner)
{
    return runner->engine;
}

struct stepper *runner_stepper(const struct runner *runner)
{
    return runner->stepper;
}

void runner_set_hand(struct runner *runner, struct director *hand)
{
    runner->hand = hand;
}

int runner_cut(struct runner *runner, const char *host, bool cut)
{
    int index = scenario_host_index(runner->scenario, host);
    if (index < 0)
        return -ENOENT;
    lab_cut(runner->lab, index, cut);
    return 0;
}

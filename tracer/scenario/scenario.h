/*
 * A scenario: the programs, the network between them, what the audience is told and what must be seen. Read
 * from YAML (docs/SCENARIOS.md); lesson, demonstration and test in one file.
 */
#ifndef SOCKSTEP_SCENARIO_SCENARIO_H
#define SOCKSTEP_SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/err.h"
#include "event/names.h"

#define SCENARIO_HOSTS_MAX   4
#define SCENARIO_LANES_MAX   8
#define SCENARIO_FAULTS_MAX  64
#define SCENARIO_CHOICES_MAX 4
#define SCENARIO_DELAY_MS    50      /* where the file does not say */
#define SCENARIO_PATH_MAX    4096    /* room for a path from scenario_find() */
#define SCENARIO_BYTES_MAX   1048576 /* of a file */

struct scenario_sysctl {
    char *name, *value;
};

struct scenario_network {
    int family;     /* ADDRESS_IPV4 or ADDRESS_IPV6 (net/address.h) */
    int delay_ms;   /* one way */
    int spacing_ms; /* least time between two deliveries to one host; 0: none */
    int mtu;        /* 0: 1500 */
    bool quick_ack; /* every segment acknowledged at once (quickack on the routes) */
    struct scenario_sysctl *sysctls;
    int sysctl_count;
    char **hosts; /* 2..SCENARIO_HOSTS_MAX; what the first one sends is ">" in packet notation */
    int host_count;
};

/* One line of a lane's checklist. It is ticked when one of its calls has returned; a step without calls is
 * ticked when a later one begins. */
struct scenario_step {
    char *text;
    char **calls; /* names of call.def */
    int call_count;
};

/* One rule of what the wire does; see faults.h. Exactly one of the first texts is there. */
struct scenario_fault {
    char *drop, *delay, *duplicate, *swap, *corrupt, *answer, *cut, *pace,
        *hold; /* packets, in packet notation */
    int nth;   /* 0: every one */
    int ms, from_ms, for_ms, kbit_s, byte, mtu, port, longer_than;
    char *with, *until, *after, *payload, *from, *to;
};

struct scenario_lane {
    char *name;       /* unique; at most 15 bytes */
    char *host;       /* one of network.hosts */
    char *program;    /* a teaching program or one of PATH; with a '/' a path */
    char **arguments; /* {HOST} and {family} are still in them: scenario_argument() */
    int argument_count;
    char *source; /* file to show beside the calls, or NULL */
    char *after;  /* "LANE CALL", or NULL: at once. See scenario_start() */
    bool preload; /* the program is not linked with the probe */
    bool stays;   /* does not end by itself: to be stopped when the other lanes have ended */
    struct scenario_step *steps;
    int step_count;
};

/* The text of these is in the notation of expect_pattern.h and was checked when the file was read. */
struct scenario_call_list {
    char *lane;
    char **sequence;
    int count;
};

struct scenario_state_path {
    char *lane;
    int witness;    /* enum witness */
    int connection; /* of the lane, from 1 in order of appearance */
    char **path;
    int count;
};

struct scenario_exit {
    char *lane;
    int code; /* 128 + number when a signal ended it, as a shell says */
};

struct scenario_cause {
    char *what, *because;
    int nth; /* which of the events that match `what`, from 1 */
};

struct scenario_expect {
    struct scenario_call_list *calls;
    int call_count;
    char **packets;
    int packet_count;
    struct scenario_state_path *states;
    int state_count;
    struct scenario_exit *exits;
    int exit_count;
    struct scenario_cause *causes;
    int cause_count;
};

/* What to say at the first event that matches `at` (the nth, where nth is more than 1). */
struct scenario_caption {
    char *at;
    int nth;
    char *what, *why, *see; /* why and see may be NULL */
};

struct scenario_question {
    char *at; /* to be asked just before this event; NULL: before the start */
    char *ask;
    char **choices;
    int choice_count;
    int answer;         /* index into choices */
    char *why, *belief; /* belief may be NULL */
};

/* Optional texts are NULL when the file has none. */
struct scenario {
    char *name, *title;
    int number; /* in the catalogue */
    char *group, *lesson, *analogy, *belief, *deck, *notes;
    int duration_s; /* about how long a run takes at real speed */
    struct scenario_network network;
    struct scenario_fault *faults;
    int fault_count;
    struct scenario_lane *lanes;
    int lane_count;
    struct scenario_expect expect;
    struct scenario_caption *captions;
    int caption_count;
    struct scenario_question *questions;
    int question_count;
};

/* Reads and checks a file. 0 and *ret_scenario for scenario_free(); or -errno with one line in err that says
 * file, line, column, what is wrong and what would be right (-EINVAL: the file is wrong; else it could not be
 * read). */
int scenario_load(const char *path, struct scenario **ret_scenario, struct err *err);

/* The same from memory; `name` stands for the file in messages. */
int scenario_load_memory(const char *name, const char *text, size_t length, struct scenario **ret_scenario,
                         struct err *err);

void scenario_free(struct scenario *scenario); /* NULL is allowed */

/* The file for what a person typed: a path (with '/' or ending in .yaml) is taken as it is; a name is looked
 * up in the folders of scenario_list(). 0 and the path in ret_path; or -ENOENT with one line that suggests a
 * near name. */
int scenario_find(const char *name_or_path, char *ret_path, size_t size, struct err *err);

struct scenario_entry {
    char *path;
    struct scenario *scenario; /* NULL when the file is wrong */
    struct err problem;        /* then: why */
};

typedef ARRAY(struct scenario_entry) scenario_list;

/* Every scenario there is, sorted by number, then name. Folders, the first one with a name wins: those of
 * SOCKSTEP_SCENARIOS (joined by ':'); demo/scenarios beside the build folder that the command runs from;
 * the installed ones. A folder that is not there is passed over. */
void scenario_list_all(scenario_list *ret_list);
void scenario_list_release(scenario_list *list);

/* When a lane starts: returns 0 at once; or 1, when lane *ret_lane (index) has entered *ret_call. */
int scenario_start(const struct scenario *scenario, int lane, int *ret_lane, enum call *ret_call);

/* The index of a host or lane, or -1. */
int scenario_host_index(const struct scenario *scenario, const char *name);
int scenario_lane_index(const struct scenario *scenario, const char *name);

/* An argument with {HOST} replaced by addresses[index of the host] and {family} by "4" or "6", the family of
 * those addresses. The caller frees it. */
char *scenario_argument(const struct scenario *scenario, const char *argument, const char *const *addresses);

#endif

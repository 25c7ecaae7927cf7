#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "net/address.h"
#include "scenario/scenario.h"

/* A scenario with every key, to be spoiled one line at a time. */
static const char whole[] = "name: small\n"                                                      /* 1 */
                            "title: A small one\n"                                               /* 2 */
                            "number: 7\n"                                                        /* 3 */
                            "group: A. Opening\n"                                                /* 4 */
                            "lesson: Small things are whole.\n"                                  /* 5 */
                            "analogy: none\n"                                                    /* 6 */
                            "belief: M1\n"                                                       /* 7 */
                            "deck: page 3\n"                                                     /* 8 */
                            "duration_s: 2\n"                                                    /* 9 */
                            "network:\n"                                                         /* 10 */
                            "  family: ipv6\n"                                                   /* 11 */
                            "  delay_ms: 20\n"                                                   /* 12 */
                            "  spacing_ms: 1\n"                                                  /* 13 */
                            "  mtu: 1400\n"                                                      /* 14 */
                            "  quick_ack: true\n"                                                /* 15 */
                            "  sysctls:\n"                                                       /* 16 */
                            "    - {name: net.ipv4.tcp_syncookies, value: \"0\"}\n"              /* 17 */
                            "  hosts: [client, server]\n"                                        /* 18 */
                            "lanes:\n"                                                           /* 19 */
                            "  - name: server\n"                                                 /* 20 */
                            "    host: server\n"                                                 /* 21 */
                            "    program: stream_server\n"                                       /* 22 */
                            "    arguments: [\"-{family}\", \"7001\"]\n"                         /* 23 */
                            "    preload: false\n"                                               /* 24 */
                            "    stays: true\n"                                                  /* 25 */
                            "    steps:\n"                                                       /* 26 */
                            "      - {text: create a socket, calls: [socket, setsockopt]}\n"     /* 27 */
                            "      - {text: set up the address}\n"                               /* 28 */
                            "  - name: client\n"                                                 /* 29 */
                            "    host: client\n"                                                 /* 30 */
                            "    program: stream_client\n"                                       /* 31 */
                            "    arguments: [\"{server}\", \"7001\"]\n"                          /* 32 */
                            "    source: demo/stream_client.c\n"                                 /* 33 */
                            "    after: server accept\n"                                         /* 34 */
                            "expect:\n"                                                          /* 35 */
                            "  calls:\n"                                                         /* 36 */
                            "    - lane: client\n"                                               /* 37 */
                            "      sequence: [socket = 3, connect = 0 ?, ...]\n"                 /* 38 */
                            "  packets: [\"> SYN\", \"< SYN,ACK\", \"> data 5\", \"< ACK ?\"]\n" /* 39 */
                            "  states:\n"                                                        /* 40 */
                            "    - {lane: client, witness: kernel, path: [CLOSED, SYN_SENT]}\n"  /* 41 */
                            "  exits: [{lane: server.2, code: 0}]\n"                             /* 42 */
                            "  causes:\n"                                                        /* 43 */
                            "    - {what: \"> SYN\", because: client connect}\n"                 /* 44 */
                            "captions:\n"                                                        /* 45 */
                            "  - {at: server accept, what: It waits.}\n"                         /* 46 */
                            "questions:\n"                                                       /* 47 */
                            "  - ask: Which is first?\n"                                         /* 48 */
                            "    choices: [this, that]\n"                                        /* 49 */
                            "    answer: b\n"                                                    /* 50 */
                            "    why: Because.\n"                                                /* 51 */
                            "notes: Speak up.\n";                                                /* 52 */

static char *replaced(const char *text, const char *from, const char *to)
{
    struct buf result = {0};
    const char *at = strstr(text, from);
    if (at == NULL)
        fail_msg("the text has no '%s'", from);
    buf_add(&result, text, (size_t)(at - text));
    buf_puts(&result, to);
    buf_puts(&result, at + strlen(from));
    return buf_detach(&result);
}

static void every_key_arrives(void **state)
{
    (void)state;
    struct scenario *s = NULL;
    struct err err = {0};
    assert_int_equal(scenario_load_memory("small.yaml", whole, strlen(whole), &s, &err), 0);
    assert_string_equal(s->name, "small");
    assert_string_equal(s->notes, "Speak up.");
    assert_int_equal(s->number, 7);
    assert_int_equal(s->network.family, ADDRESS_IPV6);
    assert_int_equal(s->network.mtu, 1400);
    assert_true(s->network.quick_ack);
    assert_string_equal(s->network.sysctls[0].value, "0");
    assert_int_equal(s->network.host_count, 2);
    assert_int_equal(s->lane_count, 2);
    assert_true(s->lanes[0].stays);
    assert_false(s->lanes[0].preload);
    assert_string_equal(s->lanes[0].steps[0].calls[1], "setsockopt");
    assert_int_equal(s->lanes[0].steps[1].call_count, 0);
    assert_null(s->lanes[0].after);
    assert_int_equal(s->expect.packet_count, 4);
    assert_int_equal(s->expect.states[0].witness, WITNESS_KERNEL);
    assert_int_equal(s->expect.states[0].connection, 1);
    assert_int_equal(s->expect.causes[0].nth, 1);
    assert_string_equal(s->captions[0].at, "server accept");
    assert_null(s->captions[0].why);
    assert_int_equal(s->questions[0].answer, 1);
    scenario_free(s);
}

static void absent_keys_have_defaults(void **state)
{
    (void)state;
    struct scenario *s = NULL;
    char *fewer = replaced(whole, "  delay_ms: 20\n", "");
    char *fewest = replaced(fewer, "  family: ipv6\n", "");
    assert_int_equal(scenario_load_memory("small.yaml", fewest, strlen(fewest), &s, NULL), 0);
    assert_int_equal(s->network.delay_ms, SCENARIO_DELAY_MS);
    assert_int_equal(s->network.family, ADDRESS_IPV4);
    scenario_free(s);
    free(fewer);
    free(fewest);
}

/* What is put in the place of what, and the whole message. */
static const struct mistake {
    const char *from, *to, *message;
} mistakes[] = {
    {"delay_ms", "delay_msec", "12:3: unknown key 'delay_msec' in network (did you mean 'delay_ms'?)"},
    {"title:", "tilte:", "2:1: unknown key 'tilte' in the file (did you mean 'title'?)"},
    {"deck:", "zzzzzzzz:", "8:1: unknown key 'zzzzzzzz' in the file"},
    {"source:", "sauce:", "33:5: unknown key 'sauce' in lanes[1] (did you mean 'source'?)"},
    {"number: 7\n", "", "1:1: the key 'number' is missing in the file"},
    {"    program: stream_client\n", "", "29:5: the key 'program' is missing in lanes[1]"},
    {"deck: page 3", "belief: M2", "8:1: the key 'belief' is here twice"},
    {"number: 7", "number: seven", "3:9: number must be a whole number, not 'seven'"},
    {"number: 7", "number: 010", "3:9: number must be a whole number, not '010'"},
    {"number: 7", "number: 99999999999", "3:9: number must be a whole number, not '99999999999'"},
    {"number: 7", "number: 1000", "3:9: number must be from 1 to 999, not 1000"},
    {"number: 7", "number: [7]", "3:9: number must be a single value"},
    {"duration_s: 2", "duration_s: 0", "9:13: duration_s must be from 1 to 600, not 0"},
    {"title: A small one", "title:", "2:7: title must not be empty"},
    {"name: small", "name: ../small", "1:7: '../small' cannot be a scenario's name: letters, digits and '-'"},
    {"ipv6", "ipv5", "11:11: network.family must be one of ipv4, ipv6, not 'ipv5'"},
    {"delay_ms: 20", "delay_ms: -1", "12:13: network.delay_ms must be from 0 to 10000, not -1"},
    {"mtu: 1400", "mtu: 1000", "14:8: network.mtu must be from 1280 to 65535, not 1000"},
    {"quick_ack: true", "quick_ack: flase", "15:14: network.quick_ack must be true or false, not 'flase'"},
    {"net.ipv4.tcp_syncookies", "kernel.panic",
     "17:14: 'kernel.panic' is not set: only those of the network (net....) belong to the lab"},
    {"[client, server]", "[client]", "18:10: network.hosts needs at least 2 items"},
    {"[client, server]", "[client, client]", "18:19: the host 'client' is here twice"},
    {"[client, server]", "client", "18:10: network.hosts must be a list ('- ...' or '[..., ...]')"},
    {"[client, server]", "[client, a-name-of-16-chs]",
     "18:19: network.hosts[1] is 16 bytes long; there is room for 15"},
    {"    host: client", "    host: clint", "30:11: network.hosts has no 'clint' (did you mean 'client'?)"},
    {"  - name: client", "  - name: server", "29:11: the lane 'server' is here twice"},
    {"{server}", "{sever}", "32:17: '{sever}' stands for nothing: write a host's name or {family}"},
    {"{server}", "{server", "32:17: '{' without '}' in '{server'"},
    {"after: server", "after: sever", "34:12: no lane is called 'sever' (did you mean 'server'?)"},
    {"server accept", "server acept", "34:12: unknown call 'acept' (did you mean 'accept'?)"},
    {"server accept", "server", "34:12: the name of a call is missing"},
    {"server accept", "client connect", "34:12: 'client' would never start: the lanes wait for each other"},
    {"server accept", "server recv = 5",
     "34:12: 'server recv = 5': write a lane and the call that it must have entered, 'server accept'"},
    {"setsockopt]", "setsockpot]", "27:49: unknown call 'setsockpot' (did you mean 'setsockopt'?)"},
    {"setsockopt]", "setsockopt = 0]", "27:49: 'setsockopt = 0': here only the name of a call"},
    {"lane: client\n", "lane: Client\n", "37:13: no lane is called 'Client' (did you mean 'client'?)"},
    {"connect = 0 ?", "connect = ECONREFUSED",
     "38:30: 'ECONREFUSED' is no result: write a number, an error (ECONNREFUSED) or 'blocked'"},
    {"\"< SYN,ACK\"", "\"< SYN ACK\"",
     "39:22: 'SYN ACK' is no packet: write flags (SYN,ACK), 'data 5', 'UDP 5' or 'ICMP ...'"},
    {"\"> SYN\", \"<", "SYN, \"<", "39:13: 'SYN': a packet begins with '>' (from the first host) or '<'"},
    {"\"> data 5\"", "\"> data five\"", "39:35: 'data five': behind 'data' comes a number of bytes"},
    {"SYN_SENT", "SYNSENT", "41:54: unknown state 'SYNSENT' (did you mean 'SYN_SENT'?)"},
    {"witness: kernel", "witness: colonel",
     "41:31: expect.states[0].witness must be one of kernel, wire, api, not 'colonel'"},
    {"code: 0", "code: 256", "42:34: expect.exits[0].code must be from 0 to 255, not 256"},
    {"server.2", "servant.2", "42:18: no lane is called 'servant.2'"},
    {"because: client", "because: cleint", "44:32: no lane is called 'cleint' (did you mean 'client'?)"},
    {"\"> SYN\", because", "\"> SYN ?\", because",
     "44:14: '> SYN ?': here one event is meant, without '?' and '...'"},
    {"at: server accept", "at: server", "46:10: the name of a call is missing"},
    {"answer: b", "answer: c", "50:13: the answer is 'c', but there are only 2 choices"},
    {"answer: b", "answer: 1", "50:13: questions[0].answer must be one of a, b, c, d, not '1'"},
    {"notes: Speak up.", "notes: &a Speak up.\nanalogy: *a", "53:1: the key 'analogy' is here twice"},
    {"analogy: none", "analogy: *none", "6:10: aliases (*name) are not understood: write it out"},
    {"notes: Speak up.\n", "---\nname: two\n", "52:1: a second document begins here; a scenario is one"},
    {"[this, that]", "[this, that",
     "50:11: this is not YAML: did not find expected ',' or ']' "
     "while parsing a flow sequence (begun in line 49)"},
    {"title: A", "title: \tA: b", "2:10: this is not YAML: mapping values are not allowed in this context"},
};

static void every_mistake_has_line_and_column(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        char *text = replaced(whole, mistakes[i].from, mistakes[i].to), expected[600];
        struct scenario *s = NULL;
        struct err err = {0};
        snprintf(expected, sizeof expected, "small.yaml:%s", mistakes[i].message);
        assert_int_equal(scenario_load_memory("small.yaml", text, strlen(text), &s, &err), -EINVAL);
        assert_string_equal(err.text, expected);
        assert_null(s);
        assert_int_equal(scenario_load_memory("small.yaml", text, strlen(text), &s, NULL), -EINVAL);
        free(text);
    }
}

static void message_stays_on_its_line(void **state)
{
    (void)state;
    static const char text[] = "\"na\\nme\\e[31m\": small\n";
    struct scenario *s = NULL;
    struct err err = {0};
    assert_int_equal(scenario_load_memory("x.yaml", text, strlen(text), &s, &err), -EINVAL);
    assert_string_equal(err.text, "x.yaml:1:1: unknown key 'na?me?[31m' in the file");
}

static void nothing_and_bytes_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
        const char *message;
    } cases[] = {
        {"", 0, "x:1:1: the file is empty"},
        {"# only a remark\n", 16, "x:2:1: the file is empty"},
        {"- a\n", 4, "x:1:1: the file must be keys and values ('name: ...')"},
        {"name: \xff\n", 8, "x:1:1: this is not YAML: invalid leading UTF-8 octet"},
        {"name: \"a\\0b\"\n", 13, "x:1:7: name has a zero byte in it"},
        {"{{{{{{{{", 8, "x:1:2: a key must be a word"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scenario *s = NULL;
        struct err err = {0};
        assert_int_equal(scenario_load_memory("x", cases[i].text, cases[i].length, &s, &err), -EINVAL);
        assert_string_equal(err.text, cases[i].message);
    }
}

/* Cut anywhere and bent anywhere, a file is refused or read, never more. */
static void damaged_files_do_no_harm(void **state)
{
    (void)state;
    unsigned seed = 20240607;
    print_message("seed %u\n", seed);
    srandom(seed);
    for (size_t i = 0; i < sizeof whole; i += 7) {
        char *cut = xmemdup(whole, i + 1);
        struct scenario *s = NULL;
        if (scenario_load_memory("x", cut, i, &s, NULL) == 0)
            scenario_free(s);
        free(cut);
    }
    for (int i = 0; i < 500; i++) {
        char bent[sizeof whole];
        memcpy(bent, whole, sizeof whole);
        for (int j = 0; j < 3; j++)
            bent[(size_t)random() % (sizeof whole - 1)] = (char)random();
        struct scenario *s = NULL;
        struct err err = {0};
        if (scenario_load_memory("x", bent, sizeof whole - 1, &s, &err) == 0)
            scenario_free(s);
        else
            assert_null(strchr(err.text, '\n'));
    }
}

static void missing_file_says_so(void **state)
{
    (void)state;
    struct scenario *s = NULL;
    struct err err = {0};
    assert_int_equal(scenario_load("/no/such.yaml", &s, &err), -ENOENT);
    assert_string_equal(err.text, "/no/such.yaml: No such file or directory");
    assert_int_equal(scenario_load("/", &s, &err), -EISDIR);
}

static void lanes_start_in_order(void **state)
{
    (void)state;
    struct scenario *s = NULL;
    int lane = -1;
    enum call call = CALL_socket;
    assert_int_equal(scenario_load_memory("small.yaml", whole, strlen(whole), &s, NULL), 0);
    assert_int_equal(scenario_start(s, 0, &lane, &call), 0);
    assert_int_equal(lane, -1);
    assert_int_equal(scenario_start(s, 1, &lane, &call), 1);
    assert_int_equal(lane, 0);
    assert_int_equal(call, CALL_accept);
    assert_int_equal(scenario_lane_index(s, "client"), 1);
    assert_int_equal(scenario_lane_index(s, "nobody"), -1);
    assert_int_equal(scenario_host_index(s, "server"), 1);
    scenario_free(s);
}

static void arguments_are_filled_in(void **state)
{
    (void)state;
    static const char *const four[] = {"192.0.2.1", "192.0.2.2"}, *const six[] = {"2001:db8::1",
                                                                                  "2001:db8::2"};
    static const struct {
        const char *argument, *four, *six;
    } cases[] = {
        {"{server}", "192.0.2.2", "2001:db8::2"},
        {"-{family}", "-4", "-6"},
        {"{client}:{server}", "192.0.2.1:192.0.2.2", "2001:db8::1:2001:db8::2"},
        {"plain", "plain", "plain"},
        {"", "", ""},
        {"{nobody}{", "{nobody}{", "{nobody}{"},
    };
    struct scenario *s = NULL;
    assert_int_equal(scenario_load_memory("small.yaml", whole, strlen(whole), &s, NULL), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = scenario_argument(s, cases[i].argument, four);
        assert_string_equal(text, cases[i].four);
        free(text);
        text = scenario_argument(s, cases[i].argument, six);
        assert_string_equal(text, cases[i].six);
        free(text);
    }
    scenario_free(s);
}

struct folder {
    char path[64];
};

static void put_file(const struct folder *folder, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
    struct folder *folder = xcalloc(1, sizeof *folder);
    snprintf(folder->path, sizeof folder->path, "/tmp/sockstep-scenarios-XXXXXX");
    if (mkdtemp(folder->path) == NULL)
        return -1;
    char *late = replaced(whole, "number: 7", "number: 12");
    put_file(folder, "small.yaml", whole);
    put_file(folder, "late.yaml", late);
    put_file(folder, "wrong.yaml", "name: wrong\n");
    put_file(folder, "README.md", "not a scenario\n");
    free(late);
    setenv("SOCKSTEP_SCENARIOS", folder->path, 1);
    *state = folder;
    return 0;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"small.yaml", "late.yaml", "wrong.yaml", "README.md"};
    struct folder *folder = *state;
    char path[128];
    unsetenv("SOCKSTEP_SCENARIOS");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder->path, names[i]);
        unlink(path);
    }
    int r = rmdir(folder->path);
    free(folder);
    return r;
}

static void names_are_found(void **state)
{
    const struct folder *folder = *state;
    char path[SCENARIO_PATH_MAX], expected[128];
    struct err err = {0};
    snprintf(expected, sizeof expected, "%s/small.yaml", folder->path);
    assert_int_equal(scenario_find("small", path, sizeof path, &err), 0);
    assert_string_equal(path, expected);
    assert_int_equal(scenario_find(expected, path, sizeof path, &err), 0);
    assert_string_equal(path, expected);
    assert_int_equal(scenario_find("smal", path, sizeof path, &err), -ENOENT);
    assert_string_equal(err.text, "no scenario is called 'smal' (did you mean 'small'?)");
    assert_int_equal(scenario_find("zebra-crossing", path, sizeof path, &err), -ENOENT);
    assert_string_equal(err.text, "no scenario is called 'zebra-crossing'; `sockstep scenarios` lists them");
    assert_int_equal(scenario_find("", path, sizeof path, &err), -ENOENT);
    assert_int_equal(scenario_find("README", path, sizeof path, &err), -ENOENT);
    assert_int_equal(scenario_find("./nowhere.yaml", path, sizeof path, &err), -ENOENT);
    assert_string_equal(err.text, "./nowhere.yaml: No such file or directory");
    assert_int_equal(scenario_find("small", path, 8, &err), -ENAMETOOLONG);
}

static const struct scenario_entry *entry_of(const scenario_list *list, const char *file, size_t *ret_index)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(strrchr(list->items[i].path, '/') + 1, file) == 0) {
            *ret_index = i;
            return &list->items[i];
        }
    fail_msg("%s is not in the list", file);
    return NULL;
}

static void list_is_sorted_and_says_what_is_wrong(void **state)
{
    (void)state;
    scenario_list list = {0};
    size_t small = 0, late = 0, wrong = 0;
    scenario_list_all(&list);
    assert_string_equal(entry_of(&list, "small.yaml", &small)->scenario->lesson, "Small things are whole.");
    assert_int_equal(entry_of(&list, "late.yaml", &late)->scenario->number, 12);
    const struct scenario_entry *entry = entry_of(&list, "wrong.yaml", &wrong);
    assert_null(entry->scenario);
    assert_non_null(strstr(entry->problem.text, "wrong.yaml:1:1: the key 'title' is missing in the file"));
    assert_true(small < late && late < wrong);
    scenario_list_release(&list);
}

static void assert_line_fits(const char *text)
{
    if (text != NULL && strlen(text) > 3 * 78)
        fail_msg("too long for the screen: %s", text);
}

/* The shipped scenarios are right, named as their files, and their captions fit the screen: three lines
 * of 78. */
static void shipped_scenarios_load(void **state)
{
    (void)state;
    static const char *const names[] = {"tcp-hello", "udp-hello"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[64];
        struct err err = {0};
        struct scenario *s = NULL;
        snprintf(path, sizeof path, "demo/scenarios/%s.yaml", names[i]);
        if (scenario_load(path, &s, &err) < 0)
            fail_msg("%s", err.text);
        assert_string_equal(s->name, names[i]);
        assert_true(s->question_count > 0);
        for (int j = 0; j < s->caption_count; j++) {
            const char *const lines[] = {s->captions[j].what, s->captions[j].why, s->captions[j].see};
            size_t rows = 0;
            for (size_t k = 0; k < 3; k++) {
                assert_line_fits(lines[k]);
                rows += lines[k] != NULL ? (strlen(lines[k]) + 77) / 78 : 0;
            }
            if (rows > 3)
                fail_msg("%s: the caption at %s needs %zu lines", names[i], s->captions[j].at, rows);
        }
        for (int j = 0; j < s->lane_count; j++)
            assert_int_equal(s->lanes[j].source == NULL || access(s->lanes[j].source, R_OK) == 0, 1);
        scenario_free(s);
    }
}

/* The example of docs/SCENARIOS.md: what stands between the first "```yaml" and the next "```". */
static void documented_example_loads(void **state)
{
    (void)state;
    static char text[65536];
    FILE *file = fopen("docs/SCENARIOS.md", "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    char *start = strstr(text, "```yaml\n");
    assert_non_null(start);
    start += strlen("```yaml\n");
    char *end = strstr(start, "```");
    assert_non_null(end);
    struct scenario *s = NULL;
    struct err err = {0};
    if (scenario_load_memory("example", start, (size_t)(end - start), &s, &err) < 0)
        fail_msg("%s", err.text);
    assert_string_equal(s->name, "refused");
    scenario_free(s);
}

static void test_scenarios_load(void **state)
{
    (void)state;
    struct err err = {0};
    struct scenario *s = NULL;
    if (scenario_load("tests/lab/scenarios/python-http.yaml", &s, &err) < 0)
        fail_msg("%s", err.text);
    assert_true(s->lanes[0].preload && s->lanes[0].stays);
    scenario_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_arrives),
        cmocka_unit_test(absent_keys_have_defaults),
        cmocka_unit_test(every_mistake_has_line_and_column),
        cmocka_unit_test(message_stays_on_its_line),
        cmocka_unit_test(nothing_and_bytes_are_refused),
        cmocka_unit_test(damaged_files_do_no_harm),
        cmocka_unit_test(missing_file_says_so),
        cmocka_unit_test(lanes_start_in_order),
        cmocka_unit_test(arguments_are_filled_in),
        cmocka_unit_test_setup_teardown(names_are_found, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(list_is_sorted_and_says_what_is_wrong, make_folder, remove_folder),
        cmocka_unit_test(shipped_scenarios_load),
        cmocka_unit_test(documented_example_loads),
        cmocka_unit_test(test_scenarios_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

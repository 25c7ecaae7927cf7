#include "control/expression.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum key {
    KEY_KIND,
    KEY_STATE,
    KEY_WAS,
    KEY_WITNESS,
    KEY_CALL,
    KEY_RESULT,
    KEY_ERRNO,
    KEY_FLAGS,
    KEY_PROTOCOL,
    KEY_BYTES,
    KEY_PAYLOAD,
    KEY_PORT,
    KEY_PACKET,
    KEY_COPY,
    KEY_FAULT,
    KEY_LINE,
    KEY_DISAGREEMENT,
    KEY_IMPOSSIBLE,
    KEY_NTH,
    KEY_COUNT
};

enum comparison { EQUAL, UNEQUAL, LESS, MORE };

/* What a key is about decides which events can match at all. */
enum subject { ABOUT_ANY, ABOUT_CALL, ABOUT_RETURN, ABOUT_PACKET, ABOUT_CHANGE };

static const struct {
    const char *name;
    enum subject subject;
    bool number; /* < and > make sense */
    bool bare;   /* stands alone */
} key_table[KEY_COUNT] = {
    [KEY_KIND] = {"kind", ABOUT_ANY, false, false},
    [KEY_STATE] = {"state", ABOUT_CHANGE, false, false},
    [KEY_WAS] = {"was", ABOUT_CHANGE, false, false},
    [KEY_WITNESS] = {"witness", ABOUT_CHANGE, false, false},
    [KEY_CALL] = {"call", ABOUT_CALL, false, false},
    [KEY_RESULT] = {"result", ABOUT_RETURN, true, false},
    [KEY_ERRNO] = {"errno", ABOUT_RETURN, false, false},
    [KEY_FLAGS] = {"flags", ABOUT_PACKET, false, false},
    [KEY_PROTOCOL] = {"protocol", ABOUT_PACKET, false, false},
    [KEY_BYTES] = {"bytes", ABOUT_ANY, true, false},
    [KEY_PAYLOAD] = {"payload", ABOUT_ANY, false, false},
    [KEY_PORT] = {"port", ABOUT_PACKET, true, false},
    [KEY_PACKET] = {"packet", ABOUT_PACKET, true, false},
    [KEY_COPY] = {"copy", ABOUT_PACKET, true, false},
    [KEY_FAULT] = {"fault", ABOUT_PACKET, false, false},
    [KEY_LINE] = {"line", ABOUT_CALL, true, false},
    [KEY_DISAGREEMENT] = {"disagreement", ABOUT_CHANGE, false, true},
    [KEY_IMPOSSIBLE] = {"impossible", ABOUT_CHANGE, false, true},
    [KEY_NTH] = {"nth", ABOUT_ANY, true, false},
};

/* --- reading --- */

struct reading {
    const char *text, *at;
    int column; /* of what is being read, from 1 */
    struct err *err;
};

#define WRONG(r, ...) err_set((r)->err, EINVAL, __VA_ARGS__)

static void skip_blanks(struct reading *r)
{
    while (*r->at == ' ' || *r->at == '\t')
        r->at++;
    r->column = (int)(r->at - r->text) + 1;
}

static size_t word_length(const char *at)
{
    size_t length = 0;
    while (isalnum((unsigned char)at[length]) || (at[length] != '\0' && strchr("_.-", at[length]) != NULL))
        length++;
    return length;
}

/* "server:" in front */
static int read_who(struct reading *r, struct expression *e)
{
    size_t length = word_length(r->at);
    if (length == 0 || r->at[length] != ':')
        return 0;
    if (length >= sizeof e->who)
        return WRONG(r, "'%.20s...' is too long for a name", r->at);
    memcpy(e->who, r->at, length);
    r->at += length + 1;
    return 0;
}

static int read_key(struct reading *r, enum key *ret_key)
{
    char names[256] = "";
    size_t length = word_length(r->at);
    for (int i = 0; i < KEY_COUNT; i++) {
        if (strlen(key_table[i].name) == length && strncmp(key_table[i].name, r->at, length) == 0) {
            *ret_key = (enum key)i;
            r->at += length;
            return 0;
        }
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i == 0 ? "" : " ", key_table[i].name);
    }
    if (length == 0)
        return WRONG(r, "here a name must stand: %s", names);
    return WRONG(r, "nothing is called '%.*s'; there are %s", (int)(length < 40 ? length : 40), r->at, names);
}

static int read_comparison(struct reading *r, enum key key, struct expression_term *term)
{
    r->column = (int)(r->at - r->text) + 1;
    bool unequal = strncmp(r->at, "!=", 2) == 0;
    if (*r->at != '=' && *r->at != '<' && *r->at != '>' && !unequal)
        return WRONG(r, "behind '%s' comes = and a value", key_table[key].name);
    if ((*r->at == '<' || *r->at == '>') && !key_table[key].number)
        return WRONG(r, "'%s' is no number: = or !=", key_table[key].name);
    term->comparison = *r->at == '<' ? LESS : *r->at == '>' ? MORE : unequal ? UNEQUAL : EQUAL;
    r->at += unequal ? 2 : 1;
    r->column = (int)(r->at - r->text) + 1;
    return 0;
}

static int read_value(struct reading *r, struct expression_term *term)
{
    bool quoted = *r->at == '"';
    const char *end = r->at + quoted;
    size_t length = 0;
    for (; *end != '\0' && (quoted ? *end != '"' : *end != ' ' && *end != '\t'); end++) {
        if (length + 1 >= sizeof term->text)
            return WRONG(r, "a value has at most %d bytes", EXPRESSION_TEXT_MAX - 1);
        term->text[length++] = *end;
    }
    term->text[length] = '\0';
    if (quoted && *end != '"')
        return WRONG(r, "the quotes are not closed");
    if (length == 0)
        return WRONG(r, "the value is missing");
    r->at = end + quoted;
    return 0;
}

static int number_of(struct reading *r, struct expression_term *term)
{
    char *end;
    errno = 0;
    term->number = strtoll(term->text, &end, 10);
    return errno == 0 && *end == '\0' ? 0 : WRONG(r, "'%s' is no number", term->text);
}

static int state_of_term(struct reading *r, struct expression_term *term)
{
    enum state state;
    if (state_parse(term->text, &state) < 0)
        return WRONG(r, "'%s' is no state; there are LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED ...",
                     term->text);
    term->number = state;
    return 0;
}

/* The value by its key: into term->number where there is a number for it. */
static int understand(struct reading *r, enum key key, struct expression_term *term)
{
    enum event_kind kind;
    enum witness witness;
    enum call call;
    uint8_t byte;
    int number;
    switch (key) {
    case KEY_KIND:
        if (event_kind_parse(term->text, &kind) < 0)
            return WRONG(r, "'%s' is no kind of event; there are packet-sent, call-exit, state ...",
                         term->text);
        term->number = kind;
        return 0;
    case KEY_STATE:
    case KEY_WAS: return state_of_term(r, term);
    case KEY_WITNESS:
        if (witness_parse(term->text, &witness) < 0)
            return WRONG(r, "'%s' is no witness: kernel, wire or api", term->text);
        term->number = witness;
        return 0;
    case KEY_CALL:
        if (call_parse(term->text, &call) < 0)
            return WRONG(r, "'%s' is no call", term->text);
        term->number = call;
        return 0;
    case KEY_ERRNO:
        if (errno_parse(term->text, &number) < 0)
            return WRONG(r, "'%s' is no error; they are called ECONNREFUSED, EAGAIN ...", term->text);
        term->number = number;
        return 0;
    case KEY_FLAGS:
        if (tcp_flags_parse(term->text, &byte) < 0)
            return WRONG(r, "'%s' are no TCP flags: SYN,ACK", term->text);
        term->number = byte;
        return 0;
    case KEY_PROTOCOL:
        if (protocol_parse(term->text, &byte) < 0)
            return WRONG(r, "'%s' is no protocol: tcp, udp, icmp", term->text);
        term->number = byte;
        return 0;
    case KEY_RESULT:
    case KEY_BYTES:
    case KEY_PORT:
    case KEY_PACKET:
    case KEY_COPY:
    case KEY_LINE:
    case KEY_NTH: return number_of(r, term);
    case KEY_PAYLOAD:
    case KEY_FAULT:
    case KEY_DISAGREEMENT:
    case KEY_IMPOSSIBLE:
    case KEY_COUNT: break;
    }
    return 0;
}

static int take_nth(struct reading *r, const struct expression_term *term, struct expression *e)
{
    if (term->comparison != EQUAL || term->number < 1 || term->number > 1000000)
        return WRONG(r, "nth= takes a number from 1 on");
    e->nth = (int)term->number;
    return 0;
}

static int read_term(struct reading *r, struct expression *e)
{
    struct expression_term term = {0};
    enum key key = KEY_KIND;
    int result = read_key(r, &key);
    if (result < 0)
        return result;
    term.key = (unsigned char)key;
    if (!key_table[key].bare) {
        result = read_comparison(r, key, &term);
        if (result == 0)
            result = read_value(r, &term);
        if (result == 0)
            result = understand(r, key, &term);
    }
    if (result < 0 || key == KEY_NTH)
        return result < 0 ? result : take_nth(r, &term, e);
    if (e->count == EXPRESSION_TERMS_MAX)
        return WRONG(r, "more than %d conditions", EXPRESSION_TERMS_MAX);
    e->terms[e->count++] = term;
    return 0;
}

int expression_parse(const char *text, struct expression *ret_expression, int *ret_column, struct err *err)
{
    struct err unused;
    struct expression e = {0};
    struct reading r = {.text = text, .at = text, .err = err != NULL ? err : &unused};
    skip_blanks(&r);
    int result = read_who(&r, &e);
    while (result == 0) {
        skip_blanks(&r);
        if (*r.at == '\0')
            break;
        result = read_term(&r, &e);
        if (result == 0 && *r.at != '\0' && *r.at != ' ' && *r.at != '\t') {
            r.column = (int)(r.at - r.text) + 1;
            result = WRONG(&r, "here a blank is missing");
        }
    }
    if (result == 0 && e.count == 0 && e.who[0] == '\0')
        result = WRONG(&r, "nothing is written here");
    if (result < 0) {
        *ret_column = r.column;
        return result;
    }
    *ret_expression = e;
    return 0;
}

/* --- matching --- */

static bool compare(const struct expression_term *term, int64_t value)
{
    switch ((enum comparison)term->comparison) {
    case EQUAL: return value == term->number;
    case UNEQUAL: return value != term->number;
    case LESS: return value < term->number;
    case MORE: return value > term->number;
    }
    return false;
}

static bool is_packet(const struct event *event)
{
    return event->kind >= EVENT_PACKET_SENT && event->kind <= EVENT_PACKET_HELD;
}

static bool is_call(const struct event *event)
{
    return event->kind == EVENT_CALL_ENTER || event->kind == EVENT_CALL_EXIT;
}

/* "server" is also "server.2". */
static bool named(const char *who, const char *name)
{
    size_t length = strlen(who);
    return strncmp(name, who, length) == 0 && (name[length] == '\0' || name[length] == '.');
}

static bool said_by(const struct expression *e, const struct event *event)
{
    if (e->who[0] == '\0' || named(e->who, event->lane) || named(e->who, event->host))
        return true;
    return named(e->who, event->context.sides[0].name) && !is_packet(event);
}

/* A SYN is not a SYN,ACK; elsewhere ACK counts where it is named. */
static bool has_flags(const struct packet *packet, int64_t flags)
{
    uint8_t shape = TCP_SYN | TCP_FIN | TCP_RST | TCP_URG, named_flags = (uint8_t)flags,
            found = packet->tcp.flags;
    if ((named_flags & TCP_SYN) != 0)
        shape |= TCP_ACK;
    return packet->protocol == PROTOCOL_TCP && ((named_flags ^ found) & shape) == 0 &&
           (found & named_flags) == named_flags;
}

static bool holds_text(const struct event *event, const char *text)
{
    const struct packet *packet = &event->packet.packet;
    size_t from = 0, count = event->data_bytes;
    if (is_packet(event)) {
        from = packet->payload_offset;
        if (from > count || packet->payload_present > count - from)
            return false;
        count = packet->payload_present;
    }
    return count != 0 && memmem(event->data + from, count, text, strlen(text)) != NULL;
}

static int64_t bytes_of(const struct event *event)
{
    if (is_packet(event))
        return (int64_t)event->packet.packet.payload_bytes;
    return is_call(event) ? (int64_t)event->call.payload_bytes : -1;
}

static bool port_matches(const struct expression_term *term, const struct packet *packet)
{
    return compare(term, packet->source.port) || compare(term, packet->destination.port);
}

/* Terms about the event itself. */
static bool term_holds(const struct expression_term *term, const struct event *event)
{
    bool equal = term->comparison == EQUAL;
    switch ((enum key)term->key) {
    case KEY_KIND: return compare(term, event->kind);
    case KEY_CALL: return compare(term, event->call.call);
    case KEY_RESULT: return compare(term, event->call.result);
    case KEY_ERRNO: return compare(term, event->call.error_number);
    case KEY_LINE: return compare(term, event->call.line);
    case KEY_FLAGS: return has_flags(&event->packet.packet, term->number) == equal;
    case KEY_PROTOCOL: return compare(term, event->packet.packet.protocol);
    case KEY_PORT: return port_matches(term, &event->packet.packet);
    case KEY_PACKET: return compare(term, (int64_t)event->packet.id);
    case KEY_COPY: return compare(term, event->context.copy);
    case KEY_FAULT: return (strstr(event->packet.fault, term->text) != NULL) == equal;
    case KEY_BYTES: return bytes_of(event) >= 0 && compare(term, bytes_of(event));
    case KEY_PAYLOAD: return holds_text(event, term->text) == equal;
    case KEY_STATE:
    case KEY_WAS:
    case KEY_WITNESS:
    case KEY_DISAGREEMENT:
    case KEY_IMPOSSIBLE:
    case KEY_NTH:
    case KEY_COUNT: break;
    }
    return true;
}

static bool change_holds(const struct expression_term *term, const struct change *change)
{
    switch ((enum key)term->key) {
    case KEY_STATE: return compare(term, change->new_state);
    case KEY_WAS: return compare(term, change->old_state);
    case KEY_WITNESS: return compare(term, change->witness);
    case KEY_DISAGREEMENT: return change->disagreement;
    case KEY_IMPOSSIBLE: return change->impossible;
    case KEY_KIND:
    case KEY_CALL:
    case KEY_RESULT:
    case KEY_ERRNO:
    case KEY_FLAGS:
    case KEY_PROTOCOL:
    case KEY_BYTES:
    case KEY_PAYLOAD:
    case KEY_PORT:
    case KEY_PACKET:
    case KEY_COPY:
    case KEY_FAULT:
    case KEY_LINE:
    case KEY_NTH:
    case KEY_COUNT: break;
    }
    return true;
}

/* Whether this event can be what all the terms are about. */
static bool fits_subjects(const struct expression *e, const struct event *event)
{
    bool kind_named = false, about_packets = false;
    for (int i = 0; i < e->count; i++) {
        enum subject subject = key_table[e->terms[i].key].subject;
        if ((subject == ABOUT_CALL && !is_call(event)) ||
            (subject == ABOUT_RETURN && event->kind != EVENT_CALL_EXIT) ||
            (subject == ABOUT_PACKET && !is_packet(event)))
            return false;
        about_packets |= subject == ABOUT_PACKET;
        kind_named |= e->terms[i].key == KEY_KIND || e->terms[i].key == KEY_FAULT;
    }
    return !about_packets || kind_named || event->kind == EVENT_PACKET_SENT;
}

static bool one_change_holds(const struct expression *e, const struct change *change)
{
    if (e->who[0] != '\0' && !named(e->who, change->name))
        return false;
    for (int i = 0; i < e->count; i++)
        if (!change_holds(&e->terms[i], change))
            return false;
    return true;
}

bool expression_matches(const struct expression *e, const struct event *event, const struct change *changes,
                        size_t change_count)
{
    bool about_change = false;
    if (!fits_subjects(e, event))
        return false;
    for (int i = 0; i < e->count; i++) {
        about_change |= key_table[e->terms[i].key].subject == ABOUT_CHANGE;
        if (!term_holds(&e->terms[i], event))
            return false;
    }
    if (!about_change)
        return said_by(e, event);
    for (size_t i = 0; i < change_count; i++)
        if (one_change_holds(e, &changes[i]))
            return true;
    return false;
}

bool expression_hit(const struct expression *e, int *seen, const struct event *event,
                    const struct change *changes, size_t change_count)
{
    if (!expression_matches(e, event, changes, change_count))
        return false;
    (*seen)++;
    return e->nth == 0 || *seen == e->nth;
}

bool expression_about_state(const struct expression *e)
{
    for (int i = 0; i < e->count; i++)
        if (e->terms[i].key == KEY_STATE)
            return true;
    return false;
}

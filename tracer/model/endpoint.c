#include "model/endpoint.h"
#include "base/xalloc.h"

#include <stdio.h>
#include <string.h>
#include <uthash.h>

struct cookie_row {
    uint64_t cookie;
    struct endpoint *endpoint;
    UT_hash_handle hh;
};

struct tuple {
    uint8_t protocol, local_family, remote_family, unused;
    uint16_t local_port, remote_port;
    uint8_t local_ip[16], remote_ip[16];
};

struct tuple_row {
    struct tuple tuple;
    struct endpoint *endpoint;
    UT_hash_handle hh;
};

struct descriptor {
    int32_t pid, fd;
};

struct descriptor_row {
    struct descriptor descriptor;
    struct endpoint *endpoint;
    UT_hash_handle hh;
};

/* One generic removal for the three tables. */
#define FREE_TABLE(type, table)                                                                              \
    do {                                                                                                     \
        type *head = (table), *row, *next;                                                                   \
        HASH_ITER (hh, head, row, next) {                                                                    \
            HASH_DEL(head, row);                                                                             \
            free(row);                                                                                       \
        }                                                                                                    \
        (table) = NULL;                                                                                      \
    } while (0)

static void endpoint_free(struct endpoint *endpoint)
{
    array_release(&endpoint->handed);
    array_release(&endpoint->segments);
    array_release(&endpoint->arrived);
    array_release(&endpoint->datagrams_out);
    array_release(&endpoint->datagrams_in);
    free(endpoint);
}

void world_release(struct world *world)
{
    FREE_TABLE(struct cookie_row, world->by_cookie);
    FREE_TABLE(struct tuple_row, world->by_tuple);
    FREE_TABLE(struct descriptor_row, world->by_descriptor);
    array_each (struct endpoint *, endpoint, &world->endpoints)
        endpoint_free(*endpoint);
    array_release(&world->endpoints);
    array_release(&world->open_calls);
    while (world->lanes != NULL) {
        struct lane *lane = world->lanes;
        world->lanes = lane->next;
        free(lane);
    }
}

struct lane *world_find_lane(const struct world *world, int32_t pid)
{
    for (struct lane *lane = world->lanes; lane != NULL; lane = lane->next)
        if (lane->pid == pid)
            return lane;
    return NULL;
}

struct lane *world_lane(struct world *world, int32_t pid, const char *name, const char *host)
{
    struct lane *lane = world_find_lane(world, pid);
    if (lane == NULL) {
        lane = xcalloc(1, sizeof *lane);
        lane->pid = pid;
        lane->next = world->lanes;
        world->lanes = lane;
    }
    if (lane->name[0] == '\0') {
        snprintf(lane->name, sizeof lane->name, "%s", name);
        snprintf(lane->host, sizeof lane->host, "%s", host);
    }
    return lane;
}

struct endpoint *world_new_endpoint(struct world *world, const char *host, uint8_t protocol)
{
    struct endpoint *endpoint = xcalloc(1, sizeof *endpoint);
    *array_push(&world->endpoints) = endpoint;
    endpoint->number = (uint32_t)world->endpoints.count;
    endpoint->protocol = protocol;
    endpoint->fd = -1;
    snprintf(endpoint->host, sizeof endpoint->host, "%s", host);
    return endpoint;
}

struct endpoint *world_endpoint(const struct world *world, uint32_t number)
{
    return number != 0 && number <= world->endpoints.count ? world->endpoints.items[number - 1] : NULL;
}

struct endpoint *world_by_cookie(const struct world *world, uint64_t cookie)
{
    struct cookie_row *head = world->by_cookie, *row = NULL;
    if (cookie != 0)
        HASH_FIND(hh, head, &cookie, sizeof cookie, row);
    return row != NULL ? row->endpoint : NULL;
}

struct endpoint *world_by_descriptor(const struct world *world, int32_t pid, int32_t fd)
{
    struct descriptor key = {.pid = pid, .fd = fd};
    struct descriptor_row *head = world->by_descriptor, *row;
    HASH_FIND(hh, head, &key, sizeof key, row);
    return row != NULL ? row->endpoint : NULL;
}

static struct tuple make_tuple(uint8_t protocol, const struct address *local, const struct address *remote)
{
    struct tuple tuple = {
        .protocol = protocol,
        .local_family = local->family,
        .remote_family = remote->family,
        .local_port = local->port,
        .remote_port = remote->port,
    };
    memcpy(tuple.local_ip, local->ip, sizeof tuple.local_ip);
    memcpy(tuple.remote_ip, remote->ip, sizeof tuple.remote_ip);
    return tuple;
}

struct endpoint *world_by_addresses(const struct world *world, uint8_t protocol, const struct address *local,
                                    const struct address *remote)
{
    struct tuple key = make_tuple(protocol, local, remote);
    struct tuple_row *head = world->by_tuple, *row;
    HASH_FIND(hh, head, &key, sizeof key, row);
    return row != NULL ? row->endpoint : NULL;
}

/* How well a bound address fits: 2 exactly, 1 as a wildcard of any family, 0 not at all. */
static int bound_fit(const struct endpoint *endpoint, const char *host, const struct address *local)
{
    if (strcmp(endpoint->host, host) != 0 || endpoint->local.port != local->port || local->port == 0)
        return 0;
    if (address_ip_equal(&endpoint->local, local))
        return 2;
    return address_is_any(&endpoint->local) ? 1 : 0;
}

static bool is_listening(const struct endpoint *endpoint)
{
    enum state kernel = endpoint->states[WITNESS_KERNEL];
    return kernel != STATE_NONE ? kernel == STATE_LISTEN
                                : endpoint->states[WITNESS_API] == STATE_API_LISTENING;
}

static bool is_open_datagram(const struct endpoint *endpoint)
{
    return endpoint->protocol == PROTOCOL_UDP && endpoint->states[WITNESS_API] != STATE_API_CLOSED;
}

static struct endpoint *best_bound(const struct world *world, const char *host, const struct address *local,
                                   bool (*wanted)(const struct endpoint *endpoint))
{
    struct endpoint *best = NULL;
    int best_fit = 0;
    array_each (struct endpoint *const, each, &world->endpoints) {
        int fit = wanted(*each) ? bound_fit(*each, host, local) : 0;
        if (fit > best_fit) {
            best = *each;
            best_fit = fit;
        }
    }
    return best;
}

struct endpoint *world_listener(const struct world *world, const char *host, const struct address *local)
{
    return best_bound(world, host, local, is_listening);
}

struct endpoint *world_bound_datagram(const struct world *world, const char *host,
                                      const struct address *local)
{
    return best_bound(world, host, local, is_open_datagram);
}

struct endpoint *world_connecting(const struct world *world, const char *host, const struct address *remote,
                                  int *ret_count)
{
    struct endpoint *first = NULL;
    *ret_count = 0;
    array_each (struct endpoint *const, each, &world->endpoints) {
        struct endpoint *endpoint = *each;
        if (endpoint->states[WITNESS_API] != STATE_API_CONNECTING || endpoint->syn_seq != 0 ||
            strcmp(endpoint->host, host) != 0 || !address_equal(&endpoint->remote, remote))
            continue;
        if ((*ret_count)++ == 0)
            first = endpoint;
    }
    return first;
}

void endpoint_set_cookie(struct world *world, struct endpoint *endpoint, uint64_t cookie)
{
    if (cookie == 0 || endpoint->cookie == cookie)
        return;
    endpoint->cookie = cookie;
    struct cookie_row *head = world->by_cookie, *row;
    HASH_FIND(hh, head, &cookie, sizeof cookie, row);
    if (row == NULL) {
        row = xcalloc(1, sizeof *row);
        row->cookie = cookie;
        HASH_ADD(hh, head, cookie, sizeof row->cookie, row);
        world->by_cookie = head;
    }
    row->endpoint = endpoint;
}

static void index_addresses(struct world *world, struct endpoint *endpoint)
{
    struct tuple key = make_tuple(endpoint->protocol, &endpoint->local, &endpoint->remote);
    struct tuple_row *head = world->by_tuple, *row;
    HASH_FIND(hh, head, &key, sizeof key, row);
    if (row == NULL) {
        row = xcalloc(1, sizeof *row);
        row->tuple = key;
        HASH_ADD(hh, head, tuple, sizeof row->tuple, row);
        world->by_tuple = head;
    }
    row->endpoint = endpoint;
}

/* A bound wildcard gives way to what the kernel chose; nothing gives way to a wildcard. */
static void learn_address(struct address *known, const struct address *news)
{
    if (news == NULL || news->family == ADDRESS_NONE || news->family == ADDRESS_UNIX)
        return;
    if (known->family == ADDRESS_NONE || known->port == 0 || !address_is_any(news))
        *known = *news;
}

void endpoint_set_addresses(struct world *world, struct endpoint *endpoint, const struct address *local,
                            const struct address *remote)
{
    learn_address(&endpoint->local, local);
    if (remote != NULL && remote->port != 0)
        learn_address(&endpoint->remote, remote);
    if (endpoint->local.port == 0 || endpoint->remote.port == 0)
        return;
    index_addresses(world, endpoint);
    struct endpoint *other =
        world_by_addresses(world, endpoint->protocol, &endpoint->remote, &endpoint->local);
    if (other == NULL || other == endpoint)
        return;
    endpoint->peer = other;
    other->peer = endpoint;
    if (endpoint->flow == 0)
        endpoint->flow = other->flow != 0 ? other->flow : ++world->flows;
    other->flow = endpoint->flow;
}

void endpoint_set_descriptor(struct world *world, struct endpoint *endpoint, struct lane *lane, int32_t fd)
{
    endpoint->lane = lane;
    endpoint->fd = fd;
    if (lane == NULL || fd < 0)
        return;
    struct descriptor key = {.pid = lane->pid, .fd = fd};
    struct descriptor_row *head = world->by_descriptor, *row;
    HASH_FIND(hh, head, &key, sizeof key, row);
    if (row == NULL) {
        row = xcalloc(1, sizeof *row);
        row->descriptor = key;
        HASH_ADD(hh, head, descriptor, sizeof row->descriptor, row);
        world->by_descriptor = head;
    }
    row->endpoint = endpoint;
}

void endpoint_drop_descriptor(struct world *world, struct endpoint *endpoint)
{
    if (endpoint->lane == NULL || endpoint->fd < 0)
        return;
    struct descriptor key = {.pid = endpoint->lane->pid, .fd = endpoint->fd};
    struct descriptor_row *head = world->by_descriptor, *row;
    HASH_FIND(hh, head, &key, sizeof key, row);
    if (row != NULL && row->endpoint == endpoint) {
        HASH_DEL(head, row);
        world->by_descriptor = head;
        free(row);
    }
    endpoint->fd = -1;
}

bool world_has_other_owner(const struct world *world, const struct endpoint *endpoint, int32_t pid)
{
    struct descriptor_row *head = world->by_descriptor, *row, *next;
    HASH_ITER (hh, head, row, next) {
        const struct lane *lane = world_find_lane(world, row->descriptor.pid);
        if (row->endpoint == endpoint && row->descriptor.pid != pid && lane != NULL && !lane->ended)
            return true;
    }
    return false;
}

enum state endpoint_state(const struct endpoint *endpoint, enum witness *ret_witness)
{
    return state_believed(endpoint->states, ret_witness);
}

uint16_t world_half_open(const struct world *world, const struct endpoint *listener)
{
    uint16_t count = 0;
    array_each (struct endpoint *const, each, &world->endpoints) {
        enum witness witness;
        if ((*each)->listener == listener && endpoint_state(*each, &witness) == STATE_SYN_RECEIVED)
            count++;
    }
    return count;
}

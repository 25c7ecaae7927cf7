#include "probe/recorder.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/un.h>

#include "probe/descriptors.h"
#include "probe/gates.h"
#include "probe/raw.h"
#include "probe/thread.h"

/* Calls that are made too often to ask for each whether a vfork() child makes it; such children do not make
 * them. */
#define BIT(name) (UINT64_C(1) << CALL_##name)
#define FREQUENT                                                                                             \
    (BIT(send) | BIT(sendto) | BIT(sendmsg) | BIT(write) | BIT(writev) | BIT(recv) | BIT(recvfrom) |         \
     BIT(recvmsg) | BIT(read) | BIT(readv) | BIT(poll) | BIT(epoll_wait) | BIT(select))

_Static_assert(CALL_COUNT <= 64, "a call is a bit in FREQUENT");

static inline bool is_ours(enum call name)
{
    return (FREQUENT >> name & 1) != 0 || session_is_ours();
}

/* A record is 128 bytes; for that size compilers choose string instructions, which take longer to start than
 * this takes. */
_Static_assert(sizeof(struct record_call) == 128, "copy_record() and clear_record() are written for it");

static inline void copy_half(uint8_t *to, const uint8_t *from)
{
    memcpy(to, from, 16);
    memcpy(to + 16, from + 16, 16);
    memcpy(to + 32, from + 32, 16);
    memcpy(to + 48, from + 48, 16);
}

static inline void clear_half(uint8_t *to)
{
    memset(to, 0, 16);
    memset(to + 16, 0, 16);
    memset(to + 32, 0, 16);
    memset(to + 48, 0, 16);
}

/* The base name; a loop, because it is short and this is on every call's way. */
static void put_file(struct moment *call, const char *file)
{
    const char *end = file;

    call->file = file;
    if (file == NULL)
        return;
    for (; *end != '\0'; end++) {
        if (*end == '/')
            call->file = end + 1;
    }
    call->record.file_bytes =
        (uint8_t)(end - call->file < SOURCE_FILE_MAX ? end - call->file : SOURCE_FILE_MAX - 1);
}

static void start(struct moment *call, enum call name, int fd, const char *file, int line)
{
    clear_half((uint8_t *)&call->record);
    clear_half((uint8_t *)&call->record + 64);
    call->payload = NULL;
    call->traits = 0;
    call->refused = false;
    call->record.call = (uint8_t)name;
    call->record.fd = fd;
    call->record.line = line;
    put_file(call, file);
    call->place = &errno;
    call->error = *call->place;
}

bool call_prepare(struct moment *call, enum call name, int fd, const char *file, int line)
{
    uint64_t cookie;
    uint32_t traits;

    if (!session_ready())
        return false;
    traits = descriptor_look(fd, &cookie);
    if (!(traits & TRAIT_SOCKET) || !is_ours(name))
        return false;
    start(call, name, fd, file, line);
    call->traits = traits;
    call->record.cookie = cookie;
    call->record.is_datagram = (traits & TRAIT_DATAGRAM) != 0;
    call->record.arguments[0] = fd;
    return true;
}

bool call_prepare_plain(struct moment *call, enum call name, const char *file, int line)
{
    if (!session_ready() || !is_ours(name))
        return false;
    start(call, name, -1, file, line);
    return true;
}

/* Most pieces are a few bytes: what the compiler sees is cheaper than the library. */
static inline uint8_t *put(uint8_t *to, const void *bytes, size_t count)
{
    const uint8_t *from = bytes;

    if (count > 16) {
        memcpy(to, from, count);
    } else if (count >= 8) { /* two that overlap */
        memcpy(to, from, 8);
        memcpy(to + count - 8, from + count - 8, 8);
    } else {
        for (size_t i = 0; i < count; i++)
            to[i] = from[i];
    }
    return to + count;
}

static uint8_t *put_addresses(uint8_t *to, const struct moment *call)
{
    if (call->record.addresses & RECORD_HAS_ADDRESS)
        to = put(to, &call->address, sizeof call->address);
    if (call->record.addresses & RECORD_HAS_LOCAL)
        to = put(to, &call->local, sizeof call->local);
    if (call->record.addresses & RECORD_HAS_REMOTE)
        to = put(to, &call->remote, sizeof call->remote);
    return to;
}

static size_t addresses_bytes(unsigned addresses)
{
    return sizeof(struct record_address) * (size_t)__builtin_popcount(addresses);
}

static void put_payload(uint8_t *to, const struct moment *call)
{
    size_t left = call->record.kept_bytes;

    for (const struct iovec *part = call->payload; left > 0; part++) {
        size_t count = part->iov_len < left ? part->iov_len : left;

        to = put(to, part->iov_base, count);
        left -= count;
    }
}

static void put_all(uint8_t *body, const struct moment *call)
{
    const struct record_call *record = &call->record;

    copy_half(body, (const uint8_t *)record);
    copy_half(body + 64, (const uint8_t *)record + 64);
    body += sizeof *record;
    if (record->addresses != 0)
        body = put_addresses(body, call);
    if (record->file_bytes != 0)
        body = put(body, call->file, record->file_bytes);
    if (record->path_bytes != 0)
        body = put(body, call->path, record->path_bytes);
    if (record->set_bytes != 0)
        body = put(body, call->set, record->set_bytes);
    put_payload(body, call);
}

static void emit(struct moment *call, enum record_kind kind)
{
    struct record_call *record = &call->record;
    uint64_t position;
    uint8_t *body;
    size_t bytes;

    bytes = sizeof *record + addresses_bytes(record->addresses) + record->file_bytes + record->path_bytes +
            record->set_bytes + record->kept_bytes;
    body = ring_reserve(&session.ring, kind, (uint32_t)bytes, &position);
    if (body == NULL) {
        session_listener_lives();
        return;
    }
    put_all(body, call);
    if (ring_commit(&session.ring, position))
        session_ring_doorbell();
}

static uint32_t next_id(void)
{
    uint32_t id;

    do {
        id = atomic_fetch_add_explicit(&session.calls, 1, memory_order_relaxed) + 1;
    } while (__builtin_expect(id == 0 || id == RING_GATE_ANSWERED, 0));
    return id;
}

bool call_enter(struct moment *call)
{
    uint32_t order;

    gates_settle();
    call->record.call_id = next_id();
    call->record.pid = session.pid;
    call->record.tid = thread_id();
    call->record.time_ns = raw_now_ns();
    emit(call, RECORD_CALL_ENTER);
    order = gates_wait(call->record.call_id);
    call->refused = order != 0;
    *call->place = order != 0 ? (int)(order - 1) : call->error;
    return !call->refused;
}

void call_done(struct moment *call, int64_t result)
{
    int error = *call->place;
    int64_t duration_ns = raw_now_ns() - call->record.time_ns;

    call->error = error;
    call->record.result = result;
    call->record.error_number = result < 0 ? error : 0;
    call->record.duration_ns = duration_ns > 0 ? duration_ns : 0;
    call->record.time_ns += call->record.duration_ns;
    call_no_payload(call);
}

int64_t call_leave(struct moment *call)
{
    emit(call, RECORD_CALL_EXIT);
    *call->place = call->error;
    return call->record.result;
}

void call_no_payload(struct moment *call)
{
    call->payload = NULL;
    call->record.payload_bytes = call->record.kept_bytes = 0;
}

void call_payload(struct moment *call, const struct iovec *parts, size_t count, size_t bytes)
{
    size_t left = bytes < session.payload_max ? bytes : session.payload_max, kept = 0;

    call->record.payload_bytes = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
    call->payload = parts;
    for (size_t i = 0; i < count && left > 0; i++) {
        size_t part = parts[i].iov_len < left ? parts[i].iov_len : left;

        if (!raw_readable(parts[i].iov_base, part))
            break;
        kept += part;
        left -= part;
    }
    call->record.kept_bytes = (uint32_t)kept;
}

/* struct sockaddr_un -> text: an abstract name has '@' for each NUL. */
static void put_path(struct moment *call, const struct sockaddr_un *address, size_t bytes)
{
    size_t count = bytes - offsetof(struct sockaddr_un, sun_path);
    bool abstract = count > 0 && address->sun_path[0] == '\0';

    if (!abstract)
        count = strnlen(address->sun_path, count);
    if (count > sizeof call->path - 1)
        count = sizeof call->path - 1;
    for (size_t i = 0; i < count; i++)
        call->path[i] = address->sun_path[i] == '\0' ? '@' : address->sun_path[i];
    call->record.path_bytes = (uint8_t)count;
}

static bool convert(const struct sockaddr_storage *from, size_t bytes, struct record_address *to)
{
    const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)from;
    const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)from;

    memset(to, 0, sizeof *to);
    if (from->ss_family == AF_INET && bytes >= sizeof *ipv4) {
        to->family = ADDRESS_IPV4;
        to->port = ntohs(ipv4->sin_port);
        memcpy(to->ip, &ipv4->sin_addr, 4);
    } else if (from->ss_family == AF_INET6 && bytes >= offsetof(struct sockaddr_in6, sin6_scope_id)) {
        to->family = ADDRESS_IPV6;
        to->port = ntohs(ipv6->sin6_port);
        memcpy(to->ip, &ipv6->sin6_addr, 16);
    } else if (from->ss_family == AF_UNIX) {
        to->family = ADDRESS_UNIX;
    }
    return to->family != ADDRESS_NONE;
}

void call_address(struct moment *call, const struct sockaddr *address, size_t bytes)
{
    struct sockaddr_storage copy = {0};

    if (bytes > sizeof copy)
        bytes = sizeof copy;
    if (address == NULL || bytes < sizeof(sa_family_t) || !raw_readable(address, bytes))
        return;
    memcpy(&copy, address, bytes);
    call->record.addresses &= (uint8_t)~RECORD_HAS_ADDRESS;
    if (convert(&copy, bytes, &call->address))
        call->record.addresses |= RECORD_HAS_ADDRESS;
    call->record.path_bytes = 0;
    if (copy.ss_family == AF_UNIX && bytes >= offsetof(struct sockaddr_un, sun_path))
        put_path(call, (const struct sockaddr_un *)&copy, bytes);
}

void call_ask_state(struct moment *call, int fd)
{
    struct tcp_info info = {0};
    uint64_t cookie;

    if (!call->refused && (descriptor_look(fd, &cookie) & TRAIT_TCP) &&
        raw_getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, sizeof info.tcpi_state) > 0)
        call->record.tcp_state = info.tcpi_state;
}

void call_ask_addresses(struct moment *call, int fd)
{
    struct sockaddr_storage address = {0};
    uint32_t bytes = raw_sockname(fd, &address);

    if (bytes > 0 && convert(&address, bytes, &call->local))
        call->record.addresses |= RECORD_HAS_LOCAL;
    memset(&address, 0, sizeof address);
    bytes = raw_peername(fd, &address);
    if (bytes > 0 && convert(&address, bytes, &call->remote))
        call->record.addresses |= RECORD_HAS_REMOTE;
    if (bytes > 0 ||
        (call->record.is_datagram && (call->record.addresses & RECORD_HAS_LOCAL) && call->local.port != 0))
        descriptor_mark(fd, TRAIT_NAMED);
}

void call_new_socket(struct moment *call, int fd)
{
    uint64_t cookie;

    descriptor_forget(fd);
    descriptor_look(fd, &cookie);
    call->record.new_cookie = cookie;
}

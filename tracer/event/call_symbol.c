#include "event/call_symbol.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/buf.h"

struct symbol {
    int64_t value;
    const char *text; /* NULL ends a list */
};

#define SYMBOL(name)                                                                                         \
    {                                                                                                        \
        name, #name                                                                                          \
    }
#define SYMBOL_END                                                                                           \
    {                                                                                                        \
        0, NULL                                                                                              \
    }

static const struct symbol domains[] = {SYMBOL(AF_UNIX),   SYMBOL(AF_INET),    SYMBOL(AF_INET6),
                                        SYMBOL(AF_PACKET), SYMBOL(AF_NETLINK), SYMBOL_END};

static const struct symbol types[] = {SYMBOL(SOCK_STREAM), SYMBOL(SOCK_DGRAM), SYMBOL(SOCK_RAW),
                                      SYMBOL(SOCK_SEQPACKET), SYMBOL_END};

static const struct symbol type_flags[] = {SYMBOL(SOCK_NONBLOCK), SYMBOL(SOCK_CLOEXEC), SYMBOL_END};

static const struct symbol epoll_flags[] = {SYMBOL(EPOLL_CLOEXEC), SYMBOL_END};

static const struct symbol protocols[] = {SYMBOL(IPPROTO_ICMP), SYMBOL(IPPROTO_TCP), SYMBOL(IPPROTO_UDP),
                                          SYMBOL(IPPROTO_ICMPV6), SYMBOL_END};

static const struct symbol message_flags[] = {
    SYMBOL(MSG_OOB),      SYMBOL(MSG_PEEK),         SYMBOL(MSG_DONTROUTE),
    SYMBOL(MSG_TRUNC),    SYMBOL(MSG_DONTWAIT),     SYMBOL(MSG_EOR),
    SYMBOL(MSG_WAITALL),  SYMBOL(MSG_CONFIRM),      SYMBOL(MSG_NOSIGNAL),
    SYMBOL(MSG_MORE),     SYMBOL(MSG_ERRQUEUE),     SYMBOL(MSG_FASTOPEN),
    SYMBOL(MSG_ZEROCOPY), SYMBOL(MSG_CMSG_CLOEXEC), SYMBOL_END,
};

static const struct symbol hows[] = {SYMBOL(SHUT_RD), SYMBOL(SHUT_WR), SYMBOL(SHUT_RDWR), SYMBOL_END};

static const struct symbol levels[] = {SYMBOL(SOL_SOCKET),   SYMBOL(IPPROTO_IP),  SYMBOL(IPPROTO_TCP),
                                       SYMBOL(IPPROTO_IPV6), SYMBOL(IPPROTO_UDP), SYMBOL_END};

static const struct symbol socket_options[] = {
    SYMBOL(SO_DEBUG),     SYMBOL(SO_REUSEADDR), SYMBOL(SO_TYPE),
    SYMBOL(SO_ERROR),     SYMBOL(SO_DONTROUTE), SYMBOL(SO_BROADCAST),
    SYMBOL(SO_SNDBUF),    SYMBOL(SO_RCVBUF),    SYMBOL(SO_KEEPALIVE),
    SYMBOL(SO_OOBINLINE), SYMBOL(SO_LINGER),    SYMBOL(SO_REUSEPORT),
    SYMBOL(SO_PEERCRED),  SYMBOL(SO_RCVLOWAT),  SYMBOL(SO_RCVTIMEO),
    SYMBOL(SO_SNDTIMEO),  SYMBOL(SO_TIMESTAMP), SYMBOL(SO_ACCEPTCONN),
    SYMBOL(SO_DOMAIN),    SYMBOL(SO_PROTOCOL),  SYMBOL(SO_COOKIE),
    SYMBOL_END,
};

static const struct symbol tcp_options[] = {
    SYMBOL(TCP_NODELAY),      SYMBOL(TCP_MAXSEG),   SYMBOL(TCP_CORK),     SYMBOL(TCP_KEEPIDLE),
    SYMBOL(TCP_KEEPINTVL),    SYMBOL(TCP_KEEPCNT),  SYMBOL(TCP_SYNCNT),   SYMBOL(TCP_LINGER2),
    SYMBOL(TCP_DEFER_ACCEPT), SYMBOL(TCP_INFO),     SYMBOL(TCP_QUICKACK), SYMBOL(TCP_CONGESTION),
    SYMBOL(TCP_USER_TIMEOUT), SYMBOL(TCP_FASTOPEN), SYMBOL_END,
};

static const struct symbol ip_options[] = {
    SYMBOL(IP_TOS),
    SYMBOL(IP_TTL),
    SYMBOL(IP_MTU_DISCOVER),
    SYMBOL(IP_MTU),
    SYMBOL(IP_RECVERR),
    SYMBOL(IP_PKTINFO),
    SYMBOL(IP_MULTICAST_IF),
    SYMBOL(IP_MULTICAST_TTL),
    SYMBOL(IP_MULTICAST_LOOP),
    SYMBOL(IP_ADD_MEMBERSHIP),
    SYMBOL(IP_DROP_MEMBERSHIP),
    SYMBOL_END,
};

static const struct symbol ipv6_options[] = {
    SYMBOL(IPV6_V6ONLY),
    SYMBOL(IPV6_UNICAST_HOPS),
    SYMBOL(IPV6_MULTICAST_IF),
    SYMBOL(IPV6_MULTICAST_HOPS),
    SYMBOL(IPV6_RECVERR),
    SYMBOL(IPV6_MTU),
    SYMBOL_END,
};

static const struct symbol fcntl_commands[] = {SYMBOL(F_DUPFD), SYMBOL(F_GETFD), SYMBOL(F_SETFD),
                                               SYMBOL(F_GETFL), SYMBOL(F_SETFL), SYMBOL(F_DUPFD_CLOEXEC),
                                               SYMBOL_END};

static const struct symbol file_flags[] = {SYMBOL(O_RDWR), SYMBOL(O_NONBLOCK), SYMBOL_END};

static const struct symbol epoll_operations[] = {SYMBOL(EPOLL_CTL_ADD), SYMBOL(EPOLL_CTL_DEL),
                                                 SYMBOL(EPOLL_CTL_MOD), SYMBOL_END};

/* IN and the like only: the bits of epoll_event.events. */
static const struct symbol epoll_events[] = {
    SYMBOL(EPOLLIN),  SYMBOL(EPOLLPRI), SYMBOL(EPOLLOUT),     SYMBOL(EPOLLRDHUP),
    SYMBOL(EPOLLERR), SYMBOL(EPOLLHUP), SYMBOL(EPOLLONESHOT), {(int64_t)EPOLLET, "EPOLLET"},
    SYMBOL_END};

static void put_number(struct buf *out, int64_t value)
{
    buf_printf(out, "%" PRId64, value);
}

static void put_one_of(struct buf *out, const struct symbol *symbols, int64_t value)
{
    for (const struct symbol *symbol = symbols; symbol->text != NULL; symbol++) {
        if (symbol->value == value) {
            buf_puts(out, symbol->text);
            return;
        }
    }
    put_number(out, value);
}

/* "A|B|0x80": known bits by name, the rest as a number. `first` says whether something stands before. */
static void put_bits(struct buf *out, const struct symbol *symbols, int64_t value, bool first)
{
    if (value == 0) {
        buf_puts(out, first ? "0" : "");
        return;
    }
    for (const struct symbol *symbol = symbols; symbol->text != NULL; symbol++) {
        if ((value & symbol->value) == symbol->value) {
            buf_printf(out, "%s%s", first ? "" : "|", symbol->text);
            value &= ~symbol->value;
            first = false;
        }
    }
    if (value != 0)
        buf_printf(out, "%s0x%" PRIx64, first ? "" : "|", (uint64_t)value);
}

static void put_type(struct buf *out, int64_t value)
{
    const int64_t flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    put_one_of(out, types, value & ~flags);
    put_bits(out, type_flags, value & flags, false);
}

static const struct symbol *flags_of(enum call call)
{
    if (call == CALL_accept4)
        return type_flags;
    return call == CALL_epoll_create1 ? epoll_flags : message_flags;
}

static void put_option(struct buf *out, int64_t level, int64_t option)
{
    static const struct {
        int64_t level;
        const struct symbol *options;
    } by_level[] = {
        {SOL_SOCKET, socket_options},
        {IPPROTO_TCP, tcp_options},
        {IPPROTO_IP, ip_options},
        {IPPROTO_IPV6, ipv6_options},
    };
    for (size_t i = 0; i < sizeof by_level / sizeof *by_level; i++) {
        if (by_level[i].level == level) {
            put_one_of(out, by_level[i].options, option);
            return;
        }
    }
    put_number(out, option);
}

/* Plain numbers that have names all the same. */
static void put_plain(struct buf *out, const struct event_call *call, const char *name, int64_t value)
{
    if (call->call == CALL_fcntl && strcmp(name, "command") == 0)
        put_one_of(out, fcntl_commands, value);
    else if (call->call == CALL_fcntl && strcmp(name, "argument") == 0 && call->arguments[1] == F_SETFL)
        put_bits(out, file_flags, value, true);
    else if (call->call == CALL_epoll_ctl && strcmp(name, "operation") == 0)
        put_one_of(out, epoll_operations, value);
    else if (call->call == CALL_epoll_ctl && strcmp(name, "events") == 0)
        put_bits(out, epoll_events, value, true);
    else
        put_number(out, value);
}

void call_symbol(struct buf *out, const struct event_call *call, int index)
{
    char type = 'n';
    const char *name = call_argument((enum call)call->call, index, &type);
    int64_t value = call->arguments[index];
    switch (type) {
    case 'D': put_one_of(out, domains, value); break;
    case 'T': put_type(out, value); break;
    case 'P': value != 0 ? put_one_of(out, protocols, value) : buf_puts(out, "0"); break;
    case 'f': put_bits(out, flags_of((enum call)call->call), value, true); break;
    case 'h': put_one_of(out, hows, value); break;
    case 'L': put_one_of(out, levels, value); break;
    case 'O': put_option(out, call->arguments[1], value); break;
    default: put_plain(out, call, name != NULL ? name : "", value); break;
    }
}

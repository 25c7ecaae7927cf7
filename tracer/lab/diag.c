#include "lab/diag.h"
#include "base/xalloc.h"
#include "event/names.h"
#include "lab/report.h"
#include "net/address.h"
#include "net/packet.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <uthash.h>

#define ANSWER_BYTES     32768 /* the kernel fills what it is offered */
#define NEW_SYN_RECEIVED 12    /* net/tcp_states.h: how half-open connections are asked for */
#define ASK_TIMEOUT_US   200000

/* Numbers of net/tcp_states.h, from state.def. */
enum kernel_state {
#define STATE(name, kernel, text, what) KERNEL_##name = (kernel),
#include "event/state.def"
#undef STATE
};

/* All states but CLOSED: a socket that is in no connection and waits for none is not in the tables. */
static const uint32_t states_asked = ((1u << (NEW_SYN_RECEIVED + 1)) - 2) & ~(1u << KERNEL_CLOSED);

struct known_socket {
    uint64_t cookie;
    uint64_t round; /* when it was last mentioned */
    struct record_state state;
    UT_hash_handle hh;
};

struct asking {
    struct diag *diag;
    diag_changed *changed;
    void *context;
    bool doors_too;
};

int diag_open(struct diag *diag)
{
    struct timeval timeout = {.tv_usec = ASK_TIMEOUT_US};
    *diag = (struct diag){.socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC)};
    if (diag->socket == NULL)
        return -errno;
    if (mnl_socket_bind(diag->socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
        setsockopt(mnl_socket_get_fd(diag->socket), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) == 0)
        return 0;
    int error_number = errno;
    diag_close(diag);
    return -error_number;
}

void diag_close(struct diag *diag)
{
    struct known_socket *known, *next;
    HASH_ITER (hh, diag->table, known, next) {
        HASH_DEL(diag->table, known);
        free(known);
    }
    if (diag->socket != NULL)
        mnl_socket_close(diag->socket);
    *diag = (struct diag){0};
}

static struct record_address address_of(int family, const uint32_t ip[4], uint16_t port)
{
    struct record_address address = {.family = family == AF_INET6 ? ADDRESS_IPV6 : ADDRESS_IPV4,
                                     .port = ntohs(port)};
    memcpy(address.ip, ip, family == AF_INET6 ? 16 : 4);
    return address;
}

static struct record_state state_of(const struct inet_diag_msg *socket)
{
    return (struct record_state){
        .cookie = (uint64_t)socket->id.idiag_cookie[1] << 32 | socket->id.idiag_cookie[0],
        .kernel_state = socket->idiag_state,
        .protocol = PROTOCOL_TCP,
        .timer = socket->idiag_timer,
        .timer_ms = socket->idiag_expires,
        .retransmits = socket->idiag_retrans,
        .receive_queue = socket->idiag_rqueue,
        .send_queue = socket->idiag_wqueue,
        .inode = socket->idiag_inode,
        .local = address_of(socket->idiag_family, socket->id.idiag_src, socket->id.idiag_sport),
        .remote = address_of(socket->idiag_family, socket->id.idiag_dst, socket->id.idiag_dport),
    };
}

/* What has changed, or -1. */
static int kind_of_change(const struct record_state *before, const struct record_state *now)
{
    if (before->kernel_state != now->kernel_state)
        return EVENT_STATE;
    if (before->receive_queue != now->receive_queue || before->send_queue != now->send_queue)
        return EVENT_QUEUE;
    if (now->timer != 0 && before->timer != now->timer)
        return EVENT_TIMER;
    return -1;
}

static void hand_over(const struct asking *asking, const struct record_state *state, int kind)
{
    struct record_state changed = *state;
    changed.event_kind = (uint8_t)kind;
    asking->changed(asking->context, &changed);
}

static bool is_settled(const struct record_state *state)
{
    return state->kernel_state == KERNEL_ESTABLISHED || state->kernel_state == KERNEL_LISTEN;
}

static void compare(const struct asking *asking, const struct record_state *now)
{
    struct diag *diag = asking->diag;
    struct known_socket *known;
    HASH_FIND(hh, diag->table, &now->cookie, sizeof now->cookie, known);
    bool is_new = known == NULL;
    if (is_new) {
        known = xcalloc(1, sizeof *known);
        known->cookie = now->cookie;
        HASH_ADD(hh, diag->table, cookie, sizeof known->cookie, known);
    }
    int kind = is_new ? EVENT_STATE : kind_of_change(&known->state, now);
    known->state = *now;
    known->round = diag->round;
    diag->unsettled += !is_settled(now);
    if (kind >= 0)
        hand_over(asking, now, kind);
}

static int take_message(const struct nlmsghdr *header, void *context)
{
    if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
        mnl_nlmsg_get_payload_len(header) < sizeof(struct inet_diag_msg))
        return MNL_CB_OK;
    struct record_state now = state_of(mnl_nlmsg_get_payload(header));
    if (now.kernel_state < 32 && (states_asked >> now.kernel_state & 1) != 0)
        compare(context, &now);
    return MNL_CB_OK;
}

static int send_request(struct diag *diag, uint8_t family)
{
    char buffer[256];
    struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
    header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    header->nlmsg_seq = ++diag->sequence;
    struct inet_diag_req_v2 *request = mnl_nlmsg_put_extra_header(header, sizeof *request);
    request->sdiag_family = family;
    request->sdiag_protocol = IPPROTO_TCP;
    request->idiag_states = states_asked;
    return mnl_socket_sendto(diag->socket, header, header->nlmsg_len) < 0 ? -errno : 0;
}

static int ask_family(const struct asking *asking, uint8_t family)
{
    static _Alignas(8) char answer[ANSWER_BYTES];
    struct diag *diag = asking->diag;
    int more = MNL_CB_OK;
    int result = send_request(diag, family);
    while (result == 0 && more > MNL_CB_STOP) {
        ssize_t count = mnl_socket_recvfrom(diag->socket, answer, sizeof answer);
        if (count < 0 && errno == EINTR)
            continue;
        if (count >= 0)
            more = mnl_cb_run(answer, (size_t)count, diag->sequence, mnl_socket_get_portid(diag->socket),
                              take_message, (void *)(uintptr_t)asking);
        if (count < 0 || more == MNL_CB_ERROR)
            result = -errno;
    }
    return result;
}

/* Sockets that were not mentioned this time no longer exist. */
static void sweep(const struct asking *asking)
{
    struct diag *diag = asking->diag;
    struct known_socket *known, *next;
    HASH_ITER (hh, diag->table, known, next) {
        bool door = known->state.kernel_state == KERNEL_LISTEN;
        if (known->round == diag->round || (door && !asking->doors_too))
            continue;
        struct record_state gone = known->state;
        gone.kernel_state = KERNEL_CLOSED;
        gone.timer = gone.retransmits = 0;
        gone.timer_ms = gone.receive_queue = gone.send_queue = 0;
        HASH_DEL(diag->table, known);
        free(known);
        hand_over(asking, &gone, EVENT_STATE);
    }
}

int diag_ask(struct diag *diag, bool doors_too, diag_changed *changed, void *context)
{
    struct asking asking = {.diag = diag, .doors_too = doors_too, .changed = changed, .context = context};
    int64_t asked_ns = report_now_ns();
    diag->round++;
    diag->unsettled = 0;
    int result = ask_family(&asking, AF_INET);
    if (result == 0)
        result = ask_family(&asking, AF_INET6);
    if (result == 0) {
        sweep(&asking);
        diag->asked_ns = asked_ns;
    }
    return result;
}

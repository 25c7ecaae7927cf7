#include "lab/lab.h"
#include "base/xalloc.h"
#include "event/event.h"
#include "lab/child.h"
#include "lab/protocol.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define RING_BYTES     (8u << 20)
#define START_WAIT_MS  30000
#define ANSWER_WAIT_MS 10000
#define STOP_WAIT_MS   3000

struct lab {
    pid_t child;
    int ring_fd, control_fd, doorbell_fd, hello_fd;
    char sysctls[512];
};

/* Both sides of what connects us with the child. */
struct connection {
    int ring_fd;
    struct ring ring;
    int control[2], doorbell[2], hello[2]; /* ours, the child's */
};

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void connection_close_side(struct connection *connection, int side)
{
    close_one(&connection->control[side]);
    close_one(&connection->doorbell[side]);
    close_one(&connection->hello[side]);
}

static int connection_make(struct connection *connection)
{
    int type = SOCK_SEQPACKET | SOCK_CLOEXEC;
    *connection = (struct connection){.control = {-1, -1}, .doorbell = {-1, -1}, .hello = {-1, -1}};
    connection->ring_fd = ring_create(&connection->ring, RING_BYTES);
    if (connection->ring_fd < 0)
        return connection->ring_fd;
    if (socketpair(AF_UNIX, type, 0, connection->control) == 0 &&
        socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, connection->doorbell) == 0 &&
        socketpair(AF_UNIX, type, 0, connection->hello) == 0)
        return 0;
    return -errno;
}

static void connection_unmake(struct connection *connection)
{
    ring_unmap(&connection->ring);
    close_one(&connection->ring_fd);
    connection_close_side(connection, 0);
    connection_close_side(connection, 1);
}

static int config_check(const struct lab_config *config, struct err *err)
{
    if (config->host_count < 2 || config->host_count > LAB_HOSTS_MAX)
        return err_set(err, EINVAL, "a lab has 2 to %d hosts, not %d", LAB_HOSTS_MAX, config->host_count);
    for (int i = 0; i < config->host_count; i++) {
        const char *name = config->host_names[i];
        if (name == NULL || name[0] == '\0' || strlen(name) >= NAME_MAX_BYTES)
            return err_set(err, EINVAL, "a host's name has 1 to %d bytes", NAME_MAX_BYTES - 1);
    }
    if (config->mtu != 0 && (config->mtu < 1280 || config->mtu > 9000))
        return err_set(err, EINVAL, "the MTU is 1280 to 9000 bytes, not %d", config->mtu);
    if (config->rule_count < 0 || config->rule_count > LAB_RULES_MAX)
        return err_set(err, EINVAL, "a wire has at most %d rules, not %d", LAB_RULES_MAX, config->rule_count);
    if (config->delay_ns < 0 || config->spacing_ns < 0)
        return err_set(err, EINVAL, "a delay cannot be negative");
    return 0;
}

/* The child's next answer: 0 or -errno (-EPIPE: it is gone). */
static int answer_wait(const struct lab *lab, int wait_ms, struct lab_answer *ret_answer)
{
    struct pollfd fd = {.fd = lab->control_fd, .events = POLLIN};
    int ready;
    do
        ready = poll(&fd, 1, wait_ms);
    while (ready < 0 && errno == EINTR);
    if (ready <= 0)
        return ready == 0 ? -ETIMEDOUT : -errno;
    ssize_t count = recv(lab->control_fd, ret_answer, sizeof *ret_answer, 0);
    if (count != sizeof *ret_answer)
        return -EPIPE;
    ret_answer->text[sizeof ret_answer->text - 1] = '\0';
    return 0;
}

static int request_send(const struct lab *lab, const void *message, size_t bytes)
{
    ssize_t sent;
    do
        sent = send(lab->control_fd, message, bytes, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

/* Forks; in the child this does not return. */
static pid_t child_start(const struct lab_config *config, struct connection *connection, struct err *err)
{
    struct lab_child_start start = {.config = config,
                                    .ring = connection->ring,
                                    .control_fd = connection->control[1],
                                    .doorbell_fd = connection->doorbell[1],
                                    .hello_fd = connection->hello[1]};
    pid_t pid = namespaces_fork(&start.identity, err);
    if (pid == 0)
        lab_child_run(&start);
    return pid;
}

static struct lab *lab_new(pid_t child, struct connection *connection)
{
    struct lab *lab = xcalloc(1, sizeof *lab);
    *lab = (struct lab){.child = child,
                        .ring_fd = connection->ring_fd,
                        .control_fd = connection->control[0],
                        .doorbell_fd = connection->doorbell[0],
                        .hello_fd = connection->hello[0]};
    ring_unmap(&connection->ring);
    connection_close_side(connection, 1);
    return lab;
}

int lab_start(const struct lab_config *config, struct lab **ret_lab, struct err *err)
{
    struct connection connection;
    struct lab_answer ready;
    int result = config_check(config, err);
    if (result < 0)
        return result;
    result = connection_make(&connection);
    if (result < 0)
        err_set(err, -result, "cannot make a lab: %s", strerror(-result));
    pid_t child = result == 0 ? child_start(config, &connection, err) : result;
    if (child < 0) {
        connection_unmake(&connection);
        return child;
    }
    struct lab *lab = lab_new(child, &connection);
    result = answer_wait(lab, START_WAIT_MS, &ready);
    if (result < 0)
        err_set(err, -result, "the lab has ended before it began");
    else if (ready.result < 0)
        result = err_set(err, -ready.result, "%s", ready.text);
    if (result < 0) {
        (void)kill(child, SIGKILL);
        lab_stop(lab);
        return result;
    }
    memcpy(lab->sysctls, ready.text, sizeof lab->sysctls);
    *ret_lab = lab;
    return 0;
}

struct address lab_address(int host, int family)
{
    struct address address = {.family = (uint8_t)family};
    if (family == ADDRESS_IPV6)
        memcpy(address.ip, (const uint8_t[16]){0x20, 0x01, 0x0d, 0xb8, [15] = (uint8_t)(host + 1)}, 16);
    else
        memcpy(address.ip, (const uint8_t[4]){192, 0, 2, (uint8_t)(host + 1)}, 4);
    return address;
}

const char *lab_sysctls_text(const struct lab *lab)
{
    return lab->sysctls;
}

int lab_ring_fd(const struct lab *lab)
{
    return lab->ring_fd;
}

int lab_doorbell_fd(const struct lab *lab)
{
    return lab->doorbell_fd;
}

int lab_hello_fd(const struct lab *lab)
{
    return lab->hello_fd;
}

bool lab_alive(const struct lab *lab)
{
    struct pollfd fd = {.fd = lab->control_fd};
    return poll(&fd, 1, 0) >= 0 && (fd.revents & (POLLHUP | POLLERR)) == 0;
}

pid_t lab_spawn(struct lab *lab, const struct lab_program *program, struct err *err)
{
    struct buf message = {0};
    struct lab_answer reply;
    int result = spawn_request_pack(program, &message);
    if (result == 0)
        result = request_send(lab, message.text, message.length);
    if (result == 0)
        result = answer_wait(lab, ANSWER_WAIT_MS, &reply);
    buf_release(&message);
    if (result < 0)
        err_set(err, -result, result == -EPIPE ? "the lab has ended" : "%s", strerror(-result));
    else if ((result = reply.result) < 0)
        err_set(err, -result, "%s", reply.text);
    if (result < 0 && program->argv != NULL && program->argv[0] != NULL)
        err_wrap(err, "cannot start %.200s", program->argv[0]);
    return result;
}

int lab_kill(struct lab *lab, pid_t pid, int signal)
{
    struct lab_request request = {.kind = REQUEST_KILL, .pid = pid, .signal = signal};
    struct lab_answer reply;
    if (request_send(lab, &request, sizeof request) < 0 || answer_wait(lab, ANSWER_WAIT_MS, &reply) < 0)
        return -ESRCH;
    return reply.result;
}

void lab_ask(struct lab *lab, int host, int64_t order_ns)
{
    struct lab_request request = {.kind = REQUEST_ASK, .host = host, .order_ns = order_ns};
    (void)send(lab->control_fd, &request, sizeof request, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void tell(struct lab *lab, const struct lab_request *request)
{
    (void)request_send(lab, request, sizeof *request);
}

void lab_hold(struct lab *lab, bool on)
{
    tell(lab, &(struct lab_request){.kind = REQUEST_HOLD, .pid = on});
}

void lab_release_rule(struct lab *lab, int rule)
{
    tell(lab, &(struct lab_request){.kind = REQUEST_RELEASE_RULE, .host = rule});
}

void lab_cut(struct lab *lab, int host, bool cut)
{
    tell(lab, &(struct lab_request){.kind = REQUEST_CUT, .host = host, .pid = cut});
}

int lab_packet(struct lab *lab, uint64_t id, const struct lab_order *order)
{
    struct lab_request request = {.kind = REQUEST_PACKET,
                                  .packet = id,
                                  .delay_ns = order->delay_ns,
                                  .action = order->action,
                                  .icmp = order->icmp,
                                  .corrupt_byte = order->corrupt_byte,
                                  .mtu = order->mtu};
    struct lab_answer reply;
    if (request_send(lab, &request, sizeof request) < 0 || answer_wait(lab, ANSWER_WAIT_MS, &reply) < 0)
        return -ESRCH;
    return reply.result;
}

/* Waits until the child's end of the control socket is closed: by its exit. */
static bool child_goes(const struct lab *lab)
{
    struct lab_answer late;
    int result;
    do
        result = answer_wait(lab, STOP_WAIT_MS, &late);
    while (result == 0);
    return result != -ETIMEDOUT;
}

struct lab *lab_stop(struct lab *lab)
{
    if (lab == NULL)
        return NULL;
    struct lab_request request = {.kind = REQUEST_STOP};
    if (request_send(lab, &request, sizeof request) < 0 || !child_goes(lab))
        (void)kill(lab->child, SIGKILL);
    while (waitpid(lab->child, NULL, 0) < 0 && errno == EINTR)
        continue;
    close_one(&lab->control_fd);
    close_one(&lab->doorbell_fd);
    close_one(&lab->hello_fd);
    close_one(&lab->ring_fd);
    free(lab);
    return NULL;
}

int lab_check(struct err *err)
{
    struct lab_config config = {.host_count = 2, .host_names = {"client", "server"}};
    struct lab *lab;
    int result = lab_start(&config, &lab, err);
    if (result == 0)
        lab_stop(lab);
    return result;
}

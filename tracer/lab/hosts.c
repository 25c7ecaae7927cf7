/*
 * The hosts as they are made: one network namespace each, a veth from it to the middle, addresses, and
 * neighbours that need no asking. Host i has the hardware address 02:00:00:00:00:(i+1), its link's other end
 * 06:00:00:00:00:(i+1).
 */
#include "lab/child.h"
#include "lab/offload.h"
#include "lab/rtnetlink.h"
#include "lab/sysctl.h"
#include "lab/timers.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <string.h>

#define HOST_DEVICE "eth0"

/* Settings of the middle, written before the hosts are made. Where they cannot be had the lab works, only
 * slower. */
static const struct lab_sysctl middle_sysctls[] = {
    {"net.ipv4.tcp_child_ehash_entries", "128"}, /* small tables: quickly dumped */
    {"net.ipv6.conf.all.disable_ipv6", "1"},
    {"net.ipv6.conf.default.disable_ipv6", "1"},
};

/* Settings of each host that keep the wire free of what nobody's program has said. */
static const struct lab_sysctl quiet_sysctls[] = {
    {"net.ipv6.conf.all.accept_ra", "0"},
    {"net.ipv6.conf.default.accept_ra", "0"},
    {"net.ipv6.conf.all.router_solicitations", "0"},
    {"net.ipv6.conf.default.router_solicitations", "0"},
    {"net.ipv6.conf.default.addr_gen_mode", "1"},
    {"net.ipv6.conf.default.accept_dad", "0"},
    {"net.ipv6.conf.default.dad_transmits", "0"},
};

static const struct lab_sysctl port_sysctl = {"net.ipv4.ip_unprivileged_port_start", "0"};

#define COUNT(array) (int)(sizeof(array) / sizeof(array)[0])

static void set_silently(const struct lab_sysctl *sysctls, int count)
{
    for (int i = 0; i < count; i++)
        (void)sysctl_set(sysctls[i].name, sysctls[i].value);
}

/* What this kernel does not have is left out of the list, and is no failure: older kernels lack newer
 * settings. */
static int set_and_list(const struct lab_sysctl *sysctl, struct buf *list, struct err *err)
{
    int result = sysctl_set(sysctl->name, sysctl->value);
    if (result == -ENOENT)
        return 0;
    if (result == -EROFS || result == -EACCES || result == -EPERM)
        return err_set(
            err, -result,
            "%s cannot be set here, /proc/sys is not writable: start the container with `docker run "
            "--security-opt systempaths=unconfined`, or open a recorded trace with `sockstep open FILE`",
            sysctl->name);
    if (result < 0)
        return err_set(err, -result, "the kernel does not take %s=%s: %s", sysctl->name, sysctl->value,
                       strerror(-result));
    if (list != NULL)
        buf_printf(list, "%s%s=%s", list->length != 0 ? " " : "", sysctl->name, sysctl->value);
    return 0;
}

static int set_all(const struct lab_config *config, struct buf *list, struct err *err)
{
    set_silently(quiet_sysctls, COUNT(quiet_sysctls));
    /* Ports below 1024 matter to few; a lab without them is better than none. */
    (void)set_and_list(&port_sysctl, list, NULL);
    int result = 0;
    for (int i = 0; config->textbook_timers && i < COUNT(textbook_sysctls) && result == 0; i++)
        result = set_and_list(&textbook_sysctls[i], list, err);
    for (int i = 0; i < config->sysctl_count && result == 0; i++)
        result = set_and_list(&config->sysctls[i], list, err);
    return result;
}

static int link_refused(int result, const char *what, struct err *err)
{
    if (result == -EOPNOTSUPP || result == -ENODEV)
        return err_set(
            err, -result,
            "this kernel has no veth devices: run `sudo modprobe veth`, or open a recorded trace with "
            "`sockstep open FILE`");
    return result < 0 ? namespaces_refused(-result, what, err) : 0;
}

static void mac_of(int host, uint8_t first, uint8_t mac[MAC_BYTES])
{
    memset(mac, 0, MAC_BYTES);
    mac[0] = first;
    mac[5] = (uint8_t)(host + 1);
}

static int mtu_of(const struct lab_config *config)
{
    return config->mtu != 0 ? config->mtu : 1500;
}

static int cable(struct lab_child *child, struct mnl_socket *socket, int host, struct err *err)
{
    char device[16];
    uint8_t mac[MAC_BYTES], peer_mac[MAC_BYTES];
    snprintf(device, sizeof device, "wire%d", host);
    mac_of(host, 0x06, mac);
    mac_of(host, 0x02, peer_mac);
    struct veth veth = {.name = device,
                        .peer_name = HOST_DEVICE,
                        .mac = mac,
                        .peer_mac = peer_mac,
                        .peer_namespace = child->hosts[host].network,
                        .mtu = mtu_of(child->config)};
    int result = veth_add(socket, &veth);
    if (result == 0)
        result = offload_off(device);
    if (result == 0)
        result = link_up(socket, device);
    result = link_refused(result, "cannot lay a wire", err);
    return result == 0 ? wire_add_port(child->wire, device, err) : result;
}

static struct route_metrics metrics_of(const struct lab_config *config)
{
    return (struct route_metrics){.quick_ack = config->quick_ack || config->textbook_timers,
                                  .rto_min_ms = config->textbook_timers ? TEXTBOOK_RTO_MIN_MS : 0};
}

/* Addresses of one family; a kernel without IPv6 has a lab without IPv6. */
static int settle_in(struct mnl_socket *socket, const struct lab_config *config, int host, int family)
{
    int bits = family == ADDRESS_IPV6 ? 64 : 24;
    struct address own = lab_address(host, family);
    struct address network = own;
    network.ip[family == ADDRESS_IPV6 ? 15 : 3] = 0;
    int result = link_address_add(socket, HOST_DEVICE, &own, bits);
    if (family == ADDRESS_IPV6 && result < 0)
        return result == -EOPNOTSUPP || result == -EAFNOSUPPORT || result == -EACCES ? 0 : result;
    if (result == 0)
        result = route_add(socket, HOST_DEVICE, &network, bits, &own, metrics_of(config));
    for (int i = 0; i < config->host_count && result == 0; i++) {
        struct address other = lab_address(i, family);
        uint8_t mac[MAC_BYTES];
        mac_of(i, 0x02, mac);
        if (i != host)
            result = neighbour_add(socket, HOST_DEVICE, &other, mac);
    }
    return result;
}

/* Multicast leaves by the only link there is. IPv6 has such a route by itself. */
static int route_multicast(struct mnl_socket *socket)
{
    struct address groups = {.family = ADDRESS_IPV4, .ip = {224}};
    return route_add(socket, HOST_DEVICE, &groups, 4, NULL, (struct route_metrics){0});
}

/* In the host's network namespace. */
static int furnish(struct lab_child *child, int host)
{
    struct mnl_socket *socket;
    int result = rtnetlink_open(&socket);
    if (result < 0)
        return result;
    result = offload_off(HOST_DEVICE);
    if (result == 0)
        result = link_up(socket, "lo");
    if (result == 0)
        result = link_up(socket, HOST_DEVICE);
    if (result == 0)
        result = settle_in(socket, child->config, host, ADDRESS_IPV4);
    if (result == 0)
        result = settle_in(socket, child->config, host, ADDRESS_IPV6);
    if (result == 0)
        result = route_multicast(socket);
    mnl_socket_close(socket);
    return result;
}

static int host_make(struct lab_child *child, struct mnl_socket *socket, int host, struct buf *sysctls,
                     struct err *err)
{
    int network = namespace_make(child->middle, err);
    if (network < 0)
        return network;
    child->hosts[host].network = network;
    int result = namespace_enter(network);
    if (result == 0)
        result = set_all(child->config, host == 0 ? sysctls : NULL, err);
    if (result < 0)
        return result;
    result = namespace_enter(child->middle);
    if (result == 0)
        result = cable(child, socket, host, err);
    if (result < 0)
        return result;
    result = namespace_enter(network);
    if (result == 0)
        result = link_refused(furnish(child, host), "cannot set up a host", err);
    if (result == 0 && (result = diag_open(&child->hosts[host].diag)) < 0)
        err_set(err, -result,
                "this kernel does not list its sockets (sock_diag): run `sudo modprobe tcp_diag`");
    int back = namespace_enter(child->middle);
    return result < 0 ? result : back;
}

int hosts_make(struct lab_child *child, struct buf *sysctls, struct err *err)
{
    struct mnl_socket *socket;
    set_silently(middle_sysctls, COUNT(middle_sysctls));
    child->middle = namespace_here();
    int result = child->middle < 0 ? child->middle : rtnetlink_open(&socket);
    if (result < 0)
        return namespaces_refused(-result, "cannot reach the network namespace", err);
    child->wire = wire_new(mtu_of(child->config));
    for (int i = 0; i < child->config->host_count && result == 0; i++)
        result = host_make(child, socket, i, sysctls, err);
    mnl_socket_close(socket);
    return result;
}

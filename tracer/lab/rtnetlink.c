#include "lab/rtnetlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#define BUFFER_BYTES 8192

int rtnetlink_open(struct mnl_socket **ret_socket)
{
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (socket == NULL)
        return -errno;
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        int error_number = errno;
        mnl_socket_close(socket);
        return -error_number;
    }
    *ret_socket = socket;
    return 0;
}

static struct nlmsghdr *request_begin(void *buffer, uint16_t type, uint16_t flags)
{
    static uint32_t sequence;
    struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
    header->nlmsg_type = type;
    header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
    header->nlmsg_seq = ++sequence;
    return header;
}

static int request_send(struct mnl_socket *socket, const struct nlmsghdr *header)
{
    uint32_t sequence = header->nlmsg_seq;
    if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
        return -errno;
    char answer[BUFFER_BYTES];
    for (;;) {
        ssize_t count = mnl_socket_recvfrom(socket, answer, sizeof answer);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -errno;
        int more = mnl_cb_run(answer, (size_t)count, sequence, mnl_socket_get_portid(socket), NULL, NULL);
        if (more <= MNL_CB_STOP)
            return more == MNL_CB_ERROR ? -errno : 0;
    }
}

static void put_device(struct nlmsghdr *header, const char *name, const uint8_t *mac, int mtu)
{
    mnl_attr_put_strz(header, IFLA_IFNAME, name);
    mnl_attr_put(header, IFLA_ADDRESS, MAC_BYTES, mac);
    mnl_attr_put_u32(header, IFLA_MTU, (uint32_t)mtu);
}

int veth_add(struct mnl_socket *socket, const struct veth *veth)
{
    char buffer[BUFFER_BYTES];
    struct nlmsghdr *header = request_begin(buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    mnl_nlmsg_put_extra_header(header, sizeof(struct ifinfomsg));
    put_device(header, veth->name, veth->mac, veth->mtu);
    struct nlattr *info = mnl_attr_nest_start(header, IFLA_LINKINFO);
    mnl_attr_put_strz(header, IFLA_INFO_KIND, "veth");
    struct nlattr *data = mnl_attr_nest_start(header, IFLA_INFO_DATA);
    struct nlattr *peer = mnl_attr_nest_start(header, VETH_INFO_PEER);
    mnl_nlmsg_put_extra_header(header, sizeof(struct ifinfomsg));
    put_device(header, veth->peer_name, veth->peer_mac, veth->mtu);
    mnl_attr_put_u32(header, IFLA_NET_NS_FD, (uint32_t)veth->peer_namespace);
    mnl_attr_nest_end(header, peer);
    mnl_attr_nest_end(header, data);
    mnl_attr_nest_end(header, info);
    return request_send(socket, header);
}

int link_up(struct mnl_socket *socket, const char *device)
{
    char buffer[BUFFER_BYTES];
    struct nlmsghdr *header = request_begin(buffer, RTM_NEWLINK, 0);
    struct ifinfomsg *link = mnl_nlmsg_put_extra_header(header, sizeof *link);
    link->ifi_change = IFF_UP;
    link->ifi_flags = IFF_UP;
    mnl_attr_put_strz(header, IFLA_IFNAME, device);
    return request_send(socket, header);
}

static uint8_t family_of(const struct address *address)
{
    return address->family == ADDRESS_IPV6 ? AF_INET6 : AF_INET;
}

static void put_ip(struct nlmsghdr *header, uint16_t type, const struct address *address)
{
    mnl_attr_put(header, type, address->family == ADDRESS_IPV6 ? 16 : 4, address->ip);
}

int link_address_add(struct mnl_socket *socket, const char *device, const struct address *address,
                     int prefix_bits)
{
    char buffer[BUFFER_BYTES];
    struct nlmsghdr *header = request_begin(buffer, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
    struct ifaddrmsg *body = mnl_nlmsg_put_extra_header(header, sizeof *body);
    body->ifa_family = family_of(address);
    body->ifa_prefixlen = (uint8_t)prefix_bits;
    body->ifa_index = if_nametoindex(device);
    put_ip(header, IFA_LOCAL, address);
    put_ip(header, IFA_ADDRESS, address);
    if (address->family == ADDRESS_IPV4) {
        struct address broadcast = *address;
        broadcast.ip[3] = 255;
        put_ip(header, IFA_BROADCAST, &broadcast);
    }
    mnl_attr_put_u32(header, IFA_FLAGS, IFA_F_NODAD | IFA_F_NOPREFIXROUTE);
    return request_send(socket, header);
}

static void put_metrics(struct nlmsghdr *header, struct route_metrics metrics)
{
    struct nlattr *nest = mnl_attr_nest_start(header, RTA_METRICS);
    if (metrics.quick_ack)
        mnl_attr_put_u32(header, RTAX_QUICKACK, 1);
    if (metrics.rto_min_ms != 0) {
        mnl_attr_put_u32(header, RTAX_LOCK, 1u << RTAX_RTO_MIN);
        mnl_attr_put_u32(header, RTAX_RTO_MIN, metrics.rto_min_ms);
    }
    mnl_attr_nest_end(header, nest);
}

int route_add(struct mnl_socket *socket, const char *device, const struct address *network, int prefix_bits,
              const struct address *source, struct route_metrics metrics)
{
    char buffer[BUFFER_BYTES];
    struct nlmsghdr *header = request_begin(buffer, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
    struct rtmsg *route = mnl_nlmsg_put_extra_header(header, sizeof *route);
    route->rtm_family = family_of(network);
    route->rtm_dst_len = (unsigned char)prefix_bits;
    route->rtm_table = RT_TABLE_MAIN;
    route->rtm_protocol = RTPROT_STATIC;
    route->rtm_scope = network->family == ADDRESS_IPV6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
    route->rtm_type = RTN_UNICAST;
    put_ip(header, RTA_DST, network);
    mnl_attr_put_u32(header, RTA_OIF, if_nametoindex(device));
    if (source != NULL)
        put_ip(header, RTA_PREFSRC, source);
    if (metrics.quick_ack || metrics.rto_min_ms != 0)
        put_metrics(header, metrics);
    return request_send(socket, header);
}

int neighbour_add(struct mnl_socket *socket, const char *device, const struct address *address,
                  const uint8_t mac[MAC_BYTES])
{
    char buffer[BUFFER_BYTES];
    struct nlmsghdr *header = request_begin(buffer, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
    struct ndmsg *neighbour = mnl_nlmsg_put_extra_header(header, sizeof *neighbour);
    neighbour->ndm_family = family_of(address);
    neighbour->ndm_ifindex = (int32_t)if_nametoindex(device);
    neighbour->ndm_state = NUD_PERMANENT;
    put_ip(header, NDA_DST, address);
    mnl_attr_put(header, NDA_LLADDR, MAC_BYTES, mac);
    return request_send(socket, header);
}

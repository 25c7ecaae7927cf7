/*
 * Links, addresses, routes and neighbours of the network namespace in which the socket was opened
 * (rtnetlink(7)). Every function waits for the kernel's answer and returns 0 or -errno.
 */
#ifndef SOCKSTEP_LAB_RTNETLINK_H
#define SOCKSTEP_LAB_RTNETLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "net/address.h"

#define MAC_BYTES 6

struct mnl_socket;

/* The caller closes it with mnl_socket_close(). */
int rtnetlink_open(struct mnl_socket **ret_socket);

struct veth {
    const char *name, *peer_name;
    const uint8_t *mac, *peer_mac;
    int peer_namespace; /* descriptor */
    int mtu;
};

/* A pair of devices, one of them here, the other in the peer's namespace; both down. */
int veth_add(struct mnl_socket *socket, const struct veth *veth);

int link_up(struct mnl_socket *socket, const char *device);

/* No duplicate address detection, and no route of the kernel's own: see route_add(). */
int link_address_add(struct mnl_socket *socket, const char *device, const struct address *address,
                     int prefix_bits);

struct route_metrics {
    bool quick_ack;      /* RTAX_QUICKACK: every segment is acknowledged at once */
    uint32_t rto_min_ms; /* RTAX_RTO_MIN, locked; 0: the kernel's own */
};

/* A route to a network that is reached directly; `source` NULL: the kernel's choice. */
int route_add(struct mnl_socket *socket, const char *device, const struct address *network, int prefix_bits,
              const struct address *source, struct route_metrics metrics);

/* A neighbour that needs no asking. */
int neighbour_add(struct mnl_socket *socket, const char *device, const struct address *address,
                  const uint8_t mac[MAC_BYTES]);

#endif

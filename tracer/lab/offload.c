#include "lab/offload.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* In this order: the later ones depend on the earlier ones, the kernel lets go of them together. */
static const uint32_t commands[] = {ETHTOOL_SGRO, ETHTOOL_SGSO, ETHTOOL_STSO, ETHTOOL_SSG, ETHTOOL_STXCSUM};

static int switch_off(int socket_fd, const char *device, uint32_t command)
{
    struct ethtool_value value = {.cmd = command, .data = 0};
    struct ifreq request = {.ifr_data = (char *)&value};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
    if (ioctl(socket_fd, SIOCETHTOOL, &request) == 0 || errno == EOPNOTSUPP)
        return 0;
    return -errno;
}

int offload_off(const char *device)
{
    int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_fd < 0)
        return -errno;
    int result = 0;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0] && result == 0; i++)
        result = switch_off(socket_fd, device, commands[i]);
    close(socket_fd);
    return result;
}

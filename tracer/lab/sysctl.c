#include "lab/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_ROOM 256

/* "net.ipv4.tcp_sack" -> /proc/sys/net/ipv4/tcp_sack. A name cannot leave /proc/sys. */
static int path_of(const char *name, char path[PATH_ROOM])
{
    bool plain = name[0] != '\0' && name[0] != '.' && strstr(name, "..") == NULL && strchr(name, '/') == NULL;
    int length = snprintf(path, PATH_ROOM, "/proc/sys/%s", name);
    if (!plain || length < 0 || length >= PATH_ROOM)
        return -EINVAL;
    for (char *c = path + strlen("/proc/sys/"); *c != '\0'; c++) {
        if (*c == '.')
            *c = '/';
    }
    return 0;
}

int sysctl_set(const char *name, const char *value)
{
    char path[PATH_ROOM];
    int result = path_of(name, path);
    if (result < 0)
        return result;
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (write(fd, value, strlen(value)) < 0)
        result = -errno;
    close(fd);
    return result;
}

int sysctl_get(const char *name, char *ret_value, size_t room)
{
    char path[PATH_ROOM];
    int result = path_of(name, path);
    if (result < 0)
        return result;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t count = read(fd, ret_value, room - 1);
    result = count < 0 ? -errno : 0;
    close(fd);
    if (result == 0) {
        ret_value[count] = '\0';
        ret_value[strcspn(ret_value, "\n")] = '\0';
    }
    return result;
}

#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

const char *address_ip_text(const struct address *address, char text[ADDRESS_TEXT_MAX])
{
    strcpy(text, "-");
    switch ((enum address_family)address->family) {
    case ADDRESS_IPV4: inet_ntop(AF_INET, address->ip, text, ADDRESS_TEXT_MAX); break;
    case ADDRESS_IPV6: inet_ntop(AF_INET6, address->ip, text, ADDRESS_TEXT_MAX); break;
    case ADDRESS_UNIX: strcpy(text, "unix"); break;
    case ADDRESS_NONE: break;
    }
    return text;
}

const char *address_text(const struct address *address, char text[ADDRESS_TEXT_MAX])
{
    char ip[INET6_ADDRSTRLEN];
    switch ((enum address_family)address->family) {
    case ADDRESS_IPV4:
        inet_ntop(AF_INET, address->ip, ip, sizeof ip);
        snprintf(text, ADDRESS_TEXT_MAX, "%s:%u", ip, (unsigned)address->port);
        return text;
    case ADDRESS_IPV6:
        inet_ntop(AF_INET6, address->ip, ip, sizeof ip);
        snprintf(text, ADDRESS_TEXT_MAX, "[%s]:%u", ip, (unsigned)address->port);
        return text;
    case ADDRESS_UNIX:
    case ADDRESS_NONE: break;
    }
    return address_ip_text(address, text);
}

static int port_parse(const char *text, uint16_t *ret_port)
{
    if (*text < '0' || *text > '9')
        return -EINVAL;
    char *end;
    unsigned long port = strtoul(text, &end, 10);
    if (*end != '\0' || port > 65535)
        return -EINVAL;
    *ret_port = (uint16_t)port;
    return 0;
}

static bool ip_parse(const char *text, struct address *address)
{
    if (inet_pton(AF_INET, text, address->ip) == 1)
        address->family = ADDRESS_IPV4;
    else if (inet_pton(AF_INET6, text, address->ip) == 1)
        address->family = ADDRESS_IPV6;
    return address->family != ADDRESS_NONE;
}

/* Splits off the port; ret_port_text is NULL when there is none. The brackets go. */
static int split(const char *text, char ip[ADDRESS_TEXT_MAX], const char **ret_port_text)
{
    const char *end = text + strlen(text), *port = NULL;
    if (*text == '[') {
        text++;
        end = strchr(text, ']');
        if (end == NULL || (end[1] != ':' && end[1] != '\0'))
            return -EINVAL;
        port = end[1] == ':' ? end + 2 : NULL;
    } else if (strchr(text, ':') != NULL && strchr(text, ':') == strrchr(text, ':')) {
        end = strchr(text, ':');
        port = end + 1;
    }
    if (end - text >= ADDRESS_TEXT_MAX)
        return -EINVAL;
    memcpy(ip, text, (size_t)(end - text));
    ip[end - text] = '\0';
    *ret_port_text = port;
    return 0;
}

int address_parse(const char *text, struct address *ret_address)
{
    struct address address = {0};
    char ip[ADDRESS_TEXT_MAX];
    const char *port;
    if (strcmp(text, "unix") == 0) {
        address.family = ADDRESS_UNIX;
    } else if (strcmp(text, "-") != 0) {
        if (split(text, ip, &port) != 0 || !ip_parse(ip, &address))
            return -EINVAL;
        if (*text == '[' && address.family != ADDRESS_IPV6)
            return -EINVAL;
        if (port != NULL && port_parse(port, &address.port) != 0)
            return -EINVAL;
    }
    *ret_address = address;
    return 0;
}

struct address address_from_sockaddr(const struct sockaddr *sockaddr, size_t bytes)
{
    struct address address = {0};
    sa_family_t family;
    if (sockaddr == NULL || bytes < sizeof family)
        return address;
    memcpy(&family, sockaddr, sizeof family);
    if (family == AF_INET && bytes >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;
        memcpy(&in, sockaddr, sizeof in);
        address.family = ADDRESS_IPV4;
        address.port = ntohs(in.sin_port);
        memcpy(address.ip, &in.sin_addr, 4);
    } else if (family == AF_INET6 && bytes >= offsetof(struct sockaddr_in6, sin6_scope_id)) {
        struct sockaddr_in6 in6 = {0};
        memcpy(&in6, sockaddr, bytes < sizeof in6 ? bytes : sizeof in6);
        address.family = ADDRESS_IPV6;
        address.port = ntohs(in6.sin6_port);
        memcpy(address.ip, &in6.sin6_addr, 16);
    } else if (family == AF_UNIX) {
        address.family = ADDRESS_UNIX;
    }
    return address;
}

bool address_ip_equal(const struct address *a, const struct address *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
    return address_ip_equal(a, b) && a->port == b->port;
}

bool address_is_any(const struct address *address)
{
    static const uint8_t zeroes[16];
    bool is_ip = address->family == ADDRESS_IPV4 || address->family == ADDRESS_IPV6;
    return is_ip && memcmp(address->ip, zeroes, sizeof zeroes) == 0;
}

int address_compare(const struct address *a, const struct address *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    int order = memcmp(a->ip, b->ip, sizeof a->ip);
    if (order != 0)
        return order;
    return (a->port > b->port) - (a->port < b->port);
}

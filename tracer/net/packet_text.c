/* The words for flags, protocols and ICMP messages. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/packet.h"

static const struct {
    uint8_t flag;
    const char *name;
} flag_names[] = {
    {TCP_SYN, "SYN"}, {TCP_FIN, "FIN"}, {TCP_RST, "RST"}, {TCP_PSH, "PSH"},
    {TCP_ACK, "ACK"}, {TCP_URG, "URG"}, {TCP_ECE, "ECE"}, {TCP_CWR, "CWR"},
};
#define FLAG_NAMES (sizeof flag_names / sizeof flag_names[0])

const char *tcp_flags_text(uint8_t flags, char text[TCP_FLAGS_TEXT_MAX])
{
    size_t used = 0;
    strcpy(text, "-");
    for (size_t i = 0; i < FLAG_NAMES; i++)
        if ((flags & flag_names[i].flag) != 0)
            used += (size_t)snprintf(text + used, TCP_FLAGS_TEXT_MAX - used, "%s%s", used != 0 ? "," : "",
                                     flag_names[i].name);
    return text;
}

static uint8_t flag_parse(const char *name, size_t length)
{
    for (size_t i = 0; i < FLAG_NAMES; i++)
        if (strlen(flag_names[i].name) == length && strncmp(flag_names[i].name, name, length) == 0)
            return flag_names[i].flag;
    return 0;
}

int tcp_flags_parse(const char *text, uint8_t *ret_flags)
{
    uint8_t flags = 0;
    if (strcmp(text, "-") != 0) {
        for (const char *at = text;; at++) {
            size_t length = strcspn(at, ",");
            uint8_t flag = flag_parse(at, length);
            if (flag == 0)
                return -EINVAL;
            flags |= flag;
            at += length;
            if (*at == '\0')
                break;
        }
    }
    *ret_flags = flags;
    return 0;
}

static const struct {
    uint8_t protocol;
    const char *name;
} protocol_names[] = {
    {PROTOCOL_TCP, "tcp"},
    {PROTOCOL_UDP, "udp"},
    {PROTOCOL_ICMP, "icmp"},
    {PROTOCOL_ICMPV6, "icmpv6"},
};

const char *protocol_text(uint8_t protocol, char text[PROTOCOL_TEXT_MAX])
{
    snprintf(text, PROTOCOL_TEXT_MAX, "ip-%u", (unsigned)protocol);
    for (size_t i = 0; i < sizeof protocol_names / sizeof protocol_names[0]; i++)
        if (protocol_names[i].protocol == protocol)
            snprintf(text, PROTOCOL_TEXT_MAX, "%s", protocol_names[i].name);
    return text;
}

int protocol_parse(const char *text, uint8_t *ret_protocol)
{
    for (size_t i = 0; i < sizeof protocol_names / sizeof protocol_names[0]; i++) {
        if (strcmp(text, protocol_names[i].name) == 0) {
            *ret_protocol = protocol_names[i].protocol;
            return 0;
        }
    }
    if (strncmp(text, "ip-", 3) != 0 || text[3] < '0' || text[3] > '9')
        return -EINVAL;
    char *end;
    unsigned long number = strtoul(text + 3, &end, 10);
    if (*end != '\0' || number > 255)
        return -EINVAL;
    *ret_protocol = (uint8_t)number;
    return 0;
}

enum { ANY_CODE = -1 };

/* A row with a code goes before the row for the rest of its type. */
static const struct icmp_name {
    uint8_t type;
    int16_t code;
    const char *text;
} icmp4_names[] =
    {
        {0, ANY_CODE, "echo reply"},
        {3, 0, "network unreachable"},
        {3, 1, "host unreachable"},
        {3, 2, "protocol unreachable"},
        {3, 3, "port unreachable"},
        {3, 4, "fragmentation needed"},
        {3, 5, "source route failed"},
        {3, 6, "network unknown"},
        {3, 7, "host unknown"},
        {3, 9, "network prohibited"},
        {3, 10, "host prohibited"},
        {3, 11, "network unreachable for this service"},
        {3, 12, "host unreachable for this service"},
        {3, 13, "communication prohibited"},
        {3, ANY_CODE, "destination unreachable"},
        {4, ANY_CODE, "source quench"},
        {5, ANY_CODE, "redirect"},
        {8, ANY_CODE, "echo request"},
        {9, ANY_CODE, "router advertisement"},
        {10, ANY_CODE, "router solicitation"},
        {11, 0, "time to live exceeded"},
        {11, 1, "fragment reassembly time exceeded"},
        {11, ANY_CODE, "time exceeded"},
        {12, ANY_CODE, "parameter problem"},
        {13, ANY_CODE, "timestamp request"},
        {14, ANY_CODE, "timestamp reply"},
},
  icmp6_names[] = {
      {1, 0, "no route to destination"},
      {1, 1, "communication prohibited"},
      {1, 2, "beyond scope of source address"},
      {1, 3, "address unreachable"},
      {1, 4, "port unreachable"},
      {1, 5, "source address refused by policy"},
      {1, 6, "route rejected"},
      {1, ANY_CODE, "destination unreachable"},
      {2, ANY_CODE, "packet too big"},
      {3, 0, "hop limit exceeded"},
      {3, 1, "fragment reassembly time exceeded"},
      {3, ANY_CODE, "time exceeded"},
      {4, ANY_CODE, "parameter problem"},
      {128, ANY_CODE, "echo request"},
      {129, ANY_CODE, "echo reply"},
      {130, ANY_CODE, "multicast listener query"},
      {131, ANY_CODE, "multicast listener report"},
      {132, ANY_CODE, "multicast listener done"},
      {133, ANY_CODE, "router solicitation"},
      {134, ANY_CODE, "router advertisement"},
      {135, ANY_CODE, "neighbor solicitation"},
      {136, ANY_CODE, "neighbor advertisement"},
      {137, ANY_CODE, "redirect"},
      {143, ANY_CODE, "multicast listener report"},
};

const char *icmp_text(uint8_t protocol, uint8_t type, uint8_t code)
{
    bool is_v6 = protocol == PROTOCOL_ICMPV6;
    const struct icmp_name *names = is_v6 ? icmp6_names : icmp4_names;
    size_t count =
        is_v6 ? sizeof icmp6_names / sizeof *icmp6_names : sizeof icmp4_names / sizeof *icmp4_names;
    for (size_t i = 0; i < count; i++)
        if (names[i].type == type && (names[i].code == code || names[i].code == ANY_CODE))
            return names[i].text;
    return "unknown message";
}

/*
 * letter_client ADDRESS PORT
 * Sends three datagrams, numbered: msg0, msg1, msg2. Nobody tells it what became of them.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sockstep/probe.h>

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

int main(int argc, char *argv[])
{
    if (argc != 3) {
        fprintf(stderr, "usage: letter_client ADDRESS PORT\n");
        return 1;
    }
    int family = strchr(argv[1], ':') != NULL ? AF_INET6 : AF_INET; /* 2001:db8::2 or 192.0.2.2 */
    in_port_t port = htons((in_port_t)atoi(argv[2])); /* the network wants the high byte first */

    /* Create a socket */
    int sock = socket(family, SOCK_DGRAM, 0);
    if (sock < 0)
        fail("socket");

    /* Set up the server address: which building (address), which mailbox (port) */
    struct sockaddr_in server4 = {.sin_family = AF_INET, .sin_port = port};
    struct sockaddr_in6 server6 = {.sin6_family = AF_INET6, .sin6_port = port};
    struct sockaddr *server = family == AF_INET6 ? (struct sockaddr *)&server6 : (struct sockaddr *)&server4;
    socklen_t size = family == AF_INET6 ? sizeof server6 : sizeof server4;
    void *bytes = family == AF_INET6 ? (void *)&server6.sin6_addr : (void *)&server4.sin_addr;
    if (inet_pton(family, argv[1], bytes) != 1) {
        fprintf(stderr, "letter_client: '%s' is not an address\n", argv[1]);
        return 1;
    }

    /* Write data: three letters, each on its own */
    for (int i = 0; i < 3; i++) {
        char text[8];
        snprintf(text, sizeof text, "msg%d", i);
        if (sendto(sock, text, 4, 0, server, size) < 0)
            fail("sendto");
    }

    /* Shut down */
    close(sock);
    return 0;
}

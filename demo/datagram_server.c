/*
 * datagram_server [-4|-6] PORT
 * Opens three datagrams and prints from whom each came. No listen, no accept: there is no connection.
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
    int family = argc == 3 && strcmp(argv[1], "-6") == 0 ? AF_INET6 : AF_INET;
    int number = argc > 1 ? atoi(argv[argc - 1]) : 0;
    if (number < 1 || number > 65535) {
        fprintf(stderr, "usage: datagram_server [-4|-6] PORT\n");
        return 1;
    }
    in_port_t port = htons((in_port_t)number); /* the network wants the high byte first */

    /* Create a socket */
    int sock = socket(family, SOCK_DGRAM, 0);
    if (sock < 0)
        fail("socket");

    /* Bind the socket: every address of this machine (all zeroes), and our port */
    struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = port};
    struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = port};
    struct sockaddr *any = family == AF_INET6 ? (struct sockaddr *)&any6 : (struct sockaddr *)&any4;
    if (bind(sock, any, family == AF_INET6 ? sizeof any6 : sizeof any4) < 0)
        fail("bind");

    /* Read data: each recvfrom() opens one envelope, whole, and tells who sent it. An empty envelope
     * gives 0, and 0 is not an end here: there is no stream that could end. */
    for (int i = 0; i < 3; i++) {
        char text[100], host[64];
        struct sockaddr_storage sender;
        socklen_t size = sizeof sender;
        ssize_t length = recvfrom(sock, text, sizeof text, 0, (struct sockaddr *)&sender, &size);
        if (length < 0)
            fail("recvfrom");
        void *bytes = family == AF_INET6 ? (void *)&((struct sockaddr_in6 *)&sender)->sin6_addr
                                         : (void *)&((struct sockaddr_in *)&sender)->sin_addr;
        inet_ntop(family, bytes, host, sizeof host);
        printf("%zd bytes from %s: %.*s\n", length, host, (int)length, text);
    }

    /* Shut down: nobody is told */
    close(sock);
    return 0;
}

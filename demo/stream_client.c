/*
 * stream_client ADDRESS PORT
 * Says "hello" over a stream and prints the answer. The client view of the lecture, step by step.
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
        fprintf(stderr, "usage: stream_client ADDRESS PORT\n");
        return 1;
    }
    int family = strchr(argv[1], ':') != NULL ? AF_INET6 : AF_INET; /* 2001:db8::2 or 192.0.2.2 */
    in_port_t port = htons((in_port_t)atoi(argv[2])); /* the network wants the high byte first */

    /* Create a socket */
    int sock = socket(family, SOCK_STREAM, 0);
    if (sock < 0)
        fail("socket");

    /* Set up the server address: which building (address), which mailbox (port) */
    struct sockaddr_in server4 = {.sin_family = AF_INET, .sin_port = port};
    struct sockaddr_in6 server6 = {.sin6_family = AF_INET6, .sin6_port = port};
    struct sockaddr *server = family == AF_INET6 ? (struct sockaddr *)&server6 : (struct sockaddr *)&server4;
    socklen_t size = family == AF_INET6 ? sizeof server6 : sizeof server4;
    void *bytes = family == AF_INET6 ? (void *)&server6.sin6_addr : (void *)&server4.sin_addr;
    if (inet_pton(family, argv[1], bytes) != 1) {
        fprintf(stderr, "stream_client: '%s' is not an address\n", argv[1]);
        return 1;
    }

    /* Connect to the server: returns when the handshake is done */
    if (connect(sock, server, size) < 0)
        fail("connect");

    /* Read/write data. A stream has no message boundaries: a longer answer can come in
     * pieces and needs a loop; nine bytes travel in one packet. */
    if (send(sock, "hello", 5, 0) < 0)
        fail("send");
    char text[100];
    ssize_t length = recv(sock, text, sizeof text, 0);
    if (length < 0)
        fail("recv");
    printf("the server says: %.*s\n", (int)length, text);

    /* Shut down the connection */
    close(sock);
    return 0;
}

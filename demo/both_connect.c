/*
 * both_connect OWN_PORT ADDRESS PORT
 * Binds its own port, calls the other one, and says goodbye. Started at both ends there is no server at all:
 * when both call at the same moment the two calls make one connection.
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
    if (argc != 4) {
        fprintf(stderr, "usage: both_connect OWN_PORT ADDRESS PORT\n");
        return 1;
    }
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((in_port_t)atoi(argv[1]))};
    struct sockaddr_in other = {.sin_family = AF_INET, .sin_port = htons((in_port_t)atoi(argv[3]))};
    if (inet_pton(AF_INET, argv[2], &other.sin_addr) != 1) {
        fprintf(stderr, "both_connect: '%s' is not an IPv4 address\n", argv[2]);
        return 1;
    }

    /* Create a socket */
    int sock = socket(AF_INET, SOCK_STREAM, 0);
    if (sock < 0)
        fail("socket");

    /* Bind the socket: the other one must know whom to call */
    if (bind(sock, (struct sockaddr *)&own, sizeof own) < 0)
        fail("bind");

    /* Connect: nobody listens, nobody accepts */
    if (connect(sock, (struct sockaddr *)&other, sizeof other) < 0)
        fail("connect");
    printf("connected\n");
    fflush(stdout);

    /* Shut down the connection */
    close(sock);
    return 0;
}

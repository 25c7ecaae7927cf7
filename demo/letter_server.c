/*
 * letter_server [-4|-6] PORT
 * Opens datagrams for ever, and prints each as it comes.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

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
        fprintf(stderr, "usage: letter_server [-4|-6] PORT\n");
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

    /* Read data: whatever comes, in the order in which it comes. How many there were, nobody says. */
    for (;;) {
        char text[100];
        ssize_t length = recvfrom(sock, text, sizeof text, 0, NULL, NULL);
        if (length < 0)
            fail("recvfrom");
        printf("%.*s\n", (int)length, text);
        fflush(stdout);
    }
}

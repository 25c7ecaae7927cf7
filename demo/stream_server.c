/*
 * stream_server [-4|-6] PORT
 * Waits for one client, hears "hello", answers "hi client". The server view of the lecture, step by step.
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
        fprintf(stderr, "usage: stream_server [-4|-6] PORT\n");
        return 1;
    }
    in_port_t port = htons((in_port_t)number); /* the network wants the high byte first */

    /* Create a socket */
    int listener = socket(family, SOCK_STREAM, 0);
    if (listener < 0)
        fail("socket");
    int yes = 1; /* so that the server can be started again at once, while old connections are in TIME_WAIT */
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0)
        fail("setsockopt");

    /* Bind the socket: every address of this machine (all zeroes), and our port */
    struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = port};
    struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = port};
    struct sockaddr *any = family == AF_INET6 ? (struct sockaddr *)&any6 : (struct sockaddr *)&any4;
    if (bind(listener, any, family == AF_INET6 ? sizeof any6 : sizeof any4) < 0)
        fail("bind");

    /* Listen for connections */
    if (listen(listener, 5) < 0)
        fail("listen");

    /* Accept new client connections: a second socket, for this client alone */
    int client = accept(listener, NULL, NULL);
    if (client < 0)
        fail("accept");

    /* Read/write to client connections. A stream has no message boundaries: longer messages can
     * come in pieces and need a loop; five bytes travel in one packet. */
    char text[100];
    ssize_t length = recv(client, text, sizeof text, 0);
    if (length < 0)
        fail("recv");
    printf("the client says: %.*s\n", (int)length, text);
    if (send(client, "hi client", 9, 0) < 0)
        fail("send");

    /* 0 is the end of the stream: the client has closed its side */
    length = recv(client, text, sizeof text, 0);
    if (length < 0)
        fail("recv");

    /* Shut down the connection, then the door */
    close(client);
    close(listener);
    return 0;
}

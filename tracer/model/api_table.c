/*
 * A socket as its program sees it, from the calls alone: stream sockets (socket(7), tcp(7), unix(7)) and
 * datagram sockets (udp(7)).
 */
#include "model/cell.h"

#define CLOSED_BY_CALL "close() gave the descriptor back"
#define MADE           "socket() made it"
#define CAME           "accept() handed it over"

static const struct cell stream_cells[STATE_COUNT][API_STIMULI] =
    {
        [STATE_NONE] =
            {
                [CALLED_SOCKET] = GO(API_CREATED, MADE),
                [CALLED_BIND] = GO(API_BOUND, "bind() gave it a name"),
                [CALLED_LISTEN] = GO(API_LISTENING, "listen() opened the door"),
                [ENTERED_CONNECT] = GO(API_CONNECTING, "the program waits inside connect()"),
                [CONNECT_DONE] = GO(API_CONNECTED, "connect() returned 0"),
                [CONNECT_STARTED] = GO(API_CONNECTING, "connect() has started and did not wait"),
                [CONNECT_FAILED] = GO(API_FAILED, "connect() failed"),
                [CALLED_ACCEPT] = GO(API_CONNECTED, CAME),
                [CALLED_SHUT_WRITE] = GO(API_SHUT_WRITE, "shutdown() ended the outgoing direction"),
                [CALLED_SHUT_READ] = GO(API_SHUT_READ, "shutdown() ended the incoming direction"),
                [CALLED_SHUT_BOTH] = GO(API_SHUT_BOTH, "shutdown() ended both directions"),
                [CALLED_CLOSE] = GO(API_CLOSED, CLOSED_BY_CALL),
            },
        [STATE_API_CREATED] =
            {
                [CALLED_BIND] = GO(API_BOUND, "bind() gave it a name"),
                [CALLED_LISTEN] = GO(API_LISTENING, "listen() opened the door; the kernel chose the port"),
                [ENTERED_CONNECT] = GO(API_CONNECTING, "the program waits inside connect()"),
                [CALLED_ACCEPT] = GO(API_CONNECTED, CAME),
                [CALLED_SHUT_WRITE] = REMAIN("there is no connection to end"),
                [CALLED_SHUT_READ] = REMAIN("there is no connection to end"),
                [CALLED_SHUT_BOTH] = REMAIN("there is no connection to end"),
                [CALLED_CLOSE] = GO(API_CLOSED, CLOSED_BY_CALL),
            },
        [STATE_API_BOUND] =
            {
                [CALLED_BIND] = REMAIN("it has a name already"),
                [CALLED_LISTEN] = GO(API_LISTENING, "listen() opened the door"),
                [ENTERED_CONNECT] = GO(API_CONNECTING, "the program waits inside connect()"),
                [CALLED_CLOSE] = GO(API_CLOSED, CLOSED_BY_CALL),
            },
        [STATE_API_LISTENING] =
            {
                [CALLED_LISTEN] = REMAIN("it listens already; the backlog may change"),
                [CALLED_SHUT_READ] = GO(API_SHUT_READ, "shutdown() closed the door"),
                [CALLED_SHUT_BOTH] = GO(API_SHUT_BOTH, "shutdown() closed the door"),
                [CALLED_SHUT_WRITE] = REMAIN("a listening socket has no outgoing direction"),
                [CALLED_CLOSE] = GO(API_CLOSED, CLOSED_BY_CALL),
            },
        [STATE_API_CONNECTING] =
            {
                [ENTERED_CONNECT] = REMAIN("connect() is asked once more"),
                [CONNECT_DONE] = GO(API_CONNECTED, "connect() returned 0"),
                [CONNECT_STARTED] = REMAIN("connect() has started and did not wait"),
                [CONNECT_FAILED] = GO(API_FAILED, "connect() failed"),
                [CALLED_SHUT_WRITE] = GO(API_SHUT_WRITE, "shutdown() ended the outgoing direction"),
                [CALLED_SHUT_READ] = GO(API_SHUT_READ, "shutdown() ended the incoming direction"),
                [CALLED_SHUT_BOTH] = GO(API_SHUT_BOTH, "shutdown() ended both directions"),
                [CALLED_CLOSE] = GO(API_CLOSED, CLOSED_BY_CALL),
            },
        [STATE_API_CONNECTED] =
            {
                [ENTERED_CONNECT] = REMAIN("it has a partner already"),
                [CONNECT_DONE] = REMAIN("it has a partner already"),
                [CONNECT_FAILED] = REMAIN("it has a partner already"),
                [CALLED_SHUT_WRITE] = GO(API_SHUT_WRITE, "shutdown() ended the outgoing direction"),
                [CALLED_SHUT_READ] = GO(API_SHUT_READ, "shutdown() ended the incoming direction"),
                [CALLED_SHUT_BOTH] = GO(API_SHUT_BOTH, "shutdown() ended both directions"),
                [CALLED_CLOSE] = GO(API_CLOSED, CLOSED_BY_CALL),
            },
        [STATE_API_SHUT_WRITE] =
            {
                [CALLED_SHUT_WRITE] = REMAIN("the outgoing direction has ended already"),
                [CALLED_SHUT_READ] = GO(API_SHUT_BOTH, "shutdown() ended the other direction too"),
                [CALLED_SHUT_BOTH] = GO(API_SHUT_BOTH, "shutdown() ended both directions"),
                [CONNECT_DONE] = REMAIN("connect() returned 0 after shutdown()"),
                [CONNECT_FAILED] = REMAIN("connect() failed after shutdown()"),
                [CALLED_CLOSE] = GO(API_CLOSED, CLOSED_BY_CALL),
            },
        [STATE_API_SHUT_READ] =
            {
                [CALLED_SHUT_WRITE] = GO(API_SHUT_BOTH, "shutdown() ended the other direction too"),
                [CALLED_SHUT_READ] = REMAIN("the incoming direction has ended already"),
                [CALLED_SHUT_BOTH] = GO(API_SHUT_BOTH, "shutdown() ended both directions"),
                [CALLED_LISTEN] = GO(API_LISTENING, "listen() opened the door again"),
                [CALLED_CLOSE] = GO(API_CLOSED, CLOSED_BY_CALL),
            },
        [STATE_API_SHUT_BOTH] =
            {
                [CALLED_SHUT_WRITE] = REMAIN("both directions have ended already"),
                [CALLED_SHUT_READ] = REMAIN("both directions have ended already"),
                [CALLED_SHUT_BOTH] = REMAIN("both directions have ended already"),
                [CALLED_LISTEN] = GO(API_LISTENING, "listen() opened the door again"),
                [CALLED_CLOSE] = GO(API_CLOSED, CLOSED_BY_CALL),
            },
        [STATE_API_FAILED] =
            {
                [ENTERED_CONNECT] = GO(API_CONNECTING, "connect() is tried once more"),
                [CONNECT_FAILED] = REMAIN("connect() failed"),
                [CALLED_SHUT_WRITE] = REMAIN("there is no connection to end"),
                [CALLED_SHUT_READ] = REMAIN("there is no connection to end"),
                [CALLED_SHUT_BOTH] = REMAIN("there is no connection to end"),
                [CALLED_CLOSE] = GO(API_CLOSED, CLOSED_BY_CALL),
            },
        [STATE_API_CLOSED] =
            {
                [CALLED_CLOSE] = REMAIN("another descriptor of the same socket was closed"),
            },
};

#define PARTNER "connect() fixed its partner; nothing was sent"

static const struct cell datagram_cells[STATE_COUNT][API_STIMULI] = {
    [STATE_NONE] =
        {
            [CALLED_SOCKET] = GO(UDP_UNCONNECTED, MADE),
            [CALLED_BIND] = GO(UDP_UNCONNECTED, "bind() gave it a name"),
            [ENTERED_CONNECT] = REMAIN("connect() on a datagram socket sends nothing"),
            [CONNECT_DONE] = GO(UDP_CONNECTED, PARTNER),
            [CONNECT_FAILED] = REMAIN("connect() failed"),
            [CALLED_ACCEPT] = GO(UDP_CONNECTED, "socketpair() made it"),
            [CALLED_SHUT_WRITE] = REMAIN("shutdown() on a datagram socket ends only this program's sending"),
            [CALLED_SHUT_READ] = REMAIN("shutdown() on a datagram socket ends only this program's receiving"),
            [CALLED_SHUT_BOTH] = REMAIN("shutdown() on a datagram socket ends only this program's use of it"),
            [CALLED_CLOSE] = GO(API_CLOSED, CLOSED_BY_CALL),
        },
    [STATE_UDP_UNCONNECTED] =
        {
            [CALLED_BIND] = REMAIN("bind() gave it a name"),
            [CALLED_LISTEN] = REMAIN("a datagram socket cannot listen"),
            [ENTERED_CONNECT] = REMAIN("connect() on a datagram socket sends nothing"),
            [CONNECT_DONE] = GO(UDP_CONNECTED, PARTNER),
            [CONNECT_FAILED] = REMAIN("connect() failed"),
            [CALLED_ACCEPT] = GO(UDP_CONNECTED, "socketpair() made it"),
            [CALLED_SHUT_WRITE] = REMAIN("there is no partner"),
            [CALLED_SHUT_READ] = REMAIN("there is no partner"),
            [CALLED_SHUT_BOTH] = REMAIN("there is no partner"),
            [CALLED_CLOSE] = GO(API_CLOSED, CLOSED_BY_CALL),
        },
    [STATE_UDP_CONNECTED] =
        {
            [CALLED_BIND] = REMAIN("it has a name already"),
            [ENTERED_CONNECT] = REMAIN("connect() on a datagram socket sends nothing"),
            [CONNECT_DONE] = REMAIN("connect() changed its partner; nothing was sent"),
            [CONNECT_FAILED] = REMAIN("connect() failed"),
            [CALLED_SHUT_WRITE] = REMAIN("shutdown() on a datagram socket ends only this program's sending"),
            [CALLED_SHUT_READ] = REMAIN("shutdown() on a datagram socket ends only this program's receiving"),
            [CALLED_SHUT_BOTH] = REMAIN("shutdown() on a datagram socket ends only this program's use of it"),
            [CALLED_CLOSE] = GO(API_CLOSED, CLOSED_BY_CALL),
        },
    [STATE_API_CLOSED] =
        {
            [CALLED_CLOSE] = REMAIN("another descriptor of the same socket was closed"),
        },
};

const struct cell *api_cell(enum state state, enum api_stimulus stimulus)
{
    return &stream_cells[state][stimulus];
}

const struct cell *udp_cell(enum state state, enum api_stimulus stimulus)
{
    return &datagram_cells[state][stimulus];
}

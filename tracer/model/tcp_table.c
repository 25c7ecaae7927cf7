/*
 * One end of a TCP connection, from the packets that it sends and gets. Sections are those of RFC 9293.
 */
#include "model/cell.h"

#include <stddef.h>

#define RETRANSMITTED "sent once more: no acknowledgment came in time (3.8.1)"
#define RESET_GOT     "an RST ends the connection at once (3.10.7.4)"
#define RESET_SENT    "it has sent RST and forgets the connection (3.5.2)"
#define REPEATED_FIN  "a FIN that is here already is only acknowledged again (3.10.7.4)"
#define CHALLENGE     "a SYN inside a connection is answered with an ACK and changes nothing (3.10.7.4)"
#define NOTHING       "changes no state"
#define BEFORE        "the connection began before we looked"

static const struct cell cells[STATE_COUNT][TCP_STIMULI] = {
    [STATE_NONE] =
        {
            [SENT_SYN] = GO(SYN_SENT, "active open: its SYN has left (3.10.1)"),
            [SENT_SYN_ACK] = GO(SYN_RECEIVED, "it was asked for a connection and answers (3.10.7.2)"),
            [SENT_FIN] = REMAIN(BEFORE),
            [SENT_RST] = GO(CLOSED, RESET_SENT),
            [SENT_OTHER] = REMAIN(BEFORE),
            [GOT_SYN] = REMAIN("a SYN has arrived; the answer will tell whether anybody listens"),
            [GOT_SYN_ACK] = REMAIN(BEFORE),
            [GOT_ACK_OF_SYN] = REMAIN(BEFORE),
            [GOT_FIN] = REMAIN(BEFORE),
            [GOT_ACK_OF_FIN] = REMAIN(BEFORE),
            [GOT_FIN_AND_ACK] = REMAIN(BEFORE),
            [GOT_RST] = GO(CLOSED, RESET_GOT),
            [GOT_OTHER] = REMAIN(BEFORE),
        },
    [STATE_CLOSED] =
        {
            [SENT_SYN] = GO(SYN_SENT, "active open: its SYN has left (3.10.1)"),
            [SENT_SYN_ACK] = GO(SYN_RECEIVED, "it was asked for a connection and answers (3.10.7.2)"),
            [SENT_RST] = REMAIN("what arrives at a closed port is answered with RST (3.10.7.1)"),
            [SENT_OTHER] = REMAIN(NOTHING),
            [GOT_SYN] = REMAIN("nobody listens here (3.10.7.1)"),
            [GOT_SYN_ACK] = REMAIN("there is no connection here (3.10.7.1)"),
            [GOT_ACK_OF_SYN] = REMAIN("there is no connection here (3.10.7.1)"),
            [GOT_FIN] = REMAIN("there is no connection here (3.10.7.1)"),
            [GOT_ACK_OF_FIN] = REMAIN("there is no connection here (3.10.7.1)"),
            [GOT_FIN_AND_ACK] = REMAIN("there is no connection here (3.10.7.1)"),
            [GOT_RST] = REMAIN("there is no connection here (3.10.7.1)"),
            [GOT_OTHER] = REMAIN("there is no connection here (3.10.7.1)"),
        },
    [STATE_LISTEN] =
        {
            [GOT_SYN] = GO(SYN_RECEIVED,
                           "a SYN arrives at a listening port; the kernel answers by itself (3.10.7.2)"),
            [SENT_RST] = REMAIN("what is no SYN is answered with RST (3.10.7.2)"),
            [GOT_RST] = REMAIN("an RST means nothing to a listening port (3.10.7.2)"),
            [GOT_OTHER] = REMAIN(NOTHING),
        },
    [STATE_SYN_SENT] =
        {
            [SENT_SYN] = REMAIN(RETRANSMITTED),
            [SENT_SYN_ACK] = GO(SYN_RECEIVED, "both called at once: a SYN has crossed ours (3.5, figure 7)"),
            [SENT_RST] = GO(CLOSED, RESET_SENT),
            [SENT_OTHER] = REMAIN(NOTHING),
            [GOT_SYN] = GO(SYN_RECEIVED, "both called at once: a SYN has crossed ours (3.5, figure 7)"),
            [GOT_SYN_ACK] = GO(ESTABLISHED, "its SYN is acknowledged and the other's SYN is here (3.10.7.3)"),
            [GOT_ACK_OF_SYN] =
                REMAIN("an acknowledgment without a SYN does not complete the handshake (3.10.7.3)"),
            [GOT_RST] = GO(CLOSED, "the call is refused: RST answers the SYN (3.10.7.3)"),
            [GOT_OTHER] = REMAIN(NOTHING),
        },
    [STATE_SYN_RECEIVED] =
        {
            [SENT_SYN] = REMAIN(RETRANSMITTED),
            [SENT_SYN_ACK] = REMAIN("its SYN,ACK is on the wire (3.10.7.2)"),
            [SENT_FIN] = GO(FIN_WAIT_1, "closed before the handshake was complete (3.10.4)"),
            [SENT_RST] = GO(CLOSED, RESET_SENT),
            [SENT_OTHER] = REMAIN(NOTHING),
            [GOT_SYN] = REMAIN("the SYN came once more; the SYN,ACK is repeated (3.10.7.4)"),
            [GOT_SYN_ACK] = GO(ESTABLISHED, "its own SYN is acknowledged (3.5, figure 7)"),
            [GOT_ACK_OF_SYN] =
                GO(ESTABLISHED, "its SYN is acknowledged: the handshake is complete (3.10.7.4)"),
            [GOT_FIN] = GO(CLOSE_WAIT, "the other has said goodbye (3.10.7.4)"),
            [GOT_RST] =
                GO(CLOSED, "the half-open connection is given up; the listening socket stays (3.10.7.4)"),
            [GOT_OTHER] = REMAIN(NOTHING),
        },
    [STATE_ESTABLISHED] =
        {
            [SENT_SYN_ACK] = REMAIN(RETRANSMITTED),
            [SENT_FIN] = GO(FIN_WAIT_1, "it says goodbye first: its FIN has left (3.10.4)"),
            [SENT_RST] = GO(CLOSED, RESET_SENT),
            [SENT_OTHER] = REMAIN(NOTHING),
            [GOT_SYN] = REMAIN(CHALLENGE),
            [GOT_SYN_ACK] = REMAIN("the SYN,ACK came once more and is acknowledged again (3.10.7.4)"),
            [GOT_ACK_OF_SYN] = REMAIN(NOTHING),
            [GOT_FIN] = GO(CLOSE_WAIT, "the other has said goodbye; this program may still send (3.10.7.4)"),
            [GOT_RST] = GO(CLOSED, RESET_GOT),
            [GOT_OTHER] = REMAIN(NOTHING),
        },
    [STATE_FIN_WAIT_1] =
        {
            [SENT_FIN] = REMAIN(RETRANSMITTED),
            [SENT_RST] = GO(CLOSED, RESET_SENT),
            [SENT_OTHER] = REMAIN(NOTHING),
            [GOT_SYN] = REMAIN(CHALLENGE),
            [GOT_SYN_ACK] = REMAIN(NOTHING),
            [GOT_ACK_OF_SYN] = REMAIN(NOTHING),
            [GOT_FIN] = GO(CLOSING, "the goodbyes crossed: a FIN came, ours is not acknowledged (3.10.7.4)"),
            [GOT_ACK_OF_FIN] = GO(FIN_WAIT_2, "its FIN is acknowledged (3.10.7.4)"),
            [GOT_FIN_AND_ACK] =
                GO(TIME_WAIT, "one segment acknowledges its FIN and says goodbye too (3.10.7.4)"),
            [GOT_RST] = GO(CLOSED, RESET_GOT),
            [GOT_OTHER] = REMAIN(NOTHING),
        },
    [STATE_FIN_WAIT_2] =
        {
            [SENT_FIN] = REMAIN(RETRANSMITTED),
            [SENT_RST] = GO(CLOSED, RESET_SENT),
            [SENT_OTHER] = REMAIN(NOTHING),
            [GOT_SYN] = REMAIN(CHALLENGE),
            [GOT_ACK_OF_FIN] = REMAIN(NOTHING),
            [GOT_FIN] = GO(TIME_WAIT, "the other has said goodbye too (3.10.7.4)"),
            [GOT_FIN_AND_ACK] = GO(TIME_WAIT, "the other has said goodbye too (3.10.7.4)"),
            [GOT_RST] = GO(CLOSED, RESET_GOT),
            [GOT_OTHER] = REMAIN(NOTHING),
        },
    [STATE_CLOSE_WAIT] =
        {
            [SENT_FIN] = GO(LAST_ACK, "its own FIN has left, after the other's (3.10.4)"),
            [SENT_RST] = GO(CLOSED, RESET_SENT),
            [SENT_OTHER] = REMAIN(NOTHING),
            [GOT_SYN] = REMAIN(CHALLENGE),
            [GOT_SYN_ACK] = REMAIN(NOTHING),
            [GOT_ACK_OF_SYN] = REMAIN(NOTHING),
            [GOT_FIN] = REMAIN(REPEATED_FIN),
            [GOT_RST] = GO(CLOSED, RESET_GOT),
            [GOT_OTHER] = REMAIN(NOTHING),
        },
    [STATE_CLOSING] =
        {
            [SENT_FIN] = REMAIN(RETRANSMITTED),
            [SENT_RST] = GO(CLOSED, RESET_SENT),
            [SENT_OTHER] = REMAIN(NOTHING),
            [GOT_FIN] = REMAIN(REPEATED_FIN),
            [GOT_ACK_OF_FIN] =
                GO(TIME_WAIT, "its FIN is acknowledged; the other's was here before (3.10.7.4)"),
            [GOT_FIN_AND_ACK] =
                GO(TIME_WAIT, "its FIN is acknowledged; the other's was here before (3.10.7.4)"),
            [GOT_RST] = GO(CLOSED, RESET_GOT),
            [GOT_OTHER] = REMAIN(NOTHING),
        },
    [STATE_LAST_ACK] =
        {
            [SENT_FIN] = REMAIN(RETRANSMITTED),
            [SENT_RST] = GO(CLOSED, RESET_SENT),
            [SENT_OTHER] = REMAIN(NOTHING),
            [GOT_FIN] = REMAIN(REPEATED_FIN),
            [GOT_ACK_OF_FIN] = GO(CLOSED, "the last ACK is here: all is said on both sides (3.10.7.4)"),
            [GOT_FIN_AND_ACK] = GO(CLOSED, "the last ACK is here: all is said on both sides (3.10.7.4)"),
            [GOT_RST] = GO(CLOSED, RESET_GOT),
            [GOT_OTHER] = REMAIN(NOTHING),
        },
    [STATE_TIME_WAIT] =
        {
            [SENT_SYN] = GO(SYN_SENT, "the same addresses and ports are used for a new connection (3.6.1)"),
            [SENT_RST] = REMAIN(NOTHING),
            [SENT_OTHER] = REMAIN("it stays to answer a repeated goodbye (3.6.1)"),
            [GOT_SYN] = REMAIN("a new SYN for the same addresses and ports (3.6.1)"),
            [GOT_FIN] = REMAIN("the goodbye came once more: its ACK was lost; it is repeated (3.10.7.4)"),
            [GOT_ACK_OF_FIN] = REMAIN(NOTHING),
            [GOT_FIN_AND_ACK] =
                REMAIN("the goodbye came once more: its ACK was lost; it is repeated (3.10.7.4)"),
            [GOT_RST] = REMAIN("an RST does not shorten TIME_WAIT (RFC 1337)"),
            [GOT_OTHER] = REMAIN(NOTHING),
        },
};

const struct cell *tcp_cell(enum state state, enum tcp_stimulus stimulus)
{
    return &cells[state][stimulus];
}

const char *tcp_stimulus_name(enum tcp_stimulus stimulus)
{
    static const char *const names[TCP_STIMULI] = {
        [SENT_SYN] = "sent SYN",
        [SENT_SYN_ACK] = "sent SYN,ACK",
        [SENT_FIN] = "sent FIN",
        [SENT_RST] = "sent RST",
        [SENT_OTHER] = "sent a segment",
        [GOT_SYN] = "got SYN",
        [GOT_SYN_ACK] = "got SYN,ACK",
        [GOT_ACK_OF_SYN] = "got the ACK of its SYN",
        [GOT_FIN] = "got FIN",
        [GOT_ACK_OF_FIN] = "got the ACK of its FIN",
        [GOT_FIN_AND_ACK] = "got FIN with the ACK of its FIN",
        [GOT_RST] = "got RST",
        [GOT_OTHER] = "got a segment",
    };
    return stimulus < TCP_STIMULI ? names[stimulus] : "?";
}

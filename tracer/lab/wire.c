#include "lab/wire.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "lab/namespaces.h"

#include <errno.h>
#include <pcap.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES    (16 << 20)
#define HEADERS_BYTES   100 /* link layer, VLAN tags and what a kernel may put in front */
#define FRAMES_AT_ONCE  256
#define ROUNDS_AT_ONCE  16
#define PORT_ERROR_ROOM 256

struct port {
    pcap_t *pcap;
    unsigned lost; /* as pcap_stats() counted so far */
};

struct wire {
    struct port ports[LAB_HOSTS_MAX];
    int port_count;
    int frame_max;
    int reading; /* the port whose frames are being read */
    ARRAY(struct frame *) fresh;
};

struct wire *wire_new(int mtu)
{
    struct wire *wire = xcalloc(1, sizeof *wire);
    wire->frame_max = mtu + HEADERS_BYTES;
    return wire;
}

void wire_free(struct wire *wire)
{
    if (wire == NULL)
        return;
    for (int i = 0; i < wire->port_count; i++)
        pcap_close(wire->ports[i].pcap);
    array_release(&wire->fresh);
    free(wire);
}

static int port_prepare(pcap_t *pcap, int frame_max)
{
    char ignored[PCAP_ERRBUF_SIZE];
    int result = pcap_set_snaplen(pcap, frame_max);
    if (result == 0)
        result = pcap_set_promisc(pcap, 1);
    if (result == 0)
        result = pcap_set_immediate_mode(pcap, 1);
    if (result == 0)
        result = pcap_set_buffer_size(pcap, BUFFER_BYTES);
    if (result == 0)
        result = pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
    if (result == 0)
        result = pcap_activate(pcap);
    if (result >= 0)
        result = pcap_setdirection(pcap, PCAP_D_IN);
    return result < 0 ? result : pcap_setnonblock(pcap, 1, ignored);
}

int wire_add_port(struct wire *wire, const char *device, struct err *err)
{
    char text[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_create(device, text);
    if (pcap == NULL)
        return err_set(err, ENOMEM, "cannot capture on the wire: %.*s", PORT_ERROR_ROOM, text);
    int result = port_prepare(pcap, wire->frame_max);
    if (result < 0) {
        bool refused = result == PCAP_ERROR_PERM_DENIED;
        err_set(err, EIO, "cannot capture on the wire: %.*s", PORT_ERROR_ROOM, pcap_geterr(pcap));
        pcap_close(pcap);
        return refused ? namespaces_refused(EPERM, "no packet sockets here", err) : -EIO;
    }
    wire->ports[wire->port_count++].pcap = pcap;
    return 0;
}

int wire_fd(const struct wire *wire, int port)
{
    return pcap_get_selectable_fd(wire->ports[port].pcap);
}

static void take_one(u_char *context, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct wire *wire = (struct wire *)(void *)context;
    struct frame *frame = frame_new(bytes, header->caplen, header->len);
    frame->host = wire->reading;
    /* nanoseconds: see PCAP_TSTAMP_PRECISION_NANO */
    frame->stamp_ns = (int64_t)header->ts.tv_sec * NS_PER_S + header->ts.tv_usec;
    (void)packet_decode(LINK_ETHERNET, frame->bytes, frame->kept_bytes, frame->wire_bytes, &frame->packet);
    *array_push(&wire->fresh) = frame;
}

static int by_stamp(const void *left, const void *right)
{
    const struct frame *a = *(struct frame *const *)left, *b = *(struct frame *const *)right;
    if (a->stamp_ns != b->stamp_ns)
        return a->stamp_ns < b->stamp_ns ? -1 : 1;
    return a->host - b->host;
}

/* True when a port may have more. */
static bool read_round(struct wire *wire)
{
    bool more = false;
    for (int i = 0; i < wire->port_count; i++) {
        wire->reading = i;
        more |=
            pcap_dispatch(wire->ports[i].pcap, FRAMES_AT_ONCE, take_one, (u_char *)wire) >= FRAMES_AT_ONCE;
    }
    return more;
}

int wire_read(struct wire *wire, wire_take *take, void *context)
{
    for (int round = 0; round < ROUNDS_AT_ONCE && read_round(wire); round++)
        continue;
    int count = (int)wire->fresh.count;
    if (count > 1)
        qsort(wire->fresh.items, wire->fresh.count, sizeof wire->fresh.items[0], by_stamp);
    wire->fresh.count = 0;
    for (int i = 0; i < count; i++)
        take(context, wire->fresh.items[i]);
    return count;
}

int wire_send(struct wire *wire, int port, const struct frame *frame)
{
    if (frame->kept_bytes < frame->wire_bytes)
        return -EMSGSIZE;
    if (pcap_inject(wire->ports[port].pcap, frame->bytes, frame->kept_bytes) < 0)
        return errno != 0 ? -errno : -EIO;
    return 0;
}

uint64_t wire_lost(struct wire *wire)
{
    uint64_t lost = 0;
    for (int i = 0; i < wire->port_count; i++) {
        struct pcap_stat stat;
        struct port *port = &wire->ports[i];
        if (pcap_stats(port->pcap, &stat) < 0)
            continue;
        lost += stat.ps_drop - port->lost;
        port->lost = stat.ps_drop;
    }
    return lost;
}

bool wire_is_housekeeping(const struct packet *packet)
{
    if (packet->source.family == ADDRESS_NONE)
        return true;
    if (packet->protocol != PROTOCOL_ICMPV6)
        return false;
    /* 130-132 and 143: multicast listeners (RFC 3810); 133-137: discovery (RFC 4861) */
    return (packet->icmp.type >= 130 && packet->icmp.type <= 137) || packet->icmp.type == 143;
}

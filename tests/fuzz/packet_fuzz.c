/* Any bytes as a packet: the first two choose the link type and how much longer the packet was on the wire.
 */
#include "tests/fuzz/fuzz_main.h"

#include <stdlib.h>

#include "net/packet.h"

static const enum link_type links[] = {
    LINK_ETHERNET,    LINK_RAW,  LINK_NULL, LINK_LINUX_SLL, LINK_LINUX_SLL2, LINK_PPP,
    LINK_RAW_OPENBSD, LINK_LOOP, LINK_IPV4, LINK_IPV6,      LINK_RAW_BSD,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    if (count < 2)
        return 0;
    enum link_type link = links[bytes[0] % (sizeof links / sizeof links[0])];
    size_t captured = count - 2;
    struct packet packet;
    int result = packet_decode(link, bytes + 2, captured, captured + bytes[1], &packet);
    bool sound = packet.payload_present <= packet.payload_bytes &&
                 packet.payload_offset + (size_t)packet.payload_present <= captured &&
                 packet.tcp.sack_count <= 4 && (result == 0) == (packet.damage == NULL) &&
                 (!packet.checksum_bad || packet.checksum_judged);
    if (!sound)
        abort();
    return 0;
}

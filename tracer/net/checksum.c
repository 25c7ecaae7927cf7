#include "net/packet.h"

uint32_t checksum_add(uint32_t sum, const uint8_t *bytes, size_t count)
{
    uint64_t wide = sum;
    for (size_t i = 0; i + 1 < count; i += 2)
        wide += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    if (count % 2 != 0)
        wide += (uint32_t)bytes[count - 1] << 8;
    while (wide >> 16 != 0)
        wide = (wide & 0xffff) + (wide >> 16);
    return (uint32_t)wide;
}

uint16_t checksum_finish(uint32_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

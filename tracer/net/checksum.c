#include <string.h>

#include "net/packet.h"

/* Eight bytes at a time, as this machine reads them: the sum comes out with its bytes in the machine's order
 * (RFC 1071 2 B). */
static uint64_t add_words(uint64_t sum, const uint8_t *bytes, size_t count)
{
    for (; count >= 8; bytes += 8, count -= 8) {
        uint32_t words[2];
        memcpy(words, bytes, 8);
        sum += (uint64_t)words[0] + words[1];
    }
    if (count >= 4) {
        uint32_t word;
        memcpy(&word, bytes, 4);
        sum += word;
        bytes += 4;
        count -= 4;
    }
    uint8_t rest[4] = {0};
    for (size_t i = 0; i < count; i++)
        rest[i] = bytes[i];
    uint32_t word;
    memcpy(&word, rest, 4);
    return sum + word;
}

static uint32_t folded(uint64_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)sum;
}

uint32_t checksum_add(uint32_t sum, const uint8_t *bytes, size_t count)
{
    if (count == 0)
        return folded(sum);
    uint32_t added = folded(add_words(0, bytes, count));
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        added = __builtin_bswap16((uint16_t)added);
    return folded((uint64_t)sum + added);
}

uint16_t checksum_finish(uint32_t sum)
{
    return (uint16_t)~folded(sum);
}

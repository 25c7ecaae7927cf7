#include "export/address_map.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"

/* SipHash-2-4 (Aumasson, Bernstein 2012). */

static uint64_t rotate(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1], v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0], v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1], v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2], v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

static void sip_absorb(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    sip_round(v);
    v[0] ^= word;
}

static uint64_t sip_hash(const uint64_t key[2], const uint8_t *bytes, size_t count)
{
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u,
                     key[1] ^ 0x7465646279746573u};
    uint64_t word = 0;
    for (size_t i = 0; i < count; i++) {
        word |= (uint64_t)bytes[i] << (i % 8 * 8);
        if (i % 8 == 7) {
            sip_absorb(v, word);
            word = 0;
        }
    }
    sip_absorb(v, word | (uint64_t)count << 56);
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void stir(struct address_map *map, const void *bytes, size_t count)
{
    const uint64_t other[2] = {map->key[1], ~map->key[0]};
    map->key[0] = sip_hash(map->key, bytes, count);
    map->key[1] = sip_hash(other, bytes, count);
}

struct address_map address_map_for(const struct timeline *timeline)
{
    struct address_map map = {{0x736f636b73746570u, 0x61646472657373u}};
    array_each (const struct record, record, &timeline->records) {
        const struct event *event = &record->event;
        stir(&map, &event->time_ns, sizeof event->time_ns);
        stir(&map, event->data, event->data_bytes);
    }
    return map;
}

/* Prefixes whose own bits stay; `whole`: and what follows them too. */
static const struct {
    uint8_t family_bytes, bits;
    bool whole;
    uint8_t prefix[16];
} kept[] = {
    {4, 8, true, {0}},
    {4, 8, true, {127}},
    {4, 3, true, {224}},
    {16, 96, true, {0}},
    {16, 96, false, {[10] = 0xff, [11] = 0xff}},
    {16, 10, false, {0xfe, 0x80}},
    {16, 8, true, {0xff}},
};

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    uint8_t mask = (uint8_t)(0xff00u >> (bits % 8));
    return memcmp(a, b, bits / 8) == 0 && (bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0);
}

/* Whether bit number `bit` stays: it belongs to the branch that leads to a kept prefix, or follows a whole
 * one. */
static bool bit_stays(const uint8_t *bytes, size_t count, unsigned bit)
{
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        unsigned shared = bit < kept[i].bits ? bit : kept[i].bits;
        if (kept[i].family_bytes == count && (bit < kept[i].bits || kept[i].whole) &&
            same_bits(bytes, kept[i].prefix, shared))
            return true;
    }
    return false;
}

static bool bit_flips(const struct address_map *map, const uint8_t *bytes, size_t count, unsigned bit)
{
    uint8_t prefix[18] = {0};
    memcpy(prefix, bytes, bit / 8);
    if (bit % 8 != 0)
        prefix[bit / 8] = (uint8_t)(bytes[bit / 8] & (0xff00u >> (bit % 8)));
    prefix[16] = (uint8_t)bit;
    prefix[17] = (uint8_t)count;
    return (sip_hash(map->key, prefix, sizeof prefix) & 1) != 0;
}

static void map_ethernet(const struct address_map *map, uint8_t bytes[6])
{
    uint64_t hash = sip_hash(map->key, bytes, 6);
    uint8_t first = (uint8_t)((bytes[0] & 1) | 2); /* group bit; locally administered */
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    if (memcmp(bytes, broadcast, 6) == 0)
        return;
    for (int i = 1; i < 6; i++)
        bytes[i] = (uint8_t)(hash >> (8 * i));
    bytes[0] = first;
}

void address_map_bytes(const struct address_map *map, uint8_t *bytes, size_t count)
{
    uint8_t original[16] = {0};
    if (count == 6) {
        map_ethernet(map, bytes);
        return;
    }
    memcpy(original, bytes, count);
    for (unsigned bit = 0; bit < count * 8; bit++)
        if (!bit_stays(original, count, bit) && bit_flips(map, original, count, bit))
            bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ (0x80u >> (bit % 8)));
}

struct address address_map_apply(const struct address_map *map, const struct address *address)
{
    struct address mapped = *address;
    if (address->family == ADDRESS_IPV4)
        address_map_bytes(map, mapped.ip, 4);
    else if (address->family == ADDRESS_IPV6)
        address_map_bytes(map, mapped.ip, 16);
    return mapped;
}

/* Text. */

static bool may_belong(char c)
{
    return isxdigit((unsigned char)c) || c == '.' || c == ':';
}

/* A word of hexadecimal digits, points and colons: an address, an address and a port, or something else. A
 * full stop or colon at its end belongs to the sentence. */
static bool put_mapped(const struct address_map *map, struct buf *out, const char *word, size_t length)
{
    char text[ADDRESS_TEXT_MAX];
    struct address address;
    bool is_address = length < sizeof text;
    if (is_address) {
        memcpy(text, word, length);
        text[length] = '\0';
        is_address = address_parse(text, &address) == 0 &&
                     (address.family == ADDRESS_IPV4 || address.family == ADDRESS_IPV6);
    }
    if (!is_address)
        return false;
    bool has_port = address.family == ADDRESS_IPV4 && strchr(text, ':') != NULL;
    address = address_map_apply(map, &address);
    buf_puts(out, has_port ? address_text(&address, text) : address_ip_text(&address, text));
    return true;
}

static void put_word(const struct address_map *map, struct buf *out, const char *word, size_t length)
{
    size_t end = length;
    while (end > 0 && (word[end - 1] == '.' || (word[end - 1] == ':' && (end < 2 || word[end - 2] != ':'))))
        end--;
    if (end == 0 || !put_mapped(map, out, word, end))
        buf_add(out, word, end);
    buf_add(out, word + end, length - end);
}

char *address_map_text(const struct address_map *map, const char *text, size_t count)
{
    struct buf out = {0};
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i; end < count && may_belong(text[end]);)
            end++;
        bool inside_word = i > 0 && isalnum((unsigned char)text[i - 1]);
        if (end > i && !inside_word)
            put_word(map, &out, text + i, end - i);
        else
            buf_add(&out, text + i, end > i ? end - i : 1);
        end += end == i;
    }
    return buf_detach(&out);
}

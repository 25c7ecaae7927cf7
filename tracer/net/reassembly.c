#include "net/reassembly.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "net/decode.h"

enum {
    BLOCK_BYTES = 8,
    DATAGRAM_MAX = 65535,
    BLOCKS_MAX = DATAGRAM_MAX / BLOCK_BYTES + 1,
    HEADER_MAX = 1024
};

#define TIMEOUT_NS (60 * NS_PER_S)

/* RFC 791 and RFC 8200: what makes fragments belong together. */
struct key {
    uint8_t family, protocol, unused[2];
    uint32_t id;
    uint8_t source[16], destination[16];
};

struct datagram {
    struct key key;
    int64_t first_ns;
    uint8_t *bytes; /* the fragmented part; holes are not set */
    size_t room, highest;
    size_t total; /* 0: the last fragment has not come */
    size_t blocks;
    bool is_damaged; /* kept all the same, to swallow what still comes */
    uint8_t header[HEADER_MAX];
    size_t header_bytes, next_header_at; /* 0: the first fragment has not come */
    uint8_t fragmented_protocol;
    uint64_t seen[(BLOCKS_MAX + 63) / 64];
    UT_hash_handle hh;
};

struct reassembly {
    struct datagram *datagrams; /* the oldest first */
    size_t memory_max;
    uint8_t *whole;
    struct reassembly_counts counts;
};

/* A fragment that was captured whole. */
struct fragment {
    const uint8_t *header, *data;
    size_t header_bytes, count;
    struct ip_header ip;
};

struct reassembly *reassembly_new(size_t memory_max_bytes)
{
    struct reassembly *reassembly = xcalloc(1, sizeof *reassembly);
    reassembly->memory_max = memory_max_bytes;
    reassembly->whole = xmalloc(HEADER_MAX + DATAGRAM_MAX);
    return reassembly;
}

static void datagram_remove(struct reassembly *reassembly, struct datagram *datagram)
{
    HASH_DEL(reassembly->datagrams, datagram);
    reassembly->counts.waiting--;
    reassembly->counts.waiting_bytes -= sizeof *datagram + datagram->room;
    free(datagram->bytes);
    free(datagram);
}

void reassembly_free(struct reassembly *reassembly)
{
    if (reassembly == NULL)
        return;
    while (reassembly->datagrams != NULL)
        datagram_remove(reassembly, reassembly->datagrams);
    free(reassembly->whole);
    free(reassembly);
}

struct reassembly_counts reassembly_counts(const struct reassembly *reassembly)
{
    return reassembly->counts;
}

static void old_ones_remove(struct reassembly *reassembly, int64_t now_ns)
{
    struct datagram *oldest;
    while ((oldest = reassembly->datagrams) != NULL && oldest->first_ns < now_ns - TIMEOUT_NS) {
        reassembly->counts.timed_out += !oldest->is_damaged;
        datagram_remove(reassembly, oldest);
    }
}

/* Never the one that is being worked on, which would be the only one left. */
static void memory_bound(struct reassembly *reassembly, const struct datagram *current)
{
    struct datagram *oldest;
    while (reassembly->counts.waiting_bytes > reassembly->memory_max &&
           (oldest = reassembly->datagrams) != current) {
        reassembly->counts.evicted += !oldest->is_damaged;
        datagram_remove(reassembly, oldest);
    }
}

static struct datagram *datagram_for(struct reassembly *reassembly, const struct ip_header *ip,
                                     int64_t now_ns)
{
    struct key key = {.family = ip->source.family, .id = ip->id};
    if (ip->source.family == ADDRESS_IPV4)
        key.protocol = ip->fragmented_protocol;
    memcpy(key.source, ip->source.ip, sizeof key.source);
    memcpy(key.destination, ip->destination.ip, sizeof key.destination);
    struct datagram *datagram;
    HASH_FIND(hh, reassembly->datagrams, &key, sizeof key, datagram);
    if (datagram != NULL)
        return datagram;
    datagram = xcalloc(1, sizeof *datagram);
    datagram->key = key;
    datagram->first_ns = now_ns;
    HASH_ADD(hh, reassembly->datagrams, key, sizeof key, datagram);
    reassembly->counts.waiting++;
    reassembly->counts.waiting_bytes += sizeof *datagram;
    return datagram;
}

static void room_make(struct reassembly *reassembly, struct datagram *datagram, size_t end)
{
    if (end <= datagram->room)
        return;
    size_t room = end < 2048 ? 2048 : end * 2 > DATAGRAM_MAX ? DATAGRAM_MAX + 1 : end * 2;
    datagram->bytes = xrealloc(datagram->bytes, room);
    reassembly->counts.waiting_bytes += room - datagram->room;
    datagram->room = room;
    memory_bound(reassembly, datagram);
}

/* What is there already must be the same. */
static bool block_put(struct datagram *datagram, size_t block, const uint8_t *data, size_t count)
{
    uint64_t *word = &datagram->seen[block / 64], bit = (uint64_t)1 << block % 64;
    uint8_t *to = datagram->bytes + block * BLOCK_BYTES;
    if ((*word & bit) != 0)
        return memcmp(to, data, count) == 0;
    *word |= bit;
    datagram->blocks++;
    memcpy(to, data, count);
    return true;
}

static const char *data_put(struct reassembly *reassembly, struct datagram *datagram,
                            const struct fragment *fragment)
{
    size_t offset = fragment->ip.fragment_offset, end = offset + fragment->count;
    bool is_last = !fragment->ip.more_fragments;
    bool disagrees = (is_last && datagram->total != 0 && datagram->total != end) ||
                     (is_last && datagram->highest > end) || (datagram->total != 0 && end > datagram->total);
    room_make(reassembly, datagram, end);
    for (size_t at = 0; at < fragment->count && !disagrees; at += BLOCK_BYTES) {
        size_t count = fragment->count - at < BLOCK_BYTES ? fragment->count - at : BLOCK_BYTES;
        disagrees = !block_put(datagram, (offset + at) / BLOCK_BYTES, fragment->data + at, count);
    }
    if (disagrees)
        return "fragments overlap and disagree";
    if (is_last)
        datagram->total = end;
    if (end > datagram->highest)
        datagram->highest = end;
    return NULL;
}

static void header_put(struct datagram *datagram, const struct fragment *fragment)
{
    if (fragment->ip.fragment_offset != 0 || datagram->header_bytes != 0)
        return;
    memcpy(datagram->header, fragment->header, fragment->header_bytes);
    datagram->header_bytes = fragment->header_bytes;
    datagram->next_header_at = fragment->ip.next_header_at;
    datagram->fragmented_protocol = fragment->ip.fragmented_protocol;
}

static bool is_complete(const struct datagram *datagram)
{
    return datagram->total != 0 && datagram->header_bytes != 0 &&
           datagram->blocks == (datagram->total + BLOCK_BYTES - 1) / BLOCK_BYTES;
}

static size_t length_of(const struct datagram *datagram)
{
    return datagram->header_bytes + datagram->total;
}

static size_t length_max(const struct datagram *datagram)
{
    return DATAGRAM_MAX + (datagram->key.family == ADDRESS_IPV4 ? 0 : 40);
}

static void put_be16(uint8_t *to, size_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

/* The datagram as it was sent, or as good: without what only fragments have. */
static size_t whole_build(struct reassembly *reassembly, const struct datagram *datagram)
{
    uint8_t *whole = reassembly->whole;
    size_t header_bytes = datagram->header_bytes, total = length_of(datagram);
    memcpy(whole, datagram->header, header_bytes);
    memcpy(whole + header_bytes, datagram->bytes, datagram->total);
    if (datagram->key.family == ADDRESS_IPV6) {
        put_be16(whole + 4, total - 40);
        whole[datagram->next_header_at] = datagram->fragmented_protocol;
        return total;
    }
    put_be16(whole + 2, total);
    put_be16(whole + 6, 0);
    put_be16(whole + 10, 0);
    put_be16(whole + 10, checksum_finish(checksum_add(0, whole, header_bytes)));
    return total;
}

static const char *fragment_flaw(const struct fragment *fragment)
{
    if (fragment->count == 0)
        return "a fragment of nothing";
    if (fragment->ip.more_fragments && fragment->count % BLOCK_BYTES != 0)
        return "a fragment with a length that is no multiple of eight";
    if (fragment->ip.fragment_offset + fragment->count > DATAGRAM_MAX)
        return "a fragment beyond the end of any datagram";
    return fragment->header_bytes > HEADER_MAX ? "more IP headers than can be kept" : NULL;
}

/* False when the fragment was not captured whole. */
static bool fragment_find(const struct packet *packet, const uint8_t *bytes, size_t captured, size_t wire,
                          struct fragment *fragment)
{
    const char *ignored;
    struct span span = {.bytes = bytes, .captured = captured, .wire = wire < captured ? captured : wire};
    span_skip(&span, packet->ip_offset);
    fragment->header = span.bytes;
    int version = packet->source.family == ADDRESS_IPV4 ? 4 : 6;
    if (ip_decode(version, &span, &fragment->ip, &ignored) != 0 || fragment->ip.longer_than_frame ||
        !fragment->ip.length_known || span.captured != span.wire)
        return false;
    fragment->data = fragment->header + fragment->ip.fragmented_at;
    fragment->count = (size_t)(span.bytes + span.captured - fragment->data);
    fragment->header_bytes = version == 4 ? fragment->ip.fragmented_at : fragment->ip.fragment_header_at;
    return true;
}

/* Nothing but the fragment is left of it. */
static void fragment_tell(const struct fragment *fragment, struct packet *packet)
{
    packet->protocol = fragment->ip.fragmented_protocol;
    packet->has_transport = packet->checksum_judged = packet->checksum_bad = false;
    packet->source.port = packet->destination.port = 0;
    packet->payload_offset = packet->ip_offset + fragment->ip.fragmented_at;
    packet->payload_bytes = packet->payload_present = (uint32_t)fragment->count;
    packet->damage = NULL;
}

/* Returns the length of the datagram if it is now complete, else 0 or -EPROTO. */
static int fragment_add(struct reassembly *reassembly, const struct fragment *fragment, int64_t time_ns,
                        struct packet *packet)
{
    packet->damage = fragment_flaw(fragment);
    if (packet->damage != NULL)
        return -EPROTO;
    struct datagram *datagram = datagram_for(reassembly, &fragment->ip, time_ns);
    memory_bound(reassembly, datagram);
    if (datagram->is_damaged)
        return decode_damage(&packet->damage, EPROTO, "a fragment of a datagram that overlaps itself");
    header_put(datagram, fragment);
    packet->damage = data_put(reassembly, datagram, fragment);
    if (packet->damage == NULL && is_complete(datagram) && length_of(datagram) > length_max(datagram))
        packet->damage = "fragments of more than any datagram can hold";
    if (packet->damage != NULL) {
        datagram->is_damaged = true;
        reassembly->counts.damaged++;
        return -EPROTO;
    }
    if (!is_complete(datagram))
        return 0;
    int length = (int)whole_build(reassembly, datagram);
    reassembly->counts.completed++;
    datagram_remove(reassembly, datagram);
    return length;
}

static bool is_fragment(const struct packet *packet)
{
    return packet->more_fragments || packet->fragment_offset != 0;
}

/* What the datagram says; its own tunnels count on. */
static int whole_read(struct reassembly *reassembly, size_t length, unsigned options, struct packet *packet)
{
    uint8_t tunnels = packet->tunnels;
    uint32_t wire_bytes = packet->wire_bytes;
    unsigned depth = options & PACKET_INNERMOST;
    options = (options & ~PACKET_INNERMOST) | (depth > tunnels ? depth - tunnels : 0);
    int result = packet_read(LINK_RAW, reassembly->whole, length, length, options, packet);
    packet->tunnels = (uint8_t)(packet->tunnels + tunnels);
    packet->wire_bytes = wire_bytes;
    packet->reassembled = true;
    return result;
}

int reassembly_read(struct reassembly *reassembly, enum link_type link, const uint8_t *bytes, size_t captured,
                    size_t wire_bytes, int64_t time_ns, unsigned options, struct packet *ret_packet,
                    const uint8_t **ret_bytes)
{
    *ret_bytes = bytes;
    if (packet_quick(link, bytes, captured, wire_bytes, options, ret_packet))
        return 0;
    int result = packet_read(link, bytes, captured, wire_bytes, options, ret_packet);
    if (!is_fragment(ret_packet))
        return result;
    old_ones_remove(reassembly, time_ns);
    struct fragment fragment;
    while (is_fragment(ret_packet) &&
           fragment_find(ret_packet, *ret_bytes, captured, wire_bytes, &fragment)) {
        fragment_tell(&fragment, ret_packet);
        int length = fragment_add(reassembly, &fragment, time_ns, ret_packet);
        if (length <= 0)
            return length;
        result = whole_read(reassembly, (size_t)length, options, ret_packet);
        *ret_bytes = reassembly->whole;
        captured = wire_bytes = (size_t)length;
    }
    return result;
}

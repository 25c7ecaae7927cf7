#include "lab/rules.h"

#include <string.h>

#define BITS_PER_BYTE 8
#define LINK_BYTES    14 /* Ethernet: the lab has no other */
#define NS_IN_S       1000000000LL

struct fault_rule fault_rule_any(void)
{
    return (struct fault_rule){
        .match = {.from = FAULT_ANY_HOST, .to = FAULT_ANY_HOST, .most_bytes = UINT32_MAX},
    };
}

static bool same_protocol(uint8_t wanted, uint8_t found)
{
    bool icmp = found == PROTOCOL_ICMP || found == PROTOCOL_ICMPV6;
    return wanted == PROTOCOL_NONE || wanted == found || (wanted == PROTOCOL_ICMP && icmp);
}

static bool fits_ends(const struct fault_match *match, const struct fault_packet *packet)
{
    if (match->from >= 0 ? match->from != packet->from
                         : match->from == FAULT_NOT_FIRST_HOST && packet->from == 0)
        return false;
    if (match->to != FAULT_ANY_HOST && match->to != packet->to)
        return false;
    const struct packet *p = packet->packet;
    return match->port == 0 || p->source.port == match->port || p->destination.port == match->port;
}

static bool fits_time(const struct fault_match *match, int64_t since_ns)
{
    return since_ns >= match->from_ns && (match->until_ns == 0 || since_ns < match->until_ns);
}

static bool fits_length(const struct fault_match *match, const struct packet *packet)
{
    return packet->payload_bytes >= match->least_bytes && packet->payload_bytes <= match->most_bytes &&
           packet->wire_bytes - LINK_BYTES >= match->least_packet_bytes;
}

static bool holds_text(const struct fault_packet *packet, const char *text)
{
    const struct packet *p = packet->packet;
    return text == NULL ||
           (p->payload_present != 0 &&
            memmem(packet->bytes + p->payload_offset, p->payload_present, text, strlen(text)) != NULL);
}

bool fault_matches(const struct fault_match *match, const struct fault_packet *packet)
{
    const struct packet *p = packet->packet;
    if (!same_protocol(match->protocol, p->protocol) || !fits_ends(match, packet))
        return false;
    if (match->flags_mask != 0 &&
        (p->protocol != PROTOCOL_TCP || ((p->tcp.flags ^ match->flags) & match->flags_mask) != 0))
        return false;
    return fits_time(match, packet->since_ns) && fits_length(match, p) && holds_text(packet, match->payload);
}

/* On a slow line packets stand in a queue: each is on its way when the one before it is through. */
static int64_t pace(const struct fault_rule *rule, struct fault_memory *memory,
                    const struct fault_packet *packet)
{
    int64_t begin_ns = memory->free_ns > packet->stamp_ns ? memory->free_ns : packet->stamp_ns;
    int64_t through_ns = rule->delay_ns;
    if (rule->bits_per_s > 0)
        through_ns += (int64_t)packet->packet->wire_bytes * BITS_PER_BYTE * NS_IN_S / rule->bits_per_s;
    memory->free_ns = begin_ns + through_ns;
    return memory->free_ns - packet->stamp_ns;
}

static void apply(const struct fault_rule *rule, struct fault_memory *memory,
                  const struct fault_packet *packet, struct fate *fate)
{
    switch (rule->action) {
    case FAULT_NONE: break;
    case FAULT_DROP:
    case FAULT_ICMP:
    case FAULT_HOLD:
        fate->stop = rule->action;
        fate->rule = rule;
        break;
    case FAULT_DELAY: fate->delay_ns += rule->delay_ns; break;
    case FAULT_DUPLICATE:
        fate->copied = true;
        fate->copy_ns = rule->delay_ns;
        break;
    case FAULT_SWAP: fate->swapped = true; break;
    case FAULT_CORRUPT:
        fate->corrupted = true;
        fate->corrupt_byte = rule->corrupt_byte;
        break;
    case FAULT_PACE: fate->delay_ns += pace(rule, memory, packet); break;
    }
    if (fate->rule == NULL)
        fate->rule = rule;
}

struct fate rules_judge(const struct fault_rule *rules, struct fault_memory *memories, int count,
                        const struct fault_packet *packet)
{
    struct fate fate = {.stop = FAULT_NONE};
    for (int i = 0; i < count; i++) {
        bool begun = !rules[i].has_after || memories[i].begun;
        if (rules[i].has_after && fault_matches(&rules[i].after, packet))
            memories[i].begun = true;
        if (!begun || !fault_matches(&rules[i].match, packet))
            continue;
        memories[i].matched++;
        bool chosen = rules[i].match.nth == 0 || memories[i].matched == (uint32_t)rules[i].match.nth;
        if (!chosen || fate.stop != FAULT_NONE)
            continue;
        memories[i].hits++;
        apply(&rules[i], &memories[i], packet, &fate);
    }
    return fate;
}

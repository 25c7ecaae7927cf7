/* The members of packet-sent, -delivered, -dropped and -held. */
#include "event/json_part.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/json_value.h"

static const struct json_field packet_fields[] = {
    JSON_FIELD("packet", JSON_U64, struct event_packet, id),
    JSON_FIELD("to", JSON_TEXT, struct event_packet, to),
    JSON_FIELD("delay_ns", JSON_I64, struct event_packet, delay_ns),
    JSON_FIELD("fault", JSON_TEXT, struct event_packet, fault),
    JSON_FIELD("link", JSON_U32, struct event_packet, link),
    JSON_FIELD("protocol", JSON_PROTOCOL, struct event_packet, packet.protocol),
    JSON_FIELD("source", JSON_ADDRESS, struct event_packet, packet.source),
    JSON_FIELD("destination", JSON_ADDRESS, struct event_packet, packet.destination),
    JSON_FIELD("payload_bytes", JSON_U32, struct event_packet, packet.payload_bytes),
    JSON_FIELD("payload_offset", JSON_U32, struct event_packet, packet.payload_offset),
    JSON_FIELD("payload_present", JSON_U32, struct event_packet, packet.payload_present),
    JSON_FIELD("wire_bytes", JSON_U32, struct event_packet, packet.wire_bytes),
    JSON_FIELD("ip_id", JSON_U16, struct event_packet, packet.ip_id),
    JSON_FIELD("hop_limit", JSON_U8, struct event_packet, packet.hop_limit),
    JSON_FIELD("fragment_offset_bytes", JSON_U16, struct event_packet, packet.fragment_offset),
    JSON_FIELD("more_fragments", JSON_BOOLEAN, struct event_packet, packet.more_fragments),
    JSON_FIELD("has_transport", JSON_BOOLEAN, struct event_packet, packet.has_transport),
    JSON_FIELD("reassembled", JSON_BOOLEAN, struct event_packet, packet.reassembled),
    JSON_FIELD("tunnels", JSON_U8, struct event_packet, packet.tunnels),
    JSON_FIELD("ip_offset", JSON_U32, struct event_packet, packet.ip_offset),
    JSON_FIELD("checksum_bad", JSON_BOOLEAN, struct event_packet, packet.checksum_bad),
    JSON_FIELD("checksum_judged", JSON_BOOLEAN, struct event_packet, packet.checksum_judged),
    {0},
};

static const struct json_field tcp_fields[] = {
    JSON_FIELD("flags", JSON_FLAGS, struct packet_tcp, flags),
    JSON_FIELD("sequence_raw", JSON_U32, struct packet_tcp, sequence),
    JSON_FIELD("acknowledgment_raw", JSON_U32, struct packet_tcp, acknowledgment),
    JSON_FIELD("window_raw", JSON_U16, struct packet_tcp, window),
    JSON_FIELD("urgent", JSON_U16, struct packet_tcp, urgent),
    JSON_FIELD("option_mss_bytes", JSON_U16, struct packet_tcp, option_mss),
    JSON_FIELD("option_sack_permitted", JSON_BOOLEAN, struct packet_tcp, option_sack_permitted),
    JSON_FIELD("option_timestamps", JSON_BOOLEAN, struct packet_tcp, option_timestamps),
    JSON_FIELD("timestamp_value", JSON_U32, struct packet_tcp, timestamp_value),
    JSON_FIELD("timestamp_echo", JSON_U32, struct packet_tcp, timestamp_echo),
    {0},
};

static const struct json_field icmp_fields[] = {
    JSON_FIELD("icmp_type", JSON_U8, struct packet_icmp, type),
    JSON_FIELD("icmp_code", JSON_U8, struct packet_icmp, code),
    JSON_FIELD("icmp_rest", JSON_U32, struct packet_icmp, rest),
    JSON_FIELD("quoted_protocol", JSON_PROTOCOL, struct packet_icmp, quoted_protocol),
    JSON_FIELD("quoted_source", JSON_ADDRESS, struct packet_icmp, quoted_source),
    JSON_FIELD("quoted_destination", JSON_ADDRESS, struct packet_icmp, quoted_destination),
    JSON_FIELD("quoted_sequence_raw", JSON_U32, struct packet_icmp, quoted_sequence),
    {0},
};

/* Absent it is -1 on a TCP packet, as the decoder says, and 0 elsewhere. */
static int absent_shift(const struct packet *packet)
{
    return packet->protocol == PROTOCOL_TCP ? -1 : 0;
}

static void put_shift(json_t *object, const struct packet *packet)
{
    if (packet->tcp.option_window_shift != absent_shift(packet))
        json_put(object, "option_window_shift", json_integer(packet->tcp.option_window_shift));
}

static int take_shift(json_t *object, struct packet *packet, struct err *err)
{
    json_t *value = json_take(object, "option_window_shift");
    json_int_t shift = value != NULL ? json_integer_value(value) : absent_shift(packet);
    bool ok = (value == NULL || json_is_integer(value)) && shift >= INT8_MIN && shift <= INT8_MAX;
    json_decref(value);
    if (!ok)
        return err_set(err, EINVAL, "option_window_shift: not a small number");
    packet->tcp.option_window_shift = (int8_t)shift;
    return 0;
}

#define SACK_MAX 4

static void put_sack(json_t *object, const struct packet_tcp *tcp)
{
    if (tcp->sack_count == 0)
        return;
    json_t *list = json_array();
    for (int i = 0; i < tcp->sack_count && i < SACK_MAX; i++) {
        json_t *pair = json_pack("[I,I]", (json_int_t)tcp->sack_left[i], (json_int_t)tcp->sack_right[i]);
        if (json_array_append_new(list, pair) != 0)
            abort();
    }
    json_put(object, "sack_raw", list);
}

static bool sack_number(const json_t *value, uint32_t *ret_number)
{
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || number > UINT32_MAX)
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

static int take_sack(json_t *object, struct packet_tcp *tcp, struct err *err)
{
    json_t *list = json_take(object, "sack_raw");
    size_t count = json_array_size(list);
    bool ok = list == NULL || (json_is_array(list) && count <= SACK_MAX);
    for (size_t i = 0; ok && i < count; i++) {
        const json_t *pair = json_array_get(list, i);
        ok = json_array_size(pair) == 2 && sack_number(json_array_get(pair, 0), &tcp->sack_left[i]) &&
             sack_number(json_array_get(pair, 1), &tcp->sack_right[i]);
    }
    json_decref(list);
    if (!ok)
        return err_set(err, EINVAL, "sack_raw: not a list of at most %d pairs", SACK_MAX);
    tcp->sack_count = (uint8_t)count;
    return 0;
}

/* packet.damage is static text. What a file says is kept for good, once each; a file that says too many
 * different things gets one word for the rest. */
#define DAMAGES_MAX 64

static const char *damage_kept(const char *text)
{
    static char *kept[DAMAGES_MAX];
    for (size_t i = 0; i < DAMAGES_MAX; i++) {
        if (kept[i] == NULL)
            kept[i] = strdup(text);
        if (kept[i] != NULL && strcmp(kept[i], text) == 0)
            return kept[i];
    }
    return "damaged";
}

static int take_damage(json_t *object, struct packet *packet, struct err *err)
{
    json_t *value = json_take(object, "damage");
    const char *text = json_string_value(value);
    bool ok = value == NULL || text != NULL;
    if (text != NULL)
        packet->damage = damage_kept(text);
    json_decref(value);
    return ok ? 0 : err_set(err, EINVAL, "damage: not a string");
}

static bool is_icmp(const struct packet *packet)
{
    return packet->protocol == PROTOCOL_ICMP || packet->protocol == PROTOCOL_ICMPV6;
}

static void write_packet(json_t *object, const struct event *event)
{
    const struct packet *packet = &event->packet.packet;
    json_write_fields(object, packet_fields, &event->packet);
    json_write_fields(object, tcp_fields, &packet->tcp);
    put_shift(object, packet);
    put_sack(object, &packet->tcp);
    json_write_fields(object, icmp_fields, &packet->icmp);
    if (is_icmp(packet))
        json_put(object, "icmp_text",
                 json_string(icmp_text(packet->protocol, packet->icmp.type, packet->icmp.code)));
    if (packet->damage != NULL)
        json_put(object, "damage", json_string(packet->damage));
    if (event->data_bytes > 0)
        json_put_hex(object, "bytes_hex", event->data, event->data_bytes);
}

static int take_packet(json_t *object, struct event *event, struct err *err)
{
    struct packet *packet = &event->packet.packet;
    int r = json_take_fields(object, packet_fields, &event->packet, err);
    if (r == 0)
        r = json_take_fields(object, tcp_fields, &packet->tcp, err);
    if (r == 0)
        r = take_shift(object, packet, err);
    if (r == 0)
        r = take_sack(object, &packet->tcp, err);
    if (r == 0)
        r = json_take_fields(object, icmp_fields, &packet->icmp, err);
    if (r == 0)
        r = take_damage(object, packet, err);
    if (r == 0)
        r = json_take_data(object, "bytes", event, err);
    return r < 0 ? r : 0;
}

const struct json_part json_packet_part = {.write = write_packet, .take = take_packet};

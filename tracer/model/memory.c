/*
 * What the model remembers of calls and packets, and the arithmetic of spans of a stream.
 */
#include "model/internal.h"

const struct call_memory *memory_call(const struct model *model, uint64_t seq)
{
    size_t low = 0, high = model->calls.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (model->calls.items[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low < model->calls.count && model->calls.items[low].seq == seq ? &model->calls.items[low] : NULL;
}

/* What is asked for is nearly always among the newest. */
struct packet_memory *memory_packet(const struct model *model, uint64_t id)
{
    for (size_t i = model->packets.count; id != 0 && i > 0; i--)
        if (model->packets.items[i - 1].id == id)
            return &model->packets.items[i - 1];
    return NULL;
}

const struct packet_memory *memory_delivered(const struct model *model, uint8_t protocol,
                                             const struct address *source, const struct address *destination)
{
    const struct packet_memory *newest = NULL;
    for (size_t i = model->packets.count, looked = 0; i > 0 && looked < 256; i--, looked++) {
        const struct packet_memory *memory = &model->packets.items[i - 1];
        if (memory->delivered_seq == 0 || memory->packet.protocol != protocol ||
            !address_equal(&memory->packet.source, source) ||
            !address_equal(&memory->packet.destination, destination))
            continue;
        if (newest == NULL || memory->delivered_seq > newest->delivered_seq)
            newest = memory;
    }
    return newest;
}

const struct packet_memory *memory_sent(const struct model *model, uint8_t protocol,
                                        const struct address *source, const struct address *destination)
{
    for (size_t i = model->packets.count, looked = 0; i > 0 && looked < 256; i--, looked++) {
        const struct packet_memory *memory = &model->packets.items[i - 1];
        if (memory->packet.protocol == protocol && address_equal(&memory->packet.source, source) &&
            address_equal(&memory->packet.destination, destination))
            return memory;
    }
    return NULL;
}

uint64_t stream_place(uint32_t sequence, uint32_t initial, uint64_t near)
{
    uint32_t low = sequence - initial - 1;
    int64_t place = (int64_t)near + (int32_t)(low - (uint32_t)near);
    return place < 0 ? 0 : (uint64_t)place;
}

size_t spans_first(const struct span *spans, size_t count, uint64_t place)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (spans[middle].end <= place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/*
 * A ring as a hostile program could leave it: the input is head (8 bytes), tail (8 bytes) and the memory of
 * the records, from its start. Whatever it says, reading ends, and each event that comes out of it is sound.
 */
#include "tests/fuzz/fuzz_main.h"

#include <stdlib.h>
#include <string.h>

#include "event/ring.h"
#include "source/source.h"

#define RING_BYTES 4096u

static const char hosts[2][NAME_MAX_BYTES] = {"client", "server"};

static struct ring *fresh_ring(const uint8_t *bytes, size_t count)
{
    static struct ring ring;
    uint64_t positions[2] = {0, 0};

    if (ring.header == NULL && ring_create(&ring, RING_BYTES) < 0)
        abort();
    memcpy(positions, bytes, count < sizeof positions ? count : sizeof positions);
    atomic_store(&ring.header->head, positions[0]);
    atomic_store(&ring.header->tail, positions[1]);
    memset(ring.records, 0, RING_BYTES);
    if (count > sizeof positions)
        memcpy(ring.records, bytes + sizeof positions,
               count - sizeof positions < RING_BYTES ? count - sizeof positions : RING_BYTES);
    return &ring;
}

static void check(const struct ring_view *view)
{
    struct event event;

    if (event_from_record(view->kind, view->body, view->bytes, hosts, 2, &event) < 0)
        return;
    if (event.kind >= EVENT_KIND_COUNT || (event.data_bytes != 0 && event.data == NULL))
        abort();
    event_release(&event);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct ring *ring = fresh_ring(bytes, count);
    struct ring_view view;
    size_t steps = 0;

    do {
        for (; ring_next(ring, &view) > 0; ring_consume(ring), steps++) {
            check(&view);
            if (steps > RING_BYTES / RING_ALIGN)
                abort(); /* more records than there is room for */
        }
    } while (ring_skip_unfinished(ring));
    return 0;
}

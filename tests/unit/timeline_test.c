/* The record, its beats, and the picture folded from it: forward, backward and in leaps it is always the
 * same. */
#include "tests/support/cmocka_all.h"

#include "model/model.h"
#include "tests/support/hello.h"
#include "timeline/picture.h"
#include "timeline/timeline.h"

#include <stdlib.h>
#include <string.h>

static void record_hello(struct timeline *timeline)
{
    struct event *events;
    size_t count = hello_events(&events);
    struct model *model = model_new();
    change_list changes = {0};
    timeline->info = hello_session();
    for (size_t i = 0; i < count; i++) {
        changes.count = 0;
        model_apply(model, &events[i], &changes);
        timeline_append(timeline, &events[i], changes.items, changes.count);
    }
    array_release(&changes);
    model_free(model);
    hello_free(events, count);
}

static void records_are_found_by_seq_and_by_beat(void **state)
{
    (void)state;
    struct timeline timeline = {0};
    record_hello(&timeline);
    assert_null(timeline_find(&timeline, 0));
    assert_null(timeline_find(&timeline, timeline.records.count + 1));
    for (size_t i = 0; i < timeline.records.count; i++)
        assert_ptr_equal(timeline_find(&timeline, i + 1), &timeline.records.items[i]);

    size_t end_before = 0;
    for (uint32_t beat = 1; beat <= timeline_beat_count(&timeline); beat++) {
        size_t first, end;
        timeline_beat_range(&timeline, beat, &first, &end);
        assert_int_equal(first, end_before);
        assert_true(end > first);
        for (size_t i = first; i < end; i++)
            assert_int_equal(timeline.records.items[i].event.context.beat, beat);
        end_before = end;
    }
    assert_int_equal(end_before, timeline.records.count);
    size_t first = 7, end = 7;
    timeline_beat_range(&timeline, timeline_beat_count(&timeline) + 1, &first, &end);
    assert_int_equal(first + end, 0);
    timeline_release(&timeline);
}

static void an_empty_timeline_has_nothing(void **state)
{
    (void)state;
    struct timeline timeline = {0};
    struct picture picture = {0};
    assert_null(timeline_find(&timeline, 1));
    assert_int_equal(timeline_beat_count(&timeline), 0);
    picture_seek(&picture, &timeline, 10);
    assert_int_equal(picture.position, 0);
    assert_null(picture_lane(&picture, "client"));
    picture_release(&picture);
    timeline_release(&timeline);
}

static void assert_pictures_equal(const struct picture *a, const struct picture *b)
{
    assert_int_equal(a->position, b->position);
    assert_int_equal(a->in_flight, b->in_flight);
    assert_int_equal(a->lanes.count, b->lanes.count);
    for (size_t i = 0; i < a->lanes.count; i++) {
        const struct picture_lane *x = &a->lanes.items[i], *y = &b->lanes.items[i];
        assert_string_equal(x->name, y->name);
        assert_int_equal(x->main_endpoint, y->main_endpoint);
        assert_int_equal(x->ended, y->ended);
        assert_int_equal(x->calls.count, y->calls.count);
        for (size_t j = 0; j < x->calls.count; j++) {
            assert_int_equal(x->calls.items[j].enter, y->calls.items[j].enter);
            assert_int_equal(x->calls.items[j].exit, y->calls.items[j].exit);
        }
    }
    assert_int_equal(a->endpoints.count, b->endpoints.count);
    if (a->endpoints.count != 0)
        assert_memory_equal(a->endpoints.items, b->endpoints.items,
                            a->endpoints.count * sizeof *a->endpoints.items);
    assert_int_equal(a->packets.count, b->packets.count);
    for (size_t i = 0; i < a->packets.count; i++) {
        assert_int_equal(a->packets.items[i].sent, b->packets.items[i].sent);
        assert_int_equal(a->packets.items[i].delivered, b->packets.items[i].delivered);
        assert_int_equal(a->packets.items[i].dropped, b->packets.items[i].dropped);
    }
}

static void a_leap_gives_the_same_picture_as_steps(void **state)
{
    (void)state;
    const unsigned seed = 7001;
    print_message("seed %u\n", seed);
    srand(seed);
    struct timeline timeline = {0};
    record_hello(&timeline);
    struct picture leaping = {0};
    for (int i = 0; i < 300; i++) {
        size_t position = (size_t)rand() % (timeline.records.count + 1);
        struct picture stepping = {0};
        picture_seek(&leaping, &timeline, position);
        picture_seek(&stepping, &timeline, position);
        assert_pictures_equal(&leaping, &stepping);
        picture_release(&stepping);
    }
    picture_release(&leaping);
    timeline_release(&timeline);
}

static size_t position_after(const struct timeline *timeline, enum event_kind kind, uint64_t packet)
{
    for (size_t i = 0; i < timeline->records.count; i++)
        if (timeline->records.items[i].event.kind == kind &&
            timeline->records.items[i].event.packet.id == packet)
            return i + 1;
    fail_msg("no such packet");
    return 0;
}

static void the_handshake_stands_on_the_stage(void **state)
{
    (void)state;
    struct timeline timeline = {0};
    struct picture picture = {0};
    record_hello(&timeline);
    picture_seek(&picture, &timeline, position_after(&timeline, EVENT_PACKET_SENT, 2));
    assert_int_equal(picture.in_flight, 1);
    const struct picture_lane *client = picture_lane(&picture, "client");
    assert_non_null(client);
    assert_int_equal(array_last(&client->calls)->exit, PICTURE_NONE);
    enum witness witness;
    const struct picture_endpoint *calling = picture_endpoint(&picture, client->main_endpoint);
    assert_int_equal(picture_state(calling, &witness), STATE_SYN_SENT);
    assert_int_equal(witness, WITNESS_KERNEL);
    const struct picture_lane *server = picture_lane(&picture, "server");
    const struct picture_endpoint *door = picture_endpoint(&picture, server->main_endpoint);
    assert_true(door->listening);
    assert_int_equal(door->half_open, 1);
    assert_int_equal(door->fd, 3);
    picture_release(&picture);
    timeline_release(&timeline);
}

static void at_the_end_all_has_ended(void **state)
{
    (void)state;
    struct timeline timeline = {0};
    struct picture picture = {0};
    record_hello(&timeline);
    picture_seek(&picture, &timeline, timeline.records.count);
    assert_int_equal(picture.in_flight, 0);
    array_each (const struct picture_lane, lane, &picture.lanes) {
        assert_true(lane->ended);
        array_each (const struct picture_call, call, &lane->calls)
            assert_int_not_equal(call->exit, PICTURE_NONE);
    }
    picture_release(&picture);
    timeline_release(&timeline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_found_by_seq_and_by_beat),
        cmocka_unit_test(an_empty_timeline_has_nothing),
        cmocka_unit_test(a_leap_gives_the_same_picture_as_steps),
        cmocka_unit_test(the_handshake_stands_on_the_stage),
        cmocka_unit_test(at_the_end_all_has_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

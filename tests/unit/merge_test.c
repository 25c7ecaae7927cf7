/* Order: by the place in time, then cause before effect; late ones are let in at once and counted. */
#include "tests/support/cmocka_all.h"

#include "base/array.h"
#include "source/merge.h"

#include <stdlib.h>

typedef ARRAY(int64_t) number_list;

static void collect(void *context, struct event *event)
{
    number_list *seen = context;
    *array_push(seen) = event->order_ns * 100 + event->kind;
}

static void add(struct merge *merge, int64_t order_ns, enum event_kind kind)
{
    struct event event = {.kind = (uint8_t)kind, .order_ns = order_ns};
    merge_add(merge, &event);
}

static void orders_by_time_and_holds_back_the_window(void **state)
{
    (void)state;
    struct merge *merge = merge_new(10);
    number_list seen = {0};
    add(merge, 30, EVENT_MARK);
    add(merge, 10, EVENT_MARK);
    add(merge, 20, EVENT_MARK);
    merge_release(merge, 30, collect, &seen);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.items[0] / 100, 10);
    assert_int_equal(seen.items[1] / 100, 20);
    assert_int_equal(merge_waiting(merge), 1);
    merge_release(merge, INT64_MAX, collect, &seen);
    assert_int_equal(seen.count, 3);
    array_release(&seen);
    merge_free(merge);
}

static void cause_comes_before_effect_at_one_instant(void **state)
{
    (void)state;
    static const enum event_kind wanted[] = {EVENT_CALL_ENTER, EVENT_PACKET_SENT, EVENT_PACKET_DELIVERED,
                                             EVENT_STATE, EVENT_CALL_EXIT};
    struct merge *merge = merge_new(1);
    number_list seen = {0};
    for (int i = 4; i >= 0; i--)
        add(merge, 7, wanted[i]);
    merge_release(merge, INT64_MAX, collect, &seen);
    for (int i = 0; i < 5; i++)
        assert_int_equal(seen.items[i], 700 + (int64_t)wanted[i]);
    array_release(&seen);
    merge_free(merge);
}

static void a_late_event_is_counted_and_kept(void **state)
{
    (void)state;
    struct merge *merge = merge_new(1);
    number_list seen = {0};
    add(merge, 50, EVENT_MARK);
    merge_release(merge, 100, collect, &seen);
    add(merge, 20, EVENT_MARK);
    merge_release(merge, 100, collect, &seen);
    assert_int_equal(seen.count, 2);
    assert_int_equal(merge_late(merge), 1);
    array_release(&seen);
    merge_free(merge);
}

static void thousands_in_any_order_come_out_sorted(void **state)
{
    (void)state;
    const unsigned seed = 20261123;
    print_message("seed %u\n", seed);
    srand(seed);
    struct merge *merge = merge_new(1);
    number_list seen = {0};
    for (int i = 0; i < 5000; i++)
        add(merge, rand() % 1000, (enum event_kind)(rand() % EVENT_KIND_COUNT));
    merge_release(merge, INT64_MAX, collect, &seen);
    assert_int_equal(seen.count, 5000);
    for (size_t i = 1; i < seen.count; i++)
        assert_true(seen.items[i - 1] / 100 <= seen.items[i] / 100);
    array_release(&seen);
    merge_free(merge);
}

static void what_was_never_released_is_freed(void **state)
{
    (void)state;
    struct merge *merge = merge_new(1000);
    struct event event = {.kind = EVENT_OUTPUT, .order_ns = 5};
    event.data = calloc(1, 16);
    event.data_bytes = 16;
    merge_add(merge, &event);
    assert_null(event.data);
    merge_free(merge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_by_time_and_holds_back_the_window),
        cmocka_unit_test(cause_comes_before_effect_at_one_instant),
        cmocka_unit_test(a_late_event_is_counted_and_kept),
        cmocka_unit_test(thousands_in_any_order_come_out_sorted),
        cmocka_unit_test(what_was_never_released_is_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

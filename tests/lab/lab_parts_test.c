/* The parts of the lab that need no kernel: the queue of the wire, and the messages. */
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/protocol.h"
#include "lab/queue.h"

static void add(struct queue *queue, int to, uint64_t id, int64_t stamp_ns, int64_t delay_ns)
{
    struct frame *frame = frame_new((const uint8_t *)"frame", 5, 5);
    frame->id = id;
    frame->to = to;
    frame->stamp_ns = stamp_ns;
    frame->delay_ns = delay_ns;
    assert_int_equal(queue_add(queue, frame), 0);
}

static uint64_t take(struct queue *queue, int64_t now_ns)
{
    struct frame *frame = queue_take(queue, now_ns);
    uint64_t id = frame != NULL ? frame->id : 0;
    free(frame);
    return id;
}

static void test_queue_order(void **state)
{
    struct queue queue = {0};
    (void)state;
    assert_int_equal(queue_next_ns(&queue), INT64_MAX);
    add(&queue, 0, 1, 100, 50);
    add(&queue, 0, 2, 100, 50); /* due at the same time: behind the first */
    add(&queue, 1, 3, 110, 20);
    add(&queue, 0, 4, 110, 10); /* overtakes */
    add(&queue, 0, 5, 120, 50);
    assert_int_equal(queue_next_ns(&queue), 120);
    assert_int_equal(take(&queue, 119), 0);
    assert_int_equal(take(&queue, 200), 4);
    assert_int_equal(take(&queue, 200), 3);
    assert_int_equal(take(&queue, 200), 1);
    assert_int_equal(take(&queue, 200), 2);
    assert_int_equal(take(&queue, 169), 0);
    assert_int_equal(take(&queue, 170), 5);
    assert_int_equal(take(&queue, INT64_MAX - 1), 0);
}

static void test_queue_spacing(void **state)
{
    struct queue queue = {.spacing_ns = 30};
    (void)state;
    for (uint64_t i = 1; i <= 3; i++)
        add(&queue, 0, i, 0, 10);
    add(&queue, 1, 9, 0, 10); /* another line */
    assert_int_equal(take(&queue, 15), 1);
    assert_int_equal(take(&queue, 15), 9);
    assert_int_equal(queue_next_ns(&queue), 45);
    assert_int_equal(take(&queue, 44), 0);
    assert_int_equal(take(&queue, 47), 2);
    assert_int_equal(queue_next_ns(&queue), 77);
    queue_release(&queue);
    assert_int_equal(queue_next_ns(&queue), INT64_MAX);
}

static void test_queue_full(void **state)
{
    struct queue queue = {0};
    (void)state;
    for (uint64_t i = 0; i < QUEUE_FRAMES_MAX; i++)
        add(&queue, 3, i + 1, 0, 0);
    struct frame *frame = frame_new((const uint8_t *)"frame", 5, 5);
    frame->to = 3;
    assert_int_equal(queue_add(&queue, frame), -ENOBUFS);
    free(frame);
    queue_release(&queue);
}

static const char *const arguments[] = {"program", "one", "", NULL};
static const char *const environment[] = {"A=b", NULL};
static const struct lab_program program = {
    .host = 1, .lane = "client", .argv = arguments, .environment = environment, .gates_closed = true};

static void test_spawn_request(void **state)
{
    struct buf message = {0};
    struct spawn_request spawn;
    (void)state;
    assert_int_equal(spawn_request_pack(&program, &message), 0);
    assert_int_equal(spawn_request_unpack(message.text, message.length, &spawn), 0);
    assert_int_equal(spawn.host, 1);
    assert_string_equal(spawn.lane, "client");
    assert_string_equal(spawn.directory, "");
    assert_string_equal(spawn.preload, "");
    assert_string_equal(spawn.arguments[1], "one");
    assert_string_equal(spawn.arguments[2], "");
    assert_null(spawn.arguments[3]);
    assert_string_equal(spawn.environment[0], "A=b");
    assert_null(spawn.environment[1]);
    assert_true(spawn.gates_closed);
    buf_release(&message);
}

/* Cut anywhere it is refused; the copies are as long as what is left, so that reading further is seen. */
static void test_spawn_request_cut(void **state)
{
    struct buf message = {0};
    struct spawn_request spawn;
    (void)state;
    assert_int_equal(spawn_request_pack(&program, &message), 0);
    for (size_t length = 0; length < message.length; length++) {
        char *copy = malloc(length + 1);
        memcpy(copy + 1, message.text, length);
        assert_int_equal(spawn_request_unpack(copy + 1, length, &spawn), -EPROTO);
        free(copy);
    }
    ((struct lab_request *)(void *)message.text)->argument_count = LAB_ARGUMENTS_MAX + 1;
    assert_int_equal(spawn_request_unpack(message.text, message.length, &spawn), -EPROTO);
    buf_release(&message);
}

static void test_spawn_request_too_big(void **state)
{
    struct buf message = {0};
    char *text = calloc(1, LAB_MESSAGE_MAX + 1);
    const char *const long_arguments[] = {memset(text, 'x', LAB_MESSAGE_MAX), NULL};
    struct lab_program big = {.lane = "client", .argv = long_arguments};
    (void)state;
    assert_int_equal(spawn_request_pack(&big, &message), -E2BIG);
    buf_release(&message);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queue_order),       cmocka_unit_test(test_queue_spacing),
        cmocka_unit_test(test_queue_full),        cmocka_unit_test(test_spawn_request),
        cmocka_unit_test(test_spawn_request_cut), cmocka_unit_test(test_spawn_request_too_big),
    };
    return cmocka_run_group_tests_name("lab parts", tests, NULL, NULL);
}

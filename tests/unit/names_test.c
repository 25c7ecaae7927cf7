#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "event/names.h"

#define ROUND_TRIP(name, enumeration, count)                                                                 \
    static void name##_round_trip(void **state)                                                              \
    {                                                                                                        \
        (void)state;                                                                                         \
        for (unsigned i = 0; i < (count); i++) {                                                             \
            enum enumeration parsed;                                                                         \
            assert_int_equal(name##_parse(name##_name((enum enumeration)i), &parsed), 0);                    \
            assert_int_equal(parsed, i);                                                                     \
        }                                                                                                    \
        enum enumeration untouched = (enum enumeration)1;                                                    \
        assert_int_equal(name##_parse("no such word", &untouched), -EINVAL);                                 \
        assert_int_equal(untouched, 1);                                                                      \
        assert_string_equal(name##_name((enum enumeration)(count)), "?");                                    \
        assert_string_equal(name##_name((enum enumeration)200), "?");                                        \
    }

ROUND_TRIP(event_kind, event_kind, EVENT_KIND_COUNT)
ROUND_TRIP(state, state, STATE_COUNT)
ROUND_TRIP(rule, rule, RULE_COUNT)
ROUND_TRIP(witness, witness, WITNESS_COUNT)
ROUND_TRIP(call, call, CALL_COUNT)

static void what_is_said(void **state)
{
    (void)state;
    assert_string_equal(event_kind_what(EVENT_GAP), "events were lost here");
    assert_string_equal(state_what(STATE_TIME_WAIT), "all is said; stays to answer a repeated goodbye");
    assert_string_equal(rule_what(RULE_SYN_SYNACK), "the kernel answers a SYN by itself");
    assert_string_equal(rule_what(RULE_COUNT), "?");
}

static void arguments_of_calls(void **state)
{
    (void)state;
    char type = 'x';
    assert_string_equal(call_argument(CALL_send, 0, &type), "fd");
    assert_int_equal(type, 'd');
    assert_string_equal(call_argument(CALL_send, 3, &type), "flags");
    assert_int_equal(type, 'f');
    assert_string_equal(call_argument(CALL_recvmsg, 4, &type), "address");
    assert_string_equal(call_argument(CALL_poll, 1, &type), "timeout_ms");
    type = 'x';
    assert_null(call_argument(CALL_send, 4, &type));
    assert_null(call_argument(CALL_fork, 0, &type));
    assert_null(call_argument(CALL_send, -1, &type));
    assert_null(call_argument(CALL_send, CALL_ARGUMENTS_MAX, &type));
    assert_null(call_argument(CALL_COUNT, 0, &type));
    assert_int_equal(type, 'x');
    assert_int_equal(call_returns(CALL_accept), 'd');
    assert_int_equal(call_returns(CALL_send), 'n');
    assert_int_equal(call_returns(CALL_bind), 'z');
}

/* Whatever a row of call.def says, it must have been cut into whole words. */
static void every_argument_is_a_word(void **state)
{
    (void)state;
    for (unsigned call = 0; call < CALL_COUNT; call++) {
        for (int i = 0; i < CALL_ARGUMENTS_MAX; i++) {
            char type = 0;
            const char *name = call_argument((enum call)call, i, &type);
            if (name == NULL)
                break;
            assert_non_null(strchr("dnabfhDTPLOpvs", type));
            assert_true(strlen(name) >= 2);
            assert_true(strspn(name, "abcdefghijklmnopqrstuvwxyz_") == strlen(name));
        }
    }
}

static void kernel_numbers(void **state)
{
    (void)state;
    assert_int_equal(state_from_kernel(1), STATE_ESTABLISHED);
    assert_int_equal(state_from_kernel(3), STATE_SYN_RECEIVED);
    assert_int_equal(state_from_kernel(11), STATE_CLOSING);
    assert_int_equal(state_from_kernel(12), STATE_SYN_RECEIVED);
    assert_int_equal(state_from_kernel(0), STATE_NONE);
    assert_int_equal(state_from_kernel(13), STATE_NONE);
    assert_int_equal(state_from_kernel(-1), STATE_NONE);
}

static void errors_by_name(void **state)
{
    (void)state;
    assert_string_equal(errno_name(ECONNREFUSED), "ECONNREFUSED");
    assert_string_equal(errno_name(0), "");
    assert_string_equal(errno_name(999), "errno 999");
    for (int i = -3; i < 4200; i++) {
        int parsed = 77;
        assert_int_equal(errno_parse(errno_name(i), &parsed), 0);
        assert_int_equal(parsed, i);
    }
    int number = 5;
    assert_int_equal(errno_parse("EWOULDBLOCK", &number), 0);
    assert_int_equal(number, EAGAIN);
    assert_int_equal(errno_parse("EOPNOTSUPP", &number), 0);
    assert_int_equal(number, EOPNOTSUPP);
    number = 5;
    assert_int_equal(errno_parse("ENOSUCH", &number), -EINVAL);
    assert_int_equal(errno_parse("errno ", &number), -EINVAL);
    assert_int_equal(errno_parse("errno 5x", &number), -EINVAL);
    assert_int_equal(errno_parse("errno 99999999999", &number), -EINVAL);
    assert_int_equal(number, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(event_kind_round_trip), cmocka_unit_test(state_round_trip),
        cmocka_unit_test(rule_round_trip),       cmocka_unit_test(witness_round_trip),
        cmocka_unit_test(call_round_trip),       cmocka_unit_test(what_is_said),
        cmocka_unit_test(arguments_of_calls),    cmocka_unit_test(every_argument_is_a_word),
        cmocka_unit_test(kernel_numbers),        cmocka_unit_test(errors_by_name),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}

#include "tests/support/cmocka_all.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "net/address.h"

static const struct address ipv4 = {.family = ADDRESS_IPV4, .port = 7001, .ip = {192, 0, 2, 2}};
static const struct address ipv6 = {
    .family = ADDRESS_IPV6, .port = 7001, .ip = {0x20, 0x01, 0x0d, 0xb8, [15] = 2}};

static void writes_text(void **state)
{
    (void)state;
    char text[ADDRESS_TEXT_MAX];
    const struct address none = {0}, local = {.family = ADDRESS_UNIX}, strange = {.family = 77};
    assert_string_equal(address_text(&ipv4, text), "192.0.2.2:7001");
    assert_string_equal(address_ip_text(&ipv4, text), "192.0.2.2");
    assert_string_equal(address_text(&ipv6, text), "[2001:db8::2]:7001");
    assert_string_equal(address_ip_text(&ipv6, text), "2001:db8::2");
    assert_string_equal(address_text(&none, text), "-");
    assert_string_equal(address_text(&local, text), "unix");
    assert_string_equal(address_text(&strange, text), "-");
    struct address longest = {.family = ADDRESS_IPV6, .port = 65535};
    memset(longest.ip, 0xff, 16);
    assert_string_equal(address_text(&longest, text), "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
}

static void parses_what_it_writes(void **state)
{
    (void)state;
    const struct address all[] = {
        ipv4,
        ipv6,
        {.family = ADDRESS_NONE},
        {.family = ADDRESS_UNIX},
        {.family = ADDRESS_IPV4},
        {.family = ADDRESS_IPV6, .port = 65535},
        {.family = ADDRESS_IPV6,
         .port = 80,
         .ip = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 9}},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        char text[ADDRESS_TEXT_MAX];
        struct address parsed = {.family = 99};
        assert_int_equal(address_parse(address_text(&all[i], text), &parsed), 0);
        assert_true(address_equal(&parsed, &all[i]));
        struct address without_port = all[i];
        without_port.port = 0;
        assert_int_equal(address_parse(address_ip_text(&all[i], text), &parsed), 0);
        assert_true(address_equal(&parsed, &without_port));
    }
}

static void refuses_what_is_no_address(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        ":",
        "192.0.2.2:",
        "192.0.2.2:65536",
        "192.0.2.2:-1",
        "192.0.2.2: 80",
        "192.0.2",
        ":80",
        "192.0.2.2:80x",
        "[2001:db8::2]:",
        "[2001:db8::2",
        "[2001:db8::2]80",
        "[]:80",
        "[1.2.3.4]:80",
        "2001:db8::2::",
        "localhost:80",
        "[::1]:99999999999999999999",
        "[::1]x",
        "192.0.2.2:0x50",
        "11111111111111111111111111111111111111111111111111111111111111111111111111111111:1",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct address address = {.family = 99};
        if (address_parse(texts[i], &address) != -EINVAL || address.family != 99)
            fail_msg("accepted \"%s\"", texts[i]);
    }
}

static void reads_kernel_addresses(void **state)
{
    (void)state;
    struct sockaddr_in in = {
        .sin_family = AF_INET, .sin_port = htons(7001), .sin_addr.s_addr = htonl(0xc0000202)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(7001)};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    memcpy(&in6.sin6_addr, ipv6.ip, 16);
    struct address address = address_from_sockaddr((struct sockaddr *)&in, sizeof in);
    assert_memory_equal(&address, &ipv4, sizeof address);
    address = address_from_sockaddr((struct sockaddr *)&in6, sizeof in6);
    assert_memory_equal(&address, &ipv6, sizeof address);
    address = address_from_sockaddr((struct sockaddr *)&local, sizeof(sa_family_t));
    assert_int_equal(address.family, ADDRESS_UNIX);

    assert_int_equal(address_from_sockaddr((struct sockaddr *)&in, 7).family, ADDRESS_NONE);
    assert_int_equal(address_from_sockaddr((struct sockaddr *)&in6, 16).family, ADDRESS_NONE);
    assert_int_equal(address_from_sockaddr((struct sockaddr *)&in, 1).family, ADDRESS_NONE);
    assert_int_equal(address_from_sockaddr(NULL, 16).family, ADDRESS_NONE);
    in.sin_family = AF_NETLINK;
    assert_int_equal(address_from_sockaddr((struct sockaddr *)&in, sizeof in).family, ADDRESS_NONE);
}

static void compares(void **state)
{
    (void)state;
    struct address other = ipv4;
    assert_true(address_equal(&ipv4, &other));
    assert_int_equal(address_compare(&ipv4, &other), 0);
    other.port = 7002;
    assert_false(address_equal(&ipv4, &other));
    assert_true(address_ip_equal(&ipv4, &other));
    assert_true(address_compare(&ipv4, &other) < 0 && address_compare(&other, &ipv4) > 0);
    other.ip[3] = 1;
    assert_false(address_ip_equal(&ipv4, &other));
    assert_true(address_compare(&other, &ipv4) < 0);
    assert_true(address_compare(&ipv4, &ipv6) < 0 && address_compare(&ipv6, &ipv4) > 0);
}

static void knows_the_any_address(void **state)
{
    (void)state;
    const struct address any4 = {.family = ADDRESS_IPV4, .port = 80}, any6 = {.family = ADDRESS_IPV6},
                         none = {0};
    assert_true(address_is_any(&any4));
    assert_true(address_is_any(&any6));
    assert_false(address_is_any(&none));
    assert_false(address_is_any(&ipv4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_text),
        cmocka_unit_test(parses_what_it_writes),
        cmocka_unit_test(refuses_what_is_no_address),
        cmocka_unit_test(reads_kernel_addresses),
        cmocka_unit_test(compares),
        cmocka_unit_test(knows_the_any_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

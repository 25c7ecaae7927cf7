/*
 * An address of one end of a conversation: IP address and port, in one shape
 * for IPv4 and IPv6. Unix paths are not kept here (see event_call.path).
 */
#ifndef SOCKSTEP_NET_ADDRESS_H
#define SOCKSTEP_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;

enum address_family { ADDRESS_NONE = 0, ADDRESS_IPV4 = 4, ADDRESS_IPV6 = 6, ADDRESS_UNIX = 1 };

struct address {
    uint8_t family; /* enum address_family */
    uint16_t port;  /* host byte order; 0 when there is none */
    uint8_t ip[16]; /* network byte order; IPv4 in the first four, the rest zero */
};

/* Room for the longest text of address_text(), NUL included. */
#define ADDRESS_TEXT_MAX 64

/* "192.0.2.2:7001", "[2001:db8::2]:7001", "unix" or "-" into text; returns text. */
const char *address_text(const struct address *address, char text[ADDRESS_TEXT_MAX]);

/* The same without the port: "192.0.2.2", "2001:db8::2". */
const char *address_ip_text(const struct address *address, char text[ADDRESS_TEXT_MAX]);

/* The inverse of address_text() and, with port 0, of address_ip_text(). Returns 0, or -EINVAL with
 * *ret_address untouched. */
int address_parse(const char *text, struct address *ret_address);

/* From a kernel socket address of `bytes` bytes (bind(2)); too short or of another family gives
 * ADDRESS_NONE. An IPv4-mapped IPv6 address stays IPv6, as the program wrote it. */
struct address address_from_sockaddr(const struct sockaddr *sockaddr, size_t bytes);

bool address_equal(const struct address *a, const struct address *b);    /* family, address and port */
bool address_ip_equal(const struct address *a, const struct address *b); /* without the port */

/* An address of all zeroes: 0.0.0.0 or ::. */
bool address_is_any(const struct address *address);

/* Less than, equal to or greater than 0; a total order, for sorting. */
int address_compare(const struct address *a, const struct address *b);

#endif

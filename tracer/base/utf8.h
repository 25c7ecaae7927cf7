/*
 * UTF-8 (RFC 3629), one character at a time.
 */
#ifndef SOCKSTEP_BASE_UTF8_H
#define SOCKSTEP_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define UTF8_BYTES_MAX 4 /* of one character */

/* The character at the start of `count` (at least one) bytes. Returns how many bytes it takes; or 0 when they
 * begin none: cut short, overlong, a surrogate, beyond U+10FFFF. *ret_character is untouched then. */
size_t utf8_character(const void *bytes, size_t count, uint32_t *ret_character);

#endif

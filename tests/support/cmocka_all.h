/* cmocka wants these headers before its own, in this order. Every test includes this file first. */
#ifndef SOCKSTEP_TESTS_CMOCKA_ALL_H
#define SOCKSTEP_TESTS_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif

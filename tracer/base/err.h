/*
 * Human text about what went wrong. Functions that fail return -errno; those
 * whose failure a person will read also fill a `struct err` of the caller's.
 * Outer layers put context in front: err_wrap(err, "%s", path).
 */
#ifndef SOCKSTEP_BASE_ERR_H
#define SOCKSTEP_BASE_ERR_H

struct err {
    char text[512];
};

/* Sets the text (err may be NULL); returns -error_number, so that
 * `return err_set(err, EINVAL, "...")` is one line. The text is one line without a full stop. */
__attribute__((format(printf, 3, 4))) int err_set(struct err *err, int error_number, const char *format, ...);

/* Puts "prefix: " in front of the text. */
__attribute__((format(printf, 2, 3))) void err_wrap(struct err *err, const char *format, ...);

#endif

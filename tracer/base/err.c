#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int error_number, const char *format, ...)
{
    if (err != NULL) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(err->text, sizeof err->text, format, arguments);
        va_end(arguments);
    }
    return -error_number;
}

void err_wrap(struct err *err, const char *format, ...)
{
    if (err == NULL)
        return;
    char inner[sizeof err->text];
    memcpy(inner, err->text, sizeof inner);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    size_t used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, ": %.*s", (int)(sizeof inner - used - 3), inner);
}

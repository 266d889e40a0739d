#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void mark_cut(struct error *err, int wanted)
{
    if (wanted >= ERROR_TEXT_SIZE)
        memcpy(err->text + ERROR_TEXT_SIZE - 4, "...", 4);
}

int error_set(struct error *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    mark_cut(err, vsnprintf(err->text, sizeof err->text, format, args));
    va_end(args);
    return -1;
}

int error_prefix(struct error *err, const char *format, ...)
{
    struct error old = *err;
    char prefix[ERROR_TEXT_SIZE];
    va_list args;

    va_start(args, format);
    vsnprintf(prefix, sizeof prefix, format, args);
    va_end(args);
    mark_cut(err, snprintf(err->text, sizeof err->text, "%s: %s", prefix, old.text));
    return -1;
}

#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void memory_short(size_t count, size_t size)
{
    fprintf(stderr, "linqu: no memory for %zu x %zu bytes; this process ends\n", count, size);
    abort();
}

void *memory_new(size_t count, size_t size)
{
    void *got = calloc(count ? count : 1, size ? size : 1);

    if (!got)
        memory_short(count, size);
    return got;
}

void *memory_resize(void *old, size_t count, size_t size)
{
    void *got = reallocarray(old, count ? count : 1, size ? size : 1);

    if (!got)
        memory_short(count, size);
    return got;
}

char *memory_string(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(memory_new(1, size), text, size);
}

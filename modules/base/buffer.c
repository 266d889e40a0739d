#include "base/buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { BUFFER_FIRST_CAPACITY = 256 };

uint8_t *buffer_extend(struct buffer *buffer, size_t size)
{
    size_t at = buffer->size;

    assert(size <= SIZE_MAX - at);
    if (at + size > buffer->capacity) {
        size_t capacity = buffer->capacity ? buffer->capacity : BUFFER_FIRST_CAPACITY;

        while (capacity < at + size)
            capacity *= 2;
        buffer->data = memory_resize(buffer->data, capacity, 1);
        buffer->capacity = capacity;
    }
    buffer->size = at + size;
    return buffer->data + at;
}

void buffer_append(struct buffer *buffer, const void *data, size_t size)
{
    if (size)
        memcpy(buffer_extend(buffer, size), data, size);
}

void buffer_append_number(struct buffer *buffer, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    buffer_append(buffer, digits + at, sizeof digits - at);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args, again;
    int size;

    va_start(args, format);
    va_copy(again, args);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(size >= 0);
    vsnprintf((char *)buffer_extend(buffer, (size_t)size + 1), (size_t)size + 1, format, again);
    va_end(again);
    buffer->size--;
}

void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

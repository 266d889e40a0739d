/* A growable run of bytes that is reused from turn to turn. */

#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
    uint8_t *data; // owned; NULL while capacity is 0
    size_t size;
    size_t capacity;
};

/* Room for `size` more bytes at the end; returns where they go. The size grows by that much. */
uint8_t *buffer_extend(struct buffer *buffer, size_t size);
void buffer_append(struct buffer *buffer, const void *data, size_t size);
/* Append the number's decimal digits. */
void buffer_append_number(struct buffer *buffer, uint64_t number);
/* Append text as printf would, without the closing NUL. */
void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Empty it and keep the memory. */
void buffer_clear(struct buffer *buffer);
/* Give the memory back; the buffer is empty and usable afterwards. */
void buffer_free(struct buffer *buffer);

#endif

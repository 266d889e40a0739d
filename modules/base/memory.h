/* Memory that is there or ends the process. A node that cannot get a few hundred bytes can do
 * nothing sensible any more; it says so in one sentence and its parent reports its end. What may
 * be large or asked for by a stranger is checked against a limit before it comes here. */

#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/* Zeroed memory for `count` things of `size` bytes; the caller frees it with free(). */
void *memory_new(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* Grow or shrink; new bytes are not zeroed. */
void *memory_resize(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

/* A copy of a string; the caller frees it. */
char *memory_string(const char *text) __attribute__((malloc, returns_nonnull));

/* End the process with that sentence, for a library that could not get its memory. */
_Noreturn void memory_short(size_t count, size_t size);

#endif

/* Counts what this program asks malloc for, libraries included; with and without ASan. Include it
 * once, in a test. */

#ifndef UNIT_MALLOC_COUNT_H
#define UNIT_MALLOC_COUNT_H

#include <stddef.h>

static size_t malloc_calls, malloc_bytes; // since malloc_count_start()

static inline void malloc_count_start(void)
{
    malloc_calls = malloc_bytes = 0;
}

#if defined(__SANITIZE_ADDRESS__)
#define COUNT_BY_HOOK 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COUNT_BY_HOOK 1
#endif
#endif

#ifdef COUNT_BY_HOOK
/* gcc has no header for these. */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));
size_t __sanitizer_get_current_allocated_bytes(void);

static void count_malloc(const volatile void *got, size_t size)
{
    (void)got;
    malloc_calls++;
    malloc_bytes += size;
}

static void count_free(const volatile void *got)
{
    (void)got;
}

__attribute__((constructor)) static void count_from_here(void)
{
    __sanitizer_install_malloc_and_free_hooks(count_malloc, count_free);
}
static inline size_t malloc_in_use(void)
{
    return __sanitizer_get_current_allocated_bytes();
}
#else
#include <malloc.h>

static inline size_t malloc_in_use(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

void *__libc_malloc(size_t size);
void *__libc_realloc(void *old, size_t size);

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    malloc_calls++;
    malloc_bytes += size;
    return __libc_malloc(size);
}

__attribute__((visibility("default"))) void *realloc(void *old, size_t size)
{
    malloc_calls++;
    malloc_bytes += size;
    return __libc_realloc(old, size);
}
#endif

#endif

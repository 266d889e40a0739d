#include "kernels/kernel_hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t kernel_hash(const void *bytes, size_t size)
{
    return XXH3_64bits(bytes, size);
}

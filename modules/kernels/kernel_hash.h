/* What a kernel's code is known by: the content of its file. */

#ifndef KERNELS_KERNEL_HASH_H
#define KERNELS_KERNEL_HASH_H

#include <stddef.h>
#include <stdint.h>

/* XXH3-64. */
uint64_t kernel_hash(const void *bytes, size_t size);

#endif

/* code_cache/<16-hex-hash>.so in a node's directory: code that came to this node, loaded from a
 * file that no build writes to. */

#ifndef KERNELS_CODE_CACHE_H
#define KERNELS_CODE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { CODE_CACHE_NAME_SIZE = 40 };

/* "code_cache/0123456789abcdef.so" */
void code_cache_name(uint64_t hash, char out[CODE_CACHE_NAME_SIZE]);
bool code_cache_has(int dir_fd, uint64_t hash);
/* Keep these bytes, which must have that hash: written to a name of this process's own, checked,
 * renamed. Nothing is done when they are there already. */
int code_cache_store(int dir_fd, uint64_t hash, const void *bytes, size_t size, struct error *err);

#endif

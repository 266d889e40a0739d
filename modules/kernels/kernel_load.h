/* A kernel's code in this process. */

#ifndef KERNELS_KERNEL_LOAD_H
#define KERNELS_KERNEL_LOAD_H

#include <stdint.h>

#include "base/error.h"
#include "ops/linqu_orchestration_api.h"

/* What a kernel exports. */
struct kernel_exports {
    uint8_t level;
    uint8_t role; // LinquRole
    void (*entry)(LinquRuntime *rt, uint64_t *args, int arg_count);
};

/* Load the file and ask it for its level and role. It stays loaded until the process ends. -1 and a
 * sentence when it cannot be loaded, exports nothing, says nonsense, or needs a later
 * LINQU_ABI_VERSION than ours. */
int kernel_load(const char *path, struct kernel_exports *exports, struct error *err);

#endif

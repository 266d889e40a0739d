/* Arrays of parameters, used again when their tasks have retired. */

#ifndef CORE_PARAM_POOL_H
#define CORE_PARAM_POOL_H

#include <stdint.h>

#include "core/task.h"

enum { PARAM_POOL_CLASSES = 8 }; // 1, 2, 4 ... 128; a larger array is made for its task alone

/* All zero is the empty pool. */
struct param_pool {
    struct param_spare *spare[PARAM_POOL_CLASSES];
};

void param_pool_free(struct param_pool *pool);

/* Room for `count` parameters, not cleared; NULL for none. */
struct task_param *param_pool_take(struct param_pool *pool, uint32_t count);
void param_pool_give(struct param_pool *pool, struct task_param *params, uint32_t count);

#endif

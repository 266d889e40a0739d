#include "core/param_pool.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

struct param_spare {
    struct param_spare *next;
};

static unsigned class_of(uint32_t count)
{
    return count <= 1 ? 0 : 32 - (unsigned)__builtin_clz(count - 1);
}

void param_pool_free(struct param_pool *pool)
{
    for (unsigned i = 0; i < PARAM_POOL_CLASSES; i++) {
        while (pool->spare[i]) {
            struct param_spare *spare = pool->spare[i];

            pool->spare[i] = spare->next;
            free(spare);
        }
    }
}

struct task_param *param_pool_take(struct param_pool *pool, uint32_t count)
{
    unsigned size_class = class_of(count);
    struct param_spare *spare;

    if (!count)
        return NULL;
    if (size_class >= PARAM_POOL_CLASSES)
        return memory_new(count, sizeof(struct task_param));
    spare = pool->spare[size_class];
    if (!spare)
        return memory_new((size_t)1 << size_class, sizeof(struct task_param));
    pool->spare[size_class] = spare->next;
    return (struct task_param *)(void *)spare;
}

void param_pool_give(struct param_pool *pool, struct task_param *params, uint32_t count)
{
    unsigned size_class = class_of(count);
    struct param_spare *spare = (struct param_spare *)(void *)params;

    assert(!params == !count);
    if (!count)
        return;
    if (size_class >= PARAM_POOL_CLASSES) {
        free(params);
        return;
    }
    spare->next = pool->spare[size_class];
    pool->spare[size_class] = spare;
}

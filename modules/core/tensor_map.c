#include "core/tensor_map.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "core/failure.h"

enum { KEEP_CAPACITY = 1024, SWEEP_FROM = 64 };

union tensor_spare {
    struct tensor tensor;
    union tensor_spare *next;
};

struct tensor *tensor_map_find(const struct tensor_map *map, uint64_t handle)
{
    return u64_map_find(&map->by_handle, handle);
}

void tensor_map_remove(struct tensor_map *map, struct tensor *tensor)
{
    union tensor_spare *spare = (union tensor_spare *)tensor;
    void *removed = u64_map_remove(&map->by_handle, tensor->handle);

    assert(removed == tensor);
    (void)removed;
    failure_drop(tensor->refused);
    spare->next = map->spare;
    map->spare = spare;
}

static void sweep(struct tensor_map *map, const uint64_t *open)
{
    struct tensor *tensor;
    size_t at = 0;

    while ((tensor = u64_map_next(&map->by_handle, &at))) {
        if (open[tensor->depth] != tensor->scope)
            tensor_map_remove(map, tensor);
    }
}

struct tensor *tensor_map_add(struct tensor_map *map, uint64_t handle, const uint64_t *open)
{
    union tensor_spare *spare;

    if (map->by_handle.count >= map->sweep_at) {
        sweep(map, open);
        map->sweep_at =
            map->by_handle.count < SWEEP_FROM / 2 ? SWEEP_FROM : 2 * map->by_handle.count;
    }
    spare = map->spare;
    if (spare)
        map->spare = spare->next;
    else
        spare = memory_new(1, sizeof *spare);
    spare->tensor = (struct tensor){.handle = handle};
    u64_map_put(&map->by_handle, handle, &spare->tensor);
    return &spare->tensor;
}

void tensor_map_clear(struct tensor_map *map)
{
    struct tensor *tensor;
    size_t at = 0;

    if (map->by_handle.capacity > KEEP_CAPACITY) {
        tensor_map_free(map);
        return;
    }
    while (map->by_handle.count) {
        tensor = u64_map_next(&map->by_handle, &at);
        if (tensor)
            tensor_map_remove(map, tensor);
        else
            at = 0;
    }
}

void tensor_map_free(struct tensor_map *map)
{
    struct tensor *tensor;
    size_t at = 0;

    while ((tensor = u64_map_next(&map->by_handle, &at))) {
        failure_drop(tensor->refused);
        free(tensor);
    }
    while (map->spare) {
        union tensor_spare *spare = map->spare;

        map->spare = spare->next;
        free(spare);
    }
    u64_map_free(&map->by_handle);
}

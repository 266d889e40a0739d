/* The tensors that one activation may use, by handle. A tensor is a sequence of immutable versions,
 * of which only the latest can be bound; the older ones live on in the tasks that made and that
 * read them.
 *
 * An entry ends with its scope or by free. Ends of scopes touch no entry: one whose scope is
 * closed, or whose producer lies behind its layer's last_task_alive, is dropped when somebody meets
 * it, or before the table grows. */

#ifndef CORE_TENSOR_MAP_H
#define CORE_TENSOR_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/u64_map.h"

struct failure;

enum { TENSOR_NO_PART = 0xFFFFFFFF };

enum tensor_source {
    TENSOR_EMPTY,   // nothing has produced it
    TENSOR_TASK,    // the latest version is a task's of this activation
    TENSOR_GIVEN,   // it came with the activation's parameters and lies with `holder`
    TENSOR_REFUSED, // the task that was to make the latest version could not be submitted
};

struct tensor {
    uint64_t handle; // as the activation calls it
    uint64_t wire;   // as other nodes call it
    uint64_t size;   // bytes
    uint64_t place; // TENSOR_TASK: where the latest version lies in the holder's ring of that layer
    uint64_t scope; // serial of the scope in which it was allocated
    uint32_t
        version; // the latest; a task makes 1 and up, 0 is what the activation was given to write
    uint32_t holder;   // rank of the node that holds, or will hold, the latest version
    uint32_t producer; // TENSOR_TASK: id of the task, in the layer `layer`
    uint8_t layer;
    uint8_t depth;  // of the scope in which it was allocated
    uint8_t source; // enum tensor_source
    bool given;     // a parameter of the activation, which cannot free it
    bool writable;
    struct failure *refused; // TENSOR_REFUSED: why; owned share

    /* How the submit at hand uses it. */
    uint64_t stamp;  // number of the last submit that used it
    uint32_t part;   // the last part of the task that used it
    bool shared;     // it is among a group's own parameters
    uint32_t writer; // the part that writes it; TENSOR_NO_PART for none
};

/* All zero is the empty map. */
struct tensor_map {
    struct u64_map by_handle;
    union tensor_spare *spare;
    size_t sweep_at; // entries at which those of closed scopes are dropped
};

struct tensor *tensor_map_find(const struct tensor_map *map, uint64_t handle);

/* A new entry, all zero but for its handle, which must not be there. `open` has the serial of the
 * open scope at each depth; when the entries have doubled, those of other scopes are dropped. */
struct tensor *tensor_map_add(struct tensor_map *map, uint64_t handle, const uint64_t *open);

void tensor_map_remove(struct tensor_map *map, struct tensor *tensor);

/* Drop all entries and keep the memory that a few need. */
void tensor_map_clear(struct tensor_map *map);
void tensor_map_free(struct tensor_map *map);

#endif

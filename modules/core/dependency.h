/* The edges of the task graph. An edge lives from the submit of the reader to the reader's end and
 * is then used again, so any number of tasks pass through as many edges as were ever needed at
 * once. */

#ifndef CORE_DEPENDENCY_H
#define CORE_DEPENDENCY_H

#include <stdint.h>

#include "core/task.h"

struct dependency {
    struct task *producer;
    struct task *reader;
    struct dependency *next_input;  // of the same reader
    struct dependency *next_reader; // of the same producer
    struct dependency *last_reader;
};

/* All zero is the empty pool. */
struct dependency_pool {
    struct dependency *spare;
    struct dependency_chunk *chunks; // owned
    uint64_t in_use;
    uint64_t made;
};

void dependency_pool_free(struct dependency_pool *pool);

/* `reader` reads what `producer` makes. */
void dependency_add(struct dependency_pool *pool, struct task *producer, struct task *reader);

/* Take the reader's first input off both ends; returns its producer, or NULL when there is none
 * left. */
struct task *dependency_take_input(struct dependency_pool *pool, struct task *reader);

#endif

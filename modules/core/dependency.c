#include "core/dependency.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

enum { CHUNK = 64 };

struct dependency_chunk {
    struct dependency_chunk *next;
    struct dependency all[CHUNK];
};

static void make_chunk(struct dependency_pool *pool)
{
    struct dependency_chunk *chunk = memory_new(1, sizeof *chunk);

    chunk->next = pool->chunks;
    pool->chunks = chunk;
    for (int i = CHUNK - 1; i >= 0; i--) {
        chunk->all[i].next_input = pool->spare;
        pool->spare = &chunk->all[i];
    }
    pool->made += CHUNK;
}

void dependency_pool_free(struct dependency_pool *pool)
{
    while (pool->chunks) {
        struct dependency_chunk *chunk = pool->chunks;

        pool->chunks = chunk->next;
        free(chunk);
    }
    *pool = (struct dependency_pool){0};
}

void dependency_add(struct dependency_pool *pool, struct task *producer, struct task *reader)
{
    struct dependency *edge;

    assert(producer != reader);
    if (!pool->spare)
        make_chunk(pool);
    edge = pool->spare;
    pool->spare = edge->next_input;
    pool->in_use++;
    *edge = (struct dependency){.producer = producer,
                                .reader = reader,
                                .next_input = reader->inputs,
                                .last_reader = producer->readers_end};
    if (producer->readers_end)
        producer->readers_end->next_reader = edge;
    else
        producer->readers = edge;
    producer->readers_end = edge;
    reader->inputs = edge;
}

struct task *dependency_take_input(struct dependency_pool *pool, struct task *reader)
{
    struct dependency *edge = reader->inputs;
    struct task *producer;

    if (!edge)
        return NULL;
    producer = edge->producer;
    reader->inputs = edge->next_input;
    if (edge->last_reader)
        edge->last_reader->next_reader = edge->next_reader;
    else
        producer->readers = edge->next_reader;
    if (edge->next_reader)
        edge->next_reader->last_reader = edge->last_reader;
    else
        producer->readers_end = edge->last_reader;
    edge->next_input = pool->spare;
    pool->spare = edge;
    pool->in_use--;
    return producer;
}

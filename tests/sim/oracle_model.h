/* A second account of a run, kept from the design's words alone and slowly: which tasks are live,
 * why each one may not retire yet, which bytes are claimed. After every event the core must agree
 * with it. */

#ifndef TESTS_ORACLE_MODEL_H
#define TESTS_ORACLE_MODEL_H

#include "../unit/suite.h"
#include "core/task_graph.h"
#include "reference.h"

/* The run at hand; every claim that does not hold names it. */
static uint64_t seed_now, order_now;

#define hold(condition, format, ...)                                                               \
    claim(condition, "seed %" PRIu64 " order %" PRIu64 ": " format, seed_now, order_now,           \
          ##__VA_ARGS__)

enum {
    NODES = 4,
    BLOCKS_MAX = 64,
    LIVE_MAX = 512,
    PRODUCERS_MAX = SHARED_MAX + PARTS_MAX * ARGS_MAX
};

/* A buffer ring as the list of its blocks, oldest first. */
struct ring_model {
    struct {
        uint32_t place, size;
    } blocks[BLOCKS_MAX];
    unsigned count;
};

struct task_model {
    bool live, ended, failed, token, part_failed;
    uint8_t depth;
    uint8_t part_count, parts_ended;
    uint32_t id;
    unsigned frame; // height of the activation that submitted it
    unsigned producers[PRODUCERS_MAX], producer_count;
    unsigned fanout, refs;
    unsigned outputs, open;
    struct {
        bool started, ended;
        uint8_t target;
    } parts[PARTS_MAX];
    struct {
        uint8_t node, part;
        uint32_t size, version; // size: what it takes from the ring, 0 for no bytes
        uint64_t wire;
    } made[PARTS_MAX * ARGS_MAX];
};

struct model {
    const struct plan *plan;
    struct task_model tasks[LIVE_MAX];
    unsigned order[RING_DEPTHS][64]; // live tasks of each layer, oldest first
    unsigned live[RING_DEPTHS];
    uint32_t next_id[RING_DEPTHS];
    struct ring_model rings[NODES][RING_DEPTHS];
    uint64_t tokens, released; // released: a sum over what the holders may forget
    unsigned released_count;
    unsigned errors[RING_DEPTHS], unfinished[RING_DEPTHS]; // of each activation in the stack
};

static inline bool ring_place(struct ring_model *ring, uint32_t capacity, uint32_t size,
                              uint32_t *place)
{
    uint32_t oldest, newest, end;

    *place = 0;
    if (ring->count) {
        oldest = ring->blocks[0].place;
        newest = ring->blocks[ring->count - 1].place;
        end = newest + ring->blocks[ring->count - 1].size;
        *place = end;
        if (newest < oldest) {
            if (oldest - end < size)
                return false;
        } else if (capacity - end < size) {
            if (oldest < size)
                return false;
            *place = 0;
        }
    } else if (capacity < size) {
        return false;
    }
    ring->blocks[ring->count].place = *place;
    ring->blocks[ring->count++].size = size;
    return true;
}

static inline void ring_drop_oldest(struct ring_model *ring)
{
    for (unsigned i = 1; i < ring->count; i++)
        ring->blocks[i - 1] = ring->blocks[i];
    ring->count--;
}

static inline unsigned model_new_task(struct model *model, unsigned frame, unsigned depth)
{
    unsigned index = 0;

    while (model->tasks[index].live)
        index++;
    model->tasks[index] = (struct task_model){.live = true,
                                              .depth = (uint8_t)depth,
                                              .id = model->next_id[depth]++,
                                              .frame = frame,
                                              .fanout = 1};
    model->order[depth][model->live[depth]++] = index;
    return index;
}

static inline void model_reads(struct model *model, unsigned reader, unsigned producer)
{
    struct task_model *task = &model->tasks[reader];

    for (unsigned i = 0; i < task->producer_count; i++)
        if (task->producers[i] == producer)
            return;
    task->producers[task->producer_count++] = producer;
    model->tasks[producer].fanout++;
}

static inline void model_token(struct model *model, unsigned index)
{
    struct task_model *task = &model->tasks[index];

    hold(!task->token, "I2: a second token for d%u:t%u", task->depth, task->id);
    task->token = true;
    task->refs++;
    model->tokens++;
}

/* One output of the task can no longer be read by anybody new. */
static inline void model_output_over(struct model *model, unsigned index)
{
    if (--model->tasks[index].open == 0)
        model_token(model, index);
}

static inline void model_end(struct model *model, unsigned index, bool failed)
{
    struct task_model *task = &model->tasks[index];

    task->ended = true;
    task->failed = failed;
    model->unfinished[task->frame]--;
    model->errors[task->frame] += failed;
    for (unsigned i = 0; i < task->producer_count; i++)
        model->tasks[task->producers[i]].refs++;
    if (!task->outputs)
        model_token(model, index);
    for (unsigned depth = 0; failed && depth < RING_DEPTHS; depth++)
        for (unsigned i = 0; i < model->live[depth]; i++) {
            struct task_model *reader = &model->tasks[model->order[depth][i]];

            for (unsigned k = 0; !reader->ended && k < reader->producer_count; k++)
                if (reader->producers[k] == index)
                    model_end(model, model->order[depth][i], true);
        }
}

static inline uint64_t released_key(unsigned holder, unsigned depth, uint64_t wire,
                                    uint32_t version)
{
    return key_of(wire, holder * 16 + depth, version);
}

static inline void model_retire_task(struct model *model, const struct task_model *task)
{
    for (unsigned i = 0; i < task->outputs; i++) {
        if (task->made[i].size)
            ring_drop_oldest(&model->rings[task->made[i].node][task->depth]);
        if (task->parts[task->made[i].part].started) {
            model->released += released_key(task->made[i].node, task->depth, task->made[i].wire,
                                            task->made[i].version);
            model->released_count++;
        }
    }
}

static inline bool model_reclaimable(const struct task_model *task)
{
    return task->ended && task->token && task->refs == task->fanout;
}

/* Retirement by its definition: in each layer, from the oldest on, as long as each is reclaimable.
 */
static inline void model_retire(struct model *model)
{
    for (unsigned depth = 0; depth < RING_DEPTHS; depth++) {
        unsigned gone = 0, *order = model->order[depth];

        while (gone < model->live[depth] && model_reclaimable(&model->tasks[order[gone]])) {
            model_retire_task(model, &model->tasks[order[gone]]);
            model->tasks[order[gone++]].live = false;
        }
        for (unsigned i = gone; gone && i < model->live[depth]; i++)
            order[i - gone] = order[i];
        model->live[depth] -= gone;
    }
}

/* --- the proof of deadlock, by trying --------------------------------------------------------- */

/* What a claim wants, in order. */
struct wants {
    struct {
        uint8_t node;
        uint32_t size;
    } items[PARTS_MAX * ARGS_MAX];
    unsigned count;
};

static inline bool claim_fits(const struct model *model, const struct ring_model *rings,
                              const struct wants *wants, uint32_t *places)
{
    struct ring_model copy[NODES];

    for (unsigned node = 0; node < NODES; node++)
        copy[node] = rings[node];
    for (unsigned i = 0; i < wants->count; i++)
        if (!ring_place(&copy[wants->items[i].node], model->plan->bytes, wants->items[i].size,
                        &places[i]))
            return false;
    return true;
}

/* Tasks that end if the top activation only waits: repeat until nothing changes. `standing[i]` is
 * the task that the activation at height i runs, or LIVE_MAX. */
static inline void who_can_end(const struct model *model, const unsigned *standing, unsigned height,
                               bool can[LIVE_MAX])
{
    bool changed = true;

    for (unsigned i = 0; i < LIVE_MAX; i++)
        can[i] = model->tasks[i].live && model->tasks[i].ended;
    while (changed) {
        changed = false;
        for (unsigned i = 0; i < LIVE_MAX; i++) {
            const struct task_model *task = &model->tasks[i];
            bool now = task->live && !can[i];

            for (unsigned k = 0; now && k < height; k++)
                now = standing[k] != i;
            for (unsigned k = 0; now && k < task->part_count; k++)
                now =
                    task->parts[k].target != 0 || task->parts[k].ended || task->frame == height - 1;
            for (unsigned k = 0; now && k < task->producer_count; k++)
                now = can[task->producers[k]];
            changed = changed || now;
            can[i] = can[i] || now;
        }
    }
}

/* Tasks of the layer that retire then: from the oldest on, those that end, whose readers end, and
 * whose token is there or comes with their end. */
static inline unsigned how_many_retire(const struct model *model, unsigned depth,
                                       const bool can[LIVE_MAX])
{
    unsigned gone = 0;

    for (; gone < model->live[depth]; gone++) {
        unsigned index = model->order[depth][gone];

        if (!can[index] || (!model->tasks[index].token && model->tasks[index].outputs))
            return gone;
        for (unsigned i = 0; i < LIVE_MAX; i++)
            for (unsigned k = 0; model->tasks[i].live && k < model->tasks[i].producer_count; k++)
                if (model->tasks[i].producers[k] == index && !can[i])
                    return gone;
    }
    return gone;
}

static inline bool model_deadlock(const struct model *model, unsigned depth,
                                  const struct wants *wants, const unsigned *standing,
                                  unsigned height)
{
    struct ring_model rings[NODES];
    bool can[LIVE_MAX];
    uint32_t places[PARTS_MAX * ARGS_MAX];
    unsigned gone;

    who_can_end(model, standing, height, can);
    gone = how_many_retire(model, depth, can);
    if (gone == 0 && model->live[depth] == model->plan->slots)
        return true;
    for (unsigned node = 0; node < NODES; node++)
        rings[node] = model->rings[node][depth];
    for (unsigned i = 0; i < gone; i++) {
        const struct task_model *task = &model->tasks[model->order[depth][i]];

        for (unsigned k = 0; k < task->outputs; k++)
            if (task->made[k].size)
                ring_drop_oldest(&rings[task->made[k].node]);
    }
    return !claim_fits(model, rings, wants, places);
}

#endif

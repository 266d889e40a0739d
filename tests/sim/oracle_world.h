/* Runs a plan through the core: one node that submits, others that only compute, real bytes in
 * every ring, and events in an order that a seed decides. After every event the core is held
 * against the model. */

#ifndef TESTS_ORACLE_WORLD_H
#define TESTS_ORACLE_WORLD_H

#include <string.h>

#include "core/account.h"
#include "core/layer.h"
#include "oracle_model.h"

enum { RUNNING_MAX = 64, RING_BYTES_MAX = 2048, WORLD_WINDOW = 2 };

/* Where a version lies. */
struct spot {
    uint8_t node, depth;
    uint32_t place, size, version;
    unsigned task; // that made it; LIVE_MAX: none of this activation
    bool refused;  // the task that was to make it could not be submitted
};

enum frame_state { FRAME_RUNNING, FRAME_BLOCKED, FRAME_WAITING, FRAME_RETURNED };

struct frame {
    const struct program *program;
    uint64_t key;
    unsigned at; // next operation
    enum frame_state state;
    unsigned scopes, base;
    struct var vars[VARS_MAX];
    struct spot spots[VARS_MAX];
    uint64_t handles[VARS_MAX];
    struct task_part *part; // that it runs; NULL for the outermost
    unsigned task;
    bool misused; // it fails, whatever becomes of its tasks
};

/* What the world remembers of a task, by its index in the model. */
struct task_world {
    const struct op *op;
    uint64_t key;
    struct spot shared[SHARED_MAX];
    struct spot args[PARTS_MAX][ARGS_MAX]; // read
    struct spot made[PARTS_MAX][ARGS_MAX]; // written
    uint64_t inputs[PARTS_MAX];            // as they were when the part started
};

/* Registered data on its way to its holder. */
struct push {
    unsigned task;
    struct spot spot;
    uint64_t value;
};

struct world {
    const struct plan *plan;
    struct task_graph *graph;
    struct model model;
    struct task_world tasks[LIVE_MAX];
    struct frame frames[RING_DEPTHS];
    unsigned height;
    struct task_part *running[RUNNING_MAX]; // parts on other nodes
    unsigned running_count;
    struct push pushes[LIVE_MAX];
    unsigned push_count;
    struct refusals refusals;
    uint64_t random, now_ns;
    uint64_t quiet;    // what the rings were like whenever the outermost activation had waited
    uint64_t released; // a sum over what the core let the holders forget
    unsigned released_count;
    uint64_t events, nested;
    /* From here on nothing is cleared between runs. */
    struct sights sights;
    uint8_t bytes[NODES][RING_DEPTHS][RING_BYTES_MAX];
};

static inline struct frame *top_of(struct world *world)
{
    return &world->frames[world->height - 1];
}

/* All programs run at the top. */
static inline uint8_t target_of(const struct world *world, const struct part *part)
{
    return (uint8_t)part_place(world->plan, 0, part);
}

/* --- bytes ------------------------------------------------------------------------------------ */

static inline uint8_t *bytes_of(struct world *world, const struct spot *spot)
{
    hold(spot->place % 8 == 0 && spot->place + spot->size <= world->plan->bytes, "beyond the ring");
    return &world->bytes[spot->node][spot->depth][spot->place];
}

static inline void write_spot(struct world *world, const struct spot *spot, uint64_t value)
{
    write_value(bytes_of(world, spot), spot->size, fitting(value, spot->size));
}

static inline uint64_t read_spot(struct world *world, const struct spot *spot)
{
    uint64_t value;

    hold(read_value(bytes_of(world, spot), spot->size, &value),
         "bytes of a live version were overwritten");
    return value;
}

/* --- the core against the model --------------------------------------------------------------- */

static inline enum task_state state_by_model(const struct model *model,
                                             const struct task_model *task)
{
    bool waits = false, started = false;

    if (task->ended && task->failed)
        return TASK_FAILED;
    if (task->ended)
        return model_reclaimable(task) ? TASK_CONSUMED : TASK_COMPLETED;
    for (unsigned i = 0; i < task->producer_count; i++)
        waits = waits || !model->tasks[task->producers[i]].ended;
    for (unsigned i = 0; i < task->part_count; i++)
        started = started || task->parts[i].started;
    return waits ? TASK_PENDING : started ? TASK_RUNNING : TASK_READY;
}

static inline void check_task(const struct world *world, const struct layer *layer,
                              const struct task_model *model)
{
    const struct task *task = task_ring_find(&layer->ring, model->id);

    hold(task && task->id == model->id, "I1: d%u:t%u retired too early", model->depth, model->id);
    hold(task->state == state_by_model(&world->model, model), "d%u:t%u is %s, not %s", model->depth,
         model->id, task_state_name((enum task_state)task->state),
         task_state_name(state_by_model(&world->model, model)));
    hold(task->token_applied == model->token, "I2: token of d%u:t%u is %d", model->depth, model->id,
         task->token_applied);
    hold(task->fanout_count == model->fanout && task->ref_count == model->refs,
         "I1: d%u:t%u counts %u of %u, not %u of %u", model->depth, model->id, task->ref_count,
         task->fanout_count, model->refs, model->fanout);
}

static inline void check_bytes(const struct world *world, unsigned node, unsigned depth)
{
    const struct buffer_ring *ring = task_graph_ring(world->graph, node, depth);
    const struct ring_model *model = &world->model.rings[node][depth];
    uint64_t used = 0;

    for (unsigned i = 0; i < model->count; i++)
        used += model->blocks[i].size;
    hold((ring ? ring->used : 0) == used, "ring of node %u depth %u uses %ju, not %ju", node, depth,
         (uintmax_t)(ring ? ring->used : 0), (uintmax_t)used);
}

static inline void check_released(struct world *world)
{
    size_t count;
    const struct released *released = task_graph_take_released(world->graph, &count);

    for (size_t i = 0; i < count; i++)
        world->released += released_key(released[i].holder, released[i].depth, released[i].handle,
                                        released[i].version);
    world->released_count += (unsigned)count;
    hold(world->released == world->model.released &&
             world->released_count == world->model.released_count,
         "released to the holders: %u versions, not %u (or others)", world->released_count,
         world->model.released_count);
}

static inline void check_all(struct world *world)
{
    const struct model *model = &world->model;
    uint64_t tokens = 0;

    for (unsigned depth = 0; depth < RING_DEPTHS; depth++) {
        const struct layer *layer = task_graph_layer(world->graph, depth);
        uint32_t oldest =
            model->live[depth] ? model->tasks[model->order[depth][0]].id : model->next_id[depth];

        tokens += layer->counts.tokens_by_scope + layer->counts.tokens_early +
                  layer->counts.tokens_by_end;
        hold(layer->ring.oldest == oldest && layer->ring.next == model->next_id[depth],
             "I3: last_task_alive of depth %u is %u of %u, not %u of %u", depth, layer->ring.oldest,
             layer->ring.next, oldest, model->next_id[depth]);
        for (unsigned i = 0; i < model->live[depth]; i++)
            check_task(world, layer, &model->tasks[model->order[depth][i]]);
        for (unsigned node = 0; node < NODES && (model->live[depth] || oldest); node++)
            check_bytes(world, node, depth);
    }
    hold(tokens == model->tokens, "I2: %ju tokens, not %ju", (uintmax_t)tokens,
         (uintmax_t)model->tokens);
    check_released(world);
}

static inline void check_top(struct world *world)
{
    const struct model *model = &world->model;
    struct activation_view view;

    hold(task_graph_top(world->graph, &view) == (world->height > 0), "no activation");
    if (!world->height)
        return;
    hold(view.unfinished == model->unfinished[world->height - 1] &&
             view.base == top_of(world)->base &&
             view.depth == top_of(world)->base + top_of(world)->scopes,
         "the activation: %u unfinished, base %u, depth %u", view.unfinished, view.base,
         view.depth);
}

/* An event is over. */
static inline void settled(struct world *world)
{
    model_retire(&world->model);
    check_all(world);
    check_top(world);
    world->events++;
    world->now_ns += 1 + random_below(&world->random, 1000);
    task_graph_set_now(world->graph, world->now_ns);
}

#endif

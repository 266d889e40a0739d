/* The inside of the task graph, for the files of this folder that make it up. */

#ifndef CORE_GRAPH_H
#define CORE_GRAPH_H

#include "base/buffer.h"
#include "core/account.h"
#include "core/dependency.h"
#include "core/failure.h"
#include "core/layer.h"
#include "core/param_pool.h"
#include "core/task_graph.h"
#include "core/tensor_map.h"

enum block_on { BLOCK_NONE, BLOCK_SLOT, BLOCK_BYTES };

/* What a submitter waits for. */
struct block {
    uint8_t on; // enum block_on
    uint8_t depth;
    uint64_t since_ns;
    uint64_t retired; // of the layer, when it was refused last
};

struct activation {
    struct task_part
        *part; // the part of an outer activation's task that it runs; NULL for the outermost
    uint64_t exec;
    uint64_t submitted;
    uint32_t base;  // depth of its own scope
    uint32_t depth; // of its innermost open scope
    uint32_t unfinished;
    uint32_t errors;
    struct failure *first_error; // owned share
    struct part_queue own;       // ready parts for this node itself
    struct tensor_map tensors;
    struct block blocked;
    bool closed, returned, deadlock;
};

/* One stretch of bytes that a submit claims. */
struct claim_item {
    struct account *account;
    uint64_t size;
    uint64_t place;
};

struct claim_list {
    struct claim_item *items; // owned
    size_t count, capacity;
};

struct task_graph {
    struct task_graph_config config;
    uint64_t now_ns;
    struct layer layers[RING_DEPTHS];
    uint64_t open[RING_DEPTHS]; // serial of the scope that is open at each depth, 0 for none
    uint64_t scope_serial;
    uint64_t handle_serial;
    uint64_t stamp; // of the last submit or walk
    struct activation stack[RING_DEPTHS];
    uint32_t height;
    struct accounts accounts;
    struct dependency_pool dependencies;
    struct param_pool params;
    struct claim_list claims; // of the submit at hand
    struct tensor **tensors;  // of the submit at hand: by argument, NULL where there is none; owned
    size_t tensors_capacity;
    struct buffer released;     // struct released
    struct buffer released_out; // what was handed out last
    struct task_graph_counts counts;
};

static inline struct activation *graph_top(struct task_graph *graph)
{
    return graph->height ? &graph->stack[graph->height - 1] : NULL;
}

/* task_graph.c */
void graph_node_name(const struct task_graph *graph, uint32_t rank, char *out, size_t size);
void graph_task_name(const struct task_graph *graph, const struct task *task, char *out,
                     size_t size);

/* graph_tensor.c: the tensor of that handle as long as the top activation may use it, else NULL. */
struct tensor *graph_tensor_find(struct task_graph *graph, uint64_t handle);
/* The task makes the next version of it. */
void graph_tensor_make_version(struct task_graph *graph, struct tensor *tensor, struct task *task,
                               const struct task_part *part, struct task_param *param);
/* The task that was to make the next version could not be submitted. */
void graph_tensor_refuse_version(struct task_graph *graph, struct tensor *tensor,
                                 struct failure *why);

/* graph_claim.c: claim a slot of the layer and all of graph->claims, or nothing. With CLAIM_FULL
 * the top activation is blocked from now on. */
enum claim_result { CLAIM_DONE, CLAIM_FULL, CLAIM_TOO_LARGE, CLAIM_DEADLOCK };
void graph_claim_clear(struct task_graph *graph);
void graph_claim_add(struct task_graph *graph, struct account *account, uint64_t size);
enum claim_result graph_claim(struct task_graph *graph, unsigned depth, struct task **task,
                              struct error *err);
/* The bytes of a retired output. */
void graph_claim_release(struct task_graph *graph, struct account *account, unsigned depth,
                         uint64_t size, uint64_t place);

/* graph_deadlock.c: true, with the sentence, when graph->claims can never be had in that layer
 * while the top activation waits for it. `account` is the one that has no room, NULL when there is
 * no slot. */
bool graph_deadlock(struct task_graph *graph, unsigned depth, const struct account *account,
                    struct error *err);

/* graph_end.c */
void graph_task_free(struct task_graph *graph, struct task *task);
void graph_task_move(struct task *task, enum task_state to);
/* All its producers have completed. */
void graph_task_ready(struct task_graph *graph, struct task *task);
/* The task has ended, and with it, if it failed, all that wait for it. Takes over one share of
 * `failure`. */
void graph_task_end(struct task_graph *graph, struct task *task, struct failure *failure);
/* Why a part failed. */
struct part_error {
    const char *text;
    bool deadlock, told; // as in struct failure
};
/* A part that was ready or running has ended; `error` is NULL when it did well. */
void graph_part_end(struct task_graph *graph, struct task_part *part,
                    const struct part_error *error);
/* Apply its token, for the reason that `counter` counts. */
void graph_token(struct task_graph *graph, struct task *task, uint64_t *counter);

/* graph_lose.c: why what that node held is lost; NULL while it is not. */
struct failure *graph_lost(const struct task_graph *graph, uint32_t rank);

#endif

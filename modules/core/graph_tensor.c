/* Tensors of the top activation and their versions. */

#include <assert.h>
#include <stdio.h>

#include "core/graph.h"

static struct task *producer_of(const struct task_graph *graph, const struct tensor *tensor)
{
    return task_ring_find(&graph->layers[tensor->layer].ring, tensor->producer);
}

/* Its scope is closed, or its producer lies behind last_task_alive. */
static bool is_over(const struct task_graph *graph, const struct tensor *tensor)
{
    return graph->open[tensor->depth] != tensor->scope ||
           (tensor->source == TENSOR_TASK && !producer_of(graph, tensor));
}

struct tensor *graph_tensor_find(struct task_graph *graph, uint64_t handle)
{
    struct tensor_map *map = &graph_top(graph)->tensors;
    struct tensor *tensor = tensor_map_find(map, handle);

    if (tensor && is_over(graph, tensor)) {
        tensor_map_remove(map, tensor);
        tensor = NULL;
    }
    return tensor;
}

static struct tensor *add_tensor(struct task_graph *graph, uint64_t size)
{
    struct activation *top = graph_top(graph);
    uint64_t handle = (uint64_t)graph->config.rank << TENSOR_SERIAL_BITS | ++graph->handle_serial;
    struct tensor *tensor;

    assert(top && !top->returned && graph->handle_serial >> TENSOR_SERIAL_BITS == 0);
    tensor = tensor_map_add(&top->tensors, handle, graph->open);
    tensor->wire = handle;
    tensor->size = size;
    tensor->scope = graph->open[top->depth];
    tensor->depth = (uint8_t)top->depth;
    tensor->writable = true;
    return tensor;
}

uint64_t task_graph_alloc(struct task_graph *graph, uint64_t size)
{
    return add_tensor(graph, size)->handle;
}

static void leave_version(struct task_graph *graph, struct tensor *tensor)
{
    if (tensor->source == TENSOR_TASK) {
        struct task *producer = producer_of(graph, tensor);

        assert(producer && producer->outputs_open);
        if (--producer->outputs_open == 0)
            graph_token(graph, producer, &graph->layers[tensor->layer].counts.tokens_early);
    }
    failure_drop(tensor->refused);
    tensor->refused = NULL;
    tensor->source = TENSOR_EMPTY;
}

static void supersede(struct task_graph *graph, struct tensor *tensor)
{
    if (tensor->source == TENSOR_TASK)
        graph->layers[tensor->layer].counts.superseded++;
    leave_version(graph, tensor);
}

void graph_tensor_make_version(struct task_graph *graph, struct tensor *tensor, struct task *task,
                               const struct task_part *part, struct task_param *param)
{
    supersede(graph, tensor);
    tensor->source = TENSOR_TASK;
    tensor->version++;
    tensor->producer = task->id;
    tensor->layer = task->depth;
    tensor->holder = part->target;
    tensor->place = param->place;
    task->output_count++;
    task->outputs_open++;
    param->new_version = tensor->version;
}

void graph_tensor_refuse_version(struct task_graph *graph, struct tensor *tensor,
                                 struct failure *why)
{
    supersede(graph, tensor);
    tensor->source = TENSOR_REFUSED;
    tensor->version++;
    tensor->refused = failure_share(why);
}

/* True when a handle was once given out by this node. */
static bool was_ours(const struct task_graph *graph, uint64_t handle)
{
    uint64_t serial = handle & ((UINT64_C(1) << TENSOR_SERIAL_BITS) - 1);

    return tensor_maker(handle) == graph->config.rank && serial && serial <= graph->handle_serial;
}

int task_graph_free(struct task_graph *graph, uint64_t handle, struct error *err)
{
    struct tensor *tensor = graph_tensor_find(graph, handle);

    if (!tensor) {
        if (was_ours(graph, handle))
            return 0;
        return error_set(err, "tensor %#jx is none of this activation's", (uintmax_t)handle);
    }
    if (tensor->given)
        return error_set(err,
                         "tensor %#jx came as a parameter and is not this activation's to free",
                         (uintmax_t)handle);
    graph->layers[tensor->depth].counts.frees++;
    leave_version(graph, tensor);
    tensor_map_remove(&graph_top(graph)->tensors, tensor);
    return 1;
}

/* A task whose one output is the data, which nothing has to compute: its part has ended, or, at
 * another node, runs until the data is there. */
static void make_registered(struct task_graph *graph, struct task *task, struct account *account,
                            uint64_t size)
{
    struct tensor *tensor = add_tensor(graph, size);
    struct task_part *part = &task->one;
    bool elsewhere = account->rank != graph->config.rank;

    *part = (struct task_part){.task = task,
                               .account = account,
                               .params = param_pool_take(&graph->params, 1),
                               .kernel = "registered data",
                               .target = account->rank,
                               .param_count = 1,
                               .state = elsewhere ? PART_STARTED : PART_ENDED,
                               .told = true,
                               .registered = true};
    part->params[0] = (struct task_param){.type = PARAM_OUTPUT,
                                          .value = tensor->wire,
                                          .size = size,
                                          .place = size ? graph->claims.items[0].place : 0,
                                          .producer_depth = PRODUCER_ELSEWHERE};
    task->parts = part;
    task->part_count = 1;
    task->parts_left = elsewhere;
    task->has_bytes = true;
    graph_tensor_make_version(graph, tensor, task, part, &part->params[0]);
}

/* At this node it has completed by now; elsewhere its end will be told. */
static void start_registered(struct task_graph *graph, struct task *task)
{
    graph_task_move(task, TASK_READY);
    graph_task_move(task, TASK_RUNNING);
    if (!task->parts_left) {
        graph_task_move(task, TASK_COMPLETED);
        return;
    }
    task->activation->unfinished++;
    if (task->one.account->lost)
        graph_part_end(graph, &task->one,
                       &(struct part_error){.text = task->one.account->lost->text});
}

enum submit_result task_graph_register(struct task_graph *graph, uint32_t holder, uint64_t size,
                                       uint64_t *handle, const struct task **registered,
                                       struct error *err)
{
    struct activation *top = graph_top(graph);
    struct account *account = accounts_of(&graph->accounts, holder);
    struct task *task;

    assert(top && !top->returned);
    graph_claim_clear(graph);
    if (size)
        graph_claim_add(graph, account, size);
    switch (graph_claim(graph, top->depth, &task, err)) {
    case CLAIM_FULL:
        return SUBMIT_FULL;
    case CLAIM_TOO_LARGE:
        return SUBMIT_REFUSED;
    case CLAIM_DEADLOCK:
        return SUBMIT_DEADLOCK;
    case CLAIM_DONE:
        break;
    }
    make_registered(graph, task, account, size);
    *registered = task;
    *handle = task->one.params[0].value;
    start_registered(graph, task);
    return SUBMIT_DONE;
}

static enum tensor_state state_of(const struct task_graph *graph, const struct tensor *tensor)
{
    const struct task *producer;

    switch ((enum tensor_source)tensor->source) {
    case TENSOR_EMPTY:
        return TENSOR_NONE;
    case TENSOR_GIVEN:
        return TENSOR_HERE;
    case TENSOR_REFUSED:
        return TENSOR_FAILED;
    case TENSOR_TASK:
        break;
    }
    producer = producer_of(graph, tensor);
    if (producer->state == TASK_FAILED || graph_lost(graph, tensor->holder))
        return TENSOR_FAILED;
    return task_state_ended((enum task_state)producer->state) || producer->parts->registered
               ? TENSOR_HERE
               : TENSOR_COMING;
}

bool task_graph_tensor(const struct task_graph *graph, uint64_t handle, struct tensor_view *view)
{
    const struct activation *top = &graph->stack[graph->height - 1];
    const struct tensor *tensor = tensor_map_find(&top->tensors, handle);

    assert(graph->height);
    if (!tensor || is_over(graph, tensor))
        return false;
    *view = (struct tensor_view){.wire = tensor->wire,
                                 .size = tensor->size,
                                 .version = tensor->version,
                                 .holder = tensor->holder,
                                 .given = tensor->source == TENSOR_GIVEN,
                                 .writable = tensor->writable,
                                 .place = tensor->place,
                                 .depth = tensor->layer,
                                 .scope = tensor->depth,
                                 .state = state_of(graph, tensor)};
    return true;
}

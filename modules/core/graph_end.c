/* Getting ready, starting, ending, and what an end sets off: readers that become ready or fail,
 * producers that nobody reads any more, slots that retire. */

#include <assert.h>
#include <stdlib.h>

#include "core/graph.h"

void graph_task_move(struct task *task, enum task_state to)
{
    assert(task_state_may((enum task_state)task->state, to));
    task->state = (uint8_t)to;
}

void graph_task_free(struct task_graph *graph, struct task *task)
{
    failure_drop(task->failure);
    param_pool_give(&graph->params, task->shared, task->shared_count);
    for (uint32_t i = 0; i < task->part_count; i++)
        param_pool_give(&graph->params, task->parts[i].params, task->parts[i].param_count);
    if (task->parts != &task->one)
        free(task->parts);
}

static void release_output(struct task_graph *graph, const struct task_part *part,
                           const struct task_param *param)
{
    unsigned depth = part->task->depth;
    struct released released = {.holder = part->target,
                                .depth = (uint8_t)depth,
                                .version = param->new_version,
                                .handle = param->value,
                                .place = param->place,
                                .size = param->size};

    if (part->task->has_bytes && param->size) {
        graph_claim_release(graph, part->account, depth, param->size, param->place);
        graph->layers[depth].counts.retired_bytes += param->size;
    }
    if (part->told)
        buffer_append(&graph->released, &released, sizeof released);
}

static void retire(struct task_graph *graph, struct task *task)
{
    for (uint32_t i = 0; i < task->part_count; i++) {
        const struct task_part *part = &task->parts[i];

        for (uint32_t k = 0; k < part->param_count; k++) {
            if (param_writes((enum param_type)part->params[k].type))
                release_output(graph, part, &part->params[k]);
        }
    }
    assert(!task->inputs && !task->readers);
    graph_task_free(graph, task);
}

/* Move last_task_alive of this layer, and of no other, over what can go. */
static void retire_layer(struct task_graph *graph, struct layer *layer)
{
    struct task *task = task_ring_oldest(&layer->ring);

    layer->counts.retire_scans++;
    while (task && task_reclaimable(task)) {
        retire(graph, task);
        task_ring_retire(&layer->ring);
        task = task_ring_oldest(&layer->ring);
    }
}

/* Something was given back to the task; perhaps it was the last thing. */
static void settle(struct task_graph *graph, struct task *task)
{
    struct layer *layer = &graph->layers[task->depth];

    assert(task->ref_count <= task->fanout_count);
    if (!task_reclaimable(task))
        return;
    if (task->state == TASK_COMPLETED)
        graph_task_move(task, TASK_CONSUMED);
    if (task->id == layer->ring.oldest)
        retire_layer(graph, layer);
}

void graph_token(struct task_graph *graph, struct task *task, uint64_t *counter)
{
    assert(!task->token_applied);
    task->token_applied = true;
    task->ref_count++;
    ++*counter;
    settle(graph, task);
}

static bool is_own(const struct task_graph *graph, const struct task_part *part)
{
    return part->target == graph->config.rank;
}

void graph_task_ready(struct task_graph *graph, struct task *task)
{
    graph_task_move(task, TASK_READY);
    for (uint32_t i = 0; i < task->part_count; i++) {
        struct task_part *part = &task->parts[i];

        if (is_own(graph, part))
            part_queue_push(&task->activation->own, part);
        else
            accounts_add_ready(&graph->accounts, part);
    }
}

static struct task_part *start(struct task_part *part)
{
    struct task *task = part->task;

    assert(part->state == PART_WAITING);
    part->state = PART_STARTED;
    part->told = true;
    if (task->state == TASK_READY)
        graph_task_move(task, TASK_RUNNING);
    assert(task->state == TASK_RUNNING);
    return part;
}

struct task_part *task_graph_take(struct task_graph *graph)
{
    struct task_part *part = accounts_take(&graph->accounts);

    return part ? start(part) : NULL;
}

struct task_part *task_graph_take_own(struct task_graph *graph)
{
    struct activation *top = graph_top(graph);
    struct task_part *part = top ? part_queue_pop(&top->own) : NULL;

    return part ? start(part) : NULL;
}

static void note_end(struct task_graph *graph, struct task *task, struct failure *failure)
{
    struct activation *activation = task->activation;

    graph_task_move(task, failure ? TASK_FAILED : TASK_COMPLETED);
    task->failure = failure;
    task->ended_ns = graph->now_ns;
    assert(activation->unfinished);
    activation->unfinished--;
    if (!failure) {
        graph->counts.completed++;
        return;
    }
    graph->counts.failed++;
    if (activation->errors++ == 0)
        activation->first_error = failure_share(failure);
}

/* Its readers have one producer less to wait for; of a failed task they fail, which the caller
 * does: they are put in front of `list`. */
static struct task *tell_readers(struct task_graph *graph, struct task *task, struct task *list)
{
    for (struct dependency *edge = task->readers; edge; edge = edge->next_reader) {
        struct task *reader = edge->reader;

        if (!task->failure) {
            assert(reader->waits);
            if (--reader->waits == 0 && !reader->failure)
                graph_task_ready(graph, reader);
        } else if (!reader->failure) {
            reader->failure = failure_share(task->failure);
            reader->next = list;
            list = reader;
        }
    }
    return list;
}

static void let_go_of_inputs(struct task_graph *graph, struct task *task)
{
    struct task *producer;

    while ((producer = dependency_take_input(&graph->dependencies, task))) {
        producer->ref_count++;
        settle(graph, producer);
    }
}

/* One task after the other instead of one inside the other: a chain may be a million tasks long. A
 * task in the list cannot retire, since it has not ended. */
void graph_task_end(struct task_graph *graph, struct task *task, struct failure *failure)
{
    struct task *list = task;

    task->next = NULL;
    task->failure = failure;
    while (list) {
        struct task *first = list;

        list = first->next;
        list = tell_readers(graph, first, list);
        let_go_of_inputs(graph, first); // may retire others; this one only once it has ended
        note_end(graph, first, first->failure);
        if (first->output_count)
            settle(graph, first);
        else
            graph_token(graph, first, &graph->layers[first->depth].counts.tokens_by_end);
    }
}

static void part_failed(struct task_graph *graph, struct task_part *part,
                        const struct part_error *error)
{
    struct task *task = part->task;
    struct task_key key = task_graph_key(graph, task);

    if (task->failure)
        return;
    task->failure = failure_create(&key, error->text);
    task->failure->deadlock = error->deadlock;
    task->failure->told = error->told;
    task->failure->of_sub_task = task->part_count > 1;
    task->failure->sub_task = part->index;
}

void graph_part_end(struct task_graph *graph, struct task_part *part,
                    const struct part_error *error)
{
    struct task *task = part->task;

    if (part->state == PART_WAITING)
        part_queue_remove(is_own(graph, part) ? &task->activation->own : &part->account->ready,
                          part);
    else if (!is_own(graph, part) && !part->registered)
        accounts_landed(&graph->accounts, part);
    part->state = PART_ENDED;
    task->own_left -= is_own(graph, part);
    if (error)
        part_failed(graph, part, error);
    if (--task->parts_left == 0)
        graph_task_end(graph, task, task->failure);
}

bool task_graph_end_part(struct task_graph *graph, struct task *task, uint32_t index,
                         const char *error, bool deadlock)
{
    const struct part_error told = {.text = error, .deadlock = deadlock, .told = true};

    if (index >= task->part_count || task->parts[index].state != PART_STARTED) {
        graph->counts.late++;
        return false;
    }
    graph_part_end(graph, &task->parts[index], error ? &told : NULL);
    return true;
}

/* Activations and their scopes. */

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "core/graph.h"

static void open_scope(struct task_graph *graph, unsigned depth)
{
    struct layer *layer = &graph->layers[depth];

    assert(!graph->open[depth]);
    graph->open[depth] = ++graph->scope_serial;
    layer->scope_claims = layer->ring.claims;
    layer->counts.scope_begins++;
    if (depth > graph->counts.deepest)
        graph->counts.deepest = depth;
}

/* Apply the tokens of all that was submitted into the layer since its scope began. A task without
 * outputs gives its own when it is done. */
static void close_scope(struct task_graph *graph, unsigned depth)
{
    struct layer *layer = &graph->layers[depth];
    uint64_t since = layer->ring.claims - layer->scope_claims;
    uint32_t end = layer->ring.next, used = task_ring_used(&layer->ring);

    assert(graph->open[depth]);
    graph->open[depth] = 0;
    layer->counts.scope_ends++;
    for (uint32_t id = end - (since < used ? (uint32_t)since : used); id != end; id++) {
        struct task *task = task_ring_find(&layer->ring, id);

        if (task && !task->token_applied && task->output_count)
            graph_token(graph, task, &layer->counts.tokens_by_scope);
    }
}

static void give(struct task_graph *graph, struct activation *top, const struct given_tensor *given)
{
    struct tensor *tensor = tensor_map_find(&top->tensors, given->handle);

    if (tensor) // the same INPUT once more
        return;
    tensor = tensor_map_add(&top->tensors, given->handle, graph->open);
    tensor->size = given->size;
    tensor->scope = graph->open[top->base];
    tensor->depth = (uint8_t)top->base;
    tensor->given = true;
    tensor->source = TENSOR_GIVEN;
    tensor->writable = param_writes(given->type);
    if (tensor->writable) {
        tensor->wire = (uint64_t)graph->config.rank << TENSOR_SERIAL_BITS | ++graph->handle_serial;
        tensor->holder = graph->config.rank;
    } else {
        tensor->wire = given->handle;
        tensor->version = given->version;
        tensor->holder = given->holder;
    }
}

/* The depth of a nested activation: below the scope in which its submitter stands, and below the
 * layer in which its own task lies, which may be a deeper one that has been closed since. */
static uint32_t base_of(const struct activation *outer, const struct task_part *own)
{
    uint32_t lies = own->task->depth;

    return (lies > outer->depth ? lies : outer->depth) + 1;
}

int task_graph_begin(struct task_graph *graph, uint64_t exec, struct task_part *own,
                     const struct given_tensor *given, size_t count, struct error *err)
{
    struct activation *outer = graph_top(graph), *top;
    uint32_t base = own ? base_of(outer, own) : 0;

    assert(!own == !outer);
    if (base > DEPTH_MAX)
        return error_set(
            err, "activations and scopes nest too deep: %s would begin at depth %u, at most %d",
            own->kernel, base, DEPTH_MAX);
    top = &graph->stack[graph->height++];
    *top = (struct activation){
        .part = own, .exec = exec, .base = base, .depth = base, .tensors = top->tensors};
    open_scope(graph, base);
    for (size_t i = 0; i < count; i++)
        give(graph, top, &given[i]);
    return 0;
}

int task_graph_scope_begin(struct task_graph *graph, struct error *err)
{
    struct activation *top = graph_top(graph);

    assert(top && !top->returned);
    if (top->depth == DEPTH_MAX)
        return error_set(err, "scopes nest too deep: at most %d, this activation began at depth %u",
                         DEPTH_MAX, top->base);
    open_scope(graph, ++top->depth);
    return 0;
}

int task_graph_scope_end(struct task_graph *graph, struct error *err)
{
    struct activation *top = graph_top(graph);

    assert(top && !top->returned);
    if (top->depth == top->base)
        return error_set(err, "a scope ends that did not begin");
    close_scope(graph, top->depth--);
    return 0;
}

void task_graph_close(struct task_graph *graph)
{
    graph_top(graph)->closed = true;
}

void task_graph_return(struct task_graph *graph)
{
    struct activation *top = graph_top(graph);

    assert(top && !top->returned);
    top->closed = top->returned = true;
    while (top->depth > top->base)
        close_scope(graph, top->depth--);
}

void task_graph_end(struct task_graph *graph)
{
    struct activation *top = graph_top(graph);

    assert(top && top->returned && !top->unfinished && !top->own.first);
    close_scope(graph, top->base);
    tensor_map_clear(&top->tensors);
    failure_drop(top->first_error);
    top->first_error = NULL;
    graph->height--;
}

bool task_graph_top(const struct task_graph *graph, struct activation_view *view)
{
    const struct activation *top = graph->height ? &graph->stack[graph->height - 1] : NULL;

    if (!top)
        return false;
    *view = (struct activation_view){.exec = top->exec,
                                     .depth = top->depth,
                                     .base = top->base,
                                     .unfinished = top->unfinished,
                                     .submitted = top->submitted,
                                     .closed = top->closed,
                                     .returned = top->returned,
                                     .deadlock = top->deadlock,
                                     .failed_by_deadlock =
                                         top->first_error && top->first_error->deadlock,
                                     .blocked = top->blocked.on != BLOCK_NONE};
    view->may_retry =
        view->blocked && graph->layers[top->blocked.depth].ring.retired != top->blocked.retired;
    return true;
}

/* The first part of it that has not ended. */
static const struct task_part *open_part(const struct task *task)
{
    for (uint32_t i = 0; i < task->part_count; i++)
        if (task->parts[i].state != PART_ENDED)
            return &task->parts[i];
    return NULL;
}

static bool is_better(const struct awaited *found, const struct task_part *part, bool first)
{
    return first || (!found->started && part->state == PART_STARTED);
}

bool task_graph_awaited(const struct task_graph *graph, struct awaited *awaited)
{
    enum { LOOKS = 64 };
    const struct activation *top = graph->height ? &graph->stack[graph->height - 1] : NULL;
    bool found = false;

    for (uint32_t depth = top ? top->base : RING_DEPTHS; depth < RING_DEPTHS; depth++) {
        const struct task_ring *ring = &graph->layers[depth].ring;

        for (uint32_t id = ring->oldest; id != ring->next && id - ring->oldest < LOOKS; id++) {
            const struct task *task = task_ring_find(ring, id);
            const struct task_part *part =
                task_state_ended((enum task_state)task->state) ? NULL : open_part(task);

            if (!part || task->activation != top || !is_better(awaited, part, !found))
                continue;
            found = true;
            *awaited = (struct awaited){.key = task_graph_key(graph, task),
                                        .target = part->target,
                                        .kernel = part->kernel,
                                        .started = part->state == PART_STARTED};
        }
    }
    return found;
}

uint32_t task_graph_stack_height(const struct task_graph *graph)
{
    return graph->height;
}

bool task_graph_told_failure(const struct task_graph *graph, char *text, size_t size)
{
    const struct failure *first = graph->stack[graph->height - 1].first_error;

    if (!first || !first->told)
        return false;
    failure_say(first, text, size);
    return true;
}

static void say_first(const struct task_graph *graph, const struct failure *first, char *text,
                      size_t size)
{
    char name[128] = "", said[LIMIT_CAUSE + 32];

    if (first->has_origin)
        task_key_to_text(&first->origin, graph->config.system, first->origin.exec != 1, name,
                         sizeof name);
    failure_say(first, said, sizeof said);
    snprintf(text, size, "%s%s%s", name, name[0] ? ": " : "", said);
}

uint32_t task_graph_take_errors(struct task_graph *graph, char *text, size_t size)
{
    struct activation *top = graph_top(graph);
    uint32_t errors = top->errors;

    if (size)
        text[0] = '\0';
    if (errors && size)
        say_first(graph, top->first_error, text, size);
    failure_drop(top->first_error);
    top->first_error = NULL;
    top->errors = 0;
    return errors;
}

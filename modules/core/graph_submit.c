/* Submitting a task: look at its parameters, claim what it needs, and only then change anything. */

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "core/graph.h"

enum { SHARED_PART = 0xFFFFFFFE }; // no number of a part, and not TENSOR_NO_PART

/* A submit at hand. */
struct submit {
    struct task_graph *graph;
    const struct task_spec *spec;
    uint64_t stamp;
    size_t used;    // entries of graph->tensors
    unsigned depth; // the layer the task will lie in
    bool wrong;     // it will be submitted as FAILED
    struct error *why;
};

/* One parameter as it stands in the spec. */
struct place_in_spec {
    uint32_t part; // SHARED_PART for a group's own
    uint32_t number;
};

static void say_wrong(struct submit *submit, const struct place_in_spec *at, const char *format,
                      ...) __attribute__((format(printf, 3, 4)));

static void say_wrong(struct submit *submit, const struct place_in_spec *at, const char *format,
                      ...)
{
    const struct task_spec *spec = submit->spec;
    char what[256], where[64] = "";
    va_list args;

    if (submit->wrong)
        return;
    submit->wrong = true;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (at->part == SHARED_PART)
        snprintf(where, sizeof where, "the group's ");
    else if (spec->part_count > 1)
        snprintf(where, sizeof where, "sub-task %u, ", at->part);
    error_set(submit->why, "%sparameter %u %s", where, at->number, what);
}

/* How the tensor was used before in this task, and how it is now. */
static void check_use(struct submit *submit, struct tensor *tensor, bool writes,
                      const struct place_in_spec *at)
{
    bool used = tensor->stamp == submit->stamp;
    bool same_list = used && (tensor->shared || tensor->part == at->part);
    uint32_t writer = used ? tensor->writer : TENSOR_NO_PART;

    if (same_list && (writes || writer == at->part))
        say_wrong(submit, at, "is tensor %#jx once more, and not every use of it is INPUT",
                  (uintmax_t)tensor->handle);
    else if (writes && writer != TENSOR_NO_PART)
        say_wrong(submit, at, "writes tensor %#jx, which another sub-task writes too",
                  (uintmax_t)tensor->handle);
    tensor->stamp = submit->stamp;
    tensor->shared = (used && tensor->shared) || at->part == SHARED_PART;
    tensor->writer = writes ? at->part : writer;
    tensor->part = at->part;
}

/* The tensor of a parameter; NULL, with the reason, when there is none. */
static struct tensor *look_up(struct submit *submit, const struct task_argument *argument,
                              const struct place_in_spec *at)
{
    struct tensor *tensor = graph_tensor_find(submit->graph, argument->value);

    if (argument->value == 0)
        say_wrong(submit, at, "is handle 0, which is no tensor");
    else if (!tensor)
        say_wrong(submit, at,
                  "is tensor %#jx, which this activation does not have: never had, "
                  "freed, or its scope has ended",
                  (uintmax_t)argument->value);
    return tensor;
}

static struct tensor *check_tensor(struct submit *submit, const struct task_argument *argument,
                                   const struct place_in_spec *at)
{
    enum param_type type = (enum param_type)argument->type;
    struct tensor *tensor = look_up(submit, argument, at);

    if (!tensor)
        return NULL;
    check_use(submit, tensor, param_writes(type), at);
    if (param_reads(type) && tensor->source == TENSOR_EMPTY)
        say_wrong(submit, at, "reads tensor %#jx, which nothing has produced",
                  (uintmax_t)tensor->handle);
    if (!param_writes(type))
        return tensor;
    if (at->part == SHARED_PART) {
        say_wrong(submit, at, "is written, but only a sub-task's own parameters can be");
        return NULL;
    }
    if (!tensor->writable) {
        say_wrong(submit, at, "writes tensor %#jx, which is an INPUT of this activation",
                  (uintmax_t)tensor->handle);
        return NULL;
    }
    if (tensor->depth < submit->depth)
        submit->depth = tensor->depth;
    return tensor;
}

static void check_arguments(struct submit *submit, const struct task_argument *arguments,
                            uint32_t count, uint32_t part)
{
    for (uint32_t i = 0; i < count; i++) {
        struct place_in_spec at = {.part = part, .number = i};
        struct tensor *tensor = NULL;

        if (arguments[i].type > PARAM_SCALAR)
            say_wrong(submit, &at, "has the type %u, which does not exist", arguments[i].type);
        else if (arguments[i].type != PARAM_SCALAR)
            tensor = check_tensor(submit, &arguments[i], &at);
        submit->graph->tensors[submit->used++] = tensor;
    }
}

static void make_room(struct task_graph *graph, const struct task_spec *spec)
{
    size_t need = 1 + spec->shared_count; // a list of none has its place, too

    for (uint32_t i = 0; i < spec->part_count; i++)
        need += spec->parts[i].count;
    if (need > graph->tensors_capacity) {
        graph->tensors_capacity = 2 * need;
        graph->tensors = memory_resize(graph->tensors, 2 * need, sizeof(struct tensor *));
    }
}

/* A target that is gone can run nothing any more. */
static void check_target(struct submit *submit, uint32_t target)
{
    const struct failure *lost = graph_lost(submit->graph, target);
    char node[128];

    if (!lost || submit->wrong)
        return;
    submit->wrong = true;
    graph_node_name(submit->graph, target, node, sizeof node);
    error_set(submit->why, "%s is gone: %s", node, lost->text);
}

/* All of them travel in one frame, and so do the outputs on the way back. */
static void check_count(struct submit *submit, uint32_t number)
{
    const struct task_spec *spec = submit->spec;
    const struct part_spec *part = &spec->parts[number];
    uint64_t count = (uint64_t)spec->shared_count + part->count;
    char where[64] = "the task";

    if (submit->wrong || part->target == submit->graph->config.rank || count <= LIMIT_TASK_PARAMS)
        return;
    submit->wrong = true;
    if (spec->part_count > 1)
        snprintf(where, sizeof where, "sub-task %u", number);
    error_set(submit->why,
              "%s has %ju parameters, and one for another node at most %d: gather scalars in a "
              "tensor (reg_data), or submit several tasks",
              where, (uintmax_t)count, LIMIT_TASK_PARAMS);
}

static void check_all(struct submit *submit)
{
    const struct task_spec *spec = submit->spec;

    make_room(submit->graph, spec);
    if (spec->refusal) {
        submit->wrong = true;
        error_set(submit->why, "%s", spec->refusal);
    }
    check_arguments(submit, spec->shared, spec->shared_count, SHARED_PART);
    for (uint32_t i = 0; i < spec->part_count; i++) {
        check_target(submit, spec->parts[i].target);
        check_count(submit, i);
        check_arguments(submit, spec->parts[i].arguments, spec->parts[i].count, i);
    }
}

/* What the task claims besides its slot. */
static void list_claims(struct submit *submit)
{
    const struct task_spec *spec = submit->spec;
    struct task_graph *graph = submit->graph;
    struct tensor **tensors = graph->tensors + spec->shared_count;

    graph_claim_clear(graph);
    if (submit->wrong)
        return;
    for (uint32_t i = 0; i < spec->part_count; i++) {
        const struct part_spec *part = &spec->parts[i];
        struct account *account = NULL;

        for (uint32_t k = 0; k < part->count; k++, tensors++) {
            if (!param_writes((enum param_type)part->arguments[k].type) || !(*tensors)->size)
                continue;
            if (!account)
                account = accounts_of(&graph->accounts, part->target);
            graph_claim_add(graph, account, (*tensors)->size);
        }
    }
}

/* Parameters as the arguments say, not bound yet. */
static struct task_param *copy_arguments(struct task_graph *graph, struct tensor **tensors,
                                         const struct task_argument *arguments, uint32_t count)
{
    struct task_param *params = param_pool_take(&graph->params, count);

    for (uint32_t i = 0; i < count; i++) {
        params[i] = (struct task_param){.type = arguments[i].type,
                                        .value = arguments[i].value,
                                        .producer_depth = PRODUCER_ELSEWHERE};
        if (tensors[i]) {
            params[i].value = tensors[i]->wire;
            params[i].size = tensors[i]->size;
        }
    }
    return params;
}

static void make_parts(struct submit *submit, struct task *task)
{
    const struct task_spec *spec = submit->spec;
    struct task_graph *graph = submit->graph;
    struct tensor **tensors = graph->tensors;

    task->tag = spec->tag;
    task->part_count = task->parts_left = spec->part_count;
    task->parts = spec->part_count == 1 ? &task->one : NULL;
    if (spec->part_count > 1)
        task->parts = memory_new(spec->part_count, sizeof *task->parts);
    task->shared_count = spec->shared_count;
    task->shared = copy_arguments(graph, tensors, spec->shared, spec->shared_count);
    tensors += spec->shared_count;
    for (uint32_t i = 0; i < spec->part_count; i++) {
        const struct part_spec *from = &spec->parts[i];

        task->parts[i] = (struct task_part){
            .task = task,
            .account = accounts_of(&graph->accounts, from->target),
            .params = copy_arguments(graph, tensors, from->arguments, from->count),
            .kernel = from->kernel,
            .code = from->code,
            .index = i,
            .target = from->target,
            .param_count = from->count};
        task->own_left += from->target == graph->config.rank;
        tensors += from->count;
    }
}

/* Bind what the task reads to the latest version. Returns why that version is no good; NULL when it
 * is or may be. */
static struct failure *bind_read(struct submit *submit, struct task *task, struct tensor *tensor,
                                 struct task_param *param)
{
    struct task_graph *graph = submit->graph;
    struct task *producer;

    param->version = tensor->version;
    param->holder = tensor->holder;
    if (tensor->source == TENSOR_REFUSED)
        return tensor->refused;
    if (tensor->source == TENSOR_GIVEN)
        return NULL;
    producer = task_ring_find(&graph->layers[tensor->layer].ring, tensor->producer);
    param->producer_id = producer->id;
    param->producer_depth = producer->depth;
    if (producer->mark != submit->stamp) { // one edge, however many of its outputs are read
        producer->mark = submit->stamp;
        producer->fanout_count++;
        dependency_add(&graph->dependencies, producer, task);
        task->waits += !task_state_ended((enum task_state)producer->state);
    }
    if (producer->state == TASK_FAILED)
        return producer->failure;
    return task_state_ended((enum task_state)producer->state) ? graph_lost(graph, tensor->holder)
                                                              : NULL;
}

static struct failure *bind_reads(struct submit *submit, struct task *task)
{
    struct tensor **tensors = submit->graph->tensors;
    struct failure *failure = NULL;

    for (uint32_t i = 0; i <= task->part_count; i++) {
        struct task_param *params = i ? task->parts[i - 1].params : task->shared;
        uint32_t count = i ? task->parts[i - 1].param_count : task->shared_count;

        for (uint32_t k = 0; k < count; k++, tensors++) {
            struct failure *found = NULL;

            if (param_reads((enum param_type)params[k].type))
                found = bind_read(submit, task, *tensors, &params[k]);
            failure = failure ? failure : found;
        }
    }
    return failure;
}

/* Make the new versions. Of a task that is wrong they are failed ones without bytes, and a tensor
 * that it names twice gets one. */
static void make_versions(struct submit *submit, struct task *task)
{
    struct task_graph *graph = submit->graph;
    struct tensor **tensors = graph->tensors + task->shared_count;
    const struct claim_item *item = graph->claims.items;

    task->has_bytes = !submit->wrong;
    for (uint32_t i = 0; i < task->part_count; i++) {
        struct task_part *part = &task->parts[i];

        for (uint32_t k = 0; k < part->param_count; k++, tensors++) {
            struct task_param *param = &part->params[k];
            struct tensor *tensor = *tensors;

            if (!param_writes((enum param_type)param->type) || !tensor)
                continue;
            if (submit->wrong && tensor->source == TENSOR_TASK && tensor->producer == task->id &&
                tensor->layer == task->depth)
                continue;
            if (task->has_bytes && param->size)
                param->place = (item++)->place;
            graph_tensor_make_version(graph, tensor, task, part, param);
        }
    }
}

static struct failure *own_failure(struct task_graph *graph, const struct task *task,
                                   const char *why)
{
    struct task_key key = task_graph_key(graph, task);
    char text[ERROR_TEXT_SIZE + 256];

    snprintf(text, sizeof text, "%s: %s", task->part_count ? task->parts[0].kernel : "group", why);
    return failure_create(&key, text);
}

/* An empty group has nothing to wait for. */
static void complete_at_once(struct task_graph *graph, struct task *task)
{
    graph_task_move(task, TASK_READY);
    graph_task_move(task, TASK_RUNNING);
    graph_task_end(graph, task, NULL);
}

static void enter(struct submit *submit, struct task *task)
{
    struct task_graph *graph = submit->graph;
    struct activation *top = graph_top(graph);
    struct failure *failure = NULL;

    top->submitted++;
    top->unfinished++;
    make_parts(submit, task);
    if (submit->wrong)
        failure = own_failure(graph, task, submit->why->text);
    else if (task->part_count)
        failure = bind_reads(submit, task);
    if (failure && !submit->wrong)
        failure_share(failure);
    make_versions(submit, task);
    if (failure)
        graph_task_end(graph, task, failure);
    else if (!task->part_count)
        complete_at_once(graph, task);
    else if (!task->waits)
        graph_task_ready(graph, task);
}

/* The task could not be submitted; who reads what it was to make shall know. */
static enum submit_result refuse(struct submit *submit, enum submit_result result,
                                 const struct error *why)
{
    const struct task_spec *spec = submit->spec;
    struct task_graph *graph = submit->graph;
    struct activation *top = graph_top(graph);
    struct failure *failure = failure_create(NULL, why->text);
    struct tensor **tensors = graph->tensors + spec->shared_count;

    failure->deadlock = result == SUBMIT_DEADLOCK;
    for (uint32_t i = 0; i < spec->part_count; i++) {
        for (uint32_t k = 0; k < spec->parts[i].count; k++, tensors++) {
            if (*tensors && param_writes((enum param_type)spec->parts[i].arguments[k].type))
                graph_tensor_refuse_version(graph, *tensors, failure);
        }
    }
    if (top->errors++ == 0)
        top->first_error = failure_share(failure);
    failure_drop(failure);
    return result;
}

enum submit_result task_graph_submit(struct task_graph *graph, const struct task_spec *spec,
                                     struct task_key *key, struct error *err)
{
    struct activation *top = graph_top(graph);
    struct submit submit = {.graph = graph, .spec = spec, .depth = top->depth, .why = err};
    enum claim_result claim;
    struct task *task;

    assert(!top->returned);
    err->text[0] = '\0';
    submit.stamp = ++graph->stamp;
    check_all(&submit);
    if (top->closed) {
        error_set(err, "%s is submitted after orchestration_done",
                  spec->part_count ? spec->parts[0].kernel : "a group");
        return refuse(&submit, SUBMIT_REFUSED, err);
    }
    list_claims(&submit);
    claim = graph_claim(graph, submit.depth, &task, err);
    if (claim == CLAIM_TOO_LARGE) {
        submit.wrong = true;
        graph_claim_clear(graph);
        claim = graph_claim(graph, submit.depth, &task, err);
    }
    if (claim == CLAIM_FULL)
        return SUBMIT_FULL;
    if (claim == CLAIM_DEADLOCK)
        return refuse(&submit, SUBMIT_DEADLOCK, err);
    submit.stamp = ++graph->stamp; // claiming has walked with stamps of its own
    if (key)
        *key = task_graph_key(graph, task);
    enter(&submit, task);
    return SUBMIT_DONE;
}

/* Orchestrations: each on a fiber, one after the other; nested on top of a waiting one when it
 * submitted tasks for this node itself.
 *
 *   start ─▶ its function runs ─▶ waits ─▶ runs … ─▶ returns
 *            ─▶ its tasks end ─▶ its outputs are pulled ─▶ end */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "node/activation.h"

enum { OWN_AHEAD = 16 }; // parts for this node that are taken before their turn

void activation_wait(struct activation_run *run, enum activation_wait what)
{
    run->wait = (uint8_t)what;
    run->woken = false;
    fiber_park();
    run->wait = WAIT_NOTHING;
}

void activation_resolved(struct node *node)
{
    for (struct activation_run *run = node->runtime->top; run; run = run->outer)
        run->woken |= run->wait == WAIT_NAME;
}

static void run_function(void *arg)
{
    struct activation_run *run = arg;

    run->call->kernel->entry(&run->kernel.rt, run->call->args, (int)run->call->param_count);
}

/* --- start ------------------------------------------------------------------------------------ */

static size_t list_given(const struct call *call, struct given_tensor *given)
{
    size_t count = 0;

    for (uint32_t i = 0; i < call->param_count; i++) {
        const struct call_param *param = &call->params[i];

        if (param->type != PARAM_SCALAR)
            given[count++] = (struct given_tensor){.type = param->type,
                                                   .handle = param->value,
                                                   .size = param->size,
                                                   .version = param->version,
                                                   .holder = param->holder};
    }
    return count;
}

static int begin(struct node *node, struct call *call, struct error *err)
{
    struct given_tensor *given = memory_new(call->param_count, sizeof *given);
    size_t count = list_given(call, given);
    int result =
        task_graph_begin(node->runtime->graph, call->key.exec, call->own, given, count, err);

    free(given);
    return result;
}

/* What it was given to write has, for the tasks that it hands it to, a name of this node's own. */
static void note_own_names(struct node *node, struct call *call)
{
    for (uint32_t i = 0; i < call->param_count; i++) {
        struct call_param *param = &call->params[i];
        struct tensor_view view;

        if (param_writes((enum param_type)param->type) &&
            task_graph_tensor(node->runtime->graph, param->value, &view))
            param->own_name = view.wire;
    }
}

void activation_start(struct node *node, struct call *call)
{
    struct runtime *runtime = node->runtime;
    struct activation_run *run;
    struct error err;

    if (begin(node, call, &err) < 0) {
        call_fail(call, node, "%s", err.text);
        call_end(node, call);
        return;
    }
    note_own_names(node, call);
    run = memory_new(1, sizeof *run);
    run->kernel = (struct kernel_runtime){.node = node, .call = call, .run = run};
    kernel_runtime_init(&run->kernel);
    run->call = call;
    run->outer = runtime->top;
    runtime->top = run;
    run->fiber = fiber_create(runtime->fibers, run_function, run);
    if (!run->fiber) {
        call_fail(call, node, "there is no memory for its stack of %d KiB",
                  FIBER_STACK_USUAL / 1024);
        task_graph_return(runtime->graph);
    }
}

/* --- going on --------------------------------------------------------------------------------- */

static bool can_resume(const struct node *node, const struct activation_run *run)
{
    struct activation_view view;

    if (!run->fiber)
        return false;
    switch ((enum activation_wait)run->wait) {
    case WAIT_NOTHING:
        return true;
    case WAIT_NAME:
    case WAIT_DATA:
        return run->woken;
    case WAIT_TASKS:
    case WAIT_ROOM:
        break;
    }
    task_graph_top(node->runtime->graph, &view);
    return run->wait == WAIT_TASKS ? view.unfinished == 0 : view.may_retry;
}

static bool can_finish(const struct node *node, const struct activation_run *run)
{
    struct activation_view view;

    if (run->fiber || run->finishing || run->own.count)
        return false;
    task_graph_top(node->runtime->graph, &view);
    return view.unfinished == 0;
}

static void resume(struct node *node, struct activation_run *run)
{
    struct call *call = run->call;
    uint64_t from = runtime_clock(node);
    bool done;

    kernel_enter(node, call);
    done = fiber_resume(run->fiber);
    kernel_leave(node);
    call->run_ns += runtime_clock(node) - from;
    if (!done)
        return;
    fiber_destroy(run->fiber);
    run->fiber = NULL;
    task_graph_return(node->runtime->graph);
}

/* --- parts for this node itself --------------------------------------------------------------- */

static bool may_run_own(const struct activation_run *run)
{
    return !run->fiber || run->wait != WAIT_NOTHING;
}

void activation_take_own(struct node *node)
{
    struct activation_run *run = node->runtime->top;
    struct task_part *part;

    if (!run || run->finishing || !may_run_own(run))
        return;
    while (run->own.count < OWN_AHEAD && (part = task_graph_take_own(node->runtime->graph)))
        call_begin_own(node, run, part);
}

/* --- the end ---------------------------------------------------------------------------------- */

void activation_forget_look(struct activation_run *run, uint64_t handle)
{
    struct look *look = u64_map_remove(&run->looks, handle);

    if (!look)
        return;
    if (look->newer)
        look->newer->older = look->older;
    else
        run->scope_looks[look->scope] = look->older;
    if (look->older)
        look->older->newer = look->newer;
    fetch_end(run->kernel.node, &look->want);
    free(look);
}

void activation_forget_scope(struct activation_run *run, unsigned depth)
{
    while (run->scope_looks[depth])
        activation_forget_look(run, run->scope_looks[depth]->handle);
}

static void end_looks(struct activation_run *run)
{
    for (unsigned depth = 0; depth < RING_DEPTHS; depth++)
        activation_forget_scope(run, depth);
    u64_map_free(&run->looks);
}

static void end_pulls(struct node *node, struct activation_run *run)
{
    for (uint32_t i = 0; run->pulls && i < run->call->param_count; i++)
        if (run->pulls[i].done)
            fetch_end(node, &run->pulls[i]);
    free(run->pulls);
}

static void finish(struct node *node, struct activation_run *run)
{
    struct runtime *runtime = node->runtime;
    struct call *call = run->call;

    end_pulls(node, run);
    end_looks(run);
    task_graph_end(runtime->graph);
    runtime->top = run->outer;
    free(run);
    call_end(node, call);
}

static void pulled(struct node *node, struct activation_run *run, uint32_t number)
{
    struct call_param *param = &run->call->params[number];
    const struct want *want = &run->pulls[number];

    if (want->error)
        call_fail(run->call, node, "its output %u cannot be had: %s", number, want->error);
    else if (param->size)
        memcpy(param->bytes, want->bytes, param->size);
    run->pulls_left--;
}

static void pull_done(struct node *node, struct want *want)
{
    struct activation_run *run = want->arg;

    pulled(node, run, (uint32_t)(want - run->pulls));
    if (run->pulls_left == 0)
        finish(node, run);
}

/* Its latest version, when a task has made one; what it wrote itself lies there already. */
static void pull(struct node *node, struct activation_run *run, uint32_t number)
{
    const struct call_param *param = &run->call->params[number];
    struct want *want = &run->pulls[number];
    struct tensor_view view;

    if (!param_writes((enum param_type)param->type) ||
        !task_graph_tensor(node->runtime->graph, param->value, &view) || view.given)
        return;
    if (view.state != TENSOR_HERE) {
        call_fail(run->call, node, "the task that was to make its output %u has failed", number);
        return;
    }
    *want = (struct want){.handle = view.wire,
                          .size = view.size,
                          .version = view.version,
                          .holder = view.holder,
                          .done = pull_done,
                          .arg = run};
    run->pulls_left++;
    if (fetch_begin(node, want))
        pulled(node, run, number);
}

/* The first failure that nobody has read, as its own node said it. What the core says itself begins
 * with a task's name only. */
static void take_failure(struct node *node, struct activation_run *run)
{
    struct task_graph *graph = node->runtime->graph;
    char said[LIMIT_CAUSE + 32], text[LIMIT_CAUSE + 160];
    bool told = task_graph_told_failure(graph, said, sizeof said);
    struct activation_view view;

    task_graph_top(graph, &view);
    run->call->deadlock = run->call->error ? view.deadlock : view.failed_by_deadlock;
    if (task_graph_take_errors(graph, text, sizeof text) == 0 || run->call->error)
        return;
    if (told)
        call_fail_as(run->call, said);
    else
        call_fail(run->call, node, "%s", text);
}

static void begin_to_finish(struct node *node, struct activation_run *run)
{
    run->finishing = true;
    take_failure(node, run);
    if (run->call->error) {
        finish(node, run);
        return;
    }
    run->pulls = memory_new(run->call->param_count, sizeof *run->pulls);
    run->pulls_left = 1; // so that it does not finish before all have been looked at
    for (uint32_t i = 0; i < run->call->param_count; i++)
        pull(node, run, i);
    if (--run->pulls_left == 0)
        finish(node, run);
}

/* --- turns ------------------------------------------------------------------------------------ */

bool activation_can_turn(const struct node *node)
{
    const struct activation_run *run = node->runtime->top;

    return can_resume(node, run) || (run->own.ready && may_run_own(run)) || can_finish(node, run);
}

bool activation_turn(struct node *node)
{
    struct activation_run *run = node->runtime->top;

    if (run->own.ready && may_run_own(run))
        call_start(node, call_queue_take(&run->own));
    else if (can_resume(node, run))
        resume(node, run);
    else if (can_finish(node, run))
        begin_to_finish(node, run);
    else
        return false;
    return true;
}

bool activation_bytes(const struct node *node, uint64_t handle, uint32_t version, uint8_t **bytes,
                      uint64_t *size)
{
    if (version != 0 || handle == 0)
        return false;
    for (const struct activation_run *run = node->runtime->top; run; run = run->outer) {
        for (uint32_t i = 0; i < run->call->param_count; i++) {
            const struct call_param *param = &run->call->params[i];

            if (param->own_name == handle) {
                *bytes = param->bytes;
                *size = param->size;
                return true;
            }
        }
    }
    return false;
}

void activation_drop_draft(struct activation_run *run)
{
    free(run->draft_parts);
    free(run->draft_arguments);
    run->draft_parts = run->draft_arguments = NULL;
}

void activations_drop(struct node *node)
{
    struct activation_run *run;

    while ((run = node->runtime->top)) {
        node->runtime->top = run->outer;
        end_pulls(node, run);
        end_looks(run);
        activation_drop_draft(run);
        if (run->fiber)
            fiber_destroy(run->fiber);
        call_queue_drop(node, &run->own);
        call_drop(node, run->call);
        free(run);
    }
}

/* Tasks that came to be run here: their queue, their inputs, their end.
 *
 *   WAITING ──code and inputs are here──▶ READY ──its turn──▶ RUNNING ──▶ ENDED
 *
 * They run one after the other. Inputs of the next few are fetched meanwhile; the first one that
 * has all it needs is run. */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "node/activation.h"
#include "topo/ring_layout.h"

enum {
    PREPARED_AHEAD = 8,    // queued calls whose inputs are fetched or being fetched
    RUN_SLICE_NS = 200000, // of one EVENT_RUN, if no kernel takes longer
    SPARE_MOST = 4096,     // bytes of a call whose memory is kept for the next
};

void call_fail_as(struct call *call, const char *sentence)
{
    size_t size = strnlen(sentence, LIMIT_CAUSE);

    if (call->error)
        return;
    call->error = memory_new(LIMIT_CAUSE, 1);
    memcpy(call->error, sentence, size < LIMIT_CAUSE ? size : LIMIT_CAUSE - 1);
    if (size == LIMIT_CAUSE)
        memset(call->error + LIMIT_CAUSE - 4, '.', 3);
}

void call_fail(struct call *call, const struct node *node, const char *format, ...)
{
    char cause[ERROR_TEXT_SIZE], key[128];
    struct error sentence;
    va_list args;

    if (call->error)
        return;
    va_start(args, format);
    vsnprintf(cause, sizeof cause, format, args);
    va_end(args);
    task_key_to_text(&call->key, node->config.logical_system, call->key.exec != 1, key, sizeof key);
    error_set(&sentence, "%s: task %s: kernel %s: %s", node->path, key, call->kernel_name, cause);
    call_fail_as(call, sentence.text);
}

static bool is_input(const struct call_param *param)
{
    return param_reads((enum param_type)param->type);
}

static bool is_output(const struct call_param *param)
{
    return param_writes((enum param_type)param->type);
}

/* --- inputs ----------------------------------------------------------------------------------- */

static void call_settle(struct call *call)
{
    if (call->state != CALL_WAITING || call->code_missing || call->missing)
        return;
    call->state = CALL_READY;
    call->queue->ready++;
}

static void input_done(struct node *node, struct want *want)
{
    struct call *call = want->arg;
    struct call_param *param = call->params;

    while (param->want != want)
        param++;
    if (want->error)
        call_fail(call, node, "an input cannot be had: %s", want->error);
    param->bytes = want->error ? NULL : want->bytes;
    assert(call->missing);
    call->missing--;
    call_settle(call);
}

/* A worker has all its inputs before it runs; an orchestration what it starts from. */
static bool needs_at_start(const struct call *call, const struct call_param *param)
{
    return is_input(param) &&
           (call->kernel->role == LINQU_ROLE_WORKER || param->type == PARAM_INOUT);
}

static void fetch_input(struct node *node, struct call *call, struct call_param *param)
{
    struct want *want = param->want;

    *want = (struct want){.handle = param->value,
                          .size = param->size,
                          .version = param->version,
                          .holder = param->holder,
                          .done = input_done,
                          .arg = call};
    call->missing++;
    if (fetch_begin(node, want))
        input_done(node, want);
}

static void fetch_inputs(struct node *node, struct call *call)
{
    call->missing++; // so that it is not ready before all have been looked at
    for (uint32_t i = 0; i < call->param_count; i++)
        if (needs_at_start(call, &call->params[i]))
            fetch_input(node, call, &call->params[i]);
    call->missing--;
}

static void check_kernel(struct node *node, struct call *call)
{
    if (call->kernel->level != node->coord.level)
        call_fail(call, node, "it is a kernel for level %u (%s), this node is at level %u",
                  call->kernel->level,
                  call->kernel->level < LEVEL_COUNT ? level_name((enum level)call->kernel->level)
                                                    : "none",
                  node->coord.level);
}

static void take_code(struct node *node, struct call *call)
{
    struct error err;

    call->code_missing = false;
    switch (code_want(node, call->code, &call->kernel, &err)) {
    case CODE_LOADED:
        check_kernel(node, call);
        break;
    case CODE_MISSING:
        call->code_missing = true;
        return;
    case CODE_BROKEN:
        call_fail(call, node, "%s", err.text);
        break;
    }
    if (!call->error)
        fetch_inputs(node, call);
}

/* Get what it needs: at once, or as it comes. */
static void call_prepare(struct node *node, struct call *call)
{
    take_code(node, call);
    call_settle(call);
}

/* Behind it; those that were refused need nothing. */
static struct call *next_unprepared(const struct call *call)
{
    struct call *next = call->next;

    while (next && next->refused)
        next = next->next;
    return next;
}

static void prepare_more(struct node *node)
{
    struct runtime *runtime = node->runtime;

    while (runtime->unprepared && runtime->prepared < PREPARED_AHEAD) {
        struct call *call = runtime->unprepared;

        runtime->unprepared = next_unprepared(call);
        runtime->prepared += call->inputs > 0;
        call_prepare(node, call);
    }
}

static void code_came_for(struct node *node, struct call *first, uint64_t hash)
{
    for (struct call *call = first; call; call = call->next) {
        if (call->code_missing && call->code == hash) {
            take_code(node, call);
            call_settle(call);
        }
    }
}

void call_code_came(struct node *node, uint64_t hash)
{
    code_came_for(node, node->runtime->queue.first, hash);
    for (struct activation_run *run = node->runtime->top; run; run = run->outer)
        code_came_for(node, run->own.first, hash);
}

/* --- the queue -------------------------------------------------------------------------------- */

void call_queue_add(struct call_queue *queue, struct call *call)
{
    call->queue = queue;
    if (queue->last)
        queue->last->next = call;
    else
        queue->first = call;
    queue->last = call;
    queue->count++;
}

struct call *call_queue_take(struct call_queue *queue)
{
    struct call *call = queue->first, *before = NULL;

    for (; call && call->state != CALL_READY; call = call->next)
        before = call;
    if (!call)
        return NULL;
    if (before)
        before->next = call->next;
    else
        queue->first = call->next;
    if (queue->last == call)
        queue->last = before;
    call->next = NULL;
    queue->ready--;
    queue->count--;
    return call;
}

/* --- what a CALL_TASK says -------------------------------------------------------------------- */

static bool take_output(struct node *node, struct call *call, struct call_param *param)
{
    struct held_version version = {.handle = param->value,
                                   .size = param->size,
                                   .place = param->place,
                                   .version = param->new_version,
                                   .level = (uint8_t)call->key.creator.level,
                                   .depth = (uint8_t)param->depth,
                                   .state = HELD_COMING};
    enum level owner = (enum level)call->key.creator.level;

    if (call->creator == RANK_LAUNCHER) // it owns no ring
        return false;
    if (param->depth >= RING_DEPTHS || param->size > ring_bytes(node->topology, owner) ||
        param->place > ring_bytes(node->topology, owner) - param->size)
        return false;
    param->bytes = data_at(node, owner, param->depth, param->place);
    return held_add(node->runtime->held, owner, call->key.id, &version);
}

static void forget_outputs(struct node *node, const struct call *call, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (is_output(&call->params[i]))
            data_released(node, call->params[i].value, call->params[i].new_version);
}

static bool take_outputs(struct node *node, struct call *call)
{
    for (uint32_t i = 0; i < call->param_count; i++) {
        if (is_output(&call->params[i]) && !take_output(node, call, &call->params[i])) {
            forget_outputs(node, call, i);
            return false;
        }
    }
    return true;
}

static bool read_param(const struct node *node, struct call_param *to,
                       const struct wire_param *from)
{
    *to = (struct call_param){.type = from->type,
                              .value = from->value,
                              .size = from->size,
                              .version = from->version,
                              .new_version = from->new_version,
                              .place = from->place,
                              .depth = from->depth,
                              .producer_id = from->producer_id,
                              .producer_depth = from->producer_depth};
    if (from->type > PARAM_SCALAR)
        return false;
    if (from->type != PARAM_SCALAR && tensor_maker(from->value) == node->config.rank)
        return false; // what this node calls its tensors it tells nobody above
    if (!is_input(to))
        return true;
    to->holder = rank_of_coord(node, &from->holder);
    return to->holder != RANK_NONE;
}

/* The memory of a call that has ended, if it is enough: a node that is woken for one task at a time
 * needs nothing of the allocator, whose code and tables it would find cold. */
static struct call *call_memory(struct runtime *runtime, size_t size)
{
    struct call *call = runtime->spare_call;
    size_t room = size;

    if (call && call->room >= size) {
        room = call->room;
        memset(call, 0, size);
        runtime->spare_call = NULL;
    } else {
        call = memory_new(1, size);
    }
    call->room = room;
    return call;
}

/* One piece of memory: the call, its parameters, its arguments, and a want for each input. */
static struct call *call_new(struct runtime *runtime, uint32_t param_count, uint32_t inputs)
{
    size_t params = param_count * sizeof(struct call_param), args = param_count * sizeof(uint64_t);
    size_t size = sizeof(struct call) + params + args + inputs * sizeof(struct want);
    struct call *call = call_memory(runtime, size);
    uint8_t *memory = (uint8_t *)call;

    call->params = (struct call_param *)(void *)(memory + sizeof *call);
    call->args = (uint64_t *)(void *)(memory + sizeof *call + params);
    call->param_count = param_count;
    call->inputs = inputs;
    return call;
}

static void call_free(struct runtime *runtime, struct call *call)
{
    struct call *spare = runtime->spare_call;

    if (call->error)
        free(call->error);
    if (call->room <= SPARE_MOST && (!spare || spare->room < call->room)) {
        runtime->spare_call = call;
        call = spare;
    }
    if (call) // a call of free() is one, whatever it is told
        free(call);
}

static struct want *first_want(struct call *call)
{
    return (struct want *)(void *)(call->args + call->param_count);
}

static void share_out(struct call *call)
{
    struct want *want = first_want(call);

    for (uint32_t i = 0; i < call->param_count; i++) {
        call->args[i] = call->params[i].value;
        if (is_input(&call->params[i]))
            call->params[i].want = want++;
    }
}

/* Owners are above: their rings are the ones that lie here. */
static bool may_submit_here(const struct node *node, uint32_t creator)
{
    return creator == RANK_LAUNCHER ||
           (creator != RANK_NONE && creator != node->config.rank &&
            topology_within(node->topology, node->config.rank, creator));
}

static uint32_t count_inputs(const struct msg_call_task *from)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < from->params.count; i++)
        count += param_reads((enum param_type)from->params.items[i].type);
    return count;
}

static struct call *call_read(const struct node *node, const struct msg_call_task *from)
{
    struct call *call;

    if (from->params.count > LIMIT_TASK_PARAMS)
        return NULL;
    call = call_new(node->runtime, from->params.count, count_inputs(from));
    call->key = from->task;
    call->creator = rank_of_coord(node, &from->task.creator);
    call->part = from->spmd_index;
    call->parts = from->spmd_size;
    call->code = from->code_hash;
    call->time_limit_ms = from->time_limit_ms;
    wire_str_copy(from->kernel, call->kernel_name, sizeof call->kernel_name);
    for (uint32_t i = 0; i < from->params.count; i++) {
        if (!read_param(node, &call->params[i], &from->params.items[i])) {
            call_free(node->runtime, call);
            return NULL;
        }
    }
    share_out(call);
    if (may_submit_here(node, call->creator))
        return call;
    call_free(node->runtime, call);
    return NULL;
}

/* What cannot be run as it was sent has failed, if somebody is there who may have sent it. */
static void refuse_call(struct node *node, const struct msg_call_task *from)
{
    struct message message = {.type = MSG_TASK_COMPLETE};
    char error[LIMIT_CAUSE];

    refuse(node, FRAME_BAD_FIELDS, "a submitter: CALL_TASK");
    if (!may_submit_here(node, rank_of_coord(node, &from->task.creator)))
        return;
    snprintf(error, sizeof error, "%s: its CALL_TASK makes no sense here", node->path);
    message.task_complete.task = from->task;
    message.task_complete.part = from->spmd_index;
    message.task_complete.status = TASK_STATUS_FAILED;
    message.task_complete.error = wire_str_of(error);
    want_message_to(node, PEER_PARENT, &from->task.creator, &message);
}

/* Its submitter hears of it like of any other failure, when its turn comes. */
static void refuse_outputs(const struct node *node, struct call *call)
{
    call_fail(call, node, "its outputs do not fit where they were claimed");
    call->refused = true;
    call_settle(call);
}

void on_call_task(struct node *node, uint32_t peer, const struct message *message)
{
    struct runtime *runtime = node->runtime;
    struct call *call = call_read(node, &message->call_task);

    (void)peer;
    if (!call) {
        refuse_call(node, &message->call_task);
        return;
    }
    if (call->key.exec > runtime->exec) {
        runtime->exec = call->key.exec;
        copy_cache_drop(runtime->copies); // no version of an exec that has ended is read again
    }
    call_queue_add(&runtime->queue, call);
    if (!take_outputs(node, call))
        refuse_outputs(node, call);
    else if (!runtime->unprepared)
        runtime->unprepared = call;
    prepare_more(node);
}

/* --- parts of one's own tasks ----------------------------------------------------------------- */

static struct call_param own_param(const struct task_param *from, unsigned depth)
{
    return (struct call_param){.type = from->type,
                               .value = from->value,
                               .size = from->size,
                               .version = from->version,
                               .new_version = from->new_version,
                               .holder = from->holder,
                               .place = from->place,
                               .depth = (uint16_t)depth,
                               .producer_id = from->producer_id,
                               .producer_depth = from->producer_depth};
}

static uint32_t inputs_of_part(const struct task_part *part)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < part_param_count(part); i++)
        count += param_reads((enum param_type)part_param(part, i)->type);
    return count;
}

void call_begin_own(struct node *node, struct activation_run *submitter, struct task_part *part)
{
    const struct task *task = part->task;
    struct call *call = call_new(node->runtime, part_param_count(part), inputs_of_part(part));

    call->key = task_graph_key(node->runtime->graph, task);
    call->creator = node->config.rank;
    call->part = part->index;
    call->parts = task->part_count;
    call->code = part->code;
    call->time_limit_ms = submitter->call->time_limit_ms;
    snprintf(call->kernel_name, sizeof call->kernel_name, "%s", part->kernel);
    call->own = part;
    for (uint32_t i = 0; i < call->param_count; i++)
        call->params[i] = own_param(part_param(part, i), task->depth);
    share_out(call);
    call_queue_add(&submitter->own, call);
    if (take_outputs(node, call))
        call_prepare(node, call);
    else
        refuse_outputs(node, call);
}

/* --- the end ---------------------------------------------------------------------------------- */

static void end_outputs(struct node *node, struct call *call)
{
    for (uint32_t i = 0; i < call->param_count; i++) {
        const struct call_param *param = &call->params[i];

        if (is_output(param) && !call->refused)
            held_set_state(node->runtime->held, param->value, param->new_version,
                           call->error ? HELD_FAILED : HELD_HERE);
    }
}

static void end_wants(struct node *node, struct call *call)
{
    for (uint32_t i = 0; i < call->param_count; i++)
        if (call->params[i].want && call->params[i].want->done)
            fetch_end(node, call->params[i].want);
}

void call_drop(struct node *node, struct call *call)
{
    end_wants(node, call);
    call_free(node->runtime, call);
}

void call_queue_drop(struct node *node, struct call_queue *queue)
{
    while (queue->first) {
        struct call *call = queue->first;

        queue->first = call->next;
        call_drop(node, call);
    }
}

static uint32_t list_outputs(const struct node *node, const struct call *call,
                             struct wire_output *outputs)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < call->param_count; i++) {
        const struct call_param *param = &call->params[i];

        if (is_output(param))
            outputs[count++] = (struct wire_output){.handle = param->value,
                                                    .version = param->new_version,
                                                    .size = param->size,
                                                    .holder = node->coord};
    }
    return count;
}

static void tell_submitter(struct node *node, const struct call *call)
{
    struct message message = {.type = MSG_TASK_COMPLETE};
    struct wire_output few[8], *outputs = few;

    if (call->param_count > 8)
        outputs = memory_new(call->param_count, sizeof *outputs);
    message.task_complete.task = call->key;
    message.task_complete.status = !call->error     ? TASK_STATUS_COMPLETED
                                   : call->deadlock ? TASK_STATUS_DEADLOCK
                                                    : TASK_STATUS_FAILED;
    message.task_complete.error = wire_str_of(call->error);
    message.task_complete.outputs.items = outputs;
    message.task_complete.outputs.count = list_outputs(node, call, outputs);
    message.task_complete.run_time_ns = call->run_ns;
    message.task_complete.part = call->part;
    want_message_to(node, PEER_PARENT, &call->key.creator, &message);
    if (outputs != few)
        free(outputs);
}

/* A nested failure is an end of one's own part; the others hear of it by message. */
void call_end(struct node *node, struct call *call)
{
    struct runtime *runtime = node->runtime;

    call->state = CALL_ENDED;
    call->ended_ns = runtime_clock(node);
    end_outputs(node, call);
    trace_call(node, call);
    end_wants(node, call);
    if (call->error) {
        node->counters.tasks_failed++;
        want_log(node, LOG_ERROR, "task", NULL, "%s", call->error);
    } else {
        node->counters.tasks_done++;
    }
    if (call->own) {
        task_graph_end_part(runtime->graph, call->own->task, call->part, call->error,
                            call->deadlock);
    } else {
        tell_submitter(node, call);
        runtime->prepared -= !call->refused && call->inputs > 0;
        prepare_more(node);
    }
    call_free(node->runtime, call);
}

/* --- running ---------------------------------------------------------------------------------- */

/* Outputs start as zeros, INOUTs as a copy of the version before. */
static void start_outputs(struct node *node, struct call *call)
{
    for (uint32_t i = 0; i < call->param_count; i++) {
        struct call_param *param = &call->params[i];

        if (!is_output(param) || param->size == 0)
            continue;
        data_write(node, (enum level)call->key.creator.level, param->depth, param->place,
                   param->size, param->type == PARAM_OUTPUT);
        if (param->type == PARAM_INOUT)
            memcpy(param->bytes, param->want->bytes, param->size);
    }
}

/* INOUT: `bytes` was what is read until now. */
static void place_outputs(struct node *node, struct call *call)
{
    for (uint32_t i = 0; i < call->param_count; i++) {
        struct call_param *param = &call->params[i];

        if (param->type == PARAM_INOUT)
            param->bytes =
                data_at(node, (enum level)call->key.creator.level, param->depth, param->place);
    }
}

void kernel_enter(struct node *node, const struct call *call)
{
    const struct running running = {
        .task = &call->key, .kernel = call->kernel_name, .time_limit_ms = call->time_limit_ms};

    runtime_speak(node);
    if (node->runtime->port.running)
        node->runtime->port.running(node->runtime->port.arg, &running);
}

void kernel_leave(struct node *node)
{
    if (node->runtime->port.running)
        node->runtime->port.running(node->runtime->port.arg, NULL);
}

static void run_worker(struct node *node, struct call *call)
{
    struct kernel_runtime runtime = {.node = node, .call = call};

    kernel_runtime_init(&runtime);
    kernel_enter(node, call);
    call->kernel->entry(&runtime.rt, call->args, (int)call->param_count);
    kernel_leave(node);
    call->run_ns = runtime_clock(node) - call->started_ns;
    call_end(node, call);
}

/* It has its turn. */
void call_start(struct node *node, struct call *call)
{
    call->state = CALL_RUNNING;
    call->started_ns = runtime_clock(node);
    if (call->error) {
        call_end(node, call);
        return;
    }
    place_outputs(node, call);
    start_outputs(node, call);
    if (call->kernel->role == LINQU_ROLE_WORKER)
        run_worker(node, call);
    else
        activation_start(node, call);
}

static bool run_one(struct node *node)
{
    struct call *call;

    if (node->runtime->top)
        return activation_turn(node);
    call = call_queue_take(&node->runtime->queue);
    if (call)
        call_start(node, call);
    return call;
}

void calls_run(struct node *node)
{
    uint64_t end;

    if (!node->runtime || !runtime_is_open(node))
        return;
    end = runtime_clock(node) + RUN_SLICE_NS;
    while (run_one(node)) {
        dispatch_turn(node);
        if (runtime_clock(node) >= end)
            break;
    }
}

bool node_wants_run(const struct node *node)
{
    const struct runtime *runtime = node->runtime;

    if (!runtime || !runtime_is_open(node) || node->life == NODE_STOPPED)
        return false;
    return runtime->top ? activation_can_turn(node) : runtime->queue.ready > 0;
}

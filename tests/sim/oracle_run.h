/* The oracle's world, what happens: operations, parts that start and end, activations that begin
 * and end. */

#ifndef TESTS_ORACLE_RUN_H
#define TESTS_ORACLE_RUN_H

#include "oracle_submit.h"

/* --- parts ------------------------------------------------------------------------------------ */

/* What the part reads, as it lies there now. */
static inline uint64_t read_inputs(struct world *world, unsigned index, unsigned part)
{
    const struct task_world *task = &world->tasks[index];
    const struct part *spec = &task->op->parts[part];
    uint64_t inputs = 0;

    for (unsigned i = 0; i < task->op->shared_count; i++)
        inputs = mix_input(inputs, task->op->shared[i].type == PARAM_SCALAR
                                       ? task->op->shared[i].scalar
                                       : read_spot(world, &task->shared[i]));
    for (unsigned i = 0; i < spec->count; i++)
        if (spec->args[i].type == PARAM_SCALAR)
            inputs = mix_input(inputs, spec->args[i].scalar);
        else if (spec->args[i].type != PARAM_OUTPUT)
            inputs = mix_input(inputs, read_spot(world, &task->args[part][i]));
    return inputs;
}

/* The outputs begin as the design says: zeroed, or a copy of the version before. */
static inline void prepare_outputs(struct world *world, unsigned index, unsigned part)
{
    const struct task_world *task = &world->tasks[index];
    const struct part *spec = &task->op->parts[part];

    for (unsigned i = 0; i < spec->count; i++) {
        if (spec->args[i].type == PARAM_OUTPUT)
            write_spot(world, &task->made[part][i], 0);
        if (spec->args[i].type == PARAM_INOUT)
            write_spot(world, &task->made[part][i], read_spot(world, &task->args[part][i]));
    }
}

static inline void write_outputs(struct world *world, unsigned index, unsigned part)
{
    const struct task_world *task = &world->tasks[index];
    const struct part *spec = &task->op->parts[part];
    uint64_t key = key_of(task->key, part, 1);

    for (unsigned i = 0; i < spec->count; i++)
        if (param_writes(spec->args[i].type))
            write_spot(world, &task->made[part][i], worker_value(key, task->inputs[part], i));
}

static inline unsigned index_of(const struct world *world, const struct task_part *part)
{
    const struct model *model = &world->model;
    unsigned depth = part->task->depth;

    for (unsigned i = 0; i < model->live[depth]; i++)
        if (model->tasks[model->order[depth][i]].id == part->task->id)
            return model->order[depth][i];
    hold(false, "a part of a task that does not live");
    return 0;
}

static inline unsigned part_started(struct world *world, const struct task_part *part)
{
    unsigned index = index_of(world, part);
    struct task_model *task = &world->model.tasks[index];

    hold(!task->ended && !task->parts[part->index].started, "d%u:t%u starts part %u twice",
         task->depth, task->id, part->index);
    for (unsigned i = 0; i < task->producer_count; i++)
        hold(world->model.tasks[task->producers[i]].ended &&
                 !world->model.tasks[task->producers[i]].failed,
             "d%u:t%u starts before its producer has completed", task->depth, task->id);
    hold(part->target == task->parts[part->index].target, "the target");
    task->parts[part->index].started = true;
    world->tasks[index].inputs[part->index] = read_inputs(world, index, part->index);
    prepare_outputs(world, index, part->index);
    return index;
}

static inline void part_ended(struct world *world, struct task_part *part, bool fails)
{
    unsigned index = index_of(world, part);
    struct task_model *task = &world->model.tasks[index];
    struct task *core = part->task;
    unsigned number = part->index;

    hold(read_inputs(world, index, number) == world->tasks[index].inputs[number],
         "d%u:t%u: an input changed while it was read", task->depth, task->id);
    task->parts[number].ended = true;
    task->part_failed = task->part_failed || fails;
    hold(task_graph_end_part(world->graph, core, number, fails ? "it fails" : NULL, false),
         "the end of a running part was ignored");
    if (++task->parts_ended == task->part_count)
        model_end(&world->model, index, task->part_failed);
}

static inline bool start_remote(struct world *world)
{
    struct task_part *part = task_graph_take(world->graph);
    unsigned there = 0;

    if (!part)
        return false;
    hold(part->target != 0, "a part for oneself is dispatched");
    world->running[world->running_count++] = part;
    for (unsigned i = 0; i < world->running_count; i++)
        there += world->running[i]->target == part->target;
    hold(there <= WORLD_WINDOW, "%u parts in flight at one node", there);
    part_started(world, part);
    settled(world);
    return true;
}

static inline bool end_remote(struct world *world)
{
    unsigned which;
    struct task_part *part;

    if (!world->running_count)
        return false;
    which = random_below(&world->random, world->running_count);
    part = world->running[which];
    world->running[which] = world->running[--world->running_count];
    write_outputs(world, index_of(world, part), part->index);
    part_ended(world, part,
               world->tasks[index_of(world, part)].op->parts[part->index].fails != FAILS_NOT);
    settled(world);
    return true;
}

/* Registered data has come to its holder. */
static inline bool end_push(struct world *world)
{
    unsigned which;
    struct push push;
    struct task_model *task;

    if (!world->push_count)
        return false;
    which = random_below(&world->random, world->push_count);
    push = world->pushes[which];
    world->pushes[which] = world->pushes[--world->push_count];
    task = &world->model.tasks[push.task];
    write_spot(world, &push.spot, push.value);
    task->parts_ended = 1;
    task->parts[0].ended = true;
    hold(task_graph_end_part(
             world->graph,
             task_ring_find(&task_graph_layer(world->graph, task->depth)->ring, task->id), 0, NULL,
             false),
         "registered data that has come was ignored");
    model_end(&world->model, push.task, false);
    settled(world);
    return true;
}

/* A completion that comes once more changes nothing. */
static inline void repeat_completion(struct world *world)
{
    for (unsigned depth = 0; depth < RING_DEPTHS; depth++) {
        const struct model *model = &world->model;
        const struct task_ring *ring = &task_graph_layer(world->graph, depth)->ring;

        for (unsigned i = 0; i < model->live[depth]; i++) {
            const struct task_model *task = &model->tasks[model->order[depth][i]];

            for (unsigned k = 0; k < task->part_count; k++)
                if (!task->parts[k].started || task->parts[k].ended)
                    hold(!task_graph_end_part(world->graph, task_ring_find(ring, task->id), k,
                                              "late", false),
                         "a part that does not run has ended");
        }
    }
    settled(world);
}

/* --- activations ------------------------------------------------------------------------------ */

static inline struct frame *push_frame(struct world *world, unsigned program, uint64_t key)
{
    struct frame *frame = &world->frames[world->height++];

    memset(frame->vars, 0, sizeof frame->vars);
    frame->program = &world->plan->programs[program];
    frame->key = key;
    frame->at = frame->scopes = frame->base = 0;
    frame->state = FRAME_RUNNING;
    frame->part = NULL;
    frame->misused = false;
    frame->task = LIVE_MAX;
    world->model.errors[world->height - 1] = 0;
    world->model.unfinished[world->height - 1] = 0;
    return frame;
}

/* Its parameters: what is read lies where it lay, what is written lies in the bytes that its task
 * claimed. */
static inline size_t give_params(struct world *world, struct frame *frame, unsigned index,
                                 const struct task_part *part, struct given_tensor *given)
{
    const struct task_world *task = &world->tasks[index];
    const struct part *spec = &task->op->parts[part->index];

    for (unsigned i = 0; i < spec->count; i++) {
        uint8_t type = spec->args[i].type;
        const struct task_param *param = &part->params[i];
        struct spot spot =
            type == PARAM_INPUT ? task->args[part->index][i] : task->made[part->index][i];

        given[i] = (struct given_tensor){.type = type,
                                         .handle = param->value,
                                         .size = param->size,
                                         .version = param->version,
                                         .holder = param->holder};
        spot.task = LIVE_MAX;
        spot.version = type == PARAM_INPUT ? spot.version : 0;
        frame->spots[i] = spot;
        frame->handles[i] = param->value;
        frame->vars[i] = var_given(type, spot.size);
    }
    return spec->count;
}

static inline void begin_nested(struct world *world, struct task_part *part, unsigned index)
{
    const struct frame *outer = top_of(world);
    unsigned parked = outer->base + outer->scopes;
    unsigned lies = world->model.tasks[index].depth;
    struct given_tensor given[ARGS_MAX];
    struct frame *frame;
    struct error err;
    size_t count;

    frame = push_frame(world, (unsigned)world->tasks[index].op->parts[part->index].program,
                       key_of(world->tasks[index].key, part->index, 1));
    world->nested++;
    frame->part = part;
    frame->task = index;
    frame->base = 1 + (parked > lies ? parked : lies);
    count = give_params(world, frame, index, part, given);
    hold(task_graph_begin(world->graph, 1, part, given, count, &err) == 0, "%s", err.text);
}

/* A part for the submitter itself, while its activation waits. */
static inline bool start_own(struct world *world)
{
    struct task_part *part = task_graph_take_own(world->graph);
    const struct part *spec;
    unsigned index;

    if (!part)
        return false;
    hold(part->target == 0, "a part for another node runs here");
    index = part_started(world, part);
    hold(world->model.tasks[index].frame == world->height - 1, "an outer activation's part");
    spec = &world->tasks[index].op->parts[part->index];
    if (spec->program >= 0) {
        begin_nested(world, part, index);
    } else {
        write_outputs(world, index, part->index);
        part_ended(world, part, spec->fails != FAILS_NOT);
    }
    settled(world);
    return true;
}

/* Pull the latest version of what was written into this node's bytes; false when it has failed. */
static inline bool pull_output(struct world *world, struct frame *frame, unsigned var)
{
    const struct spot own = world->tasks[frame->task].made[frame->part->index][var];
    struct tensor_view view;

    hold(task_graph_tensor(world->graph, frame->handles[var], &view), "an output is gone");
    if (view.given)
        return true;
    if (view.state == TENSOR_FAILED)
        return false;
    hold(view.state == TENSOR_HERE && view.holder == frame->spots[var].node &&
             view.place == frame->spots[var].place && view.depth == frame->spots[var].depth,
         "an output lies elsewhere");
    write_spot(world, &own, read_spot(world, &frame->spots[var]));
    return true;
}

static inline void close_model_scope(struct world *world, unsigned depth, unsigned height)
{
    struct model *model = &world->model;

    for (unsigned i = 0; i < model->live[depth]; i++) {
        struct task_model *task = &model->tasks[model->order[depth][i]];

        if (task->frame == height && !task->token && task->outputs)
            model_token(model, model->order[depth][i]);
    }
}

static inline void see_errors(struct world *world, uint64_t key, unsigned errors)
{
    sights_add(&world->sights, (struct sight){.key = key, .value = errors, .errors = true});
}

static inline void end_frame(struct world *world)
{
    struct frame *frame = top_of(world);
    struct task_part *part = frame->part;
    unsigned errors = world->model.errors[world->height - 1];
    bool well = errors == 0 && !frame->misused;
    char text[1024];

    hold(task_graph_take_errors(world->graph, text, sizeof text) == errors, "errors: %s", text);
    hold((errors > 0) == (text[0] != '\0'), "%u errors say '%s'", errors, text);
    see_errors(world, key_of(frame->key, OPS_MAX, 1), errors);
    for (unsigned i = 0; part && i < frame->program->param_count; i++)
        if (frame->vars[i].writable)
            well &= pull_output(world, frame, i);
    task_graph_end(world->graph);
    close_model_scope(world, frame->base, world->height - 1);
    world->height--;
    if (part)
        part_ended(world, part, !well);
    settled(world);
}

/* --- operations ------------------------------------------------------------------------------- */

static inline void do_free(struct world *world, struct frame *frame, const struct op *op)
{
    struct var *var = &frame->vars[op->var];
    struct error err;
    int freed = task_graph_free(world->graph, frame->handles[op->var], &err);
    int right = !var->exists || var->given ? -1 : !var->over;

    hold(freed == right, "free gave %d, not %d", freed, right);
    if (freed == 1) {
        leave_version(world, frame, op->var);
        var->over = true;
    }
    frame->at++;
}

static inline void do_scope_end(struct world *world, struct frame *frame)
{
    unsigned scopes = frame->scopes;
    bool ended = end_scope(frame->vars, &frame->scopes);
    struct error err;

    hold((task_graph_scope_end(world->graph, &err) == 0) == ended, "scope_end: %d", ended);
    frame->misused |= !ended;
    if (ended)
        close_model_scope(world, frame->base + scopes, world->height - 1);
    frame->at++;
}

/* Every version that can still be read is the right one: that is known when the reference has run.
 */
static inline void look_around(struct world *world, const struct frame *frame)
{
    uint64_t key = key_of(frame->key, frame->at, 0);

    for (unsigned i = 0; i < VARS_MAX; i++) {
        const struct spot *spot = &frame->spots[i];
        struct tensor_view view;
        bool failed;

        if (!var_usable(&frame->vars[i]) || !frame->vars[i].produced)
            continue;
        hold(task_graph_tensor(world->graph, frame->handles[i], &view), "a tensor is gone");
        failed = spot->refused || (spot->task < LIVE_MAX && world->model.tasks[spot->task].failed);
        hold(view.state == (failed ? TENSOR_FAILED : TENSOR_HERE) &&
                 view.version == spot->version && view.size == frame->vars[i].size,
             "tensor %u: state %d version %u", i, view.state, view.version);
        sights_add(&world->sights, (struct sight){.key = key_of(key, i, 0),
                                                  .failed = failed,
                                                  .value = failed ? 0 : read_spot(world, spot)});
    }
}

/* I4: nothing runs; what the rings hold must not depend on the order in which it ran. */
static inline void note_quiet(struct world *world)
{
    const struct model *model = &world->model;

    for (unsigned depth = 0; depth < RING_DEPTHS; depth++) {
        const struct layer *layer = task_graph_layer(world->graph, depth);

        world->quiet = key_of(world->quiet, layer->ring.capacity, task_ring_used(&layer->ring));
        for (unsigned i = 0; i < model->live[depth]; i++)
            world->quiet += world->tasks[model->order[depth][i]].key;
        for (unsigned node = 0; node < NODES; node++) {
            const struct buffer_ring *ring = task_graph_ring(world->graph, node, depth);

            world->quiet = key_of(world->quiet, node, ring ? ring->used : 0);
        }
    }
}

static inline void do_wait(struct world *world, struct frame *frame)
{
    if (world->model.unfinished[world->height - 1]) {
        frame->state = FRAME_WAITING;
        return;
    }
    look_around(world, frame);
    if (world->height == 1)
        note_quiet(world);
    frame->at++;
}

static inline void do_errors(struct world *world, struct frame *frame)
{
    unsigned errors = task_graph_take_errors(world->graph, NULL, 0);

    hold(errors == world->model.errors[world->height - 1], "%u errors, not %u", errors,
         world->model.errors[world->height - 1]);
    see_errors(world, key_of(frame->key, frame->at, 1), errors);
    world->model.errors[world->height - 1] = 0;
    frame->at++;
}

static inline void do_return(struct world *world, struct frame *frame)
{
    unsigned scopes = frame->scopes;

    task_graph_return(world->graph);
    while (end_scope(frame->vars, &frame->scopes)) {
        close_model_scope(world, frame->base + scopes, world->height - 1);
        scopes--;
    }
    frame->state = FRAME_RETURNED;
}

static inline void do_op(struct world *world)
{
    struct frame *frame = top_of(world);
    const struct op *op = &frame->program->ops[frame->at];
    struct error err;

    if (frame->at == frame->program->op_count) {
        do_return(world, frame);
        settled(world);
        return;
    }
    switch ((enum op_kind)op->kind) {
    case OP_ALLOC:
        do_alloc(world, frame, op);
        break;
    case OP_REGISTER:
        do_register(world, frame, op);
        break;
    case OP_WRITE:
        write_spot(world, &frame->spots[op->var], op->value);
        frame->at++;
        break;
    case OP_SUBMIT:
        do_submit(world, frame, op);
        break;
    case OP_FREE:
        do_free(world, frame, op);
        break;
    case OP_SCOPE_BEGIN:
        hold(task_graph_scope_begin(world->graph, &err) == 0, "%s", err.text);
        frame->scopes++;
        frame->at++;
        break;
    case OP_SCOPE_END:
        do_scope_end(world, frame);
        break;
    case OP_WAIT:
        do_wait(world, frame);
        break;
    case OP_ERRORS:
        do_errors(world, frame);
        break;
    }
    settled(world);
}

/* --- the run ---------------------------------------------------------------------------------- */

/* Anything that may happen from outside; false when nothing can. */
static inline bool happen(struct world *world, bool parked)
{
    unsigned first = random_below(&world->random, 4);

    for (unsigned i = 0; i < 4; i++) {
        switch ((first + i) % 4) {
        case 0:
            if (start_remote(world))
                return true;
            break;
        case 1:
            if (end_remote(world))
                return true;
            break;
        case 2:
            if (end_push(world))
                return true;
            break;
        default:
            if (parked && start_own(world))
                return true;
        }
    }
    return false;
}

static inline bool may_go_on(struct world *world, struct frame *frame)
{
    struct activation_view view;
    bool waits = world->model.unfinished[world->height - 1] > 0;

    if (frame->state == FRAME_RUNNING)
        return true;
    if (frame->state != FRAME_BLOCKED)
        return !waits;
    task_graph_top(world->graph, &view);
    hold(view.blocked, "the blocked activation does not know it");
    return view.may_retry;
}

static inline void step(struct world *world, unsigned eager)
{
    struct frame *frame = top_of(world);

    if (random_below(&world->random, 200) == 0)
        repeat_completion(world);
    if (!may_go_on(world, frame)) {
        hold(happen(world, true), "nothing can happen, and nobody said deadlock");
        return;
    }
    if (random_below(&world->random, 100) >= eager && happen(world, frame->state != FRAME_RUNNING))
        return;
    if (frame->state == FRAME_RETURNED) {
        end_frame(world);
        return;
    }
    frame->state = FRAME_RUNNING;
    do_op(world);
}

static inline void world_begin(struct world *world, const struct plan *plan, uint64_t seed)
{
    struct task_graph_config config = {.self = {.level = LEVEL_HOST},
                                       .task_slots = plan->slots,
                                       .buffer_bytes = plan->bytes,
                                       .window = WORLD_WINDOW,
                                       .system = "linqu"};
    struct error err;

    memset(world, 0, offsetof(struct world, sights));
    world->plan = world->model.plan = plan;
    world->sights.count = 0;
    world->random = seed;
    world->graph = task_graph_create(&config);
    push_frame(world, 0, 1);
    hold(task_graph_begin(world->graph, 1, NULL, NULL, 0, &err) == 0, "%s", err.text);
}

/* Run the plan to its end. */
static inline void world_run(struct world *world, const struct plan *plan, uint64_t seed)
{
    unsigned eager;

    world_begin(world, plan, seed);
    eager = random_below(&world->random, 101);
    while (world->height)
        step(world, eager);
    for (unsigned depth = 0; depth < RING_DEPTHS; depth++)
        hold(!world->model.live[depth], "tasks are left at depth %u", depth);
    hold(task_graph_counts(world->graph).edges == 0, "edges are left");
    task_graph_destroy(world->graph);
}

#endif

/* The oracle's world, what an activation does: tensors and submits. */

#ifndef TESTS_ORACLE_SUBMIT_H
#define TESTS_ORACLE_SUBMIT_H

#include "oracle_world.h"

static inline void note_refusal(struct world *world, const struct frame *frame)
{
    hold(refusals_add(&world->refusals, key_of(frame->key, frame->at, 0)), "too many refusals");
}

/* Its latest version is no longer the variable's. */
static inline void leave_version(struct world *world, struct frame *frame, unsigned var)
{
    if (frame->vars[var].produced && frame->spots[var].task < LIVE_MAX)
        model_output_over(&world->model, frame->spots[var].task);
}

/* What the core must answer to a claim. */
static inline enum submit_result foretell(const struct world *world, unsigned depth,
                                          const struct wants *wants, uint32_t *places)
{
    const struct model *model = &world->model;
    struct ring_model rings[NODES];
    unsigned standing[RING_DEPTHS];

    for (unsigned node = 0; node < NODES; node++)
        rings[node] = model->rings[node][depth];
    if (model->live[depth] < world->plan->slots && claim_fits(model, rings, wants, places))
        return SUBMIT_DONE;
    for (unsigned i = 0; i < world->height; i++)
        standing[i] = world->frames[i].part ? world->frames[i].task : LIVE_MAX;
    return model_deadlock(model, depth, wants, standing, world->height) ? SUBMIT_DEADLOCK
                                                                        : SUBMIT_FULL;
}

static inline void claim_in_model(struct world *world, unsigned depth, const struct wants *wants)
{
    uint32_t place;

    for (unsigned i = 0; i < wants->count; i++)
        hold(ring_place(&world->model.rings[wants->items[i].node][depth], world->plan->bytes,
                        wants->items[i].size, &place),
             "the model's claim");
}

static inline void do_alloc(struct world *world, struct frame *frame, const struct op *op)
{
    frame->handles[op->var] = task_graph_alloc(world->graph, op->size);
    frame->vars[op->var] = var_made(op, true, frame->scopes);
    frame->spots[op->var] = (struct spot){.task = LIVE_MAX};
    frame->at++;
}

static inline void registered(struct world *world, struct frame *frame, const struct op *op,
                              const struct task *task, uint8_t holder, uint32_t place)
{
    unsigned depth = frame->base + frame->scopes;
    unsigned index = model_new_task(&world->model, world->height - 1, depth);
    struct task_model *model = &world->model.tasks[index];
    struct spot spot = {.node = holder,
                        .depth = (uint8_t)depth,
                        .place = op->size ? place : 0,
                        .size = op->size,
                        .version = 1,
                        .task = index};

    world->tasks[index] = (struct task_world){.key = key_of(frame->key, frame->at, 0)};
    model->ended = holder == 0;
    model->outputs = model->open = model->part_count = 1;
    model->parts[0].started = true;
    model->parts[0].target = holder;
    model->made[0].node = holder;
    model->made[0].size = aligned(op->size);
    model->made[0].version = 1;
    model->made[0].wire = frame->handles[op->var];
    hold(task->one.params[0].place == spot.place && task->one.params[0].new_version == 1 &&
             task->id == model->id && task->depth == depth,
         "registered data lies elsewhere");
    frame->spots[op->var] = spot;
    if (holder) {
        world->model.unfinished[world->height - 1]++;
        world->pushes[world->push_count++] =
            (struct push){.task = index, .spot = spot, .value = op->value};
        return;
    }
    model->parts_ended = 1;
    model->parts[0].ended = true;
    write_spot(world, &spot, op->value);
}

static inline void do_register(struct world *world, struct frame *frame, const struct op *op)
{
    unsigned depth = frame->base + frame->scopes;
    uint8_t holder = (uint8_t)place_of(world->plan, 0, op->level, op->choice);
    struct wants wants = {.count = op->size > 0};
    uint32_t places[PARTS_MAX * ARGS_MAX] = {0};
    const struct task *task = NULL;
    uint64_t handle = 0;
    struct error err;
    enum submit_result right = SUBMIT_REFUSED, result;

    wants.items[0].node = holder;
    wants.items[0].size = aligned(op->size);
    if (op->size <= world->plan->bytes)
        right = foretell(world, depth, &wants, places);
    result = task_graph_register(world->graph, holder, op->size, &handle, &task, &err);
    hold(result == right, "registering gave %d, not %d", result, right);
    if (result == SUBMIT_FULL) {
        frame->state = FRAME_BLOCKED;
        return;
    }
    if (result == SUBMIT_DEADLOCK)
        note_refusal(world, frame);
    frame->handles[op->var] = result == SUBMIT_DONE ? handle : 0;
    frame->vars[op->var] = var_made(op, result == SUBMIT_DONE, frame->scopes);
    frame->misused |= result != SUBMIT_DONE;
    frame->spots[op->var].task = LIVE_MAX;
    if (result == SUBMIT_DONE) {
        registered(world, frame, op, task, holder, places[0]);
        claim_in_model(world, depth, &wants);
    }
    frame->at++;
}

/* --- submit ----------------------------------------------------------------------------------- */

/* The words of a submit as the core wants them. */
struct words {
    struct task_spec spec;
    struct part_spec parts[PARTS_MAX];
    struct task_argument shared[SHARED_MAX];
    struct task_argument args[PARTS_MAX][ARGS_MAX];
};

static inline struct task_argument argument_of(const struct frame *frame, const struct arg *arg)
{
    return (struct task_argument){.type = arg->type,
                                  .value = arg->type == PARAM_SCALAR ? arg->scalar
                                                                     : frame->handles[arg->var]};
}

static inline void put_in_words(const struct world *world, struct words *words,
                                const struct frame *frame, const struct op *op)
{
    words->spec = (struct task_spec){.parts = words->parts,
                                     .part_count = op->part_count,
                                     .shared = words->shared,
                                     .shared_count = op->shared_count,
                                     .refusal = names_nothing(op) ? "not there" : NULL};
    for (unsigned i = 0; i < op->shared_count; i++)
        words->shared[i] = argument_of(frame, &op->shared[i]);
    for (unsigned i = 0; i < op->part_count; i++) {
        const struct part *part = &op->parts[i];

        words->parts[i] = (struct part_spec){.target = target_of(world, part),
                                             .kernel = part->program < 0 ? "worker" : "program",
                                             .arguments = words->args[i],
                                             .count = part->count};
        for (unsigned k = 0; k < part->count; k++)
            words->args[i][k] = argument_of(frame, &part->args[k]);
    }
}

/* The outermost scope in which an output was allocated, or the current one. */
static inline unsigned layer_of(const struct frame *frame, const struct op *op)
{
    unsigned scope = frame->scopes;

    for (unsigned i = 0; i < op->part_count; i++)
        for (unsigned k = 0; k < op->parts[i].count; k++) {
            const struct arg *arg = &op->parts[i].args[k];

            if (arg_makes(arg, frame->vars) && frame->vars[arg->var].scope < scope)
                scope = frame->vars[arg->var].scope;
        }
    return frame->base + scope;
}

static inline struct wants wants_of(const struct world *world, const struct frame *frame,
                                    const struct op *op)
{
    struct wants wants = {.count = 0};

    for (unsigned i = 0; i < op->part_count; i++)
        for (unsigned k = 0; k < op->parts[i].count; k++) {
            const struct arg *arg = &op->parts[i].args[k];

            if (!arg_makes(arg, frame->vars) || !frame->vars[arg->var].size)
                continue;
            wants.items[wants.count].node = target_of(world, &op->parts[i]);
            wants.items[wants.count++].size = aligned(frame->vars[arg->var].size);
        }
    return wants;
}

/* Bind what is read, in the model; true when a version that is read has failed. */
static inline bool bind_arg(struct world *world, const struct frame *frame, unsigned index,
                            const struct arg *arg, struct spot *spot)
{
    if (!param_reads(arg->type))
        return false;
    *spot = frame->spots[arg->var];
    if (spot->task == LIVE_MAX)
        return spot->refused;
    model_reads(&world->model, index, spot->task);
    return world->model.tasks[spot->task].failed;
}

static inline bool bind_all(struct world *world, const struct frame *frame, const struct op *op,
                            unsigned index)
{
    struct task_world *task = &world->tasks[index];
    bool failed = false;

    for (unsigned i = 0; i < op->shared_count && op->part_count; i++)
        failed |= bind_arg(world, frame, index, &op->shared[i], &task->shared[i]);
    for (unsigned i = 0; i < op->part_count; i++)
        for (unsigned k = 0; k < op->parts[i].count; k++)
            failed |= bind_arg(world, frame, index, &op->parts[i].args[k], &task->args[i][k]);
    return failed;
}

/* One new version, in the model; of a wrong task a tensor that is named twice gets one. */
static inline void make_one(struct world *world, struct frame *frame, unsigned index, unsigned i,
                            unsigned k, bool wrong, uint32_t place)
{
    struct task_model *model = &world->model.tasks[index];
    unsigned var = world->tasks[index].op->parts[i].args[k].var;
    uint32_t version = frame->spots[var].version + 1;

    if (frame->vars[var].produced && frame->spots[var].task == index)
        return;
    leave_version(world, frame, var);
    frame->vars[var].produced = true;
    frame->spots[var] = (struct spot){.node = model->parts[i].target,
                                      .depth = model->depth,
                                      .place = place,
                                      .size = frame->vars[var].size,
                                      .version = version,
                                      .task = index};
    world->tasks[index].made[i][k] = frame->spots[var];
    model->made[model->outputs].node = model->parts[i].target;
    model->made[model->outputs].part = (uint8_t)i;
    model->made[model->outputs].size = wrong ? 0 : aligned(frame->vars[var].size);
    model->made[model->outputs].version = version;
    model->outputs++;
    model->open++;
}

static inline void make_all_versions(struct world *world, struct frame *frame, unsigned index,
                                     bool wrong, const uint32_t *places)
{
    const struct op *op = world->tasks[index].op;

    for (unsigned i = 0; i < op->part_count; i++)
        for (unsigned k = 0; k < op->parts[i].count; k++) {
            const struct arg *arg = &op->parts[i].args[k];
            bool takes = !wrong && frame->vars[arg->var].size;

            if (arg_makes(arg, frame->vars))
                make_one(world, frame, index, i, k, wrong, takes ? *places++ : 0);
        }
}

/* The core's parameters say what the model says: which version, who has it, where the new one goes.
 */
static inline void check_param(const struct task_param *param, const struct arg *arg,
                               const struct spot *read, const struct spot *made)
{
    hold(param->type == arg->type, "a parameter's type");
    if (arg->type == PARAM_SCALAR) {
        hold(param->value == arg->scalar, "a scalar");
        return;
    }
    if (param_reads(arg->type) && !read->refused)
        hold(param->version == read->version && param->holder == read->node,
             "bound to version %u at node %u, not %u at %u", param->version, param->holder,
             read->version, read->node);
    if (param_writes(arg->type))
        hold(param->new_version == made->version && param->place == made->place,
             "makes version %u at %ju, not %u at %u", param->new_version, (uintmax_t)param->place,
             made->version, made->place);
}

static inline void check_params(const struct world *world, const struct task *task, unsigned index)
{
    const struct task_world *mine = &world->tasks[index];

    for (unsigned i = 0; i < mine->op->shared_count; i++)
        check_param(&task->shared[i], &mine->op->shared[i], &mine->shared[i], NULL);
    for (unsigned i = 0; i < mine->op->part_count; i++)
        for (unsigned k = 0; k < mine->op->parts[i].count; k++)
            check_param(&task->parts[i].params[k], &mine->op->parts[i].args[k], &mine->args[i][k],
                        &mine->made[i][k]);
}

static inline void note_wires(struct world *world, const struct task *task, unsigned index)
{
    struct task_model *model = &world->model.tasks[index];
    unsigned at = 0;

    for (unsigned i = 0; i < task->part_count; i++)
        for (unsigned k = 0; k < task->parts[i].param_count; k++)
            if (task->parts[i].params[k].new_version)
                model->made[at++].wire = task->parts[i].params[k].value;
    hold(at == model->outputs, "%u outputs, not %u", at, model->outputs);
}

static inline void submitted(struct world *world, struct frame *frame, const struct op *op,
                             bool wrong, const struct task_key *key, const uint32_t *places)
{
    struct model *model = &world->model;
    unsigned index = model_new_task(model, world->height - 1, key->depth);
    struct task_model *task = &model->tasks[index];
    const struct task *core =
        task_ring_find(&task_graph_layer(world->graph, key->depth)->ring, key->id);
    bool failed = wrong;

    hold(key->id == task->id, "I5: the key d%u:t%u, not t%u", key->depth, key->id, task->id);
    world->tasks[index] = (struct task_world){.op = op, .key = key_of(frame->key, frame->at, 0)};
    model->unfinished[world->height - 1]++;
    task->part_count = op->part_count;
    for (unsigned i = 0; i < op->part_count; i++)
        task->parts[i].target = target_of(world, &op->parts[i]);
    if (!wrong)
        failed = bind_all(world, frame, op, index);
    make_all_versions(world, frame, index, wrong, places);
    if (core && !wrong)
        check_params(world, core, index);
    if (core)
        note_wires(world, core, index);
    if (failed || !op->part_count)
        model_end(model, index, failed);
    hold(core || task->ended, "a task is gone that has not ended");
}

static inline void refused(struct world *world, struct frame *frame, const struct op *op)
{
    note_refusal(world, frame);
    world->model.errors[world->height - 1]++;
    for (unsigned i = 0; i < op->part_count; i++)
        for (unsigned k = 0; k < op->parts[i].count; k++) {
            unsigned var = op->parts[i].args[k].var;

            if (!arg_makes(&op->parts[i].args[k], frame->vars))
                continue;
            leave_version(world, frame, var);
            frame->vars[var].produced = true;
            frame->spots[var] = (struct spot){
                .task = LIVE_MAX, .version = frame->spots[var].version + 1, .refused = true};
        }
}

static inline void do_submit(struct world *world, struct frame *frame, const struct op *op)
{
    bool wrong = submit_wrong(world->plan, op, frame->vars, 0);
    unsigned depth = layer_of(frame, op);
    struct wants wants = wrong ? (struct wants){.count = 0} : wants_of(world, frame, op);
    uint32_t places[PARTS_MAX * ARGS_MAX] = {0};
    struct words words;
    struct task_key key;
    struct error err;
    enum submit_result right = foretell(world, depth, &wants, places), result;

    put_in_words(world, &words, frame, op);
    result = task_graph_submit(world->graph, &words.spec, &key, &err);
    hold(result == right, "submitting gave %d, not %d (%s)", result, right, err.text);
    if (result == SUBMIT_FULL) {
        frame->state = FRAME_BLOCKED;
        return;
    }
    if (result == SUBMIT_DONE) {
        hold(key.depth == depth, "layer %u, not %u", key.depth, depth);
        hold(wrong == (err.text[0] != '\0'), "wrong: %d, but said '%s'", wrong, err.text);
        claim_in_model(world, depth, &wants);
        submitted(world, frame, op, wrong, &key, places);
    } else {
        hold(strncmp(err.text, "deadlock: ", 10) == 0, "a deadlock says '%s'", err.text);
        refused(world, frame, op);
    }
    frame->at++;
}

#endif

/* A plan as kernels: workers that make numbers of numbers, and one function that runs every
 * program. */

#ifndef TESTS_RANDOM_KERNELS_H
#define TESTS_RANDOM_KERNELS_H

#include <stdio.h>

#include "node/runtime.h"
#include "reference.h"
#include "sim/world.h"

/* Every task begins with two scalars: its operation, and the key of what it is. */
enum { ARG_WHERE, ARG_KEY, ARGS_OWN };

/* What the kernels of one run share. A plan runs in one world at a time. */
static struct {
    const struct plan *plan;
    struct sights sights;
    struct refusals refusals;
    uint64_t workers, activations;
    bool crashing;       // workers that fail crash
    char complaint[256]; // what a kernel saw that it never should
} running;

static void complain(const char *what, uint64_t key, unsigned number)
{
    if (!running.complaint[0] && !world_crashed())
        snprintf(running.complaint, sizeof running.complaint, "%s (key %016llx, %u)", what,
                 (unsigned long long)key, number);
}

static void see(struct sight sight)
{
    if (!world_crashed())
        sights_add(&running.sights, sight);
}

static inline uint64_t where_of(unsigned program, unsigned at)
{
    return program << 8 | at;
}

/* The launcher's own call is of no operation. */
static inline const struct op *op_of(uint64_t where)
{
    return &running.plan->programs[where >> 8].ops[where & 0xFF];
}

static LinquCoordinate_C coordinate_of_rank(uint32_t rank)
{
    const struct coord coord = topology_coord(&running.plan->topology, rank);

    return (LinquCoordinate_C){.l6_idx = (uint8_t)coord.index[LEVEL_CLOS2],
                               .l5_idx = (uint8_t)coord.index[LEVEL_CLOS1],
                               .l4_idx = (uint8_t)coord.index[LEVEL_POD],
                               .l3_idx = coord.index[LEVEL_HOST],
                               .l2_idx = coord.index[LEVEL_CHIP]};
}

/* --- workers ---------------------------------------------------------------------------------- */

/* The value of a tensor, which must hold one. */
static bool look(LinquRuntime *rt, uint64_t handle, uint64_t key, unsigned number, uint64_t *value)
{
    size_t size;
    const uint8_t *bytes = linqu_tensor_data(rt, handle, &size);

    *value = 0;
    if (bytes && size && !read_value(bytes, size, value))
        complain("a tensor holds what nobody wrote", key, number);
    return bytes != NULL;
}

static uint64_t take_input(LinquRuntime *rt, uint64_t inputs, const struct arg *arg,
                           uint64_t handle, uint64_t key, unsigned number)
{
    uint64_t value;

    if (arg->type == PARAM_SCALAR) {
        if (handle != arg->scalar)
            complain("a scalar has changed on the way", key, number);
        return mix_input(inputs, arg->scalar);
    }
    if (!look(rt, handle, key, number, &value))
        complain("a worker has a parameter without bytes", key, number);
    if (arg->type != PARAM_OUTPUT)
        return mix_input(inputs, value);
    if (value != 0)
        complain("an output does not begin as zeros", key, number);
    return inputs;
}

/* With its node, when it may; the end of the top is the end of all. */
static void go_wrong(LinquRuntime *rt)
{
    uint32_t rank;

    world_here(&rank);
    if (running.crashing && rank > 0)
        world_crash();
    else
        linqu_scope_begin(rt);
}

static void work(LinquRuntime *rt, uint64_t *args, int count)
{
    const struct op *op = op_of(args[ARG_WHERE]);
    uint32_t index = linqu_spmd_index(rt);
    const struct part *part = &op->parts[index];
    uint64_t key = key_of(args[ARG_KEY], index, 1), inputs = 0;
    const uint64_t *own = args + ARGS_OWN + op->shared_count;

    running.workers++;
    if (count != ARGS_OWN + op->shared_count + part->count || linqu_spmd_size(rt) != op->part_count)
        complain("a worker has other parameters than it was given", key, index);
    for (unsigned i = 0; i < op->shared_count; i++)
        inputs = take_input(rt, inputs, &op->shared[i], args[ARGS_OWN + i], key, i);
    for (unsigned i = 0; i < part->count; i++)
        inputs = take_input(rt, inputs, &part->args[i], own[i], key, i + 8);
    world_compute(1000 + key % 8000);
    for (unsigned i = 0; i < part->count; i++) {
        size_t size;
        uint8_t *bytes =
            param_writes(part->args[i].type) ? linqu_tensor_data(rt, own[i], &size) : NULL;

        if (bytes)
            write_value(bytes, size, fitting(worker_value(key, inputs, i), size));
    }
    if (part->fails == FAILS_BY_CALL)
        go_wrong(rt);
}

/* --- programs --------------------------------------------------------------------------------- */

struct interpreter {
    LinquRuntime *rt;
    const struct program *program;
    unsigned number;
    uint32_t rank;
    uint64_t key;
    uint64_t handles[VARS_MAX];
    struct var vars[VARS_MAX]; // what the program itself knows of them: exists, over, scope
    unsigned scopes;
    bool over;
};

/* Whether the operation that has just returned was refused for a proven deadlock. */
static bool was_refused(const struct interpreter *run, uint64_t key)
{
    struct world *world = world_here(NULL);
    struct activation_view view;

    task_graph_top(world_node(world, run->rank)->runtime->graph, &view);
    if (view.deadlock && !refusals_add(&running.refusals, key))
        complain("too many deadlocks", key, 0);
    return view.deadlock;
}

static LinquParam param_of(const struct interpreter *run, const struct arg *arg)
{
    if (arg->type == PARAM_SCALAR)
        return linqu_make_scalar(arg->scalar);
    return (LinquParam){.type = (LinquParamType)arg->type, .handle = run->handles[arg->var]};
}

static void name_kernel(const struct part *part, char out[16])
{
    if (part->fails == FAILS_UNKNOWN)
        snprintf(out, 16, "nowhere");
    else if (part->program >= 0)
        snprintf(out, 16, "program%d", part->program);
    else
        snprintf(out, 16, "%s%u",
                 part->fails == FAILS_BROKEN ? "broken"
                 : part->fails == FAILS_LOST ? "lost"
                                             : "work",
                 part->level);
}

static LinquCoordinate_C target_of(const struct interpreter *run, const struct part *part)
{
    LinquCoordinate_C target = coordinate_of_rank(part_place(running.plan, run->rank, part));

    if (part->fails == FAILS_TARGET)
        target.l6_idx = 77;
    return target;
}

static void submit_one(const struct interpreter *run, const struct op *op, LinquParam *params,
                       int own)
{
    const struct part *part = &op->parts[0];
    char kernel[16];

    name_kernel(part, kernel);
    for (unsigned i = 0; i < part->count; i++)
        params[own + (int)i] = param_of(run, &part->args[i]);
    linqu_submit_task(run->rt, target_of(run, part), kernel, params, own + part->count);
}

static void submit_group(const struct interpreter *run, const struct op *op, LinquParam *params,
                         int own)
{
    LinquSubTaskSpec subs[PARTS_MAX];
    LinquParam private_params[PARTS_MAX][ARGS_MAX];
    char kernels[PARTS_MAX][16];

    for (unsigned i = 0; i < op->shared_count; i++)
        params[own++] = param_of(run, &op->shared[i]);
    for (unsigned i = 0; i < op->part_count; i++) {
        const struct part *part = &op->parts[i];

        name_kernel(part, kernels[i]);
        for (unsigned k = 0; k < part->count; k++)
            private_params[i][k] = param_of(run, &part->args[k]);
        subs[i] =
            (LinquSubTaskSpec){.target = target_of(run, part),
                               .kernel_so = strcmp(kernels[i], kernels[0]) ? kernels[i] : NULL,
                               .private_params = private_params[i],
                               .num_private_params = part->count};
    }
    linqu_submit_task_group(run->rt, op->part_count ? kernels[0] : "work3", params, own, subs,
                            op->part_count);
}

static void run_submit(struct interpreter *run, unsigned at)
{
    const struct op *op = &run->program->ops[at];
    LinquParam params[ARGS_OWN + SHARED_MAX + ARGS_MAX];
    uint64_t key = key_of(run->key, at, 0);

    params[ARG_WHERE] = linqu_make_scalar(where_of(run->number, at));
    params[ARG_KEY] = linqu_make_scalar(key);
    if (op->group)
        submit_group(run, op, params, ARGS_OWN);
    else
        submit_one(run, op, params, ARGS_OWN);
    run->over = was_refused(run, key);
    for (unsigned i = 0; i < op->part_count; i++)
        for (unsigned k = 0; k < op->parts[i].count; k++)
            if (arg_makes(&op->parts[i].args[k], run->vars))
                run->vars[op->parts[i].args[k].var].produced = true;
}

/* Where data goes is said by the deepest index that is not zero: a node whose own is zero cannot be
 * named. */
static LinquCoordinate_C holder_of(const struct interpreter *run, const struct op *op)
{
    uint32_t rank = place_of(running.plan, run->rank, op->level, op->choice);
    const struct coord coord = topology_coord(&running.plan->topology, rank);

    if (coord.index[coord.level] == 0)
        rank = run->rank;
    return coordinate_of_rank(rank);
}

static __attribute__((noinline)) uint64_t register_value(const struct interpreter *run,
                                                         const struct op *op)
{
    uint8_t bytes[REGISTER_MAX];

    if (op->size <= sizeof bytes)
        write_value(bytes, op->size, fitting(op->value, op->size));
    return linqu_reg_data(run->rt, holder_of(run, op), bytes, op->size);
}

static void run_tensor(struct interpreter *run, unsigned at)
{
    const struct op *op = &run->program->ops[at];
    bool registered = op->kind == OP_REGISTER;

    run->handles[op->var] = registered
                                ? register_value(run, op)
                                : linqu_alloc_tensor(run->rt, linqu_self_coord(run->rt), op->size);
    run->over = registered && was_refused(run, key_of(run->key, at, 0));
    run->vars[op->var] = var_made(op, run->handles[op->var] != 0, run->scopes);
    if (!run->handles[op->var] && !registered)
        complain("alloc_tensor gives nothing", run->key, at);
}

static void run_write(const struct interpreter *run, const struct op *op)
{
    size_t size;
    uint8_t *bytes = linqu_tensor_data(run->rt, run->handles[op->var], &size);

    if (!bytes)
        complain("an output of the activation has no bytes", run->key, op->var);
    else
        write_value(bytes, size, fitting(op->value, size));
}

static void run_wait(const struct interpreter *run, unsigned at)
{
    uint64_t key = key_of(run->key, at, 0), value;

    linqu_wait_all(run->rt);
    for (unsigned i = 0; i < VARS_MAX; i++) {
        if (!var_usable(&run->vars[i]) || !run->vars[i].produced)
            continue;
        bool here = look(run->rt, run->handles[i], key, i, &value);

        see((struct sight){.key = key_of(key, i, 0), .failed = !here, .value = value});
    }
}

static void run_errors(const struct interpreter *run, unsigned at)
{
    char text[LIMIT_CAUSE];
    int errors = linqu_task_error(run->rt, text, sizeof text);

    if (errors > 0 && !text[0])
        complain("a failure without a sentence", run->key, at);
    see((struct sight){.key = key_of(run->key, at, 1), .value = (uint64_t)errors, .errors = true});
}

static void run_op(struct interpreter *run, unsigned at)
{
    const struct op *op = &run->program->ops[at];

    switch ((enum op_kind)op->kind) {
    case OP_ALLOC:
    case OP_REGISTER:
        run_tensor(run, at);
        break;
    case OP_WRITE:
        run_write(run, op);
        break;
    case OP_SUBMIT:
        run_submit(run, at);
        break;
    case OP_FREE:
        linqu_free_tensor(run->rt, run->handles[op->var]);
        run->vars[op->var].over |= !run->vars[op->var].given;
        break;
    case OP_SCOPE_BEGIN:
        linqu_scope_begin(run->rt);
        run->scopes++;
        break;
    case OP_SCOPE_END:
        linqu_scope_end(run->rt);
        end_scope(run->vars, &run->scopes);
        break;
    case OP_WAIT:
        run_wait(run, at);
        break;
    case OP_ERRORS:
        run_errors(run, at);
        break;
    }
}

static void run_program(LinquRuntime *rt, uint64_t *args, unsigned number, uint64_t key)
{
    struct interpreter run = {
        .rt = rt, .program = &running.plan->programs[number], .number = number, .key = key};

    running.activations++;
    world_here(&run.rank);
    for (unsigned i = 0; i < run.program->param_count; i++) {
        run.handles[i] = args[ARGS_OWN + i];
        run.vars[i] = var_given(run.program->param_types[i], 0);
    }
    for (unsigned at = 0; at < run.program->op_count && !run.over; at++)
        run_op(&run, at);
}

#define PROGRAM_ENTRY(number)                                                                      \
    static void program##number(LinquRuntime *rt, uint64_t *args, int count)                       \
    {                                                                                              \
        uint64_t key = key_of(args[ARG_KEY], linqu_spmd_index(rt), 1);                             \
                                                                                                   \
        if (count != ARGS_OWN + running.plan->programs[number].param_count)                        \
            complain("a program has other parameters than it was given", key, number);             \
        run_program(rt, args, number, key);                                                        \
    }
PROGRAM_ENTRY(0)
PROGRAM_ENTRY(1)
PROGRAM_ENTRY(2)
PROGRAM_ENTRY(3)

/* --- the kernel path -------------------------------------------------------------------------- */

static struct world_kernel program_kernels[PROGRAMS] = {{.name = "program0", .entry = program0},
                                                        {.name = "program1", .entry = program1},
                                                        {.name = "program2", .entry = program2},
                                                        {.name = "program3", .entry = program3}};

#define WORKER(number)                                                                             \
    {.name = "work" #number, .level = (number), .role = LINQU_ROLE_WORKER, .entry = work},         \
        {.name = "broken" #number, .level = (number), .role = LINQU_ROLE_WORKER, .broken = true},  \
    {                                                                                              \
        .name = "lost" #number, .level = (number), .role = LINQU_ROLE_WORKER, .lost = true         \
    }
static const struct world_kernel worker_kernels[] = {WORKER(2), WORKER(3), WORKER(4),
                                                     WORKER(5), WORKER(6), WORKER(7)};

static void add_kernels(struct world *world, const struct plan *plan)
{
    for (unsigned i = 0; i < PROGRAMS; i++) {
        program_kernels[i].level = plan->programs[i].level;
        world_add_kernel(world, &program_kernels[i]);
    }
    for (size_t i = 0; i < sizeof worker_kernels / sizeof *worker_kernels; i++)
        world_add_kernel(world, &worker_kernels[i]);
}

#endif

/* The right result of a plan: each task runs to its end where it is submitted, one after the other.
 */

#ifndef TESTS_REFERENCE_H
#define TESTS_REFERENCE_H

#include "program.h"
#include "random_values.h"

struct version {
    uint64_t value;
    bool failed;
};

struct reference {
    const struct plan *plan;
    const struct refusals *refusals;
    struct sights sights;
};

struct reference_run {
    const struct program *program;
    uint64_t key; // of the activation
    struct var vars[VARS_MAX];
    struct version versions[VARS_MAX];
    uint32_t rank; // of its node
    unsigned scopes, errors;
    bool misused; // it did what fails an activation, whatever becomes of its tasks
    bool over;    // a refusal has ended it
};

static inline bool reference_activation(struct reference *reference, unsigned number, uint32_t rank,
                                        uint64_t key, struct version *params,
                                        const uint32_t *sizes);

/* --- what is wrong, from the design's words alone --------------------------------------------- */

static inline bool arg_wrong(const struct arg *arg, const struct var *vars, bool shared)
{
    const struct var *var = &vars[arg->var];

    if (arg->type == PARAM_SCALAR)
        return false;
    return !var_usable(var) || (arg->type != PARAM_OUTPUT && !var->produced) ||
           (arg->type != PARAM_INPUT && (shared || !var->writable));
}

/* One handle twice in one list of parameters is wrong unless every use is INPUT. */
static inline bool list_wrong(const struct op *op, const struct part *part, const struct var *vars)
{
    struct arg all[SHARED_MAX + ARGS_MAX];
    unsigned count = 0;

    for (unsigned i = 0; i < op->shared_count; i++)
        all[count++] = op->shared[i];
    for (unsigned i = 0; i < part->count; i++)
        all[count++] = part->args[i];
    for (unsigned i = 0; i < count; i++) {
        if (arg_wrong(&all[i], vars, i < op->shared_count))
            return true;
        for (unsigned k = 0; k < i; k++)
            if (all[i].type != PARAM_SCALAR && all[k].type != PARAM_SCALAR &&
                all[i].var == all[k].var &&
                (all[i].type != PARAM_INPUT || all[k].type != PARAM_INPUT))
                return true;
    }
    return false;
}

static inline bool writes_var(const struct part *part, unsigned var)
{
    for (unsigned i = 0; i < part->count; i++)
        if (param_writes(part->args[i].type) && part->args[i].var == var)
            return true;
    return false;
}

/* What a version takes from a ring. */
static inline uint32_t aligned(uint32_t size)
{
    return (size + 63) / 64 * 64;
}

static inline uint32_t part_bytes(const struct part *part, const struct var *vars)
{
    uint32_t bytes = 0;

    for (unsigned i = 0; i < part->count; i++)
        if (param_writes(part->args[i].type))
            bytes += aligned(vars[part->args[i].var].size);
    return bytes;
}

/* Two sub-tasks write one tensor. */
static inline bool parts_clash(const struct op *op)
{
    for (unsigned i = 0; i < op->part_count; i++)
        for (unsigned k = 0; k < i; k++)
            for (unsigned var = 0; var < VARS_MAX; var++)
                if (writes_var(&op->parts[i], var) && writes_var(&op->parts[k], var))
                    return true;
    return false;
}

/* Outputs at one node are more than its ring. */
static inline bool too_large(const struct plan *plan, const struct op *op, const struct var *vars,
                             uint32_t self)
{
    uint32_t places[PARTS_MAX];

    for (unsigned i = 0; i < op->part_count; i++)
        places[i] = part_place(plan, self, &op->parts[i]);
    for (unsigned i = 0; i < op->part_count; i++) {
        uint32_t bytes = 0;

        for (unsigned k = 0; k < op->part_count; k++)
            if (places[k] == places[i])
                bytes += part_bytes(&op->parts[k], vars);
        if (bytes > plan->bytes)
            return true;
    }
    return false;
}

/* It names a kernel or a node that is not there. */
static inline bool names_nothing(const struct op *op)
{
    for (unsigned i = 0; i < op->part_count; i++)
        if (op->parts[i].fails == FAILS_UNKNOWN || op->parts[i].fails == FAILS_TARGET)
            return true;
    return false;
}

static inline bool submit_wrong(const struct plan *plan, const struct op *op,
                                const struct var *vars, uint32_t self)
{
    for (unsigned i = 0; i < op->shared_count; i++)
        if (arg_wrong(&op->shared[i], vars, true))
            return true;
    for (unsigned i = 0; i < op->part_count; i++)
        if (list_wrong(op, &op->parts[i], vars))
            return true;
    return names_nothing(op) || parts_clash(op) || too_large(plan, op, vars, self);
}

/* --- tasks ------------------------------------------------------------------------------------ */

static inline void reference_worker(const struct op *op, const struct part *part, uint64_t key,
                                    const struct reference_run *run, struct version *made)
{
    uint64_t inputs = 0;

    for (unsigned i = 0; i < op->shared_count; i++)
        inputs = mix_input(inputs, op->shared[i].type == PARAM_SCALAR
                                       ? op->shared[i].scalar
                                       : run->versions[op->shared[i].var].value);
    for (unsigned i = 0; i < part->count; i++)
        if (part->args[i].type == PARAM_SCALAR)
            inputs = mix_input(inputs, part->args[i].scalar);
        else if (part->args[i].type != PARAM_OUTPUT)
            inputs = mix_input(inputs, run->versions[part->args[i].var].value);
    for (unsigned i = 0; i < part->count; i++)
        made[i].value = fitting(worker_value(key, inputs, i), run->vars[part->args[i].var].size);
}

static inline bool reference_called(struct reference *reference, const struct part *part,
                                    uint64_t key, const struct reference_run *run,
                                    struct version *made)
{
    uint32_t sizes[ARGS_MAX];

    for (unsigned i = 0; i < part->count; i++) {
        sizes[i] = run->vars[part->args[i].var].size;
        made[i] = run->versions[part->args[i].var];
        if (part->args[i].type == PARAM_OUTPUT)
            made[i] = (struct version){.value = 0};
    }
    return reference_activation(reference, (unsigned)part->program,
                                part_place(reference->plan, run->rank, part), key, made, sizes);
}

static inline bool reads_failed(const struct op *op, const struct reference_run *run)
{
    for (unsigned i = 0; i < op->shared_count && op->part_count; i++)
        if (op->shared[i].type != PARAM_SCALAR && run->versions[op->shared[i].var].failed)
            return true;
    for (unsigned i = 0; i < op->part_count; i++)
        for (unsigned k = 0; k < op->parts[i].count; k++)
            if (param_reads(op->parts[i].args[k].type) &&
                run->versions[op->parts[i].args[k].var].failed)
                return true;
    return false;
}

/* All versions that the task makes, at once: it read what was there before. */
static inline void make_all(const struct op *op, struct reference_run *run,
                            struct version made[PARTS_MAX][ARGS_MAX], bool failed)
{
    for (unsigned i = 0; i < op->part_count; i++)
        for (unsigned k = 0; k < op->parts[i].count; k++) {
            unsigned var = op->parts[i].args[k].var;

            if (!arg_makes(&op->parts[i].args[k], run->vars))
                continue;
            run->vars[var].produced = true;
            run->versions[var] =
                (struct version){.value = failed ? 0 : made[i][k].value, .failed = failed};
        }
}

static inline void reference_submit(struct reference *reference, struct reference_run *run,
                                    unsigned at)
{
    const struct op *op = &run->program->ops[at];
    struct version made[PARTS_MAX][ARGS_MAX] = {0};
    uint64_t key = key_of(run->key, at, 0);
    bool refused = is_refused(reference->refusals, key);
    bool runs = !refused && !submit_wrong(reference->plan, op, run->vars, run->rank) &&
                !reads_failed(op, run);
    bool well = runs;

    for (unsigned i = 0; runs && i < op->part_count; i++) {
        const struct part *part = &op->parts[i];
        uint64_t part_key = key_of(key, i, 1);

        if (part->program < 0) {
            reference_worker(op, part, part_key, run, made[i]);
            well &= part->fails == FAILS_NOT;
        } else
            well &= reference_called(reference, part, part_key, run, made[i]);
    }
    run->over = refused && !reference->plan->bare;
    run->errors += !well;
    make_all(op, run, made, !well);
}

/* --- the other operations --------------------------------------------------------------------- */

static inline void reference_tensor(struct reference *reference, struct reference_run *run,
                                    unsigned at)
{
    const struct op *op = &run->program->ops[at];
    bool registered = op->kind == OP_REGISTER;
    bool deadlock = is_refused(reference->refusals, key_of(run->key, at, 0));
    bool refused = registered && (op->size > reference->plan->bytes || deadlock);

    run->over = deadlock && !reference->plan->bare;
    run->misused |= refused;
    run->vars[op->var] = var_made(op, !refused, run->scopes);
    run->versions[op->var] =
        (struct version){.value = registered ? fitting(op->value, op->size) : 0};
}

static inline void reference_errors(struct reference *reference, const struct reference_run *run,
                                    unsigned at)
{
    sights_add(
        &reference->sights,
        (struct sight){.key = key_of(run->key, at, 1), .value = run->errors, .errors = true});
}

static inline void reference_wait(struct reference *reference, const struct reference_run *run,
                                  unsigned at)
{
    uint64_t key = key_of(run->key, at, 0);

    for (unsigned i = 0; i < VARS_MAX; i++)
        if (var_usable(&run->vars[i]) && run->vars[i].produced)
            sights_add(&reference->sights, (struct sight){.key = key_of(key, i, 0),
                                                          .failed = run->versions[i].failed,
                                                          .value = run->versions[i].value});
}

static inline void reference_op(struct reference *reference, struct reference_run *run, unsigned at)
{
    const struct op *op = &run->program->ops[at];

    switch ((enum op_kind)op->kind) {
    case OP_ALLOC:
    case OP_REGISTER:
        reference_tensor(reference, run, at);
        break;
    case OP_WRITE:
        run->versions[op->var].value = fitting(op->value, run->vars[op->var].size);
        break;
    case OP_SUBMIT:
        reference_submit(reference, run, at);
        break;
    case OP_FREE:
        if (!run->vars[op->var].given)
            run->vars[op->var].over = true;
        break;
    case OP_SCOPE_BEGIN:
        run->scopes++;
        break;
    case OP_SCOPE_END:
        run->misused |= !end_scope(run->vars, &run->scopes);
        break;
    case OP_WAIT:
        reference_wait(reference, run, at);
        break;
    case OP_ERRORS:
        reference_errors(reference, run, at);
        run->errors = 0;
        break;
    }
}

/* An activation: true when it completes, with what it has made in `params`. */
static inline bool reference_activation(struct reference *reference, unsigned number, uint32_t rank,
                                        uint64_t key, struct version *params, const uint32_t *sizes)
{
    const struct program *program = &reference->plan->programs[number];
    struct reference_run run = {.program = program, .key = key, .rank = rank};
    bool well;

    for (unsigned i = 0; i < program->param_count; i++) {
        run.vars[i] = var_given(program->param_types[i], sizes[i]);
        run.versions[i] = params[i];
    }
    for (unsigned at = 0; at < program->op_count && !run.over; at++)
        reference_op(reference, &run, at);
    if (reference->plan->bare) // a kernel could not look without clearing them
        reference_errors(reference, &run, OPS_MAX);
    well = run.errors == 0 && !run.misused;
    for (unsigned i = 0; i < program->param_count; i++) {
        params[i] = run.versions[i];
        well &= !params[i].failed;
    }
    return well;
}

#endif

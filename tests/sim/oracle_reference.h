/* The right result of a story: each task runs to its end where it is submitted, one after the
 * other. */

#ifndef TESTS_ORACLE_REFERENCE_H
#define TESTS_ORACLE_REFERENCE_H

#include "oracle_rules.h"

/* What was refused for a proven deadlock, by key; only the run can know. */
struct refusals {
    uint64_t keys[4096];
    unsigned count;
};

static inline bool is_refused(const struct refusals *refusals, uint64_t key)
{
    for (unsigned i = 0; i < refusals->count; i++)
        if (refusals->keys[i] == key)
            return true;
    return false;
}

struct version {
    uint64_t value;
    bool failed;
};

struct reference {
    const struct story *story;
    const struct refusals *refusals;
    uint64_t seen; // a sum over all that an OP_WAIT or OP_ERRORS saw, wherever and whenever
};

/* What is added to `seen` for a tensor, and for a number of failures. */
static inline uint64_t seen_tensor(uint64_t key, unsigned var, bool failed, uint64_t value)
{
    return key_of(key, var, failed ? 1 : value << 1);
}

static inline uint64_t seen_errors(uint64_t key, unsigned errors)
{
    return key_of(key, VARS_MAX + 1, errors);
}

struct run {
    const struct program *program;
    uint64_t key; // of the activation
    struct var vars[VARS_MAX];
    struct version versions[VARS_MAX];
    unsigned scopes, errors;
};

static inline bool reference_run(struct reference *reference, unsigned number, uint64_t key,
                                 struct version *params, const uint32_t *sizes);

/* What a worker makes of its parameters. */
static inline uint64_t worker_value(uint64_t key, uint64_t inputs, unsigned arg)
{
    return key_of(key, inputs, arg);
}

static inline uint64_t mix_input(uint64_t inputs, uint64_t value)
{
    return (inputs ^ value) * UINT64_C(0x2545F4914F6CDD1D) + 1;
}

static inline bool reference_worker(const struct op *op, const struct part *part, uint64_t key,
                                    const struct run *run, struct version *made)
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
        made[i].value = run->vars[part->args[i].var].size ? worker_value(key, inputs, i) : 0;
    return !part->fails;
}

static inline bool reference_called(struct reference *reference, const struct part *part,
                                    uint64_t key, const struct run *run, struct version *made)
{
    uint32_t sizes[ARGS_MAX];

    for (unsigned i = 0; i < part->count; i++) {
        sizes[i] = run->vars[part->args[i].var].size;
        made[i] = run->versions[part->args[i].var];
        if (part->args[i].type == PARAM_OUTPUT)
            made[i] = (struct version){.value = 0};
    }
    return reference_run(reference, (unsigned)part->program, key, made, sizes);
}

static inline bool reads_failed(const struct op *op, const struct run *run)
{
    for (unsigned i = 0; i < op->shared_count && op->part_count; i++)
        if (op->shared[i].type != PARAM_SCALAR && run->versions[op->shared[i].var].failed)
            return true;
    for (unsigned i = 0; i < op->part_count; i++)
        for (unsigned k = 0; k < op->parts[i].count; k++)
            if ((op->parts[i].args[k].type == PARAM_INPUT ||
                 op->parts[i].args[k].type == PARAM_INOUT) &&
                run->versions[op->parts[i].args[k].var].failed)
                return true;
    return false;
}

/* All versions that the task makes, at once: it read what was there before. */
static inline void make_all(const struct op *op, struct run *run,
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

static inline void reference_submit(struct reference *reference, struct run *run, unsigned at)
{
    const struct op *op = &run->program->ops[at];
    struct version made[PARTS_MAX][ARGS_MAX] = {0};
    uint64_t key = key_of(run->key, at, 0);
    bool well = !is_refused(reference->refusals, key) &&
                !submit_wrong(reference->story, op, run->vars) && !reads_failed(op, run);
    bool ran_well = well;

    for (unsigned i = 0; well && i < op->part_count; i++) {
        const struct part *part = &op->parts[i];
        uint64_t part_key = key_of(key, i, 1);

        ran_well &= part->program < 0 ? reference_worker(op, part, part_key, run, made[i])
                                      : reference_called(reference, part, part_key, run, made[i]);
    }
    run->errors += !ran_well;
    make_all(op, run, made, !ran_well);
}

static inline void reference_tensor(struct reference *reference, struct run *run, unsigned at)
{
    const struct op *op = &run->program->ops[at];
    bool registered = op->kind == OP_REGISTER;
    bool refused = registered && (op->size > reference->story->bytes ||
                                  is_refused(reference->refusals, key_of(run->key, at, 0)));

    run->vars[op->var] = (struct var){.exists = !refused,
                                      .produced = registered,
                                      .writable = true,
                                      .scope = (uint8_t)run->scopes,
                                      .size = op->size};
    run->versions[op->var] = (struct version){.value = registered && op->size ? op->value : 0};
}

static inline void reference_wait(struct reference *reference, const struct run *run, unsigned at)
{
    for (unsigned i = 0; i < VARS_MAX; i++)
        if (var_usable(&run->vars[i]) && run->vars[i].produced)
            reference->seen += seen_tensor(key_of(run->key, at, 0), i, run->versions[i].failed,
                                           run->versions[i].value);
}

static inline void reference_op(struct reference *reference, struct run *run, unsigned at)
{
    const struct op *op = &run->program->ops[at];

    switch ((enum op_kind)op->kind) {
    case OP_ALLOC:
    case OP_REGISTER:
        reference_tensor(reference, run, at);
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
        end_scope(run->vars, &run->scopes);
        break;
    case OP_WAIT:
        reference_wait(reference, run, at);
        break;
    case OP_ERRORS:
        reference->seen += seen_errors(key_of(run->key, at, 0), run->errors);
        run->errors = 0;
        break;
    }
}

/* An activation: true when it completes, with what it has made in `params`. */
static inline bool reference_run(struct reference *reference, unsigned number, uint64_t key,
                                 struct version *params, const uint32_t *sizes)
{
    const struct program *program = &reference->story->programs[number];
    struct run run = {.program = program, .key = key};
    bool well;

    for (unsigned i = 0; i < program->param_count; i++) {
        run.vars[i] = (struct var){.exists = true,
                                   .produced = true,
                                   .given = true,
                                   .writable = program->param_types[i] != PARAM_INPUT,
                                   .size = sizes[i]};
        run.versions[i] = params[i];
    }
    for (unsigned at = 0; at < program->op_count; at++)
        reference_op(reference, &run, at);
    reference->seen += seen_errors(key_of(key, OPS_MAX, 0), run.errors);
    well = run.errors == 0;
    for (unsigned i = 0; i < program->param_count; i++) {
        params[i] = run.versions[i];
        well &= !params[i].failed;
    }
    return well;
}

#endif

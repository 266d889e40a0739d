/* What a program may do, from the design's words alone: which variables it has, which submits are
 * wrong. Used both by the sequential reference and by the model that watches the core. */

#ifndef TESTS_ORACLE_RULES_H
#define TESTS_ORACLE_RULES_H

#include "oracle_program.h"

struct var {
    bool exists;   // it got a handle
    bool over;     // freed, or its scope has ended
    bool produced; // some version was made, perhaps a failed one
    bool writable;
    bool given;
    uint8_t scope; // how many scopes of the activation were open when it was made
    uint32_t size;
};

/* The key of a thing that happens in a run, the same in whatever order things happen. */
static inline uint64_t key_of(uint64_t around, uint64_t a, uint64_t b)
{
    uint64_t state = around ^ (a * 1000003 + b + 1) * UINT64_C(0x9E3779B97F4A7C15);

    return random_next(&state);
}

static inline bool var_usable(const struct var *var)
{
    return var->exists && !var->over;
}

static inline uint32_t aligned(uint32_t size)
{
    return (size + 63) / 64 * 64;
}

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
        if ((part->args[i].type == PARAM_OUTPUT || part->args[i].type == PARAM_INOUT) &&
            part->args[i].var == var)
            return true;
    return false;
}

static inline uint32_t part_bytes(const struct part *part, const struct var *vars)
{
    uint32_t bytes = 0;

    for (unsigned i = 0; i < part->count; i++)
        if (part->args[i].type == PARAM_OUTPUT || part->args[i].type == PARAM_INOUT)
            bytes += aligned(vars[part->args[i].var].size);
    return bytes;
}

/* Two sub-tasks write one tensor, or outputs at one node are more than its ring. */
static inline bool parts_wrong(const struct story *story, const struct op *op,
                               const struct var *vars)
{
    for (unsigned i = 0; i < op->part_count; i++) {
        uint32_t bytes = 0;

        for (unsigned k = 0; k < op->part_count; k++)
            if (op->parts[k].target == op->parts[i].target)
                bytes += part_bytes(&op->parts[k], vars);
        if (bytes > story->bytes)
            return true;
        for (unsigned k = 0; k < i; k++)
            for (unsigned var = 0; var < VARS_MAX; var++)
                if (writes_var(&op->parts[i], var) && writes_var(&op->parts[k], var))
                    return true;
    }
    return false;
}

static inline bool submit_wrong(const struct story *story, const struct op *op,
                                const struct var *vars)
{
    for (unsigned i = 0; i < op->shared_count; i++)
        if (arg_wrong(&op->shared[i], vars, true))
            return true;
    for (unsigned i = 0; i < op->part_count; i++)
        if (list_wrong(op, &op->parts[i], vars))
            return true;
    return parts_wrong(story, op, vars);
}

/* True for a parameter that gets a new version, even of a wrong task. */
static inline bool arg_makes(const struct arg *arg, const struct var *vars)
{
    return (arg->type == PARAM_OUTPUT || arg->type == PARAM_INOUT) && var_usable(&vars[arg->var]) &&
           vars[arg->var].writable;
}

/* The scopes of one activation. Returns false for an end without a begin. */
static inline bool end_scope(struct var *vars, unsigned *scopes)
{
    if (!*scopes)
        return false;
    for (unsigned i = 0; i < VARS_MAX; i++)
        if (vars[i].exists && vars[i].scope == *scopes)
            vars[i].over = true;
    --*scopes;
    return true;
}

#endif

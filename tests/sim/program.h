/* Random programs: what activations do, one operation after the other, and what runs in their tasks.
 * The oracle runs them on the core alone, the worlds in a whole tree, through kernels, messages and
 * nodes. */

#ifndef TESTS_PROGRAM_H
#define TESTS_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/task.h"
#include "topo/topology.h"

enum {
    PROGRAMS = 4, // 0 is what the launcher calls; a program calls only those with a higher number
    OPS_MAX = 40,
    VARS_MAX = 48,
    ARGS_MAX = 4,
    PARTS_MAX = 4,
    SHARED_MAX = 2,
    REGISTER_MAX = 64 * 1024,
    ROOTS_MAX = 4,
};

enum op_kind {
    OP_ALLOC,
    OP_REGISTER,
    OP_WRITE, // an own output, before any task has seen it
    OP_SUBMIT,
    OP_FREE,
    OP_SCOPE_BEGIN,
    OP_SCOPE_END,
    OP_WAIT,   // for all tasks of the activation, then look at every tensor
    OP_ERRORS, // read and clear the failures; only after OP_WAIT
};

/* How a part fails. */
enum failing {
    FAILS_NOT,
    FAILS_BROKEN,  // its code cannot be loaded where it is to run
    FAILS_LOST,    // its code is not to be had
    FAILS_UNKNOWN, // no kernel has that name
    FAILS_TARGET,  // no node is there
    FAILS_BY_CALL, // a worker that does what only an orchestration may
    FAILS_KINDS,
};

struct arg {
    uint8_t type; // enum param_type
    uint8_t var;  // the tensor
    uint64_t scalar;
};

struct part {
    uint8_t level;   // of the target
    uint16_t choice; // which of the nodes of that level below
    int8_t program;  // -1: a worker
    uint8_t fails;   // enum failing
    uint8_t count;
    struct arg args[ARGS_MAX];
};

struct op {
    uint8_t kind;
    uint8_t var;     // ALLOC, REGISTER: which it makes; FREE, WRITE: which
    uint8_t level;   // REGISTER: of the holder
    uint16_t choice; // REGISTER
    uint32_t size;   // bytes
    uint64_t value;  // REGISTER, WRITE
    bool group;
    uint8_t part_count, shared_count;
    struct arg shared[SHARED_MAX];
    struct part parts[PARTS_MAX];
};

struct program {
    uint8_t level;
    uint8_t param_count; // its first variables are its parameters
    uint8_t param_types[ARGS_MAX];
    uint8_t var_count;
    uint8_t op_count;
    struct op ops[OPS_MAX];
};

/* What the launcher starts. */
struct root {
    uint8_t program;
    uint32_t rank;
};

struct plan {
    bool bare;        // for the core alone: node 0 runs all programs, and a refusal ends nothing
    const char *spec; // of the topology
    struct topology topology;
    struct program programs[PROGRAMS];
    uint32_t slots; // of a task ring
    uint32_t bytes; // of a buffer ring
    uint64_t copy_budget;
    bool frees;
    bool fails;          // some part fails
    bool registers_much; // more than a ring: refused with the activation, unless its holder is dead
    struct root roots[ROOTS_MAX];
    unsigned root_count;
};

/* The node that a part names, seen from the node `self`. */
static inline uint32_t place_of(const struct plan *plan, uint32_t self, uint8_t level,
                                uint16_t choice)
{
    uint32_t count, first = topology_subtree(&plan->topology, self, (enum level)level, &count);

    return first + choice % count;
}

static inline uint32_t part_place(const struct plan *plan, uint32_t self, const struct part *part)
{
    return place_of(plan, self, part->level, part->choice);
}

/* --- an activation's variables ---------------------------------------------------------------- */

struct var {
    bool exists;   // it got a handle
    bool over;     // freed, or its scope has ended
    bool produced; // some version was made, perhaps a failed one
    bool writable;
    bool given;
    uint8_t scope; // how many scopes of the activation were open when it was made
    uint32_t size;
};

static inline struct var var_given(uint8_t type, uint32_t size)
{
    return (struct var){.exists = true,
                        .produced = true,
                        .given = true,
                        .writable = type != PARAM_INPUT,
                        .size = size};
}

/* What OP_ALLOC or OP_REGISTER makes. */
static inline struct var var_made(const struct op *op, bool exists, unsigned scopes)
{
    return (struct var){.exists = exists,
                        .produced = op->kind == OP_REGISTER,
                        .writable = true,
                        .scope = (uint8_t)scopes,
                        .size = op->size};
}

static inline bool var_usable(const struct var *var)
{
    return var->exists && !var->over;
}

/* True for a parameter that gets a new version, even of a wrong task. */
static inline bool arg_makes(const struct arg *arg, const struct var *vars)
{
    return param_writes(arg->type) && var_usable(&vars[arg->var]) && vars[arg->var].writable;
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

/* --- for reading ------------------------------------------------------------------------------ */

static inline void print_args(const struct arg *args, unsigned count)
{
    static const char *const types[] = {"in", "out", "inout", "scalar"};

    for (unsigned i = 0; i < count; i++)
        fprintf(stderr, " %s", types[args[i].type]);
    for (unsigned i = 0; i < count; i++)
        if (args[i].type != PARAM_SCALAR)
            fprintf(stderr, " v%u", args[i].var);
}

static inline void print_op(const struct op *op, unsigned at)
{
    static const char *const kinds[] = {"alloc",       "register",  "write", "submit", "free",
                                        "scope_begin", "scope_end", "wait",  "errors"};

    fprintf(stderr, "  %2u %s v%u size=%u level=%u%s", at, kinds[op->kind], op->var, op->size,
            op->level, op->group ? " group" : "");
    print_args(op->shared, op->shared_count);
    for (unsigned i = 0; i < op->part_count; i++) {
        const struct part *part = &op->parts[i];

        fprintf(stderr, "\n       L%u choice %u program %d fails %u:", part->level, part->choice,
                part->program, part->fails);
        print_args(part->args, part->count);
    }
    fprintf(stderr, "\n");
}

static inline void print_plan(const struct plan *plan)
{
    fprintf(stderr, "%s task=%u,buffer=%u\n", plan->spec, plan->slots, plan->bytes);
    for (unsigned i = 0; i < PROGRAMS; i++) {
        fprintf(stderr, "program %u at L%u, %u parameters\n", i, plan->programs[i].level,
                plan->programs[i].param_count);
        for (unsigned at = 0; at < plan->programs[i].op_count; at++)
            print_op(&plan->programs[i].ops[at], at);
    }
}

#endif

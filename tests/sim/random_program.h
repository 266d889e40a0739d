/* Random programs for a whole tree: what activations at all levels do, one operation after the
 * other, and what runs in their tasks. Unlike the oracle's, they go through kernels, messages and
 * nodes. */

#ifndef TESTS_RANDOM_PROGRAM_H
#define TESTS_RANDOM_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../unit/suite.h"
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

/* How many scopes each may have open, so that nested on one node the innermost begins at depth 8 at
 * most. */
static const unsigned scopes_max[PROGRAMS] = {3, 2, 0, 0};

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

/* What the generator believes of a variable; it is right unless a task fails or is refused. */
struct belief {
    bool made, produced, over, writable, given, seen;
    uint8_t scope; // number of scopes that were open when it was made
};

struct generator {
    struct plan *plan;
    struct program *program;
    uint64_t random;
    unsigned number; // of the program
    unsigned scopes; // open now
    unsigned failing,
        breaking; // of 1000: how often a part fails, how often a parameter is nonsense
    struct belief vars[VARS_MAX];
};

static inline unsigned roll(struct generator *generator, unsigned bound)
{
    return random_below(&generator->random, bound);
}

static inline struct op *add_op(struct generator *generator, enum op_kind kind)
{
    struct op *op = &generator->program->ops[generator->program->op_count++];

    *op = (struct op){.kind = (uint8_t)kind};
    return op;
}

static inline uint32_t random_size(struct generator *generator, uint32_t most)
{
    switch (roll(generator, 12)) {
    case 0:
        return 0;
    case 1:
        return 1 + roll(generator, most); // up to a whole ring
    case 2:
        return roll(generator, 8) ? 64 : most + 64; // now and then more than a ring
    case 3:
        return 1 + roll(generator, 40);
    default:
        return 8 * (1 + roll(generator, most / 40));
    }
}

/* The level of a node at or below the program's. */
static inline uint8_t random_level(struct generator *generator)
{
    const struct topology *topology = &generator->plan->topology;
    int level = generator->program->level, below;

    while (roll(generator, 3) > 0 &&
           (below = topology_level_below(topology, (enum level)level)) >= 0)
        level = below;
    return (uint8_t)level;
}

static inline void gen_tensor(struct generator *generator, bool registered)
{
    struct program *program = generator->program;
    uint32_t most = generator->plan->bytes;
    struct op *op;

    if (program->var_count == VARS_MAX)
        return;
    op = add_op(generator, registered ? OP_REGISTER : OP_ALLOC);
    op->var = program->var_count++;
    op->size = random_size(generator, registered && most > REGISTER_MAX ? REGISTER_MAX - 64 : most);
    op->level = random_level(generator);
    op->choice = (uint16_t)roll(generator, 1 << 16);
    op->value = random_next(&generator->random);
    generator->plan->registers_much |= registered && op->size > generator->plan->bytes;
    generator->vars[op->var] = (struct belief){.made = true,
                                               .produced = registered,
                                               .writable = true,
                                               .scope = (uint8_t)generator->scopes};
}

/* A variable that may be read (or written); VARS_MAX when there is none. */
static inline unsigned pick(struct generator *generator, bool read, bool write)
{
    unsigned count = generator->program->var_count, first;

    if (!count)
        return VARS_MAX;
    first = roll(generator, count);
    if (roll(generator, 1000) < generator->breaking)
        return first;
    if (roll(generator, 3) == 0) // prefer young ones: long chains
        first = count - 1 - roll(generator, count < 4 ? count : 4);
    for (unsigned i = 0; i < count; i++) {
        const struct belief *var = &generator->vars[(first + i) % count];

        if (var->made && !var->over && (!read || var->produced) && (!write || var->writable))
            return (first + i) % count;
    }
    return VARS_MAX;
}

static inline bool uses(const struct arg *args, unsigned count, unsigned var, bool writes)
{
    for (unsigned i = 0; i < count; i++)
        if (args[i].type != PARAM_SCALAR && args[i].var == var &&
            (!writes || args[i].type != PARAM_INPUT))
            return true;
    return false;
}

static inline bool used_before(const struct op *op, const struct part *part, unsigned var,
                               bool write)
{
    if (write && uses(op->shared, op->shared_count, var, false))
        return true;
    if (part && uses(part->args, part->count, var, !write))
        return true;
    for (unsigned i = 0; write && i < op->part_count; i++)
        if (uses(op->parts[i].args, op->parts[i].count, var, true))
            return true;
    return false;
}

static inline struct arg gen_arg(struct generator *generator, const struct op *op,
                                 const struct part *part, uint8_t type)
{
    struct arg arg = {.type = type, .scalar = random_next(&generator->random)};

    if (type == PARAM_SCALAR)
        return arg;
    for (int tries = 0; tries < 4; tries++) {
        unsigned var = pick(generator, param_reads(type), param_writes(type));

        if (var < VARS_MAX && (!used_before(op, part, var, param_writes(type)) ||
                               roll(generator, 1000) < generator->breaking)) {
            arg.var = (uint8_t)var;
            generator->vars[var].seen = true;
            return arg;
        }
    }
    arg.type = PARAM_SCALAR;
    return arg;
}

static inline uint8_t random_type(struct generator *generator)
{
    static const uint8_t types[] = {PARAM_INPUT,  PARAM_INPUT, PARAM_INPUT, PARAM_OUTPUT,
                                    PARAM_OUTPUT, PARAM_INOUT, PARAM_INOUT, PARAM_SCALAR};

    return types[roll(generator, 8)];
}

/* The arguments follow the called program's parameters; a worker if that cannot be done. */
static inline void gen_call(struct generator *generator, struct op *op, struct part *part)
{
    unsigned number = generator->number + 1 + roll(generator, PROGRAMS - generator->number - 1);
    const struct program *called = &generator->plan->programs[number];

    if (called->level > generator->program->level)
        return;
    part->program = (int8_t)number;
    part->level = called->level;
    for (; part->count < called->param_count; part->count++) {
        uint8_t type = called->param_types[part->count];

        part->args[part->count] = gen_arg(generator, op, part, type);
        if (part->args[part->count].type != type)
            part->program = -1;
    }
}

static inline void gen_part(struct generator *generator, struct op *op)
{
    struct part *part = &op->parts[op->part_count];

    *part = (struct part){.level = random_level(generator),
                          .choice = (uint16_t)roll(generator, 1 << 16),
                          .program = -1};
    if (generator->number + 1 < PROGRAMS && !op->shared_count && roll(generator, 2))
        gen_call(generator, op, part);
    if (part->count == 0 && part->program < 0)
        for (unsigned count = roll(generator, ARGS_MAX + 1); part->count < count; part->count++)
            part->args[part->count] = gen_arg(generator, op, part, random_type(generator));
    if (roll(generator, 1000) < generator->failing && part->program < 0)
        part->fails = (uint8_t)(1 + roll(generator, FAILS_KINDS - 1));
    if (part->fails == FAILS_TARGET && part->level == LEVEL_GLOBAL) // there is only one
        part->fails = FAILS_UNKNOWN;
    generator->plan->fails |= part->fails != FAILS_NOT;
    op->part_count++;
}

static inline void gen_submit(struct generator *generator)
{
    struct op *op = add_op(generator, OP_SUBMIT);
    unsigned parts = 1;

    op->group = roll(generator, 6) == 0;
    if (op->group) {
        parts = roll(generator, PARTS_MAX + 1);
        for (unsigned i = roll(generator, SHARED_MAX + 1); i-- > 0; op->shared_count++) {
            uint8_t type = roll(generator, 1000) < generator->breaking ? PARAM_INOUT : PARAM_INPUT;

            op->shared[op->shared_count] = gen_arg(generator, op, NULL, type);
        }
    }
    while (op->part_count < parts)
        gen_part(generator, op);
    for (unsigned i = 0; i < parts; i++)
        for (unsigned k = 0; k < op->parts[i].count; k++)
            if (param_writes(op->parts[i].args[k].type))
                generator->vars[op->parts[i].args[k].var].produced = true;
}

static inline void gen_scope_end(struct generator *generator)
{
    if (!generator->scopes && roll(generator, 1000) >= generator->breaking)
        return;
    add_op(generator, OP_SCOPE_END);
    for (unsigned i = 0; generator->scopes && i < generator->program->var_count; i++)
        if (generator->vars[i].scope == generator->scopes)
            generator->vars[i].over = true;
    generator->scopes -= generator->scopes > 0;
}

static inline void gen_free(struct generator *generator)
{
    unsigned var = pick(generator, roll(generator, 2), true);

    if (var == VARS_MAX || !generator->plan->frees)
        return;
    add_op(generator, OP_FREE)->var = (uint8_t)var;
    if (!generator->vars[var].given)
        generator->vars[var].over = true;
}

static inline void gen_write(struct generator *generator)
{
    const struct program *program = generator->program;

    for (uint8_t var = 0; var < program->param_count; var++)
        if (generator->vars[var].writable && !generator->vars[var].seen && roll(generator, 2)) {
            struct op *op = add_op(generator, OP_WRITE);

            op->var = var;
            op->value = random_next(&generator->random);
            return;
        }
}

static inline void gen_op(struct generator *generator)
{
    unsigned dice = roll(generator, 100);

    if (dice < 20)
        gen_tensor(generator, false);
    else if (dice < 28)
        gen_tensor(generator, true);
    else if (dice < 70)
        gen_submit(generator);
    else if (dice < 74)
        gen_write(generator);
    else if (dice < 81)
        gen_free(generator);
    else if (dice < 88 && generator->scopes < scopes_max[generator->number]) {
        add_op(generator, OP_SCOPE_BEGIN);
        generator->scopes++;
    } else if (dice < 94)
        gen_scope_end(generator);
    else {
        add_op(generator, OP_WAIT);
        if (roll(generator, 2) && generator->program->op_count < OPS_MAX)
            add_op(generator, OP_ERRORS);
    }
}

static inline void gen_program(struct generator *generator, unsigned number)
{
    struct program *program = &generator->plan->programs[number];
    unsigned ops = 4 + roll(generator, number ? 10 : OPS_MAX - 8);

    generator->program = program;
    generator->number = number;
    generator->scopes = 0;
    program->op_count = program->var_count = program->param_count = 0;
    for (unsigned i = number ? roll(generator, ARGS_MAX + 1) : 0; i-- > 0;) {
        uint8_t type = (uint8_t)roll(generator, 3);

        program->param_types[program->param_count++] = type;
        generator->vars[program->var_count++] = (struct belief){
            .made = true, .produced = true, .given = true, .writable = param_writes(type)};
    }
    while (program->op_count < ops)
        gen_op(generator);
    if (!number && program->op_count < OPS_MAX)
        add_op(generator, OP_WAIT);
}

/* Level by level: the first program stands at the top, the others anywhere at or below. */
static inline void gen_levels(struct generator *generator)
{
    struct plan *plan = generator->plan;

    generator->program = &plan->programs[0];
    plan->programs[0].level = plan->topology.top;
    for (unsigned number = 1; number < PROGRAMS; number++)
        plan->programs[number].level = random_level(generator);
}

/* The first program twice, one run behind the other, and elsewhere, at the same time, what needs no
 * parameters. */
static inline void gen_roots(struct generator *generator)
{
    struct plan *plan = generator->plan;

    plan->root_count = 2;
    for (uint8_t number = 1; number < PROGRAMS && plan->root_count < ROOTS_MAX; number++) {
        const struct program *program = &plan->programs[number];
        uint32_t count, first = plan->topology.first_rank[program->level];

        count = plan->topology.count[program->level];
        if (program->param_count == 0)
            plan->roots[plan->root_count++] =
                (struct root){.program = number, .rank = first + roll(generator, count)};
    }
}

static inline void gen_plan(struct plan *plan, uint64_t seed)
{
    static const char *const specs[] = {"1x1x3",          "2x2x2",         "1x2x2x2",
                                        "2x1x1x3",        "L6:1 L3:3",     "L6:1 L4:2",
                                        "L6:1 L5:2 L3:2", "L7:1 L6:2 L4:2"};
    struct generator generator = {.plan = plan, .random = seed * 2 + 1};
    struct error err;

    *plan = (struct plan){.spec = specs[roll(&generator, sizeof specs / sizeof *specs)]};
    if (topology_parse(plan->spec, &plan->topology, &err) < 0)
        ck_abort_msg("%s", err.text);
    plan->slots = 1u << (roll(&generator, 4) ? 4 + roll(&generator, 3) : 1 + roll(&generator, 3));
    plan->bytes = 256u << (roll(&generator, 4) ? 4 + roll(&generator, 4) : roll(&generator, 4));
    if (roll(&generator, 12) == 0)
        plan->bytes = roll(&generator, 6) ? 512u * 1024 : 3u * 1024 * 1024;
    plan->frees = roll(&generator, 4) != 0;
    plan->copy_budget = roll(&generator, 3) ? 0 : 1 + roll(&generator, plan->bytes);
    generator.failing = roll(&generator, 3) ? 0 : 80;
    generator.breaking = roll(&generator, 3) ? 0 : 60;
    gen_levels(&generator);
    for (unsigned number = PROGRAMS; number-- > 0;)
        gen_program(&generator, number);
    gen_roots(&generator);
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

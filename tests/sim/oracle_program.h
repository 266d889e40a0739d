/* Random programs for the oracle: what an activation does, one operation after the other, and what
 * runs in its tasks. */

#ifndef TESTS_ORACLE_PROGRAM_H
#define TESTS_ORACLE_PROGRAM_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>

#include "../unit/suite.h"
#include "core/task_graph.h"

/* The story that runs now; every claim that does not hold names it. */
static uint64_t story_seed, story_order;

#define hold(condition, format, ...)                                                               \
    claim(condition, "seed %" PRIu64 " order %" PRIu64 ": " format, story_seed, story_order,       \
          ##__VA_ARGS__)

enum {
    PROGRAMS = 4, // 0 is the outermost; a program calls only those with a higher number
    NODES = 4,    // 0 is the submitter itself
    OPS_MAX = 48,
    VARS_MAX = 64,
    ARGS_MAX = 4,
    PARTS_MAX = 4,
    SHARED_MAX = 2,
};

/* How many scopes each may have open, so that the innermost of all begins at depth 8 at most. */
static const unsigned scopes_max[PROGRAMS] = {3, 2, 0, 0};

enum op_kind {
    OP_ALLOC,
    OP_REGISTER,
    OP_SUBMIT,
    OP_FREE,
    OP_SCOPE_BEGIN,
    OP_SCOPE_END,
    OP_WAIT,   // for all tasks of the activation, then look at every tensor
    OP_ERRORS, // read and clear the failures; only after OP_WAIT
};

struct arg {
    uint8_t type; // enum param_type
    uint8_t var;  // the tensor
    uint64_t scalar;
};

struct part {
    uint8_t target;
    int8_t program; // on node 0: what runs; -1 for a worker
    bool fails;
    uint8_t count;
    struct arg args[ARGS_MAX];
};

struct op {
    uint8_t kind;
    uint8_t var;    // ALLOC, REGISTER: which it makes; FREE: which it frees
    uint8_t holder; // REGISTER
    uint32_t size;  // bytes, a multiple of 8
    uint64_t value; // REGISTER
    bool group;
    uint8_t part_count, shared_count;
    struct arg shared[SHARED_MAX];
    struct part parts[PARTS_MAX];
};

struct program {
    uint8_t param_count; // its first variables are its parameters
    uint8_t param_types[ARGS_MAX];
    uint8_t var_count;
    uint8_t op_count;
    struct op ops[OPS_MAX];
};

/* Everything that a run needs but the order of events. */
struct story {
    struct program programs[PROGRAMS];
    uint32_t slots; // of a task ring
    uint32_t bytes; // of a buffer ring
    bool nests;     // some task for oneself runs a program
    bool frees;     // there is a FREE
};

/* What the generator believes of a variable; it is right unless a task fails or is refused. */
struct belief {
    bool made, produced, over, writable, given;
    uint8_t scope; // number of scopes that were open when it was made
};

struct generator {
    struct story *story;
    struct program *program;
    uint64_t random;
    unsigned number; // of the program
    unsigned scopes; // open now
    unsigned failing,
        breaking; // of 1000: how often a worker fails, how often a parameter is nonsense
    struct belief vars[VARS_MAX];
};

static inline unsigned roll(struct generator *generator, unsigned bound)
{
    return random_below(&generator->random, bound);
}

static inline struct op *add_op(struct generator *generator, enum op_kind kind)
{
    struct op *op = &generator->program->ops[generator->program->op_count++];

    op->kind = (uint8_t)kind;
    op->group = false;
    op->part_count = op->shared_count = 0;
    return op;
}

static inline uint32_t random_size(struct generator *generator)
{
    uint32_t most = generator->story->bytes;

    switch (roll(generator, 12)) {
    case 0:
        return 0;
    case 1:
        return 8 * (1 + roll(generator, most / 8)); // up to a whole ring
    case 2:
        return roll(generator, 8) ? 64 : most + 64; // now and then more than a ring
    default:
        return 8 * (1 + roll(generator, most / 40));
    }
}

static inline void gen_tensor(struct generator *generator, bool registered)
{
    struct program *program = generator->program;
    struct op *op;

    if (program->var_count == VARS_MAX)
        return;
    op = add_op(generator, registered ? OP_REGISTER : OP_ALLOC);
    op->var = program->var_count++;
    op->size = random_size(generator);
    op->holder = (uint8_t)roll(generator, NODES);
    op->value = random_next(&generator->random);
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

static inline bool used_before(const struct op *op, const struct part *part, unsigned var,
                               bool write)
{
    for (unsigned i = 0; i < op->shared_count; i++)
        if (op->shared[i].type != PARAM_SCALAR && op->shared[i].var == var && write)
            return true;
    for (unsigned i = 0; part && i < part->count; i++)
        if (part->args[i].type != PARAM_SCALAR && part->args[i].var == var &&
            (write || part->args[i].type != PARAM_INPUT))
            return true;
    for (unsigned i = 0; i < op->part_count; i++)
        for (unsigned k = 0; k < op->parts[i].count; k++)
            if (op->parts[i].args[k].type != PARAM_SCALAR &&
                op->parts[i].args[k].type != PARAM_INPUT && op->parts[i].args[k].var == var &&
                write)
                return true;
    return false;
}

static inline struct arg gen_arg(struct generator *generator, const struct op *op,
                                 const struct part *part, uint8_t type)
{
    struct arg arg = {.type = type, .scalar = random_next(&generator->random)};
    unsigned var;

    if (type == PARAM_SCALAR)
        return arg;
    for (int tries = 0; tries < 4; tries++) {
        var = pick(generator, param_reads(type), param_writes(type));
        if (var < VARS_MAX && (!used_before(op, part, var, param_writes(type)) ||
                               roll(generator, 1000) < generator->breaking)) {
            arg.var = (uint8_t)var;
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

/* On node 0 a part may run a program; its arguments then follow that program's parameters. */
static inline void gen_part(struct generator *generator, struct op *op)
{
    struct part *part = &op->parts[op->part_count];
    const struct program *called;
    unsigned count = roll(generator, ARGS_MAX + 1);

    *part = (struct part){.target = (uint8_t)roll(generator, NODES), .program = -1};
    part->fails = roll(generator, 1000) < generator->failing;
    if (part->target == 0 && generator->number + 1 < PROGRAMS && !op->shared_count &&
        roll(generator, 3)) {
        part->program =
            (int8_t)(generator->number + 1 + roll(generator, PROGRAMS - generator->number - 1));
        called = &generator->story->programs[part->program];
        count = called->param_count;
        for (; part->count < count; part->count++) {
            uint8_t type = called->param_types[part->count];

            part->args[part->count] = gen_arg(generator, op, part, type);
            if (part->args[part->count].type != type)
                part->program = -1;
        }
        generator->story->nests = generator->story->nests || part->program >= 0;
    } else {
        for (; part->count < count; part->count++)
            part->args[part->count] = gen_arg(generator, op, part, random_type(generator));
    }
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
            if (param_writes(op->parts[i].args[k].type) &&
                op->parts[i].args[k].type != PARAM_SCALAR)
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

    if (var == VARS_MAX || !generator->story->frees)
        return;
    add_op(generator, OP_FREE)->var = (uint8_t)var;
    if (!generator->vars[var].given)
        generator->vars[var].over = true;
}

static inline void gen_op(struct generator *generator)
{
    unsigned dice = roll(generator, 100);

    if (dice < 20)
        gen_tensor(generator, false);
    else if (dice < 28)
        gen_tensor(generator, true);
    else if (dice < 72)
        gen_submit(generator);
    else if (dice < 80)
        gen_free(generator);
    else if (dice < 87 && generator->scopes < scopes_max[generator->number]) {
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
    struct program *program = &generator->story->programs[number];
    unsigned ops = 4 + roll(generator, number ? 12 : OPS_MAX - 8);

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

static inline void gen_story(struct story *story, uint64_t seed)
{
    struct generator generator = {.story = story, .random = seed * 2 + 1};

    story->slots = 1u << (1 + roll(&generator, 5));
    story->bytes = 256u << roll(&generator, 4);
    story->nests = false;
    story->frees = roll(&generator, 4) != 0;
    generator.failing = roll(&generator, 3) ? 0 : 100;
    generator.breaking = roll(&generator, 3) ? 0 : 60;
    for (unsigned number = PROGRAMS; number-- > 0;)
        gen_program(&generator, number);
}

#endif

/* The generator of random programs. The same seed gives the same programs everywhere. */

#ifndef TESTS_GENERATE_H
#define TESTS_GENERATE_H

#include "../unit/suite.h"
#include "program.h"

#define BARE_SPEC "L6:1 L3:3" // the submitter and three that only compute

/* How many scopes each may have open, so that nested on one node the innermost begins at depth 8 at
 * most. */
static const unsigned scopes_max[PROGRAMS] = {3, 2, 0, 0};

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
    /* Of 1000: how often a part fails, how often a parameter is nonsense. */
    unsigned failing, breaking;
    unsigned calling; // one part in so many runs a program, where it may
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
    if (generator->number + 1 < PROGRAMS && !op->shared_count &&
        roll(generator, generator->calling) == 1)
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

/* The first program stands at the top, the others anywhere at or below; or all at the top. */
static inline void gen_levels(struct generator *generator)
{
    struct plan *plan = generator->plan;

    generator->program = &plan->programs[0];
    for (unsigned number = 0; number < PROGRAMS; number++) {
        plan->programs[number].level = plan->topology.top;
        if (number && !plan->bare)
            plan->programs[number].level = random_level(generator);
    }
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

static inline void gen_rings(struct generator *generator)
{
    struct plan *plan = generator->plan;

    if (plan->bare) {
        plan->slots = 1u << (1 + roll(generator, 5));
        plan->bytes = 256u << roll(generator, 4);
        return;
    }
    plan->slots = 1u << (roll(generator, 4) ? 4 + roll(generator, 3) : 1 + roll(generator, 3));
    plan->bytes = 256u << (roll(generator, 4) ? 4 + roll(generator, 4) : roll(generator, 4));
    if (roll(generator, 12) == 0)
        plan->bytes = roll(generator, 6) ? 512u * 1024 : 3u * 1024 * 1024;
}

static inline void gen_topology(struct generator *generator)
{
    static const char *const specs[] = {"1x1x3",          "2x2x2",         "1x2x2x2",
                                        "2x1x1x3",        "L6:1 L3:3",     "L6:1 L4:2",
                                        "L6:1 L5:2 L3:2", "L7:1 L6:2 L4:2"};
    struct plan *plan = generator->plan;
    struct error err;

    plan->spec = plan->bare ? BARE_SPEC : specs[roll(generator, sizeof specs / sizeof *specs)];
    if (topology_parse(plan->spec, &plan->topology, &err) < 0)
        ck_abort_msg("%s", err.text);
}

static inline void gen_plan(struct plan *plan, uint64_t seed, bool bare)
{
    struct generator generator = {.plan = plan, .random = seed * 2 + 1, .calling = bare ? 4 : 2};

    *plan = (struct plan){.bare = bare};
    gen_topology(&generator);
    gen_rings(&generator);
    plan->frees = roll(&generator, 4) != 0;
    plan->copy_budget = roll(&generator, 3) ? 0 : 1 + roll(&generator, plan->bytes);
    generator.failing = roll(&generator, 3) ? 0 : 80;
    generator.breaking = roll(&generator, 3) ? 0 : 60;
    gen_levels(&generator);
    for (unsigned number = PROGRAMS; number-- > 0;)
        gen_program(&generator, number);
    gen_roots(&generator);
}

#endif

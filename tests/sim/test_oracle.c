// limit: 600 s
/* Random programs give exactly the result of running their tasks one after the other, in whatever
 * order things happen. SEED= and SEEDS= choose the programs; a failure names its seed. */

#include <stdio.h>

#include "oracle_run.h"

enum {
    SEEDS_USUAL = 100 * 1000,
    TIMEOUT_S = 570
}; // for the usual seeds; none for as many as one asks for

static struct world world;
static struct story story;

struct outcome {
    uint64_t seen, quiet, events;
    unsigned refusals;
};

static struct outcome run_once(uint64_t seed, uint64_t order)
{
    struct reference reference = {.story = &story, .refusals = &world.refusals};

    story_seed = seed;
    story_order = order;
    world_run(&world, &story, order);
    reference_run(&reference, 0, 1, NULL, NULL);
    hold(reference.seen == world.seen, "not the sequential result");
    return (struct outcome){.seen = world.seen,
                            .quiet = world.quiet,
                            .events = world.events,
                            .refusals = world.refusals.count};
}

START_TEST(random_programs_give_the_sequential_result)
{
    uint64_t events = 0, refusals = 0, nested = 0;

    for (uint64_t seed = seed_first(), end = seed + seed_count(SEEDS_USUAL); seed < end; seed++) {
        struct outcome first, second;

        gen_story(&story, seed);
        first = run_once(seed, seed);
        events += first.events;
        refusals += first.refusals;
        nested += story.nests;
        if (seed % 4 || first.refusals)
            continue;
        /* Where a block lies depends on what had retired when it was claimed, and so may whether a
         * large one fits before it: another order may meet a deadlock where this one did not. */
        second = run_once(seed, ~seed);
        hold(second.refusals || (first.quiet == second.quiet && first.seen == second.seen), "I4");
    }
    printf("note %" PRIu64 " events, %" PRIu64 " deadlocks, %" PRIu64 " programs with nesting\n",
           events, refusals, nested);
}
END_TEST

SUITE_MAIN_OF("oracle", NULL, NULL, getenv("SEEDS") ? 0 : TIMEOUT_S,
              random_programs_give_the_sequential_result)

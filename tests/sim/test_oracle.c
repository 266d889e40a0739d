// limit: 600 s
/* Random programs give exactly the result of running their tasks one after the other, in whatever
 * order things happen. SEED= and SEEDS= choose the programs, STORY=1 prints them; a failure names
 * its seed. */

#include <stdio.h>

#include "generate.h"
#include "oracle_run.h"

/* The time is for the usual seeds; as many as one asks for have all they need. */
enum { SEEDS_USUAL = 100 * 1000, TIMEOUT_S = 570 };

static struct world world;
static struct plan plan;
static struct reference reference;

static void run_once(uint64_t seed, uint64_t order)
{
    char text[256];

    seed_now = seed;
    order_now = order;
    world_run(&world, &plan, order);
    reference.plan = &plan;
    reference.refusals = &world.refusals;
    reference.sights.count = 0;
    reference_activation(&reference, 0, 0, 1, NULL, NULL);
    sights_sort(&world.sights);
    sights_sort(&reference.sights);
    hold(sights_agree(&world.sights, &reference.sights, text, sizeof text), "%s", text);
}

START_TEST(random_programs_give_the_sequential_result)
{
    uint64_t events = 0, refusals = 0, nested = 0;

    for (uint64_t seed = seed_first(), end = seed + seed_count(SEEDS_USUAL); seed < end; seed++) {
        uint64_t quiet;

        gen_plan(&plan, seed, true);
        if (getenv("STORY"))
            print_plan(&plan);
        run_once(seed, seed);
        events += world.events;
        refusals += world.refusals.count;
        nested += world.nested;
        if (seed % 4 || world.refusals.count)
            continue;
        /* Where a block lies depends on what had retired when it was claimed, and so may whether a
         * large one fits before it: another order may meet a deadlock where this one did not. */
        quiet = world.quiet;
        run_once(seed, ~seed);
        hold(world.refusals.count || world.quiet == quiet, "I4");
    }
    printf("note %" PRIu64 " events, %" PRIu64 " deadlocks, %" PRIu64 " nested activations\n",
           events, refusals, nested);
}
END_TEST

SUITE_MAIN_OF("oracle", NULL, NULL, getenv("SEEDS") ? 0 : TIMEOUT_S,
              random_programs_give_the_sequential_result)

// links: body
/* Which processor each subtree keeps to, over random shapes and sets of processors. */

#include "super/placement.h"

#include <stdio.h>

#include "suite.h"
#include "topology_fixture.h"

enum { MOST_PROCESSORS = 24 };

static cpu_set_t set_of(const int *processors, int count)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    for (int i = 0; i < count; i++)
        CPU_SET((size_t)processors[i], &set);
    return set;
}

static struct placement plan(const char *spec, const int *processors, int count)
{
    struct topology topology = topology_of(spec);
    cpu_set_t allowed = set_of(processors, count);
    struct placement placement;

    placement_plan(&placement, &topology, &allowed);
    return placement;
}

START_TEST(neighbours_keep_together_on_processors_that_are_allowed)
{
    struct placement placement = plan("4x2", (const int[]){3, 17}, 2);

    ck_assert_int_eq(placement_processor(&placement, 0), -1);
    for (uint32_t child = 0; child < 4; child++)
        ck_assert_int_eq(placement_processor(&placement, 1 + child), child < 2 ? 3 : 17);
    for (uint32_t leaf = 0; leaf < 8; leaf++)
        ck_assert_int_eq(placement_processor(&placement, 5 + leaf), -1);
}
END_TEST

START_TEST(a_level_too_narrow_is_passed_over)
{
    struct placement placement = plan("1x1x16", (const int[]){0, 1}, 2);

    ck_assert_uint_eq(placement.first_rank, 3);
    ck_assert_uint_eq(placement.count, 16);
}
END_TEST

START_TEST(nothing_is_bound_where_there_is_nothing_to_choose)
{
    ck_assert_uint_eq(plan("16x4x16", NULL, 0).count, 0);
    ck_assert_uint_eq(plan("16x4x16", (const int[]){5}, 1).count, 0);
    ck_assert_uint_eq(plan("1x1x2", (const int[]){0, 1, 2}, 3).count, 0);
}
END_TEST

/* Returns how many of the bound level's nodes keep to `processor`. */
static uint32_t load_of(const struct placement *placement, int processor)
{
    uint32_t load = 0;

    for (uint32_t i = 0; i < placement->count; i++)
        load += placement_processor(placement, placement->first_rank + i) == processor;
    return load;
}

static void try_one(uint64_t seed)
{
    uint64_t state = seed;
    uint32_t fanout[3] = {1 + random_below(&state, 9), 1 + random_below(&state, 5),
                          1 + random_below(&state, 9)};
    int processors[MOST_PROCESSORS], count = 0;
    uint32_t placed = 0;
    struct placement placement;
    char spec[64];

    for (int processor = 0; processor < MOST_PROCESSORS; processor++)
        if (random_below(&state, 3) == 0)
            processors[count++] = processor;
    snprintf(spec, sizeof spec, "%ux%ux%u", fanout[0], fanout[1], fanout[2]);
    placement = plan(spec, processors, count);
    for (int i = 0; i < count; i++) {
        uint32_t load = load_of(&placement, processors[i]);

        placed += load;
        claim(placement.count == 0 || load == placement.count / (uint32_t)count ||
                  load == placement.count / (uint32_t)count + 1,
              "seed %" PRIu64 ": %s on %d processors: %u of %u nodes on one", seed, spec, count,
              load, placement.count);
    }
    claim(placed == placement.count, "seed %" PRIu64 ": %s: %u of %u nodes on allowed processors",
          seed, spec, placed, placement.count);
}

START_TEST(every_processor_gets_as_many_and_nobody_another)
{
    for (uint64_t seed = seed_first(), end = seed + seed_count(2000); seed < end; seed++)
        try_one(seed);
}
END_TEST

SUITE_MAIN("placement", neighbours_keep_together_on_processors_that_are_allowed,
           a_level_too_narrow_is_passed_over, nothing_is_bound_where_there_is_nothing_to_choose,
           every_processor_gets_as_many_and_nobody_another)

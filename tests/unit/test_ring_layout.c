/* Where the buffer rings of a node lie in its memory. */

#include "suite.h"
#include "topology_fixture.h"
#include "topo/ring_layout.h"

static struct topology topology;

START_TEST(capacities_are_the_settings_of_the_owners_level_or_the_usual)
{
    topology = topology_of("2x2x2");
    ck_assert_uint_eq(ring_slots(&topology, LEVEL_POD), RING_SLOTS_USUAL);
    ck_assert_uint_eq(ring_bytes(&topology, LEVEL_POD), RING_BYTES_USUAL);
    topology.settings.task_ring_slots[LEVEL_POD] = 8;
    topology.settings.buffer_ring_bytes[LEVEL_POD] = 32768;
    ck_assert_uint_eq(ring_slots(&topology, LEVEL_POD), 8);
    ck_assert_uint_eq(ring_bytes(&topology, LEVEL_POD), 32768);
    ck_assert_uint_eq(ring_slots(&topology, LEVEL_HOST), RING_SLOTS_USUAL);
}
END_TEST

/* Rings of one node lie one behind the other: none overlaps another, none reaches beyond the end.
 */
static void check_node(uint32_t rank, const char *spec)
{
    uint64_t at = 0, size = ring_layout_size(&topology, rank);
    enum level self = topology_level_of_rank(&topology, rank);

    for (int owner = (int)self; owner >= 0;
         owner = topology_level_above(&topology, (enum level)owner)) {
        for (unsigned depth = 0; depth < RING_LAYOUT_DEPTHS; depth++) {
            claim(ring_layout_offset(&topology, rank, (enum level)owner, depth) == at,
                  "%s: rank %u, L%d, depth %u", spec, rank, owner, depth);
            claim(at % 64 == 0, "%s: alignment", spec);
            at += ring_bytes(&topology, (enum level)owner);
        }
    }
    claim(size >= at && size - at < 4096 && size % 4096 == 0, "%s: rank %u has %ju bytes", spec,
          rank, (uintmax_t)size);
}

START_TEST(rings_of_all_owners_and_depths_lie_apart)
{
    static const char *const specs[] = {"2x2x2x2", "3", "L6:2 L5:2 L3:2", "L7:1 L6:2 L4:2 L2:2"};
    uint64_t random = seed_first();

    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        topology = topology_of(specs[i]);
        for (unsigned tries = 0; tries < 20; tries++) {
            for (unsigned level = 0; level < LEVEL_COUNT; level++)
                topology.settings.buffer_ring_bytes[level] = 64 * random_below(&random, 5000);
            for (uint32_t rank = 0; rank < topology.node_count; rank++)
                check_node(rank, specs[i]);
        }
    }
}
END_TEST

SUITE_MAIN("ring_layout", capacities_are_the_settings_of_the_owners_level_or_the_usual,
           rings_of_all_owners_and_depths_lie_apart)

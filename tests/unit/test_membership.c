#include "member/membership.h"

#include <string.h>

#include "suite.h"
#include "topology_fixture.h"

enum { NODES_MAX = 700 };

/* The same table as one word a node. */
static struct {
    enum member_status status[NODES_MAX];
    uint32_t generation[NODES_MAX];
} naive;

static bool naive_set(uint32_t rank, enum member_status status, uint32_t generation)
{
    if (generation <= naive.generation[rank])
        return false;
    naive.generation[rank] = generation;
    naive.status[rank] = status;
    return true;
}

static enum member_status naive_status(const struct topology *topology, uint32_t rank)
{
    enum member_status own = naive.status[rank];

    for (uint32_t at = rank; at != RANK_NONE; at = topology_parent(topology, at)) {
        if (naive.status[at] == MEMBER_DEAD || naive.status[at] == MEMBER_LEFT)
            return naive.status[at];
    }
    return own;
}

static bool naive_live(const struct topology *topology, uint32_t rank)
{
    enum member_status status = naive_status(topology, rank);

    return status == MEMBER_LIVE || status == MEMBER_SLOW;
}

/* The definition of query_peers by coordinates: equal indices from `level` up, or down to the own
 * level. */
static uint32_t naive_peers(const struct topology *topology, uint32_t self, int level,
                            uint32_t *ranks)
{
    struct coord me = topology_coord(topology, self);
    uint32_t count = 0;

    if (level == me.level)
        do
            level++;
        while (level < LEVEL_GLOBAL && !topology->present[level]);
    for (uint32_t rank = 0; rank < topology->node_count; rank++) {
        struct coord coord = topology_coord(topology, rank);
        bool below = level < me.level;
        bool peer = coord.level == (below ? level : me.level);

        for (int at = LEVEL_GLOBAL; at >= (below ? me.level : level); at--)
            peer = peer && coord.index[at] == me.index[at];
        if (peer && naive_live(topology, rank))
            ranks[count++] = rank;
    }
    return count;
}

static void check_counts(const struct membership *table, const struct topology *topology,
                         uint32_t above, uint64_t seed)
{
    for (unsigned level = 0; level < LEVEL_COUNT; level++) {
        struct member_counts counts = membership_count(table, above, (enum level)level);
        struct member_counts expected = {0};

        for (uint32_t rank = 0; rank < topology->node_count; rank++) {
            if (topology_level_of_rank(topology, rank) == level &&
                topology_within(topology, rank, above))
                expected.of[naive_status(topology, rank)]++;
        }
        claim(!memcmp(&counts, &expected, sizeof counts),
              "seed %" PRIu64 ": L%u below %u: %u %u %u %u, not %u %u %u %u", seed, level, above,
              counts.of[0], counts.of[1], counts.of[2], counts.of[3], expected.of[0],
              expected.of[1], expected.of[2], expected.of[3]);
    }
}

static void check_peers(const struct membership *table, const struct topology *topology,
                        uint32_t self, uint64_t seed)
{
    static uint32_t peers[NODES_MAX], expected[NODES_MAX];

    for (int level = 0; level < LEVEL_COUNT; level++) {
        uint32_t count = membership_peers(table, self, (enum level)level, peers, NODES_MAX);
        uint32_t wanted = naive_peers(topology, self, level, expected), cut[2] = {77, 77};

        claim(count == wanted, "seed %" PRIu64 ": L%d of %u: %u, not %u", seed, level, self, count,
              wanted);
        claim(!memcmp(peers, expected, count * sizeof *peers), "seed %" PRIu64, seed);
        claim(membership_peers(table, self, (enum level)level, cut, 1) == count, "seed %" PRIu64,
              seed);
        claim(cut[1] == 77 && (!count || cut[0] == peers[0]), "seed %" PRIu64, seed);
    }
}

static void check_all(const struct membership *table, const struct topology *topology,
                      uint64_t seed)
{
    uint32_t next = 0;

    for (uint32_t rank = 0; rank < topology->node_count; rank++) {
        claim(membership_status(table, rank) == naive_status(topology, rank),
              "seed %" PRIu64 ": rank %u", seed, rank);
        claim(membership_generation(table, rank) == naive.generation[rank],
              "seed %" PRIu64 ": rank %u", seed, rank);
        if (naive.status[rank] == MEMBER_LIVE)
            continue;
        claim(membership_next_exception(table, next) == rank, "seed %" PRIu64 ": rank %u", seed,
              rank);
        next = rank + 1;
    }
    claim(membership_next_exception(table, next) == RANK_NONE, "seed %" PRIu64, seed);
}

static const char *const shapes[] = {"2x2x2",          "3x2x3x4",
                                     "1x1x16",         "L6:1 L4:4 L3:8",
                                     "L6:3 L5:2 L3:5", "L7:1 L6:2 L5:3 L4:2 L3:3 L2:2",
                                     "L4:1 L3:7",      "L6:1 L5:3 L2:9",
                                     "L3:1",           "2"};

START_TEST(a_table_of_exceptions_agrees_with_one_of_every_node)
{
    for (uint64_t seed = seed_first(), end = seed + seed_count(1500); seed < end; seed++) {
        uint64_t random = seed;
        struct topology topology = topology_of(shapes[random_below(&random, 10)]);
        struct membership *table = membership_create(&topology);

        memset(&naive, 0, sizeof naive);
        for (uint32_t i = random_below(&random, 60); i > 0; i--) {
            uint32_t rank = random_below(&random, topology.node_count);
            enum member_status status =
                (enum member_status)random_below(&random, MEMBER_STATUS_COUNT);
            uint32_t generation = naive.generation[rank] + random_below(&random, 4);

            if (generation && random_below(&random, 4) == 0)
                generation -= random_below(&random, 2);
            claim(membership_set(table, rank, status, generation) ==
                      naive_set(rank, status, generation),
                  "seed %" PRIu64 ": rank %u", seed, rank);
        }
        check_all(table, &topology, seed);
        for (int i = 0; i < 5; i++) {
            check_counts(table, &topology, random_below(&random, topology.node_count), seed);
            check_peers(table, &topology, random_below(&random, topology.node_count), seed);
        }
        check_counts(table, &topology, 0, seed);
        membership_destroy(table);
    }
}
END_TEST

/* In an L3: 4 = same pod, 5 = same supernode, 6 = cluster. */
START_TEST(peers_of_a_host_are_those_that_share_its_pod_supernode_or_cluster)
{
    struct topology topology = topology_of("16x4x16");
    struct membership *table = membership_create(&topology);
    uint32_t self = rank_in(&topology, "L5_3/L4_1/L3_7"), peers[16];

    ck_assert_uint_eq(membership_peers(table, self, LEVEL_POD, peers, 16), 16);
    ck_assert_uint_eq(peers[0], rank_in(&topology, "L5_3/L4_1/L3_0"));
    ck_assert_uint_eq(peers[7], self);
    ck_assert_uint_eq(membership_peers(table, self, LEVEL_HOST, NULL, 0), 16);
    ck_assert_uint_eq(membership_peers(table, self, LEVEL_CLOS1, NULL, 0), 64);
    ck_assert_uint_eq(membership_peers(table, self, LEVEL_CLOS2, NULL, 0), 1024);
    ck_assert_uint_eq(membership_peers(table, self, LEVEL_CHIP, NULL, 0), 0);
    membership_destroy(table);
}
END_TEST

START_TEST(peers_of_a_supernode_below_it_are_its_own)
{
    struct topology topology = topology_of("16x4x16");
    struct membership *table = membership_create(&topology);
    uint32_t self = rank_in(&topology, "L5_3"), peers[64];

    ck_assert_uint_eq(membership_peers(table, self, LEVEL_HOST, peers, 64), 64);
    ck_assert_uint_eq(peers[63], rank_in(&topology, "L5_3/L4_3/L3_15"));
    ck_assert_uint_eq(membership_peers(table, self, LEVEL_POD, NULL, 0), 4);
    ck_assert_uint_eq(membership_peers(table, self, LEVEL_CLOS2, NULL, 0), 16);
    ck_assert_uint_eq(membership_peers(table, self, LEVEL_CLOS1, NULL, 0), 16);
    ck_assert_uint_eq(membership_peers(table, 0, LEVEL_CLOS2, NULL, 0), 1);
    membership_destroy(table);
}
END_TEST

START_TEST(a_dead_pod_takes_its_hosts_along_and_a_slow_one_does_not)
{
    struct topology topology = topology_of("2x2x4x2");
    struct membership *table = membership_create(&topology);
    uint32_t pod = rank_in(&topology, "L5_1/L4_0"), host = rank_in(&topology, "L5_1/L4_1/L3_2");

    ck_assert(membership_set(table, pod, MEMBER_SLOW, 1));
    ck_assert_uint_eq(membership_count(table, 0, LEVEL_HOST).of[MEMBER_LIVE], 16);
    ck_assert_uint_eq(membership_count(table, 0, LEVEL_POD).of[MEMBER_SLOW], 1);
    ck_assert(membership_set(table, pod, MEMBER_DEAD, 2));
    ck_assert(membership_set(table, host, MEMBER_LEFT, 1));
    ck_assert_uint_eq(membership_count(table, 0, LEVEL_HOST).of[MEMBER_DEAD], 4);
    ck_assert_uint_eq(membership_count(table, 0, LEVEL_CHIP).of[MEMBER_DEAD], 8);
    ck_assert_uint_eq(membership_count(table, 0, LEVEL_CHIP).of[MEMBER_LEFT], 2);
    ck_assert_uint_eq(membership_count(table, 0, LEVEL_CHIP).of[MEMBER_LIVE], 22);
    ck_assert_uint_eq(membership_count(table, 0, LEVEL_CLOS1).of[MEMBER_LIVE], 2);
    ck_assert_uint_eq(membership_peers(table, rank_in(&topology, "L5_1"), LEVEL_HOST, NULL, 0), 3);
    membership_destroy(table);
}
END_TEST

START_TEST(old_news_is_ignored_and_a_return_is_news)
{
    struct topology topology = topology_of("2x2x2");
    struct membership *table = membership_create(&topology);

    ck_assert(!membership_set(table, 5, MEMBER_DEAD, 0));
    ck_assert(membership_set(table, 5, MEMBER_DEAD, 3));
    ck_assert(!membership_set(table, 5, MEMBER_LIVE, 3));
    ck_assert(!membership_set(table, 5, MEMBER_LIVE, 1));
    ck_assert_int_eq(membership_status(table, 5), MEMBER_DEAD);
    ck_assert(membership_set(table, 5, MEMBER_LIVE, 4));
    ck_assert_int_eq(membership_status(table, 5), MEMBER_LIVE);
    ck_assert_uint_eq(membership_next_exception(table, 0), RANK_NONE);
    ck_assert(!membership_set(table, 5, MEMBER_DEAD, 4));
    membership_destroy(table);
}
END_TEST

/* A node that left in order and whose parent died later did leave. */
START_TEST(the_nearest_end_tells_how_a_node_ended)
{
    struct topology topology = topology_of("2x2x2");
    struct membership *table = membership_create(&topology);
    uint32_t pod = rank_in(&topology, "L5_0/L4_0");
    uint32_t host = rank_in(&topology, "L5_0/L4_0/L3_1");

    membership_set(table, host, MEMBER_LEFT, 1);
    membership_set(table, pod, MEMBER_DEAD, 1);
    ck_assert_int_eq(membership_status(table, host), MEMBER_LEFT);
    ck_assert_int_eq(membership_status(table, rank_in(&topology, "L5_0/L4_0/L3_0")), MEMBER_DEAD);
    ck_assert_uint_eq(membership_count(table, pod, LEVEL_HOST).of[MEMBER_LEFT], 1);
    membership_destroy(table);
}
END_TEST

SUITE_MAIN("membership", a_table_of_exceptions_agrees_with_one_of_every_node,
           peers_of_a_host_are_those_that_share_its_pod_supernode_or_cluster,
           peers_of_a_supernode_below_it_are_its_own,
           a_dead_pod_takes_its_hosts_along_and_a_slow_one_does_not,
           old_news_is_ignored_and_a_return_is_news, the_nearest_end_tells_how_a_node_ended)

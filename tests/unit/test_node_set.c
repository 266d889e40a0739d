// links: users
#include "report/node_set.h"

#include <string.h>

#include "suite.h"
#include "topology_fixture.h"

static struct error err;

static char *text_of(const struct node_set *set)
{
    struct buffer out = {0};

    node_set_format(set, &out);
    buffer_append(&out, "", 1);
    return (char *)out.data;
}

static void adds(const struct topology *topology, const char *text, uint32_t count)
{
    struct node_set set = node_set_create(topology);

    ck_assert_msg(node_set_add_text(&set, text, &err) == 0, "%s: %s", text, err.text);
    ck_assert_msg(node_set_count(&set) == count, "%s: %u nodes", text, node_set_count(&set));
    node_set_free(&set);
}

static void refuses(const struct topology *topology, const char *text, const char *why)
{
    struct node_set set = node_set_create(topology);

    ck_assert_msg(node_set_add_text(&set, text, &err) == -1, "%s is taken", text);
    ck_assert_msg(strstr(err.text, why) != NULL, "%s: %s", text, err.text);
    node_set_free(&set);
}

START_TEST(a_node_stands_for_its_subtree)
{
    struct topology topology = topology_of("16x4x16");

    adds(&topology, "L6_0", 1105);
    adds(&topology, "L6_0/L5_3", 1 + 4 + 64);
    adds(&topology, "L5_3/L4_1", 17);
    adds(&topology, "L6_0/L5_3/L4_1/L3_7", 1);
}
END_TEST

START_TEST(sets_and_lists_are_taken_together)
{
    struct topology topology = topology_of("16x4x16");

    adds(&topology, "L5_[0-3]", 4 * 69);
    adds(&topology, "L5_[0-3,15]/L4_1", 5 * 17);
    adds(&topology, "L5_[0,2]/L4_[1-2]/L3_[0-1]", 8);
    adds(&topology, "L5_0,L5_7/L4_[1-2],L5_0/L4_3", 69 + 2 * 17);
    adds(&topology, "L5_*/L4_0/L3_0", 16);
}
END_TEST

START_TEST(levels_left_out_stand_for_all_their_nodes)
{
    struct topology topology = topology_of("16x4x16");

    adds(&topology, "L4_1", 16 * 17);
    adds(&topology, "L3_15", 64);
    adds(&topology, "L5_2/L3_0", 4);
}
END_TEST

START_TEST(what_is_not_there_is_named)
{
    struct topology topology = topology_of("16x4x16");

    refuses(&topology, "L5_16", "L5_0 to L5_15");
    refuses(&topology, "L5_[3-1]", "L5_[3-1]");
    refuses(&topology, "L5_[14-16]", "L5_0 to L5_15");
    refuses(&topology, "L2_0", "no such level");
    refuses(&topology, "L4_0/L5_0", "go down");
    refuses(&topology, "L5_0/L5_1", "go down");
    refuses(&topology, "", "named like");
    refuses(&topology, "L5_0,", "named like");
    refuses(&topology, "L5_0/", "named like");
    refuses(&topology, "/L5_0", "named like");
    refuses(&topology, "pod", "named like");
    refuses(&topology, "L5_", "named like");
    refuses(&topology, "L9_0", "named like");
    refuses(&topology, "L5_[]", "L5_");
    refuses(&topology, "L5_[1", "L5_");
    refuses(&topology, "L5_1]", "L5_");
    refuses(&topology, "L5_[1,]", "L5_");
    refuses(&topology, "L5_[-1]", "L5_");
    refuses(&topology, "L5_1,2", "named like");
    refuses(&topology, "L5_99999999999999999999", "L5_");
    refuses(&topology, "L5_x", "L5_");
}
END_TEST

static void writes(const struct topology *topology, const uint32_t *ranks, size_t count,
                   const char *expected)
{
    struct node_set set = node_set_create(topology);
    char *text;

    for (size_t i = 0; i < count; i++)
        node_set_add(&set, ranks[i]);
    text = text_of(&set);
    ck_assert_str_eq(text, expected);
    free(text);
    node_set_free(&set);
}

START_TEST(equal_branches_are_written_together)
{
    struct topology topology = topology_of("4x2x4"); // ranks: 0, 1-4, 5-12, 13-44
    static const uint32_t one[] = {13}, pods[] = {5, 7, 9, 11}, run[] = {13, 14, 15, 21, 22, 23},
                          uneven[] = {1, 2, 4, 5}, all[] = {1, 2, 3, 4};

    writes(&topology, NULL, 0, "");
    writes(&topology, one, 1, "L6_0/L5_0/L4_0/L3_0");
    writes(&topology, pods, 4, "L6_0/L5_[0-3]/L4_0");
    writes(&topology, run, 6, "L6_0/L5_[0-1]/L4_0/L3_[0-2]");
    writes(&topology, uneven, 4, "L6_0/L5_[0-1,3],L6_0/L5_0/L4_0");
    writes(&topology, all, 4, "L6_0/L5_[0-3]");
}
END_TEST

/* Any set of nodes of one level reads back as those nodes and what is below them. */
START_TEST(a_written_set_reads_back)
{
    static const char *const specs[] = {"3x4x5", "2x2x2x3", "1x1x9", "L7:1 L6:2 L4:3 L3:2",
                                        "16x4x16"};

    for (uint64_t seed = seed_first(); seed < seed_first() + seed_count(200); seed++) {
        uint64_t state = seed;
        struct topology topology = topology_of(specs[random_below(&state, 5)]);
        struct node_set set = node_set_create(&topology), again = node_set_create(&topology);
        enum level level =
            topology_level_of_rank(&topology, random_below(&state, topology.node_count));
        uint32_t odds = 1 + random_below(&state, 8);
        char *text;

        for (uint32_t i = 0; i < topology.count[level]; i++)
            if (random_below(&state, odds) == 0)
                node_set_add(&set, topology.first_rank[level] + i);
        text = text_of(&set);
        claim(!*text || node_set_add_text(&again, text, &err) == 0, "seed %" PRIu64 ": %s: %s",
              seed, text, err.text);
        for (uint32_t rank = 0; rank < topology.node_count; rank++) {
            bool in = false;

            for (uint32_t above = rank; above != RANK_NONE;
                 above = topology_parent(&topology, above))
                in |= node_set_has(&set, above);
            claim(in == node_set_has(&again, rank), "seed %" PRIu64 ": rank %u of %s", seed, rank,
                  text);
        }
        free(text);
        node_set_free(&set);
        node_set_free(&again);
    }
}
END_TEST

SUITE_MAIN("node_set", a_node_stands_for_its_subtree, sets_and_lists_are_taken_together,
           levels_left_out_stand_for_all_their_nodes, what_is_not_there_is_named,
           equal_branches_are_written_together, a_written_set_reads_back)

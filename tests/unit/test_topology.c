#include "topo/topology.h"

#include <stdio.h>
#include <string.h>

#include "suite.h"
#include "topo/topology_settings.h"
#include "topology_fixture.h"

static int parse_file(const char *text, struct topology *topology, struct error *err)
{
    return topology_parse_file("my.topo", text, strlen(text), topology, err);
}

/* A tree built by walking, with none of the arithmetic of strides. */
struct model_node {
    struct coord coord;
    uint32_t parent, first_child, child_count, number;
    char path[LIMIT_NODE_PATH];
};

enum { MODEL_MAX = 4096 };
static struct model_node model[MODEL_MAX];
static uint32_t model_count;

struct shape {
    unsigned levels;
    enum level level[LEVEL_COUNT];
    uint32_t fanout[LEVEL_COUNT];
};

static void model_build(const struct shape *shape)
{
    uint32_t first = 0, end = 1;

    model[0] = (struct model_node){.coord.level = (uint8_t)shape->level[0], .parent = RANK_NONE};
    sprintf(model[0].path, "L%d_0", shape->level[0]);
    model_count = 1;
    for (unsigned i = 1; i < shape->levels; i++) {
        for (uint32_t parent = first; parent < end; parent++) {
            model[parent].first_child = model_count;
            model[parent].child_count = shape->fanout[i];
            for (uint32_t number = 0; number < shape->fanout[i]; number++) {
                struct model_node *node = &model[model_count++];

                *node = (struct model_node){
                    .coord = model[parent].coord, .parent = parent, .number = number};
                node->coord.level = (uint8_t)shape->level[i];
                node->coord.index[shape->level[i]] = (uint16_t)number;
                sprintf(node->path, "%.70s/L%d_%u", model[parent].path, shape->level[i], number);
            }
        }
        first = end;
        end = model_count;
    }
}

/* Any top, any levels left out, any fan-outs that the model has room for. */
static void shape_random(struct shape *shape, uint64_t *random)
{
    enum level top = (enum level)(LEVEL_HOST + random_below(random, 5));
    uint32_t level_nodes = 1, nodes = 1;

    *shape = (struct shape){.levels = 1, .level = {top}, .fanout = {1}};
    for (int level = (int)top - 1; level >= LEVEL_CHIP; level--) {
        uint32_t room = (MODEL_MAX - nodes) / level_nodes, fanout;

        if (random_below(random, 4) == 0 || room == 0)
            continue;
        if (room > level_index_limit((enum level)level))
            room = level_index_limit((enum level)level);
        if (random_below(random, 3) && room > 6)
            room = 6;
        fanout = 1 + random_below(random, room);
        shape->level[shape->levels] = (enum level)level;
        shape->fanout[shape->levels++] = fanout;
        level_nodes *= fanout;
        nodes += level_nodes;
    }
}

static void shape_spec(const struct shape *shape, char *out)
{
    *out = '\0';
    for (unsigned i = 0; i < shape->levels; i++)
        sprintf(out + strlen(out), "%sL%d:%u", i ? " " : "", shape->level[i], shape->fanout[i]);
}

static void check_node(const struct topology *topology, uint32_t rank, const char *spec)
{
    const struct model_node *node = &model[rank];
    struct coord coord = topology_coord(topology, rank);
    struct error err;
    char path[LIMIT_NODE_PATH];
    uint32_t count, back;

    claim(coord_equal(&coord, &node->coord), "%s: rank %u", spec, rank);
    claim(topology_has(topology, &coord), "%s: rank %u", spec, rank);
    claim(topology_rank(topology, &coord) == rank, "%s: rank %u", spec, rank);
    claim(topology_level_of_rank(topology, rank) == coord.level, "%s: rank %u", spec, rank);
    claim(topology_global_index(topology, &coord) == rank - topology->first_rank[coord.level],
          "%s: rank %u", spec, rank);
    claim(topology_parent(topology, rank) == node->parent, "%s: rank %u", spec, rank);
    claim(topology_child_number(topology, rank) == node->number, "%s: rank %u", spec, rank);
    back = topology_children(topology, rank, &count);
    claim(count == node->child_count, "%s: rank %u", spec, rank);
    claim(!count || back == node->first_child, "%s: rank %u", spec, rank);
    claim(topology_path(topology, rank, path, sizeof path) == (int)strlen(path), "%s", spec);
    claim(!strcmp(path, node->path), "%s: rank %u: %s", spec, rank, path);
    claim(topology_parse_path(topology, path, &back, &err) == 0, "%s: %s", spec, err.text);
    claim(back == rank, "%s: rank %u", spec, rank);
}

static bool model_within(uint32_t rank, uint32_t above)
{
    while (rank != RANK_NONE && rank != above)
        rank = model[rank].parent;
    return rank == above;
}

static void check_subtree(const struct topology *topology, uint32_t above, const char *spec)
{
    uint32_t first[LEVEL_COUNT], count[LEVEL_COUNT], seen[LEVEL_COUNT] = {0};

    for (unsigned level = 0; level < LEVEL_COUNT; level++)
        first[level] = topology_subtree(topology, above, (enum level)level, &count[level]);
    for (uint32_t rank = 0; rank < model_count; rank++) {
        unsigned level = model[rank].coord.level;
        bool within = model_within(rank, above);

        claim(topology_within(topology, rank, above) == within, "%s: %u in %u", spec, rank, above);
        claim(coord_within(&model[rank].coord, &model[above].coord) == within, "%s", spec);
        claim((count[level] && rank - first[level] < count[level]) == within, "%s: %u in %u", spec,
              rank, above);
        seen[level] += within;
    }
    for (unsigned level = 0; level < LEVEL_COUNT; level++)
        claim(seen[level] == count[level], "%s: L%u below %u", spec, level, above);
}

START_TEST(ranks_coordinates_parents_and_paths_agree_with_a_walked_tree)
{
    for (uint64_t seed = seed_first(), end = seed + seed_count(3000); seed < end; seed++) {
        uint64_t random = seed;
        struct shape shape;
        struct topology topology;
        char spec[256];

        shape_random(&shape, &random);
        shape_spec(&shape, spec);
        model_build(&shape);
        topology = topology_of(spec);
        claim(topology.node_count == model_count, "seed %" PRIu64 ": %s", seed, spec);
        for (int i = 0; i < 40; i++)
            check_node(&topology, random_below(&random, model_count), spec);
        check_node(&topology, model_count - 1, spec);
        check_subtree(&topology, random_below(&random, model_count), spec);
        check_subtree(&topology, random_below(&random, 1 + model_count / 50), spec);
    }
}
END_TEST

START_TEST(every_node_of_some_small_trees_agrees_with_a_walked_tree)
{
    for (uint64_t seed = seed_first() + 100000, end = seed + seed_count(40); seed < end; seed++) {
        uint64_t random = seed;
        struct shape shape;
        struct topology topology;
        char spec[256];

        shape_random(&shape, &random);
        shape_spec(&shape, spec);
        model_build(&shape);
        topology = topology_of(spec);
        for (uint32_t rank = 0; rank < model_count; rank++)
            check_node(&topology, rank, spec);
    }
}
END_TEST

/* Ranks grow level by level, and within a level in the order of coordinates. */
START_TEST(ranks_within_a_level_are_in_the_order_of_coordinates)
{
    for (uint64_t seed = seed_first(), end = seed + seed_count(500); seed < end; seed++) {
        uint64_t random = seed;
        struct shape shape;
        struct topology topology;
        char spec[256];

        shape_random(&shape, &random);
        shape_spec(&shape, spec);
        topology = topology_of(spec);
        for (int i = 0; i < 20; i++) {
            uint32_t a = random_below(&random, topology.node_count);
            uint32_t b = random_below(&random, topology.node_count);
            struct coord at = topology_coord(&topology, a), other = topology_coord(&topology, b);

            if (at.level == other.level)
                claim((coord_compare(&at, &other) < 0) == (a < b), "seed %" PRIu64, seed);
            else
                claim((at.level > other.level) == (a < b), "seed %" PRIu64, seed);
        }
    }
}
END_TEST

static void same_shape(const struct topology *a, const struct topology *b, const char *what)
{
    claim(a->top == b->top && a->leaf == b->leaf && a->node_count == b->node_count, "%s", what);
    claim(!memcmp(a->present, b->present, sizeof a->present), "%s", what);
    claim(!memcmp(a->fanout, b->fanout, sizeof a->fanout), "%s", what);
    claim(!memcmp(a->count, b->count, sizeof a->count), "%s", what);
    claim(!memcmp(a->first_rank, b->first_rank, sizeof a->first_rank), "%s", what);
}

START_TEST(a_shape_survives_its_text)
{
    for (uint64_t seed = seed_first(), end = seed + seed_count(5000); seed < end; seed++) {
        uint64_t random = seed;
        struct shape shape;
        struct topology topology, back;
        char spec[256], text[256], again[256];
        int length;

        shape_random(&shape, &random);
        shape_spec(&shape, spec);
        topology = topology_of(spec);
        length = topology_to_text(&topology, text, sizeof text);
        claim(length == (int)strlen(text), "%s", spec);
        back = topology_of(text);
        same_shape(&topology, &back, spec);
        topology_to_text(&back, again, sizeof again);
        claim(!strcmp(text, again), "%s", spec);
    }
}
END_TEST

START_TEST(forms_are_written_as_short_as_they_can_be_said)
{
    static const struct {
        const char *spec, *text;
        uint32_t nodes;
    } rows[] = {
        {"16x4x16", "16x4x16", 1105},
        {"16x4x16x16", "16x4x16x16", 17489},
        {" 1x1x16 ", "1x1x16", 19},
        {"1X4x16", "1x4x16", 70},
        {"3", "3", 4},
        {"L6:1 L5:16 L4:4 L3:16", "16x4x16", 1105},
        {"clos2:1,pod:4", "L6:1 L4:4", 5},
        {"L7:1 L6:2 L5:2", "L7:1 L6:2 L5:2", 7},
        {"L6:2 L5:16 L4:4 L3:16", "L7:1 L6:2 L5:16 L4:4 L3:16", 2211},
        {"L4:4 L3:16", "L5:1 L4:4 L3:16", 69},
        {"L4:1 L3:4", "L4:1 L3:4", 5},
        {"L6:1", "L6:1", 1},
        {"1x1x65536", "1x1x65536", 65539},
        {"64x64x64", "64x64x64", 266305},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct topology topology = topology_of(rows[i].spec);
        char text[256];

        topology_to_text(&topology, text, sizeof text);
        ck_assert_str_eq(text, rows[i].text);
        ck_assert_uint_eq(topology.node_count, rows[i].nodes);
    }
}
END_TEST

START_TEST(a_bad_form_is_refused_with_the_place_and_the_limit)
{
    static const struct {
        const char *spec, *says;
    } rows[] = {
        {"0x4", "factor 1 (column 1) is 0"},
        {"4x0", "factor 2 (column 3) is 0"},
        {"16x", "factor 2 (column 4) is empty"},
        {"x", "factor 1 (column 1) is empty"},
        {"16xx4", "factor 2 (column 4) is empty"},
        {"-1x2", "factor 1 (column 1): '-1' is not a number"},
        {"2x3y", "factor 2 (column 3): '3y' is not a number"},
        {"2 x 3", "factor 1 (column 1): '2 ' is not a number"},
        {"99999x99999", "factor 1 (column 1): '99999' is too many L5 (CLOS1) nodes under one L6"},
        {"1x300x1", "factor 2 (column 3): '300' is too many L4 (POD) nodes under one L5: the index "
                    "has 8 bits, so at most 256"},
        {"1x1x65537", "16 bits, so at most 65536"},
        {"1x1x1x99999999999999999999", "at most 65536"},
        {"1x1x1x1x1x1x1x1x1x1", "factor 5 (column 9) has no level: below L6 are L5, L4, L3 and L2"},
        {"256x256x256", "16843009 nodes in all, at most 16777215"},
        {"255x255x258", "16841731 nodes in all"},
        {"18446744073709551617", "under one L6"},
        {"256x256x65536x65536", "nodes in all, at most 16777215"},
        {"abc", "column 1: 'abc' is no topology; write fan-outs below L6 (16x4x16)"},
        {"", "the topology is empty"},
        {" \t", "the topology is empty"},
        {"L5", "column 1: 'L5' is no topology"},
        {"L6:1 L5", "column 6: 'L5' has no count"},
        {"L6:1 L5:", "column 6: 'L5:' has no count"},
        {"L6:1 L5:2x3", "column 6: 'L5:2x3' has no count; write L5:COUNT"},
        {"L6:1 L5:0", "column 6 is 0"},
        {"L6:1  rack:3", "column 7: 'rack' is not a level"},
        {"L6:1 :3", "column 6: '' is not a level"},
        {"L6:1 L4:2 L5:2", "column 11: L5 does not lie below L4"},
        {"L6:1 L5:2 L5:2", "column 11: L5 does not lie below L5"},
        {"L7:2", "L7 (GLOBAL) is one root, so its count is 1"},
        {"L6:1 L1:4", "column 6: L1 (CHIP_DIE) is a name only"},
        {"L6:1 CORE:4", "column 6: L0 (CORE) is a name only"},
        {"L6:257", "under one L7"},
        {"L2:4",
         "column 1: a chip (L2) has no directory of its own and lives with the node above it; "
         "begin with that, as in L3:1 L2:4"},
        {"L3:2 L2:70000", "under one L3"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct topology topology = {.node_count = 77};
        struct error err = {""};

        claim(topology_parse(rows[i].spec, &topology, &err) == -1, "%s", rows[i].spec);
        claim(strstr(err.text, rows[i].says) != NULL, "%s: %s", rows[i].spec, err.text);
        claim(!strchr(err.text, '\n'), "%s", err.text);
        ck_assert_uint_eq(topology.node_count, 77);
    }
}
END_TEST

START_TEST(the_root_of_several_is_one_node_of_the_level_above)
{
    struct topology two = topology_of("L6:2 L5:3"), pods = topology_of("L4:4 L3:2");

    ck_assert_uint_eq(two.top, LEVEL_GLOBAL);
    ck_assert_uint_eq(two.count[LEVEL_GLOBAL], 1);
    ck_assert_uint_eq(two.count[LEVEL_CLOS1], 6);
    ck_assert_uint_eq(pods.top, LEVEL_CLOS1);
    ck_assert_uint_eq(pods.count[LEVEL_HOST], 8);
}
END_TEST

START_TEST(a_level_left_out_has_index_0_and_no_part_in_the_path)
{
    struct topology topology = topology_of("L6:1 L5:2 L3:4");
    struct coord coord = topology_coord(&topology, 10), with_pod = coord;
    char path[LIMIT_NODE_PATH];

    with_pod.index[LEVEL_POD] = 1;
    topology_path(&topology, 10, path, sizeof path);
    ck_assert_str_eq(path, "L6_0/L5_1/L3_3");
    ck_assert_uint_eq(coord.index[LEVEL_POD], 0);
    ck_assert(!topology_has(&topology, &with_pod));
    ck_assert_int_eq(topology_level_above(&topology, LEVEL_HOST), LEVEL_CLOS1);
    ck_assert_int_eq(topology_level_below(&topology, LEVEL_CLOS1), LEVEL_HOST);
    ck_assert_int_eq(topology_level_above(&topology, LEVEL_CLOS2), -1);
    ck_assert_int_eq(topology_level_below(&topology, LEVEL_HOST), -1);
}
END_TEST

/* Coordinates that look right but are not of this tree. */
START_TEST(coordinates_outside_the_tree_are_not_in_it)
{
    struct topology topology = topology_of("2x2x2");
    static const struct coord outside[] = {
        {.level = LEVEL_HOST, .index = {[LEVEL_HOST] = 2}},
        {.level = LEVEL_HOST, .index = {[LEVEL_CLOS2] = 1}},
        {.level = LEVEL_POD, .index = {[LEVEL_HOST] = 1}},
        {.level = LEVEL_CHIP},
        {.level = LEVEL_GLOBAL},
        {.level = LEVEL_HOST, .index = {[LEVEL_GLOBAL] = 1}},
        {.level = LEVEL_LAUNCHER},
        {.level = LEVEL_HOST, .index = {[LEVEL_CORE] = 1}},
    };
    struct coord inside = {.level = LEVEL_HOST, .index = {[5] = 1, [4] = 1, [3] = 1}};

    ck_assert(topology_has(&topology, &inside));
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        claim(!topology_has(&topology, &outside[i]), "row %zu", i);
}
END_TEST

START_TEST(global_indices_of_hosts_follow_the_strides)
{
    struct topology topology = topology_of("16x4x16");
    struct coord host = {.level = LEVEL_HOST, .index = {[5] = 13, [4] = 2, [3] = 9}};

    ck_assert_uint_eq(topology_global_index(&topology, &host), 13 * 64 + 2 * 16 + 9);
    ck_assert_uint_eq(topology_rank(&topology, &host), 1 + 16 + 64 + 13 * 64 + 2 * 16 + 9);
}
END_TEST

START_TEST(a_path_may_leave_out_levels_with_one_node)
{
    static const struct {
        const char *spec, *path, *full;
    } rows[] = {
        {"16x4x16", "L5_3/L4_1", "L6_0/L5_3/L4_1"},
        {"16x4x16", "l6_0/l5_3", "L6_0/L5_3"},
        {"1x1x16", "L3_7", "L6_0/L5_0/L4_0/L3_7"},
        {"1x4x16", "L4_3/L3_7", "L6_0/L5_0/L4_3/L3_7"},
        {"1x4x16", "L6_0/L4_3", "L6_0/L5_0/L4_3"},
        {"16x1x16", "L5_3/L3_7", "L6_0/L5_3/L4_0/L3_7"},
        {"L7:1 L6:2 L5:2", "L6_1/L5_1", "L7_0/L6_1/L5_1"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct topology topology = topology_of(rows[i].spec);
        struct error err;
        char path[LIMIT_NODE_PATH];
        uint32_t rank;

        claim(topology_parse_path(&topology, rows[i].path, &rank, &err) == 0, "%s", err.text);
        topology_path(&topology, rank, path, sizeof path);
        ck_assert_str_eq(path, rows[i].full);
    }
}
END_TEST

START_TEST(a_path_that_leads_nowhere_names_the_part)
{
    static const struct {
        const char *path, *says;
    } rows[] = {
        {"", "'' is not a level and an index"},
        {"L5_16", "'L5_16' is not in the topology 16x4x16: the indices of L5 go from 0 to 15"},
        {"L5_3/L4_9", "node 'L5_3/L4_9': 'L4_9' is not in the topology"},
        {"L5_3/L2_0", "it has no L2"},
        {"L7_0/L6_0", "it has no L7"},
        {"L3_7", "there are 16 L5: say which"},
        {"L5_3/L3_7", "there are 4 L4: say which"},
        {"L4_1/L5_3", "say which"},
        {"L5_3/L5_3", "goes from the top down"},
        {"L5_3/", "'' is not a level and an index"},
        {"L5-3", "is not a level and an index"},
        {"L5_", "is not a level and an index"},
        {"L8_0", "is not a level and an index"},
        {"L5_4294967299", "'L5_4294967299' is not in the topology"},
    };
    struct topology topology = topology_of("16x4x16");

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = {""};
        uint32_t rank;

        claim(topology_parse_path(&topology, rows[i].path, &rank, &err) == -1, "%s", rows[i].path);
        claim(strstr(err.text, rows[i].says) != NULL, "%s: %s", rows[i].path, err.text);
    }
}
END_TEST

START_TEST(a_level_with_two_nodes_is_not_left_out)
{
    struct topology topology = topology_of("1x2x2");
    struct error err;
    uint32_t rank;

    ck_assert_int_eq(topology_parse_path(&topology, "L3_1", &rank, &err), -1);
    ck_assert_str_eq(err.text, "'L3_1': there are 2 L4: say which, as in L4_0/L3_1");
}
END_TEST

static void ip_of(const char *spec, const char *path, char *out)
{
    struct topology topology = topology_of(spec);
    struct error err;
    uint32_t rank;

    claim(topology_parse_path(&topology, path, &rank, &err) == 0, "%s", err.text);
    topology_simulated_ip(&topology, rank, out, 64);
}

START_TEST(addresses_hold_the_indices_and_a_chip_has_its_hosts)
{
    char ip[64];

    ip_of("16x4x16", "L5_3/L4_1/L3_7", ip);
    ck_assert_str_eq(ip, "10.3.1.7");
    ip_of("16x4x16x16", "L5_3/L4_1/L3_7/L2_9", ip);
    ck_assert_str_eq(ip, "10.3.1.7");
    ip_of("1x1x256", "L3_255", ip);
    ck_assert_str_eq(ip, "10.0.0.255");
    ip_of("2x2x301", "L5_1/L4_1/L3_300", ip);
    ck_assert_str_eq(ip, "fd00::0:1:1:12c");
    ip_of("1x1x257", "L3_256", ip);
    ck_assert_str_eq(ip, "fd00::0:0:0:100");
    ip_of("1x1x65536", "L3_65535", ip);
    ck_assert_str_eq(ip, "fd00::0:0:0:ffff");
}
END_TEST

START_TEST(what_is_a_file_shows_in_its_name)
{
    ck_assert(topology_spec_is_file("my.topo"));
    ck_assert(topology_spec_is_file("./16x4x16"));
    ck_assert(topology_spec_is_file("/tmp/x"));
    ck_assert(!topology_spec_is_file("16x4x16"));
    ck_assert(!topology_spec_is_file("L6:1 L5:2"));
    ck_assert(!topology_spec_is_file(".topo"));
    ck_assert(!topology_spec_is_file(""));
}
END_TEST

START_TEST(a_file_holds_a_form_settings_and_comments)
{
    static const char text[] = "# a small one\r\n"
                               "\n"
                               "logical-system = pods.test   # of ours\n"
                               "physical_system=rack-1\n"
                               "  L6:1, L5:2  L3:4 # no pods\n"
                               "ring-capacity = task=8,buffer=32K\n"
                               "ring_capacity = L4:task=4,buffer=16K; L6:task=2\n"
                               "start-timeout = 90s";
    struct topology topology, shape = topology_of("L6:1 L5:2 L3:4");
    struct error err;

    claim(parse_file(text, &topology, &err) == 0, "%s", err.text);
    same_shape(&topology, &shape, "file");
    ck_assert_str_eq(topology.settings.logical_system, "pods.test");
    ck_assert_str_eq(topology.settings.physical_system, "rack-1");
    ck_assert_uint_eq(topology.settings.start_timeout_s, 90);
    ck_assert_uint_eq(topology.settings.task_ring_slots[LEVEL_HOST], 8);
    ck_assert_uint_eq(topology.settings.task_ring_slots[LEVEL_POD], 4);
    ck_assert_uint_eq(topology.settings.task_ring_slots[LEVEL_CLOS2], 2);
    ck_assert_uint_eq(topology.settings.buffer_ring_bytes[LEVEL_POD], 16 * 1024);
    ck_assert_uint_eq(topology.settings.buffer_ring_bytes[LEVEL_CLOS2], 32 * 1024);
}
END_TEST

START_TEST(without_settings_nothing_is_set)
{
    static const struct topology_settings none;
    struct topology topology;
    struct error err;

    ck_assert_int_eq(parse_file("2x2x2\n", &topology, &err), 0);
    ck_assert_int_eq(memcmp(&topology.settings, &none, sizeof none), 0);
}
END_TEST

START_TEST(a_bad_file_is_refused_with_name_and_line)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "my.topo:1: the file has no line with a form"},
        {"# only\n# words\n", "my.topo:2: the file has no line with a form"},
        {"2x2\n2x3\n", "my.topo:2: a second form; the first is in line 1"},
        {"# 1\n# 2\n# 3\n# 4\n# 5\n# 6\n1x300x1\n", "my.topo:7: factor 2 (column 3): '300'"},
        {"\n   1x300x1\n", "my.topo:2: factor 2 (column 6): '300'"},
        {"2x2\ncolour = red\n", "my.topo:2: 'colour' is not a setting; there are logical_system"},
        {"2x2\n= red\n", "my.topo:2: '' is not a setting"},
        {"2x2\nlogical_system =\n", "my.topo:2: a system's name must not be empty"},
        {"2x2\nlogical_system = a/b\n", "my.topo:2: the system's name 'a/b': character 2"},
        {"2x2\nlogical_system = ..\n", "character 1 is not allowed"},
        {"2x2\nlogical_system = a\nlogical_system = b\n",
         "my.topo:3: logical_system is set a second"},
        {"2x2\nstart-timeout = 0\n", "my.topo:2: '0': the start-up time is 1 to 86400 seconds"},
        {"2x2\nstart-timeout = soon\n", "the start-up time is"},
        {"2x2\nring-capacity =\n", "no ring capacity is given"},
        {"2x2\nring-capacity = task=7\n", "task='7': the slots of a task ring are a power of two"},
        {"2x2\nring-capacity = task=0\n", "a power of two"},
        {"2x2\nring-capacity = buffer=100\n", "buffer='100': the bytes of a buffer ring"},
        {"2x2\nring-capacity = buffer=99999999999999999999G\n", "a multiple of 64, at most 64G"},
        {"2x2\nring-capacity = buffer=65G\n", "a multiple of 64, at most 64G"},
        {"2x2\nring-capacity = L9:task=8\n", "'L9' is not a level"},
        {"2x2\nring-capacity = slots=8\n", "'slots=8' is neither task=SLOTS nor buffer=BYTES"},
        {"hello\n", "my.topo:1: column 1: 'hello' is no topology"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct topology topology = {.node_count = 77};
        struct error err = {""};

        claim(parse_file(rows[i].text, &topology, &err) == -1, "%s", rows[i].text);
        claim(strstr(err.text, rows[i].says) != NULL, "%s: %s", rows[i].text, err.text);
        ck_assert_uint_eq(topology.node_count, 77);
    }
}
END_TEST

START_TEST(a_nul_byte_and_a_long_name_are_refused_with_the_line)
{
    struct topology topology;
    struct error err;
    char name[600], place[16] = ":3: ";

    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ck_assert_int_eq(topology_parse_file(name, "2x2\n\na\0b\n", 9, &topology, &err), -1);
    claim(strstr(err.text, place) && strstr(err.text, "NUL"), "%s", err.text);
}
END_TEST

/* A later word wins, and a wrong word changes nothing. */
START_TEST(ring_capacities_are_taken_whole_or_not_at_all)
{
    struct topology_settings settings = {0}, before;
    struct error err;

    ck_assert_int_eq(topology_ring_capacity_parse(
                         &settings, "L3:task=8,buffer=32K,L4:task=4,buffer=16K L3:task=16", &err),
                     0);
    ck_assert_uint_eq(settings.task_ring_slots[LEVEL_HOST], 16);
    ck_assert_uint_eq(settings.buffer_ring_bytes[LEVEL_HOST], 32 * 1024);
    ck_assert_uint_eq(settings.task_ring_slots[LEVEL_POD], 4);
    ck_assert_uint_eq(settings.task_ring_slots[LEVEL_CLOS1], 0);
    before = settings;
    ck_assert_int_eq(topology_ring_capacity_parse(&settings, "task=32,buffer=1", &err), -1);
    ck_assert_int_eq(memcmp(&before, &settings, sizeof before), 0);
}
END_TEST

SUITE_MAIN("topology", ranks_coordinates_parents_and_paths_agree_with_a_walked_tree,
           every_node_of_some_small_trees_agrees_with_a_walked_tree,
           ranks_within_a_level_are_in_the_order_of_coordinates, a_shape_survives_its_text,
           forms_are_written_as_short_as_they_can_be_said,
           a_bad_form_is_refused_with_the_place_and_the_limit,
           the_root_of_several_is_one_node_of_the_level_above,
           a_level_left_out_has_index_0_and_no_part_in_the_path,
           coordinates_outside_the_tree_are_not_in_it, global_indices_of_hosts_follow_the_strides,
           a_path_may_leave_out_levels_with_one_node, a_path_that_leads_nowhere_names_the_part,
           a_level_with_two_nodes_is_not_left_out,
           addresses_hold_the_indices_and_a_chip_has_its_hosts, what_is_a_file_shows_in_its_name,
           a_file_holds_a_form_settings_and_comments, without_settings_nothing_is_set,
           a_bad_file_is_refused_with_name_and_line,
           a_nul_byte_and_a_long_name_are_refused_with_the_line,
           ring_capacities_are_taken_whole_or_not_at_all)

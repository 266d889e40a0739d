#include "topo/topology_show.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"
#include "topology_fixture.h"

static struct buffer shown;

/* What was appended to `shown`, as text; until the next show. */
static const char *shown_text(void)
{
    buffer_append(&shown, "", 1);
    return (const char *)shown.data;
}

static const char *show(const char *spec, bool all)
{
    struct topology topology = topology_of(spec);

    buffer_clear(&shown);
    topology_show_text(&topology, all, &shown);
    return shown_text();
}

static const char *show_node(const char *spec, const char *path)
{
    struct topology topology = topology_of(spec);

    buffer_clear(&shown);
    topology_show_node(&topology, rank_in(&topology, path), &shown);
    return shown_text();
}

static unsigned count_of(const char *text, const char *part)
{
    unsigned count = 0;

    while ((text = strstr(text, part))) {
        count++;
        text += strlen(part);
    }
    return count;
}

START_TEST(a_small_tree_is_shown_whole)
{
    ck_assert_str_eq(show("L6:1 L5:2 L3:2", false),
                     "L6:1 L5:2 L3:2: 7 nodes: 1 L6, 2 L5, 4 L3\n"
                     "\n"
                     "level           nodes  per parent  ranks              global indices\n"
                     "L6 CLOS2            1           1  0                  0\n"
                     "L5 CLOS1            2           2  1-2                0-1\n"
                     "L3 HOST             4           2  3-6                0-3\n"
                     "\n"
                     "node                coordinate  address         below it\n"
                     "L6_0                (0,0,0,0)   10.0.0.0        2 L5, 4 L3\n"
                     "  L6_0/L5_0         (0,0,0,0)   10.0.0.0        2 L3\n"
                     "    L6_0/L5_0/L3_0  (0,0,0,0)   10.0.0.0\n"
                     "    L6_0/L5_0/L3_1  (0,0,0,1)   10.0.0.1\n"
                     "  L6_0/L5_1         (0,1,0,0)   10.1.0.0        2 L3\n"
                     "    L6_0/L5_1/L3_0  (0,1,0,0)   10.1.0.0\n"
                     "    L6_0/L5_1/L3_1  (0,1,0,1)   10.1.0.1\n");
}
END_TEST

START_TEST(a_large_tree_shows_its_first_branch_and_says_how_many_more)
{
    const char *text = show("16x4x16x16", false);

    ck_assert_uint_lt(count_of(text, "\n"), 30);
    ck_assert_ptr_nonnull(strstr(text, "17,489 nodes: 1 L6, 16 L5, 64 L4, 1,024 L3, 16,384 L2"));
    ck_assert_uint_eq(count_of(text, "... 14 more"), 3);
    ck_assert_uint_eq(count_of(text, "... 2 more"), 1);
    ck_assert_ptr_nonnull(strstr(text, "L6_0/L5_15 "));
}
END_TEST

START_TEST(all_shows_each_node_once_in_a_large_tree_too)
{
    const char *text = show("3x5x7", true);

    ck_assert_uint_eq(count_of(text, "10."), 1 + 3 + 15 + 105);
    ck_assert_uint_eq(count_of(text, "/L5_2/L4_4/L3_6 "), 1);
    ck_assert_uint_eq(count_of(text, "more"), 0);
}
END_TEST

START_TEST(too_large_a_tree_is_not_shown_node_by_node)
{
    struct topology large = topology_of("256x256x200"), fits = topology_of("64x64x64");
    struct error err;

    ck_assert_int_eq(topology_show_all_check(&large, &err), -1);
    ck_assert_str_eq(err.text,
                     "this topology has 13,172,993 nodes, and at most 1,048,576 are shown "
                     "one by one");
    ck_assert_int_eq(topology_show_all_check(&fits, &err), 0);
}
END_TEST

START_TEST(a_node_is_shown_with_its_neighbours_and_files)
{
    ck_assert_str_eq(show_node("16x4x16x16", "L5_3/L4_1/L3_7"),
                     "node          L6_0/L5_3/L4_1/L3_7\n"
                     "level         L3 (HOST)\n"
                     "coordinate    (0,3,1,7)\n"
                     "global index  215\n"
                     "rank          296\n"
                     "address       10.3.1.7\n"
                     "parent        L6_0/L5_3/L4_1\n"
                     "siblings      15\n"
                     "children      16: L6_0/L5_3/L4_1/L3_7/L2_0 to L2_15\n"
                     "below         16 L2\n"
                     "directory     L6_0/L5_3/L4_1/L3_7\n"
                     "socket        L6_0/L5_3/L4_1/L3_7/daemon_L3.sock\n"
                     "log           L6_0/L5_3/L4_1/L3_7/logs/daemon.log\n");
}
END_TEST

START_TEST(the_root_and_a_chip_are_shown_without_what_they_lack)
{
    const char *text = show_node("2x2x2x1", "L6_0");

    ck_assert_ptr_null(strstr(text, "parent"));
    ck_assert_ptr_nonnull(strstr(text, "below         2 L5, 4 L4, 8 L3, 8 L2\n"));
    text = show_node("2x2x2x1", "L5_1/L4_1/L3_1/L2_0");
    ck_assert_ptr_null(strstr(text, "children"));
    ck_assert_ptr_nonnull(strstr(text, "siblings      0\n"));
    ck_assert_ptr_nonnull(strstr(text, "directory     L6_0/L5_1/L4_1/L3_1  (its parent's)\n"));
    ck_assert_ptr_nonnull(strstr(text, "socket        none\n"));
}
END_TEST

static json_t *show_json(const struct topology *topology, uint32_t node, bool all)
{
    json_t *object;

    buffer_clear(&shown);
    topology_show_json(topology, node, all, &shown);
    object = json_loads(shown_text(), 0, NULL);
    ck_assert_ptr_nonnull(object);
    return object;
}

static json_int_t number(const json_t *object, const char *key)
{
    claim(json_is_integer(json_object_get(object, key)), "%s", key);
    return json_integer_value(json_object_get(object, key));
}

START_TEST(json_holds_levels_settings_and_when_asked_a_node_and_all)
{
    static const char file[] = "2x2x2\nlogical-system = a\nring-capacity = L3:task=8,buffer=32K\n";
    struct topology topology;
    struct error err;
    json_t *object, *node, *tree, *host;

    claim(!topology_parse_file("f", file, sizeof file - 1, &topology, &err), "%s", err.text);
    object = show_json(&topology, 14, true);
    ck_assert_str_eq(json_string_value(json_object_get(object, "schema")), "linqu.topology/1");
    ck_assert_str_eq(json_string_value(json_object_get(object, "topology")), "2x2x2");
    ck_assert_int_eq(number(object, "nodes"), 15);
    ck_assert_uint_eq(json_array_size(json_object_get(object, "levels")), 4);
    host = json_object_get(json_object_get(json_object_get(object, "settings"), "ring_capacity"),
                           "L3");
    ck_assert_int_eq(number(host, "task"), 8);
    ck_assert_int_eq(number(host, "buffer_bytes"), 32768);
    node = json_object_get(object, "node");
    ck_assert_str_eq(json_string_value(json_object_get(node, "path")), "L6_0/L5_1/L4_1/L3_1");
    ck_assert_str_eq(json_string_value(json_object_get(node, "log")),
                     "L6_0/L5_1/L4_1/L3_1/logs/daemon.log");
    tree = json_object_get(object, "tree");
    ck_assert_uint_eq(json_array_size(tree), 15);
    ck_assert(json_is_null(json_object_get(json_array_get(tree, 0), "parent")));
    ck_assert_int_eq(number(json_array_get(tree, 14), "rank"), 14);
    json_decref(object);
    object = show_json(&topology, RANK_NONE, false);
    ck_assert_ptr_null(json_object_get(object, "node"));
    ck_assert_ptr_null(json_object_get(object, "tree"));
    json_decref(object);
}
END_TEST

static void file_parses_and_says_what_it_is_for(const char *name)
{
    static char text[65536];
    struct topology topology;
    struct error err;
    char path[512];
    FILE *file;
    size_t size;

    snprintf(path, sizeof path, "topology/%s", name);
    file = fopen(path, "r");
    claim(file != NULL, "%s", path);
    size = fread(text, 1, sizeof text, file);
    fclose(file);
    claim(size > 2 && text[0] == '#', "%s does not begin with what it is for", path);
    claim(topology_parse_file(path, text, size, &topology, &err) == 0, "%s", err.text);
    claim(topology_spec_is_file(path), "%s", path);
}

START_TEST(every_topology_file_of_the_project_is_right)
{
    DIR *folder = opendir("topology");
    unsigned count = 0;

    ck_assert_ptr_nonnull(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        file_parses_and_says_what_it_is_for(entry->d_name);
        count++;
    }
    closedir(folder);
    ck_assert_uint_ge(count, 7);
}
END_TEST

SUITE_MAIN("topology show", a_small_tree_is_shown_whole,
           a_large_tree_shows_its_first_branch_and_says_how_many_more,
           all_shows_each_node_once_in_a_large_tree_too, too_large_a_tree_is_not_shown_node_by_node,
           a_node_is_shown_with_its_neighbours_and_files,
           the_root_and_a_chip_are_shown_without_what_they_lack,
           json_holds_levels_settings_and_when_asked_a_node_and_all,
           every_topology_file_of_the_project_is_right)

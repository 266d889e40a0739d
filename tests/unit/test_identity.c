#include "topo/identity.h"

#include <stdio.h>
#include <string.h>

#include "base/json_text.h"
#include "suite.h"
#include "topology_fixture.h"
#include "topo/node_files.h"

static char *identity_text(const char *spec, const char *path, const char *run_path)
{
    struct topology topology = topology_of(spec);
    struct identity identity;
    static struct buffer out; // until the next call

    buffer_clear(&out);
    identity_locate(&identity, &topology, rank_in(&topology, path), run_path);
    strcpy(identity.logical_system, "linqu");
    strcpy(identity.physical_system, "rack-1");
    identity.pid = 4711;
    identity.wall_ns = UINT64_C(1795421239412345678);
    identity_to_json(&identity, &out);
    buffer_append(&out, "", 1);
    return (char *)out.data;
}

/* Word for word, so that nothing is added, dropped or renamed unnoticed. */
START_TEST(a_host_says_all_that_the_formats_page_names)
{
    ck_assert_str_eq(identity_text("16x4x16", "L5_3/L4_1/L3_7", "/tmp/linqu/r1"),
                     "{\n"
                     "  \"pid\": 4711,\n"
                     "  \"level\": 3,\n"
                     "  \"coordinate\": {\n"
                     "    \"l6\": 0,\n"
                     "    \"l5\": 3,\n"
                     "    \"l4\": 1,\n"
                     "    \"l3\": 7\n"
                     "  },\n"
                     "  \"global_index\": 215,\n"
                     "  \"simulated_ip\": \"10.3.1.7\",\n"
                     "  \"socket_path\": \"/tmp/linqu/r1/L6_0/L5_3/L4_1/L3_7/daemon_L3.sock\",\n"
                     "  \"physical_system\": \"rack-1\",\n"
                     "  \"logical_system\": \"linqu\",\n"
                     "  \"timestamp\": \"2026-11-23T08:07:19.412345678Z\"\n"
                     "}\n");
}
END_TEST

START_TEST(a_chip_has_an_l2_index_and_no_socket)
{
    json_t *object = json_loads(identity_text("2x2x2x3", "L5_1/L4_0/L3_1/L2_2", "/r"), 0, NULL);

    ck_assert_int_eq(json_integer_value(json_object_get(object, "level")), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(object, "global_index")), 17);
    ck_assert(json_is_null(json_object_get(object, "socket_path")));
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(object, "coordinate"), "l2")), 2);
    ck_assert_str_eq(json_string_value(json_object_get(object, "simulated_ip")), "10.1.0.1");
    json_decref(object);
}
END_TEST

/* The base is the user's and may have any bytes but NUL. */
START_TEST(a_path_that_is_not_utf8_still_gives_json)
{
    json_t *object = json_loads(identity_text("2x2x2", "L6_0", "/tmp/\xff\xfe\"q"), 0, NULL);

    ck_assert_ptr_nonnull(object);
    ck_assert_str_eq(json_string_value(json_object_get(object, "socket_path")),
                     "/tmp/\?\?\"q/L6_0/daemon_L6.sock");
    json_decref(object);
}
END_TEST

/* 16x4x16: global_index = l5*64 + l4*16 + l3, each once. */
START_TEST(global_indices_of_all_hosts_are_their_numbers_by_strides)
{
    struct topology topology = topology_of("16x4x16");

    for (uint32_t i = 0; i < 1024; i++) {
        struct identity identity;

        identity_locate(&identity, &topology, topology.first_rank[LEVEL_HOST] + i, "/r");
        claim(identity.global_index == i, "host %u", i);
        claim(identity.coord.index[5] * 64U + identity.coord.index[4] * 16U +
                      identity.coord.index[3] ==
                  i,
              "host %u", i);
    }
}
END_TEST

START_TEST(files_lie_in_the_nodes_directory_and_a_chips_with_its_parent)
{
    static const struct {
        const char *spec, *node, *directory, *socket, *log;
    } rows[] = {
        {"2x2x2x2", "L6_0", "L6_0", "L6_0/daemon_L6.sock", "L6_0/logs/daemon.log"},
        {"2x2x2x2", "L5_1/L4_0/L3_1", "L6_0/L5_1/L4_0/L3_1", "L6_0/L5_1/L4_0/L3_1/daemon_L3.sock",
         "L6_0/L5_1/L4_0/L3_1/logs/daemon.log"},
        {"2x2x2x2", "L5_1/L4_0/L3_1/L2_1", "L6_0/L5_1/L4_0/L3_1", "",
         "L6_0/L5_1/L4_0/L3_1/logs/L2_1.log"},
        {"L7:1 L6:2 L4:2", "L7_0", "L7_0", "L7_0/daemon_L7.sock", "L7_0/logs/daemon.log"},
        {"L7:1 L6:2 L4:2", "L6_1/L4_1", "L7_0/L6_1/L4_1", "L7_0/L6_1/L4_1/daemon_L4.sock",
         "L7_0/L6_1/L4_1/logs/daemon.log"},
        {"L4:1 L2:3", "L2_2", "L4_0", "", "L4_0/logs/L2_2.log"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct topology topology = topology_of(rows[i].spec);
        uint32_t rank = rank_in(&topology, rows[i].node);
        char text[LIMIT_NODE_FILE];

        node_directory(&topology, rank, text, sizeof text);
        ck_assert_str_eq(text, rows[i].directory);
        ck_assert_int_eq(node_socket(&topology, rank, text, sizeof text), rows[i].socket[0] != 0);
        ck_assert_str_eq(text, rows[i].socket);
        node_log(&topology, rank, text, sizeof text);
        ck_assert_str_eq(text, rows[i].log);
    }
}
END_TEST

START_TEST(the_longest_paths_fit_their_limits)
{
    struct topology topology = topology_of("L7:1 L6:1 L5:1 L4:1 L3:1 L2:65536");
    uint32_t rank = topology.node_count - 1;
    char text[2 * LIMIT_NODE_FILE];

    // Numbers as long as they can be; the topology that has them all is too large to be one.
    ck_assert_int_lt(topology_path(&topology, rank, text, sizeof text) + 2 + 2 + 2 + 4,
                     LIMIT_NODE_PATH);
    ck_assert_int_lt(node_log(&topology, rank, text, sizeof text) + 2 + 2 + 2 + 4, LIMIT_NODE_FILE);
}
END_TEST

SUITE_MAIN("identity", a_host_says_all_that_the_formats_page_names,
           a_chip_has_an_l2_index_and_no_socket, a_path_that_is_not_utf8_still_gives_json,
           global_indices_of_all_hosts_are_their_numbers_by_strides,
           files_lie_in_the_nodes_directory_and_a_chips_with_its_parent,
           the_longest_paths_fit_their_limits)

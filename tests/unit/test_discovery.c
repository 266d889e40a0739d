#include "member/discovery.h"

#include <jansson.h>
#include <string.h>

#include "suite.h"
#include "topology_fixture.h"

static struct topology topology;
static struct membership *table;
static json_t *found; // what the last discover() gave

static uint32_t rank_of(const char *path)
{
    return rank_in(&topology, path);
}

static void world(const char *spec)
{
    topology = topology_of(spec);
    membership_destroy(table);
    table = membership_create(&topology);
}

static void discover(struct discovery discovery)
{
    struct buffer out = {0};

    discovery.topology = &topology;
    discovery.table = table;
    discovery.run_path = "/tmp/linqu/r1";
    discovery_to_json(&discovery, &out);
    ck_assert_int_eq(out.data[out.size - 1], '\n');
    json_decref(found);
    found = json_loadb((const char *)out.data, out.size, 0, NULL);
    ck_assert_ptr_nonnull(found);
    buffer_free(&out);
}

static json_int_t number(const json_t *object, const char *key)
{
    claim(json_is_integer(json_object_get(object, key)), "%s", key);
    return json_integer_value(json_object_get(object, key));
}

static const char *peer_text(const json_t *object, size_t i, const char *key)
{
    return json_string_value(
        json_object_get(json_array_get(json_object_get(object, "same_pod_peers"), i), key));
}

START_TEST(a_host_of_the_virtual_cluster_finds_all_others)
{
    json_t *pods;

    world("16x4x16");
    discover((struct discovery){.self = rank_of("L5_3/L4_1/L3_7"), .took_ns = 1234567});
    ck_assert_uint_eq(json_array_size(json_object_get(found, "same_pod_peers")), 15);
    ck_assert_int_eq(number(found, "same_pod_count"), 16);
    pods = json_object_get(found, "same_supernode_peers_by_pod");
    ck_assert_uint_eq(json_object_size(pods), 4);
    ck_assert_int_eq(number(pods, "L4_0"), 16);
    ck_assert_int_eq(number(pods, "L4_3"), 16);
    ck_assert_int_eq(number(found, "same_supernode_total"), 64);
    ck_assert_int_eq(number(found, "cluster_supernodes"), 16);
    ck_assert_int_eq(number(found, "cluster_total_hosts"), 1024);
    ck_assert_double_eq_tol(json_real_value(json_object_get(found, "discovery_time_ms")), 1.234,
                            1e-9);
    ck_assert_int_eq(number(json_object_get(found, "self"), "l5"), 3);
    ck_assert_int_eq(number(json_object_get(found, "self"), "l3"), 7);
    ck_assert_str_eq(peer_text(found, 0, "status"), "live");
    ck_assert_str_eq(peer_text(found, 6, "socket"),
                     "/tmp/linqu/r1/L6_0/L5_3/L4_1/L3_6/daemon_L3.sock");
    ck_assert_str_eq(peer_text(found, 7, "socket"),
                     "/tmp/linqu/r1/L6_0/L5_3/L4_1/L3_8/daemon_L3.sock");
    ck_assert_uint_eq(json_object_size(found), 8);
}
END_TEST

static bool slow_from(void *arg, uint32_t rank)
{
    return rank >= *(const uint32_t *)arg;
}

START_TEST(the_dead_are_listed_and_not_counted_and_the_slow_are_both)
{
    uint32_t slow;

    world("2x2x4");
    slow = rank_of("L5_0/L4_0/L3_1"); // the dead one too
    membership_set(table, rank_of("L5_0/L4_0/L3_1"), MEMBER_DEAD, 1);
    membership_set(table, rank_of("L5_0/L4_0/L3_2"), MEMBER_SLOW, 1);
    membership_set(table, rank_of("L5_0/L4_1"), MEMBER_LEFT, 1);
    membership_set(table, rank_of("L5_1"), MEMBER_DEAD, 1);
    discover(
        (struct discovery){.self = rank_of("L5_0/L4_0/L3_0"), .is_slow = slow_from, .arg = &slow});
    ck_assert_uint_eq(json_array_size(json_object_get(found, "same_pod_peers")), 3);
    ck_assert_str_eq(peer_text(found, 0, "status"), "dead");
    ck_assert_str_eq(peer_text(found, 1, "status"), "slow");
    ck_assert_str_eq(peer_text(found, 2, "status"), "slow");
    ck_assert_int_eq(number(found, "same_pod_count"), 3);
    ck_assert_int_eq(number(json_object_get(found, "same_supernode_peers_by_pod"), "L4_1"), 0);
    ck_assert_int_eq(number(found, "same_supernode_total"), 3);
    ck_assert_int_eq(number(found, "cluster_supernodes"), 1);
    ck_assert_int_eq(number(found, "cluster_total_hosts"), 3);
}
END_TEST

START_TEST(without_pods_or_supernodes_their_index_0_stands_for_them)
{
    world("L6:1 L5:3 L3:5");
    discover((struct discovery){.self = rank_of("L5_2/L3_4")});
    ck_assert_int_eq(number(found, "same_pod_count"), 5);
    ck_assert_int_eq(number(json_object_get(found, "same_supernode_peers_by_pod"), "L4_0"), 5);
    ck_assert_int_eq(number(found, "same_supernode_total"), 5);
    ck_assert_int_eq(number(found, "cluster_supernodes"), 3);
    ck_assert_int_eq(number(found, "cluster_total_hosts"), 15);

    world("L6:1 L4:2 L3:5");
    discover((struct discovery){.self = rank_of("L4_1/L3_4")});
    ck_assert_int_eq(number(found, "same_pod_count"), 5);
    ck_assert_int_eq(number(found, "same_supernode_total"), 10);
    ck_assert_int_eq(number(found, "cluster_supernodes"), 1);
    ck_assert_int_eq(number(found, "cluster_total_hosts"), 10);
}
END_TEST

/* A cluster is an L6: other ones under the same L7 are not in it. */
START_TEST(under_an_l7_a_host_finds_its_own_cluster)
{
    world("L7:1 L6:2 L5:2 L4:2 L3:3");
    discover((struct discovery){.self = rank_of("L6_1/L5_0/L4_0/L3_0")});
    ck_assert_int_eq(number(found, "cluster_supernodes"), 2);
    ck_assert_int_eq(number(found, "cluster_total_hosts"), 12);
}
END_TEST

SUITE_MAIN("discovery", a_host_of_the_virtual_cluster_finds_all_others,
           the_dead_are_listed_and_not_counted_and_the_slow_are_both,
           without_pods_or_supernodes_their_index_0_stands_for_them,
           under_an_l7_a_host_finds_its_own_cluster)

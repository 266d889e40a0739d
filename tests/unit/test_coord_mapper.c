#include "model/coord_mapper.h"

#include <stdio.h>
#include <string.h>

#include "suite.h"
#include "topology_fixture.h"
#include "topo/topology.h"

START_TEST(a_hosts_address_leads_back_to_its_coordinate)
{
    static const char *const shapes[] = {"16x4x16", "2x3x400", "L7:1 L6:3 L5:4 L4:2 L3:300",
                                         "256x1x256", "L6:1 L3:65536"};

    for (uint64_t seed = seed_first(), end = seed + seed_count(20000); seed < end; seed++) {
        uint64_t random = seed;
        struct topology topology = topology_of(shapes[seed % 5]);
        struct coord coord, back;
        struct error err;
        char ip[64];
        uint32_t rank;

        rank = topology.first_rank[LEVEL_HOST] + random_below(&random, topology.count[LEVEL_HOST]);
        coord = topology_coord(&topology, rank);
        topology_simulated_ip(&topology, rank, ip, sizeof ip);
        claim(coord_from_ip(ip, (uint8_t)coord.index[LEVEL_CLOS2], &back, &err) == 0, "%s",
              err.text);
        claim(coord_equal(&coord, &back), "seed %" PRIu64 ": %s", seed, ip);
    }
}
END_TEST

START_TEST(a_long_address_names_its_own_l6)
{
    struct coord coord;
    struct error err;

    ck_assert_int_eq(coord_from_ip("FD00::7:1:2:12C", 3, &coord, &err), 0);
    ck_assert_uint_eq(coord.index[LEVEL_CLOS2], 7);
    ck_assert_uint_eq(coord.index[LEVEL_HOST], 300);
    ck_assert_int_eq(coord_from_ip("10.1.2.3", 3, &coord, &err), 0);
    ck_assert_uint_eq(coord.index[LEVEL_CLOS2], 3);
}
END_TEST

START_TEST(what_is_no_hosts_address_is_refused)
{
    static const char *const texts[] = {"",
                                        "10",
                                        "10.1.2",
                                        "10.1.2.3.4",
                                        "11.1.2.3",
                                        "10.256.0.0",
                                        "10.0.0.256",
                                        "10.0.0.x",
                                        "10..0.0",
                                        "10.0.0.",
                                        "10.-1.0.0",
                                        "10.0.0.1 ",
                                        "fd00::1:2:3",
                                        "fd00::1:2:3:4:5",
                                        "fd00::100:0:0:0",
                                        "fd00::0:0:0:10000",
                                        "fd00::0:0:0:g",
                                        "fd01::0:0:0:1",
                                        "10.0.0.a",
                                        "10.0.0.99999999999999999999"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct coord coord = {.level = 99};
        struct error err = {""};

        claim(coord_from_ip(texts[i], 0, &coord, &err) == -1, "%s", texts[i]);
        claim(strstr(err.text, "is no address of a host") != NULL, "%s", err.text);
        claim(coord.level == 99, "%s", texts[i]);
    }
}
END_TEST

static const char *level_three(const char *name)
{
    return !strcmp(name, "LINQU_LEVEL") ? "3" : !strcmp(name, "LINQU_L3") ? "9" : NULL;
}

START_TEST(each_mapper_looks_where_it_says)
{
    struct coord_mapper by_ip = {.source = COORD_FROM_IP, .l6 = 2};
    struct coord_mapper by_environment = {.source = COORD_FROM_ENVIRONMENT, .get = level_three};
    struct coord_mapper fixed = {.source = COORD_FIXED,
                                 .fixed = {.level = LEVEL_POD, .index = {[LEVEL_POD] = 5}}};
    struct coord coord;
    struct error err;

    ck_assert_int_eq(coord_mapper_apply(&by_ip, "10.0.0.4", &coord, &err), 0);
    ck_assert(coord.index[LEVEL_CLOS2] == 2 && coord.index[LEVEL_HOST] == 4);
    ck_assert_int_eq(coord_mapper_apply(&by_environment, "10.0.0.4", &coord, &err), 0);
    ck_assert(coord.level == LEVEL_HOST && coord.index[LEVEL_HOST] == 9);
    ck_assert_int_eq(coord_mapper_apply(&fixed, NULL, &coord, &err), 0);
    ck_assert(coord_equal(&coord, &fixed.fixed));
}
END_TEST

SUITE_MAIN("coordinate mappers", a_hosts_address_leads_back_to_its_coordinate,
           a_long_address_names_its_own_l6, what_is_no_hosts_address_is_refused,
           each_mapper_looks_where_it_says)

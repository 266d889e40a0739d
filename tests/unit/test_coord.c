#include "model/coord.h"

#include <string.h>

#include "suite.h"

static struct coord coord_random(uint64_t *random)
{
    struct coord coord = {.level = (uint8_t)random_below(random, LEVEL_COUNT)};

    for (int level = LEVEL_CLOS2; level >= coord.level; level--) {
        uint32_t limit = level_index_limit((enum level)level);

        // Small indices too, so that equal ones meet.
        coord.index[level] = (uint16_t)random_below(random, random_below(random, 2) ? limit : 3);
    }
    return coord;
}

static struct coord parse(const char *text)
{
    struct coord coord;
    struct error err;

    claim(coord_parse_text(text, &coord, &err) == 0, "%s", err.text);
    return coord;
}

START_TEST(a_host_has_four_numbers_and_a_chip_five)
{
    struct coord host = parse("(0,3,1,7)"), chip = parse("(1,2,3,300,65535)");

    ck_assert_uint_eq(host.level, LEVEL_HOST);
    ck_assert_uint_eq(host.index[LEVEL_CLOS1], 3);
    ck_assert_uint_eq(host.index[LEVEL_POD], 1);
    ck_assert_uint_eq(host.index[LEVEL_HOST], 7);
    ck_assert_uint_eq(chip.level, LEVEL_CHIP);
    ck_assert_uint_eq(chip.index[LEVEL_HOST], 300);
    ck_assert_uint_eq(chip.index[LEVEL_CHIP], 65535);
}
END_TEST

START_TEST(a_node_above_the_hosts_still_has_four_numbers)
{
    struct coord pod = coord_at_level(
        &(struct coord){.level = LEVEL_HOST, .index = {[5] = 3, [4] = 1}}, LEVEL_POD);
    char text[64];

    ck_assert_int_eq(coord_to_text(&pod, text, sizeof text), (int)strlen("(0,3,1,0)"));
    ck_assert_str_eq(text, "(0,3,1,0)");
}
END_TEST

START_TEST(coordinates_of_hosts_chips_dies_and_cores_survive_their_text)
{
    for (uint64_t seed = seed_first(), end = seed + seed_count(20000); seed < end; seed++) {
        uint64_t random = seed;
        struct coord coord = coord_random(&random), back;
        char text[64];

        coord_to_text(&coord, text, sizeof text);
        back = parse(text);
        if (coord.level <= LEVEL_HOST)
            claim(coord_equal(&coord, &back), "seed %" PRIu64 ": %s", seed, text);
        else
            claim(!memcmp(coord.index, back.index, sizeof coord.index), "seed %" PRIu64, seed);
    }
}
END_TEST

START_TEST(text_that_is_cut_keeps_within_its_room)
{
    struct coord coord = parse("(1,2,3,4)");
    char text[6] = "#####";

    ck_assert_int_eq(coord_to_text(&coord, text, 5), 9);
    ck_assert_str_eq(text, "(1,2");
}
END_TEST

START_TEST(a_wrong_text_is_refused_with_what_is_wrong)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "reads (l6,l5,l4,l3)"},
        {"0,1,2,3", "reads (l6,l5,l4,l3)"},
        {"(0,1,2)", "at least four"},
        {"(0,1,2,3", "column 9"},
        {"(0,1,2,3)x", "closing bracket"},
        {"(0,1,2,3,4,5,6,7)", "at most 7"},
        {"(0,256,2,3)", "L5 must be a number from 0 to 255"},
        {"(0,1,2,65536)", "L3 must be a number from 0 to 65535"},
        {"(0,1,2,99999999999999999999)", "L3 must be"},
        {"(0,-1,2,3)", "L5 must be"},
        {"(0,,2,3)", "L5 must be"},
        {"(", "L6 must be"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct coord coord = {.level = 99};
        struct error err = {""};

        claim(coord_parse_text(rows[i].text, &coord, &err) == -1, "%s", rows[i].text);
        claim(strstr(err.text, rows[i].says) != NULL, "%s", err.text);
        ck_assert_uint_eq(coord.level, 99);
    }
}
END_TEST

/* Sorting by coord_compare gives a walk of the tree: parents, then their children. */
START_TEST(order_is_total_and_puts_ancestors_first)
{
    for (uint64_t seed = seed_first(), end = seed + seed_count(20000); seed < end; seed++) {
        uint64_t random = seed;
        struct coord a = coord_random(&random), b = coord_random(&random),
                     c = coord_random(&random);
        int ab = coord_compare(&a, &b), bc = coord_compare(&b, &c);

        claim(ab == -coord_compare(&b, &a), "seed %" PRIu64, seed);
        claim((ab == 0) == coord_equal(&a, &b), "seed %" PRIu64, seed);
        if (ab <= 0 && bc <= 0)
            claim(coord_compare(&a, &c) <= 0, "seed %" PRIu64, seed);
        if (coord_within(&b, &a))
            claim(ab <= 0, "seed %" PRIu64, seed);
    }
}
END_TEST

START_TEST(a_node_lies_within_what_it_is_seen_from_above)
{
    for (uint64_t seed = seed_first(), end = seed + seed_count(5000); seed < end; seed++) {
        uint64_t random = seed;
        struct coord coord = coord_random(&random), other = coord_random(&random);

        for (unsigned level = coord.level; level < LEVEL_COUNT; level++) {
            struct coord at = coord_at_level(&coord, (enum level)level);

            claim(coord_within(&coord, &at), "seed %" PRIu64 " level %u", seed, level);
            claim(coord_within(&at, &coord) == (level == coord.level), "seed %" PRIu64, seed);
        }
        if (other.level >= coord.level) {
            struct coord at = coord_at_level(&coord, other.level);

            claim(coord_within(&coord, &other) == coord_equal(&at, &other), "seed %" PRIu64, seed);
        }
    }
}
END_TEST

START_TEST(the_launcher_is_above_all_and_within_nothing)
{
    struct coord launcher = coord_launcher(), root = {.level = LEVEL_GLOBAL};

    ck_assert(coord_within(&root, &launcher));
    ck_assert(!coord_within(&launcher, &root));
    ck_assert(!coord_equal(&launcher, &root));
}
END_TEST

static const char *const *environment;

static const char *environment_get(const char *name)
{
    for (const char *const *at = environment; *at; at += 2) {
        if (!strcmp(at[0], name))
            return at[1];
    }
    return NULL;
}

static int from_environment(const char *const *pairs, struct coord *coord, struct error *err)
{
    environment = pairs;
    return coord_from_environment(environment_get, coord, err);
}

START_TEST(the_environment_names_a_coordinate)
{
    static const char *const pairs[] = {"LINQU_LEVEL", "3",        "LINQU_L5", "12", "LINQU_L3",
                                        "300",         "LINQU_L4", "",         NULL};
    struct coord coord;
    struct error err;

    claim(from_environment(pairs, &coord, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(coord.level, LEVEL_HOST);
    ck_assert_uint_eq(coord.index[LEVEL_CLOS1], 12);
    ck_assert_uint_eq(coord.index[LEVEL_POD], 0);
    ck_assert_uint_eq(coord.index[LEVEL_HOST], 300);
}
END_TEST

/* A pod that starts from a host's environment is still a pod: indices below its own level are 0. */
START_TEST(indices_below_the_own_level_are_not_taken_from_the_environment)
{
    static const char *const pairs[] = {"LINQU_LEVEL", "POD", "LINQU_L4", "2",
                                        "LINQU_L3",    "bad", NULL};
    struct coord coord;
    struct error err;

    claim(from_environment(pairs, &coord, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(coord.level, LEVEL_POD);
    ck_assert_uint_eq(coord.index[LEVEL_POD], 2);
    ck_assert_uint_eq(coord.index[LEVEL_HOST], 0);
}
END_TEST

START_TEST(an_environment_without_level_or_with_a_wrong_number_is_refused)
{
    static const char *const rows[][5] = {
        {"LINQU_L5", "1", NULL},
        {"LINQU_LEVEL", "8", NULL},
        {"LINQU_LEVEL", "", NULL},
        {"LINQU_LEVEL", "3", "LINQU_L4", "256", NULL},
        {"LINQU_LEVEL", "3", "LINQU_L4", "1x", NULL},
        {"LINQU_LEVEL", "3", "LINQU_L3", "65536", NULL},
    };
    static const char *const says[] = {"LINQU_LEVEL is not set", "LINQU_LEVEL=8",
                                       "LINQU_LEVEL=",           "LINQU_L4: 256: the index of L4",
                                       "LINQU_L4: 1x",           "from 0 to 65535"};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct coord coord;
        struct error err = {""};

        ck_assert_int_eq(from_environment(rows[i], &coord, &err), -1);
        claim(strstr(err.text, says[i]) != NULL, "%s", err.text);
    }
}
END_TEST

SUITE_MAIN("coord", a_host_has_four_numbers_and_a_chip_five,
           a_node_above_the_hosts_still_has_four_numbers,
           coordinates_of_hosts_chips_dies_and_cores_survive_their_text,
           text_that_is_cut_keeps_within_its_room, a_wrong_text_is_refused_with_what_is_wrong,
           order_is_total_and_puts_ancestors_first, a_node_lies_within_what_it_is_seen_from_above,
           the_launcher_is_above_all_and_within_nothing, the_environment_names_a_coordinate,
           indices_below_the_own_level_are_not_taken_from_the_environment,
           an_environment_without_level_or_with_a_wrong_number_is_refused)

#include "model/level.h"
#include "suite.h"

START_TEST(names_and_aliases_in_either_case_give_the_level)
{
    static const struct {
        const char *text;
        enum level level;
    } rows[] = {
        {"L0", LEVEL_CORE},        {"L7", LEVEL_GLOBAL},         {"l3", LEVEL_HOST},
        {"CORE", LEVEL_CORE},      {"chip_die", LEVEL_CHIP_DIE}, {"CHIP", LEVEL_CHIP},
        {"Host", LEVEL_HOST},      {"pod", LEVEL_POD},           {"CLOS1", LEVEL_CLOS1},
        {"CLOS2", LEVEL_CLOS2},    {"GLOBAL", LEVEL_GLOBAL},     {"AIV", LEVEL_CORE},
        {"AIC", LEVEL_CORE},       {"CORE_GROUP", LEVEL_CORE},   {"L2CACHE", LEVEL_CHIP_DIE},
        {"PROCESSOR", LEVEL_CHIP}, {"UMA", LEVEL_CHIP},          {"NODE", LEVEL_HOST},
        {"CLUSTER_0", LEVEL_POD},  {"cluster_1", LEVEL_CLOS1},   {"CLUSTER_2", LEVEL_CLOS2},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum level level;

        claim(level_parse(rows[i].text, &level) == 0, "%s", rows[i].text);
        ck_assert_int_eq(level, rows[i].level);
    }
}
END_TEST

START_TEST(a_name_read_back_is_its_level)
{
    for (unsigned i = 0; i < LEVEL_COUNT; i++) {
        enum level level;

        ck_assert_int_eq(level_parse(level_name((enum level)i), &level), 0);
        ck_assert_uint_eq((unsigned)level, i);
    }
}
END_TEST

START_TEST(what_is_no_level_is_refused)
{
    static const char *const texts[] = {"",  "L",   "L8",    "L-1",      "L33",
                                        "3", "L3 ", "HOSTS", "CLUSTER_3"};
    enum level level = LEVEL_POD;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        claim(level_parse(texts[i], &level) == -1, "%s", texts[i]);
    ck_assert_int_eq(level, LEVEL_POD);
}
END_TEST

/* The widths of LinquCoordinate_C's fields. */
START_TEST(index_limits_are_the_widths_of_the_abi_fields)
{
    static const uint32_t limits[LEVEL_COUNT] = {65536, 256, 65536, 65536, 256, 256, 256, 1};

    for (unsigned i = 0; i < LEVEL_COUNT; i++)
        ck_assert_uint_eq(level_index_limit((enum level)i), limits[i]);
}
END_TEST

SUITE_MAIN("level", names_and_aliases_in_either_case_give_the_level, a_name_read_back_is_its_level,
           what_is_no_level_is_refused, index_limits_are_the_widths_of_the_abi_fields)

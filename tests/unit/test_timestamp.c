#include "base/timestamp.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "suite.h"

START_TEST(a_written_timestamp_reads_back_as_the_same_moment)
{
    uint64_t seed = seed_first();

    for (uint64_t i = 0; i < seed_count(20000); i++) {
        uint64_t moment = random_next(&seed) % UINT64_C(4102444800000000000), back = 0; // 1970-2099
        char text[TIMESTAMP_SIZE];
        int size = timestamp_format(moment, text);

        claim(timestamp_parse(text, &back) == size && back == moment, "%s", text);
    }
}
END_TEST

START_TEST(the_calendar_agrees_with_the_library)
{
    uint64_t seed = seed_first();

    for (uint64_t i = 0; i < seed_count(20000); i++) {
        time_t second = (time_t)(random_next(&seed) % UINT64_C(4102444800));
        char text[TIMESTAMP_SIZE];
        uint64_t back = 0;
        struct tm utc;

        gmtime_r(&second, &utc);
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
        claim(timestamp_parse(text, &back) == 20, "%s", text);
        claim(back == (uint64_t)second * 1000000000, "%s", text);
    }
}
END_TEST

START_TEST(a_fraction_has_one_to_nine_digits_or_there_is_none)
{
    uint64_t moment = 1;

    ck_assert_int_eq(timestamp_parse("1970-01-01T00:00:01.5Z lvl=info", &moment), 22);
    ck_assert_uint_eq(moment, 1500000000);
    ck_assert_int_eq(timestamp_parse("1970-01-01T00:00:00Z", &moment), 20);
    ck_assert_uint_eq(moment, 0);
    ck_assert_int_eq(timestamp_parse("1970-01-01T00:00:00.Z", &moment), 0);
    ck_assert_int_eq(timestamp_parse("1970-01-01T00:00:00.1234567890Z", &moment), 0);
}
END_TEST

START_TEST(what_is_no_moment_is_refused)
{
    static const char *const wrong[] = {
        "",
        "yesterday",
        "2026-11-23",
        "2026-11-23T08:07:19",
        "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-00-10T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z",
        "2026-1-1T0:0:0Z",
        "2026-01-01 00:00:00Z",
    };
    uint64_t moment;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        claim(timestamp_parse(wrong[i], &moment) == 0, "%s", wrong[i]);
    ck_assert_int_eq(timestamp_parse("2024-02-29T00:00:00Z", &moment), 20);
}
END_TEST

SUITE_MAIN("timestamp", a_written_timestamp_reads_back_as_the_same_moment,
           the_calendar_agrees_with_the_library, a_fraction_has_one_to_nine_digits_or_there_is_none,
           what_is_no_moment_is_refused)

#include "base/number_text.h"

#include "suite.h"

START_TEST(thousands_are_set_apart)
{
    ck_assert_str_eq(with_commas(0), "0");
    ck_assert_str_eq(with_commas(999), "999");
    ck_assert_str_eq(with_commas(1000), "1,000");
    ck_assert_str_eq(with_commas(1234567), "1,234,567");
    ck_assert_str_eq(with_commas(UINT64_MAX), "18,446,744,073,709,551,615");
}
END_TEST

START_TEST(bytes_have_the_largest_unit_that_leaves_one_digit)
{
    ck_assert_str_eq(with_unit(0), "0 B");
    ck_assert_str_eq(with_unit(1023), "1023 B");
    ck_assert_str_eq(with_unit(1024), "1.0 KiB");
    ck_assert_str_eq(with_unit(3 * 1024 * 1024 + 200 * 1024), "3.2 MiB");
    ck_assert_str_eq(with_unit(UINT64_C(500) << 30), "500 GiB");
    ck_assert_str_eq(with_unit(UINT64_MAX), "16.0 EiB");
}
END_TEST

START_TEST(several_stand_in_one_sentence)
{
    const char *first = with_commas(1111);

    for (int i = 0; i < 15; i++)
        with_commas(2222);
    ck_assert_str_eq(first, "1,111");
}
END_TEST

SUITE_MAIN("number_text", thousands_are_set_apart,
           bytes_have_the_largest_unit_that_leaves_one_digit, several_stand_in_one_sentence)

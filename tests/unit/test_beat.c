#include "model/beat.h"

#include "suite.h"

static double beats_a_second(uint32_t nodes)
{
    return nodes * 1000.0 / (double)beat_interval_ms(nodes);
}

START_TEST(small_trees_beat_once_a_second_and_larger_ones_500_times_in_all)
{
    ck_assert_uint_eq(beat_interval_ms(1), 1000);
    ck_assert_uint_eq(beat_interval_ms(500), 1000);
    ck_assert_uint_eq(beat_interval_ms(1105), 2210);
    ck_assert_uint_eq(beat_interval_ms(2000), 4000);
}
END_TEST

START_TEST(the_largest_beat_less_often_and_no_node_more_makes_it_jump)
{
    ck_assert_uint_eq(beat_interval_ms(2001), 4010);
    ck_assert_double_lt(beats_a_second(17489), 115);
    for (uint32_t nodes = 501; nodes < 100000; nodes++) {
        claim(beats_a_second(nodes) <= 500, "%u nodes", nodes);
        claim(beat_interval_ms(nodes) - beat_interval_ms(nodes - 1) <= 10, "%u nodes", nodes);
    }
}
END_TEST

START_TEST(slow_is_after_one_and_a_half_intervals_and_half_a_second)
{
    ck_assert(!beat_is_slow(UINT64_C(2000000000), 1000));
    ck_assert(beat_is_slow(UINT64_C(2000000001), 1000));
    ck_assert_uint_lt(beat_slow_after_ns(beat_interval_ms(1105)), UINT64_C(5000000000));
}
END_TEST

SUITE_MAIN("beat", small_trees_beat_once_a_second_and_larger_ones_500_times_in_all,
           the_largest_beat_less_often_and_no_node_more_makes_it_jump,
           slow_is_after_one_and_a_half_intervals_and_half_a_second)

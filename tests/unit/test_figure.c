// links: users
#include <stdlib.h>

#include "suite.h"

#include "bench/bare.h"
#include "bench/bare_tree.h"
#include "bench/figure.h"
#include "suite.h"

static struct figures figures;

static void setup(void)
{
    figures = (struct figures){0};
}

static void teardown(void)
{
    figures_free(&figures);
}

static double number_of(const struct figure *figure, const char *member)
{
    json_t *json = figure_json(figure);
    double number = json_number_value(json_object_get(json, member));

    json_decref(json);
    return number;
}

START_TEST(quantiles_lie_on_straight_lines_between_the_samples)
{
    struct samples samples = {0};

    for (int i = 10; i >= 0; i--)
        samples_add(&samples, i * 10);
    ck_assert_double_eq_tol(samples_quantile(&samples, 0), 0, 1e-9);
    ck_assert_double_eq_tol(samples_quantile(&samples, 0.1), 10, 1e-9);
    ck_assert_double_eq_tol(samples_quantile(&samples, 0.25), 25, 1e-9);
    ck_assert_double_eq_tol(samples_quantile(&samples, 0.5), 50, 1e-9);
    ck_assert_double_eq_tol(samples_quantile(&samples, 1), 100, 1e-9);
    samples_free(&samples);
}
END_TEST

START_TEST(one_sample_is_every_quantile)
{
    uint64_t number = 7;

    ck_assert_double_eq_tol(numbers_quantile(&number, 1, 0.1), 7, 1e-9);
    ck_assert_double_eq_tol(numbers_quantile(&number, 1, 0.99), 7, 1e-9);
}
END_TEST

/* Load that comes and goes weighs on both sides of a repetition: 2 of each is the truth. */
START_TEST(the_ratio_is_of_the_same_repetition)
{
    figures_add(&figures, "a", "ms", BETTER_LOWER, 20, 10);
    figures_add(&figures, "a", "ms", BETTER_LOWER, 200, 100);
    figures_add(&figures, "a", "ms", BETTER_LOWER, 2, 1);
    ck_assert_uint_eq(figures.count, 1);
    ck_assert_double_eq_tol(figure_ratio(&figures.list[0]), 2, 1e-9);
    ck_assert_double_eq_tol(number_of(&figures.list[0], "median"), 20, 1e-9);
    ck_assert_double_eq_tol(number_of(&figures.list[0], "n"), 3, 1e-9);
    ck_assert_double_eq_tol(number_of(&figures.list[0], "bare"), 10, 1e-9);
}
END_TEST

START_TEST(a_figure_without_a_bare_program_has_no_ratio)
{
    json_t *json;

    figures_add(&figures, "a", "us", BETTER_LOWER, 3, NO_BARE);
    json = figure_json(&figures.list[0]);
    ck_assert(json_is_null(json_object_get(json, "bare")));
    ck_assert(json_is_null(json_object_get(json, "ratio")));
    json_decref(json);
}
END_TEST

START_TEST(figures_keep_their_order_and_what_stands_beside_them)
{
    figures_add(&figures, "b", "ms", BETTER_LOWER, 1, 1);
    figures_add(&figures, "a", "MiB/s", BETTER_HIGHER, 1, 1);
    figures_add_second(&figures, "a", "memcpy", 4);
    ck_assert_str_eq(figures.list[0].name, "b");
    ck_assert_str_eq(figures.list[1].name, "a");
    ck_assert_double_eq_tol(number_of(&figures.list[1], "memcpy"), 4, 1e-9);
}
END_TEST

START_TEST(the_bare_programs_answer_every_frame)
{
    const struct bare_pingpong_order pingpong = {.count = 10};
    const struct bare_flow_order flow = {.width = 3, .frames = 1001};
    const struct bare_copy_order copy = {.bytes = 100000, .count = 2};
    struct bare_pingpong_answer *there_and_back = calloc(1, sizeof *there_and_back);
    struct bare_copy_answer *copied = calloc(1, sizeof *copied);
    struct bare_flow_answer flowed = {0};
    struct error err;

    ck_assert_int_eq(
        bare_call(bare_pingpong, &pingpong, there_and_back, sizeof *there_and_back, &err), 0);
    ck_assert_int_eq(bare_call(bare_flow, &flow, &flowed, sizeof flowed, &err), 0);
    ck_assert_int_eq(bare_call(bare_copy, &copy, copied, sizeof *copied, &err), 0);
    ck_assert_uint_gt(there_and_back->ns[9], 0);
    ck_assert_uint_eq(there_and_back->ns[10], 0);
    ck_assert_uint_gt(flowed.ns, 0);
    ck_assert_uint_gt(copied->socket_ns[1], 0);
    ck_assert_uint_gt(copied->memcpy_ns[1], 0);
    free(there_and_back);
    free(copied);
}
END_TEST

START_TEST(the_bare_tree_has_all_nodes_and_weighs_them)
{
    struct bare_tree_order order = {.fanout = {2, 3}, .rounds = 3, .memory = true};
    struct bare_tree_answer *answer = calloc(1, sizeof *answer);
    struct error err;

    for (int shared = 0; shared < 2; shared++) {
        order.shared = shared;
        ck_assert_int_eq(bare_call(bare_tree_measure, &order, answer, sizeof *answer, &err), 0);
        ck_assert_uint_eq(answer->nodes, 9);
        ck_assert_uint_eq(answer->memory.nodes[0], 1);
        ck_assert_uint_eq(answer->memory.nodes[2], 6);
        ck_assert_double_gt(memory_use_mean_all(&answer->memory), 0);
        ck_assert_double_gt(answer->round_s[2], 0);
    }
    free(answer);
}
END_TEST

static void fails(const void *order, void *answer)
{
    (void)order;
    (void)answer;
    _Exit(1);
}

START_TEST(a_bare_program_that_fails_is_a_failure)
{
    struct error err;
    int answer;

    ck_assert_int_eq(bare_call(fails, NULL, &answer, sizeof answer, &err), -1);
}
END_TEST

SUITE_MAIN_OF("figure", setup, teardown, 60, quantiles_lie_on_straight_lines_between_the_samples,
              one_sample_is_every_quantile, the_ratio_is_of_the_same_repetition,
              a_figure_without_a_bare_program_has_no_ratio,
              figures_keep_their_order_and_what_stands_beside_them,
              the_bare_programs_answer_every_frame, the_bare_tree_has_all_nodes_and_weighs_them,
              a_bare_program_that_fails_is_a_failure)

/* What every unit test program needs: one list of tests to run, and numbers from a seed. */

#ifndef UNIT_SUITE_H
#define UNIT_SUITE_H

#include <check.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Run these cases as one program; returns what main() returns. */
static inline int suite_run_cases(const char *name, TCase *const *cases, size_t count)
{
    Suite *suite = suite_create(name);
    SRunner *runner = srunner_create(suite);
    int failed;

    for (size_t i = 0; i < count; i++)
        suite_add_tcase(suite, cases[i]);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* How the tests of one program run: what goes before and after each (NULL: nothing), and how long
 * one may take (0: as long as it likes). */
struct suite_kind {
    SFun setup, teardown;
    double timeout_s;
};

static inline int suite_run(const char *name, struct suite_kind kind, const TTest *const *tests,
                            size_t count)
{
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, kind.setup, kind.teardown);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    tcase_set_timeout(tcase, kind.timeout_s);
    return suite_run_cases(name, &tcase, 1);
}

/* Ends a test (from itself, not from what it calls) that cannot be tried here, and says why: no
 * test passes because nothing was tried. Check's functions are called TEST_fn. */
#define suite_skip(why)                                                                            \
    do {                                                                                           \
        printf("skip %.*s: %s\n", (int)(strlen(__func__) - strlen("_fn")), __func__, why);         \
        fflush(stdout);                                                                            \
        return;                                                                                    \
    } while (0)

/* ck_assert_msg for loops: it costs nothing while it holds (Check writes to a pipe for every
 * assertion). */
#define claim(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg(__VA_ARGS__);                                                             \
    } while (0)

#define SUITE_MAIN_OF(name, before, after, seconds, ...)                                           \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
                                                                                                   \
        return suite_run(name, (struct suite_kind){before, after, seconds}, tests,                 \
                         sizeof tests / sizeof *tests);                                            \
    }

#define SUITE_MAIN(name, ...) SUITE_MAIN_OF(name, NULL, NULL, 60, __VA_ARGS__)

/* The first seed of a property test: SEED from the environment, or 1; failures print the seed that
 * failed. */
static inline uint64_t seed_first(void)
{
    const char *text = getenv("SEED");

    return text ? strtoull(text, NULL, 10) : 1;
}

/* How many seeds a property test tries: SEEDS from the environment, or `usual`. */
static inline uint64_t seed_count(uint64_t usual)
{
    const char *text = getenv("SEEDS");

    return text ? strtoull(text, NULL, 10) : usual;
}

/* splitmix64 */
static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static inline uint32_t random_below(uint64_t *state, uint32_t bound)
{
    return (uint32_t)(random_next(state) % bound);
}

#endif

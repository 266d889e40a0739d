#include "fiber/fiber.h"

#include <alloca.h>
#include <fenv.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "resident_pages.h"
#include "suite.h"

#ifdef FIBER_UCONTEXT
enum { MANY = 2000 }; // each switch is a system call
#else
enum { MANY = 1000 * 1000 };
#endif

static char trace[256];

static void note(const char *word)
{
    strncat(trace, word, sizeof trace - strlen(trace) - 1);
}

static void parks_twice(void *arg)
{
    note(arg);
    fiber_park();
    note(arg);
    fiber_park();
    note(arg);
}

START_TEST(fibers_take_turns_and_end)
{
    struct fiber_pool *pool = fiber_pool_create(FIBER_STACK_USUAL, 1);
    struct fiber *a = fiber_create(pool, parks_twice, "a");
    struct fiber *b = fiber_create(pool, parks_twice, "b");

    ck_assert(!fiber_resume(a) && !fiber_resume(b) && !fiber_resume(b) && !fiber_resume(a));
    ck_assert(fiber_resume(b) && fiber_resume(a));
    ck_assert_str_eq(trace, "abbaba");
    ck_assert_ptr_null(fiber_running());
    fiber_destroy(a);
    fiber_destroy(b);
    ck_assert_uint_eq(fiber_pool_census(pool).cached, 1);
    ck_assert_uint_eq(fiber_pool_census(pool).live, 0);
    fiber_pool_destroy(pool);
}
END_TEST

struct nest {
    struct fiber_pool *pool;
    int depth;
};

static void nests(void *arg)
{
    struct nest *outer = arg, inner = {outer->pool, outer->depth - 1};
    struct fiber *self = fiber_running(), *fiber;

    if (outer->depth == 0) {
        fiber_park();
        return;
    }
    fiber = fiber_create(inner.pool, nests, &inner);
    while (!fiber_resume(fiber)) {
        ck_assert_ptr_eq(fiber_running(), self);
        fiber_park();
    }
    fiber_destroy(fiber);
}

/* The innermost parks once; each one around it parks in turn, and each is resumed where it stood.
 */
START_TEST(fibers_nest)
{
    struct nest outermost = {fiber_pool_create(FIBER_STACK_USUAL, 4), 8};
    struct fiber *fiber = fiber_create(outermost.pool, nests, &outermost);

    ck_assert(!fiber_resume(fiber));
    ck_assert_uint_eq(fiber_pool_census(outermost.pool).live, 9);
    ck_assert(fiber_resume(fiber));
    fiber_destroy(fiber);
    fiber_pool_destroy(outermost.pool);
}
END_TEST

static uint64_t mix(uint64_t depth, uint64_t random)
{
    volatile uint64_t kept[32];
    uint64_t sum = 0;

    for (unsigned i = 0; i < 32; i++)
        kept[i] = random_next(&random);
    if (depth == 0)
        fiber_park();
    else
        sum = mix(depth - 1, random);
    for (unsigned i = 0; i < 32; i++)
        sum += kept[i];
    return sum;
}

struct sum {
    uint64_t depth, random, result;
    double product;
};

static void sums(void *arg)
{
    struct sum *sum = arg;
    double product = 1.0 + (double)sum->depth;

    sum->result = mix(sum->depth, sum->random);
    sum->result += mix(sum->depth / 2, sum->random);
    sum->product = product * 3.0;
}

/* What lies on a stack and in registers is the same after others have run: a thousand parked fibers
 * of random depth. */
START_TEST(a_parked_fiber_keeps_what_it_had)
{
    enum { COUNT = 1000 };
    static struct sum all[COUNT];
    static struct fiber *fibers[COUNT];
    struct fiber_pool *pool = fiber_pool_create(FIBER_STACK_USUAL, 0);
    uint64_t random = seed_first();

    for (int i = 0; i < COUNT; i++) {
        all[i] = (struct sum){.depth = random_below(&random, 20), .random = random_next(&random)};
        fibers[i] = fiber_create(pool, sums, &all[i]);
    }
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < COUNT; i++)
            claim(!fiber_resume(fibers[i]), "fiber %d is done too early", i);
    for (int i = 0; i < COUNT; i++) {
        uint64_t once[2] = {0, 0};

        ck_assert(fiber_resume(fibers[i]));
        for (int run = 0; run < 2; run++) {
            uint64_t state = all[i].random;

            for (uint64_t n = 0; n < 32 * ((run ? all[i].depth / 2 : all[i].depth) + 1); n++)
                once[run] += random_next(&state);
        }
        ck_assert_uint_eq(all[i].result, once[0] + once[1]);
        ck_assert(all[i].product > 3.0 * (double)all[i].depth);
        fiber_destroy(fibers[i]);
    }
    fiber_pool_destroy(pool);
}
END_TEST

static void rounds_up(void *arg)
{
    fesetround(FE_UPWARD);
    fiber_park();
    *(int *)arg = fegetround();
}

/* A kernel that changes the rounding mode changes it for itself. */
START_TEST(the_rounding_mode_belongs_to_the_fiber)
{
    struct fiber_pool *pool = fiber_pool_create(FIBER_STACK_USUAL, 0);
    int seen = -1;
    struct fiber *fiber = fiber_create(pool, rounds_up, &seen);

    fiber_resume(fiber);
    ck_assert_int_eq(fegetround(), FE_TONEAREST);
    fiber_resume(fiber);
    ck_assert_int_eq(fegetround(), FE_TONEAREST);
    ck_assert_int_eq(seen, FE_UPWARD);
    fiber_destroy(fiber);
    fiber_pool_destroy(pool);
}
END_TEST

static void touch(void *arg)
{
    volatile char *bytes = alloca(*(size_t *)arg);

    for (size_t i = 0; i < *(size_t *)arg; i += 512)
        bytes[i] = 1;
    fiber_park();
    bytes[0] = 2;
}

static void returns(void *arg)
{
    ++*(int *)arg;
}

static void run_many(struct fiber_pool *pool, int count, int *sum)
{
    int done = 0;

    for (int i = 0; i < count; i++) {
        struct fiber *fiber = fiber_create(pool, returns, sum);

        done += fiber_resume(fiber);
        fiber_destroy(fiber);
    }
    ck_assert_int_eq(done, count);
}

START_TEST(the_census_knows_the_deepest_stack)
{
    struct fiber_pool *pool = fiber_pool_create(FIBER_STACK_USUAL, 1);
    size_t shallow = 20 * 1000, deep = 800 * 1000, before;
    struct fiber *fiber = fiber_create(pool, touch, &shallow);
    int count = 0;

    fiber_resume(fiber);
    ck_assert_uint_ge(fiber_pool_census(pool).deepest, shallow);
    ck_assert_uint_lt(fiber_pool_census(pool).deepest, shallow + 40 * 1000);
    fiber_destroy(fiber); // while parked
    fiber = fiber_create(pool, touch, &deep);
    before = resident_pages();
    fiber_resume(fiber);
    fiber_resume(fiber);
    ck_assert_uint_ge(resident_pages(), before + 150);
    fiber_destroy(fiber);
    run_many(pool, FIBER_LOOK_EVERY, &count);
    ck_assert_uint_lt(resident_pages(), before + 100); // the kept stack gave back its depth
    ck_assert_uint_ge(fiber_pool_census(pool).deepest, deep);
    ck_assert_uint_lt(fiber_pool_census(pool).deepest, deep + 40 * 1000);
    fiber_pool_destroy(pool);
}
END_TEST

static volatile bool goes_on = true; // as far as the compiler knows, it may end

static void overflows(void *arg)
{
    volatile char bytes[4096];

    bytes[0] = arg != NULL;
    if (goes_on)
        overflows((void *)(uintptr_t)&bytes[0]);
    bytes[1] = bytes[0];
}

/* Below the stack lies the guard area, so an endless recursion ends the process and touches nothing
 * else. */
START_TEST(an_overflow_meets_the_guard)
{
    struct rlimit no_core = {0, 0};

    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGSEGV, SIG_DFL);
    fiber_resume(fiber_create(fiber_pool_create(FIBER_STACK_USUAL, 0), overflows, NULL));
}
END_TEST

START_TEST(many_fibers_use_the_memory_of_one)
{
    struct fiber_pool *pool = fiber_pool_create(FIBER_STACK_USUAL, 1);
    int count = 0;
    size_t before;

    run_many(pool, 1000, &count);
    before = resident_pages();
    run_many(pool, MANY, &count);
    ck_assert_int_eq(count, MANY + 1000);
    ck_assert_uint_le(resident_pages(), before + 64);
    fiber_pool_destroy(pool);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("fiber");

    tcase_add_test(tcase, fibers_take_turns_and_end);
    tcase_add_test(tcase, fibers_nest);
    tcase_add_test(tcase, a_parked_fiber_keeps_what_it_had);
    tcase_add_test(tcase, the_rounding_mode_belongs_to_the_fiber);
    tcase_add_test(tcase, the_census_knows_the_deepest_stack);
    tcase_add_test(tcase, many_fibers_use_the_memory_of_one);
    tcase_add_test_raise_signal(tcase, an_overflow_meets_the_guard, SIGSEGV);
    tcase_set_timeout(tcase, 60);
    return suite_run_cases("fiber", &tcase, 1);
}

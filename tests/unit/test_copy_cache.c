/* Copies of tensor versions: what stays, what goes, in which order. */

#include <string.h>

#include "cache/copy_cache.h"
#include "suite.h"

static struct copy_cache *cache;

/* A whole copy that nobody uses. */
static void add_whole(uint64_t handle, uint32_t version, uint64_t size)
{
    struct copy *copy = copy_add(cache, handle, version, size);

    ck_assert_ptr_nonnull(copy);
    copy->filled = size;
    copy->whole = true;
    copy_leave(cache, copy);
}

START_TEST(the_one_used_longest_ago_goes_first)
{
    cache = copy_cache_create(100);
    add_whole(1, 0, 40);
    add_whole(2, 0, 40);
    copy_use(cache, copy_find(cache, 1, 0));
    copy_leave(cache, copy_find(cache, 1, 0));
    add_whole(3, 0, 40);
    ck_assert_ptr_nonnull(copy_find(cache, 1, 0));
    ck_assert_ptr_null(copy_find(cache, 2, 0));
    ck_assert_ptr_nonnull(copy_find(cache, 3, 0));
    ck_assert_uint_eq(copy_cache_counts(cache).evicted, 1);
    copy_cache_destroy(cache);
}
END_TEST

START_TEST(what_is_used_or_pinned_stays_and_exceeding_the_budget_is_counted)
{
    struct copy *used;

    cache = copy_cache_create(100);
    used = copy_add(cache, 1, 0, 80);
    add_whole(2, 0, 10);
    copy_pin(cache, copy_find(cache, 2, 0));
    add_whole(3, 0, 80);
    ck_assert_uint_eq(copy_cache_counts(cache).over_budget, 1);
    ck_assert_ptr_nonnull(copy_find(cache, 1, 0));
    ck_assert_ptr_nonnull(copy_find(cache, 2, 0));
    ck_assert_ptr_null(copy_find(cache, 3, 0)); // it exceeded, and nobody used it any more
    used->whole = true;
    copy_leave(cache, used);
    ck_assert_ptr_nonnull(copy_find(cache, 1, 0));
    copy_cache_destroy(cache);
}
END_TEST

START_TEST(a_forgotten_copy_is_not_found_but_its_users_keep_its_bytes)
{
    struct copy *old, *again;

    cache = copy_cache_create(100);
    old = copy_add(cache, 1, 7, 8);
    memcpy(old->bytes, "the old", 8);
    copy_forget(cache, 1, 7);
    ck_assert_ptr_null(copy_find(cache, 1, 7));
    again = copy_add(cache, 1, 7, 8);
    ck_assert_ptr_ne(old, again);
    ck_assert_str_eq((char *)old->bytes, "the old");
    copy_leave(cache, old);
    ck_assert_uint_eq(copy_cache_counts(cache).bytes, 8);
    copy_leave(cache, again); // not whole: it goes at once
    ck_assert_uint_eq(copy_cache_counts(cache).bytes, 0);
    copy_cache_destroy(cache);
}
END_TEST

/* Bytes of a large copy that is gone serve the next one, but never beside others beyond the budget.
 */
START_TEST(large_memory_is_used_again)
{
    enum { LARGE = 16 * 1024 * 1024 };
    uint8_t *bytes;

    cache = copy_cache_create(LARGE);
    add_whole(1, 0, LARGE);
    bytes = copy_find(cache, 1, 0)->bytes;
    add_whole(2, 0, LARGE - 5);
    ck_assert_ptr_null(copy_find(cache, 1, 0));
    ck_assert_ptr_eq(copy_find(cache, 2, 0)->bytes, bytes);
    copy_forget(cache, 2, 0);
    add_whole(3, 0, 8);
    add_whole(4, 0, LARGE);
    memset(copy_find(cache, 4, 0)->bytes, 1, LARGE);
    copy_cache_destroy(cache);
}
END_TEST

START_TEST(more_than_there_is_memory_is_no_copy)
{
    cache = copy_cache_create(100);
    ck_assert_ptr_null(copy_add(cache, 1, 0, UINT64_MAX));
    ck_assert_ptr_null(copy_add(cache, 1, 0, (UINT64_C(64) << 30) + 1));
    ck_assert_uint_eq(copy_cache_counts(cache).bytes, 0);
    copy_cache_destroy(cache);
}
END_TEST

/* --- against a model -------------------------------------------------------------------------- */

enum { HANDLES = 6, VERSIONS = 3, NAMES = HANDLES * VERSIONS, BUDGET = 1000, STEPS = 2000 };

struct copy_model {
    struct copy *copy; // NULL: there is none
    uint64_t size, used_at;
    unsigned users;
    bool whole, pinned;
};

static struct copy_model model[NAMES];
static uint64_t moment, seed;

static uint64_t model_bytes(void)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < NAMES; i++)
        sum += model[i].copy ? model[i].size : 0;
    return sum;
}

static void model_evict(uint64_t more)
{
    while (model_bytes() + more > BUDGET) {
        struct copy_model *oldest = NULL;

        for (unsigned i = 0; i < NAMES; i++)
            if (model[i].copy && !model[i].users && !model[i].pinned &&
                (!oldest || model[i].used_at < oldest->used_at))
                oldest = &model[i];
        if (!oldest)
            return;
        oldest->copy = NULL;
    }
}

static void step_add(struct copy_model *m, unsigned name, uint64_t size)
{
    model_evict(size);
    *m = (struct copy_model){.size = size, .users = 1, .whole = size == 0};
    m->copy = copy_add(cache, 1 + name / VERSIONS, name % VERSIONS, size);
    if (size)
        memset(m->copy->bytes, (int)name, size);
}

static void step_leave(struct copy_model *m)
{
    copy_leave(cache, m->copy);
    if (--m->users)
        return;
    m->used_at = ++moment;
    if (!m->whole && !m->pinned)
        m->copy = NULL;
    model_evict(0);
}

static void step_forget(struct copy_model *m, unsigned name)
{
    if (m->users)
        return; // tried above; the model has no place for two of one name
    copy_forget(cache, 1 + name / VERSIONS, name % VERSIONS);
    m->copy = NULL;
}

static void one_step(uint64_t *random)
{
    unsigned name = random_below(random, NAMES);
    struct copy_model *m = &model[name];

    if (!m->copy) {
        step_add(m, name, random_below(random, 400));
        return;
    }
    switch (random_below(random, 8)) {
    case 0:
    case 1:
        m->users++;
        copy_use(cache, m->copy);
        break;
    case 2:
        if (!m->users)
            break;
        m->whole = m->copy->whole = true;
        break;
    case 3:
        step_forget(m, name);
        break;
    case 4:
        if (!m->whole || random_below(random, 4))
            break;
        m->pinned = true;
        copy_pin(cache, m->copy);
        break;
    default:
        if (m->users)
            step_leave(m);
    }
}

static void compare(unsigned step)
{
    struct copy_counts counts = copy_cache_counts(cache);

    for (unsigned name = 0; name < NAMES; name++) {
        const struct copy *copy = copy_find(cache, 1 + name / VERSIONS, name % VERSIONS);

        claim(copy == model[name].copy, "SEED=%ju step %u: copy %u is %s", (uintmax_t)seed, step,
              name, copy ? "there" : "gone");
        claim(!copy || !copy->size || copy->bytes[copy->size - 1] == name,
              "SEED=%ju step %u: bytes of copy %u", (uintmax_t)seed, step, name);
    }
    claim(counts.bytes == model_bytes(), "SEED=%ju step %u: %ju bytes, not %ju", (uintmax_t)seed,
          step, (uintmax_t)counts.bytes, (uintmax_t)model_bytes());
}

START_TEST(a_cache_does_what_a_list_would_do)
{
    uint64_t first = seed_first();

    for (seed = first; seed < first + seed_count(20); seed++) {
        uint64_t random = seed;

        memset(model, 0, sizeof model);
        cache = copy_cache_create(BUDGET);
        for (unsigned step = 0; step < STEPS; step++) {
            one_step(&random);
            compare(step);
        }
        copy_cache_destroy(cache);
    }
}
END_TEST

SUITE_MAIN("copy_cache", the_one_used_longest_ago_goes_first,
           what_is_used_or_pinned_stays_and_exceeding_the_budget_is_counted,
           a_forgotten_copy_is_not_found_but_its_users_keep_its_bytes, large_memory_is_used_again,
           more_than_there_is_memory_is_no_copy, a_cache_does_what_a_list_would_do)

#include "core/held.h"

#include "suite.h"

static struct held_version version_of(uint64_t handle, uint32_t version, unsigned depth,
                                      uint64_t size, uint64_t place)
{
    return (struct held_version){.handle = handle,
                                 .version = version,
                                 .depth = (uint8_t)depth,
                                 .size = size,
                                 .place = place};
}

START_TEST(a_version_is_held_from_the_claim_to_the_release)
{
    struct held *held = held_create();
    struct held_version version = version_of(77, 3, 1, 100, 256), released;

    ck_assert(held_add(held, LEVEL_POD, 5, &version));
    ck_assert_uint_eq(held_find(held, 77, 3)->place, 256);
    ck_assert_uint_eq(held_find(held, 77, 3)->level, LEVEL_POD);
    ck_assert_uint_eq(held_find(held, 77, 3)->state, HELD_COMING);
    ck_assert_ptr_null(held_find(held, 77, 2));
    ck_assert(held_set_state(held, 77, 3, HELD_HERE));
    ck_assert_uint_eq(held_find(held, 77, 3)->state, HELD_HERE);
    ck_assert_uint_eq(held_layer(held, LEVEL_POD, 1)->bytes, 128);
    ck_assert_uint_eq(held_layer(held, LEVEL_POD, 1)->head, 384);
    ck_assert_uint_eq(held_layer(held, LEVEL_POD, 1)->tail, 256);
    ck_assert(held_release(held, 77, 3, &released));
    ck_assert_uint_eq(released.size, 100);
    ck_assert_ptr_null(held_find(held, 77, 3));
    ck_assert_uint_eq(held_layer(held, LEVEL_POD, 1)->bytes, 0);
    ck_assert_uint_eq(held_layer(held, LEVEL_POD, 1)->bytes_peak, 128);
    ck_assert_uint_eq(held_strange(held), 0);
    held_destroy(held);
}
END_TEST

START_TEST(what_does_not_fit_is_counted_and_changes_nothing)
{
    struct held *held = held_create();
    struct held_version version = version_of(1, 1, 0, 64, 0), deep = version_of(2, 1, 9, 64, 0);

    ck_assert(held_add(held, LEVEL_HOST, 0, &version));
    ck_assert(!held_add(held, LEVEL_HOST, 1, &version));
    ck_assert(!held_add(held, LEVEL_HOST, 1, &deep));
    ck_assert(!held_release(held, 1, 2, NULL));
    ck_assert(!held_set_state(held, 2, 1, HELD_HERE));
    ck_assert(held_release(held, 1, 1, NULL));
    ck_assert(!held_release(held, 1, 1, NULL));
    ck_assert_uint_eq(held_strange(held), 5);
    ck_assert_uint_eq(held_layer(held, LEVEL_HOST, 0)->tasks_claimed, 1);
    held_destroy(held);
}
END_TEST

START_TEST(each_owner_s_layers_are_their_own)
{
    struct held *held = held_create();
    struct held_version pod = version_of(1, 1, 2, 64, 0), top = version_of(2, 1, 2, 128, 0),
                        own = version_of(3, 1, 2, 192, 0);

    held_add(held, LEVEL_POD, 0, &pod);
    held_add(held, LEVEL_CLOS2, 0, &top);
    held_add(held, LEVEL_HOST, 0, &own);
    ck_assert_uint_eq(held_bytes_above(held, LEVEL_HOST), 192);
    held_release(held, 2, 1, NULL);
    ck_assert_uint_eq(held_layer(held, LEVEL_POD, 2)->bytes, 64);
    ck_assert_uint_eq(held_layer(held, LEVEL_CLOS2, 2)->bytes, 0);
    ck_assert_uint_eq(held_layer(held, LEVEL_HOST, 2)->bytes, 192);
    held_destroy(held);
}
END_TEST

/* Two outputs of one task count as one task; the oldest that is left is last_task_alive, in
 * whatever order they came. */
START_TEST(tasks_are_counted_by_their_ids)
{
    static const uint32_t ids[] = {10, 12, 11, 12, 14};
    struct held *held = held_create();
    const struct held_layer *layer = held_layer(held, LEVEL_POD, 0);

    for (uint32_t i = 0; i < 5; i++) {
        struct held_version version = version_of(100 + i, 1, 0, 64, 64 * i);

        ck_assert(held_add(held, LEVEL_POD, ids[i], &version));
    }
    ck_assert_uint_eq(layer->tasks, 4);
    ck_assert_uint_eq(layer->oldest, 10);
    ck_assert_uint_eq(layer->next, 15);
    held_release(held, 100, 1, NULL);
    ck_assert_uint_eq(layer->oldest, 11);
    held_release(held, 101, 1, NULL);
    ck_assert_uint_eq(layer->tasks, 3);
    held_release(held, 102, 1, NULL);
    ck_assert_uint_eq(layer->oldest, 12);
    held_release(held, 103, 1, NULL);
    held_release(held, 104, 1, NULL);
    ck_assert_uint_eq(layer->oldest, 15);
    ck_assert_uint_eq(layer->tasks_retired, 4);
    ck_assert_uint_eq(layer->tasks_peak, 4);
    held_destroy(held);
}
END_TEST

enum { HANDLES = 16, VERSIONS = 4 };

START_TEST(the_table_agrees_with_an_array)
{
    for (uint64_t seed = seed_first(), end = seed + seed_count(300); seed < end; seed++) {
        struct held *held = held_create();
        uint64_t sizes[HANDLES][VERSIONS] = {{0}}, bytes = 0, random = seed;

        for (int i = 0; i < 1000; i++) {
            uint64_t handle = random_below(&random, HANDLES);
            uint32_t number = random_below(&random, VERSIONS);
            uint64_t *size = &sizes[handle][number];
            struct held_version version =
                version_of(handle, number, 1, 64 + random_below(&random, 99), 0);
            bool add = random_below(&random, 2);
            bool done = add ? held_add(held, LEVEL_POD, (uint32_t)i / 2, &version)
                            : held_release(held, handle, number, NULL);

            claim(done == (add ? !*size : *size > 0), "seed %" PRIu64 " step %d", seed, i);
            if (done) {
                bytes += add ? (version.size + 63) / 64 * 64 : -*size;
                *size = add ? (version.size + 63) / 64 * 64 : 0;
            }
            claim(held_layer(held, LEVEL_POD, 1)->bytes == bytes, "seed %" PRIu64, seed);
            claim(!held_find(held, handle, number) == !*size, "seed %" PRIu64, seed);
        }
        held_destroy(held);
    }
}
END_TEST

SUITE_MAIN("held", a_version_is_held_from_the_claim_to_the_release,
           what_does_not_fit_is_counted_and_changes_nothing, each_owner_s_layers_are_their_own,
           tasks_are_counted_by_their_ids, the_table_agrees_with_an_array)

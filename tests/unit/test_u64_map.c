#include "base/u64_map.h"

#include <stdbool.h>
#include <string.h>

#include "suite.h"

enum { KEYS = 64 };

/* Keys that collide: few homes, also at the end of the table. */
static uint64_t key_random(uint64_t *random)
{
    uint64_t key = random_below(random, KEYS);

    return random_below(random, 2) ? key : key << 40 | 1;
}

static unsigned number_of(uint64_t key)
{
    return (unsigned)(key >> 40 ? KEYS + (key >> 40) : key);
}

START_TEST(the_table_agrees_with_an_array)
{
    static char things[3 * KEYS];

    for (uint64_t seed = seed_first(), end = seed + seed_count(300); seed < end; seed++) {
        struct u64_map map = {0};
        char *model[3 * KEYS] = {0};
        uint64_t random = seed;
        size_t count = 0;

        for (int i = 0; i < 2000; i++) {
            uint64_t key = key_random(&random);
            unsigned n = number_of(key);
            bool right = u64_map_find(&map, key) == model[n];

            if (random_below(&random, 2)) {
                right = right && u64_map_remove(&map, key) == model[n];
                count -= model[n] != NULL;
                model[n] = NULL;
            } else if (!model[n]) {
                model[n] = &things[n];
                u64_map_put(&map, key, model[n]);
                count++;
            }
            claim(right && map.count == count, "seed %" PRIu64 " step %d", seed, i);
        }
        u64_map_free(&map);
    }
}
END_TEST

START_TEST(a_walk_meets_every_value_once)
{
    static char things[1000], met[1000];
    struct u64_map map = {0};
    size_t at = 0;

    for (uint64_t i = 0; i < 1000; i++)
        u64_map_put(&map, i << 32, &things[i]);
    for (char *thing; (thing = u64_map_next(&map, &at));)
        met[thing - things]++;
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(met[i], 1);
    u64_map_free(&map);
    at = 0;
    ck_assert_ptr_null(u64_map_next(&map, &at));
    ck_assert_ptr_null(u64_map_find(&map, 0));
}
END_TEST

SUITE_MAIN("u64 map", the_table_agrees_with_an_array, a_walk_meets_every_value_once)

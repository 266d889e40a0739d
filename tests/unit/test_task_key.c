#include "model/task_key.h"

#include <string.h>

#include "base/limits.h"
#include "suite.h"

static struct task_key key_random(uint64_t *random)
{
    struct task_key key = {
        .exec = random_below(random, 2) ? 1 : random_next(random),
        .creator.level = (uint8_t)random_below(random, LEVEL_HOST + 1),
        .depth = (uint16_t)random_below(random, 9),
        .id = (uint32_t)random_next(random),
        .generation = random_below(random, 2) ? 0 : (uint32_t)random_next(random),
    };

    for (int level = LEVEL_CLOS2; level >= key.creator.level; level--)
        key.creator.index[level] =
            (uint16_t)random_below(random, level_index_limit((enum level)level));
    return key;
}

START_TEST(the_text_is_as_the_formats_page_says)
{
    struct task_key key = {.exec = 2,
                           .depth = 1,
                           .id = 42,
                           .creator = {.level = LEVEL_HOST, .index = {[5] = 3, [4] = 1, [3] = 7}}};
    char text[128];

    task_key_to_text(&key, "linqu", false, text, sizeof text);
    ck_assert_str_eq(text, "linqu:(0,3,1,7):d1:t42");
    task_key_to_text(&key, "linqu", true, text, sizeof text);
    ck_assert_str_eq(text, "e2:linqu:(0,3,1,7):d1:t42");
    key.generation = 1;
    task_key_to_text(&key, "linqu", false, text, sizeof text);
    ck_assert_str_eq(text, "linqu:(0,3,1,7):d1:t42:g1");
}
END_TEST

START_TEST(keys_survive_their_text)
{
    static const char *const systems[] = {"linqu", "a", "e2", "pod-1.test"};

    for (uint64_t seed = seed_first(), end = seed + seed_count(20000); seed < end; seed++) {
        uint64_t random = seed;
        struct task_key key = key_random(&random), back;
        const char *system = systems[random_below(&random, 4)];
        bool show_exec = key.exec != 1 || random_below(&random, 2);
        char text[256], name[LIMIT_SYSTEM_NAME];
        struct error err;
        int length = task_key_to_text(&key, system, show_exec, text, sizeof text);

        claim(length == (int)strlen(text), "seed %" PRIu64, seed);
        claim(task_key_parse(text, &back, name, &err) == 0, "seed %" PRIu64 ": %s", seed, err.text);
        claim(task_key_equal(&key, &back), "seed %" PRIu64 ": %s", seed, text);
        claim(!strcmp(name, system), "seed %" PRIu64, seed);
        claim(task_key_hash(&key) == task_key_hash(&back), "seed %" PRIu64, seed);
    }
}
END_TEST

START_TEST(what_is_no_key_is_refused)
{
    static const char *const texts[] = {
        "",
        "linqu",
        ":(0,0,0,0):d0:t1",
        "e2::(0,0,0,0):d0:t1",
        "linqu:(0,0,0):d0:t1",
        "linqu:(0,0,0,0)",
        "linqu:(0,0,0,0):d0",
        "linqu:(0,0,0,0):t1:d0",
        "linqu:(0,0,0,0):d65536:t1",
        "linqu:(0,0,0,0):d0:t4294967296",
        "linqu:(0,0,0,0):d0:t1:g",
        "linqu:(0,0,0,0):d0:t1:g1x",
        "linqu:(0,0,0,0):d0:t1 ",
        "linqu:(0,0,0,0:d0:t1",
        "e99999999999999999999:linqu:(0,0,0,0):d0:t1",
        "a234567890123456789012345678901234567890123456789012345678901234:(0,0,0,0):d0:t1",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct task_key key;
        struct error err = {""};
        char name[LIMIT_SYSTEM_NAME];

        claim(task_key_parse(texts[i], &key, name, &err) == -1, "%s", texts[i]);
        claim(err.text[0] != '\0', "%s", texts[i]);
    }
}
END_TEST

/* Whatever differs between two keys makes them unequal, and their hashes too. */
START_TEST(every_part_of_a_key_counts)
{
    for (uint64_t seed = seed_first(), end = seed + seed_count(5000); seed < end; seed++) {
        uint64_t random = seed;
        struct task_key key = key_random(&random), other = key;

        switch (random_below(&random, 6)) {
        case 0:
            other.exec++;
            break;
        case 1:
            other.creator.index[other.creator.level]++;
            break;
        case 2:
            other.creator = coord_at_level(&other.creator, LEVEL_POD);
            break;
        case 3:
            other.depth++;
            break;
        case 4:
            other.id++;
            break;
        default:
            other.generation++;
        }
        claim(!task_key_equal(&key, &other), "seed %" PRIu64, seed);
        claim(task_key_hash(&key) != task_key_hash(&other), "seed %" PRIu64, seed);
    }
}
END_TEST

SUITE_MAIN("task key", the_text_is_as_the_formats_page_says, keys_survive_their_text,
           what_is_no_key_is_refused, every_part_of_a_key_counts)

#include "core/tensor_map.h"

#include "core/depth.h"
#include "suite.h"

static uint64_t open[RING_DEPTHS];

/* Scopes end without touching their tensors; those are dropped before the table grows. */
START_TEST(tensors_of_closed_scopes_do_not_make_the_table_grow)
{
    struct tensor_map map = {0};

    for (uint64_t scope = 1; scope <= 10000; scope++) {
        open[1] = scope;
        for (uint64_t i = 0; i < 20; i++) {
            struct tensor *tensor = tensor_map_add(&map, scope * 20 + i, open);

            tensor->depth = 1;
            tensor->scope = scope;
        }
        claim(tensor_map_find(&map, scope * 20), "a tensor of the open scope is gone");
    }
    ck_assert_uint_le(map.by_handle.capacity, 256);
    ck_assert_uint_le(map.by_handle.count, 100);
    tensor_map_free(&map);
}
END_TEST

START_TEST(open_tensors_stay_however_many_there_are)
{
    struct tensor_map map = {0};

    open[0] = 7;
    open[3] = 9;
    for (uint64_t handle = 1; handle <= 100000; handle++) {
        struct tensor *tensor = tensor_map_add(&map, handle, open);

        tensor->depth = handle % 2 ? 0 : 3;
        tensor->scope = open[tensor->depth];
    }
    ck_assert_uint_eq(map.by_handle.count, 100000);
    for (uint64_t handle = 1; handle <= 100000; handle++)
        claim(tensor_map_find(&map, handle)->handle == handle, "lost");
    tensor_map_free(&map);
}
END_TEST

START_TEST(a_cleared_map_is_empty_and_usable)
{
    struct tensor_map map = {0};

    for (int round = 0; round < 3; round++) {
        size_t many = round == 1 ? 5000 : 50;

        for (uint64_t handle = 1; handle <= many; handle++)
            tensor_map_add(&map, handle, open);
        tensor_map_clear(&map);
        ck_assert_uint_eq(map.by_handle.count, 0);
        ck_assert_ptr_null(tensor_map_find(&map, 1));
    }
    tensor_map_free(&map);
}
END_TEST

SUITE_MAIN("tensor map", tensors_of_closed_scopes_do_not_make_the_table_grow,
           open_tensors_stay_however_many_there_are, a_cleared_map_is_empty_and_usable)

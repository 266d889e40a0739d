#include "core/task_ring.h"

#include <stdio.h>
#include <string.h>

#include "suite.h"

static struct task_ring ring;

static void finish(uint32_t id)
{
    struct task *task = task_ring_find(&ring, id);

    task->state = TASK_COMPLETED;
    task->token_applied = true;
    task->ref_count = task->fanout_count = 1;
}

START_TEST(ids_count_up_and_slots_come_round)
{
    task_ring_init(&ring, 4);
    for (uint32_t id = 0; id < 100; id++) {
        ck_assert_uint_eq(task_ring_claim(&ring)->id, id);
        ck_assert_uint_eq(task_ring_used(&ring), id < 3 ? id + 1 : 4);
        if (id < 3)
            continue;
        finish(id - 3);
        task_ring_retire(&ring);
        ck_assert_ptr_null(task_ring_find(&ring, id - 3));
        ck_assert_uint_eq(task_ring_oldest(&ring)->id, id - 2);
        task_ring_claim(&ring);
        ck_assert(task_ring_full(&ring));
        ring.next--; // as if the fourth had not been
        ring.claims--;
    }
    ck_assert_uint_eq(ring.peak, 4);
    task_ring_free(&ring);
}
END_TEST

START_TEST(a_drained_ring_goes_on_at_its_first_slot)
{
    task_ring_init(&ring, 8);
    for (uint32_t id = 0; id < 3; id++)
        task_ring_claim(&ring);
    ck_assert_uint_eq(task_ring_head(&ring), 3);
    for (uint32_t id = 0; id < 3; id++) {
        finish(id);
        ck_assert_uint_eq(task_ring_tail(&ring), id);
        task_ring_retire(&ring);
    }
    ck_assert_uint_eq(task_ring_head(&ring), 0);
    ck_assert_uint_eq(task_ring_tail(&ring), 0);
    ck_assert_ptr_eq(task_ring_claim(&ring), ring.slots);
    ck_assert_uint_eq(ring.slots->id, 3);
    task_ring_free(&ring);
}
END_TEST

START_TEST(ids_may_wrap)
{
    task_ring_init(&ring, 4);
    ring.next = ring.oldest = ring.origin = UINT32_MAX - 1;
    for (int i = 0; i < 4; i++)
        task_ring_claim(&ring);
    ck_assert(task_ring_full(&ring));
    for (uint32_t id = UINT32_MAX - 1; id != 2; id++) {
        ck_assert_uint_eq(task_ring_find(&ring, id)->id, id);
        finish(id);
        task_ring_retire(&ring);
    }
    ck_assert_uint_eq(task_ring_used(&ring), 0);
    ck_assert_ptr_null(task_ring_find(&ring, 2));
    task_ring_free(&ring);
}
END_TEST

/* A stack of rings that nobody uses costs nothing but its heads. */
START_TEST(slots_are_made_at_the_first_claim)
{
    task_ring_init(&ring, 1024);
    ck_assert_ptr_null(ring.slots);
    ck_assert_ptr_null(task_ring_oldest(&ring));
    task_ring_claim(&ring);
    ck_assert_ptr_nonnull(ring.slots);
    task_ring_free(&ring);
}
END_TEST

START_TEST(every_move_that_is_not_in_the_picture_is_refused)
{
    static const char *const picture[] = {
        "pending ready",  "pending failed",    "ready running",      "ready failed",
        "running failed", "running completed", "completed consumed",
    };
    unsigned allowed = 0;

    for (enum task_state from = 0; from < TASK_STATE_COUNT; from++)
        for (enum task_state to = 0; to < TASK_STATE_COUNT; to++) {
            char move[64];
            bool drawn = false;

            snprintf(move, sizeof move, "%s %s", task_state_name(from), task_state_name(to));
            for (size_t i = 0; i < sizeof picture / sizeof *picture; i++)
                drawn = drawn || strcmp(move, picture[i]) == 0;
            ck_assert_msg(task_state_may(from, to) == drawn, "%s", move);
            allowed += drawn;
        }
    ck_assert_uint_eq(allowed, sizeof picture / sizeof *picture);
}
END_TEST

SUITE_MAIN("task ring", ids_count_up_and_slots_come_round, a_drained_ring_goes_on_at_its_first_slot,
           ids_may_wrap, slots_are_made_at_the_first_claim,
           every_move_that_is_not_in_the_picture_is_refused)

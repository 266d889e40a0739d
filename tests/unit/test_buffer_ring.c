#include "core/buffer_ring.h"

#include <string.h>

#include "suite.h"

START_TEST(blocks_are_contiguous_and_aligned)
{
    struct buffer_ring ring;
    uint64_t a, b, c;

    buffer_ring_init(&ring, 1024);
    ck_assert(buffer_ring_claim(&ring, 1, &a) && buffer_ring_claim(&ring, 65, &b) &&
              buffer_ring_claim(&ring, 64, &c));
    ck_assert_uint_eq(a, 0);
    ck_assert_uint_eq(b, 64);
    ck_assert_uint_eq(c, 192);
    ck_assert_uint_eq(ring.used, 256);
    ck_assert_uint_eq(buffer_ring_largest_run(&ring), 768);
}
END_TEST

START_TEST(a_block_never_spans_the_end)
{
    struct buffer_ring ring;
    uint64_t a, b, c;

    buffer_ring_init(&ring, 1024);
    ck_assert(buffer_ring_claim(&ring, 512, &a) && buffer_ring_claim(&ring, 384, &b));
    buffer_ring_release(&ring, 512, a);
    ck_assert(buffer_ring_claim(&ring, 256, &c)); // 128 are left before the end
    ck_assert_uint_eq(c, 0);
    ck_assert_uint_eq(ring.used, 640);
    ck_assert_uint_eq(buffer_ring_largest_run(&ring), 256);
    buffer_ring_release(&ring, 384, b);
    ck_assert_uint_eq(ring.tail, 0); // the waste before the end came back with it
    ck_assert_uint_eq(buffer_ring_largest_run(&ring), 768);
}
END_TEST

START_TEST(an_empty_ring_takes_its_whole_window)
{
    struct buffer_ring ring;
    uint64_t place;

    buffer_ring_init(&ring, 1024);
    for (uint64_t size = 64; size <= 1024; size += 64) {
        ck_assert(buffer_ring_claim(&ring, size, &place));
        buffer_ring_release(&ring, size, place);
        ck_assert(buffer_ring_claim(&ring, 1024, &place));
        ck_assert_uint_eq(place, 0);
        buffer_ring_release(&ring, 1024, place);
    }
    ck_assert(!buffer_ring_claim(&ring, 1025, &place));
    ck_assert_uint_eq(ring.head + ring.tail + ring.used, 0);
}
END_TEST

START_TEST(a_failed_claim_changes_nothing)
{
    struct buffer_ring ring, before;
    uint64_t place;

    buffer_ring_init(&ring, 1024);
    ck_assert(buffer_ring_claim(&ring, 640, &place));
    before = ring;
    ck_assert(!buffer_ring_claim(&ring, 448, &place));
    ck_assert_mem_eq(&ring, &before, sizeof ring);
}
END_TEST

/* The model: a map of bytes, and the live blocks in order. */
struct model {
    uint8_t bytes[64];
    struct block {
        uint64_t place, size;
    } blocks[64];
    unsigned first, count;
};

enum { UNITS = 16, CAPACITY = UNITS * BUFFER_RING_ALIGN };

static uint64_t units(uint64_t size)
{
    return (size + BUFFER_RING_ALIGN - 1) / BUFFER_RING_ALIGN;
}

static void model_claim(struct model *model, uint64_t size, uint64_t place, uint64_t seed)
{
    uint64_t at = place / BUFFER_RING_ALIGN;

    claim(place % BUFFER_RING_ALIGN == 0 && at + units(size) <= UNITS,
          "seed %" PRIu64 ": beyond the window", seed);
    for (uint64_t i = at; i < at + units(size); i++) {
        claim(!model->bytes[i], "seed %" PRIu64 ": overlap", seed);
        model->bytes[i] = 1;
    }
    model->blocks[(model->first + model->count++) % 64] = (struct block){place, size};
}

static struct block model_release(struct model *model, unsigned which)
{
    struct block block = model->blocks[(model->first + which) % 64];

    memset(model->bytes + block.place / BUFFER_RING_ALIGN, 0, units(block.size));
    if (which == 0)
        model->first = (model->first + 1) % 64;
    model->count--;
    return block;
}

/* What the cursors allow: behind the newest block up to the oldest, or up to the end and then from
 * the beginning. */
static uint64_t model_largest(const struct model *model)
{
    struct block oldest, newest;
    uint64_t head;

    if (!model->count)
        return CAPACITY;
    oldest = model->blocks[model->first];
    newest = model->blocks[(model->first + model->count - 1) % 64];
    head = newest.place + units(newest.size) * BUFFER_RING_ALIGN;
    if (newest.place < oldest.place)
        return oldest.place - head;
    return CAPACITY - head > oldest.place ? CAPACITY - head : oldest.place;
}

static void check_against(const struct buffer_ring *ring, const struct model *model, uint64_t seed)
{
    uint64_t used = 0;

    for (unsigned i = 0; i < UNITS; i++)
        used += model->bytes[i] * BUFFER_RING_ALIGN;
    claim(ring->used == used, "seed %" PRIu64 ": used", seed);
    claim(buffer_ring_largest_run(ring) == model_largest(model), "seed %" PRIu64 ": run", seed);
}

static void step(struct buffer_ring *ring, struct model *model, uint64_t *random, uint64_t seed)
{
    uint64_t size = 1 + random_below(random, CAPACITY / (1 + random_below(random, 8))), place;
    struct buffer_ring before = *ring;
    bool fits = model_largest(model) >= units(size) * BUFFER_RING_ALIGN;

    if (random_below(random, 3) == 0 && model->count) {
        struct block block = model_release(model, 0);

        buffer_ring_release(ring, block.size, block.place);
        return;
    }
    claim(buffer_ring_claim(ring, size, &place) == fits, "seed %" PRIu64 ": fits", seed);
    if (!fits)
        return;
    model_claim(model, size, place, seed);
    if (random_below(random, 3) == 0) {
        model_release(model, model->count - 1);
        buffer_ring_unclaim(ring, size, place);
        before.end = ring->end; // meaningless after it
        claim(memcmp(ring, &before, sizeof before) == 0, "seed %" PRIu64 ": undo", seed);
    } else {
        buffer_ring_settle(ring);
    }
}

START_TEST(any_order_of_claims_agrees_with_a_map_of_bytes)
{
    for (uint64_t seed = seed_first(), end = seed + seed_count(2000); seed < end; seed++) {
        struct model model = {0};
        struct buffer_ring ring;
        uint64_t random = seed;

        buffer_ring_init(&ring, CAPACITY);
        for (int i = 0; i < 100; i++) {
            step(&ring, &model, &random, seed);
            check_against(&ring, &model, seed);
        }
    }
}
END_TEST

/* What would fit if the older blocks were gone is what fits once they are. */
START_TEST(skipping_ahead_foretells_what_will_fit)
{
    for (uint64_t seed = seed_first(), end = seed + seed_count(2000); seed < end; seed++) {
        struct model model = {0};
        struct buffer_ring ring, copy;
        uint64_t random = seed;
        unsigned gone;

        buffer_ring_init(&ring, CAPACITY);
        for (int i = 0; i < 40; i++)
            step(&ring, &model, &random, seed);
        if (model.count < 2)
            continue;
        copy = ring;
        gone = 1 + random_below(&random, model.count - 1);
        buffer_ring_skip_to(&copy, model.blocks[(model.first + gone) % 64].place);
        while (gone--) {
            struct block block = model_release(&model, 0);

            buffer_ring_release(&ring, block.size, block.place);
        }
        claim(buffer_ring_largest_run(&copy) == buffer_ring_largest_run(&ring), "seed %" PRIu64,
              seed);
    }
}
END_TEST

START_TEST(the_peak_counts_what_was_settled)
{
    struct buffer_ring ring;
    uint64_t a, b;

    buffer_ring_init(&ring, 1024);
    ck_assert(buffer_ring_claim(&ring, 256, &a));
    buffer_ring_settle(&ring);
    ck_assert(buffer_ring_claim(&ring, 512, &b));
    buffer_ring_unclaim(&ring, 512, b);
    buffer_ring_release(&ring, 256, a);
    buffer_ring_settle(&ring);
    ck_assert_uint_eq(ring.peak, 256);
    ck_assert_uint_eq(ring.claims, 1);
    ck_assert_uint_eq(ring.claimed_bytes, 256);
}
END_TEST

SUITE_MAIN("buffer ring", blocks_are_contiguous_and_aligned, a_block_never_spans_the_end,
           an_empty_ring_takes_its_whole_window, a_failed_claim_changes_nothing,
           any_order_of_claims_agrees_with_a_map_of_bytes, skipping_ahead_foretells_what_will_fit,
           the_peak_counts_what_was_settled)

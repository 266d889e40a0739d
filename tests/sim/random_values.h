/* What a tensor holds, as one number; what tasks make of numbers; and what is seen of them. */

#ifndef TESTS_RANDOM_VALUES_H
#define TESTS_RANDOM_VALUES_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../unit/suite.h"

/* The key of a thing that happens in a run, the same in whatever order things happen. */
static inline uint64_t key_of(uint64_t around, uint64_t a, uint64_t b)
{
    uint64_t state = around ^ (a * 1000003 + b + 1) * UINT64_C(0x9E3779B97F4A7C15);

    return random_next(&state);
}

/* What a worker makes of its inputs. */
static inline uint64_t mix_input(uint64_t inputs, uint64_t value)
{
    return (inputs ^ value) * UINT64_C(0x2545F4914F6CDD1D) + 1;
}

static inline uint64_t worker_value(uint64_t key, uint64_t inputs, unsigned arg)
{
    return key_of(key, inputs, arg);
}

/* As much of a value as fits into so many bytes. */
static inline uint64_t fitting(uint64_t value, uint64_t size)
{
    return size >= sizeof value ? value : value & ((UINT64_C(1) << (8 * size)) - 1);
}

/* Word k of a tensor that holds `value`; a tensor of zeros holds 0. */
static inline uint64_t word_of(uint64_t value, uint64_t k)
{
    return value * (2 * k + 1);
}

static inline void write_value(uint8_t *bytes, uint64_t size, uint64_t value)
{
    for (uint64_t at = 0; at < size; at += sizeof value) {
        uint64_t word = word_of(value, at / sizeof value);

        memcpy(bytes + at, &word, size - at < sizeof word ? size - at : sizeof word);
    }
}

/* False when the bytes are no value's. */
static inline bool read_value(const uint8_t *bytes, uint64_t size, uint64_t *value)
{
    *value = 0;
    memcpy(value, bytes, size < sizeof *value ? size : sizeof *value);
    for (uint64_t at = 0; at < size; at += sizeof *value) {
        uint64_t word = word_of(*value, at / sizeof *value);

        if (memcmp(bytes + at, &word, size - at < sizeof word ? size - at : sizeof word))
            return false;
    }
    return true;
}

/* What an OP_WAIT saw of a tensor, or an OP_ERRORS of the failures. */
struct sight {
    uint64_t key; // of the operation and the variable
    uint64_t value;
    bool failed;
    bool errors; // a number of failures
};

struct sights {
    struct sight *list;
    size_t count, capacity;
};

static inline void sights_add(struct sights *sights, struct sight sight)
{
    if (sights->count == sights->capacity) {
        sights->capacity = sights->capacity ? 2 * sights->capacity : 64;
        sights->list = realloc(sights->list, sights->capacity * sizeof sight);
    }
    sights->list[sights->count++] = sight;
}

static inline int sight_order(const void *a, const void *b)
{
    const struct sight *x = a, *y = b;

    return x->key < y->key ? -1 : x->key > y->key;
}

static inline void sights_sort(struct sights *sights)
{
    if (sights->count)
        qsort(sights->list, sights->count, sizeof *sights->list, sight_order);
}

/* Every sight is the right one, when both are sorted; false, with the first that is not. */
static inline bool sights_agree(const struct sights *seen, const struct sights *right, char *out,
                                size_t size)
{
    for (size_t i = 0; i < seen->count && i < right->count; i++) {
        const struct sight *a = &seen->list[i], *b = &right->list[i];

        if (a->key == b->key && a->failed == b->failed && a->value == b->value)
            continue;
        snprintf(out, size,
                 "sight %zu: key %016" PRIx64 " %s %s %" PRIx64
                 ", the reference has key %016" PRIx64 " %s %" PRIx64,
                 i, a->key, a->errors ? "errors" : "", a->failed ? "failed" : "value", a->value,
                 b->key, b->failed ? "failed" : "value", b->value);
        return false;
    }
    snprintf(out, size, "%zu sights, the reference has %zu", seen->count, right->count);
    return seen->count == right->count;
}

/* Submits and registrations that were refused for a proven deadlock, by key: only the run can
 * know. */
struct refusals {
    uint64_t keys[4096];
    unsigned count;
};

/* False when they are too many. */
static inline bool refusals_add(struct refusals *refusals, uint64_t key)
{
    if (refusals->count == sizeof refusals->keys / sizeof *refusals->keys)
        return false;
    refusals->keys[refusals->count++] = key;
    return true;
}

static inline bool is_refused(const struct refusals *refusals, uint64_t key)
{
    for (unsigned i = 0; i < refusals->count; i++)
        if (refusals->keys[i] == key)
            return true;
    return false;
}

#endif

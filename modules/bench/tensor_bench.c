/* Bandwidth of tensors by size and way, beside a socket pair and memcpy(). */

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "bench/bench_internal.h"

static const struct tensor_size {
    const char *name;
    uint64_t bytes;
    uint32_t count;
} sizes[] = {{"4K", 4096, 200}, {"1M", 1 << 20, 20}, {"64M", 64 << 20, 3}};

/* In the order of the kernel's numbers. */
static const char *const ways[] = {"sibling", "down", "up"};

static double mib_s(uint64_t bytes, double ns)
{
    return (double)bytes / (1 << 20) / (ns / 1e9);
}

static int one_size(struct bench *bench, const struct tensor_size *size, uint64_t way,
                    struct bare_copy_answer *bare, struct error *err)
{
    const uint64_t args[] = {way, size->bytes, size->count};
    const struct bare_copy_order order = {.bytes = size->bytes, .count = size->count};
    uint64_t *samples;
    size_t count;
    char name[48];

    if (subject_exec(&bench->pod, "bench_tensor", args, 3, &samples, &count, err) < 0)
        return -1;
    snprintf(name, sizeof name, "tensor.%s.%s", size->name, ways[way]);
    if (bare_call(bare_copy, &order, bare, sizeof *bare, err) < 0) {
        free(samples);
        return -1;
    }
    figures_add(bench->figures, name, "MiB/s", BETTER_HIGHER,
                mib_s(size->bytes, numbers_quantile(samples, count, 0.5)),
                mib_s(size->bytes, numbers_quantile(bare->socket_ns, size->count, 0.5)));
    figures_add_second(bench->figures, name, "memcpy",
                       mib_s(size->bytes, numbers_quantile(bare->memcpy_ns, size->count, 0.5)));
    free(samples);
    return 0;
}

int tensor_turn(struct bench *bench, struct error *err)
{
    struct bare_copy_answer *bare = memory_new(1, sizeof *bare);
    int result = 0;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes && result == 0; i++)
        for (uint64_t way = 0; way < sizeof ways / sizeof *ways && result == 0; way++)
            result = one_size(bench, &sizes[i], way, bare, err);
    free(bare);
    return result;
}

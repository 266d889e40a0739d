#include "bench/memory_use.h"

#include <assert.h>
#include <stdio.h>

void memory_use_add(struct memory_use *use, unsigned depth, pid_t pid)
{
    unsigned long kib = 0;
    char line[256];
    FILE *file;

    assert(depth < MEMORY_DEPTHS);
    snprintf(line, sizeof line, "/proc/%d/smaps_rollup", (int)pid);
    file = pid > 0 ? fopen(line, "re") : NULL;
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Pss: %lu kB", &kib) == 1)
            break;
    if (file)
        fclose(file);
    use->kib[depth] += kib;
    use->nodes[depth] += kib > 0;
}

double memory_use_mean(const struct memory_use *use, unsigned depth)
{
    return use->nodes[depth] ? (double)use->kib[depth] / use->nodes[depth] : 0;
}

double memory_use_mean_all(const struct memory_use *use)
{
    struct memory_use sum = {0};

    for (unsigned depth = 0; depth < MEMORY_DEPTHS; depth++) {
        sum.kib[0] += use->kib[depth];
        sum.nodes[0] += use->nodes[depth];
    }
    return memory_use_mean(&sum, 0);
}

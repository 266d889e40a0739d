#include "cli/node_memory.h"

#include <inttypes.h>
#include <stdio.h>

/* "Pss:" of a process in bytes; 0 when it cannot be read. */
static uint64_t pss_of(int32_t pid)
{
    char path[48], line[128];
    uint64_t kib = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%" PRId32 "/smaps_rollup", pid);
    file = fopen(path, "re");
    if (!file)
        return 0;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "Pss: %" SCNu64, &kib) == 1)
            break;
    fclose(file);
    return kib * 1024;
}

static uint32_t count_alive(const struct run_view *view, uint32_t first, uint32_t count)
{
    uint32_t alive = 0;

    for (uint32_t i = 0; i < count; i++)
        alive += node_state_alive(view->nodes[first + i]);
    return alive;
}

struct memory_sample memory_sample_level(const struct run_view *view, enum level level,
                                         uint32_t most)
{
    uint32_t first = view->topology.first_rank[level], count = view->topology.count[level];
    struct memory_sample sample = {.alive = count_alive(view, first, count)};
    uint32_t step = sample.alive > most ? (sample.alive + most - 1) / most : 1, seen = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t pss;

        if (!node_state_alive(view->nodes[first + i]) || seen++ % step)
            continue;
        pss = pss_of(view->map.records[first + i].pid);
        sample.sampled += pss > 0;
        sample.pss_bytes += pss;
    }
    return sample;
}

uint64_t memory_estimate(const struct memory_sample *sample)
{
    return sample->sampled ? sample->pss_bytes / sample->sampled * sample->alive : 0;
}

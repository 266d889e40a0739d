#include "super/placement.h"

void placement_plan(struct placement *placement, const struct topology *topology,
                    const cpu_set_t *allowed)
{
    *placement =
        (struct placement){.allowed = *allowed, .processors = (uint32_t)CPU_COUNT(allowed)};
    if (placement->processors < 2)
        return;
    for (int level = topology->top; level >= topology->leaf; level--) {
        if (topology->count[level] < placement->processors)
            continue;
        placement->first_rank = topology->first_rank[level];
        placement->count = topology->count[level];
        return;
    }
}

static int nth_processor(const cpu_set_t *allowed, uint32_t number)
{
    for (int processor = 0; processor < CPU_SETSIZE; processor++)
        if (CPU_ISSET((size_t)processor, allowed) && number-- == 0)
            return processor;
    return -1;
}

int placement_processor(const struct placement *placement, uint32_t rank)
{
    uint32_t number = rank - placement->first_rank;

    if (rank < placement->first_rank || number >= placement->count)
        return -1;
    return nth_processor(&placement->allowed,
                         (uint32_t)((uint64_t)number * placement->processors / placement->count));
}

void placement_take(const struct placement *placement, uint32_t rank)
{
    int processor = placement_processor(placement, rank);
    cpu_set_t one;

    if (processor < 0)
        return;
    CPU_ZERO(&one);
    CPU_SET((size_t)processor, &one);
    sched_setaffinity(0, sizeof one, &one);
}

void placement_leave(const struct placement *placement, cpu_set_t *home)
{
    if (!placement->count)
        return;
    *home = placement->allowed;
    sched_getaffinity(0, sizeof *home, home);
    sched_setaffinity(0, sizeof placement->allowed, &placement->allowed);
}

void placement_return(const struct placement *placement, const cpu_set_t *home)
{
    if (placement->count)
        sched_setaffinity(0, sizeof *home, home);
}

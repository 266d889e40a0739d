/* A slow task of a pod: its host's own ring drains, and it goes on when it is told. Parameters: an
 * output, its first number 1 when it was told in time; block, slots, flag. */

#include <time.h>
#include <unistd.h>

#include "ring.h"

KERNEL_OF(LINQU_LEVEL_HOST, LINQU_ROLE_ORCHESTRATOR)

enum { TRIES = 10000 };

static int wait_for(const char *path)
{
    const struct timespec millisecond = {0, 1000000};

    for (int i = 0; i < TRIES; i++) {
        if (unlink(path) == 0)
            return 1;
        nanosleep(&millisecond, NULL);
    }
    return 0;
}

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    const uint64_t *scalars = args + 1;
    uint64_t *told = linqu_tensor_data(rt, args[0], NULL);
    char path[1024];

    (void)arg_count;
    LINQU_SCOPE(rt)
    {
        ring_fill(rt, LINQU_LEVEL_HOST, ring_slots_of(scalars, LINQU_LEVEL_HOST), scalars, NULL);
        linqu_wait_all(rt);
        linqu_dump_ring_snapshot(rt, "R5 host full");
    }
    linqu_dump_ring_snapshot(rt, "R5 host drained");
    ring_flag_path(path, sizeof path, scalars[RING_SCALARS]);
    told[0] = (uint64_t)wait_for(path);
    if (!told[0])
        LINQU_LOG_ERROR(rt, "nobody made %s", path);
}

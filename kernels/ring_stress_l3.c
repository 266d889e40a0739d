/* The rings of a host, by tasks for itself. What they hold is dumped at every step; the names of
 * the steps say what must hold there. Parameters: see ring.h. */

#include "ring.h"

KERNEL_OF(LINQU_LEVEL_HOST, LINQU_ROLE_ORCHESTRATOR)

static void fill(LinquRuntime *rt, int count, const uint64_t *scalars, uint64_t *handles)
{
    ring_fill(rt, LINQU_LEVEL_HOST, count, scalars, handles);
}

static void dump(LinquRuntime *rt, const char *label)
{
    linqu_dump_ring_snapshot(rt, label);
}

/* R1: as many tasks as slots fill the ring; the scope's end empties it; as many again fit. No free:
 * I6. */
static void fill_twice(LinquRuntime *rt, int slots, const uint64_t *scalars)
{
    dump(rt, "R1 begin");
    LINQU_SCOPE(rt)
    {
        fill(rt, slots, scalars, NULL);
        linqu_wait_all(rt);
        dump(rt, "R1 full");
    }
    dump(rt, "R1 empty");
    LINQU_SCOPE(rt)
    {
        fill(rt, slots, scalars, NULL);
        linqu_wait_all(rt);
        dump(rt, "R1 full again");
    }
    dump(rt, "R1 empty again");
}

/* R2: half as many tasks as slots in the outer scope, a ring full in the inner one, of which two
 * are freed. */
static void nest(LinquRuntime *rt, int slots, const uint64_t *scalars)
{
    uint64_t *inner = calloc((size_t)slots, sizeof *inner);

    dump(rt, "R2 begin");
    LINQU_SCOPE(rt)
    {
        fill(rt, slots / 2, scalars, NULL);
        LINQU_SCOPE(rt)
        {
            fill(rt, slots, scalars, inner);
            linqu_free_tensor(rt, inner[0]);
            linqu_free_tensor(rt, inner[slots - 1]);
            linqu_wait_all(rt);
            dump(rt, "R2 inner ends");
        }
        dump(rt, "R2 inner ended");
    }
    dump(rt, "R2 outer ended");
    free(inner);
}

/* R7: the ninth task in eight slots waits until the first, whose output was freed, has retired; a
 * second free does not count. */
static void one_more(LinquRuntime *rt, int slots, const uint64_t *scalars)
{
    uint64_t *handles = calloc((size_t)slots, sizeof *handles);

    dump(rt, "R7 begin");
    LINQU_SCOPE(rt)
    {
        fill(rt, slots, scalars, handles);
        dump(rt, "R7 full");
        linqu_free_tensor(rt, handles[0]);
        linqu_free_tensor(rt, handles[0]);
        fill(rt, 1, scalars, NULL);
        dump(rt, "R7 one more");
        linqu_wait_all(rt);
    }
    dump(rt, "R7 empty");
    free(handles);
}

/* I1: a freed tensor stays as long as somebody reads it. */
static void free_and_read(LinquRuntime *rt, const uint64_t *scalars)
{
    dump(rt, "I1 begin");
    LINQU_SCOPE(rt)
    {
        uint64_t handle;
        LinquParam params[1];

        fill(rt, 1, scalars, &handle);
        params[0] = linqu_make_input(handle);
        linqu_submit_task(rt, linqu_self_coord(rt), "ring_read", params, 1);
        linqu_free_tensor(rt, handle);
        linqu_wait_all(rt);
        dump(rt, "I1 freed and read");
    }
}

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    const uint64_t *scalars = args + arg_count - RING_SCALARS;
    int slots = ring_slots_of(scalars, LINQU_LEVEL_HOST);

    fill_twice(rt, slots, scalars);
    nest(rt, slots, scalars);
    one_more(rt, slots, scalars);
    free_and_read(rt, scalars);
    memset(linqu_tensor_data(rt, args[0], NULL), LINQU_LEVEL_HOST, scalars[RING_BLOCK]);
}

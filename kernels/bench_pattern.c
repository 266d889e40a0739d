/* Task Bench's patterns: steps of as many points as the pod has hosts, each point a task on a host
 * of its own, with the results of some points of the step before as its inputs. Parameters: the
 * pattern, steps, how long a task computes; notes the nanoseconds of it all, and how many tasks
 * there were. */

#include "bench.h"

KERNEL_OF(LINQU_LEVEL_POD, LINQU_ROLE_ORCHESTRATOR)

enum { STENCIL_1D, FFT, TREE, NEAREST, NO_COMM };
enum { WIDTH_MOST = 64, INPUTS_MOST = 5 };

/* Points of a step: a tree begins with one and doubles. */
static int width_of(uint64_t pattern, uint64_t step, int width)
{
    return pattern == TREE && step < 16 && (1 << step) < width ? 1 << step : width;
}

static int add_point(int *points, int count, int point, int width)
{
    if (point >= 0 && point < width)
        points[count++] = point;
    return count;
}

/* Which points of the step before a point needs. */
static int needs_of(uint64_t pattern, uint64_t step, int point, int width, int *points)
{
    int reach = pattern == STENCIL_1D ? 1 : pattern == NEAREST ? 2 : 0, count = 0;
    int rounds = 1;

    if (pattern == TREE)
        return add_point(points, 0, width_of(TREE, step - 1, width) < width ? point / 2 : point,
                         width);
    for (int at = point - reach; at <= point + reach; at++)
        count = add_point(points, count, at, width);
    if (pattern != FFT)
        return count;
    while (1 << rounds < width)
        rounds++;
    count = add_point(points, count, point - (1 << (step - 1) % (uint64_t)rounds), width);
    return add_point(points, count, point + (1 << (step - 1) % (uint64_t)rounds), width);
}

static uint64_t submit_point(LinquRuntime *rt, LinquCoordinate_C host, uint64_t times,
                             const uint64_t *before, const int *points, int count)
{
    uint64_t handle = linqu_alloc_tensor(rt, host, 64);
    LinquParam params[2 + INPUTS_MOST] = {linqu_make_scalar(times), linqu_make_output(handle)};

    for (int i = 0; i < count; i++)
        params[2 + i] = linqu_make_input(before[points[i]]);
    linqu_submit_task(rt, host, "bench_point", params, 2 + count);
    return handle;
}

static void free_row(LinquRuntime *rt, const uint64_t *row, int width)
{
    for (int i = 0; i < width; i++)
        linqu_free_tensor(rt, row[i]);
}

static uint64_t run_pattern(LinquRuntime *rt, const LinquPeerList *hosts, const uint64_t *args,
                            uint64_t steps)
{
    uint64_t rows[2][WIDTH_MOST], tasks = 0;
    int most = hosts->count < WIDTH_MOST ? hosts->count : WIDTH_MOST;

    for (uint64_t step = 0; step < steps; step++) {
        uint64_t *row = rows[step % 2], *before = rows[(step + 1) % 2];
        int width = width_of(args[0], step, most);

        for (int point = 0; point < width; point++) {
            int points[INPUTS_MOST],
                count = step ? needs_of(args[0], step, point, most, points) : 0;

            row[point] = submit_point(rt, hosts->peers[point], args[2], before, points, count);
        }
        if (step)
            free_row(rt, before, width_of(args[0], step - 1, most));
        tasks += (uint64_t)width;
    }
    linqu_wait_all(rt);
    free_row(rt, rows[(steps - 1) % 2], width_of(args[0], steps - 1, most));
    return tasks;
}

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    uint64_t noted[2], begun;

    (void)arg_count;
    run_pattern(rt, &hosts, args, 8);
    begun = bench_now_ns();
    noted[1] = run_pattern(rt, &hosts, args, args[1]);
    noted[0] = bench_now_ns() - begun;
    bench_write(noted, 2);
    free(hosts.peers);
}

/* What the pure core costs on one core. `make bench-core` prints medians; it exits with 1 when one
 * is beyond its reach. */

#include "bench.h"
#include "bench_graph.h"
#include "core/buffer_ring.h"
#include "fiber/fiber.h"

enum { COUNT = 100 * 1000 };

/* Submit, schedule, complete and retire tasks that read the two results before and make one; a
 * handle is freed when nobody will read it any more. What was submitted completes when `batch`
 * tasks are there. */
static void fibonacci(struct task_graph *graph, int batch)
{
    uint64_t before[2];
    struct error err;

    for (int i = 0; i < 2; i++) {
        before[i] = task_graph_alloc(graph, 4096);
        submit(graph, &(struct task_argument){PARAM_OUTPUT, before[i]}, 1);
    }
    for (int i = 0; i < COUNT; i++) {
        uint64_t next = task_graph_alloc(graph, 4096);
        struct task_argument arguments[] = {
            {PARAM_INPUT, before[0]}, {PARAM_INPUT, before[1]}, {PARAM_OUTPUT, next}};

        submit(graph, arguments, 3);
        task_graph_free(graph, before[0], &err);
        before[0] = before[1];
        before[1] = next;
        if (i % batch == batch - 1)
            drain(graph);
    }
    drain(graph);
    for (int i = 0; i < 2; i++)
        task_graph_free(graph, before[i], &err);
    drain(graph);
}

static void in_batches(void *arg)
{
    fibonacci(arg, 16);
}

static void one_by_one(void *arg)
{
    fibonacci(arg, 1);
}

static void null_tasks(void *arg)
{
    struct task_graph *graph = arg;

    for (int i = 0; i < COUNT; i++) {
        submit(graph, NULL, 0);
        if (i % 16 == 15)
            drain(graph);
    }
    drain(graph);
}

static void chain(void *arg)
{
    struct task_graph *graph = arg;
    uint64_t handle = task_graph_alloc(graph, 64);
    struct error err;

    submit(graph, &(struct task_argument){PARAM_OUTPUT, handle}, 1);
    for (int i = 0; i < COUNT; i++)
        submit(graph, &(struct task_argument){PARAM_INOUT, handle}, 1);
    drain(graph);
    task_graph_free(graph, handle, &err);
}

static void buffers(void *arg)
{
    struct buffer_ring *ring = arg;
    uint64_t places[64], sizes[64], random = 1;

    for (int i = 0; i < COUNT; i++) {
        unsigned at = (unsigned)i % 64;

        if (i >= 64)
            buffer_ring_release(ring, sizes[at], places[at]);
        random = random * 6364136223846793005u + 1442695040888963407u;
        sizes[at] = 1 + (random >> 40) % 8192;
        if (!buffer_ring_claim(ring, sizes[at], &places[at]))
            abort();
        buffer_ring_settle(ring);
    }
    for (unsigned i = 0; i < 64; i++)
        buffer_ring_release(ring, sizes[(COUNT + i) % 64], places[(COUNT + i) % 64]);
}

static void returns(void *arg)
{
    (void)arg;
}

static void whole_fibers(void *arg)
{
    for (int i = 0; i < COUNT; i++) {
        struct fiber *fiber = fiber_create(arg, returns, NULL);

        fiber_resume(fiber);
        fiber_destroy(fiber);
    }
}

static void parks(void *arg)
{
    (void)arg;
    for (;;)
        fiber_park();
}

static void switches(void *arg)
{
    for (int i = 0; i < COUNT; i++)
        fiber_resume(arg);
}

static double bench_graph(const char *name, void (*round)(void *arg), uint32_t slots, double reach)
{
    struct task_graph *graph = make_graph(slots);
    double got = bench(name, round, graph, COUNT, reach);

    task_graph_destroy(graph);
    return got - reach;
}

static void bench_fibers(void)
{
    struct fiber_pool *pool = fiber_pool_create(FIBER_STACK_USUAL, 1);
    struct fiber *fiber;

    bench("fiber: create, run, destroy", whole_fibers, pool, COUNT, 0);
    fiber = fiber_create(pool, parks, NULL);
    bench("fiber: resume and park", switches, fiber, COUNT, 0);
    fiber_destroy(fiber);
    fiber_pool_destroy(pool);
}

int main(void)
{
    struct buffer_ring ring;
    double worst;

    buffer_ring_init(&ring, 1024 * 1024);
    worst = bench("buffer ring: claim and release", buffers, &ring, COUNT, 50) - 50;
    worst =
        bench_graph("task, 2 inputs, 1 output, 16 in flight, ring of 64", in_batches, 64, 400) > 0
            ? 1
            : worst;
    worst = bench_graph("task, 2 inputs, 1 output, 16 in flight, ring of 1024", in_batches, 1024,
                        400) > 0
                ? 1
                : worst;
    worst =
        bench_graph("task, 2 inputs, 1 output, one at a time", one_by_one, 64, 400) > 0 ? 1 : worst;
    bench_graph("null task", null_tasks, 64, 0);
    bench_graph("chain of INOUT tasks, ring of 64, always full", chain, 64, 0);
    bench_fibers();
    return worst > 0;
}

/* In every pod: t0 c = a + b, t1 d = c + 1, t2 e = c + 2, t3 g = d * e, t4 f = g + c, with a[i] = i
 * and b[i] = 2i. The levels above add up what their children say of f. A pod is a node whose
 * children are hosts.
 *
 * Parameters: an output of three numbers (struct summary); the outermost one has none and writes
 * dag.result. */

#ifndef KERNELS_DAG_H
#define KERNELS_DAG_H

#include "tree.h"

KERNEL_OF(LEVEL, LINQU_ROLE_ORCHESTRATOR)

enum { ELEMENTS = 1024, WAVE = 256 };

struct summary {
    int64_t elements, sum, largest_error;
};

static void add_summary(struct summary *sum, const struct summary *one)
{
    if (!one)
        return;
    sum->elements += one->elements;
    sum->sum += one->sum;
    if (one->largest_error > sum->largest_error)
        sum->largest_error = one->largest_error;
}

/* --- a pod
 * -------------------------------------------------------------------------------------------------------------
 */

struct pod {
    LinquRuntime *rt;
    struct children hosts;
    const char
        *how; // what follows the names of the leaf kernels: with chips the hosts split their work
    size_t bytes; // of a vector
};

/* z = kernel(x, y) on host `number`, counted modulo the pod's hosts. */
static void compute(const struct pod *pod, int number, const char *kernel, uint64_t x, LinquParam y,
                    uint64_t z)
{
    LinquParam params[3] = {linqu_make_input(x), y, linqu_make_output(z)};
    char name[64];

    snprintf(name, sizeof name, "%s%s", kernel, pod->how);
    linqu_submit_task(pod->rt, pod->hosts.at[number % pod->hosts.count], name, params, 3);
}

static uint64_t vector(const struct pod *pod)
{
    return linqu_alloc_tensor(pod->rt, linqu_self_coord(pod->rt), pod->bytes);
}

/* b = step * i. */
static uint64_t ramp(const struct pod *pod, int64_t step)
{
    int64_t *data = malloc(pod->bytes);
    uint64_t handle;

    for (size_t i = 0; i < pod->bytes / sizeof *data; i++)
        data[i] = step * (int64_t)i;
    handle = linqu_reg_data(pod->rt, linqu_self_coord(pod->rt), data, pod->bytes);
    free(data);
    return handle;
}

static uint64_t submit_graph(const struct pod *pod)
{
    uint64_t a = ramp(pod, 1), b = ramp(pod, 2), c = vector(pod), f = vector(pod);

    compute(pod, 0, "dag_add", a, linqu_make_input(b), c);
    LINQU_SCOPE(pod->rt)
    {
        uint64_t d = vector(pod), e = vector(pod), g = vector(pod);

        compute(pod, 1, "dag_add_scalar", c, linqu_make_scalar(1), d);
        compute(pod, 2, "dag_add_scalar", c, linqu_make_scalar(2), e);
        compute(pod, 3, "dag_mul", d, linqu_make_input(e), g);
        compute(pod, 0, "dag_add", g, linqu_make_input(c), f);
    }
    return f;
}

static struct summary look_at(const int64_t *f, size_t size)
{
    struct summary summary = {(int64_t)size, 0, 0};

    for (size_t i = 0; i < size; i++) {
        int64_t n = (int64_t)i, error = f[i] - (9 * n * n + 12 * n + 2);

        summary.sum += f[i];
        error = error < 0 ? -error : error;
        if (error > summary.largest_error)
            summary.largest_error = error;
    }
    return summary;
}

static struct summary run_pod(LinquRuntime *rt, struct children hosts)
{
    LinquPeerList chips = linqu_query_peers(rt, LINQU_LEVEL_CHIP);
    int per_host = chips.count / hosts.count;
    size_t size = ELEMENTS, bytes;
    struct summary summary = {0, 0, 0};
    struct pod pod = {rt, hosts, per_host ? "_split" : "", 0};
    const int64_t *f;

    while (per_host && size % (size_t)per_host)
        size++;
    pod.bytes = size * sizeof(int64_t);
    free(chips.peers);
    {
        uint64_t handle = submit_graph(&pod);

        linqu_wait_all(rt);
        f = linqu_tensor_data(rt, handle, &bytes);
    }
    if (f)
        summary = look_at(f, bytes / sizeof *f);
    return summary;
}

/* --- above the pods
 * ----------------------------------------------------------------------------------------------------
 */

static void run_wave(LinquRuntime *rt, uint8_t level, const LinquCoordinate_C *at, int count,
                     struct summary *sum)
{
    uint64_t handles[WAVE];

    for (int i = 0; i < count; i++) {
        LinquParam params[1];

        handles[i] = linqu_alloc_tensor(rt, at[i], sizeof *sum);
        params[0] = linqu_make_output(handles[i]);
        linqu_submit_task(rt, at[i], kernel_at("dag", level), params, 1);
    }
    linqu_wait_all(rt);
    for (int i = 0; i < count; i++)
        add_summary(sum, linqu_tensor_data(rt, handles[i], NULL));
}

static struct summary run_children(LinquRuntime *rt, struct children children)
{
    struct summary sum = {0, 0, 0};

    for (int first = 0; first < children.count; first += WAVE) {
        int count = children.count - first < WAVE ? children.count - first : WAVE;

        LINQU_SCOPE(rt)
        {
            run_wave(rt, children.level, children.at + first, count, &sum);
        }
    }
    return sum;
}

static void write_summary(const struct summary *summary)
{
    FILE *file = result_file("dag.result");

    if (!file)
        return;
    fprintf(file, "elements %lld\nsum %lld\nlargest_error %lld\n", (long long)summary->elements,
            (long long)summary->sum, (long long)summary->largest_error);
    fclose(file);
}

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    struct children children = children_of(rt, LEVEL);
    struct summary summary =
        children.level == LINQU_LEVEL_HOST ? run_pod(rt, children) : run_children(rt, children);

    if (arg_count == 0)
        write_summary(&summary);
    else
        memcpy(linqu_tensor_data(rt, args[0], NULL), &summary, sizeof summary);
    free(children.at);
}

#endif

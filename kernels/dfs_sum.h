/* The hosts' vectors below are added element by element: n children make n vectors, and n - 1
 * additions of two, in the shape of a binary tree, make one. All of it is submitted before any of
 * it runs.
 *
 * Parameters: the sum (output), what was read (output, struct dfs_read for each host), this node's
 * index among those of its level. The outermost one has none and writes dfs-sum.result. */

#ifndef KERNELS_DFS_SUM_H
#define KERNELS_DFS_SUM_H

#include <inttypes.h>

#include "dfs.h"

KERNEL_OF(LEVEL, LINQU_ROLE_ORCHESTRATOR)

static uint64_t tensor(LinquRuntime *rt, size_t bytes)
{
    return linqu_alloc_tensor(rt, linqu_self_coord(rt), bytes);
}

static uint64_t columns(LinquRuntime *rt)
{
    return tensor(rt, COLUMNS * sizeof(int64_t));
}

static int hosts_below(LinquRuntime *rt)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);

    free(hosts.peers);
    return hosts.count;
}

static void submit_child(LinquRuntime *rt, const struct children *children, int i, uint64_t sum,
                         uint64_t reads, uint64_t index)
{
    LinquParam params[3] = {linqu_make_output(sum), linqu_make_output(reads),
                            linqu_make_scalar(index * (uint64_t)children->count + (uint64_t)i)};
    const char *kernel =
        children->level == LINQU_LEVEL_HOST ? "dfs_read" : kernel_at("dfs_sum", children->level);

    linqu_submit_task(rt, children->at[i], kernel, params, 3);
}

static void submit_add(LinquRuntime *rt, uint64_t x, uint64_t y, uint64_t z)
{
    LinquParam params[3] = {linqu_make_input(x), linqu_make_input(y), linqu_make_output(z)};

    linqu_submit_task(rt, linqu_self_coord(rt), kernel_at("dfs_add", LEVEL), params, 3);
}

/* Add pairs until one is left; the last addition writes `sum`. */
static void submit_adds(LinquRuntime *rt, uint64_t *vectors, int count, uint64_t sum)
{
    while (count > 1) {
        int pairs = count / 2;

        for (int i = 0; i < pairs; i++) {
            uint64_t z = count == 2 ? sum : columns(rt);

            submit_add(rt, vectors[2 * i], vectors[2 * i + 1], z);
            vectors[i] = z;
        }
        if (count % 2)
            vectors[pairs] = vectors[count - 1];
        count = pairs + count % 2;
    }
}

static void gather_reads(LinquRuntime *rt, const uint64_t *handles, int count,
                         struct dfs_read *reads)
{
    for (int i = 0; i < count; i++) {
        size_t bytes;
        const struct dfs_read *some = linqu_tensor_data(rt, handles[i], &bytes);

        if (some) {
            memcpy(reads, some, bytes);
            reads += bytes / sizeof *some;
        }
    }
}

static void write_reads(FILE *file, const struct dfs_read *reads, int count)
{
    for (int i = 0; i < count; i++)
        fprintf(file,
                "read %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
                " %" PRIu64 " %" PRIu64 "\n",
                reads[i].index, reads[i].l6, reads[i].l5, reads[i].l4, reads[i].l3, reads[i].device,
                reads[i].inode, reads[i].numbers);
}

static void write_result(LinquRuntime *rt, uint64_t sum, const struct dfs_read *reads, int hosts)
{
    const int64_t *total = linqu_tensor_data(rt, sum, NULL);
    FILE *file = result_file("dfs-sum.result");

    for (int i = 0; file && total && i < COLUMNS; i++)
        fprintf(file, "column %d %" PRId64 "\n", i, total[i]);
    if (file) {
        write_reads(file, reads, hosts);
        fclose(file);
    }
}

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    struct children children = children_of(rt, LEVEL);
    size_t count = (size_t)children.count;
    int hosts = hosts_below(rt);
    uint64_t *vectors = calloc(count, sizeof *vectors), *reads = calloc(count, sizeof *reads);
    uint64_t sum = arg_count ? args[0] : columns(rt), index = arg_count ? args[2] : 0;
    struct dfs_read *all;

    for (int i = 0; i < children.count; i++) {
        vectors[i] = children.count == 1 ? sum : columns(rt);
        reads[i] = tensor(rt, (size_t)hosts / count * sizeof *all);
        submit_child(rt, &children, i, vectors[i], reads[i], index);
    }
    submit_adds(rt, vectors, children.count, sum);
    linqu_wait_all(rt);
    all = arg_count ? linqu_tensor_data(rt, args[1], NULL) : calloc((size_t)hosts, sizeof *all);
    gather_reads(rt, reads, children.count, all);
    if (arg_count == 0) {
        write_result(rt, sum, all, hosts);
        free(all);
    }
    free(vectors);
    free(reads);
    free(children.at);
}

#endif

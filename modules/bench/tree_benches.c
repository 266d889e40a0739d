/* Figures of a whole tree: start and stop, rounds, null tasks for all leaves, memory. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bench/bench_internal.h"
#include "model/level.h"
#include "rundir/preflight.h"

enum { ROUNDS = 20, LEAF_TASKS = 100 };

static unsigned level_fanouts(const struct topology *topology, unsigned fanout[BARE_FANOUTS])
{
    unsigned count = 0;

    memset(fanout, 0, BARE_FANOUTS * sizeof *fanout);
    for (int level = topology_level_below(topology, topology->top); level >= 0;
         level = topology_level_below(topology, (enum level)level))
        fanout[count++] = topology->fanout[level];
    return count;
}

/* Both trees at once may be too many processes: then ours goes, and comes back for the next turn. */
static int make_room(struct bench *bench, struct error *err)
{
    struct preflight preflight;

    if (!bench->whole.up)
        return 0;
    preflight_check(bench->order->topology, bench->order->base, NULL, 0, &preflight);
    return preflight.worst == PREFLIGHT_FAIL ? subject_stop(&bench->whole, NULL, err) : 0;
}

/* The bare tree of that shape, with its files in a folder of their own that stays until the bench
 * ends. The caller frees the answer. */
static struct bare_tree_answer *bare_tree(struct bench *bench, struct bare_tree_order order,
                                          struct error *err)
{
    struct bare_tree_answer *answer = memory_new(1, sizeof *answer);
    char files[sizeof bench->place + 16];

    if (make_room(bench, err) < 0) {
        free(answer);
        return NULL;
    }
    level_fanouts(bench->order->topology, order.fanout);
    if (order.files) {
        snprintf(files, sizeof files, "%s/bare-XXXXXX", bench->place);
        order.files = mkdtemp(files);
        if (!order.files) {
            error_set(err, "cannot make a folder in %s: %s", bench->place, strerror(errno));
            free(answer);
            return NULL;
        }
    }
    if (bare_call(bare_tree_measure, &order, answer, sizeof *answer, err) == 0)
        return answer;
    free(answer);
    return NULL;
}

/* --- startup */

int startup_turn(struct bench *bench, struct error *err)
{
    struct bare_tree_answer *bare;
    struct subject subject;
    double up_s, down_s;
    char name[32];

    // a name of its own: who takes that of an earlier run has it removed
    snprintf(name, sizeof name, "startup-%u", bench->starts++);
    if (subject_start(&subject, bench->place, name, bench->order->spec, &up_s, err) < 0 ||
        subject_stop(&subject, &down_s, err) < 0)
        return -1;
    bare = bare_tree(bench, (struct bare_tree_order){.files = "here", .rounds = 1}, err);
    if (!bare)
        return -1;
    figures_add(bench->figures, "startup", "ms", BETTER_LOWER, up_s * 1e3, bare->up_s * 1e3);
    figures_add(bench->figures, "startup.node", "us", BETTER_LOWER, up_s * 1e6 / bare->nodes,
                bare->up_s * 1e6 / bare->nodes);
    figures_add(bench->figures, "stop", "ms", BETTER_LOWER, down_s * 1e3, bare->down_s * 1e3);
    free(bare);
    return 0;
}

/* --- rounds */

static int run_rounds(struct bench *bench, uint64_t leaf_tasks, uint64_t rounds, double *median_ns,
                      struct error *err)
{
    const uint64_t args[] = {leaf_tasks, rounds};
    uint64_t *samples;
    char kernel[32];
    size_t count;

    snprintf(kernel, sizeof kernel, "bench_tree_l%u", bench->order->topology->top);
    if (subject_exec(&bench->whole, kernel, args, 2, &samples, &count, err) < 0)
        return -1;
    *median_ns = numbers_quantile(samples, count, 0.5);
    free(samples);
    return 0;
}

/* The first round of an exec also brings names and code to everybody: the median passes over it. */
static struct bare_tree_answer *bare_rounds(struct bench *bench, bool shared, double *median_s,
                                            struct error *err)
{
    const struct bare_tree_order order = {.shared = shared, .rounds = ROUNDS};
    struct bare_tree_answer *bare = bare_tree(bench, order, err);
    struct samples samples = {0};

    if (!bare)
        return NULL;
    for (unsigned i = 0; i < ROUNDS; i++)
        samples_add(&samples, bare->round_s[i]);
    *median_s = samples_quantile(&samples, 0.5);
    samples_free(&samples);
    return bare;
}

int round_turn(struct bench *bench, struct error *err)
{
    double ours_ns, sockets_s, shared_s;
    struct bare_tree_answer *bare;

    if (run_rounds(bench, 1, ROUNDS, &ours_ns, err) < 0)
        return -1;
    bare = bare_rounds(bench, false, &sockets_s, err);
    free(bare);
    if (!bare)
        return -1;
    bare = bare_rounds(bench, true, &shared_s, err);
    free(bare);
    if (!bare)
        return -1;
    figures_add(bench->figures, "round", "ms", BETTER_LOWER, ours_ns / 1e6, sockets_s * 1e3);
    figures_add_second(bench->figures, "round", "bare_shared_memory", shared_s * 1e3);
    return 0;
}

/* A bare tree has one word down and one up an edge; so many null tasks for every leaf are as many
 * rounds. */
int tasks_tree_turn(struct bench *bench, struct error *err)
{
    const struct topology *topology = bench->order->topology;
    double leaves = topology->count[topology->leaf], ours_ns, bare_s;
    struct bare_tree_answer *bare;

    if (run_rounds(bench, LEAF_TASKS, 3, &ours_ns, err) < 0)
        return -1;
    bare = bare_rounds(bench, false, &bare_s, err);
    free(bare);
    if (!bare)
        return -1;
    figures_add(bench->figures, "tasks.tree", "1/s", BETTER_HIGHER,
                LEAF_TASKS * leaves / (ours_ns / 1e9), leaves / bare_s);
    return 0;
}

/* --- memory */

/* Of a run that is READY and has done nothing yet, and once more after null tasks for every leaf. */
static int memory_before_and_after(struct bench *bench, struct memory_use *before,
                                   struct memory_use *after, struct error *err)
{
    double up_s, median_ns;

    if (subject_stop(&bench->whole, NULL, err) < 0 ||
        subject_start(&bench->whole, bench->place, "whole", bench->order->spec, &up_s, err) < 0 ||
        subject_memory(&bench->whole, before, err) < 0 ||
        run_rounds(bench, LEAF_TASKS, 3, &median_ns, err) < 0)
        return -1;
    return subject_memory(&bench->whole, after, err);
}

int memory_turn(struct bench *bench, struct error *err)
{
    const struct topology *topology = bench->order->topology;
    struct memory_use use = {0}, worked = {0};
    struct bare_tree_answer *bare;

    if (memory_before_and_after(bench, &use, &worked, err) < 0)
        return -1;
    bare = bare_tree(bench, (struct bare_tree_order){.files = "here", .rounds = 1, .memory = true},
                     err);
    if (!bare)
        return -1;
    // the bare tree counts depths, ours levels, some of which may be left out
    for (int level = topology->top, depth = 0; level >= 0;
         level = topology_level_below(topology, (enum level)level), depth++) {
        char name[32];

        snprintf(name, sizeof name, "memory.L%d", level);
        figures_add(bench->figures, name, "KiB", BETTER_LOWER,
                    memory_use_mean(&use, (unsigned)(topology->top - level)),
                    memory_use_mean(&bare->memory, (unsigned)depth));
    }
    figures_add(bench->figures, "memory.mean", "KiB", BETTER_LOWER, memory_use_mean_all(&use),
                memory_use_mean_all(&bare->memory));
    figures_add(bench->figures, "memory.worked", "KiB", BETTER_LOWER, memory_use_mean_all(&worked),
                memory_use_mean_all(&bare->memory));
    free(bare);
    return 0;
}

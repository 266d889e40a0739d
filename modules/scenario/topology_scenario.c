#include "scenario/topology_scenario.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "report/json_file.h"
#include "rundir/run_dir.h"
#include "scenario/socket_probe.h"
#include "scenario/traced_exec.h"

enum { SOCKET_TIMEOUT_MS = 10000, BARE_ROUNDS = 4 };

enum host_check { T1, T2, T3, T4, T5, T6, T7, HOST_CHECKS };
static const char *const check_names[HOST_CHECKS] = {"T1", "T2", "T3", "T4", "T5", "T6", "T7"};

struct scenario_run {
    struct scenario_host host;
    unsigned rounds;               // that are over
    uint64_t took_ns[BARE_ROUNDS]; // of the bare ones
    struct socket_probe *probe;
    struct traced_exec *exec;
    char failure[HOST_CHECKS][256]; // the first of each check; empty: none
};

/* The numbers that a topology implies, from the fan-outs alone. */
struct expected {
    uint32_t hosts;      // in all
    uint32_t pod;        // hosts that share all indices above L3
    uint32_t supernode;  // hosts that share all indices above L4
    uint32_t pods;       // of a supernode
    uint32_t cluster;    // hosts that share all indices above L5
    uint32_t supernodes; // of a cluster
};

static uint32_t fanout_of(const struct topology *topology, enum level level)
{
    return topology->present[level] ? topology->fanout[level] : 1;
}

static struct expected expect(const struct topology *topology)
{
    struct expected expected = {0};

    if (!topology->present[LEVEL_HOST])
        return expected;
    expected.pod = fanout_of(topology, LEVEL_HOST);
    expected.pods = fanout_of(topology, LEVEL_POD);
    expected.supernode = expected.pod * expected.pods;
    expected.supernodes = fanout_of(topology, LEVEL_CLOS1);
    expected.cluster = expected.supernode * expected.supernodes;
    expected.hosts = expected.cluster * fanout_of(topology, LEVEL_CLOS2);
    return expected;
}

static uint32_t index_by_strides(const struct topology *topology, const uint32_t *index)
{
    uint32_t global = 0;

    for (int level = LEVEL_COUNT - 1; level >= LEVEL_HOST; level--)
        if (topology->present[level])
            global = global * topology->fanout[level] + index[level];
    return global;
}

static void host_fails(struct scenario_run *run, enum host_check check, uint32_t rank,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));
static void host_fails(struct scenario_run *run, enum host_check check, uint32_t rank,
                       const char *format, ...)
{
    char path[LIMIT_NODE_PATH], why[128];
    va_list args;

    if (run->failure[check][0])
        return;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    topology_path(run->host.topology, rank, path, sizeof path);
    snprintf(run->failure[check], sizeof run->failure[check], "%s: %s", path, why);
}

/* NULL when the file is not there or no JSON. */
static json_t *load(const struct scenario_run *run, uint32_t rank, const char *name)
{
    char dir[LIMIT_PATH], path[LIMIT_PATH + 64];
    struct error ignored;

    run_dir_node_path(run->host.topology, rank, dir, sizeof dir);
    snprintf(path, sizeof path, "%s/logs/%s", dir, name);
    return json_file_read(run->host.run_dir_fd, path, &ignored);
}

static bool number(const json_t *object, const char *key, uint32_t *out)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_integer(value))
        return false;
    *out = (uint32_t)json_integer_value(value);
    return true;
}

static bool number_is(const json_t *object, const char *key, uint32_t expected)
{
    uint32_t got;

    return number(object, key, &got) && got == expected;
}

static bool read_index(const json_t *coordinate, uint32_t index[LEVEL_COUNT])
{
    memset(index, 0, LEVEL_COUNT * sizeof *index);
    return number(coordinate, "l6", &index[LEVEL_CLOS2]) &&
           number(coordinate, "l5", &index[LEVEL_CLOS1]) &&
           number(coordinate, "l4", &index[LEVEL_POD]) &&
           number(coordinate, "l3", &index[LEVEL_HOST]);
}

/* Where the directory stands in the tree must be what the node says of itself. */
static bool coordinate_is(const struct topology *topology, uint32_t rank, const uint32_t *index)
{
    struct coord coord = topology_coord(topology, rank);

    for (int level = LEVEL_HOST; level <= LEVEL_CLOS2; level++)
        if (coord.index[level] != index[level])
            return false;
    return true;
}

static void check_identity(struct scenario_run *run, uint32_t rank, uint8_t *seen, uint32_t hosts)
{
    json_t *identity = load(run, rank, "identity.json");
    uint32_t index[LEVEL_COUNT] = {0}, global = hosts;

    if (!identity || !read_index(json_object_get(identity, "coordinate"), index) ||
        !coordinate_is(run->host.topology, rank, index))
        host_fails(run, T1, rank,
                   identity ? "identity.json has a wrong coordinate" : "there is no identity.json");
    if (!number(identity, "global_index", &global) || global >= hosts || seen[global]++)
        host_fails(run, T2, rank, "its global_index is missing, out of range or taken");
    if (!identity || index_by_strides(run->host.topology, index) != global)
        host_fails(run, T3, rank, "its global_index is not what the strides give");
    json_decref(identity);
}

/* A slow peer is not dead. */
static bool none_dead(const json_t *peers)
{
    const json_t *peer;
    size_t i;

    json_array_foreach(peers, i, peer)
    {
        const char *status = json_string_value(json_object_get(peer, "status"));

        if (!status || (strcmp(status, "live") != 0 && strcmp(status, "slow") != 0))
            return false;
    }
    return true;
}

static bool pods_add_up(const json_t *by_pod, const struct expected *expected)
{
    const char *name;
    json_t *count;
    uint32_t pods = 0;

    json_object_foreach((json_t *)by_pod, name, count)
    {
        if (json_integer_value(count) != (json_int_t)expected->pod)
            return false;
        pods++;
    }
    return pods == expected->pods;
}

static void check_discovery(struct scenario_run *run, uint32_t rank,
                            const struct expected *expected)
{
    json_t *discovery = load(run, rank, "discovery.json");
    const json_t *peers = json_object_get(discovery, "same_pod_peers");

    if (!number_is(discovery, "same_pod_count", expected->pod) ||
        json_array_size(peers) + 1 != expected->pod)
        host_fails(run, T4, rank, "it does not see %u hosts in its pod", expected->pod);
    if (!number_is(discovery, "same_supernode_total", expected->supernode) ||
        !pods_add_up(json_object_get(discovery, "same_supernode_peers_by_pod"), expected))
        host_fails(run, T5, rank, "it does not see %u hosts in %u pods of its supernode",
                   expected->supernode, expected->pods);
    if (!number_is(discovery, "cluster_total_hosts", expected->cluster) ||
        !number_is(discovery, "cluster_supernodes", expected->supernodes))
        host_fails(run, T6, rank, "it does not see %u hosts in %u supernodes of its cluster",
                   expected->cluster, expected->supernodes);
    if (!discovery || !none_dead(peers))
        host_fails(run, T7, rank, "it sees a dead peer");
    json_decref(discovery);
}

static void report_host_checks(struct scenario_run *run, const struct expected *expected)
{
    char detail[HOST_CHECKS][200];

    snprintf(detail[T1], sizeof detail[T1], "%u identity.json with the right coordinate",
             expected->hosts);
    snprintf(detail[T2], sizeof detail[T2], "global indices unique, 0..%u",
             expected->hosts ? expected->hosts - 1 : 0);
    snprintf(detail[T3], sizeof detail[T3], "global_index as the strides say");
    snprintf(detail[T4], sizeof detail[T4], "same_pod_count %u", expected->pod);
    snprintf(detail[T5], sizeof detail[T5], "same_supernode_total %u (%u pods of %u)",
             expected->supernode, expected->pods, expected->pod);
    snprintf(detail[T6], sizeof detail[T6], "cluster_total_hosts %u, cluster_supernodes %u",
             expected->cluster, expected->supernodes);
    snprintf(detail[T7], sizeof detail[T7], "no dead peer");
    for (int i = 0; i < HOST_CHECKS; i++)
        report_check(run->host.report, check_names[i], run->failure[i][0] == '\0', "%s",
                     run->failure[i][0] ? run->failure[i] : detail[i]);
}

static void check_hosts(struct scenario_run *run)
{
    const struct topology *topology = run->host.topology;
    const struct expected expected = expect(topology);
    uint8_t *seen = memory_new(expected.hosts, 1);
    uint32_t count;
    uint32_t first = topology_subtree(topology, 0, LEVEL_HOST, &count);

    for (uint32_t i = 0; i < count; i++) {
        check_identity(run, first + i, seen, expected.hosts);
        check_discovery(run, first + i, &expected);
    }
    if (count != expected.hosts)
        snprintf(run->failure[T1], sizeof run->failure[T1], "%u hosts instead of %u", count,
                 expected.hosts);
    free(seen);
    report_host_checks(run, &expected);
}

/* "16 L5, 64 L4": what came back, by level. */
static void check_round(struct scenario_run *run, const char *name,
                        const struct gather_result *result)
{
    const struct topology *topology = run->host.topology;
    char counts[200] = "";
    bool whole = result->missing == 0 && result->error[0] == '\0';

    for (int level = LEVEL_COUNT - 1; level >= 0; level--) {
        size_t used = strlen(counts);

        if (topology->present[level])
            snprintf(counts + used, sizeof counts - used, "%s%u L%d", used ? ", " : "",
                     result->count[level], level);
        whole &= result->count[level] == topology->count[level];
    }
    report_check(run->host.report, name, whole, "%s answered in %.3f ms%s%s", counts,
                 (double)result->took_ns / 1e6, result->error[0] ? "; " : "", result->error);
}

/* --- T9: a task for every node ---------------------------------------------------------------- */

static const char result_name[] = "topology.result";

/* How many tasks, submitted by their node's parent, were completed at each level. */
static void count_completions(const struct scenario_run *run, uint32_t count[LEVEL_COUNT])
{
    const struct topology *topology = run->host.topology;
    const struct evidence *evidence = traced_exec_evidence(run->exec);

    for (size_t i = 0; i < evidence->task_count; i++) {
        const struct seen_task *task = &evidence->tasks[i];

        if (!task->failed && task->submitter == topology_parent(topology, task->node))
            count[topology_level_of_rank(topology, task->node)]++;
    }
}

static bool t9(const void *subject, struct finding *finding)
{
    const struct scenario_run *run = subject;
    const struct topology *topology = run->host.topology;
    uint32_t count[LEVEL_COUNT] = {0};
    size_t used = 0;

    count_completions(run, count);
    for (int level = topology->top; level >= 0; level--) {
        char key[16];
        int64_t arrived;

        if (!topology->present[level])
            continue;
        snprintf(key, sizeof key, "L%d", level);
        result_number(run->host.run_dir_fd, result_name, key, &arrived);
        if (count[level] != topology->count[level] || arrived != topology->count[level])
            return found(finding, false,
                         "%u nodes of L%d completed their parent's task, %lld arrived at the top, "
                         "there are %u",
                         count[level], level, (long long)arrived, topology->count[level]);
        used += (size_t)snprintf(finding->text + used, sizeof finding->text - used, "%s%u L%d",
                                 used ? ", " : "", count[level], level);
    }
    snprintf(finding->text + used, sizeof finding->text - used, " completed their parents' tasks");
    return true;
}

static const struct exec_check dispatch_checks[] = {{"T9", t9}};

static void dispatch_done(void *arg)
{
    struct scenario_run *run = arg;

    traced_exec_report(run->exec, run->host.report, dispatch_checks, 1, run);
    run->host.finished(run->host.launcher);
}

static void start_dispatch(struct scenario_run *run)
{
    const struct traced_order order = {.kernel = "topology", .done = dispatch_done, .arg = run};

    unlinkat(run->host.run_dir_fd, result_name, 0);
    run->exec = traced_exec_start(&run->host, &order);
}

static void probe_done(void *arg, const struct probe_result *result)
{
    struct scenario_run *run = arg;

    report_check(run->host.report, "T8", result->asked == result->answered,
                 "%u of %u named sockets answer a heartbeat%s%s", result->answered, result->asked,
                 result->first_failure[0] ? "; " : "", result->first_failure);
    start_dispatch(run);
}

static void probe_sockets(struct scenario_run *run)
{
    const struct probe_config config = {
        .base = run->host.base,
        .topology = run->host.topology,
        .run_dir_fd = run->host.run_dir_fd,
        .logical_system = run->host.logical_system,
        .physical_system = run->host.physical_system,
        .timeout_ms = SOCKET_TIMEOUT_MS,
        .done = probe_done,
        .arg = run,
    };

    run->probe = socket_probe_start(&config);
}

static struct scenario_run *topology_start(const struct scenario_host *host)
{
    struct scenario_run *run = memory_new(1, sizeof *run);

    run->host = *host;
    host->gather(host->launcher, GATHER_COUNT);
    return run;
}

static int compare_times(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The first round warms the tree up; the check reports the median of the others. */
static void bare_round(struct scenario_run *run, const struct gather_result *result)
{
    struct gather_result median = *result;

    run->took_ns[run->rounds++] = result->took_ns;
    if (run->rounds < BARE_ROUNDS) {
        run->host.gather(run->host.launcher, GATHER_COUNT);
        return;
    }
    qsort(run->took_ns + 1, BARE_ROUNDS - 1, sizeof run->took_ns[0], compare_times);
    median.took_ns = run->took_ns[BARE_ROUNDS / 2];
    check_round(run, "round", &median);
    run->host.gather(run->host.launcher, GATHER_IDENTIFY);
}

static void topology_gathered(struct scenario_run *run, const struct gather_result *result)
{
    if (run->exec) {
        traced_exec_gathered(run->exec, result);
        return;
    }
    if (run->rounds < BARE_ROUNDS) {
        bare_round(run, result);
        return;
    }
    check_round(run, "identify", result);
    check_hosts(run);
    probe_sockets(run);
}

static void topology_kernel_done(struct scenario_run *run, int exit_code, const char *error)
{
    traced_exec_kernel_done(run->exec, exit_code, error);
}

static void topology_destroy(struct scenario_run *run)
{
    if (!run)
        return;
    traced_exec_destroy(run->exec);
    socket_probe_destroy(run->probe);
    free(run);
}

const struct scenario topology_scenario = {
    .name = "topology",
    .summary = "every node answers, every host knows who it is and whom it sees",
    .start = topology_start,
    .gathered = topology_gathered,
    .kernel_done = topology_kernel_done,
    .destroy = topology_destroy,
};

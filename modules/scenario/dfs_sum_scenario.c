/* Each host reads a file of numbers, and they are added on the way up, column by column. */

#include "scenario/dfs_sum_scenario.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "scenario/number_files.h"
#include "scenario/traced_exec.h"

static const char result_name[] = "dfs-sum.result";

/* What a host says that it has read. */
struct host_read {
    uint64_t index, l6, l5, l4, l3, device, inode, numbers;
};

struct scenario_run {
    struct scenario_host host;
    struct number_files *files;
    struct traced_exec *exec;
    uint32_t first_host, hosts;
    int64_t sums[NUMBER_COLUMNS];
    unsigned columns; // that arrived
    struct host_read *reads;
    uint32_t read_count;
};

/* --- what arrived at the top ------------------------------------------------------------------ */

static void read_line(struct scenario_run *run, const char *line)
{
    struct host_read read;
    unsigned column;
    int64_t sum;

    if (sscanf(line, "column %u %" SCNd64, &column, &sum) == 2 && column == run->columns &&
        column < NUMBER_COLUMNS)
        run->sums[run->columns++] = sum;
    else if (sscanf(line,
                    "read %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                    " %" SCNu64 " %" SCNu64,
                    &read.index, &read.l6, &read.l5, &read.l4, &read.l3, &read.device, &read.inode,
                    &read.numbers) == 8 &&
             run->read_count < run->hosts)
        run->reads[run->read_count++] = read;
}

static void read_result(struct scenario_run *run)
{
    int fd = openat(run->host.run_dir_fd, result_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    char line[256];

    run->reads = memory_new(run->hosts, sizeof *run->reads);
    while (file && fgets(line, sizeof line, file))
        read_line(run, line);
    if (file)
        fclose(file);
    else if (fd >= 0)
        close(fd);
}

/* --- the checks ------------------------------------------------------------------------------- */

static bool s1(const void *subject, struct finding *finding)
{
    const struct scenario_run *run = subject;

    if (run->columns != NUMBER_COLUMNS)
        return found(finding, false, "%u of %d columns arrived at the top", run->columns,
                     NUMBER_COLUMNS);
    for (unsigned i = 0; i < NUMBER_COLUMNS; i++)
        if (run->sums[i] != number_files_sum(run->files, i))
            return found(finding, false, "column %u has the sum %" PRId64 " instead of %" PRId64, i,
                         run->sums[i], number_files_sum(run->files, i));
    return found(finding, true, "%d columns have the sums of %u files (%u made now)",
                 NUMBER_COLUMNS, run->hosts, number_files_made(run->files));
}

static bool s2(const void *subject, struct finding *finding)
{
    const struct scenario_run *run = subject;
    int64_t total = 0, expected = 0;

    for (unsigned i = 0; i < NUMBER_COLUMNS; i++) {
        total += i < run->columns ? run->sums[i] : 0;
        expected += number_files_sum(run->files, i);
    }
    return found(finding, run->columns && total == expected,
                 "the total is %" PRId64 ", %" PRId64 " expected", total, expected);
}

static bool s3(const void *subject, struct finding *finding)
{
    const struct scenario_run *run = subject;
    const struct topology *topology = run->host.topology;
    const struct evidence *evidence = traced_exec_evidence(run->exec);
    uint32_t *adds = memory_new(topology->node_count, sizeof *adds), total = 0, wrong = RANK_NONE,
             children;
    char path[LIMIT_NODE_PATH];

    for (size_t i = 0; i < evidence->task_count; i++) {
        const struct seen_task *task = &evidence->tasks[i];

        if (strncmp(task->kernel, "dfs_add_l", 9) == 0 && task->submitter == task->node &&
            !task->failed)
            adds[task->node]++;
    }
    for (uint32_t rank = 0; rank < run->first_host; rank++) {
        topology_children(topology, rank, &children);
        total += adds[rank];
        if (adds[rank] + 1 != children && wrong == RANK_NONE)
            wrong = rank;
    }
    if (wrong == RANK_NONE) {
        free(adds);
        return found(finding, true, "%u additions: n - 1 at each node with n children", total);
    }
    topology_children(topology, wrong, &children);
    topology_path(topology, wrong, path, sizeof path);
    found(finding, false, "%s has %u children and ran %u additions", path, children, adds[wrong]);
    free(adds);
    return false;
}

/* The host that says it; RANK_NONE when there is none of these indices. */
static uint32_t reader_of(const struct topology *topology, const struct host_read *read)
{
    struct coord coord = {.index = {[LEVEL_CLOS2] = (uint16_t)read->l6,
                                    [LEVEL_CLOS1] = (uint16_t)read->l5,
                                    [LEVEL_POD] = (uint16_t)read->l4,
                                    [LEVEL_HOST] = (uint16_t)read->l3},
                          .level = LEVEL_HOST};

    return topology_has(topology, &coord) ? topology_rank(topology, &coord) : RANK_NONE;
}

static bool read_own_file(const struct scenario_run *run, const struct host_read *read,
                          struct finding *finding)
{
    uint32_t host = reader_of(run->host.topology, read), own = host - run->first_host;
    char path[LIMIT_NODE_PATH];
    uint64_t device, inode;

    if (host == RANK_NONE)
        return found(finding, false, "a host read L3_%" PRIu64 " that is not in the topology",
                     read->index);
    topology_path(run->host.topology, host, path, sizeof path);
    if (read->index != own)
        return found(finding, false, "%s read the file of host %" PRIu64 ", it is host %u", path,
                     read->index, own);
    if (!number_files_identity(run->files, own, &device, &inode) || device != read->device ||
        inode != read->inode)
        return found(finding, false, "%s opened another file than its own", path);
    return found(finding, read->numbers == NUMBER_COLUMNS, "%s read %" PRIu64 " numbers", path,
                 read->numbers);
}

static bool read_elsewhere(const struct scenario_run *run, uint32_t node, struct finding *finding)
{
    char path[LIMIT_NODE_PATH];

    topology_path(run->host.topology, node, path, sizeof path);
    return found(finding, false, "%s read a file, which is no host", path);
}

static bool each_once(const struct scenario_run *run, struct finding *finding)
{
    const struct evidence *evidence = traced_exec_evidence(run->exec);
    uint32_t *count = memory_new(run->hosts, sizeof *count);
    bool once = true;

    for (size_t i = 0; once && i < evidence->task_count; i++) {
        const struct seen_task *task = &evidence->tasks[i];

        if (strcmp(task->kernel, "dfs_read") != 0)
            continue;
        if (topology_level_of_rank(run->host.topology, task->node) == LEVEL_HOST)
            count[task->node - run->first_host]++;
        else
            once = read_elsewhere(run, task->node, finding);
    }
    for (uint32_t i = 0; once && i < run->hosts; i++)
        once = count[i] == 1 || found(finding, false, "host %u read %u files", i, count[i]);
    free(count);
    return once;
}

static bool s4(const void *subject, struct finding *finding)
{
    const struct scenario_run *run = subject;

    if (run->read_count != run->hosts)
        return found(finding, false, "%u of %u hosts said what they read", run->read_count,
                     run->hosts);
    if (!each_once(run, finding))
        return false;
    for (uint32_t i = 0; i < run->read_count; i++)
        if (!read_own_file(run, &run->reads[i], finding))
            return false;
    return found(finding, true, "%u hosts each read their own file, by its inode, and no other",
                 run->hosts);
}

static const struct exec_check checks[] = {{"S1", s1}, {"S2", s2}, {"S3", s3}, {"S4", s4}};

/* --- the scenario ----------------------------------------------------------------------------- */

static void exec_done(void *arg)
{
    struct scenario_run *run = arg;

    read_result(run);
    traced_exec_report(run->exec, run->host.report, checks, sizeof checks / sizeof *checks, run);
    run->host.finished(run->host.launcher);
}

static void files_done(void *arg, const char *error)
{
    struct scenario_run *run = arg;
    const struct traced_order order = {.kernel = "dfs_sum", .done = exec_done, .arg = run};

    if (error) {
        report_check(run->host.report, "files", false, "%s", error);
        run->host.finished(run->host.launcher);
        return;
    }
    unlinkat(run->host.run_dir_fd, result_name, 0);
    run->exec = traced_exec_start(&run->host, &order);
}

static struct scenario_run *dfs_sum_start(const struct scenario_host *host)
{
    struct scenario_run *run = memory_new(1, sizeof *run);
    const struct number_files_config config = {.base = host->base,
                                               .dir = host->dfs_dir,
                                               .hosts = host->topology->count[LEVEL_HOST],
                                               .seed = host->seed,
                                               .done = files_done,
                                               .arg = run};

    run->host = *host;
    run->first_host = host->topology->first_rank[LEVEL_HOST];
    run->hosts = host->topology->count[LEVEL_HOST];
    if (scenario_has_pods(host))
        run->files = number_files_prepare(&config);
    return run;
}

static void dfs_sum_gathered(struct scenario_run *run, const struct gather_result *result)
{
    traced_exec_gathered(run->exec, result);
}

static void dfs_sum_kernel_done(struct scenario_run *run, int exit_code, const char *error)
{
    traced_exec_kernel_done(run->exec, exit_code, error);
}

static void dfs_sum_destroy(struct scenario_run *run)
{
    if (!run)
        return;
    traced_exec_destroy(run->exec);
    number_files_destroy(run->files);
    free(run->reads);
    free(run);
}

const struct scenario dfs_sum_scenario = {
    .name = "dfs-sum",
    .summary = "each host reads a file of numbers, they are added level by level",
    .start = dfs_sum_start,
    .gathered = dfs_sum_gathered,
    .kernel_done = dfs_sum_kernel_done,
    .destroy = dfs_sum_destroy,
};

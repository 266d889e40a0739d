/* Five tasks in every pod, two of which wait for one and one for two: who computed what, from where
 * it came and when it was forgotten. A pod is a node whose children are hosts. */

#include "scenario/dag_scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "scenario/traced_exec.h"

enum { ELEMENTS = 1024, POD_TASKS = 5 };
enum { T0, T1, T2, T3, T4 };
static const char result_name[] = "dag.result";

/* What a pod's tasks left on its hosts. */
struct pod {
    uint32_t rank;
    uint32_t first_host, hosts;
    const struct seen_task *tasks[POD_TASKS]; // t0 to t4; NULL: not seen
    uint32_t count;                           // that it submitted to its hosts
};

struct scenario_run {
    struct scenario_host host;
    struct traced_exec *exec;
    enum level pod_level;
    struct pod *pods;
    uint32_t pod_count, first_pod;
    uint32_t chips;   // of a host
    int64_t elements; // of a pod's vectors
};

/* --- who was what ----------------------------------------------------------------------------- */

static bool is(const struct seen_task *task, const char *kernel)
{
    size_t size = strlen(kernel);

    return strncmp(task->kernel, kernel, size) == 0 &&
           (task->kernel[size] == '\0' || strcmp(task->kernel + size, "_split") == 0);
}

/* Of two tasks of one kind the first that was submitted has the lower id. */
static void put_pair(struct pod *pod, int first, int second, const struct seen_task *task)
{
    if (!pod->tasks[first]) {
        pod->tasks[first] = task;
    } else if (task->id > pod->tasks[first]->id) {
        pod->tasks[second] = task;
    } else {
        pod->tasks[second] = pod->tasks[first];
        pod->tasks[first] = task;
    }
}

static void put_task(struct pod *pod, const struct seen_task *task)
{
    pod->count++;
    if (is(task, "dag_add"))
        put_pair(pod, T0, T4, task);
    else if (is(task, "dag_add_scalar"))
        put_pair(pod, T1, T2, task);
    else if (is(task, "dag_mul"))
        pod->tasks[T3] = task;
}

static void find_pods(struct scenario_run *run)
{
    const struct topology *topology = run->host.topology;
    const struct evidence *evidence = traced_exec_evidence(run->exec);

    run->first_pod = topology->first_rank[run->pod_level];
    run->pod_count = topology->count[run->pod_level];
    run->pods = memory_new(run->pod_count, sizeof *run->pods);
    for (uint32_t i = 0; i < run->pod_count; i++) {
        struct pod *pod = &run->pods[i];

        pod->rank = run->first_pod + i;
        pod->first_host = topology_children(topology, pod->rank, &pod->hosts);
    }
    for (size_t i = 0; i < evidence->task_count; i++) {
        const struct seen_task *task = &evidence->tasks[i];

        if (task->submitter >= run->first_pod && task->submitter < run->first_pod + run->pod_count)
            put_task(&run->pods[task->submitter - run->first_pod], task);
    }
    run->chips = topology->present[LEVEL_CHIP] ? topology->fanout[LEVEL_CHIP] : 0;
    run->elements = ELEMENTS;
    while (run->chips && run->elements % run->chips)
        run->elements++;
}

/* "L6_0/L5_1/L4_0", valid until the next call. */
static const char *path_of(const struct scenario_run *run, uint32_t rank)
{
    static char path[LIMIT_NODE_PATH];

    topology_path(run->host.topology, rank, path, sizeof path);
    return path;
}

static bool all_seen(const struct scenario_run *run, const struct pod *pod, struct finding *finding)
{
    for (int i = 0; i < POD_TASKS; i++)
        if (!pod->tasks[i])
            return found(finding, false, "%s: nobody ran t%d", path_of(run, pod->rank), i);
    return true;
}

/* --- the checks ------------------------------------------------------------------------------- */

static bool d1(const void *subject, struct finding *finding)
{
    const struct scenario_run *run = subject;
    int64_t elements, error;

    if (!result_number(run->host.run_dir_fd, result_name, "elements", &elements) || elements <= 0 ||
        !result_number(run->host.run_dir_fd, result_name, "largest_error", &error))
        return found(finding, false, "no pod's result arrived at the top");
    return found(finding, error == 0, "f[i] = 9i^2 + 12i + 2 for %lld elements; largest error %lld",
                 (long long)elements, (long long)error);
}

/* Which of its pod's tasks made that input; -1: none. */
static int producer_of(const struct pod *pod, const struct seen_input *input)
{
    for (int i = 0; input->has_producer && i < POD_TASKS; i++)
        if (pod->tasks[i]->depth == input->producer_depth &&
            pod->tasks[i]->id == input->producer_id)
            return i;
    return -1;
}

/* The tasks of which each is to read, in the order of its inputs; NOBODY: the pod's own data. */
enum { NOBODY = -1 };
static const struct reads {
    uint32_t count;
    int of[2];
} reads[POD_TASKS] = {
    [T0] = {2, {NOBODY, NOBODY}}, [T1] = {1, {T0}},     [T2] = {1, {T0}},
    [T3] = {2, {T1, T2}},         [T4] = {2, {T3, T0}},
};

static bool inputs_fit(const struct scenario_run *run, const struct pod *pod, int number,
                       uint32_t *remote, struct finding *finding)
{
    const struct seen_task *task = pod->tasks[number];

    if (task->input_count != reads[number].count)
        return found(finding, false, "%s: t%d has %u inputs instead of %u", path_of(run, pod->rank),
                     number, task->input_count, reads[number].count);
    for (uint32_t i = 0; i < task->input_count; i++) {
        const struct seen_input *input = &task->inputs[i];
        int producer = reads[number].of[i];

        if (producer_of(pod, input) != producer)
            return found(finding, false, "%s: t%d's input %u is of another task than it should be",
                         path_of(run, pod->rank), number, i);
        if (producer == NOBODY)
            continue;
        if (input->remote != (pod->tasks[producer]->node != task->node))
            return found(finding, false, "%s: t%d's input of t%d was %s", path_of(run, pod->rank),
                         number, producer, input->remote ? "remote" : "local");
        *remote += input->remote;
    }
    return true;
}

static bool d2(const void *subject, struct finding *finding)
{
    static const uint32_t host_of[POD_TASKS] = {0, 1, 2, 3, 0};
    const struct scenario_run *run = subject;
    uint32_t remote[POD_TASKS] = {0};

    for (uint32_t i = 0; i < run->pod_count; i++) {
        const struct pod *pod = &run->pods[i];

        if (!all_seen(run, pod, finding))
            return false;
        for (int t = 0; t < POD_TASKS; t++) {
            if (pod->tasks[t]->node != pod->first_host + host_of[t] % pod->hosts)
                return found(finding, false, "t%d ran on %s", t, path_of(run, pod->tasks[t]->node));
            if (!inputs_fit(run, pod, t, &remote[t], finding))
                return false;
        }
    }
    return found(finding, true, "remote inputs in %u pods: %u of t1, %u of t2, %u of t3, %u of t4",
                 run->pod_count, remote[T1], remote[T2], remote[T3], remote[T4]);
}

static bool d3(const void *subject, struct finding *finding)
{
    const struct scenario_run *run = subject;

    for (uint32_t i = 0; i < run->pod_count; i++) {
        const struct pod *pod = &run->pods[i];
        const struct seen_task *t3 = pod->tasks[T3];

        if (!all_seen(run, pod, finding))
            return false;
        if (t3->input_count != 2 || producer_of(pod, &t3->inputs[0]) != T1 ||
            producer_of(pod, &t3->inputs[1]) != T2)
            return found(finding, false, "%s: t3 has %u inputs, of other tasks than t1 and t2",
                         path_of(run, pod->rank), t3->input_count);
        if (t3->started_us < pod->tasks[T1]->ended_us || t3->started_us < pod->tasks[T2]->ended_us)
            return found(finding, false, "%s: t3 began before t1 and t2 had ended",
                         path_of(run, pod->rank));
    }
    return found(finding, true, "t3 read what t1 and t2 made, and nothing else");
}

/* True when the task's output was retired where it was made, in the pod's layer of that depth. */
static bool retired_in(const struct scenario_run *run, const struct seen_task *task, unsigned depth)
{
    const struct evidence *evidence = traced_exec_evidence(run->exec);

    for (size_t i = 0; i < evidence->exit_count; i++) {
        const struct seen_exit *retired = &evidence->exits[i];

        if (retired->node != task->node || retired->level != run->pod_level ||
            retired->depth != depth)
            continue;
        for (uint32_t k = 0; k < retired->count; k++)
            if (task->output_count == 1 && retired->handles[k] == task->outputs[0])
                return true;
    }
    return false;
}

static bool d4(const void *subject, struct finding *finding)
{
    const struct scenario_run *run = subject;

    for (uint32_t i = 0; i < run->pod_count; i++) {
        const struct pod *pod = &run->pods[i];

        if (!all_seen(run, pod, finding))
            return false;
        for (int t = T1; t <= T3; t++)
            if (!retired_in(run, pod->tasks[t], 1))
                return found(finding, false,
                             "%s: the inner scope's end did not retire t%d's output",
                             path_of(run, pod->tasks[t]->node), t);
    }
    return found(finding, true,
                 "d, e and g were retired by the inner scope's end, where they were made");
}

static bool d5(const void *subject, struct finding *finding)
{
    const struct scenario_run *run = subject;

    for (uint32_t i = 0; i < run->pod_count; i++) {
        const struct pod *pod = &run->pods[i];

        if (!all_seen(run, pod, finding))
            return false;
        if (retired_in(run, pod->tasks[T0], 1) || !retired_in(run, pod->tasks[T0], 0))
            return found(finding, false, "%s: c was %s", path_of(run, pod->tasks[T0]->node),
                         retired_in(run, pod->tasks[T0], 1) ? "retired by the inner scope"
                                                            : "never retired");
    }
    return found(finding, true, "c outlived the inner scope and was retired with the activation");
}

static bool d6(const void *subject, struct finding *finding)
{
    const struct scenario_run *run = subject;
    const struct evidence *evidence = traced_exec_evidence(run->exec);
    uint32_t tasks = 0, chip_tasks = 0, expected = POD_TASKS * run->pod_count;

    for (size_t i = 0; i < evidence->task_count; i++) {
        enum level level = topology_level_of_rank(run->host.topology, evidence->tasks[i].node);

        tasks += level == LEVEL_HOST && !evidence->tasks[i].failed;
        chip_tasks += level == LEVEL_CHIP && !evidence->tasks[i].failed;
    }
    for (uint32_t i = 0; i < run->pod_count; i++)
        if (run->pods[i].count != POD_TASKS)
            return found(finding, false, "%s: %u tasks instead of %d",
                         path_of(run, run->pods[i].rank), run->pods[i].count, POD_TASKS);
    return found(finding, tasks == expected && chip_tasks == expected * run->chips,
                 "%u tasks completed on hosts (%u pods), %u on chips", tasks, run->pod_count,
                 chip_tasks);
}

static int64_t sum_of(int64_t elements)
{
    int64_t sum = 0;

    for (int64_t i = 0; i < elements; i++)
        sum += 9 * i * i + 12 * i + 2;
    return sum;
}

/* Every node from the pods to just below the top handed one tensor up. */
static bool handed_up(const struct scenario_run *run, struct finding *finding)
{
    const struct evidence *evidence = traced_exec_evidence(run->exec);
    uint32_t expected = run->first_pod + run->pod_count - 1,
             seen = 0; // ranks go by level: all but the top

    for (size_t i = 0; i < evidence->task_count; i++) {
        const struct seen_task *task = &evidence->tasks[i];

        seen += task->node > 0 && task->node < run->first_pod + run->pod_count &&
                task->output_count == 1 && !task->failed;
    }
    return found(finding, seen == expected, "%u of %u nodes above the hosts handed a result up",
                 seen, expected);
}

static bool d7(const void *subject, struct finding *finding)
{
    const struct scenario_run *run = subject;
    int64_t elements, sum, all = run->elements * run->pod_count,
                           expected = sum_of(run->elements) * run->pod_count;

    if (!handed_up(run, finding))
        return false;
    result_number(run->host.run_dir_fd, result_name, "elements", &elements);
    result_number(run->host.run_dir_fd, result_name, "sum", &sum);
    return found(finding, elements == all && sum == expected,
                 "%lld elements arrived, sum %lld; %lld and %lld expected", (long long)elements,
                 (long long)sum, (long long)all, (long long)expected);
}

static const struct exec_check checks[] = {
    {"D1", d1}, {"D2", d2}, {"D3", d3}, {"D4", d4}, {"D5", d5}, {"D6", d6}, {"D7", d7},
};

/* --- the scenario ----------------------------------------------------------------------------- */

static void exec_done(void *arg)
{
    struct scenario_run *run = arg;

    find_pods(run);
    traced_exec_report(run->exec, run->host.report, checks, sizeof checks / sizeof *checks, run);
    run->host.finished(run->host.launcher);
}

static struct scenario_run *dag_start(const struct scenario_host *host)
{
    struct scenario_run *run = memory_new(1, sizeof *run);
    const struct traced_order order = {.kernel = "dag", .done = exec_done, .arg = run};

    run->host = *host;
    if (!scenario_has_pods(host))
        return run;
    run->pod_level = (enum level)topology_level_above(host->topology, LEVEL_HOST);
    unlinkat(host->run_dir_fd, result_name, 0);
    run->exec = traced_exec_start(host, &order);
    return run;
}

static void dag_gathered(struct scenario_run *run, const struct gather_result *result)
{
    traced_exec_gathered(run->exec, result);
}

static void dag_kernel_done(struct scenario_run *run, int exit_code, const char *error)
{
    traced_exec_kernel_done(run->exec, exit_code, error);
}

static void dag_destroy(struct scenario_run *run)
{
    if (!run)
        return;
    traced_exec_destroy(run->exec);
    free(run->pods);
    free(run);
}

const struct scenario dag_scenario = {
    .name = "dag",
    .summary = "in each pod a graph of five tasks, results checked element by element",
    .start = dag_start,
    .gathered = dag_gathered,
    .kernel_done = dag_kernel_done,
    .destroy = dag_destroy,
};

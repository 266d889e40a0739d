/* Small rings, filled and drained at every level: ring_checks.h says what must hold. The program
 * runs twice; then a host is given one that can never go on. */

#include "scenario/ring_stress_scenario.h"

#include <stdlib.h>
#include <string.h>

#include "base/exit_code.h"
#include "base/memory.h"
#include "scenario/ring_checks.h"
#include "topo/ring_layout.h"

enum { BLOCK = 4096, SCALARS = 6, DEADLOCK_MS_MAX = 5000 };

/* What the rings are for this scenario, unless the run has less. */
static const struct ring_capacity wanted[LEVEL_COUNT] = {
    [LEVEL_HOST] = {8, 8 * BLOCK},  [LEVEL_POD] = {4, 4 * BLOCK},    [LEVEL_CLOS1] = {4, 4 * BLOCK},
    [LEVEL_CLOS2] = {2, 2 * BLOCK}, [LEVEL_GLOBAL] = {2, 2 * BLOCK},
};

enum step { STEP_SHRINK, STEP_FIRST, STEP_SECOND, STEP_DEADLOCK, STEP_GROW };

struct scenario_run {
    struct scenario_host host;
    enum step step;
    bool shrunk;                             // all nodes did
    struct ring_capacity rings[LEVEL_COUNT]; // that are used
    uint64_t scalars[SCALARS];
    struct traced_exec *first, *second, *deadlock;
};

static struct traced_exec *current(const struct scenario_run *run)
{
    return run->step == STEP_FIRST    ? run->first
           : run->step == STEP_SECOND ? run->second
                                      : run->deadlock;
}

static void step_done(void *arg);

static struct traced_exec *start_exec(struct scenario_run *run, const char *kernel, bool exactly,
                                      uint32_t rank)
{
    const struct traced_order order = {.kernel = kernel,
                                       .exactly = exactly,
                                       .rank = rank,
                                       .scalars = run->scalars,
                                       .count = SCALARS,
                                       .done = step_done,
                                       .arg = run};

    return traced_exec_start(&run->host, &order);
}

static void begin_step(struct scenario_run *run, enum step step)
{
    run->step = step;
    switch (step) {
    case STEP_SHRINK:
        run->host.set_rings(run->host.launcher, run->rings);
        break;
    case STEP_FIRST:
        run->first = start_exec(run, "ring_stress", false, 0);
        break;
    case STEP_SECOND:
        run->second = start_exec(run, "ring_stress", false, 0);
        break;
    case STEP_DEADLOCK:
        run->deadlock =
            start_exec(run, "ring_deadlock", true, run->host.topology->first_rank[LEVEL_HOST]);
        break;
    case STEP_GROW:
        run->host.set_rings(run->host.launcher, NULL);
        break;
    }
}

static void step_done(void *arg)
{
    struct scenario_run *run = arg;

    begin_step(run, run->step + 1);
}

/* --- judgement -------------------------------------------------------------------------------- */

static void check_deadlock(const struct scenario_run *run)
{
    uint64_t ms = traced_exec_took_us(run->deadlock) / 1000;
    bool proven = traced_exec_exit_code(run->deadlock) == EXIT_DEADLOCK && ms < DEADLOCK_MS_MAX;

    report_check(run->host.report, "deadlock", proven,
                 "one task more than slots in one scope: exit code %d after %ju ms: %s",
                 traced_exec_exit_code(run->deadlock), (uintmax_t)ms,
                 traced_exec_error(run->deadlock));
}

static void judge(struct scenario_run *run)
{
    const struct ring_subject subject = {
        .topology = run->host.topology,
        .rings = run->rings,
        .block = run->scalars[0],
        .first = traced_exec_evidence(run->first),
        .second = traced_exec_evidence(run->second),
        .pod_level = (enum level)topology_level_above(run->host.topology, LEVEL_HOST),
    };

    traced_exec_report(run->first, run->host.report, ring_checks, ring_check_count, &subject);
    check_deadlock(run);
}

/* What one step says is not said again by the next. */
static bool rings_changed(struct scenario_run *run, const struct gather_result *result)
{
    bool whole = result->missing == 0 && result->error[0] == '\0';

    if (!whole && (run->step == STEP_SHRINK || run->shrunk))
        report_check(run->host.report, "rings", false, "%u nodes did not change their rings%s%s",
                     result->missing, result->error[0] ? "; " : "", result->error);
    return whole;
}

static void ring_stress_gathered(struct scenario_run *run, const struct gather_result *result)
{
    if (run->step != STEP_SHRINK && run->step != STEP_GROW) {
        traced_exec_gathered(current(run), result);
        return;
    }
    if (run->step == STEP_SHRINK) {
        run->shrunk = rings_changed(run, result);
        begin_step(run, run->shrunk ? STEP_FIRST : STEP_GROW);
        return;
    }
    rings_changed(run, result);
    if (run->shrunk)
        judge(run);
    run->host.finished(run->host.launcher);
}

/* --- the scenario ----------------------------------------------------------------------------- */

static void choose_rings(struct scenario_run *run)
{
    const struct topology *topology = run->host.topology;

    run->scalars[0] = BLOCK;
    for (int level = LEVEL_HOST; level < LEVEL_COUNT; level++) {
        struct ring_capacity *rings = &run->rings[level];

        *rings = wanted[level];
        if (topology->present[level] && ring_slots(topology, (enum level)level) < rings->slots)
            rings->slots = ring_slots(topology, (enum level)level);
        if (topology->present[level] && ring_bytes(topology, (enum level)level) < rings->bytes)
            rings->bytes = ring_bytes(topology, (enum level)level);
        if (rings->bytes / rings->slots < run->scalars[0])
            run->scalars[0] = rings->bytes / rings->slots / 64 * 64;
        run->scalars[1 + level - LEVEL_HOST] = rings->slots;
    }
    for (int level = LEVEL_HOST; level < LEVEL_COUNT; level++)
        run->rings[level].bytes = run->rings[level].slots * run->scalars[0];
}

static struct scenario_run *ring_stress_start(const struct scenario_host *host)
{
    struct scenario_run *run = memory_new(1, sizeof *run);

    run->host = *host;
    choose_rings(run);
    if (scenario_has_pods(host))
        begin_step(run, STEP_SHRINK);
    return run;
}

static void ring_stress_kernel_done(struct scenario_run *run, int exit_code, const char *error)
{
    traced_exec_kernel_done(current(run), exit_code, error);
}

static void ring_stress_destroy(struct scenario_run *run)
{
    if (!run)
        return;
    traced_exec_destroy(run->first);
    traced_exec_destroy(run->second);
    traced_exec_destroy(run->deadlock);
    free(run);
}

const struct scenario ring_stress_scenario = {
    .name = "ring-stress",
    .summary = "small rings filled and drained at every level, and the invariants of rings",
    .start = ring_stress_start,
    .gathered = ring_stress_gathered,
    .kernel_done = ring_stress_kernel_done,
    .destroy = ring_stress_destroy,
};

#include "scenario/ring_checks.h"

#include <stdio.h>
#include <string.h>

#include "scenario/ring_checks_internal.h"

/* --- R1, R2, R7: a host's own rings ----------------------------------------------------------- */

static bool slots_full(const struct ring_subject *subject, const struct seen_layer *layer)
{
    uint32_t slots = subject->rings[layer->level].slots;

    return layer->task_used == slots && layer->task_capacity == slots;
}

/* Also its bytes, where the tasks are for the node itself. */
static bool is_full(const struct ring_subject *subject, const struct seen_layer *layer)
{
    return slots_full(subject, layer) &&
           layer->buffer_used == subject->rings[layer->level].slots * subject->block;
}

static bool is_empty(const struct seen_layer *layer)
{
    return layer->task_used == 0 && layer->buffer_used == 0;
}

static const char *look_r1(const struct ring_subject *subject, const struct seen_snapshot *begin)
{
    static const char *const labels[] = {"R1 full", "R1 empty", "R1 full again", "R1 empty again"};
    struct seen_layer before = snapshot_own(subject, begin, 1);

    for (int i = 0; i < 4; i++) {
        const struct seen_snapshot *at = snapshot_later(subject->first, begin, labels[i]);
        struct seen_layer layer;

        if (!at)
            return "it did not get to the end of R1";
        layer = snapshot_own(subject, at, 1);
        if (i % 2 == 0 && !is_full(subject, &layer))
            return "as many tasks as slots do not fill its ring";
        if (i % 2 && !is_empty(&layer))
            return "the scope's end did not empty its ring";
        if (layer.blocks != before.blocks)
            return "a submitter waited although there was room";
    }
    return NULL;
}

static bool r1(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct ring_walk walk = {"R1 begin", LEVEL_HOST, look_r1};
    uint32_t runs;

    return ring_walk_all(subject, &walk, &runs, finding) &&
           found(finding, true,
                 "%u tasks of %ju bytes fill a ring, the scope's end empties it, %u more fit; %u "
                 "runs",
                 subject->rings[LEVEL_HOST].slots, (uintmax_t)subject->block,
                 subject->rings[LEVEL_HOST].slots, runs);
}

static const char *look_r2(const struct ring_subject *subject, const struct seen_snapshot *begin)
{
    const struct seen_snapshot *inner = snapshot_later(subject->first, begin, "R2 inner ended");
    const struct seen_snapshot *outer = snapshot_later(subject->first, begin, "R2 outer ended");
    uint32_t slots = subject->rings[LEVEL_HOST].slots;
    struct seen_layer one, two, before = snapshot_own(subject, begin, 2);

    if (!inner || !outer)
        return "it did not get to the end of R2";
    one = snapshot_own(subject, inner, 1);
    two = snapshot_own(subject, inner, 2);
    if (!is_empty(&two) || one.task_used != slots / 2)
        return "after the inner scope's end the inner ring is not empty, or the outer one lost "
               "tasks";
    if (two.scope_tokens - before.scope_tokens != slots - 2 || two.frees - before.frees != 2 ||
        two.tokens - before.tokens != slots)
        return "the tokens are not two by free and all others by the scope's end";
    one = snapshot_own(subject, outer, 1);
    two = snapshot_own(subject, outer, 2);
    return is_empty(&one) && is_empty(&two) ? NULL
                                            : "after the outer scope's end a ring is not empty";
}

static bool r2(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct ring_walk walk = {"R2 begin", LEVEL_HOST, look_r2};
    uint32_t runs, slots = subject->rings[LEVEL_HOST].slots;

    return ring_walk_all(subject, &walk, &runs, finding) &&
           found(finding, true,
                 "outer %u, inner %u: %u tokens by the inner scope's end, 2 by free; the outer %u "
                 "stay; %u runs",
                 slots / 2, slots, slots - 2, slots / 2, runs);
}

static const char *look_r7(const struct ring_subject *subject, const struct seen_snapshot *begin)
{
    const struct seen_snapshot *full = snapshot_later(subject->first, begin, "R7 full");
    const struct seen_snapshot *more = snapshot_later(subject->first, begin, "R7 one more");
    const struct seen_snapshot *empty = snapshot_later(subject->first, begin, "R7 empty");
    struct seen_layer before = snapshot_own(subject, begin, 1), layer;

    if (!full || !more || !empty)
        return "it did not get to the end of R7";
    layer = snapshot_own(subject, full, 1);
    if (!is_full(subject, &layer) || layer.blocks != before.blocks)
        return "a submitter waited before the ring was full";
    layer = snapshot_own(subject, more, 1);
    if (layer.blocks != before.blocks + 1 || layer.retires != before.retires + 1 ||
        !is_full(subject, &layer))
        return "one task more did not wait once, until one had retired";
    if (layer.frees != before.frees + 1)
        return "a tensor that was freed twice did not count once";
    for (unsigned depth = 0; depth < RING_CHECK_DEPTHS; depth++) {
        layer = snapshot_own(subject, empty, depth);
        if (!is_empty(&layer))
            return "use did not return to 0";
    }
    return NULL;
}

static bool r7(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct ring_walk walk = {"R7 begin", LEVEL_HOST, look_r7};
    uint32_t runs, slots = subject->rings[LEVEL_HOST].slots;

    return ring_walk_all(subject, &walk, &runs, finding) &&
           found(finding, true,
                 "%u tasks never wait, one more waits once; freed twice counts once; use returns "
                 "to 0; %u runs",
                 slots, runs);
}

/* --- R3, R4, R5: several levels --------------------------------------------------------------- */

/* While the task ran, its host's ring drained; when it had ended, its pod's ring was still full,
 * and drained later. */
static const char *look_r3(const struct ring_subject *subject, const struct seen_task *task)
{
    const struct seen_snapshot *host =
        snapshot_since(subject->first, task->node, task->started_us, "R7 empty");
    const struct seen_snapshot *done =
        snapshot_since(subject->first, task->submitter, task->ended_us, "R3 children done");
    const struct seen_snapshot *drained =
        snapshot_since(subject->first, task->submitter, task->ended_us, "R3 drained");
    struct seen_layer layer;

    if (!host || !done || !drained)
        return "it did not get to the end of R3";
    layer = snapshot_own(subject, host, 1);
    if (!is_empty(&layer) || host->at_us > task->ended_us || host->at_us >= drained->at_us)
        return "its ring did not drain before its pod's";
    layer = snapshot_own(subject, done, 1);
    if (!slots_full(subject, &layer))
        return "its pod's ring lost tasks before the scope ended";
    layer = snapshot_own(subject, drained, 1);
    return is_empty(&layer) ? NULL : "its pod's ring did not drain with the scope";
}

static bool r3(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct evidence *evidence = subject->first;
    uint32_t tasks = 0;

    for (size_t i = 0; i < evidence->task_count; i++) {
        const struct seen_task *task = &evidence->tasks[i];
        const char *fault;

        if (strcmp(task->kernel, "ring_stress_l3") != 0)
            continue;
        fault = look_r3(subject, task);
        if (fault)
            return ring_fault(subject, finding, task->node, fault);
        tasks++;
    }
    return found(finding, tasks >= subject->topology->count[LEVEL_HOST],
                 "%u tasks of hosts: their rings of %u drained before their pods' of %u", tasks,
                 subject->rings[LEVEL_HOST].slots, subject->rings[subject->pod_level].slots);
}

static void note_peaks(const struct ring_subject *subject, uint64_t peaks[LEVEL_COUNT])
{
    const struct evidence *evidence = subject->first;

    for (size_t i = 0; i < evidence->snapshot_count; i++)
        for (unsigned depth = 0; depth < RING_CHECK_DEPTHS; depth++) {
            struct seen_layer layer = snapshot_own(subject, &evidence->snapshots[i], depth);
            enum level level = ring_level_at(subject, evidence->snapshots[i].node);

            if (layer.task_used > peaks[level])
                peaks[level] = layer.task_used;
        }
}

static bool r4(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct evidence *evidence = subject->first;
    uint64_t peaks[LEVEL_COUNT] = {0};
    size_t used = 0;

    for (size_t i = 1; i < evidence->snapshot_count; i++) {
        const struct seen_snapshot *at = &evidence->snapshots[i];

        if (snapshot_is(at, "scope_exit") && at[-1].node == at->node &&
            snapshot_layers_moved(subject, at - 1, at) > 1)
            return ring_fault(subject, finding, at->node,
                              "a scope's end retired tasks of several layers");
    }
    note_peaks(subject, peaks);
    for (int level = subject->topology->top; level >= LEVEL_HOST; level--) {
        if (!subject->topology->present[level])
            continue;
        if (peaks[level] != subject->rings[level].slots)
            return found(finding, false, "at most %ju tasks in a ring of L%d, it has %u slots",
                         (uintmax_t)peaks[level], level, subject->rings[level].slots);
        used += (size_t)snprintf(finding->text + used, sizeof finding->text - used, "%sL%d %ju",
                                 used ? ", " : "peaks ", level, (uintmax_t)peaks[level]);
    }
    snprintf(finding->text + used, sizeof finding->text - used,
             "; each scope's end retired its own layer only");
    return true;
}

/* The slow task that this pod had running when it looked; NULL when there was none. */
static const struct seen_task *slow_at(const struct evidence *evidence, uint32_t pod,
                                       uint64_t at_us)
{
    for (size_t i = 0; i < evidence->task_count; i++) {
        const struct seen_task *task = &evidence->tasks[i];

        if (task->submitter == pod && strcmp(task->kernel, "ring_slow") == 0 &&
            task->ended_us > at_us)
            return task;
    }
    return NULL;
}

static const char *look_r5(const struct ring_subject *subject, const struct seen_snapshot *at)
{
    const struct seen_task *slow = slow_at(subject->first, at->node, at->at_us);
    const struct seen_snapshot *full, *drained;
    struct seen_layer outer = snapshot_own(subject, at, 1), inner = snapshot_own(subject, at, 2),
                      layer;

    if (!slow)
        return "the slow task had ended before the inner ring was looked at";
    if (!is_empty(&inner) || inner.retires < subject->rings[subject->pod_level].slots ||
        outer.task_used == 0)
        return "while the slow task ran the inner ring was not empty, or the outer one was";
    full = snapshot_since(subject->first, slow->node, slow->started_us, "R5 host full");
    drained = snapshot_since(subject->first, slow->node, slow->started_us, "R5 host drained");
    if (!full || !drained || drained->at_us > slow->ended_us)
        return "the slow task's host did not get to the end of R5";
    layer = snapshot_own(subject, full, 1);
    if (!is_full(subject, &layer))
        return "the slow task's host did not fill its ring";
    layer = snapshot_own(subject, drained, 1);
    return is_empty(&layer) ? NULL : "the slow task held up its host's ring";
}

static bool r5(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct ring_walk walk = {"R5 inner drained, slow task runs", subject->pod_level, look_r5};
    uint32_t runs;

    return ring_walk_all(subject, &walk, &runs, finding) &&
           found(finding, true,
                 "while a host's task was slow, its pod's inner ring and its own were drained; %u "
                 "runs",
                 runs);
}

/* --- all of them ------------------------------------------------------------------------------ */

const struct exec_check ring_checks[] = {
    {"R1", r1},
    {"R2", r2},
    {"R3", r3},
    {"R4", r4},
    {"R5", r5},
    {"R6", ring_check_r6},
    {"R7", r7},
    {"R8", ring_check_r8},
    {"I1", ring_check_i1},
    {"I2", ring_check_i2},
    {"I3", ring_check_i3},
    {"I4", ring_check_i4},
    {"I5", ring_check_i5},
    {"I6", ring_check_i6},
};
const size_t ring_check_count = sizeof ring_checks / sizeof *ring_checks;

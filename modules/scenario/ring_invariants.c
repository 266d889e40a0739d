/* What holds at every step of ring-stress: R6, I1 to I6, and R8, the profiles. */

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "scenario/ring_checks_internal.h"

/* NULL, or what cannot be in a layer at any moment. */
static const char *impossible(const struct seen_layer *layer)
{
    if (layer->task_used != layer->allocs - layer->retires)
        return "slots in use are not those taken and not given back";
    if (layer->task_used > layer->task_capacity || layer->buffer_used > layer->buffer_capacity)
        return "a ring holds more than it can";
    if (layer->retires > layer->tokens)
        return "something was reclaimed before its token was applied";
    if (layer->tokens > layer->allocs)
        return "more tokens were applied than there were tasks";
    return NULL;
}

static const char *impossible_step(const struct ring_subject *subject,
                                   const struct seen_snapshot *before,
                                   const struct seen_snapshot *after)
{
    for (unsigned depth = 0; depth < RING_CHECK_DEPTHS; depth++) {
        struct seen_layer old = snapshot_own(subject, before, depth),
                          new = snapshot_own(subject, after, depth);

        if (new.last_task_alive - old.last_task_alive != new.retires - old.retires)
            return "last_task_alive of a layer moved without that layer's tasks";
    }
    return NULL;
}

bool ring_check_r6(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct evidence *evidence = subject->first;

    for (size_t i = 0; i < evidence->snapshot_count; i++) {
        const struct seen_snapshot *at = &evidence->snapshots[i];
        const char *fault = NULL;

        for (unsigned depth = 0; depth < RING_CHECK_DEPTHS && !fault; depth++) {
            struct seen_layer layer = snapshot_own(subject, at, depth);

            fault = impossible(&layer);
        }
        if (!fault && i && at[-1].node == at->node)
            fault = impossible_step(subject, at - 1, at);
        if (fault)
            return ring_fault(subject, finding, at->node, fault);
    }
    return found(finding, evidence->snapshot_count > 0, "the invariants held at %zu snapshots",
                 evidence->snapshot_count);
}

static const char *look_i1(const struct ring_subject *subject, const struct seen_snapshot *begin)
{
    const struct seen_snapshot *reading =
        snapshot_later(subject->first, begin, "I1 freed, being read");
    const struct seen_snapshot *after = snapshot_later(subject->first, begin, "I1 freed and read");
    struct seen_layer before = snapshot_own(subject, begin, 1), now;

    if (!reading || !after)
        return "it did not get to the end of I1";
    now = snapshot_own(subject, reading, 1);
    if (now.frees != before.frees + 1 || now.allocs != before.allocs + 2)
        return "the tensor was not freed while it was read";
    if (now.retires != before.retires)
        return "a tensor was reclaimed while it was read";
    now = snapshot_own(subject, after, 1);
    return now.retires == before.retires + 2
               ? NULL
               : "a freed tensor was not reclaimed when it had been read";
}

/* Completed, but its scope is open: nothing is reclaimed. */
static const char *look_open_scope(const struct ring_subject *subject,
                                   const struct seen_snapshot *begin)
{
    const struct seen_snapshot *full = snapshot_later(subject->first, begin, "R1 full");

    if (!full)
        return "it did not get to the end of R1";
    return snapshot_own(subject, full, 1).retires == snapshot_own(subject, begin, 1).retires
               ? NULL
               : "a task was reclaimed before its token";
}

bool ring_check_i1(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct ring_walk reads = {"I1 begin", LEVEL_HOST, look_i1},
                           scopes = {"R1 begin", LEVEL_HOST, look_open_scope};
    uint32_t runs;

    return ring_walk_all(subject, &scopes, &runs, finding) &&
           ring_walk_all(subject, &reads, &runs, finding) &&
           found(finding, true,
                 "a completed task stayed until its token, a freed tensor until its reader had "
                 "ended; %u runs",
                 runs);
}

/* Where all rings of the node's own scopes must be empty. */
static bool is_quiet(const struct seen_snapshot *snapshot)
{
    static const char *const labels[] = {"R1 empty", "R1 empty again", "R2 outer ended",
                                         "R7 empty", "R3 drained",     "R5 drained"};

    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (snapshot_is(snapshot, labels[i]))
            return true;
    return false;
}

bool ring_check_i2(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct evidence *evidence = subject->first;
    uint64_t places = 0;

    for (size_t i = 0; i < evidence->snapshot_count; i++) {
        const struct seen_snapshot *at = &evidence->snapshots[i];

        for (unsigned depth = 1; is_quiet(at) && depth < RING_CHECK_DEPTHS; depth++) {
            struct seen_layer layer = snapshot_own(subject, at, depth);

            if (layer.tokens != layer.allocs || layer.tokens != layer.retires)
                return ring_fault(subject, finding, at->node,
                                  "tokens, tasks and retirements are not as many");
            places += layer.allocs > 0;
        }
    }
    return found(finding, places > 0, "as many tokens as tasks in %ju drained layers",
                 (uintmax_t)places);
}

bool ring_check_i3(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct evidence *evidence = subject->first;
    uint64_t exits = 0;

    for (size_t i = 1; i < evidence->snapshot_count; i++) {
        const struct seen_snapshot *at = &evidence->snapshots[i];
        const char *fault;

        if (at[-1].node != at->node)
            continue;
        fault = impossible_step(subject, at - 1, at);
        if (!fault && snapshot_is(at, "scope_exit")) {
            fault = snapshot_layers_moved(subject, at - 1, at) > 1
                        ? "a scope's end moved several layers"
                        : NULL;
            exits++;
        }
        if (fault)
            return ring_fault(subject, finding, at->node, fault);
    }
    return found(finding, exits > 0, "%ju scope ends moved last_task_alive of no other layer",
                 (uintmax_t)exits);
}

/* Those that a kernel dumped; the others stand where the runtime had something to do. */
static const struct seen_snapshot *dumped(const struct evidence *evidence,
                                          const struct seen_snapshot *at)
{
    while (at && (snapshot_is(at, "scope_enter") || snapshot_is(at, "scope_exit") ||
                  snapshot_is(at, "wait_all")))
        at = snapshot_next(evidence, at);
    return at;
}

static bool same_use(const struct ring_subject *subject, const struct seen_snapshot *a,
                     const struct seen_snapshot *b)
{
    if (strcmp(a->label, b->label) != 0)
        return false;
    for (unsigned depth = 1; depth < RING_CHECK_DEPTHS; depth++) {
        struct seen_layer x = snapshot_own(subject, a, depth), y = snapshot_own(subject, b, depth);

        if (x.task_used != y.task_used || x.buffer_used != y.buffer_used ||
            (x.allocs && x.task_capacity != y.task_capacity))
            return false;
    }
    return true;
}

static bool same_snapshots(const struct ring_subject *subject, uint32_t node)
{
    const struct seen_snapshot *a =
        dumped(subject->first, evidence_snapshots(subject->first, node));
    const struct seen_snapshot *b =
        dumped(subject->second, evidence_snapshots(subject->second, node));

    while (a && b && same_use(subject, a, b)) {
        a = dumped(subject->first, snapshot_next(subject->first, a));
        b = dumped(subject->second, snapshot_next(subject->second, b));
    }
    return !a && !b;
}

/* What a task is, whenever it ran. */
static int compare_sort(const void *left, const void *right)
{
    const struct seen_task *const *a = left, *const *b = right;
    int kernel = strcmp((*a)->kernel, (*b)->kernel);

    if ((*a)->node != (*b)->node)
        return (*a)->node < (*b)->node ? -1 : 1;
    return kernel ? kernel : (*a)->depth - (*b)->depth;
}

static const struct seen_task **sorted(const struct evidence *evidence,
                                       int (*compare)(const void *, const void *))
{
    const struct seen_task **list = memory_new(evidence->task_count, sizeof *list);

    for (size_t i = 0; i < evidence->task_count; i++)
        list[i] = &evidence->tasks[i];
    qsort(list, evidence->task_count, sizeof *list, compare);
    return list;
}

static bool same_tasks(const struct ring_subject *subject)
{
    const struct seen_task **a = sorted(subject->first, compare_sort),
                           **b = sorted(subject->second, compare_sort);
    bool same = subject->first->task_count == subject->second->task_count;

    for (size_t i = 0; same && i < subject->first->task_count; i++)
        same = compare_sort(&a[i], &b[i]) == 0;
    free(a);
    free(b);
    return same;
}

bool ring_check_i4(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;

    if (!same_tasks(subject))
        return found(finding, false,
                     "the second run of the same program had other tasks: %zu, then %zu",
                     subject->first->task_count, subject->second->task_count);
    for (uint32_t node = 0; node < subject->topology->node_count; node++)
        if (!same_snapshots(subject, node))
            return ring_fault(subject, finding, node,
                              "the second run of the same program used its rings in another way");
    return found(finding, true,
                 "two runs of the program had the same %zu tasks and the same use of rings",
                 subject->first->task_count);
}

static int compare_keys(const void *left, const void *right)
{
    const struct seen_task *const *a = left, *const *b = right;
    const uint32_t x[] = {(*a)->submitter, (*a)->depth, (*a)->id, (*a)->part};
    const uint32_t y[] = {(*b)->submitter, (*b)->depth, (*b)->id, (*b)->part};

    for (int i = 0; i < 4; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

bool ring_check_i5(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct seen_task **tasks = sorted(subject->first, compare_keys);
    const struct seen_task *twice = NULL;

    for (size_t i = 1; i < subject->first->task_count; i++)
        if (compare_keys(&tasks[i - 1], &tasks[i]) == 0)
            twice = tasks[i];
    free(tasks);
    if (twice)
        return ring_fault(subject, finding, twice->node, "two tasks have the same key");
    return found(finding, subject->first->task_count > 0, "%zu tasks, %zu keys",
                 subject->first->task_count, subject->first->task_count);
}

/* R1 frees nothing: all its tokens come from its scopes. */
static const char *look_i6(const struct ring_subject *subject, const struct seen_snapshot *begin)
{
    const struct seen_snapshot *end = snapshot_later(subject->first, begin, "R1 empty again");
    uint64_t tasks = 2 * (uint64_t)subject->rings[LEVEL_HOST].slots;
    struct seen_layer before = snapshot_own(subject, begin, 1), after;

    if (!end)
        return "it did not get to the end of R1";
    after = snapshot_own(subject, end, 1);
    if (after.frees != before.frees)
        return "a program without free has freed";
    if (after.scope_tokens - before.scope_tokens != tasks || after.tokens - before.tokens != tasks)
        return "tokens of a program without free came from elsewhere than its scopes";
    return after.retires - before.retires == tasks ? NULL : "a program without free kept tasks";
}

bool ring_check_i6(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct ring_walk walk = {"R1 begin", LEVEL_HOST, look_i6};
    uint32_t runs;

    return ring_walk_all(subject, &walk, &runs, finding) &&
           found(finding, true, "without free every token came from a scope's end; %u runs", runs);
}

/* --- R8: the profiles ------------------------------------------------------------------------- */

static const struct seen_profile *profile_of(const struct evidence *evidence, uint32_t node,
                                             const struct seen_layer *layer)
{
    for (size_t i = 0; i < evidence->profile_count; i++)
        if (evidence->profiles[i].node == node && evidence->profiles[i].level == layer->level &&
            evidence->profiles[i].depth == layer->depth)
            return &evidence->profiles[i];
    return NULL;
}

/* The last snapshot of a node against its profile. */
static const char *look_r8(const struct evidence *evidence, const struct seen_snapshot *last)
{
    for (uint32_t i = 0; i < last->count; i++) {
        const struct seen_profile *profile = profile_of(evidence, last->node, &last->layers[i]);

        if (!profile)
            return "ring_profile.json lacks a layer that was used";
        if (profile->allocs < last->layers[i].allocs ||
            profile->task_peak < last->layers[i].task_used)
            return "ring_profile.json has less than was used";
    }
    return NULL;
}

bool ring_check_r8(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct evidence *evidence = subject->second;
    uint32_t nodes = 0, expected = 0;

    for (size_t i = 0; i < evidence->snapshot_count; i++) {
        const struct seen_snapshot *at = &evidence->snapshots[i];
        const char *fault = snapshot_next(evidence, at) ? NULL : look_r8(evidence, at);

        if (fault)
            return ring_fault(subject, finding, at->node, fault);
        nodes += !snapshot_next(evidence, at);
    }
    for (size_t i = 0; i < evidence->profile_count; i++)
        if (evidence->profiles[i].allocs != evidence->profiles[i].retires)
            return ring_fault(subject, finding, evidence->profiles[i].node,
                              "ring_profile.json has tasks that never retired");
    for (int level = LEVEL_HOST; level <= subject->topology->top; level++)
        expected += subject->topology->count[level];
    return found(finding, nodes == expected,
                 "%zu layers of %u nodes (%u expected), all tasks retired", evidence->profile_count,
                 nodes, expected);
}

#include "scenario/ring_checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { DEPTHS = 9 };

/* --- snapshots -------------------------------------------------------------------------------- */

static enum level level_at(const struct ring_subject *subject, uint32_t node)
{
    return topology_level_of_rank(subject->topology, node);
}

/* A layer of the node's own level; empty, of no capacity, when it was never used. */
static struct seen_layer own(const struct ring_subject *subject,
                             const struct seen_snapshot *snapshot, unsigned depth)
{
    enum level level = level_at(subject, snapshot->node);
    const struct seen_layer *layer = snapshot_layer(snapshot, level, depth);

    return layer ? *layer : (struct seen_layer){.level = (uint8_t)level, .depth = (uint8_t)depth};
}

static bool is(const struct seen_snapshot *snapshot, const char *label)
{
    return strcmp(snapshot->label, label) == 0;
}

/* The next of the same node; NULL at the end. */
static const struct seen_snapshot *next(const struct evidence *evidence,
                                        const struct seen_snapshot *at)
{
    const struct seen_snapshot *end = evidence->snapshots + evidence->snapshot_count;

    return at + 1 < end && at[1].node == at->node ? at + 1 : NULL;
}

/* The first with that label after this one, of the same node. */
static const struct seen_snapshot *later(const struct evidence *evidence,
                                         const struct seen_snapshot *from, const char *label)
{
    do
        from = next(evidence, from);
    while (from && !is(from, label));
    return from;
}

/* The first with that label of a node that is not older than `since_us`. */
static const struct seen_snapshot *since(const struct evidence *evidence, uint32_t node,
                                         uint64_t since_us, const char *label)
{
    const struct seen_snapshot *at = evidence_snapshots(evidence, node);

    while (at && (at->at_us < since_us || !is(at, label)))
        at = next(evidence, at);
    return at;
}

static bool wrong(const struct ring_subject *subject, struct finding *finding, uint32_t node,
                  const char *what)
{
    char path[LIMIT_NODE_PATH];

    topology_path(subject->topology, node, path, sizeof path);
    return found(finding, false, "%s: %s", path, what);
}

/* One way to look at all runs of a program: each begins with `label`. `look` says NULL, or what is
 * wrong. False, with the first fault, or when a node of that level never ran it. */
struct walk {
    const char *label;
    enum level level;
    const char *(*look)(const struct ring_subject *subject, const struct seen_snapshot *begin);
};

static bool walk_all(const struct ring_subject *subject, const struct walk *walk, uint32_t *runs,
                     struct finding *finding)
{
    const struct evidence *evidence = subject->first;
    uint32_t first = subject->topology->first_rank[walk->level],
             count = subject->topology->count[walk->level];
    uint8_t *ran = memory_new(count, 1);
    uint32_t missing = RANK_NONE;
    bool holds = true;

    *runs = 0;
    for (size_t i = 0; holds && i < evidence->snapshot_count; i++) {
        const struct seen_snapshot *begin = &evidence->snapshots[i];
        const char *fault;

        if (!is(begin, walk->label) || level_at(subject, begin->node) != walk->level)
            continue;
        fault = walk->look(subject, begin);
        holds = !fault || wrong(subject, finding, begin->node, fault);
        ran[begin->node - first] = 1;
        ++*runs;
    }
    for (uint32_t i = 0; holds && i < count; i++)
        if (!ran[i] && missing == RANK_NONE)
            missing = first + i;
    free(ran);
    return holds &&
           (missing == RANK_NONE || wrong(subject, finding, missing, "it did not run the program"));
}

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
    struct seen_layer before = own(subject, begin, 1);

    for (int i = 0; i < 4; i++) {
        const struct seen_snapshot *at = later(subject->first, begin, labels[i]);
        struct seen_layer layer;

        if (!at)
            return "it did not get to the end of R1";
        layer = own(subject, at, 1);
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
    const struct walk walk = {"R1 begin", LEVEL_HOST, look_r1};
    uint32_t runs;

    return walk_all(subject, &walk, &runs, finding) &&
           found(finding, true,
                 "%u tasks of %ju bytes fill a ring, the scope's end empties it, %u more fit; %u "
                 "runs",
                 subject->rings[LEVEL_HOST].slots, (uintmax_t)subject->block,
                 subject->rings[LEVEL_HOST].slots, runs);
}

static const char *look_r2(const struct ring_subject *subject, const struct seen_snapshot *begin)
{
    const struct seen_snapshot *inner = later(subject->first, begin, "R2 inner ended");
    const struct seen_snapshot *outer = later(subject->first, begin, "R2 outer ended");
    uint32_t slots = subject->rings[LEVEL_HOST].slots;
    struct seen_layer one, two, before = own(subject, begin, 2);

    if (!inner || !outer)
        return "it did not get to the end of R2";
    one = own(subject, inner, 1);
    two = own(subject, inner, 2);
    if (!is_empty(&two) || one.task_used != slots / 2)
        return "after the inner scope's end the inner ring is not empty, or the outer one lost "
               "tasks";
    if (two.scope_tokens - before.scope_tokens != slots - 2 || two.frees - before.frees != 2 ||
        two.tokens - before.tokens != slots)
        return "the tokens are not two by free and all others by the scope's end";
    one = own(subject, outer, 1);
    two = own(subject, outer, 2);
    return is_empty(&one) && is_empty(&two) ? NULL
                                            : "after the outer scope's end a ring is not empty";
}

static bool r2(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct walk walk = {"R2 begin", LEVEL_HOST, look_r2};
    uint32_t runs, slots = subject->rings[LEVEL_HOST].slots;

    return walk_all(subject, &walk, &runs, finding) &&
           found(finding, true,
                 "outer %u, inner %u: %u tokens by the inner scope's end, 2 by free; the outer %u "
                 "stay; %u runs",
                 slots / 2, slots, slots - 2, slots / 2, runs);
}

static const char *look_r7(const struct ring_subject *subject, const struct seen_snapshot *begin)
{
    const struct seen_snapshot *full = later(subject->first, begin, "R7 full");
    const struct seen_snapshot *more = later(subject->first, begin, "R7 one more");
    const struct seen_snapshot *empty = later(subject->first, begin, "R7 empty");
    struct seen_layer before = own(subject, begin, 1), layer;

    if (!full || !more || !empty)
        return "it did not get to the end of R7";
    layer = own(subject, full, 1);
    if (!is_full(subject, &layer) || layer.blocks != before.blocks)
        return "a submitter waited before the ring was full";
    layer = own(subject, more, 1);
    if (layer.blocks != before.blocks + 1 || layer.retires != before.retires + 1 ||
        !is_full(subject, &layer))
        return "one task more did not wait once, until one had retired";
    if (layer.frees != before.frees + 1)
        return "a tensor that was freed twice did not count once";
    for (unsigned depth = 0; depth < DEPTHS; depth++) {
        layer = own(subject, empty, depth);
        if (!is_empty(&layer))
            return "use did not return to 0";
    }
    return NULL;
}

static bool r7(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct walk walk = {"R7 begin", LEVEL_HOST, look_r7};
    uint32_t runs, slots = subject->rings[LEVEL_HOST].slots;

    return walk_all(subject, &walk, &runs, finding) &&
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
        since(subject->first, task->node, task->started_us, "R7 empty");
    const struct seen_snapshot *done =
        since(subject->first, task->submitter, task->ended_us, "R3 children done");
    const struct seen_snapshot *drained =
        since(subject->first, task->submitter, task->ended_us, "R3 drained");
    struct seen_layer layer;

    if (!host || !done || !drained)
        return "it did not get to the end of R3";
    layer = own(subject, host, 1);
    if (!is_empty(&layer) || host->at_us > task->ended_us || host->at_us >= drained->at_us)
        return "its ring did not drain before its pod's";
    layer = own(subject, done, 1);
    if (!slots_full(subject, &layer))
        return "its pod's ring lost tasks before the scope ended";
    layer = own(subject, drained, 1);
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
            return wrong(subject, finding, task->node, fault);
        tasks++;
    }
    return found(finding, tasks >= subject->topology->count[LEVEL_HOST],
                 "%u tasks of hosts: their rings of %u drained before their pods' of %u", tasks,
                 subject->rings[LEVEL_HOST].slots, subject->rings[subject->pod_level].slots);
}

/* Layers of the node's own level in which something retired between two snapshots. */
static unsigned layers_moved(const struct ring_subject *subject, const struct seen_snapshot *before,
                             const struct seen_snapshot *after)
{
    unsigned moved = 0;

    for (unsigned depth = 0; depth < DEPTHS; depth++)
        moved += own(subject, before, depth).retires != own(subject, after, depth).retires;
    return moved;
}

static void note_peaks(const struct ring_subject *subject, uint64_t peaks[LEVEL_COUNT])
{
    const struct evidence *evidence = subject->first;

    for (size_t i = 0; i < evidence->snapshot_count; i++)
        for (unsigned depth = 0; depth < DEPTHS; depth++) {
            struct seen_layer layer = own(subject, &evidence->snapshots[i], depth);
            enum level level = level_at(subject, evidence->snapshots[i].node);

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

        if (is(at, "scope_exit") && at[-1].node == at->node &&
            layers_moved(subject, at - 1, at) > 1)
            return wrong(subject, finding, at->node,
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
    struct seen_layer outer = own(subject, at, 1), inner = own(subject, at, 2), layer;

    if (!slow)
        return "the slow task had ended before the inner ring was looked at";
    if (!is_empty(&inner) || inner.retires < subject->rings[subject->pod_level].slots ||
        outer.task_used == 0)
        return "while the slow task ran the inner ring was not empty, or the outer one was";
    full = since(subject->first, slow->node, slow->started_us, "R5 host full");
    drained = since(subject->first, slow->node, slow->started_us, "R5 host drained");
    if (!full || !drained || drained->at_us > slow->ended_us)
        return "the slow task's host did not get to the end of R5";
    layer = own(subject, full, 1);
    if (!is_full(subject, &layer))
        return "the slow task's host did not fill its ring";
    layer = own(subject, drained, 1);
    return is_empty(&layer) ? NULL : "the slow task held up its host's ring";
}

static bool r5(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct walk walk = {"R5 inner drained, slow task runs", subject->pod_level, look_r5};
    uint32_t runs;

    return walk_all(subject, &walk, &runs, finding) &&
           found(finding, true,
                 "while a host's task was slow, its pod's inner ring and its own were drained; %u "
                 "runs",
                 runs);
}

/* --- invariants ------------------------------------------------------------------------------- */

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
    for (unsigned depth = 0; depth < DEPTHS; depth++) {
        struct seen_layer old = own(subject, before, depth), new = own(subject, after, depth);

        if (new.last_task_alive - old.last_task_alive != new.retires - old.retires)
            return "last_task_alive of a layer moved without that layer's tasks";
    }
    return NULL;
}

static bool r6(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct evidence *evidence = subject->first;

    for (size_t i = 0; i < evidence->snapshot_count; i++) {
        const struct seen_snapshot *at = &evidence->snapshots[i];
        const char *fault = NULL;

        for (unsigned depth = 0; depth < DEPTHS && !fault; depth++) {
            struct seen_layer layer = own(subject, at, depth);

            fault = impossible(&layer);
        }
        if (!fault && i && at[-1].node == at->node)
            fault = impossible_step(subject, at - 1, at);
        if (fault)
            return wrong(subject, finding, at->node, fault);
    }
    return found(finding, evidence->snapshot_count > 0, "the invariants held at %zu snapshots",
                 evidence->snapshot_count);
}

static const char *look_i1(const struct ring_subject *subject, const struct seen_snapshot *begin)
{
    const struct seen_snapshot *reading = later(subject->first, begin, "I1 freed, being read");
    const struct seen_snapshot *after = later(subject->first, begin, "I1 freed and read");
    struct seen_layer before = own(subject, begin, 1), now;

    if (!reading || !after)
        return "it did not get to the end of I1";
    now = own(subject, reading, 1);
    if (now.frees != before.frees + 1 || now.allocs != before.allocs + 2)
        return "the tensor was not freed while it was read";
    if (now.retires != before.retires)
        return "a tensor was reclaimed while it was read";
    now = own(subject, after, 1);
    return now.retires == before.retires + 2
               ? NULL
               : "a freed tensor was not reclaimed when it had been read";
}

/* Completed, but its scope is open: nothing is reclaimed. */
static const char *look_open_scope(const struct ring_subject *subject,
                                   const struct seen_snapshot *begin)
{
    const struct seen_snapshot *full = later(subject->first, begin, "R1 full");

    if (!full)
        return "it did not get to the end of R1";
    return own(subject, full, 1).retires == own(subject, begin, 1).retires
               ? NULL
               : "a task was reclaimed before its token";
}

static bool i1(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct walk reads = {"I1 begin", LEVEL_HOST, look_i1},
                      scopes = {"R1 begin", LEVEL_HOST, look_open_scope};
    uint32_t runs;

    return walk_all(subject, &scopes, &runs, finding) &&
           walk_all(subject, &reads, &runs, finding) &&
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
        if (is(snapshot, labels[i]))
            return true;
    return false;
}

static bool i2(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct evidence *evidence = subject->first;
    uint64_t places = 0;

    for (size_t i = 0; i < evidence->snapshot_count; i++) {
        const struct seen_snapshot *at = &evidence->snapshots[i];

        for (unsigned depth = 1; is_quiet(at) && depth < DEPTHS; depth++) {
            struct seen_layer layer = own(subject, at, depth);

            if (layer.tokens != layer.allocs || layer.tokens != layer.retires)
                return wrong(subject, finding, at->node,
                             "tokens, tasks and retirements are not as many");
            places += layer.allocs > 0;
        }
    }
    return found(finding, places > 0, "as many tokens as tasks in %ju drained layers",
                 (uintmax_t)places);
}

static bool i3(const void *arg, struct finding *finding)
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
        if (!fault && is(at, "scope_exit")) {
            fault =
                layers_moved(subject, at - 1, at) > 1 ? "a scope's end moved several layers" : NULL;
            exits++;
        }
        if (fault)
            return wrong(subject, finding, at->node, fault);
    }
    return found(finding, exits > 0, "%ju scope ends moved last_task_alive of no other layer",
                 (uintmax_t)exits);
}

/* Those that a kernel dumped; the others stand where the runtime had something to do. */
static const struct seen_snapshot *dumped(const struct evidence *evidence,
                                          const struct seen_snapshot *at)
{
    while (at && (is(at, "scope_enter") || is(at, "scope_exit") || is(at, "wait_all")))
        at = next(evidence, at);
    return at;
}

static bool same_use(const struct ring_subject *subject, const struct seen_snapshot *a,
                     const struct seen_snapshot *b)
{
    if (strcmp(a->label, b->label) != 0)
        return false;
    for (unsigned depth = 1; depth < DEPTHS; depth++) {
        struct seen_layer x = own(subject, a, depth), y = own(subject, b, depth);

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
        a = dumped(subject->first, next(subject->first, a));
        b = dumped(subject->second, next(subject->second, b));
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

static bool i4(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;

    if (!same_tasks(subject))
        return found(finding, false,
                     "the second run of the same program had other tasks: %zu, then %zu",
                     subject->first->task_count, subject->second->task_count);
    for (uint32_t node = 0; node < subject->topology->node_count; node++)
        if (!same_snapshots(subject, node))
            return wrong(subject, finding, node,
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

static bool i5(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct seen_task **tasks = sorted(subject->first, compare_keys);
    const struct seen_task *twice = NULL;

    for (size_t i = 1; i < subject->first->task_count; i++)
        if (compare_keys(&tasks[i - 1], &tasks[i]) == 0)
            twice = tasks[i];
    free(tasks);
    if (twice)
        return wrong(subject, finding, twice->node, "two tasks have the same key");
    return found(finding, subject->first->task_count > 0, "%zu tasks, %zu keys",
                 subject->first->task_count, subject->first->task_count);
}

/* R1 frees nothing: all its tokens come from its scopes. */
static const char *look_i6(const struct ring_subject *subject, const struct seen_snapshot *begin)
{
    const struct seen_snapshot *end = later(subject->first, begin, "R1 empty again");
    uint64_t tasks = 2 * (uint64_t)subject->rings[LEVEL_HOST].slots;
    struct seen_layer before = own(subject, begin, 1), after;

    if (!end)
        return "it did not get to the end of R1";
    after = own(subject, end, 1);
    if (after.frees != before.frees)
        return "a program without free has freed";
    if (after.scope_tokens - before.scope_tokens != tasks || after.tokens - before.tokens != tasks)
        return "tokens of a program without free came from elsewhere than its scopes";
    return after.retires - before.retires == tasks ? NULL : "a program without free kept tasks";
}

static bool i6(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct walk walk = {"R1 begin", LEVEL_HOST, look_i6};
    uint32_t runs;

    return walk_all(subject, &walk, &runs, finding) &&
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

static bool r8(const void *arg, struct finding *finding)
{
    const struct ring_subject *subject = arg;
    const struct evidence *evidence = subject->second;
    uint32_t nodes = 0, expected = 0;

    for (size_t i = 0; i < evidence->snapshot_count; i++) {
        const struct seen_snapshot *at = &evidence->snapshots[i];
        const char *fault = next(evidence, at) ? NULL : look_r8(evidence, at);

        if (fault)
            return wrong(subject, finding, at->node, fault);
        nodes += !next(evidence, at);
    }
    for (size_t i = 0; i < evidence->profile_count; i++)
        if (evidence->profiles[i].allocs != evidence->profiles[i].retires)
            return wrong(subject, finding, evidence->profiles[i].node,
                         "ring_profile.json has tasks that never retired");
    for (int level = LEVEL_HOST; level <= subject->topology->top; level++)
        expected += subject->topology->count[level];
    return found(finding, nodes == expected,
                 "%zu layers of %u nodes (%u expected), all tasks retired", evidence->profile_count,
                 nodes, expected);
}

const struct exec_check ring_checks[] = {
    {"R1", r1}, {"R2", r2}, {"R3", r3}, {"R4", r4}, {"R5", r5}, {"R6", r6}, {"R7", r7},
    {"R8", r8}, {"I1", i1}, {"I2", i2}, {"I3", i3}, {"I4", i4}, {"I5", i5}, {"I6", i6},
};
const size_t ring_check_count = sizeof ring_checks / sizeof *ring_checks;
